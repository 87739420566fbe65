# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The generated files are current, and the JSON Schema of all choices tells right from wrong as the plan does."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import validation

ROOT = Path(__file__).parents[2]


def _generate() -> Any:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "tools" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generate()
GENERATED: dict[str, str] = GENERATE.generated()
SCHEMA = json.loads(GENERATED["docs/choices.schema.json"])


@pytest.mark.parametrize("path", sorted(GENERATED))
def test_a_generated_file_is_current(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path], "run: make generate"


def test_a_parameter_of_a_part_is_one_of_the_core_after_one_run(tmp_path: Path) -> None:
    for folder in ("registry", "roles", "docs", "plugins/modules"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for part in GENERATE.packages(tmp_path / "registry")["core"]:
        file = tmp_path / "registry" / part.file
        if GENERATE.short(part) != "kubeflow-core":
            file.write_text(file.read_text(encoding="utf-8").replace("\n\n", f"\n// @optionalParam of{file.stem} string x New\n\n", 1))
    generated = GENERATE.generated(tmp_path)
    for name in ("gateway", "jupyterhub", "namespace", "training-operator", "usage-reporting"):
        for path in (GENERATE.CORE, GENERATE.README, GENERATE.SCHEMA):
            assert generated[path].count(f"of{name}") >= 1 + (path != GENERATE.CORE), (name, path)


def _refused(choices: object) -> str:
    """Where the schema refuses choices, or "" if it takes them."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(SCHEMA).iter_errors(choices))
    return f"{error.json_path}: {error.message}" if error else ""


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_defaults_of_the_role_and_of_the_prototypes_are_taken() -> None:
    defaults = yaml.safe_load((ROOT / "roles/kubeflow/defaults/main.yml").read_text(encoding="utf-8"))
    assert _refused(defaults) == ""
    for definition in SCHEMA["$defs"].values():
        values = {name: each["default"] for name, each in definition["properties"].items() if "default" in each}
        assert jsonschema.validate(values, definition) is None


@pytest.mark.parametrize("case", validation.cases(), ids=str)
def test_what_the_tests_of_the_registry_choose_is_taken(case: validation.Case) -> None:
    assert _refused({"kubeflow_parameters": {case.name: case.parameters}}) == ""


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"kubeflow_namespace": "ml", "ansible_verbosity": 1, "mine": [1]},
        {"kubeflow_certificates_hostname": "ml.example.com", "kubeflow_auth_client_id": "{{ id }}", "kubeflow_git_remote": "origin"},
        {"kubeflow_parameters": {"kubeflow-core": {"gatewayReplicas": "2", "gpuLimits": "[1, 2]", "storageClass": None}}},
        {"kubeflow_parameters": {"my-serving": {"modelPath": "gs://a/b", "of another registry": {}}, "kubeflow-core": None}},
        {"kubeflow_components": {"serving": {"prototype": "tf-serving"}}, "kubeflow_ignore": ["no-storage-class"]},
    ],
)
def test_real_choices_are_taken(choices: object) -> None:
    assert _refused(choices) == ""


@pytest.mark.parametrize(
    ("choices", "where"),
    [
        ([], r"\$:"),
        ({"kubeflow_namespce": "ml"}, r"\$: 'kubeflow_namespce'"),
        ({"kubeflow_certificates_hostnam": "ml.example.com"}, r"\$: 'kubeflow_certificates_hostnam'"),
        ({"kubeflow_engine": "helm"}, r"kubeflow_engine: 'helm'"),
        ({"kubeflow_wait_timeout": "long"}, r"kubeflow_wait_timeout"),
        ({"kubeflow_rules": [1]}, r"kubeflow_rules\[0\]"),
        ({"kubeflow_parameters": {"kubeflow-core": {"storageclass": "fast"}}}, r"'storageclass' was unexpected"),
        ({"kubeflow_parameters": {"kubeflow-core": {"gatewayReplicas": "two"}}}, r"gatewayReplicas"),
        ({"kubeflow_parameters": {"kubeflow-core": {"reportUsage": True}}}, r"reportUsage"),
        ({"kubeflow_parameters": {"kubeflow-core": {"gpuLimits": {"a": 1}}}}, r"gpuLimits"),
        ({"kubeflow_parameters": {"my-serving": 1}}, r"my-serving"),
    ],
)
def test_wrong_choices_are_refused_where_they_are(choices: object, where: str) -> None:
    assert re.search(where, _refused(choices)), _refused(choices)


def test_the_readme_has_every_parameter_of_every_prototype() -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", GENERATED["registry/README.md"], re.MULTILINE | re.DOTALL))
    assert sections.keys() == {each.name for each in validation.known()}
    for each in validation.known():
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", sections[each.name], re.MULTILINE)
        assert sorted(rows) == sorted((parameter.name, parameter.type) for parameter in each.prototype.parameters)
