# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects, their keys, and where they are served."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import (
    MANAGER,
    Key,
    Resource,
    Resources,
    digest,
    group_of,
    key_of,
    owned_fields,
    placed,
)

Json = dict[str, t.Any]
SERVED: Json = {
    "v1": {"ConfigMap": {"resource": "configmaps", "namespaced": True}, "Namespace": {"resource": "namespaces", "namespaced": False}},
    "apps/v1": {"Deployment": {"resource": "deployments", "namespaced": True}},
    "apps/v1beta1": {"Deployment": {"resource": "old", "namespaced": True}},
}
CRD: Json = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"kind": "Thing", "plural": "things"},
        "versions": [{"name": "v1", "served": True}, {"name": "v1alpha1", "served": False}],
    },
}


def make(kind: str, version: str = "v1", **metadata: t.Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **metadata}}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (Key("", "Service", "ns", "a"), "Service ns/a"),
        (Key("apps", "Deployment", "ns", "a"), "Deployment.apps ns/a"),
        (Key("rbac.authorization.k8s.io", "ClusterRole", "", "system:a"), "ClusterRole.rbac.authorization.k8s.io system:a"),
    ],
)
def test_keys_read_as_kubectl_writes_them(key: Key, text: str) -> None:
    assert str(key) == text


def test_a_key_is_the_same_in_every_version() -> None:
    assert key_of(make("Deployment", "apps/v1", namespace="ns")) == key_of(make("Deployment", "apps/v1beta1", namespace="ns"))
    assert (group_of("v1"), group_of("apps/v1")) == ("", "apps")


def test_paths() -> None:
    assert Resource("v1", "pods", True).path("ns", "a") == "/api/v1/namespaces/ns/pods/a"
    assert Resource("apps/v1", "deployments", True).path("ns") == "/apis/apps/v1/namespaces/ns/deployments"
    assert Resource("v1", "namespaces", False).path("ns", "a") == "/api/v1/namespaces/a"


def test_resources_are_those_served_and_those_that_will_be() -> None:
    resources = Resources(SERVED, [CRD])
    assert resources.of(make("Deployment", "apps/v1")).plural == "deployments"
    assert resources.of(make("Thing", "example.com/v1")) == Resource("example.com/v1", "things", False)
    for missing in (make("Thing", "example.com/v1alpha1"), make("Deployment", "extensions/v1beta1")):
        with pytest.raises(
            BootstrapError, match=f"{missing['kind']} x: the cluster serves no {missing['kind']} in {missing['apiVersion']}."
        ):
            resources.of(missing)
    assert resources.of_kind("apps", "Deployment") == Resource("apps/v1", "deployments", True)
    assert resources.of_kind("extensions", "Deployment") is None


def test_namespaces_are_set_where_they_belong() -> None:
    items = [make("ConfigMap"), make("ConfigMap", namespace="own"), make("Namespace", namespace="odd")]
    result = placed(items, Resources(SERVED), "ns")
    assert [item["metadata"].get("namespace") for item in result] == ["ns", "own", None]
    assert items[0]["metadata"] == {"name": "x"}


@pytest.mark.parametrize("metadata", [None, {}, {"generateName": "x-"}])
def test_objects_without_a_name_are_refused(metadata: t.Any) -> None:
    with pytest.raises(BootstrapError, match="A ConfigMap has no metadata.name"):
        placed([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}], Resources(SERVED), "ns")


def test_fingerprints() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert len({digest(value) for value in ({"a": 1}, {"a": "1"}, {"a": [1]}, {"a": None}, {})}) == 5


def test_what_we_own() -> None:
    ours = {"manager": MANAGER, "operation": "Apply", "fieldsV1": {"f:data": {}}}
    others = [{**ours, "manager": "kubectl"}, {**ours, "operation": "Update"}, {**ours, "subresource": "status"}]
    assert owned_fields({"metadata": {"managedFields": [*others, ours]}}) == digest({"f:data": {}})
    assert owned_fields({"metadata": {"managedFields": others}}) == owned_fields({"metadata": {}}) == ""


def test_what_a_controller_fills_in_is_not_applied() -> None:
    """Else each run would take it back, or be refused by the API server as a conflict."""
    resources = Resources(
        {
            "rbac.authorization.k8s.io/v1": {"ClusterRole": {"resource": "clusterroles", "namespaced": False}},
            "admissionregistration.k8s.io/v1": {"MutatingWebhookConfiguration": {"resource": "x", "namespaced": False}},
            "apiextensions.k8s.io/v1": {"CustomResourceDefinition": {"resource": "x", "namespaced": False}},
            "v1": SERVED["v1"],
        }
    )
    metadata = {"name": "x"}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata, "rules": []}
    aggregated = {**role, "aggregationRule": {"clusterRoleSelectors": [{}]}}
    hooks = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [{"name": name, "clientConfig": {"caBundle": bundle}} for name, bundle in (("a", ""), ("b", "Cg=="), ("c", "QQ=="))],
    }
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": "Cg==", "service": {"name": "s"}}}}
    definition = {**CRD, "apiVersion": "apiextensions.k8s.io/v1", "spec": {**CRD["spec"], "conversion": conversion}}
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"caBundle": ""}}

    result = placed([role, aggregated, hooks, definition, data], resources, "n")
    assert result[0]["rules"] == []
    assert "rules" not in result[1] and result[1]["aggregationRule"]
    assert [each["clientConfig"] for each in result[2]["webhooks"]] == [{}, {}, {"caBundle": "QQ=="}]
    assert result[3]["spec"]["conversion"]["webhook"]["clientConfig"] == {"service": {"name": "s"}}
    assert result[4]["data"] == {"caBundle": ""}


SECRETS = Resources({"v1": {kind: {"resource": f"{kind.lower()}s", "namespaced": True} for kind in ("Secret", "ConfigMap")}})


def laid(kind: str, **content: t.Any) -> t.Any:
    """An object as it is applied, without what all have."""
    metadata = {"name": "a", **content.pop("metadata", {})}
    (result,) = placed([{"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}], SECRETS, "n")
    assert result["metadata"].pop("name") == "a" and result["metadata"].pop("namespace") == "n"
    return {name: value for name, value in result.items() if name not in ("apiVersion", "kind") and value != {}}


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ({"stringData": {"a": "1"}}, {"a": "MQ=="}),
        ({"stringData": {"a": "ß"}, "data": {"a": "MQ==", "b": "AP8="}}, {"a": "w58=", "b": "AP8="}),
        ({"stringData": {"a": None, "b": ""}}, {"a": "", "b": ""}),
        ({"stringData": None, "data": {"a": "MQ=="}}, {"a": "MQ=="}),
        ({"stringData": {"a": "1"}, "data": None}, {"a": "MQ=="}),
    ],
)
def test_string_data_is_data(content: t.Any, data: t.Any) -> None:
    assert laid("Secret", **content) == {"data": data}


@pytest.mark.parametrize("texts", [{"a": 1}, ["a"], "a"])
def test_what_is_no_text_is_left_to_the_server(texts: t.Any) -> None:
    assert laid("Secret", stringData=texts) == {"stringData": texts}


def test_string_data_of_others_is_theirs() -> None:
    assert laid("ConfigMap", stringData={"a": "1"}) == {"stringData": {"a": "1"}}


@pytest.mark.parametrize("empty", [None, {}])
def test_empty_maps_are_not_applied(empty: t.Any) -> None:
    metadata = {"annotations": empty, "labels": empty, "creationTimestamp": None}
    assert laid("ConfigMap", metadata=metadata, data=empty, binaryData=empty) == {}
    assert laid("Secret", data=empty, stringData=empty) == {}
    inner = {"spec": {"templates": [{"metadata": {**metadata, "name": "b"}, "emptyDir": {}, "annotations": empty}]}}
    assert laid("ConfigMap", **inner) == {"spec": {"templates": [{"metadata": {"name": "b"}, "emptyDir": {}, "annotations": empty}]}}
    filled = {"annotations": {"a": "1"}, "labels": {"b": "2"}}
    assert laid("ConfigMap", metadata=filled) == {"metadata": filled}
