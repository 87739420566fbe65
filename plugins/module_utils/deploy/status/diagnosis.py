# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an object isn't ready, from its pods, their PVCs, its ReplicaSets and events.

Nothing here fails: a user who may not list pods or events gets a shorter message.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import Client
from ...kube.resources import Key
from ..graph.object_index import dict_of
from .readiness import conditions, holds, one_line

_MOST = 2
"""Pods, and events, of one object that are reported."""
_WORKLOADS = (
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/apis/batch/v1/namespaces/{}/jobs",
)
_PODS = "/api/v1/namespaces/{}/pods"
_CLAIMS = "/api/v1/namespaces/{}/persistentvolumeclaims"
# One store: the events of events.k8s.io are in here too.
_EVENTS = "/api/v1/namespaces/{}/events"
_CLUSTER_EVENTS = "default"
"""The namespace with the events of cluster-scoped objects."""
_HEADING_OFF = re.compile(r"\.? (?:no new claims to deallocate|preemption: )")
"""Where the scheduler adds what it did not try to make room."""
_REVISION = "deployment.kubernetes.io/revision"
_BENIGN = (None, "ContainerCreating", "PodInitializing")
_KNOWN = {"FailedScheduling", "BackOff", "Failed", "InspectFailed", "ErrImageNeverPull"}
"""Reasons of pods' events that repeat the pod's own status."""
_BEFORE_IT_RUNS = {"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady"}
"""Reasons of pods' events that are over once a container has started, as while the kubelet's caches fill."""


@dataclass(frozen=True)
class _NamespaceState:
    """The objects of a namespace. ``events``: warnings, newest first."""

    workloads: list[Json]
    pods: list[Json]
    claims: list[Json]
    events: list[Json]


def explain(client: Client, objects: Mapping[Key, Json]) -> dict[Key, str]:
    """One line for each object with findings. ``objects``: live, or as they were applied."""
    places = _places(client, {key.namespace for key in objects})
    lines = {key: "; ".join(_sentences(key, item, places[key.namespace])) for key, item in objects.items()}
    return {key: line for key, line in lines.items() if line}


def pod_trouble(pod: Json) -> str | None:
    """Why a pod does not run, in the words of the scheduler or the kubelet."""
    status, spec = pod.get("status") or {}, pod.get("spec") or {}
    scheduled = conditions(pod).get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        return one_line("can't be scheduled", _HEADING_OFF.split(str(scheduled.get("message") or scheduled.get("reason")))[0])
    # A message from the log may contain anything.
    from_logs = {
        container["name"]
        for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
        if container.get("terminationMessagePolicy") == "FallbackToLogsOnError"
    }
    statuses = _statuses(pod)
    for container in statuses:
        trouble = _container_trouble(container, container["name"] not in from_logs)
        if trouble:
            return one_line(f"container {container['name']}", trouble)
    if status.get("phase") == "Failed":
        return one_line("has failed", status.get("reason"), status.get("message"))
    unready = [str(each["name"]) for each in statuses if "running" in (each.get("state") or {}) and each.get("ready") is False]
    return f"container {unready[0]} runs, but is not ready" if unready else None


def _statuses(pod: Json) -> list[Json]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _log(pod: Json) -> str:
    """The command for the log of a container that ended, or is not ready. The log itself may contain anything."""
    ended, unready = [], []
    for container in _statuses(pod):
        state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
        if last and (state.get("waiting") or {}).get("reason") not in _BENIGN:
            ended.append(f"{shlex.quote(container['name'])} --previous")
        elif (state.get("terminated") or {}).get("exitCode"):
            ended.append(shlex.quote(container["name"]))
        elif "running" in state and container.get("ready") is False:
            unready.append(shlex.quote(container["name"]))
    metadata = pod["metadata"]
    command = f"kubectl -n {shlex.quote(str(metadata.get('namespace')))} logs {shlex.quote(metadata['name'])} -c"
    return next((f"; its log: {command} {container}" for container in [*ended, *unready]), "")


def _container_trouble(container: Json, with_message: bool) -> str | None:
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
    waiting, ended = state.get("waiting") or {}, state.get("terminated")
    if waiting.get("reason") not in _BENIGN:
        # For a crash the kubelet's message is only how long it waits.
        return one_line(waiting["reason"], _ended(last, with_message) if last else waiting.get("message"))
    return _ended(ended, with_message) if ended and ended.get("exitCode") else None


def _ended(terminated: Json, with_message: bool) -> str:
    reason = terminated.get("reason")
    how = f"ended with exit code {terminated.get('exitCode')}" + (f" ({reason})" if reason not in (None, "Error", "Completed") else "")
    return one_line(how, terminated.get("message") if with_message else None)


def _places(client: Client, namespaces: Iterable[str]) -> dict[str, _NamespaceState]:
    """The lists for the explanations, read side by side."""
    namespaces = sorted(namespaces)
    requests = [(name, path) for name in namespaces for path in ([*_WORKLOADS, _PODS, _CLAIMS, _EVENTS] if name else [_EVENTS])]
    answers: list[list[Json]] = client.map(lambda pair: _listed(client, *pair), requests)
    lists = dict(zip(requests, answers, strict=True))
    return {
        name: _NamespaceState(
            [item for path in _WORKLOADS for item in _current(lists.get((name, path), []))],
            lists.get((name, _PODS), []),
            lists.get((name, _CLAIMS), []),
            sorted(lists[name, _EVENTS], key=_time, reverse=True),
        )
        for name in namespaces
    }


def _listed(client: Client, namespace: str, path: str) -> list[Json]:
    """Empty if the user may not list, or without an answer."""
    params = {"fieldSelector": "type=Warning"} if path == _EVENTS else {}
    try:
        return list(client.items(path.format(namespace or _CLUSTER_EVENTS), **params))
    except BootstrapError:
        return []


def _time(event: Json) -> str:
    latest = event.get("lastTimestamp") or (event.get("series") or {}).get("lastObservedTime") or event.get("eventTime")
    return str(latest or event["metadata"].get("creationTimestamp") or "")


def _current(workloads: list[Json]) -> list[Json]:
    """Without the old ReplicaSets of a Deployment."""
    newest: dict[str, int] = {}
    for item in workloads:
        for owner in _owners(item):
            newest[owner] = max(newest.get(owner, 0), _revision(item))
    return [item for item in workloads if all(_revision(item) >= newest[owner] for owner in _owners(item))]


def _revision(item: Json) -> int:
    return int((item["metadata"].get("annotations") or {}).get(_REVISION) or 0)


def _owners(item: Json) -> list[str]:
    return [owner["uid"] for owner in item["metadata"].get("ownerReferences") or []]


def _sentences(key: Key, item: Json, place: _NamespaceState) -> Iterator[str]:
    """Why pods are not created, then why pods do not run, then further events."""
    workloads, pods = _family(key, item, place)
    refused = next((conditions(each)["ReplicaFailure"] for each in [item, *workloads] if holds(each, "ReplicaFailure")), None)
    if refused:
        yield one_line(refused.get("reason"), refused.get("message"))
    if key[:2] == ("", "Service") and not pods:
        yield "there is no pod of it"
    claims = [claim for pod in pods for claim in _awaited_claims(pod, place)]
    troubles: dict[str, list[Json]] = {}
    for pod in pods:
        trouble = pod_trouble(pod) or _waits_for_volumes(pod, place)
        if trouble:
            troubles.setdefault(trouble, []).append(pod)
    for trouble, affected in list(troubles.items())[:_MOST]:
        it = "it" if key[:2] == ("", "Pod") else f"pod {affected[0]['metadata']['name']}"
        yield f"{it} {trouble}{f' (and {len(affected) - 1} more pods)' if affected[1:] else ''}{_log(affected[0])}"
    reported = {"FailedCreate"} if refused else set()
    yield from _events(item, [*workloads, *pods, *claims], place, reported | (_KNOWN if troubles else set()), key)


def _family(key: Key, item: Json, place: _NamespaceState) -> tuple[list[Json], list[Json]]:
    """The workloads and pods that an object owns, directly or not; for a Service, those that it selects."""
    uids = {item["metadata"].get("uid")} - {None}
    workloads: list[Json] = []
    if key[:2] == ("", "Service"):
        selector = (item.get("spec") or {}).get("selector") or {}
        workloads = [each for each in place.workloads if _matches(selector, ((each.get("spec") or {}).get("template") or {}))]
        return workloads, [pod for pod in place.pods if _matches(selector, pod)]
    rest, grown = place.workloads, True
    while grown:
        owned = [each for each in rest if uids.intersection(_owners(each))]
        rest = [each for each in rest if each not in owned]
        uids |= {each["metadata"]["uid"] for each in owned}
        workloads += owned
        grown = bool(owned)
    return workloads, [pod for pod in place.pods if pod["metadata"].get("uid") in uids or uids.intersection(_owners(pod))]


def _awaited_claims(pod: Json, place: _NamespaceState) -> list[Json]:
    """The PVCs without a volume of a pod without a node: until then the scheduler reports nothing."""
    spec = pod.get("spec") or {}
    if spec.get("nodeName"):
        return []
    name = pod["metadata"]["name"]
    volumes = spec.get("volumes") or []
    names = {(each.get("persistentVolumeClaim") or {}).get("claimName") for each in volumes}
    names |= {f"{name}-{each.get('name')}" for each in volumes if each.get("ephemeral")}
    return [
        each for each in place.claims if each["metadata"]["name"] in names and (each.get("status") or {}).get("phase") in (None, "Pending")
    ]


def _waits_for_volumes(pod: Json, place: _NamespaceState) -> str | None:
    names = [claim["metadata"]["name"] for claim in _awaited_claims(pod, place)]
    return f"waits for the volume of PersistentVolumeClaim {', '.join(names)}" if names else None


def _is_over(event: Json, about: Json) -> bool:
    """Whether the reason of an event is over; the API server keeps events for an hour."""
    reason, spec, status = event.get("reason"), dict_of(about.get("spec")), dict_of(about.get("status"))
    if reason in _BEFORE_IT_RUNS:
        started = any(each.get("lastState") or {"running", "terminated"} & (each.get("state") or {}).keys() for each in _statuses(about))
        return started or holds(about, "PodReadyToStartContainers")
    if reason == "FailedScheduling":
        return "nodeName" in spec
    # A workload that has all its pods now.
    return reason == "FailedCreate" and status.get("replicas", -1) >= spec.get("replicas", 1)


def _matches(selector: Json, item: Json) -> bool:
    return bool(selector) and selector.items() <= ((item.get("metadata") or {}).get("labels") or {}).items()


def _events(item: Json, family: list[Json], place: _NamespaceState, reported: set[str], key: Key) -> Iterator[str]:
    by_uid = {each["metadata"].get("uid"): each for each in [*family, item]}
    seen: set[tuple[str, str]] = set()
    for event in place.events:
        about, reason = event.get("involvedObject") or {}, str(event.get("reason"))
        itself = (about.get("kind"), about.get("name")) == (key.kind, key.name)
        whose = by_uid.get(about["uid"]) if about.get("uid") else None
        if itself and not item["metadata"].get("uid"):
            whose = item
        if whose is None or reason in reported or (reason, str(about.get("kind"))) in seen or len(seen) == _MOST or _is_over(event, whose):
            continue
        seen.add((reason, str(about.get("kind"))))
        yield one_line("" if itself else f"{about.get('kind')} {about.get('name')}", reason, event.get("message"))
