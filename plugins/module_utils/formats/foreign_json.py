# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Untrusted JSON."""

from __future__ import annotations

import json
import typing as t


def loads(text: str | bytes) -> t.Any:
    """As ``json.loads``; nesting beyond Python's recursion limit is a ``ValueError``, too."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
