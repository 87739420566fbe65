# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploy an application, or remove it, by the command `ks`. Private to the collection.

What ks can't do is not made up for: it takes back no object that left the application, records none, and takes over what is there.
Waiting is ours.
"""

from __future__ import annotations

import time
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ..api import ApiError, Client
from ..deploy.inventory import Inventory
from ..deploy.objects import CRD, Key, Resource, Resources, key_of, placed
from ..deploy.present import Options, Outcome
from ..deploy.ready import awaited, failed, missing
from ..discovery import Served
from ..errors import BootstrapError
from . import answers
from .command import Ks

Json = dict[str, t.Any]

_PAUSE = 0.5
_DATA = ("PersistentVolumeClaim", "Namespace")
_NO_SWAGGER = (1, 14)
"""The first Kubernetes without the descriptions that `ks validate` reads."""


@dataclass(frozen=True)
class Thing:
    """One object as ks names it: ``label`` is ``deployments team.front``, and ``deployment team.front`` before it knows the plural."""

    key: Key
    label: str
    singular: str
    component: str | None
    resource: Resource

    @property
    def path(self) -> str:
        """Where it is served."""
        return self.resource.path(self.key.namespace, self.key.name)


def things(shown: list[Json], rendered: Mapping[str, list[Json]], served: Served, namespace: str) -> dict[str, Thing]:
    """The objects that ks shows, by label. ``rendered``: the same by component, for its name.

    Raises BootstrapError for a kind that the cluster does not serve, before ks would stop half way at it.
    """
    resources = Resources(served, shown)
    components = {
        key: name for name, items in rendered.items() for item, key in zip(items, _keys(items, resources, namespace), strict=True)
    }
    found: dict[str, Thing] = {}
    for item, key in zip(shown, _keys(shown, resources, namespace), strict=True):
        resource = resources.of(item)
        own = (item.get("metadata") or {}).get("namespace")
        name = f"{own}.{key.name}" if own else key.name
        thing = Thing(key, f"{resource.plural} {name}", f"{item['kind'].lower()} {name}", components.get(key), resource)
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


def present(client: Client, ks: Ks, found: dict[str, Thing], options: Options) -> Outcome:
    """Apply by ks, unless `ks diff` finds nothing to do; then wait until the workloads are ready."""
    start = time.monotonic()
    outcome = Outcome()
    _validate(client, ks, options)
    states = _diff(ks, found, options)
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
        _apply(ks, found, {label: state for label, (state, _text) in states.items()}, options, outcome)
    if options.timeout and not options.check:
        outcome.waited = _wait(client, [thing for thing in found.values() if awaited(*thing.key[:2])], options)
    outcome.seconds = round(time.monotonic() - start, 1)
    return outcome


def _validate(client: Client, ks: Ks, options: Options) -> None:
    version = client.get("/version")
    number = tuple(int("".join(filter(str.isdigit, str(version.get(part)))) or 0) for part in ("major", "minor"))
    if number >= _NO_SWAGGER:
        return
    options.progress(f"ks validate {ks.environment}")
    wrong = answers.invalid(ks.run("validate"))
    if wrong:
        listed = "; ".join(f"{label}: {why}" for label, why in list(wrong.items())[:5])
        raise BootstrapError(f"ks validate objects to {len(wrong)} objects: {listed}.", fix="Nothing was applied. Put that right.")


def _diff(ks: Ks, found: dict[str, Thing], options: Options) -> dict[str, tuple[str, str]]:
    """The state of each object; none where `ks diff` can't compare.

    It crashes where the live object lacks a list that the application has, and stops at a kind whose definition is still to come.
    """
    options.progress(f"ks diff {ks.environment}")
    answer = ks.run("diff")
    new_kinds = any(thing.key[:2] == CRD for thing in found.values())
    if answer.code == answers.CRASHED or (answer.code == 1 and new_kinds):
        return {}
    return answers.differences(answer)


def _shown(thing: Thing, text: str) -> str:
    """The text of `ks diff`; not for Secrets, whose values it prints."""
    return "(hidden, differs)\n" if thing.key[:2] == ("", "Secret") else text


def _apply(ks: Ks, found: dict[str, Thing], states: dict[str, str], options: Options, outcome: Outcome) -> None:
    """`ks apply`, or its dry run in check mode. ks itself says "Updating" of what does not change, too: ``states`` tells that apart."""
    if options.check and states:
        for label, thing in found.items():
            outcome.add(thing.key, thing.component, states.get(label, answers.CHANGED))
        return
    options.progress(f"ks apply {ks.environment}{' --dry-run' if options.check else ''}")
    answer = ks.run("dry-run" if options.check else "apply")
    dealt, stopped = answers.applied(answer)
    by_name = found | {thing.singular: thing for thing in found.values()}
    error = answers.failure(answer) if answer.code else None
    for label, created in dealt.items():
        if label not in by_name:
            continue
        thing = by_name[label]
        if error and label == stopped:
            outcome.add(thing.key, thing.component, "failed", why=error.message)
        else:
            unchanged = states.get(thing.label) == answers.UNCHANGED
            outcome.add(thing.key, thing.component, answers.CREATED if created else answers.UNCHANGED if unchanged else answers.CHANGED)
    if error:
        raise BootstrapError(error.message, fix=error.fix, outcome=outcome.document(), changed=outcome.changed)
    silent = [str(thing.key) for thing in found.values() if thing.label not in dealt and thing.singular not in dealt]
    if silent:
        raise BootstrapError(
            f"{answer.command} ended well, but said nothing of {', '.join(silent[:5])}.",
            fix="Run it by hand in the application's folder.",
            outcome=outcome.document(),
            changed=outcome.changed,
        )


def _wait(client: Client, waiting: list[Thing], options: Options) -> float:
    """Wait until the workloads are ready. Raises BootstrapError when the time is up, or where one has failed."""
    start = time.monotonic()
    while True:
        live: list[Json | None] = client.map(lambda thing: _get(client, thing), waiting)
        lacking: dict[Thing, str] = {}
        for thing, item in zip(waiting, live, strict=True):
            why = missing(*thing.key[:2], item) if item else "it is not there"
            if why and item and failed(item):
                raise BootstrapError(f"{thing.key} has failed: {failed(item)}", fix="Put that right and run again.")
            if why:
                lacking[thing] = why
        spent = time.monotonic() - start
        if not lacking:
            return round(spent, 1)
        listed = "; ".join(f"{thing.key} ({why})" for thing, why in lacking.items())
        if spent > options.timeout:
            raise BootstrapError(
                f"Not ready after {options.timeout:g} seconds: {listed}.",
                fix="Put that right and run again. More time: kubeflow_wait_timeout.",
                waiting={str(thing.key): why for thing, why in lacking.items()},
            )
        waiting = list(lacking)
        time.sleep(_PAUSE)


def _get(client: Client, thing: Thing) -> Json | None:
    try:
        return client.get(thing.path)
    except ApiError as error:
        if error.code == 404:
            return None
        raise


def absent(client: Client, ks: Ks, found: dict[str, Thing], options: Options, remove_data: bool) -> Outcome:
    """Delete by ks what is there of the application, and wait until it is gone. A second call finds nothing."""
    start = time.monotonic()
    outcome = Outcome()
    live: list[Json | None] = client.map(lambda thing: _get(client, thing), found.values())
    there = [thing for thing, item in zip(found.values(), live, strict=True) if item]
    data = [str(thing.key) for thing in there if thing.key.kind in _DATA and not thing.key.group]
    if data and not remove_data:
        raise BootstrapError(
            f"ks would delete {', '.join(data)}, and all that is in there.",
            fix="kubeflow_remove_data=true allows that. Or use kubeflow_engine=native, which keeps them.",
        )
    if there and not options.check:
        options.progress(f"ks delete {ks.environment}")
        answers.deleted(ks.run("delete"))
        if options.timeout:
            outcome.waited = _gone(client, there, options)
    for thing in there:
        outcome.add(thing.key, thing.component, "removed")
    outcome.changed = bool(there)
    outcome.seconds = round(time.monotonic() - start, 1)
    return outcome


def _gone(client: Client, left: list[Thing], options: Options) -> float:
    start = time.monotonic()
    while True:
        live: list[Json | None] = client.map(lambda thing: _get(client, thing), left)
        left = [thing for thing, item in zip(left, live, strict=True) if item]
        spent = time.monotonic() - start
        if not left:
            return round(spent, 1)
        if spent > options.timeout:
            listed = ", ".join(str(thing.key) for thing in left)
            raise BootstrapError(f"Still being deleted after {options.timeout:g} seconds: {listed}.", fix="Run again to go on.")
        time.sleep(_PAUSE)
