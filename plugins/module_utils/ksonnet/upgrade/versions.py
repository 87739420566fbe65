# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two versions of packages: what became of their prototypes and parameters.

Nothing here needs version numbers, which a folder as registry doesn't have: an entry of data/parameter_renames.py counts only where the
new prototypes lack the old name and declare the new one.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...data.parameter_renames import RENAMES, WHY_GONE, Rename
from ...errors import BootstrapError
from ..files import prototypes
from ..files.prototypes import Parameter, Prototype

_ALL = tuple(entry for family in RENAMES.values() for entry in family)
_LISTS = ("added", "removed", "renamed", "default_changed", "type_changed")


@dataclass(frozen=True)
class ParameterSuccessor:
    """Where a parameter's value goes. ``values``: maps (value before: value after) that apply one after the other."""

    prototype: str
    parameter: str
    values: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Versions:
    """The prototypes of the packages before and after."""

    old: Mapping[str, Prototype]
    new: Mapping[str, Prototype]
    renames: Sequence[Rename] = _ALL

    def targets(self, prototype: str, parameter: str) -> list[ParameterSuccessor]:
        """The new parameters that take the place of one of an old prototype; over several versions if need be."""
        found: dict[tuple[str, str], ParameterSuccessor] = {}
        seen = set()
        queue = [ParameterSuccessor(prototype, parameter)]
        while queue:
            here = queue.pop(0)
            place = (here.prototype, here.parameter)
            if here.parameter in declared(self.new, here.prototype):
                found.setdefault(place, here)
            elif place not in seen:
                queue += [step for entry in self.renames if (step := self._step(here, entry))]
            seen.add(place)
        return list(found.values())

    def _step(self, here: ParameterSuccessor, entry: Rename) -> ParameterSuccessor | None:
        if entry["prototype"] != here.prototype:
            return None
        stays = entry["now"] == here.prototype
        name = entry["parameters"].get(here.parameter)
        # Under a prototype that no longer exists, the others keep their names; but `name` is the component's own.
        if name is None and not stays and here.prototype not in self.new and here.parameter != "name":
            name = here.parameter
        # A name that the old prototype has too is not what another one became.
        if name is None or (stays and name in declared(self.old, here.prototype)):
            return None
        maps = (entry["values"][here.parameter],) if here.parameter in entry["values"] else ()
        return ParameterSuccessor(entry["now"], name, here.values + maps)

    def successors(self, prototype: str) -> list[str]:
        """The new prototypes that take an old one's place: itself where it is still there."""
        found, seen, queue = [], set(), [prototype]
        while queue:
            here = queue.pop(0)
            if here in self.new:
                found.append(here)
            elif here not in seen:
                queue += [entry["now"] for entry in self.renames if entry["prototype"] == here]
            seen.add(here)
        return list(dict.fromkeys(found))

    def compare(self) -> list[dict[str, t.Any]]:
        """What differs: an entry for each prototype that does; those that came count where their package was there.

        Entry: ``prototype``; ``package`` (registry/package); ``change`` (changed, renamed, split, gone or new); ``now`` (the new names);
        and lists: ``added`` (prototype, name, type, default, required), ``removed`` (name, why), ``renamed`` (parameter, prototype, now),
        ``default_changed`` and ``type_changed`` (parameter, prototype, now, before, after; a default of None: required).
        """
        found = [self._compare(self.old[name]) for name in sorted(self.old)]
        taken = {name for change in found for name in change["now"]}
        packages = {package(prototype) for prototype in self.old.values()}
        for name, prototype in sorted(self.new.items()):
            if name not in self.old and name not in taken and package(prototype) in packages:
                change = _change(prototype, "new", [name])
                change["added"] = [_shown(name, parameter) for parameter in prototype.parameters]
                found.append(change)
        return [change for change in found if change["change"] != "changed" or any(change[key] for key in _LISTS)]

    def _compare(self, prototype: Prototype) -> dict[str, t.Any]:
        name = prototype.name
        found = {parameter: self.targets(name, parameter.name) for parameter in prototype.parameters}
        reached = {(target.prototype, target.parameter) for targets in found.values() for target in targets}
        now = list(dict.fromkeys([*self.successors(name), *sorted(place[0] for place in reached)]))
        change = _change(prototype, "changed" if name in self.new else ("gone", "renamed", "split")[min(len(now), 2)], now)
        for parameter, targets in found.items():
            if not targets and parameter.name != "name":
                change["removed"].append({"name": parameter.name, "why": why_gone(name, parameter.name)})
            for target in targets:
                after = declared(self.new, target.prototype)[target.parameter]
                place = {"parameter": parameter.name, "prototype": target.prototype, "now": target.parameter}
                if (target.prototype, target.parameter) != (name, parameter.name):
                    change["renamed"].append(place)
                for key in ("default", "type"):
                    old, new = getattr(parameter, key), getattr(after, key)
                    if old != new:
                        change[f"{key}_changed"].append({**place, "before": old, "after": new})
        for other in now:
            if other == name or other not in self.old:
                parameters = declared(self.new, other).values()
                change["added"] += [_shown(other, one) for one in parameters if (other, one.name) not in reached and one.name != "name"]
        return change


def declared(known: Mapping[str, Prototype], prototype: str) -> dict[str, Parameter]:
    """The parameters of a prototype by name; {} for one that does not exist."""
    return {parameter.name: parameter for parameter in known[prototype].parameters} if prototype in known else {}


def package(prototype: Prototype) -> str:
    """Registry and package, from the path vendor/<registry>/<package>/prototypes/…"""
    return "/".join(prototype.file.split("/")[1:3])


def _change(prototype: Prototype, kind: str, now: list[str]) -> dict[str, t.Any]:
    lists: dict[str, list[t.Any]] = {key: [] for key in _LISTS}
    return {"prototype": prototype.name, "package": package(prototype), "change": kind, "now": now, **lists}


def _shown(prototype: str, parameter: Parameter) -> dict[str, t.Any]:
    shown = {key: getattr(parameter, key) for key in ("name", "type", "default", "required")}
    return {"prototype": prototype, **shown}


def why_gone(prototype: str, parameter: str) -> str:
    """Why nothing takes a parameter's place."""
    reasons = WHY_GONE.get(parameter, {})
    return reasons.get(prototype, reasons.get("", "nothing takes its place"))


def defaults(prototype: Prototype, component: str) -> dict[str, t.Any]:
    """The values that ``ks generate`` gives a component where the user says nothing."""
    found: dict[str, t.Any] = {}
    for parameter in prototype.parameters:
        with contextlib.suppress(BootstrapError):
            found |= prototypes.read_values(prototypes.values(replace(prototype, parameters=(parameter,)), component, {}))
    return found
