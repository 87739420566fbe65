# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be deleted and recreated, and which fields that is for."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply import recreate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.recreate import delete, loses, named
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.rejections import IMMUTABLE, Refusal
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.member import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, Key, Resource

from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]


@pytest.mark.parametrize(
    "key",
    [
        Key("", "PersistentVolumeClaim", "x", "a"),
        Key("", "PersistentVolume", "", "a"),
        Key("", "Namespace", "", "a"),
        Key("apiextensions.k8s.io", "CustomResourceDefinition", "", "a"),
        Key("example.com", "Deployment", "x", "a"),
        Key("", "Pod", "x", "a"),
    ],
)
def test_what_may_hold_data_is_never_replaced(key: Key) -> None:
    assert loses(key, {}, {})


def test_workloads_services_and_bindings_are_replaced() -> None:
    kinds = [
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
        ("", "Service"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    ]
    assert [loses(Key(*kind, "x", "a"), {}, {"spec": {}}) for kind in kinds] == [None] * 5


def test_a_stateful_set_whose_claims_would_go_is_not() -> None:
    live = {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}}
    assert "PersistentVolumeClaims" in str(loses(Key("apps", "StatefulSet", "x", "a"), {}, live))


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_values_of_others_are_not_thrown_away(kind: str) -> None:
    key = Key("", kind, "x", "a")
    assert loses(key, {"data": {"a": "1"}}, {"data": {"a": "2"}}) is None
    assert "theirs" in str(loses(key, {"data": {"a": "1"}}, {"data": {"a": "2", "theirs": "x"}}))


def test_the_fields_that_would_have_to_change_are_named() -> None:
    refused = Refusal(IMMUTABLE, "updates to statefulset spec for fields other than", "", ("spec",))
    item: Json = {"kind": "StatefulSet", "spec": {"serviceName": "b", "replicas": 2, "selector": {"matchLabels": {"a": "1"}}}}
    live: Json = {
        "spec": {"serviceName": "a", "replicas": 1, "selector": {"matchLabels": {"a": "0"}}, "podManagementPolicy": "OrderedReady"}
    }
    better = named(refused, item, live)
    assert better.fields == ("spec.serviceName", "spec.selector.matchLabels.a")
    assert better.why == "spec.serviceName, spec.selector.matchLabels.a can't be changed"
    job = named(
        Refusal(IMMUTABLE, "long", "", ("spec.template",)),
        {"kind": "Job", "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "new"}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "old", "resources": {}}], "dnsPolicy": "ClusterFirst"}}}},
    )
    assert job.fields == ("spec.template.spec.containers[0].image",)
    assert named(refused._replace(fields=("roleRef",)), {"kind": "RoleBinding"}, {}).fields == ("roleRef",)


def live(version: str = "5", **metadata: t.Any) -> Json:
    return {"metadata": {"uid": "u", "resourceVersion": version, **metadata}}


def old(kind: str = "Deployment", version: str = "apps/v1") -> Member:
    key = Key(version.rpartition("/")[0], kind, "x", "a")
    return Member(key, "c", {}, Resource(version, f"{kind.lower()}s", True), live(), "replace")


def served(server: t.Any, path: str, gets: list[Answer], deletes: list[Answer]) -> list[Request]:
    """What is asked of an object; each answer once, the last for all that follow."""
    requests: list[Request] = []

    def answer(request: Request) -> Answer:
        requests.append(request)
        answers = deletes if request.method == "DELETE" else gets
        return answers.pop(0) if len(answers) > 1 else answers[0]

    server.routes[path] = answer
    return requests


DEPLOYMENT, CONFIG = "/apis/apps/v1/namespaces/x/deployments/a", "/api/v1/namespaces/x/configmaps/a"
CHANGED = Answer({"reason": "Conflict", "message": "Precondition failed: resourceVersion"}, 409)
GONE = Answer({"message": "not found"}, 404)


def test_the_very_object_is_deleted_and_awaited(server: t.Any, client: Client) -> None:
    requests = served(server, DEPLOYMENT, [Answer(live()), Answer(live()), GONE], [Answer(live())])
    delete(client, old(), 10, print)
    assert [each.method for each in requests] == ["DELETE", "GET", "GET", "GET"]
    assert requests[0].body == {"propagationPolicy": "Foreground", "preconditions": {"uid": "u", "resourceVersion": "5"}}


def test_what_a_controller_makes_under_the_same_name_is_not_waited_for(server: t.Any, client: Client) -> None:
    served(server, DEPLOYMENT, [Answer(live(uid="another"))], [Answer(live())])
    delete(client, old(), 10, print)


def test_a_workload_whose_status_changed_is_deleted_in_its_new_version(server: t.Any, client: Client) -> None:
    requests = served(server, DEPLOYMENT, [Answer(live("6")), GONE], [CHANGED, Answer(live("6"))])
    delete(client, old(), 10, print)
    assert [each.body["preconditions"]["resourceVersion"] for each in requests if each.method == "DELETE"] == ["5", "6"]


def test_a_configmap_that_was_changed_since_is_not_deleted(server: t.Any, client: Client) -> None:
    requests = served(server, CONFIG, [Answer(live("6"))], [CHANGED])
    with pytest.raises(BootstrapError, match="somebody has just changed it"):
        delete(client, old("ConfigMap", "v1"), 10, print)
    assert [each.method for each in requests] == ["DELETE", "GET"]


def test_what_does_not_go_is_told_with_its_finalizers(server: t.Any, client: Client) -> None:
    terminating = live(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["example.com/hold"])
    served(server, CONFIG, [Answer(terminating)], [Answer(terminating)])
    with pytest.raises(BootstrapError, match="example.com/hold"):
        delete(client, old("ConfigMap", "v1"), 0, print)


def test_why_it_takes_so_long_is_said_once_meanwhile(server: t.Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recreate, "EXPLAIN_AFTER", 0.1)
    terminating = live(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["example.com/hold"])
    served(server, CONFIG, [*[Answer(terminating)] * 5, GONE], [Answer(terminating)])
    lines: list[str] = []
    delete(client, old("ConfigMap", "v1"), 60, lines.append)
    assert len(lines) == 1 and lines[0].startswith("ConfigMap x/a is still being deleted: it has the finalizer example.com/hold")


def test_a_definition_that_does_not_go_names_the_resources_that_hold_it(server: t.Any, client: Client) -> None:
    spec = {"group": "a.com", "scope": "Namespaced", "names": {"kind": "A", "plural": "as"}, "versions": [{"name": "v1", "served": True}]}
    terminating = {
        **live(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["customresourcecleanup.apiextensions.k8s.io"]),
        "spec": spec,
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/as.a.com"
    served(server, path, [Answer(terminating)], [Answer(terminating)])
    one = {"name": "one", "namespace": "ml", "finalizers": ["a.com/f"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
    server.routes["/apis/a.com/v1/as"] = {"items": [{"metadata": one}]}
    key = Key("apiextensions.k8s.io", "CustomResourceDefinition", "", "as.a.com")
    resource = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", False)
    with pytest.raises(BootstrapError, match=r"A.a.com ml/one has the finalizer a.com/f"):
        delete(client, Member(key, "c", {}, resource, terminating, "replace"), 0, print)


@pytest.mark.parametrize("field", ["data", "binaryData", "stringData"])
def test_keys_of_our_own_last_version_are_no_loss(field: str) -> None:
    ours = {"manager": MANAGER, "operation": "Apply", "fieldsV1": {f"f:{field}": {".": {}, "f:b": {}}}}
    live: Json = {"apiVersion": "v1", "data": {"a": "1", "b": "1"}, "metadata": {"managedFields": [ours]}}
    assert loses(Key("", "Secret", "x", "a"), {"data": {"a": "2"}}, live) is None
    live["data"]["theirs"] = "1"
    assert "others put theirs into it" in str(loses(Key("", "Secret", "x", "a"), {"data": {"a": "2"}}, live))
