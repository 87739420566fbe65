# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Good values, each with its reason; and what stands in the way. Private to the collection."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ..deploy.objects import Resources, key_of, placed
from ..errors import BootstrapError
from ..ksonnet import app_yaml, application, prototypes, record
from ..ksonnet.declaration import plain
from ..ksonnet.render import objects
from ..permissions import missing
from ..registries.sources import Contents
from .rules import Rule

Json = dict[str, t.Any]

PACKAGES = {"kubeflow": ["core"]}
"""What is deployed: packages by registry."""
COMPONENT = "kubeflow-core"
_ENVIRONMENT = "default"
_NAMESPACE = "kubeflow"
_CLUSTER = {"apis", "distribution", "nodes", "permissions", "server", "storage", "uid", "unknown", "version"}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123, as Kubernetes asks of a namespace


def make(facts: Json, choices: Json, rules: list[Rule], registries: Mapping[str, Contents], current: Mapping[str, str]) -> Json:
    """The document ``plan``; its fields are documented in the module ``plan``.

    ``choices``: ``name`` of the application, ``namespace`` or none, ``parameters`` by component, ``apply``, ``move``.
    ``registries``: what each registry gives (``registry.contents``). ``current``: the files of the application that is there already.
    Raises ``BootstrapError`` for choices that can't be meant.
    """
    facts, choices = _whole(plain(facts)), plain(choices)
    declared = _declared(registries)
    before = _namespace_before(current)
    namespace = _namespace(choices, before)
    data = {**facts, "choices": choices, "values": {}}
    unknown = sorted(set(choices["parameters"]) - {COMPONENT})
    if unknown:
        raise BootstrapError(f"kubeflow_parameters: there is no component {unknown[0]!r}.", fix=f"There is {COMPONENT}.")
    if not isinstance(choices["parameters"].get(COMPONENT, {}), (dict, type(None))):
        raise BootstrapError(f"kubeflow_parameters: {COMPONENT} is not a mapping.", fix="Name its parameters, each with a value.")
    parameters = {COMPONENT: _parameters(data, choices["parameters"].get(COMPONENT) or {}, declared, rules)}
    wanted = _declaration(facts, choices, namespace["value"], parameters)
    app = application.files(wanted, current, registries)
    _edited(parameters, app.kept)
    data["values"] = {name: chosen["value"] for name, chosen in parameters[COMPONENT].items()}
    rendered = [item for items in objects(app.files, _ENVIRONMENT).values() for item in items]
    blockers = _moved(namespace["value"], before) + _strange(facts, choices, current) + _said(rules, "blocks", data)
    warnings = _said(rules, "warns", data)
    unserved, needs, keys = _objects(facts, namespace["value"], rendered)
    blockers += unserved
    (blockers if choices["apply"] else warnings).extend(_rights(facts, needs))
    for item in blockers:
        item["text"] = f"{item['reason']} {item['fix']} ({item['id']})"
    return {
        "cluster": wanted["record"]["cluster"],
        "namespace": namespace,
        "parameters": parameters,
        "blockers": blockers,
        "warnings": warnings,
        "objects": keys,
        "application": wanted,
    }


def _whole(facts: Json) -> Json:
    """Refuse facts that were saved by another release, or cut."""
    lacking = sorted({"kubeconfig", "cluster", "cloud"} - facts.keys())
    lacking += [f"cluster.{key}" for key in sorted(_CLUSTER - facts.get("cluster", {}).keys())]
    if lacking:
        raise BootstrapError(f"The facts lack {lacking[0]}.", fix="Collect them anew (playbooks/facts.yml).")
    return facts


def _declared(registries: Mapping[str, Contents]) -> prototypes.Prototype:
    known, errors = prototypes.collect(
        {f"vendor/{name}/{path}": text for name, found in registries.items() for path, text in found.files.items()}
    )
    return prototypes.find(COMPONENT, known, errors)


def _namespace(choices: Json, before: str | None) -> Json:
    chosen = choices["namespace"]
    if chosen and not _LABEL.fullmatch(chosen):
        raise BootstrapError(
            f"kubeflow_namespace: {chosen!r} can't be the name of a namespace.", fix="Use at most 63 of a-z, 0-9 and '-', not at its ends."
        )
    if chosen:
        return {"value": chosen, "source": "user", "reason": "You chose it (kubeflow_namespace)."}
    if before and before != _NAMESPACE:
        return {"value": before, "source": "user", "reason": "The application is there already, and made for it."}
    return {"value": _NAMESPACE, "source": "default", "reason": "Kubeflow's own namespace."}


def _namespace_before(current: Mapping[str, str]) -> str | None:
    """The namespace of the application that is there already."""
    if app_yaml.PATH not in current:
        return None
    environment = (app_yaml.read(current).get("environments") or {}).get(_ENVIRONMENT) or {}
    return (environment.get("destination") or {}).get("namespace")


def _strange(facts: Json, choices: Json, current: Mapping[str, str]) -> list[Json]:
    """Refuse to turn the application of one cluster into that of another unasked."""
    made_for, now = record.read(current).get("cluster") or {}, facts["cluster"]
    if choices["move"] or made_for.get("uid") in (None, now["uid"]):
        return []
    return [
        {
            "id": "cluster-changed",
            "reason": f"The application is there already, for the cluster {made_for['server']} (UID {made_for['uid']}); "
            f"this is {now['server']} (UID {now['uid']}).",
            "fix": "Use the context of that cluster, or another kubeflow_app_dir. To make it this cluster's: kubeflow_move=true.",
        }
    ]


def _moved(namespace: str, before: str | None) -> list[Json]:
    if not before or before == namespace:
        return []
    return [
        {
            "id": "namespace-changed",
            "reason": f"The application is there already, for the namespace {before}; in {namespace} it would be a second one.",
            "fix": "Remove the first one (playbooks/remove.yml), or use another kubeflow_app_dir.",
        }
    ]


def _parameters(data: Json, chosen: Json, prototype: prototypes.Prototype, rules: list[Rule]) -> dict[str, Json]:
    """Each parameter that the prototype declares: the user's value, else that of the first rule that applies, else the package's."""
    prototypes.values(prototype, COMPONENT, chosen)
    chosen = {name: value for name, value in chosen.items() if value is not None}
    found: dict[str, Json] = {}
    for rule in rules:
        if rule.does == "sets" and rule.parameter not in found and rule.parameter not in chosen and rule.applies(data):
            value = rule.result(data)
            if value is None:
                raise BootstrapError(
                    f"{rule.where}: the rule {rule.id} applies, but its value is nothing.", fix="Correct its value or its condition."
                )
            found[str(rule.parameter)] = _choice(value, rule.source, str(rule.say(rule.reason, data)), rule.id, rule.others(data))
            data["values"][rule.parameter] = value
        if rule.does == "sets" and rule.parameter in chosen:
            data["values"][rule.parameter] = chosen[rule.parameter]
    unknown = sorted(found.keys() - {parameter.name for parameter in prototype.parameters})
    if unknown:
        raise BootstrapError(f"A rule sets {unknown[0]}, which {prototype.name} does not declare.", fix="Correct the rule.")
    literals = prototypes.read_values(
        prototypes.values(prototype, COMPONENT, {**{name: choice["value"] for name, choice in found.items()}, **chosen})
    )
    return {name: _one(name, value, chosen, found) for name, value in literals.items()}


def _one(name: str, value: t.Any, chosen: Json, found: dict[str, Json]) -> Json:
    if name in chosen:
        return _choice(value, "user", "You chose it (kubeflow_parameters).")
    return found.get(name) or _choice(value, "default", "The package's own value.")


def _choice(value: t.Any, source: str, reason: str, rule: str | None = None, alternatives: list[t.Any] | None = None) -> Json:
    return {
        "value": value,
        "source": source,
        "reason": reason,
        "rule": rule,
        "alternatives": [other for other in alternatives or [] if other != value],
    }


def _declaration(facts: Json, choices: Json, namespace: str, parameters: dict[str, dict[str, Json]]) -> Json:
    """What the application stage is to write. What the package gives by itself is left to it."""
    cluster = facts["cluster"]
    made = {
        component: {name: choice for name, choice in chosen.items() if choice["source"] != "default"}
        for component, chosen in parameters.items()
    }
    record = {
        "cluster": {
            "uid": cluster["uid"],
            "server": cluster["server"],
            "version": cluster["version"]["git_version"],
            "distribution": cluster["distribution"]["name"],
        },
        "choices": {"namespace": choices["namespace"], "parameters": choices["parameters"]},
        "values": {
            component: {name: {key: choice[key] for key in ("value", "source", "reason")} for name, choice in chosen.items()}
            for component, chosen in made.items()
        },
    }
    return {
        "name": choices["name"],
        "environments": {_ENVIRONMENT: {"server": cluster["server"], "namespace": namespace}},
        "registries": {registry: {"protocol": "fs", "uri": "embedded"} for registry in PACKAGES},
        "packages": {package: {"registry": registry} for registry, packages in PACKAGES.items() for package in packages},
        "components": {
            component: {"prototype": component, "parameters": {name: choice["value"] for name, choice in chosen.items()}}
            for component, chosen in made.items()
        },
        "record": record,
    }


def _edited(parameters: dict[str, dict[str, Json]], kept: list[Json]) -> None:
    """What the user changed in the application wins, and is shown as such."""
    for item in kept:
        if item.get("parameter") and item["component"] in parameters:
            parameters[item["component"]][item["parameter"]] = _choice(
                item["value"], "user", "You changed it in components/params.libsonnet.", alternatives=[item["planned"]]
            )


def _said(rules: list[Rule], does: str, data: Json) -> list[Json]:
    return [
        {"id": rule.id, "reason": rule.say(rule.reason, data), "fix": rule.say(rule.fix, data)}
        for rule in rules
        if rule.does == does and rule.applies(data)
    ]


def _objects(facts: Json, namespace: str, items: list[Json]) -> tuple[list[Json], set[tuple[str, str, str]], list[str]]:
    """Blockers for kinds that the cluster does not serve, the rights that applying needs, and the objects' names."""
    apis = facts["cluster"]["apis"]
    if not apis:
        return [], set(), [str(key_of(item)) for item in items]
    resources = Resources(apis, items)
    blockers, needs, there = [], set(), []
    for item in items:
        try:
            resource = resources.of(item)
        except BootstrapError as error:
            blockers.append({"id": "api-not-served", "reason": error.message, "fix": "Use a version of Kubernetes that serves it."})
            continue
        there.append(item)
        needs |= {(verb, key_of(item).group, resource.plural) for verb in ("create", "get", "list", "patch")}
    return blockers, needs, sorted(str(key_of(item)) for item in placed(there, resources, namespace))


def _rights(facts: Json, needs: set[tuple[str, str, str]]) -> list[Json]:
    rights = facts["cluster"]["permissions"]
    lacking = missing(rights["rules"], sorted(needs)) if rights["complete"] else []
    if not lacking:
        return []
    by_resource: dict[str, list[str]] = {}
    for verb, group, resource in lacking:
        by_resource.setdefault(f"{resource}.{group}" if group else resource, []).append(verb)
    listed = "; ".join(f"{resource}: {', '.join(verbs)}" for resource, verbs in sorted(by_resource.items()))
    who = facts["kubeconfig"].get("user") or facts["kubeconfig"].get("context") or "the pod's service account"
    return [
        {
            "id": "permission-missing",
            "reason": f"{who} may not do all that is needed in the namespace {rights['namespace']}. Missing: {listed}.",
            "fix": "Ask an admin of the cluster for these rights, or run with an admin's kubeconfig.",
        }
    ]
