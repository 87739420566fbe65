# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The distribution of Kubernetes."""

from __future__ import annotations

import typing as t

from ..data.distributions import BACKING, DISTRIBUTIONS
from ..kube.discovery import Served
from .nodes import Nodes


def distribution(nodes: Nodes, apis: Served, version: str) -> dict[str, t.Any]:
    """``{name, signals}``: the name (``kubernetes`` without signals) and the signals, in words.

    One sure signal is enough, or two weak ones of different kinds. So the version string alone never decides.
    """
    groups = {name.split("/")[0] for name in apis}
    for name, signals in DISTRIBUTIONS.items():
        seen = [(kind, value) for kind, value in signals if _seen(kind, value, nodes, groups, version)]
        kinds = {kind for kind, _value in seen}
        if kinds - set(BACKING) or len(kinds) > 1:
            return {"name": name, "signals": [f"{kind} {value}" for kind, value in seen]}
    return {"name": "kubernetes", "signals": []}


def _seen(kind: str, value: str, nodes: Nodes, groups: set[str], version: str) -> bool:
    if kind == "label":
        return any(label.startswith(value) for label in nodes.labels)
    if kind == "os":
        return any(image.startswith(value) for image in nodes.os_images)
    if kind == "kubelet":
        return any(value in each for each in nodes.kubelet_versions)
    places: dict[str, t.Collection[str]] = {
        "provider": nodes.providers,
        "cloud": nodes.providers,
        "api": groups,
        "group": groups,
        "node": nodes.names,
        "mark": nodes.labels,
        "version": version,
    }
    return value in places[kind]
