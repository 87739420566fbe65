# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, summed up one by one, so that memory does not grow with the cluster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..data.node_labels import LABELS, MOST_VALUES, PASSING_TAINTS
from ..formats.json_object import Json
from ..kube.quantity import parse
from .accelerators import Accelerator, vendor
from .node_networks import NodeNetworks
from .pods import Requests

RESOURCES = ("cpu", "memory", "ephemeral-storage", "pods")
_ROLE = "node-role.kubernetes.io/"
_REGION = "topology.kubernetes.io/region"
_ZONE = "topology.kubernetes.io/zone"
_COUNTERS = (
    "architectures", "operating_systems", "kubelet_versions", "container_runtimes", "roles", "regions", "zones", "providers",
)  # fmt: skip
# Three quarters of a node are the names of its images. Matches exactly what the API server writes: a quote inside of a text is
# preceded by a backslash, so a match can't begin elsewhere.
_IMAGES = re.compile(rb'"images":\[(?:\{"names":\[[^\]]*+\](?:,"sizeBytes":\d++)?\},?)*+\]')


def without_images(page: bytes) -> bytes:
    """A page of nodes as JSON, without the images, which are not used."""
    return _IMAGES.sub(b'"images":[]', page)


@dataclass
class Nodes:
    """The sum over the nodes that were added."""

    count: int = 0
    ready: int = 0
    schedulable: int = 0
    usable: int = 0
    ordinary: int = 0
    architectures: Counter[str] = field(default_factory=Counter)
    operating_systems: Counter[str] = field(default_factory=Counter)
    kubelet_versions: Counter[str] = field(default_factory=Counter)
    container_runtimes: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    providers: Counter[str] = field(default_factory=Counter)
    provider_id: str | None = None
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    label_values: dict[str, set[str]] = field(default_factory=dict)
    os_images: set[str] = field(default_factory=set)
    totals: dict[str, float] = field(default_factory=dict)
    largest: dict[str, float] = field(default_factory=dict)
    largest_ordinary: dict[str, float] = field(default_factory=dict)
    rooms: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """What each usable node can allocate, in the order of ``RESOURCES``."""
    accelerators: dict[str, Accelerator] = field(default_factory=dict)
    networks: NodeNetworks = field(default_factory=NodeNetworks)

    def add(self, node: Json) -> None:
        """Add one Node object."""
        metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
        labels = metadata.get("labels") or {}
        taints = [taint for taint in spec.get("taints") or [] if taint.get("effect") in ("NoSchedule", "NoExecute")]
        ready = any(item.get("type") == "Ready" and item.get("status") == "True" for item in status.get("conditions") or [])
        schedulable = not spec.get("unschedulable", False)
        usable = ready and schedulable and not taints
        ordinary = all(taint["key"].startswith(PASSING_TAINTS) for taint in taints)
        self.count += 1
        self.ready += ready
        self.schedulable += schedulable
        self.usable += usable
        self.ordinary += ordinary
        if len(self.names) < 2:
            self.names.add(metadata["name"])
        self._kind(status.get("nodeInfo") or {}, labels)
        self._provider(spec.get("providerID") or "")
        self._labels(labels)
        allocatable = status.get("allocatable") or {}
        self._allocatable(allocatable, metadata["name"] if usable else None, ordinary)
        self._accelerators(allocatable, labels, taints)
        self.networks.add(node)

    def _kind(self, info: Json, labels: dict[str, str]) -> None:
        self.architectures[info.get("architecture") or labels.get("kubernetes.io/arch") or "unknown"] += 1
        self.operating_systems[info.get("operatingSystem") or labels.get("kubernetes.io/os") or "unknown"] += 1
        self.kubelet_versions[info.get("kubeletVersion") or "unknown"] += 1
        self.container_runtimes[info.get("containerRuntimeVersion") or "unknown"] += 1
        self.os_images.add(info.get("osImage") or "")

    def _provider(self, provider_id: str) -> None:
        if provider_id:
            self.providers[provider_id.split(":", 1)[0]] += 1
            self.provider_id = self.provider_id or provider_id

    def _labels(self, labels: dict[str, str]) -> None:
        roles = {name.removeprefix(_ROLE) for name in labels if name.startswith(_ROLE)} or {"worker"}
        for role in roles:
            self.roles[role] += 1
        for counter, name in ((self.regions, _REGION), (self.zones, _ZONE)):
            if labels.get(name):
                counter[labels[name]] += 1
        self.labels.update(labels)
        for name in LABELS & labels.keys():
            self.label_values.setdefault(name, set()).add(labels[name])

    def _allocatable(self, allocatable: dict[str, str], usable: str | None, ordinary: bool) -> None:
        amounts = tuple(parse(allocatable.get(resource, 0)) for resource in RESOURCES)
        for resource, amount in zip(RESOURCES, amounts, strict=True):
            self.totals[resource] = self.totals.get(resource, 0) + amount
            for largest in (self.largest, self.largest_ordinary) if ordinary else (self.largest,):
                largest[resource] = max(amount, largest.get(resource, 0))
        if usable:
            self.rooms[usable] = amounts

    def _accelerators(self, allocatable: dict[str, str], labels: dict[str, str], taints: list[Json]) -> None:
        for resource, text in allocatable.items():
            if vendor(resource) and (amount := int(parse(text))):
                self.accelerators.setdefault(resource, Accelerator(resource)).add(amount, labels, taints)

    def summary(self, requests: Requests | None = None, cni: str | None = None) -> Json:
        """The document ``facts.cluster.nodes``; ``requests``: those of the pods, if known; ``cni``: the name of the network plugin."""
        total, largest = self._free(requests) if requests else (None, None)
        return {
            "count": self.count,
            "ready": self.ready,
            "schedulable": self.schedulable,
            "usable": self.usable,
            "ordinary": {"count": self.ordinary, "largest": _amounts(self.largest_ordinary)},
            **{name: dict(sorted(getattr(self, name).items())) for name in _COUNTERS},
            "provider_id": self.provider_id,
            "networks": self.networks.summary(cni),
            "labels": {name: sorted(values)[:MOST_VALUES] for name, values in sorted(self.label_values.items())},
            "allocatable": _amounts(self.totals),
            "largest": _amounts(self.largest),
            "free": total and _amounts(total),
            "largest_free": largest and _amounts(largest),
            "accelerators": [accelerator.summary(requests) for _resource, accelerator in sorted(self.accelerators.items())],
        }

    def _free(self, requests: Requests) -> tuple[dict[str, float], dict[str, float]]:
        """The free capacity of the usable nodes: in total, and for each resource on the node with the most of it."""
        total, largest = dict.fromkeys(RESOURCES, 0.0), dict.fromkeys(RESOURCES, 0.0)
        for name, room in self.rooms.items():
            taken = requests.of(name)
            for resource, amount in zip(RESOURCES, room, strict=True):
                left = max(amount - taken.get(resource, 0), 0)
                total[resource] += left
                largest[resource] = max(left, largest[resource])
        return total, largest


def _amounts(amounts: Mapping[str, float]) -> Json:
    """CPU in cores; memory and ephemeral storage in bytes; pods."""
    whole = {resource.replace("-", "_"): int(amounts.get(resource, 0)) for resource in RESOURCES[1:]}
    return {"cpu": round(amounts.get("cpu", 0), 3), **whole}
