# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dependency cycles are broken at their weakest need."""

from __future__ import annotations

import graphlib
import random

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.cycles import Graph, broken_up, components
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.dependencies import Dependency
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Strength
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key


def key(name: object) -> Key:
    return Key("", "Thing", "", str(name))


def graph_of(*needs: tuple[object, object, Strength]) -> Graph:
    graph: Graph = {}
    for one, other, strength in needs:
        graph.setdefault(key(other), {})
        graph.setdefault(key(one), {})[key(other)] = Dependency(key(other), strength, f"why {other}")
    return graph


def edges(graph: Graph) -> set[tuple[str, str]]:
    return {(one.name, other.name) for one, needs in graph.items() for other in needs}


def is_acyclic(graph: Graph) -> bool:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError:
        return False
    return True


GUARD, IGNORE, FAIL, REFERENCE, SERVER, REQUIRED = Strength


def test_the_weakest_need_is_left_out_and_reported() -> None:
    graph = graph_of(("a", "b", REFERENCE), ("b", "c", GUARD), ("c", "a", REQUIRED))
    acyclic, broken = broken_up(graph)
    assert edges(acyclic) == {("a", "b"), ("c", "a")}
    assert broken == ["Dependency cycle: Thing b needs Thing c needs Thing a needs Thing b; so Thing b does not wait for Thing c (why c)."]


@pytest.mark.parametrize(("softer", "harder"), list(zip(list(Strength)[:-1], list(Strength)[1:], strict=True)))
def test_every_strength_gives_way_to_the_next(softer: Strength, harder: Strength) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        acyclic, _broken = broken_up(graph_of((one, other, softer), (other, one, harder)))
        assert edges(acyclic) == {(other, one)}


def test_what_closes_no_cycle_stays() -> None:
    graph = graph_of(("a", "b", GUARD), ("b", "c", GUARD), ("a", "c", GUARD))
    assert broken_up(graph) == (graph, [])


def test_what_was_left_out_for_nothing_is_put_back() -> None:
    # a-b goes first as the softest; the second cycle then takes b-a with it, so that a-b closes none any more.
    graph = graph_of(("a", "b", GUARD), ("b", "a", IGNORE), ("a", "c", REQUIRED), ("c", "b", REQUIRED))
    acyclic, broken = broken_up(graph)
    assert edges(acyclic) == {("a", "b"), ("a", "c"), ("c", "b")}
    assert len(broken) == 1


def test_all_that_would_wait_for_one_webhook_is_one_sentence() -> None:
    items = [f"i{number}" for number in range(5)]
    graph = graph_of(*[(item, "hook", FAIL) for item in items], *[("hook", item, SERVER) for item in items])
    acyclic, broken = broken_up(graph)
    assert edges(acyclic) == {("hook", item) for item in items}
    assert len(broken) == 1
    assert "so Thing i0, Thing i1, Thing i2 and 2 more do not wait for Thing hook" in broken[0]


def test_of_two_webhooks_the_one_that_fewer_wait_for_gives_way() -> None:
    many = ["b", "c", "d"]
    graph = graph_of(("a", "y", FAIL), ("x", "a", SERVER), *[(item, "x", FAIL) for item in many], *[("y", item, SERVER) for item in many])
    acyclic, broken = broken_up(graph)
    assert edges(graph) - edges(acyclic) == {("a", "y")}
    assert len(broken) == 1


def test_a_long_circle_needs_no_deep_stack() -> None:
    length = 5000
    graph = graph_of(*[(number, (number + 1) % length, REFERENCE) for number in range(length)])
    assert [len(component) for component in components(graph, graph)] == [length]
    acyclic, broken = broken_up(graph)
    assert is_acyclic(acyclic)
    assert len(edges(acyclic)) == length - 1
    assert len(broken) == 1


@pytest.mark.parametrize("seed", range(100))
def test_random_graphs_lose_their_circles_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randint(2, 25)
    needs = [
        (one, other, chance.choice(list(Strength)))
        for one in range(count)
        for other in range(count)
        if one != other and chance.random() < chance.choice([0.02, 0.1, 0.2])
    ]
    graph = graph_of(*needs)
    acyclic, broken = broken_up(graph)
    assert is_acyclic(acyclic)
    assert bool(broken) != is_acyclic(graph)
    for one, other in edges(graph) - edges(acyclic):
        again = {source: dict(needs) for source, needs in acyclic.items()}
        again[key(one)][key(other)] = graph[key(one)][key(other)]
        assert not is_acyclic(again), "it was left out without need"
    chance.shuffle(needs)
    again, again_broken = broken_up(graph_of(*needs))
    assert edges(again) == edges(acyclic)
    assert [sentence.partition("; so ")[2] for sentence in again_broken] == [sentence.partition("; so ")[2] for sentence in broken]
