# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which nodes belong to which cloud. Private to the collection.

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
