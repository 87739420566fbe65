# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accelerators by the name of the resource that their device plugin offers.

Sources: NVIDIA/k8s-device-plugin and its gpu-feature-discovery (resources, labels, MIG strategies; memory in MiB), ROCm/k8s-device-plugin
and its node labeller, intel/intel-device-plugins-for-kubernetes (GPU plugin: ``i915`` and ``xe`` are devices; ``millicores``, ``tiles``,
``memory.max`` and ``*_monitoring`` are not), Habana's device plugin, GKE ("TPUs in GKE", "GPU node labels"), AWS Neuron's device plugin,
Huawei's ascend-device-plugin, EKS and AKS node labels; of vendors whose devices are shared Project-HAMi/HAMi (charts/hami/values.yaml and
templates/scheduler/device-configmap.yaml), volcano-sh/devices, AliyunContainerService/gpushare-device-plugin. Memory, cores or percents
of a device (``-memory``, ``-core``, ``gpumem``, ``.vMem``, ``gpu-mem``) are not devices: patterns match only devices.
"""

from __future__ import annotations

import re

VENDORS = {
    r"nvidia\.com/(gpu(\.shared)?|mig-.+)": "nvidia",
    r"volcano\.sh/v?gpu-number": "nvidia",
    r"amd\.com/(gpu|[cdqst]px_nps\d)": "amd",
    r"gpu\.intel\.com/(i915|xe)": "intel",
    r"habana\.ai/(gaudi\d?|goya|greco)": "intel",
    r"google\.com/tpu": "google",
    r"aws\.amazon\.com/neuron(core|device)?": "aws",
    r"huawei\.com/(npu|Ascend(?!.*-(memory|core)$)[\w.-]+)": "huawei",
    r"aliyun\.com/ppu": "alibaba",
    r"cambricon\.com/(mlu\d*|vmlu|mlunum)": "cambricon",
    r"metax-tech\.com/s?gpu": "metax",
    r"hygon\.com/(dcu|hcu)(num)?": "hygon",
    r"iluvatar\.ai/(gpu|[A-Z]+-V\d+-vgpu)": "iluvatar",
    r"mthreads\.com/v?gpu": "mthreads",
    r"enflame\.com/(drs-|v)?gcu": "enflame",
    r"kunlunxin\.com/v?xpu": "kunlunxin",
    r"birentech\.com/gpu": "biren",
    r"vastaitech\.com/va": "vastai",
}
"""A resource's name, as a regular expression, to the vendor."""

PRODUCT_LABELS = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "k8s.amazonaws.com/accelerator",
    "kubernetes.azure.com/accelerator",
    "amd.com/gpu.product-name",
    "gpu.intel.com/product",
)
"""Node labels that name the product, the most exact first."""

MEMORY_LABELS = {"nvidia.com/gpu.memory": "Mi", "amd.com/gpu.vram": ""}
"""Node labels with the memory of one device, and the unit that their number lacks."""

MIG_RESOURCE = re.compile(r"nvidia\.com/mig-(.+?)(\.shared)?")
"""With the strategy ``mixed`` each profile is a resource of its own."""
MIG_PRODUCT = re.compile(r".*-MIG-(.+?)(-SHARED)?")
"""With the strategy ``single`` the product names the profile, and the resource is called as that of a whole GPU."""
MIG_STRATEGY_LABEL = "nvidia.com/mig.strategy"
MIG_PROFILE_LABELS = ("cloud.google.com/gke-gpu-partition-size",)

LABELS = (
    *PRODUCT_LABELS,
    *MEMORY_LABELS,
    MIG_STRATEGY_LABEL,
    *MIG_PROFILE_LABELS,
    "nvidia.com/mig.config",
    "nvidia.com/gpu.count",
    "nvidia.com/gpu.replicas",
    "nvidia.com/gpu.sharing-strategy",
    "nvidia.com/cuda.driver-version.full",
    "nvidia.com/cuda.runtime-version.full",
    "cloud.google.com/gke-gpu-driver-version",
    "cloud.google.com/gke-gpu-sharing-strategy",
    "cloud.google.com/gke-tpu-topology",
)
"""Node labels that workloads select accelerators by, or with their configuration."""
