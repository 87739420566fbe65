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
    found = Nodes()
    for each in nodes:
        found.add(each)
    return found.summary()


def test_no_nodes() -> None:
    found = summed()
    assert (found["count"], found["usable"], found["accelerators"], found["provider_id"]) == (0, 0, [], None)
    assert found["allocatable"] == found["largest"] == {"cpu": 0, "memory": 0, "ephemeral_storage": 0, "pods": 0}


def test_a_node_that_says_nothing() -> None:
    found = summed({"metadata": {"name": "bare"}})
    assert (found["count"], found["ready"], found["schedulable"], found["usable"]) == (1, 0, 1, 0)
    assert found["architectures"] == found["operating_systems"] == found["kubelet_versions"] == {"unknown": 1}
    assert found["roles"] == {"worker": 1}


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
    found = summed(node(**parts))
    assert (found["ready"], found["schedulable"], found["usable"]) == (ready, schedulable, usable)


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
    found = summed(node(**parts))["ordinary"]
    assert (found["count"], found["largest"]["cpu"]) == (ordinary, 4 * ordinary)


def test_a_taint_that_passes_is_no_taint_of_gpu_nodes() -> None:
    taints = [GPU_TAINT, {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]
    found = summed(node(taints=taints, allocatable={"nvidia.com/gpu": "1"}))["accelerators"]
    assert [taint["key"] for taint in found[0]["taints"]] == ["nvidia.com/gpu"]


def test_sums_and_the_largest_node() -> None:
    small = node("a", allocatable={"cpu": "1930m", "memory": "6Gi", "pods": "110", "ephemeral-storage": "50Gi"})
    large = node("b", allocatable={"cpu": "16", "memory": "62914560Ki", "pods": "250"})
    found = summed(small, large)
    assert found["allocatable"] == {"cpu": 17.93, "memory": 66 * 2**30, "ephemeral_storage": 50 * 2**30, "pods": 360}
    assert found["largest"] == {"cpu": 16, "memory": 60 * 2**30, "ephemeral_storage": 50 * 2**30, "pods": 250}


def test_counts_by_kind_role_and_place() -> None:
    zone = {"topology.kubernetes.io/region": "r1", "topology.kubernetes.io/zone": "r1-a"}
    control = {"node-role.kubernetes.io/control-plane": "", "node-role.kubernetes.io/master": ""}
    found = summed(
        node("a", labels={**zone, **control}, providerID="gce://project/r1-a/a"),
        node("b", labels=zone, arch="arm64", providerID="gce://project/r1-a/b"),
        node("c", arch="arm64", providerID="kind://docker/kind/c"),
    )
    assert found["architectures"] == {"amd64": 1, "arm64": 2}
    assert found["roles"] == {"control-plane": 1, "master": 1, "worker": 2}
    assert (found["regions"], found["zones"]) == ({"r1": 2}, {"r1-a": 2})
    assert (found["providers"], found["provider_id"]) == ({"gce": 2, "kind": 1}, "gce://project/r1-a/a")


def test_accelerators_with_products_and_taints() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-L4", "cloud.google.com/gke-accelerator": "nvidia-l4"}
    gpu = {"cpu": "8", "nvidia.com/gpu": "2"}
    found = summed(
        node("a", labels=labels, taints=[GPU_TAINT], allocatable=gpu),
        node("b", labels={"cloud.google.com/gke-accelerator": "nvidia-t4"}, allocatable=gpu),
        node("c", allocatable={"nvidia.com/mig-1g.5gb": "7", "amd.com/gpu": "1", "example.com/fpga": "1", "hugepages-2Mi": "1Gi"}),
        node("d", allocatable={"nvidia.com/gpu": "0"}),
    )["accelerators"]
    assert [(each["resource"], each["vendor"], each["count"], each["nodes"]) for each in found] == [
        ("amd.com/gpu", "amd", 1, 1),
        ("nvidia.com/gpu", "nvidia", 4, 2),
        ("nvidia.com/mig-1g.5gb", "nvidia", 7, 1),
    ]
    assert (found[1]["products"], found[1]["taints"]) == (["NVIDIA-L4", "nvidia-t4"], [GPU_TAINT])
