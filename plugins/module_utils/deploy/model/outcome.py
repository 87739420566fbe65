# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deployment is asked to do, and what became of each object."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field

from ...api_migration.migrate import ApiMigration
from ...kube.resources import Key

Json = dict[str, t.Any]

LATER = "later"
"""In the option ``prune``: what left the application stays in this run."""
CHANGES = frozenset({"created", "changed", "replaced", "taken over", "pruned", "removed"})
"""Actions that write to the cluster."""


def _silent(_line: str) -> None:
    pass


@dataclass
class Options:
    """``force``: take back fields that others changed. ``take_over``: objects of others become ours. ``replace``: what can't be
    changed is deleted and recreated where no data is lost. ``prune``: objects, as the outcome prints them, that may be pruned although
    they hold data, or serve what does; ``later`` among them prunes nothing. ``keep_given``: Secrets that an earlier run was given stay,
    though this one was given none. ``timeout``: seconds for all of it, from the first write; 0 does not wait for readiness.
    """

    check: bool = False
    diff: bool = False
    force: bool = False
    take_over: bool = False
    replace: bool = False
    prune: frozenset[str] = frozenset()
    keep_given: bool = True
    timeout: float = 600.0
    progress: Callable[[str], None] = _silent
    warn: Callable[[str], None] = _silent

    @property
    def prune_later(self) -> bool:
        """Whether what left the application stays in this run."""
        return LATER in self.prune


@dataclass
class Outcome:
    """What became of each object: ``objects`` holds ``{object, component, action, wave, why, seconds}``.

    ``migrated``: objects of old API versions, and those left out (``api_migration.migrate``). ``timeline``: ``Timeline.document``.
    """

    changed: bool = False
    objects: list[Json] = field(default_factory=list)
    differences: list[Json] = field(default_factory=list)
    seconds: float = 0.0
    waited: float = 0.0
    migrated: list[ApiMigration] = field(default_factory=list)
    timeline: list[Json] = field(default_factory=list)

    def add(
        self,
        key: Key,
        component: str | None,
        action: str,
        wave: int | None = None,
        why: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Record what became of one object. ``seconds``: how long the server took for it."""
        self.objects.append({"object": str(key), "component": component, "action": action, "wave": wave, "why": why, "seconds": seconds})
        self.changed |= action in CHANGES

    def counts(self) -> dict[str, int]:
        """Number of objects by action."""
        counts: dict[str, int] = {}
        for item in self.objects:
            counts[item["action"]] = counts.get(item["action"], 0) + 1
        return counts

    def document(self) -> Json:
        """The document ``outcome``."""
        migrated = [change.document() for change in self.migrated if change.now]
        return {
            "counts": self.counts(),
            "objects": self.objects,
            "brought_up": migrated,
            "seconds": self.seconds,
            "waited": self.waited,
            "timeline": self.timeline,
        }
