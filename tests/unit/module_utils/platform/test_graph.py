# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Components, sets and their dependencies, in all releases."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import platform_choice
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import graph, tables

GRAPH = tables.graph()
RELEASES = [tables.release(name) for name in tables.names()]


def test_the_releases_are_in_their_order() -> None:
    assert tables.names() == ["1.10", "1.11.0", "26.03", "26.03.1"]


def test_whatever_a_component_needs_is_in_the_graph_and_so_is_every_component_of_a_release() -> None:
    named = {each for node in GRAPH.components.values() for each in (*node.needs, *node.wants)}
    named |= {each for members in GRAPH.sets.values() for each in members}
    named |= {each for release in RELEASES for name, part in release.components.items() for each in (name, *part.provides)}
    assert named - GRAPH.components.keys() == set()


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_a_set_is_closed_and_all_of_a_release_is_in_the_platform(release: tables.Release) -> None:
    for name in GRAPH.sets:
        components = graph.closure(GRAPH, release, [name])
        assert graph.unmet(GRAPH, release, components) == {}
    assert graph.closure(GRAPH, release, [graph.ALL]).keys() == release.components.keys()


def test_training_needs_neither_the_mesh_nor_certificates() -> None:
    assert graph.closure(GRAPH, tables.release("26.03.1"), ["training"]) == {"namespaces": "trainer needs it", "trainer": None}
    assert list(graph.closure(GRAPH, tables.release("1.10"), ["training"])) == ["namespaces", "training-operator"]


def test_what_is_added_says_for_whom() -> None:
    components = graph.closure(GRAPH, tables.release("26.03.1"), ["pipelines"])
    assert components["pipelines"] is None
    assert components["cert-manager"] == "pipelines needs it"
    # Profiles are in the dashboard since 26.03.1, and before it a component of their own.
    assert "profiles" not in components
    assert "profiles" in graph.closure(GRAPH, tables.release("26.03"), ["pipelines"])


def test_what_is_left_out_is_told_as_unmet() -> None:
    release = tables.release("26.03.1")
    components = graph.closure(GRAPH, release, ["serving-raw"], ["cert-manager"])
    assert list(components) == ["kserve", "namespaces"]
    assert graph.unmet(GRAPH, release, components) == {"kserve": ["cert-manager"]}


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("26.3", "there is no release '26.3' of the platform. Releases: 1.10, 1.11.0, 26.03, 26.03.1"),
        (26.03, 'Put it in quotes: "26.03"'),
        ({"components": ["katib"]}, "release: text is expected"),
        ({"release": "26.03.1", "component": ["katib"]}, "unknown field 'component'"),
        ({"release": "26.03.1", "components": ["katip"]}, "Did you mean katib, knative?"),
        ({"release": "1.10", "components": ["trainer", "hub"]}, "the release 1.10 has no hub"),
        ({"release": "26.03.1", "without": ["serving"]}, "there is no component"),
        ({"release": "26.03.1", "components": {"katib": {}}}, "components: a list of names is expected"),
        ("{26.03.1}", "neither a release nor a mapping in JSON"),
    ],
)
def test_what_can_not_be_meant(choice: object, message: str) -> None:
    with pytest.raises(BootstrapError, match="kubeflow_platform") as error:
        platform_choice.read(choice)
    assert message in str(error.value)


def test_a_release_alone_is_all_of_it() -> None:
    chosen = platform_choice.read("26.03.1")
    assert chosen
    assert chosen.entry == {"protocol": "platform", "uri": "26.03.1"}
    assert chosen.components.keys() == tables.release("26.03.1").components.keys()
    assert chosen.prototypes["katib"] == "platform-katib"
    assert platform_choice.read('{"release": "26.03.1"}') == chosen


def test_with_an_issuer_of_ones_own_there_is_no_dex() -> None:
    chosen = platform_choice.read(
        {"release": "26.03.1", "components": ["notebooks"], "parameters": {"oidcIssuer": "https://login.example.com"}}
    )
    assert chosen and "dex" not in chosen.components and "oauth2-proxy" in chosen.components
    assert "dex" in (platform_choice.read({"release": "26.03.1", "components": ["notebooks"]}) or chosen).components


def test_nothing_is_no_choice() -> None:
    assert [platform_choice.read(choice) for choice in (None, "", {})] == [None, None, None]
