# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the files that follow from others: the header of the prototype kubeflow-core, the registry's README, the JSON
Schema of all choices, the surveys of AWX, the types of documents, and the drawing of the architecture.

Usage: python tools/generate.py [--check]     With --check nothing is written; exit code 1 says that a file is not current.
Sources: registry/*/parts.yaml, the headers of registry/*/prototypes/*.jsonnet, argument_specs.yml of roles; those of the modules beside.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "playbooks" / "collections"), str(ROOT / "tools")]

import yaml  # noqa: E402
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files.prototypes import Parameter, Prototype, parse  # noqa: E402
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role.variables import options_of  # noqa: E402
from architecture import svg  # noqa: E402
from document_types import TYPES, document_types  # noqa: E402
from surveys import SURVEYS, plain, surveys  # noqa: E402

Json = dict[str, t.Any]

SCHEMA, README = "docs/choices.schema.json", "registry/README.md"
CORE = "registry/core/prototypes/kubeflow-core.jsonnet"
ARCHITECTURE, DRAWING = "docs/architecture.yml", "docs/images/architecture.svg"
_PREFIX = "io.ksonnet.pkg."
# Ansible's types of options, in the words of JSON Schema.
_OPTION_TYPES: dict[str, Json] = {
    "str": {"type": "string"},
    "path": {"type": "string"},
    "raw": {},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "dict": {"type": "object"},
    "list": {"type": "array"},
}
# What the plan takes for a parameter: text that is a number will do for a number, JSON text for an object or array. null: not set.
_PARAMETER_TYPES: dict[str, list[Json]] = {
    "string": [{"type": "string"}],
    "number": [{"type": "number"}, {"type": "string", "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"}],
    "numberOrString": [{"type": ["number", "string"]}],
    "object": [{"type": "object"}, {"type": "string", "pattern": r"^\s*\{[\s\S]*\}\s*$"}],
    "array": [{"type": "array"}, {"type": "string", "pattern": r"^\s*\[[\s\S]*\]\s*$"}],
}


def packages(root: Path) -> dict[str, list[Prototype]]:
    """The prototypes of each package of a registry, both sorted."""
    prototypes: dict[str, list[Prototype]] = {}
    for parts in sorted(root.glob("*/parts.yaml")):
        files = sorted((parts.parent / "prototypes").glob("*.jsonnet"))
        texts = {file: core(root.parent) if file == root.parent / CORE else file.read_text(encoding="utf-8") for file in files}
        prototypes[parts.parent.name] = [parse(text, file.relative_to(root).as_posix()) for file, text in texts.items()]
    return prototypes


def short(prototype: Prototype) -> str:
    return prototype.name.removeprefix(_PREFIX)


# --- registry/core/prototypes/kubeflow-core.jsonnet

_PARTS = ("namespace", "jupyterhub", "gateway", "training-operator", "usage-reporting")
"""Prototypes whose objects are in kubeflow-core. Where two declare a parameter, the one that describes it for all of them comes first."""
_DECLARATION = re.compile(r"// @(?:optionalParam|param) (\S+) .*\n")


def core(root: Path) -> str:
    """The prototype kubeflow-core: it declares the parameters of its parts, then those that it has alone."""
    path = root / CORE
    about, body = _DECLARATION.sub("", path.read_text(encoding="utf-8")).split("\n\n", 1)
    declared: dict[str, str] = {}
    for each in (*(path.parent / f"{name}.jsonnet" for name in _PARTS), path):
        for match in _DECLARATION.finditer(each.read_text(encoding="utf-8")):
            declared.setdefault(match[1], match[0])
    return f"{about}\n{''.join(declared.values())}\n{body}"


# --- registry/README.md


def readme(root: Path) -> str:
    """All packages of the registry, with the parameters of each prototype."""
    by_package = packages(root)
    parts = {name: yaml.safe_load((root / name / "parts.yaml").read_text(encoding="utf-8")) for name in by_package}
    lines = [
        "<!-- Made by tools/generate.py from the headers of the prototypes; change those, then run: make generate -->",
        "",
        "# The embedded registry",
        "",
        "What can be deployed with no network. Name a prototype in `kubeflow_components`, and values of its parameters in",
        "`kubeflow_parameters`; what you don't set is chosen by the plan, or is the default below. In a parameter of the type string the",
        "value `null` means: not set.",
        "",
        "| package | prototypes | what it is |",
        "| --- | --- | --- |",
    ]
    for name, prototypes in by_package.items():
        links = ", ".join(f"[`{short(each)}`](#{short(each)})" for each in prototypes)
        lines.append(f"| [`{name}`]({name}) | {links} | {_cell(parts[name].get('description', ''))} |")
    for prototypes in by_package.values():
        for prototype in prototypes:
            lines += ["", *_section(prototype)]
    return "\n".join(lines) + "\n"


def _section(prototype: Prototype) -> list[str]:
    rows = [
        f"| `{each.name}` | {each.type} | {'(required)' if each.default is None else _code(each.default)} | {_cell(each.description)} |"
        for each in sorted(prototype.parameters, key=lambda each: not each.required)
    ]
    return [
        f"## {short(prototype)}",
        "",
        _prose(prototype),
        "",
        f"`{prototype.name}`, in `{prototype.file}`",
        "",
        "| parameter | type | default | what it does |",
        "| --- | --- | --- | --- |",
        *rows,
    ]


def _prose(prototype: Prototype) -> str:
    """The description; ks joins its lines with nothing between, so a sentence that begins a line gets its blank back."""
    return re.sub(r"([.:;)])(?=[A-Z])", r"\1 ", " ".join(prototype.description.split()))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _code(text: str) -> str:
    return f"`{text}`" if text else "(empty)"


# --- docs/choices.schema.json


def schema(roles: Path, root: Path) -> str:
    """A JSON Schema (draft 2020-12) of a file of variables for the role. Of the roles of the steps it knows the names alone."""
    entries = yaml.safe_load((roles / "kubeflow/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    options = {name: option for entry in entries.values() for name, option in entry["options"].items()}
    prototypes = {short(each): each for package in packages(root).values() for each in package}
    properties = {name: _option(options[name]) for name in sorted(options)}
    known = {name for role in roles.iterdir() for name in options_of(role)}
    names = {name: {"$ref": f"#/$defs/{name}"} for name in sorted(prototypes)}
    if "kubeflow_parameters" in properties:
        # A component that has the name of a prototype is checked as one; others may be anything.
        properties["kubeflow_parameters"] |= {"properties": names, "additionalProperties": {"type": ["object", "null"]}}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Choices for kubeflow.bootstrap",
        "description": "Variables of the role kubeflow.bootstrap.kubeflow, in a file for ansible-playbook -e @FILE. "
        "Made by tools/generate.py.",
        "type": "object",
        "properties": properties,
        # Other variables may stand there too, but none that looks like one of a role and is not.
        "propertyNames": {"anyOf": [{"enum": sorted(known)}, {"not": {"pattern": "^kubeflow_"}}]},
        "$defs": {name: _prototype(prototypes[name]) for name in sorted(prototypes)},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _option(option: Json) -> Json:
    made: Json = {"description": plain(option["description"])}
    made |= _OPTION_TYPES[option.get("type", "str")]
    if "elements" in option:
        made["items"] = _OPTION_TYPES[option["elements"]]
    if "choices" in option:
        made["enum"] = option["choices"]
    default = option.get("default")
    if default is not None and "{{" not in str(default):
        made["default"] = default
    return made


def _prototype(prototype: Prototype) -> Json:
    return {
        "description": _prose(prototype),
        "type": ["object", "null"],
        "properties": {each.name: _parameter(each) for each in prototype.parameters},
        "additionalProperties": False,
    }


def _parameter(parameter: Parameter) -> Json:
    made: Json = {"description": parameter.description, "anyOf": [*_PARAMETER_TYPES[parameter.type], {"type": "null"}]}
    if parameter.default is not None:
        text = parameter.type == "string" or (parameter.type == "numberOrString" and not re.fullmatch(r"-?[0-9.]+", parameter.default))
        made["default"] = parameter.default if text else json.loads(parameter.default)
    return made


# ---


def generated(root: Path = ROOT) -> dict[str, str]:
    """Every generated file: path to the text that it should have."""
    return {
        CORE: core(root),
        SCHEMA: schema(root / "roles", root / "registry"),
        README: readme(root / "registry"),
        SURVEYS: surveys(root),
        TYPES: document_types(root),
        DRAWING: svg(yaml.safe_load((root / ARCHITECTURE).read_text(encoding="utf-8"))),
    }


def main() -> int:
    options = argparse.ArgumentParser(description="Writes the files that follow from others.")
    options.add_argument("--check", action="store_true", help="write nothing; say which are not current")
    check = options.parse_args().check
    stale = [path for path, text in generated().items() if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"{path} is not current. Run: make generate")
        else:
            (ROOT / path).write_text(generated()[path], encoding="utf-8")
            print(f"wrote {path}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
