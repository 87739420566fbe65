# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No value rests on what changes by itself, and no number of the day is recorded.

A run changes what is free on the nodes, and so do users all day long. A value that rests on it would be another one in the next run,
and the hub would be restarted for nothing.
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
"""Facts that change with pods, Services and the state of nodes: no value may rest on them."""
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
"""Numbers that change when a node is added: a value may rest on them, but its reason, which is recorded, does not say them."""


def passing(chosen: Iterable[str], said: Iterable[str]) -> str | None:
    """The first fact that a rule reads and may not. Raises ``functions.ERRORS``.

    ``chosen``: the expressions by which it chooses; ``said``: those in its sentences.
    """
    for expressions, measured in ((chosen, ()), (said, MEASURED)):
        for expression in expressions:
            read: set[_Path] = set()
            found = _read(functions.parsed(expression), {()}, read)
            for facts, paths in ((VOLATILE, read | found), (measured, found)):
                for fact in facts:
                    if any(_covers(tuple(fact.split(".")), path) for path in paths):
                        return fact.removesuffix(f".{_ANY}")
    return None


def _covers(fact: _Path, path: _Path) -> bool:
    """Whether a path that is read is a fact, lies in it, or takes it in with others by ``*``."""
    return len(path) >= len(fact) and all(_ANY in pair or pair[0] == pair[1] for pair in zip(fact, path, strict=False))


def _read(node: _Node, at: set[_Path], read: set[_Path]) -> set[_Path]:
    """The paths that an expression comes to, evaluated at each of the paths ``at``; all that it looks at is added to ``read``."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        found = {(*path, str(node["value"])) for path in at}
        read |= found
        return found
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
    """What comes out of a function is taken to be any of what goes in; an expression that it is given is asked of that."""
    given = {path for child in node["children"] if child["type"] != "expref" for path in _read(child, at, read)}
    for child in node["children"]:
        if child["type"] == "expref":
            _read(child["children"][0], given, read)
    if node["value"] == "keys":
        return set()
    if node["value"] == "values":
        given = {(*path, _ANY) for path in given}
        read |= given
    return given
