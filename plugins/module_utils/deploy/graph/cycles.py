# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dependency cycles, broken at their weakest need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from ...errors import abbreviated
from ...kube.resources import Key
from .dependencies import Dependency, Strength

Graph = dict[Key, dict[Key, Dependency]]

_WEBHOOKS = (Strength.IGNORE, Strength.FAIL)
_NAMED = 3
"""Objects that a sentence names."""


def broken_up(graph: Graph) -> tuple[Graph, list[str]]:
    """``graph`` without dependency cycles, and a sentence for each need that was left out (one for all that would wait for one webhook).

    In each cycle the weakest need is left out first (``Strength``); those that turn out to close no cycle are put back. The choice
    depends on keys only, not on any order.
    """
    acyclic: Graph = {key: dict(needs) for key, needs in graph.items()}
    left_out: dict[tuple[Key, Key], tuple[Dependency, list[Key]]] = {}
    todo = components(acyclic, acyclic)
    while todo:
        cycle = set(todo.pop())
        for key, need in _weakest(acyclic, cycle):
            left_out[key, need.key] = need, [key, *_path(acyclic, need.key, key)]
            del acyclic[key][need.key]
        todo += components(acyclic, cycle)
    for (key, target), (need, _cycle) in sorted(left_out.items(), key=lambda entry: (-entry[1][0].strength, entry[0])):
        if not _path(acyclic, target, key):
            acyclic[key][target] = need
            del left_out[key, target]
    # The order of needs must not depend on what was taken out and put back.
    acyclic = {key: {target: acyclic[key][target] for target in graph[key] if target in acyclic[key]} for key in graph}
    return acyclic, _sentences(left_out)


def _weakest(graph: Graph, cycle: set[Key]) -> list[tuple[Key, Dependency]]:
    """The needs to leave out next; for a webhook all that wait for it, as one alone would change nothing."""
    groups: dict[tuple[Strength, Key, Key | None], list[tuple[Key, Dependency]]] = defaultdict(list)
    for key in cycle:
        for target, need in graph[key].items():
            if target in cycle:
                groups[need.strength, target, None if need.strength in _WEBHOOKS else key].append((key, need))
    chosen = min(groups, key=lambda group: (group[0], len(groups[group]), group[1], group[2] or group[1]))
    return sorted(groups[chosen])


def _path(graph: Graph, start: Key, end: Key) -> list[Key]:
    """The shortest path along needs from ``start`` to ``end``, both included; empty if there is none."""
    came_from: dict[Key, Key | None] = {start: None}
    front = [start]
    while front and end not in came_from:
        following = []
        for key in front:
            for target in graph[key]:
                if target not in came_from:
                    came_from[target] = key
                    following.append(target)
        front = following
    path: list[Key] = []
    step: Key | None = end if end in came_from else None
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]


def _sentences(left_out: dict[tuple[Key, Key], tuple[Dependency, list[Key]]]) -> list[str]:
    groups: dict[tuple[Key, str, Key | None], list[tuple[Key, list[Key]]]] = defaultdict(list)
    for (key, target), (need, cycle) in sorted(left_out.items(), key=lambda entry: entry[0]):
        groups[target, need.why, None if need.strength in _WEBHOOKS else key].append((key, cycle))
    sentences = []
    for (target, why, _key), members in groups.items():
        waiting = abbreviated([str(key) for key, _cycle in members], _NAMED)
        path = " needs ".join(str(step) for step in members[0][1])
        verb = "does" if len(members) == 1 else "do"
        sentences.append(f"Dependency cycle: {path}; so {waiting} {verb} not wait for {target} ({why}).")
    return sentences


def components(graph: Graph, nodes: Collection[Key]) -> list[list[Key]]:
    """The strongly connected components of more than one object among ``nodes``."""
    return _Tarjan(graph, nodes).components


class _Tarjan:
    """Tarjan's algorithm without recursion."""

    def __init__(self, graph: Graph, nodes: Collection[Key]) -> None:
        self.components: list[list[Key]] = []
        self._graph = graph
        self._nodes = nodes if isinstance(nodes, (set, dict)) else set(nodes)
        self._number: dict[Key, int] = {}
        self._low: dict[Key, int] = {}
        self._stack: list[Key] = []
        self._on_stack: set[Key] = set()
        self._work: list[tuple[Key, Iterator[Key]]] = []
        for root in self._nodes:
            if root not in self._number:
                self._visit(root)

    def _visit(self, root: Key) -> None:
        self._enter(root)
        while self._work:
            key, targets = self._work[-1]
            target = next((target for target in targets if self._reaches(key, target)), None)
            if target is not None:
                self._enter(target)
            else:
                self._leave(key)

    def _enter(self, key: Key) -> None:
        self._number[key] = self._low[key] = len(self._number)
        self._stack.append(key)
        self._on_stack.add(key)
        self._work.append((key, iter(self._graph[key])))

    def _reaches(self, key: Key, target: Key) -> bool:
        """Whether an edge leads to a node that was not visited yet."""
        if target not in self._nodes:
            return False
        if target in self._on_stack:
            self._low[key] = min(self._low[key], self._number[target])
        return target not in self._number

    def _leave(self, key: Key) -> None:
        self._work.pop()
        if self._work:
            parent = self._work[-1][0]
            self._low[parent] = min(self._low[parent], self._low[key])
        if self._low[key] == self._number[key]:
            component: list[Key] = []
            while not component or component[-1] != key:
                component.append(self._stack.pop())
            self._on_stack.difference_update(component)
            if len(component) > 1:
                self.components.append(component)
