# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose a result is that stages of the role leave for later ones: of which cluster, application and use."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

MARK = "made_for"
"""In each result: a mapping. What has none was given by a caller, and is anybody's."""


def own(held: t.Any, here: Mapping[str, t.Any]) -> t.Any:
    """What of ``held`` was made for ``here``: a result itself or an empty one, or of a list or mapping of results those that were.

    A mark and ``here`` need not say the same: what only one of them names does not count.
    """
    if isinstance(held, Mapping):
        if MARK in held:
            return held if _fits(held, here) else {}
        return {name: each for name, each in held.items() if _fits(each, here)}
    return [each for each in held if _fits(each, here)]


def _fits(result: t.Any, here: Mapping[str, t.Any]) -> bool:
    mark = result.get(MARK) if isinstance(result, Mapping) else None
    return not isinstance(mark, Mapping) or all(here[name] == value for name, value in mark.items() if name in here)
