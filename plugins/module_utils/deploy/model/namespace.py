# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment's namespace, which packages of old take for granted.

Where the application does not bring it and it is missing, it is created, as the Go bootstrapper did. It is a member then, as all else that
we create: so it is removed with the application, if it is empty. One that somebody else created stays as it is.
"""

from __future__ import annotations

import typing as t

from ...kube.client import ApiError, Client
from .applyset import Inventory

Json = dict[str, t.Any]

COMPONENT = "environment"
"""What the outcome says instead of a component."""
MARK = "kubeflow.bootstrap/created"
"""The annotation of one that we created, which tells it from one that an application brought with labels of its own."""


def added(client: Client, inventory: Inventory, wanted: list[tuple[str, Json]]) -> list[tuple[str, Json]]:
    """The objects of an application (component, object) with its namespace, if that is missing, or was created by an earlier run."""
    name = inventory.namespace
    if not wanted or is_brought(name, (item for _component, item in wanted)):
        return wanted
    existing = live(client, name)
    metadata = (existing or {}).get("metadata") or {}
    if existing is not None and not (inventory.owns(metadata) and MARK in (metadata.get("annotations") or {})):
        return wanted
    return [missing(name), *wanted]


def missing(name: str) -> tuple[str, Json]:
    """The namespace (component, object) as it is created where it is missing."""
    return COMPONENT, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": {MARK: "true"}}}


def is_brought(name: str, items: t.Iterable[Json]) -> bool:
    """Whether a namespace is among the objects of an application."""
    return any(item["kind"] == "Namespace" and item["apiVersion"] == "v1" and item["metadata"].get("name") == name for item in items)


def live(client: Client, name: str) -> Json | None:
    """A live namespace; None where there is none, an empty object where it may not be read."""
    try:
        return client.find(f"/api/v1/namespaces/{name}")
    except ApiError as error:
        if error.code == 403:
            return {}
        raise
