# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of pods: the namespace, pod security, quotas, admission webhooks."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterable, Mapping

from ..deploy.graph.object_index import selects
from ..formats.json_object import Json
from ..kube.managed_by import managed_by
from .queries import Queries

_LEVEL = "pod-security.kubernetes.io/enforce"
_SYSTEM = "kube-system"
_LISTED = 100
_WEBHOOKS = 50
_LABELS = 50
_CLAIMS = 10
_SERVERS = 20


def policy(queries: Queries, namespace: str) -> Json:
    """``{uid, namespace, pod_security, quotas, limit_ranges}``: one list of namespaces, two requests about ``namespace`` if it exists.

    ``uid``: that of ``kube-system``, which needs no request of its own if namespaces may be listed.
    """
    target: Json | None = None
    uid: str | None = None
    levels: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for item in queries.items("", "Namespace", metadata=True):
        metadata = item["metadata"]
        level = (metadata.get("labels") or {}).get(_LEVEL)
        counts[level or "none"] += 1
        if level and (len(levels) < _LISTED or metadata["name"] == namespace):
            levels[metadata["name"]] = level
        if metadata["name"] == namespace:
            target = metadata
        if metadata["name"] == _SYSTEM:
            uid = metadata["uid"]
    readable = queries.knows("Namespace")
    if not target and not readable:
        target = queries.get(f"Namespace {namespace}", f"/api/v1/namespaces/{namespace}").get("metadata")
        readable = bool(target) or queries.knows(f"Namespace {namespace}")
    return {
        "uid": uid or queries.get(f"Namespace {_SYSTEM}", f"/api/v1/namespaces/{_SYSTEM}").get("metadata", {}).get("uid"),
        "namespace": _namespace(namespace, target, readable),
        "pod_security": {
            "enforced": dict(sorted(levels.items())),
            "counts": dict(sorted(counts.items())),
            "namespace": ((target or {}).get("labels") or {}).get(_LEVEL),
        },
        **_limits(queries, namespace if target or not readable else None),
    }


def _namespace(name: str, metadata: Json | None, readable: bool) -> Json:
    """``exists`` is ``None`` if that is unknown."""
    known = metadata or {}
    return {
        "name": name,
        "exists": True if metadata else (False if readable else None),
        "terminating": bool(known.get("deletionTimestamp")),
        "labels": dict(sorted((known.get("labels") or {}).items())[:_LABELS]),
        "managed_by": managed_by(known),
    }


def _limits(queries: Queries, namespace: str | None) -> Json:
    """``{quotas, limit_ranges, claims}`` of a namespace; empty without one."""
    if not namespace:
        return {"quotas": [], "limit_ranges": [], "claims": []}
    quotas = _in_namespace(queries, namespace, "ResourceQuota", "resourcequotas")
    ranges = _in_namespace(queries, namespace, "LimitRange", "limitranges")
    return {
        "quotas": [_quota(item) for item in quotas],
        "limit_ranges": [_limit_range(item) for item in ranges],
        "claims": _claims(queries, namespace),
    }


def _claims(queries: Queries, namespace: str) -> list[Json] | None:
    """PersistentVolumeClaims of a namespace by storage class; ``None`` if they may not be read."""
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    items = queries.attempt(f"PersistentVolumeClaim in {namespace}", lambda: list(queries.client.items(path)), None)
    names: dict[str, list[str]] = {}
    for item in items or []:
        names.setdefault((item.get("spec") or {}).get("storageClassName") or "", []).append(item["metadata"]["name"])
    claims = [
        {"storage_class": name, "count": len(claim_names), "names": sorted(claim_names, key=_of_a_user)[:_CLAIMS]}
        for name, claim_names in sorted(names.items())
    ]
    return None if items is None else claims


def _of_a_user(name: str) -> tuple[bool, str]:
    """Sort key: volumes of users, which are many, come last."""
    return name.startswith("claim-"), name


def _in_namespace(queries: Queries, namespace: str, kind: str, resource: str) -> list[Json]:
    nothing: Json = {}
    path = f"/api/v1/namespaces/{namespace}/{resource}"
    return queries.attempt(f"{kind} in {namespace}", lambda: queries.client.get(path, limit=_LISTED), nothing).get("items") or []


def _quota(item: Json) -> Json:
    """``hard`` and ``used`` as in its status: quantities of Kubernetes, by resource."""
    status, spec = item.get("status") or {}, item.get("spec") or {}
    selectors = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    return {
        "name": item["metadata"]["name"],
        "hard": status.get("hard") or spec.get("hard") or {},
        "used": status.get("used") or {},
        "scopes": [*(spec.get("scopes") or []), *(each.get("scopeName") for each in selectors)],
        "selectors": selectors,
    }


def _limit_range(item: Json) -> Json:
    return {"name": item["metadata"]["name"], "limits": (item.get("spec") or {}).get("limits") or []}


def scc_names(queries: Queries) -> list[str]:
    """The names of OpenShift's SecurityContextConstraints; none elsewhere."""
    constraints = queries.items("security.openshift.io", "SecurityContextConstraints", metadata=True)
    return sorted(item["metadata"]["name"] for item in constraints)[:_LISTED]


def security_context_constraints(names: list[str], rules: Iterable[Mapping[str, t.Any]]) -> Json:
    """``{names, usable}``: all that exist, and those that the user's ``rules`` permit."""
    usable: set[str] = set()
    for rule in rules:
        needed = (("verbs", "use"), ("apiGroups", "security.openshift.io"), ("resources", "securitycontextconstraints"))
        if all({"*", value} & set(rule.get(key) or []) for key, value in needed):
            usable.update(rule.get("resourceNames") or names)
    return {"names": names, "usable": [name for name in names if name in usable]}


def admission(queries: Queries) -> list[Json]:
    """The webhooks for the creation of pods, in the order of their names."""
    webhooks: list[Json] = []
    for kind, does in (("MutatingWebhookConfiguration", "mutating"), ("ValidatingWebhookConfiguration", "validating")):
        for item in queries.items("admissionregistration.k8s.io", kind):
            webhooks += [
                _webhook(item["metadata"]["name"], does, webhook)
                for webhook in item.get("webhooks") or []
                if any(_about_pods(rule) for rule in webhook.get("rules") or [])
            ]
    return sorted(webhooks, key=lambda each: (each["configuration"], each["webhook"]))[:_WEBHOOKS]


def _about_pods(rule: Json) -> bool:
    needed = (("operations", "CREATE"), ("apiGroups", ""), ("resources", "pods"))
    resources = {"resources": [str(each).replace("*/*", "*") for each in rule.get("resources") or []]}
    return all({"*", value} & set({**rule, **resources}.get(key) or []) for key, value in needed)


def _webhook(configuration: str, does: str, webhook: Json) -> Json:
    client = webhook.get("clientConfig") or {}
    service = client.get("service")
    backend = f"{service['namespace']}/{service['name']}:{service.get('port', 443)}" if service else client.get("url")
    return {
        "namespace_selector": webhook.get("namespaceSelector"),
        "namespace": service["namespace"] if service else None,
        "service": service["name"] if service else None,
        "configuration": configuration,
        "webhook": webhook["name"],
        "type": does,
        "failure_policy": webhook.get("failurePolicy") or "Fail",
        "backend": backend,
        "timeout": webhook.get("timeoutSeconds", 10),
    }


def served(queries: Queries, webhooks: list[Json], namespace: Json) -> list[Json]:
    """The webhooks, each with ``server``: the state of its Service, if it is called for pods of ``namespace``.

    It is ``ready``, ``not ready`` or ``not found``, and ``None`` if the webhook is not called, or the state is unknown.
    """
    labels = {**namespace["labels"], "kubernetes.io/metadata.name": namespace["name"]}
    relevant = [each for each in webhooks if each["service"] and selects(each["namespace_selector"], labels)]
    services = list(dict.fromkeys((each["namespace"], each["service"]) for each in relevant))[:_SERVERS]
    states = dict(queries.client.map(lambda service: (service, _server(queries, *service)), services))
    return [
        {key: value for key, value in each.items() if key not in ("namespace_selector", "service")}
        | {"server": states.get((each["namespace"], each["service"])) if each in relevant else None}
        for each in webhooks
    ]


def _server(queries: Queries, namespace: str, name: str) -> str | None:
    """Whether a Service exists, and has a ready endpoint."""
    what = f"Service {namespace}/{name}"
    service = queries.get(what, f"/api/v1/namespaces/{namespace}/services/{name}")
    if not service:
        return "not found" if queries.knows(what) else None
    if (service.get("spec") or {}).get("type") == "ExternalName":
        return None
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    slices = queries.attempt(
        f"EndpointSlice in {namespace}", lambda: list(queries.client.items(path, labelSelector=f"kubernetes.io/service-name={name}")), None
    )
    if slices is None:
        return None
    endpoints = [each for item in slices for each in item.get("endpoints") or []]
    return "ready" if any((each.get("conditions") or {}).get("ready") is not False for each in endpoints) else "not ready"
