# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring an application's objects into the cluster. Private to the collection."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field

from ..api import ApiError, Client
from ..discovery import served
from ..errors import BootstrapError
from ..permissions import missing as missing_rights
from ..permissions import review
from .api_versions import Change, bring_up, lines
from .compare import Member, compare, stale
from .difference import difference
from .inventory import Inventory
from .objects import MANAGER, Key, Resource, Resources, digest, key_of, owned_fields, placed
from .order import waves
from .ready import GATES
from .wait import wait

Json = dict[str, t.Any]

KEPT_KINDS = {"Namespace", "PersistentVolumeClaim", "CustomResourceDefinition"}
"""Never pruned: what they hold would be lost with them."""
_DONE = {"create": "created", "change": "changed", "leave": "unchanged", "foreign": "left alone"}


@dataclass
class Options:
    """``timeout``: seconds to wait for readiness; 0 does not wait."""

    check: bool = False
    diff: bool = False
    force: bool = False
    timeout: float = 600.0
    progress: Callable[[str], None] = print
    warn: Callable[[str], None] = print


@dataclass
class Outcome:
    """What became of each object: ``objects`` holds ``{object, component, action, wave, why}``.

    ``brought_up``: what was done about old API versions before (``api_versions.bring_up``).
    """

    changed: bool = False
    objects: list[Json] = field(default_factory=list)
    differences: list[Json] = field(default_factory=list)
    seconds: float = 0.0
    waited: float = 0.0
    brought_up: list[Change] = field(default_factory=list)

    def add(self, key: Key, component: str | None, action: str, wave: int | None = None, why: str | None = None) -> None:
        """Record what became of one object."""
        self.objects.append({"object": str(key), "component": component, "action": action, "wave": wave, "why": why})
        self.changed |= action in ("created", "changed", "pruned")

    def document(self) -> Json:
        """The document ``outcome``."""
        counts: dict[str, int] = {}
        for item in self.objects:
            counts[item["action"]] = counts.get(item["action"], 0) + 1
        brought_up = [change.document() for change in self.brought_up if change.now]
        return {"counts": counts, "objects": self.objects, "brought_up": brought_up, "seconds": self.seconds, "waited": self.waited}


def present(client: Client, application: str, namespace: str, rendered: list[tuple[str, Json]], options: Options) -> Outcome:
    """Apply ``rendered`` (component, object) as the application's objects, in order, and wait until they are ready.

    What is of an API version that the cluster no longer serves is brought to one that it does first (``api_versions``).

    Nothing is written before it is known that every kind is served, that nothing foreign is in the way, that the user may write and
    that nobody else took over what we wrote before.
    Raises ``BootstrapError``; its details carry the outcome so far once writing has begun.
    """
    start = time.monotonic()
    outcome = Outcome()
    inventory = Inventory(application, namespace).read(client)
    apis = served(client)
    rendered, outcome.brought_up = bring_up(rendered, apis, namespace)
    _say(outcome, options)
    resources = Resources(apis, [item for _component, item in rendered])
    items = placed([item for _component, item in rendered], resources, namespace)
    _each_once(items)
    members = compare(client, inventory, resources, [(rendered[index][0], item) for index, item in enumerate(items)])
    old = stale(client, inventory, resources, [member.key for member in members])
    todo = [member for member in members if member.action in ("create", "change")]
    if todo or old:
        _may(client, namespace, todo, old)
    if not options.force:
        _taken(client, [member for member in todo if member.key in inventory.members], options)
    if options.check:
        _foresee(client, members, old, options, outcome)
    else:
        _write(client, inventory, members, old, options, outcome)
        outcome.waited = wait(client, inventory, members, options.timeout, options.progress) if options.timeout else 0.0
    outcome.seconds = round(time.monotonic() - start, 1)
    return outcome


def _say(outcome: Outcome, options: Options) -> None:
    """Tell what was done about old API versions; record what was left out."""
    for warning, line in lines(outcome.brought_up):
        (options.warn if warning else options.progress)(line)
    for change in outcome.brought_up:
        if change.now is None:
            outcome.objects.append(
                {"object": change.object, "component": change.component, "action": "left out", "wave": None, "why": change.changes[0]}
            )


def _each_once(items: list[Json]) -> None:
    seen: set[Key] = set()
    for item in items:
        if key_of(item) in seen:
            raise BootstrapError(f"The application has {key_of(item)} twice.", fix="Rename one of them, or remove one component.")
        seen.add(key_of(item))


def _may(client: Client, namespace: str, todo: list[Member], old: list[tuple[Key, Resource]]) -> None:
    """Ask before the first write whether the user may do all of it."""
    rights = review(client, namespace)
    needs = {(verb, member.key.group, member.resource.plural) for member in todo for verb in ("create", "patch")}
    needs |= {("delete", key.group, resource.plural) for key, resource in old}
    lacking = missing_rights(rights["rules"], sorted(needs)) if rights["complete"] else []
    if lacking:
        listed = ", ".join(sorted({f"{verb} {resource}{'.' + group if group else ''}" for verb, group, resource in lacking}))
        raise BootstrapError(
            f"The user of context {client.connection.name} may not {listed}.", fix="Ask an admin of the cluster for a role that allows it."
        )


def _taken(client: Client, changing: list[Member], options: Options) -> None:
    """Ask before the first write whether others have taken over fields of our objects; what else may be wrong shows when it is applied."""

    def ask(member: Member) -> str | None:
        try:
            _apply(client, member, options, dry_run=True)
        except ApiError as error:
            return f"{member.key}: {_refused(error)}" if _is_conflict(error) else None
        return None

    taken = list(filter(None, client.map(ask, changing)))
    if taken:
        raise BootstrapError(f"{len(taken)} objects were changed by others: {'; '.join(taken)}.", fix="Nothing was applied.")


def _foresee(client: Client, members: list[Member], old: list[tuple[Key, Resource]], options: Options, outcome: Outcome) -> None:
    for member in members:
        action = member.action
        if action == "change":
            live = client.get(member.path)
            then = _apply(client, member, options, dry_run=True)
            found = difference(member.key, live, then)
            action = "change" if found else "leave"
        else:
            found = difference(member.key, None, member.item) if action == "create" else None
        outcome.add(member.key, member.component, _DONE[action])
        if options.diff and found:
            outcome.differences.append(found)
    for key, _resource in old:
        outcome.add(key, None, "kept" if key.kind in KEPT_KINDS else "pruned")


def _write(
    client: Client, inventory: Inventory, members: list[Member], old: list[tuple[Key, Resource]], options: Options, outcome: Outcome
) -> None:
    by_key = {member.key: member for member in members}
    todo = {member.key for member in members if member.action in ("create", "change")}
    inventory.contain(key for key in by_key if by_key[key].action != "foreign")
    ordered = waves([member.item for member in members])
    for number, wave in enumerate(ordered, 1):
        wave_members = [by_key[key_of(item)] for item in wave]
        busy = [member for member in wave_members if member.key in todo]
        if busy:
            options.progress(f"wave {number} of {len(ordered)}: {len(busy)} of {len(wave)} objects")
            if any(member.key.namespace == inventory.namespace for member in busy):
                inventory.write(client)
        _apply_wave(client, inventory, busy, options, outcome, number)
        for member in wave_members:
            if member not in busy:
                outcome.add(member.key, member.component, _DONE[member.action], number)
        gates = [member for member in busy if member.key[:2] in GATES]
        if gates:
            wait(client, inventory, gates, options.timeout or 60.0, options.progress)
    _prune(client, inventory, old, outcome)
    kept = {key for key, _resource in old if key.kind in KEPT_KINDS}
    inventory.members = {key: prints for key, prints in inventory.members.items() if key in by_key or key in kept}
    inventory.narrow()
    inventory.write(client)


def _apply_wave(client: Client, inventory: Inventory, busy: list[Member], options: Options, outcome: Outcome, number: int) -> None:
    """Apply one wave side by side; what failed is reported together, after the rest of the wave is through."""

    def attempt(member: Member) -> tuple[Json | None, Json | ApiError]:
        try:
            before = client.get(member.path) if options.diff and member.live else None
            return before, _apply(client, member, options)
        except ApiError as error:
            return None, error

    answers: list[tuple[Json | None, Json | ApiError]] = client.map(attempt, busy)
    failures: list[str] = []
    for member, (before, answer) in zip(busy, answers, strict=True):
        if isinstance(answer, ApiError):
            failures.append(f"{member.key}: {_refused(answer)}")
            outcome.add(member.key, member.component, "failed", number, _refused(answer))
            continue
        inventory.members[member.key] = (digest(member.item), owned_fields(answer))
        unchanged = member.version == answer["metadata"]["resourceVersion"]
        outcome.add(member.key, member.component, _DONE["leave" if unchanged else member.action], number)
        if options.diff and not unchanged:
            found = difference(member.key, before, answer)
            outcome.differences += [found] if found else []
    if failures:
        raise BootstrapError(
            f"{len(failures)} of {len(busy)} objects of wave {number} were refused: {'; '.join(failures)}.",
            fix="Put that right and run again: it goes on from here.",
            outcome=outcome.document(),
            changed=outcome.changed,
        )


def _apply(client: Client, member: Member, options: Options, dry_run: bool = False) -> Json:
    return client.apply(member.path, member.item, MANAGER, force=options.force, dry_run=dry_run)


def _is_conflict(error: ApiError) -> bool:
    return error.reason == "Conflict" and bool(error.causes)


def _refused(error: ApiError) -> str:
    """The server's reason; for a conflict, who else owns which field."""
    if _is_conflict(error):
        owners = "; ".join(f"{cause.get('field')} ({cause.get('message')})" for cause in error.causes)
        return f"others own fields of it: {owners}. kubeflow_force_conflicts=true takes them back"
    return error.said


def _prune(client: Client, inventory: Inventory, old: list[tuple[Key, Resource]], outcome: Outcome) -> None:
    for key, resource in old:
        if key.kind in KEPT_KINDS:
            outcome.add(key, None, "kept", why="it may hold data; delete it by hand")
            continue
        client.delete(resource.path(key.namespace, key.name), {"propagationPolicy": "Background"})
        outcome.add(key, None, "pruned")
