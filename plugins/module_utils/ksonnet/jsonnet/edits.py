# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Edits the fields of objects in Jsonnet text; every other byte, the user's comments included, stays."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Iterable, Mapping

from ...errors import BootstrapError
from ...formats.jsonnet_lexer import tokens
from .syntax import Field, JsonnetTextError, NotLiteral, field_name, fields, line_of

Edit = tuple[int, int, str]
"""Start and end of a text, and its replacement."""


class Object(t.NamedTuple):
    """An object in the text: its fields by name, in their order, and the positions of its braces."""

    start: int
    fields: dict[str, Field]
    end: int


def object_at(text: str, start: int) -> Object:
    """The object whose ``{`` stands at a position."""
    members, end = fields(text, start)
    return Object(start, {field.name: field for field in members if field.name is not None}, end)


def objects_in(text: str, parent: Object) -> dict[str, Object]:
    """The fields of an object that are written as objects themselves."""
    return {name: object_at(text, field.value_start) for name, field in parent.fields.items() if text[field.value_start] == "{"}


def explained(text: str, file: str, error: JsonnetTextError | NotLiteral) -> BootstrapError:
    """An error in a file, with its line."""
    position = error.position if isinstance(error, JsonnetTextError) else 0
    what = str(error) if isinstance(error, JsonnetTextError) else "a name can't be read"
    return BootstrapError(f"{file}, line {line_of(text, position)}: {what}.", fix="Fix the file, or take it back from version control.")


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits applied."""
    # From the end, so that positions stay valid; edits at one position keep their order.
    for start, end, replacement in reversed(sorted(edits, key=lambda edit: edit[:2])):
        text = text[:start] + replacement + text[end:]
    return text


def changes(text: str, block: Object, parameters: Mapping[str, str]) -> list[Edit]:
    """Set fields to literals; new ones go where they sort."""
    edits: list[Edit] = []
    commas: set[int] = set()
    inserted: dict[int, str] = {}
    for name in sorted(parameters):
        if field := block.fields.get(name):
            if text[field.value_start : field.value_end] != parameters[name]:
                edits.append((field.value_start, field.value_end, parameters[name]))
            continue
        # After the last of the fields that sort before it, so that comments stay with the field below them.
        before = [field for other, field in block.fields.items() if other < name]
        position = block.start + 1
        if before:
            previous = max(before, key=lambda field: field.end)
            position = previous.end
            if not previous.comma:
                commas.add(position)
        position = _line_end(text, position)
        inserted[position] = inserted.get(position, "") + f"\n{_indent(text, block)}{field_name(name)}: {parameters[name]},"
    edits += [(position, position, ",") for position in commas]
    return edits + [(position, position, new) for position, new in inserted.items()]


def _line_end(text: str, position: int) -> int:
    """The end of the line, where nothing but comments follows on it; else the position itself."""
    for token in tokens(text, position):
        if token.kind == "blank" and "\n" in token.text:
            return token.position + token.text.index("\n")
        if token.kind not in ("blank", "comment") or "\n" in token.text:
            return position
    return len(text)


def _indent(text: str, block: Object) -> str:
    for field in block.fields.values():
        line_start = text.rfind("\n", 0, field.start) + 1
        if line_start > block.start and not text[line_start : field.start].strip():
            return text[line_start : field.start]
    line = text[text.rfind("\n", 0, block.start) + 1 : block.start]
    return line[: len(line) - len(line.lstrip())] + "  "


def removal(text: str, field: Field) -> Edit:
    """Remove a field, with its line if that holds nothing else."""
    start, end = field.start, field.end
    line_start = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t]*\n").match(text, end)
    if rest and not text[line_start:start].strip():
        start, end = line_start, rest.end()
    return start, end, ""


def appended(text: str, components: Object, added: str, removed: Collection[str]) -> list[Edit]:
    """Append fields to an object; ``removed``: fields that other edits remove."""
    edits: list[Edit] = []
    if components.fields:
        name, last = max(components.fields.items(), key=lambda item: item[1].end)
        if not last.comma and name not in removed:
            edits.append((last.end, last.end, ","))
    line_start = text.rfind("\n", 0, components.end) + 1
    if text[line_start : components.end].strip():
        return [*edits, (components.end, components.end, f"\n{added}  ")]
    return [*edits, (line_start, line_start, added)]
