# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an object isn't ready: what its pods, its ReplicaSets and the events say. Private to the collection.

Nothing here fails: who may not look at pods or events gets the shorter message.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..api import Client
from ..errors import BootstrapError
from .objects import Key
from .ready import conditions, holds, said

Json = dict[str, t.Any]

_MOST = 2
"""Pods, and events, of one object that are told about."""
_WORKLOADS = (
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/apis/batch/v1/namespaces/{}/jobs",
)
_PODS = "/api/v1/namespaces/{}/pods"
# One store: the events of events.k8s.io are in here too.
_EVENTS = "/api/v1/namespaces/{}/events"
_CLUSTER_EVENTS = "default"
"""The namespace that keeps the events of what is in none."""
_HEADING_OFF = re.compile(r"\.? (?:no new claims to deallocate|preemption: )")
"""Where the scheduler goes on about what it did not try to make room."""
_REVISION = "deployment.kubernetes.io/revision"
_BENIGN = (None, "ContainerCreating", "PodInitializing")
_KNOWN = {"FailedScheduling", "BackOff", "Failed", "InspectFailed", "ErrImageNeverPull"}
"""Reasons of pods' events that say again what the pod's own status says."""


@dataclass(frozen=True)
class _Place:
    """What is in a namespace. ``events``: warnings, newest first."""

    workloads: list[Json]
    pods: list[Json]
    events: list[Json]


def explain(client: Client, objects: Mapping[Key, Json]) -> dict[Key, str]:
    """One line an object, for those of which there is anything to say. ``objects``: as the server has them, or as they were applied."""
    places = _places(client, {key.namespace for key in objects})
    found = {key: "; ".join(_sentences(key, item, places[key.namespace])) for key, item in objects.items()}
    return {key: line for key, line in found.items() if line}


def pod_trouble(pod: Json) -> str | None:
    """Why a pod does not run, in the words of the scheduler or the kubelet."""
    status, spec = pod.get("status") or {}, pod.get("spec") or {}
    scheduled = conditions(pod).get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        return said("can't be scheduled", _HEADING_OFF.split(str(scheduled.get("message") or scheduled.get("reason")))[0])
    # What falls back to logs may hold anything.
    from_logs = {
        container["name"]
        for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
        if container.get("terminationMessagePolicy") == "FallbackToLogsOnError"
    }
    statuses = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for container in statuses:
        trouble = _container_trouble(container, container["name"] not in from_logs)
        if trouble:
            return said(f"container {container['name']}", trouble)
    if status.get("phase") == "Failed":
        return said("has failed", status.get("reason"), status.get("message"))
    unready = [str(each["name"]) for each in statuses if "running" in (each.get("state") or {}) and each.get("ready") is False]
    return f"container {unready[0]} runs, but is not ready" if unready else None


def _container_trouble(container: Json, with_message: bool) -> str | None:
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
    waiting, ended = state.get("waiting") or {}, state.get("terminated")
    if waiting.get("reason") not in _BENIGN:
        # Of a crash the kubelet only says how long it waits.
        return said(waiting["reason"], _ended(last, with_message) if last else waiting.get("message"))
    return _ended(ended, with_message) if ended and ended.get("exitCode") else None


def _ended(terminated: Json, with_message: bool) -> str:
    reason = terminated.get("reason")
    how = f"ended with exit code {terminated.get('exitCode')}" + (f" ({reason})" if reason not in (None, "Error", "Completed") else "")
    return said(how, terminated.get("message") if with_message else None)


def _places(client: Client, namespaces: Iterable[str]) -> dict[str, _Place]:
    """The lists that explanations need, side by side."""
    namespaces = sorted(namespaces)
    wanted = [(name, path) for name in namespaces for path in ([*_WORKLOADS, _PODS, _EVENTS] if name else [_EVENTS])]
    answers: list[list[Json]] = client.map(lambda pair: _listed(client, *pair), wanted)
    lists = dict(zip(wanted, answers, strict=True))
    return {
        name: _Place(
            [item for path in _WORKLOADS for item in _current(lists.get((name, path), []))],
            lists.get((name, _PODS), []),
            sorted(lists[name, _EVENTS], key=_time, reverse=True),
        )
        for name in namespaces
    }


def _listed(client: Client, namespace: str, path: str) -> list[Json]:
    """Nothing where the user may not look, or nobody answers."""
    params = {"fieldSelector": "type=Warning"} if path == _EVENTS else {}
    try:
        return list(client.items(path.format(namespace or _CLUSTER_EVENTS), **params))
    except BootstrapError:
        return []


def _time(event: Json) -> str:
    latest = event.get("lastTimestamp") or (event.get("series") or {}).get("lastObservedTime") or event.get("eventTime")
    return str(latest or event["metadata"].get("creationTimestamp") or "")


def _current(workloads: list[Json]) -> list[Json]:
    """Without the ReplicaSets that a Deployment has left behind."""
    newest: dict[str, int] = {}
    for item in workloads:
        for owner in _owners(item):
            newest[owner] = max(newest.get(owner, 0), _revision(item))
    return [item for item in workloads if all(_revision(item) >= newest[owner] for owner in _owners(item))]


def _revision(item: Json) -> int:
    return int((item["metadata"].get("annotations") or {}).get(_REVISION) or 0)


def _owners(item: Json) -> list[str]:
    return [owner["uid"] for owner in item["metadata"].get("ownerReferences") or []]


def _sentences(key: Key, item: Json, place: _Place) -> Iterator[str]:
    """What keeps pods from being made, then what keeps pods from running, then events that say more."""
    workloads, pods = _family(key, item, place)
    refused = next((conditions(each)["ReplicaFailure"] for each in [item, *workloads] if holds(each, "ReplicaFailure")), None)
    if refused:
        yield said(refused.get("reason"), refused.get("message"))
    if key[:2] == ("", "Service") and not pods:
        yield "there is no pod of it"
    troubles: dict[str, list[str]] = {}
    for pod in pods:
        trouble = pod_trouble(pod)
        if trouble:
            troubles.setdefault(trouble, []).append(pod["metadata"]["name"])
    for trouble, names in list(troubles.items())[:_MOST]:
        it = "it" if key[:2] == ("", "Pod") else f"pod {names[0]}"
        yield f"{it} {trouble}" + (f" (and {len(names) - 1} more pods)" if names[1:] else "")
    told = {"FailedCreate"} if refused else set()
    yield from _events(item, [*workloads, *pods], place, told | (_KNOWN if troubles else set()), key)


def _family(key: Key, item: Json, place: _Place) -> tuple[list[Json], list[Json]]:
    """What an object made, directly or not: workloads and pods; for a Service, what its selector finds."""
    uids = {item["metadata"].get("uid")} - {None}
    workloads: list[Json] = []
    if key[:2] == ("", "Service"):
        selector = (item.get("spec") or {}).get("selector") or {}
        workloads = [each for each in place.workloads if _matches(selector, ((each.get("spec") or {}).get("template") or {}))]
        return workloads, [pod for pod in place.pods if _matches(selector, pod)]
    left, grown = place.workloads, True
    while grown:
        mine = [each for each in left if uids.intersection(_owners(each))]
        left = [each for each in left if each not in mine]
        uids |= {each["metadata"]["uid"] for each in mine}
        workloads += mine
        grown = bool(mine)
    return workloads, [pod for pod in place.pods if pod["metadata"].get("uid") in uids or uids.intersection(_owners(pod))]


def _matches(selector: Json, item: Json) -> bool:
    return bool(selector) and selector.items() <= ((item.get("metadata") or {}).get("labels") or {}).items()


def _events(item: Json, family: list[Json], place: _Place, told: set[str], key: Key) -> Iterator[str]:
    uids = {each["metadata"].get("uid") for each in [item, *family]} - {None}
    seen: set[tuple[str, str]] = set()
    for event in place.events:
        about, reason = event.get("involvedObject") or {}, str(event.get("reason"))
        itself = (about.get("kind"), about.get("name")) == (key.kind, key.name)
        mine = about.get("uid") in uids or (itself and not item["metadata"].get("uid"))
        if mine and reason not in told and (reason, str(about.get("kind"))) not in seen and len(seen) < _MOST:
            seen.add((reason, str(about.get("kind"))))
            yield said("" if itself else f"{about.get('kind')} {about.get('name')}", reason, event.get("message"))
