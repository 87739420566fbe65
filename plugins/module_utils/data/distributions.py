# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a distribution of Kubernetes is recognised.

Each signal is a kind and a value. Any of these is enough:

- ``label``: a label's name on some node begins with this
- ``provider``: the scheme of some node's provider ID
- ``api``: an API group that is served
- ``os``: a node's ``osImage`` begins with this
- ``node``: the name of some node
- ``kubelet``: some node's kubelet version contains this

These count only with another signal of a different kind, because more than one distribution has them:

- ``version``: the server's version contains this; others imitate it
- ``cloud``: the scheme of some node's provider ID, which is that of all clusters in a cloud
- ``group``: an API group that is served
- ``mark``: some node has the label of exactly this name

Sources: GKE node labels (cloud.google.com/kubernetes-engine/docs/concepts/node-labels), EKS (docs.aws.amazon.com/eks, "managed
node groups"; aws/amazon-vpc-resource-controller-k8s for its API group), eksctl (labels), AKS (learn.microsoft.com/azure/aks,
"reserved system labels"), OpenShift 4 API reference, k3s and RKE2 documentation and k3s-io/k3s pkg/cloudprovider (provider IDs),
MicroK8s, Talos (system extensions), kind, minikube, Docker Desktop and kwok documentation.
"""

from __future__ import annotations

DISTRIBUTIONS: dict[str, list[tuple[str, str]]] = {
    "openshift": [("api", "config.openshift.io"), ("api", "route.openshift.io"), ("label", "node.openshift.io/")],
    "gke": [("label", "cloud.google.com/gke-"), ("version", "-gke."), ("cloud", "gce"), ("group", "networking.gke.io")],
    "eks": [
        ("label", "eks.amazonaws.com/"),
        ("label", "alpha.eksctl.io/"),
        ("api", "vpcresources.k8s.aws"),
        ("version", "-eks-"),
        ("cloud", "aws"),
    ],
    "aks": [("label", "kubernetes.azure.com/"), ("mark", "agentpool"), ("cloud", "azure")],
    "kind": [("provider", "kind"), ("node", "kind-control-plane")],
    "k3s": [("provider", "k3s"), ("version", "+k3s"), ("group", "k3s.cattle.io")],
    "rke2": [("provider", "rke2"), ("label", "rke.cattle.io/"), ("version", "+rke2"), ("group", "k3s.cattle.io")],
    "microk8s": [("label", "microk8s.io/"), ("label", "node.kubernetes.io/microk8s-")],
    "talos": [("os", "Talos"), ("label", "extensions.talos.dev/")],
    "minikube": [("label", "minikube.k8s.io/"), ("node", "minikube")],
    "docker-desktop": [("node", "docker-desktop")],
    "kwok": [("label", "kwok.x-k8s.io/"), ("kubelet", "kwok-")],
}
"""Name to signals; the first distribution with enough signals counts, so the more special ones come first."""

BACKING = ("version", "cloud", "group", "mark")
"""Kinds of signals that are not enough alone."""
