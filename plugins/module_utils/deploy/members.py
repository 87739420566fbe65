# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster has of an application, and what hangs on that. Private to the collection."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..api import METADATA, ApiError, Client
from ..discovery import Served
from .inventory import PART_OF, Inventory
from .objects import CRD, MANAGER, Key, Resource, Resources, group_of
from .removal import Removal, Target

Json = dict[str, t.Any]

_PAGE_OF_DEFINITIONS = 20
"""A definition may be as large as a megabyte."""
_CERTIFICATE = ("cert-manager.io", "Certificate")
_ACCOUNT_UID = "kubernetes.io/service-account.uid"
NOT_APPLIED = ("", "")
"""In the record instead of fingerprints: what controllers made for members, and what stayed when those were removed."""
COPIES = frozenset({"Event", "Endpoints", "EndpointSlice", "PodMetrics", "Lease", "ControllerRevision"})
"""Kinds that the control plane makes by itself and takes away again; it gives the endpoints of a Service its labels."""


@dataclass
class Members:
    """``found``: what carries our label; ``unseen``: why kinds could not be listed; ``unlabelled``: recorded, but without our label."""

    found: list[Target] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)
    unlabelled: list[Key] = field(default_factory=list)


def members(client: Client, inventory: Inventory, apis: Served, whole: bool) -> Members:
    """All members, found as the KEP says: by the parent's group kinds and our label.

    Where there is no parent (somebody deleted its namespace), all kinds are looked through. ``whole``: objects as they are, else
    without schemas and managed fields.
    """
    result = Members()
    resources = Resources(apis)
    if inventory.exists:
        pairs = [(name.partition(".")[2], name.partition(".")[0]) for name in sorted(inventory.group_kinds)]
        kinds = [(group, kind, resource) for group, kind in pairs if (resource := resources.of_kind(group, kind))]
    else:
        kinds = [(group, kind, resource) for (group, kind), resource in deletable(apis) if kind not in COPIES]
    lists: list[list[Json] | ApiError] = client.map(lambda each: _labelled(client, inventory, each[2]), kinds)
    for (group, kind, resource), items in zip(kinds, lists, strict=True):
        if isinstance(items, ApiError):
            if inventory.exists:
                items = _recorded(client, inventory, group, kind, resource, result)
            else:
                continue
        for item in items:
            key = Key(group, kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
            if inventory.owns(item["metadata"]) and (key in inventory.members or _applied(item["metadata"])):
                result.found.append(Target(key, resource, item if whole else _reduced(item)))
    seen = {target.key for target in result.found}
    lost = [(key, resource) for key in sorted(inventory.members.keys() - seen) if (resource := resources.of_kind(key.group, key.kind))]
    there: list[Json | None] = client.map(lambda each: client.find(each[1].path(each[0].namespace, each[0].name)), lost)
    for (key, resource), live in zip(lost, there, strict=True):
        if live and inventory.members[key] == NOT_APPLIED:
            result.found.append(Target(key, resource, live, label=False, why="it was made for an object of this application"))
        elif live and not live["metadata"].get("deletionTimestamp"):
            result.unlabelled.append(key)
    return result


def deletable(apis: Served, namespaced_only: bool = False) -> list[tuple[tuple[str, str], Resource]]:
    """Group, kind and resource of all that can be listed and deleted, each kind once."""
    kinds: dict[tuple[str, str], Resource] = {}
    for version, served_kinds in apis.items():
        for kind, entry in served_kinds.items():
            if {"list", "delete"} <= set(entry["verbs"]) and (entry["namespaced"] or not namespaced_only):
                kinds.setdefault((group_of(version), kind), Resource(version, entry["resource"], entry["namespaced"]))
    return list(kinds.items())


def _labelled(client: Client, inventory: Inventory, resource: Resource) -> list[Json] | ApiError:
    """One list for the whole cluster; where the user may not have that, one a namespace. The refusal where neither is allowed."""
    selector = f"{PART_OF}={inventory.id}"
    refusal: ApiError | None = None
    for places in ([""], sorted(inventory.namespaces) if resource.namespaced else []):
        try:
            return [item for place in places for item in listed(client, resource, place, labelSelector=selector)]
        except ApiError as error:
            if error.code != 403:
                raise
            refusal = error
        if not resource.namespaced or not inventory.namespaces:
            break
    return t.cast("ApiError", refusal)


def listed(client: Client, resource: Resource, namespace: str, **params: t.Any) -> Iterator[Json]:
    """All objects of a kind, each with its ``apiVersion`` and ``kind``; none where its definition has just been deleted."""
    if resource.plural == "customresourcedefinitions":
        params["limit"] = _PAGE_OF_DEFINITIONS
    try:
        for page in client.pages(resource.path(namespace), **params):
            kind = str(page.get("kind") or "").removesuffix("List")
            for item in page.get("items") or []:
                yield {"apiVersion": resource.api_version, "kind": kind, **item}
    except ApiError as error:
        if error.code != 404:
            raise


def _applied(metadata: Json) -> bool:
    """Whether it was made as a member: controllers copy labels to what they make, and own that."""
    return not metadata.get("ownerReferences") or any(each.get("manager") == MANAGER for each in metadata.get("managedFields") or [])


def _reduced(item: Json) -> Json:
    """Without what is large and nobody reads here."""
    item["metadata"].pop("managedFields", None)
    for version in (item.get("spec") or {}).get("versions") or []:
        if isinstance(version, dict):
            version.pop("schema", None)
    return item


def _recorded(client: Client, inventory: Inventory, group: str, kind: str, resource: Resource, result: Members) -> list[Json]:
    """The members of a kind that may not be listed, each asked for by its name."""
    keys = [key for key in inventory.members if key[:2] == (group, kind)]

    def ask(key: Key) -> Json | None:
        try:
            return client.find(resource.path(key.namespace, key.name))
        except ApiError as error:
            result.unseen[str(key)] = error.said
            return None

    return [{"apiVersion": resource.api_version, "kind": kind, **item} for item in client.map(ask, keys) if item]


# --- what hangs on the members


def instances(client: Client, definition: Target, known: Callable[[Json], bool], whole: bool) -> list[Target]:
    """All custom resources of a definition but those that are ``known`` by their metadata; ``whole`` or just metadata.

    Raises ``ApiError`` where they can't be listed.
    """
    spec = definition.live["spec"]
    names, versions = spec["names"], [each["name"] for each in spec.get("versions") or [] if each.get("served")]
    if not versions:
        return []
    resource = Resource(f"{spec['group']}/{versions[0]}", names["plural"], spec["scope"] == "Namespaced")
    found = []
    for item in listed(client, resource, "") if whole else _metadata(client, resource, ""):
        metadata = item["metadata"]
        if not known(metadata):
            key = Key(spec["group"], names["kind"], metadata.get("namespace") or "", metadata["name"])
            item = {**item, "apiVersion": resource.api_version, "kind": key.kind}
            found.append(Target(key, resource, item, label=False, why=f"{definition.key} goes, and with it all of its kind"))
    return found


def await_children(removal: Removal, defined: Iterable[Target]) -> None:
    """Wait for custom resources that go with what is gone, before their definitions are deleted: their controllers must see to them."""
    for definition in defined:
        those = instances(removal.client, definition, lambda metadata: not metadata.get("ownerReferences"), whole=False)
        children = descended([target.live["metadata"] for target in those], removal.uids)
        removal.await_gone([target for target in those if target.uid in children])


def _metadata(client: Client, resource: Resource, namespace: str) -> Iterator[Json]:
    try:
        yield from client.items(resource.path(namespace), METADATA)
    except ApiError as error:
        if error.code != 404:
            raise


def contents(client: Client, apis: Served, namespace: str) -> tuple[list[tuple[Key, Json]], list[str]]:
    """Key and metadata of all that is in a namespace, but for what the control plane makes by itself; and what can't be seen."""
    kinds = [pair for pair in deletable(apis, namespaced_only=True) if pair[0][1] not in COPIES]

    def ask(resource: Resource) -> list[Json] | ApiError:
        try:
            return list(_metadata(client, resource, namespace))
        except ApiError as error:
            return error

    lists: list[list[Json] | ApiError] = client.map(ask, [resource for _pair, resource in kinds])
    found, hidden = [], []
    for ((group, kind), _resource), items in zip(kinds, lists, strict=True):
        if isinstance(items, ApiError):
            hidden.append(f"{kind}.{group}" if group else kind)
        else:
            found += [(Key(group, kind, namespace, item["metadata"]["name"]), item["metadata"]) for item in items]
    return found, hidden


def descended(items: Iterable[Json], uids: set[str]) -> set[str]:
    """UIDs of those metadata that go with what has one of ``uids``: owned by it, or by what is, or the token of such an account."""
    left = {str(each.get("uid")): each for each in items}
    gone = set(uids)
    while True:
        more = {uid for uid, each in left.items() if uid not in gone and _goes(each, gone)}
        if not more:
            return gone - uids
        gone |= more


def _goes(metadata: Json, gone: set[str]) -> bool:
    owners = metadata.get("ownerReferences") or []
    if owners:
        return all(str(owner.get("uid")) in gone for owner in owners)
    return (metadata.get("annotations") or {}).get(_ACCOUNT_UID) in gone


def made_for(client: Client, targets: Iterable[Target], apis: Served) -> list[Target]:
    """What controllers made for members by a name that follows from them, without an owner or our label.

    Claims of the templates of a StatefulSet (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage),
    and the Secret of a Certificate (https://cert-manager.io/docs/usage/certificate/).
    """
    resources = Resources(apis)
    claims, secrets = resources.of_kind("", "PersistentVolumeClaim"), resources.of_kind("", "Secret")
    found: list[Target] = []
    for target in targets:
        spec, key = target.live.get("spec") or {}, target.key
        if key[:2] == ("apps", "StatefulSet") and spec.get("volumeClaimTemplates") and claims:
            names = "|".join(re.escape(each["metadata"]["name"]) for each in spec["volumeClaimTemplates"])
            wanted = re.compile(f"(?:{names})-{re.escape(key.name)}-[0-9]+")
            labels = (spec.get("selector") or {}).get("matchLabels") or {}
            selector = ",".join(f"{name}={value}" for name, value in labels.items())
            for item in listed(client, claims, key.namespace, labelSelector=selector or None):
                if wanted.fullmatch(item["metadata"]["name"]) and not item["metadata"].get("ownerReferences"):
                    found.append(_made(("", "PersistentVolumeClaim"), claims, item, key))
        if key[:2] == _CERTIFICATE and spec.get("secretName") and secrets:
            secret = client.find(secrets.path(key.namespace, spec["secretName"]))
            made_by = ((secret or {}).get("metadata", {}).get("annotations") or {}).get("cert-manager.io/certificate-name")
            if secret and made_by == key.name and not secret["metadata"].get("ownerReferences"):
                found.append(_made(("", "Secret"), secrets, {"apiVersion": "v1", "kind": "Secret", **secret}, key))
    known = {target.key for target in targets}
    return [target for target in found if target.key not in known]


def _made(pair: tuple[str, str], resource: Resource, item: Json, owner: Key) -> Target:
    key = Key(*pair, item["metadata"].get("namespace") or "", item["metadata"]["name"])
    return Target(key, resource, item, label=False, why=f"it was made for {owner}")


def definitions(targets: Iterable[Target]) -> list[Target]:
    """Those that are definitions."""
    return [target for target in targets if target.key[:2] == CRD]
