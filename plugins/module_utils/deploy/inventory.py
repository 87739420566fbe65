# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was applied, recorded in the cluster as an ApplySet (KEP-3659). Private to the collection.

The parent is a ConfigMap in the application's namespace. Members carry the label ``applyset.kubernetes.io/part-of``. Beside what the
KEP asks for, the parent keeps two fingerprints a member: of what we wanted, and of what our field manager then owned.
(https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune)
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from dataclasses import dataclass, field

from ..api import ApiError, Client
from .objects import MANAGER, Key

Json = dict[str, t.Any]

PART_OF = "applyset.kubernetes.io/part-of"
_ID = "applyset.kubernetes.io/id"
_TOOLING = "applyset.kubernetes.io/tooling"
_GROUP_KINDS = "applyset.kubernetes.io/contains-group-kinds"
_NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
_OBJECTS = "objects.json"
_VERSION = "0.1.0"


@dataclass
class Inventory:
    """The ApplySet of one application. ``members``: what we wanted and what we then owned, by object."""

    application: str
    namespace: str
    exists: bool = False
    group_kinds: set[str] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)
    members: dict[Key, tuple[str, str]] = field(default_factory=dict)
    _stored: Json | None = None

    @property
    def name(self) -> str:
        """Name of the parent."""
        return f"{self.application}-applyset"

    @property
    def id(self) -> str:
        """The KEP's identifier: it follows from name, namespace, kind and group of the parent."""
        parent = f"{self.name}.{self.namespace}.ConfigMap."
        return f"applyset-{base64.urlsafe_b64encode(hashlib.sha256(parent.encode()).digest()).decode().rstrip('=')}-v1"

    @property
    def path(self) -> str:
        """Where the parent is."""
        return f"/api/v1/namespaces/{self.namespace}/configmaps/{self.name}"

    def read(self, client: Client) -> Inventory:
        """Fill in what the cluster has."""
        try:
            parent = client.get(self.path)
        except ApiError as error:
            if error.code != 404:
                raise
            return self
        annotations = parent["metadata"].get("annotations") or {}
        self.exists = True
        self.group_kinds = set(filter(None, annotations.get(_GROUP_KINDS, "").split(",")))
        self.namespaces = {self.namespace, *filter(None, annotations.get(_NAMESPACES, "").split(","))}
        stored = json.loads((parent.get("data") or {}).get(_OBJECTS) or "{}")
        self.members = {_key(text): (want, owned) for text, (want, owned) in stored.items()}
        self._stored = self._document()
        return self

    def write(self, client: Client) -> None:
        """Record it, if it is not what the cluster has already."""
        document = self._document()
        if document != self._stored:
            client.apply(self.path, document, MANAGER, force=True)
            self.exists, self._stored = True, document

    def delete(self, client: Client) -> None:
        """Forget it."""
        client.delete(self.path)
        self.exists = False

    def owns(self, metadata: Json) -> bool:
        """Whether an object is a member, by its label."""
        return (metadata.get("labels") or {}).get(PART_OF) == self.id

    def labelled(self, item: Json) -> Json:
        """A copy of an object with the label of a member."""
        metadata = item["metadata"]
        return {**item, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), PART_OF: self.id}}}

    def contain(self, keys: t.Iterable[Key]) -> None:
        """Make the group kinds and namespaces cover these members, before they are applied."""
        keys = list(keys)
        self.group_kinds |= {key.group_kind for key in keys}
        self.namespaces |= {key.namespace for key in keys if key.namespace}

    def narrow(self) -> None:
        """Make the group kinds and namespaces those of the members, after pruning."""
        self.group_kinds, self.namespaces = set(), set()
        self.contain(self.members)

    def _document(self) -> Json:
        stored = {str(key): list(prints) for key, prints in sorted(self.members.items())}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "labels": {_ID: self.id, "app.kubernetes.io/managed-by": MANAGER},
                "annotations": {
                    _TOOLING: f"{MANAGER}/{_VERSION}",
                    _GROUP_KINDS: ",".join(sorted(self.group_kinds)),
                    _NAMESPACES: ",".join(sorted(self.namespaces - {self.namespace})),
                },
            },
            "data": {_OBJECTS: json.dumps(stored, separators=(",", ":"))},
        }


def _key(text: str) -> Key:
    """The reverse of ``str(key)``."""
    group_kind, _space, place = text.partition(" ")
    kind, _dot, group = group_kind.partition(".")
    namespace, _slash, name = place.rpartition("/")
    return Key(group, kind, namespace, name)
