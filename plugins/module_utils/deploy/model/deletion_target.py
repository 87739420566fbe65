# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object to delete."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...formats.json_object import Json
from ...kube.resources import Key, Resource


@dataclass(frozen=True)
class DeletionTarget:
    """An object to delete. ``live``: as in the cluster; ``label``: only while it carries our label; ``why``: the reason."""

    key: Key
    resource: Resource
    live: Json = field(compare=False, repr=False)
    label: bool = True
    why: str | None = None
    owner: Key | None = None
    """The member that it was created for."""

    @property
    def path(self) -> str:
        """Where it is served."""
        return self.resource.path(self.key.namespace, self.key.name)

    @property
    def uid(self) -> str:
        """Distinguishes it from a later object of that name."""
        return str(self.live["metadata"].get("uid"))
