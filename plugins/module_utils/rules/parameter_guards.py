# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No rule depends on a parameter that a prototype doesn't have.

To JMESPath such a parameter is null, and null differs from every value: ``values.audience != 'null'`` holds for each package that has no
audience. So every rule is evaluated symbolically, before it is used, without each of its parameters.
"""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Iterable, Iterator

from . import functions

_Node = dict[str, t.Any]
# Without it no component can be generated.
_ALWAYS = "name"
# Functions that are false for null; not_null accepts it. Others raise an error.
_FALSE_FOR_NULL = ("contains", "matches", "quantity")


class _Outcome(enum.Enum):
    """The value of an expression if a parameter is missing."""

    OPEN = "it depends on other data"
    FALSE = "it is false, or null"
    DEPENDENT = "it is evaluated as if the parameter existed"


def unguarded(when: str | None, sentences: Iterable[str], declared: str | None = None) -> str | None:
    """The first parameter that a rule depends on though it may be missing. Raises ``functions.ERRORS``.

    ``sentences``: the expressions that are evaluated if ``when`` holds. ``declared``: the parameter that the rule sets, which exists.
    """
    condition = [functions.parsed(when)] if when else []
    rest = [functions.parsed(each) for each in sentences]
    for parameter in dict.fromkeys(name for node in [*condition, *rest] for name in _parameters(node) if name not in (declared, _ALWAYS)):
        holds = [_without(parameter, node) for node in condition]
        if _Outcome.DEPENDENT in holds:
            return parameter
        if _Outcome.FALSE not in holds and any(_without(parameter, node) is not _Outcome.OPEN for node in rest):
            return parameter
    return None


def _parameters(node: _Node) -> Iterator[str]:
    name = _parameter(node)
    if name:
        yield name
    for child in node["children"]:
        yield from _parameters(child)


def _parameter(node: _Node) -> str | None:
    """The parameter that a node reads: ``values.NAME``."""
    if node["type"] != "subexpression":
        return None
    first, second = node["children"][:2]
    return str(second["value"]) if first["type"] == second["type"] == "field" and first["value"] == "values" else None


def _without(parameter: str, node: _Node) -> _Outcome:
    if _parameter(node) == parameter:
        return _Outcome.FALSE
    kind, children = node["type"], node["children"]
    parts = [_without(parameter, child) for child in children]
    if kind == "and_expression" and _Outcome.FALSE in parts:
        return _Outcome.FALSE
    if kind == "or_expression" and parts[0] is _Outcome.FALSE:
        return parts[1]
    if kind == "not_expression":
        return {_Outcome.FALSE: _Outcome.DEPENDENT, _Outcome.DEPENDENT: _Outcome.FALSE, _Outcome.OPEN: _Outcome.OPEN}[parts[0]]
    if kind == "comparator" and node["value"] in ("eq", "ne"):
        return _compared(node, parameter, parts)
    if _Outcome.DEPENDENT in parts or _Outcome.FALSE not in parts:
        return _Outcome.DEPENDENT if _Outcome.DEPENDENT in parts else _Outcome.OPEN
    if kind == "function_expression" and node["value"] not in _FALSE_FOR_NULL:
        return _Outcome.OPEN if node["value"] == "not_null" else _Outcome.DEPENDENT
    if kind == "or_expression" or kind == "function_expression" and node["value"] != "quantity" and parts[0] is _Outcome.FALSE:
        return _Outcome.OPEN if kind == "or_expression" else _Outcome.DEPENDENT
    if kind in ("multi_select_list", "multi_select_dict"):
        return _Outcome.OPEN
    # Of null every field, index and projection is null, and it is neither less nor more than anything.
    return _Outcome.FALSE


def _compared(node: _Node, parameter: str, parts: list[_Outcome]) -> _Outcome:
    known = [_known(child, parameter) for child in node["children"]]
    if None not in known and (known[0] == known[1]) != (node["value"] == "eq"):
        return _Outcome.FALSE
    if _Outcome.FALSE not in parts or _Outcome.DEPENDENT in parts:
        return _Outcome.DEPENDENT if _Outcome.DEPENDENT in parts else _Outcome.OPEN
    # Two that are both null are equal.
    return _Outcome.FALSE if node["value"] == "eq" and any(known) else _Outcome.DEPENDENT


def _known(node: _Node, parameter: str) -> tuple[t.Any] | None:
    """The value of a literal, and of one that stands for the parameter: ``(values.NAME || 'null')``."""
    if node["type"] == "or_expression" and _parameter(node["children"][0]) == parameter:
        node = node["children"][1]
    return (node["value"],) if node["type"] == "literal" and node["value"] is not None else None
