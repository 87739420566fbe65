# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an object is ready, by the rules of kstatus.

(https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md; comments mark what we require beyond it.)
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Container

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.object_shapes import BUILT_IN

Check = Callable[[Json, Json], t.Optional[str]]  # noqa: UP045  # evaluated at import, which sanity's oldest pylint objects to
"""From ``spec`` and ``status`` to what is still missing; ``None`` if nothing is."""

_LONGEST = 500
"""Characters of messages of others."""
_CLAIM = ("", "PersistentVolumeClaim")
_NODE = "volume.kubernetes.io/selected-node"
"""The scheduler's annotation on a PVC whose first pod it has placed."""


class NotReady(BootstrapError):
    """The time was up, or something failed for good. Details: ``waiting``, from each object to why it isn't ready."""


def one_line(*parts: object) -> str:
    """Messages of others as one short line, ``reason: message``, without empty parts."""
    text = ": ".join(" ".join(str(part).split()) for part in parts if part)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def conditions(item: Json) -> dict[str, Json]:
    """The conditions of an object by type; custom resources may have any type in their place."""
    status = item.get("status")
    entries = status.get("conditions") if isinstance(status, dict) else None
    return {str(each.get("type")): each for each in entries if isinstance(each, dict)} if isinstance(entries, list) else {}


def holds(item: Json, kind: str) -> bool:
    """Whether an object has a condition, and it is true."""
    return conditions(item).get(kind, {}).get("status") == "True"


def _pods(desired: int, status: Json, available: str, updated: int) -> str | None:
    if status.get("updatedReplicas", 0) < updated:
        return f"{status.get('updatedReplicas', 0)} of {updated} pods updated"
    if status.get(available, 0) < desired:
        return f"{status.get(available, 0)} of {desired} pods available"
    old = status.get("replicas", 0) - desired
    if old <= 0:
        return None
    old_pods = f"{old} old pod is" if old == 1 else f"{old} old pods are"
    lacking = status["replicas"] - status.get(available, 0)
    return (
        f"{max(desired - lacking, 0)} of {desired} new pods available; {old_pods} kept until they are"
        if lacking > 0
        else f"{old_pods} still there"
    )


def _deployment(spec: Json, status: Json) -> str | None:
    """A paused one does nothing until somebody resumes it, as a suspended Job does."""
    if spec.get("paused"):
        return None
    desired = spec.get("replicas", 1)
    return _pods(desired, status, "availableReplicas", desired)


def _replica_set(spec: Json, status: Json) -> str | None:
    return _pods(spec.get("replicas", 1), status, "availableReplicas", 0)


def _stateful_set(spec: Json, status: Json) -> str | None:
    desired, strategy = spec.get("replicas", 1), spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated = 0 if strategy.get("type") == "OnDelete" else max(desired - partition, 0)
    return _pods(desired, status, "readyReplicas", updated)


def _daemon_set(spec: Json, status: Json) -> str | None:
    desired = status.get("desiredNumberScheduled", 0)
    if status.get("updatedNumberScheduled", 0) < desired and (spec.get("updateStrategy") or {}).get("type") != "OnDelete":
        return f"{status.get('updatedNumberScheduled', 0)} of {desired} pods updated"
    if status.get("numberAvailable", 0) < desired:
        return f"{status.get('numberAvailable', 0)} of {desired} pods available"
    return None


def _job(spec: Json, status: Json) -> str | None:
    """For kstatus a Job is ready once it has started, which is rarely enough for what depends on it."""
    return None if holds({"status": status}, "Complete") or spec.get("suspend") else "it has not completed"


def _pod(_spec: Json, status: Json) -> str | None:
    if status.get("phase") == "Succeeded" or holds({"status": status}, "Ready"):
        return None
    return "it is not ready" if status.get("phase") == "Running" else f"it is {status.get('phase') or 'Pending'}"


def _claim(_spec: Json, status: Json) -> str | None:
    return None if status.get("phase") == "Bound" else f"it is {status.get('phase') or 'Pending'}"


def _definition(_spec: Json, status: Json) -> str | None:
    return None if holds({"status": status}, "Established") else "the API server has not established it"


def _api_service(_spec: Json, status: Json) -> str | None:
    if holds({"status": status}, "Available"):
        return None
    condition = conditions({"status": status}).get("Available") or {}
    return one_line("it is not available", condition.get("reason"), condition.get("message"))


def _budget(_spec: Json, status: Json) -> str | None:
    disrupted = conditions({"status": status}).get("DisruptionAllowed") or {}
    return one_line(disrupted.get("reason"), disrupted.get("message")) if disrupted.get("reason") == "SyncFailed" else None


def _namespace(_spec: Json, status: Json) -> str | None:
    return None if status.get("phase") == "Active" else f"it is {status.get('phase')}"


_CHECKS: dict[tuple[str, str], Check] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "Namespace"): _namespace,
    _CLAIM: _claim,
    ("policy", "PodDisruptionBudget"): _budget,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
}


def awaited(group: str, kind: str) -> bool:
    """Whether objects of a kind become ready some time after they were applied.

    A Service does not, not even one of type LoadBalancer, as in kstatus: its address is up to the cloud.
    """
    return (group, kind) in _CHECKS or group not in BUILT_IN


def is_paused(group: str, kind: str, item: Json) -> bool:
    """Whether an object is a paused Deployment."""
    return (group, kind) == ("apps", "Deployment") and bool((item.get("spec") or {}).get("paused"))


def missing(group: str, kind: str, item: Json, immediate: Container[str] = ()) -> str | None:
    """Why a live object is not ready; ``None`` if it is.

    ``immediate``: storage classes that bind a PVC at once. A PVC of another class is awaited once its first pod has a node.
    """
    metadata, status = item["metadata"], item.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return "it is being deleted"
    if (group, kind) not in _CHECKS:
        return _custom(item)
    if group in ("apps", "policy") and status.get("observedGeneration", 0) < metadata.get("generation", 0):
        return "its controller has not seen the last change"
    if (group, kind) == _CLAIM and _binds_late(item, immediate):
        return None
    return _CHECKS[group, kind](item.get("spec") or {}, status)


def storage_class(claim: Json) -> str:
    """Name of a PVC's class; empty if it has none, and an admin creates the volume."""
    return str((claim.get("spec") or {}).get("storageClassName") or "")


def _binds_late(claim: Json, immediate: Container[str]) -> bool:
    placed = _NODE in (claim["metadata"].get("annotations") or {})
    name = storage_class(claim)
    return bool(name) and name not in immediate and not placed and (claim.get("status") or {}).get("phase") in (None, "Pending")


def _custom(item: Json) -> str | None:
    """A custom resource is ready unless its status says otherwise."""
    generation, by_type = item["metadata"].get("generation", 0), conditions(item)
    if _behind(item.get("status"), generation):
        return "its controller has not seen the last change"
    for kind in ("Stalled", "Failed", "Reconciling"):
        if by_type.get(kind, {}).get("status") == "True":
            return one_line(kind, by_type[kind].get("reason"), by_type[kind].get("message"))
    # kstatus knows Ready only; operators of workloads say Available.
    condition = by_type.get("Ready") or by_type.get("Available")
    if condition is None:
        return None
    if _behind(condition, generation):
        return "its controller has not seen the last change"
    if condition.get("status") == "True":
        return None
    return one_line(f"{condition['type']} is {condition.get('status')}", condition.get("reason"), condition.get("message"))


def _behind(seen: object, generation: int) -> bool:
    observed = seen.get("observedGeneration") if isinstance(seen, dict) else None
    return isinstance(observed, int) and observed < generation


def failed(item: Json) -> str | None:
    """Why an object will never become ready by itself; ``None`` as long as it may."""
    if _behind(item.get("status"), item.get("metadata", {}).get("generation", 0)):
        return None
    for kind, condition in conditions(item).items():
        final = kind in ("Failed", "Stalled") and condition.get("status") == "True"
        # Another CRD has one of the names.
        taken = kind == "NamesAccepted" and condition.get("status") == "False"
        if final or taken or (kind == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded"):
            return one_line(condition.get("message") or condition.get("reason"))
    status = item.get("status")
    phase = status.get("phase") if isinstance(status, dict) else None
    if isinstance(status, dict) and phase == "Failed" and "containers" in (item.get("spec") or {}):  # a pod
        return one_line(status.get("reason"), status.get("message")) or "it is Failed"
    return "its volume is lost" if phase == "Lost" and "accessModes" in (item.get("spec") or {}) else None


def only_slow(item: Json) -> bool:
    """Whether ``failed`` is the progress deadline of a Deployment, which still may become ready after a fix."""
    return conditions(item).get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded"
