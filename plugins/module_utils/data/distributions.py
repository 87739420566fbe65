# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a distribution of Kubernetes is recognised. Private to the collection.

Each signal is one line: what is looked at, and what it must hold.

- ``label``: a label's name on some node begins with this
- ``provider``: the scheme of some node's provider ID
- ``api``: an API group that is served
- ``os``: a node's ``osImage`` begins with this
- ``version``: the server's version holds this; it only backs up other signals, because others imitate it
- ``node``: some node is called this

Sources: GKE node labels (cloud.google.com/kubernetes-engine/docs/concepts/node-labels), EKS (docs.aws.amazon.com/eks, "managed
node groups"), AKS (learn.microsoft.com/azure/aks, "reserved system labels"), OpenShift 4 API reference, k3s and RKE2 documentation
(labels ``node.kubernetes.io/instance-type``), MicroK8s, Talos, kind, minikube, Docker Desktop and kwok documentation.
"""

from __future__ import annotations

DISTRIBUTIONS: dict[str, list[tuple[str, str]]] = {
    "openshift": [("api", "config.openshift.io"), ("api", "route.openshift.io"), ("label", "node.openshift.io/")],
    "gke": [("label", "cloud.google.com/gke-"), ("version", "-gke.")],
    "eks": [("label", "eks.amazonaws.com/"), ("version", "-eks-")],
    "aks": [("label", "kubernetes.azure.com/"), ("label", "agentpool")],
    "kind": [("provider", "kind")],
    "k3s": [("provider", "k3s"), ("version", "+k3s")],
    "rke2": [("label", "rke.cattle.io/"), ("version", "+rke2")],
    "microk8s": [("label", "microk8s.io/")],
    "talos": [("os", "Talos")],
    "minikube": [("label", "minikube.k8s.io/")],
    "docker-desktop": [("node", "docker-desktop")],
    "kwok": [("label", "kwok.x-k8s.io/")],
}
"""Name to signals; the first with a signal other than ``version`` is taken, so the more special ones come first."""
