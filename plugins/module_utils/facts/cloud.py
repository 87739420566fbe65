# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cloud the nodes are of. Private to the collection."""

from __future__ import annotations

import re
import typing as t

from ..data.clouds import ACCOUNT, PROVIDERS

Json = dict[str, t.Any]


def describe(nodes: Json) -> Json:
    """The document ``facts.cloud``, from ``facts.cluster.nodes``; its fields are documented in the module ``cloud_info``."""
    schemes = nodes.get("providers") or {}
    scheme = max(schemes, key=lambda name: schemes[name]) if schemes else None
    provider = PROVIDERS.get(scheme) if scheme else None
    provider_id = nodes.get("provider_id") or ""
    account = re.match(ACCOUNT[provider], provider_id) if provider in ACCOUNT else None
    regions, zones = nodes.get("regions") or {}, nodes.get("zones") or {}
    return {
        "provider": provider,
        "account": account.group(1) if account else None,
        "region": next(iter(regions), None),
        "zones": sorted(zones),
        "evidence": [f"{schemes[scheme]} of {nodes['count']} nodes have a provider ID {scheme}://"] if scheme and provider else [],
    }
