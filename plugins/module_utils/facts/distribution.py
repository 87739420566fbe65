# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose Kubernetes this is. Private to the collection."""

from __future__ import annotations

import typing as t

from ..data.distributions import DISTRIBUTIONS
from ..discovery import Served
from .nodes import Nodes


def distribution(nodes: Nodes, apis: Served, version: str) -> dict[str, t.Any]:
    """``{name, signals}``: the name (``kubernetes`` where nothing tells) and what was seen, in words.

    The version string alone never decides: it can only back up another signal.
    """
    groups = {name.split("/")[0] for name in apis}
    for name, signals in DISTRIBUTIONS.items():
        seen = [(kind, value) for kind, value in signals if _seen(kind, value, nodes, groups, version)]
        if any(kind != "version" for kind, _value in seen):
            return {"name": name, "signals": [f"{kind} {value}" for kind, value in seen]}
    return {"name": "kubernetes", "signals": []}


def _seen(kind: str, value: str, nodes: Nodes, groups: set[str], version: str) -> bool:
    if kind == "label":
        return any(label.startswith(value) for label in nodes.labels)
    if kind == "os":
        return any(image.startswith(value) for image in nodes.os_images)
    return value in {"provider": nodes.providers, "api": groups, "node": nodes.names, "version": version}[kind]
