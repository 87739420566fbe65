# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to change in an object of a removed API version for its successor to take it.

Each function gets a copy of the object, which it may change, and the old API version; it returns descriptions of its changes.
Fields that are set keep their values. For unset fields whose default has changed there are two cases: roll-outs of workloads follow
the new default, because the old ones (OnDelete, no deadline) leave a changed workload waiting forever; webhooks get the old default
explicitly, because with the new one a webhook that is not up yet blocks the cluster.

Sources: the conversion and defaulting functions of Kubernetes 1.35 (pkg/apis/*/v1beta1), and the guide that the table names.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ..errors import BootstrapError
from ..formats.json_object import Json
from .crd_v1 import custom_resource_definition
from .table import CHANGED_DEFAULTS

_RBAC = "rbac.authorization.k8s.io"
_NO_POD = {"matchExpressions": [{"key": "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", "operator": "Exists"}]}
"""What Kubernetes itself converts an empty selector of policy/v1beta1 to."""


def _workload(item: Json, old: str) -> list[str]:
    spec = item.setdefault("spec", {})
    changes = [f"spec.{field} dropped" for field in ("rollbackTo", "templateGeneration") if spec.pop(field, None) is not None]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not spec.get("selector"):
        if not labels:
            raise BootstrapError("spec.selector and the labels of spec.template are both missing", fix="Give the pods labels.")
        spec["selector"] = {"matchLabels": dict(labels)}
        changes.append("spec.selector taken from the labels of the pods")
    unmet = _unmatched(spec["selector"], labels)
    if unmet:
        raise BootstrapError(f"spec.selector asks for {unmet}, which the labels of spec.template don't have", fix="Make them agree.")
    defaults = [
        (path.rpartition(".")[2], was, now)
        for path, was, now in CHANGED_DEFAULTS.get((old, item["kind"]), ())
        if not _has(spec, path) and not (path.startswith("strategy") and (spec.get("strategy") or {}).get("type") == "Recreate")
    ]
    if defaults:
        changes.append("defaults of apps/v1: " + ", ".join(f"{field} {now} instead of {was}" for field, was, now in defaults))
    return changes


def _unmatched(selector: Json, labels: Json) -> str:
    """The first requirement of a label selector that labels don't meet; empty if they meet all."""
    for name, value in (selector.get("matchLabels") or {}).items():
        if labels.get(name) != value:
            return f"{name}={value}"
    for requirement in selector.get("matchExpressions") or []:
        name, operator, values = requirement.get("key"), requirement.get("operator"), requirement.get("values") or []
        met = {"In": labels.get(name) in values, "NotIn": labels.get(name) not in values}
        met |= {"Exists": name in labels, "DoesNotExist": name not in labels}
        if not met.get(operator, True):
            return f"{name} {operator} {', '.join(map(str, values))}".rstrip()
    return ""


def _has(spec: Json, path: str) -> bool:
    value: t.Any = spec
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value is not None


def _ingress(item: Json, _old: str) -> list[str]:
    spec = item.get("spec") or {}
    changes = []
    if "backend" in spec:
        spec["defaultBackend"] = _backend(spec.pop("backend"))
        changes.append("spec.backend is now spec.defaultBackend")
    paths = [path for rule in spec.get("rules") or [] for path in (rule.get("http") or {}).get("paths") or []]
    if any("serviceName" in (path.get("backend") or {}) for path in paths) or "defaultBackend" in spec:
        changes.append("serviceName and servicePort are now service.name and service.port")
    if any(not path.get("pathType") for path in paths):
        changes.append("pathType: ImplementationSpecific, as it was")
    for path in paths:
        path["backend"] = _backend(path.get("backend") or {})
        path["pathType"] = path.get("pathType") or "ImplementationSpecific"
    # The annotation with the class still counts and excludes spec.ingressClassName, so it stays.
    return changes


def _backend(backend: Json) -> Json:
    if "serviceName" not in backend and "servicePort" not in backend:
        return backend
    port = backend.get("servicePort")
    rest = {name: value for name, value in backend.items() if name not in ("serviceName", "servicePort")}
    return {**rest, "service": {"name": backend.get("serviceName"), "port": {"name" if isinstance(port, str) else "number": port}}}


def _disruption_budget(item: Json, _old: str) -> list[str]:
    spec = item.get("spec") or {}
    selector = spec.get("selector")
    if selector is None or any(selector.values()):
        return []
    spec["selector"] = _NO_POD
    return ["an empty selector would now select every pod: it selects none, as before"]


def _webhooks(item: Json, _old: str) -> list[str]:
    changes: list[str] = []
    old_defaults: Json = {"failurePolicy": "Ignore", "matchPolicy": "Exact", "timeoutSeconds": 30, "admissionReviewVersions": ["v1beta1"]}
    for hook in item.get("webhooks") or []:
        missing = {field: value for field, value in old_defaults.items() if not hook.get(field)}
        hook.update(missing)
        changes += [
            f"{field}: {value if isinstance(value, (str, int)) else ', '.join(value)}, as it was" for field, value in missing.items()
        ]
        effects = hook.get("sideEffects")
        if effects not in ("None", "NoneOnDryRun"):
            hook["sideEffects"] = "NoneOnDryRun" if effects == "Some" else "None"
            changes.append(f"sideEffects is required: {hook['sideEffects']} instead of {effects or 'Unknown'}")
    return list(dict.fromkeys(changes))


def _binding(item: Json, old: str) -> list[str]:
    changes = []
    role = item.get("roleRef") or {}
    if not role.get("apiGroup"):
        role["apiGroup"] = _RBAC
        changes.append("roleRef.apiGroup added")
    for subject in item.get("subjects") or []:
        if subject.pop("apiVersion", None):
            changes.append("apiVersion of subjects dropped, their kind implies it")
        if old.endswith("alpha1") and (subject.get("kind"), subject.get("name")) == ("User", "*"):
            subject.update(kind="Group", name="system:authenticated")
            changes.append("the user * is the group system:authenticated")
    return list(dict.fromkeys(changes))


def _autoscaler(item: Json, _old: str) -> list[str]:
    metrics = (item.get("spec") or {}).get("metrics") or []
    for metric in metrics:
        for name in ("resource", "containerResource", "pods", "object", "external"):
            if metric.get(name):
                metric[name] = _metric(name, metric[name])
    return ["metrics have their goal in target"] if metrics else []


def _metric(name: str, source: Json) -> Json:
    """A metric source of autoscaling/v2 from one of v2beta1."""
    value, average = source.get("targetValue"), source.get("targetAverageValue" if name != "object" else "averageValue")
    utilization = source.get("targetAverageUtilization")
    target: Json
    if utilization is not None:
        target = {"type": "Utilization", "averageUtilization": utilization}
    elif average is not None:
        target = {"type": "AverageValue", "averageValue": average}
    else:
        target = {"type": "Value", "value": value}
    if name in ("resource", "containerResource"):
        return {**{field: source[field] for field in ("name", "container") if field in source}, "target": target}
    selector = source.get("metricSelector" if name == "external" else "selector")
    metric = {"name": source.get("metricName"), **({"selector": selector} if selector else {})}
    described = {"describedObject": source.get("target")} if name == "object" else {}
    return {**described, "metric": metric, "target": target}


def _signing_request(item: Json, _old: str) -> list[str]:
    spec = item.get("spec") or {}
    if spec.get("signerName", "kubernetes.io/legacy-unknown") == "kubernetes.io/legacy-unknown":
        raise BootstrapError(
            "spec.signerName is missing: Kubernetes no longer guesses the signer", fix="Name a signer, or use cert-manager."
        )
    if not spec.get("usages"):
        spec["usages"] = ["digital signature", "key encipherment"]
        return ["usages: digital signature, key encipherment, as it was"]
    return []


def _runtime_class(item: Json, _old: str) -> list[str]:
    spec = item.pop("spec", None) or {}
    item["handler"] = spec.pop("runtimeHandler", None)
    item.update(spec)
    return ["spec.runtimeHandler is now handler"]


def _priority_level(item: Json, old: str) -> list[str]:
    limited = (item.get("spec") or {}).get("limited") or {}
    changes = []
    if "assuredConcurrencyShares" in limited:
        limited["nominalConcurrencyShares"] = limited.pop("assuredConcurrencyShares")
        changes.append("assuredConcurrencyShares is now nominalConcurrencyShares")
    if limited.get("nominalConcurrencyShares") == 0:
        del limited["nominalConcurrencyShares"]
        changes.append("nominalConcurrencyShares 0 meant the default, 30")
    return changes


def _endpoint_slice(item: Json, _old: str) -> list[str]:
    changes = []
    for endpoint in item.get("endpoints") or []:
        topology = endpoint.pop("topology", None) or {}
        for label, field in (("kubernetes.io/hostname", "nodeName"), ("topology.kubernetes.io/zone", "zone")):
            if label in topology:
                endpoint.setdefault(field, topology[label])
                changes = ["topology is now nodeName and zone"]
    return changes


def _access_review(item: Json, _old: str) -> list[str]:
    spec = item.get("spec") or {}
    if "group" not in spec:
        return []
    spec["groups"] = spec.pop("group")
    return ["spec.group is now spec.groups"]


CONVERSIONS: dict[str, Callable[[Json, str], list[str]]] = {
    "workload": _workload,
    "ingress": _ingress,
    "disruption_budget": _disruption_budget,
    "webhooks": _webhooks,
    "binding": _binding,
    "autoscaler": _autoscaler,
    "signing_request": _signing_request,
    "runtime_class": _runtime_class,
    "priority_level": _priority_level,
    "endpoint_slice": _endpoint_slice,
    "access_review": _access_review,
    "custom_resource_definition": custom_resource_definition,
}
"""By their names in the table."""
