# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which kinds the API server serves.

Two requests, whatever the number of groups: aggregated discovery
(https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery, Kubernetes 1.30 and newer).
"""

from __future__ import annotations

import typing as t

from .client import Client

Served = dict[str, dict[str, dict[str, t.Any]]]
"""``{"apps/v1": {"Deployment": {"resource": "deployments", "namespaced": True}}}``"""


def served(client: Client) -> Served:
    """All kinds that can be read and written, by API version; groups whose backend is down are left out."""
    return discover(client)[0]


def discover(client: Client) -> tuple[Served, list[str]]:
    """What ``served`` gives, and the API versions (``metrics.k8s.io/v1beta1``) whose backend is down."""
    core, groups = client.map(client.discovery, ("/api", "/apis"))
    result: Served = {}
    down = []
    for group in [*(core.get("items") or []), *(groups.get("items") or [])]:
        for version in group.get("versions") or []:
            name = group.get("metadata", {}).get("name") or ""
            full = f"{name}/{version['version']}" if name else version["version"]
            if version.get("freshness") == "Stale":
                down.append(full)
                continue
            kinds = result.setdefault(full, {})
            for resource in version.get("resources") or []:
                kind = (resource.get("responseKind") or {}).get("kind")
                if kind:
                    kinds[kind] = {
                        "resource": resource["resource"],
                        "namespaced": resource.get("scope") == "Namespaced",
                        "verbs": resource["verbs"],
                    }
    return result, down
