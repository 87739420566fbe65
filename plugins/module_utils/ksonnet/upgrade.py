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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..data.parameter_renames import NO_SUCCESSOR, RENAMES, WHY_GONE, Rename
from ..errors import BootstrapError
from . import component as components
from . import prototypes
from .jsonnet_text import Expression
from .prototypes import Parameter, Prototype

Values = Mapping[str, Mapping[str, t.Any]]
"""Values by component and parameter: plain data or ``Expression``."""

_ALL = tuple(entry for family in RENAMES.values() for entry in family)
_IMPORT = re.compile(r"""\bimport(?:str)?\s+@?["']([^"']+)["']""")
_LISTS = ("added", "removed", "renamed", "default_changed", "type_changed")


@dataclass
class Carried:
    """What became of the user's values.

    ``values``: by component: under their new names; they win over the plan's and stay the user's. ``moved``: by component that stays:
    the old names of such values, which go. ``lost``: values that can't be taken along: component, parameter, value, why; where the
    component stays they stay in the file.
    """

    values: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    moved: dict[str, list[str]] = field(default_factory=dict)
    lost: list[dict[str, t.Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Upgrade:
    """``changes``: what ``Versions.compare`` says. ``environments``: as ``components``, for the overrides of each environment.

    ``replaced``: components that others took the place of: they go, with their overrides.
    """

    changes: list[dict[str, t.Any]] = field(default_factory=list)
    components: Carried = field(default_factory=Carried)
    environments: dict[str, Carried] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)


def own_values(values: Mapping[str, t.Any], ours: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values that the user set. ``ours``: the prototype's defaults, and over them what was written last."""
    return {name: value for name, value in values.items() if name not in ours or not _same(value, ours[name])}


def _same(left: t.Any, right: t.Any) -> bool:
    """Equal as JSON: true is not 1. An expression equals nothing but itself."""
    if isinstance(left, Expression) or isinstance(right, Expression):
        return bool(left == right)
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


class _CannotBePlaced(Exception):
    """Why a value can't be taken along."""


class _Carry:
    """One pass over the user's values. ``wanted``: the declared components, with their new prototype's whole name."""

    def __init__(self, versions: Versions, own: Values, wanted: Values) -> None:
        self.versions, self.own, self.wanted = versions, own, wanted
        self.found = Carried()
        self.problems: list[str] = []

    def component(self, name: str, prototype: str) -> None:
        for parameter, value in self.own.get(name, {}).items():
            # What no prototype declares is between the user and the component's file, as long as that stays.
            known = parameter in declared(self.versions.old, prototype) or prototype not in self.versions.new
            if known and not (parameter == "name" and name in self.wanted):
                self._value(name, prototype, parameter, value)

    def _value(self, name: str, prototype: str, parameter: str, value: t.Any) -> None:
        placed, absent, reasons = False, [], []
        for target in self.versions.targets(prototype, parameter):
            homes = [other for other, entry in self.wanted.items() if entry["prototype"] == target.prototype]
            if not homes:
                absent.append(f"no component of {target.prototype} is declared")
                continue
            try:
                self._place(name, parameter, value, [name] if name in homes else homes, target)
                placed = True
            except _CannotBePlaced as error:
                reasons.append(str(error))
            except BootstrapError as error:
                self.problems.append(f"{error.message} It is '{parameter}' of component '{name}' now.")
                placed = True
        if not placed and not reasons:
            reasons = absent or [why_gone(prototype, parameter)]
        if reasons:
            shown = value.text if isinstance(value, Expression) else value
            self.found.lost.append({"component": name, "parameter": parameter, "value": shown, "why": "; ".join(reasons)})

    def _place(self, name: str, parameter: str, value: t.Any, homes: list[str], target: Target) -> None:
        """Put a value where it goes. Raises _CannotBePlaced, and BootstrapError where the new type refuses it."""
        if len(homes) > 1:
            raise _CannotBePlaced(f"{' and '.join(sorted(homes))} are of {target.prototype}")
        home = homes[0]
        for counterparts in target.values:
            if not isinstance(value, str) or value not in counterparts:
                raise _CannotBePlaced(f"'{target.parameter}' of '{home}' can only be {', '.join(sorted(set(counterparts.values())))}")
            value = counterparts[value]
        if not isinstance(value, Expression):
            prototypes.literal(declared(self.versions.new, target.prototype)[target.parameter], value, home)
        if (home, target.parameter) == (name, parameter):
            return
        there = {**self.own.get(home, {}), **self.found.values.get(home, {})}
        if target.parameter in there and not _same(there[target.parameter], value):
            raise _CannotBePlaced(f"'{target.parameter}' of '{home}' has another value of yours")
        self.found.values.setdefault(home, {})[target.parameter] = value
        if name in self.wanted and parameter not in self.found.moved.setdefault(name, []):
            self.found.moved[name].append(parameter)


def plan(
    before: Mapping[str, str],
    after: Mapping[str, str],
    there: Values,
    wanted: Values,
    written: Values,
    *,
    overrides: Mapping[str, Values] | None = None,
    problems: Iterable[str] = (),
) -> Upgrade:
    """What an upgrade of the packages comes to; an empty ``Upgrade`` where no vendored file changes, and for a new application.

    ``before``: the files that are there. ``after``: the same with the new packages below vendor/, and without the packages that go.
    ``there``: the values by component (``params.read``). ``wanted``: the declared components (``prototype``, ``parameters``).
    ``written``: what we wrote last by component (``prototype``, ``parameters``), {} for an application that ks made. ``overrides``: by
    environment: the values there that the user set. ``problems``: what else stands in the way (``mixed_versions``).
    Raises BootstrapError that names all that stands in the way; its details have the list ``problems``.
    """
    vendored = [{path: text for path, text in files.items() if path.startswith("vendor/")} for files in (before, after)]
    if not vendored[0] or vendored[0] == vendored[1]:
        return Upgrade()
    return _Plan(before, after, there, wanted, written, list(problems)).upgrade(overrides or {})


class _Plan:
    """One upgrade. ``sources``: the old prototype of each component. ``untouched``: components whose file is as ks generates it."""

    def __init__(
        self, before: Mapping[str, str], after: Mapping[str, str], there: Values, wanted: Values, written: Values, problems: list[str]
    ) -> None:
        self.before, self.after, self.there, self.written, self.problems = before, after, there, written, problems
        old, (new, unread) = prototypes.collect(before)[0], prototypes.collect(after)
        self.versions = Versions(old, new)
        self.wanted: dict[str, dict[str, t.Any]] = {}
        for name, entry in wanted.items():
            if entry.get("prototype"):
                try:
                    self.wanted[name] = {**entry, "prototype": prototypes.find(entry["prototype"], new, unread).name}
                except BootstrapError as error:
                    self.problems.append(f"Component '{name}': {error.message} {self._advice(entry['prototype'])}")
        self.declared = set(wanted)
        self.sources: dict[str, str] = {}
        self.untouched: set[str] = set()
        for name in there:
            self._recognise(name, wanted.get(name, {}).get("prototype"))

    def _recognise(self, name: str, planned: str | None) -> None:
        """Find out a component's old prototype: from what we wrote, by its file, or as the declaration has it."""
        text = self.before.get(components.path(name))
        said = self.written.get(name, {}).get("prototype", planned)
        with contextlib.suppress(BootstrapError):
            self.sources[name] = prototypes.find(said or "", self.versions.old).name
        for prototype in self.versions.old.values():
            if text is not None and components.text(name, prototype) == text:
                self.untouched.add(name)
                self.sources.setdefault(name, prototype.name)

    def upgrade(self, overrides: Mapping[str, Values]) -> Upgrade:
        own = {}
        for name, values in self.there.items():
            ours = defaults(self.versions.old[self.sources[name]], name) if name in self.sources else {}
            own[name] = own_values(values, {**ours, **self.written.get(name, {}).get("parameters", {})})
        changes = self.versions.compare()
        replaced = [name for name in self.sources if self._is_replaced(name, own.get(name, {}), changes)]
        carried = self._carry(own)
        environments = {name: self._carry(values) for name, values in overrides.items()}
        for name, entry in self.wanted.items():
            self._check_declared(name, entry, carried.values.get(name, {}))
        self._check_imports({name for name in self.untouched if name in self.declared or name in replaced or name in self.written})
        found = list(dict.fromkeys(self.problems))
        if found:
            numbered = " ".join(f"({number}) {text}" for number, text in enumerate(found, 1))
            raise BootstrapError(
                f"The packages can't be upgraded as declared; nothing was changed. {numbered}",
                fix="Complete the declaration, or stay with the present version.",
                problems=found,
            )
        return Upgrade(changes, carried, environments, replaced)

    def _carry(self, own: Values) -> Carried:
        carry = _Carry(self.versions, own, self.wanted)
        for name, prototype in self.sources.items():
            if name in self.wanted or prototype not in self.versions.new:
                carry.component(name, prototype)
        self.problems += carry.problems
        return carry.found

    def _is_replaced(self, name: str, own: Mapping[str, t.Any], changes: list[dict[str, t.Any]]) -> bool:
        """Whether others take a component's place; one that would stay behind at the old version is a problem."""
        source = self.sources[name]
        if name in self.declared or (name in self.written and name in self.untouched and not own):
            return False  # it goes along, or goes
        if source in self.versions.new:
            if any(change["prototype"] == source and (change["added"] or change["renamed"]) for change in changes):
                self.problems.append(f"Component '{name}' is not declared, and the parameters of {source} change: declare it too.")
            return False
        heirs = self.versions.successors(source)
        if not any(entry["prototype"] in heirs for entry in self.wanted.values()):
            self.problems.append(f"Component '{name}': its prototype {source} is no more. {self._advice(source)}")
        elif name not in self.untouched:
            self.problems.append(f"{components.path(name)} was changed by hand, and its prototype {source} is no more: remove it yourself.")
        else:
            return True
        return False

    def _advice(self, name: str) -> str:
        with contextlib.suppress(BootstrapError):
            name = prototypes.find(name, self.versions.old).name
        heirs = self.versions.successors(name)
        return f"Declare components of {', '.join(heirs)} instead." if heirs else NO_SUCCESSOR.get(name, "Nothing takes its place.")

    def _check_declared(self, name: str, entry: Mapping[str, t.Any], carried: Mapping[str, t.Any]) -> None:
        """Names and types of the declared values, and whether one is missing."""
        prototype = entry["prototype"]
        parameters = declared(self.versions.new, prototype)
        given = {key: value for key, value in (entry.get("parameters") or {}).items() if value is not None}
        for key, value in given.items():
            if key in parameters:
                try:
                    prototypes.literal(parameters[key], value, name)
                except BootstrapError as error:
                    self.problems.append(error.message)
            else:
                heirs = [f"{one.prototype}: {one.parameter}" for one in self.versions.targets(self.sources.get(name, prototype), key)]
                now = f"it is {', '.join(heirs)} now" if heirs else why_gone(prototype, key)
                self.problems.append(f"Component '{name}': {prototype} has no parameter '{key}' any more: {now}.")
        known = {"name", *given, *carried, *self.there.get(name, {})}
        for key, parameter in parameters.items():
            if parameter.required and key not in known:
                self.problems.append(
                    f"Component '{name}': the new parameter '{key}' ({parameter.type}: {parameter.description}) needs a value."
                )

    def _check_imports(self, made_anew: Collection[str]) -> None:
        """Files that stay as they are must not import what is no more."""
        changed = {_folder(path) for path in self.before.keys() | self.after.keys() if self.before.get(path) != self.after.get(path)}
        skip = {components.path(name) for name in made_anew}
        for path, text in sorted(self.after.items()):
            if path in skip or _folder(path) in changed or not path.endswith((".jsonnet", ".libsonnet")):
                continue
            for file in dict.fromkeys(_IMPORT.findall(text)):
                if f"vendor/{file}" in self.before and f"vendor/{file}" not in self.after:
                    self.problems.append(f"{path} stays as it is, and imports {file}, which is no more.")


def _folder(path: str) -> str:
    """The package that a vendored file is of; any other file by itself."""
    return "/".join(path.split("/")[:3]) if path.startswith("vendor/") else path


def mixed_versions(before: Mapping[str, t.Any], after: Mapping[str, t.Any], packages: Mapping[str, t.Any]) -> list[str]:
    """Packages that would stay at the old version of a registry that goes to a new one, unless the declaration gives their version.

    ``before``, ``after``: app.yaml as data. ``packages``: the declared ones. Registries without versions (folders) can't be told.
    """
    found = []
    for registry, entry in (after.get("registries") or {}).items():
        was, now = _version((before.get("registries") or {}).get(registry)), _version(entry)
        for name, library in (after.get("libraries") or {}).items():
            version = _version(library)
            asked = (packages.get(name) or {}).get("version")
            if library.get("registry") == registry and was and now and was[0] != now[0] and version and version[0] != now[0] and not asked:
                found.append(f"Package '{name}' would stay at {version[1]} while registry '{registry}' goes from {was[1]} to {now[1]}.")
    return found


def _version(entry: Mapping[str, t.Any] | None) -> tuple[str, str] | None:
    """Commit and ref, as app.yaml has them."""
    git = (entry or {}).get("gitVersion") or {}
    return (git["commitSha"], git.get("refSpec") or git["commitSha"]) if git.get("commitSha") else None
