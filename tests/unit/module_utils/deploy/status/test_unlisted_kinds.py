# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can't be seen is not taken for absent: it is not pruned, stays recorded, and does not keep the rest from going."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Answer, Request
from tests.unit.module_utils.deploy._cluster import FakeCluster, not_found, status
from tests.unit.module_utils.deploy._objects import defined, make

Json = dict[str, t.Any]
WAY = make("Way", "w", "dead.example.com/v1", "ml")
SPACE = make("Namespace", "ml", namespace=None)
KEPT = make("ConfigMap", "c", namespace="ml")
CONVERSION = "conversion webhook for example.com/v1beta1, Kind=Thing failed: service not found"


@pytest.fixture
def cluster(server: t.Any, client: Client) -> FakeCluster:
    cluster = FakeCluster(server, client)
    cluster.aggregated = {"dead.example.com/v1": {"Way": ("ways", True)}}
    condition = {"type": "Available", "status": "False", "reason": "ServiceNotFound", "message": "service/ways is not present"}
    api = make("APIService", "v1.dead.example.com", "apiregistration.k8s.io/v1", None, status={"conditions": [condition]})
    cluster.put({**api, "spec": {"group": "dead.example.com", "version": "v1", "service": {"name": "ways", "namespace": "x"}}})
    return cluster


def whys(outcome: Outcome) -> dict[str, str]:
    return {item["object"]: f"{item['action']}: {item['why']}" for item in outcome.objects}


def fail(code: int, message: str) -> t.Callable[[Request], Answer | None]:
    """Fails lists and reads; writes go through."""
    return lambda request: status(code, message) if request.method == "GET" else None


@pytest.mark.parametrize("check", [False, True])
def test_what_is_behind_a_dead_api_service_is_pruned_when_it_answers_again(cluster: FakeCluster, check: bool) -> None:
    cluster.deploy(SPACE, KEPT, WAY)
    cluster.down = {"dead.example.com/v1"}
    outcome = cluster.deploy(SPACE, KEPT, check=check)
    reason = whys(outcome)["Way.dead.example.com ml/w"]
    assert reason.startswith("kept: not pruned: the API service v1.dead.example.com is not available (ServiceNotFound: service/ways")
    assert not outcome.changed and any("Way.dead.example.com" in line for line in cluster.warned)
    changed = make("ConfigMap", "c", namespace="ml", data={"a": "b"})
    assert "Way.dead.example.com ml/w" in whys(cluster.deploy(SPACE, changed))  # the record is rewritten
    cluster.down = set()
    assert cluster.deploy(SPACE, changed).counts() == {"unchanged": 2, "pruned": 1}
    assert "Way w" not in cluster.names()
    assert cluster.deploy(SPACE, changed).counts() == {"unchanged": 2}


def test_an_application_with_kinds_of_a_dead_api_service_is_told_which(cluster: FakeCluster) -> None:
    cluster.down = {"dead.example.com/v1"}
    with pytest.raises(BootstrapError, match=r"Way in dead.example.com/v1 \(w of web\) at the moment: the API service v1.dead.example.com"):
        cluster.deploy(SPACE, WAY)
    assert not cluster.server.writes()


@pytest.mark.parametrize(
    "answer",
    [
        status(500, CONVERSION),
        status(403, "ways.dead.example.com is forbidden"),
        status(503, "error trying to reach service: EOF"),
        not_found("the server could not find the requested resource"),
    ],
)
def test_a_kind_that_can_not_be_listed_is_kept_in_the_record(cluster: FakeCluster, answer: Answer) -> None:
    cluster.deploy(SPACE, KEPT, WAY)
    for path in ("/apis/dead.example.com/v1/ways", "/apis/dead.example.com/v1/namespaces/ml/ways"):
        cluster.broken[path] = fail(answer.code, answer.body["message"])
    assert whys(cluster.deploy(SPACE))["Way.dead.example.com ml/w"].startswith("kept: not pruned: ")
    cluster.broken.clear()
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "pruned": 1}


def test_an_object_that_can_not_be_read_is_kept_and_the_rest_is_pruned(cluster: FakeCluster) -> None:
    other = make("ConfigMap", "d", namespace="ml")
    cluster.deploy(SPACE, KEPT, other)
    cluster.broken["/api/v1/namespaces/ml/configmaps/c"] = fail(403, "no")
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "pruned": 1, "kept": 1}
    assert cluster.names("ConfigMap") == ["ConfigMap c"]
    cluster.broken.clear()
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "pruned": 1}


def test_a_kind_whose_definition_is_gone_is_forgotten(cluster: FakeCluster) -> None:
    thing = make("Thing", "t", "example.com/v1", "ml")
    cluster.put(defined(scope="Namespaced"))
    cluster.deploy(SPACE, thing)
    for key in [key for key in cluster.objects if key[1] in ("CustomResourceDefinition", "Thing")]:
        del cluster.objects[key]
    assert cluster.deploy(SPACE, KEPT).counts() == {"unchanged": 1, "created": 1}
    assert "Thing" not in str(cluster.record())


def test_a_kind_whose_definition_is_no_longer_served_is_remembered(cluster: FakeCluster) -> None:
    thing = make("Thing", "t", "example.com/v1", "ml")
    definition = cluster.put(defined(scope="Namespaced"))
    cluster.deploy(SPACE, thing)
    definition["spec"]["versions"][0]["served"] = False
    assert "exists, but is not served" in whys(cluster.deploy(SPACE))["Thing.example.com ml/t"]


def test_what_a_killed_run_left_behind_a_dead_api_service_is_found_again(cluster: FakeCluster) -> None:
    """It was applied, and only the kinds were recorded by then."""
    cluster.deploy(SPACE, KEPT, WAY)
    record = cluster.record()
    assert record
    members = json.loads(record["data"]["objects.json"])
    del members["Way.dead.example.com"]
    record["data"]["objects.json"] = json.dumps(members)
    cluster.down = {"dead.example.com/v1"}
    cluster.deploy(SPACE, make("ConfigMap", "c", namespace="ml", data={"a": "b"}))  # the record is rewritten
    cluster.down = set()
    assert cluster.deploy(SPACE).counts() == {"unchanged": 1, "pruned": 2}
    assert "Way w" not in cluster.names()


# --- removal


def test_a_definition_that_serves_no_version_stays(cluster: FakeCluster) -> None:
    definition = defined(scope="Namespaced")
    cluster.deploy(SPACE, definition)
    cluster.put(make("Thing", "alice", "example.com/v1", "default"))
    live = next(item for key, item in cluster.objects.items() if key[1] == "CustomResourceDefinition")
    live["spec"]["versions"] = [{"name": "v1", "served": False, "storage": True}]
    assert "serves none of its versions" in whys(cluster.remove())["CustomResourceDefinition.apiextensions.k8s.io things.example.com"]
    assert "Thing alice" in cluster.names()


def test_removal_leaves_what_is_behind_a_dead_api_service_recorded(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, KEPT, WAY)
    cluster.down = {"dead.example.com/v1"}
    with pytest.raises(BootstrapError, match=r"Way.dead.example.com ml/w: the API service v1.dead.example.com is not available") as error:
        cluster.remove()
    assert error.value.details["outcome"]["counts"]["removed"] == 1
    assert cluster.names() == ["APIService v1.dead.example.com", "Namespace ml", "Way w"]
    cluster.down = set()
    assert cluster.remove().counts() == {"removed": 2}
    assert cluster.names() == ["APIService v1.dead.example.com"]


def test_removal_passes_over_a_strangers_kind_that_can_not_be_listed(cluster: FakeCluster) -> None:
    role = make("ClusterRole", "r", "rbac.authorization.k8s.io/v1", None)
    cluster.deploy(SPACE, KEPT, role)
    for key in [key for key in cluster.objects if "ml" in (key[2], key[3])]:  # somebody deleted the namespace, and the record in it
        del cluster.objects[key]
    cluster.put(defined(scope="Namespaced"))
    cluster.broken["/apis/example.com/v1/things"] = status(500, CONVERSION)
    assert cluster.remove().counts() == {"removed": 1}
    assert "ClusterRole r" not in cluster.names()
    assert any("Thing.example.com" in line and "conversion webhook" in line for line in cluster.warned)


@pytest.mark.parametrize("answer", [status(500, CONVERSION), status(403, "no"), status(404, "the server could not find it")])
def test_a_definition_stays_where_its_custom_resources_can_not_be_listed(cluster: FakeCluster, answer: Answer) -> None:
    definition = defined(scope="Namespaced")
    cluster.deploy(SPACE, KEPT, definition)
    cluster.put(make("Thing", "alice", "example.com/v1", "default"))
    cluster.broken["/apis/example.com/v1/things"] = fail(answer.code, answer.body["message"])
    assert whys(cluster.remove())["CustomResourceDefinition.apiextensions.k8s.io things.example.com"].startswith("kept: whether others")
    assert "Thing alice" in cluster.names() and "ConfigMap c" not in cluster.names()
    cluster.deploy(SPACE)
    assert "Thing alice" in cluster.names()  # nor is it pruned


@pytest.mark.parametrize("plural", ["secrets", "persistentvolumeclaims"])
def test_a_namespace_stays_where_what_is_in_it_can_not_be_listed(cluster: FakeCluster, plural: str) -> None:
    cluster.deploy(SPACE, KEPT)
    cluster.broken[f"/api/v1/namespaces/ml/{plural}"] = fail(500, "rpc error: code = Unknown desc = oops")
    assert "which can't be listed" in whys(cluster.remove(data=True))["Namespace ml"]
    assert "Namespace ml" in cluster.names()


def test_a_namespace_stays_while_a_namespaced_api_does_not_answer(cluster: FakeCluster) -> None:
    cluster.deploy(SPACE, KEPT)
    cluster.down = {"dead.example.com/v1"}
    assert "objects of dead.example.com/v1" in whys(cluster.remove(data=True))["Namespace ml"]
    cluster.down = set()
    assert cluster.remove(data=True).counts() == {"removed": 1}


def test_a_workload_stays_where_its_claims_can_not_be_listed(cluster: FakeCluster) -> None:
    spec = {"volumeClaimTemplates": [{"metadata": {"name": "data"}}], "selector": {"matchLabels": {"a": "b"}}}
    cluster.deploy(SPACE, make("StatefulSet", "db", "apps/v1", "ml", spec=spec))
    cluster.put(make("PersistentVolumeClaim", "data-db-0", namespace="ml", labels={"a": "b"}))
    cluster.broken["/api/v1/namespaces/ml/persistentvolumeclaims"] = fail(403, "no")
    assert whys(cluster.remove(data=True))["StatefulSet.apps ml/db"].startswith("kept: whether something was made for it")
    cluster.broken.clear()
    assert cluster.remove(data=True).counts() == {"removed": 3}
    assert "PersistentVolumeClaim data-db-0" not in cluster.names()
