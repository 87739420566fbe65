# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controllers that give Services of type LoadBalancer an address.

Sources: Kubernetes documentation, "Cloud Controller Manager" (its service controller) and the README of each provider's;
MetalLB documentation, "Configuration" (metallb.io); Cilium documentation, "LoadBalancer IP Address Management"; kube-vip
documentation, "On-premises cloud provider"; K3s documentation, "Service Load Balancer"; MicroK8s, minikube and Docker Desktop
documentation; OpenShift API, ``Infrastructure.status.platform``.
"""

from __future__ import annotations

from .addons import Signs

CLOUDS = {
    "gce": "Google Cloud",
    "aws": "AWS",
    "azure": "Azure",
    "openstack": "OpenStack",
    "digitalocean": "DigitalOcean",
    "ibm": "IBM Cloud",
    "hcloud": "Hetzner Cloud",
    "linode": "Linode",
    "oci": "Oracle Cloud",
    "scaleway": "Scaleway",
    "vultr": "Vultr",
    "alicloud": "Alibaba Cloud",
}
"""Schemes of provider IDs whose cloud controller manager also makes load balancers. Not vSphere, Equinix Metal, kind or k3s: theirs
(or what writes the ID) makes none by itself."""

OPENSHIFT_PLATFORMS = ("AWS", "Azure", "GCP", "IBMCloud", "OpenStack", "AlibabaCloud", "PowerVS")
"""Values of ``status.platform`` of OpenShift's Infrastructure where its cloud controller manager makes load balancers."""

CONTROLLERS: dict[str, Signs] = {
    "metallb": (("image", "metallb/controller"), ("image", "metallb-controller")),
    "kube-vip": (("image", "kube-vip/kube-vip"), ("name", "kube-vip-ds"), ("name", "kube-vip")),
    "kube-vip-cloud-provider": (("image", "kube-vip/kube-vip-cloud-provider"), ("name", "kube-vip-cloud-provider")),
    "servicelb": (("image", "klipper-lb"),),
    "purelb": (("image", "purelb/allocator"),),
    "openelb": (("image", "openelb/openelb-controller"), ("image", "openelb")),
    "loxilb": (("image", "loxilb-io/kube-loxilb"),),
}
"""Name to signs, as in ``addons``."""

POOLS = {
    "metallb": ("metallb.io", "IPAddressPool"),
    "cilium": ("cilium.io", "CiliumLoadBalancerIPPool"),
}
"""Name to API group and kind of the objects that have its addresses."""

NOT_BY_ITSELF = {
    "kind": "kind has none of its own; cloud-provider-kind runs outside of the cluster",
    "minikube": "minikube gives addresses only while `minikube tunnel` runs",
}
"""Distributions whose addresses come from outside of the cluster."""
