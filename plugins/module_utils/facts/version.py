# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The version of a cluster, and whether this collection supports it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..formats.json_object import Json

OLDEST, NEWEST = (1, 30), (1, 35)
"""Supported versions: aggregated discovery was added in the first; the last is the newest that the collection is tested with."""
_KUBELET_BEHIND = 3
"""Kubernetes documentation, "Version Skew Policy": a kubelet may be three minor versions older than the API server, never newer."""


def version(answer: Json, kubelets: Iterable[str]) -> Json:
    """The document ``facts.cluster.version``, from the answer of ``/version`` and the versions of the kubelets.

    ``major`` and ``minor`` are numbers, also of ``1.31+``; 0 if a server does not report them (it was built without its version).
    """
    digits = {key: "".join(filter(str.isdigit, str(answer.get(key) or ""))) for key in ("major", "minor")}
    major, minor = (int(value or 0) for value in digits.values())
    known = major > 0 and minor > 0
    skew = _skew(major, minor, kubelets) if known else None
    return {
        "git_version": answer.get("gitVersion"),
        "major": major,
        "minor": minor,
        "supported": OLDEST <= (major, minor) <= NEWEST if known else None,
        "window": {"oldest": _text(OLDEST), "newest": _text(NEWEST)},
        "kubelet_skew": skew,
        "kubelet_skew_supported": None if skew is None else skew["least"] >= 0 and skew["most"] <= _KUBELET_BEHIND,
    }


def _skew(major: int, minor: int, kubelets: Iterable[str]) -> Json | None:
    """The number of minor versions that kubelets are behind; negative if they are ahead."""
    matches = [match for each in kubelets if (match := re.match(r"v?(\d+)\.(\d+)", each))]
    behind = [minor - int(match[2]) for match in matches if int(match[1]) == major]
    return {"least": min(behind), "most": max(behind)} if behind else None


def _text(pair: tuple[int, int]) -> str:
    return f"{pair[0]}.{pair[1]}"
