# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Components of the built-in prototypes, and of packages with the parameters of Kubeflow 0.1 to 0.4, written as ks 0.10.0 writes them."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import params, prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import old_registries

# What `ks generate` writes above the body of a prototype, as in every recorded step that generates.
HEAD = 'local env = std.extVar("__ksonnet/environments");\nlocal params = std.extVar("__ksonnet/params").components'
BUILT_IN: dict[str, dict[str, t.Any]] = {
    "configMap": {"data": {"a": "b"}},
    "namespace": {},
    "single-port-service": {"targetLabelSelector": {"app": "a"}},
    "single-port-deployment": {"image": "nginx:1"},
    "deployed-service": {"image": "nginx:1"},
}
KINDS = {
    "configMap": ["ConfigMap"],
    "namespace": ["Namespace"],
    "single-port-service": ["Service"],
    "single-port-deployment": ["Deployment"],
    "deployed-service": ["Deployment", "Service"],
}


def declared(**more: t.Any) -> dict[str, t.Any]:
    environments = {"default": {"server": "https://10.0.0.1:6443", "namespace": "team"}}
    return {"name": "app", "environments": environments, "registries": {}, "packages": {}, "components": {}, **more}


def written(app: Path, declaration: dict[str, t.Any]) -> dict[str, str]:
    """The files of the application; a second run changes nothing."""
    assert folder.converge(app, declaration).changed
    assert not folder.converge(app, declaration).changed
    return folder.read(app)


def as_ks_generates(name: str, prototype: str) -> str:
    """A component file: the head, then the prototype's file below its comment, but for the first line of that."""
    member = f".{name}" if re.fullmatch("[A-z]+", name) else f'["{name}"]'
    lines = prototype.split("\n")
    first = next(number for number, line in enumerate(lines) if not line.startswith("//"))
    return f"{HEAD}{member};\n" + "\n".join(lines[first + 1 :])


def test_built_in_prototypes(tmp_path: Path) -> None:
    assert {f"io.ksonnet.pkg.{name}" for name in BUILT_IN} == set(prototypes.builtin())
    components = {name: {"prototype": f"io.ksonnet.pkg.{name}", "parameters": parameters} for name, parameters in BUILT_IN.items()}
    files = written(tmp_path / "app", declared(components=components))
    shown = render.objects(files)
    assert {name: sorted(item["kind"] for item in shown[name]) for name in BUILT_IN} == KINDS
    for name in BUILT_IN:
        assert files[f"components/{name}.jsonnet"].startswith(HEAD)
        names = [each.name for each in prototypes.builtin()[f"io.ksonnet.pkg.{name}"].parameters]
        assert list(params.read(files[params.PATH])[name]) == sorted(names)


@pytest.mark.parametrize("release", old_registries.RELEASES)
def test_packages_with_the_parameters_of_old_releases(release: str, tmp_path: Path) -> None:
    shelf = old_registries.contents(release).files
    for path, text in shelf.items():
        (tmp_path / "shelf" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shelf" / path).write_text(text, encoding="utf-8")
    names = old_registries.RELEASES[release]
    declaration = declared(
        registries={"kubeflow": {"uri": str(tmp_path / "shelf")}},
        packages={"core": {"registry": "kubeflow"}},
        components={name: {"prototype": f"io.ksonnet.pkg.{name}", "parameters": {}} for name in names},
    )
    files = written(tmp_path / "app", declaration)
    assert {path: files[f"vendor/kubeflow/{path}"] for path in shelf if path.startswith("core/")} == {
        path: text for path, text in shelf.items() if path.startswith("core/")
    }
    shown = render.objects(files)
    for name, parameters in names.items():
        defaults = dict(each.split("=", 1) for each in parameters.split())
        assert files[f"components/{name}.jsonnet"] == as_ks_generates(name, shelf[f"core/prototypes/{name}.jsonnet"])
        block = files[params.PATH].split(f"    {name if re.fullmatch('[A-z]+', name) else json.dumps(name)}: {{\n")[1].split("    },\n")[0]
        assert [line.split(":")[0].strip(' "') for line in block.splitlines()] == sorted([*defaults, "name"])
        assert shown[name][0]["data"] == {**defaults, "name": name}


def test_of_two_packages_with_one_prototype_the_last_by_path_counts(tmp_path: Path) -> None:
    for package, kind in (("a", "First"), ("b", "Last")):
        place = tmp_path / "shelf" / package / "prototypes"
        place.mkdir(parents=True)
        (place.parent / "parts.yaml").write_text(f"apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: {package}\n")
        head = "// @apiVersion 0.1\n// @name io.example.both\n// @description x\n// @param name string Name\n"
        (place / "both.jsonnet").write_text(f"{head}\n{{ apiVersion: 'v1', kind: '{kind}', metadata: {{ name: params.name }} }}\n")
    libraries = "".join(f"  {name}: {{path: {name}, version: master}}\n" for name in "ab")
    (tmp_path / "shelf" / "registry.yaml").write_text(f'apiVersion: "0.1"\nkind: ksonnet.io/registry\nlibraries:\n{libraries}')
    declaration = declared(
        registries={"shelf": {"uri": str(tmp_path / "shelf")}},
        packages={"a": {"registry": "shelf"}, "b": {"registry": "shelf"}},
        components={"one": {"prototype": "io.example.both", "parameters": {}}},
    )
    assert render.objects(written(tmp_path / "app", declaration))["one"][0]["kind"] == "Last"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("{ kind: 'PodSet', items: [{ kind: 'A' }, { kind: 'B' }] }", ["A", "B"]),
        ("{ kind: 'List', items: null }", []),
        ("{ kind: 'List', items: [] }", []),
        ("{ kind: 'PodSet', items: null }", ["PodSet"]),
    ],
)
def test_what_has_items_is_a_list(text: str, kinds: list[str], tmp_path: Path) -> None:
    files = written(tmp_path / "app", declared(components={"x": {"jsonnet": text}}))
    assert [item["kind"] for item in render.objects(files).get("x", [])] == kinds


def test_jsonnet_of_today(tmp_path: Path) -> None:
    """What differs from ks: numbers as text, text that is not ASCII, and errors in a branch that is not taken."""
    text = """{ kind: 'X', number: std.toString(0.1), text: std.base64('é'), lazy: if true then 1 else error 'no', }"""
    (item,) = render.objects(written(tmp_path / "app", declared(components={"x": {"jsonnet": text}})))["x"]
    assert (item["number"], item["text"], item["lazy"]) == ("0.1", "w6k=", 1)


def test_json_has_numbers_of_json(tmp_path: Path) -> None:
    text = '{"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "large": 1e3, "yes": "y"}'
    (item,) = render.objects(written(tmp_path / "app", declared(components={"x": {"json": text}})))["x"]
    assert (item["large"], item["yes"]) == (1000, "y")


def test_an_import_from_another_folder_is_not_found(tmp_path: Path) -> None:
    app = tmp_path / "app"
    written(app, declared(components={"x": {"jsonnet": "{ kind: 'X', a: import '../config/a.libsonnet' }"}}))
    (app / "config").mkdir()
    (app / "config" / "a.libsonnet").write_text("1")
    with pytest.raises(BootstrapError, match="there is no file for import '../config/a.libsonnet'. It is looked for"):
        render.objects(folder.read(app))


def test_a_prototype_that_can_not_be_read_hides_no_other() -> None:
    head = "// @apiVersion 0.1\n// @name io.example.good\n// @description x\n// @param name string Name\n"
    files = {
        "vendor/r/p/prototypes/bad.jsonnet": head.replace("good", "bad") + "// @nonsense\n\n{}\n",
        "vendor/r/p/prototypes/good.jsonnet": f"{head}\n{{}}\n",
    }
    known, errors = prototypes.collect(files)
    assert "io.example.good" in known and len(errors) == 1
    with pytest.raises(BootstrapError, match="one can't be read: vendor/r/p/prototypes/bad.jsonnet"):
        prototypes.find("io.example.bad", known, errors)


def test_what_python_leaves_behind_is_not_copied(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    for path, text in old_registries.contents("v0.1").files.items():
        (shelf / path).parent.mkdir(parents=True, exist_ok=True)
        (shelf / path).write_text(text, encoding="utf-8")
    (shelf / "core" / "__pycache__").mkdir()
    (shelf / "core" / "__pycache__" / "a.pyc").write_bytes(b"\xff")
    (shelf / "core" / "a.py").write_text("")
    declaration = declared(registries={"kubeflow": {"uri": str(shelf)}}, packages={"core": {"registry": "kubeflow"}})
    files = written(tmp_path / "app", declaration)
    assert "vendor/kubeflow/core/a.py" in files
    assert [path for path in files if "__pycache__" in path] == []


@pytest.mark.parametrize("seen", [False, True])
def test_yaml_arrives_as_ks_has_it(seen: bool, tmp_path: Path) -> None:
    """Whether the evaluator sees the component, or it is taken as it is."""
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
        'data: {greeting: !!binary aGVsbG8=, 1: one, true: bool, no: "n", 0: zero}\nset: !!set {a, b}\nsha: 12e5\n'
    )
    app = tmp_path / "app"
    written(app, declared(components={"x": {"yaml": text}}))
    if seen:
        main = app / "environments" / "default" / "main.jsonnet"
        main.write_text(main.read_text() + "// seen\n")
    (item,) = render.objects(folder.read(app))["x"]
    assert item["data"] == {"greeting": "hello", "1": "one", "true": "bool", "false": "n", "0": "zero"}
    assert (item["set"], item["sha"]) == ({"a": None, "b": None}, "12e5")
