# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host name that should lead to an address: the request, the owner, and the mark that tells.

Whose a name is, is told from a mark that lies with it, never from memory. So a run that was killed after the record was made, and
before anything was written down, finds it again.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ...formats.json_object import Json
from ..static_ip.address import MANAGER, label_value

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_MARK = re.compile(rf"{MANAGER} application=([a-z0-9_-]+) cluster=([a-z0-9_-]+)")


@dataclass(frozen=True)
class DnsRecordSpec:
    """``addresses``: IP addresses, or one host name (a load balancer's) for a CNAME. ``account``: the project at Google.

    ``zone``: the zone that the user named, by ID or domain. ``ttl``: seconds. ``seconds``: how long to wait for the cloud.
    """

    application: str
    cluster: str
    hostname: str
    addresses: tuple[str, ...] = ()
    account: str | None = None
    zone: str | None = None
    ttl: int = 300
    adopt: bool = False
    seconds: float = 120.0

    @property
    def mark(self) -> str:
        """What lies beside what is ours."""
        return f"{MANAGER} application={label_value(self.application)} cluster={label_value(self.cluster)}"

    @property
    def target(self) -> str:
        return ", ".join(self.addresses)


@dataclass(frozen=True)
class DnsRecordResult:
    """What became of a name. ``before`` and ``after``: record type to values. ``made``: whether it carries our mark."""

    changed: bool
    made: bool
    message: str
    zone: str | None = None
    before: Json = field(default_factory=dict)
    after: Json = field(default_factory=dict)


def whose(mark: str) -> str | None:
    """For which application and cluster a mark says that something was made, in words; ``None`` if it is no mark."""
    match = _MARK.search(mark)
    return f"this collection, for the application {match[1]} of the cluster {match[2]}" if match else None


def checked(hostname: str) -> str:
    """The name in small letters without a dot at its end. Raises ``BootstrapError`` where it is no full host name."""
    name = hostname.strip().rstrip(".").lower()
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BootstrapError(
            f"{hostname!r} is no full host name.",
            fix="Name one such as kubeflow.example.com; one with other letters in its form that begins with xn--.",
        )
    return name


def version_of(address: str) -> int | None:
    """4 or 6; ``None`` for what is no IP address."""
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return None


def normal(addresses: t.Iterable[str]) -> tuple[str, ...]:
    """Addresses in their usual form, each once. Raises ``BootstrapError`` for what can't stand together or is none."""
    names: list[str] = []
    for each in filter(None, (str(one).strip() for one in addresses)):
        names.append(str(ipaddress.ip_address(each)) if version_of(each) else checked(each))
    unique = tuple(dict.fromkeys(names))
    if len(unique) > 1 and any(version_of(each) is None for each in unique):
        raise BootstrapError(f"A name leads to IP addresses, or to one other name, not to {', '.join(unique)}.", fix="Correct addresses.")
    return unique
