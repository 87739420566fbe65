# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delete one object: the very one that was looked at. For pruning, removal and replacement.

The server compares UID and resourceVersion, so that nothing goes that took its name or was changed since.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ...errors import BootstrapError
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.identity import OtherCluster
from ...kube.resources import Key

Json = dict[str, t.Any]

GONE, GOING, SPARED, REFUSED, LOST = "gone", "going", "spared", "refused", "lost"
"""What became of an object: deleted; being deleted; not to be deleted any more; refused by the server; without an answer."""
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
"""Deleted in the foreground: their pods must be gone with them. The garbage collector deletes what other objects own.

Not custom resources, whose kind the garbage collector may not know yet.
"""


def delete(
    client: Client, path: str, key: Key, metadata: Json, spared: Callable[[Json], str | None], dry_run: bool = False
) -> tuple[str, str]:
    """Delete the object with these metadata; what became of it, and why.

    Where it was changed meanwhile, ``spared`` tells from its metadata as they are now why it is not to be deleted any more.
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
            return _ask(client, path, {"propagationPolicy": _propagation(key), "preconditions": preconditions}, dry_run), ""
        except ApiError as error:
            if error.code == 404:
                return GONE, ""
            if error.code != 409:
                return REFUSED, error.said
        except OtherCluster:
            raise
        except BootstrapError as error:
            return LOST, error.message
        found = look(client, path, uid)
        if found is None:
            return GONE, ""
        why = spared(found)
        if why:
            return SPARED, why
        metadata = found
    return REFUSED, "it changes all the time"


def look(client: Client, path: str, uid: str) -> Json | None:
    """The metadata of an object as they are now; ``None`` once it is gone, whatever has taken its name since."""
    found = client.find(path, ONE_METADATA)
    return found["metadata"] if found and str(found["metadata"].get("uid")) == uid else None


def _ask(client: Client, path: str, body: Json, dry_run: bool) -> str:
    if not dry_run:
        return GONE if client.delete(path, body).get("kind") == "Status" else GOING
    try:
        client.delete(path, {**body, "dryRun": ["All"]}, dryRun="All")
    except ApiError as error:
        if error.code != 400 or "dry run" not in error.said:  # a webhook that can't be asked for trial
            raise
    return GONE


def _propagation(key: Key) -> str:
    return "Foreground" if key[:2] in _RUNS_PODS else "Background"
