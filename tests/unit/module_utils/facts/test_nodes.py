# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, summed up."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.nodes import Nodes

Json = dict[str, t.Any]
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


def node(name: str = "n", ready: str = "True", allocatable: Json | None = None, arch: str = "amd64", **parts: t.Any) -> Json:
    return {
        "metadata": {"name": name, "labels": parts.pop("labels", {})},
        "spec": parts,
        "status": {
            "conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}],
            "nodeInfo": {"architecture": arch, "operatingSystem": "linux", "kubeletVersion": "v1.35.0", "osImage": "Talos (v1.9)"},
            "allocatable": allocatable or {"cpu": "4", "memory": "16Gi", "pods": "110"},
        },
    }


def summed(*nodes: Json) -> Json:
    result = Nodes()
    for each in nodes:
        result.add(each)
    return result.summary()


def test_no_nodes() -> None:
    result = summed()
    assert (result["count"], result["usable"], result["accelerators"], result["provider_id"]) == (0, 0, [], None)
    assert result["allocatable"] == result["largest"] == {"cpu": 0, "memory": 0, "ephemeral_storage": 0, "pods": 0}


def test_a_node_that_says_nothing() -> None:
    result = summed({"metadata": {"name": "bare"}})
    assert (result["count"], result["ready"], result["schedulable"], result["usable"]) == (1, 0, 1, 0)
    assert result["architectures"] == result["operating_systems"] == result["kubelet_versions"] == {"unknown": 1}
    assert result["roles"] == {"worker": 1}


@pytest.mark.parametrize(
    ("parts", "ready", "schedulable", "usable"),
    [
        ({}, 1, 1, 1),
        ({"ready": "False"}, 0, 1, 0),
        ({"ready": "Unknown"}, 0, 1, 0),
        ({"unschedulable": True}, 1, 0, 0),
        ({"taints": [GPU_TAINT]}, 1, 1, 0),
        ({"taints": [{"key": "a", "effect": "NoExecute"}]}, 1, 1, 0),
        ({"taints": [{"key": "a", "effect": "PreferNoSchedule"}]}, 1, 1, 1),
        ({"taints": None}, 1, 1, 1),
    ],
)
def test_nodes_that_take_ordinary_pods(parts: Json, ready: int, schedulable: int, usable: int) -> None:
    result = summed(node(**parts))
    assert (result["ready"], result["schedulable"], result["usable"]) == (ready, schedulable, usable)


@pytest.mark.parametrize(
    ("parts", "ordinary"),
    [
        ({}, 1),
        ({"ready": "False", "unschedulable": True}, 1),
        ({"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]}, 1),
        ({"taints": [{"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}]}, 1),
        ({"taints": [{"key": "node.cloudprovider.kubernetes.io/uninitialized", "effect": "NoSchedule"}, GPU_TAINT]}, 0),
        ({"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}, 0),
    ],
)
def test_nodes_that_only_lasting_taints_keep_pods_from(parts: Json, ordinary: int) -> None:
    result = summed(node(**parts))["ordinary"]
    assert (result["count"], result["largest"]["cpu"]) == (ordinary, 4 * ordinary)


def test_a_taint_that_passes_is_no_taint_of_gpu_nodes() -> None:
    taints = [GPU_TAINT, {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]
    result = summed(node(taints=taints, allocatable={"nvidia.com/gpu": "1"}))["accelerators"]
    assert [taint["key"] for taint in result[0]["taints"]] == ["nvidia.com/gpu"]


def test_sums_and_the_largest_node() -> None:
    small = node("a", allocatable={"cpu": "1930m", "memory": "6Gi", "pods": "110", "ephemeral-storage": "50Gi"})
    large = node("b", allocatable={"cpu": "16", "memory": "62914560Ki", "pods": "250"})
    result = summed(small, large)
    assert result["allocatable"] == {"cpu": 17.93, "memory": 66 * 2**30, "ephemeral_storage": 50 * 2**30, "pods": 360}
    assert result["largest"] == {"cpu": 16, "memory": 60 * 2**30, "ephemeral_storage": 50 * 2**30, "pods": 250}


def test_counts_by_kind_role_and_place() -> None:
    zone = {"topology.kubernetes.io/region": "r1", "topology.kubernetes.io/zone": "r1-a"}
    control = {"node-role.kubernetes.io/control-plane": "", "node-role.kubernetes.io/master": ""}
    result = summed(
        node("a", labels={**zone, **control}, providerID="gce://project/r1-a/a"),
        node("b", labels=zone, arch="arm64", providerID="gce://project/r1-a/b"),
        node("c", arch="arm64", providerID="kind://docker/kind/c"),
    )
    assert result["architectures"] == {"amd64": 1, "arm64": 2}
    assert result["roles"] == {"control-plane": 1, "master": 1, "worker": 2}
    assert (result["regions"], result["zones"]) == ({"r1": 2}, {"r1-a": 2})
    assert (result["providers"], result["provider_id"]) == ({"gce": 2, "kind": 1}, "gce://project/r1-a/a")


def test_accelerators_with_products_and_taints() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-L4", "cloud.google.com/gke-accelerator": "nvidia-l4"}
    gpu = {"cpu": "8", "nvidia.com/gpu": "2"}
    result = summed(
        node("a", labels=labels, taints=[GPU_TAINT], allocatable=gpu),
        node("b", labels={"cloud.google.com/gke-accelerator": "nvidia-t4"}, allocatable=gpu),
        node("c", allocatable={"nvidia.com/mig-1g.5gb": "7", "amd.com/gpu": "1", "example.com/fpga": "1", "hugepages-2Mi": "1Gi"}),
        node("d", allocatable={"nvidia.com/gpu": "0"}),
    )["accelerators"]
    assert [(each["resource"], each["vendor"], each["count"], each["nodes"]) for each in result] == [
        ("amd.com/gpu", "amd", 1, 1),
        ("nvidia.com/gpu", "nvidia", 4, 2),
        ("nvidia.com/mig-1g.5gb", "nvidia", 7, 1),
    ]
    assert (result[1]["products"], result[1]["taints"]) == (["NVIDIA-L4", "nvidia-t4"], [GPU_TAINT])
