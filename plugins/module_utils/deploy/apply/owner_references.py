# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects whose owner does not exist: the garbage collector deletes them as soon as they are created.

https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/: an owner is identified by its UID, in the
namespace of its dependent or in none.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...formats.json_object import Json
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.resources import Key, Resource
from ..model.member import Member
from .rejections import INVALID, Refusal


def without_owner(client: Client, members: Iterable[Member], apis: Served) -> dict[Key, Refusal]:
    """The members none of whose owners exists. What may not be read is taken to exist."""
    refused: dict[Key, Refusal] = {}
    owned = [member for member in members if member.item["metadata"].get("ownerReferences")]
    pairs = [(member, owner) for member in owned for owner in member.item["metadata"]["ownerReferences"]]
    reasons: list[str | None] = client.map(lambda each: _missing(client, each[0].key.namespace, each[1], apis), pairs)
    for member in owned:
        missing = [why for (other, _owner), why in zip(pairs, reasons, strict=True) if other is member]
        if all(missing):  # one owner that exists keeps it
            why = f"{'; '.join(filter(None, missing))}, so that the garbage collector would delete it at once"
            refused[member.key] = Refusal(INVALID, why, "Take metadata.ownerReferences out of it.", ("metadata.ownerReferences",))
    return refused


def _missing(client: Client, namespace: str, owner: Json, apis: Served) -> str | None:
    """Why an owner does not exist; ``None`` if it does."""
    version, kind, name = str(owner.get("apiVersion")), str(owner.get("kind")), str(owner.get("name"))
    entry = apis.get(version, {}).get(kind)
    if entry is None:
        return f"its owner is a {kind} of {version}, which the cluster does not serve"
    try:
        live = client.find(Resource(version, entry["resource"], entry["namespaced"]).path(namespace, name), ONE_METADATA)
    except ApiError:
        return None
    if live is None:
        return f"its owner {kind} {name} does not exist"
    uid = str(live["metadata"].get("uid"))
    return None if uid == owner.get("uid") else f"its owner {kind} {name} has the UID {uid}, not {owner.get('uid')}"
