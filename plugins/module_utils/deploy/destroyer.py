# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove an application's objects from the cluster, and nothing else."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from ..errors import BootstrapError, abbreviated
from ..formats.json_object import Json
from ..kube.client import ApiError, Client
from ..kube.discovery import Served, discover
from ..kube.policy import Deadline, RetryPolicy
from ..kube.resources import Key, Resources
from .delete.members import NOT_APPLIED, Members, await_children, contents, definitions, descended, going_before, instances, made_for
from .delete.removal import HOLDS_DATA, NAMESPACE, Removal, last_custom, refused, stages
from .delete.retention import needs, still_used, with_needs
from .graph.object_index import Related, ends_claims, space_of
from .lease import hold
from .model.applyset import Inventory, group_kind
from .model.deletion_target import DeletionTarget
from .model.generated_secrets import claims_of
from .model.outcome import Options, Outcome, accounted
from .model.progress import Ticker

_LEAST = 60.0
"""Seconds for a removal without a timeout, as each object must be deleted before those that it needs."""
_ON_REQUEST = "kubeflow_remove_data=true deletes "
_NAMED = 5
_UNKNOWN = ("unknown", "")
"""The fingerprints of members that are not in the record."""
# Created by Kubernetes and OpenShift in every namespace.
_DEFAULT_CONTENTS = {
    ("ServiceAccount", "default"),
    ("ServiceAccount", "builder"),
    ("ServiceAccount", "deployer"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
}


def absent(client: Client, application: str, namespace: str, options: Options, remove_data: bool = False) -> Outcome:
    """Delete all members of the application's ApplySet, in the reverse of the order in which they are needed.

    Unless ``remove_data``, objects that hold data stay (PVCs, and CRDs with custom resources of others), and what these need.
    Namespaces are deleted last, if they are members and empty. A second call writes nothing.
    Raises ``BootstrapError`` where something could not be deleted, after all else was; its details carry the outcome.
    """
    deadline = Deadline(options.timeout or _LEAST)
    with Ticker(options.progress) as ticker, client.retrying(RetryPolicy(deadline, ticker.say)) as retrying:
        run = _RemovalRun(retrying, application, namespace, options, remove_data, deadline, ticker)
        with accounted(run.outcome, ticker, run.complete):
            run.inspect()
            run.execute()
            retrying.identity.check()  # an object that another cluster does not have was not deleted
    return run.outcome


@dataclass
class _RemovalRun:
    """A removal. ``going``: objects to delete; ``retained``: why the others stay; ``namespaces``: those among the members.

    ``labelled``: objects with our label; ``dependents``: what controllers created for these; ``graph``: the needs of all of them.
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
    namespaces: list[DeletionTarget] = field(default_factory=list)
    retained: dict[Key, str] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)
    unlabelled: list[Key] = field(default_factory=list)
    graph: dict[Key, set[Key]] = field(default_factory=dict)
    labelled: set[Key] = field(default_factory=set)
    dependents: set[Key] = field(default_factory=set)
    removal: Removal = field(init=False)

    def inspect(self) -> None:
        """Find the members, and decide which of them to delete."""
        self.ticker.state = "looking for the application's objects"
        self.inventory = Inventory(self.application, self.namespace).read(self.client)
        self.apis, self.down = discover(self.client)
        members = Members(self.client, self.inventory, self.apis, whole=self.options.diff, down=self.down)
        self.unseen, self.unlisted, self.unlabelled = members.unseen, members.unlisted, members.unlabelled
        self.removal = Removal(self.client, self.apis, self.inventory.owns, self.options, self.outcome, self.deadline, self.ticker)
        self.namespaces = [target for target in members.targets if target.key[:2] == NAMESPACE]
        targets = [target for target in members.targets if target.key[:2] != NAMESPACE]
        retained: dict[Key, str] = {}
        dependents = made_for(self.client, targets, self.apis, retained)
        self.labelled = {target.key for target in members.targets if target.label}
        self.dependents = {target.key for target in [*dependents, *members.targets] if not target.label}
        targets += dependents
        self.graph = needs(Related([target.live for target in targets]))
        if not self.remove_data:
            retained |= _data_holders(targets)
        going = {target.uid for target in targets if target.key not in retained}
        foreign = self._foreign_resources(definitions(targets), going, retained)
        for target in targets:
            remaining = self._left_in_namespace_of(target, going)
            if remaining:
                retained[target.key] = (
                    f"the namespace {space_of(target.key)}, which would go with it, still has {abbreviated(remaining, _NAMED)}"
                )
        self.retained = with_needs(retained, self.graph)
        self.going = [target for target in [*targets, *foreign] if target.key not in self.retained]
        self.removal.total = len(self.going) + len(self.namespaces)

    def _foreign_resources(self, defined: list[DeletionTarget], going: set[str], retained: dict[Key, str]) -> list[DeletionTarget]:
        """Custom resources of others whose CRD is to be deleted: deleted first if data is removed, else the CRD is retained.

        What is owned by an object that is deleted is left to the garbage collector.
        """
        foreign: list[DeletionTarget] = []
        for definition in defined:
            try:
                resources = instances(self.client, definition, self._is_member, whole=self.options.diff and self.remove_data)
            except BootstrapError as error:
                retained[definition.key] = f"whether others have custom resources of it can't be seen: {error.message}"
                continue
            children = descended([target.live["metadata"] for target in resources], going)
            others = [target for target in resources if target.uid not in children]
            if others and not self.remove_data:
                retained[definition.key] = still_used(others, " of others", f"{_ON_REQUEST}both")
            remaining = {
                str(target.key): names for target in others if self.remove_data and (names := self._left_in_namespace_of(target, going))
            }
            if remaining:
                spaces = "; ".join(f"that of {name} has {abbreviated(names, _NAMED)}" for name, names in remaining.items())
                retained[definition.key] = f"namespaces would go with custom resources of others: {spaces}"
            foreign += others if self.remove_data and not remaining else []
        return foreign

    def _left_in_namespace_of(self, target: DeletionTarget, doomed: set[str]) -> list[str]:
        """The contents of the namespace that a controller created for an object, and deletes with it, without ``doomed`` UIDs."""
        space = space_of(target.key)
        return self._contents(space, doomed | {target.uid}) if space else []

    def _is_member(self, metadata: Json) -> bool:
        return self.inventory.owns(metadata) and not metadata.get("ownerReferences")

    def execute(self) -> None:
        """Delete, and record what stays."""
        empty_namespaces = [] if self.going else self._empty()
        if self.options.check or not (self.going or empty_namespaces or self._is_record_obsolete()):
            self._delete()
            return
        with contextlib.ExitStack() as stack:
            if self.inventory.exists and not any(_is_terminating(space) and space.key.name == self.namespace for space in self.namespaces):
                lease = stack.enter_context(hold(self.client, self.namespace, self.application, self.deadline, self.ticker))
                self.inspect()  # another run may have ended just now
                self._delete(lease.check, stack.close)
            else:
                self._delete()

    def _is_record_obsolete(self) -> bool:
        return self.inventory.exists and not (self.retained or self.unseen or self.unlisted or self.namespaces)

    def _delete(self, check: t.Callable[[], None] = lambda: None, release: t.Callable[[], None] = lambda: None) -> None:
        ordered = stages(self.going)
        early = ordered[: last_custom(ordered)]
        for stage in early:
            check()
            self._take(stage)
        if early and not self.options.check:
            self._await_dependents()
        for stage in ordered[len(early) :]:
            check()
            self._take(stage)
        self._remove_namespaces(release)
        self._account()
        self._finish()

    def _take(self, stage: list[DeletionTarget]) -> None:
        targets = [target for target in stage if target.key not in self.retained]
        for target in targets:
            self._delete_first(target)
        targets = [target for target in targets if target.key not in self.removal.failed and target.uid not in self.removal.uids]
        if targets:
            self.removal.take(targets)
        if self.removal.failed:
            self.retained = with_needs({**self.retained, **self.removal.failed}, self.graph)

    def _delete_first(self, target: DeletionTarget) -> None:
        """Delete what must end before an object (``GOES_AFTER``) and was started since the search; the object stays if that fails."""
        try:
            dependents = list(going_before(self.client, target, Resources(self.apis)))
        except BootstrapError as error:
            self.removal.fail(target, f"whether something that must end before it still runs can't be seen: {error.message}")
            return
        late = [each for each in dependents if each.uid not in self.removal.uids and each.key not in self.removal.failed]
        if late:
            self.removal.total += len([each for each in late if each not in self.going])
            self.removal.take(late)
        failed = [str(each.key) for each in dependents if each.key in self.removal.failed]
        if failed:
            self.removal.fail(target, f"{abbreviated(failed, _NAMED)} must end before it")

    def _await_dependents(self) -> None:
        """After custom resources: wait for those that are deleted with them, and search again for those of others."""
        retained: dict[Key, str] = {}
        crds = [target for target in definitions(self.going) if target.key not in self.retained]
        await_children(self.removal, crds)
        late = self._foreign_resources(crds, self.removal.uids, retained)
        if late:
            self._take(late)
        self.retained = with_needs({**self.retained, **retained, **self.removal.failed}, self.graph)

    # --- namespaces

    def _remove_namespaces(self, release: t.Callable[[], None]) -> None:
        """Delete empty namespaces among the members; the one with the record and the lease last."""
        empty = self._empty()
        for target in self.namespaces:
            if target not in empty:
                self.retained[target.key] = self._why_not_empty(target.key.name)
        elsewhere = [target for target in empty if target.key.name != self.namespace]
        if elsewhere:
            self.removal.take(elsewhere)
        own = [target for target in empty if target not in elsewhere]
        if own and not self._has_remains():
            release()
            self.removal.take(own)
        else:
            self.retained |= {target.key: "it holds the record of what is left of the application" for target in own}

    def _has_remains(self) -> bool:
        """Whether something of the application stays, and with it its record."""
        return bool(self.retained or self.removal.failed or self.unseen or (self.inventory.exists and self.unlisted))

    def _empty(self) -> list[DeletionTarget]:
        """The empty namespaces among the members, and those that are being deleted."""
        return [target for target in self.namespaces if _is_terminating(target) or not self._contents(target.key.name)]

    def _why_not_empty(self, namespace: str) -> str:
        left = self._contents(namespace)
        return f"it still has {abbreviated(left, _NAMED)}"

    def _contents(self, namespace: str, going: t.Collection[str] = ()) -> list[str]:
        """The contents of a namespace without default objects and without what is deleted with ``going`` UIDs."""
        items, hidden = contents(self.client, self.apis, namespace, self.down)
        deleted = {*self.removal.uids, *going}
        deleted |= descended([metadata for _key, metadata in items], deleted)
        record = Key("", "ConfigMap", self.inventory.namespace, self.inventory.name)
        left = [
            str(key)
            for key, metadata in items
            if key != record and (key.kind, key.name) not in _DEFAULT_CONTENTS and str(metadata.get("uid")) not in deleted
        ]
        return left + [f"perhaps {each}, which can't be listed" for each in hidden]

    # --- the end

    def complete(self, error: BootstrapError) -> BootstrapError:
        """Account for what a run that failed did not reach; returns the error for the user."""
        self._account()
        return self.client.identity.explain(error)

    def _account(self) -> None:
        """Record what stays and why, and what was not reached."""
        for key, why in self.retained.items():
            self.outcome.add_unless_recorded(key, None, "kept", why)
        for key in self.unlabelled:
            self.outcome.add_unless_recorded(key, None, "left alone", "somebody took our label off it")
        for target in [*self.going, *self.namespaces]:
            self.outcome.add_unless_recorded(target.key, None, "not reached")

    def _finish(self) -> None:
        """Delete the record, or reduce it to what is left for a later removal."""
        if not self.options.check and self.inventory.exists:
            self._forget()
        for name, why in self.unlisted.items():
            self.options.warn(f"Whether something of the application is left among {name} can't be seen: {why}.")
        failed = {**{str(key): why for key, why in self.removal.failed.items()}, **self.unseen}
        if failed:
            raise refused(failed, self.options.check)

    def _forget(self) -> None:
        recorded = self.inventory.members
        remaining = {key: recorded[key] for key in recorded if str(key) in self.unseen}
        remaining |= {key: recorded.get(key, _UNKNOWN) for key in self.retained if key in self.labelled}
        remaining |= dict.fromkeys([key for key in self.retained if key in self.dependents], NOT_APPLIED)
        if remaining or self.unlisted:
            self.inventory.members = remaining
            self.inventory.unseen = {group_kind(name): why for name, why in self.unlisted.items()}
            self.inventory.narrow()
            self.inventory.write(self.client)
            return
        try:
            self.inventory.delete(self.client)
        except ApiError as error:
            if error.code != 404:
                raise


def _data_holders(targets: list[DeletionTarget]) -> dict[Key, str]:
    """Objects that hold data, or whose deletion deletes such objects; each with the reason."""
    retained = {target.key: f"it holds data; {_ON_REQUEST}it" for target in targets if target.key[:2] in HOLDS_DATA}
    makers = {target.key for target in targets if ends_claims(target.live)}
    for target in targets:
        if target.key in retained and target.owner in makers:
            retained[target.owner] = f"{target.key}, which holds its data, would go with it; {_ON_REQUEST}both"
        for claim in claims_of(target.live):
            if Key("", "PersistentVolumeClaim", *claim.split("/", 1)) in retained:
                retained[target.key] = f"PersistentVolumeClaim {claim} holds data that depends on its values; {_ON_REQUEST}both"
    return retained


def _is_terminating(target: DeletionTarget) -> bool:
    return bool(target.live["metadata"].get("deletionTimestamp"))
