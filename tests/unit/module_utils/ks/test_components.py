# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Components come after those that their objects need."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.components import order
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import key_of

from tests.unit.module_utils.deploy.delete.test_removal import deployment, item


def ordered(**components: t.Any) -> t.Any:
    return order({key_of(each): (name, each) for name, items in components.items() for each in items})


def test_a_crd_and_its_custom_resource_in_two_components_have_a_gate_between_them() -> None:
    spec = {"group": "x.io", "names": {"kind": "Flow", "plural": "flows"}, "versions": [], "scope": "Namespaced"}
    crd = item("apiextensions.k8s.io/v1", "CustomResourceDefinition", "flows.x.io", None, spec=spec)
    components = ordered(a=[item("x.io/v1", "Flow", "nightly")], b=[crd], c=[item("v1", "Namespace", "ml", None)])
    assert components.names[-1] == "a"
    assert {(gate.kind, gate.key.name) for gate in components.gates["a"]} == {("definition", "flows.x.io")}
    assert (components.gates["b"], components.broken) == (set(), [])
    # ks orders what is in one component by itself.
    assert ordered(a=[item("x.io/v1", "Flow", "nightly"), crd]).gates == {"a": set()}


def test_components_that_need_each_other_are_reported_and_deployed() -> None:
    components = ordered(
        a=[deployment("one", "two"), item("v1", "ServiceAccount", "one")], b=[deployment("two", "one"), item("v1", "ServiceAccount", "two")]
    )
    assert sorted(components.names) == ["a", "b"]
    assert len(components.broken) == 1
    assert "component a" in components.broken[0] and "component b" in components.broken[0]


def test_the_order_does_not_depend_on_that_of_the_objects() -> None:
    one = ordered(b=[deployment("x", "acc")], a=[item("v1", "ServiceAccount", "acc")], c=[item("v1", "ConfigMap", "m")])
    two = ordered(c=[item("v1", "ConfigMap", "m")], a=[item("v1", "ServiceAccount", "acc")], b=[deployment("x", "acc")])
    assert one.names == two.names
    assert one.names.index("a") < one.names.index("b")
