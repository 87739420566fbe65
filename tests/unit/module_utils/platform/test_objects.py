# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rendered objects, prepared for a package."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import objects

Json = dict[str, t.Any]


def resource(kind: str, name: str, **fields: t.Any) -> Json:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


def test_only_hashes_of_generated_names_are_stripped() -> None:
    items = [resource("ConfigMap", "app-config-7hd244gf2d"), resource("ConfigMap", "other-7hd244gf2d")]
    items.append(resource("Pod", "reader", spec={"volumes": [{"configMap": {"name": "app-config-7hd244gf2d"}}]}))
    tidied = objects.tidy(items, {"config"}, "app")
    assert [(item["kind"], item["metadata"]["name"]) for item in tidied] == [
        ("ConfigMap", "app-config"),
        ("ConfigMap", "other-7hd244gf2d"),
        ("Pod", "reader"),
    ]
    assert tidied[-1]["spec"] == {"volumes": [{"configMap": {"name": "app-config"}}]}


def test_names_that_look_like_a_hash_stay() -> None:
    # Vowels and some digits are not in kustomize's alphabet.
    for name in ("pipeline-parameters", "config-deployment", "app-config-0123456789"):
        assert objects.tidy([resource("ConfigMap", name)], {"pipeline", "config"}, "app")[0]["metadata"]["name"] == name


def test_two_that_become_one_are_refused() -> None:
    items = [resource("ConfigMap", "config-7hd244gf2d"), resource("ConfigMap", "config")]
    with pytest.raises(BootstrapError, match="app renders ConfigMap config twice"):
        objects.tidy(items, {"config"}, "app")


def test_a_name_that_the_renderer_leaves_open_is_refused() -> None:
    with pytest.raises(BootstrapError, match=r"leaves the name of the Profile \$\(profile-name\) open.*kustomize 5\.5"):
        objects.tidy([resource("Profile", "$(profile-name)")], set(), "user-namespace")


@pytest.mark.parametrize("text", ["- a\n", "kind: A\n", "apiVersion: v1\nkind: A\nmetadata: {}\n", "a: [\n"])
@pytest.mark.parametrize("known", [True, False])
def test_what_is_no_object(text: str, known: bool) -> None:
    with pytest.raises(BootstrapError, match=r"app renders to (something without|what is not YAML)"):
        objects.read(text.encode(), "app", known=known)
