# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The surveys of the job templates in AWX, made of what the roles say of their variables.

What a survey is: ``/api/v2/job_templates/{id}/survey_spec/`` in the API reference of AWX. Numbers and choices are always answered,
with the role's default if nothing else; a text may be empty, which the roles take for "not set".
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

Json = dict[str, t.Any]

SURVEYS = "roles/kubeflow/files/awx_surveys.yml"
_ANSWER = "kubeflow_answer_"
_HEADER = """---
# Made by tools/generate.py from awx.yml, questions.yml and steps.yml here, and from the argument specs of the roles.
# Change those, then run: make generate
"""
_LENGTH = 1024
"""Characters of a text at most; certificates of an authority are files, not texts."""


class _Loader(yaml.SafeLoader):
    """As Ansible loads such a file: ``!unsafe`` marks what is no template."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_mapping(t.cast(yaml.MappingNode, node), deep=True))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def surveys(root: Path) -> str:
    """The file of all surveys, by the key that the job templates name."""
    files = root / "roles/kubeflow/files"
    awx = yaml.load((files / "awx.yml").read_text(encoding="utf-8"), Loader=_Loader)
    asked = {
        each["parameter"]: each for each in yaml.safe_load((files / "questions.yml").read_text(encoding="utf-8"))["kubeflow_questions"]
    }
    steps = {row["name"]: row["survey"] for row in yaml.safe_load((files / "steps.yml").read_text(encoding="utf-8"))}
    options = _options(root)
    made = {}
    for name, survey in awx["kubeflow_awx_asked"].items():
        spec = [_question(each, options, asked) for each in _flat(survey["questions"], steps)]
        made[name] = {"name": survey["name"], "description": "What is left empty is chosen from what the cluster has.", "spec": spec}
    text: str = yaml.dump({"kubeflow_awx_surveys": made}, Dumper=_Dumper, sort_keys=False, width=130, allow_unicode=True)
    return _HEADER + text


def _options(root: Path) -> dict[str, Json]:
    """All options of all roles."""
    options: dict[str, Json] = {}
    for file in sorted((root / "roles").glob("*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values():
            options.update(entry["options"])
    return options


def _flat(questions: Iterable[Json | list[Json]], steps: dict[str, list[Json]]) -> Iterator[Json]:
    for entry in questions:
        if isinstance(entry, list):
            yield from entry
        elif "steps" in entry:
            for name in steps if entry["steps"] == "all" else entry["steps"]:
                yield from steps[name]
        else:
            yield entry


def _question(question: Json, options: dict[str, Json], asked: dict[str, Json]) -> Json:
    variable = question["variable"]
    option = _of_answer(asked[variable.removeprefix(_ANSWER)]) if variable.startswith(_ANSWER) else options[variable]
    return {
        "question_name": question["label"],
        "question_description": plain(option["description"]),
        "variable": variable,
        **_kind(option, question),
    }


def _of_answer(question: Json) -> Json:
    """A question of ``questions.yml`` as an option. Choices that only facts tell are put in by the entry point awx."""
    known = question.get("only")
    return {"description": question["text"], "type": "str", **({"choices": ["", *known]} if isinstance(known, list) else {}), "default": ""}


def _kind(option: Json, question: Json) -> Json:
    """Type, limits, choices and default of a question."""
    kind, default = option.get("type", "str"), question.get("default", option.get("default"))
    if option.get("no_log"):
        return {"type": "password", "required": False, "min": 0, "max": _LENGTH}
    if kind == "bool":
        return {"type": "multiplechoice", "required": True, "choices": ["false", "true"], "default": str(bool(default)).lower()}
    if "choices" in option:
        # An empty choice can't be made in AWX's console, so such a question need not be answered.
        choices = [str(each) for each in option["choices"] if each != ""]
        chosen = {"default": str(default)} if default else {}
        return {"type": "multiplechoice", "required": bool(default), "choices": choices, **chosen}
    if kind == "int":
        return {"type": "integer", "required": True, "min": question.get("min", 0), "max": question["max"], "default": default}
    if kind not in ("str", "path"):
        raise ValueError(f"{question['variable']}: no question can be made of a {kind}")
    return {"type": "text", "required": bool(default), "min": 0, "max": _LENGTH, "default": default or ""}


def plain(description: str | list[str]) -> str:
    """Ansible's semantic markup as plain text."""
    text = " ".join(description) if isinstance(description, list) else description
    return re.sub(r"\b[A-Z]{1,3}\(([^()]*)\)", lambda match: match[1].split("#")[0], " ".join(text.split()))
