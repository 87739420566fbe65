# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods leave free on the nodes."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts import pods
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.nodes import Nodes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.pods import Requests, requests
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.queries import Queries
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Answer

Json = dict[str, t.Any]
APIS = {"v1": {"Pod": {"resource": "pods", "namespaced": True, "verbs": ["list"]}}}
GIB = 2**30


def pod(node: str | None, *requested: Json | None, phase: str = "Running", init: Json | None = None) -> Json:
    containers = [{"resources": {"requests": each} if each is not None else {}} for each in requested]
    return {
        "metadata": {"name": "p"},
        "spec": {"nodeName": node, "containers": containers, "initContainers": [{"resources": {"requests": init or {}}}]},
        "status": {"phase": phase},
    }


def nodes() -> Nodes:
    result = Nodes()
    for name, cpu, more in (("a", "4", {}), ("b", "8", {}), ("gpu", "16", {"taints": [{"key": "gpu", "effect": "NoSchedule"}]})):
        allocatable = {"cpu": cpu, "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": "110", "nvidia.com/gpu": "2" if more else "0"}
        conditions = [{"type": "Ready", "status": "True"}]
        result.add({"metadata": {"name": name}, "spec": more, "status": {"allocatable": allocatable, "conditions": conditions}})
    return result


def test_requests_of_containers_of_pods_that_run_or_will() -> None:
    result = Requests()
    for each in (
        pod("a", {"cpu": "500m", "memory": "1Gi"}, {"cpu": "1", "ephemeral-storage": "10Gi"}, init={"cpu": "64"}),
        pod("a", None, phase="Pending"),
        pod("b", {"cpu": "7500m"}),
        pod("b", {"cpu": "99"}, phase="Succeeded"),
        pod("b", {"cpu": "99"}, phase="Failed"),
        pod(None, {"cpu": "99"}),
        pod("gpu", {"nvidia.com/gpu": "1", "cpu": "1"}),
    ):
        result.add(each)
    summary = nodes().summary(result)
    # The tainted node has much, but not for ordinary pods.
    assert summary["free"] == {"cpu": 3.0, "memory": 31 * GIB, "ephemeral_storage": 190 * GIB, "pods": 217}
    assert summary["largest_free"] == {"cpu": 2.5, "memory": 16 * GIB, "ephemeral_storage": 100 * GIB, "pods": 109}
    assert [(each["count"], each["free"]) for each in summary["accelerators"]] == [(2, 1)]


def test_a_node_that_has_promised_more_than_it_has_is_full() -> None:
    result = Requests()
    result.add(pod("a", {"cpu": "5"}))
    assert nodes().summary(result)["free"]["cpu"] == 8


def test_nothing_is_said_where_pods_are_not_known() -> None:
    summary = nodes().summary(None)
    assert (summary["free"], summary["largest_free"], summary["accelerators"][0]["free"]) == (None, None, None)


def test_pods_are_read_in_pages(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/pods"] = [
        {"metadata": {"continue": "x", "remainingItemCount": 1}, "items": [pod("a", {"cpu": "1"})]},
        {"metadata": {}, "items": [pod("a", {"cpu": "2"})]},
    ]
    result = requests(Queries(client, APIS))
    assert result and result.of("a") == {"cpu": 3, "pods": 2}


def test_too_many_pods_are_not_read(server: t.Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pods, "MOST", 10)
    server.routes["/api/v1/pods"] = {"metadata": {"continue": "x", "remainingItemCount": 10}, "items": [pod("a", {"cpu": "1"})]}
    queries = Queries(client, APIS)
    assert requests(queries) is None
    assert [(each["what"], "There are 11 pods" in each["why"]) for each in queries.unknown] == [("Pod", True)]
    assert len(server.requests) == 1


@pytest.mark.parametrize("first", [None, {"metadata": {"continue": "x"}, "items": [pod("a", {"cpu": "1"})]}])
def test_pods_that_may_not_be_read_to_the_end(server: t.Any, client: Client, first: t.Any) -> None:
    refusal = Answer({"message": "pods is forbidden"}, 403)
    server.routes["/api/v1/pods"] = [first, refusal] if first else refusal
    queries = Queries(client, APIS)
    assert requests(queries) is None
    assert queries.unknown == [{"what": "Pod", "why": "pods is forbidden"}]
