# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster has of the objects that are wanted, and what has to change. Private to the collection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..api import METADATA, ApiError, Client
from ..errors import BootstrapError
from .inventory import Inventory
from .objects import Key, Resource, Resources, digest, key_of, owned_fields

Json = dict[str, t.Any]


@dataclass
class Member:
    """One object on its way. ``action``: ``create``, ``change``, ``leave`` (as we made it) or ``foreign`` (a namespace of others)."""

    key: Key
    component: str
    item: Json
    resource: Resource
    live: Json | None
    action: str

    @property
    def path(self) -> str:
        """Where it is served."""
        return self.resource.path(self.key.namespace, self.key.name)

    @property
    def version(self) -> str | None:
        """The resourceVersion that was listed."""
        return self.live["metadata"]["resourceVersion"] if self.live else None


def compare(client: Client, inventory: Inventory, resources: Resources, wanted: list[tuple[str, Json]]) -> list[Member]:
    """Each object with what has to be done about it, from one list of metadata a kind and namespace.

    Raises ``BootstrapError`` if an object is there already that is not ours.
    """
    members = []
    for component, item in wanted:
        members.append(Member(key_of(item), component, inventory.labelled(item), resources.of(item), None, "create"))
    places = {(member.resource, member.key.namespace) for member in members}
    found: dict[tuple[Resource, str], dict[str, Json]] = dict(client.map(lambda place: (place, _listed(client, *place)), places))
    for member in members:
        member.live = found[member.resource, member.key.namespace].get(member.key.name)
        member.action = _action(inventory, member)
    foreign = [str(member.key) for member in members if member.action == "foreign" and member.key.kind != "Namespace"]
    if foreign:
        raise BootstrapError(
            f"{len(foreign)} objects are there already that this application did not make: "
            f"{', '.join(foreign[:5])}{' …' if len(foreign) > 5 else ''}.",
            fix="Delete them, or choose another namespace (kubeflow_namespace).",
            objects=foreign,
        )
    return members


def _listed(client: Client, resource: Resource, namespace: str) -> dict[str, Json]:
    """Metadata by name; nothing where the kind is not served yet."""
    try:
        return {item["metadata"]["name"]: item for item in client.items(resource.path(namespace), METADATA)}
    except ApiError as error:
        if error.code == 404:
            return {}
        raise


def _action(inventory: Inventory, member: Member) -> str:
    if member.live is None:
        return "create"
    if not inventory.owns(member.live["metadata"]):
        return "foreign"
    same = inventory.members.get(member.key) == (digest(member.item), owned_fields(member.live))
    return "leave" if same else "change"


def stale(client: Client, inventory: Inventory, resources: Resources, wanted: t.Iterable[Key]) -> list[tuple[Key, Resource]]:
    """Members that are no longer wanted, and still there."""
    gone = sorted(inventory.members.keys() - set(wanted))
    served = [(key, resource) for key in gone if (resource := resources.of_kind(key.group, key.kind))]
    ours: list[bool] = client.map(lambda pair: _is_ours(client, inventory, *pair), served)
    return [pair for pair, is_ours in zip(served, ours, strict=True) if is_ours]


def _is_ours(client: Client, inventory: Inventory, key: Key, resource: Resource) -> bool:
    try:
        live = client.get(resource.path(key.namespace, key.name))
    except ApiError as error:
        if error.code == 404:
            return False
        raise
    return inventory.owns(live["metadata"])
