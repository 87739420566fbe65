# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be known before the first write: all blockers, in one message."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ...data.rights import ALWAYS
from ...errors import BootstrapError, some
from ...kube.access_review import allowed, missing, review
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.resources import CRD, Key, Resource, Resources, key_of
from ..graph.object_index import given_by
from ..model import namespace
from ..model.applyset import Inventory
from ..model.managed_fields import conflicting, displaced, left_behind, merged, of_another_version, overlaid, try_change, without
from ..model.member import Member
from ..model.object_diff import difference
from ..model.outcome import Options
from ..status.unlisted_kinds import unavailable
from . import recreate
from .dead_webhooks import unanswered
from .owner_references import without_owner
from .rejections import FORBIDDEN, IMMUTABLE, INVALID, Refusal, fixes, inconclusive, summary
from .wave import refusal_of, send

Json = dict[str, t.Any]
Found = tuple[Key, Resource]
Right = tuple[str, str, str]
"""Verb, API group, resource."""

_NAMESPACE = ("", "Namespace")
_EXISTING = "default"
"""A namespace that every cluster has."""
_LITTLE = 100
"""New objects that are tried before any is written."""
_POD = ("", "Pod")
"""Not tried before its service account exists."""


@dataclass
class Preflight:
    """``namespaces``: labels of the live ones. ``differences``: what would change, by object; filled in where it is asked for."""

    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    differences: dict[Key, Json] = field(default_factory=dict)
    refused: dict[Key, Refusal] = field(default_factory=dict)


class PreflightFailed(BootstrapError):
    """There are blockers; nothing was written. ``refused``: what, by object."""

    def __init__(self, message: str, fix: str | None, refused: Mapping[Key, Refusal]) -> None:
        self.refused = refused
        listed = [{"object": str(key), "why": found.why, "fix": found.fix, "fields": list(found.fields)} for key, found in refused.items()]
        super().__init__(message, fix=fix, refused=listed)


def each_once(items: list[Json]) -> None:
    """Raises ``BootstrapError`` where an application has an object twice."""
    seen: set[Key] = set()
    twice = [str(key) for key in map(key_of, items) if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    if twice:
        raise BootstrapError(
            f"The application has {', '.join(sorted(set(twice)))} twice.", fix="Rename one of them, or remove one component."
        )


def all_served(client: Client, rendered: list[tuple[str, Json]], resources: Resources, down: Collection[str]) -> None:
    """Raises ``BootstrapError`` that names all kinds which the cluster does not serve, and whose they are.

    ``down``: API versions that are stale in discovery.
    """
    unserved: dict[tuple[str, str], list[str]] = defaultdict(list)
    for component, item in rendered:
        try:
            resources.of(item)
        except BootstrapError:
            unserved[item["apiVersion"], item["kind"]].append(f"{item.get('metadata', {}).get('name')} of {component}")
    if unserved:
        listed = "; ".join(f"{kind} in {version} ({some(names, 3)})" for (version, kind), names in sorted(unserved.items()))
        stale = sorted({version for version, _kind in unserved if version in down})
        if stale:
            why = "; ".join(unavailable(client, version) for version in stale)
            raise BootstrapError(
                f"The cluster does not serve {listed} at the moment: {why}. Nothing was written.",
                fix="See to the server of that API service, and run again.",
            )
        raise BootstrapError(
            f"The cluster serves no {listed}. Nothing was written.",
            fix="Install what defines these kinds first, or remove these components.",
        )


def preflight(client: Client, inventory: Inventory, members: list[Member], old: list[Found], apis: Served, options: Options) -> Preflight:
    """Ask the cluster about all that is to be written, once for a check and for a run.

    What already exists is tried by a dry run. To try what is new costs the server as much as to create it: that is done where it is
    little, in a check, and where the user may not do everything. Sets ``redefined`` of members, and ``action`` of those that would
    have to be replaced, and of those that would stay the same if that was looked for. Raises ``PreflightFailed``.
    """
    found = Preflight()
    todo = [member for member in members if member.action not in ("leave", "foreign")]
    _namespaces(client, inventory, members, todo, found)
    found.refused.update(without_owner(client, todo, apis))
    found.refused.update(unanswered(client, todo, members, found.namespaces))
    everything, lacking = _rights(client, inventory.namespace, todo, old)
    tries_new = options.check or not everything or sum(member.action == "create" for member in todo) <= _LITTLE
    _redefine(todo)
    served = {(version, kind) for version, kinds in apis.items() for kind in kinds}

    def tried(member: Member) -> bool:
        if member.action != "create":
            return True
        there = member.key.namespace in found.namespaces or not member.key.namespace
        is_served = (member.item["apiVersion"], member.key.kind) in served
        return tries_new and there and is_served and member.key[:2] != _POD

    for member in todo:
        if member.action == "change" and member.live and member.live["metadata"].get("deletionTimestamp"):
            member.action = "replace"
    asked = [member for member in todo if member.key not in found.refused and member.action != "replace" and tried(member)]
    client.map(lambda member: _try(client, member, options, found), asked)
    if tries_new:
        spaces = {member.key.namespace for member in todo} - found.namespaces.keys() - {""}
        homeless = [member for member in todo if member.key.namespace in spaces and member.key not in found.refused]
        homeless = [member for member in homeless if (member.item["apiVersion"], member.key.kind) in served]
        client.map(lambda member: _try_elsewhere(client, member, options, found), homeless)
    if lacking:
        found.refused = {key: each for key, each in found.refused.items() if each.what != FORBIDDEN}
    found.refused = dict(sorted(found.refused.items()))
    if found.refused or lacking:
        raise _refused(client, found.refused, lacking)
    if options.diff:
        for member in todo:
            if member.action == "create" and (made := difference(member.key, None, member.item)):
                found.differences[member.key] = made
        found.differences = {member.key: found.differences[member.key] for member in todo if member.key in found.differences}
    return found


def _redefine(todo: list[Member]) -> None:
    """Mark what is of a kind whose CRD is among ``todo``: until that is applied, the API server goes by the old one."""
    specs = [member.item["spec"] for member in todo if member.key[:2] == CRD and member.action != "create"]
    kinds = {(spec["group"], spec["names"]["kind"]) for spec in specs}
    for member in todo:
        member.redefined = member.key[:2] in kinds


def _refused(client: Client, refused: Mapping[Key, Refusal], lacking: list[str]) -> PreflightFailed:
    said = [f"the user of context {client.connection.name} may not {'; '.join(lacking)}"] if lacking else []
    fix = "Ask an admin of the cluster for a role that allows it (kubeflow_rbac_file writes one). " if lacking else ""
    said += [summary(refused)] if refused else []
    count = f"{len(refused)} of the objects would be refused" if refused else "Rights are missing"
    return PreflightFailed(f"{count}, so nothing was written: {'; '.join(said)}.", (fix + fixes(refused)).strip(), refused)


def _namespaces(client: Client, inventory: Inventory, members: list[Member], todo: list[Member], found: Preflight) -> None:
    """Which namespaces are there; refuses what is to go where there is none, or where it is being deleted."""
    given = {key for member in members for key in given_by(member.key)}
    brought = {key.name for key in {member.key for member in members} | given if key[:2] == _NAMESPACE}
    wanted = sorted({member.key.namespace for member in todo if member.key.namespace} | brought | {inventory.namespace})
    live = dict(zip(wanted, client.map(lambda name: namespace.find(client, name), wanted), strict=True))
    for name, space in live.items():
        inside = [member.key for member in todo if name in (member.key.namespace, member.key.name if member.key[:2] == _NAMESPACE else "")]
        if space is None:
            if name not in brought and inside:
                key = Key("", "Namespace", "", name)
                found.refused[key] = Refusal("missing", "it does not exist, and the application does not bring it", "Create it first.")
            continue
        found.namespaces[name] = (space.get("metadata") or {}).get("labels") or {}
        if inside and (space.get("metadata") or {}).get("deletionTimestamp"):
            key = Key("", "Namespace", "", name)
            found.refused[key] = Refusal("terminating", f"it is being deleted{_remaining(space)}", "Wait until it is gone, and run again.")
    for member in todo:
        if Key("", "Namespace", "", member.key.namespace) in found.refused:
            found.namespaces.pop(member.key.namespace, None)


def _remaining(space: Json) -> str:
    """What keeps a namespace that is being deleted, in the words of its conditions."""
    kept = ("NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure")
    said = [
        str(condition.get("message"))
        for condition in (space.get("status") or {}).get("conditions") or []
        if condition.get("type") in kept and condition.get("status") == "True"
    ]
    return f" since {space['metadata']['deletionTimestamp']}{' (' + '; '.join(said) + ')' if said else ''}"


def _rights(client: Client, namespace: str, todo: list[Member], old: list[Found]) -> tuple[bool, list[str]]:
    """Whether the user may do everything; if not, which rights he lacks for certain, in words."""
    if allowed(client, None, ("*", "*", "*")):
        return True, []
    needs: dict[str, set[Right]] = defaultdict(set)
    for member in todo:
        verbs = ("create", "patch") if member.action == "create" else ("patch",)
        needs[member.key.namespace] |= {(verb, member.key.group, member.resource.plural) for verb in verbs}
    for key, served_by in old:
        needs[key.namespace].add(("delete", key.group, served_by.plural))
    needs[namespace] |= {(verb, group, resource) for group, resource, verbs in ALWAYS for verb in verbs}
    spaces = [space for space in needs if space]
    lacking = [
        (space, right)
        for space, reviewed in zip(spaces, client.map(lambda space: review(client, space), spaces), strict=True)
        if reviewed["complete"]
        for right in missing(reviewed["rules"], sorted(needs[space]))
    ]
    wide = sorted(needs.get("", ()))
    answers = client.map(lambda right: allowed(client, None, right), wide)
    lacking += [("", right) for right, may in zip(wide, answers, strict=True) if not may]
    words: dict[tuple[str, str], list[str]] = defaultdict(list)
    for space, (verb, group, resource) in lacking:
        words[space, f"{resource}{'.' + group if group else ''}"].append(verb)
    return False, [f"{', '.join(verbs)} {what}{' in ' + space if space else ''}" for (space, what), verbs in sorted(words.items())]


def _try(client: Client, member: Member, options: Options, found: Preflight) -> None:
    """One dry run, and what follows from it."""
    looking = (options.check or options.diff or member.rewrite is not None) and member.action != "create"
    before = None
    try:
        before = client.get(member.path) if looking else None
        answer = _foreseen(client, member, options, before)
    except ApiError as error:
        if inconclusive(error):
            return
        refused = refusal_of(client, member, error)
        if member.redefined and refused.what == INVALID:
            if options.diff and (differs := difference(member.key, before, overlaid(before, member.item)) if before else None):
                found.differences[member.key] = differs
            return
        if refused.what == IMMUTABLE:
            refused = _unchangeable(client, member, options, refused, found) or refused
            if member.action == "replace":
                return
        found.refused[member.key] = refused
        return
    if not looking:
        return
    differs = difference(member.key, before, answer)
    if not differs and member.action == "change" and not member.rewrite:
        member.action = "same"
    if options.diff and differs:
        found.differences[member.key] = differs


def _foreseen(client: Client, member: Member, options: Options, before: Json | None) -> Json:
    """What the object would be; ``before``: what it is, if that is of interest. Raises ``ApiError`` where it would be refused.

    Field ownership can't be rewritten in a dry run. So what would be left behind is taken away by another one.
    """
    whole, adopt = before is not None, member.rewrite.adopt if member.rewrite else ""
    try:
        answer = send(client, member, options, dry_run=True, whole=whole)
    except ApiError as error:
        if of_another_version(error) and member.live:
            return merged(client, member.path, member.item)
        if not before or not member.rewrite:
            raise
        if adopt and error.code == 422:  # what is left behind may not fit what is wanted
            base = without(before, left_behind(before["metadata"], adopt))
            return try_change(client, member.path, before, overlaid(base, member.item))
        if not conflicting(error) or not conflicting(error) <= displaced(before["metadata"], member.rewrite):
            raise
        answer = send(client, member, options, dry_run=True, whole=whole, force=True)
    if before is None or member.rewrite is None:
        return answer
    if member.initial and "replicas" in before["spec"]:
        answer = {**answer, "spec": {**answer["spec"], "replicas": before["spec"]["replicas"]}}
    after: Json = without(answer, left_behind(answer["metadata"], adopt)) if adopt else answer
    return try_change(client, member.path, before, after) if after != answer else answer


def _try_elsewhere(client: Client, member: Member, options: Options, found: Preflight) -> None:
    """A dry run in a namespace that exists, of an object whose own does not yet. Only what is wrong with the object itself counts."""
    key = member.key._replace(namespace=_EXISTING)
    metadata = {**member.item["metadata"], "namespace": _EXISTING}
    item = {**member.item, "metadata": metadata}
    if member.key[:2] == _POD:  # its account would be looked for there
        item["spec"] = {
            name: value for name, value in (item.get("spec") or {}).items() if name not in ("serviceAccountName", "serviceAccount")
        }
    stand_in = replace(member, key=key, item=item)
    try:
        send(client, stand_in, options, dry_run=True)
    except ApiError as error:
        refused = refusal_of(client, member, error)
        if member.redefined and refused.what == INVALID:
            return
        if refused.what == INVALID and not inconclusive(error) and not client.find(stand_in.path, ONE_METADATA):
            found.refused[member.key] = refused


def _unchangeable(client: Client, member: Member, options: Options, refused: Refusal, found: Preflight) -> Refusal | None:
    """Have it replaced if that is wanted and loses nothing; else what the message is to say."""
    live = client.get(member.path)
    refused = recreate.named(refused, member.item, live)
    lost = recreate.loses(member.key, member.item, live, member.rewrite)
    if lost:
        return refused._replace(why=f"{refused.why} ({lost})", fix="Undo that change, or save what it holds and delete it by hand.")
    if not options.replace:
        return refused._replace(fix="kubeflow_replace=true deletes and recreates it.")
    member.action = "replace"
    member.why = f"can't be changed: {', '.join(refused.fields) or refused.why}"
    if options.diff and (differs := difference(member.key, live, member.item)):
        found.differences[member.key] = differs
    return None
