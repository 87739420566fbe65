# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of one component, each with its reason, and what the rules say of them. Private to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ..errors import BootstrapError
from ..ksonnet.files import prototypes
from ..ksonnet.files.prototypes import Prototype
from ..rules.rules import Rule
from .packages import short

Json = dict[str, t.Any]


def choose(
    name: str, prototype: Prototype, given: Json, decided: Json | None, edited: Json, usage_id: str | None, rules: list[Rule], data: Json
) -> Json:
    """Each parameter that the prototype declares: the user's value, else a step's, else that of the first rule that applies, else the
    package's.

    ``given``: what the user chose. ``decided``: choices of a plan that was saved; with them no rule sets anything. ``edited``: what the
    user changed in the application, on which rules rest, though the plan stays. ``usage_id``: for a component that reports its usage.
    ``data["steps"]``: the optional steps (``steps.gather``).
    Leaves the component's values in ``data["values"]``. Raises BootstrapError.
    """
    declared = {parameter.name: parameter for parameter in prototype.parameters}
    given = _checked(prototype, name, given)
    taken = _checked(prototype, name, {key: each["value"] for key, each in (decided or {}).items()})
    defaults = prototypes.read_values(prototypes.values(prototype, name, {}, there=declared.keys() - {"name"}))
    values = {**defaults, **taken, **given, **edited}
    data["values"] = values
    found: dict[str, Json] = {key: {**each, "value": taken[key]} for key, each in (decided or {}).items()}
    if decided is None:
        found = _laid(prototype, name, rules, data["steps"], given)
        values |= {key: edited.get(key, each["value"]) for key, each in found.items()}
    keeping = {rule.parameter: rule for rule in rules if rule.does == "keeps" and rule.concerns(short(prototype))}
    for rule in rules if decided is None else ():
        parameter = declared.get(rule.parameter or "")
        if not parameter or parameter.name in found or parameter.name in given or not rule.concerns(short(prototype)):
            continue
        if rule.does == "sets" and rule.applies(data):
            found[parameter.name] = _ruled(rule, parameter, name, data)
            values[parameter.name] = edited.get(parameter.name, found[parameter.name]["value"])
            _keep(keeping.get(parameter.name), parameter.name, found, values, data)
    for rule in keeping.values() if decided is None else ():
        if rule.parameter in declared and rule.parameter not in {**found, **given}:
            _keep(rule, rule.parameter, found, values, data)
    reports = values.get("reportUsage") == "true" or data["before"].get("usageId") == usage_id
    if usage_id and "usageId" in declared and reports and "usageId" not in {**found, **given}:
        found["usageId"] = choice(usage_id, "user", "You asked for usage reports (reportUsage). It is made once, at random, and kept.")
        values["usageId"] = edited.get("usageId", usage_id)
    prototypes.values(prototype, name, {**{key: each["value"] for key, each in found.items()}, **given})
    return {
        key: choice(given[key], "user", "You chose it (kubeflow_parameters).")
        if key in given
        else found.get(key) or choice(defaults[key], "default", "The package's own value.")
        for key in [*declared]
        if key in given or key in found or key in defaults
    }


def _laid(prototype: Prototype, name: str, rules: list[Rule], steps: Mapping[str, Json], given: Json) -> dict[str, Json]:
    """What the steps say of the parameters that the prototype declares, but for those that a rule with the source ``step`` decides."""
    ruled = {rule.parameter for rule in rules if rule.source == "step" and rule.concerns(short(prototype))}
    free = {parameter.name for parameter in prototype.parameters} - {"name"} - given.keys() - ruled
    found: dict[str, Json] = {}
    for step, entry in steps.items():
        values = {key: value for key, value in entry["parameters"].items() if key in free and value is not None}
        for key, value in _checked(prototype, name, values).items():
            found[key] = choice(value, "step", entry["reason"], f"step-{step}")
    return found


def _keep(rule: Rule | None, parameter: str, found: Json, values: Json, data: Json) -> None:
    """Let a value stay as the application has it, where the rule says so; ``values`` has what it would be now."""
    if rule is None or not rule.applies(data):
        return
    there, now = rule.result(data) if rule.value else data["before"].get(parameter), values[parameter]
    if there is None or there == now:
        return
    found[parameter] = choice(there, rule.source, str(rule.say("reason", data)), rule.id, [now])
    values[parameter] = there


def choice(value: t.Any, source: str, reason: str, rule: str | None = None, alternatives: Iterable[t.Any] = ()) -> Json:
    """One value of the plan."""
    others = [other for other in alternatives if other != value]
    return {"value": value, "source": source, "reason": reason, "rule": rule, "alternatives": others, "no_effect": False}


def say(rules: Iterable[Rule], does: str, prototype: Prototype, data: Json) -> list[Json]:
    """What the rules that block, or warn, say of a component."""
    return [
        {"id": rule.id, **{field: rule.say(field, data) for field in ("reason", "fix", "command")}}
        for rule in rules
        if rule.does == does and rule.concerns(short(prototype)) and rule.applies(data)
    ]


def _checked(prototype: Prototype, name: str, values: Mapping[str, t.Any]) -> Json:
    """Values that are given, as data of the declared types."""
    return prototypes.read_values(prototypes.given_values(prototype, name, values))


def _ruled(rule: Rule, parameter: prototypes.Parameter, name: str, data: Json) -> Json:
    where = f"{rule.where}: the rule {rule.id}"
    value = rule.result(data)
    if value is None:
        raise BootstrapError(f"{where} applies, but its value is nothing.", fix="Correct its value or its condition.")
    try:
        value = prototypes.read_values({parameter.name: prototypes.literal(parameter, value, name)})[parameter.name]
    except BootstrapError as error:
        raise BootstrapError(f"{where}: value: {error.message}", fix="Correct the rule.") from None
    return choice(value, rule.source, str(rule.say("reason", data)), rule.id, rule.others(data))
