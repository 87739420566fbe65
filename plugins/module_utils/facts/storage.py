# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Storage classes, and the default class."""

from __future__ import annotations

import re
import typing as t

from ..data.storage_drivers import DRIVERS, MIGRATED, RELEASES, SMALLEST
from ..formats.json_object import Json
from ..kube.quantity import parse

# Kubernetes documentation, "Change the default StorageClass"; the beta annotation is still honoured by the admission plugin
# DefaultStorageClass of Kubernetes 1.35, and is all that some older clusters carry.
_DEFAULT = {
    "storageclass.kubernetes.io/is-default-class": "ga",
    "storageclass.beta.kubernetes.io/is-default-class": "beta",
}
_NO_PROVISIONER = "kubernetes.io/no-provisioner"
_ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")


def storage(items: list[Json], drivers: set[str] | None = None) -> Json:
    """The document ``facts.cluster.storage``, of StorageClasses and the names of the CSIDrivers, ``None`` if unknown.

    Of several default classes the API server takes the newest; so do we, and ``defaults`` lists them all.
    """
    classes = [_class(item, drivers) for item in sorted(items, key=lambda item: item["metadata"]["name"])]
    marked = sorted((item for item in items if _annotation(item)), key=_newest_first)
    default = marked[0]["metadata"]["name"] if marked else None
    return {
        "classes": classes,
        "default": default,
        "usable": sorted((item["name"] for item in classes if _usable(item)), key=lambda name: (name != default, name)),
        "defaults": [item["metadata"]["name"] for item in marked],
    }


def _usable(item: Json) -> bool:
    return item["provisions"] and item["driver_installed"] is not False


def _newest_first(item: Json) -> tuple[float, str]:
    """client-go's sorting in GetDefaultClass: by creation, newest first, then by name."""
    digits = "".join(filter(str.isdigit, item["metadata"].get("creationTimestamp") or "0"))
    return -float(digits or 0), item["metadata"]["name"]


def _annotation(item: Json) -> str | None:
    annotations = item["metadata"].get("annotations") or {}
    return next((kind for name, kind in _DEFAULT.items() if annotations.get(name) == "true"), None)


def _class(item: Json, drivers: set[str] | None) -> Json:
    provisioner: str = item["provisioner"]
    driver = _driver(provisioner)
    known = DRIVERS.get(driver)
    topologies = [_topology(term) for term in item.get("allowedTopologies") or []]
    return {
        "name": item["metadata"]["name"],
        "provisioner": item["provisioner"],
        "provisions": item["provisioner"] != _NO_PROVISIONER,
        "driver": driver,
        "driver_installed": _installed(driver, drivers),
        "read_write_many": known.read_write_many if known else None,
        "smallest": _smallest(driver, item.get("parameters") or {}),
        "binding_mode": item.get("volumeBindingMode") or "Immediate",
        "reclaim_policy": item.get("reclaimPolicy") or "Delete",
        "expansion": bool(item.get("allowVolumeExpansion")),
        "default": bool(_annotation(item)),
        "default_annotation": _annotation(item),
        "topologies": topologies,
        "zones": sorted({zone for term in topologies for key, values in term.items() if _is_zone(key) for zone in values}),
    }


def _driver(provisioner: str) -> str:
    """The driver of a provisioner, by its name in our tables."""
    chart = next((name for pattern, name in RELEASES.items() if re.fullmatch(pattern, provisioner)), provisioner)
    return MIGRATED.get(chart, chart)


def _smallest(driver: str, parameters: dict[str, t.Any]) -> str | None:
    """The smallest volume of a class; ``None`` if no bound is known. Drivers ignore the case of parameters' names."""
    chosen = {key.lower(): str(value) for key, value in parameters.items()}
    fits = (
        row.size
        for row in SMALLEST
        if row.driver == driver and all(re.fullmatch(pattern, chosen.get(key.lower(), "")) for key, pattern in row.parameters.items())
    )
    return next(fits, None)


def _installed(driver: str, drivers: set[str] | None) -> bool | None:
    """``None`` if unknown: only CSI drivers have an object, and a driver may not be in our table."""
    if drivers is None:
        return None
    if driver in drivers:
        return True
    return False if driver in DRIVERS and DRIVERS[driver].csi else None


def _topology(term: Json) -> dict[str, list[str]]:
    return {each["key"]: sorted(each.get("values") or []) for each in term.get("matchLabelExpressions") or []}


def _is_zone(key: str) -> bool:
    """Drivers have their own labels beside those of Kubernetes: ``topology.gke.io/zone``, ``topology.ebs.csi.aws.com/zone``."""
    return key in _ZONES or (key.startswith("topology.") and key.endswith("/zone"))


def within(storage: Json, quotas: list[Json]) -> Json:
    """The same document, with ``forbidden_by`` at each class: the quota of the namespace that allows no volume of the class."""
    classes = [{**each, "forbidden_by": _forbidden_by(each, quotas)} for each in storage["classes"]]
    forbidden = {each["name"] for each in classes if each["forbidden_by"]}
    return {**storage, "classes": classes, "usable": [name for name in storage["usable"] if name not in forbidden]}


def _forbidden_by(item: Json, quotas: list[Json]) -> str | None:
    least = max(parse(item["smallest"] or "0"), 1)
    for quota in quotas:
        for prefix in ("", f"{item['name']}.storageclass.storage.k8s.io/"):
            storage, claims = (quota["hard"].get(f"{prefix}{name}") for name in ("requests.storage", "persistentvolumeclaims"))
            if (storage is not None and parse(storage) < least) or (claims is not None and parse(claims) < 1):
                return str(quota["name"])
    return None
