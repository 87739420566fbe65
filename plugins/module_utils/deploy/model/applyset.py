# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of what was applied, an ApplySet in the cluster (KEP-3659).

The parent is a ConfigMap in the application's namespace. Members carry the label ``applyset.kubernetes.io/part-of``. Beyond the
KEP, the parent has two fingerprints a member: of the object as applied, and of the fields that our field manager then owned.
(https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune; identifier, label and annotations are
those of kubectl 1.35, pkg/cmd/apply/applyset.go)
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ...formats import foreign_json
from ...formats.json_object import Json
from ...kube.client import Client
from ...kube.names import object_name
from ...kube.resources import MANAGER, Key

PART_OF = "applyset.kubernetes.io/part-of"
ID = "applyset.kubernetes.io/id"
TOOLING = "applyset.kubernetes.io/tooling"
_GROUP_KINDS = "applyset.kubernetes.io/contains-group-kinds"
_NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
_OBJECTS = "objects.json"
_VERSION = "0.2.0"
"""Of the record. Releases that wrote 0.1.0 adopted objects without their field ownership."""


@dataclass
class Inventory:
    """The ApplySet of one application. ``members``: fingerprints of the applied object and of our fields, by object."""

    application: str
    namespace: str
    exists: bool = False
    group_kinds: set[str] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)
    members: dict[Key, tuple[str, str]] = field(default_factory=dict)
    listed: dict[tuple[str, str], dict[Key, Json]] = field(default_factory=dict)
    """Objects with the label by group and kind, as far as they were listed: metadata without ``fieldsV1``."""
    unseen: dict[tuple[str, str], str] = field(default_factory=dict)
    """Why kinds (group, kind) of stale members can't be seen now: such members stay recorded."""
    taken_over: bool = False
    """Another tool created the parent, and we adopt it."""
    outdated: bool = False
    """An earlier release wrote it: objects that it adopted may still be managed by others, too."""
    adopting: bool = False
    """Members that others manage, too, become only ours."""
    version: str = ""
    """The parent's resourceVersion when it was read or written; a later one is of another run."""
    _stored: Json | None = None
    _uid: str | None = None
    """The parent's UID, a precondition of writes."""

    @property
    def name(self) -> str:
        """Name of the parent."""
        return object_name(self.application, "applyset")

    @property
    def id(self) -> str:
        """The KEP's identifier, derived from name, namespace, kind and group of the parent."""
        parent = f"{self.name}.{self.namespace}.ConfigMap."
        return f"applyset-{base64.urlsafe_b64encode(hashlib.sha256(parent.encode()).digest()).decode().rstrip('=')}-v1"

    @property
    def path(self) -> str:
        """Where the parent is served."""
        return f"/api/v1/namespaces/{self.namespace}/configmaps/{self.name}"

    def read(self, client: Client, adopt: bool = False) -> Inventory:
        """Read it from the cluster.

        Raises ``BootstrapError`` if the parent is another tool's, as the KEP demands; not with ``adopt``.
        """
        parent = client.find(self.path)
        if parent is None:
            return self
        annotations = parent["metadata"].get("annotations") or {}
        self.taken_over = not self._is_ours(parent["metadata"], adopt)
        self.outdated = str(annotations.get(TOOLING)) == f"{MANAGER}/0.1.0"
        self.exists, self.version, self._uid = True, parent["metadata"].get("resourceVersion") or "", parent["metadata"].get("uid")
        self.group_kinds = set(filter(None, annotations.get(_GROUP_KINDS, "").split(",")))
        self.namespaces = {self.namespace, *filter(None, annotations.get(_NAMESPACES, "").split(","))}
        self.members = _members((parent.get("data") or {}).get(_OBJECTS))
        self._stored = None if self.taken_over else self._document()
        return self

    def _is_ours(self, metadata: Json, adopt: bool) -> bool:
        tooling = (metadata.get("annotations") or {}).get(TOOLING)
        marked = (metadata.get("labels") or {}).get(ID)
        if tooling and tooling.rpartition("/")[0] == MANAGER and marked == self.id:
            return True
        if adopt:
            return False
        if not tooling or not marked:
            why = "is no ApplySet"
        elif marked != self.id:
            why = f"says that it is the ApplySet {marked}, not {self.id}"
        else:
            why = f"is the ApplySet of {tooling}"
        raise BootstrapError(
            f"ConfigMap {self.namespace}/{self.name}, where the objects of this application are recorded, {why}.",
            fix="Choose another namespace or application, or adopt it with all its members: kubeflow_adopt=true.",
        )

    def write(self, client: Client) -> None:
        """Write it, unless the cluster has it already."""
        document = self._document()
        if document != self._stored:
            known = {**document, "metadata": {**document["metadata"], "uid": self._uid}} if self._uid else document
            metadata = client.apply(self.path, known, MANAGER, force=True, metadata_only=True)["metadata"]
            self.exists, self.version, self._uid, self._stored = True, metadata.get("resourceVersion") or "", metadata.get("uid"), document

    def delete(self, client: Client) -> None:
        """Delete it."""
        client.delete(self.path, {"preconditions": {"uid": self._uid}})
        self.exists = False

    def owns(self, metadata: Json) -> bool:
        """Whether an object is a member, by its label."""
        return (metadata.get("labels") or {}).get(PART_OF) == self.id

    def labelled(self, item: Json) -> Json:
        """A copy of an object with the label of a member."""
        metadata = item["metadata"]
        return {**item, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), PART_OF: self.id}}}

    def contain(self, keys: t.Iterable[Key]) -> None:
        """Add the group kinds and namespaces of members, before they are applied."""
        keys = list(keys)
        self.group_kinds |= {key.group_kind for key in keys}
        self.namespaces |= {key.namespace for key in keys if key.namespace}

    def narrow(self) -> None:
        """Reduce the group kinds and namespaces to those of the members, after pruning; not where kinds can't be seen now."""
        unseen = {name_of(*pair) for pair in self.unseen}
        self.group_kinds, self.namespaces = self.group_kinds & unseen, self.namespaces if unseen else set()
        self.contain(self.members)

    def _document(self) -> Json:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "labels": {ID: self.id, "app.kubernetes.io/managed-by": MANAGER},
                "annotations": {
                    TOOLING: f"{MANAGER}/{'0.1.0' if self.outdated else _VERSION}",
                    _GROUP_KINDS: ",".join(sorted(self.group_kinds)),
                    _NAMESPACES: ",".join(sorted(self.namespaces - {self.namespace})),
                },
            },
            "data": {_OBJECTS: _text(self.members)},
        }


def name_of(group: str, kind: str) -> str:
    """``Deployment.apps`` from its group and kind."""
    return f"{kind}.{group}" if group else kind


def group_kind(name: str) -> tuple[str, str]:
    """Group and kind of ``Deployment.apps``."""
    kind, _dot, group = name.partition(".")
    return group, kind


def _text(members: dict[Key, tuple[str, str]]) -> str:
    """``{"Deployment.apps": {"namespace": {"name": ["wanted", "owned"]}}}``: 5,000 of them stay below the 1 MiB of a ConfigMap."""
    document: dict[str, dict[str, dict[str, list[str]]]] = {}
    for key, prints in sorted(members.items()):
        document.setdefault(key.group_kind, {}).setdefault(key.namespace, {})[key.name] = list(prints)
    return json.dumps(document, separators=(",", ":"))


def _members(text: str | None) -> dict[Key, tuple[str, str]]:
    """The reverse of ``_text``; empty for anything else, so that each object is applied and recorded again."""
    members = {}
    try:
        for group_kind, spaces in foreign_json.loads(text or "{}").items():
            kind, _dot, group = group_kind.partition(".")
            for namespace, names in spaces.items():
                members.update({Key(group, kind, namespace, name): (str(want), str(owned)) for name, (want, owned) in names.items()})
    except (ValueError, AttributeError, TypeError):
        return {}
    return members
