# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of objects, derived from the objects themselves."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ...formats.json_object import Json
from ...kube.resources import Key, key_of
from .cycles import Graph, broken_up
from .dependencies import Gate, Strength, needs_of
from .object_index import Related
from .webhooks import add, add_servers, bundle_needs, service_of

__all__ = ["SOFT", "Gate", "Order", "Strength", "order"]


SOFT = {"certificate"}
"""Gates that are awaited for a short time only, then reported and passed: the kubelet waits too."""


@dataclass(frozen=True)
class Order:
    """``waves``: keys; each wave needs only earlier ones. ``gates``: those that must be open before an object is applied.

    ``broken``: a sentence for each need that was left out because it closed a dependency cycle.
    """

    waves: list[list[Key]]
    gates: dict[Key, tuple[Gate, ...]]
    broken: list[str]


def order(items: list[Json], namespaces: Mapping[str, Mapping[str, str]] | None = None) -> Order:
    """The waves of placed objects, in whatever order they are listed.

    ``namespaces``: the labels of live namespaces, for webhooks that select by them.
    """
    related = Related(sorted(items, key=key_of))
    graph, broken = broken_up(needs(related, namespaces or {}))
    waves = _waves(graph)
    return Order(waves, _gates(graph, waves, related), broken)


def needs(related: Related, namespaces: Mapping[str, Mapping[str, str]]) -> Graph:
    """The dependencies of each object among the others, with dependency cycles."""
    graph: Graph = {key: {} for key in related.items}
    for key, item in related.items.items():
        for need in needs_of(item, related):
            if need.key in graph and need.key != key:
                add(graph, key, need)
    add_servers(graph, related, namespaces)
    return graph


def _waves(graph: Graph) -> list[list[Key]]:
    """By the longest path to an object without dependencies; sorted by key in each wave."""
    open_needs = {key: len(dependencies) for key, dependencies in graph.items()}
    needed_by: dict[Key, list[Key]] = {key: [] for key in graph}
    for key, dependencies in graph.items():
        for need in dependencies:
            needed_by[need].append(key)
    waves: list[list[Key]] = []
    wave = [key for key, count in open_needs.items() if not count]
    while wave:
        waves.append(sorted(wave))
        following: list[Key] = []
        for key in wave:
            for other in needed_by[key]:
                open_needs[other] -= 1
                if not open_needs[other]:
                    following.append(other)
        wave = following
    return waves


def _gates(graph: Graph, waves: list[list[Key]], related: Related) -> dict[Key, tuple[Gate, ...]]:
    """The gates by object. Those that would only open in the same wave or later, as a cycle was broken, are left out."""
    numbers = {key: number for number, wave in enumerate(waves) for key in wave}
    opened: dict[Gate, int] = {}
    result: dict[Key, tuple[Gate, ...]] = {}
    for key, dependencies in graph.items():
        gates = dict.fromkeys(gate for need in dependencies.values() for gate in need.gates)
        for gate in gates.keys() - opened.keys():
            opened[gate] = max((numbers[opener] for opener in _openers(gate, related) if opener in numbers), default=-1)
        passed = tuple(gate for gate in gates if opened[gate] < numbers[key])
        if passed:
            result[key] = passed
    return result


def _openers(gate: Gate, related: Related) -> t.Iterator[Key]:
    """The objects that a gate needs to open."""
    yield gate.key
    if gate.kind == "endpoints":
        yield from related.servers_of(gate.key)
    elif gate.kind == "available":
        service = service_of(related.items[gate.key].get("spec"))
        yield from related.servers_of(service) if service else ()
    elif gate.kind == "ca-bundle":
        yield from (need.key for need in bundle_needs(related.items[gate.key], related))
    elif gate.kind in ("account", "namespace"):
        yield Key("", "Namespace", "", gate.key.namespace or gate.key.name)
        origin = related.origins.get(gate.key)
        if origin:
            yield origin
