# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No value depends on facts that change by themselves, and no number of the day is recorded.

A run changes the free capacity of the nodes, and so do users all day long. A value that depends on it would change with the next run,
and restart the hub for nothing.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from . import functions

_Node = dict[str, t.Any]
_Path = tuple[str, ...]

_ANY = "*"
VOLATILE = (
    "cluster.addons.ready",
    "cluster.admission.server",
    "cluster.load_balancer.available",
    "cluster.load_balancer.why",
    "cluster.nodes.accelerators.free",
    "cluster.nodes.free",
    "cluster.nodes.largest_free",
    "cluster.nodes.ready",
    "cluster.nodes.schedulable",
    "cluster.nodes.usable",
    "cluster.quotas.used",
)
"""Facts that change with pods, Services and the state of nodes: no value may depend on them."""
MEASURED = (
    "cluster.nodes.accelerators.count",
    "cluster.nodes.accelerators.nodes",
    "cluster.nodes.allocatable",
    "cluster.nodes.architectures.*",
    "cluster.nodes.container_runtimes.*",
    "cluster.nodes.count",
    "cluster.nodes.kubelet_versions.*",
    "cluster.nodes.largest",
    "cluster.nodes.operating_systems.*",
    "cluster.nodes.ordinary",
    "cluster.nodes.providers.*",
    "cluster.nodes.regions.*",
    "cluster.nodes.roles.*",
    "cluster.nodes.zones.*",
)
"""Numbers that change when a node is added: a value may depend on them, but its reason, which is recorded, must not have them."""


def passing(choosing: Iterable[str], sentences: Iterable[str]) -> str | None:
    """The first fact that a rule must not read but does. Raises ``functions.ERRORS``.

    ``choosing``: the expressions that choose the value; ``sentences``: those in its texts.
    """
    for expressions, measured in ((choosing, ()), (sentences, MEASURED)):
        for expression in expressions:
            read: set[_Path] = set()
            results = _read(functions.parsed(expression), {()}, read)
            for facts, paths in ((VOLATILE, read | results), (measured, results)):
                for fact in facts:
                    if any(_covers(tuple(fact.split(".")), path) for path in paths):
                        return fact.removesuffix(f".{_ANY}")
    return None


def _covers(fact: _Path, path: _Path) -> bool:
    """Whether a path is a fact, is below one, or covers one by ``*``."""
    return len(path) >= len(fact) and all(_ANY in pair or pair[0] == pair[1] for pair in zip(fact, path, strict=False))


def _read(node: _Node, at: set[_Path], read: set[_Path]) -> set[_Path]:
    """The paths of an expression's value, evaluated at each of the paths ``at``; all that it reads are added to ``read``."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        paths = {(*path, str(node["value"])) for path in at}
        read |= paths
        return paths
    if kind in ("subexpression", "pipe", "index_expression"):
        for child in children:
            at = _read(child, at, read)
        return at
    if kind in ("projection", "value_projection", "filter_projection"):
        first, second, *condition = children
        left = _read(first, at, read)
        if kind == "value_projection":
            left = {(*path, _ANY) for path in left}
            read |= left
        for each in condition:
            _read(each, left, read)
        return _read(second, left, read)
    if kind == "function_expression":
        return _of_function(node, at, read)
    if kind in ("current", "identity", "index", "slice"):
        return at
    return {path for child in children for path in _read(child, at, read)}


def _of_function(node: _Node, at: set[_Path], read: set[_Path]) -> set[_Path]:
    """The paths of a function's value: conservatively, those of all arguments; an expression reference is evaluated at them."""
    paths = {path for child in node["children"] if child["type"] != "expref" for path in _read(child, at, read)}
    for child in node["children"]:
        if child["type"] == "expref":
            _read(child["children"][0], paths, read)
    if node["value"] == "keys":
        return set()
    if node["value"] == "values":
        paths = {(*path, _ANY) for path in paths}
        read |= paths
    return paths
