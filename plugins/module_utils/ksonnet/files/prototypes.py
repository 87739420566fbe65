# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prototypes of packages: templates of components, with declared parameters.

The format of the comment header is that of ks 0.10.0 (pkg/prototype at its tag v0.10.0).
"""

from __future__ import annotations

import difflib
import functools
import json
import re
import typing as t
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...data.builtin_prototypes import TEXTS
from ...errors import BootstrapError
from ...formats.yaml_documents import kind
from ..jsonnet.syntax import read_literal, write_literal, write_string

TYPES = ("string", "number", "numberOrString", "object", "array")
_TAGS = ("@apiVersion", "@name", "@description", "@shortDescription", "@param", "@optionalParam")
_NEGATIVE = re.compile(r"[\[,:]\s*-")  # a unary minus, which ks 0.10.0 can't print
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Parameter:
    """A parameter that a prototype declares. ``default`` is its text in the header; None: the parameter is required."""

    name: str
    type: str
    default: str | None
    description: str

    @property
    def required(self) -> bool:
        return self.default is None


@dataclass(frozen=True)
class Prototype:
    """A prototype. ``body``: the Jsonnet below the header. ``file``: where it was read."""

    name: str
    description: str
    short_description: str
    parameters: tuple[Parameter, ...]
    body: str
    file: str


def parse(text: str, file: str) -> Prototype:
    """Read a prototype file. Raises BootstrapError with file and line."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    end = next((index for index in range(first, len(lines)) if not lines[index].strip().startswith("//")), None)
    if end is None:
        # As in ks, a file that is nothing but comments has no end of its header.
        raise BootstrapError(f"{file}: the prototype has no body.", fix="Write the component's Jsonnet below the header.")
    tags: dict[str, list[tuple[int, str]]] = {}
    for number, tag, value in _tags(lines, first, end, file):
        tags.setdefault(tag, []).append((number, value))
    for tag in ("@name", "@description", "@shortDescription"):
        if len(tags.get(tag, ())) > 1:
            raise BootstrapError(f"{file}, line {tags[tag][1][0]}: a second {tag}.", fix="Keep one of them.")
    parameters = sorted((number, tag, value) for tag in ("@param", "@optionalParam") for number, value in tags.get(tag, ()))
    declared = [_parameter(tag, value, file, number) for number, tag, value in parameters]
    texts = {tag: values[0][1] for tag, values in tags.items()}
    for tag in ("@name", "@description"):
        if not texts.get(tag):
            raise BootstrapError(f"{file}: the header has no {tag}.", fix=f"Add a line `// {tag} ...`.")
    # ks drops the first line after the header; it is blank in a well-formed prototype.
    body = "\n".join(lines[end + 1 :])
    return Prototype(texts["@name"], texts["@description"], texts.get("@shortDescription", ""), tuple(declared), body, file)


def _tags(lines: list[str], first: int, end: int, file: str) -> Iterable[tuple[int, str, str]]:
    """The tags of a header, each with its line and its text; indented lines continue the tag above."""
    tag, value, at = "", "", 0
    for number in range(first, end):
        comment = lines[number].strip()
        if not comment.startswith("// ") and len(comment) > 3:
            raise BootstrapError(f"{file}, line {number + 1}: a space is missing after '//'.", fix="Fix the header.")
        comment = comment[3:] if comment.startswith("// ") else comment[2:]
        if not comment or comment.startswith(" "):
            if not tag:
                raise BootstrapError(f"{file}, line {number + 1}: text before the first tag.", fix="Begin the header with a tag.")
            # Without a space between: as ks joins them.
            value += comment.strip() + "\n"
            continue
        if tag:
            yield at, tag, value
        tag, _space, value = comment.partition(" ")
        value, at = value.strip(), number + 1
        if tag not in _TAGS:
            raise BootstrapError(
                f"{file}, line {at}: '{tag}' is not a tag.", fix=f"Tags are {', '.join(_TAGS)}; indent continuation lines."
            )
        if not _space:
            raise BootstrapError(f"{file}, line {at}: {tag} has no value.", fix="Fix the header.")
    if tag:
        yield at, tag, value


def _parameter(tag: str, text: str, file: str, line: int) -> Parameter:
    optional = tag == "@optionalParam"
    parts = text.split(" ", 3 if optional else 2)
    if len(parts) < (4 if optional else 3):
        form = "NAME TYPE DEFAULT TEXT" if optional else "NAME TYPE TEXT"
        raise BootstrapError(f"{file}, line {line}: {tag} must have {form}.", fix="Fix the header.")
    if parts[1] not in TYPES:
        raise BootstrapError(f"{file}, line {line}: '{parts[1]}' is not a type of a parameter.", fix=f"Types are {', '.join(TYPES)}.")
    return Parameter(parts[0], parts[1], parts[2] if optional else None, parts[-1].strip())


@functools.cache
def builtin() -> Mapping[str, Prototype]:
    """The prototypes that every application has, as with ks 0.10.0, without any package."""
    return MappingProxyType({prototype.name: prototype for prototype in (parse(text, "built in") for text in TEXTS)})


def collect(files: Mapping[str, str]) -> tuple[dict[str, Prototype], list[BootstrapError]]:
    """The built-in prototypes and those of vendored packages (``vendor/<registry>/<package>/prototypes/*.jsonnet``), by name.

    And what could not be read.
    """
    vendored: dict[str, Prototype] = {}
    errors = []
    for path in sorted(files):
        if path.startswith("vendor/") and path.endswith(".jsonnet") and path.split("/")[-2] == "prototypes":
            try:
                prototype = parse(files[path], path)
            except BootstrapError as error:
                errors.append(error)
            else:
                vendored[prototype.name] = prototype  # of two packages with one name ks takes the last, by path
    return {**builtin(), **vendored}, errors


def find(name: str, prototypes: Mapping[str, Prototype], errors: Iterable[BootstrapError] = ()) -> Prototype:
    """The prototype of that name, or the only one whose name ends in it, as in ks."""
    if name in prototypes:
        return prototypes[name]
    matches = [other for other in prototypes if other.endswith(name)] if name else []
    if len(matches) == 1:
        return prototypes[matches[0]]
    if matches:
        raise BootstrapError(f"The prototype '{name}' is ambiguous: {', '.join(sorted(matches))}.", fix="Give the whole name.")
    for error in errors:
        raise BootstrapError(f"No prototype is named '{name}', and one can't be read: {error.message}", fix=error.fix)
    near = [other for other in prototypes if name and name in other] or _near(name, prototypes)
    known = f"Did you mean {', '.join(sorted(near))}?" if near else f"There are: {', '.join(sorted(prototypes)) or 'none'}."
    raise BootstrapError(f"No prototype is named '{name}'.", fix=known)


def _near(name: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, names, n=3, cutoff=0.5)


def values(prototype: Prototype, component: str, parameters: Mapping[str, t.Any], *, existing: Collection[str] = ()) -> dict[str, str]:
    """Every parameter of a component as a Jsonnet literal: its value, else the default, else the component's name.

    None counts as no value. A required one that is ``existing``, set by the user, needs none.
    Raises BootstrapError for a value of another type, an undeclared or a missing one.
    """
    literals = declared_values(prototype, component, parameters)
    missing = []
    for parameter in prototype.parameters:
        name = parameter.name
        if name in literals:
            continue
        if parameter.default is not None:
            literals[name] = _default(parameter, component, prototype)
        elif name in existing:
            continue
        elif name == "name":
            literals[name] = write_string(component)
        else:
            missing.append(f"{name} ({parameter.type}: {parameter.description})")
    if missing:
        raise BootstrapError(
            f"Component '{component}': required parameters of {prototype.name} are missing: {'; '.join(missing)}.", fix="Give them a value."
        )
    return literals


def declared_values(prototype: Prototype, component: str, parameters: Mapping[str, t.Any]) -> dict[str, str]:
    """The parameters with values, as Jsonnet literals. Raises BootstrapError as ``values``, but not for a missing one."""
    declared = {parameter.name: parameter for parameter in prototype.parameters}
    for name in parameters:
        if name not in declared:
            near = _near(name, declared)
            hint = f"Did you mean {', '.join(near)}?" if near else f"It declares {', '.join(sorted(declared))}."
            raise BootstrapError(f"Component '{component}': the prototype {prototype.name} declares no parameter '{name}'.", fix=hint)
    return {name: literal(declared[name], value, component) for name, value in parameters.items() if value is not None}


def literal(parameter: Parameter, value: t.Any, component: str) -> str:
    """A value as a Jsonnet literal of the declared type.

    As in ks, text that is a number is taken for a number, and JSON text for an object or array. Nothing else is converted.
    """
    expected = {"object": dict, "array": (list, tuple), "string": str}.get(parameter.type)
    try:
        if parameter.type in ("object", "array") and isinstance(value, str):
            read = json.loads(value, parse_constant=_no_constant)
            if isinstance(read, expected):  # type: ignore[arg-type]
                safe = write_literal(read)
                return safe if _NEGATIVE.search(value) else value
        elif parameter.type == "number" and isinstance(value, str) and _NUMBER.fullmatch(value):
            safe = write_literal(json.loads(value))
            return safe if value.startswith("-") else value
        elif parameter.type in ("number", "numberOrString"):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return write_literal(value)
            if parameter.type == "numberOrString" and isinstance(value, str):
                return write_string(value)
        elif isinstance(value, expected):  # type: ignore[arg-type]
            return write_literal(value)
    except json.JSONDecodeError:
        pass
    except ValueError as error:
        raise BootstrapError(f"Component '{component}', parameter '{parameter.name}': {error}.", fix="Give another value.") from None
    quote = " Put it in quotes." if parameter.type == "string" and isinstance(value, (bool, int, float)) else ""
    raise BootstrapError(
        f"Component '{component}', parameter '{parameter.name}': {parameter.type} expected, got {kind(value)}: {_shown(value)}.",
        fix=f"Give a value of that type.{quote}",
    )


def _default(parameter: Parameter, component: str, prototype: Prototype) -> str:
    """A default's text as a literal: as it stands in the header, as ks takes it."""
    text = t.cast("str", parameter.default)
    if parameter.type == "string":
        return write_string(text)
    try:
        if parameter.type == "numberOrString" and not _NUMBER.fullmatch(text):
            return write_string(text)
        return literal(parameter, json.loads(text) if parameter.type == "numberOrString" else text, component)
    except BootstrapError as error:
        raise BootstrapError(f"{prototype.file}: the default of '{parameter.name}': {error.message}", fix="Fix the header.") from None


def _no_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not a finite number")


def _shown(value: t.Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_values(literals: Mapping[str, str]) -> dict[str, t.Any]:
    """The literals of ``values`` as plain data."""
    return {name: read_literal(text) for name, text in literals.items()}
