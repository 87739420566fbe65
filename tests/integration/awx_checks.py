# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API of AWX takes and refuses, for its stand-in (``awx_api``)."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

import jinja2

if t.TYPE_CHECKING:
    from .awx_api import Awx

Json = dict[str, t.Any]


class Refused(Exception):
    def __init__(self, body: Json) -> None:
        super().__init__(json.dumps(body))
        self.body = body


@dataclass(frozen=True)
class Kind:
    """``fields``: name to type, list of choices, or kind that an id is of; ``required`` ones of them; ``related``: below an object."""

    fields: dict[str, t.Any]
    required: tuple[str, ...] = ("name",)
    defaults: Json = field(default_factory=dict)
    related: tuple[str, ...] = ()
    unique: tuple[str, ...] = ("name", "organization")


_NAMED = {"name": str, "description": str}
_ASKED = (
    *("credential", "diff_mode", "inventory", "job_type", "limit", "variables", "verbosity", "scm_branch", "tags", "skip_tags"),
    *("instance_groups", "job_slice_count"),
)
_ASK = {f"ask_{name}_on_launch": bool for name in _ASKED}
_UNIFIED = "unified_job_templates"
KINDS: dict[str, Kind] = {
    "organizations": Kind(_NAMED),
    "credentials": Kind({**_NAMED, "organization": "organizations", "credential_type": "credential_types", "inputs": dict}),
    "execution_environments": Kind(
        {
            **_NAMED,
            "organization": "organizations",
            "image": str,
            "credential": "credentials",
            "pull": ["", "always", "missing", "never"],
        },
        ("name", "image"),
    ),
    "credential_types": Kind(
        {**_NAMED, "kind": ["cloud", "net"], "inputs": dict, "injectors": dict, "managed": bool}, ("name", "kind"), unique=("name", "kind")
    ),
    "projects": Kind(
        {
            **_NAMED,
            "organization": "organizations",
            "scm_type": ["", "git", "svn", "insights", "archive"],
            "scm_url": str,
            "scm_branch": str,
            "credential": "credentials",
            "default_environment": "execution_environments",
        },
        related=("update",),
    ),
    "inventories": Kind(
        {**_NAMED, "organization": "organizations", "kind": ["", "smart", "constructed"], "host_filter": None, "variables": str},
        ("name", "organization"),
    ),
    "hosts": Kind(
        {**_NAMED, "inventory": "inventories", "enabled": bool, "variables": str}, ("name", "inventory"), unique=("name", "inventory")
    ),
    "job_templates": Kind(
        {
            **_NAMED,
            **_ASK,
            "organization": "organizations",
            "job_type": ["run", "check"],
            "inventory": "inventories",
            "project": "projects",
            "playbook": str,
            "execution_environment": "execution_environments",
            "extra_vars": str,
            "survey_enabled": bool,
            "allow_simultaneous": bool,
        },
        ("name", "job_type", "project", "playbook", "inventory"),
        related=("survey_spec", "credentials"),
    ),
    "workflow_job_templates": Kind(
        {
            **_NAMED,
            **{
                name: kind
                for name, kind in _ASK.items()
                if name.split("_")[1] in ("inventory", "limit", "variables", "scm", "tags", "skip")
            },
            "organization": "organizations",
            "inventory": "inventories",
            "extra_vars": str,
            "survey_enabled": bool,
            "allow_simultaneous": bool,
        },
        related=("survey_spec",),
    ),
    "workflow_job_template_nodes": Kind(
        {"identifier": str, "workflow_job_template": "workflow_job_templates", "unified_job_template": _UNIFIED, "extra_data": dict},
        ("workflow_job_template",),
        related=("success_nodes", "always_nodes", "failure_nodes", "credentials", "create_approval_template"),
        unique=("identifier", "workflow_job_template"),
    ),
    "workflow_approval_templates": Kind({**_NAMED, "timeout": int}, unique=()),
}
_SURVEY = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str, "integer": int, "float": float}
_FIELD = {"id", "label", "type", "format", "multiline", "secret", "ask_at_runtime", "help_text", "choices", "default"}


def checked(awx: Awx, kind: str, fields: Json, before: Json | None) -> Json:
    """The fields of an object as they are kept. ``before``: the object, if it exists. Raises ``Refused``."""
    rules = KINDS[kind]
    fields = {name: value for name, value in fields.items() if name in rules.fields}  # what else there is, is ignored
    errors = {name: ["This field is required."] for name in rules.required if before is None and fields.get(name) in (None, "")}
    for name, value in fields.items():
        wrong = _wrong(awx, rules.fields[name], value)
        if wrong:
            errors.setdefault(name, [wrong])
    if errors:
        raise Refused(errors)
    empty = {name: _empty(expected) for name, expected in rules.fields.items()}
    whole = {**(before or empty), **{name: empty[name] if value is None else value for name, value in fields.items()}}
    others = [each for each in awx.objects[kind].values() if before is None or each["id"] != before["id"]]
    if rules.unique and any(all(each[name] == whole[name] for name in rules.unique if name in whole) for each in others):
        raise Refused({"__all__": [f"{kind} with this {' and '.join(rules.unique)} already exists."]})
    _OF_KIND.get(kind, lambda _awx, _whole: None)(awx, whole)
    return {name: whole[name] for name in rules.fields}


def _is(value: t.Any, kind: type) -> bool:
    """In JSON, unlike in Python, true is no number."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _wrong(awx: Awx, expected: t.Any, value: t.Any) -> str:
    if value is None or expected is None:
        return ""
    if isinstance(expected, list):
        return "" if value in expected else f'"{value}" is not a valid choice.'
    if isinstance(expected, str):
        kinds = ("job_templates", "workflow_job_templates", "projects") if expected == _UNIFIED else (expected,)
        return "" if any(value in awx.objects[kind] for kind in kinds) else f'Invalid pk "{value}" - object does not exist.'
    return "" if _is(value, expected) else f"Expected {expected.__name__}, got {type(value).__name__}."


def _empty(expected: t.Any) -> t.Any:
    if expected is None or isinstance(expected, str):
        return None
    return {str: "", bool: False, int: 0, dict: {}}[expected] if isinstance(expected, type) else expected[0]


def _project(_awx: Awx, whole: Json) -> None:
    if whole["scm_type"] and not whole["scm_url"]:
        raise Refused({"scm_url": ["SCM URL is required."]})


def _job_template(awx: Awx, whole: Json) -> None:
    if whole["playbook"] not in awx.playbooks:
        raise Refused({"playbook": ["Playbook not found for project."]})
    _variables(whole["extra_vars"])


def _node(awx: Awx, whole: Json) -> None:
    """What a node sets on a template, the template must ask for."""
    template = awx.objects["job_templates"].get(whole["unified_job_template"])
    asked = {each["variable"]: each for each in awx.surveys.get(whole["unified_job_template"], {}).get("spec", [])}
    for name, value in whole["extra_data"].items():
        if not template or not (template["ask_variables_on_launch"] or name in asked):
            raise Refused({"extra_data": [f"Variable {name} is not allowed on launch."]})
        if name in asked and asked[name]["type"] == "multiplechoice" and value not in asked[name]["choices"]:
            raise Refused({"extra_data": [f"Value {value} for '{name}' expected to be one of {asked[name]['choices']}."]})


def _variables(text: str) -> None:
    if text and not isinstance(json.loads(text), dict):
        raise Refused({"extra_vars": ["Cannot parse as JSON."]})


def _credential_type(_awx: Awx, whole: Json) -> None:
    fields = whole["inputs"].get("fields", [])
    for each in fields:
        if set(each) - _FIELD or not {"id", "label"} <= set(each) or each.get("type", "string") not in ("string", "boolean"):
            raise Refused({"inputs": [f"Schema validation failed for {each}"]})
    names = [each["id"] for each in fields]
    if len(set(names)) < len(names) or set(whole["inputs"].get("required", [])) - set(names) or "tower" in names:
        raise Refused({"inputs": ["required, or double, or reserved"]})
    injectors = whole["injectors"]
    if set(injectors) - {"file", "env", "extra_vars"}:
        raise Refused({"injectors": ["unknown injector"]})
    files = {key.removeprefix("template").removeprefix("."): "/file" for key in injectors.get("file", {}) if key.startswith("template")}
    if len(files) != len(injectors.get("file", {})):
        raise Refused({"injectors": ["Must define unnamed file injector, or files as template.NAME."]})
    scope = {**dict.fromkeys(names, "x"), "tower": {"filename": files}}
    for kind, injected in injectors.items():
        for name, template in injected.items():
            if kind == "env" and (not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) or name.startswith("ANSIBLE_")):
                raise Refused({"injectors": [f"Environment variable {name} is not allowed to be used in credentials."]})
            try:
                jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(scope)
            except jinja2.TemplateError as error:
                raise Refused({"injectors": [f"{name} uses an undefined field ({error})"]}) from None


_OF_KIND = {
    "projects": _project,
    "job_templates": _job_template,
    "credential_types": _credential_type,
    "workflow_job_template_nodes": _node,
}


def check_association(awx: Awx, kind: str, numbers: list[int]) -> None:
    """A job template takes one credential of a type."""
    if kind == "credentials":
        types = [awx.objects[kind][each]["credential_type"] for each in numbers]
        if len(set(types)) < len(types):
            raise Refused({"error": "Cannot assign multiple credentials of one type."})


def check_survey(survey: Json, before: Json) -> None:
    """``POST /api/v2/job_templates/{id}/survey_spec/``."""
    for name, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(survey.get(name), kind):
            raise Refused({"error": f"Field '{name}' is missing from survey spec, or of another type."})
    if not survey["spec"]:
        raise Refused({"error": "'spec' doesn't contain any items."})
    seen: set[str] = set()
    for index, question in enumerate(survey["spec"]):
        for name, kind in (("type", str), ("question_name", str), ("question_description", str), ("variable", str), ("required", bool)):
            if not isinstance(question.get(name), kind):
                raise Refused({"error": f"'{name}' missing from survey question {index}, or of another type."})
        if question["variable"] in seen or not question["variable"].isidentifier():
            raise Refused({"error": f"'variable' '{question['variable']}' duplicated in survey question {index}, or no variable."})
        seen.add(question["variable"])
        _check_question(index, question)


def _check_question(index: int, question: Json) -> None:
    kind, default = question["type"], question.get("default", "")
    if kind not in _SURVEY:
        raise Refused({"error": f"'{kind}' in survey question {index} is not one of {', '.join(_SURVEY)}."})
    if default != "" and not _is(default, _SURVEY[kind]):
        raise Refused({"error": f"Default value {default} in survey question {index} expected to be {_SURVEY[kind].__name__}."})
    for name in ("min", "max"):
        if name in question and not _is(question[name], int):
            raise Refused({"error": f"The {name} limit in survey question {index} expected to be integer."})
    if kind in ("multiplechoice", "multiselect"):
        choices = question.get("choices")
        if not choices or not all(isinstance(each, str) for each in choices):
            raise Refused({"error": f"Survey question {index} of type {kind} must specify choices."})
        if default and default not in choices:
            raise Refused({"error": "Default choice must be answered from the choices listed."})
    elif "choices" in question:
        raise Refused({"error": f"Survey question {index} of type {kind} takes no choices."})
    if isinstance(default, str) and default.startswith("$encrypted$"):
        raise Refused({"error": "$encrypted$ is a reserved keyword."})
