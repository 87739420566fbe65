# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Environments with overrides, global parameters, modules, and components that are given as they are."""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import app_yaml, overrides, params
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render

SHELF = Path(__file__).parents[3] / "conformance" / "ks-0.10.0" / "registry"
PAGE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "page"}, "data": {"a": "1"}}
ECHO = "{ apiVersion: 'v1', kind: 'Echo', spec: std.extVar('__ksonnet/params').components.echo }\n"
DECLARED: dict[str, t.Any] = {
    "name": "app",
    "globals": {"owner": "team"},
    "modules": {"data": {"globals": {"tier": 2}}},
    "environments": {
        "default": {"server": "https://10.0.0.1:6443", "targets": ["/", "data"]},
        "us/prod": {
            "server": "https://10.0.0.2:6443",
            "parameters": {"front": {"replicas": 5, "env": {"B": "2"}}, "data/nested": {"text": "over"}, "echo": {"size": 3}},
            "globals": {"zone": "west"},
        },
    },
    "registries": {"shelf": {"uri": str(SHELF)}},
    "packages": {"web": {"registry": "shelf"}, "plain": {"registry": "shelf"}},
    "components": {
        "front": {"prototype": "io.example.pkg.web", "parameters": {"image": "nginx:1"}},
        "echo": {"jsonnet": ECHO, "parameters": {"size": 1}},
        "page": {"yaml": PAGE, "parameters": {"data": {"b": "2"}}},
        "raw": {"json": '{"apiVersion": "v1", "kind": "Raw"}\n'},
        "data/nested": {"prototype": "io.example.pkg.plain"},
    },
}


@pytest.fixture
def declared() -> dict[str, t.Any]:
    return copy.deepcopy(DECLARED)


@pytest.fixture
def app(tmp_path: Path, declared: dict[str, t.Any]) -> Path:
    assert folder.converge(tmp_path / "app", declared).kept == []
    assert not folder.converge(tmp_path / "app", declared).changed
    return tmp_path / "app"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def rendered(app: Path, environment: str = "default") -> dict[str, t.Any]:
    return {name: items[0] for name, items in render.objects(folder.read(app), environment).items()}


def test_every_kind_of_component_reaches_the_objects(app: Path) -> None:
    objects = rendered(app)
    assert list(objects) == ["data/nested", "echo", "front", "page", "raw"]
    assert objects["echo"]["spec"] == {"size": 1, "owner": "team"}
    assert objects["page"]["data"] == {"a": "1", "b": "2"}
    assert (app / "components" / "raw.json").read_text() == DECLARED["components"]["raw"]["json"]
    assert yaml_documents.load_mapping((app / "components" / "page.yaml").read_text(), "f") == PAGE
    assert yaml_documents.load_mapping((app / "app.yaml").read_text(), "f")["environments"]["default"]["targets"] == ["/", "data"]


def test_an_environment_overrides_parameters_and_globals(app: Path) -> None:
    objects = rendered(app, "us/prod")
    assert objects["front"]["spec"]["replicas"] == 5
    assert objects["echo"]["spec"] == {"size": 3, "owner": "team", "zone": "west"}
    text = (app / "environments" / "us" / "prod" / "params.libsonnet").read_text()
    assert overrides.read(text, "f")["nested"] == {"text": "over"}  # by its plain name, as ks looks it up
    assert rendered(app)["front"]["spec"]["replicas"] == 2


def test_an_override_of_the_users_wins_and_is_named(app: Path, declared: dict[str, t.Any]) -> None:
    path = app / "environments" / "us" / "prod" / "params.libsonnet"
    edit(path, "replicas: 5,", "replicas: 8, // Friday")
    edit(path.with_name("globals.libsonnet"), '"west"', '"east"')
    edit(app / params.PATH, 'owner: "team"', 'owner: "me"')
    expected = [
        {"module": "/", "parameter": "owner", "value": "me", "planned": "team"},
        {"environments": "us/prod", "component": "front", "parameter": "replicas", "value": 8, "planned": 5},
        {"environments": "us/prod", "parameter": "zone", "value": "east", "planned": "west"},
    ]
    assert folder.converge(app, declared).kept == expected
    declared["environments"]["us/prod"]["parameters"]["front"]["image"] = "nginx:2"
    assert folder.converge(app, declared).kept == expected
    assert "replicas: 8, // Friday" in path.read_text()
    assert overrides.read(path.read_text(), "f")["front"]["image"] == "nginx:2"


def test_overrides_in_an_old_style_file_are_edited_where_they_stand(app: Path, declared: dict[str, t.Any]) -> None:
    path = app / "environments" / "us" / "prod" / "params.libsonnet"
    text = (
        'local params = import "../../../components/params.libsonnet";\n'
        "params + {\n  components +: {\n    // ours\n    front +: { replicas: 5 },\n  },\n}\n"
    )
    path.write_text(text)
    declared["environments"]["us/prod"]["parameters"] = {"front": {"replicas": 6}, "echo": {"size": 4}}
    folder.converge(app, declared)
    assert path.read_text() == text.replace("replicas: 5 },", "replicas: 6 },\n    echo+: {\n      size: 4,\n    },")
    path.write_text("import 'elsewhere.libsonnet'\n")
    with pytest.raises(BootstrapError, match="us/prod/params.libsonnet, line 1: it has no object 'components"):
        folder.converge(app, declared)


def test_what_is_no_longer_overridden_goes(app: Path, declared: dict[str, t.Any], tmp_path: Path) -> None:
    for environment in declared["environments"].values():
        environment.pop("parameters", None), environment.pop("globals", None)
    del declared["globals"], declared["modules"]["data"]["globals"]
    assert folder.converge(app, declared).kept == []
    folder.converge(tmp_path / "fresh", declared)
    files, fresh = folder.read(app), folder.read(tmp_path / "fresh")
    fresh["environments/us/prod/params.libsonnet"] = overrides.EMPTIED
    assert files == fresh


def test_an_environment_goes_with_its_overrides_unless_the_user_changed_one(app: Path, declared: dict[str, t.Any]) -> None:
    del declared["environments"]["us/prod"]
    path = app / "environments" / "us" / "prod" / "params.libsonnet"
    text = path.read_text()
    edit(path, "replicas: 5,", "replicas: 8,")
    assert [(entry["environments"], entry["planned"]) for entry in folder.converge(app, declared, check=True).kept] == [("us/prod", None)]
    path.write_text(text)
    assert folder.converge(app, declared).kept == []
    assert not (app / "environments" / "us").exists()


def test_a_module_goes_with_its_last_component(app: Path, declared: dict[str, t.Any]) -> None:
    del declared["components"]["data/nested"], declared["modules"]
    declared["environments"]["default"]["targets"] = []
    del declared["environments"]["us/prod"]["parameters"]["data/nested"]
    assert folder.converge(app, declared).kept == []
    assert not (app / "components" / "data").exists()
    assert "targets" not in (app / "app.yaml").read_text()


def test_a_component_changes_its_kind_unless_the_user_changed_its_file(app: Path, declared: dict[str, t.Any]) -> None:
    declared["components"]["page"] = {"jsonnet": "{ apiVersion: 'v1', kind: 'New' }\n"}
    edit(app / "components" / "page.yaml", 'a: "1"', 'a: "3"')
    kept = [{"component": "page", "file": "components/page.yaml", "reason": "It was changed by hand."}]
    assert folder.converge(app, declared).kept == kept
    edit(app / "components" / "page.yaml", 'a: "3"', 'a: "1"')
    assert folder.converge(app, declared).kept == []
    assert rendered(app)["page"]["kind"] == "New"
    assert not (app / "components" / "page.yaml").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"components": {"x": {}}}, "components.x: one of prototype, yaml, json, jsonnet must be given"),
        ({"components": {"x": {"yaml": "a: 1", "prototype": "p"}}}, "components.x: only one of prototype and yaml must be given"),
        ({"components": {"x": {"yaml": "a: 1\n---\nb: 2\n"}}}, "holds several documents"),
        ({"components": {"x": {"yaml": "- 1\n"}}}, "Component 'x': a mapping is expected, not a list"),
        ({"components": {"x": {"yaml": "a: [\n"}}}, "Component 'x', line 2: not YAML"),
        ({"components": {"x": {"yaml": ["a"]}}}, "components.x.yaml: one object is expected, as text or a mapping, not a list"),
        ({"globals": {"x": float("nan")}}, "globals.x: it is not a finite number"),
        ({"globals": []}, "globals: a mapping is expected, not a list"),
        ({"environments": {"e": {"server": "https://a", "targets": "data"}}}, "environments.e.targets: a list of names is expected"),
        ({"environments": {"e": {"server": "https://a", "parameters": {"nope": {"a": 1}}}}}, "there is no component 'nope'"),
        ({"environments": {"e": {"server": "https://a", "parameters": {"front": {"nope": 1}}}}}, "declares no parameter 'nope'"),
        ({"environments": {"e": {"server": "https://a", "parameters": {"front": {"replicas": "x"}}}}}, "'replicas': number expected"),
        ({"registries": {"r": {"uri": "/x", "sha256": "abc"}}}, "registries.r.sha256: 64 hexadecimal digits"),
        ({"registries": {"r": {"uri": "/x", "protocol": "helm"}}}, "registries.r: .*not 'helm'"),
        ({"modules": {"a//b": {}}}, "modules: '' can't be a name"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused_before_anything_is_written(
    change: dict[str, t.Any], message: str, app: Path, declared: dict[str, t.Any]
) -> None:
    before = folder.read(app)
    for section, entries in change.items():
        declared[section] = {**declared[section], **entries} if isinstance(entries, dict) else entries
    with pytest.raises(BootstrapError, match=message):
        folder.converge(app, declared)
    assert folder.read(app) == before


def test_an_application_of_ks_is_taken_on_when_asked(app: Path, declared: dict[str, t.Any]) -> None:
    (app / "bootstrap.yaml").unlink()
    edit(app / params.PATH, "replicas: 2,", "replicas: 9,")
    with pytest.raises(BootstrapError, match="didn't make"):
        folder.converge(app, declared)
    result = folder.converge(app, declared, adopt=True)
    assert result.kept == [{"component": "front", "parameter": "replicas", "value": 9, "planned": 2}]
    assert [change.path for change in result.changes] == ["bootstrap.yaml"]
    assert not folder.converge(app, declared).changed


def test_a_field_of_app_yaml_that_the_user_set_stays_his(app: Path, declared: dict[str, t.Any]) -> None:
    edit(app / "app.yaml", "server: https://10.0.0.1:6443", "server: https://mine")
    for server in ("https://10.0.0.1:6443", "https://10.0.0.8:6443"):
        declared["environments"]["default"]["server"] = server
        kept = [{"environments": "default", "field": "destination.server", "value": "https://mine", "planned": server}]
        assert folder.converge(app, declared).kept == kept
    # Set by hand to what was planned meanwhile but never written, and planned again: his all the same.
    edit(app / "app.yaml", "https://mine", "https://10.0.0.7:6443")
    declared["environments"]["default"]["server"] = "https://10.0.0.9:6443"
    assert folder.converge(app, declared).kept == [{**kept[0], "value": "https://10.0.0.7:6443", "planned": "https://10.0.0.9:6443"}]


def test_what_ks_can_not_print_is_rendered_all_the_same(app: Path, declared: dict[str, t.Any]) -> None:
    declared["components"]["echo"]["jsonnet"] = """
local double(x) = x * 2;
{
  assert self.spec.size == 9,
  apiVersion: 'v1',
  kind: 'Echo',
  spec: { size: (1 + 2) * 3, less: -double(2), never:: error 'not asked for', list: [x for x in [1, 2]], root: $.kind, text: |||
    two
    lines
  ||| },
}
"""
    folder.converge(app, declared)
    assert rendered(app)["echo"]["spec"] == {"size": 9, "less": -4, "list": [1, 2], "root": "Echo", "text": "two\nlines\n"}


def test_a_package_changed_by_hand_is_replaced_and_named(app: Path, declared: dict[str, t.Any]) -> None:
    assert folder.converge(app, declared).overwritten == []
    (app / "vendor" / "shelf" / "web" / "web.libsonnet").write_text("{}")
    result = folder.converge(app, declared)
    assert result.overwritten == ["vendor/shelf/web/"]
    assert folder.converge(app, declared).overwritten == []


def test_a_file_of_the_users_is_not_made_half_of_a_component(app: Path, declared: dict[str, t.Any]) -> None:
    (app / "components" / "mine.yaml").write_text("kind: Mine\n")
    before = folder.read(app)
    declared["components"]["mine"] = {"prototype": "plain"}
    with pytest.raises(BootstrapError, match="components/mine.yaml already exists, not by this collection"):
        folder.converge(app, declared)
    assert folder.read(app) == before


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        ("0.0.1", "Convert it with `ks upgrade` of ksonnet 0.10."),
        ("0.2.0", "ks 0.12 wrote it, and the rest of the application is the same as with 0.10. Write apiVersion: 0.1.0,"),
        ("0.3.0", "ks 0.13 wrote it, and the rest of the application is the same as with 0.10. Write apiVersion: 0.1.0,"),
        ("7", "No ksonnet from 0.10 to 0.13 writes that."),
    ],
)
def test_an_application_of_another_version_says_how_to_convert_it(version: str, advice: str) -> None:
    with pytest.raises(BootstrapError, match="apiVersion: 0.1.0 is expected") as caught:
        app_yaml.read({"app.yaml": f"apiVersion: {version}\nkind: ksonnet.io/app\nname: ks_app\n"})
    assert advice in str(caught.value)


def test_an_application_of_ks_0_13_is_read_as_it_was_told() -> None:
    """As kfctl made them: all are called ks_app."""
    libraries = "libraries:\n  core:\n    gitVersion: null\n    name: core\n    registry: kubeflow\n"
    app = app_yaml.read({"app.yaml": f"apiVersion: 0.1.0\nkind: ksonnet.io/app\nname: ks_app\n{libraries}"})
    assert (app["name"], list(app["libraries"])) == ("ks_app", ["core"])
