# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads and writes Jsonnet as text, so that one value changes and every other byte stays. Private to the collection.

Only what is needed to find fields in an object and to read literals; evaluating is the business of ``render.py``.
"""

from __future__ import annotations

import json
import math
import re
import typing as t
from dataclasses import dataclass

# fmt: off
KEYWORDS = frozenset((
    "assert", "else", "error", "false", "for", "function", "if", "import", "importstr", "importbin", "in", "local", "null", "self", "super",
    "tailstrict", "then", "true",
))
# fmt: on
# The largest whole number that Jsonnet's numbers (IEEE doubles) hold exactly, with all below it.
LARGEST_INTEGER = 2**53

_BLANK = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STRINGS = (
    re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL),
    re.compile(r"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL),
    re.compile(r'@"[^"]*(?:""[^"]*)*"'),
    re.compile(r"@'[^']*(?:''[^']*)*'"),
    re.compile(r"\|\|\|-?[ \t]*\n(?:[ \t]*\n)*([ \t]+)[^\n]*\n(?:\1[^\n]*\n|[ \t]*\n)*[ \t]*\|\|\|"),
)
_NUMBER = re.compile(r"(0\s*-\s*|-\s*)?((?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])")
_OPERATOR = re.compile(r"\+?:{1,3}")
_OTHER = re.compile(r"[^\s\"'@|()\[\]{},;/#A-Za-z_]+|.", re.DOTALL)
_AFTER_STRING = frozenset(("in", "for", "if", "then", "else", "tailstrict"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NEEDS_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f]')
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonnetTextError(ValueError):
    """The text is not what it should be, at ``position`` (an index into it)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class NotLiteral(Exception):
    """The text is an expression that only an evaluator can tell the value of."""


@dataclass(frozen=True)
class Field:
    """A field of an object: where it starts, where its value lies, and where it ends, its comma included.

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


def skip(text: str, position: int) -> int:
    """The next position that is neither blank nor in a comment."""
    return t.cast("re.Match[str]", _BLANK.match(text, position)).end()


def comments(text: str) -> list[str]:
    """The comments of a text, in their order."""
    found: list[str] = []
    position = 0
    while position < len(text):
        end = _string_end(text, position)
        if end is None and (comment := _COMMENT.match(text, position)):
            found.append(comment[0])
            end = comment.end()
        position = end or position + 1
    return found


def _string_end(text: str, position: int) -> int | None:
    """Where the string that starts here ends; None where none starts."""
    starts = text[position] in "\"'" or text.startswith(('@"', "@'", "|||"), position)
    if not starts:
        return None
    for pattern in _STRINGS:
        if match := pattern.match(text, position):
            return match.end()
    raise JsonnetTextError("a string is not closed", position)


def value_end(text: str, position: int) -> int:
    """Where the expression that starts here ends: before a comma or bracket that is not its own."""
    open_brackets: list[str] = []
    bindings = 0  # `local a = 1, b = 2; a`: the commas up to the semicolon are the expression's own
    last = position
    after_string = False
    while (position := skip(text, position)) < len(text):
        char = text[position]
        if char in "([{":
            open_brackets.append(_CLOSING[char])
        elif char in ")]}":
            if not open_brackets:
                break
            if open_brackets.pop() != char:
                raise JsonnetTextError(f"'{char}' closes nothing", position)
        elif not open_brackets and ((char == "," and not bindings) or (char == ";" and not bindings)):
            break
        elif char == ";" and not open_brackets:
            bindings -= 1
        if (end := _string_end(text, position)) is not None:
            if after_string:
                raise JsonnetTextError("a comma is missing between two strings", position)
            after_string = True
        else:
            if word := _WORD.match(text, position):
                if after_string and word[0] not in _AFTER_STRING:
                    raise JsonnetTextError(f"a comma is missing between a string and '{word[0]}'", position)
                bindings += word[0] in ("local", "assert") and not open_brackets
                end = word.end()
            else:
                end = position + 1 if char in "([{}]),;" else t.cast("re.Match[str]", _OTHER.match(text, position)).end()
            after_string = False
        last = position = end
    if open_brackets:
        raise JsonnetTextError(f"'{open_brackets[-1]}' is missing", last)
    return last


def fields(text: str, position: int) -> tuple[list[Field], int]:
    """The fields of the object whose ``{`` stands here, and the position of its ``}``."""
    found = []
    position = skip(text, position + 1)
    while not text.startswith("}", position):
        if position >= len(text):
            raise JsonnetTextError("'}' is missing", len(text) - 1)
        field = _field(text, position)
        found.append(field)
        position = skip(text, field.end)
        if not field.comma and not text.startswith("}", position):
            raise JsonnetTextError("a comma or '}' is missing", position)
    return found, position


def _field(text: str, start: int) -> Field:
    word = _WORD.match(text, start)
    name: str | None = None
    if word and word[0] in ("local", "assert", "for", "if"):
        value_start = start
    else:
        if text[start] == "[":
            after = value_end(text, start + 1) + 1
        elif (end := _string_end(text, start)) is not None:
            name, after = _decode(text[start:end]), end
        elif word and word[0] not in KEYWORDS:
            name, after = word[0], word.end()
        else:
            raise JsonnetTextError("the name of a field is missing", start)
        after = skip(text, after)
        if text.startswith("(", after):
            after = skip(text, _bracket_end(text, after))
        operator = _OPERATOR.match(text, after)
        if not operator:
            raise JsonnetTextError("a colon is missing", after)
        value_start = skip(text, operator.end())
    # The bindings of an object's local end at the comma, so its keyword is not part of the expression.
    end = value_end(text, word.end() if word and word[0] == "local" else value_start)
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
    while (word := _WORD.match(text, position)) and word[0] == "local":
        end = position = word.end()
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
    if position >= len(text):
        raise NotLiteral(text)
    if text[position] == "[":
        return _array(text, position)
    if text[position] == "{":
        found, end = fields(text, position)
        if any(field.name is None for field in found):
            raise NotLiteral(text)
        return {t.cast("str", field.name): read_literal(text[field.value_start : field.value_end]) for field in found}, end + 1
    if (end_of_string := _string_end(text, position)) is not None:
        return _decode(text[position:end_of_string]), end_of_string
    if number := _NUMBER.match(text, position):
        magnitude = json.loads(number[2])
        return -magnitude if number[1] else magnitude, number.end()
    for word, value in (("true", True), ("false", False), ("null", None)):
        if (match := _WORD.match(text, position)) and match[0] == word:
            return value, match.end()
    raise NotLiteral(text)


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


def _decode(literal: str) -> str:
    """The value of a string literal."""
    if literal.startswith("|||"):
        raise NotLiteral(literal)
    if literal.startswith("@"):
        return literal[2:-1].replace(literal[1] * 2, literal[1])
    if "\\" not in literal:
        return literal[1:-1]

    def unescape(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPES:
            raise NotLiteral(literal)
        return _ESCAPES[match[2]]

    decoded = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", unescape, literal[1:-1], flags=re.DOTALL)
    try:
        return decoded.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise NotLiteral(literal) from error


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
    position = 0
    pattern = re.compile(rf"{re.escape(name)}\s*\+:\s*(?=\{{)")
    while (position := skip(text, position)) < len(text):
        if match := pattern.match(text, position):
            return match.end()
        word = _WORD.match(text, position)
        position = _string_end(text, position) or (word.end() if word else position + 1)
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
