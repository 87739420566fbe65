# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compares two versions of packages: prototypes and parameters.

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
    """The new place of a parameter's value. ``values``: maps (old value: new value), applied in order."""

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
        """The new parameters that succeed one of an old prototype, over several versions if need be."""
        result: dict[tuple[str, str], ParameterSuccessor] = {}
        seen = set()
        queue = [ParameterSuccessor(prototype, parameter)]
        while queue:
            here = queue.pop(0)
            place = (here.prototype, here.parameter)
            if here.parameter in declared(self.new, here.prototype):
                result.setdefault(place, here)
            elif place not in seen:
                queue += [step for entry in self.renames if (step := self._step(here, entry))]
            seen.add(place)
        return list(result.values())

    def _step(self, here: ParameterSuccessor, entry: Rename) -> ParameterSuccessor | None:
        if entry["prototype"] != here.prototype:
            return None
        stays = entry["now"] == here.prototype
        name = entry["parameters"].get(here.parameter)
        # Under a prototype that no longer exists, the others keep their names; but `name` is the component's own.
        if name is None and not stays and here.prototype not in self.new and here.parameter != "name":
            name = here.parameter
        # A name that the old prototype has too does not succeed another one.
        if name is None or (stays and name in declared(self.old, here.prototype)):
            return None
        maps = (entry["values"][here.parameter],) if here.parameter in entry["values"] else ()
        return ParameterSuccessor(entry["now"], name, here.values + maps)

    def successors(self, prototype: str) -> list[str]:
        """The new prototypes that succeed an old one: itself where it still exists."""
        result, seen, queue = [], set(), [prototype]
        while queue:
            here = queue.pop(0)
            if here in self.new:
                result.append(here)
            elif here not in seen:
                queue += [entry["now"] for entry in self.renames if entry["prototype"] == here]
            seen.add(here)
        return list(dict.fromkeys(result))

    def compare(self) -> list[dict[str, t.Any]]:
        """The differences, an entry per prototype; new ones count where their package existed before.

        Entry: ``prototype``; ``package`` (registry/package); ``change`` (changed, renamed, split, gone or new); ``now`` (the new names);
        and lists: ``added`` (prototype, name, type, default, required), ``removed`` (name, why), ``renamed`` (parameter, prototype, now),
        ``default_changed`` and ``type_changed`` (parameter, prototype, now, before, after; a default of None: required).
        """
        changes = [self._compare(self.old[name]) for name in sorted(self.old)]
        taken = {name for change in changes for name in change["now"]}
        packages = {package(prototype) for prototype in self.old.values()}
        for name, prototype in sorted(self.new.items()):
            if name not in self.old and name not in taken and package(prototype) in packages:
                change = _change(prototype, "new", [name])
                change["added"] = [_shown(name, parameter) for parameter in prototype.parameters]
                changes.append(change)
        return [change for change in changes if change["change"] != "changed" or any(change[key] for key in _LISTS)]

    def _compare(self, prototype: Prototype) -> dict[str, t.Any]:
        name = prototype.name
        successors = {parameter: self.targets(name, parameter.name) for parameter in prototype.parameters}
        reached = {(target.prototype, target.parameter) for targets in successors.values() for target in targets}
        now = list(dict.fromkeys([*self.successors(name), *sorted(place[0] for place in reached)]))
        change = _change(prototype, "changed" if name in self.new else ("gone", "renamed", "split")[min(len(now), 2)], now)
        for parameter, targets in successors.items():
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
    """Why a parameter has no successor."""
    reasons = WHY_GONE.get(parameter, {})
    return reasons.get(prototype, reasons.get("", "nothing takes its place"))


def defaults(prototype: Prototype, component: str) -> dict[str, t.Any]:
    """The values that ``ks generate`` gives a component by default."""
    result: dict[str, t.Any] = {}
    for parameter in prototype.parameters:
        with contextlib.suppress(BootstrapError):
            result |= prototypes.read_values(prototypes.values(replace(prototype, parameters=(parameter,)), component, {}))
    return result
