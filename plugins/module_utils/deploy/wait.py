# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait until what was applied is ready. Private to the collection."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable

from ..api import Client
from ..errors import BootstrapError
from .compare import Member
from .inventory import PART_OF, Inventory
from .objects import Key
from .ready import awaited, failed, missing, pod_trouble

Json = dict[str, t.Any]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_SPEAK_EVERY = 2.0
"""Seconds."""


class NotReady(BootstrapError):
    """The time was up, or something failed for good."""


def wait(client: Client, inventory: Inventory, members: list[Member], timeout: float, progress: Callable[[str], None]) -> float:
    """Until all members that can become ready are; returns the seconds that it took.

    Raises ``NotReady``, which says what is missing and why.
    """
    pending = {member.key: member for member in members if awaited(member.key.group, member.key.kind) and member.action != "foreign"}
    start = spoken = time.monotonic()
    pause = _FIRST_PAUSE
    while True:
        lacking = _lacking(client, inventory, pending)
        pending = {key: pending[key] for key in lacking}
        now = time.monotonic()
        if not lacking:
            return round(now - start, 1)
        if now - start > timeout:
            raise NotReady(
                f"Not ready after {timeout:g} seconds: {'; '.join(_explained(client, pending, lacking))}.",
                fix="Put that right and run again: it goes on from here. More time: kubeflow_wait_timeout.",
                waiting={str(key): why for key, why in lacking.items()},
            )
        if now - spoken >= _SPEAK_EVERY:
            progress(
                f"{now - start:.0f} s, waiting for {len(lacking)}: " + "; ".join(f"{key} ({why})" for key, why in list(lacking.items())[:3])
            )
            spoken = now
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _lacking(client: Client, inventory: Inventory, pending: dict[Key, Member]) -> dict[Key, str]:
    """What is not ready yet, and what it lacks: one list a kind and namespace."""
    places = {(member.resource, member.key.namespace): member.key for member in pending.values()}
    lists: list[list[Json]] = client.map(
        lambda place: list(client.items(place[0].path(place[1]), labelSelector=f"{PART_OF}={inventory.id}")), places
    )
    live = {}
    for key, items in zip(places.values(), lists, strict=True):
        live.update({Key(key.group, key.kind, key.namespace, item["metadata"]["name"]): item for item in items})
    lacking = {}
    for key in pending:
        why = missing(key.group, key.kind, live[key]) if key in live else "it is gone"
        if why and key in live and failed(live[key]):
            raise NotReady(f"{key} has failed: {failed(live[key])}", fix="Put that right and run again: it goes on from here.")
        if why:
            lacking[key] = why
    return lacking


def _explained(client: Client, pending: dict[Key, Member], lacking: dict[Key, str]) -> list[str]:
    """Each object with what it lacks, and what its pods say of it."""
    pods = {
        namespace: list(client.items(f"/api/v1/namespaces/{namespace}/pods"))
        for namespace in {key.namespace for key in lacking if key.namespace}
    }
    lines = []
    for key, why in lacking.items():
        selector = ((pending[key].item.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        mine = [
            pod for pod in pods.get(key.namespace, []) if selector and selector.items() <= (pod["metadata"].get("labels") or {}).items()
        ]
        trouble = next(filter(None, map(pod_trouble, mine)), None)
        lines.append(f"{key} ({why}{'; its pod ' + trouble if trouble else ''})")
    return lines
