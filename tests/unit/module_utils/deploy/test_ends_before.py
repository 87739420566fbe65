# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application's programs started ends before the object that guards it goes."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.delete.members import GOES_AFTER
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Answer, Request
from tests.unit.module_utils.deploy._cluster import FakeCluster, status

Json = dict[str, t.Any]
PODS = "/api/v1/namespaces/ml/pods"
HUB = "/apis/apps/v1/namespaces/ml/deployments/hub"


def server_of(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "ml", "labels": {"made-by": "hub"}}}


@pytest.fixture
def cluster(server: t.Any, client: Client) -> FakeCluster:
    """A hub, and what guards its servers, which the hub needs."""
    cluster = FakeCluster(server, client)
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml"}})
    guard = {"name": "guard", "namespace": "ml", "annotations": {GOES_AFTER: "Pod?made-by=hub Lease/leader"}}
    pod = {"metadata": {"labels": {"a": "hub"}}, "spec": {"serviceAccountName": "guard", "containers": [{"name": "hub"}]}}
    hub = {"selector": {"matchLabels": {"a": "hub"}}, "template": pod}
    cluster.deploy(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": guard},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "hub", "namespace": "ml"}, "spec": hub},
    )
    cluster.put(server_of("jupyter-anna"))
    cluster.put({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "leader", "namespace": "ml"}})
    cluster.put({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "mine", "namespace": "ml"}})
    return cluster


def test_what_was_started_while_the_program_still_ran_ends_too(cluster: FakeCluster) -> None:
    left_at_the_end: list[list[str]] = []

    def on_hub(request: Request) -> Answer | None:
        if request.method == "DELETE":
            cluster.put(server_of("jupyter-late"))
        return None

    def on_guard(request: Request) -> Answer | None:
        if request.method == "DELETE":
            left_at_the_end.append(cluster.names("Pod"))
        return None

    cluster.broken |= {HUB: on_hub, "/api/v1/namespaces/ml/serviceaccounts/guard": on_guard}
    outcome = cluster.remove()
    assert left_at_the_end == [["Pod mine"]]
    assert cluster.names() == ["Namespace ml", "Pod mine"]
    assert outcome.counts() == {"removed": 5}


def test_check_mode_tells_it_once_and_ends_nothing(cluster: FakeCluster) -> None:
    before = cluster.names()
    assert cluster.remove(check=True).counts() == {"removed": 4}
    assert cluster.names() == before


def test_what_can_t_be_ended_keeps_what_guards_it(cluster: FakeCluster) -> None:
    def refuse(request: Request) -> Answer | None:
        return status(403, "you may not", "Forbidden") if request.method == "DELETE" else None

    cluster.broken[f"{PODS}/jupyter-anna"] = refuse
    with pytest.raises(BootstrapError, match="ServiceAccount ml/guard: Pod ml/jupyter-anna must end before it"):
        cluster.remove()
    assert cluster.names() == ["Namespace ml", "Pod jupyter-anna", "Pod mine", "ServiceAccount guard"]
    # Once fixed, it resumes.
    cluster.broken.clear()
    cluster.remove()
    assert cluster.names() == ["Namespace ml", "Pod mine"]


def test_what_can_t_be_seen_keeps_what_guards_it(cluster: FakeCluster) -> None:
    cluster.broken[PODS] = status(403, "you may not", "Forbidden")
    outcome = cluster.remove()
    why = {each["object"]: each["why"] for each in outcome.objects if each["action"] == "kept"}
    assert why["ServiceAccount ml/guard"] == "whether something was made for it can't be seen: you may not"
