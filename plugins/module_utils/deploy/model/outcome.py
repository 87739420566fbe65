# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a deployment, and the outcome for each object."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...api_migration.migrate import ApiMigration
from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.resources import Key
from .progress import Ticker

LATER = "later"
"""In the option ``prune``: stale members stay in this run."""
CHANGES = frozenset({"created", "changed", "replaced", "taken over", "pruned", "removed"})
"""Actions that write to the cluster."""


def _silent(_line: str) -> None:
    pass


@dataclass
class Options:
    """``force``: take back fields that others changed. ``adopt``: objects of others become ours. ``recreate``: objects with changed
    immutable fields are deleted and recreated if no data is lost. ``prune``: objects, as the outcome prints them, that may be pruned
    although they hold data, or serve what does; ``later`` among them prunes nothing. ``keep_supplied``: Secrets supplied to an earlier
    run stay, as none are supplied to this one. ``timeout``: seconds from the first write; 0 does not wait for readiness.
    """

    check: bool = False
    diff: bool = False
    force: bool = False
    adopt: bool = False
    recreate: bool = False
    prune: frozenset[str] = frozenset()
    keep_supplied: bool = True
    timeout: float = 600.0
    progress: Callable[[str], None] = _silent
    warn: Callable[[str], None] = _silent

    @property
    def prune_later(self) -> bool:
        """Whether stale members stay in this run."""
        return LATER in self.prune


@dataclass
class Outcome:
    """The outcome for each object: ``objects`` has ``{object, component, action, wave, why, seconds}``.

    ``migrated``: objects of old API versions, and those left out (``api_migration.migrate``). ``timeline``: ``Timeline.document``.
    """

    changed: bool = False
    objects: list[Json] = field(default_factory=list)
    differences: list[Json] = field(default_factory=list)
    seconds: float = 0.0
    waited: float = 0.0
    migrated: list[ApiMigration] = field(default_factory=list)
    timeline: list[Json] = field(default_factory=list)
    _recorded: set[str] = field(default_factory=set, repr=False)

    def add(
        self,
        key: Key | str,
        component: str | None,
        action: str,
        wave: int | None = None,
        why: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Record the outcome of one object. ``seconds``: how long the server took."""
        self.objects.append({"object": str(key), "component": component, "action": action, "wave": wave, "why": why, "seconds": seconds})
        self._recorded.add(str(key))
        self.changed |= action in CHANGES

    def add_unless_recorded(self, key: Key, component: str | None, action: str, why: str | None = None) -> None:
        """Record the outcome of one object, unless it has one."""
        if str(key) not in self._recorded:
            self.add(key, component, action, why=why)

    def include(self, other: Outcome) -> None:
        """Record the objects of another outcome, too."""
        self.objects += other.objects
        self._recorded |= other._recorded

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


@contextlib.contextmanager
def accounted(outcome: Outcome, ticker: Ticker, complete: Callable[[BootstrapError], BootstrapError]) -> Iterator[None]:
    """Record the seconds and the timeline of what is done within. An error carries the outcome.

    ``complete``: records what an error left undone, and returns the error for the user.
    """
    start = time.monotonic()

    def end() -> None:
        outcome.seconds = round(time.monotonic() - start, 1)
        outcome.timeline = ticker.timeline.document()

    try:
        yield
    except BootstrapError as error:
        completed = complete(error)
        end()
        completed.details = {"changed": outcome.changed, "outcome": outcome.document(), **error.details}
        raise completed from (None if completed is error else error)
    end()
