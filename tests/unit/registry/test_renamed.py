# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application with a package under its former name goes over to the present one, with the user's values and the same objects."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

Json = dict[str, t.Any]
FORMER, PRESENT = "cert-manager", "cert-manager-issuer"


def _former(texts: t.Mapping[str, str]) -> dict[str, str]:
    return {path.replace(PRESENT, FORMER): text.replace(PRESENT, FORMER) for path, text in texts.items()}


def _declaration(component: str, prototype: str) -> Json:
    return {
        "name": "kubeflow",
        "environments": {"default": {"server": "https://example.com", "namespace": "kubeflow"}},
        "registries": {"kubeflow": {"protocol": "fs", "uri": "embedded"}},
        "packages": {prototype: {"registry": "kubeflow"}},
        "components": {component: {"prototype": prototype, "parameters": {"acmeEmail": "me@example.com"}}},
    }


@pytest.fixture(name="before")
def an_application_of_the_former_package() -> dict[str, str]:
    present = stories.sought({PRESENT: PRESENT}).contents["kubeflow"]
    contents: dict[str, Contents] = {"kubeflow": replace(present, files=_former(present.files), others=_former(present.others))}
    return dict(application.files(_declaration(FORMER, FORMER), {}, contents).files)


def _objects(files: t.Mapping[str, str]) -> list[Json]:
    return [item for items in render.objects(files).values() for item in items]


@pytest.mark.parametrize("component", [FORMER, PRESENT])
def test_the_values_and_the_issuer_stay(before: dict[str, str], component: str) -> None:
    assert f"vendor/kubeflow/{FORMER}/prototypes/{FORMER}.jsonnet" in before
    path = "components/params.libsonnet"
    changed = {**before, path: before[path].replace("'letsencrypt-prod'", "'mine'").replace('"letsencrypt-prod"', '"mine"')}
    assert changed[path] != before[path]
    after = application.files(_declaration(component, PRESENT), changed, stories.sought({PRESENT: PRESENT}).contents).files
    assert not [name for name in after if f"/{FORMER}/" in name]
    (issuer,) = _objects(after)
    assert (issuer["kind"], issuer["metadata"]["name"]) == ("ClusterIssuer", "mine")
    assert issuer["spec"] == _objects(changed)[0]["spec"]
