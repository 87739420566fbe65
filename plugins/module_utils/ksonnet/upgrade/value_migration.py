# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrates the user's values to a new version of the packages."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ..files import prototypes, three_way_merge
from ..jsonnet.syntax import Expression, read_literal
from .versions import ParameterSuccessor, Versions, declared, why_gone

Values = Mapping[str, Mapping[str, t.Any]]
"""Values by component and parameter: plain data or ``Expression``."""


@dataclass
class MigratedValues:
    """The user's values after a migration.

    ``values``: by component, under their new names; they win over the plan's and stay the user's. ``moved``: by component, the
    old names of such values, which are removed. ``lost``: values without a successor: component, parameter, value, why; where the
    component stays they stay in the file.
    """

    values: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    moved: dict[str, list[str]] = field(default_factory=dict)
    lost: list[dict[str, t.Any]] = field(default_factory=list)


def own_values(values: Mapping[str, t.Any], ours: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values that the user set. ``ours``: the prototype's defaults, overridden by what the last run wrote."""
    return {name: value for name, value in values.items() if name not in ours or not three_way_merge.same(value, ours[name])}


class _CannotBePlaced(Exception):
    """The reason why a value can't be migrated."""


class ValueMigration:
    """One pass over the user's values. ``components``: the declared ones, with their new prototype's full name.

    ``expressions``: whether the target file can hold them.
    """

    def __init__(self, versions: Versions, own: Values, components: Values, expressions: bool) -> None:
        self.versions, self.own, self.components, self.expressions = versions, own, components, expressions
        self.result = MigratedValues()
        self.problems: list[str] = []

    def component(self, name: str, prototype: str) -> None:
        for parameter, value in self.own.get(name, {}).items():
            # What no prototype declares is between the user and the component's file, as long as that stays.
            known = parameter in declared(self.versions.old, prototype) or prototype not in self.versions.new
            # Where the declaration names another prototype that has it too, it stays where it is.
            chosen = self.components[name]["prototype"] if name in self.components else prototype
            stays = chosen not in self.versions.successors(prototype) and parameter in declared(self.versions.new, chosen)
            if known and not stays and not (parameter == "name" and name in self.components):
                self._value(name, prototype, parameter, value)

    def _value(self, name: str, prototype: str, parameter: str, value: t.Any) -> None:
        placed, absent, reasons = False, [], []
        for target in self.versions.targets(prototype, parameter):
            homes = [other for other, entry in self.components.items() if entry["prototype"] == target.prototype]
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
            self.result.lost.append({"component": name, "parameter": parameter, "value": shown, "why": "; ".join(reasons)})

    def _place(self, name: str, parameter: str, value: t.Any, homes: list[str], target: ParameterSuccessor) -> None:
        """Set a value at its new place. Raises _CannotBePlaced, and BootstrapError for a value that the new type refuses."""
        if len(homes) > 1:
            raise _CannotBePlaced(f"{' and '.join(sorted(homes))} are of {target.prototype}")
        home, before = homes[0], value
        for counterparts in target.values:
            if not isinstance(value, str) or value not in counterparts:
                raise _CannotBePlaced(f"'{target.parameter}' of '{home}' can only be {', '.join(sorted(set(counterparts.values())))}")
            value = counterparts[value]
        if not isinstance(value, Expression):
            value = read_literal(prototypes.literal(declared(self.versions.new, target.prototype)[target.parameter], value, home))
        if (home, target.parameter) == (name, parameter):
            if not three_way_merge.same(value, before):
                self.result.values.setdefault(home, {})[parameter] = value  # as the new type has it: 5 for "5"
            return
        if isinstance(value, Expression) and not self.expressions:
            raise _CannotBePlaced("it is an expression: move it by hand")
        existing = {**self.own.get(home, {}), **self.result.values.get(home, {})}
        if target.parameter in existing and not three_way_merge.same(existing[target.parameter], value):
            raise _CannotBePlaced(f"'{target.parameter}' of '{home}' has another value of yours")
        self.result.values.setdefault(home, {})[target.parameter] = value
        if parameter not in self.result.moved.setdefault(name, []):
            self.result.moved[name].append(parameter)
