# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the cluster has of the objects that are wanted, and what has to change.

Known members cost one list of metadata a kind, however many there are; the objects themselves are read only of what others made.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ...errors import BootstrapError
from ...kube.client import METADATA, ONE_METADATA, ApiError, Client
from ...kube.object_shapes import BUILT_IN
from ...kube.resources import CRD, MANAGER, Key, Resource, Resources, digest, key_of, owned_fields
from ..model.applyset import PART_OF, Inventory, group_kind
from ..model.given_secrets import UNSAID, is_given, same, unmarked
from ..model.managed_fields import LAST_APPLIED, Rewrite, former
from ..model.member import Member
from ..status.unlisted_kinds import declared
from .autoscaling import autoscaled, leaving, parted
from .equality import contained, no_more_entries
from .field_managers import changed_by, owner

Json = dict[str, t.Any]
Found = tuple[Key, Resource]

_FEW = 3
"""So many objects of a kind and namespace are asked for one by one, rather than listed with all others there."""
_DEFINITIONS = 40
"""CRDs a page. Those that kubectl applied hold themselves in an annotation, 250 KB each; a page costs the server 50 ms."""
_OWNED, _DRIFT, _MIGRATE, _SHARED = "owned", "drift", "migrate", "shared"
_SPACE = ("", "Namespace")


def compare(
    client: Client,
    inventory: Inventory,
    resources: Resources,
    wanted: list[tuple[str, Json]],
    take_over: bool = False,
    prune_later: bool = False,
) -> list[Member]:
    """Each object (component, object) with what has to be done about it. ``prune_later``: what leaves the application still works.

    Raises ``BootstrapError``, which names them all, if objects already exist that others made; not if these hold all that we want,
    nor for namespaces, nor with ``take_over``.
    """
    members = {}
    scaled = autoscaled(item for _component, item in wanted)
    released = autoscaled(leaving(client, inventory, resources, {key_of(item) for _component, item in wanted}))
    if prune_later:
        scaled, released = scaled | released, set()
    inventory.adopting = take_over or inventory.outdated
    for component, item in wanted:
        key = key_of(item)
        initial: Json = {}
        if key in scaled:
            item, initial = parted(item)
        members[key] = Member(key, component, inventory.labelled(item), resources.of(item), None, "create", initial=initial)
        members[key].released = key in released and "replicas" in (item.get("spec") or {})
    listed(client, inventory, resources, {key[:2] for key in members if key in inventory.members}, members)
    unknown = []
    for member in members.values():
        member.live = inventory.listed.get(member.key[:2], {}).get(member.key)
        if member.live is None:
            unknown.append(member)
    spaces = [member for member in unknown if member.key[:2] == _SPACE]
    _look(client, inventory, resources, spaces)
    # There is nothing in a namespace that does not exist.
    missing = {member.key.name for member in spaces if member.live is None}
    _look(client, inventory, resources, [member for member in unknown if member.key[:2] != _SPACE and member.key.namespace not in missing])
    foreign = []
    for member in members.values():
        member.action, member.why = _action(inventory, member, missing)
        if member.action == "take-over":
            member.rewrite = _rewrite(member, "all")
        elif member.action == "change" and member.live and member.live.get(_MIGRATE):
            member.rewrite = _rewrite(member, "appliers" if inventory.adopting else "")
        if member.action == "foreign":
            foreign.append(member)
    _judge(client, foreign, take_over)
    _read_given(client, [member for member in members.values() if member.action == "leave" and is_given(member.item)])
    return list(members.values())


def fingerprint(item: Json) -> str:
    """What is recorded of an object that was wanted; nothing of the values of a Secret that was given beside the application."""
    return UNSAID if is_given(item) else digest(item)


def _read_given(client: Client, given: list[Member]) -> None:
    """Of these no fingerprint is kept, so what they hold is looked at."""
    for member, is_same in zip(given, client.map(lambda each: same(client, each.path, each.item), given), strict=True):
        if not is_same:
            member.action = "change"


def listed(
    client: Client,
    inventory: Inventory,
    resources: Resources,
    kinds: Iterable[tuple[str, str]],
    wanted: dict[Key, Member] | None = None,
    aside: bool = False,
) -> None:
    """List what carries our label of these kinds (group, kind), if it was not yet, into ``inventory.listed``.

    One list a kind; where the user may not list all namespaces, one a namespace of the ApplySet; where he may not list these either,
    what is recorded is asked for by name. A kind that is not served has none.
    ``aside``: nothing is wanted of these kinds, so that one which can't be listed is noted in ``inventory.unseen``.
    """

    def find(kind: tuple[str, str]) -> dict[Key, Json]:
        resource = resources.of_kind(*kind)
        if resource is None:
            return {}
        recorded = [key for key in inventory.members if key[:2] == kind]
        spaces = sorted(inventory.namespaces | {key.namespace for key in recorded}) if resource.namespaced else []
        refused: ApiError | None = None
        for places in filter(None, ([""], spaces)):
            try:
                found = [_pages(client, resource, place, kind, wanted or {}, inventory, labelSelector=selector) for place in places]
                return {key: live for page in found for key, live in page}
            except ApiError as error:
                if error.code != 403:
                    raise
                refused = error
        if aside and refused:
            raise refused
        named = ((key, client.find(resource.path(key.namespace, key.name), ONE_METADATA)) for key in recorded)
        owned = ((key, item["metadata"]) for key, item in named if item and inventory.owns(item["metadata"]))
        return {key: _reduced(metadata, (wanted or {}).get(key), inventory) for key, metadata in owned}

    def attempt(kind: tuple[str, str]) -> dict[Key, Json]:
        try:
            return find(kind)
        except BootstrapError as error:
            not_found = isinstance(error, ApiError) and error.code == 404  # the kind has just been deleted
            if not_found and not (aside and (kind[0] in BUILT_IN or declared(client, [kind]))):
                return {}
            if not aside:
                raise
            inventory.unseen[kind] = f"it can't be listed: {error.said if isinstance(error, ApiError) else error.message}"
            return {}

    selector = f"{PART_OF}={inventory.id}"
    todo = sorted(set(kinds) - inventory.listed.keys())
    inventory.listed.update(zip(todo, client.map(attempt, todo), strict=True))


def _look(client: Client, inventory: Inventory, resources: Resources, unknown: list[Member]) -> None:
    """Find out what the cluster has of objects that were not among the listed members.

    A few are asked for by name, as whoever may not list may get; so are all where a list is refused.
    """
    groups: dict[tuple[str, str, str], dict[Key, Member]] = {}
    for member in unknown:
        groups.setdefault(member.key[:3], {})[member.key] = member
    served = {group: resource for group in groups if (resource := resources.of_kind(*group[:2]))}  # other CRDs are yet to come

    def read(member: Member) -> None:
        found = client.find(served[member.key[:3]].path(member.key.namespace, member.key.name), ONE_METADATA)
        member.live = _reduced(found["metadata"], member, inventory) if found else None

    def search(group: tuple[str, str, str]) -> bool:
        """False where the user may not list."""
        try:
            for found, live in _pages(client, served[group], group[2], group[:2], groups[group], inventory):
                if found in groups[group]:
                    groups[group][found].live = live
        except ApiError as error:
            if error.code not in (403, 404):
                raise
            return error.code != 403
        return True

    many = [group for group in served if len(groups[group]) > _FEW]
    refused = {group for group, listed in zip(many, client.map(search, many), strict=True) if not listed}
    client.map(read, [member for group in served if group in refused or group not in many for member in groups[group].values()])


def _pages(
    client: Client,
    resource: Resource,
    namespace: str,
    kind: tuple[str, str],
    wanted: dict[Key, Member],
    inventory: Inventory,
    **selector: str,
) -> t.Iterator[tuple[Key, Json]]:
    """Metadata by key, each page reduced before the next one is parsed."""
    limit = {"limit": _DEFINITIONS} if kind == CRD else {}
    for item in client.items(resource.path(namespace), METADATA, **limit, **selector):
        key = Key(*kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
        yield key, _reduced(item["metadata"], wanted.get(key), inventory)


def _reduced(metadata: Json, member: Member | None, inventory: Inventory) -> Json:
    """What is kept of an object: metadata without ``fieldsV1``, the fingerprint of what we own, who changed that, and who shares it."""
    owned = owned_fields({"metadata": metadata})
    managed = metadata.get("managedFields") or []
    annotations = metadata.get("annotations") or {}
    found: Json = {
        "metadata": {
            **metadata,
            "managedFields": [{name: value for name, value in entry.items() if name != "fieldsV1"} for entry in managed],
            "annotations": {**annotations, LAST_APPLIED: ""} if LAST_APPLIED in annotations else annotations,
        },
        _OWNED: owned,
    }
    if member:
        known = inventory.members.get(member.key)
        found[_DRIFT] = changed_by(member.item, managed) if known and known[1] != owned else None
    if member and owned:
        adopt = "appliers" if inventory.adopting else ""
        found[_MIGRATE] = _rewrite(member, adopt)(metadata, member.item["apiVersion"]) is not managed
        found[_SHARED] = sorted({str(entry["manager"]) for entry in former(metadata, adopt)}) if adopt else []
    return found


def _rewrite(member: Member, adopt: str) -> Rewrite:
    return Rewrite(adopt, autoscaled=bool(member.initial), released=member.released)


def _action(inventory: Inventory, member: Member, missing: set[str]) -> tuple[str, str | None]:
    if member.live is None:
        return ("leave" if member.key.namespace not in missing and _ran(inventory, member) else "create"), None
    metadata = member.live["metadata"]
    if not inventory.owns(metadata):
        return _unlabelled(inventory, member)
    if metadata.get("deletionTimestamp"):
        return "change", "it is being deleted"
    if inventory.taken_over and not member.live[_OWNED]:
        return "take-over", None
    want, owned = inventory.members.get(member.key, ("", ""))
    if owned != member.live[_OWNED] and owned:
        return "change", member.live.get(_DRIFT)
    if member.live.get(_SHARED):
        return "change", f"fields of it are also managed by {', '.join(member.live[_SHARED])}"
    return ("leave" if want == fingerprint(member.item) and owned else "change"), None


def _ran(inventory: Inventory, member: Member) -> bool:
    """Whether it is a Job that we applied just like this, and that Kubernetes deleted after it had finished, as it was told to."""
    want, owned = inventory.members.get(member.key, ("", ""))
    return bool(owned) and want == fingerprint(member.item) and is_deleted_when_finished(member.key, member.item)


def is_deleted_when_finished(key: Key, item: Json) -> bool:
    """Whether it is a Job with a time to live. One that is suspended never finishes."""
    spec = item.get("spec")
    if key[:2] != ("batch", "Job") or not isinstance(spec, dict):
        return False
    return spec.get("ttlSecondsAfterFinished") is not None and not spec.get("suspend")


def _unlabelled(inventory: Inventory, member: Member) -> tuple[str, str | None]:
    """Ours, if we know it and our manager is still there: then others took off the label. The default account has no owner at all."""
    owned = (member.live or {}).get(_OWNED)
    if member.key in inventory.members and owned and PART_OF not in (member.metadata.get("labels") or {}):
        return "change", "others removed its label applyset.kubernetes.io/part-of"
    if member.key[:2] == ("", "ServiceAccount") and member.key.name == "default" and owner(member.metadata) == "somebody":
        return "change", None
    return "foreign", None


def _judge(client: Client, foreign: list[Member], take_over: bool) -> None:
    """What becomes of objects that others made."""
    if take_over:
        for member in foreign:
            member.action, member.why = "take-over", f"it was managed by {owner(member.metadata)}"
            member.rewrite = _rewrite(member, "all")
        return
    holds: list[bool] = client.map(lambda member: member.key.kind == "Namespace" or _holds(client, member), foreign)
    refused = []
    for member, enough in zip(foreign, holds, strict=True):
        made_by = owner(member.metadata)
        if enough:
            member.why = f"managed by {made_by}" + ("" if member.key.kind == "Namespace" else ", and already as this application wants it")
        else:
            refused.append((str(member.key), made_by))
    if refused:
        many = "1 object already exists and is" if len(refused) == 1 else f"{len(refused)} objects already exist and are"
        raise BootstrapError(
            f"{many} not managed by this application: {', '.join(f'{key} ({made_by})' for key, made_by in refused)}.",
            fix="Delete them, choose another namespace (kubeflow_namespace), or adopt them: kubeflow_take_over=true.",
            objects=[key for key, _made_by in refused],
            owners=dict(refused),
        )


def _holds(client: Client, member: Member) -> bool:
    """Whether the live object holds all that we want; no where we may not read it."""
    try:
        live = client.get(member.path)
    except ApiError as error:
        if error.code in (403, 404):
            return False
        raise
    # The status that controller-gen writes into a CRD is none: an update leaves the live one as it is.
    item = {name: value for name, value in unmarked(member.item).items() if name != "status"}
    labels = {name: value for name, value in item["metadata"]["labels"].items() if name != PART_OF}
    wanted = {**item, "metadata": {**item["metadata"], "labels": labels}}
    return contained(wanted, live) or (no_more_entries(wanted, live) and _stays_the_same(client, member, wanted, live))


def _stays_the_same(client: Client, member: Member, wanted: Json, live: Json) -> bool:
    """Whether the server would change nothing in it, by a dry run; no where it does not tell."""
    if not wanted["metadata"]["labels"]:
        wanted = {**wanted, "metadata": {name: value for name, value in wanted["metadata"].items() if name != "labels"}}
    try:
        answer = client.apply(member.path, wanted, MANAGER, force=True, dry_run=True)
    except ApiError:
        return False
    return _content(answer) == _content(live)


def _content(item: Json) -> Json:
    """An object without what the server writes into it at every write."""
    metadata = {name: value for name, value in item["metadata"].items() if name not in ("managedFields", "resourceVersion", "generation")}
    return {**item, "metadata": metadata}


def stale(client: Client, inventory: Inventory, resources: Resources, wanted: Iterable[Key]) -> list[Found]:
    """Members that are no longer wanted, and still there: what carries our label, of the kinds that the ApplySet says it contains.

    So also what a run applied that was killed before it could record it. Not what only got the label from a member, as the endpoints of a
    Service do. Kinds that can't be listed are noted in ``inventory.unseen``.
    """
    if not inventory.exists:
        return []
    kinds = {group_kind(name) for name in inventory.group_kinds}
    kinds |= {key[:2] for key in inventory.members}
    listed(client, inventory, resources, kinds, aside=True)
    keep = set(wanted)
    found = []
    for kind in sorted(kinds):
        resource = resources.of_kind(*kind)
        old = [key for key, live in inventory.listed[kind].items() if key not in keep and _is_member(inventory, key, live)]
        found += [(key, resource) for key in sorted(old) if resource]
    return found


def _is_member(inventory: Inventory, key: Key, live: Json) -> bool:
    if key in inventory.members or live[_OWNED]:
        return True
    derived = any(each.get("controller") for each in live["metadata"].get("ownerReferences") or [])
    return inventory.taken_over and not derived and key.kind != "Endpoints"
