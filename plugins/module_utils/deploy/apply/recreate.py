# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects with immutable fields: which may be deleted and recreated, and their deletion."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable

from ...errors import BootstrapError, abbreviated
from ...formats.json_object import Json
from ...kube.client import Client
from ...kube.resources import Key
from ...process import interrupts
from ..delete import deletion
from ..graph.object_index import ends_claims
from ..model.managed_fields import Rewrite, owned_names
from ..model.member import Member
from ..status.finalizers import EXPLAIN_AFTER, holding
from .rejections import MOST, Refusal

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
"""Kinds without data beyond what we write."""
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


def named(refused: Refusal, item: Json, live: Json) -> Refusal:
    """The refusal with the exact fields that would have to change; the server often names their parent, or fields that may change."""
    fields: list[str] = []
    for field in refused.fields:
        desired, current = _part(item, field), _part(live, field)
        if item["kind"] == "StatefulSet" and field == "spec" and isinstance(desired, dict):
            desired = {name: value for name, value in desired.items() if name not in _CHANGEABLE}
        fields += list(_differing(desired, current, field)) or [field]
    if not fields:
        return refused
    return refused._replace(fields=tuple(fields), why=f"{abbreviated(fields, MOST)} can't be changed")


def _part(item: Json, field: str) -> t.Any:
    part: t.Any = item
    for name in field.split("."):
        part = part.get(name) if isinstance(part, dict) else None
    return part


def _differing(desired: object, live: object, place: str = "") -> t.Iterator[str]:
    """The places where something that is wanted is otherwise in the live object; what the server adds does not count."""
    if isinstance(desired, dict) and isinstance(live, dict):
        for name, value in desired.items():
            yield from _differing(value, live.get(name), f"{place}.{name}")
    elif isinstance(desired, list) and isinstance(live, list) and len(desired) == len(live):
        for index, value in enumerate(desired):
            yield from _differing(value, live[index], f"{place}[{index}]")
    elif desired != live:
        yield place


def loses(key: Key, item: Json, live: Json, rewrite: Rewrite | None = None) -> str | None:
    """What would be lost if an object were deleted and recreated; ``None`` if nothing.

    ``rewrite``: the fields that become ours.
    """
    if key[:2] not in _REPLACEABLE:
        return f"data may be lost with a {key.kind}, so it is not replaced"
    if key.kind in ("ConfigMap", "Secret"):
        keys = {**(live.get("data") or {}), **(live.get("binaryData") or {})}.keys()
        own_keys = {**(item.get("data") or {}), **(item.get("binaryData") or {})}.keys() | owned_names(live, rewrite)
        foreign_keys = sorted(keys - own_keys)
        return f"others put {', '.join(foreign_keys)} into it, so it is not replaced" if foreign_keys else None
    if ends_claims({"kind": key.kind, **live}):
        return "its PersistentVolumeClaims would be deleted with it (persistentVolumeClaimRetentionPolicy), so it is not replaced"
    return None


def delete(client: Client, member: Member, seconds: float, say: Callable[[str], None]) -> None:
    """Delete an object, and wait until it is gone; ``say`` gets the reason of a delay.

    Raises ``BootstrapError`` if it still exists after ``seconds``.
    """
    start, explained = time.monotonic(), False
    state, why = deletion.delete(client, member.path, member.key, member.metadata, lambda _metadata: _changed(member.key))
    if state not in (deletion.GONE, deletion.GOING):
        raise BootstrapError(f"it was not deleted: {why}", fix="Run again: it is compared again.")
    while metadata := deletion.live_metadata(client, member.path, str(member.metadata.get("uid"))):
        waited = time.monotonic() - start
        if waited > seconds or (waited > EXPLAIN_AFTER and not explained):
            reason = holding(client, member.key, member.resource, metadata)
            if waited > seconds:
                raise BootstrapError(f"it is still being deleted: it {reason}", fix="See to that, and run again: it resumes from here.")
            say(f"{member.key} is still being deleted: it {reason}")
            explained = True
        interrupts.pause(_PAUSE)


def _changed(key: Key) -> str | None:
    """Why an object that was changed since it was read is not deleted: others may have added data."""
    return "somebody has just changed it" if key.kind in ("ConfigMap", "Secret") else None
