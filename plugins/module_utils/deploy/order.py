# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order that objects need, read off the objects themselves. Private to the collection."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from collections.abc import Iterator

from .objects import CRD, Key, group_of, key_of

Json = dict[str, t.Any]

_RBAC = "rbac.authorization.k8s.io"


def waves(items: list[Json]) -> list[list[Json]]:
    """Objects in waves: each waits for all before it, and needs nothing of its own wave.

    An object needs its namespace, the definition of its kind, what its pods mount or run as, the role that it binds, and, if it
    runs pods, the bindings of their service account. Objects that need each other in a circle come together in one last wave.
    """
    graph = _graph(items)
    left = {key_of(item): item for item in items}
    found: list[list[Json]] = []
    while left:
        free = [key for key in left if not (graph[key] & left.keys())] or list(left)
        found.append([left.pop(key) for key in free])
    return found


def _graph(items: list[Json]) -> dict[Key, set[Key]]:
    keys = {key_of(item) for item in items}
    definitions = {(item["spec"]["group"], item["spec"]["names"]["kind"]): key_of(item) for item in items if key_of(item)[:2] == CRD}
    bindings: dict[Key, set[Key]] = defaultdict(set)
    for item in items:
        if item["kind"] in ("RoleBinding", "ClusterRoleBinding"):
            for subject in _subjects(item):
                bindings[subject].add(key_of(item))
    graph: dict[Key, set[Key]] = {}
    for item in items:
        key = key_of(item)
        wanted = set(_needs(item, key))
        for account in [need for need in wanted if need.kind == "ServiceAccount" and _pod_spec(item)]:
            wanted |= bindings[account]
        if key[:2] in definitions:
            wanted.add(definitions[key.group, key.kind])
        graph[key] = (wanted & keys) - {key}
    return graph


def _needs(item: Json, key: Key) -> Iterator[Key]:
    if key.namespace:
        yield Key("", "Namespace", "", key.namespace)
    if item.get("roleRef"):
        role = item["roleRef"]
        yield Key(_RBAC, role["kind"], key.namespace if role["kind"] == "Role" else "", role["name"])
        yield from _subjects(item)
    if key.kind == "PersistentVolumeClaim":
        yield Key("storage.k8s.io", "StorageClass", "", item.get("spec", {}).get("storageClassName") or "")
    pod = _pod_spec(item)
    if pod:
        yield from (Key("", kind, key.namespace, name) for kind, name in _pod_needs(pod))
        yield Key("scheduling.k8s.io", "PriorityClass", "", pod.get("priorityClassName") or "")


def _subjects(binding: Json) -> list[Key]:
    namespace = binding["metadata"].get("namespace") or ""
    return [
        Key("", "ServiceAccount", subject.get("namespace") or namespace, subject["name"])
        for subject in binding.get("subjects") or []
        if subject.get("kind") == "ServiceAccount"
    ]


def _pod_spec(item: Json) -> Json | None:
    """The pod that an object runs, wherever its kind keeps it."""
    spec = item.get("spec")
    if not isinstance(spec, dict):
        return None
    if item["kind"] == "Pod" and group_of(item["apiVersion"]) == "":
        return spec
    if item["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = spec.get("template")
    pod = template.get("spec") if isinstance(template, dict) else None
    return pod if isinstance(pod, dict) and "containers" in pod else None


def _pod_needs(pod: Json) -> Iterator[tuple[str, str]]:
    yield "ServiceAccount", pod.get("serviceAccountName") or "default"
    yield from (("Secret", secret.get("name", "")) for secret in pod.get("imagePullSecrets") or [])
    for volume in pod.get("volumes") or []:
        for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
            yield "ConfigMap", (source.get("configMap") or {}).get("name", "")
            yield "Secret", _secret_name(source.get("secret") or {})
        yield "PersistentVolumeClaim", (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        references = [*(container.get("envFrom") or []), *((env.get("valueFrom") or {}) for env in container.get("env") or [])]
        for reference in references:
            for field, kind in (
                ("configMapRef", "ConfigMap"),
                ("configMapKeyRef", "ConfigMap"),
                ("secretRef", "Secret"),
                ("secretKeyRef", "Secret"),
            ):
                yield kind, (reference.get(field) or {}).get("name", "")


def _secret_name(source: Json) -> str:
    """Volumes say ``secretName``, projected sources ``name``."""
    return str(source.get("secretName") or source.get("name") or "")
