# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploy an application, or remove it, by the command `ks`, component by component.

What ks can't do is not made up for: it takes back no object that left the application, records none, and adopts what already exists.
The order of the components and waiting are ours.
"""

from __future__ import annotations

import contextlib
import time
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..deploy.delete.removal import Removal
from ..deploy.lease import held
from ..deploy.model.applyset import Inventory
from ..deploy.model.deletion_target import DeletionTarget
from ..deploy.model.outcome import Options, Outcome
from ..deploy.model.progress import Deadline, Ticker
from ..deploy.status.readiness import awaited, failed, missing
from ..deploy.status.wait import counted, open_gates
from ..errors import BootstrapError
from ..kube.client import Client
from ..kube.discovery import Served
from ..kube.resources import CRD, Key, Resource, Resources, key_of, placed
from ..process import interrupts
from . import answers
from .command import Ks, KsOutput
from .components import ComponentOrder, plan

Json = dict[str, t.Any]

_PAUSE = 0.5
_LEAST = 60.0
"""Seconds for gates and deletions where nobody is to wait for readiness."""
_DATA = ("PersistentVolumeClaim", "Namespace")
_NO_SWAGGER = (1, 14)
"""The first Kubernetes without the descriptions that `ks validate` reads."""
_NO_PROMISE = (
    "ks can't promise all that kubeflow_engine=native does: nothing is recorded in the cluster, so what leaves the application stays; "
    "what already exists is adopted; changes by others are overwritten unseen; the order inside a component is its own"
)


@dataclass(frozen=True)
class KsObject:
    """One object as ks names it: ``label`` is ``deployments team.front``, and ``deployment team.front`` before it knows the plural."""

    key: Key
    label: str
    singular: str
    component: str | None
    resource: Resource
    item: Json = field(compare=False, repr=False)

    @property
    def path(self) -> str:
        """Where it is served."""
        return self.resource.path(self.key.namespace, self.key.name)


def things(shown: list[Json], rendered: Mapping[str, list[Json]], served: Served, namespace: str) -> dict[str, KsObject]:
    """The objects that ks shows, by label. ``rendered``: the same by component, for its name.

    Raises BootstrapError for a kind that the cluster does not serve, before ks would stop half way at it.
    """
    resources = Resources(served, shown)
    components = {
        key: name for name, items in rendered.items() for item, key in zip(items, _keys(items, resources, namespace), strict=True)
    }
    found: dict[str, KsObject] = {}
    for item, there in zip(shown, placed(shown, resources, namespace), strict=True):
        key, resource = key_of(there), resources.of(item)
        own = (item.get("metadata") or {}).get("namespace")
        name = f"{own}.{key.name}" if own else key.name
        thing = KsObject(key, f"{resource.plural} {name}", f"{item['kind'].lower()} {name}", components.get(key), resource, there)
        if thing.label in found:
            raise BootstrapError(f"ks can't tell {thing.key} from {found[thing.label].key}.", fix="Use kubeflow_engine=native.")
        found[thing.label] = thing
    return found


def _keys(items: list[Json], resources: Resources, namespace: str) -> list[Key]:
    return [key_of(item) for item in placed(items, resources, namespace)]


def refuse_mixing(client: Client, application: str, namespace: str) -> str | None:
    """The native engine records what it applied; ks knows nothing of that, and would leave the record wrong."""
    inventory = Inventory(application, namespace).read(client)
    return f"the native engine deployed it, and keeps the ApplySet {namespace}/{inventory.name}" if inventory.exists else None


@dataclass(frozen=True)
class DeploymentSite:
    """Whose deployment this is, and where: the Lease of ``application`` in ``namespace`` keeps others away."""

    client: Client
    application: str
    namespace: str
    served: Served

    @contextlib.contextmanager
    def held(self, deadline: Deadline, ticker: Ticker) -> Iterator[None]:
        """Hold the lease where the namespace exists."""
        space = self.client.find(f"/api/v1/namespaces/{self.namespace}")
        if not space or space["metadata"].get("deletionTimestamp"):
            yield
            return
        with held(self.client, self.namespace, self.application, deadline, ticker):
            yield


def present(place: DeploymentSite, ks: Ks, found: dict[str, KsObject], options: Options) -> Outcome:
    """Apply by ks what `ks diff` finds to do; then wait until the workloads are ready.

    Raises ``BootstrapError``; its details carry the outcome.
    """
    start, client = time.monotonic(), place.client
    outcome = Outcome()
    deadline = Deadline(options.timeout or _LEAST)
    with Ticker(options.progress) as ticker, client.repeating(deadline.left, ticker.say), _accounted([*found.values()], outcome, start):
        _validate(client, ks, ticker)
        states = _diff(ks, found, ticker)
        if options.diff:
            outcome.differences = [
                {"before_header": str(thing.key), "after_header": str(thing.key), "prepared": _shown(thing, states[label][1])}
                for label, thing in found.items()
                if label in states and states[label][0] != answers.UNCHANGED
            ]
        if all(label in states and states[label][0] == answers.UNCHANGED for label in found):
            for thing in found.values():
                outcome.add(thing.key, thing.component, answers.UNCHANGED)
        else:
            _apply(place, ks, found, {label: state for label, (state, _text) in states.items()}, options, outcome, deadline, ticker)
        if options.timeout and not options.check:
            outcome.waited = _wait(client, [thing for thing in found.values() if awaited(*thing.key[:2])], deadline, ticker)
    return outcome


@contextlib.contextmanager
def _accounted(wanted: list[KsObject], outcome: Outcome, start: float) -> Iterator[None]:
    """Give an error the outcome, with what of ``wanted`` was not reached."""
    try:
        yield
    except BootstrapError as error:
        known = {item["object"] for item in outcome.objects}
        for thing in wanted:
            if str(thing.key) not in known:
                outcome.add(thing.key, thing.component, "not reached")
        outcome.seconds = round(time.monotonic() - start, 1)
        error.details = {**error.details, "changed": outcome.changed, "outcome": outcome.document()}
        raise
    outcome.seconds = round(time.monotonic() - start, 1)


def planned(found: dict[str, KsObject]) -> ComponentOrder:
    """The components in the order that their objects need."""
    return plan({thing.key: (thing.component or "", thing.item) for thing in found.values()})


def _validate(client: Client, ks: Ks, ticker: Ticker) -> None:
    version = client.document("/version", "major", "minor")
    number = tuple(int("".join(filter(str.isdigit, str(version.get(part)))) or 0) for part in ("major", "minor"))
    if number >= _NO_SWAGGER:
        return
    ticker.say(f"ks validate {ks.environment}")
    wrong = answers.invalid(ks.run("validate"))
    if wrong:
        listed = "; ".join(f"{label}: {why}" for label, why in list(wrong.items())[:5])
        raise BootstrapError(f"ks validate rejects {len(wrong)} objects: {listed}.", fix="Nothing was applied. Fix that.")


def _diff(ks: Ks, found: dict[str, KsObject], ticker: Ticker) -> dict[str, tuple[str, str]]:
    """The state of each object; none where `ks diff` can't compare.

    It crashes where the live object lacks a list that the application has, and stops at a kind whose CRD is still to come.
    """
    _say(ticker, f"ks diff {ks.environment}")
    answer = ks.run("diff")
    new_kinds = any(thing.key[:2] == CRD for thing in found.values())
    if answer.code == answers.CRASHED or (answer.code == 1 and new_kinds):
        return {}
    return answers.differences(answer)


def _shown(thing: KsObject, text: str) -> str:
    """The text of `ks diff`; not for Secrets, whose values it prints."""
    return "(hidden, differs)\n" if thing.key[:2] == ("", "Secret") else text


def _say(ticker: Ticker, line: str) -> None:
    ticker.state = line
    ticker.say(line)


def _apply(
    place: DeploymentSite,
    ks: Ks,
    found: dict[str, KsObject],
    states: dict[str, str],
    options: Options,
    outcome: Outcome,
    deadline: Deadline,
    ticker: Ticker,
) -> None:
    """`ks apply` of each component that has something to do, in order, after what it needs is up; in check mode its dry run."""
    if options.check:
        _foresee(place, ks, found, states, outcome)
        return
    ticker.say(_NO_PROMISE)
    order = planned(found)
    for cycle in order.broken:
        ticker.say(cycle)
    items = {thing.key: thing.item for thing in found.values()}
    with place.held(deadline, ticker):
        for number, name in enumerate(order.names, 1):
            mine = {label: thing for label, thing in found.items() if (thing.component or "") == name}
            if all(states.get(label) == answers.UNCHANGED for label in mine):
                for thing in mine.values():
                    outcome.add(thing.key, thing.component, answers.UNCHANGED, number)
                continue
            gates = order.gates.get(name)
            if gates:
                open_gates(place.client, gates, items, deadline, ticker, wait_soft=bool(options.timeout))
            _say(ticker, f"ks apply {ks.environment}{f' -c {name}' if name else ''}, {number} of {len(order.names)}")
            place.client.identity.check()
            _account(ks.run("apply", name or None), found, list(mine.values()), states, outcome, number)


def _foresee(place: DeploymentSite, ks: Ks, found: dict[str, KsObject], states: dict[str, str], outcome: Outcome) -> None:
    """What would be done: as `ks diff` told; else by the dry run of each component, which fails at a kind that is still to come."""
    for name in dict.fromkeys(thing.component or "" for thing in found.values()):
        mine = {label: thing for label, thing in found.items() if (thing.component or "") == name}
        if states:
            for label, thing in mine.items():
                outcome.add(thing.key, thing.component, states.get(label, answers.CHANGED))
        elif all(thing.key.kind in place.served.get(thing.resource.api_version, {}) for thing in mine.values()):
            _account(ks.run("dry-run", name or None), found, list(mine.values()), states, outcome)
        else:
            for thing in mine.values():
                outcome.add(thing.key, thing.component, answers.CHANGED if place.client.find(thing.path) else answers.CREATED)


def _account(
    answer: KsOutput, found: dict[str, KsObject], mine: list[KsObject], states: dict[str, str], outcome: Outcome, number: int | None = None
) -> None:
    """What became of each object. ks itself says "Updating" of what does not change, too: ``states`` tells that apart."""
    dealt, stopped = answers.applied(answer)
    by_name = found | {thing.singular: thing for thing in found.values()}
    error = answers.failure(answer) if answer.code else None
    for label, created in dealt.items():
        if label not in by_name:
            continue
        thing = by_name[label]
        if error and label == stopped:
            outcome.add(thing.key, thing.component, "failed", number, why=error.message)
        else:
            unchanged = states.get(thing.label) == answers.UNCHANGED
            action = answers.CREATED if created else answers.UNCHANGED if unchanged else answers.CHANGED
            outcome.add(thing.key, thing.component, action, number)
    if error:
        raise error
    silent = [str(thing.key) for thing in mine if thing.label not in dealt and thing.singular not in dealt]
    if silent:
        raise BootstrapError(
            f"{answer.command} ended well, but said nothing of {', '.join(silent[:5])}.", fix="Run it by hand in the application's folder."
        )


def _wait(client: Client, waiting: list[KsObject], deadline: Deadline, ticker: Ticker) -> float:
    """Wait until the workloads are ready. Raises BootstrapError when the time is up, or where one has failed."""
    start = time.monotonic()
    while True:
        live: list[Json | None] = client.map(lambda thing: client.find(thing.path), waiting)
        lacking: dict[KsObject, str] = {}
        for thing, item in zip(waiting, live, strict=True):
            why = missing(*thing.key[:2], item) if item else "not found"
            if why and item and failed(item):
                raise BootstrapError(f"{thing.key} has failed: {failed(item)}", fix="Fix that and run again.")
            if why:
                lacking[thing] = why
        if not lacking:
            return round(time.monotonic() - start, 1)
        listed = "; ".join(f"{thing.key} ({why})" for thing, why in lacking.items())
        if deadline.over:
            raise BootstrapError(
                f"Not ready after {deadline.seconds:g} seconds: {listed}.",
                fix="Fix that and run again. More time: kubeflow_wait_timeout.",
                waiting={str(thing.key): why for thing, why in lacking.items()},
            )
        ticker.state = f"waiting for {counted(len(lacking))}: {listed[:200]}"
        waiting = list(lacking)
        interrupts.pause(_PAUSE)


def absent(place: DeploymentSite, ks: Ks, found: dict[str, KsObject], options: Options, remove_data: bool) -> Outcome:
    """Delete by ks what is there of the application: components in reverse order, each gone before the next.

    A second call finds nothing.
    """
    start, client = time.monotonic(), place.client
    outcome = Outcome()
    deadline, wanted = Deadline(options.timeout or _LEAST), list[KsObject]()
    with Ticker(options.progress) as ticker, client.repeating(deadline.left, ticker.say), _accounted(wanted, outcome, start):
        live: list[Json | None] = client.map(lambda thing: client.find(thing.path), found.values())
        there = {thing: item for thing, item in zip(found.values(), live, strict=True) if item}
        data = [str(thing.key) for thing in there if thing.key.kind in _DATA and not thing.key.group]
        if data and not remove_data:
            raise BootstrapError(
                f"ks would delete {', '.join(data)}, and all that is in there.",
                fix="kubeflow_remove_data=true allows that. Or use kubeflow_engine=native, which keeps them.",
            )
        if options.check or not there:
            for thing in there:
                outcome.add(thing.key, thing.component, "removed")
            return outcome
        wanted += there
        removal = Removal(client, place.served, lambda _metadata: True, options, outcome, deadline, ticker, total=len(there))
        with place.held(deadline, ticker):
            names = [name for name in reversed(planned(found).names) if any((thing.component or "") == name for thing in there)]
            for name in names:
                mine = [thing for thing in there if (thing.component or "") == name]
                _say(ticker, f"ks delete {ks.environment}{f' -c {name}' if name else ''}")
                client.identity.check()
                answers.deleted(ks.run("delete", name or None))
                if options.timeout or name != names[-1]:
                    removal.await_gone([DeletionTarget(thing.key, thing.resource, there[thing], label=False) for thing in mine])
                for thing in mine:
                    outcome.add(thing.key, thing.component, "removed")
        outcome.waited = round(time.monotonic() - start, 1)
    return outcome
