# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What left the application goes, but never what serves data or custom resources that stay."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.pruner import named
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.module_utils.deploy._cluster import FakeCluster, status
from tests.unit.module_utils.deploy._objects import RBAC, defined, hook, hooks, make, running

Json = dict[str, t.Any]
SPACE = make("Namespace", "ml", namespace=None)
CLAIM = make("PersistentVolumeClaim", "data", namespace="ml")
THING = make("Thing", "alice", "example.com/v1", "default")
ACCOUNT = [{"kind": "ServiceAccount", "name": "operator", "namespace": "ml"}]


def mounting(name: str, claim: str = "data") -> Json:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]
    return running(name=name, namespace="ml", labels={"app": name}, volumes=volumes, serviceAccountName=name)


def behind(name: str) -> Json:
    return make("Service", name, namespace="ml", spec={"selector": {"app": name}})


def operator(name: str = "operator") -> list[Json]:
    rule = {"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["list", "watch"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "operator"}
    return [
        make("ServiceAccount", "operator", namespace="ml"),
        make("ClusterRole", "operator", RBAC, None, rules=[rule]),
        make("ClusterRoleBinding", "operator", RBAC, None, roleRef=role, subjects=ACCOUNT),
        running(name=name, namespace="ml", labels={"app": name}, serviceAccountName="operator"),
    ]


def whys(outcome: Outcome, action: str = "kept") -> dict[str, str]:
    return {item["object"]: item["why"] or "" for item in outcome.objects if item["action"] == action}


@pytest.fixture
def cluster(server: t.Any, client: Client) -> FakeCluster:
    return FakeCluster(server, client)


@pytest.mark.parametrize("check", [False, True])
def test_a_claim_that_stays_keeps_the_workload_that_serves_it(cluster: FakeCluster, check: bool) -> None:
    other = make("ConfigMap", "left", namespace="ml")
    cluster.deploy(SPACE, CLAIM, mounting("minio"), make("ServiceAccount", "minio", namespace="ml"), behind("minio"), other)
    outcome = cluster.deploy(SPACE, check=check)
    reasons = whys(outcome)
    assert reasons.keys() == {f"{each} ml/{name}" for each, name in KEPT_WITH_MINIO}
    assert "kubeflow_prune: ['Deployment.apps ml/minio']" in reasons["Deployment.apps ml/minio"]
    assert whys(outcome, "pruned").keys() == {"ConfigMap ml/left"}
    if not check:
        assert whys(cluster.deploy(SPACE)) == reasons
        assert not cluster.deploy(SPACE).changed


KEPT_WITH_MINIO = [("PersistentVolumeClaim", "data"), ("Deployment.apps", "minio"), ("ServiceAccount", "minio"), ("Service", "minio")]


def test_who_asks_for_it_prunes_the_workload_and_keeps_the_data(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, CLAIM, mounting("minio"))
    outcome = cluster.deploy(SPACE, prune=frozenset({"Deployment.apps ml/minio"}))
    assert whys(outcome, "pruned").keys() == {"Deployment.apps ml/minio"} and whys(outcome).keys() == {"PersistentVolumeClaim ml/data"}


def test_data_that_goes_takes_its_workload_with_it(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, CLAIM, mounting("minio"))
    assert cluster.deploy(SPACE, prune=frozenset({"PersistentVolumeClaim ml/data"})).counts() == {"unchanged": 1, "pruned": 2}


def test_a_claim_that_another_workload_of_the_application_serves_keeps_none(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, CLAIM, mounting("minio"))
    outcome = cluster.deploy(SPACE, mounting("seaweedfs"))
    assert whys(outcome).keys() == {"PersistentVolumeClaim ml/data"} and whys(outcome, "pruned").keys() == {"Deployment.apps ml/minio"}


def test_custom_resources_that_stay_keep_their_operator(cluster: FakeCluster) -> None:
    bystander = running(name="web", namespace="ml", labels={"app": "web"})
    checks = hooks(hook(["things"], ("example.com",), name="operator"), name="checks")
    checks["webhooks"][0]["clientConfig"] = {"service": {"name": "operator", "namespace": "ml"}, "caBundle": "YQ=="}
    slices = make("EndpointSlice", "operator", "discovery.k8s.io/v1", "ml", labels={"kubernetes.io/service-name": "operator"})
    cluster.put({**slices, "endpoints": [{}]})
    cluster.deploy(SPACE, defined(scope="Namespaced"), *operator(), behind("operator"), checks, bystander)
    cluster.put(THING)
    outcome = cluster.deploy(SPACE)
    assert {each.partition(" ")[2] for each in whys(outcome)} == {"things.example.com", "operator", "ml/operator", "checks"}
    assert whys(outcome, "pruned").keys() == {"Deployment.apps ml/web"}
    assert "Thing alice" in cluster.names()


def test_a_definition_without_custom_resources_goes_with_its_operator(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, defined(scope="Namespaced"), *operator())
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "pruned": 5}


def test_an_operator_under_a_new_name_takes_over_the_custom_resources(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, defined(scope="Namespaced"), *operator())
    cluster.put(THING)
    outcome = cluster.deploy(SPACE, *operator("operator-2"))
    assert whys(outcome, "pruned").keys() == {"Deployment.apps ml/operator"}


def seeing(name: str, namespace: str = "ml") -> list[Json]:
    """A workload whose account may change things."""
    rule = {"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["update"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
    return [
        make("ClusterRole", name, RBAC, None, rules=[rule]),
        make("ClusterRoleBinding", name, RBAC, None, roleRef=role, subjects=subjects),
        running(name=name, namespace=namespace, labels={"app": name}, serviceAccountName=name),
    ]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("brought", [False, True])
def test_who_alone_sees_to_custom_resources_stays(cluster: FakeCluster, brought: bool, check: bool) -> None:
    """Their definition is of others, or stays in the application."""
    cluster.aggregated = {"apps/v1": {"DaemonSet": ("daemonsets", True)}}
    crd = defined(scope="Namespaced")
    stays = [SPACE, crd] if brought else [SPACE]
    if not brought:
        cluster.put(crd)
    web = running(name="web", namespace="ml", labels={"app": "web"})
    cluster.deploy(*stays, *seeing("operator"), behind("operator"), web)
    cluster.put(THING)
    reasons = whys(cluster.deploy(*stays, check=check))
    assert {each.partition(".")[0].partition(" ")[0] for each in reasons} == {"Deployment", "ClusterRole", "ClusterRoleBinding", "Service"}
    assert "nothing else controls Thing.example.com default/alice; to prune it" in reasons["Deployment.apps ml/operator"]
    if not check:
        assert "Deployment web" not in cluster.names() and not cluster.deploy(*stays).changed
        outcome = cluster.deploy(*stays, prune=frozenset({"Deployment.apps ml/operator"}))
        assert "Deployment.apps ml/operator" in whys(outcome, "pruned")


@pytest.mark.parametrize("why", ["another", "account", "none left", "not readable"])
def test_who_does_not_alone_see_to_custom_resources_goes(cluster: FakeCluster, why: str) -> None:
    cluster.aggregated = {"apps/v1": {"DaemonSet": ("daemonsets", True)}}
    cluster.put(defined(scope="Namespaced"))
    roles, operator = seeing("operator")[:2], seeing("operator")[2]
    cluster.deploy(SPACE, *roles, operator)
    stays = [SPACE, *roles]
    if why != "none left":
        cluster.put(THING)
    if why == "another":
        for item in seeing("other", "default"):
            cluster.put(item)
    elif why == "account":
        stays.append(running(name="operator-2", namespace="ml", labels={"app": "new"}, serviceAccountName="operator"))
    elif why == "not readable":
        cluster.broken["/apis/rbac.authorization.k8s.io/v1/rolebindings"] = status(403, "no")
    assert whys(cluster.deploy(*stays, check=True), "pruned").keys() == {"Deployment.apps ml/operator"}
    assert whys(cluster.deploy(*stays), "pruned").keys() == {"Deployment.apps ml/operator"}


def test_what_guards_a_workload_that_stays_stays_with_it(cluster: FakeCluster) -> None:
    cluster.aggregated = {
        "networking.k8s.io/v1": {"NetworkPolicy": ("networkpolicies", True)},
        "security.istio.io/v1": {"AuthorizationPolicy": ("authorizationpolicies", True)},
    }

    def policy(name: str, selector: Json, namespace: str = "ml") -> Json:
        return make("NetworkPolicy", name, "networking.k8s.io/v1", namespace, spec={"podSelector": selector})

    mesh = make("AuthorizationPolicy", "mesh", "security.istio.io/v1", "ml", spec={"selector": {"matchLabels": {"app": "minio"}}})
    guards = [policy("minio", {"matchLabels": {"app": "minio"}}), policy("all", {}), mesh]
    others = [policy("web", {"matchLabels": {"app": "web"}}), policy("all", {}, "default"), running(name="web", namespace="ml")]
    cluster.deploy(SPACE, CLAIM, mounting("minio"), *guards, *others)
    outcome = cluster.deploy(SPACE)
    assert {each.partition("ml/")[2] for each in whys(outcome)} == {"data", "minio", "all", "mesh"}
    assert whys(outcome)["NetworkPolicy.networking.k8s.io ml/all"] == "Deployment.apps ml/minio needs it, and stays"
    assert outcome.counts() == {"unchanged": 1, "kept": 5, "pruned": 3}


def test_a_volume_holds_data_too(cluster: FakeCluster) -> None:
    cluster.aggregated = {"v1": {"PersistentVolume": ("persistentvolumes", False)}}
    cluster.deploy(SPACE, make("PersistentVolume", "disk", namespace=None))
    assert whys(cluster.deploy(SPACE)).keys() == {"PersistentVolume disk"}
    assert whys(cluster.remove())["PersistentVolume disk"] == "it holds data; kubeflow_remove_data=true deletes it"
    assert cluster.remove(data=True).counts() == {"removed": 2}


@pytest.mark.parametrize("named", [False, True])
def test_a_stateful_set_whose_claims_hold_data_stays_until_it_is_named(cluster: FakeCluster, named: bool) -> None:
    spec = {"volumeClaimTemplates": [{"metadata": {"name": "data"}}], "selector": {"matchLabels": {"a": "b"}}}
    store = make("StatefulSet", "db", "apps/v1", "ml", spec=spec)
    cluster.deploy(SPACE, store)
    cluster.put(make("PersistentVolumeClaim", "data-db-0", namespace="ml", labels={"a": "b"}))
    outcome = cluster.deploy(SPACE, prune=frozenset({"StatefulSet.apps ml/db"} if named else ()))
    assert (whys(outcome, "pruned" if named else "kept").keys()) == {"StatefulSet.apps ml/db"}
    assert "PersistentVolumeClaim data-db-0" in cluster.names()


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize("removed", [False, True])
def test_a_stateful_set_that_takes_its_claims_with_it_stays_until_that_is_told(cluster: FakeCluster, removed: bool, reported: bool) -> None:
    policy = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}, "selector": {"matchLabels": {"a": "b"}}}
    more = {"volumeClaimTemplates": [{"metadata": {"name": "data"}}], **policy}
    store = running("StatefulSet", name="db", namespace="ml", labels={"a": "b"}, more=more)
    cluster.aggregated = {"networking.k8s.io/v1": {"NetworkPolicy": ("networkpolicies", True)}}
    cluster.deploy(SPACE, store, make("NetworkPolicy", "all", "networking.k8s.io/v1", "ml", spec={"podSelector": {}}))
    claim = make("PersistentVolumeClaim", "data-db-0", namespace="ml", labels={"a": "b"})
    uid = cluster.objects["apps/v1", "StatefulSet", "ml", "db"]["metadata"]["uid"]
    claim["metadata"]["ownerReferences"] = [{"kind": "StatefulSet", "name": "db", "uid": uid}]
    cluster.put(claim)
    named = frozenset({"StatefulSet.apps ml/db"} if reported else ())
    outcome = cluster.remove(data=reported) if removed else cluster.deploy(SPACE, prune=named)
    assert ("StatefulSet db" in cluster.names()) is not reported
    if not reported:
        assert "PersistentVolumeClaim ml/data-db-0" in whys(outcome)["StatefulSet.apps ml/db"]
        assert {"PersistentVolumeClaim data-db-0", "NetworkPolicy all"} <= set(cluster.names())


def test_a_stateful_set_without_claims_goes(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, make("StatefulSet", "db", "apps/v1", "ml", spec={"selector": {}}))
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "pruned": 1}


@pytest.mark.parametrize("entry", ["latr", "Later", "hub-db", "ml/hub-db", "all"])
def test_what_names_no_object_is_refused(entry: str) -> None:
    """A mistyped "later" would prune."""
    with pytest.raises(BootstrapError, match=f"kubeflow_prune names neither later nor objects: '{entry}'"):
        named(["PersistentVolumeClaim ml/hub-db", entry])


def test_what_names_objects_is_taken() -> None:
    objects = ["PersistentVolumeClaim ml/hub-db", "CustomResourceDefinition.apiextensions.k8s.io x.io", "ClusterRole a b,c=d"]
    assert named(["later", "", " ", *objects]) == {"later", *objects}


@pytest.mark.parametrize("check", [False, True])
def test_later_applies_the_new_version_and_keeps_what_left(cluster: FakeCluster, check: bool) -> None:
    old = make("ConfigMap", "old", namespace="ml")
    cluster.deploy(SPACE, old)
    later = frozenset({"later"})
    outcome = cluster.deploy(SPACE, make("ConfigMap", "new", namespace="ml"), prune=later, check=check)
    assert outcome.counts() == {"unchanged": 1, "created": 1, "kept": 1}
    assert "kubeflow_prune=later" in whys(outcome)["ConfigMap ml/old"]
    if not check:
        assert "old" in str(cluster.record())
        assert cluster.deploy(SPACE, make("ConfigMap", "new", namespace="ml"), prune=later).counts() == {"unchanged": 2, "kept": 1}
        assert cluster.deploy(SPACE, make("ConfigMap", "new", namespace="ml")).counts() == {"unchanged": 2, "pruned": 1}
