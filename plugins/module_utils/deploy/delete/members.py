# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster has of an application, and what hangs on that."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ...kube.client import METADATA, ONE_METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.resources import CRD, MANAGER, Key, Resource, Resources, group_of
from ..graph.object_index import dict_of, dicts_of
from ..model.applyset import PART_OF, Inventory, group_kind, name_of
from ..model.deletion_target import DeletionTarget
from ..status.readiness import conditions
from ..status.unlisted_kinds import declared, unavailable, unserved
from .removal import Removal

Json = dict[str, t.Any]

_PAGE_OF_DEFINITIONS = 20
"""A CRD may be as large as a megabyte."""
_CERTIFICATE = ("cert-manager.io", "Certificate")
_ACCOUNT_UID = "kubernetes.io/service-account.uid"
GOES_AFTER = f"{MANAGER}/goes-after"
"""An annotation: what the programs of an application started in its namespace, and is to end before this object goes. Pods by labels,
``Pod?NAME=VALUE,NAME=VALUE``, a Lease by its name, ``Lease/NAME``; several with blanks between them."""
_ENDED = {"Pod": ("", "Pod"), "Lease": ("coordination.k8s.io", "Lease")}
NOT_APPLIED = ("", "")
"""In the record instead of fingerprints: what controllers made for members, and what stayed when those were removed."""
COPIES = frozenset({"Event", "Endpoints", "EndpointSlice", "PodMetrics", "Lease", "ControllerRevision"})
"""Kinds that the control plane makes by itself and takes away again; it gives the endpoints of a Service its labels."""


@dataclass
class Members:
    """``found``: what carries our label; ``unlabelled``: recorded, but without our label.

    ``unseen``: why recorded objects can't be seen; ``unlisted``: why kinds could not be looked through, by their names.
    """

    found: list[DeletionTarget] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)
    unlabelled: list[Key] = field(default_factory=list)


def members(client: Client, inventory: Inventory, apis: Served, whole: bool, down: Collection[str] = ()) -> Members:
    """All members, found as the KEP says: by the parent's group kinds and our label.

    Where there is no parent (somebody deleted its namespace), all kinds are looked through. ``whole``: objects as they are, else
    without schemas and managed fields. ``down``: API versions that are stale in discovery.
    """
    result = Members()
    resources = Resources(apis)
    if inventory.exists:
        pairs = sorted({group_kind(name) for name in inventory.group_kinds} | {key[:2] for key in inventory.members})
        kinds = [(group, kind, resource) for group, kind in pairs if (resource := resources.of_kind(group, kind))]
        for pair, why in unserved(client, apis, down, pairs).items():
            result.unlisted[name_of(*pair)] = why
            result.unseen.update({str(key): why for key in inventory.members if key[:2] == pair})
    else:
        kinds = [(group, kind, resource) for (group, kind), resource in deletable(apis) if kind not in COPIES]
        result.unlisted.update({version: unavailable(client, version) for version in down})
    lists: list[list[Json] | BootstrapError] = client.map(lambda each: _labelled(client, inventory, each[2]), kinds)
    for (group, kind, resource), items in zip(kinds, lists, strict=True):
        if isinstance(items, BootstrapError):
            result.unlisted[name_of(group, kind)] = _said(items)
            if not inventory.exists:
                continue
            items = _recorded(client, inventory, group, kind, resource, result)
        for item in items:
            key = Key(group, kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
            if inventory.owns(item["metadata"]) and (key in inventory.members or _applied(item["metadata"])):
                result.found.append(DeletionTarget(key, resource, item if whole else _reduced(item)))
    seen = {target.key for target in result.found}
    lost = [(key, resource) for key in sorted(inventory.members.keys() - seen) if (resource := resources.of_kind(key.group, key.kind))]
    lost = [(key, resource) for key, resource in lost if str(key) not in result.unseen]
    there = client.map(lambda each: _find(client, *each, result), lost)
    for (key, resource), live in zip(lost, there, strict=True):
        if live and inventory.members[key] == NOT_APPLIED:
            result.found.append(DeletionTarget(key, resource, live, label=False, why="it was made for an object of this application"))
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


def _labelled(client: Client, inventory: Inventory, resource: Resource) -> list[Json] | BootstrapError:
    """One list for the whole cluster; where the user may not have that, one a namespace. The error where the kind can't be listed."""
    selector = f"{PART_OF}={inventory.id}"
    refusal: BootstrapError | None = None
    for places in ([""], sorted(inventory.namespaces) if resource.namespaced else []):
        try:
            return [item for place in places for item in listed(client, resource, place, labelSelector=selector)]
        except BootstrapError as error:
            refusal = error
            if not isinstance(error, ApiError) or error.code != 403:
                break
        if not resource.namespaced or not inventory.namespaces:
            break
    return t.cast("BootstrapError", refusal)


def listed(client: Client, resource: Resource, namespace: str, **params: t.Any) -> Iterator[Json]:
    """All objects of a kind, each with its ``apiVersion`` and ``kind``."""
    if resource.plural == "customresourcedefinitions":
        params["limit"] = _PAGE_OF_DEFINITIONS
    for page in client.pages(resource.path(namespace), **params):
        kind = str(page.get("kind") or "").removesuffix("List")
        for item in page.get("items") or []:
            yield {"apiVersion": resource.api_version, "kind": kind, **item}


def _applied(metadata: Json) -> bool:
    """Whether it was made as a member: controllers copy labels to what they make, and own that."""
    return not metadata.get("ownerReferences") or any(each.get("manager") == MANAGER for each in metadata.get("managedFields") or [])


def _reduced(item: Json) -> Json:
    """Without what is large and nobody reads here."""
    item["metadata"].pop("managedFields", None)
    for version in dicts_of(dict_of(item.get("spec")).get("versions")):
        version.pop("schema", None)
    return item


def _recorded(client: Client, inventory: Inventory, group: str, kind: str, resource: Resource, result: Members) -> list[Json]:
    """The members of a kind that may not be listed, each asked for by its name."""
    keys = [key for key in inventory.members if key[:2] == (group, kind)]

    items = client.map(lambda key: _find(client, key, resource, result), keys)
    return [{"apiVersion": resource.api_version, "kind": kind, **item} for item in items if item]


def _find(client: Client, key: Key, resource: Resource, result: Members) -> Json | None:
    """One object; one that can't be read is noted in ``result.unseen``."""
    try:
        return client.find(resource.path(key.namespace, key.name))
    except BootstrapError as error:
        result.unseen[str(key)] = _said(error)
        return None


def _said(error: BootstrapError) -> str:
    return error.said if isinstance(error, ApiError) else error.message


# --- what hangs on the members


def instances(client: Client, definition: DeletionTarget, known: Callable[[Json], bool], whole: bool) -> list[DeletionTarget]:
    """All custom resources of a CRD but those that are ``known`` by their metadata; ``whole`` or just metadata.

    Raises ``BootstrapError`` where they can't be listed.
    """
    spec = definition.live["spec"]
    names, versions = spec["names"], [each["name"] for each in spec.get("versions") or [] if each.get("served")]
    if not versions:
        raise BootstrapError(f"{definition.key} serves none of its versions.")
    resource = Resource(f"{spec['group']}/{versions[0]}", names["plural"], spec["scope"] == "Namespaced")
    found = []
    try:
        items = list(listed(client, resource, "") if whole else client.items(resource.path(""), METADATA))
    except ApiError as error:
        live = client.find(definition.path, ONE_METADATA) if error.code == 404 else definition.live
        exists = live and str(live["metadata"].get("uid")) == definition.uid
        # What was never established never had custom resources.
        if exists and (error.code != 404 or conditions(definition.live).get("Established", {}).get("status") != "False"):
            raise
        return []
    for item in items:
        metadata = item["metadata"]
        if not known(metadata):
            key = Key(spec["group"], names["kind"], metadata.get("namespace") or "", metadata["name"])
            item = {**item, "apiVersion": resource.api_version, "kind": key.kind}
            found.append(DeletionTarget(key, resource, item, label=False, why=f"{definition.key} goes, and with it all of its kind"))
    return found


def await_children(removal: Removal, defined: Iterable[DeletionTarget]) -> None:
    """Wait for custom resources that go with what is gone, before their CRDs are deleted: their controllers must see to them."""
    for definition in defined:
        try:
            those = instances(removal.client, definition, lambda metadata: not metadata.get("ownerReferences"), whole=False)
        except BootstrapError as error:
            removal.fail(definition, f"whether there are custom resources of it can't be seen: {error.message}")
            continue
        children = descended([target.live["metadata"] for target in those], removal.uids)
        removal.await_gone([target for target in those if target.uid in children])


def contents(client: Client, apis: Served, namespace: str, down: Collection[str] = ()) -> tuple[list[tuple[Key, Json]], list[str]]:
    """Key and metadata of all that is in a namespace, but for what the control plane makes by itself; and what can't be seen.

    ``down``: API versions that are stale in discovery.
    """
    kinds = [pair for pair in deletable(apis, namespaced_only=True) if pair[0][1] not in COPIES]

    def ask(resource: Resource) -> list[Json] | BootstrapError:
        try:
            return list(client.items(resource.path(namespace), METADATA))
        except BootstrapError as error:
            return error

    lists: list[list[Json] | BootstrapError] = client.map(ask, [resource for _pair, resource in kinds])
    found, refused = [], {}
    for (pair, _resource), items in zip(kinds, lists, strict=True):
        if isinstance(items, BootstrapError):
            refused[pair] = items
        else:
            found += [(Key(*pair, namespace, item["metadata"]["name"]), item["metadata"]) for item in items]
    not_found = [pair for pair, error in refused.items() if isinstance(error, ApiError) and error.code == 404 and pair[0]]
    gone = set(not_found) - declared(client, not_found).keys()  # with CRDs that were deleted since discovery was read
    hidden = [f"{name_of(*pair)} ({_said(error)})" for pair, error in refused.items() if pair not in gone]
    return found, [*hidden, *(f"objects of {version} ({unavailable(client, version)})" for version in down)]


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


def made_for(client: Client, targets: Iterable[DeletionTarget], apis: Served, kept: dict[Key, str]) -> list[DeletionTarget]:
    """What controllers made for members by a name that follows from them, or that these tell (``GOES_AFTER``), without our label.

    PVCs of the templates of a StatefulSet (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage),
    and the Secret of a Certificate (https://cert-manager.io/docs/usage/certificate/). A member of which that can't be seen is added to
    ``kept``: when it is gone, nobody finds what was made for it.
    """
    resources, targets = Resources(apis), list(targets)
    found: list[DeletionTarget] = []
    for target in targets:
        try:
            found += _made_for(client, target, resources)
        except BootstrapError as error:
            kept[target.key] = f"whether something was made for it can't be seen: {_said(error)}"
    known = {target.key for target in targets}
    return list({target.key: target for target in found if target.key not in known}.values())


def going_before(client: Client, target: DeletionTarget, resources: Resources) -> Iterator[DeletionTarget]:
    """What an object says is to end before it goes, as ``GOES_AFTER`` has it. Raises ``BootstrapError``."""
    for text in str((target.live["metadata"].get("annotations") or {}).get(GOES_AFTER) or "").split():
        kind, sign, which = text.partition("?") if "?" in text else text.partition("/")
        pair = _ENDED.get(kind, ("", ""))
        resource = resources.of_kind(*pair)
        if resource is None or not which:
            continue
        place = target.key.namespace
        if sign == "/":
            item = client.find(resource.path(place, which))
            items = [{"apiVersion": resource.api_version, "kind": kind, **item}] if item else []
        else:
            items = list(listed(client, resource, place, labelSelector=which))
        for item in items:
            if not item["metadata"].get("ownerReferences"):
                key = Key(*pair, place, item["metadata"]["name"])
                yield DeletionTarget(key, resource, item, label=False, why="a program of this application started it")


def _made_for(client: Client, target: DeletionTarget, resources: Resources) -> Iterator[DeletionTarget]:
    yield from going_before(client, target, resources)
    spec, key = target.live.get("spec") or {}, target.key
    claims, secrets = resources.of_kind("", "PersistentVolumeClaim"), resources.of_kind("", "Secret")
    if key[:2] == ("apps", "StatefulSet") and spec.get("volumeClaimTemplates") and claims:
        names = "|".join(re.escape(each["metadata"]["name"]) for each in spec["volumeClaimTemplates"])
        wanted = re.compile(f"(?:{names})-{re.escape(key.name)}-[0-9]+")
        labels = (spec.get("selector") or {}).get("matchLabels") or {}
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        for item in listed(client, claims, key.namespace, labelSelector=selector or None):
            owners = {str(each.get("uid")) for each in item["metadata"].get("ownerReferences") or []}
            if wanted.fullmatch(item["metadata"]["name"]) and owners <= {target.uid}:  # its own where it is to delete them
                yield _made(("", "PersistentVolumeClaim"), claims, item, key)
    if key[:2] == _CERTIFICATE and spec.get("secretName") and secrets:
        secret = client.find(secrets.path(key.namespace, spec["secretName"]))
        made_by = ((secret or {}).get("metadata", {}).get("annotations") or {}).get("cert-manager.io/certificate-name")
        if secret and made_by == key.name and not secret["metadata"].get("ownerReferences"):
            yield _made(("", "Secret"), secrets, {"apiVersion": "v1", "kind": "Secret", **secret}, key)


def _made(pair: tuple[str, str], resource: Resource, item: Json, owner: Key) -> DeletionTarget:
    key = Key(*pair, item["metadata"].get("namespace") or "", item["metadata"]["name"])
    return DeletionTarget(key, resource, item, label=False, why=f"it was made for {owner}", owner=owner)


def definitions(targets: Iterable[DeletionTarget]) -> list[DeletionTarget]:
    """Those that are CRDs."""
    return [target for target in targets if target.key[:2] == CRD]
