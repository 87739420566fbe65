# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The scope of results that stages of the role leave for later ones: cluster, application and run."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

MARK = "made_for"
"""The key in each result, a mapping. Results without it come from a caller, and fit any scope."""


def own(results: t.Any, scope: Mapping[str, t.Any]) -> t.Any:
    """``results`` that were made for ``scope``: one result or an empty one, or those of a list or mapping that were.

    Keys that only the mark or only ``scope`` has do not count.
    """
    if isinstance(results, Mapping):
        if MARK in results:
            return results if _fits(results, scope) else {}
        return {name: each for name, each in results.items() if _fits(each, scope)}
    return [each for each in results if _fits(each, scope)]


def _fits(result: t.Any, scope: Mapping[str, t.Any]) -> bool:
    mark = result.get(MARK) if isinstance(result, Mapping) else None
    return not isinstance(mark, Mapping) or all(scope[name] == value for name, value in mark.items() if name in scope)
