# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GPUs and the like, whole and in slices."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.accelerators import Accelerator, vendor

Json = dict[str, t.Any]
A100 = "NVIDIA-A100-SXM4-40GB"


def summed(resource: str, *nodes: dict[str, str], taints: list[Json] | None = None) -> Json:
    result = Accelerator(resource)
    for labels in nodes:
        result.add(2, labels, taints or [])
    return result.summary(None)


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("nvidia.com/gpu", "nvidia"),
        ("nvidia.com/gpu.shared", "nvidia"),
        ("nvidia.com/mig-3g.20gb", "nvidia"),
        ("nvidia.com/hostdev", None),
        ("amd.com/gpu", "amd"),
        ("gpu.intel.com/i915", "intel"),
        ("gpu.intel.com/i915_monitoring", None),
        ("gpu.intel.com/memory.max", None),
        ("habana.ai/gaudi", "intel"),
        ("google.com/tpu", "google"),
        ("aws.amazon.com/neuroncore", "aws"),
        ("habana.ai/hugepages", None),
        ("huawei.com/Ascend910A", "huawei"),
        ("huawei.com/Ascend910B4-1", "huawei"),
        ("huawei.com/Ascend310P-2c.1cpu", "huawei"),
        ("huawei.com/Ascend910A-memory", None),
        ("huawei.com/Ascend910B4-1-memory", None),
        ("huawei.com/Ascend310P-core", None),
        ("nvidia.com/gpumem", None),
        ("nvidia.com/gpucores", None),
        ("amd.com/gpumem", None),
        ("volcano.sh/vgpu-number", "nvidia"),
        ("volcano.sh/vgpu-memory", None),
        ("aliyun.com/ppu", "alibaba"),
        ("aliyun.com/gpu-mem", None),
        ("aliyun.com/gpu-core.percentage", None),
        ("cambricon.com/vmlu", "cambricon"),
        ("cambricon.com/mlu370", "cambricon"),
        ("cambricon.com/mlu.smlu.vmemory", None),
        ("metax-tech.com/sgpu", "metax"),
        ("metax-tech.com/vmemory", None),
        ("hygon.com/dcunum", "hygon"),
        ("hygon.com/dcumem", None),
        ("iluvatar.ai/BI-V150-vgpu", "iluvatar"),
        ("iluvatar.ai/BI-V150.vMem", None),
        ("mthreads.com/vgpu", "mthreads"),
        ("mthreads.com/sgpu-memory", None),
        ("enflame.com/drs-gcu", "enflame"),
        ("enflame.com/gcu-memory", None),
        ("kunlunxin.com/vxpu", "kunlunxin"),
        ("kunlunxin.com/vxpu-memory", None),
        ("example.com/gpu", None),
        ("hugepages-1Gi", None),
    ],
)
def test_what_is_an_accelerator(resource: str, name: str | None) -> None:
    assert vendor(resource) == name


def test_whole_gpus_of_two_kinds() -> None:
    t4 = {"nvidia.com/gpu.product": "Tesla-T4", "nvidia.com/gpu.memory": "15360", "nvidia.com/mig.strategy": "single", "other": "x"}
    result = summed("nvidia.com/gpu", t4, {"nvidia.com/gpu.product": A100, "nvidia.com/gpu.memory": "40960"})
    assert (result["count"], result["nodes"], result["mig"]) == (4, 2, None)
    assert (result["products"], result["memory"]) == ([A100, "Tesla-T4"], [15360 * 2**20, 40960 * 2**20])
    assert result["labels"]["nvidia.com/gpu.product"] == [A100, "Tesla-T4"]
    assert "other" not in result["labels"]


def test_slices_as_resources_of_their_own() -> None:
    labels = {"nvidia.com/gpu.product": A100, "nvidia.com/gpu.memory": "40960", "nvidia.com/mig.strategy": "mixed"}
    result = summed("nvidia.com/mig-1g.5gb", labels)
    assert result["mig"] == {"profiles": ["1g.5gb"], "strategies": ["mixed"]}
    # The label is of the whole GPU.
    assert (result["products"], result["memory"]) == ([A100], [])


def test_slices_offered_as_whole_gpus() -> None:
    labels = {"nvidia.com/gpu.product": f"{A100}-MIG-1g.5gb", "nvidia.com/gpu.memory": "4864", "nvidia.com/mig.strategy": "single"}
    result = summed("nvidia.com/gpu", labels)
    assert (result["mig"], result["memory"]) == ({"profiles": ["1g.5gb"], "strategies": ["single"]}, [4864 * 2**20])


def test_slices_of_gke() -> None:
    labels = {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100", "cloud.google.com/gke-gpu-partition-size": "2g.10gb"}
    assert summed("nvidia.com/gpu", labels)["mig"] == {"profiles": ["2g.10gb"], "strategies": []}


def test_taints_that_last() -> None:
    own = {"key": "nvidia.com/gpu", "value": None, "effect": "NoSchedule"}
    passing = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    assert summed("nvidia.com/gpu", {}, taints=[own, passing])["taints"] == [{"key": "nvidia.com/gpu", "value": "", "effect": "NoSchedule"}]


def test_many_values_of_a_label_are_cut() -> None:
    nodes = [{"nvidia.com/gpu.product": f"p{number:03}"} for number in range(50)]
    assert len(summed("nvidia.com/gpu", *nodes)["labels"]["nvidia.com/gpu.product"]) == 20
