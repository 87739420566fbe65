# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Good values, each with its reason; and the blockers. Private to the collection."""

from __future__ import annotations

import json
import re
import shlex
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..credential_scan.masking import is_credential, masked
from ..deploy.graph.object_index import dict_of
from ..errors import BootstrapError, some
from ..fetch.sources import Contents
from ..ksonnet import application
from ..ksonnet.files import app_yaml, params, prototypes, record
from ..ksonnet.files.declaration import plain
from ..ksonnet.files.prototypes import Prototype
from ..ksonnet.files.three_way_merge import same
from ..ksonnet.jsonnet.syntax import Expression
from ..ksonnet.render import render
from ..rules.rules import Rule
from . import limits, packages, planned_objects, public_secrets, rights, steps, unused_values
from .plan_text import shown
from .values import choice, choose, say

Json = dict[str, t.Any]

PACKAGES = {"kubeflow": ["core"]}
"""What is deployed unless the user names components: packages by registry."""
COMPONENT = "kubeflow-core"
# The id of usage reports is kept while they are off.
_NEVER_IDLE = ("name", "usageId")
_OF_THE_CLUSTER = ("cluster", "cloud")
_NOTHING: Json = {"before": {}, "planned": {}}
_ENVIRONMENT = "default"
_NAMESPACE = "kubeflow"
_CLUSTER = {"apis", "distribution", "nodes", "permissions", "server", "storage", "uid", "unknown", "version"}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123, as Kubernetes asks of a namespace
_IGNORABLE = ("api-not-served", "namespace-changed", "permission-missing", public_secrets.ID, *limits.IDS)
"""Blockers that no rule brings up. That the cluster changed is not among them: kubeflow_move says so on purpose."""


@dataclass(frozen=True)
class Plan:
    """``document``: the document ``plan``. ``items``: its objects."""

    document: Json
    items: planned_objects.PlannedObjects


def make(facts: Json, choices: Json, rules: list[Rule], registries: Mapping[str, Contents], current: Mapping[str, str]) -> Json:
    """The document ``plan``; ``plan`` has the arguments."""
    return plan(facts, choices, rules, registries, current).document


def plan(facts: Json, choices: Json, rules: list[Rule], registries: Mapping[str, Contents], current: Mapping[str, str]) -> Plan:
    """The plan; the fields of its document are documented in the module ``plan``.

    ``choices``: ``name`` of the application, ``namespace`` or none, ``parameters`` by component, ``apply``, ``move``; and where they are
    not the usual ones ``components`` (name to prototype), ``registries`` and ``packages`` (as ``packages.seek`` gives them), ``ignore``
    (ids of blockers), ``steps`` (``steps.gather``), ``platform`` (``Choice.document``), ``usage_id``, and ``saved``: a plan that was
    saved, whose values are taken (``saved.read``).
    ``registries``: what each registry gives (``registry.contents``). ``current``: the files of the existing application.
    Raises ``BootstrapError`` for choices that can't be meant.
    """
    facts, choices = _whole(plain(facts)), _choices(plain(choices))
    parts = {name: packages.find(prototype, registries) for name, prototype in choices["components"].items()}
    _meant(choices, parts, rules)
    before = _namespace_before(current)
    namespace = _namespace(choices, before)
    data = {**facts, "choices": choices, "steps": choices["steps"]}
    there = _there(current, facts["cluster"]["uid"])
    parameters = _parameters(data, parts, rules, {}, there)
    wanted = _declaration(facts, choices, namespace["value"], parameters)
    app = application.files(wanted, current, registries)
    edited = _edits(app.kept, parameters)
    if edited:
        # What rests on the user's own values in the application follows from them.
        parameters = _parameters(data, parts, rules, edited, there)
        wanted = _declaration(facts, choices, namespace["value"], parameters)
        app = application.files(wanted, current, registries)
        _show_edits(parameters, app.kept)
    rendered = [(name, item) for name, found in render.objects(app.files, _ENVIRONMENT).items() for item in found]
    warnings = _effects(app.files, parts, parameters)
    found = planned_objects.look(rendered, facts["cluster"], namespace["value"])
    said: dict[str, list[Json]] = {"blocks": [], "warns": []}
    for name, prototype in parts.items():
        data["values"] = {key: each["value"] for key, each in parameters[name].items()}
        data |= there.get(name, _NOTHING)
        for does, those in said.items():
            those += say(rules, does, prototype, data)
    blockers = _moved(namespace["value"], before) + _strange(facts, choices, current) + said["blocks"] + found.blockers
    blockers += public_secrets.look(found.own)
    blockers += limits.look(found.all, parameters, facts["cluster"])
    warnings = said["warns"] + found.warnings + warnings + _credentials(parameters)
    if choices["platform"] and not current:
        # Of an application that is there the pods may have their room already.
        warnings += limits.room(found.all, facts["cluster"]["nodes"])
    missing, beyond = _rights(facts, found, choices["name"], namespace["value"], blockers if choices["apply"] else warnings, warnings)
    blockers, ignored = _ignored(_once(blockers), choices["ignore"])
    for item in blockers:
        command = f" Run: {item['command']}" if item["command"] else ""
        item["text"] = " ".join(filter(None, [item["reason"], item["fix"]])) + f"{command} ({item['id']})"
    document = {
        "cluster": wanted["record"]["cluster"],
        "namespace": namespace,
        "parameters": parameters,
        **({"platform": choices["platform"]} if choices["platform"] else {}),
        "steps": steps.shown(choices["steps"]),
        "blockers": blockers,
        "warnings": _once([*ignored, *warnings]),
        "objects": sorted(str(item.key) for item in found.all),
        "digest": _digest(found),
        "parts": planned_objects.parts(found, namespace["value"], beyond),
        "rbac": missing,
        "brought_up": found.brought_up,
        "application": wanted,
    }
    return Plan(document, found)


# --- what is given


def _whole(facts: Json) -> Json:
    """The facts, with ``usable`` at each storage class. Refuses those that were saved by another release, or cut."""
    lacking = sorted({"kubeconfig", "cluster", "cloud"} - facts.keys())
    for each in facts.get("cluster", {}).get("storage", {}).get("classes", []):
        each["usable"] = each["name"] in facts["cluster"]["storage"]["usable"]
    lacking += [f"cluster.{key}" for key in sorted(_CLUSTER - facts.get("cluster", {}).keys())]
    if lacking:
        raise BootstrapError(f"The facts lack {lacking[0]}.", fix="Collect them again (playbooks/facts.yml).")
    return facts


def _choices(choices: Json) -> Json:
    embedded = {name: {"protocol": "fs", "uri": "embedded"} for name in PACKAGES}
    usual = {
        "components": {COMPONENT: COMPONENT},
        "registries": embedded,
        "packages": {package: {"registry": name} for name, those in PACKAGES.items() for package in those},
        "ignore": [],
        "steps": {},
        "platform": None,
        "usage_id": None,
        "saved": None,
    }
    return {**usual, **choices}


def _meant(choices: Json, parts: Mapping[str, Prototype], rules: Iterable[Rule]) -> None:
    """Refuse what names nothing that there is."""
    for name, values in choices["parameters"].items():
        if name not in parts:
            by = "" if isinstance(values, dict) else f' Parameters are given by component: {{"{next(iter(parts))}": {{"{name}": ...}}}}.'
            raise BootstrapError(f"kubeflow_parameters: there is no component {name!r}.", fix=f"There is {', '.join(parts)}.{by}")
        if not isinstance(values, (dict, type(None))):
            raise BootstrapError(f"kubeflow_parameters: {name} is not a mapping.", fix="Name its parameters, each with a value.")
    known = {rule.id for rule in rules if rule.does == "blocks"} | set(_IGNORABLE)
    for name in choices["ignore"]:
        if name not in known:
            raise BootstrapError(f"kubeflow_ignore: there is no blocker {name!r}.", fix=f"Blockers are {', '.join(sorted(known))}.")


def _namespace(choices: Json, before: str | None) -> Json:
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
    if before and before != _NAMESPACE:
        return {"value": before, "source": "user", "reason": "The application already exists, and made for it."}
    return {"value": _NAMESPACE, "source": "default", "reason": "Kubeflow's own namespace."}


def _namespace_before(current: Mapping[str, str]) -> str | None:
    """The namespace of the existing application."""
    if app_yaml.PATH not in current:
        return None
    environment = (app_yaml.read(current).get("environments") or {}).get(_ENVIRONMENT) or {}
    return (environment.get("destination") or {}).get("namespace")


# --- values


def _there(current: Mapping[str, str], uid: str | None) -> dict[str, Json]:
    """What rules know of the existing application, by component; nothing of one that was made for another cluster.

    ``before``: its values. ``planned``: of the record, value and reason of what followed from the cluster.
    """
    known = record.read(current)
    if uid and (known.get("cluster") or {}).get("uid") not in (None, uid):
        return {}
    chosen = dict_of(known.get("values"))
    return {
        name: {
            "before": {key: value for key, value in values.items() if not isinstance(value, Expression)},
            "planned": {key: each for key, each in dict_of(chosen.get(name)).items() if dict_of(each).get("source") in _OF_THE_CLUSTER},
        }
        for name, values in (params.read(current[params.PATH]) if params.PATH in current else {}).items()
    }


def _parameters(
    data: Json, parts: Mapping[str, Prototype], rules: list[Rule], edited: Mapping[str, Json], there: Mapping[str, Json]
) -> dict[str, Json]:
    """By component what ``choose`` gives."""
    choices = data["choices"]
    saved = choices["saved"]
    return {
        name: choose(
            name,
            prototype,
            {} if saved else {key: value for key, value in (choices["parameters"].get(name) or {}).items() if value is not None},
            saved["parameters"].get(name, {}) if saved else None,
            edited.get(name, {}),
            choices["usage_id"],
            rules,
            {**data, **there.get(name, _NOTHING)},
        )
        for name, prototype in parts.items()
    }


def _edits(kept: Iterable[Json], parameters: Mapping[str, Json]) -> dict[str, Json]:
    """What the user changed in the application, by component and parameter."""
    found: dict[str, Json] = {}
    for item in kept:
        if item.get("parameter") and item.get("component") in parameters and item["parameter"] in parameters[item["component"]]:
            found.setdefault(item["component"], {})[item["parameter"]] = item["value"]
    return found


def _show_edits(parameters: Mapping[str, Json], kept: Iterable[Json]) -> None:
    """What the user changed in the application wins, and is shown as such."""
    for item in kept:
        if item.get("parameter") in parameters.get(item.get("component", ""), {}):
            parameters[item["component"]][item["parameter"]] = choice(
                item["value"], "user", "You changed it in components/params.libsonnet.", alternatives=[item["planned"]]
            )


def _effects(files: Mapping[str, str], parts: Mapping[str, Prototype], parameters: Mapping[str, Json]) -> list[Json]:
    """Mark the values that change nothing in any object; the warnings about them."""
    warnings: list[Json] = []
    environment = render.environment_entry(files, _ENVIRONMENT)
    for name, prototype in parts.items():
        literals = prototypes.values(prototype, name, {}, there=[each.name for each in prototype.parameters])
        own = prototypes.read_values(literals)
        tried = {
            key: literals[key]
            for key, each in parameters[name].items()
            if key not in _NEVER_IDLE and each["source"] != "default" and key in own and not same(own[key], each["value"])
        }
        idle = unused_values.without(files, environment, name, prototype, tried)
        for key in idle:
            parameters[name][key]["no_effect"] = True
        if idle:
            values = ", ".join(f"{key} = {shown(masked(parameters[name][key]['value'], key))}" for key in parameters[name] if key in idle)
            warnings.append(
                _item("no-effect", f"{name}: nothing in any object changes with {values}.", "Leave it out, or set what it goes with.")
            )
    return warnings


def _digest(found: planned_objects.PlannedObjects) -> str:
    """A checksum of all objects with all that is in them, in whatever order they were made, of the application alone."""
    texts = sorted(json.dumps([item.component, item.object], sort_keys=True, default=str) for item in found.own)
    return record.digest(*texts)


def _credentials(parameters: Mapping[str, Json]) -> list[Json]:
    """Warnings about values that look like credentials, which stand in the application's files."""
    found = [
        f"{component}.{name}"
        for component, values in parameters.items()
        for name, each in values.items()
        if each["source"] != "default" and is_credential(name, each["value"])
    ]
    if not found:
        return []
    one = len(found) == 1
    reason = (
        f"{some(found, 5)} {'looks like a credential' if one else 'look like credentials'}, and parameters are files of the application."
    )
    fix = "Give it as a Secret (kubeflow_secrets), and the parameter its name. What is shown of it is masked; the files hold it."
    return [_item("looks-like-a-credential", reason, fix)]


def _declaration(facts: Json, choices: Json, namespace: str, parameters: Mapping[str, Json]) -> Json:
    """What the application stage is to write. What the package gives by itself is left to it."""
    cluster = facts["cluster"]
    made = {
        component: {name: each for name, each in chosen.items() if each["source"] != "default"} for component, chosen in parameters.items()
    }
    chosen = choices["saved"]["choices"] if choices["saved"] else choices
    planned = {
        "cluster": {
            "uid": cluster["uid"],
            "server": cluster["server"],
            "version": cluster["version"]["git_version"],
            "distribution": cluster["distribution"]["name"],
        },
        "choices": {
            "namespace": chosen.get("namespace"),
            "parameters": masked(chosen.get("parameters") or {}),
            **({"ignore": choices["ignore"]} if choices["ignore"] else {}),
            **({"platform": choices["platform"]} if choices["platform"] else {}),
        },
        "values": {
            component: {name: masked({key: each[key] for key in ("value", "source", "reason")}, name) for name, each in values.items()}
            for component, values in made.items()
        },
        **({"steps": steps.to_record(choices["steps"])} if choices["steps"] else {}),
    }
    return {
        "name": choices["name"],
        "environments": {_ENVIRONMENT: {"server": cluster["server"], "namespace": namespace}},
        "registries": choices["registries"],
        "packages": choices["packages"],
        "components": {
            component: {"prototype": prototype, "parameters": {name: each["value"] for name, each in made[component].items()}}
            for component, prototype in choices["components"].items()
        },
        "record": planned,
    }


# --- blockers


def _item(name: str, reason: str, fix: str | None, command: str | None = None) -> Json:
    return {"id": name, "reason": reason, "fix": fix, "command": command}


def _strange(facts: Json, choices: Json, current: Mapping[str, str]) -> list[Json]:
    """Refuse to turn the application of one cluster into that of another unasked."""
    before = record.read(current)
    made_for, now = before.get("cluster") or {}, facts["cluster"]
    if choices["move"] or not before or made_for.get("uid") == now["uid"]:
        return []
    planned = f"{made_for.get('server') or 'unknown'} (UID {made_for.get('uid') or 'unknown'})"
    reason = f"The application already exists, for the cluster {planned}; this is {now['server']} (UID {now['uid'] or 'unknown'})."
    fix = "Use the context of that cluster, or another kubeflow_app_dir. To make it this cluster's: kubeflow_move=true."
    return [_item("cluster-changed", reason, fix, "kubectl config get-contexts")]


def _moved(namespace: str, before: str | None) -> list[Json]:
    if not before or before == namespace:
        return []
    reason = f"The application already exists, for the namespace {before}; in {namespace} it would be a second one."
    fix = "Remove the first one (playbooks/remove.yml), or use another kubeflow_app_dir."
    return [_item("namespace-changed", reason, fix, "ansible-playbook kubeflow.bootstrap.remove")]


def _rights(
    facts: Json, found: planned_objects.PlannedObjects, name: str, namespace: str, where: list[Json], warnings: list[Json]
) -> tuple[Json, set[t.Any]]:
    """What the user may not do, as ``plan.rbac``, and the roles that grant more than the user has. Told in ``where``."""
    held = facts["cluster"]["permissions"]
    who = facts["kubeconfig"].get("user") or facts["kubeconfig"].get("context") or "the pod's service account"
    grants = rights.escalations(held, found.all, namespace)
    lacking = rights.lacking(held, rights.needs(found.all, namespace)) if facts["cluster"]["apis"] else []
    more = rights.lacking(held, rights.explaining()) if lacking else []
    rules = rights.policy_rules([*lacking, *more, *(need for those in grants.values() for need in those)])
    fix = "Ask an admin for them: kubeflow_rbac_file has all of them, as roles. Or choose a namespace of your own."
    make_file = "ansible-playbook kubeflow.bootstrap.plan -e kubeflow_rbac_file=rbac.yml; an admin then: kubectl apply -f rbac.yml"
    if lacking:
        listed = rights.listed(rights.policy_rules(lacking))
        where.append(
            _item(
                "permission-missing",
                f"{who} may not do all that is needed in the namespace {namespace}. Missing: {listed}.",
                fix,
                make_file,
            )
        )
    if grants:
        roles = ", ".join(sorted(map(str, grants)))
        listed = rights.listed(rights.policy_rules(need for those in grants.values() for need in those))
        where.append(_item("permission-missing", f"{who} may not grant what {roles} grants, for want of: {listed}.", fix, make_file))
    if not held["complete"] and held.get("missing") is None and facts["cluster"]["apis"]:
        reason = f"What {who} may do could not be listed, so a right may be missing that is needed."
        command = f"kubectl auth can-i create deployments.apps -n {shlex.quote(namespace)}"
        warnings.append(_item("permissions-not-known", reason, "Ask the cluster for the rights that you doubt.", command))
    elif not held["complete"]:
        reason = "Not all rights could be listed; whether the roles of the application may be created shows when they are."
        warnings.append(_item("permissions-not-known", reason, None, f"kubectl auth can-i --list -n {shlex.quote(namespace)}"))
    text = rights.rbac_text(rules, found.all, name, namespace, str(who), facts["cluster"]["server"])
    return {"missing": rules, "yaml": text}, set(grants)


def _ignored(blockers: list[Json], ids: list[str]) -> tuple[list[Json], list[Json]]:
    """The blockers that are left, and as warnings those that the user chose to ignore."""
    left = [item for item in blockers if item["id"] not in ids]
    said = [{**item, "reason": f"Ignored, as you chose (kubeflow_ignore): {item['reason']}"} for item in blockers if item["id"] in ids]
    return left, said


def _once(said: list[Json]) -> list[Json]:
    """What several components have in common is said once."""
    return [item for number, item in enumerate(said) if item not in said[:number]]
