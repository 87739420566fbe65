# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects with fields that can't be changed: which may be deleted and recreated, and doing it."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable

from ...errors import BootstrapError, some
from ...kube.client import Client
from ...kube.resources import Key
from ...process import interrupts
from ..delete import deletion
from ..graph.object_index import ends_claims
from ..model.managed_fields import Rewrite, owned_names
from ..model.member import Member
from ..status.finalizers import EXPLAIN_AFTER, holding
from .rejections import MOST, Refusal

Json = dict[str, t.Any]

_RBAC, _STORAGE = "rbac.authorization.k8s.io", "storage.k8s.io"
_REPLACEABLE = {
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "CronJob"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("policy", "PodDisruptionBudget"),
    (_RBAC, "ClusterRoleBinding"),
    (_RBAC, "RoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    (_STORAGE, "CSIDriver"),
    (_STORAGE, "StorageClass"),
}
"""Kinds that hold nothing but what we write into them."""
# https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/: all other fields of its spec can't be changed.
_CHANGEABLE = {
    "minReadySeconds",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "replicas",
    "revisionHistoryLimit",
    "template",
    "updateStrategy",
}
_PAUSE = 0.2


def named(found: Refusal, item: Json, live: Json) -> Refusal:
    """The refusal with the very fields that would have to change; the server often names but a part of the object, or those that may."""
    fields: list[str] = []
    for field in found.fields:
        wanted, was = _part(item, field), _part(live, field)
        if item["kind"] == "StatefulSet" and field == "spec" and isinstance(wanted, dict):
            wanted = {name: value for name, value in wanted.items() if name not in _CHANGEABLE}
        fields += list(_differing(wanted, was, field)) or [field]
    if not fields:
        return found
    return found._replace(fields=tuple(fields), why=f"{some(fields, MOST)} can't be changed")


def _part(item: Json, field: str) -> t.Any:
    found: t.Any = item
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _differing(wanted: object, live: object, place: str = "") -> t.Iterator[str]:
    """The places where something that is wanted is otherwise in the live object; what the server adds does not count."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            yield from _differing(value, live.get(name), f"{place}.{name}")
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        for index, value in enumerate(wanted):
            yield from _differing(value, live[index], f"{place}[{index}]")
    elif wanted != live:
        yield place


def loses(key: Key, item: Json, live: Json, rewrite: Rewrite | None = None) -> str | None:
    """What would be lost if an object were deleted and recreated; ``None`` if nothing.

    ``rewrite``: what becomes ours, so that it is nobody else's.
    """
    if key[:2] not in _REPLACEABLE:
        return f"data may be lost with a {key.kind}, so it is not replaced"
    if key.kind in ("ConfigMap", "Secret"):
        held = {**(live.get("data") or {}), **(live.get("binaryData") or {})}.keys()
        ours = {**(item.get("data") or {}), **(item.get("binaryData") or {})}.keys() | owned_names(live, rewrite)
        others = sorted(held - ours)
        return f"others put {', '.join(others)} into it, so it is not replaced" if others else None
    if ends_claims({"kind": key.kind, **live}):
        return "its PersistentVolumeClaims would be deleted with it (persistentVolumeClaimRetentionPolicy), so it is not replaced"
    return None


def delete(client: Client, member: Member, seconds: float, say: Callable[[str], None]) -> None:
    """Delete an object, and wait until it is gone; ``say`` gets why it takes so long.

    Raises ``BootstrapError`` if it is still there after ``seconds``.
    """
    start, told = time.monotonic(), False
    state, why = deletion.delete(client, member.path, member.key, member.metadata, lambda _metadata: _changed(member.key))
    if state not in (deletion.GONE, deletion.GOING):
        raise BootstrapError(f"it was not deleted: {why}", fix="Run again: what has to be done is looked at again.")
    while metadata := deletion.look(client, member.path, str(member.metadata.get("uid"))):
        waited = time.monotonic() - start
        if waited > seconds or (waited > EXPLAIN_AFTER and not told):
            held = holding(client, member.key, member.resource, metadata)
            if waited > seconds:
                raise BootstrapError(f"it is still being deleted: it {held}", fix="See to that, and run again: it resumes from here.")
            say(f"{member.key} is still being deleted: it {held}")
            told = True
        interrupts.pause(_PAUSE)


def _changed(key: Key) -> str | None:
    """Why an object that was changed since it was looked at is not deleted: others may have put something into it."""
    return "somebody has just changed it" if key.kind in ("ConfigMap", "Secret") else None
