# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Field ownership: ``metadata.managedFields`` rewritten when an object is adopted, or a field handed over.

Server-side apply removes fields that an applier owned and no longer applies. After a forced apply to an object of ``kubectl apply`` or
Helm, its fields are shared with them forever, and nothing is ever removed. So what clients applied becomes ours, as
``kubectl apply --server-side`` (k8s.io/client-go, util/csaupgrade) and Flux (fluxcd/pkg, ssa/patch.go) do it.

``fieldsV1`` is read as in https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from collections.abc import Iterator

from ...data.field_managers import APPLIERS, CONTROLLER, EDITORS
from ...formats import foreign_json
from ...formats.json_object import Json
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.resources import MANAGER, is_ours

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ITSELF = "."
_REPLICAS: Json = {"f:spec": {"f:replicas": {}}}
_TRIES = 5
"""Attempts, if others write to the same object at the same moment."""
_CONFLICT = re.compile(r'conflict with "([^"]+)"')
_UNDECLARED = "field not declared in schema"


@dataclasses.dataclass(frozen=True)
class Rewrite:
    """A change of the owners of an object's fields.

    ``adopt``: fields of clients become ours: ``all`` of them, or only those of clients that apply whole objects (``appliers``).
    ``autoscaled``: ``spec.replicas`` is no longer ours; ``released``: it is no longer that of the client that scaled the object.
    ``retag``: all entries are of the object's API version.
    """

    adopt: str = ""
    autoscaled: bool = False
    released: bool = False
    retag: bool = False

    def __call__(self, metadata: Json, api_version: str) -> list[Json]:
        """The new ``managedFields``; the old list itself if nothing changes."""
        managed: list[Json] = metadata.get("managedFields") or []
        moved = former(metadata, self.adopt) if self.adopt else []
        own = next((entry for entry in managed if is_ours(entry)), None)
        fields: Json = (own or {}).get("fieldsV1") or {}
        for entry in moved:
            fields = union(fields, entry.get("fieldsV1") or {})
        fields = _one_data(fields)
        if self.autoscaled:
            fields = minus(fields, _REPLICAS)
        entries = [entry for entry in managed if entry not in moved]
        if self.released:
            entries = [{**entry, "fieldsV1": minus(entry["fieldsV1"], _REPLICAS)} if _scaled(entry) else entry for entry in entries]
            entries = [entry for entry in entries if entry.get("fieldsV1")]
        if fields != ((own or {}).get("fieldsV1") or {}):
            entry = {"apiVersion": api_version, "time": moved[0].get("time") if moved else None, **(own or {})}
            entry |= {"manager": MANAGER, "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
            entries = [entry, *[other for other in entries if other is not own]]
        if self.retag:
            entries = [{**entry, "apiVersion": api_version} for entry in entries]
        return managed if entries == managed else [{key: value for key, value in entry.items() if value is not None} for entry in entries]


def displaced(metadata: Json, rewrite: Rewrite) -> set[str]:
    """The managers that lose fields to us by a rewrite."""
    entries = former(metadata, rewrite.adopt) if rewrite.adopt else []
    entries += [entry for entry in metadata.get("managedFields") or [] if rewrite.released and _scaled(entry)]
    return {str(entry.get("manager")) for entry in entries}


def _scaled(entry: Json) -> bool:
    """Whether an entry is that of an autoscaler or of ``kubectl scale``."""
    return entry.get("subresource") == "scale" and "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})


def former(metadata: Json, adopt: str) -> list[Json]:
    """The entries of clients that applied or edited an object, not those of controllers and of subresources.

    An applier is known by its name, by owning the annotation of ``kubectl apply``, or as the creator of the object.
    """
    all_clients = adopt == "all"
    names = {*APPLIERS, *EDITORS} if all_clients else APPLIERS.keys()
    clients = [entry for entry in metadata.get("managedFields") or [] if not entry.get("subresource") and not is_ours(entry)]
    clients = [entry for entry in clients if entry.get("operation") == "Update" or all_clients]
    appliers = [entry for entry in clients if entry.get("manager") in names or _has_last_applied(entry)]
    if appliers or not all_clients or any(owner.get("controller") for owner in metadata.get("ownerReferences") or []):
        return appliers
    created = [entry for entry in clients if entry.get("time") == metadata.get("creationTimestamp")]
    creators = [entry for entry in created if not CONTROLLER.search(str(entry.get("manager")))]
    return creators if len(creators) == 1 else []


def _has_last_applied(entry: Json) -> bool:
    fields = entry.get("fieldsV1") or {}
    return entry.get("operation") == "Update" and f"f:{LAST_APPLIED}" in ((fields.get("f:metadata") or {}).get("f:annotations") or {})


def _one_data(fields: Json) -> Json:
    """``stringData`` of a Secret as ``data``, where its values are."""
    if "f:stringData" not in fields:
        return fields
    texts = {step: below for step, below in fields["f:stringData"].items() if step != _ITSELF}
    rest = {step: below for step, below in fields.items() if step != "f:stringData"}
    return union(rest, {"f:data": texts}) if texts else rest


def left_behind(metadata: Json, adopt: str) -> Json:
    """Fields of the former appliers that nobody else owns after an apply: they are removed when they become ours."""
    moved = former(metadata, adopt)
    fields: Json = {}
    for entry in moved:
        fields = union(fields, entry.get("fieldsV1") or {})
    for entry in metadata.get("managedFields") or []:
        if entry not in moved:
            fields = minus(fields, entry.get("fieldsV1") or {})
    return fields


def union(one: Json, other: Json) -> Json:
    """All fields of both sets."""
    result = dict(one)
    for step, below in other.items():
        if step not in result:
            result[step] = below
        elif bool(below) != bool(result[step]):
            result[step] = {_ITSELF: {}, **result[step], **below}
        else:
            result[step] = union(result[step], below)
    return result


def minus(one: Json, other: Json) -> Json:
    """The fields of one set that are not in the other."""
    result: Json = {}
    for step, below in one.items():
        if step not in other:
            result[step] = below
            continue
        # The parent of an owned field is owned itself (fieldpath.Set.EnsureNamedFieldsAreMembers).
        inner, outer = below or {_ITSELF: {}}, {_ITSELF: {}, **other[step]}
        if step != _ITSELF and (rest := minus(inner, outer)):
            result[step] = {} if rest == {_ITSELF: {}} else rest
    return result


def without(value: t.Any, fields: Json) -> t.Any:
    """An object, or a part of it, without these fields; a member of the set is removed with all that is below it."""
    if isinstance(value, dict):
        below = {step[2:]: inner for step, inner in fields.items() if step.startswith("f:")}
        return {name: without(part, below.get(name, {})) for name, part in value.items() if not _goes(below.get(name))}
    if isinstance(value, list):
        steps = [next((step for step in fields if _leads_to(step, part)), "") for part in value]
        return [without(part, fields.get(step, {})) for part, step in zip(value, steps, strict=True) if not _goes(fields.get(step))]
    return value


def _goes(below: Json | None) -> bool:
    return below is not None and (not below or _ITSELF in below)


def _leads_to(step: str, part: t.Any) -> bool:
    """Whether ``k:{...}`` or ``v:...`` selects this entry of a list."""
    kind, _colon, text = step.partition(":")
    if kind not in ("k", "v"):
        return False
    try:
        expected = foreign_json.loads(text)
    except ValueError:
        return False
    if kind == "v":
        return bool(part == expected)
    return isinstance(part, dict) and isinstance(expected, dict) and all(part.get(name) == value for name, value in expected.items())


def owned_names(live: Json, rewrite: Rewrite | None = None) -> set[str]:
    """The keys of a ConfigMap or Secret that are ours, or become so by ``rewrite``."""
    metadata: Json = live.get("metadata") or {}
    managed = rewrite(metadata, live["apiVersion"]) if rewrite else metadata.get("managedFields") or []
    fields = _one_data(next((entry.get("fieldsV1") or {} for entry in managed if is_ours(entry)), {}))
    return {step[2:] for field in ("f:data", "f:binaryData") for step in fields.get(field) or {} if step.startswith("f:")}


def of_another_version(error: ApiError) -> bool:
    """Whether an apply failed because an entry has an API version whose schema lacks a field of the live object.

    Not because the request has such a field.
    """
    return error.code == 500 and _UNDECLARED in error.status_message and "typed patch object" not in error.status_message


def conflicting(error: ApiError) -> set[str]:
    """The managers that an apply is in conflict with."""
    return set(_CONFLICT.findall(" ".join(str(cause.get("message")) for cause in error.causes))) if error.reason == "Conflict" else set()


def rewrite_managed_fields(client: Client, path: str, api_version: str, rewrite: Rewrite, metadata: Json | None = None) -> Json:
    """Rewrite the live ``managedFields``, if that changes them; the metadata afterwards.

    ``metadata``: that of the live object, if it was just read. With the resourceVersion as precondition, so that no other write is
    lost. Raises ``ApiError``.
    """
    tries = 0
    while True:
        live = metadata or client.get(path, ONE_METADATA)["metadata"]
        managed = rewrite(live, api_version)
        if managed is (live.get("managedFields") or managed):
            return live
        operations: list[Json] = [
            {"op": "test", "path": "/metadata/uid", "value": live.get("uid")},
            {"op": "replace", "path": "/metadata/managedFields", "value": managed},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["resourceVersion"]},
        ]
        try:
            return json_patch(client, path, operations, accept=ONE_METADATA)["metadata"]  # type: ignore[no-any-return]
        except ApiError as error:
            tries += 1
            if error.code != 409 or tries == _TRIES:
                raise
        metadata = None


def json_patch(client: Client, path: str, operations: list[Json], dry_run: bool = False, accept: str = "application/json") -> Json:
    """Send a JSON patch as our manager; returns the object."""
    params = {"fieldManager": MANAGER, "dryRun": "All" if dry_run else None}
    return client.request("PATCH", path, body=operations, params=params, accept=accept, content_type="application/json-patch+json")  # type: ignore[arg-type]


def try_change(client: Client, path: str, before: Json, after: Json) -> Json:
    """A dry run of the change from ``before`` to ``after``, with defaults and admission."""
    return json_patch(client, path, list(_changes(before, after)), dry_run=True)


def merged(client: Client, path: str, item: Json) -> Json:
    """A dry run of merging ``item``, for an object that can't be applied before its entries are retagged."""
    params = {"fieldManager": MANAGER, "dryRun": "All", "fieldValidation": "Strict"}
    return client.request("PATCH", path, body=item, params=params, content_type="application/merge-patch+json")


def overlaid(below: t.Any, item: t.Any) -> t.Any:
    """``item`` merged over another object; lists are replaced."""
    if not isinstance(below, dict) or not isinstance(item, dict):
        return item
    return {**below, **{name: overlaid(below.get(name), value) for name, value in item.items()}}


def _changes(before: Json, after: Json) -> Iterator[Json]:
    fixed = ("apiVersion", "kind", "metadata", "status")
    yield from _differences(
        {name: part for name, part in before.items() if name not in fixed},
        {name: part for name, part in after.items() if name not in fixed},
        "",
    )
    written = ("annotations", "finalizers", "labels", "ownerReferences")
    old, new = before["metadata"], after["metadata"]
    yield from _differences(
        {name: old[name] for name in written if name in old}, {name: new[name] for name in written if name in new}, "/metadata"
    )


def _differences(before: Json, after: Json, path: str) -> Iterator[Json]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield {"op": "remove", "path": f"{path}/{name}"}
        elif name not in before or before[name] != after[name]:
            yield {"op": "add", "path": f"{path}/{name}", "value": after[name]}
