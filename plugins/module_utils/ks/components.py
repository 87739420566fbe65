# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of components: each after those that its objects need."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..deploy.graph.cycles import broken_up
from ..deploy.graph.dependencies import Dependency
from ..deploy.graph.object_index import Related
from ..deploy.graph.waves import Gate, needs
from ..formats.json_object import Json
from ..kube.resources import Key


@dataclass(frozen=True)
class ComponentOrder:
    """``names``: components in order; ``gates``: those that must be open before each; ``broken``: a sentence a need that is left out."""

    names: list[str]
    gates: dict[str, set[Gate]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def order(objects: Mapping[Key, tuple[str, Json]]) -> ComponentOrder:
    """``objects``: component and placed object by key.

    What the objects of one component need of each other is left to ks. Where components form a dependency cycle, the weakest need
    is left out. A gate is awaited if a component that comes earlier opens it.
    """
    names = sorted({component for component, _item in objects.values()})
    graph: dict[Key, dict[Key, Dependency]] = {_node(name): {} for name in names}
    gates: dict[str, dict[str, set[Gate]]] = {name: {} for name in names}
    for key, dependencies in needs(Related([item for _component, item in objects.values()]), {}).items():
        component = objects[key][0]
        for other, dependency in dependencies.items():
            needed = objects[other][0]
            if needed == component:
                continue
            known = graph[_node(component)].get(_node(needed))
            if known is None or dependency.strength > known.strength:
                graph[_node(component)][_node(needed)] = dependency._replace(key=_node(needed))
            gates[component].setdefault(needed, set()).update(dependency.gates)
    acyclic, broken = broken_up(graph)
    ordered = [node.name for node in graphlib.TopologicalSorter({node: list(needed) for node, needed in acyclic.items()}).static_order()]
    return ComponentOrder(ordered, {name: _opened(gates[name], ordered[: ordered.index(name)]) for name in names}, broken)


def _opened(gates: Mapping[str, set[Gate]], earlier: list[str]) -> set[Gate]:
    """The gates that components before this one open."""
    return {gate for name in earlier for gate in gates.get(name, ())}


def _node(component: str) -> Key:
    return Key("", "component", "", component)
