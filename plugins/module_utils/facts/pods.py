# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests of the pods of a cluster, summed up by node, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..formats.json_object import Json
from ..kube.quantity import parse
from .queries import Queries

MOST = 20_000
"""The number of pods that are read at most: about two seconds, and 100 MB of traffic."""
_ENDED = ("Succeeded", "Failed")


@dataclass
class Requests:
    """Requests of the containers of pods that have not ended, by node and resource; ``pods`` counts the pods themselves."""

    nodes: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, pod: Json) -> None:
        """Add one Pod object."""
        spec = pod.get("spec") or {}
        if not spec.get("nodeName") or (pod.get("status") or {}).get("phase") in _ENDED:
            return
        sums = self.nodes.setdefault(spec["nodeName"], {})
        sums["pods"] = sums.get("pods", 0) + 1
        for container in spec.get("containers") or []:
            for resource, text in ((container.get("resources") or {}).get("requests") or {}).items():
                sums[resource] = sums.get(resource, 0) + parse(text)

    def of(self, node: str) -> Mapping[str, float]:
        """Requests on one node, by resource."""
        return self.nodes.get(node) or {}

    def total(self, resource: str) -> float:
        """Requests on all nodes."""
        return sum(sums.get(resource, 0) for sums in self.nodes.values())


def requests(queries: Queries) -> Requests | None:
    """Requests of all pods; ``None``, and an entry in ``unknown``, if they can't be read or are more than ``MOST``."""
    result = Requests()
    for number, page in enumerate(queries.pages("", "Pod")):
        items = page.get("items") or []
        count = len(items) + (page.get("metadata", {}).get("remainingItemCount") or 0)
        if number == 0 and count > MOST:
            queries.note("Pod", f"There are {count} pods. What is free on the nodes is worked out for up to {MOST}.")
            return None
        for pod in items:
            result.add(pod)
    return result if queries.knows("Pod") else None
