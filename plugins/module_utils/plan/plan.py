# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The document ``plan``: good values, each with its reason; blockers and warnings; the application that follows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..credential_scan.masking import is_credential, masked
from ..errors import BootstrapError, abbreviated
from ..fetch.sources import Contents
from ..formats.json_object import Json
from ..ksonnet import application
from ..ksonnet.files import prototypes, record
from ..ksonnet.files.declaration import plain
from ..ksonnet.files.three_way_merge import same
from ..ksonnet.render import render
from ..rules.rules import Rule
from . import (
    existing,
    findings,
    image_digests,
    limits,
    packages,
    planned_objects,
    platform_upgrades,
    public_secrets,
    rights,
    steps,
    unused_values,
)
from .existing import ENVIRONMENT
from .findings import finding
from .plan_text import shown
from .values import Component, choice, choose

Parameters = dict[str, dict[str, Json]]
"""Choices by component and parameter."""

PACKAGES = {"kubeflow": ["core"]}
"""What is deployed unless the user names components: packages by registry."""
COMPONENT = "kubeflow-core"
# The id of usage reports is kept while they are off.
_NEVER_UNUSED = ("name", "usageId")
_NAMESPACE = "kubeflow"
_CLUSTER = {"apis", "distribution", "nodes", "permissions", "server", "storage", "uid", "unknown", "version"}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123, as Kubernetes asks of a namespace
_IGNORABLE = (
    "api-not-served",
    "namespace-changed",
    "permission-missing",
    image_digests.NOT_FOUND,
    public_secrets.ID,
    *platform_upgrades.IDS,
    *limits.IDS,
)
"""Blockers that no rule reports. ``cluster-changed`` is not among them: ``kubeflow_allow_other_cluster`` is the choice for it."""


@dataclass(frozen=True)
class _Inputs:
    """What a plan follows from: the arguments of ``plan``, complete."""

    facts: Json
    choices: Json
    rules: list[Rule]
    registries: Mapping[str, Contents]
    current: Mapping[str, str]

    @property
    def cluster(self) -> Json:
        """The facts of the cluster."""
        cluster: Json = self.facts["cluster"]
        return cluster

    @property
    def data(self) -> Json:
        """What rules are evaluated with, for all components."""
        return {**self.facts, "choices": self.choices, "steps": self.choices["steps"]}


@dataclass(frozen=True)
class Plan:
    """``document``: the document ``plan``. ``items``: its objects."""

    document: Json
    items: planned_objects.PlannedObjects


def plan(facts: Json, choices: Json, rules: list[Rule], registries: Mapping[str, Contents], current: Mapping[str, str]) -> Plan:
    """The plan; the fields of its document are documented in the module ``plan``.

    ``choices``: ``name`` of the application, ``namespace`` or none, ``parameters`` by component, ``apply``, ``move``; and where they are
    not the usual ones ``components`` (name to prototype), ``registries`` and ``packages`` (as ``packages.resolve`` returns them),
    ``digests`` (``image_digests.resolve``), ``ignore`` (ids of blockers), ``steps`` (``steps.gather``), ``platform``
    (``Choice.document``), ``usage_id``, and ``saved``: a saved plan, whose values are taken (``saved.read``).
    ``registries``: the contents of each registry (``registry.contents``). ``current``: the files of the existing application.
    Raises ``BootstrapError`` for invalid choices.
    """
    inputs = _Inputs(_complete(plain(facts)), _with_defaults(plain(choices)), rules, registries, current)
    choices, cluster = inputs.choices, inputs.cluster
    components = _components(inputs)
    namespace = _namespace(choices, existing.namespace(current))
    space = namespace["value"]
    parameters, declaration, app = _application(inputs, components, space)
    unused = _mark_unused(app.files, components, parameters)
    rendered = [(name, item) for name, items in render.objects(app.files, ENVIRONMENT).items() for item in items]
    objects = planned_objects.prepare(rendered, cluster, space)
    granted = rights.check(inputs.facts, objects.all, choices["name"], space)
    blockers = existing.blockers(current, choices, cluster, space) + _of_rules(inputs, components, parameters, "blocks")
    blockers += (
        choices["digests"]["blockers"]
        + objects.blockers
        + public_secrets.blockers(objects.own)
        + limits.blockers(objects.all, parameters, cluster)
    )
    warnings = _of_rules(inputs, components, parameters, "warns") + objects.warnings + unused + _credentials(parameters)
    warnings += choices["digests"]["warnings"]
    before = record.read(current)
    blockers += platform_upgrades.blockers(before, choices["platform"], objects.own)
    warnings += platform_upgrades.warnings(before, choices["platform"], objects.own)
    if choices["platform"] and not current:
        # The pods of an existing application may have their room already.
        warnings += limits.room(objects.all, cluster["nodes"])
    (blockers if choices["apply"] else warnings).extend(granted.missing)
    warnings += granted.unknown
    blockers, ignored = findings.without_ignored(findings.unique(blockers), choices["ignore"])
    document = {
        "cluster": declaration["record"]["cluster"],
        "namespace": namespace,
        "parameters": parameters,
        **({"platform": choices["platform"]} if choices["platform"] else {}),
        "steps": steps.shown(choices["steps"]),
        "blockers": blockers,
        "warnings": findings.unique([*ignored, *warnings]),
        "objects": sorted(str(item.key) for item in objects.all),
        "digest": _digest(objects),
        "parts": planned_objects.parts(objects, space, granted.escalating),
        "rbac": granted.document,
        "brought_up": objects.brought_up,
        "application": declaration,
    }
    return Plan(document, objects)


# --- inputs


def _complete(facts: Json) -> Json:
    """The facts, with ``usable`` at each storage class. Refuses those that were saved by another release, or cut."""
    missing = sorted({"kubeconfig", "cluster", "cloud"} - facts.keys())
    for storage_class in facts.get("cluster", {}).get("storage", {}).get("classes", []):
        storage_class["usable"] = storage_class["name"] in facts["cluster"]["storage"]["usable"]
    missing += [f"cluster.{key}" for key in sorted(_CLUSTER - facts.get("cluster", {}).keys())]
    if missing:
        raise BootstrapError(f"The facts lack {missing[0]}.", fix="Collect them again (playbooks/facts.yml).")
    return facts


def _with_defaults(choices: Json) -> Json:
    defaults = {
        "components": {COMPONENT: COMPONENT},
        "registries": {name: {"protocol": "fs", "uri": "embedded"} for name in PACKAGES},
        "packages": {package: {"registry": registry} for registry, names in PACKAGES.items() for package in names},
        "ignore": [],
        "steps": {},
        "platform": None,
        "digests": {"known": {}, "blockers": [], "warnings": []},
        "usage_id": None,
        "saved": None,
    }
    return {**defaults, **choices}


def _components(inputs: _Inputs) -> list[Component]:
    """The components of the application. Refuses choices for those that it does not have, and blockers that do not exist."""
    choices, saved = inputs.choices, inputs.choices["saved"]
    declared = {name: packages.find(prototype, inputs.registries) for name, prototype in choices["components"].items()}
    _validate(choices, inputs.rules)
    before = existing.values(inputs.current, inputs.cluster["uid"])
    chosen = {} if saved else choices["parameters"]
    return [
        Component(
            name,
            prototype,
            {parameter: value for parameter, value in (chosen.get(name) or {}).items() if value is not None},
            saved["parameters"].get(name, {}) if saved else None,
            before.get(name, existing.NOTHING),
        )
        for name, prototype in declared.items()
    ]


def _validate(choices: Json, rules: Iterable[Rule]) -> None:
    components = choices["components"]
    for name, values in choices["parameters"].items():
        if name not in components:
            by = (
                ""
                if isinstance(values, dict)
                else f' Parameters are given by component: {{"{next(iter(components))}": {{"{name}": ...}}}}.'
            )
            raise BootstrapError(f"kubeflow_parameters: there is no component {name!r}.", fix=f"There is {', '.join(components)}.{by}")
        if not isinstance(values, (dict, type(None))):
            raise BootstrapError(f"kubeflow_parameters: {name} is not a mapping.", fix="Name its parameters, each with a value.")
    known = {rule.id for rule in rules if rule.does == "blocks"} | set(_IGNORABLE)
    for name in choices["ignore"]:
        if name not in known:
            raise BootstrapError(f"kubeflow_ignore: there is no blocker {name!r}.", fix=f"Blockers are {', '.join(sorted(known))}.")


def _namespace(choices: Json, current: str | None) -> Json:
    chosen, saved = choices["namespace"], choices["saved"]
    name = saved["namespace"]["value"] if saved else chosen
    if name and not _LABEL.fullmatch(name):
        raise BootstrapError(
            f"kubeflow_namespace: {name!r} can't be the name of a namespace.", fix="Use at most 63 of a-z, 0-9 and '-', not at its ends."
        )
    if saved:
        return {key: str(saved["namespace"].get(key) or "") for key in ("value", "source", "reason")}
    if chosen:
        return {"value": chosen, "source": "user", "reason": "You chose it (kubeflow_namespace)."}
    if current and current != _NAMESPACE:
        return {"value": current, "source": "user", "reason": "The application already exists, and made for it."}
    return {"value": _NAMESPACE, "source": "default", "reason": "Kubeflow's own namespace."}


# --- the application


def _application(inputs: _Inputs, components: list[Component], namespace: str) -> tuple[Parameters, Json, application.Application]:
    """The values of the components, and the application with them; what the user changed in an existing one wins, and is shown as such."""
    parameters, declaration, app = _planned(inputs, components, namespace)
    if edits := existing.edits(app.kept, parameters):
        # What rests on the user's own values in the application follows from them.
        values = {name: {key: edit["value"] for key, edit in items.items()} for name, items in edits.items()}
        components = [replace(component, edited=values.get(component.name, {})) for component in components]
        parameters, declaration, app = _planned(inputs, components, namespace)
        for name, items in existing.edits(app.kept, parameters).items():
            for key, edit in items.items():
                reason = "You changed it in components/params.libsonnet."
                parameters[name][key] = choice(edit["value"], "user", reason, alternatives=[edit["planned"]])
    return parameters, declaration, app


def _planned(inputs: _Inputs, components: list[Component], namespace: str) -> tuple[Parameters, Json, application.Application]:
    parameters = {component.name: choose(component, inputs.rules, inputs.data) for component in components}
    image_digests.pin(parameters, inputs.choices["digests"]["known"])
    declaration = _declaration(inputs, namespace, parameters)
    return parameters, declaration, application.files(declaration, inputs.current, inputs.registries)


def _declaration(inputs: _Inputs, namespace: str, parameters: Parameters) -> Json:
    """The application that the stage ``app`` writes; values that are the package's own are left to the package."""
    cluster, choices = inputs.cluster, inputs.choices
    chosen = {
        component: {name: each for name, each in values.items() if each["source"] != "default"} for component, values in parameters.items()
    }
    user = choices["saved"]["choices"] if choices["saved"] else choices
    recorded = {
        "cluster": {
            "uid": cluster["uid"],
            "server": cluster["server"],
            "version": cluster["version"]["git_version"],
            "distribution": cluster["distribution"]["name"],
        },
        "choices": {
            "namespace": user.get("namespace"),
            "parameters": masked(user.get("parameters") or {}),
            **({"ignore": choices["ignore"]} if choices["ignore"] else {}),
            **({"platform": choices["platform"]} if choices["platform"] else {}),
        },
        "values": {
            component: {name: masked({key: each[key] for key in ("value", "source", "reason")}, name) for name, each in values.items()}
            for component, values in chosen.items()
        },
        **({"steps": steps.to_record(choices["steps"])} if choices["steps"] else {}),
    }
    return {
        "name": choices["name"],
        "environments": {ENVIRONMENT: {"server": cluster["server"], "namespace": namespace}},
        "registries": choices["registries"],
        "packages": choices["packages"],
        "components": {
            component: {"prototype": prototype, "parameters": {name: each["value"] for name, each in chosen[component].items()}}
            for component, prototype in choices["components"].items()
        },
        "record": recorded,
    }


def _digest(objects: planned_objects.PlannedObjects) -> str:
    """A checksum of the application's objects, whatever their order."""
    texts = sorted(json.dumps([item.component, item.object], sort_keys=True, default=str) for item in objects.own)
    return record.digest(*texts)


# --- blockers and warnings


def _of_rules(inputs: _Inputs, components: Iterable[Component], parameters: Parameters, does: str) -> list[Json]:
    return [
        item
        for component in components
        for item in findings.of_rules(
            inputs.rules,
            does,
            component.prototype,
            component.data(inputs.data, {key: each["value"] for key, each in parameters[component.name].items()}),
        )
    ]


def _mark_unused(files: Mapping[str, str], components: Iterable[Component], parameters: Parameters) -> list[Json]:
    """Mark the values that change nothing in any object; the warnings about them."""
    warnings: list[Json] = []
    environment = render.environment_entry(files, ENVIRONMENT)
    for component in components:
        name, prototype, choices = component.name, component.prototype, parameters[component.name]
        literals = prototypes.values(prototype, name, {}, existing=[each.name for each in prototype.parameters])
        defaults = prototypes.read_values(literals)
        candidates = {
            key: literals[key]
            for key, each in choices.items()
            if key not in _NEVER_UNUSED and each["source"] != "default" and key in defaults and not same(defaults[key], each["value"])
        }
        unused = unused_values.without(files, environment, name, prototype, candidates)
        for key in unused:
            choices[key]["no_effect"] = True
        if unused:
            values = ", ".join(f"{key} = {shown(masked(choices[key]['value'], key))}" for key in choices if key in unused)
            reason = f"{name}: nothing in any object changes with {values}."
            warnings.append(finding("no-effect", reason, "Leave it out, or set what it goes with."))
    return warnings


def _credentials(parameters: Parameters) -> list[Json]:
    """The warning about values that look like credentials: the application's files have them."""
    names = [
        f"{component}.{name}"
        for component, values in parameters.items()
        for name, each in values.items()
        if each["source"] != "default" and is_credential(name, each["value"])
    ]
    if not names:
        return []
    look = "looks like a credential" if len(names) == 1 else "look like credentials"
    reason = f"{abbreviated(names, 5)} {look}, and parameters are files of the application."
    fix = "Give it as a Secret (kubeflow_secrets), and the parameter its name. What is shown of it is masked; the files hold it."
    return [finding("looks-like-a-credential", reason, fix)]
