# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which engine is taken, and that it says why."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.engines import engine
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.command import KsBinary

GOOD, OLD = KsBinary("/bin/ks", "0.10.0"), KsBinary("/bin/ks", "0.9.2", "/bin/ks is ks 0.9.2; 0.10.0 or newer is needed.")
SERVED: t.Any = {"v1": {"ConfigMap": {}}, "apps/v1": {"Deployment": {}}}


def item(version: str, kind: str, name: str = "x", **more: t.Any) -> dict[str, t.Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


def never() -> t.NoReturn:
    raise AssertionError("asked for nothing")


def test_native_looks_for_nothing() -> None:
    assert engine.choose("native", never, iter(never, None)).engine == "native"


def test_ks_on_request_must_be_installed() -> None:
    assert engine.choose("ks", lambda: GOOD, iter(never, None)) == engine.EngineChoice("ks", "It was requested.", GOOD)
    with pytest.raises(
        BootstrapError, match=r"The command ks is not installed on this host\. Install it with the role kubeflow.bootstrap.ks"
    ):
        engine.choose("ks", lambda: None, [])
    with pytest.raises(BootstrapError, match="0.9.2; 0.10.0 or newer is needed"):
        engine.choose("ks", lambda: OLD, [])


def test_auto_takes_ks_where_nothing_is_in_the_way() -> None:
    choice = engine.choose("auto", lambda: GOOD, [lambda _binary: None, lambda _binary: None])
    assert (choice.engine, choice.ks) == ("ks", GOOD)
    assert choice.reason == "/bin/ks is ks 0.10.0, and can do this on the cluster at hand."


@pytest.mark.parametrize(
    ("binary", "reason"),
    [
        (None, "The command ks is not installed on this host."),
        (OLD, "/bin/ks is ks 0.9.2; 0.10.0 or newer is needed."),
        (GOOD, "ks 0.10.0 is not taken: it rains."),
    ],
)
def test_auto_chooses_native_with_a_reason(binary: KsBinary | None, reason: str) -> None:
    choice = engine.choose("auto", lambda: binary, [lambda _binary: None, lambda _binary: "it rains", lambda _binary: never()])
    assert choice == engine.EngineChoice("native", reason)


def test_what_is_wrong_for_both_engines_is_left_to_native() -> None:
    def broken(_binary: KsBinary) -> str:
        raise BootstrapError("a.jsonnet, line 3: no such field: x.", fix="Correct it.")

    choice = engine.choose("auto", lambda: GOOD, [broken])
    assert choice == engine.EngineChoice("native", "ks 0.10.0 is not taken: a.jsonnet, line 3: no such field: x.")


def test_versions_that_the_cluster_lacks() -> None:
    assert engine.unserved({"one": [item("v1", "ConfigMap"), item("apps/v1", "Deployment")]}, SERVED) is None
    assert engine.unserved({"one": [item("apps/v1beta1", "Deployment")]}, SERVED) == "the cluster serves no Deployment in apps/v1beta1"


def test_a_definition_together_with_its_resource_is_a_race() -> None:
    names = {"group": "a.b", "names": {"kind": "Thing"}}
    crd = item("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec=names)
    thing = item("a.b/v1", "Thing")
    served = {**SERVED, "apiextensions.k8s.io/v1": {"CustomResourceDefinition": {}}}
    assert "the CustomResourceDefinition of Thing and a Thing come together" in str(engine.unserved({"one": [crd, thing]}, served))
    assert engine.unserved({"one": [crd, thing]}, {**served, "a.b/v1": {"Thing": {}}}) is None
    assert engine.unserved({"one": [crd]}, served) is None
    # Between two components we wait.
    assert engine.unserved({"one": [crd], "two": [thing]}, served) is None


def test_a_different_rendering_of_ks_is_noticed() -> None:
    ours = [item("v1", "ConfigMap", "a", data={"n": 10}), item("v1", "ConfigMap", "b")]
    assert engine.rendering_difference([ours[1], item("v1", "ConfigMap", "a", data={"n": 10.0})], ours) is None
    wrong = [ours[1], item("v1", "ConfigMap", "a", data={"n": 3})]
    assert engine.rendering_difference(wrong, ours) == "it renders ConfigMap a differently than jsonnet does"
    assert engine.rendering_difference([*ours, item("v1", "ConfigMap", "c")], ours) == "it shows objects that are not the application's"


def test_an_application_without_the_library_is_not_for_ks() -> None:
    assert engine.library_missing({"lib/v1.7.0/k.libsonnet": ""}, "v1.7.0") is None
    assert "no Kubernetes library in lib/v1.8.0" in str(engine.library_missing({"lib/v1.7.0/k.libsonnet": ""}, "v1.8.0"))
