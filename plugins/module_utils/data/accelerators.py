# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accelerators by the name of the resource that their device plugin offers. Private to the collection.

Sources: the device plugins' documentation: NVIDIA/k8s-device-plugin and NVIDIA/gpu-feature-discovery, ROCm/k8s-device-plugin,
intel/intel-device-plugins-for-kubernetes, HabanaAI, GKE (cloud TPU), AWS Neuron.
"""

from __future__ import annotations

VENDORS = {
    "nvidia.com/": "nvidia",
    "amd.com/": "amd",
    "gpu.intel.com/": "intel",
    "habana.ai/": "intel",
    "google.com/tpu": "google",
    "aws.amazon.com/neuron": "aws",
}
"""Beginning of a resource's name to the vendor."""

PRODUCT_LABELS = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "k8s.amazonaws.com/accelerator",
    "kubernetes.azure.com/accelerator",
    "amd.com/gpu.product-name",
)
"""Node labels that name the product, the most exact first."""
