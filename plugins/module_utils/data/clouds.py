# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clouds, recognised by nodes, kubeconfigs and API servers.

The tables of ``data/`` are Python literals: Ansible sends only Python files of ``module_utils`` to the host where a module runs.

Sources: the ``spec.providerID`` that each cloud controller manager writes (Kubernetes documentation, "Cloud Controller
Manager"; kubernetes/cloud-provider-gcp, cloud-provider-aws, cloud-provider-azure, cloud-provider-openstack, cloud-provider-vsphere).
"""

from __future__ import annotations

PROVIDERS = {
    "gce": "gcp",
    "aws": "aws",
    "azure": "azure",
    "openstack": "openstack",
    "vsphere": "vsphere",
    "digitalocean": "digitalocean",
    "ibm": "ibm",
    "hcloud": "hetzner",
    "linode": "linode",
    "equinixmetal": "equinix",
}
"""Scheme of a provider ID (``gce://project/zone/name``) to the name of the cloud."""

ACCOUNT = {
    "gcp": r"gce://(?P<project>[^/]+)/",
    "azure": r"azure:///subscriptions/(?P<account>[^/]+)/",
}
"""Where a provider ID names the project or account."""

ACCOUNT_KIND = {"gcp": "project", "aws": "account", "azure": "subscription"}
"""The cloud's term for an account."""

ZONE = {
    "gcp": r"gce://[^/]+/(?P<zone>[^/]+)/",
    "aws": r"aws:///(?P<zone>[^/]+)/",
}
"""Where a provider ID names the zone of a node, for nodes without the label."""

REGION_OF_ZONE = {"gcp": r"(?P<region>.+)-[a-z]$", "aws": r"(?P<region>[a-z]+(-[a-z]+)+-\d+)[a-z]$"}
"""The region in the name of a zone."""

LABELS = {
    "alpha.eksctl.io/cluster-name": ("aws", "cluster_name"),
    "kubernetes.azure.com/network-name": ("azure", "network"),
}
"""Labels of nodes whose value is a fact: the provider, and the name of the fact. Sources: eksctl (schema of managed node groups),
AKS ("reserved system labels")."""

GKE_POOL = "cloud.google.com/gke-nodepool"
"""The label with the name of a node's pool; nodes are called ``gke-<cluster>-<pool>-<8 hex digits>-<4 characters>``."""
AKS_RESOURCES = "kubernetes.azure.com/cluster"
"""The label with the resource group of a cluster's nodes."""

CLUSTER_NAMES = [
    ("gcp", r"gke_(?P<account>[^_]+)_(?P<location>[a-z0-9-]+)_(?P<cluster_name>[a-z0-9-]+)"),
    ("aws", r"arn:aws[a-z-]*:eks:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):cluster/(?P<cluster_name>[\w-]+)"),
    ("aws", r"(?:[^@]+@)?(?P<cluster_name>[A-Za-z0-9-]+)\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.eksctl\.io"),
]
"""Patterns of the names of a kubeconfig's cluster entries, as ``gcloud container clusters get-credentials``, ``aws eks
update-kubeconfig`` and eksctl write them. The first match counts."""

SERVERS = [
    ("aws", r".+\.(?P<region>[a-z0-9-]+)\.eks\.amazonaws\.com(?:\.cn)?"),
    ("azure", r".+\.(?:hcp|privatelink)\.(?P<region>[a-z0-9]+)\.(?:cx\.prod\.service\.)?azmk8s\.(?:io|us)"),
    ("digitalocean", r".+\.k8s\.ondigitalocean\.com"),
    ("linode", r".+\.linodelke\.net"),
    ("ibm", r".+\.containers\.cloud\.ibm\.com"),
]
"""Patterns of the host name of the API server."""
