# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live members of an application, and their dependents."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Collection, Iterable, Iterator

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import METADATA, ONE_METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.resources import CRD, MANAGER, Key, Resource, Resources, group_of
from ..graph.object_index import dict_of, dicts_of
from ..model.applyset import PART_OF, Inventory, group_kind, name_of
from ..model.deletion_target import DeletionTarget
from ..status.readiness import conditions
from ..status.unlisted_kinds import declared, unavailable, unserved
from .removal import Removal

_PAGE_OF_DEFINITIONS = 20
"""A CRD may be as large as a megabyte."""
_CERTIFICATE = ("cert-manager.io", "Certificate")
_ACCOUNT_UID = "kubernetes.io/service-account.uid"
GOES_AFTER = f"{MANAGER}/goes-after"
"""An annotation: what programs of the application start in its namespace, and must end before this object is deleted. Pods by labels,
``Pod?NAME=VALUE,NAME=VALUE``, a Lease by its name, ``Lease/NAME``; separated by blanks."""
_ENDED = {"Pod": ("", "Pod"), "Lease": ("coordination.k8s.io", "Lease")}
NOT_APPLIED = ("", "")
"""In the record instead of fingerprints: what controllers created for members and was retained when those were removed."""
COPIES = frozenset({"Event", "Endpoints", "EndpointSlice", "PodMetrics", "Lease", "ControllerRevision"})
"""Kinds that the control plane itself creates and deletes; it copies the labels of a Service to its endpoints."""


class Members:
    """The live members, found as the KEP says: by the parent's group kinds and our label.

    If there is no parent (somebody deleted its namespace), all kinds are searched. ``whole``: complete objects, else without schemas
    and managed fields. ``down``: API versions that are stale in discovery.
    """

    def __init__(self, client: Client, inventory: Inventory, apis: Served, whole: bool, down: Collection[str] = ()) -> None:
        self.targets: list[DeletionTarget] = []
        """Objects with our label, and what was created for members (``NOT_APPLIED``)."""
        self.unseen: dict[str, str] = {}
        """Why recorded objects can't be seen."""
        self.unlisted: dict[str, str] = {}
        """Why kinds can't be listed, by their names."""
        self.unlabelled: list[Key] = []
        """Recorded objects without our label."""
        self._client, self._inventory, self._resources = client, inventory, Resources(apis)
        self._list(self._kinds(apis, down), whole)
        self._look_up_unlisted()

    def _kinds(self, apis: Served, down: Collection[str]) -> list[tuple[str, str, Resource]]:
        """Group, kind and resource of all kinds to search."""
        if not self._inventory.exists:
            self.unlisted.update({version: unavailable(self._client, version) for version in down})
            return [(group, kind, resource) for (group, kind), resource in deletable(apis) if kind not in COPIES]
        pairs = sorted({group_kind(name) for name in self._inventory.group_kinds} | {key[:2] for key in self._inventory.members})
        for pair, why in unserved(self._client, apis, down, pairs).items():
            self.unlisted[name_of(*pair)] = why
            self.unseen.update({str(key): why for key in self._inventory.members if key[:2] == pair})
        return [(group, kind, resource) for group, kind in pairs if (resource := self._resources.of_kind(group, kind))]

    def _list(self, kinds: list[tuple[str, str, Resource]], whole: bool) -> None:
        """Find what carries our label."""
        inventory = self._inventory
        lists: list[list[Json] | BootstrapError] = self._client.map(lambda each: self._labelled(each[2]), kinds)
        for (group, kind, resource), items in zip(kinds, lists, strict=True):
            if isinstance(items, BootstrapError):
                self.unlisted[name_of(group, kind)] = _message(items)
                if not inventory.exists:
                    continue
                items = self._recorded(group, kind, resource)
            for item in items:
                key = Key(group, kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
                if inventory.owns(item["metadata"]) and (key in inventory.members or _applied(item["metadata"])):
                    self.targets.append(DeletionTarget(key, resource, item if whole else _reduced(item)))

    def _look_up_unlisted(self) -> None:
        """Read recorded objects that were not listed by our label."""
        listed_keys = {target.key for target in self.targets}
        unlisted = [
            (key, resource)
            for key in sorted(self._inventory.members.keys() - listed_keys)
            if str(key) not in self.unseen and (resource := self._resources.of_kind(key.group, key.kind))
        ]
        lives: list[Json | None] = self._client.map(lambda each: self._read(*each), unlisted)
        for (key, resource), live in zip(unlisted, lives, strict=True):
            if live and self._inventory.members[key] == NOT_APPLIED:
                self.targets.append(DeletionTarget(key, resource, live, label=False, why="it was made for an object of this application"))
            elif live and not live["metadata"].get("deletionTimestamp"):
                self.unlabelled.append(key)

    def _labelled(self, resource: Resource) -> list[Json] | BootstrapError:
        """One list for the whole cluster; if the user may not list that, one a namespace. The error if the kind can't be listed."""
        selector = f"{PART_OF}={self._inventory.id}"
        refusal: BootstrapError | None = None
        for namespaces in ([""], sorted(self._inventory.namespaces) if resource.namespaced else []):
            try:
                return [item for namespace in namespaces for item in listed(self._client, resource, namespace, labelSelector=selector)]
            except BootstrapError as error:
                refusal = error
                if not isinstance(error, ApiError) or error.code != 403:
                    break
            if not resource.namespaced or not self._inventory.namespaces:
                break
        return t.cast("BootstrapError", refusal)

    def _recorded(self, group: str, kind: str, resource: Resource) -> list[Json]:
        """The members of a kind that may not be listed, each read by its name."""
        keys = [key for key in self._inventory.members if key[:2] == (group, kind)]
        items = self._client.map(lambda key: self._read(key, resource), keys)
        return [{"apiVersion": resource.api_version, "kind": kind, **item} for item in items if item]

    def _read(self, key: Key, resource: Resource) -> Json | None:
        """One object; one that can't be read is noted as unseen."""
        try:
            return self._client.find(resource.path(key.namespace, key.name))
        except BootstrapError as error:
            self.unseen[str(key)] = _message(error)
            return None


def deletable(apis: Served, namespaced_only: bool = False) -> list[tuple[tuple[str, str], Resource]]:
    """Group, kind and resource of all kinds that can be listed and deleted."""
    kinds: dict[tuple[str, str], Resource] = {}
    for version, served_kinds in apis.items():
        for kind, entry in served_kinds.items():
            if {"list", "delete"} <= set(entry["verbs"]) and (entry["namespaced"] or not namespaced_only):
                kinds.setdefault((group_of(version), kind), Resource(version, entry["resource"], entry["namespaced"]))
    return list(kinds.items())


def listed(client: Client, resource: Resource, namespace: str, **params: t.Any) -> Iterator[Json]:
    """All objects of a kind, each with its ``apiVersion`` and ``kind``."""
    if resource.plural == "customresourcedefinitions":
        params["limit"] = _PAGE_OF_DEFINITIONS
    for page in client.pages(resource.path(namespace), **params):
        kind = str(page.get("kind") or "").removesuffix("List")
        for item in page.get("items") or []:
            yield {"apiVersion": resource.api_version, "kind": kind, **item}


def _applied(metadata: Json) -> bool:
    """Whether it was applied as a member: controllers copy labels to objects that they create and own."""
    return not metadata.get("ownerReferences") or any(each.get("manager") == MANAGER for each in metadata.get("managedFields") or [])


def _reduced(item: Json) -> Json:
    """Without large parts that are not needed here."""
    item["metadata"].pop("managedFields", None)
    for version in dicts_of(dict_of(item.get("spec")).get("versions")):
        version.pop("schema", None)
    return item


def _message(error: BootstrapError) -> str:
    return error.status_message if isinstance(error, ApiError) else error.message


# --- dependents of the members


def instances(client: Client, definition: DeletionTarget, is_known: Callable[[Json], bool], whole: bool) -> list[DeletionTarget]:
    """All custom resources of a CRD but those whose metadata ``is_known``; ``whole`` or just metadata.

    Raises ``BootstrapError`` if they can't be listed.
    """
    spec = definition.live["spec"]
    names, versions = spec["names"], [each["name"] for each in spec.get("versions") or [] if each.get("served")]
    if not versions:
        raise BootstrapError(f"{definition.key} serves none of its versions.")
    resource = Resource(f"{spec['group']}/{versions[0]}", names["plural"], spec["scope"] == "Namespaced")
    targets = []
    try:
        items = list(listed(client, resource, "") if whole else client.items(resource.path(""), METADATA))
    except ApiError as error:
        live = client.find(definition.path, ONE_METADATA) if error.code == 404 else definition.live
        exists = live and str(live["metadata"].get("uid")) == definition.uid
        # A CRD that was never established never had custom resources.
        if exists and (error.code != 404 or conditions(definition.live).get("Established", {}).get("status") != "False"):
            raise
        return []
    for item in items:
        metadata = item["metadata"]
        if not is_known(metadata):
            key = Key(spec["group"], names["kind"], metadata.get("namespace") or "", metadata["name"])
            item = {**item, "apiVersion": resource.api_version, "kind": key.kind}
            targets.append(
                DeletionTarget(key, resource, item, label=False, why=f"{definition.key} is deleted, and with it all of its kind")
            )
    return targets


def await_children(removal: Removal, crds: Iterable[DeletionTarget]) -> None:
    """Wait for custom resources whose owners are deleted, before their CRDs are: their controllers must still handle them."""
    for definition in crds:
        try:
            resources = instances(removal.client, definition, lambda metadata: not metadata.get("ownerReferences"), whole=False)
        except BootstrapError as error:
            removal.fail(definition, f"whether there are custom resources of it can't be seen: {error.message}")
            continue
        children = descended([target.live["metadata"] for target in resources], removal.uids)
        removal.await_gone([target for target in resources if target.uid in children])


def contents(client: Client, apis: Served, namespace: str, down: Collection[str] = ()) -> tuple[list[tuple[Key, Json]], list[str]]:
    """Key and metadata of the objects in a namespace without those of the control plane itself; and what can't be seen.

    ``down``: API versions that are stale in discovery.
    """
    kinds = [pair for pair in deletable(apis, namespaced_only=True) if pair[0][1] not in COPIES]

    def ask(resource: Resource) -> list[Json] | BootstrapError:
        try:
            return list(client.items(resource.path(namespace), METADATA))
        except BootstrapError as error:
            return error

    lists: list[list[Json] | BootstrapError] = client.map(ask, [resource for _pair, resource in kinds])
    items, refused = [], {}
    for (pair, _resource), listing in zip(kinds, lists, strict=True):
        if isinstance(listing, BootstrapError):
            refused[pair] = listing
        else:
            items += [(Key(*pair, namespace, item["metadata"]["name"]), item["metadata"]) for item in listing]
    not_found = [pair for pair, error in refused.items() if isinstance(error, ApiError) and error.code == 404 and pair[0]]
    deleted_kinds = set(not_found) - declared(client, not_found).keys()  # with CRDs that were deleted since discovery was read
    hidden = [f"{name_of(*pair)} ({_message(error)})" for pair, error in refused.items() if pair not in deleted_kinds]
    return items, [*hidden, *(f"objects of {version} ({unavailable(client, version)})" for version in down)]


def descended(items: Iterable[Json], uids: set[str]) -> set[str]:
    """UIDs of objects that are deleted with ``uids``: owned by them, directly or not, or tokens of such accounts."""
    by_uid = {str(each.get("uid")): each for each in items}
    deleted = set(uids)
    while True:
        dependents = {uid for uid, each in by_uid.items() if uid not in deleted and _is_deleted_with(each, deleted)}
        if not dependents:
            return deleted - uids
        deleted |= dependents


def _is_deleted_with(metadata: Json, deleted: set[str]) -> bool:
    owners = metadata.get("ownerReferences") or []
    if owners:
        return all(str(owner.get("uid")) in deleted for owner in owners)
    return (metadata.get("annotations") or {}).get(_ACCOUNT_UID) in deleted


def made_for(client: Client, targets: Iterable[DeletionTarget], apis: Served, retained: dict[Key, str]) -> list[DeletionTarget]:
    """Unlabelled objects that controllers created for members, known by their names or by ``GOES_AFTER``.

    PVCs of the templates of a StatefulSet (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage),
    and the Secret of a Certificate (https://cert-manager.io/docs/usage/certificate/). A member for which they can't be read is added to
    ``retained``, as they could not be found without it.
    """
    resources, targets = Resources(apis), list(targets)
    dependents: list[DeletionTarget] = []
    for target in targets:
        try:
            dependents += _made_for(client, target, resources)
        except BootstrapError as error:
            retained[target.key] = f"whether something was made for it can't be seen: {_message(error)}"
    keys = {target.key for target in targets}
    return list({target.key: target for target in dependents if target.key not in keys}.values())


def going_before(client: Client, target: DeletionTarget, resources: Resources) -> Iterator[DeletionTarget]:
    """What must end before an object is deleted (``GOES_AFTER``). Raises ``BootstrapError``."""
    for text in str((target.live["metadata"].get("annotations") or {}).get(GOES_AFTER) or "").split():
        kind, sign, selector = text.partition("?") if "?" in text else text.partition("/")
        pair = _ENDED.get(kind, ("", ""))
        resource = resources.of_kind(*pair)
        if resource is None or not selector:
            continue
        namespace = target.key.namespace
        if sign == "/":
            item = client.find(resource.path(namespace, selector))
            items = [{"apiVersion": resource.api_version, "kind": kind, **item}] if item else []
        else:
            items = list(listed(client, resource, namespace, labelSelector=selector))
        for item in items:
            if not item["metadata"].get("ownerReferences"):
                key = Key(*pair, namespace, item["metadata"]["name"])
                yield DeletionTarget(key, resource, item, label=False, why="a program of this application started it")


def _made_for(client: Client, target: DeletionTarget, resources: Resources) -> Iterator[DeletionTarget]:
    yield from going_before(client, target, resources)
    spec, key = target.live.get("spec") or {}, target.key
    claims, secrets = resources.of_kind("", "PersistentVolumeClaim"), resources.of_kind("", "Secret")
    if key[:2] == ("apps", "StatefulSet") and spec.get("volumeClaimTemplates") and claims:
        names = "|".join(re.escape(each["metadata"]["name"]) for each in spec["volumeClaimTemplates"])
        pattern = re.compile(f"(?:{names})-{re.escape(key.name)}-[0-9]+")
        labels = (spec.get("selector") or {}).get("matchLabels") or {}
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        for item in listed(client, claims, key.namespace, labelSelector=selector or None):
            owners = {str(each.get("uid")) for each in item["metadata"].get("ownerReferences") or []}
            if pattern.fullmatch(item["metadata"]["name"]) and owners <= {target.uid}:  # its own where it is to delete them
                yield _dependent(("", "PersistentVolumeClaim"), claims, item, key)
    if key[:2] == _CERTIFICATE and spec.get("secretName") and secrets:
        secret = client.find(secrets.path(key.namespace, spec["secretName"]))
        made_by = ((secret or {}).get("metadata", {}).get("annotations") or {}).get("cert-manager.io/certificate-name")
        if secret and made_by == key.name and not secret["metadata"].get("ownerReferences"):
            yield _dependent(("", "Secret"), secrets, {"apiVersion": "v1", "kind": "Secret", **secret}, key)


def _dependent(pair: tuple[str, str], resource: Resource, item: Json, owner: Key) -> DeletionTarget:
    key = Key(*pair, item["metadata"].get("namespace") or "", item["metadata"]["name"])
    return DeletionTarget(key, resource, item, label=False, why=f"it was made for {owner}", owner=owner)


def definitions(targets: Iterable[DeletionTarget]) -> list[DeletionTarget]:
    """The CRDs among them."""
    return [target for target in targets if target.key[:2] == CRD]
