# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delete one object: the very one that was read. For pruning, removal and replacement.

With UID and resourceVersion as preconditions, so that no later object of that name is deleted, nor one that was changed since.
"""

from __future__ import annotations

from collections.abc import Callable

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.identity import OtherCluster
from ...kube.resources import Key

GONE, GOING, SPARED, REFUSED, LOST = "gone", "going", "spared", "refused", "lost"
"""What happened to an object: deleted; being deleted; no longer to be deleted; refused by the server; no answer."""
_TRIES = 5
_RUNS_PODS = {
    ("", "ReplicationController"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
}
"""Deleted in the foreground, so that their pods are gone with them. For other kinds the garbage collector deletes dependents later.

Not custom resources, whose kind the garbage collector may not know yet.
"""


def delete(
    client: Client, path: str, key: Key, metadata: Json, spared: Callable[[Json], str | None], dry_run: bool = False
) -> tuple[str, str]:
    """Delete the object with these metadata; what happened to it, and why.

    If it was changed meanwhile, ``spared`` returns from its current metadata why it must no longer be deleted.
    """
    uid = str(metadata.get("uid"))
    if not dry_run:
        client.identity.forget(path)
    for attempt in range(_TRIES + 1):
        if metadata.get("deletionTimestamp") and not dry_run:
            return GOING, ""
        preconditions = {"uid": uid}
        if attempt < _TRIES and metadata.get("resourceVersion"):
            preconditions["resourceVersion"] = metadata["resourceVersion"]
        try:
            return _request(client, path, {"propagationPolicy": _propagation(key), "preconditions": preconditions}, dry_run), ""
        except ApiError as error:
            if error.code == 404:
                return GONE, ""
            if error.code != 409:
                return REFUSED, error.status_message
        except OtherCluster:
            raise
        except BootstrapError as error:
            return LOST, error.message
        live = live_metadata(client, path, uid)
        if live is None:
            return GONE, ""
        why = spared(live)
        if why:
            return SPARED, why
        metadata = live
    return REFUSED, "it changes all the time"


def live_metadata(client: Client, path: str, uid: str) -> Json | None:
    """The current metadata of an object; ``None`` once it is gone, even if another one has its name."""
    live = client.find(path, ONE_METADATA)
    return live["metadata"] if live and str(live["metadata"].get("uid")) == uid else None


def _request(client: Client, path: str, body: Json, dry_run: bool) -> str:
    if not dry_run:
        return GONE if client.delete(path, body).get("kind") == "Status" else GOING
    try:
        client.delete(path, {**body, "dryRun": ["All"]}, dryRun="All")
    except ApiError as error:
        if error.code != 400 or "dry run" not in error.status_message:  # a webhook that does not support dry runs
            raise
    return GONE


def _propagation(key: Key) -> str:
    return "Foreground" if key[:2] in _RUNS_PODS else "Background"
