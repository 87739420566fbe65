# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces and accounts that a controller makes for an object of the application, such as a Profile of Kubeflow."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Gate, order
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

from tests.unit.module_utils.deploy._cluster import FakeCluster
from tests.unit.module_utils.deploy._objects import RBAC, defined, make, rank, running

Json = dict[str, t.Any]
SPACE = make("Namespace", "ml", namespace=None)
CRD = defined("profiles", "Profile", "kubeflow.org", scope="Cluster")
PROFILE = make("Profile", "alice", "kubeflow.org/v1", None)
INSIDE = make("ConfigMap", "c", namespace="alice")
ALICE = Key("", "Namespace", "", "alice")
LATE = 0.2
"""Seconds until the controller has made the namespace."""


class WithController(FakeCluster):
    """A profile controller makes the namespace and its accounts a little later, and deletes them with the Profile. ``runs``: it does."""

    runs = True

    def put(self, item: Json) -> Json:
        live = super().put(item)
        if item["kind"] == "Profile" and self.runs:
            timer = threading.Timer(LATE, self._give, [live])
            timer.daemon = True
            timer.start()
        return live

    def _give(self, profile: Json) -> None:
        name, owner = profile["metadata"]["name"], [{"kind": "Profile", "uid": profile["metadata"]["uid"]}]
        for item in (make("Namespace", name, namespace=None), make("ServiceAccount", "default-editor", namespace=name)):
            if not any(
                key[1:] == (item["kind"], item["metadata"].get("namespace") or "", item["metadata"]["name"]) for key in self.objects
            ):
                item["metadata"]["ownerReferences"] = owner
                super().put(item)

    def _deleted(self, key: tuple[str, str, str, str], live: Json, conditions: Json, dry: bool) -> t.Any:
        answer = super()._deleted(key, live, conditions, dry)
        if key[1] == "Profile" and key not in self.objects:
            deleted = {each for each in self.objects if each[2] == key[3] or each[1:] == ("Namespace", "", key[3])}
            self.objects = {each: item for each, item in self.objects.items() if each not in deleted}
        return answer


@pytest.fixture
def cluster(server: t.Any, client: Client) -> WithController:
    value = WithController(server, client)
    value.put(CRD)
    return value


def test_what_is_in_the_namespace_of_a_profile_comes_after_it_and_its_controller() -> None:
    rule = {"apiGroups": ["kubeflow.org"], "resources": ["profiles"], "verbs": ["list"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "profiles"}
    subject = {"kind": "ServiceAccount", "name": "profiles", "namespace": "sys"}
    controller = running(name="profiles", namespace="sys", serviceAccountName="profiles")
    value = order(
        [
            INSIDE,
            running("Pod", name="p", namespace="alice", serviceAccountName="default-editor"),
            PROFILE,
            CRD,
            controller,
            make("ClusterRole", "profiles", RBAC, None, rules=[rule]),
            make("ClusterRoleBinding", "profiles", RBAC, None, roleRef=role, subjects=[subject]),
        ]
    )
    assert rank(value, INSIDE) > max(rank(value, PROFILE), rank(value, controller))
    assert value.gates[Key("", "ConfigMap", "alice", "c")] == (Gate("namespace", ALICE),)
    assert Gate("account", Key("", "ServiceAccount", "alice", "default-editor")) in value.gates[Key("", "Pod", "alice", "p")]


def test_a_namespace_that_a_profile_brings_is_awaited_and_not_asked_for_first(cluster: WithController) -> None:
    items = (SPACE, PROFILE, INSIDE, make("ServiceAccount", "mine", namespace="alice"))
    assert cluster.deploy(*items, check=True).counts() == {"created": 4}
    assert cluster.deploy(*items).counts() == {"created": 4}
    assert cluster.deploy(*items).counts() == {"unchanged": 4}
    assert cluster.remove().counts() == {"removed": 4}
    deleted = [each.path.rsplit("/", 1)[1] for each in cluster.server.requests if each.method == "DELETE" and "dryRun" not in each.query]
    assert deleted.index("c") < deleted.index("alice") and "Namespace alice" not in cluster.names()


def test_a_namespace_that_nobody_makes_is_named(cluster: WithController) -> None:
    cluster.runs = False
    with pytest.raises(BootstrapError, match=r"Namespace alice \(its controller has not made it yet\)"):
        cluster.deploy(SPACE, PROFILE, INSIDE, timeout=1.0)
    with pytest.raises(BootstrapError, match="Create it first"):
        cluster.deploy(SPACE, make("ConfigMap", "c", namespace="bob"))


@pytest.mark.parametrize("data", [False, True])
def test_a_profile_stays_while_something_of_others_is_in_its_namespace(cluster: WithController, data: bool) -> None:
    cluster.deploy(SPACE, PROFILE, INSIDE)
    cluster.put(make("PersistentVolumeClaim", "notebook", namespace="alice"))
    outcome = cluster.remove(data=data)
    whys = {item["object"]: item["why"] for item in outcome.objects if item["action"] == "kept"}
    assert "PersistentVolumeClaim alice/notebook" in whys["Profile.kubeflow.org alice"]
    assert "PersistentVolumeClaim notebook" in cluster.names() and "ConfigMap c" not in cluster.names()


def test_a_profile_is_pruned_only_where_it_is_named(cluster: WithController) -> None:
    cluster.deploy(SPACE, PROFILE)
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "kept": 1}
    assert cluster.deploy(SPACE, prune=frozenset({"Profile.kubeflow.org alice"})).counts() == {"unchanged": 1, "pruned": 1}


def test_the_profiles_of_others_keep_their_definition_with_their_namespaces(cluster: WithController) -> None:
    cluster.objects = {key: item for key, item in cluster.objects.items() if key[1] != "CustomResourceDefinition"}
    cluster.deploy(SPACE, CRD)
    cluster.put({**PROFILE, "metadata": {"name": "bob"}})
    cluster._give(next(item for key, item in cluster.objects.items() if key[1] == "Profile"))
    cluster.put(make("PersistentVolumeClaim", "notebook", namespace="bob"))
    cluster.remove(data=True)
    assert "PersistentVolumeClaim notebook" in cluster.names() and "Profile bob" in cluster.names()
