# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Delete what we applied and the application no longer has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.client import ApiError, Client
from ..kube.resources import Key, Resource
from .delete.members import await_children, definitions, descended, instances, made_for
from .delete.removal import HOLDS_DATA, NAMESPACE, Removal, last_custom, refused, stages
from .delete.retention import needs, orphaning, still_used, with_needs, with_servers
from .graph.object_index import Related, ends_claims, space_of
from .model.applyset import Inventory
from .model.deletion_target import DeletionTarget
from .model.member import StaleMember
from .model.outcome import LATER, Options

_NAME = re.compile(r"[A-Z]\w*(\.\S+)? .+")
"""An object as outcomes name it: its kind and group, a blank, its namespace and name."""


def named(entries: Iterable[str]) -> frozenset[str]:
    """The option ``prune`` without blank entries. Raises ``BootstrapError``, as a mistyped ``later`` would prune."""
    names = frozenset(entry.strip() for entry in entries if entry.strip())
    invalid = sorted(entry for entry in names - {LATER} if not _NAME.fullmatch(entry))
    if invalid:
        raise BootstrapError(
            f"kubeflow_prune names neither {LATER} nor objects: {', '.join(map(repr, invalid))}.",
            fix="Write objects as the outcome prints them, such as PersistentVolumeClaim kubeflow/hub-db.",
        )
    return names


def prune(removal: Removal, inventory: Inventory, stale: list[StaleMember], desired: list[Json]) -> None:
    """Delete ``stale`` members in the reverse of the order in which they need each other; in check mode only record what would be.

    Namespaces, PVCs and CRDs with live custom resources are kept, unless ``options.prune`` names them, with what those need and
    what serves them, where nothing that is ``desired`` does; the outcome says why. What is kept stays a member.
    Raises ``BootstrapError`` where something could not be deleted, after all else was.
    """
    client, options, outcome = removal.client, removal.options, removal.outcome
    live: list[Json | str | None] = client.map(lambda member: _ours(client, inventory, *member), stale)
    targets = [DeletionTarget(key, resource, item) for (key, resource), item in zip(stale, live, strict=True) if isinstance(item, dict)]
    for (key, _resource), why in zip(stale, live, strict=True):
        if isinstance(why, str):
            outcome.add(key, None, "kept", why=f"not pruned: it can't be read: {why}; a later run prunes it")
    if not targets:
        return
    keys = {target.key for target in targets}
    related = Related([*desired, *(target.live for target in targets)])
    graph = needs(related)
    retained, strangers = _retained(removal, inventory, targets)
    retained |= orphaning(client, removal.apis, targets, desired, options.prune)
    retained = with_servers(retained, related, graph, related.items.keys() - keys, options.prune)
    retained = {key: why for key, why in retained.items() if key in keys}
    going = [target for target in [*targets, *strangers] if target.key not in retained]
    state = removal.ticker.state
    removal.total = len(going)
    ordered = stages(going)
    for number, stage in enumerate(ordered):
        if number == last_custom(ordered) and not options.check:
            await_children(removal, definitions(going))
            retained = with_needs({**retained, **removal.failed}, graph)
        rest = [target for target in stage if target.key not in retained]
        if rest:
            removal.take(rest)
        retained = with_needs({**retained, **removal.failed}, graph)
    for key, why in retained.items():
        if key not in removal.failed:
            outcome.add(key, None, "kept", why=why)
    removal.ticker.state = state
    if removal.failed:
        raise refused(removal.failed, options.check)


def _ours(client: Client, inventory: Inventory, key: Key, resource: Resource) -> Json | str | None:
    """The object, if it exists and still carries our label; the reason if it can't be read."""
    try:
        live = client.find(resource.path(key.namespace, key.name))
    except BootstrapError as error:
        return error.status_message if isinstance(error, ApiError) else error.message
    return live if live and inventory.owns(live["metadata"]) else None


def _retained(removal: Removal, inventory: Inventory, targets: list[DeletionTarget]) -> tuple[dict[Key, str], list[DeletionTarget]]:
    """What is not pruned, with the reason; and the custom resources of others that are deleted with CRDs named in ``options.prune``."""
    options = removal.options
    retained = {target.key: why for target in targets if (why := _holds(target, inventory, options))}
    owners = {target.key: target.live for target in targets}
    for dependent in made_for(removal.client, targets, removal.apis, retained):
        owner = dependent.owner
        if dependent.key[:2] in HOLDS_DATA and owner and str(owner) not in options.prune:
            how = "with" if ends_claims(owners[owner]) else "without"
            retained[owner] = f"{dependent.key} holds its data; to prune it {how} that, name it: kubeflow_prune: ['{owner}']"
    uids = {target.uid for target in targets if target.key not in retained}
    strangers: list[DeletionTarget] = []
    for definition in definitions(targets):
        key = definition.key
        try:
            resources = instances(removal.client, definition, lambda metadata: str(metadata.get("uid")) in uids, whole=options.diff)
        except BootstrapError as error:
            retained[key] = f"whether there are custom resources of it can't be seen: {error.message}"
            continue
        children = descended([target.live["metadata"] for target in resources], uids)
        others = [target for target in resources if target.uid not in children]
        if others and str(key) not in options.prune:
            retained[key] = still_used(others, "", f"to prune it with them, name it: kubeflow_prune: ['{key}']")
        elif others:
            strangers += others
    return retained, strangers


def _holds(target: DeletionTarget, inventory: Inventory, options: Options) -> str | None:
    """Why an object that holds data, or others, is not pruned."""
    key = target.key
    if key == Key("", "Namespace", "", inventory.namespace):
        return "the record of the application is in it"
    if str(key) in options.prune:
        return None
    fix = f"to prune it, name it: kubeflow_prune: ['{key}']"
    if key[:2] == NAMESPACE:
        return f"all that is in it would go with it; {fix}"
    if space := space_of(key):
        return f"the namespace {space} and all that is in it would go with it; {fix}"
    return f"it holds data; {fix}" if key[:2] in HOLDS_DATA else None
