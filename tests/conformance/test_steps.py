# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application, and what is rendered from it, against the recorded steps of ks 0.10.0 (its README has the format)."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import app_yaml, overrides, params, prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render

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


Change = t.Callable[[dict[str, t.Any], Path], object]


def nothing() -> dict[str, t.Any]:
    return {"name": "app", "environments": {}, "registries": {}, "packages": {}, "components": {}}


def component(called: str, prototype: str, /, **parameters: t.Any) -> Change:
    return lambda declared, root: declared["components"].update({called: {"prototype": prototype, "parameters": dict(parameters)}})


def package(name: str) -> Change:
    return lambda declared, root: declared["packages"].update({name: {"registry": "shelf"}})


def environment(name: str, server: str, namespace: str) -> Change:
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


def parameter(called: str, name: str, value: t.Any, /) -> Change:
    return lambda declared, root: declared["components"][called]["parameters"].update({name: value})


def override(environment: str, called: str, name: str, value: t.Any, /) -> Change:
    def change(declared: dict[str, t.Any], root: Path) -> None:
        parameters = declared["environments"][environment].setdefault("parameters", {}).setdefault(called, {})
        parameters.update({name: value})

    return change


def delete_override(declared: dict[str, t.Any], root: Path) -> None:
    del declared["environments"]["prod"]["parameters"]["front"]["image"]


def rename_environment(declared: dict[str, t.Any], root: Path) -> None:
    declared["environments"]["live"] = declared["environments"].pop("prod")


def imported(declared: dict[str, t.Any], root: Path) -> None:
    files = load("065-import-yaml", str(root))["app"]
    for path in ("components/configmap-raw-tjnsj.yaml", "components/configmap-raw-two-puvpe.yaml"):
        declared["components"][Path(path).stem] = {"yaml": files[path]}


def by_hand(old: str, new: str) -> Change:
    """What ks does there to components/params.libsonnet: the prototype declares no such parameter, so it can't be declared."""

    def change(declared: dict[str, t.Any], root: Path) -> None:
        file = root / "app" / "components" / "params.libsonnet"
        assert file.read_text().count(old) == 1
        file.write_text(file.read_text().replace(old, new))

    return change


# What each step of ks that changes the application is in a declaration.
DECLARED: dict[str, Change] = {
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
    "035-param-set-number": parameter("front", "replicas", 7),
    "036-param-set-string": parameter("front", "serviceType", "NodePort"),
    "037-param-set-quotes": parameter("settings", "text", 'say "hi" \\ there'),
    "038-param-set-number-like": parameter("settings", "text", "0123"),
    "039-param-set-bool-like": parameter("settings", "text", "true"),
    "040-param-set-list": parameter("settings", "list", ["a", {"b": 2}]),
    "041-param-set-map": parameter("settings", "map", {"a": {"b": [True, 0]}, "k": "v"}),
    "042-param-set-multiline": parameter("settings", "text", "line one\nline two"),
    "044-param-set-new-key": by_hand("    settings: {\n", "    settings: {\n      brandNew: 1,\n"),
    "045-param-set-dashed-key": by_hand("two',\n    },\n", 'two\',\n      "with-dash": "x",\n    },\n'),
    "047-param-delete": by_hand("      brandNew: 1,\n", ""),
    "050-env-add": environment("prod", "https://10.0.0.2:6443", "live"),
    "051-env-add-nested": environment("us-west/prod", "https://10.0.0.3:6443", "west"),
    "054-param-set-env": override("prod", "front", "replicas", 11),
    "055-param-set-env-second": override("prod", "front", "image", "nginx:1.28"),
    "056-param-set-env-dashed": override("prod", "disk-two", "size", "5Gi"),
    "057-param-set-env-overwrite": override("prod", "front", "replicas", 12),
    "061-param-delete-env": delete_override,
    "062-env-set-name": rename_environment,
    "063-env-rm": lambda declared, root: declared["environments"].pop("us-west/prod"),
    "065-import-yaml": imported,
    "067-module-create": lambda declared, root: declared.update(modules={"data": {}}),
    "068-generate-in-module": component("data/nested", "io.example.pkg.plain"),
    "071-component-rm": lambda declared, root: declared["components"].pop("quotes"),
    "074-generate-unescaped-quote": component("hazard", "io.example.pkg.plain", text='a "quoted" text'),
}
KS_ALONE = ("044-param-set-new-key", "045-param-set-dashed-key", "047-param-delete")
# Lines of components/params.libsonnet that are not those of ks, on purpose; docs/ksonnet.md has the list of all differences.
DIFFERENT = {
    '      args: ["-c","echo ': "ks doubles every backslash whenever it prints the file",
    "      text: ": "ks makes numbers and booleans of text, leaves a quote unescaped, and reads escapes in double quotes wrongly",
}


def differing(written: dict[str, str], recorded: dict[str, str]) -> set[str]:
    """The lines that differ, as we write them. Whatever else differs fails the test."""
    assert written.keys() == recorded.keys()
    differences = set()
    for path, text in written.items():
        pairs = list(itertools.zip_longest(text.split("\n"), recorded[path].split("\n"), fillvalue="<none>"))
        for ours, theirs in pairs:
            if ours != theirs:
                assert path == "components/params.libsonnet", (path, ours, theirs)
                assert ours.startswith(tuple(DIFFERENT)), (ours, theirs)
                assert theirs.startswith(tuple(DIFFERENT)), (ours, theirs)
                differences.add(ours.strip())
    return differences


def own_files(app: Path) -> dict[str, str]:
    """The files that ks has too; lib/ was not recorded."""
    return {path: text for path, text in folder.read(app).items() if not path.startswith("lib/") and path != "bootstrap.yaml"}


def test_every_step_writes_what_ks_wrote(tmp_path: Path) -> None:
    root = shelf(tmp_path)
    declared = nothing()
    different: dict[str, set[str]] = {}
    for name, change in DECLARED.items():
        change(declared, root)
        result = folder.converge(root / "app", declared)
        assert (result.changed, result.kept) == (name not in KS_ALONE, []), name
        lines = differing(own_files(root / "app"), load(name, str(root))["app"])
        different.setdefault("text" if any("text:" in line for line in lines) else "args" if lines else "none", set()).add(name)
        assert not folder.converge(root / "app", declared).changed, name
    steps = list(DECLARED)
    assert different["none"] == set(steps[: steps.index("035-param-set-number")])
    parameters = params.read(folder.read(root / "app")[params.PATH])
    assert parameters["back"]["args"] == ["-c", 'echo "hi"']
    assert (parameters["settings"]["text"], parameters["hazard"]["text"]) == ("line one\nline two", 'a "quoted" text')


def test_no_step_that_changes_the_application_is_left_out() -> None:
    before: dict[str, str] = {}
    changing = []
    for path in STEPS:
        step = load(path.stem, "/root")
        if step["app"] != before and path.stem not in ("073-show-bad-jsonnet",):
            changing.append(path.stem)
        before = step["app"]
    assert changing == list(DECLARED)


def test_everything_at_once_is_the_same_as_step_by_step(tmp_path: Path) -> None:
    root = shelf(tmp_path)
    declared = nothing()
    for change in list(DECLARED.values())[:12]:
        change(declared, root)
    folder.converge(root / "app", declared)
    assert own_files(root / "app") == load("020-generate-short-name", str(root))["app"]


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
        ("046-param-set-unknown-component", override("default", "nope", "a", "b"), "there is no component 'nope'"),
        ("026-generate-bad-number", component("number", "io.example.pkg.plain", count="many"), "'count': number expected, got text"),
    ],
)
def test_what_ks_refuses_is_refused_and_leaves_nothing(name: str, change: Change, message: str, tmp_path: Path) -> None:
    root = shelf(tmp_path)
    assert load(name, str(root))["exit"] == 1
    declared = nothing()
    for declare in list(DECLARED.values())[:5]:
        declare(declared, root)
    folder.converge(root / "app", declared)
    before = folder.read(root / "app")
    change(declared, root)
    with pytest.raises(BootstrapError, match=message):
        folder.converge(root / "app", declared)
    assert folder.read(root / "app") == before


# ks refuses to do again what is done, or to remove what isn't there; for a declaration there is nothing to do then.
AGAIN = ["002-init-again", "004-registry-add-again", "009-pkg-install-again", "023-generate-duplicate", "052-env-add-again"]
NOT_THERE = ["064-env-rm-unknown", "072-component-rm-unknown"]


@pytest.mark.parametrize("name", [*AGAIN, *NOT_THERE])
def test_what_is_done_already_is_no_error(name: str, tmp_path: Path) -> None:
    root = shelf(tmp_path)
    declared = nothing()
    for step, change in DECLARED.items():
        if step < name:
            change(declared, root)
            folder.converge(root / "app", declared)
    assert load(name, str(root))["exit"] == (0 if name == "064-env-rm-unknown" else 1)
    assert not folder.converge(root / "app", declared).changed


def test_an_empty_text_is_a_value(tmp_path: Path) -> None:
    root = shelf(tmp_path)
    assert load("043-param-set-empty", str(root))["exit"] == 1
    declared = nothing()
    for change in (*list(DECLARED.values())[:5], component("settings", "plain", text="")):
        change(declared, root)
    folder.converge(root / "app", declared)
    assert render.objects(folder.read(root / "app"))["settings"][0]["data"]["text"] == ""


def table(name: str) -> list[list[str]]:
    """The rows that ks lists."""
    return [line.split(maxsplit=2) for line in load(name, "/root")["stdout"].splitlines()[2:]]


def test_what_ks_lists_is_there() -> None:
    """Each listing of ks is in the files or in what is read from them."""
    files = load("012-prototype-list", "/root")["app"]
    app = app_yaml.read(files)
    assert [row[0] for row in table("005-registry-list")] == list(app["registries"])
    assert [row[1] for row in table("011-pkg-list")] == list(app["libraries"])
    known = prototypes.collect(files)[0]
    assert [(row[0], " ".join(row[1:])) for row in table("012-prototype-list")] == [
        (name, known[name].short_description) for name in sorted(known)
    ]
    described = load("013-prototype-describe", "/root")["stdout"]
    assert all(f"--{parameter.name}=<{parameter.name}>" in described for parameter in known["io.example.pkg.web"].parameters)
    assert [row[0] for row in table("053-env-list")] == list(app_yaml.read(load("053-env-list", "/root")["app"])["environments"])
    for name in ("027-component-list", "069-component-list-module"):
        entry = load(name, "/root")
        module = "components/data" if "module" in name else "components"
        assert sorted(row[0] for row in table(name)) == sorted(render.components(entry["app"], module))


@pytest.mark.parametrize(("name", "chosen"), [("028-param-list", None), ("048-param-list-after", "settings")])
def test_the_parameters_that_ks_lists_are_those_that_are_read(name: str, chosen: str | None) -> None:
    text = as_ks_prints(load(name, "/root")["app"][params.PATH])
    written = {called: values for called, values in params.read(text).items() if chosen in (None, called)}
    listed: dict[str, dict[str, t.Any]] = {}
    for called, parameter, value in table(name):
        listed.setdefault(called, {})[parameter] = json.loads(value)
    assert listed == written


def test_the_overrides_that_ks_lists_are_those_that_are_read() -> None:
    app = load("059-param-diff", "/root")["app"]
    by_component = overrides.read(app["environments/prod/params.libsonnet"], "f")
    listed = {(row[0], row[1]): json.loads(row[2].split()[-1]) for row in table("059-param-diff")}
    assert listed == {(called, name): value for called, values in by_component.items() for name, value in values.items()}
    assert {tuple(row[:2]) for row in table("058-param-list-env")} >= set(listed)


def test_every_step_of_the_recording_is_looked_at() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    shown = set(SHOWS) | {"033-show-unknown-component"}
    assert [path.stem for path in STEPS if path.stem not in shown and f'"{path.stem}"' not in text] == []
