# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an object is ready, by the rules of kstatus. Private to the collection.

(https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md)
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

Json = dict[str, t.Any]

Check = Callable[[Json, Json], t.Optional[str]]  # noqa: UP045  # evaluated at import, which sanity's oldest pylint objects to
"""From ``spec`` and ``status`` to what is still missing, in words; ``None`` once nothing is."""


def _rolled_out(wanted: int, status: Json, available: str) -> str | None:
    for field, word in (("updatedReplicas", "updated"), (available, "available")):
        if status.get(field, 0) < wanted:
            return f"{status.get(field, 0)} of {wanted} pods {word}"
    if status.get("replicas", 0) > wanted:
        return f"{status['replicas'] - wanted} old pods are still there"
    return None


def _deployment(spec: Json, status: Json) -> str | None:
    return _rolled_out(spec.get("replicas", 1), status, "availableReplicas")


def _stateful_set(spec: Json, status: Json) -> str | None:
    return _rolled_out(spec.get("replicas", 1), status, "readyReplicas")


def _daemon_set(_spec: Json, status: Json) -> str | None:
    wanted = status.get("desiredNumberScheduled", 0)
    for field, word in (("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if status.get(field, 0) < wanted:
            return f"{status.get(field, 0)} of {wanted} pods {word}"
    return None


def _job(_spec: Json, status: Json) -> str | None:
    return None if _condition(status, "Complete") else "it has not completed"


def _definition(_spec: Json, status: Json) -> str | None:
    return None if _condition(status, "Established") else "the API server has not established it"


def _namespace(_spec: Json, status: Json) -> str | None:
    return None if status.get("phase") == "Active" else f"it is {status.get('phase')}"


_CHECKS: dict[tuple[str, str], Check] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("", "Namespace"): _namespace,
}

GATES = {("apiextensions.k8s.io", "CustomResourceDefinition")}
"""Kinds that the next wave waits for; all others are awaited at the end."""


def awaited(group: str, kind: str) -> bool:
    """Whether objects of a kind become ready some time after they were applied."""
    return (group, kind) in _CHECKS


def missing(group: str, kind: str, item: Json) -> str | None:
    """What an object lacks to be ready; ``None`` if it is."""
    status = item.get("status") or {}
    if group == "apps" and status.get("observedGeneration", 0) < item["metadata"].get("generation", 0):
        return "its controller has not seen the last change"
    return _CHECKS[group, kind](item.get("spec") or {}, status)


def failed(item: Json) -> str | None:
    """Why an object will never become ready by itself; ``None`` as long as it may."""
    for condition in (item.get("status") or {}).get("conditions") or []:
        stalled = condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded"
        if stalled or (condition.get("type") == "Failed" and condition.get("status") == "True"):
            return str(condition.get("message") or condition.get("reason"))
    return None


def pod_trouble(pod: Json) -> str | None:
    """Why a pod does not run, in the words of the scheduler or the kubelet."""
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"can't be scheduled: {condition.get('message')}"
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return f"container {container['name']}: {waiting['reason']}: {waiting.get('message') or ''}".rstrip(": ")
    return None


def _condition(status: Json, kind: str) -> bool:
    return any(item.get("type") == kind and item.get("status") == "True" for item in status.get("conditions") or [])
