# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether ks 0.10.0 would print a component right. Private to the collection.

ks 0.10.0 does not evaluate the text of a component or of params.libsonnet: it parses it and prints it anew, and its printer lacks a
part of the language (found by trial: 103 cases against the real command). What it lacks breaks every command on the whole module, or
silently changes values. Later releases and evaluators have no such limit, nor has ks for what a component imports from ``vendor/``.

The text is looked at token by token: what the printer gets wrong is found; some of what it gets right is reported too, namely all
uses of `super`, all local functions, and any index that is not a text.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field

from .jsonnet_text import KEYWORDS, line_of

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
    |(?P<block>\|\|\|)
    |(?P<verbatim>@(?:"(?:[^"]|"")*"|'(?:[^']|'')*'))
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<operator>\+:{1,3}|:{1,3}|<=|>=|==|!=|&&|\|\||<<|>>|[-+*/%<>=!~&^|$.])
    |(?P<bracket>[()\[\]{},;])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"\|\|\|.*?\n[ \t]*\|\|\|", re.DOTALL)
_BINARY = frozenset("* / % + - < > <= >= == != && || << >> & ^ | in".split())
_UNARY = frozenset("-+!~")
_VALUES = frozenset(("self", "super", "true", "false", "null"))
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Problem:
    """What ks 0.10.0 would not print right: the line, from 1, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def ends_value(self) -> bool:
        """Whether a value can end here, so that what follows goes on with it."""
        word = self.kind == "word" and (self.text not in KEYWORDS or self.text in _VALUES)
        return word or self.kind in ("string", "verbatim", "block", "number") or self.text in (")", "]", "}", "$")


@dataclass
class _Bracket:
    """An open bracket. ``role``: object, array, index, field, call, parameters or group."""

    opening: _Token
    role: str
    first: _Token | None = None
    last: _Token | None = None
    locals: list[int] = field(default_factory=list)  # `local` expressions that are open: their bindings so far
    has_local: bool = False
    composed: bool = False


def problems(text: str) -> list[Problem]:
    """What ks 0.10.0 would not print right in a component's, or a prototype's, Jsonnet; by line, [] where there is nothing."""
    found = _Scan().scan(text)
    return sorted({Problem(line_of(text, position), reason) for position, reason in found}, key=lambda each: (each.line, each.reason))


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = t.cast("re.Match[str]", _TOKEN.match(text, position))
        kind = t.cast("str", match.lastgroup)
        end = match.end()
        if kind == "block":
            block = _BLOCK.match(text, position)
            end = block.end() if block else len(text)
        if kind != "blank":
            yield _Token(kind, text[position:end], position)
        position = end


_START = _Token("bracket", ";", 0)


class _Scan:
    """One pass over the tokens, with the open brackets."""

    def __init__(self) -> None:
        self.open = [_Bracket(_START, "file")]
        self.found: list[tuple[int, str]] = []

    def scan(self, text: str) -> list[tuple[int, str]]:
        previous = _START
        for token in _tokens(text):
            self._token(token, previous)
            here = self.open[-1]
            if token.text not in ("(", "[", "{") or token.kind != "bracket":
                here.first = here.first or token
                here.last = token
            previous = token
        return self.found

    def _say(self, token: _Token, reason: str) -> None:
        self.found.append((token.position, reason))

    def _token(self, token: _Token, previous: _Token) -> None:
        if token.kind == "bracket":
            self._bracket(token, previous)
        elif token.kind == "word" and previous.text != ".":
            self._word(token, previous)
        elif token.kind == "operator":
            self._operator(token, previous)
        elif token.kind == "block":
            self._say(token, "a text block (|||)")
        elif token.kind == "verbatim":
            self._say(token, "a verbatim string (@)")
        elif token.kind == "string" and token.text.startswith('"') and "\\" in token.text:
            self._say(token, "an escape in a double-quoted string, whose backslash is doubled; use single quotes")
        elif token.kind == "other":
            self._say(token, f"'{token.text}', which is not Jsonnet")
        if self.open[-1].role == "index" and self.open[-1].first is None and token.kind not in ("string", "bracket"):
            self._say(token, "an index that is not a text")

    def _bracket(self, token: _Token, previous: _Token) -> None:
        if token.text in "([{":
            outer = self.open[-1]
            outer.first = outer.first or token
            if outer.role == "index" and outer.first is token:
                self._say(token, "an index that is not a text")
            self.open.append(_Bracket(token, self._role(token, previous)))
        elif token.text in _CLOSING and len(self.open) > 1 and self.open[-1].opening.text == _CLOSING[token.text]:
            self._close(token, self.open.pop())
        elif token.text in ",;":
            here = self.open[-1]
            if token.text == ";" and here.locals:
                here.locals.pop()
            elif token.text == "," and here.locals:
                self._say(token, "several bindings in one local")
        else:
            self._say(token, f"'{token.text}', which closes nothing")

    def _role(self, token: _Token, previous: _Token) -> str:
        here = self.open[-1]
        if token.text == "{":
            return "object"
        if token.text == "[":
            if here.role == "object" and previous.text in ("{", ",") and previous.kind == "bracket":
                return "field"
            return "index" if previous.ends_value else "array"
        if previous.text == "function":
            return "parameters"
        return "call" if previous.ends_value else "group"

    def _close(self, token: _Token, closed: _Bracket) -> None:
        if closed.role == "group" and closed.composed:
            self._say(closed.opening, "parentheses around an expression, which are dropped")
        # What stands in brackets is one value for what is around them.
        self.open[-1].last = token

    def _word(self, token: _Token, previous: _Token) -> None:
        here, word = self.open[-1], token.text
        if self._is_name(token, previous) and word not in KEYWORDS:
            return
        if word in ("assert", "error", "super", "importbin"):
            self._say(token, {"super": "'super'"}.get(word, f"'{word}'"))
        elif word == "for" and here.role in ("array", "index"):
            self._say(token, "a list comprehension")
        elif word == "for" and here.role == "object" and here.has_local:
            self._say(token, "an object comprehension with a local")
        elif word == "local":
            self._local(here, previous)
        elif word == "function" and (previous.text in ("(", ",", "[") or any(each.role in ("call", "array") for each in self.open)):
            self._say(token, "a function as an argument")
        elif word in ("import", "importstr") and previous.text == "(":
            self._say(token, f"an {word} in parentheses; bind it to a local first")
        if word in ("if", "local", "function", "error", "assert", "in", "import", "importstr"):
            here.composed = True
        if previous.kind == "word" and previous.text == "local":
            self._bound = token

    def _is_name(self, token: _Token, previous: _Token) -> bool:
        return False

    def _local(self, here: _Bracket, previous: _Token) -> None:
        of_object = here.role == "object" and previous.kind == "bracket" and previous.text in ("{", ",") and not here.locals
        here.has_local = True
        if not of_object:
            here.locals.append(0)

    def _operator(self, token: _Token, previous: _Token) -> None:
        here, text = self.open[-1], token.text
        if text == "$":
            self._say(token, "'$'")
        elif text in _UNARY and not previous.ends_value:
            self._say(token, f"a unary '{text}'")
            here.composed = True
        elif text in _BINARY:
            here.composed = True
        elif text.startswith(":") and here.role == "index":
            self._say(token, "a slice")
        elif text.startswith("+:") and previous.text == "]":
            self._say(token, "a computed field with '+'")
