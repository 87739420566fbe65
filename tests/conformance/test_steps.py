# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application, and what is rendered from it, against the recorded steps of ks 0.10.0 (its README has the format)."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import folder, render

CORPUS = Path(__file__).parent / "ks-0.10.0"
STEPS = sorted((CORPUS / "steps").glob("*.json"))


def load(name: str, root: str) -> dict[str, t.Any]:
    """A step; the recording has {{ROOT}} for the folder that it ran in."""
    (path,) = [path for path in STEPS if path.stem == name]
    step: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8").replace("{{ROOT}}", root))
    return step


def shelf(root: Path) -> Path:
    shutil.copytree(CORPUS / "registry", root / "shelf")
    return root


def component(called: str, prototype: str, /, **parameters: t.Any) -> t.Callable[[dict[str, t.Any], Path], None]:
    return lambda declared, root: declared["components"].update({called: {"prototype": prototype, "parameters": parameters}})


def package(name: str) -> t.Callable[[dict[str, t.Any], Path], None]:
    return lambda declared, root: declared["packages"].update({name: {"registry": "shelf"}})


def environment(name: str, server: str, namespace: str) -> t.Callable[[dict[str, t.Any], Path], None]:
    return lambda declared, root: declared["environments"].update({name: {"server": server, "namespace": namespace}})


BACK = {
    "image": "example.com/team/back:1",
    "replicas": 5,
    "port": 8080,
    "serviceType": "LoadBalancer",
    "args": '["-c", "echo \\"hi\\""]',
    "env": {"A": "x y", "B": "'"},
    "namespace": "other",
}
# What each step of ks is in a declaration.
DECLARED = {
    "001-init": environment("default", "https://10.0.0.1:6443", "team"),
    "003-registry-add": lambda declared, root: declared["registries"].update(shelf={"uri": f"{root}/shelf"}),
    "006-pkg-install-web": package("web"),
    "007-pkg-install-store": package("store"),
    "008-pkg-install-plain": package("plain"),
    "014-generate-web": component("front", "io.example.pkg.web", image="nginx:1.27"),
    "015-generate-web-options": component("back", "io.example.pkg.web", **BACK),
    "016-generate-store": component("disk", "io.example.pkg.store", size="20Gi"),
    "017-generate-store-named": component("disk-two", "io.example.pkg.store-named", name="disk-2"),
    "018-generate-plain": component("settings", "io.example.pkg.plain"),
    "019-generate-plain-text": component("quotes", "io.example.pkg.plain", text="it's $x %s {{ y }} é"),
    "020-generate-short-name": component("short", "plain"),
}


def test_every_step_writes_what_ks_wrote(tmp_path: Path) -> None:
    root = shelf(tmp_path)
    declared: dict[str, t.Any] = {"name": "app", "environments": {}, "registries": {}, "packages": {}, "components": {}}
    for name, change in DECLARED.items():
        change(declared, root)
        assert folder.converge(root / "app", declared).changed, name
        written = {path: text for path, text in folder.read(root / "app").items() if not path.startswith("lib/")}
        del written["bootstrap.yaml"]
        assert written == load(name, str(root))["app"], name
        assert not folder.converge(root / "app", declared).changed, name


def test_everything_at_once_is_the_same_as_step_by_step(tmp_path: Path) -> None:
    root = shelf(tmp_path)
    declared: dict[str, t.Any] = {"name": "app", "environments": {}, "registries": {}, "packages": {}, "components": {}}
    for change in DECLARED.values():
        change(declared, root)
    folder.converge(root / "app", declared)
    written = {path: text for path, text in folder.read(root / "app").items() if not path.startswith("lib/")}
    del written["bootstrap.yaml"]
    assert written == load("020-generate-short-name", str(root))["app"]


def test_environments_are_added_as_ks_adds_them(tmp_path: Path) -> None:
    declared: dict[str, t.Any] = {"name": "app", "environments": {}}
    for change in (
        DECLARED["001-init"],
        environment("prod", "https://10.0.0.2:6443", "live"),
        environment("us-west/prod", "https://10.0.0.3:6443", "west"),
    ):
        change(declared, tmp_path)
        folder.converge(tmp_path / "app", declared)
    recorded = load("051-env-add-nested", str(tmp_path))["app"]
    written = folder.read(tmp_path / "app")
    wanted = {path: text for path, text in recorded.items() if path.startswith("environments/")}
    assert {path: text for path, text in written.items() if path.startswith("environments/")} == wanted
    start, end = "environments:", "kind:"
    for text in (written["app.yaml"], recorded["app.yaml"]):
        assert text.count(start) == text.count(end) == 1
    assert written["app.yaml"].partition(end)[0] == recorded["app.yaml"].partition(end)[0]


def as_ks_prints(text: str) -> str:
    """components/params.libsonnet as ks 0.10.0 evaluates it: it doubles the escapes of double-quoted strings (a defect; ours doesn't)."""
    literal = re.compile(r'"((?:[^"\\]|\\.)*)"')
    return literal.sub(lambda match: json.dumps(match[1], ensure_ascii=False) if "\\" in match[1] else match[0], text)


def canonical(items: t.Iterable[t.Any]) -> list[str]:
    """Objects as a multiset: ks shows components in random order."""
    return sorted(json.dumps(item, sort_keys=True) for item in items)


SHOWS = [path.stem for path in STEPS if path.stem.split("-")[1] == "show" and load(path.stem, "/root")["exit"] == 0]


@pytest.mark.parametrize("name", SHOWS)
def test_renders_the_objects_that_ks_shows(name: str) -> None:
    step = load(name, "/root")
    files = {**step["app"], "components/params.libsonnet": as_ks_prints(step["app"]["components/params.libsonnet"])}
    rendered = render.objects(files, step["argv"][2])
    chosen = [value for option, value in zip(step["argv"], step["argv"][1:], strict=False) if option == "-c"] or list(rendered)
    # JSON is YAML, so one reader serves for both forms.
    shown = [item for item in yaml.safe_load_all(step["stdout"]) if item]
    assert canonical(item for name in chosen for item in rendered.get(name, [])) == canonical(shown)


def test_the_recording_has_shows_of_every_kind() -> None:
    assert {"029-show-yaml", "032-show-two", "049-show-after-params", "060-show-prod", "066-show-with-yaml"} <= set(SHOWS)


def test_a_module_is_rendered_only_when_it_is_a_target() -> None:
    step = load("070-show-with-module", "/root")
    app = step["app"]["app.yaml"].replace("    path: default\n", "    path: default\n    targets:\n    - data\n")
    assert "data/nested" not in render.objects(step["app"])
    rendered = render.objects({**step["app"], "app.yaml": app})
    assert list(rendered) == ["data/nested"]
    assert rendered["data/nested"][0]["metadata"]["name"] == "data/nested"


@pytest.mark.parametrize(
    ("name", "file", "line"),
    [("073-show-bad-jsonnet", "components/settings.jsonnet", 10), ("075-show-after-unescaped-quote", "components/params.libsonnet", 80)],
)
def test_a_broken_application_is_refused_where_ks_refuses_it(name: str, file: str, line: int) -> None:
    step = load(name, "/root")
    assert step["exit"] == 1
    with pytest.raises(BootstrapError, match=f"{file}, line {line}: "):
        render.objects(step["app"])


def test_an_unknown_environment_is_refused() -> None:
    step = load("034-show-unknown-env", "/root")
    assert step["exit"] == 1
    with pytest.raises(BootstrapError, match="no environment 'nope'"):
        render.objects(step["app"], "nope")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("010-pkg-install-unknown", package("nothing"), "has no package 'nothing'"),
        (
            "021-generate-missing-param",
            component("broken", "io.example.pkg.web"),
            "required parameters of io.example.pkg.web are missing: image",
        ),
        ("022-generate-unknown-prototype", component("none", "io.example.pkg.none"), "No prototype is named 'io.example.pkg.none'"),
        ("024-generate-bad-name", component("Bad Name", "io.example.pkg.plain"), "'Bad Name' can't be the name"),
        ("025-generate-unknown-flag", component("flagged", "io.example.pkg.plain", nope=1), "declares no parameter 'nope'"),
        ("026-generate-bad-number", component("number", "io.example.pkg.plain", count="many"), "'count': number expected, got text"),
    ],
)
def test_what_ks_refuses_is_refused_and_leaves_nothing(
    name: str, change: t.Callable[[dict[str, t.Any], Path], None], message: str, tmp_path: Path
) -> None:
    root = shelf(tmp_path)
    assert load(name, str(root))["exit"] == 1
    declared: dict[str, t.Any] = {"name": "app", "environments": {}, "registries": {}, "packages": {}, "components": {}}
    for declare in list(DECLARED.values())[:5]:
        declare(declared, root)
    folder.converge(root / "app", declared)
    before = folder.read(root / "app")
    change(declared, root)
    with pytest.raises(BootstrapError, match=message):
        folder.converge(root / "app", declared)
    assert folder.read(root / "app") == before
