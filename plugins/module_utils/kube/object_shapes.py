# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types of fields of Kubernetes' own objects, as far as this collection reads them.

(https://kubernetes.io/docs/reference/kubernetes-api/). Rendered objects are checked by it before anything is written (``deploy/shapes``),
answers of servers before anything reads them (``responses``), so that no other code meets text where a mapping belongs.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

Shape = t.Any
"""A dictionary: a mapping with these fields, ``*`` for any; a list of one shape: a list of those; ``str``, ``int``, ``bool``: such a value.
Fields that are absent fit, unless their name ends with ``!``."""

BUILT_IN = {
    *("", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io"),
    *("authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io"),
    *("extensions", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy"),
    *("meta.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io"),
}
"""API groups of Kubernetes itself (https://kubernetes.io/docs/reference/kubernetes-api/); all others have custom resources."""

_OWNER: Shape = dict.fromkeys(("apiVersion", "kind", "name", "uid"), str)
METADATA: Shape = {"name": str, "namespace": str, "labels": {}, "annotations": {}, "ownerReferences": [_OWNER], "finalizers": [str]}
_CONTAINER: Shape = {"name": str, "env": [{"name": str}], "envFrom": [{}], "ports": [{}], "volumeMounts": [{}], "volumeDevices": [{}]}
_POD: Shape = {
    "containers": [_CONTAINER],
    "initContainers": [_CONTAINER],
    "volumes": [{"name": str}],
    "imagePullSecrets": [{}],
    "hostAliases": [{}],
    "nodeSelector": {},
    "securityContext": {},
}
_TEMPLATE: Shape = {"metadata": {"labels": {}, "annotations": {}}, "spec": _POD}
_WORKLOAD: Shape = {"spec": {"selector": {}, "template": _TEMPLATE, "volumeClaimTemplates": [{"metadata": {"name": str}, "spec": {}}]}}
_HOOKS: Shape = {"webhooks": [{"name": str, "clientConfig": {"service": {}}, "rules": [{}]}]}
_TARGET: Shape = {"apiVersion": str, "kind": str, "name": str}
_BINDING: Shape = {"subjects": [{}], "roleRef": {}}
SHAPES: dict[str, Shape] = {
    "Pod": {"spec": _POD},
    "CronJob": {"spec": {"jobTemplate": {"spec": _WORKLOAD["spec"]}}},
    **dict.fromkeys(("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"), _WORKLOAD),
    "Service": {"spec": {"selector": {}, "ports": [{}]}},
    "ConfigMap": {"data": {}, "binaryData": {}},
    "Secret": {"data": {}, "stringData": {}},
    **dict.fromkeys(("ClusterRole", "Role"), {"rules": [{}], "aggregationRule": {"clusterRoleSelectors": [{}]}}),
    **dict.fromkeys(("ClusterRoleBinding", "RoleBinding"), _BINDING),
    **dict.fromkeys(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"), _HOOKS),
    "CustomResourceDefinition": {
        "spec": {"group": str, "scope": str, "names": {"kind": str, "plural": str}, "versions": [{"name": str}], "conversion": {}}
    },
    "APIService": {"spec": {"service": {}}},
    "HorizontalPodAutoscaler": {"spec": {"scaleTargetRef": _TARGET}},
}
"""Of objects as somebody writes them; all others may hold anything, for all that is read of them."""

# --- what an API server adds

_TEXTS: Shape = {"*": str}
_SELECTOR: Shape = {"matchLabels": _TEXTS, "matchExpressions": [{"key": str, "operator": str, "values": [str]}]}
_CONDITIONS: Shape = [{"type": str, "status": str, "reason": str, "message": str, "observedGeneration": int}]
_STATE: Shape = {"waiting": {"reason": str, "message": str}, "terminated": {"reason": str, "message": str, "exitCode": int}, "running": {}}
_CONTAINERS: Shape = [{"name": str, "image": str, "ready": bool, "restartCount": int, "state": _STATE, "lastState": _STATE}]
_COUNTS: Shape = {
    **dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "observedGeneration"), int),
    **dict.fromkeys(("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"), int),
    "conditions": _CONDITIONS,
}
_STRATEGY: Shape = {"type": str, "rollingUpdate": {}}
_SPEC: Shape = {
    **{"replicas": int, "paused": bool, "suspend": bool, "selector": _SELECTOR, "updateStrategy": _STRATEGY, "strategy": _STRATEGY},
    "template": {"metadata": {"labels": _TEXTS, "annotations": _TEXTS}, "spec": {"serviceAccountName": str, "nodeSelector": _TEXTS}},
}
_RULE: Shape = {**dict.fromkeys(("operations", "apiGroups", "apiVersions", "resources"), [str]), "scope": str}
_HOOK: Shape = {"failurePolicy": str, "objectSelector": _SELECTOR, "namespaceSelector": _SELECTOR, "rules": [_RULE]}
_SERVICE: Shape = {"name": str, "namespace": str, "port": int, "path": str}
_GRANT: Shape = dict.fromkeys(("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"), [str])
_NAMES: Shape = {"kind!": str, "plural!": str, "singular": str, "shortNames": [str]}
_DEFINITION: Shape = {
    **{"group!": str, "scope!": str, "names!": _NAMES},
    "versions!": [{"name!": str, "served": bool, "storage": bool, "schema": {"openAPIV3Schema": {}}}],
    "conversion": {"strategy": str, "webhook": {"clientConfig": {"service": _SERVICE}}},
}
_ADDED: dict[str, Shape] = {
    "Namespace": {"status": {"phase": str, "conditions": _CONDITIONS}},
    "Pod": {
        "spec": {"nodeName": str, "serviceAccountName": str, "volumes": [{"persistentVolumeClaim": {"claimName": str}}]},
        "status": {
            **{"phase": str, "reason": str, "message": str, "conditions": _CONDITIONS},
            **{"containerStatuses": _CONTAINERS, "initContainerStatuses": _CONTAINERS},
        },
    },
    **dict.fromkeys(("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), {"spec": _SPEC, "status": _COUNTS}),
    "Job": {"spec": _SPEC, "status": {"conditions": _CONDITIONS, "active": int, "succeeded": int, "failed": int}},
    "Service": {
        "spec": {"selector": _TEXTS, "type": str, "clusterIP": str, "externalName": str, "ports": [{"port": int, "name": str}]},
        "status": {"loadBalancer": {"ingress": [{"ip": str, "hostname": str}]}},
    },
    "EndpointSlice": {"endpoints": [{"addresses": [str], "conditions": {"ready": bool}}], "ports": [{"port": int}]},
    "ConfigMap": {"data": _TEXTS, "binaryData": _TEXTS},
    "Secret": {"data": _TEXTS, "type": str},
    "PersistentVolumeClaim": {
        "spec": {"storageClassName": str, "volumeName": str, "accessModes": [str], "resources": {"requests": {}}},
        "status": {"phase": str, "capacity": {}, "conditions": _CONDITIONS},
    },
    "StorageClass": {"provisioner": str, "volumeBindingMode": str, "reclaimPolicy": str},
    "Lease": {"spec": {"holderIdentity": str, "leaseDurationSeconds": int, "renewTime": str, "acquireTime": str, "leaseTransitions": int}},
    **dict.fromkeys(("ClusterRole", "Role"), {"rules": [_GRANT], "aggregationRule": {"clusterRoleSelectors": [_SELECTOR]}}),
    **dict.fromkeys(
        ("ClusterRoleBinding", "RoleBinding"),
        {"roleRef!": {"kind!": str, "name!": str}, "subjects": [{"kind!": str, "name!": str, "namespace": str}]},
    ),
    **dict.fromkeys(
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        {"webhooks": [{**_HOOK, "name!": str, "clientConfig": {"service": _SERVICE, "url": str}}]},
    ),
    "CustomResourceDefinition": {"spec!": _DEFINITION, "status": {"conditions": _CONDITIONS, "storedVersions": [str]}},
    "APIService": {"spec": {"group": str, "version": str, "service": _SERVICE}, "status": {"conditions": _CONDITIONS}},
    "PodDisruptionBudget": {"status": {"conditions": _CONDITIONS, "observedGeneration": int}},
    "Event": {"reason": str, "message": str, "type": str, "note": str, "involvedObject": _TEXTS, "regarding": _TEXTS},
    "PartialObjectMetadata": {"metadata": {"uid!": str, "resourceVersion!": str}},
    "SelfSubjectAccessReview": {"status": {"allowed": bool, "reason": str}},
    "SelfSubjectRulesReview": {"status": {"incomplete": bool, "resourceRules": [_GRANT]}},
}


def _with(shape: Shape, more: Shape) -> Shape:
    """One shape in place of two."""
    if isinstance(shape, dict) and isinstance(more, dict):
        named = {name.rstrip("!") for name in more}
        left = {name: inner for name, inner in shape.items() if name not in named}
        return {**left, **{name: _with(shape.get(name.rstrip("!")), inner) for name, inner in more.items()}}
    return [_with(shape[0], more[0])] if isinstance(shape, list) and isinstance(more, list) else more


ANSWERED: dict[str, Shape] = {
    kind: _with(SHAPES.get(kind, {}), _with({"spec": {}, "status": {}}, _ADDED.get(kind, {}))) for kind in {*SHAPES, *_ADDED}
}
"""Of objects as an API server answers them."""
_TYPES = {str: "text", int: "a number", bool: "a boolean"}


class TypeMismatch(t.NamedTuple):
    """``place``: of a value that does not fit; ``expected``: in words."""

    place: str
    expected: str
    value: t.Any


def misfits(value: object, shape: Shape, place: str = "", *, null: bool = True) -> Iterator[TypeMismatch]:
    """The mismatches. ``null``: whether it is accepted for text, a number or a boolean."""
    if value is None:
        if not null and isinstance(shape, type):
            yield TypeMismatch(place, _TYPES[shape], value)
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            yield TypeMismatch(place, "a mapping", value)
            return
        for field, inner in shape.items():
            name = field.rstrip("!")
            if name != field and value.get(name) is None:
                yield TypeMismatch(f"{place}.{name}" if place else name, "a value", None)
            for each in value if name == "*" else (name,) if name in value else ():
                yield from misfits(value[each], inner, f"{place}.{each}" if place else str(each), null=null)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield TypeMismatch(place, "a list", value)
            return
        for index, entry in enumerate(value):
            if entry is None:
                yield TypeMismatch(f"{place}[{index}]", "text" if shape[0] is str else "a mapping", entry)
            else:
                yield from misfits(entry, shape[0], f"{place}[{index}]", null=null)
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        yield TypeMismatch(place, _TYPES[shape], value)
