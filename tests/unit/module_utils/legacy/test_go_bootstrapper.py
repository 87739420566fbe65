# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configurations and flags of the Go bootstrapper: all that is in them becomes a variable, or is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.legacy import names
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.legacy.go_bootstrapper import Embedded, read_config, read_flags
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import go_bootstrapper_info

EMBEDDED = Embedded(
    ["core", "tf-serving"],
    {
        "kubeflow-core": ["name", "cloud", "gatewayServiceType", "gatewayReplicas", "jupyterHubAuthenticator"],
        "gateway": ["name", "cloud", "gatewayServiceType"],
        "training-operator": ["name"],
        "jupyterhub": ["name", "cloud", "jupyterNotebookPVCMount"],
    },
)
CONFIG = """\
# Sample
---
registries:
  - name: kubeflow
    repo: https://github.com/kubeflow/kubeflow
    version:
    path: kubeflow
app:
  packages:
    - name: core
      registry: kubeflow
    - name: seldon
      registry: kubeflow
  components:
    - name: core
      prototype: kubeflow-core
    - name: centraldashboard
      prototype: centraldashboard
  parameters:
    - component: core
      name: cloud
      value: minikube
    - component: core
      name: gatewayReplicas
      value: 2
    - {component: core, name: tfAmbassadorServiceType, value: LoadBalancer}
    - {component: core, name: disks, value: a-disk}
    - {component: centraldashboard, name: image, value: x}
"""


def notes_about(notes: list[str], *words: str) -> list[str]:
    return [note for note in notes if all(word in note for word in words)]


def test_a_file_becomes_variables() -> None:
    translation = read_config(CONFIG, "c.yaml", EMBEDDED)
    assert translation.variables == {
        "kubeflow_registries": {"kubeflow": {"uri": "embedded"}},
        "kubeflow_packages": {"core": {"registry": "kubeflow"}},
        "kubeflow_components": {"core": {"prototype": "kubeflow-core"}},
        "kubeflow_parameters": {"core": {"cloud": "null", "gatewayReplicas": "2", "gatewayServiceType": "LoadBalancer"}},
    }


def test_what_is_left_out_or_renamed_is_named_with_its_line() -> None:
    notes = read_config(CONFIG, "c.yaml", EMBEDDED).notes
    assert len(notes) == 7
    for line, word in ((4, "embedded"), (12, "seldon"), (18, "dashboard"), (21, "minikube"), (26, "gatewayServiceType"), (27, "nfs")):
        assert notes_about(notes, f"c.yaml, line {line}:", word), (line, notes)
    assert notes_about(notes, "line 28:", "centraldashboard.image")


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        ("repo: github.com/kubeflow/kubeflow, version: v0.2.1, path: kubeflow", "github.com/kubeflow/kubeflow/tree/v0.2.1/kubeflow"),
        ("repo: 'https://github.com/kubeflow/kubeflow.git', branch: b, path: /kubeflow/", "github.com/kubeflow/kubeflow/tree/b/kubeflow"),
        ("repo: 'https://www.github.com/me/mine/', path: a/b", "github.com/me/mine/tree/master/a/b"),
        ("repo: /opt/registries/mine, path: kubeflow", "/opt/registries/mine/kubeflow"),
        ("repo: 'file:///opt/mine'", "file:///opt/mine"),
    ],
)
def test_a_registry_is_found_where_it_was(registry: str, expected: str) -> None:
    translation = read_config(f"registries: [{{name: r, {registry}}}]", "c.yaml", EMBEDDED)
    assert translation.variables["kubeflow_registries"]["r"]["uri"] == expected


def test_capital_letters_in_field_names_are_as_good() -> None:
    translation = read_config("App: {Components: [{Name: A, Prototype: gateway}]}", "c.yaml", EMBEDDED)
    assert translation.variables == {"kubeflow_components": {"A": {"prototype": "gateway"}}}


def test_names_of_another_registry_stay() -> None:
    text = """
registries: [{name: kubeflow, repo: github.com/kubeflow/kubeflow, version: v0.2.1, path: kubeflow}]
app:
  components: [{name: a, prototype: ambassador}, {name: d, prototype: centraldashboard}]
  parameters: [{component: a, name: ambassadorServiceType, value: 'null'}]
"""
    translation = read_config(text, "c.yaml", EMBEDDED)
    assert translation.variables["kubeflow_components"] == {"a": {"prototype": "ambassador"}, "d": {"prototype": "centraldashboard"}}
    assert translation.variables["kubeflow_parameters"] == {"a": {"ambassadorServiceType": "null"}}
    assert not translation.notes


def test_two_prototypes_that_are_one_now_make_one_component() -> None:
    text = "app: {components: [{name: t, prototype: tf-job-operator}, {name: p, prototype: pytorch-operator}]}"
    translation = read_config(text, "c.yaml", EMBEDDED)
    assert translation.variables["kubeflow_components"] == {"t": {"prototype": "training-operator"}}
    assert notes_about(translation.notes, "'p' was left out")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app: [", "is not YAML"),
        ("- a", "line 1, top level: a mapping is expected"),
        ("app: {componets: []}", "line 1, app.componets: it is not a field of app"),
        ("app:\n  packages: []\n  packages: []", "line 3, app.packages: it is given twice"),
        ("app:\n  components: {a: b}", "line 2, app.components: a list is expected"),
        ("app:\n  components:\n  - name: a", "line 3, app.components[0].prototype: it is missing"),
        ("app:\n  components: [{name: a, prototype: kubeflow-cor}]", "no prototype 'kubeflow-cor'"),
        ("app:\n  parameters: [{component: a, name: b, value: c}]", "no component 'a' is listed"),
        (
            "app:\n  components: [{name: a, prototype: gateway}]\n  parameters: [{component: a, name: clod, value: c}]",
            "line 3, name: the prototype gateway declares no parameter 'clod'",
        ),
        ("app:\n  packages: [{name: core, registry: mine}]", "no registry 'mine' is listed"),
        ("registries: [{name: r, repo: 'git@example.com:x'}]", "neither github.com/OWNER/REPOSITORY nor a folder"),
        (
            "app:\n  components:\n  - {name: a, prototype: gateway}\n  - {name: a, prototype: jupyterhub}",
            "line 4, name: 'a' is given twice",
        ),
        ("registries: [{name: [x]}]", "registries[0].name: text is expected"),
        ("apiVersion: kfdef.apps.kubeflow.org/v1\nkind: KfDef", "a file of kfctl"),
    ],
)
def test_what_cannot_be_understood_is_refused(text: str, expected: str) -> None:
    with pytest.raises(BootstrapError) as error:
        read_config(text, "c.yaml", EMBEDDED)
    assert expected in str(error.value)
    assert "c.yaml" in str(error.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BootstrapError) as error:
        read_config("nope: 1\napp:\n  packages: [{registry: kubeflow}]\n  parameters: [{name: b}]", "c.yaml", EMBEDDED)
    assert len(error.value.details["problems"]) == 3


@pytest.mark.parametrize("text", ["", "---\n", "app:\n", "registries:\napp: {components: }"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert read_config(text, "c.yaml", EMBEDDED).variables == {}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--app-dir=/x", "-namespace", "ml", "--apply"], {"kubeflow_app_dir": "/x", "kubeflow_namespace": "ml", "kubeflow_apply": True}),
        (["-apply=F"], {"kubeflow_apply": False}),
        (["--apply=1", "--apply=false"], {"kubeflow_apply": False}),
        (["--namespace="], {}),
        (["--config", "a=b.yaml"], {"kubeflow_go_bootstrapper_config": "a=b.yaml"}),
    ],
)
def test_flags_are_read_as_go_does(words: list[str], expected: dict[str, Any]) -> None:
    translation = read_flags(words)
    assert translation.variables == expected
    assert not translation.notes


def test_a_version_of_kubeflow_is_its_registry() -> None:
    translation = read_flags(["--kubeflow-version=v0.1.2"]).variables
    assert translation["kubeflow_registries"]["kubeflow"]["uri"] == "github.com/kubeflow/kubeflow/tree/v0.1.2/kubeflow"
    assert set(translation["kubeflow_packages"]) == {"core", "tf-serving", "tf-job"}


def test_flags_without_a_counterpart_are_named() -> None:
    translation = read_flags(["--email=me@example.com", "--in-cluster", "--keep-alive=false"])
    assert translation.variables == {}
    assert [note.split()[1] for note in translation.notes] == ["--email", "--in-cluster", "--keep-alive"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--apply", "false"], "'false' is not a flag"),
        (["--appdir=/x"], "no flag --appdir"),
        (["--app-dir"], "--app-dir has no value"),
        (["--apply=yes"], "--apply=yes: it is true or false"),
        (["--"], "'--' is not a flag"),
        (["---apply"], "'---apply' is not a flag"),
        (["-=x"], "'-=x' is not a flag"),
    ],
)
def test_flags_that_the_bootstrapper_had_not_are_refused(words: list[str], expected: str) -> None:
    with pytest.raises(BootstrapError) as error:
        read_flags(words)
    assert expected in str(error.value)


def test_the_module_reads_the_file_that_the_flags_name(tmp_path: Path) -> None:
    file = tmp_path / "my config.yaml"
    file.write_text(CONFIG)
    warnings: list[str] = []
    result = go_bootstrapper_info.run({"config": None, "flags": f"--config='{file}' --namespace ml"}, Context(warn=warnings.append))
    assert result["variables"]["kubeflow_namespace"] == "ml"
    assert result["variables"]["kubeflow_components"] == {"core": {"prototype": "kubeflow-core"}}
    assert warnings == result["notes"] != []
    with pytest.raises(BootstrapError, match="No such file"):
        go_bootstrapper_info.run({"config": str(tmp_path / "none.yaml"), "flags": None}, Context())


def test_the_docs_name_all_that_changes() -> None:
    page = (Path(__file__).parents[4] / "docs" / "from-the-go-bootstrapper.md").read_text(encoding="utf-8")
    renamed = [*names.PROTOTYPES.items(), *(pair for pairs in names.PARAMETERS.values() for pair in pairs.items())]
    flags = [f"--{flag}" for flag in [*names.FLAGS, *names.FLAGS_GONE]]
    values = [value for values in names.VALUES.values() for value in values]
    expected = {*(name for pair in renamed for name in pair), *names.GONE, *names.PARAMETERS_GONE, *flags, *names.FLAGS.values(), *values}
    assert sorted(name for name in expected if f"`{name}`" not in page and f"`{name}." not in page) == []


def test_the_example_of_the_docs_is_taken_over() -> None:
    page = (Path(__file__).parents[4] / "docs" / "from-the-go-bootstrapper.md").read_text(encoding="utf-8")
    original, ours = (part.split("```")[0] for part in page.split("```yaml\n")[1:3])
    translation = read_config(original, "config.yaml", go_bootstrapper_info._embedded())
    assert translation.variables == yaml.safe_load(ours)
