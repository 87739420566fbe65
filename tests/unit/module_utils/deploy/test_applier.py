# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole deployments: what is told before the first write, and what is left alone."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.module_utils.deploy._cluster import FakeCluster, status
from tests.unit.module_utils.deploy._objects import defined, make, running

Json = dict[str, t.Any]
SPACE = make("Namespace", "ml", namespace=None)


@pytest.fixture
def cluster(server: t.Any, client: Client) -> FakeCluster:
    return FakeCluster(server, client)


# --- owners


def owned(*owners: Json) -> Json:
    item = make("ConfigMap", "c", namespace="ml")
    item["metadata"]["ownerReferences"] = list(owners)
    return item


def owner(uid: str, name: str = "web", kind: str = "Deployment", version: str = "apps/v1") -> Json:
    return {"apiVersion": version, "kind": kind, "name": name, "uid": uid}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (owner("u"), "its owner Deployment web has the UID uid-.*, not u"),
        (owner("u", "gone"), "its owner Deployment gone does not exist"),
        (owner("u", "x", "Way", "example.com/v1"), "its owner is a Way of example.com/v1, which the cluster does not serve"),
        (owner("u", "x", "ClusterRole", "rbac.authorization.k8s.io/v1"), "its owner ClusterRole x does not exist"),
    ],
)
def test_an_object_whose_owner_does_not_exist_is_refused(cluster: FakeCluster, of: Json, expected: str, check: bool) -> None:
    cluster.put(SPACE)
    cluster.put(make("Deployment", "web", "apps/v1", "ml"))
    with pytest.raises(BootstrapError, match=expected):
        cluster.deploy(owned(of), check=check)
    assert not cluster.server.writes()


def test_one_owner_that_exists_keeps_an_object(cluster: FakeCluster) -> None:
    cluster.put(SPACE)
    web = cluster.put(make("Deployment", "web", "apps/v1", "ml"))
    assert cluster.deploy(owned(owner("u", "gone"), owner(web["metadata"]["uid"]))).counts() == {"created": 1}


def test_an_owner_that_may_not_be_read_is_taken_to_exist(cluster: FakeCluster) -> None:
    cluster.put(SPACE)
    cluster.broken["/apis/apps/v1/namespaces/ml/deployments/web"] = status(403, "no")
    assert cluster.deploy(owned(owner("u"))).counts() == {"created": 1}


# --- who may get, but not list


@pytest.mark.parametrize("check", [False, True])
def test_a_user_of_one_namespace_goes_on_with_what_an_admin_deployed(cluster: FakeCluster, check: bool) -> None:
    role = make("ClusterRole", "r", "rbac.authorization.k8s.io/v1", None, rules=[])
    config = make("ConfigMap", "c", namespace="ml", data={"a": "1"})
    cluster.deploy(SPACE, role, config)
    for path in ("/api/v1/namespaces", "/apis/rbac.authorization.k8s.io/v1/clusterroles"):
        cluster.broken[path] = status(403, 'User "u" cannot list resource "x" in API group "" at the cluster scope', "Forbidden")
    assert cluster.deploy(SPACE, role, config, check=check).counts() == {"unchanged": 3}
    cluster.objects["v1", "Namespace", "", "ml"]["metadata"]["managedFields"] = []  # somebody took it from us
    changed = {**config, "data": {"a": "2"}}
    # A check asks what would be another value: none of the Namespace.
    assert cluster.deploy(SPACE, role, changed, check=check).counts() == {"unchanged": 1 + check, "changed": 2 - check}


# --- permanent errors


@pytest.mark.parametrize(
    "answer",
    [
        status(500, "etcdserver: request is too large"),
        status(500, "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2400000 vs. 2097152)"),
        status(500, ".spec.b: field not declared in schema"),
        status(413, "Request entity too large: limit is 3145728"),
    ],
)
def test_a_permanent_error_is_not_tried_again(cluster: FakeCluster, answer: t.Any) -> None:
    cluster.put(SPACE)
    path = "/api/v1/namespaces/ml/configmaps/c"
    cluster.broken[path] = lambda request: answer if request.method == "PATCH" else None
    with pytest.raises(BootstrapError, match="ConfigMap ml/c: ") as error:
        cluster.deploy(make("ConfigMap", "c", namespace="ml", data={"a": "x" * 2**20}))
    assert len([each for each in cluster.server.requests if each.method == "PATCH" and each.path == path]) == 1
    if "too large" in answer.body["message"] or "larger" in answer.body["message"]:
        assert "it is 1.00 MiB as JSON" in error.value.message


@pytest.mark.parametrize("check", [False, True])
def test_a_definition_that_is_being_deleted_names_what_holds_it(cluster: FakeCluster, check: bool) -> None:
    """It is not of the application, which brings but a custom resource."""
    crd = cluster.put(defined(scope="Namespaced"))
    crd["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    stuck = cluster.put(make("Thing", "held", "example.com/v1", "other"))
    stuck["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/hold"]}
    path = "/apis/example.com/v1/namespaces/ml/things/new"
    message = status(405, "create not allowed while custom resource definition is terminating", "MethodNotAllowed")
    cluster.broken[path] = lambda request: message if request.method == "PATCH" else None
    cluster.put(SPACE)
    expected = r"Thing.example.com ml/new: CustomResourceDefinition\S+ things.example.com is being deleted: .*Thing\S+ other/held has"
    with pytest.raises(BootstrapError, match=expected):
        cluster.deploy(make("Thing", "new", "example.com/v1", "ml"), check=check)


# --- webhooks for pods without a server


def blocking(server: Json | None = None, **webhook: t.Any) -> Json:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    config = {"service": {"name": "gone", "namespace": "old", **(server or {})}}
    body = {"name": "pods.example.com", "clientConfig": config, "rules": [rule], "failurePolicy": "Fail", **webhook}
    return make("MutatingWebhookConfiguration", "old-kubeflow", "admissionregistration.k8s.io/v1", None, webhooks=[body])


WEB = running(name="web", namespace="ml", labels={"app": "web"})


@pytest.mark.parametrize("check", [False, True])
def test_a_webhook_for_pods_whose_service_does_not_exist_is_told_at_once(cluster: FakeCluster, check: bool) -> None:
    cluster.put(blocking())
    with pytest.raises(
        BootstrapError, match="mutatingwebhookconfiguration old-kubeflow calls a webhook for pods, and its Service old/gone"
    ):
        cluster.deploy(SPACE, WEB, check=check)
    assert cluster.names() == ["MutatingWebhookConfiguration old-kubeflow"]
    assert cluster.deploy(SPACE, make("ConfigMap", "c", namespace="ml")).counts() == {"created": 2}  # it makes no pods


@pytest.mark.parametrize(
    "webhook",
    [
        blocking(failurePolicy="Ignore"),
        blocking(namespaceSelector={"matchLabels": {"old": "yes"}}),
        blocking(objectSelector={"matchLabels": {"app": "other"}}),
        blocking(matchConditions=[{"name": "x", "expression": "false"}]),
        blocking(rules=[{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"]}]),
        blocking(rules=[{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments/scale"]}]),
        blocking({"name": "there"}),
        blocking({"name": "mine", "namespace": "ml"}),
    ],
)
def test_a_webhook_that_stops_no_pods_of_ours_stands_in_no_way(cluster: FakeCluster, webhook: Json) -> None:
    cluster.put(webhook)
    cluster.put(make("Service", "there", namespace="old"))
    assert cluster.deploy(SPACE, WEB, make("Service", "mine", namespace="ml")).counts() == {"created": 3}


def about(resource: str, scope: str = "*", operation: str = "CREATE", **webhook: t.Any) -> Json:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": [operation], "resources": [resource], "scope": scope}
    return blocking(rules=[rule], **webhook)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("webhook", "stopped"),
    [
        (about("deployments"), "Deployment.apps ml/web: "),
        (about("services", namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "ml"}}), "Service ml/mine: "),
        (about("namespaces", "Cluster", objectSelector={"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}), "Namespace ml: "),
    ],
)
def test_a_webhook_for_our_own_objects_whose_service_does_not_exist_is_told_at_once(
    cluster: FakeCluster, webhook: Json, stopped: str, check: bool
) -> None:
    cluster.put(webhook)
    asks = f"{stopped}mutatingwebhookconfiguration old-kubeflow calls a webhook for it, and its Service old/gone does not exist"
    with pytest.raises(BootstrapError, match=asks) as error:
        cluster.deploy(SPACE, WEB, make("Service", "mine", namespace="ml"), check=check)
    assert "kubectl delete mutatingwebhookconfiguration/old-kubeflow" in str(error.value)
    assert cluster.names() == ["MutatingWebhookConfiguration old-kubeflow"]


def test_a_webhook_for_changes_stops_changes(cluster: FakeCluster) -> None:
    config = make("ConfigMap", "c", namespace="ml", data={"a": "1"})
    cluster.put(about("configmaps", operation="UPDATE"))
    assert cluster.deploy(SPACE, config).counts() == {"created": 2}
    assert cluster.deploy(SPACE, config).counts() == {"unchanged": 2}
    with pytest.raises(BootstrapError, match="ConfigMap ml/c: mutatingwebhookconfiguration old-kubeflow calls a webhook for it"):
        cluster.deploy(SPACE, {**config, "data": {"a": "2"}})


def test_who_may_not_look_at_webhooks_deploys(cluster: FakeCluster) -> None:
    cluster.put(blocking())
    cluster.broken["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"] = status(403, "no")
    assert cluster.deploy(SPACE, WEB).counts() == {"created": 2}


# --- a check where the namespace does not exist yet


def invalid(request: t.Any) -> t.Any:
    causes = [{"field": "data[a b]", "message": "Invalid value: a valid config key must consist of alphanumeric characters"}]
    refused = status(422, "ConfigMap is invalid", "Invalid")
    refused.body["details"] = {"causes": causes}
    return refused if request.method == "PATCH" else None


def test_a_check_finds_what_is_wrong_with_objects_whose_namespace_does_not_exist_yet(cluster: FakeCluster) -> None:
    cluster.broken["/api/v1/namespaces/default/configmaps/bad"] = invalid
    bad, good = make("ConfigMap", "bad", namespace="ml"), make("ConfigMap", "good", namespace="ml")
    with pytest.raises(BootstrapError, match=r"ConfigMap ml/bad: data\[a b\]"):
        cluster.deploy(SPACE, bad, good, check=True)
    assert cluster.names() == []


def test_a_check_tries_a_pod_without_its_account(cluster: FakeCluster) -> None:
    path = "/api/v1/namespaces/default/pods/runs"
    cluster.broken[path] = lambda request: status(422, "spec.restartPolicy: Unsupported value") if request.method == "PATCH" else None
    with pytest.raises(BootstrapError, match="Pod ml/runs: spec.restartPolicy: Unsupported value"):
        cluster.deploy(SPACE, running("Pod", namespace="ml", serviceAccountName="mine"), check=True)
    tried = next(each for each in cluster.server.requests if each.path == path)
    assert tried.query["dryRun"] == "All" and tried.body["spec"] == {"containers": [{"name": "c"}]}


@pytest.mark.parametrize(
    "answer", [status(403, "exceeded quota: few"), status(500, "failed calling webhook x"), status(409, "already exists")]
)
def test_what_only_the_other_namespace_refuses_does_not_count(cluster: FakeCluster, answer: t.Any) -> None:
    cluster.broken["/api/v1/namespaces/default/configmaps/c"] = lambda request: answer if request.method == "PATCH" else None
    assert cluster.deploy(SPACE, make("ConfigMap", "c", namespace="ml"), check=True).counts() == {"created": 2}
    assert cluster.names() == []


def test_an_object_of_that_name_in_the_other_namespace_does_not_count(cluster: FakeCluster) -> None:
    cluster.put(make("ConfigMap", "bad", namespace="default"))
    cluster.broken["/api/v1/namespaces/default/configmaps/bad"] = invalid
    assert cluster.deploy(SPACE, make("ConfigMap", "bad", namespace="ml"), check=True).counts() == {"created": 2}


def test_a_field_that_does_not_exist_is_named(cluster: FakeCluster) -> None:
    """The same words as of an entry of another API version, but of what was sent."""
    message = "failed to create typed patch object (ml/c; /v1, Kind=ConfigMap): .dta: field not declared in schema"
    path = "/api/v1/namespaces/ml/configmaps/c"
    cluster.broken[path] = lambda request: status(500, message) if request.method == "PATCH" else None
    for existing in (False, True):
        if existing:
            cluster.put(make("ConfigMap", "c", namespace="ml"))
        with pytest.raises(BootstrapError, match=r"ConfigMap ml/c: \.dta: field not declared in schema"):
            cluster.deploy(SPACE, make("ConfigMap", "c", namespace="ml", data={"a": "b"}), adopt=True)
