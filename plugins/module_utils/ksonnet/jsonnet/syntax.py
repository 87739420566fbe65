# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads and writes Jsonnet as text, so that one value changes and every other byte stays.

Only finds fields of objects and reads literals; ``evaluate`` evaluates.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from ...formats.jsonnet_lexer import FIELD_OPERATORS, KEYWORDS, Token, significant, string_value, tokens

# The largest whole number that Jsonnet's numbers (IEEE doubles) hold exactly, with all below it.
LARGEST_INTEGER = 2**53

_AFTER_STRING = frozenset(("in", "for", "if", "then", "else", "tailstrict"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_NEEDS_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f]')
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonnetTextError(ValueError):
    """A syntax error in a text, at ``position`` (an index into it)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class NotLiteral(Exception):
    """The text is an expression, which only an evaluator can evaluate."""


@dataclass(frozen=True)
class Field:
    """A field of an object: the positions of its start, its value and its end, its comma included.

    ``name`` is None where it is computed, and for an object's local or assert.
    """

    name: str | None
    start: int
    value_start: int
    value_end: int
    end: int
    comma: bool


@dataclass(frozen=True)
class Expression:
    """A value that is not a literal, as its text."""

    text: str


def line_of(text: str, position: int) -> int:
    """The line (from 1) of a position."""
    return text.count("\n", 0, position) + 1


def _significant(text: str, position: int) -> Iterator[Token]:
    """The tokens from a position on that are neither blank nor comment. Raises JsonnetTextError at one that is not closed."""
    return map(_closed, significant(text, position))


def _closed(token: Token) -> Token:
    if token.kind == "unclosed":
        what = {"/": "a comment", "|": "a text block"}.get(token.text[0], "a string")
        raise JsonnetTextError(f"{what} is not closed", token.position)
    return token


def skip(text: str, position: int) -> int:
    """The next position that is neither blank nor in a comment."""
    return next((token.position for token in significant(text, position)), len(text))


def comments(text: str) -> list[str]:
    """The comments of a text, in their order."""
    return [token.text for token in map(_closed, tokens(text)) if token.kind == "comment"]


def value_end(text: str, position: int) -> int:
    """Where the expression that starts here ends: before a comma or bracket outside it."""
    open_brackets: list[str] = []
    bindings = 0  # `local a = 1, b = 2; a`: the commas up to the semicolon are the expression's own
    last = position
    after_string = False
    for token in significant(text, position):
        if token.text in _CLOSING:
            open_brackets.append(_CLOSING[token.text])
        elif token.text in (")", "]", "}"):
            if not open_brackets:
                break
            if open_brackets.pop() != token.text:
                raise JsonnetTextError(f"'{token.text}' closes nothing", token.position)
        elif not open_brackets and token.text in (",", ";"):
            if not bindings:
                break
            bindings -= token.text == ";"
        elif token.kind == "word" and token.text in ("local", "assert"):
            bindings += not open_brackets
        _check_comma(token, after_string)
        after_string = token.is_string
        last = _closed(token).end
    if open_brackets:
        raise JsonnetTextError(f"'{open_brackets[-1]}' is missing", last)
    return last


def _check_comma(token: Token, after_string: bool) -> None:
    if after_string and token.is_string:
        raise JsonnetTextError("a comma is missing between two strings", token.position)
    if after_string and token.kind == "word" and token.text not in _AFTER_STRING:
        raise JsonnetTextError(f"a comma is missing between a string and '{token.text}'", token.position)


def fields(text: str, position: int) -> tuple[list[Field], int]:
    """The fields of the object whose ``{`` stands here, and the position of its ``}``."""
    result = []
    position = skip(text, position + 1)
    while not text.startswith("}", position):
        if position >= len(text):
            raise JsonnetTextError("'}' is missing", len(text) - 1)
        field = _field(text, position)
        result.append(field)
        position = skip(text, field.end)
        if not field.comma and not text.startswith("}", position):
            raise JsonnetTextError("a comma or '}' is missing", position)
    return result, position


def _field(text: str, start: int) -> Field:
    first = next(_significant(text, start))
    name: str | None = None
    value_start = start
    if first.text not in ("local", "assert", "for", "if"):
        if first.text == "[":
            after = value_end(text, start + 1) + 1
        elif first.is_string:
            name, after = _decoded(first), first.end
        elif first.kind == "word" and first.text not in KEYWORDS:
            name, after = first.text, first.end
        else:
            raise JsonnetTextError("the name of a field is missing", start)
        after = skip(text, after)
        if text.startswith("(", after):
            after = skip(text, _bracket_end(text, after))
        operator = next(significant(text, after), None)
        if not operator or operator.text not in FIELD_OPERATORS:
            raise JsonnetTextError("a colon is missing", after)
        value_start = skip(text, operator.end)
    # The bindings of an object's local end at the comma, so its keyword is not part of the expression.
    end = value_end(text, first.end if first.text == "local" else value_start)
    if end == value_start:
        raise JsonnetTextError("a value is missing", value_start)
    after = skip(text, end)
    comma = text.startswith(",", after)
    return Field(name, start, value_start, end, after + 1 if comma else end, comma)


def _bracket_end(text: str, position: int) -> int:
    position = skip(text, position + 1)
    while not text.startswith((")", "]", "}"), position):
        position = skip(text, value_end(text, position))
        if text.startswith((",", ";"), position):
            position = skip(text, position + 1)
        elif position >= len(text):
            raise JsonnetTextError("a bracket is not closed", position - 1)
    return position + 1


def root_object(text: str) -> int:
    """The position of the ``{`` of the object that the file is, after its locals."""
    position = skip(text, 0)
    while (first := next(significant(text, position), None)) and first.text == "local":
        end = position = first.end
        while not text.startswith(";", position):
            end = skip(text, value_end(text, position))
            if end >= len(text) or text[end] not in ",;":
                raise JsonnetTextError("';' is missing", min(end, len(text) - 1))
            position = end + (text[end] == ",")
        position = skip(text, position + 1)
    if not text.startswith("{", position):
        raise JsonnetTextError("an object is missing", position)
    return position


def read_literal(text: str) -> t.Any:
    """The value of a literal, as plain data. Raises ``NotLiteral`` for any other expression."""
    try:
        value, end = _literal(text, skip(text, 0))
    except JsonnetTextError as error:
        raise NotLiteral(text) from error
    if skip(text, end) < len(text):
        raise NotLiteral(text)
    return value


def read_value(text: str) -> t.Any:
    """The value of a literal as plain data, or the ``Expression``."""
    try:
        return read_literal(text)
    except NotLiteral:
        return Expression(text)


def _literal(text: str, position: int) -> tuple[t.Any, int]:
    first = next(_significant(text, position), None)
    if first is None:
        raise NotLiteral(text)
    if first.text == "[":
        return _array(text, position)
    if first.text == "{":
        members, end = fields(text, position)
        if any(field.name is None for field in members):
            raise NotLiteral(text)
        return {t.cast("str", field.name): read_literal(text[field.value_start : field.value_end]) for field in members}, end + 1
    if first.is_string:
        return _decoded(first), first.end
    if first.kind == "word" and first.text in _CONSTANTS:
        return _CONSTANTS[first.text], first.end
    return _number(text, first)


def _number(text: str, first: Token) -> tuple[int | float, int]:
    """A number; ``-5`` and, as ``write_number`` writes it, ``0 - 5``."""
    parts = list(itertools.islice(significant(text, first.position), 3))
    texts = [part.text for part in parts]
    before = 2 if texts[:2] == ["0", "-"] else 1 if texts[0] == "-" else 0
    number = parts[before] if before < len(parts) else first
    if number.kind != "number" or "_" in number.text:
        raise NotLiteral(text)
    magnitude = json.loads(number.text)
    return -magnitude if before else magnitude, number.end


def _array(text: str, position: int) -> tuple[list[t.Any], int]:
    items = []
    position = skip(text, position + 1)
    while not text.startswith("]", position):
        item, position = _literal(text, position)
        items.append(item)
        position = skip(text, position)
        if text.startswith(",", position):
            position = skip(text, position + 1)
        elif not text.startswith("]", position):
            raise NotLiteral(text)
    return items, position + 1


def _decoded(token: Token) -> str:
    if token.kind == "block":
        raise NotLiteral(token.text)
    try:
        return string_value(token.text)
    except ValueError as error:
        raise NotLiteral(token.text) from error


def write_string(value: str) -> str:
    """A string literal: ``"…"`` where nothing needs escaping, as ks writes it, else ``'…'``.

    The printer of ks 0.10.0 doubles the backslashes of double-quoted strings, and leaves single-quoted ones alone.
    """
    if _SURROGATE.search(value):
        raise ValueError("it holds half a character (a lone UTF-16 surrogate)")
    if not _NEEDS_ESCAPE.search(value):
        return f'"{value}"'
    escaped = json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return "'" + escaped.replace("\x7f", "\\u007f") + "'"


def write_literal(value: t.Any) -> str:
    """A literal for plain data, in what ks 0.10.0 parses and prints without changing it.

    Raises ValueError (what is wrong with the value) for what Jsonnet can't hold.
    """
    if isinstance(value, str):
        return write_string(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return write_number(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(write_literal(item) for item in value) + "]"
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"the key {key!r} is not a string")
        return "{" + ",".join(f"{write_string(key)}:{write_literal(item)}" for key, item in value.items()) + "}"
    raise ValueError(f"{type(value).__name__} is not plain data")


def inner_field(text: str, name: str) -> int | None:
    """Where the ``{`` of the first object stands, at any depth, that a field ``name +:`` extends; None where there is none."""
    last: tuple[str, ...] = ()
    for token in _significant(text, 0):
        if token.text == "{" and last == (name, "+:"):
            return token.position
        last = (*last[-1:], token.text)
    return None


def write_number(value: int | float) -> str:
    """A number; a negative one as a subtraction, because a unary minus is an error in ks 0.10.0 (``0 - 5``)."""
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{value} is larger than {LARGEST_INTEGER}, which Jsonnet's numbers don't hold exactly")
    if not math.isfinite(value):
        raise ValueError("it is not a finite number")
    return f"0 - {json.dumps(-value)}" if value < 0 else json.dumps(abs(value))


def field_name(name: str) -> str:
    """The name of a field, quoted where ks quotes it: unless all of it is letters and underscores."""
    return name if re.fullmatch("[A-Za-z_]+", name) and name not in KEYWORDS else write_string(name)


def member(name: str) -> str:
    """Access to a field, as ks writes it: ``.front`` or ``["disk-two"]``."""
    quoted = field_name(name)
    return f".{name}" if quoted == name else f"[{quoted}]"
