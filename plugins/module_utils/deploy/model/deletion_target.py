# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object that is to be deleted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...kube.resources import Key, Resource

Json = dict[str, t.Any]


@dataclass(frozen=True)
class DeletionTarget:
    """An object that is to go. ``live``: what the cluster has; ``label``: only if it is (still) ours by its label; ``why``: it goes."""

    key: Key
    resource: Resource
    live: Json = field(compare=False, repr=False)
    label: bool = True
    why: str | None = None
    owner: Key | None = None
    """The member that it was made for."""

    @property
    def path(self) -> str:
        """Where it is served."""
        return self.resource.path(self.key.namespace, self.key.name)

    @property
    def uid(self) -> str:
        """Tells it from a later object of that name."""
        return str(self.live["metadata"].get("uid"))
