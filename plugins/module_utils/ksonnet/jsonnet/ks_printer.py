# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jsonnet objects as `ks param set` of 0.10.0 prints them.

It reprints a file of parameters whenever one of them changes: maps over several lines, lists in one, no newline at the end, and without
the comments that precede no field. Ours does the same, so that both write the same file, but only where nothing is lost:
see ``printable``. One difference: ks doubles every backslash each time, and so changes the values; ours leaves strings as they are.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Mapping

from .edits import object_at
from .syntax import NotLiteral, comments, field_name, fields, inner_field, read_literal, root_object, skip, value_end, write_literal

_OPERATOR = re.compile(r"\s*(\+?:{1,3})\s*$")


def printable(text: str, start: int, template: str) -> bool:
    """Whether nothing of the user's is lost by reprinting: all is literal, and the only comments are those of the template."""
    if not set(comments(text)) <= set(comments(template)):
        return False
    try:
        write_literal(_literal(text, start))
    except (NotLiteral, ValueError):
        return False
    return True


def _literal(text: str, start: int) -> t.Any:
    return read_literal(text[start : object_at(text, start).end + 1])


def components(text: str, changed: Mapping[str, Mapping[str, t.Any]]) -> str:
    """components/params.libsonnet reprinted, with the parameters of some components replaced."""
    return _root(text, root_object(text), changed)


def _root(text: str, start: int, changed: Mapping[str, Mapping[str, t.Any]]) -> str:
    lines = []
    for field in fields(text, start)[0]:
        head = _head(text[field.start : field.value_start])
        value = _source(text, field.value_start, "  ", changed if field.name == "components" else {})
        lines.append(f"  {head}{value},\n")
    return "{\n" + "".join(lines) + "}"


def overrides(text: str, values: Mapping[str, Mapping[str, t.Any]]) -> str:
    """environments/<environment>/params.libsonnet reprinted, with these parameters by component as its overrides."""
    start = t.cast("int", inner_field(text, "components"))
    before = re.sub(r"components\s*\+:\s*$", "components+: ", text[:start])
    after = text[object_at(text, start).end + 1 :]
    blocks = "".join(f"    {field_name(name)}+: {data(block, '    ', ordered=True)},\n" for name, block in values.items())
    return before + "{\n" + blocks + "  }" + after.rstrip("\n")


def _head(text: str) -> str:
    return _OPERATOR.sub(r"\1 ", text)


def _source(text: str, position: int, indent: str, changed: Mapping[str, Mapping[str, t.Any]]) -> str:
    """The value that stands at a position; of an object, some fields replaced."""
    if text[position] == "[":
        return _array(text, position, indent)
    if text[position] != "{":
        return _scalar(text, position)
    members, _end = fields(text, position)
    lines = []
    last = position + 1
    for field in members:
        lines += [f"{indent}  {comment}\n" for comment in comments(text[last : field.start])]
        last = field.end
        new = changed.get(field.name or "")
        value = data(new, indent + "  ") if new is not None else _source(text, field.value_start, indent + "  ", {})
        lines.append(f"{indent}  {_head(text[field.start : field.value_start])}{value},\n")
    return "{\n" + "".join(lines) + indent + "}"


def _array(text: str, position: int, indent: str) -> str:
    items = []
    position = skip(text, position + 1)
    while text[position] != "]":
        items.append(_source(text, position, indent, {}))
        position = skip(text, value_end(text, position))
        if text[position] == ",":
            position = skip(text, position + 1)
    return "[" + ",".join(items) + "]"


def _scalar(text: str, position: int) -> str:
    return text[position : value_end(text, position)]


def data(value: t.Any, indent: str, *, ordered: bool = False) -> str:
    """Plain data; the keys sorted, unless ``ordered``."""
    if isinstance(value, Mapping):
        keys: Collection[str] = value if ordered else sorted(value)
        lines = "".join(f"{indent}  {field_name(key)}: {data(value[key], indent + '  ')},\n" for key in keys)
        return "{\n" + lines + indent + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(data(item, indent) for item in value) + "]"
    return write_literal(value)
