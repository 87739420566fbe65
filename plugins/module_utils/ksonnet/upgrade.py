# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages at a new version: what changed, which of the user's values go where, and what stands in the way. Private to the collection.

Pure functions. They need no version numbers, which a folder as registry doesn't have: an entry of data/parameter_renames.py counts only
where the new prototypes lack the old name and declare the new one.
"""

from __future__ import annotations

import contextlib
import json
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..data.parameter_renames import NO_SUCCESSOR, RENAMES, WHY_GONE, Rename
from ..errors import BootstrapError
from . import component as components
from . import prototypes
from .jsonnet_text import Expression
from .prototypes import Parameter, Prototype

Prototypes = Mapping[str, Prototype]
Values = Mapping[str, Mapping[str, t.Any]]
"""Values by component and parameter: plain data or ``Expression``."""

ALL = tuple(entry for family in RENAMES.values() for entry in family)
_IMPORT = re.compile(r"""\bimport(?:str)?\s+@?["']([^"']+)["']""")


@dataclass(frozen=True)
class Target:
    """Where a parameter's value goes. ``values``: maps (value before: value after) that apply one after the other."""

    prototype: str
    parameter: str
    values: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Upgrade:
    """``changes``: what ``compare`` says.

    ``values``: the user's values under their new component and name; they win over the plan's and stay the user's.
    ``moved``: by component: parameters whose value is in ``values`` now, so that the old name goes.
    ``replaced``: components that others took the place of, so that they go. ``lost``: values that could not be taken along, each with
    component, parameter, value and why; where their component stays, they stay in the file.
    """

    changes: list[dict[str, t.Any]] = field(default_factory=list)
    values: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    moved: dict[str, list[str]] = field(default_factory=dict)
    lost: list[dict[str, t.Any]] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)


def targets(prototype: str, parameter: str, old: Prototypes, new: Prototypes, renames: Sequence[Rename] = ALL) -> list[Target]:
    """The parameters of the new prototypes that take the place of one of an old prototype; over several versions if need be."""
    found: list[Target] = []
    seen = set()
    queue = [Target(prototype, parameter)]
    while queue:
        here = queue.pop(0)
        if (here.prototype, here.parameter) in seen:
            continue
        seen.add((here.prototype, here.parameter))
        if here.parameter in _declared(new, here.prototype):
            found.append(here)
            continue
        for entry in renames:
            if entry["prototype"] != here.prototype:
                continue
            now = entry["parameters"].get(here.parameter)
            # Under a prototype that is no more the others keep their names. `name` says which component it is.
            if now is None and entry["now"] != here.prototype and here.prototype not in new and here.parameter != "name":
                now = here.parameter
            # A name that the old prototype has too is not what another one became.
            if now is not None and not (entry["now"] == here.prototype and now in _declared(old, here.prototype)):
                maps = (entry["values"][here.parameter],) if here.parameter in entry["values"] else ()
                queue.append(Target(entry["now"], now, here.values + maps))
    return found


def successors(prototype: str, new: Prototypes, renames: Sequence[Rename] = ALL) -> list[str]:
    """The new prototypes that take an old one's place: itself where it is still there."""
    found: list[str] = []
    queue, seen = [prototype], set()
    while queue:
        here = queue.pop(0)
        if here in new:
            found.append(here)
        elif here not in seen:
            seen.add(here)
            queue += [entry["now"] for entry in renames if entry["prototype"] == here]
    return list(dict.fromkeys(found))


def _declared(known: Prototypes, prototype: str) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in known[prototype].parameters} if prototype in known else {}


def _package(prototype: Prototype) -> str:
    """Registry and package, from vendor/<registry>/<package>/prototypes/…"""
    return "/".join(prototype.file.split("/")[1:3])


def compare(old: Prototypes, new: Prototypes, renames: Sequence[Rename] = ALL) -> list[dict[str, t.Any]]:
    """What differs, one entry for each prototype that does; prototypes that came are listed for packages that were there.

    Entry: ``prototype``; ``package`` (registry/package); ``change`` (changed, renamed, split, gone or new); ``now`` (names); and lists:
    ``added`` (prototype, name, type, default, required), ``removed`` (name, why), ``renamed`` (parameter, prototype, now),
    ``default_changed`` and ``type_changed`` (parameter, prototype, now, before, after; a default of None: required).
    """
    changes = []
    taken: set[str] = set()
    for name in sorted(old):
        change = _compare(old[name], old, new, renames)
        taken.update(change["now"])
        if change["change"] != "changed" or any(value for key, value in change.items() if key in _LISTS):
            changes.append(change)
    packages = {_package(prototype) for prototype in old.values()}
    for name in sorted(set(new) - set(old) - taken):
        if _package(new[name]) in packages:
            added = [_shown(name, parameter) for parameter in new[name].parameters]
            changes.append({"prototype": name, "package": _package(new[name]), "change": "new", "now": [name], **_EMPTY, "added": added})
    return changes


_LISTS = ("added", "removed", "renamed", "default_changed", "type_changed")
_EMPTY: dict[str, list[t.Any]] = {key: [] for key in _LISTS}


def _compare(prototype: Prototype, old: Prototypes, new: Prototypes, renames: Sequence[Rename]) -> dict[str, t.Any]:
    name = prototype.name
    now = successors(name, new, renames)
    kind = "changed" if name in new else ("gone", "renamed", "split")[min(len(now), 2)]
    lists: dict[str, list[dict[str, t.Any]]] = {key: [] for key in _LISTS}
    reached = set()
    for parameter in prototype.parameters:
        found = targets(name, parameter.name, old, new, renames)
        if not found and parameter.name != "name":
            lists["removed"].append({"name": parameter.name, "why": _why(name, parameter.name)})
        for target in found:
            reached.add((target.prototype, target.parameter))
            after = _declared(new, target.prototype)[target.parameter]
            place = {"parameter": parameter.name, "prototype": target.prototype, "now": target.parameter}
            if (target.prototype, target.parameter) != (name, parameter.name):
                lists["renamed"].append(place)
            if after.default != parameter.default:
                lists["default_changed"].append({**place, "before": parameter.default, "after": after.default})
            if after.type != parameter.type:
                lists["type_changed"].append({**place, "before": parameter.type, "after": after.type})
    now = list(dict.fromkeys([*now, *sorted(prototype for prototype, _parameter in reached)]))
    for other in now:
        if other == name or other not in old:
            declared = _declared(new, other).values()
            lists["added"] += [_shown(other, one) for one in declared if (other, one.name) not in reached and one.name != "name"]
    return {"prototype": name, "package": _package(prototype), "change": kind, "now": now, **lists}


def _shown(prototype: str, parameter: Parameter) -> dict[str, t.Any]:
    return {
        "prototype": prototype,
        "name": parameter.name,
        "type": parameter.type,
        "default": parameter.default,
        "required": parameter.required,
    }


def _why(prototype: str, parameter: str) -> str:
    reasons = WHY_GONE.get(parameter, {})
    return reasons.get(prototype, reasons.get("", "nothing takes its place"))


def defaults(prototype: Prototype, component: str) -> dict[str, t.Any]:
    """The values that ``ks generate`` gives a component where the user says nothing."""
    found: dict[str, t.Any] = {}
    for parameter in prototype.parameters:
        with contextlib.suppress(BootstrapError):
            found |= prototypes.read_values(prototypes.values(replace(prototype, parameters=(parameter,)), component, {}))
    return found


def _same(left: t.Any, right: t.Any) -> bool:
    """Equal as JSON: true is not 1. An expression equals nothing but itself."""
    if isinstance(left, Expression) or isinstance(right, Expression):
        return bool(left == right)
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def own_values(values: Mapping[str, t.Any], ours: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values that the user set. ``ours``: the prototype's defaults, and over them what was written last."""
    return {name: value for name, value in values.items() if name not in ours or not _same(value, ours[name])}


class _Carry:
    """One pass over the user's values. ``wanted``: the declared components with their new prototype's whole name."""

    def __init__(self, own: Values, wanted: Values, old: Prototypes, new: Prototypes, renames: Sequence[Rename]) -> None:
        self.own, self.wanted, self.old, self.new, self.renames = own, wanted, old, new, renames
        self.values: dict[str, dict[str, t.Any]] = {}
        self.moved: dict[str, list[str]] = {}
        self.lost: list[dict[str, t.Any]] = []
        self.problems: list[str] = []

    def component(self, name: str, prototype: str) -> None:
        for parameter, value in self.own.get(name, {}).items():
            # What no prototype declares is between the user and the component's file, as long as that stays.
            if parameter in _declared(self.old, prototype) or prototype not in self.new:
                self._value(name, prototype, parameter, value)

    def _value(self, name: str, prototype: str, parameter: str, value: t.Any) -> None:
        if parameter == "name" and name in self.wanted:
            return
        found = targets(prototype, parameter, self.old, self.new, self.renames)
        placed, absent, reasons = False, [], []
        for target in found:
            homes = self._homes(name, target.prototype)
            if not homes:
                absent.append(f"the declaration has no component of {target.prototype}")
                continue
            try:
                self._place(name, parameter, value, homes, target)
                placed = True
            except _CannotBePlaced as error:
                reasons.append(str(error))
            except BootstrapError as error:
                self.problems.append(f"{error.message} It is the present value of '{parameter}' of component '{name}'.")
                placed = True
        if not placed and not reasons:
            reasons = absent or [_why(prototype, parameter)]
        if reasons:
            shown = value.text if isinstance(value, Expression) else value
            self.lost.append({"component": name, "parameter": parameter, "value": shown, "why": "; ".join(reasons)})

    def _homes(self, name: str, prototype: str) -> list[str]:
        of_it = [other for other, entry in self.wanted.items() if entry["prototype"] == prototype]
        return [name] if name in of_it else of_it

    def _place(self, name: str, parameter: str, value: t.Any, homes: list[str], target: Target) -> None:
        """Put a value where it goes. Raises _CannotBePlaced, and BootstrapError where the new type refuses it."""
        if len(homes) > 1:
            raise _CannotBePlaced(f"{', '.join(sorted(homes))} are all of {target.prototype}")
        home = homes[0]
        for counterparts in target.values:
            if not isinstance(value, str) or value not in counterparts:
                raise _CannotBePlaced(f"'{target.parameter}' of '{home}' knows {', '.join(sorted(set(counterparts.values())))} only")
            value = counterparts[value]
        if not isinstance(value, Expression):
            prototypes.literal(_declared(self.new, target.prototype)[target.parameter], value, home)
        if (home, target.parameter) == (name, parameter):
            return
        there = self.values.get(home, {}).get(target.parameter, self.own.get(home, {}).get(target.parameter, value))
        if not _same(there, value):
            raise _CannotBePlaced(f"'{target.parameter}' of '{home}' has another value of yours")
        self.values.setdefault(home, {})[target.parameter] = value
        if name in self.wanted and parameter not in self.moved.setdefault(name, []):
            self.moved[name].append(parameter)


class _CannotBePlaced(Exception):
    """Why a value can't be taken along."""


def plan(
    before: Mapping[str, str],
    after: Mapping[str, str],
    there: Values,
    wanted: Values,
    written: Values,
    *,
    problems: Iterable[str] = (),
    renames: Sequence[Rename] = ALL,
) -> Upgrade:
    """What an upgrade of the packages comes to; an empty ``Upgrade`` where no package changes.

    ``before``: the files that are there. ``after``: the same with the new packages below vendor/, and without those that go.
    ``there``: the values by component (``params.read``). ``wanted``: the declared components (``prototype``, ``parameters``).
    ``written``: what we wrote last by component (``prototype``, ``parameters``), {} for an application that ks made.
    ``problems``: what else stands in the way (``mixed_versions``). Raises BootstrapError that names all that does; ``problems`` of its
    details lists them.
    """
    if _vendored(before) == _vendored(after):
        return Upgrade()
    (old, _unread), (new, unread) = prototypes.collect(before), prototypes.collect(after)
    obstacles = list(problems)
    declared: dict[str, dict[str, t.Any]] = {}
    for name, entry in wanted.items():
        try:
            if entry.get("prototype"):
                declared[name] = {**entry, "prototype": prototypes.find(entry["prototype"], new, unread).name}
        except BootstrapError as error:
            obstacles.append(f"Component '{name}': {error.message}{_now(entry['prototype'], old, new, renames)}")
    sources, untouched = _sources(before, there, wanted, written, old)
    ours = {
        name: {**defaults(old[source], name), **written.get(name, {}).get("parameters", {})} for name, source in sources.items()
    }
    own = {name: own_values(values, ours.get(name, {})) for name, values in there.items()}
    changes = compare(old, new, renames)
    carry = _Carry(own, declared, old, new, renames)
    replaced = []
    for name, source in sorted(sources.items()):
        if name in declared or source not in new:
            carry.component(name, source)
        stays = name not in wanted and not (name in written and name in untouched and not own.get(name))
        if stays and source not in new:
            following = [other for other, entry in declared.items() if entry["prototype"] in successors(source, new, renames)]
            if following and name in untouched:
                replaced.append(name)
            else:
                obstacles.append(_left_behind(name, source, following, old, new, renames))
        elif stays and any(c["prototype"] == source and (c["added"] or c["renamed"]) for c in changes):
            obstacles.append(f"Component '{name}' of {source} is not declared, so that it would stay at the old version. Declare it.")
    obstacles += carry.problems + _declaration(declared, there, carry.values, sources, lambda *at: targets(*at, old, new, renames))
    # What is made anew, or goes, may import what is no more.
    gone = {components.path(name) for name in untouched if name in declared or name in replaced or name in written}
    obstacles += _imports({path: text for path, text in after.items() if path not in gone and before.get(path) == text}, before, after)
    if obstacles:
        numbered = " ".join(f"({number}) {text}" for number, text in enumerate(dict.fromkeys(obstacles), 1))
        raise BootstrapError(
            f"The packages can't be upgraded as declared; nothing was changed. {numbered}",
            fix="Complete the declaration, or stay with the present version.",
            problems=list(dict.fromkeys(obstacles)),
        )
    return Upgrade(changes, carry.values, carry.moved, carry.lost, replaced)
