# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments and DaemonSets, read once; only those that the tables recognise stay in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..data.addons import ADDONS, ISTIO_PARTS, KUBEFLOW, Signs
from ..data.cni import CNI
from ..data.load_balancers import CONTROLLERS
from ..formats.json_object import Json
from ..kube.managed_by import managed_by
from .queries import Queries

KEPT = 20
"""Workloads for each entry of a table: there may be thousands of DaemonSets of ServiceLB, or one Argo CD for each team."""
_TABLES: dict[str, dict[str, Signs]] = {
    "addon": {name: addon.signs for name, addon in ADDONS.items()},
    "kubeflow": KUBEFLOW,
    "istio": ISTIO_PARTS,
    "cni": CNI,
    "load_balancer": CONTROLLERS,
}
_VERSION = re.compile(r"v?\d+\.\d+")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Workload:
    """One Deployment or DaemonSet. ``sign``: what it was recognised by, in words; ``arguments``: those of all its containers."""

    kind: str
    namespace: str
    name: str
    sign: str
    version: str | None
    ready: bool
    managed_by: Json | None
    labels: dict[str, str]
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass
class Workloads:
    """``complete``: whether all could be read. By table and entry: ``workloads.of("cni", "calico")``."""

    complete: bool = True
    entries: dict[tuple[str, str], list[Workload]] = field(default_factory=dict)

    def of(self, table: str, name: str) -> list[Workload]:
        """The workloads of an entry of a table, the surest first."""
        return self.entries.get((table, name), [])

    def add(self, kind: str, item: Json) -> None:
        """Add one object, if a table recognises it."""
        for (table, name), (rank, sign, image) in _recognised(item).items():
            known = self.entries.setdefault((table, name), [])
            if len(known) < KEPT:
                known.insert(sum(1 for each in known if _rank(table, name, each.sign) <= rank), _workload(kind, item, sign, image))


def workloads(queries: Queries) -> Workloads:
    """All workloads of the cluster that a table recognises."""
    result = Workloads()
    for kind in ("Deployment", "DaemonSet"):
        for item in queries.items("apps", kind):
            result.add(kind, item)
    result.complete = queries.knows("Deployment", "apps") and queries.knows("DaemonSet", "apps")
    return result


def _index() -> dict[tuple[str, str], list[tuple[str, str, str, int]]]:
    """By kind of sign and the last path element of its value: value, table, entry, rank."""
    index: dict[tuple[str, str], list[tuple[str, str, str, int]]] = {}
    for table, entries in _TABLES.items():
        for name, signs in entries.items():
            for rank, (kind, value) in enumerate(signs):
                key = value.rsplit("/", 1)[-1] if kind == "image" else value
                index.setdefault((kind, key), []).append((value, table, name, rank))
    return index


_SIGNS = _index()


def _rank(table: str, name: str, sign: str) -> int:
    kind, _space, value = sign.partition(" ")
    return _TABLES[table][name].index((kind, value))


def _recognised(item: Json) -> dict[tuple[str, str], tuple[int, str, str]]:
    """By table and entry: the rank of the first sign that matches, the sign, and the image that has the version."""
    seen: dict[tuple[str, str], tuple[int, str, str]] = {}
    images = [str(container.get("image") or "") for container in _containers(item)]
    for kind, text, image in _looks(item["metadata"], images):
        key = text.rsplit("/", 1)[-1] if kind == "image" else text
        for value, table, name, rank in _SIGNS.get((kind, key), ()):
            fits = kind != "image" or f"/{text}".endswith(f"/{value}")
            if fits and rank < seen.get((table, name), (99,))[0]:
                seen[table, name] = (rank, f"{kind} {value}", image)
    return seen


def _containers(item: Json) -> list[Json]:
    return item.get("spec", {}).get("template", {}).get("spec", {}).get("containers") or []


def _looks(metadata: Json, images: list[str]) -> Iterator[tuple[str, str, str]]:
    for image in images:
        yield "image", repository(image), image
    for label, value in (metadata.get("labels") or {}).items():
        yield "label", f"{label}={value}", images[0] if images else ""
    yield "name", metadata["name"], images[0] if images else ""


def repository(image: str) -> str:
    """``registry:5000/istio/pilot:1.29@sha256:0`` is ``registry:5000/istio/pilot``."""
    path = image.split("@", 1)[0]
    head, slash, last = path.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}"


def version(image: str, labels: dict[str, str]) -> str | None:
    """The image's tag if that is a version, else the label ``app.kubernetes.io/version``, else the tag, but for ``latest`` and commits."""
    tag = image.split("@", 1)[0].rpartition("/")[2].partition(":")[2]
    label = labels.get("app.kubernetes.io/version")
    if _VERSION.match(tag) or not label:
        return None if tag in ("", "latest") or _COMMIT.fullmatch(tag) else tag
    return label


def _workload(kind: str, item: Json, sign: str, image: str) -> Workload:
    metadata, status = item["metadata"], item.get("status") or {}
    labels: dict[str, str] = metadata.get("labels") or {}
    if kind == "Deployment":
        replicas = item.get("spec", {}).get("replicas", 1)
        ready = 0 < replicas <= status.get("availableReplicas", 0)
    else:
        ready = status.get("numberReady", 0) >= status.get("desiredNumberScheduled", 0)
    arguments = tuple(str(each) for container in _containers(item) for each in container.get("args") or [])
    return Workload(
        kind,
        metadata["namespace"],
        metadata["name"],
        sign,
        version(image, labels),
        ready,
        managed_by(metadata),
        _kept_labels(labels),
        arguments,
    )


def _kept_labels(labels: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name in ("istio.io/rev",)}


def names(workloads: Iterable[Workload], limit: int = 3) -> list[str]:
    """``Deployment istio-system/istiod``, a few of them."""
    return [str(each) for each in workloads][:limit]
