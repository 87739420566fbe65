# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports what the printer of ks 0.10.0 gets wrong in a component.

ks 0.10.0 does not evaluate the text of a component or of params.libsonnet: it parses it and reprints it, and its printer lacks a
part of the language (found by trial: 103 cases against the real command). What it lacks breaks every command on the whole module, or
silently changes values. Later releases and evaluators have no such limit, nor has ks for what a component imports from ``vendor/``.

The text is checked token by token. Some of what the printer gets right is reported too: all uses of `super`, all local functions, and any
index that is not a text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...formats.jsonnet_lexer import KEYWORDS, Token, significant
from .syntax import line_of

_BINARY = frozenset(("*", "/", "%", "+", "-", "<", ">", "<=", ">=", "==", "!=", "&&", "||", "<<", ">>", "&", "^", "|", "in"))
_UNARY = frozenset("-+!~")
_COMPOSING = frozenset(("if", "local", "function", "error", "assert", "in", "import", "importstr"))
_VALUES = frozenset(("self", "super", "true", "false", "null"))
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class KsPrinterProblem:
    """A problem: its line, from 1, and the reason."""

    line: int
    reason: str


@dataclass
class _Bracket:
    """An open bracket. ``role``: object, array, index, field (a computed name), call (or parameters), group, or file."""

    opening: Token
    role: str
    locals: int = 0
    """``local`` expressions whose semicolon has not come yet."""
    has_local: bool = False
    composed: bool = False
    """Whether it holds more than one value: an operator, a condition."""


_START = Token("bracket", ";", 0)


def problems(text: str) -> list[KsPrinterProblem]:
    """The problems in the Jsonnet of a component or prototype, by line."""
    scan = _Scan()
    before = previous = _START
    for token in significant(text):
        scan.token(token, previous, before)
        before, previous = previous, token
    unique = {KsPrinterProblem(line_of(text, position), reason) for position, reason in scan.problems}
    return sorted(unique, key=lambda each: (each.line, each.reason))


def _ends_value(token: Token) -> bool:
    """Whether a value can end with this token, so that the next one continues it."""
    if token.kind == "word":
        return token.text not in KEYWORDS or token.text in _VALUES
    return token.is_string or token.kind == "number" or token.text in (")", "]", "}", "$")


class _Scan:
    """One pass over the tokens, with the open brackets. ``problems``: positions and reasons."""

    def __init__(self) -> None:
        self.open = [_Bracket(_START, "file")]
        self.problems: list[tuple[int, str]] = []

    def _report(self, token: Token, reason: str) -> None:
        self.problems.append((token.position, reason))

    def token(self, token: Token, previous: Token, before: Token) -> None:
        """Check a token, with the two before it."""
        here = self.open[-1]
        if here.role == "index" and previous is here.opening and token.kind != "string":
            self._report(token, "an index that is not a text")
        if token.kind == "bracket":
            self._bracket(token, previous, before)
        elif token.kind == "word" and previous.text != ".":
            self._word(token, previous)
        elif token.kind == "operator":
            self._operator(token, previous)
        elif token.kind == "block":
            self._report(token, "a text block (|||)")
        elif token.kind == "verbatim":
            self._report(token, "a verbatim string (@)")
        elif token.kind == "string" and token.text.startswith('"') and "\\" in token.text:
            self._report(token, "an escape in a double-quoted string, whose backslash is doubled; use single quotes")
        elif token.kind == "unclosed":
            self._report(token, "a string, text block or comment that is not closed")
        elif token.kind == "other":
            self._report(token, f"'{token.text}', which ks 0.10 does not know")

    def _bracket(self, token: Token, previous: Token, before: Token) -> None:
        here = self.open[-1]
        if token.text in "([{":
            if token.text == "(" and before.text == "local" and before.kind == "word":
                self._report(token, "a local function; bind function(...) to the local")
            self.open.append(_Bracket(token, self._role(token, previous)))
        elif token.text in ",;":
            if token.text == ";" and here.locals:
                here.locals -= 1
            elif token.text == "," and here.locals:
                self._report(token, "several bindings in one local")
        elif here.opening.text == _CLOSING[token.text]:
            if here.role == "group" and here.composed:
                self._report(here.opening, "parentheses around an expression, which are dropped")
            self.open.pop()
        else:
            self._report(token, f"'{token.text}', which closes nothing")

    def _role(self, token: Token, previous: Token) -> str:
        if token.text == "{":
            return "object"
        if token.text == "(":
            return "call" if _ends_value(previous) or previous.text == "function" else "group"
        if self.open[-1].role == "object" and previous.text in ("{", ","):
            return "field"
        return "index" if _ends_value(previous) else "array"

    def _word(self, token: Token, previous: Token) -> None:
        here, word = self.open[-1], token.text
        if word in ("assert", "error", "super", "importbin"):
            self._report(token, f"'{word}'")
        elif word == "for" and here.role in ("array", "index"):
            self._report(token, "a list comprehension")
        elif word == "for" and here.role == "object" and here.has_local:
            self._report(token, "an object comprehension with a local")
        elif word == "local":
            here.has_local = True
            # An object's own locals end with a comma; those of an expression with a semicolon.
            here.locals += not (here.role == "object" and previous.text in ("{", ","))
        elif word == "function" and (previous.text == "(" or any(each.role in ("call", "array") for each in self.open)):
            self._report(token, "a function as an argument")
        elif word in ("import", "importstr") and previous.text == "(" and here.role == "group":
            self._report(token, f"an {word} in parentheses; bind it to a local first")
        here.composed |= word in _COMPOSING

    def _operator(self, token: Token, previous: Token) -> None:
        here, text = self.open[-1], token.text
        if text == "$":
            self._report(token, "'$'")
        elif text in _UNARY and not _ends_value(previous):
            self._report(token, f"a unary '{text}'")
            here.composed = True
        elif text in _BINARY:
            here.composed = True
        elif text.startswith(":") and here.role == "index":
            self._report(token, "a slice")
        elif text.startswith("+:") and previous.text == "]":
            self._report(token, "a computed field with '+'")
