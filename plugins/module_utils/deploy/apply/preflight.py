# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All blockers that can be known before the first write, in one message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from ...data.rights import ALWAYS
from ...errors import BootstrapError, abbreviated
from ...formats.json_object import Json
from ...kube.access_review import allowed, missing, review
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.resources import CRD, Key, Resources, key_of
from ..graph.object_index import derived
from ..model import namespace
from ..model.applyset import Inventory
from ..model.managed_fields import conflicting, displaced, left_behind, merged, of_another_version, overlaid, try_change, without
from ..model.member import Member, StaleMember
from ..model.object_diff import difference
from ..model.outcome import Options
from ..status.unlisted_kinds import unavailable
from . import recreate
from .dead_webhooks import unanswered
from .owner_references import without_owner
from .rejections import FORBIDDEN, IMMUTABLE, INVALID, Refusal, fixes, inconclusive, summary
from .wave import refusal_of, send

Right = tuple[str, str, str]
"""Verb, API group, resource."""

_NAMESPACE = ("", "Namespace")
_EXISTING = "default"
"""A namespace that every cluster has."""
_LITTLE = 100
"""At most so many new objects are sent as dry runs."""
_POD = ("", "Pod")
"""Its dry run needs an existing service account."""


class PreflightFailed(BootstrapError):
    """There are blockers; nothing was written. ``refused``: by object."""

    def __init__(self, message: str, fix: str | None, refused: Mapping[Key, Refusal]) -> None:
        self.refused = refused
        listed = [
            {"object": str(key), "why": refusal.why, "fix": refusal.fix, "fields": list(refusal.fields)} for key, refusal in refused.items()
        ]
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
    """Raises ``BootstrapError`` that names all kinds which the cluster does not serve, and their objects.

    ``down``: API versions that are stale in discovery.
    """
    unserved: dict[tuple[str, str], list[str]] = defaultdict(list)
    for component, item in rendered:
        try:
            resources.of(item)
        except BootstrapError:
            unserved[item["apiVersion"], item["kind"]].append(f"{item.get('metadata', {}).get('name')} of {component}")
    if unserved:
        listed = "; ".join(f"{kind} in {version} ({abbreviated(names, 3)})" for (version, kind), names in sorted(unserved.items()))
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


class Preflight:
    """Asks the cluster about all that is to be written, in a check as in a run."""

    def __init__(self, client: Client, inventory: Inventory, apis: Served, options: Options) -> None:
        self.namespaces: dict[str, Mapping[str, str]] = {}
        """Labels of the live ones."""
        self.differences: dict[Key, Json] = {}
        """What would change, by object; only in diff mode."""
        self._client, self._inventory, self._options = client, inventory, options
        self._served = {(version, kind) for version, kinds in apis.items() for kind in kinds}
        self._apis = apis
        self._refused: dict[Key, Refusal] = {}

    def run(self, members: list[Member], stale: list[StaleMember]) -> None:
        """Raises ``PreflightFailed`` if there are blockers.

        A change is sent as a dry run. For a new object that costs the server as much as to create it: it is done if there are few,
        in a check, and if the user may not do everything. Sets ``redefined`` of members, and ``action`` of those that would have to
        be replaced, and of those that would stay the same if that was looked for.
        """
        todo = [member for member in members if member.is_written]
        self._check_namespaces(members, todo)
        self._refused.update(without_owner(self._client, todo, self._apis))
        self._refused.update(unanswered(self._client, todo, members, self.namespaces))
        everything, lacking = self._rights(todo, stale)
        _mark_redefined(todo)
        for member in todo:
            if member.action == "change" and member.live and member.live["metadata"].get("deletionTimestamp"):
                member.action = "replace"
        self._dry_runs(todo, self._options.check or not everything or sum(member.action == "create" for member in todo) <= _LITTLE)
        if lacking:
            self._refused = {key: each for key, each in self._refused.items() if each.what != FORBIDDEN}
        self._refused = dict(sorted(self._refused.items()))
        if self._refused or lacking:
            raise self._failure(lacking)
        if self._options.diff:
            for member in todo:
                if member.action == "create" and (created := difference(member.key, None, member.item)):
                    self.differences[member.key] = created
            self.differences = {member.key: self.differences[member.key] for member in todo if member.key in self.differences}

    def _check_namespaces(self, members: list[Member], todo: list[Member]) -> None:
        """Refuse objects whose namespace does not exist, or is being deleted."""
        keys = {member.key for member in members}
        brought = {key.name for key in keys.union(*map(derived, keys)) if key[:2] == _NAMESPACE}
        names = sorted({member.key.namespace for member in todo if member.key.namespace} | brought | {self._inventory.namespace})
        lives: list[Json | None] = self._client.map(lambda name: namespace.live(self._client, name), names)
        for name, live in zip(names, lives, strict=True):
            key = Key(*_NAMESPACE, "", name)
            is_used = any(name == member.key.namespace or member.key == key for member in todo)
            if live is None:
                if name not in brought and is_used:
                    self._refused[key] = Refusal("missing", "it does not exist, and the application does not bring it", "Create it first.")
                continue
            metadata = live.get("metadata") or {}
            self.namespaces[name] = metadata.get("labels") or {}
            if is_used and metadata.get("deletionTimestamp"):
                why = f"it is being deleted{_remaining(live)}"
                self._refused[key] = Refusal("terminating", why, "Wait until it is gone, and run again.")
        for member in todo:
            if Key(*_NAMESPACE, "", member.key.namespace) in self._refused:
                self.namespaces.pop(member.key.namespace, None)

    def _rights(self, todo: list[Member], stale: list[StaleMember]) -> tuple[bool, list[str]]:
        """Whether the user may do everything; if not, descriptions of the rights that he certainly lacks."""
        client = self._client
        if allowed(client, None, ("*", "*", "*")):
            return True, []
        needs = _needed_rights(self._inventory.namespace, todo, stale)
        namespaces = [name for name in needs if name]
        lacking = [
            (name, right)
            for name, reviewed in zip(namespaces, client.map(lambda name: review(client, name), namespaces), strict=True)
            if reviewed["complete"]
            for right in missing(reviewed["rules"], sorted(needs[name]))
        ]
        cluster_wide = sorted(needs.get("", ()))
        answers = client.map(lambda right: allowed(client, None, right), cluster_wide)
        lacking += [("", right) for right, is_allowed in zip(cluster_wide, answers, strict=True) if not is_allowed]
        verbs_by_resource: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name, (verb, group, resource) in lacking:
            verbs_by_resource[name, f"{resource}{'.' + group if group else ''}"].append(verb)
        return False, [
            f"{', '.join(verbs)} {resource}{' in ' + name if name else ''}" for (name, resource), verbs in sorted(verbs_by_resource.items())
        ]

    def _failure(self, lacking: list[str]) -> PreflightFailed:
        reasons = [f"the user of context {self._client.connection.name} may not {'; '.join(lacking)}"] if lacking else []
        fix = "Ask an admin of the cluster for a role that allows it (kubeflow_rbac_file writes one). " if lacking else ""
        reasons += [summary(self._refused)] if self._refused else []
        count = f"{len(self._refused)} of the objects would be refused" if self._refused else "Rights are missing"
        message = f"{count}, so nothing was written: {'; '.join(reasons)}."
        return PreflightFailed(message, (fix + fixes(self._refused)).strip(), self._refused)

    def _dry_runs(self, todo: list[Member], with_new: bool) -> None:
        pending = [member for member in todo if member.key not in self._refused]
        with_dry_run = [member for member in pending if member.action not in ("create", "replace")]
        elsewhere: list[Member] = []
        if with_new:
            served = [member for member in pending if (member.item["apiVersion"], member.key.kind) in self._served]
            exists = {member.key: member.key.namespace in self.namespaces or not member.key.namespace for member in served}
            with_dry_run += [each for each in served if each.action == "create" and exists[each.key] and each.key[:2] != _POD]
            elsewhere = [member for member in served if not exists[member.key]]
        self._client.map(self._dry_run, with_dry_run)
        self._client.map(self._dry_run_elsewhere, [member for member in elsewhere if member.key not in self._refused])

    def _dry_run(self, member: Member) -> None:
        """One dry run, and what follows from it."""
        options = self._options
        compares = (options.check or options.diff or member.rewrite is not None) and member.action != "create"
        before = None
        try:
            before = self._client.get(member.path) if compares else None
            answer = self._expected(member, before)
        except ApiError as error:
            self._judge(member, before, error)
            return
        if not compares:
            return
        differs = difference(member.key, before, answer)
        if not differs and member.action == "change" and not member.rewrite:
            member.action = "same"
        if options.diff and differs:
            self.differences[member.key] = differs

    def _judge(self, member: Member, before: Json | None, error: ApiError) -> None:
        """What the error of a dry run means."""
        if inconclusive(error):
            return
        refused = refusal_of(self._client, member, error)
        if member.redefined and refused.what == INVALID:  # by the schema that the run changes
            if self._options.diff and before and (differs := difference(member.key, before, overlaid(before, member.item))):
                self.differences[member.key] = differs
            return
        if refused.what == IMMUTABLE:
            refused = self._replacement(member, refused) or refused
            if member.action == "replace":
                return
        self._refused[member.key] = refused

    def _expected(self, member: Member, before: Json | None) -> Json:
        """The object after the change; ``before``: the live one, if that is of interest. Raises ``ApiError`` if it would be refused.

        Field ownership can't be rewritten in a dry run. So another one removes the fields that would be left behind.
        """
        client, whole, adopt = self._client, before is not None, member.rewrite.adopt if member.rewrite else ""
        try:
            answer = send(client, member, self._options, dry_run=True, whole=whole)
        except ApiError as error:
            if of_another_version(error) and member.live:
                return merged(client, member.path, member.item)
            if not before or not member.rewrite:
                raise
            if adopt and error.code == 422:  # fields that are left behind may conflict with the desired ones
                base = without(before, left_behind(before["metadata"], adopt))
                return try_change(client, member.path, before, overlaid(base, member.item))
            if not conflicting(error) or not conflicting(error) <= displaced(before["metadata"], member.rewrite):
                raise
            answer = send(client, member, self._options, dry_run=True, whole=whole, force=True)
        if before is None or member.rewrite is None:
            return answer
        if member.initial and "replicas" in before["spec"]:
            answer = {**answer, "spec": {**answer["spec"], "replicas": before["spec"]["replicas"]}}
        after: Json = without(answer, left_behind(answer["metadata"], adopt)) if adopt else answer
        return try_change(client, member.path, before, after) if after != answer else answer

    def _dry_run_elsewhere(self, member: Member) -> None:
        """A dry run in an existing namespace, of an object whose own is still to come. Only mistakes of the object itself count."""
        key = member.key._replace(namespace=_EXISTING)
        metadata = {**member.item["metadata"], "namespace": _EXISTING}
        item = {**member.item, "metadata": metadata}
        if member.key[:2] == _POD:  # its account would be looked for there
            item["spec"] = {
                name: value for name, value in (item.get("spec") or {}).items() if name not in ("serviceAccountName", "serviceAccount")
            }
        stand_in = replace(member, key=key, item=item)
        try:
            send(self._client, stand_in, self._options, dry_run=True)
        except ApiError as error:
            refused = refusal_of(self._client, member, error)
            if refused.what != INVALID or member.redefined or inconclusive(error):
                return
            if not self._client.find(stand_in.path, ONE_METADATA):
                self._refused[member.key] = refused

    def _replacement(self, member: Member, refused: Refusal) -> Refusal | None:
        """Have an object replaced if that is requested and loses nothing; else the refusal with a fix."""
        live = self._client.get(member.path)
        refused = recreate.named(refused, member.item, live)
        lost = recreate.loses(member.key, member.item, live, member.rewrite)
        if lost:
            return refused._replace(why=f"{refused.why} ({lost})", fix="Undo that change, or save what it holds and delete it by hand.")
        if not self._options.recreate:
            return refused._replace(fix="kubeflow_recreate=true deletes and recreates it.")
        member.action = "replace"
        member.why = f"can't be changed: {', '.join(refused.fields) or refused.why}"
        if self._options.diff and (differs := difference(member.key, live, member.item)):
            self.differences[member.key] = differs
        return None


def _mark_redefined(todo: list[Member]) -> None:
    """Mark custom resources whose CRD is among ``todo``: until that is applied, the API server uses the old schema."""
    specs = [member.item["spec"] for member in todo if member.key[:2] == CRD and member.action != "create"]
    kinds = {(spec["group"], spec["names"]["kind"]) for spec in specs}
    for member in todo:
        member.redefined = member.key[:2] in kinds


def _remaining(live: Json) -> str:
    """What delays the deletion of a namespace, by its conditions."""
    kinds = ("NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure")
    messages = [
        str(condition.get("message"))
        for condition in (live.get("status") or {}).get("conditions") or []
        if condition.get("type") in kinds and condition.get("status") == "True"
    ]
    return f" since {live['metadata']['deletionTimestamp']}{' (' + '; '.join(messages) + ')' if messages else ''}"


def _needed_rights(own_namespace: str, todo: list[Member], stale: list[StaleMember]) -> dict[str, set[Right]]:
    """By namespace; those for the whole cluster under the empty name."""
    needs: dict[str, set[Right]] = defaultdict(set)
    for member in todo:
        verbs = ("create", "patch") if member.action == "create" else ("patch",)
        needs[member.key.namespace] |= {(verb, member.key.group, member.resource.plural) for verb in verbs}
    for key, resource in stale:
        needs[key.namespace].add(("delete", key.group, resource.plural))
    needs[own_namespace] |= {(verb, group, plural) for group, plural, verbs in ALWAYS for verb in verbs}
    return needs
