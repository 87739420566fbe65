# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that form a dependency cycle: which need is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from ...errors import some
from ...kube.resources import Key
from .dependencies import Dependency, Strength

Graph = dict[Key, dict[Key, Dependency]]

_WEBHOOKS = (Strength.IGNORE, Strength.FAIL)
_NAMED = 3
"""How many objects a sentence names."""


def broken_up(graph: Graph) -> tuple[Graph, list[str]]:
    """``graph`` without dependency cycles, and a sentence for each need that was left out (one for all that would wait for one webhook).

    In each cycle the softest need goes first (``Strength``); what proves to close no cycle in the end is put back. Which one goes
    depends on keys alone, not on the order of anything.
    """
    kept: Graph = {key: dict(needs) for key, needs in graph.items()}
    left_out: dict[tuple[Key, Key], tuple[Dependency, list[Key]]] = {}
    todo = components(kept, kept)
    while todo:
        cycle = set(todo.pop())
        for key, need in _softest(kept, cycle):
            left_out[key, need.key] = need, [key, *_way(kept, need.key, key)]
            del kept[key][need.key]
        todo += components(kept, cycle)
    for (key, target), (need, _circle) in sorted(left_out.items(), key=lambda entry: (-entry[1][0].strength, entry[0])):
        if not _way(kept, target, key):
            kept[key][target] = need
            del left_out[key, target]
    # The order of needs must not depend on what was taken out and put back.
    kept = {key: {target: kept[key][target] for target in graph[key] if target in kept[key]} for key in graph}
    return kept, _sentences(left_out)


def _softest(graph: Graph, cycle: set[Key]) -> list[tuple[Key, Dependency]]:
    """The needs to leave out next; of webhooks all that wait for one, as one alone would change nothing."""
    found: dict[tuple[Strength, Key, Key | None], list[tuple[Key, Dependency]]] = defaultdict(list)
    for key in cycle:
        for target, need in graph[key].items():
            if target in cycle:
                found[need.strength, target, None if need.strength in _WEBHOOKS else key].append((key, need))
    chosen = min(found, key=lambda group: (group[0], len(found[group]), group[1], group[2] or group[1]))
    return sorted(found[chosen])


def _way(graph: Graph, start: Key, end: Key) -> list[Key]:
    """The shortest way along needs from ``start`` to ``end``, both included; empty where there is none."""
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
    way: list[Key] = []
    step: Key | None = end if end in came_from else None
    while step is not None:
        way.append(step)
        step = came_from[step]
    return way[::-1]


def _sentences(left_out: dict[tuple[Key, Key], tuple[Dependency, list[Key]]]) -> list[str]:
    groups: dict[tuple[Key, str, Key | None], list[tuple[Key, list[Key]]]] = defaultdict(list)
    for (key, target), (need, cycle) in sorted(left_out.items(), key=lambda entry: entry[0]):
        groups[target, need.why, None if need.strength in _WEBHOOKS else key].append((key, cycle))
    sentences = []
    for (target, why, _key), found in groups.items():
        waiting = some([str(key) for key, _circle in found], _NAMED)
        way = " needs ".join(str(step) for step in found[0][1])
        verb = "does" if len(found) == 1 else "do"
        sentences.append(f"Dependency cycle: {way}; so {waiting} {verb} not wait for {target} ({why}).")
    return sentences


def components(graph: Graph, nodes: Collection[Key]) -> list[list[Key]]:
    """The strongly connected components of more than one object among ``nodes`` (Tarjan's, without recursion)."""
    number: dict[Key, int] = {}
    low: dict[Key, int] = {}
    stack: list[Key] = []
    on_stack: set[Key] = set()
    found: list[list[Key]] = []
    inside = nodes if isinstance(nodes, (set, dict)) else set(nodes)
    for root in inside:
        if root in number:
            continue
        work: list[tuple[Key, Iterable[Key]]] = []
        _enter(root, graph, number, low, stack, on_stack, work)
        while work:
            key, targets = work[-1]
            for target in targets:
                if target not in inside:
                    continue
                if target not in number:
                    _enter(target, graph, number, low, stack, on_stack, work)
                    break
                if target in on_stack:
                    low[key] = min(low[key], number[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == number[key]:
                    found.append(_component(key, stack, on_stack))
    return [component for component in found if len(component) > 1]


def _enter(
    key: Key,
    graph: Graph,
    number: dict[Key, int],
    low: dict[Key, int],
    stack: list[Key],
    on_stack: set[Key],
    work: list[tuple[Key, Iterable[Key]]],
) -> None:
    number[key] = low[key] = len(number)
    stack.append(key)
    on_stack.add(key)
    work.append((key, iter(graph[key])))


def _component(root: Key, stack: list[Key], on_stack: set[Key]) -> list[Key]:
    component: list[Key] = []
    while not component or component[-1] != root:
        component.append(stack.pop())
        on_stack.discard(component[-1])
    return component
