# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are given to a deployment beside the application, in no file of which their values are.

They are members as all objects are. But no fingerprint of what was wanted is recorded, from which a weak password could be guessed:
whether one has the wanted state is seen by reading it.
"""

from __future__ import annotations

import base64
import typing as t

from ...data.annotations import GENERATE
from ...errors import BootstrapError
from ...kube.client import ApiError, Client

Json = dict[str, t.Any]

COMPONENT = "secrets"
"""What the outcome says instead of a component."""
MARK = "kubeflow.bootstrap/given"
"""The annotation that tells them from the application's own Secrets."""
UNSAID = "given"
"""In the record, instead of the fingerprint of what was wanted."""


def objects(given: list[Json], namespace: str) -> list[tuple[str, Json]]:
    """(component, Secret) of each. ``given``: name, namespace (the application's one if not set), type, labels and stringData."""
    found = []
    for each in given:
        if not each.get("name") or not isinstance(each.get("stringData"), dict):
            raise BootstrapError("Each of secrets needs a name and stringData.", fix="Correct secrets (kubeflow_secrets).")
        metadata: Json = {"name": each["name"], "namespace": each.get("namespace") or namespace, "annotations": {MARK: "true"}}
        if each.get("labels"):
            metadata["labels"] = {str(name): str(value) for name, value in each["labels"].items()}
        data = {str(key): base64.b64encode(str(value).encode()).decode() for key, value in each["stringData"].items()}
        kind = each.get("type") or "Opaque"
        found.append((COMPONENT, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}))
    return found


def is_given(item: Json) -> bool:
    """Whether an object, or the metadata of one that is there, is such a Secret, or one whose values were generated."""
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    return MARK in annotations or GENERATE in annotations


def stays_by_itself(item: Json) -> bool:
    """Whether it may stay when a later run is given none: what was generated goes with the component that declares it."""
    return MARK in ((item.get("metadata") or {}).get("annotations") or {})


def unmarked(item: Json) -> Json:
    """A given Secret as somebody else would have made it; other objects as they are."""
    if not is_given(item):
        return item
    return {**item, "metadata": {name: value for name, value in item["metadata"].items() if name != "annotations"}}


def names(value: t.Any, secret: str) -> bool:
    """Whether a text somewhere in an object is the name of a Secret: who refers to one, resources of any kind do, has it as such."""
    if isinstance(value, dict):
        return any(names(each, secret) for each in value.values())
    if isinstance(value, list):
        return any(names(each, secret) for each in value)
    return bool(value == secret)


def same(client: Client, path: str, item: Json) -> bool:
    """Whether the live Secret has the wanted state; no where we may not read it, so that it is applied again."""
    try:
        live = client.get(path)
    except ApiError as error:
        if error.code in (403, 404):
            return False
        raise
    labels = (live["metadata"].get("labels") or {}).items()
    wanted = item["metadata"].get("labels") or {}
    return bool(live.get("data") == item["data"] and live.get("type") == item["type"] and wanted.items() <= labels)
