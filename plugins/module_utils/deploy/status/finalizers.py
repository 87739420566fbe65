# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an object is still being deleted, whose task that is, and what to do."""

from __future__ import annotations

import re
import shlex
import typing as t
from collections.abc import Mapping

from ...formats.json_object import Json
from ...kube.client import METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.resources import CRD, Key, Resource, group_of
from .controllers import Controllers

if t.TYPE_CHECKING:
    from ..model.deletion_target import DeletionTarget


EXPLAIN_AFTER = 10.0
"""Seconds until the reason of a slow deletion is reported."""
_SHOWN = 3
# Who removes the finalizers that Kubernetes itself sets, and when
# (https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/, and the controllers' own documentation).
_KNOWN = {
    "kubernetes.io/pv-protection": "the volume is still bound to a PersistentVolumeClaim",
    "kubernetes.io/pvc-as-source-protection": "a snapshot or a copy of the PersistentVolumeClaim is still being made",
    "service.kubernetes.io/load-balancer-cleanup": "the cloud's controller has not yet given back the load balancer",
    "networking.gke.io/neg-finalizer": "GKE has not yet deleted the network endpoint group",
    "batch.kubernetes.io/job-tracking": "the job controller has not yet counted the pod",
    "orphan": "the garbage collector has not yet set free what it owns",
    "external-provisioner.volume.kubernetes.io/finalizer": "the driver of the volume has not yet deleted it",
}
_REMAINING = re.compile(r"([a-z0-9.-]+) has (\d+) resource instances")


def short(pending: Mapping[DeletionTarget, Json]) -> str:
    """What is awaited, for a progress message."""
    shown = []
    for target, metadata in list(pending.items())[:_SHOWN]:
        finalizers = ", ".join(metadata.get("finalizers") or [])
        shown.append(f"{target.key} (finalizer {finalizers})" if finalizers else str(target.key))
    return ", ".join(shown) + (f" and {len(pending) - _SHOWN} more" if len(pending) > _SHOWN else "")


def explained(client: Client, apis: Served, pending: Mapping[DeletionTarget, Json]) -> list[str]:
    """One line an object, in order: why it still exists, whose task that is and whether they run, what to do."""
    about = _FinalizerLookup(client, apis)
    return [f"{target.key} {about.why(target.key, target.resource, metadata)}" for target, metadata in pending.items()]


def holding(client: Client, key: Key, resource: Resource, metadata: Json) -> str:
    """Why one object still exists, as in ``explained``."""
    return _FinalizerLookup(client, {}).why(key, resource, metadata)


class _FinalizerLookup:
    def __init__(self, client: Client, apis: Served) -> None:
        self._client, self._apis, self._controllers = client, apis, Controllers(client)

    def why(self, key: Key, resource: Resource, metadata: Json) -> str:
        """Why one object still exists."""
        live = self._read(resource.path(key.namespace, key.name)) or {"metadata": metadata}
        if not live["metadata"].get("deletionTimestamp"):
            return "exists as before: nobody deleted it"
        if key[:2] == ("", "Namespace"):
            return self._namespace(key, live)
        if key[:2] == CRD:
            return self._definition(live)
        finalizers = live["metadata"].get("finalizers") or []
        if not finalizers:
            pods = self._pods(key, live)
            return f"is ending{': ' + pods if pods else ''}"
        return "; ".join(self._finalizer(finalizer, key, resource, live) for finalizer in finalizers)

    def _finalizer(self, finalizer: str, key: Key, resource: Resource, live: Json) -> str:
        if finalizer == "foregroundDeletion":
            pods = self._pods(key, live)
            return f"waits until all that it owns is gone{': ' + pods if pods else ''}"
        if finalizer == "kubernetes.io/pvc-protection":
            users = [pod["metadata"]["name"] for pod in self._all(f"/api/v1/namespaces/{key.namespace}/pods") if _mounts(pod, key.name)]
            return f"is used by {'pod ' + ', '.join(users[:_SHOWN]) if users else 'a pod'} (finalizer {finalizer}): delete that"
        if finalizer in _KNOWN:
            return f"has the finalizer {finalizer}: {_KNOWN[finalizer]}"
        setter = _setter(live["metadata"], finalizer)
        return f"has the finalizer {finalizer}{f', set by {setter}' if setter else ''}: {self._controller(key, resource)}"

    def _controller(self, key: Key, resource: Resource) -> str:
        """The controllers that may change the object, and whether they run."""
        plural = f"{resource.plural}.{key.group}" if key.group else resource.plural
        where = ["-n", key.namespace] if key.namespace else []
        by_hand = shlex.join(["kubectl", "patch", plural, key.name, *where, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'])
        try:
            workloads = self._controllers.of(key.group, resource.plural, key.namespace)
        except ApiError as error:
            return f"its controller must remove it, and whether that runs can't be seen ({error.status_message})"
        controllers = [(f"{workload.kind} {workload.namespace}/{workload.name}", ready) for workload, ready in workloads.items()]
        running = [name for name, ready in controllers if ready]
        if running:
            return f"{' or '.join(running[:_SHOWN])} must remove it, and runs: its log says why it has not"
        redo = f"deploy again, which restores it, and then remove; or, if what it would clean up does not matter, {by_hand}"
        if controllers:
            return f"{controllers[0][0]} must remove it, and has no ready pod: see to that; or {redo}"
        return f"its controller must remove it, and nothing runs here any more that may change {plural}: {redo}"

    def _namespace(self, key: Key, live: Json) -> str:
        """The conditions of a namespace, and why the objects that they name still exist."""
        conditions = [each for each in (live.get("status") or {}).get("conditions") or [] if each.get("status") == "True"]
        if not conditions:
            return "is being emptied"
        message = "; ".join(f"{each['type']}: {each.get('message')}" for each in conditions)
        reasons = []
        for name, _count in dict(_REMAINING.findall(message)).items():
            plural, _dot, group = name.partition(".")
            reasons += self._remaining(group, plural, key.namespace or key.name)
        return f"is not empty ({message})" + (f"; there {'; '.join(reasons)}" if reasons else "")

    def _definition(self, live: Json) -> str:
        spec = live.get("spec") or {}
        conditions = (live.get("status") or {}).get("conditions") or []
        message = next((f" ({each.get('message')})" for each in conditions if each.get("type") == "Terminating"), "")
        names = spec.get("names") or {}
        served = [each["name"] for each in spec.get("versions") or [] if each.get("served")]
        reasons: list[str] = []
        if served:
            resource = Resource(f"{spec.get('group')}/{served[0]}", str(names.get("plural")), spec.get("scope") == "Namespaced")
            reasons = self._terminating(str(names.get("kind")), resource, "")
        return f"waits until its resources are gone{message}" + (f": {'; '.join(reasons)}" if reasons else "")

    def _remaining(self, group: str, plural: str, namespace: str) -> list[str]:
        for version, kinds in self._apis.items():
            for kind, entry in kinds.items():
                if group_of(version) == group and entry["resource"] == plural:
                    return self._terminating(kind, Resource(version, plural, entry["namespaced"]), namespace)
        return []

    def _terminating(self, kind: str, resource: Resource, namespace: str) -> list[str]:
        """Objects of a kind that are being deleted, each with why."""
        items = [item["metadata"] for item in self._all(resource.path(namespace), METADATA)][:_SHOWN]
        keys = [Key(group_of(resource.api_version), kind, each.get("namespace") or "", each["name"]) for each in items]
        return [f"{key} {self.why(key, resource, each)}" for key, each in zip(keys, items, strict=True)]

    def _pods(self, key: Key, live: Json) -> str:
        selector = ((live.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        if not selector or not key.namespace:
            return ""
        text = ",".join(f"{name}={value}" for name, value in selector.items())
        names = [pod["metadata"]["name"] for pod in self._all(f"/api/v1/namespaces/{key.namespace}/pods", labelSelector=text)]
        return f"pod {', '.join(names[:_SHOWN])} is still there" if names else ""

    def _read(self, path: str) -> Json | None:
        try:
            return self._client.get(path)
        except ApiError:
            return None

    def _all(self, path: str, accept: str = "application/json", **params: t.Any) -> list[Json]:
        try:
            return list(self._client.items(path, accept, **params))
        except ApiError:
            return []


def _mounts(pod: Json, claim: str) -> bool:
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return any((volume.get("persistentVolumeClaim") or {}).get("claimName") == claim for volume in volumes)


def _setter(metadata: Json, finalizer: str) -> str | None:
    """The field manager that added it."""
    for entry in metadata.get("managedFields") or []:
        owned = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:finalizers") or {}
        if f'v:"{finalizer}"' in owned:
            return str(entry.get("manager"))
    return None
