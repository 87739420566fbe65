# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Node labels whose values describe the whole cluster.

Sources: eksctl ("managed node groups"), EKS ("managed node groups", "EKS Auto Mode"), Karpenter ("well-known labels"), AKS ("reserved
system labels"), GKE ("node labels"), kOps, Cluster API, OpenShift, Rancher, Kubernetes ("well-known labels, annotations and taints").
"""

from __future__ import annotations

LABELS = frozenset(
    {
        "alpha.eksctl.io/cluster-name",
        "alpha.eksctl.io/nodegroup-name",
        "eks.amazonaws.com/nodegroup",
        "eks.amazonaws.com/capacityType",
        "eks.amazonaws.com/compute-type",
        "karpenter.sh/nodepool",
        "karpenter.sh/capacity-type",
        "kubernetes.azure.com/cluster",
        "kubernetes.azure.com/agentpool",
        "kubernetes.azure.com/scalesetpriority",
        "cloud.google.com/gke-nodepool",
        "cloud.google.com/gke-spot",
        "cloud.google.com/gke-preemptible",
        "cloud.google.com/gke-provisioning",
        "cloud.google.com/gke-container-runtime",
        "kops.k8s.io/instancegroup",
        "cluster.x-k8s.io/cluster-name",
        "machine.openshift.io/cluster-api-cluster",
        "hypershift.openshift.io/nodePool",
        "cattle.io/os",
        "node.kubernetes.io/instance-type",
        "topology.gke.io/zone",
    }
)

MOST_VALUES = 20
"""The number of values of a label that are recorded at most."""

PASSING_TAINTS = (
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "karpenter.sh/",
    "node.cilium.io/agent-not-ready",
)
"""Prefixes of the keys of temporary taints: of a node's condition, of its start, of an autoscaler's plans.

(https://kubernetes.io/docs/reference/labels-annotations-taints/, the documentation of cluster-autoscaler, Karpenter and Cilium.)
"""
