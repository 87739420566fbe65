# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be deleted and made anew, and which fields that is for."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.compare import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.objects import Key, Resource
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.refusals import IMMUTABLE, Refusal
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.replacing import delete, loses, named
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError

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
    assert "claims" in str(loses(Key("apps", "StatefulSet", "x", "a"), {}, live))


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_values_of_others_are_not_thrown_away(kind: str) -> None:
    key = Key("", kind, "x", "a")
    assert loses(key, {"data": {"a": "1"}}, {"data": {"a": "2"}}) is None
    assert "theirs" in str(loses(key, {"data": {"a": "1"}}, {"data": {"a": "2", "theirs": "x"}}))


def test_the_fields_that_would_have_to_change_are_named() -> None:
    found = Refusal(IMMUTABLE, "updates to statefulset spec for fields other than", "", ("spec",))
    item: Json = {"kind": "StatefulSet", "spec": {"serviceName": "b", "replicas": 2, "selector": {"matchLabels": {"a": "1"}}}}
    live: Json = {
        "spec": {"serviceName": "a", "replicas": 1, "selector": {"matchLabels": {"a": "0"}}, "podManagementPolicy": "OrderedReady"}
    }
    better = named(found, item, live)
    assert better.fields == ("spec.serviceName", "spec.selector.matchLabels.a")
    assert better.why == "spec.serviceName, spec.selector.matchLabels.a can't be changed"
    job = named(
        Refusal(IMMUTABLE, "long", "", ("spec.template",)),
        {"kind": "Job", "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "new"}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "old", "resources": {}}], "dnsPolicy": "ClusterFirst"}}}},
    )
    assert job.fields == ("spec.template.spec.containers[0].image",)
    assert named(found._replace(fields=("roleRef",)), {"kind": "RoleBinding"}, {}).fields == ("roleRef",)


def test_it_is_deleted_and_awaited(server: t.Any, client: Client) -> None:
    member = Member(Key("apps", "Deployment", "x", "a"), "c", {}, Resource("apps/v1", "deployments", True), None, "replace")
    looks = iter([Answer({"metadata": {}}), Answer({"metadata": {}}), Answer({}, 404)])
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer({}) if request.method == "DELETE" else next(looks)

    server.routes["/apis/apps/v1/namespaces/x/deployments/a"] = answer
    delete(client, member, 10)
    assert [each.method for each in asked] == ["DELETE", "GET", "GET", "GET"]
    assert asked[0].body == {"propagationPolicy": "Foreground"}


def test_what_does_not_go_is_told_with_its_finalizers(server: t.Any, client: Client) -> None:
    member = Member(Key("", "Service", "x", "a"), "c", {}, Resource("v1", "services", True), None, "replace")
    server.routes["/api/v1/namespaces/x/services/a"] = lambda _request: Answer({"metadata": {"finalizers": ["example.com/hold"]}})
    with pytest.raises(BootstrapError, match="example.com/hold"):
        delete(client, member, 0)
