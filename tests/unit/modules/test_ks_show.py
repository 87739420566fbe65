# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ks_show: what it returns, what it writes, and that the values of Secrets stay where they belong."""

from __future__ import annotations

import json
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import ks_show

CORPUS = Path(__file__).parents[2] / "conformance" / "ks-0.10.0" / "steps"
SECRET = "{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { password: 'c2VjcmV0' } }"


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The application of a recorded step, as git would have it: without lib/."""
    step = json.loads((CORPUS / "032-show-two.json").read_text(encoding="utf-8").replace("{{ROOT}}", str(tmp_path)))
    write(tmp_path / "app", step["app"])
    return tmp_path / "app"


def shown(app: Path, *, check: bool = False, diff: bool = False, **chosen: t.Any) -> dict[str, t.Any]:
    options = ks_show.ARGUMENTS["argument_spec"]
    assert set(chosen) <= set(options)
    args = {name: option.get("default") for name, option in options.items()} | {"path": str(app)} | chosen
    return ks_show.run(args, Context(check=check, diff=diff))


def test_components_as_data_and_as_ks_prints_them(app: Path) -> None:
    result = shown(app, components=["settings", "front"])
    assert result["text"] == json.loads((CORPUS / "032-show-two.json").read_text(encoding="utf-8"))["stdout"]
    assert result["components"] == {"front": 2, "settings": 1}
    assert [item["kind"] for item in result["objects"]["front"]] == ["Deployment", "Service"]
    assert result["changed"] is False
    everything = shown(app, format="json")
    assert list(everything["components"]) == ["back", "disk", "disk-two", "front", "quotes", "settings", "short"]
    assert everything["text"].startswith('---\n{\n  "apiVersion": "apps/v1",\n  "kind": "Deployment",\n')
    assert everything["text"].count("---\n") == sum(everything["components"].values())


def test_a_component_that_is_not_there_is_an_error(app: Path) -> None:
    with pytest.raises(BootstrapError, match="The environment has no component 'nope'. It has back, disk, "):
        shown(app, components=["front", "nope"])
    with pytest.raises(BootstrapError, match="no environment 'prod'. Environments: default"):
        shown(app, environment="prod")
    assert shown(app, components=[])["components"] == {}


def test_components_of_modules_go_by_path_or_name(app: Path) -> None:
    text = (app / "app.yaml").read_text().replace("    path: default\n", "    path: default\n    targets: [/, a, b]\n")
    empty = "{ global: {}, components: {} }"
    one = "{ apiVersion: 'v1', kind: 'ConfigMap' }"
    write(app, {"app.yaml": text, "components/a/params.libsonnet": empty, "components/b/params.libsonnet": empty})
    write(app, {"components/a/one.jsonnet": one, "components/b/one.jsonnet": one, "components/b/two.jsonnet": one})
    assert list(shown(app, components=["b/two", "two", "a/one"])["components"]) == ["a/one", "b/two"]
    with pytest.raises(BootstrapError, match="Several components are named 'one': a/one, b/one."):
        shown(app, components=["one"])


def test_the_file_is_written_once(app: Path, tmp_path: Path) -> None:
    dest = tmp_path / "new" / "all.yaml"
    planned = shown(app, dest=str(dest), check=True, diff=True)
    assert planned["changed"] and not dest.parent.exists()
    done = shown(app, dest=str(dest), diff=True)
    assert done == planned
    assert dest.read_text(encoding="utf-8") == shown(app)["text"] == done["diff"]["after"]
    assert done["diff"]["before"] == "" and done["dest"] == str(dest)
    assert "objects" not in done and "text" not in done
    assert stat.S_IMODE(dest.stat().st_mode) == 0o644
    inode = dest.stat().st_ino
    again = shown(app, dest=str(dest), diff=True)
    assert not again["changed"] and again["diff"]["before"] == again["diff"]["after"]
    assert dest.stat().st_ino == inode
    assert [path.name for path in dest.parent.iterdir()] == ["all.yaml"]


def test_what_cannot_be_written_is_an_error_and_changes_nothing(app: Path, tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="can't be read: Is a directory"):
        shown(app, dest=str(tmp_path))
    (tmp_path / "file").write_text("x")
    with pytest.raises(BootstrapError, match="can't be (read|written): Not a directory"):
        shown(app, dest=str(tmp_path / "file" / "all.yaml"))
    (app / "components" / "bad.jsonnet").write_text("{")
    (tmp_path / "all.yaml").write_text("old")
    with pytest.raises(BootstrapError, match="components/bad.jsonnet, line 1"):
        shown(app, dest=str(tmp_path / "all.yaml"))
    assert (tmp_path / "all.yaml").read_text() == "old"


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_values_of_secrets_are_only_in_the_file(app: Path, tmp_path: Path, format: str) -> None:
    write(app, {"components/secret.jsonnet": SECRET})
    hidden = shown(app, format=format)
    assert "c2VjcmV0" not in json.dumps(hidden)
    assert hidden["objects"]["secret"][0]["data"] == {"password": "hidden"}
    assert "c2VjcmV0" in shown(app, format=format, show_secrets=True)["text"]
    dest = tmp_path / "all"
    written = shown(app, format=format, dest=str(dest), diff=True)
    assert "c2VjcmV0" in dest.read_text() and stat.S_IMODE(dest.stat().st_mode) == 0o600
    write(app, {"components/secret.jsonnet": SECRET.replace("c2VjcmV0", "b3RoZXI=")})
    changed = shown(app, format=format, dest=str(dest), diff=True)
    assert "c2VjcmV0" not in json.dumps([written, changed]) and "b3RoZXI=" not in json.dumps(changed)
    assert "hidden, changed" in changed["diff"]["after"] and "hidden, changed" not in changed["diff"]["before"]
    assert "b3RoZXI=" in dest.read_text()


def test_evaluation_is_bounded(app: Path) -> None:
    write(app, {"components/endless.jsonnet": "local f(n) = if n == 0 then 0 else f(n - 1) + f(n - 1); { kind: 'A', x: f(80) }"})
    with pytest.raises(BootstrapError, match="^components/endless.jsonnet: evaluation took more than 0.5 seconds."):
        shown(app, evaluation_timeout=0.5)
    write(app, {"components/endless.jsonnet": "{ kind: 'A', x: std.makeArray(1000000000, function(i) i) }"})
    with pytest.raises(BootstrapError, match="^components/endless.jsonnet: evaluation took more than 64 MiB of memory."):
        shown(app, evaluation_memory=64)
    with pytest.raises(BootstrapError, match="evaluation_timeout is 0"):
        shown(app, evaluation_timeout=0)


def test_a_folder_without_an_application_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="app.yaml"):
        shown(tmp_path)


def test_old_api_versions_are_migrated_on_request(app: Path) -> None:
    old = "{ apiVersion: 'extensions/v1beta1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template: {} } }"
    write(app, {"components/old.jsonnet": old.replace("{} }", "{ metadata: { labels: { app: 'd' } }, spec: { containers: [] } } }")})
    assert shown(app, components=["old"])["objects"]["old"][0]["apiVersion"] == "extensions/v1beta1"
    (item,) = shown(app, components=["old"], kubernetes_version="1.35")["objects"]["old"]
    assert (item["apiVersion"], item["spec"]["selector"]) == ("apps/v1", {"matchLabels": {"app": "d"}})
    with pytest.raises(BootstrapError, match="kubernetes_version is '1.9'"):
        shown(app, kubernetes_version="1.9")
