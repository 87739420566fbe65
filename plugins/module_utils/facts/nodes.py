# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, summed up one by one, so that a large cluster costs no memory. Private to the collection."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ..data.accelerators import PRODUCT_LABELS, VENDORS
from ..quantity import parse

Json = dict[str, t.Any]

_ROLE = "node-role.kubernetes.io/"
_REGION = "topology.kubernetes.io/region"
_ZONE = "topology.kubernetes.io/zone"


@dataclass
class Accelerator:
    """One resource of a device plugin over all nodes."""

    count: int = 0
    nodes: int = 0
    products: set[str] = field(default_factory=set)
    taints: set[tuple[str, str, str]] = field(default_factory=set)


@dataclass
class Nodes:
    """The sum over the nodes that were added."""

    count: int = 0
    ready: int = 0
    schedulable: int = 0
    usable: int = 0
    architectures: Counter[str] = field(default_factory=Counter)
    operating_systems: Counter[str] = field(default_factory=Counter)
    kubelet_versions: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    providers: Counter[str] = field(default_factory=Counter)
    provider_id: str | None = None
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    os_images: set[str] = field(default_factory=set)
    totals: Counter[str] = field(default_factory=Counter)
    largest: dict[str, float] = field(default_factory=dict)
    accelerators: dict[str, Accelerator] = field(default_factory=dict)

    def add(self, node: Json) -> None:
        """Count one Node object in."""
        metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
        labels = metadata.get("labels") or {}
        info = status.get("nodeInfo") or {}
        taints = spec.get("taints") or []
        ready = any(item.get("type") == "Ready" and item.get("status") == "True" for item in status.get("conditions") or [])
        self.count += 1
        self.ready += ready
        self.schedulable += not spec.get("unschedulable", False)
        self.usable += ready and not spec.get("unschedulable", False) and not any(_repels(taint) for taint in taints)
        self.architectures[info.get("architecture") or labels.get("kubernetes.io/arch") or "unknown"] += 1
        self.operating_systems[info.get("operatingSystem") or labels.get("kubernetes.io/os") or "unknown"] += 1
        self.kubelet_versions[info.get("kubeletVersion") or "unknown"] += 1
        self.roles.update({name.removeprefix(_ROLE) for name in labels if name.startswith(_ROLE)} or {"worker"})
        self.regions.update(labels[key] for key in (_REGION,) if labels.get(key))
        self.zones.update(labels[key] for key in (_ZONE,) if labels.get(key))
        self._provider(spec.get("providerID") or "")
        if len(self.names) < 2:
            self.names.add(metadata["name"])
        self.labels.update(labels)
        self.os_images.add(info.get("osImage") or "")
        self._allocatable(status.get("allocatable") or {}, labels, taints)

    def _provider(self, provider_id: str) -> None:
        if provider_id:
            self.providers[provider_id.split(":", 1)[0]] += 1
            self.provider_id = self.provider_id or provider_id

    def _allocatable(self, allocatable: dict[str, str], labels: dict[str, str], taints: list[Json]) -> None:
        for resource in ("cpu", "memory", "pods"):
            amount = parse(allocatable.get(resource, 0))
            self.totals[resource] += amount  # type: ignore[assignment]
            self.largest[resource] = max(amount, self.largest.get(resource, 0))
        for resource, text in allocatable.items():
            amount = int(parse(text))
            if amount and _vendor(resource):
                found = self.accelerators.setdefault(resource, Accelerator())
                found.count += amount
                found.nodes += 1
                found.products.update([labels[key] for key in PRODUCT_LABELS if labels.get(key)][:1])
                found.taints.update((taint["key"], taint.get("value") or "", taint["effect"]) for taint in taints if _repels(taint))

    def summary(self) -> Json:
        """The document ``facts.cluster.nodes``."""
        return {
            "count": self.count,
            "ready": self.ready,
            "schedulable": self.schedulable,
            "usable": self.usable,
            **{name: dict(sorted(getattr(self, name).items())) for name in _COUNTERS},
            "provider_id": self.provider_id,
            "allocatable": _amounts(self.totals),
            "largest": _amounts(self.largest),
            "accelerators": [_accelerator(resource, found) for resource, found in sorted(self.accelerators.items())],
        }


_COUNTERS = ("architectures", "operating_systems", "kubelet_versions", "roles", "regions", "zones", "providers")


def _repels(taint: Json) -> bool:
    return taint.get("effect") in ("NoSchedule", "NoExecute")


def _vendor(resource: str) -> str | None:
    return next((vendor for start, vendor in VENDORS.items() if resource.startswith(start)), None)


def _amounts(amounts: t.Mapping[str, float]) -> Json:
    """CPU in cores, memory in bytes, pods."""
    return {"cpu": round(amounts.get("cpu", 0), 3), "memory": int(amounts.get("memory", 0)), "pods": int(amounts.get("pods", 0))}


def _accelerator(resource: str, found: Accelerator) -> Json:
    return {
        "resource": resource,
        "vendor": _vendor(resource),
        "count": found.count,
        "nodes": found.nodes,
        "products": sorted(found.products),
        "taints": [{"key": key, "value": value, "effect": effect} for key, value, effect in sorted(found.taints)],
    }
