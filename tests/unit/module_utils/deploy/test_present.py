# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole deployments: what is told before the first write, and what is left alone."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError

from tests.unit.module_utils.deploy._cluster import FakeCluster, status
from tests.unit.module_utils.deploy._objects import make

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
    ("of", "told"),
    [
        (owner("u"), "its owner Deployment web has the UID uid-.*, not u"),
        (owner("u", "gone"), "its owner Deployment gone does not exist"),
        (owner("u", "x", "Way", "example.com/v1"), "its owner is a Way of example.com/v1, which the cluster does not serve"),
        (owner("u", "x", "ClusterRole", "rbac.authorization.k8s.io/v1"), "its owner ClusterRole x does not exist"),
    ],
)
def test_an_object_whose_owner_does_not_exist_is_refused(cluster: FakeCluster, of: Json, told: str, check: bool) -> None:
    cluster.put(SPACE)
    cluster.put(make("Deployment", "web", "apps/v1", "ml"))
    with pytest.raises(BootstrapError, match=told):
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
