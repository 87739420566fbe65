# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring an application's objects into the cluster. Private to the collection."""

from __future__ import annotations

import contextlib
import time
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..api import ApiError, Client
from ..discovery import Served, discover
from ..errors import BootstrapError
from . import namespace, shapes
from .api_versions import bring_up, lines
from .apply import apply_wave
from .compare import compare, is_deleted_when_finished, stale
from .generated import filled
from .inventory import Inventory, group_kind, name_of
from .lease import held
from .member import Member
from .objects import Key, Resource, Resources, placed
from .order import Order, order
from .outcome import Options, Outcome
from .preflight import Preflight, Refused, all_served, each_once, preflight
from .progress import Deadline, Ticker
from .prune import prune
from .ready import NotReady, failed
from .refusals import UNANSWERED, Refusal, fixes, refusal, told
from .secrets import UNSAID, is_given, names, stays_by_itself
from .unseen import unserved
from .wait import await_ready, open_gates

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
class _Run:
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


def present(client: Client, application: str, namespace: str, rendered: list[tuple[str, Json]], options: Options) -> Outcome:
    """Apply ``rendered`` (component, object) as the application's objects, in order, and wait until they are ready.

    What is of an API version that the cluster no longer serves is brought to one that it does first (``api_versions``).

    Nothing is written before all is known that can be known (``preflight``).
    Raises ``BootstrapError``; its details carry the outcome so far.
    """
    start = time.monotonic()
    outcome = Outcome()
    with Ticker(options.progress) as ticker:
        run = _Run(client, application, namespace, replace(options, progress=ticker.say), outcome, ticker)
        try:
            _deploy(run, rendered)
            with client.repeating(Deadline(LOOKING).left, ticker.say):
                client.identity.check()  # what was read, too, holds for the cluster that answers
        except BootstrapError as error:
            _account(run, error.refused if isinstance(error, Refused) else {})
            outcome.seconds = round(time.monotonic() - start, 1)
            outcome.timeline = ticker.timeline.document()
            readable = _readable(client.identity.explain(error), run)
            if outcome.objects and not isinstance(error, Refused):
                _add_account(readable, outcome)
            readable.details = {"changed": outcome.changed, "outcome": outcome.document(), **error.details}
            raise readable from (None if readable is error else error)
    outcome.seconds = round(time.monotonic() - start, 1)
    outcome.timeline = ticker.timeline.document()
    return outcome


def _readable(error: BootstrapError, run: _Run) -> BootstrapError:
    """The error itself, or what the API server said in words where it refused to tell something."""
    if not isinstance(error, ApiError):
        return error
    found = refusal(error, Key("", "", run.namespace, ""))
    begun = "" if run.outcome.changed else " Nothing was written."
    return BootstrapError(f"The application {run.application} in {run.namespace}: {found.why}.{begun}", fix=found.fix)


def _add_account(error: BootstrapError, outcome: Outcome) -> None:
    """Say with the error what was and what was not done, in numbers."""
    counts = ", ".join(f"{count} {action}" for action, count in outcome.counts().items())
    error.message = f"{error.message} In all: {counts}."
    error.args = (f"{error.message} {error.fix}" if error.fix else error.message,)


def _deploy(run: _Run, rendered: list[tuple[str, Json]]) -> None:
    client, options = run.client, run.options
    with client.repeating(Deadline(LOOKING).left, run.ticker.say):
        with run.ticker.timeline.part("Comparing with the cluster"):
            _prepare(run, rendered)
            _look(run)
        if not options.check:
            writes = bool(run.todo) or _to_prune(run)
            if writes:
                with run.ticker.timeline.part("Asking about each object before the first write"):
                    _check(run)
    if options.check:
        _foresee(run)
        return
    deadline = Deadline(options.timeout or _LEAST + _EACH * len(run.todo))
    with client.repeating(deadline.left, run.ticker.say):
        if writes:
            _write(run, deadline)
        else:
            _leave(run)
        if options.timeout:
            with run.ticker.timeline.part("Waiting until all is ready"):
                try:
                    run.outcome.waited = await_ready(client, run.inventory, run.members, deadline, run.ticker)
                except NotReady:
                    with contextlib.suppress(BootstrapError):
                        _forget_failed_jobs(run)
                    raise


def _prepare(run: _Run, rendered: list[tuple[str, Json]]) -> None:
    """The objects as the cluster takes them, each with its place."""
    run.apis, run.down = discover(run.client)
    shapes.check(rendered)
    rendered, left_out = shapes.without_server_fields(rendered)
    for line in left_out:
        run.options.warn(line)
    rendered, run.outcome.brought_up = bring_up(rendered, run.apis, run.namespace)
    _say(run)
    run.resources = Resources(run.apis, [item for _component, item in rendered])
    all_served(run.client, rendered, run.resources, run.down)
    items = placed([item for _component, item in rendered], run.resources, run.namespace)
    each_once(items)
    run.wanted = [(component, item) for (component, _item), item in zip(rendered, items, strict=True)]


def _say(run: _Run) -> None:
    """Tell what was done about old API versions; record what was left out."""
    for warning, line in lines(run.outcome.brought_up):
        (run.options.warn if warning else run.ticker.say)(line)
    for change in run.outcome.brought_up:
        if change.now is None:
            left_out = {"object": change.object, "component": change.component, "action": "left out", "wave": None}
            run.outcome.objects.append({**left_out, "why": change.changes[0], "seconds": None})


def _look(run: _Run) -> None:
    """What is in the cluster of it, and what has to be done."""
    run.ticker.state = f"comparing {len(run.wanted)} objects with the cluster"
    run.inventory = Inventory(run.application, run.namespace).read(run.client, run.options.take_over)
    run.wanted = filled(run.client, namespace.added(run.client, run.inventory, run.wanted), run.options.warn)
    run.seen = (run.inventory.exists, dict(run.inventory.members))
    run.members = compare(run.client, run.inventory, run.resources, run.wanted, run.options.take_over, run.options.prune_later)
    recorded = {group_kind(name) for name in run.inventory.group_kinds} | {key[:2] for key in run.inventory.members}
    run.inventory.unseen = unserved(run.client, run.apis, run.down, recorded)
    old = stale(run.client, run.inventory, run.resources, [member.key for member in run.members])
    run.given = {key for key, _resource in old if stays_by_itself(run.inventory.listed[key[:2]][key]) and _stays(run, key)}
    run.old = [found for found in old if found[0] not in run.given]


def _stays(run: _Run, given: Key) -> bool:
    """Whether a Secret that an earlier run was given stays: this one was given none, or the application still names it."""
    return run.options.keep_given or any(names(item, given.name) for _component, item in run.wanted if not is_given(item))


def _check(run: _Run) -> None:
    run.ticker.state = f"asking the API server about {len(run.todo)} objects before anything is written"
    to_prune = [] if run.options.prune_later else run.old
    run.before = preflight(run.client, run.inventory, run.members, to_prune, run.apis, run.options)
    run.outcome.differences = list(run.before.differences.values())


def _keep_unseen(run: _Run) -> None:
    """Say what is not pruned because it can't be seen now. It stays recorded."""
    wanted = {member.key for member in run.members} | run.given
    unseen = run.inventory.unseen
    for key in sorted(key for key in run.inventory.members.keys() - wanted if key[:2] in unseen):
        run.outcome.add(key, None, "kept", why=f"not pruned: {unseen[key[:2]]}; a later run prunes it")
    for pair, why in unseen.items():
        run.options.warn(
            f"Objects of {name_of(*pair)} that left the application are not pruned: {why}. They stay recorded for a later run."
        )


def _leave(run: _Run) -> None:
    for member in run.members:
        run.outcome.add(member.key, member.component, _LEFT[member.action])
    _keep_unseen(run)


def _foresee(run: _Run) -> None:
    """What a run would do."""
    if run.todo or run.old:
        _check(run)
    for member in run.members:
        run.outcome.add(member.key, member.component, _WOULD[member.action], why=member.why if member.action in _BUSY else None)
    _prune(run, Deadline(LOOKING))
    _keep_unseen(run)


def _account(run: _Run, refused: Mapping[Key, Refusal]) -> None:
    """Account for what a run that failed did not come to."""
    known = {item["object"] for item in run.outcome.objects}
    for member in run.members:
        if str(member.key) in known:
            continue
        if member.key in refused:
            run.outcome.add(member.key, member.component, "refused", why=refused[member.key].why)
        else:
            run.outcome.add(member.key, member.component, _LEFT.get(member.action, "not reached"))


def _write(run: _Run, deadline: Deadline) -> None:
    """Apply, prune and record, with no other deployment of this application beside it."""
    with contextlib.ExitStack() as last_words:
        early = _own_namespace(run, deadline)
        with held(run.client, run.namespace, run.application, deadline, run.ticker) as lease:
            _look_again(run, early)
            try:
                _apply(run, deadline, early, lease.check)
                _prune(run, deadline)
                _keep_unseen(run)
                lease.check()
                _record(run)
            except BootstrapError as error:
                _keep(run, error)
                raise
            except BaseException:
                with contextlib.suppress(BootstrapError), run.client.within(_LAST_WORDS):
                    run.inventory.write(run.client)
                last_words.enter_context(run.client.within(_LAST_WORDS))  # to let go of the lease
                raise


def _prune(run: _Run, deadline: Deadline) -> None:
    if run.old and run.options.prune_later:
        _keep_for_later(run)
    elif run.old:
        wanted = [item for _component, item in run.wanted]
        with run.ticker.timeline.part("Pruning"):
            prune(run.client, run.inventory, run.apis, run.old, wanted, run.options, run.outcome, deadline, run.ticker)


def _to_prune(run: _Run) -> bool:
    """Whether something has to be pruned; if not, what is kept is accounted for, for there will be no pruning."""
    if not run.old:
        return False
    if run.options.prune_later:
        _keep_for_later(run)
        return False
    wanted = [item for _component, item in run.wanted]
    foreseen = Outcome()
    options = replace(run.options, check=True)
    prune(run.client, run.inventory, run.apis, run.old, wanted, options, foreseen, Deadline(LOOKING), run.ticker)
    if foreseen.changed:
        return True
    run.outcome.objects += foreseen.objects
    return False


def _keep_for_later(run: _Run) -> None:
    known = {item["object"] for item in run.outcome.objects}
    for key, _resource in run.old:
        if str(key) not in known:
            run.outcome.add(key, None, "kept", why="it left the application; a run without kubeflow_prune=later prunes it")


def _own_namespace(run: _Run, deadline: Deadline) -> set[Key]:
    """Create the application's namespace if it is ours and missing: the lease and the record are in it."""
    key = Key("", "Namespace", "", run.namespace)
    missing = [member for member in run.members if member.key == key and member.action == "create"]
    if missing:
        run.ticker.say(f"namespace {run.namespace}")
        with run.ticker.timeline.part("The namespace"):
            refused = apply_wave(run.client, run.inventory, missing, run.options, run.outcome, 1, deadline, lambda _through: None)
        if refused:
            raise _failure(run, refused, "wave 1", 1)
    return {member.key for member in missing}


def _look_again(run: _Run, early: set[Key]) -> None:
    """Where another deployment ended between our first look and our lease: what has to be done is otherwise now."""
    now = Inventory(run.application, run.namespace).read(run.client, run.options.take_over)
    if (now.exists, now.members) == run.seen:
        return
    run.ticker.say("another deployment of this application has just ended: looking again")
    prints = {key: run.inventory.members[key] for key in early}
    _look(run)
    run.inventory.members.update(prints)
    _check(run)


def _apply(run: _Run, deadline: Deadline, early: set[Key], check: t.Callable[[], None]) -> None:
    ordered = order([member.item for member in run.members], run.before.namespaces)
    for cycle in ordered.broken:
        run.ticker.say(cycle)
    by_key = {member.key: member for member in run.members}
    items = {member.key: member.item for member in run.members}
    run.ticker.state = ""
    run.inventory.contain(key for key in by_key if by_key[key].action != "foreign")
    run.inventory.write(run.client)
    for number, wave in enumerate(ordered.waves, 1):
        here = [by_key[key] for key in wave if key not in early]
        busy = [member for member in here if member.action in _BUSY]
        for member in here:
            if member.action in _LEFT:
                run.outcome.add(member.key, member.component, _LEFT[member.action], number)
        if not busy:
            continue
        check()
        run.ticker.say(f"wave {number} of {len(ordered.waves)}: {len(busy)} objects")
        with run.ticker.timeline.part(f"Wave {number}: {len(busy)} object{'s'[: len(busy) > 1]}"):
            _wave(run, ordered, busy, items, deadline, number)
    run.ticker.title = ""


def _wave(run: _Run, ordered: Order, busy: list[Member], items: Mapping[Key, Json], deadline: Deadline, number: int) -> None:
    """Apply a wave: what has to wait for nothing while its gates open, then the rest."""
    title, through = f"wave {number} of {len(ordered.waves)}", 0

    def said(more: int) -> None:
        run.ticker.title = f"{title}: {through + more} of {len(busy)} objects"

    said(0)
    gates = {gate for member in busy for gate in ordered.gates.get(member.key, ())}
    free = [member for member in busy if member.key not in ordered.gates]
    for part in (free, [member for member in busy if member.key in ordered.gates]):
        if part is not free and gates:
            open_gates(run.client, gates, items, deadline, run.ticker, wait_soft=bool(run.options.timeout))
        refused = apply_wave(run.client, run.inventory, part, run.options, run.outcome, number, deadline, said) if part else {}
        if refused:
            raise _failure(run, refused, title, len(busy))
        through += len(part)


def _failure(run: _Run, refused: Mapping[Key, Refusal], title: str, count: int) -> BootstrapError:
    """Refused, and without an answer, are two things."""
    unanswered = {key: each for key, each in refused.items() if each.what == UNANSWERED}
    others = {key: each for key, each in refused.items() if key not in unanswered}
    parts = [(others, "were refused"), (unanswered, "were not answered for")]
    listed = "; ".join(f"{len(those)} of {count} objects of {title} {what}: {told(those)}" for those, what in parts if those)
    return BootstrapError(f"{listed}.", fix=fixes(refused))


def _keep(run: _Run, error: BootstrapError) -> None:
    """Record what was done before a failure, so that the next run resumes from there."""
    try:
        run.inventory.write(run.client)
    except BootstrapError as unwritten:
        error.details["unrecorded"] = unwritten.message


def _forget_failed_jobs(run: _Run) -> None:
    """A Job that failed is to run again, also when Kubernetes has deleted it: it is not taken for one that is done."""
    jobs = [member for member in run.members if is_deleted_when_finished(member.key, member.item)]
    failures = [member.key for member in jobs if failed(run.client.find(member.path) or {})]
    if failures:
        run.inventory.members = {key: prints for key, prints in run.inventory.members.items() if key not in failures}
        run.inventory.write(run.client)


def _record(run: _Run) -> None:
    """Record what was done, and let go of what is gone."""
    kept = {item["object"] for item in run.outcome.objects if item["action"] == "kept"}
    wanted = {member.key for member in run.members if member.action != "foreign"}
    inventory = run.inventory
    for key in run.given - inventory.members.keys():  # a run that was killed had no time to record it
        inventory.members[key] = (UNSAID, "")
    wanted |= run.given
    inventory.members = {key: prints for key, prints in inventory.members.items() if key in wanted or str(key) in kept}
    inventory.narrow()
    inventory.outdated = False
    inventory.write(run.client)
