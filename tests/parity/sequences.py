# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sequences of changes to an object by several managers, done twice: with us, and with ``kubectl apply --server-side`` in our place.

All sequences go side by side, a step at a time, so that kubectl is started a few times and not once an object.
"""

from __future__ import annotations

import json
import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.applier import present
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.managed_fields import LAST_APPLIED, overlaid
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, Resource
from ansible_collections.kubeflow.bootstrap.tests.parity.kinds import KINDS, Chance, definition, version

if t.TYPE_CHECKING:
    from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster

Json = dict[str, t.Any]

MANAGERS = ("ours", "client-side", "server-side", "edit", "helm", "controller")
PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}
OPTIONS = Options(adopt=True, force=True, timeout=0, progress=lambda _line: None, warn=lambda _line: None)
_SERVERS = ("creationTimestamp", "generation", "managedFields", "namespace", "resourceVersion", "uid")
_ASSIGNED = ("clusterIP", "clusterIPs")

DIFFERENCES: dict[str, str] = {
    "helm": "kubectl adopts only the fields of managers that own its annotation; kubeflow_adopt adopts those of every applier",
    "edit": "kubectl leaves what was edited by hand before the adoption; an adopted object is what the application says",
    "server-side": "kubectl leaves what another applier owns at the adoption; an adopted object is what the application says",
}
"""Managers whose fields go when we adopt an object, and stay with kubectl; why. What is edited and applied later stays with both."""


@dataclass
class Sequence:
    """Who writes which version of one object, in turn; it ends with us."""

    number: int
    kind: str
    steps: list[tuple[str, Json]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"s{self.number}"

    def before(self, number: int) -> set[str]:
        """The managers of ``DIFFERENCES`` that wrote before a step."""
        return {manager for manager, _item in self.steps[:number]} & DIFFERENCES.keys()

    def __str__(self) -> str:
        return f"{self.number} {self.kind}: {', '.join(manager for manager, _item in self.steps)}"


def sequences(count: int, seed: int) -> list[Sequence]:
    """``count`` sequences over all kinds."""
    chance = Chance(seed)
    generated = []
    for number in range(count):
        one = Sequence(number, sorted(KINDS)[number % len(KINDS)])
        first = chance.choice([manager for manager in MANAGERS if manager not in ("edit", "controller")])
        for manager in [first, *chance.choices(MANAGERS, k=chance.randint(0, 3)), "ours"]:
            one.steps.append((manager, version(chance, one.kind, one.name, "")))
        generated.append(one)
    return generated


class Side:
    """One namespace with the object of each sequence. ``us``: who is ``ours`` there."""

    def __init__(self, cluster: Cluster, client: Client, space: str, us: str) -> None:
        self.cluster, self.client, self.space, self.us = cluster, client, space, us
        self.adopted: dict[int, set[str]] = defaultdict(set)
        """Whose fields became ours, by the number of the sequence: those who came before an adoption, and Helm at any time."""

    def step(self, number: int, all_of_them: list[Sequence]) -> None:
        """Step ``number`` of all sequences that have one."""
        due: dict[str, list[tuple[Sequence, Json]]] = defaultdict(list)
        for one in all_of_them:
            if number < len(one.steps):
                manager, item = one.steps[number]
                due[manager].append((one, {**item, "metadata": {**item["metadata"], "namespace": self.space}}))
        for manager, items in due.items():
            if manager == "client-side":
                self._kubectl(items)
            elif manager == "server-side" or manager == "ours" and self.us != MANAGER:
                self._kubectl(items, "--server-side", "--force-conflicts", f"--field-manager={self.us if manager == 'ours' else 'kubectl'}")
            elif manager == "ours":
                for one, item in items:
                    outcome = present(self.client, one.name, self.space, [("main", item)], OPTIONS)
                    written = one.before(number)
                    self.adopted[one.number] |= written if "taken over" in outcome.counts() else written & {"helm"}
            else:
                self.client.map(lambda pair, manager=manager: self._write(manager, *pair), items)

    def _kubectl(self, items: list[tuple[Sequence, Json]], *flags: str) -> None:
        document = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item for _one, item in items]})
        self.cluster.kubectl("apply", *flags, "-f", "-", stdin=document)

    def _write(self, manager: str, one: Sequence, item: Json) -> None:
        """What Helm (create, then a patch of what differs), ``kubectl edit`` and a controller send."""
        path = self.path(one)
        live = self.client.find(path)
        if manager == "controller":
            note = {"metadata": {"annotations": {"example.com/seen-by": "controller"}, "labels": {"example.com/seen": "yes"}}}
            params = {"fieldManager": "notes-controller"}
            self.client.request("PATCH", path, body=note, params=params, content_type="application/merge-patch+json")
        elif live is None:
            self.client.post(path.rpartition("/")[0], item, fieldManager=manager)
        else:
            params = {"fieldManager": "kubectl-edit" if manager == "edit" else manager}
            try:
                self.client.put(path, _edited(live, item), **params)
            except ApiError as error:
                if error.code != 422:  # an edit that the server refuses is none
                    raise

    def path(self, one: Sequence) -> str:
        plural = PLURALS.get(one.kind, f"{one.kind.lower()}s")
        return Resource(KINDS[one.kind][0], plural, True).path(self.space, one.name)

    def live(self, one: Sequence) -> Json:
        """The object without what nobody says."""
        item = self.client.get(self.path(one))
        metadata = {name: value for name, value in item["metadata"].items() if name not in _SERVERS}
        for name in ("labels", "annotations"):
            kept = {key: value for key, value in (metadata.pop(name, None) or {}).items() if "applyset" not in key and key != LAST_APPLIED}
            kept = {key: value for key, value in kept.items() if not key.startswith(("deployment.kubernetes.io", "deprecated."))}
            metadata |= {name: kept} if kept else {}
        item = {name: value for name, value in item.items() if name not in ("status", "metadata")}
        if one.kind == "Service":
            item["spec"] = {name: value for name, value in item["spec"].items() if name not in _ASSIGNED}
        return {**item, "metadata": metadata}


def _edited(live: Json, item: Json) -> Json:
    """The live object with another version written over it."""
    edited: Json = overlaid(live, {name: value for name, value in item.items() if name != "metadata"})
    texts = {name: {**(live["metadata"].get(name) or {}), **(item["metadata"].get(name) or {})} for name in ("labels", "annotations")}
    return {**edited, "metadata": {**live["metadata"], **texts}}


def check(cluster: Cluster, count: int, seed: int) -> dict[str, int]:
    """Do the sequences; returns how often each difference of the table was seen. Fails where anything else differs."""
    todo = sequences(count, seed)
    spaces = [f"parity-{seed}-{side}" for side in ("ours", "kubectl", "fresh")]
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(definition()))
    cluster.kubectl("wait", "--for=condition=established", f"crd/{definition()['metadata']['name']}")
    seen: dict[str, int] = defaultdict(int)
    with cluster.client() as client:
        for space in spaces:
            cluster.kubectl("create", "namespace", space)
        ours, theirs = Side(cluster, client, spaces[0], MANAGER), Side(cluster, client, spaces[1], "reference")
        fresh = Side(cluster, client, spaces[2], "reference")
        for number in range(max(len(one.steps) for one in todo)):
            ours.step(number, todo)
            theirs.step(number, todo)
        fresh.step(0, [Sequence(one.number, one.kind, one.steps[-1:]) for one in todo])
        wrong = []
        for one in todo:
            has, reference = ours.live(one), theirs.live(one)
            if between(has, reference, reference):
                continue
            adopted = ours.adopted[one.number]
            if adopted and between(has, fresh.live(one), reference):
                for manager in adopted:
                    seen[manager] += 1
                continue
            wrong.append(f"{one}\n  ours:    {json.dumps(has, sort_keys=True)}\n  kubectl: {json.dumps(reference, sort_keys=True)}")
        assert not wrong, "\n".join(wrong)
    for space in spaces:
        cluster.kubectl("delete", "namespace", space, "--wait=false")
    return dict(seen)


def between(has: t.Any, declared: t.Any, reference: t.Any) -> bool:
    """Whether each value is as in ``declared`` or as in ``reference``.

    Empty is empty: server-side apply leaves null where it takes the last key out of a map.
    """
    empty = (None, {}, [])
    if has in (declared, reference) or has in empty and (declared in empty or reference in empty):
        return True
    if isinstance(has, list) and isinstance(declared, list) and isinstance(reference, list):
        has, declared, reference = _named(has), _named(declared), _named(reference)
    if not all(isinstance(value, (dict, type(None))) for value in (has, declared, reference)):
        return False
    names = {name for value in (has, declared, reference) for name in value or {}}
    return all(between(*((value or {}).get(name) for value in (has, declared, reference))) for name in names)


def _named(entries: list[t.Any]) -> Json:
    """Entries of a list by what tells them from one another."""
    keys = ("name", "containerPort", "port", "host", "type")
    return {str(next((entry[key] for key in keys if isinstance(entry, dict) and key in entry), entry)): entry for entry in entries}
