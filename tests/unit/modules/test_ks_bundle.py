# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application from a registry on GitHub: made, resumed, upgraded, and made again from a bundle without a network."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import params
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import ks_app, ks_bundle
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import COMMIT, OTHER, PARTS, REGISTRY, GitHub

from tests.unit.conftest import Answer, Authority, Server

Arguments = dict[str, t.Any]


def release(*optional: str) -> dict[str, str]:
    """A repository with one package, whose prototype has these optional parameters."""
    lines = [f"// @optionalParam {one}\n" for one in optional]
    prototype = "// @name io.example.pkg.web\n// @description A page.\n// @param name string Name\n" + "".join(lines)
    body = "{ apiVersion: 'v1', kind: 'Page', metadata: { name: params.name }, spec: params }\n"
    return {
        "shelf/registry.yaml": REGISTRY,
        "shelf/web/parts.yaml": PARTS.format("web"),
        "shelf/web/prototypes/web.jsonnet": f"{prototype}\n{body}",
    }


class Trial(t.NamedTuple):
    hub: GitHub
    server: Server
    args: Arguments
    tmp_path: Path

    def app(self, path: str = "app", **changed: t.Any) -> dict[str, t.Any]:
        return ks_app.run({**self.args, "path": str(self.tmp_path / path), "adopt": False, "bundle": None, **changed}, self.context())

    def context(self) -> Context:
        return Context(env={"XDG_CACHE_HOME": str(self.tmp_path / "cache")})

    def go_to(self, ref: str) -> None:
        self.args["declaration"]["registries"]["shelf"]["uri"] = f"https://{self.hub.host}/acme/tools/tree/{ref}/shelf"

    def parameters(self) -> dict[str, t.Any]:
        return params.read(folder.read(self.tmp_path / "app")[params.PATH])["front"]


@pytest.fixture
def trial(serve: Callable[..., Server], authority: Authority, tmp_path: Path) -> Trial:
    server = serve("127.0.0.1")
    hub = GitHub(server, Answer)
    hub.publish("v1", COMMIT, release("size number 1 How large", "colour string red Its colour"))
    hub.publish("v2", OTHER, release("size number 5 How large", "shade string red Its colour", "depth number 2 How deep"))
    (tmp_path / "ca.pem").write_text(authority.pem, encoding="utf-8")
    declared = {
        "name": "app",
        "environments": {"default": {"server": "https://10.0.0.1:6443"}},
        "registries": {"shelf": {"uri": "", "protocol": "github"}},
        "packages": {"web": {"registry": "shelf"}},
        "components": {"front": {"prototype": "web"}},
    }
    args = {
        "github_token": None,
        "ca_path": str(tmp_path / "ca.pem"),
        "registry_cache": None,
        "download_timeout": 20,
        "declaration": declared,
    }
    result = Trial(hub, server, args, tmp_path)
    result.go_to("v1")
    return result


def test_it_is_pinned_as_ks_pins_it_and_then_needs_no_network(trial: Trial) -> None:
    done = trial.app()
    assert trial.hub.requests()[:2] == ["commits/v1", f"tarball/{COMMIT}"]  # GitHub leads on to where the archive is
    assert len(trial.hub.requests()) == 3
    assert done["registries"]["shelf"]["commitSha"] == COMMIT
    spec = yaml_documents.load_mapping((trial.tmp_path / "app" / "app.yaml").read_text(), "f")
    git = {"commitSha": COMMIT, "refSpec": "v1"}
    assert spec["registries"]["shelf"]["gitVersion"] == spec["libraries"]["web"]["gitVersion"] == git
    assert spec["registries"]["shelf"]["protocol"] == "github"
    cached = trial.tmp_path / "app" / ".ksonnet" / "registries" / "shelf" / f"{COMMIT}.yaml"
    assert yaml_documents.load_mapping(cached.read_text(), "f")["gitVersion"] == git
    trial.server.close()
    assert not trial.app()["changed"]


def test_the_checksum_that_is_returned_can_be_demanded(trial: Trial) -> None:
    done = trial.app()
    trial.args["declaration"]["registries"]["shelf"]["sha256"] = done["registries"]["shelf"]["sha256"]
    assert not trial.app()["changed"]
    trial.args["declaration"]["registries"]["shelf"]["sha256"] = "0" * 64
    with pytest.raises(BootstrapError, match="Registry 'shelf'"):
        trial.app()


def test_a_branch_that_moved_is_followed_only_when_another_uri_is_declared(trial: Trial) -> None:
    trial.app()
    trial.hub.publish("v1", OTHER, release("size number 9 How large"))
    assert not trial.app()["changed"]


def test_an_upgrade_carries_the_users_values_and_shows_what_changed(trial: Trial) -> None:
    trial.app()
    file = trial.tmp_path / "app" / params.PATH
    file.write_text(file.read_text().replace("size: 1,", "size: 7,").replace('"red"', '"blue"'))
    trial.go_to("v2")
    done = trial.app()
    (change,) = done["upgrade"]["changes"]
    assert [entry["name"] for entry in change["added"]] == ["shade", "depth"]
    assert [entry["name"] for entry in change["removed"]] == ["colour"]
    assert [(entry["parameter"], entry["before"], entry["after"]) for entry in change["default_changed"]] == [("size", "1", "5")]
    assert [(entry["parameter"], entry["value"]) for entry in done["upgrade"]["lost"]] == [("colour", "blue")]
    assert (trial.parameters()["size"], trial.parameters()["depth"]) == (7, 2)
    assert (
        yaml_documents.load_mapping((trial.tmp_path / "app" / "app.yaml").read_text(), "f")["registries"]["shelf"]["gitVersion"]["refSpec"]
        == "v2"
    )
    assert not trial.app()["changed"]


def test_a_value_of_ours_follows_the_new_default(trial: Trial) -> None:
    trial.app()
    trial.go_to("v2")
    assert trial.app()["upgrade"]["lost"] == []
    assert trial.parameters() == {"depth": 2, "name": "front", "shade": "red", "size": 5}


def test_an_upgrade_that_can_not_be_whole_writes_nothing(trial: Trial) -> None:
    trial.app()
    before = folder.read(trial.tmp_path / "app")
    trial.go_to("v2")
    trial.args["declaration"]["components"]["front"]["parameters"] = {"colour": "green"}
    with pytest.raises(BootstrapError, match=r"can't be upgraded as declared; nothing was changed.*no parameter 'colour' any more"):
        trial.app()
    assert folder.read(trial.tmp_path / "app") == before


def test_a_bundle_makes_the_same_application_without_a_network(trial: Trial) -> None:
    dest = trial.tmp_path / "packages.tar.gz"
    args = {**trial.args, "dest": str(dest), "path": str(trial.tmp_path / "app")}
    assert ks_bundle.run(args, Context(check=True, env=trial.context().env))["changed"] and not dest.exists()
    assert ks_bundle.run(args, trial.context())["changed"]
    assert not ks_bundle.run(args, trial.context())["changed"]
    trial.app()
    trial.server.close()
    offline = Trial(trial.hub, trial.server, trial.args, trial.tmp_path / "offline")
    offline.app(bundle=str(dest))
    assert folder.read(offline.tmp_path / "app") == folder.read(trial.tmp_path / "app")
    trial.args["declaration"]["packages"]["store"] = {"registry": "shelf"}
    with pytest.raises(BootstrapError, match="the bundle .* has no package 'store'"):
        offline.app(bundle=str(dest))
