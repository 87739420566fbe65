# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster has of the desired objects, and what has to change.

Known members cost one list of metadata a kind, however many there are; whole objects are read only of those that others manage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import METADATA, ONE_METADATA, ApiError, Client
from ...kube.object_shapes import BUILT_IN
from ...kube.resources import CRD, MANAGER, Key, Resources, digest, key_of, owned_fields
from ..model.applyset import PART_OF, Inventory, group_kind
from ..model.managed_fields import LAST_APPLIED, Rewrite, former
from ..model.member import Member, StaleMember
from ..model.supplied_secrets import NO_FINGERPRINT, is_supplied, same, unmarked
from ..status.unlisted_kinds import declared
from .autoscaling import autoscaled, leaving, parted
from .equality import contained, no_more_entries
from .field_managers import changed_by, owner

Kind = tuple[str, str]
"""API group and kind."""

_FEW = 3
"""At most so many objects of a kind and namespace are read one by one instead of listed with all others there."""
_DEFINITIONS = 40
"""CRDs a page. Those that kubectl applied contain a copy of themselves in an annotation, 250 KB each; a page costs the server 50 ms."""
_OWNED, _DRIFT, _REWRITTEN, _SHARED = "owned", "drift", "rewritten", "shared"
_NAMESPACE = ("", "Namespace")


class Comparison:
    """Compares an application's objects with the cluster. Fills ``inventory.listed``, ``unseen`` and ``adopting``."""

    def __init__(self, client: Client, inventory: Inventory, resources: Resources) -> None:
        self._client, self._inventory, self._resources = client, inventory, resources

    def members(self, desired: list[tuple[str, Json]], adopt: bool = False, prune_later: bool = False) -> list[Member]:
        """Each object (component, object) with what has to be done about it. ``prune_later``: what leaves the application still works.

        Raises ``BootstrapError``, which names them all, if objects already exist that others manage; not if these contain all that is
        desired, nor for namespaces, nor with ``adopt``.
        """
        inventory = self._inventory
        inventory.adopting = adopt or inventory.outdated
        members = self._desired_members(desired, prune_later)
        self._list({key[:2] for key in members if key in inventory.members}, members)
        unknown = []
        for member in members.values():
            member.live = inventory.listed.get(member.key[:2], {}).get(member.key)
            if member.live is None:
                unknown.append(member)
        namespaces = [member for member in unknown if member.key[:2] == _NAMESPACE]
        self._read_unlisted(namespaces)
        # A namespace that does not exist is empty.
        missing = {member.key.name for member in namespaces if member.live is None}
        self._read_unlisted([member for member in unknown if member.key[:2] != _NAMESPACE and member.key.namespace not in missing])
        for member in members.values():
            member.action, member.why = self._action(member, missing)
            if member.action == "take-over":
                member.rewrite = _rewrite(member, "all")
            elif member.action == "change" and member.live and member.live.get(_REWRITTEN):
                member.rewrite = _rewrite(member, "appliers" if inventory.adopting else "")
        self._resolve_foreign([member for member in members.values() if member.action == "foreign"], adopt)
        self._compare_secrets([member for member in members.values() if member.action == "leave" and is_supplied(member.item)])
        return list(members.values())

    def stale(self, desired: Iterable[Key]) -> list[StaleMember]:
        """Live members that are no longer desired: objects with our label, of the kinds that the ApplySet contains.

        So also what a run applied that was killed before it could record it; but not what inherited the label from a member, as the
        endpoints of a Service do. Kinds that can't be listed are noted in ``inventory.unseen``.
        """
        inventory = self._inventory
        if not inventory.exists:
            return []
        kinds = {group_kind(name) for name in inventory.group_kinds} | {key[:2] for key in inventory.members}
        self._list(kinds, optional=True)
        desired_keys = set(desired)
        stale: list[StaleMember] = []
        for kind in sorted(kinds):
            resource = self._resources.of_kind(*kind)
            keys = [key for key, live in inventory.listed[kind].items() if key not in desired_keys and self._is_member(key, live)]
            stale += [(key, resource) for key in sorted(keys) if resource]
        return stale

    def _desired_members(self, desired: list[tuple[str, Json]], prune_later: bool) -> dict[Key, Member]:
        scaled = autoscaled(item for _component, item in desired)
        keys = {key_of(item) for _component, item in desired}
        released = autoscaled(leaving(self._client, self._inventory, self._resources, keys))
        if prune_later:
            scaled, released = scaled | released, set()
        members = {}
        for component, item in desired:
            key = key_of(item)
            initial: Json = {}
            if key in scaled:
                item, initial = parted(item)
            resource = self._resources.of(item)
            members[key] = Member(key, component, self._inventory.labelled(item), resource, None, "create", initial=initial)
            members[key].released = key in released and "replicas" in (item.get("spec") or {})
        return members

    def _list(self, kinds: Iterable[Kind], desired: dict[Key, Member] | None = None, optional: bool = False) -> None:
        """List what carries our label of these kinds, unless it was already, into ``inventory.listed``.

        ``optional``: no object of these kinds is desired, so that one which can't be listed is noted in ``inventory.unseen``.
        """

        def attempt(kind: Kind) -> dict[Key, Json]:
            try:
                return self._listed(kind, desired or {}, optional)
            except BootstrapError as error:
                not_found = isinstance(error, ApiError) and error.code == 404  # the kind has just been deleted
                if not_found and not (optional and (kind[0] in BUILT_IN or declared(self._client, [kind]))):
                    return {}
                if not optional:
                    raise
                why = error.status_message if isinstance(error, ApiError) else error.message
                self._inventory.unseen[kind] = f"it can't be listed: {why}"
                return {}

        todo = sorted(set(kinds) - self._inventory.listed.keys())
        self._inventory.listed.update(zip(todo, self._client.map(attempt, todo), strict=True))

    def _listed(self, kind: Kind, desired: dict[Key, Member], optional: bool) -> dict[Key, Json]:
        """One list of a kind; if the user may not list all namespaces, one a namespace of the ApplySet; if he may not list these
        either, what is recorded is read by name. A kind that is not served has none.
        """
        inventory, resource = self._inventory, self._resources.of_kind(*kind)
        if resource is None:
            return {}
        selector = f"{PART_OF}={inventory.id}"
        recorded = [key for key in inventory.members if key[:2] == kind]
        own = sorted(inventory.namespaces | {key.namespace for key in recorded}) if resource.namespaced else []
        refused: ApiError | None = None
        for namespaces in filter(None, ([""], own)):
            try:
                pages = [self._pages(kind, namespace, desired, labelSelector=selector) for namespace in namespaces]
                return {key: live for page in pages for key, live in page}
            except ApiError as error:
                if error.code != 403:
                    raise
                refused = error
        if optional and refused:
            raise refused
        items = ((key, self._client.find(resource.path(key.namespace, key.name), ONE_METADATA)) for key in recorded)
        labelled = ((key, item["metadata"]) for key, item in items if item and inventory.owns(item["metadata"]))
        return {key: self._reduced(metadata, desired.get(key)) for key, metadata in labelled}

    def _read_unlisted(self, members: list[Member]) -> None:
        """Fill in what the cluster has of objects that were not among the listed members.

        A few are read by name, as a user who may not list may still get; so are all if a list is refused.
        """
        groups: dict[tuple[str, str, str], dict[Key, Member]] = {}
        for member in members:
            groups.setdefault(member.key[:3], {})[member.key] = member
        # The CRDs of other kinds are still to be applied.
        served = {group: resource for group in groups if (resource := self._resources.of_kind(*group[:2]))}

        def read_one(member: Member) -> None:
            item = self._client.find(served[member.key[:3]].path(member.key.namespace, member.key.name), ONE_METADATA)
            member.live = self._reduced(item["metadata"], member) if item else None

        def read_list(group: tuple[str, str, str]) -> bool:
            """False if the user may not list."""
            try:
                for key, live in self._pages(group[:2], group[2], groups[group]):
                    if key in groups[group]:
                        groups[group][key].live = live
            except ApiError as error:
                if error.code not in (403, 404):
                    raise
                return error.code != 403
            return True

        many = [group for group in served if len(groups[group]) > _FEW]
        refused = {group for group, listed in zip(many, self._client.map(read_list, many), strict=True) if not listed}
        self._client.map(
            read_one, [member for group in served if group in refused or group not in many for member in groups[group].values()]
        )

    def _pages(self, kind: Kind, namespace: str, desired: dict[Key, Member], **selector: str) -> Iterator[tuple[Key, Json]]:
        """Metadata by key, each page reduced before the next one is parsed."""
        resource = self._resources.of_kind(*kind)
        if resource is None:
            return
        limit = {"limit": _DEFINITIONS} if kind == CRD else {}
        for item in self._client.items(resource.path(namespace), METADATA, **limit, **selector):
            key = Key(*kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
            yield key, self._reduced(item["metadata"], desired.get(key))

    def _reduced(self, metadata: Json, member: Member | None) -> Json:
        """Metadata without ``fieldsV1``, with the fingerprint of what we own, who changed that, and who shares it."""
        owned = owned_fields({"metadata": metadata})
        managed = metadata.get("managedFields") or []
        annotations = metadata.get("annotations") or {}
        live: Json = {
            "metadata": {
                **metadata,
                "managedFields": [{name: value for name, value in entry.items() if name != "fieldsV1"} for entry in managed],
                "annotations": {**annotations, LAST_APPLIED: ""} if LAST_APPLIED in annotations else annotations,
            },
            _OWNED: owned,
        }
        if member:
            recorded = self._inventory.members.get(member.key)
            live[_DRIFT] = changed_by(member.item, managed) if recorded and recorded[1] != owned else None
        if member and owned:
            adopt = "appliers" if self._inventory.adopting else ""
            live[_REWRITTEN] = _rewrite(member, adopt)(metadata, member.item["apiVersion"]) is not managed
            live[_SHARED] = sorted({str(entry["manager"]) for entry in former(metadata, adopt)}) if adopt else []
        return live

    def _action(self, member: Member, missing: set[str]) -> tuple[str, str | None]:
        if member.live is None:
            return ("leave" if member.key.namespace not in missing and self._has_run(member) else "create"), None
        metadata = member.live["metadata"]
        if not self._inventory.owns(metadata):
            return self._action_unlabelled(member)
        if metadata.get("deletionTimestamp"):
            return "change", "it is being deleted"
        if self._inventory.taken_over and not member.live[_OWNED]:
            return "take-over", None
        applied, owned = self._inventory.members.get(member.key, ("", ""))
        if owned != member.live[_OWNED] and owned:
            return "change", member.live.get(_DRIFT)
        if member.live.get(_SHARED):
            return "change", f"fields of it are also managed by {', '.join(member.live[_SHARED])}"
        return ("leave" if applied == fingerprint(member.item) and owned else "change"), None

    def _has_run(self, member: Member) -> bool:
        """Whether it is a Job that we applied in this form, and that Kubernetes deleted after it had finished, as its TTL says."""
        applied, owned = self._inventory.members.get(member.key, ("", ""))
        return bool(owned) and applied == fingerprint(member.item) and is_deleted_when_finished(member.key, member.item)

    def _action_unlabelled(self, member: Member) -> tuple[str, str | None]:
        """Ours, if it is recorded and our manager still owns fields: others removed the label. The default account has no owner at all."""
        owned = (member.live or {}).get(_OWNED)
        if member.key in self._inventory.members and owned and PART_OF not in (member.metadata.get("labels") or {}):
            return "change", "others removed its label applyset.kubernetes.io/part-of"
        if member.key[:2] == ("", "ServiceAccount") and member.key.name == "default" and owner(member.metadata) == "somebody":
            return "change", None
        return "foreign", None

    def _is_member(self, key: Key, live: Json) -> bool:
        if key in self._inventory.members or live[_OWNED]:
            return True
        derived = any(each.get("controller") for each in live["metadata"].get("ownerReferences") or [])
        return self._inventory.taken_over and not derived and key.kind != "Endpoints"

    def _compare_secrets(self, members: list[Member]) -> None:
        """No fingerprint of these is recorded, so their values are compared."""
        for member, is_same in zip(members, self._client.map(lambda each: same(self._client, each.path, each.item), members), strict=True):
            if not is_same:
                member.action = "change"

    def _resolve_foreign(self, members: list[Member], adopt: bool) -> None:
        """Take over objects that others manage, leave them alone, or refuse them."""
        if adopt:
            for member in members:
                member.action, member.why = "take-over", f"it was managed by {owner(member.metadata)}"
                member.rewrite = _rewrite(member, "all")
            return
        fits: list[bool] = self._client.map(lambda member: member.key.kind == "Namespace" or _contains(self._client, member), members)
        refused = {}
        for member, is_fitting in zip(members, fits, strict=True):
            manager = owner(member.metadata)
            if is_fitting:
                member.why = f"managed by {manager}" + (
                    "" if member.key.kind == "Namespace" else ", and already as this application wants it"
                )
            else:
                refused[str(member.key)] = manager
        if refused:
            count = "1 object already exists and is" if len(refused) == 1 else f"{len(refused)} objects already exist and are"
            raise BootstrapError(
                f"{count} not managed by this application: {', '.join(f'{key} ({manager})' for key, manager in refused.items())}.",
                fix="Delete them, choose another namespace (kubeflow_namespace), or adopt them: kubeflow_adopt=true.",
                objects=list(refused),
                owners=refused,
            )


def fingerprint(item: Json) -> str:
    """What is recorded of a desired object; nothing of the values of a Secret that is not in the application."""
    return NO_FINGERPRINT if is_supplied(item) else digest(item)


def is_deleted_when_finished(key: Key, item: Json) -> bool:
    """Whether it is a Job with a TTL. A suspended one never finishes."""
    spec = item.get("spec")
    if key[:2] != ("batch", "Job") or not isinstance(spec, dict):
        return False
    return spec.get("ttlSecondsAfterFinished") is not None and not spec.get("suspend")


def _rewrite(member: Member, adopt: str) -> Rewrite:
    return Rewrite(adopt, autoscaled=bool(member.initial), released=member.released)


def _contains(client: Client, member: Member) -> bool:
    """Whether the live object contains all that is desired; False if the user may not read it."""
    try:
        live = client.get(member.path)
    except ApiError as error:
        if error.code in (403, 404):
            return False
        raise
    # The status that controller-gen writes into a CRD does not count: an update keeps the live one.
    item = {name: value for name, value in unmarked(member.item).items() if name != "status"}
    labels = {name: value for name, value in item["metadata"]["labels"].items() if name != PART_OF}
    desired = {**item, "metadata": {**item["metadata"], "labels": labels}}
    return contained(desired, live) or (no_more_entries(desired, live) and _stays_the_same(client, member, desired, live))


def _stays_the_same(client: Client, member: Member, desired: Json, live: Json) -> bool:
    """Whether a dry run would change nothing; False if it fails."""
    if not desired["metadata"]["labels"]:
        desired = {**desired, "metadata": {name: value for name, value in desired["metadata"].items() if name != "labels"}}
    try:
        answer = client.apply(member.path, desired, MANAGER, force=True, dry_run=True)
    except ApiError:
        return False
    return _content(answer) == _content(live)


def _content(item: Json) -> Json:
    """An object without the fields that the server sets at every write."""
    metadata = {name: value for name, value in item["metadata"].items() if name not in ("managedFields", "resourceVersion", "generation")}
    return {**item, "metadata": metadata}
