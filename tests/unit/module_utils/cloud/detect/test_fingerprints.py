# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cloud the nodes are of, from their provider IDs."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.detect.fingerprints import from_nodes


def summary(**more: t.Any) -> dict[str, t.Any]:
    return {"count": 3, "providers": {}, "provider_id": None, "regions": {}, "zones": {}, **more}


@pytest.mark.parametrize(
    ("scheme", "provider_id", "provider", "account"),
    [
        ("gce", "gce://my-project/europe-west1-b/node", "gcp", "my-project"),
        ("azure", "azure:///subscriptions/1234/resourceGroups/x", "azure", "1234"),
        ("aws", "aws:///eu-west-1a/i-1", "aws", None),
        ("hcloud", "hcloud://1", "hetzner", None),
        ("kind", "kind://docker/kind/node", None, None),
    ],
)
def test_clouds_by_provider_id(scheme: str, provider_id: str, provider: str | None, account: str | None) -> None:
    cloud = from_nodes(summary(providers={scheme: 2}, provider_id=provider_id, regions={"r": 2}, zones={"r-b": 1, "r-a": 1}))
    assert (cloud.provider, cloud.account, cloud.region, cloud.zones) == (provider, account, "r", ["r-a", "r-b"])
    assert cloud.evidence[0].startswith(f"2 of 3 nodes have a provider ID {scheme}://")


def test_of_several_clouds_the_one_of_most_nodes() -> None:
    assert from_nodes(summary(providers={"aws": 1, "gce": 2}, provider_id="aws:///x")).provider == "gcp"


def test_nothing_known() -> None:
    cloud = from_nodes(summary())
    assert (cloud.provider, cloud.account, cloud.region, cloud.zones, cloud.evidence) == (None, None, None, [], [])
