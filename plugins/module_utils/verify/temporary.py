# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks that create objects, wait for a condition of one of them, and delete them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..deploy.delete import deletion
from ..deploy.status.diagnosis import explain
from ..deploy.status.readiness import conditions
from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.client import METADATA, ApiError, Client
from ..kube.resources import Key, Resource, Resources, key_of
from ..process import interrupts
from ..redaction.redact import clean
from .result import CheckDenied, CheckFailed

CHECK = "kubeflow.bootstrap/check"
"""The label of all objects of a check, with its name; packages put it on the pod templates."""
_PAUSE = 1.0
_LINES = 3
_MOST = 2000
"""Lines and bytes of a pod's log that are shown at most."""
_DELETION = 60.0
"""Seconds to wait for the deletion of a check's objects."""


def run(client: Client, resources: Resources, namespace: str, check: Json, seconds: float) -> str:
    """Create the objects, and wait for the condition. Returns what the pods printed. Raises ``CheckFailed``."""
    until, end = check.get("until"), time.monotonic() + seconds
    awaited = None
    for item in check["objects"]:
        key, resource = _create(client, resources, namespace, check["name"], item, end)
        if until and f"{key.kind}/{key.name}" == until["object"]:
            awaited = key, resource
    if not until:
        return f"{key} was created"
    if awaited is None:
        raise CheckFailed(f"its package creates no {until['object']}")
    key, resource = awaited
    while True:
        live = client.find(resource.path(namespace, key.name))
        if live is None:
            raise CheckFailed(f"{key} was deleted meanwhile")
        true = {name: each.get("message") or "" for name, each in conditions(live).items() if each.get("status") == "True"}
        if until["condition"] in true:
            return printed(client, namespace, check["name"]) or f"{key}: {until['condition']}"
        if until.get("failed") in true:
            logs = printed(client, namespace, check["name"])
            raise CheckFailed(f"{key} failed: {'; '.join(filter(None, (clean(true[until['failed']]), logs)))}")
        if time.monotonic() > end:
            raise CheckFailed(f"{key} is not {until['condition']} after {seconds:g} seconds{_explained(client, key, live)}")
        interrupts.pause(_PAUSE)


def _create(client: Client, resources: Resources, namespace: str, check: str, item: Json, end: float) -> tuple[Key, Resource]:
    try:
        resource = resources.of(item)
    except BootstrapError as error:
        raise CheckFailed(error.message.rstrip(".")) from None
    place = {"namespace": namespace} if resource.namespaced else {}
    metadata = {**item["metadata"], **place, "labels": {**(item["metadata"].get("labels") or {}), CHECK: check}}
    item = {**item, "metadata": metadata}
    while True:
        try:
            client.post(resource.path(namespace), item)
            return key_of(item), resource
        except ApiError as error:
            # A controller creates the namespace for an object that was created before this one.
            if error.code == 404 and time.monotonic() < end:
                interrupts.pause(_PAUSE)
                continue
            # Quotas and policies refuse with 403 as well.
            kind = CheckDenied if error.code == 403 and "cannot create resource" in error.status_message else CheckFailed
            raise kind(f"{key_of(item)} can't be created: {error.status_message}") from None


def _explained(client: Client, key: Key, live: Json) -> str:
    reason = explain(client, {key: live}).get(key)
    return f": {reason}" if reason else ""


def printed(client: Client, namespace: str, check: str) -> str:
    """The last lines of the pods of a check, or why they were not run, the newest pod last; empty where they can't be read."""
    try:
        pods = list(client.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"{CHECK}={check}"))
        texts = [
            _log(client, namespace, pod) or _rejected(pod)
            for pod in sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        ]
    except ApiError:
        return ""
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _log(client: Client, namespace: str, pod: Json) -> str:
    container = pod["spec"]["containers"][0]["name"]
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/log?container={container}&tailLines={_LINES}&limitBytes={_MOST}"
    status, _headers, content = client.through(path, {})
    return ", ".join(clean(content.decode(errors="replace")).split("\n")).strip(", ") if status == 200 else ""


def _rejected(pod: Json) -> str:
    """Why a kubelet runs no container of the pod: its devices are no longer available, or it was evicted."""
    status = pod.get("status") or {}
    return clean(f"{status.get('reason')}: {status['message']}") if status.get("phase") == "Failed" and status.get("message") else ""


def remove(client: Client, resources: Resources, namespace: str, checks: Iterable[Json]) -> list[str]:
    """Delete the objects of checks, also of a run that was killed. Returns those that are still being deleted when the time is over."""
    kinds = {(item["apiVersion"], item["kind"]): item for check in checks for item in check.get("objects") or ()}
    pending: dict[str, tuple[str, Key, Json]] = {}
    for item in kinds.values():
        try:
            resource = resources.of(item)
            live = list(client.items(resource.path(namespace), METADATA, labelSelector=CHECK))
        except (ApiError, BootstrapError):  # not served, or not readable: then none of it was created
            continue
        for each in live:
            key = key_of({"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": each["metadata"]})
            pending[str(key)] = resource.path(namespace, key.name), key, each["metadata"]
    for path, key, metadata in pending.values():
        deletion.delete(client, path, key, metadata, lambda _metadata: None)
    end = time.monotonic() + _DELETION
    while pending and time.monotonic() < end:
        pending = {name: each for name, each in pending.items() if deletion.live_metadata(client, each[0], str(each[2]["uid"]))}
        if pending:
            interrupts.pause(_PAUSE)
    return list(pending)
