# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apply the objects of one wave side by side."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import ONE_METADATA, ApiError, Client, Unreachable
from ...kube.identity import OtherCluster
from ...kube.policy import Deadline
from ...kube.resources import CRD, DEFINITIONS, MANAGER, Key, owned_fields
from ...process import interrupts
from ..model.applyset import Inventory
from ..model.managed_fields import Rewrite, former, of_another_version, rewrite_managed_fields
from ..model.member import ACTIONS, Member
from ..model.outcome import Options, Outcome
from ..status.finalizers import holding
from . import recreate
from .drift import fingerprint
from .rejections import INVALID, Refusal, refusal

_TERMINATING = "custom resource definition is terminating"
"""In a message of the API server (apiextensions-apiserver, apiserver/customresource_handler.go)."""
_NEW_SCHEMA, _PAUSE = 10.0, 0.2
"""Seconds for the API server to use the schema of a changed CRD, as schemas are cached; and between two tries."""
_GRACE = 1.0
"""Seconds for requests that are under way when the run is interrupted."""


@dataclass
class Applied:
    """The result of one object: its resourceVersion and the fingerprint of what we own, or why it was refused."""

    version: str = ""
    owned: str = ""
    refused: Refusal | None = None
    seconds: float = 0.0


def send(client: Client, member: Member, options: Options, dry_run: bool = False, whole: bool = False, force: bool = False) -> Json:
    """Apply one object; returns its metadata, or the ``whole`` object.

    A change carries the UID of its object: another cluster refuses it, and so does an object that was created since.
    """
    new = member.action in ("create", "replace")
    item = member.created if new else member.item
    if not new and not dry_run and member.metadata.get("uid"):
        item = {**item, "metadata": {**item["metadata"], "uid": member.metadata["uid"]}}
    force = force or options.force or member.action == "take-over"
    return client.apply(member.path, item, MANAGER, force=force, dry_run=dry_run, metadata_only=not whole)


@dataclass(frozen=True)
class WaveApplier:
    """Applies waves of members; what was done is recorded in ``inventory`` and ``outcome``."""

    client: Client
    inventory: Inventory
    options: Options
    outcome: Outcome
    deadline: Deadline

    def apply(self, members: list[Member], number: int, progress: Callable[[int], None]) -> dict[Key, Refusal]:
        """Apply the members of wave ``number`` side by side; returns the refusals by object.

        ``progress`` gets the number of those that succeeded. Whatever ends this, all that was done by then is recorded.
        """
        results: dict[int, Applied] = {}
        stop = threading.Event()
        started: set[int] = set()

        def attempt(index: int) -> None:
            if stop.is_set():
                return
            started.add(index)
            results[index] = self._apply(members[index])
            progress(sum(not result.refused for result in list(results.values())))

        try:
            self.client.map(attempt, range(len(members)))
        except BaseException:
            stop.set()
            self.client.give_up()
            end = time.monotonic() + _GRACE
            while started - results.keys() and time.monotonic() < end:
                time.sleep(0.02)
            raise
        finally:
            refused = self._account(members, dict(results), number)
        return refused

    def _apply(self, member: Member) -> Applied:
        start = time.monotonic()
        applied = Applied()
        try:
            if member.action == "replace":
                recreate.delete(self.client, member, self.deadline.left(), self.options.progress)
            metadata = self._applied_by_new_schema(member)
            applied.version, applied.owned = str(metadata.get("resourceVersion") or ""), owned_fields({"metadata": metadata})
        except OtherCluster:
            raise
        except BootstrapError as error:
            applied.refused = refusal_of(self.client, member, error)
        applied.seconds = round(time.monotonic() - start, 3)
        return applied

    def _applied_by_new_schema(self, member: Member) -> Json:
        """Apply one object, retried while the API server still uses the schema from before its CRD was changed; its metadata."""
        end = Deadline(_NEW_SCHEMA)
        while True:
            try:
                return self._applied_with_ownership(member)
            except ApiError as error:
                if not member.redefined or end.over or refusal(error, member.key, member.item).what != INVALID:
                    raise
            interrupts.pause(_PAUSE)

    def _applied_with_ownership(self, member: Member) -> Json:
        """Apply one object and rewrite its field ownership; its metadata."""
        client, version, before = self.client, member.item["apiVersion"], member.metadata
        rewrite = member.rewrite if member.action != "replace" else None
        if rewrite:
            before = rewrite_managed_fields(client, member.path, version, rewrite)
        try:
            metadata = self._sent(member, before)
        except ApiError as error:
            if not of_another_version(error):
                raise
            before = rewrite_managed_fields(client, member.path, version, Rewrite(retag=True))
            metadata = self._sent(member, before)
        if rewrite and rewrite.adopt and former(metadata, rewrite.adopt):
            # It had no managers at all: those that the server then makes up share every field.
            before = rewrite_managed_fields(client, member.path, version, rewrite, metadata)
            metadata = self._sent(member, before)
        if member.initial and member.action in ("create", "replace"):
            return rewrite_managed_fields(client, member.path, version, Rewrite(autoscaled=True), metadata)
        return metadata

    def _sent(self, member: Member, before: Json) -> Json:
        """Apply one object; its metadata, which were ``before``.

        Without an answer the object is read, as the server may have applied it. A rewrite of field ownership alone proves nothing.
        """
        try:
            metadata: Json = send(self.client, member, self.options)["metadata"]
        except Unreachable:
            with contextlib.suppress(BootstrapError):
                metadata = self.client.without_retries().get(member.path, ONE_METADATA)["metadata"]
                if _applied_at(metadata) and _applied_at(metadata) != _applied_at(before):
                    return metadata
            raise
        return metadata

    def _account(self, members: list[Member], results: dict[int, Applied], number: int) -> dict[Key, Refusal]:
        refused: dict[Key, Refusal] = {}
        for index, member in enumerate(members):
            applied = results.get(index)
            if applied is None:
                self.outcome.add(member.key, member.component, "not reached", number, "the run was interrupted")
            elif applied.refused:
                refused[member.key] = applied.refused
                self.outcome.add(member.key, member.component, "failed", number, applied.refused.why, applied.seconds)
            else:
                self.inventory.members[member.key] = (fingerprint(member.item), applied.owned)
                same = member.version == applied.version
                action = "unchanged" if same else ACTIONS[member.action]
                self.outcome.add(member.key, member.component, action, number, None if same else member.why, applied.seconds)
        return refused


def refusal_of(client: Client, member: Member, error: BootstrapError) -> Refusal:
    """Why an object is refused; with the finalizers of the CustomResourceDefinition of its kind, if that is being deleted."""
    refused = refusal(error, member.key, member.item)
    if _TERMINATING in refused.why:
        definition = Key(*CRD, "", f"{member.resource.plural}.{member.key.group}")
        with contextlib.suppress(BootstrapError):
            why = holding(client, definition, DEFINITIONS, {"deletionTimestamp": "now"})
            return refused._replace(why=f"{definition} is being deleted: it {why}", fix="See to that, and run again.")
    return refused


def _applied_at(metadata: Json) -> str:
    """When our field manager last applied an object; empty if it never did."""
    entries = [each for each in metadata.get("managedFields") or [] if each.get("manager") == MANAGER and each.get("operation") == "Apply"]
    return next((str(each.get("time")) for each in entries if not each.get("subresource")), "")
