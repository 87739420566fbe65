# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take out of the cluster what we applied and the application no longer has."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable

from ..errors import BootstrapError
from ..kube.client import ApiError, Client
from ..kube.discovery import Served
from ..kube.resources import Key, Resource
from .apply.drift import Found
from .delete.members import await_children, definitions, descended, instances, made_for
from .delete.removal import HOLDS_DATA, NAMESPACE, Removal, last_custom, refused, stages
from .delete.retention import needs, orphaning, still_used, with_needs, with_servers
from .graph.object_index import Related, ends_claims, space_of
from .model.applyset import Inventory
from .model.deletion_target import DeletionTarget
from .model.outcome import LATER, Options, Outcome
from .model.progress import Deadline, Ticker

Json = dict[str, t.Any]

_NAME = re.compile(r"[A-Z]\w*(\.\S+)? .+")
"""An object as outcomes name it: its kind and group, a blank, its namespace and name."""


def named(entries: Iterable[str]) -> frozenset[str]:
    """The option ``prune``; what is blank is not answered. Raises ``BootstrapError``: a mistyped ``later`` would prune."""
    found = frozenset(entry.strip() for entry in entries if entry.strip())
    wrong = sorted(entry for entry in found - {LATER} if not _NAME.fullmatch(entry))
    if wrong:
        raise BootstrapError(
            f"kubeflow_prune names neither {LATER} nor objects: {', '.join(map(repr, wrong))}.",
            fix="Write objects as the outcome prints them, such as PersistentVolumeClaim kubeflow/hub-db.",
        )
    return found


def prune(
    client: Client,
    inventory: Inventory,
    apis: Served,
    old: list[Found],
    wanted: list[Json],
    options: Options,
    outcome: Outcome,
    deadline: Deadline,
    ticker: Ticker,
) -> None:
    """Delete ``old`` in the reverse of the order in which the objects need each other; in check mode only tell what would be.

    Namespaces, PVCs and CRDs with live custom resources are kept, unless ``options.prune`` names them, with what those need and
    what serves them, where nothing that is ``wanted`` does; the outcome says why. What is kept stays a member.
    Raises ``BootstrapError`` where something could not be deleted, after all else was.
    """
    live: list[Json | str | None] = client.map(lambda found: _ours(client, inventory, *found), old)
    targets = [DeletionTarget(key, resource, item) for (key, resource), item in zip(old, live, strict=True) if isinstance(item, dict)]
    for (key, _resource), why in zip(old, live, strict=True):
        if isinstance(why, str):
            outcome.add(key, None, "kept", why=f"not pruned: it can't be read: {why}; a later run prunes it")
    if not targets:
        return
    kept, strangers = _kept(client, inventory, apis, targets, options)
    kept |= orphaning(client, apis, targets, wanted, options.prune)
    related = Related([*wanted, *(target.live for target in targets)])
    graph = needs(related)
    mine = {target.key for target in targets}
    found = with_servers(kept, related, graph, related.items.keys() - mine, options.prune)
    kept = {key: why for key, why in found.items() if key in mine}
    going = [target for target in [*targets, *strangers] if target.key not in kept]
    before = ticker.state
    removal = Removal(client, apis, inventory.owns, options, outcome, deadline, ticker, action="pruned", total=len(going))
    ordered = stages(going)
    for number, stage in enumerate(ordered):
        if number == last_custom(ordered) and not options.check:
            await_children(removal, definitions(going))
            kept = with_needs({**kept, **removal.failed}, graph)
        left = [target for target in stage if target.key not in kept]
        if left:
            removal.take(left)
        kept = with_needs({**kept, **removal.failed}, graph)
    for key, why in kept.items():
        if key not in removal.failed:
            outcome.add(key, None, "kept", why=why)
    ticker.state = before
    if removal.failed:
        raise refused(removal.failed, options.check)


def _ours(client: Client, inventory: Inventory, key: Key, resource: Resource) -> Json | str | None:
    """The object, if it exists and still carries our label; why it can't be read, where that is so."""
    try:
        live = client.find(resource.path(key.namespace, key.name))
    except BootstrapError as error:
        return error.said if isinstance(error, ApiError) else error.message
    return live if live and inventory.owns(live["metadata"]) else None


def _kept(
    client: Client, inventory: Inventory, apis: Served, targets: list[DeletionTarget], options: Options
) -> tuple[dict[Key, str], list[DeletionTarget]]:
    """What is not pruned, with why; and the custom resources of others that go with CRDs which were named."""
    kept: dict[Key, str] = {}
    strangers: list[DeletionTarget] = []
    for target in targets:
        key, named = target.key, str(target.key) in options.prune
        told = f"to prune it, name it: kubeflow_prune: ['{key}']"
        if key == Key("", "Namespace", "", inventory.namespace):
            kept[key] = "the record of the application is in it"
        elif key[:2] == NAMESPACE and not named:
            kept[key] = f"all that is in it would go with it; {told}"
        elif (space := space_of(key)) and not named:
            kept[key] = f"the namespace {space} and all that is in it would go with it; {told}"
        elif key[:2] in HOLDS_DATA and not named:
            kept[key] = f"it holds data; {told}"
    owners = {target.key: target.live for target in targets}
    for made in made_for(client, targets, apis, kept):
        owner = made.owner
        if made.key[:2] in HOLDS_DATA and owner and str(owner) not in options.prune:
            how = "with" if ends_claims(owners[owner]) else "without"
            kept[owner] = f"{made.key} holds its data; to prune it {how} that, name it: kubeflow_prune: ['{owner}']"
    uids = {target.uid for target in targets if target.key not in kept}
    for definition in definitions(targets):
        key = definition.key
        told = f"to prune it with them, name it: kubeflow_prune: ['{key}']"
        try:
            those = instances(client, definition, lambda metadata: str(metadata.get("uid")) in uids, whole=options.diff)
        except BootstrapError as error:
            kept[key] = f"whether there are custom resources of it can't be seen: {error.message}"
            continue
        children = descended([target.live["metadata"] for target in those], uids)
        others = [target for target in those if target.uid not in children]
        if others and str(key) not in options.prune:
            kept[key] = still_used(others, "", told)
        elif others:
            strangers += others
    return kept, strangers
