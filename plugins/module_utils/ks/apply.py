# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploy an application, or remove it, by the command `ks`, component by component.

What ks lacks is not added: it prunes nothing, records nothing, and adopts what already exists. The order of the components, the
lease, readiness and the outcome are those of the native engine.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..deploy.delete.removal import Removal
from ..deploy.lease import hold
from ..deploy.model.applyset import Inventory
from ..deploy.model.deletion_target import DeletionTarget
from ..deploy.model.member import Member
from ..deploy.model.outcome import Options, Outcome, accounted
from ..deploy.model.progress import Ticker
from ..deploy.status.wait import await_ready, open_gates
from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.client import Client
from ..kube.discovery import Served
from ..kube.policy import Deadline, RetryPolicy
from ..kube.resources import CRD, Resources, key_of, placed
from . import answers
from .command import Ks, KsOutput
from .components import ComponentOrder, order

_LEAST = 60.0
"""Seconds for gates and deletions where readiness is not awaited."""
_DATA = ("PersistentVolumeClaim", "Namespace")
_NO_SWAGGER = (1, 14)
"""The first Kubernetes without the descriptions that `ks validate` reads."""
_NO_PROMISE = (
    "ks can't promise all that kubeflow_engine=native does: nothing is recorded in the cluster, so what leaves the application stays; "
    "what already exists is adopted; changes by others are overwritten unseen; the order inside a component is its own"
)


@dataclass
class KsObject(Member):
    """One object as ks names it: ``label`` is ``deployments team.front``, and ``singular`` is ``deployment team.front``, which it prints
    before it knows the plural.

    ``state`` and ``difference``: what `ks diff` reports; ``None`` where it can't compare.
    """

    label: str = ""
    singular: str = ""
    state: str | None = None
    difference: str = ""


def labelled(shown: list[Json], rendered: Mapping[str, list[Json]], served: Served, namespace: str) -> dict[str, KsObject]:
    """The objects that ks shows, by label. ``rendered``: the same by component.

    Raises BootstrapError for a kind that the cluster does not serve, before ks would stop half way at it.
    """
    resources = Resources(served, shown)
    components = {key: name for name, items in rendered.items() for key in map(key_of, placed(items, resources, namespace))}
    objects: dict[str, KsObject] = {}
    for item, placed_item in zip(shown, placed(shown, resources, namespace), strict=True):
        key, resource = key_of(placed_item), resources.of(item)
        own_namespace = (item.get("metadata") or {}).get("namespace")
        name = f"{own_namespace}.{key.name}" if own_namespace else key.name
        label, singular = f"{resource.plural} {name}", f"{item['kind'].lower()} {name}"
        if label in objects:
            raise BootstrapError(f"ks can't tell {key} from {objects[label].key}.", fix="Use kubeflow_engine=native.")
        # pylint: disable-next=redundant-keyword-arg  # it does not see the fields of the dataclass that is extended
        objects[label] = KsObject(key, components.get(key), placed_item, resource, None, "change", label=label, singular=singular)
    return objects


def refuse_mixing(client: Client, application: str, namespace: str) -> str | None:
    """The native engine records what it applied; ks knows nothing of that record, and would leave it wrong."""
    inventory = Inventory(application, namespace).read(client)
    return f"the native engine deployed it, and keeps the ApplySet {namespace}/{inventory.name}" if inventory.exists else None


@dataclass
class KsRun:
    """A deployment or a removal of the application's ``objects``, by label."""

    client: Client
    application: str
    namespace: str
    served: Served
    ks: Ks
    objects: Mapping[str, KsObject]
    options: Options
    outcome: Outcome = field(default_factory=Outcome)
    deadline: Deadline = field(init=False)
    ticker: Ticker = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = Deadline(self.options.timeout or _LEAST)
        self.ticker = Ticker(self.options.progress)

    def present(self) -> Outcome:
        """Apply what `ks diff` reports, then wait until everything is ready.

        Raises ``BootstrapError``; its details carry the outcome.
        """
        with self._running(self.objects.values()):
            self._validate()
            self._diff()
            if self.options.check:
                self._preview()
            elif all(each.state == answers.UNCHANGED for each in self.objects.values()):
                self._add_unchanged(self.objects.values())
            else:
                self._apply()
            if self.options.timeout and not self.options.check:
                self.outcome.waited = await_ready(self.client, None, self.objects.values(), self.deadline, self.ticker)
        return self.outcome

    def absent(self, remove_data: bool) -> Outcome:
        """Delete the live objects of the application: components in reverse order, each deleted before the next.

        A second call deletes nothing.
        """
        start, pending = time.monotonic(), list[KsObject]()
        with self._running(pending):
            live: list[Json | None] = self.client.map(lambda each: self.client.find(each.path), self.objects.values())
            targets = {
                label: DeletionTarget(each.key, each.resource, item, label=False)
                for (label, each), item in zip(self.objects.items(), live, strict=True)
                if item
            }
            existing = [self.objects[label] for label in targets]
            data = [str(each.key) for each in existing if each.key.kind in _DATA and not each.key.group]
            if data and not remove_data:
                raise BootstrapError(
                    f"ks would delete {', '.join(data)}, and all that is in there.",
                    fix="kubeflow_remove_data=true allows that. Or use kubeflow_engine=native, which keeps them.",
                )
            if self.options.check or not existing:
                self._add_removed(existing)
                return self.outcome
            pending += existing
            removal = Removal(
                self.client,
                self.served,
                lambda _metadata: True,
                self.options,
                self.outcome,
                self.deadline,
                self.ticker,
                total=len(existing),
            )
            with self._lease():
                names = [name for name in reversed(self._order().names) if _of_component(existing, name)]
                for name in names:
                    members = _of_component(existing, name)
                    answers.deleted(self._write("delete", name))
                    if self.options.timeout or name != names[-1]:
                        removal.await_gone([targets[each.label] for each in members])
                    self._add_removed(members)
            self.outcome.waited = round(time.monotonic() - start, 1)
        return self.outcome

    @contextlib.contextmanager
    def _running(self, pending: Collection[KsObject]) -> Iterator[None]:
        """Report progress and retry transient errors; an error carries the outcome, in which the rest of ``pending`` was not reached."""

        def complete(error: BootstrapError) -> BootstrapError:
            for each in pending:
                self.outcome.add_unless_recorded(each.key, each.component, "not reached")
            return error

        policy = RetryPolicy(self.deadline, self.ticker.say)
        with self.ticker, self.client.retrying(policy) as self.client, accounted(self.outcome, self.ticker, complete):
            yield

    @contextlib.contextmanager
    def _lease(self) -> Iterator[None]:
        """Hold the application's lease where its namespace exists."""
        namespace = self.client.find(f"/api/v1/namespaces/{self.namespace}")
        if not namespace or namespace["metadata"].get("deletionTimestamp"):
            yield
            return
        with hold(self.client, self.namespace, self.application, self.deadline, self.ticker):
            yield

    def _order(self) -> ComponentOrder:
        """The components in the order that their objects need."""
        return order({each.key: (each.component or "", each.item) for each in self.objects.values()})

    def _validate(self) -> None:
        version = self.client.document("/version", "major", "minor")
        number = tuple(int("".join(filter(str.isdigit, str(version.get(part)))) or 0) for part in ("major", "minor"))
        if number >= _NO_SWAGGER:
            return
        self.ticker.say(f"ks validate {self.ks.environment}")
        mistakes = answers.invalid(self.ks.run("validate"))
        if mistakes:
            listed = "; ".join(f"{label}: {why}" for label, why in list(mistakes.items())[:5])
            raise BootstrapError(f"ks validate rejects {len(mistakes)} objects: {listed}.", fix="Nothing was applied. Fix that.")

    def _diff(self) -> None:
        """Set the state of each object.

        `ks diff` crashes where the live object lacks a list that the application has, and stops at a kind whose CRD is still to come.
        """
        self._show(f"ks diff {self.ks.environment}")
        answer = self.ks.run("diff")
        new_kinds = any(each.key[:2] == CRD for each in self.objects.values())
        if answer.code == answers.CRASHED or (answer.code == 1 and new_kinds):
            return
        for label, (state, text) in answers.differences(answer).items():
            each = self.objects.get(label)
            if each is None:
                continue
            each.state, each.difference = state, text
            if state == answers.UNCHANGED:
                each.action = "leave"
            elif self.options.diff:
                self.outcome.differences.append({"before_header": str(each.key), "after_header": str(each.key), "prepared": _shown(each)})

    def _apply(self) -> None:
        """`ks apply` of each component that has differences, in order, after what it needs is ready."""
        self.ticker.say(_NO_PROMISE)
        components = self._order()
        for cycle in components.broken:
            self.ticker.say(cycle)
        items = {each.key: each.item for each in self.objects.values()}
        with self._lease():
            for number, name in enumerate(components.names, 1):
                members = _of_component(self.objects.values(), name)
                if all(each.state == answers.UNCHANGED for each in members):
                    self._add_unchanged(members, number)
                    continue
                gates = components.gates.get(name)
                if gates:
                    open_gates(self.client, gates, items, self.deadline, self.ticker, wait_soft=bool(self.options.timeout))
                self._account(self._write("apply", name, f", {number} of {len(components.names)}"), members, number)

    def _write(self, verb: str, component: str, progress: str = "") -> KsOutput:
        """Run a command that writes, for one component, after checking that the same cluster still answers."""
        self._show(f"ks {verb} {self.ks.environment}{f' -c {component}' if component else ''}{progress}")
        self.client.identity.check()
        return self.ks.run(verb, component or None)

    def _show(self, line: str) -> None:
        self.ticker.state = line
        self.ticker.say(line)

    def _preview(self) -> None:
        """Record what a run would do: by `ks diff`, else by the dry run of each component, which fails at a kind still to come."""
        compared = any(each.state for each in self.objects.values())
        for name in dict.fromkeys(each.component or "" for each in self.objects.values()):
            members = _of_component(self.objects.values(), name)
            if compared:
                for each in members:
                    self.outcome.add(each.key, each.component, each.state or answers.CHANGED)
            elif all(each.key.kind in self.served.get(each.resource.api_version, {}) for each in members):
                self._account(self.ks.run("dry-run", name or None), members)
            else:
                for each in members:
                    self.outcome.add(each.key, each.component, answers.CHANGED if self.client.find(each.path) else answers.CREATED)

    def _account(self, answer: KsOutput, members: list[KsObject], number: int | None = None) -> None:
        """Record what became of each object of a component. ks prints "Updating" for unchanged ones, too, which ``state`` tells."""
        handled, stopped_at = answers.applied(answer)
        by_name = {**{each.singular: each for each in self.objects.values()}, **self.objects}
        error = answers.failure(answer) if answer.code else None
        for label, created in handled.items():
            each = by_name.get(label)
            if each is None:
                continue
            if error and label == stopped_at:
                self.outcome.add(each.key, each.component, "failed", number, why=error.message)
            else:
                action = answers.UNCHANGED if each.state == answers.UNCHANGED else answers.CHANGED
                self.outcome.add(each.key, each.component, answers.CREATED if created else action, number)
        if error:
            raise error
        silent = [str(each.key) for each in members if each.label not in handled and each.singular not in handled]
        if silent:
            raise BootstrapError(
                f"{answer.command} ended well, but said nothing of {', '.join(silent[:5])}.",
                fix="Run it by hand in the application's folder.",
            )

    def _add_unchanged(self, members: Collection[KsObject], number: int | None = None) -> None:
        for each in members:
            self.outcome.add(each.key, each.component, answers.UNCHANGED, number)

    def _add_removed(self, members: Collection[KsObject]) -> None:
        for each in members:
            self.outcome.add(each.key, each.component, "removed")


def _of_component(objects: Collection[KsObject], name: str) -> list[KsObject]:
    return [each for each in objects if (each.component or "") == name]


def _shown(each: KsObject) -> str:
    """The text of `ks diff`; not for Secrets, whose values it prints."""
    return "(hidden, differs)\n" if each.key[:2] == ("", "Secret") else each.difference
