# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploy an application's objects to a cluster."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..api_migration.migrate import lines, migrate
from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.client import ApiError, Client
from ..kube.discovery import Served, discover
from ..kube.policy import Deadline, RetryPolicy
from ..kube.resources import Key, Resources, placed
from . import shapes
from .apply.drift import Comparison, is_deleted_when_finished
from .apply.preflight import Preflight, PreflightFailed, all_served, each_once
from .apply.rejections import UNANSWERED, Refusal, fixes, refusal, summary
from .apply.wave import WaveApplier
from .delete.removal import Removal
from .graph.waves import Order, order
from .lease import at_shutdown, hold
from .model import namespace
from .model.applyset import Inventory, group_kind, name_of
from .model.generated_secrets import filled
from .model.member import ACTIONS, NO_WRITES, Member, StaleMember
from .model.outcome import Options, Outcome, accounted
from .model.progress import Ticker
from .model.supplied_secrets import NO_FINGERPRINT, is_kept_by_later_runs, is_supplied, names
from .pruner import prune
from .status.readiness import NotReady, failed
from .status.unlisted_kinds import unserved
from .status.wait import await_ready, open_gates

RETRY_SECONDS = 30.0
"""Retry budget, in seconds, for transient errors before the first write."""
_LEAST, _EACH = 60.0, 0.5
"""Seconds for retries and gates where readiness is not awaited, and in addition for each object."""


@dataclass
class _Deployment:
    """One deployment."""

    client: Client
    application: str
    namespace: str
    options: Options
    outcome: Outcome
    ticker: Ticker
    apis: Served = field(default_factory=dict)
    down: list[str] = field(default_factory=list)
    """API versions that are stale in discovery."""
    desired: list[tuple[str, Json]] = field(default_factory=list)
    resources: Resources = field(default_factory=lambda: Resources({}))
    inventory: Inventory = field(init=False)
    members: list[Member] = field(default_factory=list)
    stale: list[StaleMember] = field(default_factory=list)
    supplied_secrets: set[Key] = field(default_factory=set)
    """Secrets of ``kubeflow_secrets`` in an earlier run that stay."""
    preflight: Preflight = field(init=False)
    recorded: t.Any = None
    """The record at the time of the comparison."""

    @property
    def todo(self) -> list[Member]:
        """The members to write."""
        return [member for member in self.members if member.is_written]

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
        refused = refusal(error, Key("", "", self.namespace, ""))
        unwritten = "" if self.outcome.changed else " Nothing was written."
        return BootstrapError(f"The application {self.application} in {self.namespace}: {refused.why}.{unwritten}", fix=refused.fix)

    def execute(self, rendered: list[tuple[str, Json]]) -> None:
        """Deploy the rendered objects (component, object)."""
        options = self.options
        with self._retrying(Deadline(RETRY_SECONDS)):
            with self.ticker.timeline.part("Comparing with the cluster"):
                self._prepare(rendered)
                self._compare()
            if not options.check:
                writes = bool(self.todo) or self._to_prune()
                if writes:
                    with self.ticker.timeline.part("Asking about each object before the first write"):
                        self._dry_run()
        if options.check:
            self._preview()
            return
        deadline = Deadline(options.timeout or _LEAST + _EACH * len(self.todo))
        with self._retrying(deadline):
            if writes:
                self._write(deadline)
            else:
                self._add_unchanged()
            if options.timeout:
                with self.ticker.timeline.part("Waiting until all is ready"):
                    try:
                        self.outcome.waited = await_ready(self.client, self.inventory, self.members, deadline, self.ticker)
                    except NotReady:
                        with contextlib.suppress(BootstrapError):
                            self._forget_failed_jobs()
                        raise

    @contextlib.contextmanager
    def _retrying(self, deadline: Deadline) -> t.Iterator[None]:
        """A phase whose requests are retried until ``deadline``."""
        client = self.client
        try:
            with client.retrying(RetryPolicy(deadline, self.ticker.say)) as self.client:
                yield
        finally:
            self.client = client

    def _prepare(self, rendered: list[tuple[str, Json]]) -> None:
        """Migrate and validate the objects, and fill in their namespaces."""
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
        self.desired = [(component, item) for (component, _item), item in zip(rendered, items, strict=True)]

    def _report_migrations(self) -> None:
        """Report what was migrated; record what was left out."""
        for warning, line in lines(self.outcome.migrated):
            (self.options.warn if warning else self.ticker.say)(line)
        for change in self.outcome.migrated:
            if change.now is None:
                self.outcome.add(change.object, change.component, "left out", why=change.changes[0])

    def _compare(self) -> None:
        """Compare with the cluster: what has to be done about each object, and which members are stale."""
        self.ticker.state = f"comparing {len(self.desired)} objects with the cluster"
        self.inventory = Inventory(self.application, self.namespace).read(self.client, self.options.adopt)
        self.desired = filled(self.client, namespace.added(self.client, self.inventory, self.desired), self.options.warn)
        self.recorded = (self.inventory.exists, dict(self.inventory.members))
        comparison = Comparison(self.client, self.inventory, self.resources)
        self.members = comparison.members(self.desired, self.options.adopt, self.options.prune_later)
        recorded = {group_kind(name) for name in self.inventory.group_kinds} | {key[:2] for key in self.inventory.members}
        self.inventory.unseen = unserved(self.client, self.apis, self.down, recorded)
        stale = comparison.stale([member.key for member in self.members])
        self.supplied_secrets = {
            key for key, _resource in stale if is_kept_by_later_runs(self.inventory.listed[key[:2]][key]) and self._stays(key)
        }
        self.stale = [(key, resource) for key, resource in stale if key not in self.supplied_secrets]

    def _stays(self, secret: Key) -> bool:
        """Whether a Secret of an earlier run stays: this run got none, or the application still refers to it."""
        return self.options.keep_supplied or any(names(item, secret.name) for _component, item in self.desired if not is_supplied(item))

    def _dry_run(self) -> None:
        self.ticker.state = f"asking the API server about {len(self.todo)} objects before anything is written"
        to_prune = [] if self.options.prune_later else self.stale
        self.preflight = Preflight(self.client, self.inventory, self.apis, self.options)
        self.preflight.run(self.members, to_prune)
        self.outcome.differences = list(self.preflight.differences.values())

    def _report_unseen(self) -> None:
        """Report what is not pruned because it can't be seen now. It stays recorded."""
        desired = {member.key for member in self.members} | self.supplied_secrets
        unseen = self.inventory.unseen
        for key in sorted(key for key in self.inventory.members.keys() - desired if key[:2] in unseen):
            self.outcome.add(key, None, "kept", why=f"not pruned: {unseen[key[:2]]}; a later run prunes it")
        for pair, why in unseen.items():
            self.options.warn(
                f"Objects of {name_of(*pair)} that left the application are not pruned: {why}. They stay recorded for a later run."
            )

    def _add_unchanged(self) -> None:
        for member in self.members:
            self.outcome.add(member.key, member.component, NO_WRITES[member.action])
        self._report_unseen()

    def _preview(self) -> None:
        """Record what a run would do."""
        if self.todo or self.stale:
            self._dry_run()
        for member in self.members:
            self.outcome.add(member.key, member.component, ACTIONS[member.action], why=member.why if member.is_written else None)
        self._prune(Deadline(RETRY_SECONDS))
        self._report_unseen()

    def _account(self, refused: Mapping[Key, Refusal]) -> None:
        """Account for what a run that failed did not reach."""
        for member in self.members:
            if member.key in refused:
                self.outcome.add_unless_recorded(member.key, member.component, "refused", refused[member.key].why)
            else:
                self.outcome.add_unless_recorded(member.key, member.component, NO_WRITES.get(member.action, "not reached"))

    def _write(self, deadline: Deadline) -> None:
        """Apply, prune and record, while no other deployment of this application runs."""
        applier = WaveApplier(self.client, self.inventory, self.options, self.outcome, deadline)
        early = self._create_namespace(applier)
        with hold(self.client, self.namespace, self.application, deadline, self.ticker) as lease:
            applier = replace(applier, inventory=self._compare_again(early))
            try:
                self._apply_waves(applier, early, lease.check)
                self._prune(deadline)
                self._report_unseen()
                lease.check()
                self._record()
            except BootstrapError as error:
                self._record_part(error)
                raise
            except BaseException:
                with contextlib.suppress(BootstrapError):
                    self.inventory.write(at_shutdown(self.client))
                raise

    def _prune(self, deadline: Deadline) -> None:
        if self.stale and self.options.prune_later:
            self._keep_for_later()
        elif self.stale:
            with self.ticker.timeline.part("Pruning"):
                self._prune_stale(self.options, self.outcome, deadline)

    def _prune_stale(self, options: Options, outcome: Outcome, deadline: Deadline) -> None:
        removal = Removal(self.client, self.apis, self.inventory.owns, options, outcome, deadline, self.ticker, action="pruned")
        prune(removal, self.inventory, self.stale, [item for _component, item in self.desired])

    def _to_prune(self) -> bool:
        """Whether something has to be pruned; if not, records what is kept, as there will be no pruning."""
        if not self.stale:
            return False
        if self.options.prune_later:
            self._keep_for_later()
            return False
        preview = Outcome()
        self._prune_stale(replace(self.options, check=True), preview, Deadline(RETRY_SECONDS))
        if preview.changed:
            return True
        self.outcome.include(preview)
        return False

    def _keep_for_later(self) -> None:
        for key, _resource in self.stale:
            self.outcome.add_unless_recorded(key, None, "kept", "it left the application; a run without kubeflow_prune=later prunes it")

    def _create_namespace(self, applier: WaveApplier) -> set[Key]:
        """Create the application's namespace if it is ours and missing: the lease and the record are in it."""
        key = Key("", "Namespace", "", self.namespace)
        missing = [member for member in self.members if member.key == key and member.action == "create"]
        if missing:
            self.ticker.say(f"namespace {self.namespace}")
            with self.ticker.timeline.part("The namespace"):
                refused = applier.apply(missing, 1, lambda _succeeded: None)
            if refused:
                raise self._failure(refused, "wave 1", 1)
        return {member.key for member in missing}

    def _compare_again(self, early: set[Key]) -> Inventory:
        """Compare again if another deployment ended between the comparison and our lease; the inventory."""
        now = Inventory(self.application, self.namespace).read(self.client, self.options.adopt)
        if (now.exists, now.members) != self.recorded:
            self.ticker.say("another deployment of this application has just ended: looking again")
            prints = {key: self.inventory.members[key] for key in early}
            self._compare()
            self.inventory.members.update(prints)
            self._dry_run()
        return self.inventory

    def _apply_waves(self, applier: WaveApplier, early: set[Key], check: t.Callable[[], None]) -> None:
        ordered = order([member.item for member in self.members], self.preflight.namespaces)
        for cycle in ordered.broken:
            self.ticker.say(cycle)
        by_key = {member.key: member for member in self.members}
        self.ticker.state = ""
        self.inventory.contain(key for key in by_key if by_key[key].action != "foreign")
        self.inventory.write(self.client)
        for number, wave in enumerate(ordered.waves, 1):
            members = [by_key[key] for key in wave if key not in early]
            for member in members:
                if not member.is_written:
                    self.outcome.add(member.key, member.component, NO_WRITES[member.action], number)
            members = [member for member in members if member.is_written]
            if not members:
                continue
            check()
            self.ticker.say(f"wave {number} of {len(ordered.waves)}: {len(members)} objects")
            with self.ticker.timeline.part(f"Wave {number}: {len(members)} object{'s'[: len(members) > 1]}"):
                self._apply_wave(applier, ordered, members, number)
        self.ticker.title = ""

    def _apply_wave(self, applier: WaveApplier, ordered: Order, members: list[Member], number: int) -> None:
        """Apply a wave: members without gates while the gates open, then the rest."""
        title, done = f"wave {number} of {len(ordered.waves)}", 0

        def progress(succeeded: int) -> None:
            self.ticker.title = f"{title}: {done + succeeded} of {len(members)} objects"

        progress(0)
        gates = {gate for member in members for gate in ordered.gates.get(member.key, ())}
        free = [member for member in members if member.key not in ordered.gates]
        for part in (free, [member for member in members if member.key in ordered.gates]):
            if part is not free and gates:
                items = {member.key: member.item for member in self.members}
                open_gates(self.client, gates, items, applier.deadline, self.ticker, wait_soft=bool(self.options.timeout))
            refused = applier.apply(part, number, progress) if part else {}
            if refused:
                raise self._failure(refused, title, len(members))
            done += len(part)

    def _failure(self, refused: Mapping[Key, Refusal], title: str, count: int) -> BootstrapError:
        """The error for objects that were refused, and for those without an answer."""
        unanswered = {key: each for key, each in refused.items() if each.what == UNANSWERED}
        others = {key: each for key, each in refused.items() if key not in unanswered}
        parts = [(others, "were refused"), (unanswered, "were not answered for")]
        listed = "; ".join(f"{len(part)} of {count} objects of {title} {what}: {summary(part)}" for part, what in parts if part)
        return BootstrapError(f"{listed}.", fix=fixes(refused))

    def _record_part(self, error: BootstrapError) -> None:
        """Record what was done before a failure, so that the next run resumes."""
        try:
            self.inventory.write(self.client)
        except BootstrapError as unwritten:
            error.details["unrecorded"] = unwritten.message

    def _forget_failed_jobs(self) -> None:
        """Forget failed Jobs, so that the next run applies them again even if Kubernetes has deleted them meanwhile."""
        jobs = [member for member in self.members if is_deleted_when_finished(member.key, member.item)]
        failures = [member.key for member in jobs if failed(self.client.find(member.path) or {})]
        if failures:
            self.inventory.members = {key: prints for key, prints in self.inventory.members.items() if key not in failures}
            self.inventory.write(self.client)

    def _record(self) -> None:
        """Record all members, and forget those that no longer exist."""
        retained = {item["object"] for item in self.outcome.objects if item["action"] == "kept"}
        desired = {member.key for member in self.members if member.action != "foreign"} | self.supplied_secrets
        inventory = self.inventory
        for key in self.supplied_secrets - inventory.members.keys():  # a run that was killed had no time to record it
            inventory.members[key] = (NO_FINGERPRINT, "")
        inventory.members = {key: prints for key, prints in inventory.members.items() if key in desired or str(key) in retained}
        inventory.narrow()
        inventory.outdated = False
        inventory.write(self.client)


def present(client: Client, application: str, namespace: str, rendered: list[tuple[str, Json]], options: Options) -> Outcome:
    """Apply ``rendered`` (component, object) as the application's objects, in order, and wait until they are ready.

    Objects in an API version that the cluster no longer serves are migrated first (``api_migration``).

    Nothing is written before all checks have passed (``preflight``).
    Raises ``BootstrapError``; its details carry the outcome so far.
    """
    outcome = Outcome()
    with Ticker(options.progress) as ticker:
        run = _Deployment(client, application, namespace, replace(options, progress=ticker.say), outcome, ticker)
        with accounted(outcome, ticker, run.complete):
            run.execute(rendered)
            with client.retrying(RetryPolicy(Deadline(RETRY_SECONDS), ticker.say)) as retrying:
                retrying.identity.check()  # what was read must be of the cluster that answers now, too
    return outcome


def _add_account(error: BootstrapError, outcome: Outcome) -> None:
    """Add the number of objects by action to an error's message."""
    counts = ", ".join(f"{count} {action}" for action, count in outcome.counts().items())
    error.message = f"{error.message} In all: {counts}."
    error.args = (f"{error.message} {error.fix}" if error.fix else error.message,)
