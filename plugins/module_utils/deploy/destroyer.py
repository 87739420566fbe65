# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take an application's objects out of the cluster again, and nothing else."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from ..errors import BootstrapError, some
from ..kube.client import ApiError, Client
from ..kube.discovery import Served, discover
from ..kube.resources import Key, Resources
from .delete.members import NOT_APPLIED, await_children, contents, definitions, descended, going_before, instances, made_for, members
from .delete.removal import HOLDS_DATA, NAMESPACE, Removal, last_custom, refused, stages
from .delete.retention import needs, still_used, with_needs
from .graph.object_index import Related, ends_claims, space_of
from .lease import held
from .model.applyset import Inventory, group_kind
from .model.deletion_target import DeletionTarget
from .model.generated_secrets import claims_of
from .model.outcome import Options, Outcome, accounted
from .model.progress import Deadline, Ticker

Json = dict[str, t.Any]

_LEAST = 60.0
"""Seconds for a removal where nobody is to wait for readiness: what is deleted must be gone before what it needs."""
_TOLD = "kubeflow_remove_data=true deletes "
_NAMED = 5
_UNKNOWN = ("unknown", "")
"""The fingerprints of what is not in the record."""
# What Kubernetes and OpenShift put into every namespace by themselves.
_FURNITURE = {
    ("ServiceAccount", "default"),
    ("ServiceAccount", "builder"),
    ("ServiceAccount", "deployer"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
}


def absent(client: Client, application: str, namespace: str, options: Options, remove_data: bool = False) -> Outcome:
    """Delete all members of the application's ApplySet, in the reverse of the order in which they are needed.

    Unless ``remove_data``, what holds data stays: PVCs, and CRDs with custom resources of others; and what these need. Namespaces
    go last, if they are ours and nothing is left in them. A second call finds nothing and writes nothing.
    Raises ``BootstrapError`` where something could not be deleted, after all else was; its details carry the outcome.
    """
    deadline = Deadline(options.timeout or _LEAST)
    with Ticker(options.progress) as ticker, client.repeating(deadline.left, ticker.say):
        run = _RemovalRun(client, application, namespace, options, remove_data, deadline, ticker)
        with accounted(run.outcome, ticker, run.complete):
            run.look()
            run.execute()
            client.identity.check()  # an object that another cluster does not have was not deleted
    return run.outcome


@dataclass
class _RemovalRun:
    """A removal on its way. ``going``: what is to be deleted; ``kept``: why the others stay; ``spaces``: our namespaces.

    ``ours``: what carries our label; ``made``: what controllers made for that; ``graph``: what needs what of them.
    """

    client: Client
    application: str
    namespace: str
    options: Options
    remove_data: bool
    deadline: Deadline
    ticker: Ticker
    outcome: Outcome = field(default_factory=Outcome)
    inventory: Inventory = field(init=False)
    apis: Served = field(default_factory=dict)
    down: list[str] = field(default_factory=list)
    going: list[DeletionTarget] = field(default_factory=list)
    spaces: list[DeletionTarget] = field(default_factory=list)
    kept: dict[Key, str] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)
    unlabelled: list[Key] = field(default_factory=list)
    graph: dict[Key, set[Key]] = field(default_factory=dict)
    ours: set[Key] = field(default_factory=set)
    made: set[Key] = field(default_factory=set)
    removal: Removal = field(init=False)

    def look(self) -> None:
        """What there is, and what of it is to go."""
        self.ticker.state = "looking for the application's objects"
        self.inventory = Inventory(self.application, self.namespace).read(self.client)
        self.apis, self.down = discover(self.client)
        everything = members(self.client, self.inventory, self.apis, whole=self.options.diff, down=self.down)
        self.unseen, self.unlisted, self.unlabelled = everything.unseen, everything.unlisted, everything.unlabelled
        self.removal = Removal(self.client, self.apis, self.inventory.owns, self.options, self.outcome, self.deadline, self.ticker)
        self.spaces = [target for target in everything.found if target.key[:2] == NAMESPACE]
        found = [target for target in everything.found if target.key[:2] != NAMESPACE]
        kept: dict[Key, str] = {}
        made = made_for(self.client, found, self.apis, kept)
        self.ours = {target.key for target in everything.found if target.label}
        self.made = {target.key for target in [*made, *everything.found] if not target.label}
        found += made
        self.graph = needs(Related([target.live for target in found]))
        if not self.remove_data:
            kept |= _holding_data(found)
        going = {target.uid for target in found if target.key not in kept}
        strangers = self._strangers(definitions(found), going, kept)
        for target in found:
            left = self._left_with(target, going)
            if left:
                kept[target.key] = f"the namespace {space_of(target.key)}, which would go with it, still has {some(left, _NAMED)}"
        self.kept = with_needs(kept, self.graph)
        self.going = [target for target in [*found, *strangers] if target.key not in self.kept]
        self.removal.total = len(self.going) + len(self.spaces)

    def _strangers(self, defined: list[DeletionTarget], going: set[str], kept: dict[Key, str]) -> list[DeletionTarget]:
        """Custom resources of others whose CRD is to go: they go first where data is removed, else the CRD is kept.

        What belongs to an object that goes is left to the garbage collector.
        """
        found: list[DeletionTarget] = []
        for definition in defined:
            try:
                those = instances(self.client, definition, self._is_member, whole=self.options.diff and self.remove_data)
            except BootstrapError as error:
                kept[definition.key] = f"whether others have custom resources of it can't be seen: {error.message}"
                continue
            children = descended([target.live["metadata"] for target in those], going)
            others = [target for target in those if target.uid not in children]
            if others and not self.remove_data:
                kept[definition.key] = still_used(others, " of others", f"{_TOLD}both")
            left = {str(target.key): names for target in others if self.remove_data and (names := self._left_with(target, going))}
            if left:
                spaces = "; ".join(f"that of {name} has {some(names, _NAMED)}" for name, names in left.items())
                kept[definition.key] = f"namespaces would go with custom resources of others: {spaces}"
            found += others if self.remove_data and not left else []
        return found

    def _left_with(self, target: DeletionTarget, going: set[str]) -> list[str]:
        """What is left in the namespace that a controller made for an object, and deletes with it, but for what goes anyway."""
        space = space_of(target.key)
        return self._left(space, going | {target.uid}) if space else []

    def _is_member(self, metadata: Json) -> bool:
        return self.inventory.owns(metadata) and not metadata.get("ownerReferences")

    def execute(self) -> None:
        """Delete what is to go, and tell what stays."""
        empty = [] if self.going else self._empty()
        if self.options.check or not (self.going or empty or self._forgettable()):
            self._delete()
            return
        with contextlib.ExitStack() as stack:
            if self.inventory.exists and not any(_ends(space) and space.key.name == self.namespace for space in self.spaces):
                lease = stack.enter_context(held(self.client, self.namespace, self.application, self.deadline, self.ticker))
                self.look()  # another run may have ended just now
                self._delete(lease.check, stack.close)
            else:
                self._delete()

    def _forgettable(self) -> bool:
        return self.inventory.exists and not (self.kept or self.unseen or self.unlisted or self.spaces)

    def _delete(self, check: t.Callable[[], None] = lambda: None, release: t.Callable[[], None] = lambda: None) -> None:
        ordered = stages(self.going)
        early = ordered[: last_custom(ordered)]
        for stage in early:
            check()
            self._take(stage)
        if early and not self.options.check:
            self._settle()
        for stage in ordered[len(early) :]:
            check()
            self._take(stage)
        self._leave_spaces(release)
        self._account()
        self._end()

    def _take(self, stage: list[DeletionTarget]) -> None:
        left = [target for target in stage if target.key not in self.kept]
        for target in left:
            self._end_before(target)
        left = [target for target in left if target.key not in self.removal.failed and target.uid not in self.removal.uids]
        if left:
            self.removal.take(left)
        if self.removal.failed:
            self.kept = with_needs({**self.kept, **self.removal.failed}, self.graph)

    def _end_before(self, target: DeletionTarget) -> None:
        """End what a program of ours has started since the first look and this object guards; where that can't be done, it stays."""
        try:
            found = list(going_before(self.client, target, Resources(self.apis)))
        except BootstrapError as error:
            self.removal.fail(target, f"whether something is left that is to end before it can't be seen: {error.message}")
            return
        late = [each for each in found if each.uid not in self.removal.uids and each.key not in self.removal.failed]
        if late:
            self.removal.total += len([each for each in late if each not in self.going])
            self.removal.take(late)
        left = [str(each.key) for each in found if each.key in self.removal.failed]
        if left:
            self.removal.fail(target, f"{some(left, _NAMED)} is to end before it")

    def _settle(self) -> None:
        """After the custom resources: wait for those that go with them, and look once more for those of others."""
        kept: dict[Key, str] = {}
        defined = [target for target in definitions(self.going) if target.key not in self.kept]
        await_children(self.removal, defined)
        late = self._strangers(defined, self.removal.uids, kept)
        if late:
            self._take(late)
        self.kept = with_needs({**self.kept, **kept, **self.removal.failed}, self.graph)

    # --- namespaces

    def _leave_spaces(self, release: t.Callable[[], None]) -> None:
        """Our namespaces go if nothing is left in them; the one with the record and the lease at last."""
        empty = self._empty()
        for target in self.spaces:
            if target not in empty:
                self.kept[target.key] = self._holds(target.key.name)
        elsewhere = [target for target in empty if target.key.name != self.namespace]
        if elsewhere:
            self.removal.take(elsewhere)
        at_home = [target for target in empty if target not in elsewhere]
        if at_home and not self._remains():
            release()
            self.removal.take(at_home)
        else:
            self.kept |= {target.key: "it holds the record of what is left of the application" for target in at_home}

    def _remains(self) -> bool:
        """Whether something of the application stays, so that its record has to."""
        return bool(self.kept or self.removal.failed or self.unseen or (self.inventory.exists and self.unlisted))

    def _empty(self) -> list[DeletionTarget]:
        """Our namespaces with nothing left in them, and those that somebody deleted already."""
        return [target for target in self.spaces if _ends(target) or not self._left(target.key.name)]

    def _holds(self, namespace: str) -> str:
        left = self._left(namespace)
        return f"it still has {some(left, _NAMED)}"

    def _left(self, namespace: str, going: t.Collection[str] = ()) -> list[str]:
        """What is in a namespace beside what Kubernetes puts there, and what goes with what is gone."""
        found, hidden = contents(self.client, self.apis, namespace, self.down)
        gone = {*self.removal.uids, *going}
        gone |= descended([metadata for _key, metadata in found], gone)
        record = Key("", "ConfigMap", self.inventory.namespace, self.inventory.name)
        left = [
            str(key)
            for key, metadata in found
            if key != record and (key.kind, key.name) not in _FURNITURE and str(metadata.get("uid")) not in gone
        ]
        return left + [f"perhaps {each}, which can't be listed" for each in hidden]

    # --- the end

    def complete(self, error: BootstrapError) -> BootstrapError:
        """Account for what a run that failed did not reach; returns the error for the user."""
        self._account()
        return self.client.identity.explain(error)

    def _account(self) -> None:
        """Record what stays and why, and what was not reached."""
        for key, why in self.kept.items():
            self.outcome.add_unless_recorded(key, None, "kept", why)
        for key in self.unlabelled:
            self.outcome.add_unless_recorded(key, None, "left alone", "somebody took our label off it")
        for target in [*self.going, *self.spaces]:
            self.outcome.add_unless_recorded(target.key, None, "not reached")

    def _end(self) -> None:
        """Forget the record; but keep it as long as something of ours is there, so that a later removal finds that."""
        if not self.options.check and self.inventory.exists:
            self._forget()
        for name, why in self.unlisted.items():
            self.options.warn(f"Whether something of the application is left among {name} can't be seen: {why}.")
        failed = {**{str(key): why for key, why in self.removal.failed.items()}, **self.unseen}
        if failed:
            raise refused(failed, self.options.check)

    def _forget(self) -> None:
        before = self.inventory.members
        left = {key: before[key] for key in before if str(key) in self.unseen}
        left |= {key: before.get(key, _UNKNOWN) for key in self.kept if key in self.ours}
        left |= dict.fromkeys([key for key in self.kept if key in self.made], NOT_APPLIED)
        if left or self.unlisted:
            self.inventory.members = left
            self.inventory.unseen = {group_kind(name): why for name, why in self.unlisted.items()}
            self.inventory.narrow()
            self.inventory.write(self.client)
            return
        try:
            self.inventory.delete(self.client)
        except ApiError as error:
            if error.code != 404:
                raise


def _holding_data(targets: list[DeletionTarget]) -> dict[Key, str]:
    """What holds data, and what has that deleted with it; each with why it is kept."""
    kept = {target.key: f"it holds data; {_TOLD}it" for target in targets if target.key[:2] in HOLDS_DATA}
    makers = {target.key for target in targets if ends_claims(target.live)}
    for target in targets:
        if target.key in kept and target.owner in makers:
            kept[target.owner] = f"{target.key}, which holds its data, would go with it; {_TOLD}both"
        for claim in claims_of(target.live):
            if Key("", "PersistentVolumeClaim", *claim.split("/", 1)) in kept:
                kept[target.key] = f"PersistentVolumeClaim {claim} holds data that knows its values; {_TOLD}both"
    return kept


def _ends(target: DeletionTarget) -> bool:
    return bool(target.live["metadata"].get("deletionTimestamp"))
