# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Storage classes, and which of them is the default. Private to the collection."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

# Kubernetes documentation, "Change the default StorageClass"; the beta annotation is still honoured by the admission plugin
# DefaultStorageClass of Kubernetes 1.35, and is all that some older clusters carry.
_DEFAULT = {
    "storageclass.kubernetes.io/is-default-class": "ga",
    "storageclass.beta.kubernetes.io/is-default-class": "beta",
}
_NO_PROVISIONER = "kubernetes.io/no-provisioner"


def storage(items: list[Json]) -> Json:
    """The document ``facts.cluster.storage``.

    Of several default classes the API server takes the one that was made last; so do we, and ``defaults`` lists them all.
    """
    classes = [_class(item) for item in sorted(items, key=lambda item: item["metadata"]["name"])]
    marked = sorted((item for item in items if _annotation(item)), key=_newest_first)
    default = marked[0]["metadata"]["name"] if marked else None
    return {
        "classes": classes,
        "default": default,
        "usable": sorted((item["name"] for item in classes if item["provisions"]), key=lambda name: (name != default, name)),
        "defaults": [item["metadata"]["name"] for item in marked],
    }


def _newest_first(item: Json) -> tuple[float, str]:
    """client-go's sorting in GetDefaultClass: by creation, newest first, then by name."""
    digits = "".join(filter(str.isdigit, item["metadata"].get("creationTimestamp") or "0"))
    return -float(digits or 0), item["metadata"]["name"]


def _annotation(item: Json) -> str | None:
    annotations = item["metadata"].get("annotations") or {}
    return next((kind for name, kind in _DEFAULT.items() if annotations.get(name) == "true"), None)


def _class(item: Json) -> Json:
    return {
        "name": item["metadata"]["name"],
        "provisioner": item["provisioner"],
        "provisions": item["provisioner"] != _NO_PROVISIONER,
        "binding_mode": item.get("volumeBindingMode") or "Immediate",
        "reclaim_policy": item.get("reclaimPolicy") or "Delete",
        "expansion": bool(item.get("allowVolumeExpansion")),
        "default": bool(_annotation(item)),
        "default_annotation": _annotation(item),
    }
