# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apply the objects of one wave side by side."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import BootstrapError
from ...kube.client import ONE_METADATA, ApiError, Client, Unreachable
from ...kube.identity import OtherCluster
from ...kube.resources import CRD, DEFINITIONS, MANAGER, Key, owned_fields
from ...process import interrupts
from ..model.applyset import Inventory
from ..model.managed_fields import Rewrite, former, migrate, of_another_version
from ..model.member import Member
from ..model.outcome import Options, Outcome
from ..model.progress import Deadline
from ..status.finalizers import holding
from . import recreate
from .drift import fingerprint
from .rejections import INVALID, Refusal, refusal

Json = dict[str, t.Any]

_DONE = {"create": "created", "change": "changed", "take-over": "taken over", "replace": "replaced"}
_TERMINATING = "custom resource definition is terminating"
"""The API server's word for it (apiextensions-apiserver, apiserver/customresource_handler.go)."""
_NEW_SCHEMA, _PAUSE = 10.0, 0.2
"""Seconds for the API server to go by a CRD that was changed, and between two tries: its schemas are cached."""
_GRACE = 1.0
"""Seconds for what is under way when the run is interrupted."""


@dataclass
class Applied:
    """What came of one object: its resourceVersion and what we own of it, or why it was refused."""

    version: str = ""
    owned: str = ""
    refused: Refusal | None = None
    seconds: float = 0.0


def send(client: Client, member: Member, options: Options, dry_run: bool = False, whole: bool = False, force: bool = False) -> Json:
    """Apply one object; the answer is its metadata, or the ``whole`` object.

    A change names the UID of the object that it is for: another cluster, or an object that was made since, refuses it.
    """
    new = member.action in ("create", "replace")
    item = member.created if new else member.item
    if not new and not dry_run and member.metadata.get("uid"):
        item = {**item, "metadata": {**item["metadata"], "uid": member.metadata["uid"]}}
    force = force or options.force or member.action == "take-over"
    return client.apply(member.path, item, MANAGER, force=force, dry_run=dry_run, metadata_only=not whole)


def apply_wave(
    client: Client,
    inventory: Inventory,
    busy: list[Member],
    options: Options,
    outcome: Outcome,
    number: int,
    deadline: Deadline,
    said: Callable[[int], None],
) -> dict[Key, Refusal]:
    """Apply all of ``busy``, record what was done in ``inventory`` and ``outcome``, and return what was refused, by object.

    ``said`` is told how many succeeded. Whatever ends this, all that was done by then is recorded.
    """
    done: dict[int, Applied] = {}
    stop = threading.Event()
    started: set[int] = set()

    def attempt(index: int) -> None:
        if stop.is_set():
            return
        started.add(index)
        done[index] = _apply(client, busy[index], options, deadline)
        said(sum(not each.refused for each in list(done.values())))

    try:
        client.map(attempt, range(len(busy)))
    except BaseException:
        stop.set()
        client.give_up()
        end = time.monotonic() + _GRACE
        while started - done.keys() and time.monotonic() < end:
            time.sleep(0.02)
        raise
    finally:
        refused = _account(inventory, busy, dict(done), outcome, number)
    return refused


def _apply(client: Client, member: Member, options: Options, deadline: Deadline) -> Applied:
    start = time.monotonic()
    applied = Applied()
    try:
        if member.action == "replace":
            recreate.delete(client, member, deadline.left(), options.progress)
        metadata = _written_as_defined(client, member, options)
        applied.version, applied.owned = str(metadata.get("resourceVersion") or ""), owned_fields({"metadata": metadata})
    except OtherCluster:
        raise
    except BootstrapError as error:
        applied.refused = refusal_of(client, member, error)
    applied.seconds = round(time.monotonic() - start, 3)
    return applied


def refusal_of(client: Client, member: Member, error: BootstrapError) -> Refusal:
    """What an error says of an object; with what holds the CustomResourceDefinition of its kind, where that is being deleted."""
    found = refusal(error, member.key, member.item)
    if _TERMINATING in found.why:
        definition = Key(*CRD, "", f"{member.resource.plural}.{member.key.group}")
        with contextlib.suppress(BootstrapError):
            held = holding(client, definition, DEFINITIONS, {"deletionTimestamp": "now"})
            return found._replace(why=f"{definition} is being deleted: it {held}", fix="See to that, and run again.")
    return found


def _sent(client: Client, member: Member, options: Options, before: Json) -> Json:
    """Apply one object; its metadata, which until now were ``before``.

    Where it was not answered, the object is read: the server may have done it. That only its field ownership was rewritten is no sign.
    """
    try:
        metadata: Json = send(client, member, options)["metadata"]
    except Unreachable:
        with contextlib.suppress(BootstrapError):
            metadata = client.request("GET", member.path, accept=ONE_METADATA, once=True)["metadata"]
            if _applied_at(metadata) and _applied_at(metadata) != _applied_at(before):
                return metadata
        raise
    return metadata


def _applied_at(metadata: Json) -> str:
    """When our field manager last applied an object; empty if it never did."""
    entries = [each for each in metadata.get("managedFields") or [] if each.get("manager") == MANAGER and each.get("operation") == "Apply"]
    return next((str(each.get("time")) for each in entries if not each.get("subresource")), "")


def _written_as_defined(client: Client, member: Member, options: Options) -> Json:
    """Apply one object; where its CRD was changed a moment ago, as soon as the API server goes by that; its metadata."""
    end = Deadline(_NEW_SCHEMA)
    while True:
        try:
            return _written(client, member, options)
        except ApiError as error:
            if not member.redefined or end.over or refusal(error, member.key, member.item).what != INVALID:
                raise
        interrupts.pause(_PAUSE)


def _written(client: Client, member: Member, options: Options) -> Json:
    """Apply one object with its field ownership; its metadata."""
    version, before = member.item["apiVersion"], member.metadata
    rewrite = member.rewrite if member.action != "replace" else None
    if rewrite:
        before = migrate(client, member.path, version, rewrite)
    try:
        metadata = _sent(client, member, options, before)
    except ApiError as error:
        if not of_another_version(error):
            raise
        before = migrate(client, member.path, version, Rewrite(retag=True))
        metadata = _sent(client, member, options, before)
    if rewrite and rewrite.adopt and former(metadata, rewrite.adopt):
        # It had no managers at all: those that the server then makes up share every field.
        before = migrate(client, member.path, version, rewrite, metadata)
        metadata = _sent(client, member, options, before)
    if member.initial and member.action in ("create", "replace"):
        return migrate(client, member.path, version, Rewrite(autoscaled=True), metadata)
    return metadata


def _account(inventory: Inventory, busy: list[Member], done: dict[int, Applied], outcome: Outcome, number: int) -> dict[Key, Refusal]:
    refused: dict[Key, Refusal] = {}
    for index, member in enumerate(busy):
        applied = done.get(index)
        if applied is None:
            outcome.add(member.key, member.component, "not reached", number, "the run was interrupted")
        elif applied.refused:
            refused[member.key] = applied.refused
            outcome.add(member.key, member.component, "failed", number, applied.refused.why, applied.seconds)
        else:
            inventory.members[member.key] = (fingerprint(member.item), applied.owned)
            same = member.version == applied.version
            action = "unchanged" if same else _DONE[member.action]
            outcome.add(member.key, member.component, action, number, None if same else member.why, applied.seconds)
    return refused
