# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Profiles: the objects and nodes of a local cluster, from YAML to plain Kubernetes objects.

The fields are those of the Kubernetes objects. All keys are optional:

- ``nodes``: a list of pools: ``name`` and ``count`` (one node called ``name`` without it; else ``name-0`` ..., or where the name says
  ``{index}``), ``zones`` (dealt out in turn) and ``region``, ``labels``, ``annotations``, ``taints``, ``providerID``, ``capacity``,
  ``allocatable`` (else as capacity) and ``nodeInfo``. ``{name}``, ``{index}`` and ``{zone}`` in texts are replaced.
  ``real: true``: nodes that really run pods, on this machine; of the others they have ``name``, ``count``, ``labels`` and ``taints``.
- ``storageClasses``: a list of StorageClasses with ``name``; ``default: ga`` or ``beta`` says with which annotation it is the default;
  ``volumes: {count, size, accessModes}`` makes PersistentVolumes of the class, since nothing provisions any here.
- ``csiDrivers``: CSIDrivers: ``name`` and the fields of their spec.
- ``ingressClasses``: ``name``, ``controller``, ``default``.
- ``customResourceDefinitions``: ``group``, ``kind``, ``plural``, ``scope``, ``versions`` (the last one is stored); any content is valid.
- ``namespaces``: names.
- ``images``: names of sets in ``files/images/images.yml``, whose images real nodes have beside those of the core package.
- ``objects``: any further objects, whole.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError, missing_library
from ...formats.json_object import Json

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]


DEFAULT_ANNOTATIONS = {
    "ga": "storageclass.kubernetes.io/is-default-class",
    "beta": "storageclass.beta.kubernetes.io/is-default-class",
}
SIMULATED = {"kwok.x-k8s.io/node": "fake"}
"""The annotation of kwok's nodes (https://kwok.sigs.k8s.io/docs/user/kwok-manage-nodes-and-pods/)."""
_MOST_REAL = 50
_KEYS = {
    "nodes": {
        "name", "count", "zones", "region", "labels", "annotations", "taints", "providerID", "capacity", "allocatable", "nodeInfo",
    },
    "real nodes": {"name", "count", "labels", "taints", "real"},
    "storageClasses": {
        "name", "default", "provisioner", "parameters", "reclaimPolicy", "volumeBindingMode", "allowVolumeExpansion",
        "mountOptions", "volumes", "labels", "annotations",
    },
    "csiDrivers": {
        "name", "attachRequired", "podInfoOnMount", "fsGroupPolicy", "volumeLifecycleModes", "storageCapacity", "requiresRepublish",
    },
    "ingressClasses": {"name", "controller", "default", "parameters"},
    "customResourceDefinitions": {"group", "kind", "plural", "scope", "versions", "shortNames"},
}  # fmt: skip
_REQUIRED = {
    "nodes": ("name", "capacity"),
    "real nodes": ("name",),
    "storageClasses": ("name", "provisioner"),
    "csiDrivers": ("name",),
    "ingressClasses": ("name", "controller"),
    "customResourceDefinitions": ("group", "kind", "plural", "versions"),
}


@dataclass(frozen=True)
class Pool:
    """Nodes that really run pods. ``taints``: in kubelet's format."""

    name: str
    count: int | None
    labels: dict[str, str]
    taints: list[str]

    def names(self) -> list[str]:
        return _names(self.name, self.count)


@dataclass(frozen=True)
class Profile:
    """``name``: for people; ``content``: of the file."""

    name: str
    content: Json

    def real(self) -> list[Pool]:
        """The pools of nodes that really run pods."""
        return [
            Pool(
                name=each["name"],
                count=each.get("count"),
                labels=each.get("labels") or {},
                taints=[f"{taint['key']}={taint.get('value', '')}:{taint['effect']}" for taint in each.get("taints") or []],
            )
            for each in self.content.get("nodes") or []
            if each.get("real")
        ]

    def image_sets(self) -> list[str]:
        """The sets of images that real nodes have beside those of the core package."""
        return list(self.content.get("images") or [])

    def objects(self) -> list[Json]:
        """All objects, CRDs first, in an order in which each can be created. Real nodes register themselves."""
        objects: list[Json] = []
        for key, make in _MAKERS.items():
            for entry in self.content.get(key) or []:
                objects += make(entry)
        return objects


def read(name: str, files: Path) -> Profile:
    """The profile ``name``: the path of a YAML file, or the name of one in ``files``."""
    path = Path(name).expanduser()
    if path.suffix not in (".yml", ".yaml"):
        path = files / f"{name}.yml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in files.glob("*.yml")))
            raise BootstrapError(f"There is no profile {name!r}.", fix=f"Name one of {known}, or the path of a YAML file.")
    return Profile(path.stem, parse(_load(path), str(path)))


def parse(content: object, where: str) -> Json:
    """The validated ``content``. Raises ``BootstrapError`` that names the field otherwise."""
    if not isinstance(content, dict):
        raise BootstrapError(f"{where}: a profile is a mapping.", fix=f"Its keys are {', '.join(_MAKERS)}.")
    for key, entries in content.items():
        if key not in _MAKERS:
            raise BootstrapError(f"{where}: unknown key {key!r}.", fix=f"There are {', '.join(_MAKERS)}.")
        if not isinstance(entries, list):
            raise BootstrapError(f"{where}: {key} must be a list.")
        for index, entry in enumerate(entries):
            _check(key, entry, f"{where}: {key}[{index}]")
    return content


def _check(key: str, entry: object, where: str) -> None:
    if key in ("namespaces", "images"):
        if not isinstance(entry, str):
            raise BootstrapError(f"{where} must be a name.")
        return
    if not isinstance(entry, dict):
        raise BootstrapError(f"{where} must be a mapping.")
    if key == "nodes" and entry.get("real"):
        key = "real nodes"
    required = _REQUIRED.get(key, ("apiVersion", "kind", "metadata"))
    missing = [field for field in required if field not in entry]
    if missing:
        raise BootstrapError(f"{where}: {missing[0]} is missing.")
    unknown = sorted(set(entry) - _KEYS[key]) if key in _KEYS else []
    if unknown:
        raise BootstrapError(f"{where}: unknown key {unknown[0]!r}.", fix=f"There are {', '.join(sorted(_KEYS[key]))}.")
    if key == "real nodes":
        _check_real(entry, where)
    if key == "storageClasses" and entry.get("default", "ga") not in DEFAULT_ANNOTATIONS:
        raise BootstrapError(f"{where}.default must be ga or beta.", fix="Leave it out for a class that is not the default.")
    if key == "customResourceDefinitions" and not (isinstance(entry["versions"], list) and entry["versions"]):
        raise BootstrapError(f"{where}.versions must be a list of names such as v1.")


def _check_real(pool: Json, where: str) -> None:
    """A real node has a folder by its name, and an address by its number."""
    count = pool.get("count")
    if count is not None and not (isinstance(count, int) and 1 <= count <= _MOST_REAL):
        raise BootstrapError(f"{where}.count must be a number from 1 to {_MOST_REAL}.")
    if not all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in _names(str(pool["name"]), count)):
        raise BootstrapError(f"{where}.name: {pool['name']!r} is no name of a node.", fix="Use a-z, 0-9 and -, as in a DNS label.")


def _load(path: Path) -> object:
    if yaml is None:
        raise missing_library("To read profiles", "PyYAML")
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BootstrapError(f"The profile {path} can't be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BootstrapError(f"The profile {path} is not YAML: {' '.join(str(error).split())}") from error


def _names(name: str, count: int | None) -> list[str]:
    pattern = name if count is None or "{index}" in name else f"{name}-{{index}}"
    return [pattern.replace("{index}", str(index)) for index in range(1 if count is None else count)]


def _nodes(pool: Json) -> list[Json]:
    if pool.get("real"):
        return []
    zones = pool.get("zones") or [None]
    nodes = []
    for index, name in enumerate(_names(pool["name"], pool.get("count"))):
        zone = zones[index % len(zones)]
        texts = {"{name}": name, "{index}": str(index), "{zone}": zone or ""}
        nodes.append(_fill(_node(pool, name, zone), texts))
    return nodes


def _node(pool: Json, name: str, zone: str | None) -> Json:
    info = {"operatingSystem": "linux", "architecture": "amd64", **pool.get("nodeInfo", {})}
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": info["operatingSystem"],
        "kubernetes.io/arch": info["architecture"],
        **({"topology.kubernetes.io/region": pool["region"]} if "region" in pool else {}),
        **({"topology.kubernetes.io/zone": zone} if zone else {}),
        **pool.get("labels", {}),
    }
    spec = {key: pool[key] for key in ("providerID", "taints") if key in pool}
    capacity = {key: str(value) for key, value in pool["capacity"].items()}
    allocatable = {key: str(value) for key, value in pool.get("allocatable", {}).items()}
    status = {"capacity": capacity, "allocatable": {**capacity, **allocatable}, "nodeInfo": {**_NODE_INFO, **info}}
    return _object("v1", "Node", name, pool, labels=labels, annotations=SIMULATED, spec=spec, status=status)


# Node.status.nodeInfo has no optional fields.
_NODE_INFO = {
    key: ""
    for key in (
        "bootID",
        "containerRuntimeVersion",
        "kernelVersion",
        "kubeProxyVersion",
        "kubeletVersion",
        "machineID",
        "osImage",
        "systemUUID",
    )
}


def _storage_class(entry: Json) -> list[Json]:
    default = entry.get("default")
    annotations = {DEFAULT_ANNOTATIONS[default]: "true"} if default else {}
    fields = {key: value for key, value in entry.items() if key not in ("name", "default", "volumes", "labels", "annotations")}
    objects = [_object("storage.k8s.io/v1", "StorageClass", entry["name"], entry, annotations=annotations, **fields)]
    volumes = entry.get("volumes") or {}
    for index in range(volumes.get("count", 10) if volumes else 0):
        spec = {
            "storageClassName": entry["name"],
            "capacity": {"storage": volumes.get("size", "100Gi")},
            "accessModes": volumes.get("accessModes", ["ReadWriteOnce"]),
            # Retained: kube-controller-manager would delete a hostPath from this machine's disk.
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": f"/local-cluster/{entry['name']}/{index}"},
        }
        objects.append(_object("v1", "PersistentVolume", f"{entry['name']}-{index}", {}, spec=spec))
    return objects


def _csi_driver(entry: Json) -> list[Json]:
    spec = {key: value for key, value in entry.items() if key != "name"}
    return [_object("storage.k8s.io/v1", "CSIDriver", entry["name"], {}, spec=spec)]


def _ingress_class(entry: Json) -> list[Json]:
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"} if entry.get("default") else {}
    spec = {key: entry[key] for key in ("controller", "parameters") if key in entry}
    return [_object("networking.k8s.io/v1", "IngressClass", entry["name"], {}, annotations=annotations, spec=spec)]


def _definition(entry: Json) -> list[Json]:
    names = {"kind": entry["kind"], "plural": entry["plural"], "singular": entry["kind"].lower(), "listKind": f"{entry['kind']}List"}
    if "shortNames" in entry:
        names["shortNames"] = entry["shortNames"]
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [
        {"name": version, "served": True, "storage": version == entry["versions"][-1], "schema": schema} for version in entry["versions"]
    ]
    spec = {"group": entry["group"], "scope": entry.get("scope", "Namespaced"), "names": names, "versions": versions}
    name = f"{entry['plural']}.{entry['group']}"
    # Kubernetes asks for a link to the review of CRDs in its own groups.
    own = entry["group"].endswith((".k8s.io", ".kubernetes.io"))
    annotations = {"api-approved.kubernetes.io": "unapproved, local cluster"} if own else {}
    return [_object("apiextensions.k8s.io/v1", "CustomResourceDefinition", name, {}, annotations=annotations, spec=spec)]


def _namespace(name: str) -> list[Json]:
    return [_object("v1", "Namespace", name, {})]


_MAKERS: dict[str, t.Callable[[t.Any], list[Json]]] = {
    "customResourceDefinitions": _definition,
    "namespaces": _namespace,
    "nodes": _nodes,
    "csiDrivers": _csi_driver,
    "storageClasses": _storage_class,
    "ingressClasses": _ingress_class,
    "objects": lambda entry: [entry],
    "images": lambda _entry: [],
}


def _object(api_version: str, kind: str, name: str, entry: Json, **parts: t.Any) -> Json:
    """An object with ``parts``; labels and annotations of the profile's ``entry`` win."""
    metadata: Json = {"name": name}
    for key in ("labels", "annotations"):
        texts = {**parts.pop(key, {}), **entry.get(key, {})}
        if texts:
            metadata[key] = texts
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def _fill(value: t.Any, texts: dict[str, str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _fill(each, texts) for key, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, texts) for each in value]
    if isinstance(value, str):
        for pattern, text in texts.items():
            value = value.replace(pattern, text)
    return value
