# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ks_app: what it returns, and what a user reads in a diff."""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import ks_app

SHELF = Path(__file__).parents[2] / "conformance" / "ks-0.10.0" / "registry"
DECLARED: dict[str, t.Any] = {
    "name": "app",
    "environments": {"default": {"server": "https://10.0.0.1:6443"}},
    "registries": {"shelf": {"uri": str(SHELF)}},
    "packages": {"web": {"registry": "shelf"}},
    "components": {"front": {"prototype": "web", "parameters": {"image": "nginx:1"}}},
    "record": None,
}


@pytest.fixture
def args(tmp_path: Path) -> dict[str, t.Any]:
    others = {"adopt": False, "bundle": None, "github_token": None, "ca_path": None, "registry_cache": None, "download_timeout": 300}
    return {**others, "path": str(tmp_path / "app"), "declaration": copy.deepcopy(DECLARED)}


def test_a_new_application(args: dict[str, t.Any]) -> None:
    planned = ks_app.run(args, Context(check=True))
    assert not Path(args["path"]).exists()
    done = ks_app.run(args, Context())
    assert planned == done
    assert (done["changed"], done["path"], done["kept"], done["removed"]) == (True, args["path"], [], [])
    assert done["files"][-1] == "app.yaml"
    assert all((Path(args["path"]) / file).is_file() for file in done["files"])
    assert done["folders"] == [".ksonnet/registries"]
    assert ks_app.run(args, Context()) == {**done, "changed": False, "files": [], "folders": []}


def test_the_diff_shows_what_is_worth_reading(args: dict[str, t.Any]) -> None:
    shown = ks_app.run(args, Context(check=True, diff=True))["diff"]
    assert shown[0]["after"].splitlines() == [
        "lib/v1.7.0/k.libsonnet",
        "lib/v1.7.0/k8s.libsonnet",
        "lib/v1.7.0/k8s.types.libsonnet",
        "vendor/shelf/web/parts.yaml",
        "vendor/shelf/web/prototypes/web.jsonnet",
        "vendor/shelf/web/web.libsonnet",
    ]
    assert shown[0]["before"] == ""
    by_name = {entry["after_header"].removeprefix(args["path"] + "/"): entry for entry in shown[1:]}
    assert by_name["app.yaml"]["before"] == "" and "name: app\n" in by_name["app.yaml"]["after"]
    ks_app.run(args, Context())
    assert ks_app.run(args, Context(diff=True))["diff"] == []

    (Path(args["path"]) / "vendor/shelf/web/web.libsonnet").write_text("{}")
    (changed,) = ks_app.run(args, Context(diff=True))["diff"]
    assert (changed["before"], changed["after"]) == (
        "vendor/shelf/web/web.libsonnet\n",
        "vendor/shelf/web/web.libsonnet (changed)\n",
    )


def test_what_stays_is_returned_and_warned_of(args: dict[str, t.Any]) -> None:
    ks_app.run(args, Context())
    file = Path(args["path"]) / "components" / "params.libsonnet"
    file.write_text(file.read_text().replace("replicas: 2", "replicas: 9"))
    (Path(args["path"]) / "components" / "front.jsonnet").write_text("{ kind: 'Mine' }")
    app = Path(args["path"]) / "app.yaml"
    app.write_text(app.read_text().replace("namespace: default", "namespace: mine"))
    warnings: list[str] = []
    kept = ks_app.run(args, Context(warn=warnings.append))["kept"]
    assert {"component": "front", "parameter": "replicas", "value": 9, "planned": 2} in kept
    assert warnings == [
        "environments.default: destination.namespace stays as you set it; planned was 'default'.",
        "front: replicas stays as you set it; planned was 2.",
        "front: components/front.jsonnet stays as it is. It was changed by hand.",
    ]
