# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rights that a deployment needs and the user lacks, and the roles with which an admin grants them."""

from __future__ import annotations

import shlex
import typing as t
from collections.abc import Iterable

from ..data.rights import ALWAYS, CLUSTER, EXPLAINING, NAMESPACED, VERBS
from ..deploy.model.applyset import Inventory
from ..formats import manifests
from ..formats.json_object import Json
from ..kube.resources import Key
from .findings import finding
from .planned_objects import PlannedObject, is_admins

_RBAC = "rbac.authorization.k8s.io"
_NEEDED = ("create", "get", "list", "patch")
"""Verbs of an apply; ``delete`` is for pruning and removal only."""
_HEAD = """\
# What {who} lacks to deploy the application {application} into the namespace {namespace} of {server}, and no more.
# An admin applies it: kubectl apply -f FILE
# {who} is the name in the kubeconfig; where the cluster knows the user by another (kubectl auth whoami), correct the subjects.
"""
_FIX = "Ask an admin for them: kubeflow_rbac_file has all of them, as roles. Or choose a namespace of your own."
_MAKE_FILE = "ansible-playbook kubeflow.bootstrap.plan -e kubeflow_rbac_file=rbac.yml; an admin then: kubectl apply -f rbac.yml"


class RequiredRight(t.NamedTuple):
    """One right. ``namespaced``: in the namespace of the application, otherwise in the whole cluster. ``name``: of one object only."""

    namespaced: bool
    group: str
    resource: str
    verb: str
    name: str = ""


class Check(t.NamedTuple):
    """``document``: ``plan.rbac``. ``missing``: findings about rights that the user lacks. ``unknown``: about those that can't be listed.

    ``escalating``: the roles that grant more than the user has.
    """

    document: Json
    missing: list[Json]
    unknown: list[Json]
    escalating: set[Key]


def check(facts: Json, items: list[PlannedObject], application: str, namespace: str) -> Check:
    """Whether the user may deploy these objects."""
    cluster, kubeconfig = facts["cluster"], facts["kubeconfig"]
    permissions = cluster["permissions"]
    who = str(kubeconfig.get("user") or kubeconfig.get("context") or "the pod's service account")
    grants = escalations(permissions, items, namespace)
    missing = lacking(permissions, needs(items, namespace)) if cluster["apis"] else []
    more = lacking(permissions, explaining()) if missing else []
    granted = [need for role in grants.values() for need in role]
    rules = policy_rules([*missing, *more, *granted])
    findings = []
    if missing:
        reason = f"{who} may not do all that is needed in the namespace {namespace}. Missing: {listed(policy_rules(missing))}."
        findings.append(finding("permission-missing", reason, _FIX, _MAKE_FILE))
    if grants:
        roles = ", ".join(sorted(map(str, grants)))
        reason = f"{who} may not grant what {roles} grants, for want of: {listed(policy_rules(granted))}."
        findings.append(finding("permission-missing", reason, _FIX, _MAKE_FILE))
    text = rbac_text(rules, items, application, namespace, who, cluster["server"])
    return Check({"missing": rules, "yaml": text}, findings, _unknown(cluster, who, namespace), set(grants))


def _unknown(cluster: Json, who: str, namespace: str) -> list[Json]:
    permissions, quoted_namespace = cluster["permissions"], shlex.quote(namespace)
    if permissions["complete"]:
        return []
    if permissions.get("missing") is None and cluster["apis"]:
        reason = f"What {who} may do could not be listed, so a right may be missing that is needed."
        command = f"kubectl auth can-i create deployments.apps -n {quoted_namespace}"
        return [finding("permissions-not-known", reason, "Ask the cluster for the rights that you doubt.", command)]
    reason = "Not all rights could be listed; whether the roles of the application may be created shows when they are."
    return [finding("permissions-not-known", reason, None, f"kubectl auth can-i --list -n {quoted_namespace}")]


def needs(items: Iterable[PlannedObject], namespace: str) -> list[RequiredRight]:
    """The rights to apply these objects, record them, lock out other deployments and wait for readiness."""
    rights = {RequiredRight(True, group, resource, verb) for group, resource, verbs in ALWAYS for verb in verbs}
    for item in items:
        if item.resource:
            rights |= {RequiredRight(not is_admins(item, namespace), item.key.group, item.resource.plural, verb) for verb in _NEEDED}
    return sorted(rights)


def explaining() -> list[RequiredRight]:
    """Optional rights: with them a deployment explains better why something is not ready."""
    return [RequiredRight(True, group, resource, verb) for group, resource, verbs in EXPLAINING for verb in verbs]


def lacking(rights: Json, needed: Iterable[RequiredRight]) -> list[RequiredRight]:
    """Those that the user lacks for certain.

    ``rights``: the facts' ``cluster.permissions``. Single reviews by the cluster (``missing``) have precedence over its rules, which count
    if they are complete.
    """
    return [need for need in needed if _lacks(rights, need)]


def _lacks(rights: Json, need: RequiredRight) -> bool:
    table = NAMESPACED if need.namespaced else CLUSTER
    reviewed = rights.get("missing") is not None and need.resource in table.get(need.group, ()) and need.verb in VERBS
    if reviewed and not need.name:
        same = [rule for rule in rights["missing"] if rule["namespaced"] == need.namespaced]
        return _grants(same, need)
    return bool(rights["complete"]) and not _grants(rights["rules"], need)


def _grants(rules: Iterable[Json], need: RequiredRight) -> bool:
    """Whether one of some rules covers a right, as Kubernetes matches them."""
    resources = {"*", need.resource, f"*/{need.resource.partition('/')[2]}"}
    return any(
        {"*", need.verb} & set(rule.get("verbs") or ())
        and {"*", need.group} & set(rule.get("apiGroups") or [""])
        and resources & set(rule.get("resources") or ())
        and (not rule.get("resourceNames") or (need.name and need.name in rule["resourceNames"]))
        for rule in rules
    )


def escalations(rights: Json, items: Iterable[PlannedObject], namespace: str) -> dict[Key, list[RequiredRight]]:
    """By role, the rights that it grants and the user lacks: Kubernetes refuses such a role from a user who may not ``escalate``.

    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    """
    result: dict[Key, list[RequiredRight]] = {}
    for item in items:
        if item.key.group != _RBAC or item.key.kind not in ("Role", "ClusterRole") or not rights["complete"]:
            continue
        inside = item.key.kind == "Role" and item.key.namespace == namespace
        plural = "roles" if item.key.kind == "Role" else "clusterroles"
        if _grants(rights["rules"], RequiredRight(inside, _RBAC, plural, "escalate", item.key.name)):
            continue
        granted = [need for rule in item.object.get("rules") or [] for need in _granted(rule, inside)]
        if more := [need for need in granted if not _grants(rights["rules"], need)]:
            result[item.key] = sorted(set(more))
    return result


def _granted(rule: Json, namespaced: bool) -> list[RequiredRight]:
    return [
        RequiredRight(namespaced, group, resource, verb, name)
        for group in rule.get("apiGroups") or ()
        for resource in rule.get("resources") or ()
        for verb in rule.get("verbs") or ()
        for name in rule.get("resourceNames") or [""]
    ]


def policy_rules(needed: Iterable[RequiredRight]) -> list[Json]:
    """Rights as rules of a Role (``namespaced``) or ClusterRole, as few as possible."""
    verbs: dict[tuple[bool, str, str, str], list[str]] = {}
    for need in sorted(set(needed)):
        verbs.setdefault((need.namespaced, need.group, need.name, need.resource), []).append(need.verb)
    merged: dict[tuple[bool, str, str, tuple[str, ...]], list[str]] = {}
    for (namespaced, group, name, resource), names in verbs.items():
        merged.setdefault((namespaced, group, name, tuple(names)), []).append(resource)
    return [
        {
            "namespaced": namespaced,
            "apiGroups": [group],
            "resources": resources,
            "verbs": list(names),
            **({"resourceNames": [name]} if name else {}),
        }
        for (namespaced, group, name, names), resources in merged.items()
    ]


_LISTED = 3
"""Resources that a sentence names; the report of a plan has all of them, and so has the file for an admin."""


def listed(rules: Iterable[Json]) -> str:
    """Rules in words: ``deployments.apps: create, patch; pods: list``; the first few, and the number of others."""
    verbs: dict[str, list[str]] = {}
    for rule in rules:
        for resource in rule["resources"]:
            group, name = rule["apiGroups"][0], "".join(f" {name}" for name in rule.get("resourceNames", ()))
            known = verbs.setdefault(f"{resource}.{group}{name}" if group else f"{resource}{name}", [])
            known += [verb for verb in rule["verbs"] if verb not in known]
    lines = [f"{resource}: {', '.join(those)}" for resource, those in sorted(verbs.items())]
    return "; ".join(lines[:_LISTED]) + (f"; and {len(lines) - _LISTED} more" if lines[_LISTED:] else "")


def rbac_text(rules: list[Json], items: Iterable[PlannedObject], application: str, namespace: str, who: str, server: str) -> str:
    """Roles with these rules and their bindings as YAML; '' if nothing is missing.

    The namespace comes first if the application has it, because a Role needs it.
    """
    if not rules:
        return ""
    inventory = Inventory(application, namespace)
    ours = [inventory.labelled(item.object) for item in items if item.key.kind == "Namespace" and item.key.name == namespace]
    documents = [*ours] if any(rule["namespaced"] for rule in rules) else []
    for namespaced in (False, True):
        granted = [{key: rule[key] for key in rule if key != "namespaced"} for rule in rules if rule["namespaced"] == namespaced]
        kind = "Role" if namespaced else "ClusterRole"
        metadata = {"name": f"{application}-bootstrap", **({"namespace": namespace} if namespaced else {})}
        if granted:
            documents += [
                {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": granted},
                {
                    "apiVersion": f"{_RBAC}/v1",
                    "kind": f"{kind}Binding",
                    "metadata": metadata,
                    "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": metadata["name"]},
                    "subjects": [_subject(who)],
                },
            ]
    return _HEAD.format(who=who, application=application, namespace=namespace, server=server) + manifests.text(documents)


def _subject(who: str) -> Json:
    """A user system:serviceaccount:NAMESPACE:NAME is a service account."""
    if who.startswith("system:serviceaccount:") and who.count(":") == 3:
        _system, _kind, namespace, name = who.split(":")
        return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return {"apiGroup": _RBAC, "kind": "User", "name": who}
