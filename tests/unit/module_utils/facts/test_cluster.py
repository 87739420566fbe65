# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an API server tells, and what is done where it does not."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cluster import gather
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, InvalidResponse, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY

from tests.unit.conftest import ENV, Answer

NODES, CLASSES = "/api/v1/nodes", "/apis/storage.k8s.io/v1/storageclasses"
INGRESS, SYSTEM = "/apis/networking.k8s.io/v1/ingressclasses", "/api/v1/namespaces/kube-system"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
DEFAULT = {"ingressclass.kubernetes.io/is-default-class": "true"}


@pytest.fixture
def cluster(server: t.Any) -> t.Any:
    def group(name: str, kind: str, plural: str) -> dict[str, t.Any]:
        resource = {"resource": plural, "responseKind": {"kind": kind}, "scope": "Cluster", "verbs": ["get", "list"]}
        return {"metadata": {"name": name} if name else {}, "versions": [{"version": "v1", "resources": [resource]}]}

    server.routes = {
        "/version": {"gitVersion": "v1.35.2-gke.1", "major": "1", "minor": "35+"},
        "/api": {"items": [group("", "Node", "nodes")]},
        "/apis": {
            "items": [
                group("storage.k8s.io", "StorageClass", "storageclasses"),
                group("networking.k8s.io", "IngressClass", "ingressclasses"),
            ]
        },
        NODES: {"items": [{"metadata": {"name": "a"}}]},
        CLASSES: {"items": [{"metadata": {"name": "disk"}, "provisioner": "p"}]},
        INGRESS: {
            "items": [
                {"metadata": {"name": "nginx", "annotations": DEFAULT}, "spec": {"controller": "k8s.io/ingress-nginx"}},
                {"metadata": {"name": "other"}},
            ]
        },
        SYSTEM: {"metadata": {"uid": "uid-1"}},
        REVIEW: {"status": {"resourceRules": [], "incomplete": True}},
    }
    return server


def test_the_document(cluster: t.Any, client: Client) -> None:
    result = gather(client, "ml")
    assert (result["server"], result["uid"], result["unknown"]) == (cluster.url, "uid-1", [])
    assert (result["version"]["git_version"], result["version"]["major"], result["version"]["minor"]) == ("v1.35.2-gke.1", 1, 35)
    # The version alone does not make it GKE.
    assert result["distribution"]["name"] == "kubernetes"
    assert (result["nodes"]["count"], result["storage"]["usable"]) == (1, ["disk"])
    assert result["ingress_classes"] == [
        {"name": "nginx", "controller": "k8s.io/ingress-nginx", "default": True},
        {"name": "other", "controller": None, "default": False},
    ]
    assert result["apis"]["v1"] == {"Node": {"resource": "nodes", "namespaced": False}}
    assert result["permissions"] == {"namespace": "ml", "complete": False, "rules": [], "missing": None}
    assert not cluster.writes()


def test_nodes_are_read_in_pages_and_classes_from_the_cache(cluster: t.Any, client: Client) -> None:
    gather(client, "ml")
    asked = {request.path: request.query for request in cluster.requests}
    # With a resourceVersion of 0 the API server ignores the limit, and sends five thousand nodes at once.
    assert asked[NODES] == {"limit": "250"}
    assert asked[CLASSES]["resourceVersion"] == "0"


@pytest.mark.parametrize(
    ("path", "what", "field", "otherwise"),
    [
        (NODES, "Node", "nodes.count", 0),
        (CLASSES, "StorageClass.storage.k8s.io", "storage.classes", []),
        (INGRESS, "IngressClass.networking.k8s.io", "ingress_classes", []),
        (SYSTEM, "Namespace kube-system", "uid", None),
        (REVIEW, "permissions", "permissions.rules", []),
    ],
)
def test_what_may_not_be_read_is_told_and_nothing_else_is_lost(
    cluster: t.Any, client: Client, path: str, what: str, field: str, otherwise: t.Any
) -> None:
    whole = gather(client, "ml")
    cluster.routes[path] = Answer({"message": f"{path} is forbidden", "reason": "Forbidden"}, 403)
    result = gather(client, "ml")
    assert result["unknown"] == [{"what": what, "why": f"{path} is forbidden"}]
    value: t.Any = result
    for part in field.split("."):
        value = value[part]
    assert value == otherwise
    kept = {"server", "uid", "version", "storage", "ingress_classes", "apis", "permissions"} - {field.split(".")[0]}
    assert {key: result[key] for key in kept} == {key: whole[key] for key in kept}


def test_where_the_served_kinds_may_not_be_read_nothing_is_taken_for_absent(cluster: t.Any, client: Client) -> None:
    cluster.routes["/apis"] = Answer({"message": "/apis is forbidden"}, 403)
    cluster.routes["/version"] = Answer({"message": "/version is forbidden"}, 403)
    result = gather(client, "ml")
    unknown = {entry["what"]: entry["why"] for entry in result["unknown"]}
    assert unknown["served APIs"] == "/apis is forbidden"
    assert unknown["version"] == "/version is forbidden"
    assert unknown["StorageClass.storage.k8s.io"] == unknown["Node"] == "which kinds are served is not known"
    assert result["server"]


def test_what_is_not_served_is_not_asked_for(cluster: t.Any, client: Client) -> None:
    cluster.routes["/apis"] = {"items": []}
    result = gather(client, "ml")
    assert (result["storage"]["classes"], result["ingress_classes"], result["unknown"]) == ([], [], [])
    assert not {CLASSES, INGRESS} & {request.path for request in cluster.requests}


def test_a_refused_login_is_an_error(cluster: t.Any, client: Client) -> None:
    for path in ("/version", NODES):
        before = cluster.routes[path]
        cluster.routes[path] = Answer({}, 401)
        with pytest.raises(ApiError, match="refuses the credentials of context trial"):
            gather(client, "ml")
        cluster.routes[path] = before


def test_a_server_that_is_not_there_is_asked_once() -> None:
    with Client(Connection(server=f"http://{NOBODY}", env=ENV)) as client, pytest.raises(Unreachable):
        gather(client, "ml")
    assert client.connections.requests == 1


@pytest.mark.parametrize("version", [{"gitVersion": "", "major": ""}, {"gitVersion": "$Format", "major": None}])
def test_a_server_that_does_not_say_its_version(cluster: t.Any, client: Client, version: t.Any) -> None:
    cluster.routes["/version"] = version
    result = gather(client, "ml")["version"]
    assert (result["git_version"], result["major"], result["minor"], result["supported"]) == (version["gitVersion"], 0, 0, None)


@pytest.mark.parametrize("version", [{}, {"major": "1"}, {"message": "Sign in"}, Answer(b"<html>Sign in")])
def test_what_answers_in_its_place_is_an_error(cluster: t.Any, client: Client, version: t.Any) -> None:
    cluster.routes["/version"] = version
    with pytest.raises(InvalidResponse, match="does not answer as a Kubernetes API server"):
        gather(client, "ml")
