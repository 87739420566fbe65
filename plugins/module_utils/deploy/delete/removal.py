# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delete a set of objects in stages, and wait until they are gone.

Finalizers are awaited, never removed, so that their controllers do their work.
"""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from ...kube.discovery import Served
from ...kube.object_shapes import BUILT_IN
from ...kube.policy import Deadline
from ...kube.resources import CRD, MANAGER, Key
from ...process import interrupts
from ..graph.object_index import derived
from ..graph.waves import order
from ..model.deletion_target import DeletionTarget
from ..model.object_diff import difference
from ..model.outcome import Options, Outcome
from ..model.progress import Ticker
from ..status.finalizers import EXPLAIN_AFTER, explained, short
from .deletion import GOING, GONE, LOST, SPARED, delete, live_metadata

HOLDS_DATA = {("", "PersistentVolume"), ("", "PersistentVolumeClaim")}
NAMESPACE = ("", "Namespace")
_CALLS_IN = {
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("apiregistration.k8s.io", "APIService"),
}
"""Objects that make the API server call others: deleted before the servers of those calls."""
_STILL = "it is still being deleted"
_NAMED = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_PATIENCE = 2.0
"""Seconds until the API server is reminded of a CRD, and between reminders."""


def is_custom(key: Key) -> bool:
    """Whether an object is of a kind of a CRD or an API service."""
    return key.group not in BUILT_IN


def stages(targets: Iterable[DeletionTarget]) -> list[list[DeletionTarget]]:
    """The order of deletion: each stage after the one before is gone.

    Custom resources while their controllers run, then what calls those, then the rest in the reverse of the order in which the
    objects need each other, CRDs and at last namespaces.
    """
    by_key = {target.key: target for target in targets}
    derived_namespaces = {key.name for target in by_key for key in derived(target) if key[:2] == NAMESPACE}
    waves = [[by_key[key] for key in wave] for wave in reversed(order([target.live for target in by_key.values()]).waves)]
    ordered: list[list[DeletionTarget]] = []
    for number in (0, 2):
        ordered += [[target for target in wave if _stage(target.key, derived_namespaces) == number] for wave in waves]
        ordered += [[target for wave in waves for target in wave if _stage(target.key, derived_namespaces) == number + 1]]
    ordered += [[target for target in by_key.values() if target.key[:2] == NAMESPACE]]
    return [stage for stage in ordered if stage]


def last_custom(ordered: list[list[DeletionTarget]]) -> int:
    """The number of stages up to the last one with custom resources; later ones wait for what is deleted with these."""
    return max((number for number, stage in enumerate(ordered, 1) if any(is_custom(target.key) for target in stage)), default=0)


def _stage(key: Key, derived_namespaces: set[str]) -> int:
    """``derived_namespaces``: those that are deleted with one of the targets, and so after their contents."""
    if key[:2] == NAMESPACE:
        return 4
    if key[:2] == CRD:
        return 3
    if key[:2] in _CALLS_IN:
        return 1
    return 0 if is_custom(key) or key.namespace in derived_namespaces else 2


@dataclass
class Removal:
    """Deletes objects. ``owns``: whether metadata carry our label; ``action``: for the outcome.

    ``failed``: why objects could not be deleted; ``uids``: of those that are deleted, or would be in check mode.
    """

    client: Client
    apis: Served
    owns: Callable[[Json], bool]
    options: Options
    outcome: Outcome
    deadline: Deadline
    ticker: Ticker
    action: str = "removed"
    failed: dict[Key, str] = field(default_factory=dict)
    uids: set[str] = field(default_factory=set)
    done: int = 0
    total: int = 0

    def take(self, targets: list[DeletionTarget]) -> None:
        """Delete side by side, and wait until they are gone. Raises BootstrapError when the time is up.

        What may not be deleted, or is no longer ours, is recorded, and the rest is deleted. In check mode the requests are dry runs.
        """
        self._show(f"deleting {len(targets)} objects: {', '.join(sorted({target.key.kind for target in targets}))}")
        if not self.options.check:
            self.ticker.say(self.ticker.state)
            self.client.identity.check()
        answers: list[tuple[str, str]] = self.client.map(self._delete, targets)
        going, lost = [], ""
        for target, (state, why) in zip(targets, answers, strict=True):
            if state == GOING:
                going.append(target)
            elif state == GONE:
                self._record(target)
            elif state == SPARED:
                self.outcome.add(target.key, None, "left alone", why=why)
            else:
                self.fail(target, why)
                lost = why if state == LOST else lost
        if going and not lost:
            self._gone(going)
        elif lost:
            self._leave(going)
            raise BootstrapError(lost, fix="Run again to resume from here.")
        if not self.options.check:
            self.client.identity.check()  # an object that another cluster does not have was not deleted

    def fail(self, target: DeletionTarget, why: str) -> None:
        """Record that an object could not be deleted."""
        self.failed[target.key] = why
        self.outcome.add(target.key, None, "failed", why=why)

    def _record(self, target: DeletionTarget) -> None:
        self.done += 1
        self.uids.add(target.uid)
        self.outcome.add(target.key, None, self.action, why=target.why)
        if self.options.diff and (diff := difference(target.key, target.live, None)):
            self.outcome.differences.append(diff)

    def _show(self, text: str) -> None:
        self.ticker.state = f"{self.done} of {self.total} {self.action}, {text}"

    def _delete(self, target: DeletionTarget) -> tuple[str, str]:
        """What happened to it, and why."""

        def spared(metadata: Json) -> str | None:
            return "somebody took our label off it" if target.label and not self.owns(metadata) else None

        return delete(self.client, target.path, target.key, target.live["metadata"], spared, dry_run=self.options.check)

    def _live_metadata(self, target: DeletionTarget) -> Json | None:
        return live_metadata(self.client, target.path, target.uid)

    def await_gone(self, targets: list[DeletionTarget]) -> None:
        """Wait for objects that the garbage collector deletes with their owner."""
        self._gone(targets, record=False)

    def _gone(self, pending: list[DeletionTarget], record: bool = True) -> None:
        """Wait for objects that are being deleted; record each when it is gone."""
        start = reminded = time.monotonic()
        pause, explained_once = _FIRST_PAUSE, False
        while pending:
            try:
                states: list[Json | None] = self.client.map(self._live_metadata, pending)
            except BootstrapError:
                self._leave(pending if record else [])
                raise
            remaining = {target: metadata for target, metadata in zip(pending, states, strict=True) if metadata is not None}
            for target in pending:
                if target not in remaining and record:
                    self._record(target)
            pending = list(remaining)
            if not pending:
                return
            if self.deadline.over:
                raise self._stuck(remaining, record)
            now = time.monotonic()
            self._show(f"waiting for {short(remaining)}")
            if now - start > EXPLAIN_AFTER and not explained_once:
                explained_once = True
                for line in explained(self.client, self.apis, dict(list(remaining.items())[:_NAMED])):
                    self.ticker.say(line)
            if now - reminded > _PATIENCE:
                self.client.map(self._remind, [target for target in pending if target.key[:2] == CRD])
                reminded = now
            interrupts.pause(min(pause, self.deadline.left() or pause))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _leave(self, going: list[DeletionTarget]) -> None:
        """Record what is still being deleted when the run ends."""
        for target in going:
            self.fail(target, _STILL)

    def _remind(self, target: DeletionTarget) -> None:
        """Write to a CRD that is being deleted, so that the API server tries again.

        If the storage of its kind is still starting, it fails to list custom resources, and retries only after minutes
        (seen with Kubernetes 1.35: condition Terminating, InstanceDeletionFailed, "storage is (re)initializing").
        """
        body = {"metadata": {"uid": target.uid, "annotations": {f"{MANAGER}/reminded": f"{time.time():.3f}"}}}
        try:
            self.client.request("PATCH", target.path, body=body, content_type="application/merge-patch+json")
        except ApiError as error:
            if error.code not in (403, 404, 409):
                raise

    def _stuck(self, remaining: dict[DeletionTarget, Json], record: bool) -> BootstrapError:
        """The error for objects that still exist when the time is up."""
        shown = dict(list(remaining.items())[:_NAMED])
        lines = explained(self.client, self.apis, shown)
        self._leave(list(remaining) if record else [])
        rest = f"; and {len(remaining) - _NAMED} more" if len(remaining) > _NAMED else ""
        one = len(remaining) == 1
        return BootstrapError(
            f"{len(remaining)} object{' is' if one else 's are'} still there after {self.deadline.seconds:g} seconds: "
            f"{'; '.join(lines)}{rest}.",
            fix="Then run again: it resumes from here. More time: kubeflow_wait_timeout.",
            waiting={str(target.key): line for target, line in zip(shown, lines, strict=True)},
        )


def refused(failed: Mapping[t.Any, str], check: bool) -> BootstrapError:
    """The error at the end of a removal in which ``failed`` (why, by object) could not be deleted."""
    listed = "; ".join(f"{name}: {why}" for name, why in list(failed.items())[:_NAMED])
    more = f"; and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    one = len(failed) == 1
    were = ("would" if check else "was" if one else "were") + (" not be" if check else " not")
    fix = "What these need stays, too; all else is gone. Fix that and run again: it resumes from here."
    return BootstrapError(
        f"{len(failed)} object{'' if one else 's'} {were} deleted: {listed}{more}.", fix="Fix that first." if check else fix
    )
