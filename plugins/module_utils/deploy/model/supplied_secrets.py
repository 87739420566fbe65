# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are supplied to a deployment (``kubeflow_secrets``), whose values are in no file of the application.

They are members like all objects. But no fingerprint of their values is recorded, from which a weak password could be guessed: they are
read and compared.
"""

from __future__ import annotations

import base64
import typing as t

from ...data.annotations import GENERATE
from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import ApiError, Client

COMPONENT = "secrets"
"""What the outcome says instead of a component."""
MARK = "kubeflow.bootstrap/given"
"""The annotation that distinguishes them from the application's own Secrets."""
NO_FINGERPRINT = "given"
"""In the record instead of the fingerprint."""


def objects(secrets: list[Json], namespace: str) -> list[tuple[str, Json]]:
    """(component, Secret) of each. ``secrets``: name, namespace (by default the application's), type, labels and stringData."""
    objects = []
    for each in secrets:
        if not each.get("name") or not isinstance(each.get("stringData"), dict):
            raise BootstrapError("Each of secrets needs a name and stringData.", fix="Correct secrets (kubeflow_secrets).")
        metadata: Json = {"name": each["name"], "namespace": each.get("namespace") or namespace, "annotations": {MARK: "true"}}
        if each.get("labels"):
            metadata["labels"] = {str(name): str(value) for name, value in each["labels"].items()}
        data = {str(key): base64.b64encode(str(value).encode()).decode() for key, value in each["stringData"].items()}
        kind = each.get("type") or "Opaque"
        objects.append((COMPONENT, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}))
    return objects


def is_supplied(item: Json) -> bool:
    """Whether an object is such a Secret, or one whose values were generated."""
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    return MARK in annotations or GENERATE in annotations


def is_kept_by_later_runs(item: Json) -> bool:
    """Whether it may stay when a later run supplies none: generated ones are pruned with the component that declares them."""
    return MARK in ((item.get("metadata") or {}).get("annotations") or {})


def unmarked(item: Json) -> Json:
    """A supplied Secret without our annotation; any other object itself."""
    if not is_supplied(item):
        return item
    return {**item, "metadata": {name: value for name, value in item["metadata"].items() if name != "annotations"}}


def names(value: t.Any, secret: str) -> bool:
    """Whether a string anywhere in an object is the name of a Secret, as in references of any kind."""
    if isinstance(value, dict):
        return any(names(each, secret) for each in value.values())
    if isinstance(value, list):
        return any(names(each, secret) for each in value)
    return bool(value == secret)


def same(client: Client, path: str, item: Json) -> bool:
    """Whether the live Secret has the desired state; False if it may not be read, so that it is applied again."""
    try:
        live = client.get(path)
    except ApiError as error:
        if error.code in (403, 404):
            return False
        raise
    labels = (live["metadata"].get("labels") or {}).items()
    desired_labels = item["metadata"].get("labels") or {}
    return bool(live.get("data") == item["data"] and live.get("type") == item["type"] and desired_labels.items() <= labels)
