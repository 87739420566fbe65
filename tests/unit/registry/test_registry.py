# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every package of the embedded registry: it is listed, varied by the tests, and yields the same with every evaluator of Jsonnet."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import _gojsonnet
import _jsonnet
import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import validation
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.validation import CHOICES, PACKAGES, REGISTRY, Case

KNOWN = validation.known()
CASES = validation.cases()

STD = yaml.safe_load((Path(__file__).parent / "std.yml").read_text(encoding="utf-8"))


def _with(evaluator: t.Any) -> t.Callable[[list[evaluate.Run], evaluate.Limits], str]:
    """``evaluate.evaluate`` by another evaluator of Jsonnet."""

    def run(runs: list[evaluate.Run], _limits: evaluate.Limits) -> str:
        text = ""
        for each in runs:
            codes = each.codes if each.previous is None else {**each.codes, each.previous: text}

            def read(folder: str, name: str, each: evaluate.Run = each) -> tuple[str, bytes]:
                # A snippet of an external variable has a name, and so a folder, that is none.
                path, content = each.read("/" if folder.startswith("<") else folder.rstrip("/"), name)
                return path, content.encode()

            text = evaluator.evaluate_snippet("<application>", each.snippet, ext_codes=codes, import_callback=read)
        return text

    return run


def test_every_package_is_listed_and_every_listed_one_is_there() -> None:
    listed = yaml.safe_load((REGISTRY / "registry.yaml").read_text(encoding="utf-8"))["libraries"]
    assert listed == {name: {"version": "0.1.0", "path": name} for name in listed}
    assert sorted(listed) == PACKAGES == sorted({each.package for each in KNOWN})


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_and_how_to_start(package: str) -> None:
    parts = yaml.safe_load((REGISTRY / package / "parts.yaml").read_text(encoding="utf-8"))
    assert parts["name"] == package
    assert parts["description"].strip() and parts["license"] == "GPL-3.0-or-later"
    mine = {each.prototype.name: each for each in KNOWN if each.package == package}
    started = mine[parts["quickStart"]["prototype"]]
    required = {parameter.name for parameter in started.prototype.parameters if parameter.required}
    assert required <= set(parts["quickStart"]["flags"]) <= started.declared


def test_a_prototype_is_named_after_its_file_and_no_two_alike() -> None:
    assert {each.prototype.file.rsplit("/", 1)[1] for each in KNOWN} == {f"{each.name}.jsonnet" for each in KNOWN}
    assert len({each.name for each in KNOWN}) == len(KNOWN)


@pytest.mark.parametrize("each", KNOWN, ids=lambda each: each.name)
def test_every_parameter_is_varied_by_some_choice(each: validation.Known) -> None:
    varied = {name for case in CASES if case.name == each.name for name in case.parameters}
    assert varied <= each.declared, f"{each.name} does not declare these (tests/unit/registry/choices.yml)"
    assert varied | {"name"} == each.declared, f"no rule sets these in a story: add them to choices.yml, {each.name}"


def test_the_choices_are_for_prototypes_that_there_are() -> None:
    assert set(CHOICES["prototypes"]) <= {each.name for each in KNOWN}
    core = {name for each in KNOWN if each.package == "core" for name in each.declared}
    assert {name for shape in CHOICES["shapes"].values() for name in shape} <= core


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_evaluator_in_go_agrees(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(_gojsonnet, case, monkeypatch)


# The evaluator in C++ takes seconds for what takes the others milliseconds: the first set of each prototype, and `make soak` has more.
_SLOW_IN_CPP = ("kubeflow-core", "jupyterhub")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case == next(each for each in CASES if each.name == case.name) and case.name not in _SLOW_IN_CPP],
    ids=str,
)
def test_the_evaluator_in_cpp_agrees(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(_jsonnet, case, monkeypatch)


def agree(evaluator: t.Any, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """It yields the same as ours."""
    files = validation.files(case)
    ours = render.objects(files)["one"]
    monkeypatch.setattr(evaluate, "evaluate", _with(evaluator))
    assert render.objects(files)["one"] == ours


@pytest.mark.parametrize("path", sorted(REGISTRY.rglob("*.*sonnet")), ids=lambda path: str(path.relative_to(REGISTRY)))
def test_nothing_newer_than_the_standard_library_of_2018_is_used(path: t.Any) -> None:
    code = re.sub(r"//[^\n]*|#[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert set(re.findall(r"\bstd\.(\w+)", code)) <= set(STD)
    # `importbin` is of 2021; `std[...]` would hide a name.
    assert not re.search(r"\bstd\s*\[|\bimportbin\b", code)


def test_the_hub_and_notebook_servers_are_of_one_major_version_of_jupyterhub() -> None:
    """A server of another one warns that logins may fail and go round in circles."""
    of_release = dict(
        re.findall(r"k8s-hub:([0-9.]+)`.*JupyterHub ([0-9.]+)\)", (REGISTRY / "core" / "README.md").read_text(encoding="utf-8"))
    )
    pairs = [
        tuple(re.findall(rf"@optionalParam {name} string (\S+):(\S+)", text)[0] for name in ("jupyterHubImage", "jupyterNotebookImage"))
        for path in sorted(REGISTRY.glob("*/prototypes/*.jsonnet"))
        if "jupyterNotebookImage" in (text := path.read_text(encoding="utf-8"))
    ]
    assert len(pairs) == 2
    for (hub, release), (notebook, tag) in pairs:
        assert (hub, notebook) == ("quay.io/jupyterhub/k8s-hub", "quay.io/jupyter/scipy-notebook")
        server = re.fullmatch(r"hub-([0-9]+)[.][0-9.]+", tag)
        assert server and server[1] == of_release[release].partition(".")[0]
