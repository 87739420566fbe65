# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quantities of the Kubernetes API as numbers.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from functools import lru_cache

_SUFFIXES = {
    "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]+|[numkKMGTPE]?i?)")


def is_quantity(text: object) -> bool:
    """Whether the API server accepts it as one; it accepts blanks around it, too."""
    return _parsed(str(text).strip()) is not None


def parse(text: object) -> float:
    """``"7820m"`` is 7.82, ``"16Gi"`` is 17179869184.0; 0.0 for what is not a quantity."""
    return _parsed(str(text)) or 0.0


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> float | None:
    match = _QUANTITY.fullmatch(text)
    if not match:
        return None
    number, suffix = match.groups()
    try:
        return float(number) * _SUFFIXES[suffix] if suffix in _SUFFIXES else float(number + suffix)
    except ValueError:
        return None
