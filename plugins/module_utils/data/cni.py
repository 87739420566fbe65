# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the network of a cluster is recognised.

Signs as in ``addons``. Sources: the release manifests of calico, canal, cilium, flannel, amazon-vpc-cni-k8s, ovn-kubernetes,
antrea, weave, kube-router and kindnet; GKE documentation, "GKE Dataplane V2" (DaemonSet anetd); AKS documentation, "Azure CNI"
(DaemonSets azure-cns and azure-npm); OpenShift documentation, "OpenShift SDN" and "OVN-Kubernetes"; Multus is not
listed, since it only calls other plugins.
"""

from __future__ import annotations

from .addons import Signs

CNI: dict[str, Signs] = {
    "gke-dataplane-v2": (("name", "anetd"),),
    "canal": (("name", "canal"), ("name", "rke2-canal")),
    "ovn-kubernetes": (("name", "ovnkube-node"),),
    "openshift-sdn": (("label", "app=sdn"),),
    "cilium": (("image", "cilium/cilium"), ("label", "k8s-app=cilium")),
    "calico": (("label", "k8s-app=calico-node"), ("name", "calico-node")),
    "antrea": (("name", "antrea-agent"),),
    "weave": (("name", "weave-net"),),
    "flannel": (("name", "kube-flannel-ds"), ("label", "app=flannel"), ("label", "k8s-app=flannel")),
    "kube-router": (("label", "k8s-app=kube-router"),),
    "kindnet": (("name", "kindnet"), ("label", "app=kindnet")),
    "aws-vpc": (("name", "aws-node"), ("label", "k8s-app=aws-node")),
    "azure": (("name", "azure-cns"), ("name", "azure-cni"), ("name", "azure-cni-networkmonitor")),
}
"""Name to signs of its DaemonSet; of several, the first enforces policies on top of the others."""

CNI_GROUPS = {
    "cilium.io": "cilium",
    "crd.projectcalico.org": "calico",
    "projectcalico.org": "calico",
    "k8s.ovn.org": "ovn-kubernetes",
    "crd.antrea.io": "antrea",
}
"""API group to name, if the DaemonSets can't be read."""

NODE_ADDRESSES_KEPT = ("calico", "canal", "flannel", "kindnet")
"""Networks in which a pod sees a node by an address of the Node object: its internal one, or that of a tunnel in an annotation.

Not in Cilium (GKE Dataplane V2 is one), whose policies know nodes by identity and not by ``ipBlock`` (documentation, "CIDR based"),
nor where pods have addresses of the nodes' network (``aws-vpc``, ``azure``).
"""
