# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring an application's objects into the cluster."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..api_migration.migrate import lines, migrate
from ..errors import BootstrapError
from ..kube.client import ApiError, Client
from ..kube.discovery import Served, discover
from ..kube.resources import Key, Resource, Resources, placed
from . import shapes
from .apply.drift import compare, is_deleted_when_finished, stale
from .apply.preflight import Preflight, PreflightFailed, all_served, each_once, preflight
from .apply.rejections import UNANSWERED, Refusal, fixes, refusal, told
from .apply.wave import apply_wave
from .graph.waves import Order, order
from .lease import held
from .model import namespace
from .model.applyset import Inventory, group_kind, name_of
from .model.generated_secrets import filled
from .model.given_secrets import UNSAID, is_given, names, stays_by_itself
from .model.member import Member
from .model.outcome import Options, Outcome, accounted
from .model.progress import Deadline, Ticker
from .pruner import prune
from .status.readiness import NotReady, failed
from .status.unlisted_kinds import unserved
from .status.wait import await_ready, open_gates

Json = dict[str, t.Any]

LOOKING = 30.0
"""Retry budget, in seconds, for transient errors before the first write."""
_LEAST, _EACH = 60.0, 0.5
"""Seconds for retries and gates where nobody is to wait for readiness, and for each object beside."""
_LAST_WORDS = 5.0
"""Seconds for the record of what was done when the run is interrupted."""
_BUSY = ("create", "change", "take-over", "replace")
_LEFT = {"leave": "unchanged", "same": "unchanged", "foreign": "left alone"}
_WOULD = {"create": "created", "change": "changed", "take-over": "taken over", "replace": "replaced", **_LEFT}


@dataclass
class _Deployment:
    """One deployment on its way."""

    client: Client
    application: str
    namespace: str
    options: Options
    outcome: Outcome
    ticker: Ticker
    apis: Served = field(default_factory=dict)
    down: list[str] = field(default_factory=list)
    """API versions that are stale in discovery."""
    wanted: list[tuple[str, Json]] = field(default_factory=list)
    resources: Resources = field(default_factory=lambda: Resources({}))
    inventory: Inventory = field(init=False)
    members: list[Member] = field(default_factory=list)
    old: list[tuple[Key, Resource]] = field(default_factory=list)
    given: set[Key] = field(default_factory=set)
    """Secrets that an earlier run was given, and that stay."""
    before: Preflight = field(default_factory=Preflight)
    seen: t.Any = None
    """What was recorded when it was compared."""

    @property
    def todo(self) -> list[Member]:
        """What has to be written."""
        return [member for member in self.members if member.action in _BUSY]

    def complete(self, error: BootstrapError) -> BootstrapError:
        """Account for what a run that failed did not reach; returns the error for the user."""
        self._account(error.refused if isinstance(error, PreflightFailed) else {})
        readable = self._readable(self.client.identity.explain(error))
        if self.outcome.objects and not isinstance(error, PreflightFailed):
            _add_account(readable, self.outcome)
        return readable

    def _readable(self, error: BootstrapError) -> BootstrapError:
        """The error itself; one of the API server with its reason and a fix."""
        if not isinstance(error, ApiError):
            return error
        found = refusal(error, Key("", "", self.namespace, ""))
        begun = "" if self.outcome.changed else " Nothing was written."
        return BootstrapError(f"The application {self.application} in {self.namespace}: {found.why}.{begun}", fix=found.fix)

    def execute(self, rendered: list[tuple[str, Json]]) -> None:
        """Deploy the rendered objects (component, object)."""
        client, options = self.client, self.options
        with client.repeating(Deadline(LOOKING).left, self.ticker.say):
            with self.ticker.timeline.part("Comparing with the cluster"):
                self._prepare(rendered)
                self._look()
            if not options.check:
                writes = bool(self.todo) or self._to_prune()
                if writes:
                    with self.ticker.timeline.part("Asking about each object before the first write"):
                        self._check()
        if options.check:
            self._foresee()
            return
        deadline = Deadline(options.timeout or _LEAST + _EACH * len(self.todo))
        with client.repeating(deadline.left, self.ticker.say):
            if writes:
                self._write(deadline)
            else:
                self._leave()
            if options.timeout:
                with self.ticker.timeline.part("Waiting until all is ready"):
                    try:
                        self.outcome.waited = await_ready(client, self.inventory, self.members, deadline, self.ticker)
                    except NotReady:
                        with contextlib.suppress(BootstrapError):
                            self._forget_failed_jobs()
                        raise

    def _prepare(self, rendered: list[tuple[str, Json]]) -> None:
        """The objects as the cluster takes them, each with its place."""
        self.apis, self.down = discover(self.client)
        shapes.check(rendered)
        rendered, left_out = shapes.without_server_fields(rendered)
        for line in left_out:
            self.options.warn(line)
        rendered, self.outcome.migrated = migrate(rendered, self.apis, self.namespace)
        self._report_migrations()
        self.resources = Resources(self.apis, [item for _component, item in rendered])
        all_served(self.client, rendered, self.resources, self.down)
        items = placed([item for _component, item in rendered], self.resources, self.namespace)
        each_once(items)
        self.wanted = [(component, item) for (component, _item), item in zip(rendered, items, strict=True)]

    def _report_migrations(self) -> None:
        """Report what was migrated; record what was left out."""
        for warning, line in lines(self.outcome.migrated):
            (self.options.warn if warning else self.ticker.say)(line)
        for change in self.outcome.migrated:
            if change.now is None:
                self.outcome.add(change.object, change.component, "left out", why=change.changes[0])

    def _look(self) -> None:
        """What is in the cluster of it, and what has to be done."""
        self.ticker.state = f"comparing {len(self.wanted)} objects with the cluster"
        self.inventory = Inventory(self.application, self.namespace).read(self.client, self.options.take_over)
        self.wanted = filled(self.client, namespace.added(self.client, self.inventory, self.wanted), self.options.warn)
        self.seen = (self.inventory.exists, dict(self.inventory.members))
        self.members = compare(self.client, self.inventory, self.resources, self.wanted, self.options.take_over, self.options.prune_later)
        recorded = {group_kind(name) for name in self.inventory.group_kinds} | {key[:2] for key in self.inventory.members}
        self.inventory.unseen = unserved(self.client, self.apis, self.down, recorded)
        old = stale(self.client, self.inventory, self.resources, [member.key for member in self.members])
        self.given = {key for key, _resource in old if stays_by_itself(self.inventory.listed[key[:2]][key]) and self._stays(key)}
        self.old = [found for found in old if found[0] not in self.given]

    def _stays(self, given: Key) -> bool:
        """Whether a Secret that an earlier run was given stays: this one was given none, or the application still names it."""
        return self.options.keep_given or any(names(item, given.name) for _component, item in self.wanted if not is_given(item))

    def _check(self) -> None:
        self.ticker.state = f"asking the API server about {len(self.todo)} objects before anything is written"
        to_prune = [] if self.options.prune_later else self.old
        self.before = preflight(self.client, self.inventory, self.members, to_prune, self.apis, self.options)
        self.outcome.differences = list(self.before.differences.values())

    def _keep_unseen(self) -> None:
        """Say what is not pruned because it can't be seen now. It stays recorded."""
        wanted = {member.key for member in self.members} | self.given
        unseen = self.inventory.unseen
        for key in sorted(key for key in self.inventory.members.keys() - wanted if key[:2] in unseen):
            self.outcome.add(key, None, "kept", why=f"not pruned: {unseen[key[:2]]}; a later run prunes it")
        for pair, why in unseen.items():
            self.options.warn(
                f"Objects of {name_of(*pair)} that left the application are not pruned: {why}. They stay recorded for a later run."
            )

    def _leave(self) -> None:
        for member in self.members:
            self.outcome.add(member.key, member.component, _LEFT[member.action])
        self._keep_unseen()

    def _foresee(self) -> None:
        """What a run would do."""
        if self.todo or self.old:
            self._check()
        for member in self.members:
            self.outcome.add(member.key, member.component, _WOULD[member.action], why=member.why if member.action in _BUSY else None)
        self._prune(Deadline(LOOKING))
        self._keep_unseen()

    def _account(self, refused: Mapping[Key, Refusal]) -> None:
        """Account for what a run that failed did not reach."""
        for member in self.members:
            if member.key in refused:
                self.outcome.add_unless_recorded(member.key, member.component, "refused", refused[member.key].why)
            else:
                self.outcome.add_unless_recorded(member.key, member.component, _LEFT.get(member.action, "not reached"))

    def _write(self, deadline: Deadline) -> None:
        """Apply, prune and record, with no other deployment of this application beside it."""
        with contextlib.ExitStack() as last_words:
            early = self._own_namespace(deadline)
            with held(self.client, self.namespace, self.application, deadline, self.ticker) as lease:
                self._look_again(early)
                try:
                    self._apply(deadline, early, lease.check)
                    self._prune(deadline)
                    self._keep_unseen()
                    lease.check()
                    self._record()
                except BootstrapError as error:
                    self._keep(error)
                    raise
                except BaseException:
                    with contextlib.suppress(BootstrapError), self.client.within(_LAST_WORDS):
                        self.inventory.write(self.client)
                    last_words.enter_context(self.client.within(_LAST_WORDS))  # to let go of the lease
                    raise

    def _prune(self, deadline: Deadline) -> None:
        if self.old and self.options.prune_later:
            self._keep_for_later()
        elif self.old:
            wanted = [item for _component, item in self.wanted]
            with self.ticker.timeline.part("Pruning"):
                prune(self.client, self.inventory, self.apis, self.old, wanted, self.options, self.outcome, deadline, self.ticker)

    def _to_prune(self) -> bool:
        """Whether something has to be pruned; if not, what is kept is accounted for, for there will be no pruning."""
        if not self.old:
            return False
        if self.options.prune_later:
            self._keep_for_later()
            return False
        wanted = [item for _component, item in self.wanted]
        foreseen = Outcome()
        options = replace(self.options, check=True)
        prune(self.client, self.inventory, self.apis, self.old, wanted, options, foreseen, Deadline(LOOKING), self.ticker)
        if foreseen.changed:
            return True
        self.outcome.include(foreseen)
        return False

    def _keep_for_later(self) -> None:
        for key, _resource in self.old:
            self.outcome.add_unless_recorded(key, None, "kept", "it left the application; a run without kubeflow_prune=later prunes it")

    def _own_namespace(self, deadline: Deadline) -> set[Key]:
        """Create the application's namespace if it is ours and missing: the lease and the record are in it."""
        key = Key("", "Namespace", "", self.namespace)
        missing = [member for member in self.members if member.key == key and member.action == "create"]
        if missing:
            self.ticker.say(f"namespace {self.namespace}")
            with self.ticker.timeline.part("The namespace"):
                refused = apply_wave(self.client, self.inventory, missing, self.options, self.outcome, 1, deadline, lambda _through: None)
            if refused:
                raise self._failure(refused, "wave 1", 1)
        return {member.key for member in missing}

    def _look_again(self, early: set[Key]) -> None:
        """Where another deployment ended between our first look and our lease: what has to be done is otherwise now."""
        now = Inventory(self.application, self.namespace).read(self.client, self.options.take_over)
        if (now.exists, now.members) == self.seen:
            return
        self.ticker.say("another deployment of this application has just ended: looking again")
        prints = {key: self.inventory.members[key] for key in early}
        self._look()
        self.inventory.members.update(prints)
        self._check()

    def _apply(self, deadline: Deadline, early: set[Key], check: t.Callable[[], None]) -> None:
        ordered = order([member.item for member in self.members], self.before.namespaces)
        for cycle in ordered.broken:
            self.ticker.say(cycle)
        by_key = {member.key: member for member in self.members}
        items = {member.key: member.item for member in self.members}
        self.ticker.state = ""
        self.inventory.contain(key for key in by_key if by_key[key].action != "foreign")
        self.inventory.write(self.client)
        for number, wave in enumerate(ordered.waves, 1):
            here = [by_key[key] for key in wave if key not in early]
            busy = [member for member in here if member.action in _BUSY]
            for member in here:
                if member.action in _LEFT:
                    self.outcome.add(member.key, member.component, _LEFT[member.action], number)
            if not busy:
                continue
            check()
            self.ticker.say(f"wave {number} of {len(ordered.waves)}: {len(busy)} objects")
            with self.ticker.timeline.part(f"Wave {number}: {len(busy)} object{'s'[: len(busy) > 1]}"):
                self._wave(ordered, busy, items, deadline, number)
        self.ticker.title = ""

    def _wave(self, ordered: Order, busy: list[Member], items: Mapping[Key, Json], deadline: Deadline, number: int) -> None:
        """Apply a wave: what has to wait for nothing while its gates open, then the rest."""
        title, through = f"wave {number} of {len(ordered.waves)}", 0

        def said(more: int) -> None:
            self.ticker.title = f"{title}: {through + more} of {len(busy)} objects"

        said(0)
        gates = {gate for member in busy for gate in ordered.gates.get(member.key, ())}
        free = [member for member in busy if member.key not in ordered.gates]
        for part in (free, [member for member in busy if member.key in ordered.gates]):
            if part is not free and gates:
                open_gates(self.client, gates, items, deadline, self.ticker, wait_soft=bool(self.options.timeout))
            refused = apply_wave(self.client, self.inventory, part, self.options, self.outcome, number, deadline, said) if part else {}
            if refused:
                raise self._failure(refused, title, len(busy))
            through += len(part)

    def _failure(self, refused: Mapping[Key, Refusal], title: str, count: int) -> BootstrapError:
        """Refused, and without an answer, are two things."""
        unanswered = {key: each for key, each in refused.items() if each.what == UNANSWERED}
        others = {key: each for key, each in refused.items() if key not in unanswered}
        parts = [(others, "were refused"), (unanswered, "were not answered for")]
        listed = "; ".join(f"{len(those)} of {count} objects of {title} {what}: {told(those)}" for those, what in parts if those)
        return BootstrapError(f"{listed}.", fix=fixes(refused))

    def _keep(self, error: BootstrapError) -> None:
        """Record what was done before a failure, so that the next run resumes from there."""
        try:
            self.inventory.write(self.client)
        except BootstrapError as unwritten:
            error.details["unrecorded"] = unwritten.message

    def _forget_failed_jobs(self) -> None:
        """A Job that failed is to run again, also when Kubernetes has deleted it: it is not taken for one that is done."""
        jobs = [member for member in self.members if is_deleted_when_finished(member.key, member.item)]
        failures = [member.key for member in jobs if failed(self.client.find(member.path) or {})]
        if failures:
            self.inventory.members = {key: prints for key, prints in self.inventory.members.items() if key not in failures}
            self.inventory.write(self.client)

    def _record(self) -> None:
        """Record what was done, and let go of what is gone."""
        kept = {item["object"] for item in self.outcome.objects if item["action"] == "kept"}
        wanted = {member.key for member in self.members if member.action != "foreign"}
        inventory = self.inventory
        for key in self.given - inventory.members.keys():  # a run that was killed had no time to record it
            inventory.members[key] = (UNSAID, "")
        wanted |= self.given
        inventory.members = {key: prints for key, prints in inventory.members.items() if key in wanted or str(key) in kept}
        inventory.narrow()
        inventory.outdated = False
        inventory.write(self.client)


def present(client: Client, application: str, namespace: str, rendered: list[tuple[str, Json]], options: Options) -> Outcome:
    """Apply ``rendered`` (component, object) as the application's objects, in order, and wait until they are ready.

    Objects in an API version that the cluster no longer serves are migrated first (``api_migration``).

    Nothing is written before all is known that can be known (``preflight``).
    Raises ``BootstrapError``; its details carry the outcome so far.
    """
    outcome = Outcome()
    with Ticker(options.progress) as ticker:
        run = _Deployment(client, application, namespace, replace(options, progress=ticker.say), outcome, ticker)
        with accounted(outcome, ticker, run.complete):
            run.execute(rendered)
            with client.repeating(Deadline(LOOKING).left, ticker.say):
                client.identity.check()  # what was read must be of the cluster that answers now, too
    return outcome


def _add_account(error: BootstrapError, outcome: Outcome) -> None:
    """Say with the error what was and what was not done, in numbers."""
    counts = ", ".join(f"{count} {action}" for action, count in outcome.counts().items())
    error.message = f"{error.message} In all: {counts}."
    error.args = (f"{error.message} {error.fix}" if error.fix else error.message,)
