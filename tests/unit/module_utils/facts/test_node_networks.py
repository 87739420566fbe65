# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The networks that hold the nodes and no pod."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.node_networks import NodeNetworks

Json = dict[str, t.Any]


def node(address: str, *pods: str, **annotations: str) -> Json:
    addresses = [{"type": "Hostname", "address": "n"}, {"type": "InternalIP", "address": address}]
    return {"metadata": {"name": "n", "annotations": annotations}, "spec": {"podCIDRs": list(pods)}, "status": {"addresses": addresses}}


def networks(cni: str | None, *nodes: Json) -> list[str] | None:
    result = NodeNetworks()
    for each in nodes:
        result.add(each)
    return result.summary(cni)


def test_a_private_network_is_as_wide_as_no_pod_is_in_it() -> None:
    assert networks("kindnet", node("172.18.0.2", "10.244.0.0/24"), node("172.18.7.3", "10.244.1.0/24")) == ["172.18.0.0/16"]
    assert networks("kindnet", node("10.0.3.4", "10.0.64.0/20")) == ["10.0.0.0/18"]
    assert networks("kindnet", node("10.0.3.4", "10.1.0.0/24"), node("10.2.3.4", "10.1.1.0/24")) == ["10.0.0.0/16", "10.2.0.0/16"]


def test_public_addresses_stand_for_themselves() -> None:
    assert networks("calico", node("8.8.8.8", "10.244.0.0/24"), node("2001:4860:4860::8888", "10.244.1.0/24")) == [
        "8.8.8.8/32",
        "2001:4860:4860::8888/128",
    ]


def test_both_families() -> None:
    both = node("192.168.1.5", "10.244.0.0/24", "fd00:10:244::/64")
    both["status"]["addresses"].append({"type": "InternalIP", "address": "fd00:1::5"})
    assert networks("calico", both) == ["192.168.0.0/16", "fd00:1::/64"]


@pytest.mark.parametrize(
    ("cni", "annotations", "tunnels"),
    [
        ("flannel", {"flannel.alpha.coreos.com/backend-type": "vxlan"}, ["10.42.1.0/32"]),
        (None, {"flannel.alpha.coreos.com/backend-type": "wireguard"}, ["10.42.1.0/32"]),  # k3s has no DaemonSet of it
        ("flannel", {"flannel.alpha.coreos.com/backend-type": "host-gw"}, []),
        ("calico", {"projectcalico.org/IPv4IPIPTunnelAddr": "10.42.9.64"}, ["10.42.9.64/32"]),
        ("calico", {"projectcalico.org/IPv4VXLANTunnelAddr": "10.42.9.64/32"}, ["10.42.9.64/32"]),
        ("calico", {"projectcalico.org/IPv4IPIPTunnelAddr": "broken"}, []),
    ],
)
def test_the_ends_of_tunnels_are_addresses_of_nodes(cni: str | None, annotations: dict[str, str], tunnels: list[str]) -> None:
    assert networks(cni, node("192.168.1.5", "10.42.1.0/24", **annotations)) == [*tunnels, "192.168.0.0/16"]


@pytest.mark.parametrize(
    ("cni", "nodes"),
    [
        ("calico", []),
        ("cilium", [node("172.18.0.2", "10.244.0.0/24")]),
        (None, [node("172.18.0.2", "10.244.0.0/24")]),
        ("calico", [node("10.0.3.4", "10.0.3.128/25")]),  # pods have addresses of the nodes' network
        ("calico", [node("10.0.3.4")]),  # nobody knows those of the pods
        ("calico", [node("10.0.3.4", "10.1.0.0/24"), node("broken", "10.1.1.0/24")]),
    ],
)
def test_what_does_not_tell_nodes_and_pods_apart_is_unknown(cni: str | None, nodes: list[Json]) -> None:
    assert networks(cni, *nodes) is None


def test_a_network_is_not_listed_address_by_address() -> None:
    many = [node(f"9.{number // 250}.{number % 250}.1", "10.42.1.0/24") for number in range(501)]
    assert networks("calico", *many) is None
    assert len(networks("calico", *many[:500]) or []) == 500
