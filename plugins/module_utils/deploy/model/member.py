# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One object of an application, and what has to be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...formats.json_object import Json
from ...kube.resources import Key, Resource
from .managed_fields import Rewrite

WRITES = {"create": "created", "change": "changed", "take-over": "taken over", "replace": "replaced"}
"""Actions that write to the cluster, to what the outcome says of them."""
NO_WRITES = {"leave": "unchanged", "same": "unchanged", "foreign": "left alone"}
"""All other actions."""
ACTIONS = WRITES | NO_WRITES
StaleMember = tuple[Key, Resource]
"""A member that is no longer desired."""


@dataclass
class Member:
    """One object of an application.

    ``action``: ``create``, ``change``, ``leave`` (it is as we applied it), ``same`` (a dry run would change nothing), ``foreign``
    (others manage it, it is left alone), ``take-over`` (others manage it, it becomes ours) or ``replace``. ``live``: its metadata,
    without what managers own. ``why``: the reason, unless the application itself has changed. ``initial``: the part of its spec that
    counts only when it is created. ``released``: an autoscaler that leaves the application had scaled it. ``redefined``: the run
    changes the CRD of its kind.
    """

    key: Key
    component: str | None
    item: Json
    resource: Resource
    live: Json | None
    action: str
    why: str | None = None
    initial: Json = field(default_factory=dict)
    released: bool = False
    rewrite: Rewrite | None = None
    redefined: bool = False

    @property
    def path(self) -> str:
        """Where it is served."""
        return self.resource.path(self.key.namespace, self.key.name)

    @property
    def created(self) -> Json:
        """The object as it is created."""
        return {**self.item, "spec": {**self.item["spec"], **self.initial}} if self.initial else self.item

    @property
    def version(self) -> str | None:
        """The resourceVersion that was listed."""
        return str(self.live["metadata"].get("resourceVersion")) if self.live else None

    @property
    def metadata(self) -> Json:
        """The metadata that was listed; empty if it does not exist."""
        return self.live["metadata"] if self.live else {}

    @property
    def is_written(self) -> bool:
        """Whether the run writes it."""
        return self.action in WRITES
