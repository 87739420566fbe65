# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GPUs and the like: one resource of a device plugin over all nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from ..data.accelerators import (
    LABELS,
    MEMORY_LABELS,
    MIG_PRODUCT,
    MIG_PROFILE_LABELS,
    MIG_RESOURCE,
    MIG_STRATEGY_LABEL,
    PRODUCT_LABELS,
    VENDORS,
)
from ..data.node_labels import MOST_VALUES, PASSING_TAINTS
from ..formats.json_object import Json
from ..kube.quantity import parse
from .pods import Requests


@lru_cache(maxsize=1000)
def vendor(resource: str) -> str | None:
    """The vendor of a resource; ``None`` if it is not an accelerator."""
    return next((name for pattern, name in VENDORS.items() if re.fullmatch(pattern, resource)), None)


@dataclass
class Accelerator:
    """The sum over the nodes that offer ``resource``."""

    resource: str
    count: int = 0
    nodes: int = 0
    products: set[str] = field(default_factory=set)
    memory: set[int] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    strategies: set[str] = field(default_factory=set)
    taints: set[tuple[str, str, str]] = field(default_factory=set)
    labels: dict[str, set[str]] = field(default_factory=dict)

    def add(self, amount: int, labels: dict[str, str], taints: list[Json]) -> None:
        """Add a node that offers ``amount``; ``taints`` are those that repel pods."""
        self.count += amount
        self.nodes += 1
        lasting = [taint for taint in taints if not taint["key"].startswith(PASSING_TAINTS)]
        self.taints.update((taint["key"], taint.get("value") or "", taint["effect"]) for taint in lasting)
        for name in LABELS:
            if name in labels:
                self.labels.setdefault(name, set()).add(labels[name])
        product = next((labels[name] for name in PRODUCT_LABELS if labels.get(name)), None)
        if product:
            self.products.add(product)
        self._mig(labels, product or "")

    def _mig(self, labels: dict[str, str], product: str) -> None:
        """Under the strategy ``mixed`` labels have the memory of the whole GPU, not of a slice."""
        own = MIG_RESOURCE.fullmatch(self.resource)
        single = None if own else MIG_PRODUCT.fullmatch(product)
        profiles = [match[1] for match in (own, single) if match]
        if not profiles and self.resource.startswith("nvidia.com/"):
            profiles = [labels[name] for name in MIG_PROFILE_LABELS if labels.get(name)]
        self.profiles.update(profiles)
        if profiles and labels.get(MIG_STRATEGY_LABEL):
            self.strategies.add(labels[MIG_STRATEGY_LABEL])
        if not own:
            self.memory.update(int(parse(labels[name] + unit)) for name, unit in MEMORY_LABELS.items() if labels.get(name))

    def summary(self, requests: Requests | None) -> Json:
        """One entry of ``facts.cluster.nodes.accelerators``."""
        return {
            "resource": self.resource,
            "vendor": vendor(self.resource),
            "count": self.count,
            "free": max(self.count - int(requests.total(self.resource)), 0) if requests else None,
            "nodes": self.nodes,
            "products": sorted(self.products),
            "memory": sorted(self.memory),
            "mig": {"profiles": sorted(self.profiles), "strategies": sorted(self.strategies)} if self.profiles else None,
            "taints": [{"key": key, "value": value, "effect": effect} for key, value, effect in sorted(self.taints)],
            "labels": {name: sorted(values)[:MOST_VALUES] for name, values in sorted(self.labels.items())},
        }
