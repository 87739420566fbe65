# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the nodes and the kubeconfig say of the cloud that a cluster runs on. Asks nobody."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from ...data.clouds import ACCOUNT, AKS_RESOURCES, CLUSTER_NAMES, GKE_POOL, LABELS, PROVIDERS, REGION_OF_ZONE, SERVERS, ZONE
from ...formats.json_object import Json
from .azure import cluster_of_resource_group
from .detection import CloudFinding


def from_nodes(nodes: Json) -> CloudFinding:
    """From ``facts.cluster.nodes``: provider IDs, regions, zones, and the values of some labels."""
    finding = CloudFinding()
    schemes: dict[str, int] = nodes.get("providers") or {}
    scheme = max(schemes, key=lambda name: schemes[name]) if schemes else None
    if scheme:
        finding.provider = PROVIDERS.get(scheme)
        what = "" if finding.provider else ", which is no cloud's"
        finding.evidence.append(f"{schemes[scheme]} of {nodes['count']} nodes have a provider ID {scheme}://{what}")
    provider_id = str(nodes.get("provider_id") or "")
    finding.account = _part(ACCOUNT, finding.provider, provider_id)
    finding.region = _most(nodes.get("regions"))
    finding.zones = sorted(nodes.get("zones") or {})
    zone = _part(ZONE, finding.provider, provider_id)
    if zone and not finding.zones:
        finding.zones = [zone]
    if not finding.region and finding.zones:
        finding.region = _part(REGION_OF_ZONE, finding.provider, finding.zones[0])
    _labels(finding, nodes.get("labels") or {}, provider_id)
    return finding


def _labels(finding: CloudFinding, labels: dict[str, list[str]], provider_id: str) -> None:
    """``labels``: the values of each label over all nodes; where there are several, none is the cluster's."""
    for label, (provider, fact) in LABELS.items():
        value = _only(labels.get(label))
        if value and provider == finding.provider:
            setattr(finding, fact, value)
            finding.evidence.append(f"The nodes have the label {label}={value}")
    if finding.provider == "gcp" and labels.get(GKE_POOL):
        finding.cluster_name = _gke_cluster(provider_id, labels[GKE_POOL])
        if finding.cluster_name:
            finding.evidence.append(f"A node is called {provider_id.rsplit('/', 1)[-1]}, in a pool of the cluster {finding.cluster_name}")
    if finding.provider == "azure":
        group = re.search(r"/resourceGroups/([^/]+)/", provider_id, re.IGNORECASE)
        name = _only(labels.get(AKS_RESOURCES)) or (group[1] if group else "")
        finding.cluster_name = cluster_of_resource_group(name, finding.region)
        if finding.cluster_name:
            finding.evidence.append(f"The nodes are in the resource group {name}")


def _gke_cluster(provider_id: str, pools: list[str]) -> str | None:
    """The cluster in ``gke-<cluster>-<pool>-<8 hex digits>-<4 characters>``, if the name was not cut off for its length."""
    for pool in sorted(pools, key=len, reverse=True):
        match = re.search(rf"/gke-([a-z0-9-]+)-{re.escape(pool)}-[0-9a-f]{{8}}-[a-z0-9]{{4}}$", provider_id)
        if match:
            return match[1]
    return None


def from_kubeconfig(kubeconfig: Json) -> CloudFinding:
    """From ``facts.kubeconfig``: the names that the clouds' tools give to clusters, and the host name of the API server."""
    finding = CloudFinding()
    cluster = str(kubeconfig.get("cluster") or "")
    for name in (cluster, str(kubeconfig.get("context") or "")):
        for provider, pattern in CLUSTER_NAMES:
            match = re.fullmatch(pattern, name)
            if match and not finding.provider:
                parts = match.groupdict()
                finding.provider, finding.account, finding.cluster_name = provider, parts.get("account"), parts.get("cluster_name")
                location = parts.get("location")
                finding.region = parts.get("region") or (_part(REGION_OF_ZONE, provider, location) or location if location else None)
                finding.evidence.append(f"The kubeconfig calls the cluster {name}")
    host = urlsplit(str(kubeconfig.get("server") or "")).hostname or ""
    for provider, pattern in SERVERS:
        match = re.fullmatch(pattern, host)
        if match and finding.provider in (None, provider):
            finding.provider = provider
            finding.region = finding.region or match.groupdict().get("region")
            finding.evidence.append(f"The API server is called {host}")
            if provider == "azure" and not finding.cluster_name and cluster:
                # az aks get-credentials names the entry so.
                finding.cluster_name = cluster
    return finding


def _most(counts: t.Any) -> str | None:
    """The most frequent of ``{value: count}``."""
    return max(sorted(counts), key=lambda value: int(counts[value])) if isinstance(counts, dict) and counts else None


def _only(values: list[str] | None) -> str | None:
    return values[0] if values and len(values) == 1 else None


def _part(patterns: dict[str, str], provider: str | None, text: str) -> str | None:
    match = re.match(patterns[provider], text) if provider in patterns else None
    return match.group(1) if match else None
