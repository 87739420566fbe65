# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of one component, each with its source and reason."""

from __future__ import annotations

import typing as t
from collections import ChainMap
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..ksonnet.files import prototypes
from ..ksonnet.files.prototypes import Prototype
from ..rules.rules import Rule
from .packages import short

Layer = dict[str, Json]
"""Choices by parameter."""

_CHOSEN = "You chose it (kubeflow_parameters)."
_USAGE = "You asked for usage reports (reportUsage). It is made once, at random, and kept."


@dataclass(frozen=True)
class Component:
    """A component, and all that its values follow from beside the facts.

    ``chosen``: the user's values. ``saved``: its choices in a saved plan; with them no rule sets anything. ``existing``: what rules know
    of it in the existing application (``existing.values``). ``edited``: values that the user changed there; rules rest on them, though
    the plan stays.
    """

    name: str
    prototype: Prototype
    chosen: Json
    saved: Layer | None
    existing: Json
    edited: Json = field(default_factory=dict)

    def checked(self, values: Mapping[str, t.Any]) -> Json:
        """Values as data of the declared types. Raises BootstrapError."""
        return prototypes.read_values(prototypes.declared_values(self.prototype, self.name, values))

    def data(self, data: Json, values: Json) -> Json:
        """What rules are evaluated with; ``data`` is the part that all components share."""
        return {**data, **self.existing, "values": values}


def choice(value: t.Any, source: str, reason: str, rule: str | None = None, alternatives: Iterable[t.Any] = ()) -> Json:
    """One value of the plan."""
    others = [other for other in alternatives if other != value]
    return {"value": value, "source": source, "reason": reason, "rule": rule, "alternatives": others, "no_effect": False}


def choose(component: Component, rules: Iterable[Rule], data: Json) -> Layer:
    """The choice of each parameter, from the first layer that has it: the user, a saved plan, the steps, the rules, the package.

    ``data["steps"]``: the optional steps (``steps.gather``). Raises BootstrapError.
    """
    rules = [rule for rule in rules if component.saved is None and rule.concerns(short(component.prototype))]
    user = {name: choice(value, "user", _CHOSEN) for name, value in component.checked(component.chosen).items()}
    saved = _saved(component)
    steps = _steps(component, rules, data["steps"]) if component.saved is None else {}
    ruled: Layer = {}
    package = _package(component)
    decided = ChainMap(user, saved, steps, ruled)
    layers = ChainMap(*decided.maps, package)
    values = {**{name: each["value"] for name, each in layers.items()}, **component.edited}
    data = component.data(data, values)
    for name, ruling in _rulings(component, rules, decided, data):
        ruled[name] = ruling
        values[name] = component.edited.get(name, ruling["value"])
    if _reports_usage(data) and "usageId" in package and "usageId" not in decided:
        ruled["usageId"] = choice(data["choices"]["usage_id"], "user", _USAGE)
    # Refuses a required parameter that no layer has.
    prototypes.values(component.prototype, component.name, {name: each["value"] for name, each in decided.items()})
    return {parameter.name: layers[parameter.name] for parameter in component.prototype.parameters if parameter.name in layers}


def _saved(component: Component) -> Layer:
    choices = component.saved or {}
    values = component.checked({name: each["value"] for name, each in choices.items()})
    return {name: {**each, "value": values[name]} for name, each in choices.items()}


def _package(component: Component) -> Layer:
    optional = {parameter.name for parameter in component.prototype.parameters} - {"name"}
    defaults = prototypes.read_values(prototypes.values(component.prototype, component.name, {}, existing=optional))
    return {name: choice(value, "default", "The package's own value.") for name, value in defaults.items()}


def _steps(component: Component, rules: Iterable[Rule], steps: Mapping[str, Json]) -> Layer:
    """The values of the steps, but for parameters that a rule with the source ``step`` decides."""
    ruled = {rule.parameter for rule in rules if rule.source == "step"}
    free = {parameter.name for parameter in component.prototype.parameters} - {"name"} - component.chosen.keys() - ruled
    layer: Layer = {}
    for step, entry in steps.items():
        values = {name: value for name, value in entry["parameters"].items() if name in free and value is not None}
        for name, value in component.checked(values).items():
            layer[name] = choice(value, "step", entry["reason"], f"step-{step}")
    return layer


def _rulings(component: Component, rules: Iterable[Rule], decided: Container[str], data: Json) -> Iterator[tuple[str, Json]]:
    """What the rules decide, one parameter at a time, each of them evaluated with those before in ``decided`` and ``data["values"]``."""
    declared = {parameter.name: parameter for parameter in component.prototype.parameters}
    ours = [(str(rule.parameter), rule) for rule in rules if rule.parameter in declared]
    keeps = {name: rule for name, rule in ours if rule.does == "keeps"}
    for name, rule in ours:
        if rule.does == "sets" and name not in decided and rule.applies(data):
            yield name, _set(rule, declared[name], component.name, data)
            if name in keeps:
                yield from _kept(keeps[name], name, data)
    for name, rule in keeps.items():
        if name not in decided:
            yield from _kept(rule, name, data)


def _set(rule: Rule, parameter: prototypes.Parameter, component: str, data: Json) -> Json:
    where = f"{rule.where}: the rule {rule.id}"
    value = rule.result(data)
    if value is None:
        raise BootstrapError(f"{where} applies, but its value is nothing.", fix="Correct its value or its condition.")
    try:
        value = prototypes.read_values({parameter.name: prototypes.literal(parameter, value, component)})[parameter.name]
    except BootstrapError as error:
        raise BootstrapError(f"{where}: value: {error.message}", fix="Correct the rule.") from None
    return choice(value, rule.source, str(rule.text("reason", data)), rule.id, rule.others(data))


def _kept(rule: Rule, name: str, data: Json) -> Iterator[tuple[str, Json]]:
    """The value of the existing application, where the rule applies and it is another than a new application would get."""
    if not rule.applies(data):
        return
    value, new = rule.result(data) if rule.value else data["before"].get(name), data["values"][name]
    if value is not None and value != new:
        yield name, choice(value, rule.source, str(rule.text("reason", data)), rule.id, [new])


def _reports_usage(data: Json) -> bool:
    """Whether the component reports its usage, or did; its id is kept while reports are off."""
    usage_id = data["choices"]["usage_id"]
    return bool(usage_id) and (data["values"].get("reportUsage") == "true" or data["before"].get("usageId") == usage_id)
