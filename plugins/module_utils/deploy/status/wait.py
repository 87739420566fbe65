# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait until gates open, and until objects are ready."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Collection, Iterator, Mapping

from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from ...kube.policy import Deadline
from ...kube.resources import CRD, Key, Resource
from ...process import interrupts
from ..graph.waves import SOFT, Gate
from ..model.applyset import PART_OF, Inventory
from ..model.member import Member
from ..model.progress import Ticker
from .diagnosis import explain
from .gates import closed, described, unserved
from .readiness import NotReady, awaited, failed, is_paused, missing, only_slow, storage_class

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_EXPLAIN_FIRST, _EXPLAIN_EVERY = 1.0, 5.0
_SOFT_SECONDS = 30.0
"""Seconds."""
_IN_A_LINE, _IN_A_MESSAGE = 3, 10
"""Objects that are named; the others are counted."""
_GO_ON = "Fix that and run again: it resumes from here."
_MORE_TIME = f"{_GO_ON} More time: kubeflow_wait_timeout."


def open_gates(
    client: Client, gates: Collection[Gate], items: Mapping[Key, Json], deadline: Deadline, ticker: Ticker, wait_soft: bool
) -> None:
    """Return when all ``gates`` are open. Soft ones are awaited for half a minute only, and only with ``wait_soft``.

    ``items``: objects as they were applied. Raises ``NotReady`` when the time is up, or if a gate will never open.
    """
    pending = [gate for gate in dict.fromkeys(gates) if wait_soft or gate.kind not in SOFT]
    soft, explained = Deadline(min(_SOFT_SECONDS, deadline.left())), dict[Gate, str]()
    with _state(ticker):
        for explaining in _polls(deadline):
            closed_gates = closed(client, pending, items, explaining)
            if soft.over:
                for gate in [gate for gate in closed_gates if gate.kind in SOFT]:
                    ticker.say(f"going on without {described(gate)}: {closed_gates.pop(gate)}")
            pending = list(closed_gates)
            if not pending:
                ticker.timeline.awaited({})
                return
            explained |= closed_gates if explaining else {}
            reasons = {described(gate): explained.get(gate, why) for gate, why in closed_gates.items()}
            ticker.timeline.awaited(reasons)
            ticker.state = f"waiting for {counted(len(reasons))}: {_named(reasons, _IN_A_LINE)}"
    raise NotReady(
        f"After {deadline.seconds:g} seconds still waiting for {_named(reasons, _IN_A_MESSAGE)}.",
        fix=_MORE_TIME,
        waiting={str(gate.key): why for gate, why in closed_gates.items()},
    )


def await_ready(client: Client, inventory: Inventory | None, members: Collection[Member], deadline: Deadline, ticker: Ticker) -> float:
    """Return when all members that can become ready are; the seconds that it took.

    ``inventory``: their ApplySet; ``None`` of objects without its label, which are read one by one.
    Raises ``NotReady`` when the time is up, and at once if an object has failed permanently; with the objects and reasons.
    """
    start = time.monotonic()
    watch = _Watch(client, inventory, members)
    with _state(ticker):
        for explaining in _polls(deadline):
            lacking = watch.poll(explaining)
            for key in watch.paused:
                resume = shlex.join(["kubectl", "rollout", "resume", f"deployment/{key.name}", "-n", key.namespace])
                ticker.say(f"{key} is paused, so it is not awaited: {resume}")
            if not lacking:
                ticker.timeline.awaited({})
                return round(time.monotonic() - start, 1)
            if explaining:
                watch.explain(list(lacking)[: _IN_A_MESSAGE if deadline.over else _IN_A_LINE])
            reasons = watch.reasons(lacking)
            ticker.timeline.awaited(reasons)
            ticker.state = f"waiting for {counted(len(reasons))}: {_named(reasons, _IN_A_LINE)}"
    raise NotReady(
        f"Not ready after {deadline.seconds:g} seconds: {_named(watch.reasons(lacking), _IN_A_MESSAGE)}.",
        fix=_MORE_TIME,
        waiting=watch.reasons(lacking),
    )


class _Watch:
    """Polls what is not ready yet: one list a kind, or a kind and namespace where the user may not list them all."""

    def __init__(self, client: Client, inventory: Inventory | None, members: Collection[Member]) -> None:
        self._client = client
        self._selector = f"{PART_OF}={inventory.id}" if inventory else None
        self._pending = {
            member.key: member for member in members if awaited(member.key.group, member.key.kind) and member.action != "foreign"
        }
        self._narrow: set[Resource] = set()
        self._immediate: set[str] | None = None
        self._live: dict[Key, Json] = {}
        self._unlisted: dict[Resource, str] = {}
        self._explained: dict[Key, str] = {}
        self.paused: list[Key] = []
        """Deployments that were paused at the last poll: they are no longer awaited."""
        self._spared: set[Key] | None = None

    def poll(self, explaining: bool) -> dict[Key, str]:
        """What is not ready yet, and why. Raises ``NotReady`` for permanent failures."""
        definitions = [key for key in self._pending if key[:2] == CRD]
        # CRDs are large, and discovery is enough.
        items = {key: self._pending[key].item for key in definitions}
        lacking = unserved(self._client, definitions, items, explaining) if definitions else {}
        self._unlisted = {}
        self._live = self._list([member for key, member in self._pending.items() if key not in items])
        immediate = self._classes()
        self.paused = []
        for key in self._pending.keys() - items.keys():
            why = missing(key.group, key.kind, self._live[key], immediate) if key in self._live else self._why_missing(key)
            if why:
                lacking[key] = why
            elif is_paused(key.group, key.kind, self._live.get(key) or {}):
                self.paused.append(key)
        self._pending = {key: member for key, member in self._pending.items() if key in lacking}
        self._raise_failed()
        return {key: lacking[key] for key in self._pending}

    def explain(self, keys: list[Key]) -> None:
        """Read more about the reasons of these."""
        self._explained = explain(self._client, {key: self._live.get(key, self._pending[key].item) for key in keys if key[:2] != CRD})

    def reasons(self, lacking: Mapping[Key, str]) -> dict[str, str]:
        """From each object to all known reasons why it is not ready."""
        return {str(key): "; ".join(filter(None, (why, self._explained.get(key)))) for key, why in lacking.items()}

    def _why_missing(self, key: Key) -> str | None:
        if self._pending[key].resource in self._unlisted:
            return self._unlisted[self._pending[key].resource]
        has_ttl = key[:2] == ("batch", "Job") and self._pending[key].item["spec"].get("ttlSecondsAfterFinished") is not None
        return None if has_ttl else "it is gone"

    def _list(self, members: list[Member]) -> dict[Key, Json]:
        """The live objects of those that are awaited."""
        if self._selector is None:
            live: list[Json | None] = self._client.map(lambda member: self._client.find(member.path), members)
            return {member.key: item for member, item in zip(members, live, strict=True) if item}
        spaces: dict[Resource, set[str]] = {}
        kinds = {member.resource: member.key for member in members}
        for member in members:
            spaces.setdefault(member.resource, set()).add(member.key.namespace)
        wide = [resource for resource, namespaces in spaces.items() if len(namespaces) > 1 and resource not in self._narrow]
        answers: list[list[Json] | None] = self._client.map(lambda resource: self._items(resource, ""), wide)
        lists = list(zip(wide, answers, strict=True))
        self._narrow |= {resource for resource, items in lists if items is None}
        near = [(resource, space) for resource, namespaces in spaces.items() for space in namespaces]
        near = [pair for pair in near if pair[0] not in wide or pair[0] in self._narrow]
        answers = self._client.map(lambda pair: self._items(*pair), near)
        lists += [(resource, items) for (resource, _space), items in zip(near, answers, strict=True)]
        return {
            key: item
            for resource, items in lists
            for item in items or []
            if (key := kinds[resource]._replace(namespace=item["metadata"].get("namespace") or "", name=item["metadata"]["name"]))
            in self._pending
        }

    def _items(self, resource: Resource, namespace: str) -> list[Json] | None:
        """``None`` if the user may not list all namespaces; by name if he may not list one either; empty if the kind is not served."""
        try:
            return list(self._client.items(resource.path(namespace), labelSelector=self._selector))
        except ApiError as error:
            if error.code == 403:
                return None if resource.namespaced and not namespace else self._named(resource, namespace)
            if error.code == 404:
                return []
            if error.code < 500:
                raise
            self._unlisted[resource] = f"it can't be listed: {error.status_message}"
            return []

    def _named(self, resource: Resource, namespace: str) -> list[Json]:
        members = [member for member in self._pending.values() if member.resource == resource and member.key.namespace == namespace]
        return [item for member in members if (item := self._client.find(member.path))]

    def _classes(self) -> set[str]:
        """The storage classes that bind at once; read once, and only if there is a PVC with a class."""
        claims = [item for key, item in self._live.items() if key[:2] == ("", "PersistentVolumeClaim") and storage_class(item)]
        if self._immediate is None and claims:
            try:
                classes = list(self._client.items("/apis/storage.k8s.io/v1/storageclasses"))
            except ApiError as error:
                if error.code != 403:
                    raise
                classes = []
            self._immediate = {each["metadata"]["name"] for each in classes if each.get("volumeBindingMode", "Immediate") == "Immediate"}
        return self._immediate or set()

    def _raise_failed(self) -> None:
        """Raise ``NotReady`` for permanent failures; not for an unchanged Deployment that was late at the first poll: it may recover."""
        failures = {key: why for key in self._pending if (why := failed(self._live.get(key) or {}))}
        if self._spared is None:
            self._spared = {key for key in failures if only_slow(self._live[key]) and not self._pending[key].is_written}
        failures = {key: why for key, why in failures.items() if key not in self._spared}
        if failures:
            self.explain(list(failures)[:_IN_A_MESSAGE])
            reasons = self.reasons(failures)
            raise NotReady(
                f"{'; '.join(f'{key} has failed: {why}' for key, why in reasons.items())}.",
                fix=_GO_ON,
                waiting=reasons,
            )


def _polls(deadline: Deadline) -> Iterator[bool]:
    """One poll after another until the deadline; true when it is time to explain delays: now and then, and at the end."""
    pause, explain_at = _FIRST_PAUSE, time.monotonic() + _EXPLAIN_FIRST
    while not deadline.over:
        explaining = time.monotonic() >= explain_at
        yield explaining
        if explaining:
            explain_at = time.monotonic() + _EXPLAIN_EVERY
        interrupts.pause(min(pause, deadline.left()))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    yield True


def counted(objects: int) -> str:
    """A number of objects."""
    return f"{objects} object{'' if objects == 1 else 's'}"


def _named(reasons: Mapping[str, str], most: int) -> str:
    """At most ``most`` with their reasons, then the number of the others."""
    listed = "; ".join(f"{what} ({why})" for what, why in list(reasons.items())[:most])
    return f"{listed}; and {len(reasons) - most} more" if len(reasons) > most else listed


@contextlib.contextmanager
def _state(ticker: Ticker) -> Iterator[None]:
    """Restore the ticker's state afterwards."""
    before = ticker.state
    try:
        yield
    finally:
        ticker.state = before
