# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment's namespace, which old packages expect to exist.

If it does not exist and the application does not bring it, it is created, as by the Go bootstrapper. It is a member then, and removed
with the application if it is empty. A namespace that somebody else created is not changed.
"""

from __future__ import annotations

import typing as t

from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from .applyset import Inventory

COMPONENT = "environment"
"""What the outcome says instead of a component."""
MARK = "kubeflow.bootstrap/created"
"""The annotation of a namespace that we created, in contrast to one that an application brought."""


def added(client: Client, inventory: Inventory, objects: list[tuple[str, Json]]) -> list[tuple[str, Json]]:
    """The objects of an application (component, object); with its namespace, if that does not exist or an earlier run created it."""
    name = inventory.namespace
    if not objects or is_brought(name, (item for _component, item in objects)):
        return objects
    existing = live(client, name)
    metadata = (existing or {}).get("metadata") or {}
    if existing is not None and not (inventory.owns(metadata) and MARK in (metadata.get("annotations") or {})):
        return objects
    return [missing(name), *objects]


def missing(name: str) -> tuple[str, Json]:
    """The namespace (component, object) to create."""
    return COMPONENT, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": {MARK: "true"}}}


def is_brought(name: str, items: t.Iterable[Json]) -> bool:
    """Whether a namespace is among the objects of an application."""
    return any(item["kind"] == "Namespace" and item["apiVersion"] == "v1" and item["metadata"].get("name") == name for item in items)


def live(client: Client, name: str) -> Json | None:
    """A live namespace; None if it does not exist, an empty object if it may not be read."""
    try:
        return client.find(f"/api/v1/namespaces/{name}")
    except ApiError as error:
        if error.code == 403:
            return {}
        raise
