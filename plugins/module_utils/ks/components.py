# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order of components: each after all that its objects need in others."""

from __future__ import annotations

import graphlib
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..deploy.graph.cycles import broken_up
from ..deploy.graph.dependencies import Dependency
from ..deploy.graph.object_index import Related
from ..deploy.graph.waves import Gate, needs
from ..kube.resources import Key

Json = dict[str, t.Any]


@dataclass(frozen=True)
class ComponentOrder:
    """``names``: components in order; ``gates``: what must be open before each; ``broken``: a sentence for each need that is left out."""

    names: list[str]
    gates: dict[str, set[Gate]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def plan(objects: Mapping[Key, tuple[str, Json]]) -> ComponentOrder:
    """``objects``: component and placed object by key.

    What the objects of one component need of each other is left to ks. Where components form a dependency cycle, the softest need
    is left out. A gate is awaited where it opens by a component that came before.
    """
    graph = needs(Related([item for _component, item in objects.values()]), {})
    between: dict[Key, dict[Key, Dependency]] = {
        _node(component): {} for component, _item in sorted(objects.values(), key=lambda each: each[0])
    }
    gates: dict[str, dict[str, set[Gate]]] = {component: {} for component, _item in objects.values()}
    for key, found in graph.items():
        mine = objects[key][0]
        for other, need in found.items():
            theirs = objects[other][0]
            if theirs == mine:
                continue
            known = between[_node(mine)].get(_node(theirs))
            if known is None or need.strength > known.strength:
                between[_node(mine)][_node(theirs)] = need._replace(key=_node(theirs))
            gates[mine].setdefault(theirs, set()).update(need.gates)
    kept, broken = broken_up(between)
    names = [node.name for node in graphlib.TopologicalSorter({node: list(found) for node, found in kept.items()}).static_order()]
    numbers = {name: number for number, name in enumerate(names)}
    opened = {
        mine: {gate for theirs, found in others.items() if numbers[theirs] < numbers[mine] for gate in found}
        for mine, others in gates.items()
    }
    return ComponentOrder(names, opened, broken)


def _node(component: str) -> Key:
    return Key("", "component", "", component)
