# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From which addresses the nodes reach pods: what the ``ipBlock`` of a NetworkPolicy must have to mean "the nodes, and no pod".

Sources: https://kubernetes.io/docs/concepts/services-networking/network-policies/ ("ipBlock" is the address that the pod sees); the
annotations of flannel (Documentation/kubernetes.md, ``pkg/subnet/kube/annotations.go``: its tunnel device has the first address of the
node's pod network) and of Calico (``libcalico-go/lib/backend/k8s/resources/node.go``).
"""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..data.cni import NODE_ADDRESSES_KEPT
from ..formats.json_object import Json

_Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007
_Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007

_WIDEST = {4: 16, 6: 64}
_NARROWEST = {4: 24, 6: 64}
_FLANNEL = "flannel.alpha.coreos.com/backend-type"
_WITHOUT_TUNNEL = ("host-gw", "alloc")
_CALICO = ("IPv4IPIPTunnelAddr", "IPv4VXLANTunnelAddr", "IPv4WireguardInterfaceAddr", "IPv6VXLANTunnelAddr", "IPv6WireguardInterfaceAddr")
_CALICO_PREFIX = "projectcalico.org/"
_MOST = 500


@dataclass
class NodeNetworks:
    """The addresses of the nodes that were added, of their tunnels, and the networks of their pods."""

    addresses: set[_Address] = field(default_factory=set)
    tunnels: set[_Address] = field(default_factory=set)
    pods: set[_Network] = field(default_factory=set)
    flannel: bool = False
    complete: bool = True

    def add(self, node: Json) -> None:
        """Add one Node object."""
        status, spec = node.get("status") or {}, node.get("spec") or {}
        internal = {
            address
            for each in status.get("addresses") or []
            if each.get("type") == "InternalIP" and (address := _address(each.get("address")))
        }
        pods = {network for text in spec.get("podCIDRs") or [spec.get("podCIDR")] if (network := _network(text))}
        self.complete = self.complete and bool(internal and pods)
        self.addresses |= internal
        self.pods |= pods
        annotations = node["metadata"].get("annotations") or {}
        self.tunnels |= {address for name in _CALICO if (address := _address(annotations.get(_CALICO_PREFIX + name)))}
        if _FLANNEL in annotations:
            self.flannel = True
            if annotations[_FLANNEL] not in _WITHOUT_TUNNEL:
                self.tunnels |= {network.network_address for network in pods}

    def summary(self, cni: str | None) -> list[str] | None:
        """The networks, in order; ``None`` if nothing tells nodes and pods apart by their addresses.

        A private address stands for the widest network around it, up to /16 (/64 with IPv6), that has no pod in it, so that nodes which
        are added are in it, too; a public address and that of a tunnel, which lies in the network of the pods, for itself alone.
        ``cni``: the network plugin, ``None`` if no DaemonSet of one was found.
        """
        known = cni in NODE_ADDRESSES_KEPT or (cni is None and self.flannel)
        if not (known and self.complete and self.addresses):
            return None
        pods = list(_collapsed(self.pods))
        around = {_around(narrow, pods) for narrow in map(_narrow, self.addresses)}
        networks = {network for network in around if network} | {ipaddress.ip_network(address) for address in self.tunnels}
        if None in around or len(networks) > _MOST:
            return None
        return [str(network) for network in _collapsed(networks)]


def _collapsed(networks: set[_Network]) -> Iterator[_Network]:
    for version in (4, 6):
        yield from ipaddress.collapse_addresses(network for network in networks if network.version == version)  # type: ignore[type-var]


def _narrow(address: _Address) -> _Network:
    """The narrowest network that may stand for a node's address."""
    return ipaddress.ip_network(address if address.is_global else (str(address), _NARROWEST[address.version]), strict=False)


def _around(narrow: _Network, pods: list[_Network]) -> _Network | None:
    """The widest network around a narrow one that has no pod in it; ``None`` if even the narrow one has."""
    widest = narrow.prefixlen if narrow.is_global else _WIDEST[narrow.version]
    for width in range(widest, narrow.prefixlen + 1):
        network = narrow.supernet(new_prefix=width)
        if not any(network.version == each.version and network.overlaps(each) for each in pods):
            return network
    return None


def _address(text: object) -> _Address | None:
    try:
        return ipaddress.ip_address(str(text).partition("/")[0])
    except ValueError:
        return None


def _network(text: object) -> _Network | None:
    try:
        return ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        return None
