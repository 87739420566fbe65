# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, storage and rights as a real API server tells of them; long lists, and a server that does not answer in time."""

from __future__ import annotations

import json
import socket
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cluster import gather
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import cluster_info

from tests.integration.conftest import Cluster

Json = dict[str, t.Any]
PROFILE = str(Path(__file__).parent / "profiles" / "hardware.yml")
ARGUMENTS = {"context": None, "cluster": None, "user": None, "namespace": "kubeflow", "timeout": 60.0, "request_timeout": 20.0}
GIB = 2**30


def facts(of: Cluster, kubeconfig: str | None = None) -> Json:
    with of.client(kubeconfig) as client:
        return gather(client, "kubeflow")


@pytest.fixture(scope="module")
def hardware(cluster: Callable[..., Cluster]) -> Cluster:
    """With pods that ask for much, and one that asked for more but has ended."""
    running = cluster(PROFILE, name="hardware")
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    for name, node, requests in (
        ("busy", "cpu-0", {"cpu": "1500m", "memory": "4Gi", "ephemeral-storage": "10Gi"}),
        ("slice", "mixed-1", {"nvidia.com/mig-1g.5gb": "2"}),
    ):
        container = {"name": "main", "image": "x", "resources": {"requests": requests, "limits": requests}}
        spec = {"nodeName": node, "containers": [container], "tolerations": tolerations}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}
        running.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    return running


def test_nodes(hardware: Cluster) -> None:
    gathered = facts(hardware)
    nodes = gathered["nodes"]
    assert gathered["unknown"] == []
    assert (nodes["count"], nodes["ready"], nodes["usable"]) == (5, 5, 2)
    assert (nodes["ordinary"]["count"], nodes["ordinary"]["largest"]["cpu"]) == (2, 8)
    assert nodes["container_runtimes"] == {"containerd://2.0.1": 1, "containerd://2.1.4": 4}
    assert nodes["labels"] == {"alpha.eksctl.io/cluster-name": ["trial"], "eks.amazonaws.com/nodegroup": ["ordinary"]}
    assert nodes["allocatable"] == {"cpu": 64, "memory": 256 * GIB, "ephemeral_storage": 500 * GIB, "pods": 550}
    assert nodes["largest"]["cpu"] == 16
    # Of the two nodes that take ordinary pods, one has a pod.
    assert nodes["free"] == {"cpu": 14.5, "memory": 60 * GIB, "ephemeral_storage": 190 * GIB, "pods": 219}
    assert nodes["largest_free"] == {"cpu": 8, "memory": 32 * GIB, "ephemeral_storage": 100 * GIB, "pods": 110}
    version = gathered["version"]
    assert (version["supported"], version["kubelet_skew"], version["kubelet_skew_supported"]) == (True, {"least": 0, "most": 2}, True)


def test_accelerators_and_their_slices(hardware: Cluster) -> None:
    whole, slices = facts(hardware)["nodes"]["accelerators"]
    assert (slices["resource"], slices["count"], slices["free"], slices["nodes"]) == ("nvidia.com/mig-1g.5gb", 14, 12, 2)
    assert slices["mig"] == {"profiles": ["1g.5gb"], "strategies": ["mixed"]}
    assert (whole["resource"], whole["count"], whole["free"]) == ("nvidia.com/gpu", 2, 2)
    assert (whole["mig"], whole["memory"]) == ({"profiles": ["3g.20gb"], "strategies": ["single"]}, [19968 * 2**20])
    assert whole["taints"] == slices["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]


def test_storage_classes_and_their_drivers(hardware: Cluster) -> None:
    storage = facts(hardware)["storage"]
    classes = {each["name"]: (each["driver"], each["driver_installed"], each["read_write_many"]) for each in storage["classes"]}
    assert classes == {
        "nfs": ("nfs.csi.k8s.io", False, True),
        "old": ("ebs.csi.aws.com", True, False),
        "own": ("volumes.example.com", None, None),
    }
    assert (storage["default"], storage["defaults"]) == ("old", ["old"])


def test_rights_that_are_missing_are_named_exactly(hardware: Cluster) -> None:
    assert facts(hardware)["permissions"]["missing"] == []
    # An administrator of the namespace, and of nothing else: the list of rules alone would not tell.
    hardware.kubectl("create", "namespace", "kubeflow")
    hardware.kubectl("create", "rolebinding", "jane", "--clusterrole=cluster-admin", "--user=jane", "-n", "kubeflow")
    permissions = facts(hardware, hardware.kubeconfig_for("jane"))["permissions"]
    assert permissions["complete"]
    assert all(not rule["namespaced"] for rule in permissions["missing"])
    assert {"namespaced": False, "apiGroups": [""], "resources": ["namespaces"]}.items() <= permissions["missing"][0].items()
    lacking = {(verb, resource) for rule in permissions["missing"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert {("create", "clusterroles"), ("list", "customresourcedefinitions")} <= lacking
    # They are what Kubernetes takes in a ClusterRole; with it, nothing is missing any more.
    rules = [{key: rule[key] for key in ("apiGroups", "resources", "verbs")} for rule in permissions["missing"]]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "jane"}, "rules": rules}
    hardware.kubectl("apply", "-f", "-", stdin=json.dumps(role))
    hardware.kubectl("create", "clusterrolebinding", "jane", "--clusterrole=jane", "--user=jane")
    hardware.eventually(lambda: facts(hardware, hardware.kubeconfig_for("jane"))["permissions"]["missing"] == [], "nothing is missing")


def test_pages_of_the_real_server(hardware: Cluster) -> None:
    with hardware.client() as client:
        whole = [item["metadata"]["name"] for item in client.get("/api/v1/nodes", limit=500)["items"]]
        pages = [[item["metadata"]["name"] for item in page["items"]] for page in client.pages("/api/v1/nodes", limit=2)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [name for page in pages for name in page] == whole


def test_facts_change_nothing_and_take_few_requests(hardware: Cluster) -> None:
    with hardware.untouched():
        before = len(hardware.requests())
        facts(hardware)
    assert len(hardware.requests()) - before <= 30


def test_a_time_for_all_that_is_too_short_is_named(hardware: Cluster) -> None:
    arguments = {**ARGUMENTS, "kubeconfig": hardware.kubeconfig, "timeout": 0.001}
    with pytest.raises(Unreachable, match=r"within 0\.001 seconds"):
        cluster_info.run(arguments, Context(env={}))


def test_a_server_that_takes_connections_and_never_answers(hardware: Cluster, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = json.loads(Path(hardware.kubeconfig).read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{listener.getsockname()[1]}"
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(config), encoding="utf-8")
        with pytest.raises(Unreachable, match=r"no answer within 0\.5 seconds"):
            cluster_info.run({**ARGUMENTS, "kubeconfig": str(path), "request_timeout": 0.5}, Context(env={}))
