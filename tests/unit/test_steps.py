# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every row of roles/kubeflow/files/steps.yml is a step that is complete, and every step is a row."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "roles"
TASKS = ROLES / "kubeflow" / "tasks"
PHASES = ["before_plan", "before_app", "after_app", "after_deploy", "before_remove", "after_remove"]
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "phases", "survey"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z_]+$"},
            "phases": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"enum": PHASES},
                "additionalProperties": {"type": "string", "pattern": "^[a-z_]+$"},
            },
            "survey": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["variable", "label"],
                    "properties": {"variable": {"type": "string", "pattern": "^kubeflow_[a-z_]+$"}, "label": {"type": "string"}},
                },
            },
        },
    },
}

Row = dict[str, t.Any]
ROWS: list[Row] = yaml.safe_load((ROLES / "kubeflow/files/steps.yml").read_text(encoding="utf-8"))
NAMES = [row["name"] for row in ROWS]


def _specs(role: str) -> dict[str, t.Any]:
    specs: dict[str, t.Any] = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return specs


def test_rows_are_well_formed() -> None:
    jsonschema.validate(ROWS, SCHEMA)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    "wrong",
    [{"phases": {"after_lunch": "main"}}, {"phases": {}}, {"phases": {"after_app": None}}, {"undo": True}, {"survey": []}, {"name": "A b"}],
)
def test_an_ill_formed_row_is_refused(wrong: Row) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**ROWS[0], **wrong}], SCHEMA)


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_a_row_has_its_role_switch_survey_and_documentation(row: Row) -> None:
    name = row["name"]
    specs = _specs(name)
    for phase, entry in row["phases"].items():
        assert (ROLES / name / "tasks" / f"{entry}.yml").is_file() and entry in specs, (phase, entry)
        assert (entry == "undo") == phase.endswith("_remove"), phase
    options = {option for each in specs.values() for option in each["options"]}
    assert {question["variable"] for question in row["survey"]} <= options | {f"kubeflow_{name}"}
    assert row["survey"][0]["variable"] == f"kubeflow_{name}"

    defaults = yaml.safe_load((ROLES / "kubeflow/defaults/main.yml").read_text(encoding="utf-8"))
    assert defaults[f"kubeflow_{name}"] is False
    switched = {entry for entry, spec in _specs("kubeflow").items() if f"kubeflow_{name}" in spec["options"]}
    stages = {"before_plan": "steps", "before_app": "app", "after_app": "app", "after_deploy": "deploy"}
    assert {"main"} | {stages[phase] for phase in row["phases"] if phase in stages} <= switched

    page = (ROOT / "docs/steps.md").read_text(encoding="utf-8")
    assert f"| `kubeflow_{name}` | [`{name}`](../roles/{name}/README.md) |" in page
    surveys = yaml.safe_load(_template_free("roles/kubeflow/files/awx_surveys.yml"))["kubeflow_awx_surveys"]
    for job in ("bootstrap", "workflow"):
        assert {question["variable"] for question in row["survey"]} <= {question["variable"] for question in surveys[job]["spec"]}


def _template_free(path: str) -> str:
    return re.sub(r"!\w+", "", (ROOT / path).read_text(encoding="utf-8"))


def test_every_phase_is_run_by_one_place() -> None:
    run = [phase for file in TASKS.rglob("*.yml") for phase in re.findall(r"^ *kubeflow_phase: (\w+)$", file.read_text(), re.MULTILINE)]
    assert sorted(run) == sorted(PHASES)


def test_no_task_names_a_step() -> None:
    """Other files of the role follow from the rows."""
    named = re.compile(rf"kubeflow_options\.({'|'.join(NAMES)})\b(?!_)|kubeflow\.bootstrap\.({'|'.join(NAMES)})\b")
    places = {f"{file.name}: {match[0]}" for file in TASKS.rglob("*.yml") for match in named.finditer(file.read_text(encoding="utf-8"))}
    assert places == {"awx_work.yml: kubeflow_options.git"}  # it fetches the application, which is no phase of a run
