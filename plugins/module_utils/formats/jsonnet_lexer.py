# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tokens of Jsonnet (https://jsonnet.org/ref/spec.html#lexing). The tokens of any text, joined, are that text."""

from __future__ import annotations

import contextlib
import re
import typing as t
from collections.abc import Iterator

Kind = t.Literal["blank", "comment", "string", "verbatim", "block", "number", "word", "operator", "bracket", "unclosed", "other"]
"""``block``: a text block (``|||``). ``word``: an identifier or keyword. ``unclosed``: a string, text block or comment without its end,
and all that follows. ``other``: a character that Jsonnet does not know."""
# fmt: off
KEYWORDS = frozenset((
    "assert", "else", "error", "false", "for", "function", "if", "import", "importstr", "importbin", "in", "local", "null", "self", "super",
    "tailstrict", "then", "true",
))
# fmt: on
FIELD_OPERATORS = frozenset((":", "::", ":::", "+:", "+::", "+:::"))
"""What stands between the name of a field and its value."""

# Every quantifier that could give back is possessive: time is linear, and a text block never ends at an indented `|||`, nor a verbatim
# string at a doubled quote.
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]++)
    |(?P<comment>//[^\n]*+|\#[^\n]*+|/\*.*?\*/)
    |(?P<block>\|\|\|-?[ \t\r]*+\n++(?P<indent>[ \t]++)[^\n]*+\n(?:(?P=indent)[^\n]*+\n|\n)*+(?!(?P=indent))[ \t]*+\|\|\|)
    |(?P<verbatim>@(?:"[^"]*+(?:""[^"]*+)*+"|'[^']*+(?:''[^']*+)*+'))
    |(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')
    |(?P<unclosed>(?:/\*|\|\|\||@?["']).*)
    |(?P<number>(?:0|[1-9][0-9]*+(?:_[0-9]++)*+)(?:\.[0-9]++(?:_[0-9]++)*+)?(?:[eE][-+]?[0-9]++(?:_[0-9]++)*+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*+)
    |(?P<operator>\+?:{1,3}|<=|>=|==|!=|&&|\|\||<<|>>|[-+*/%<>=!~&^|$.])
    |(?P<bracket>[()\[\]{},;])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Token(t.NamedTuple):
    """A token, and where it starts."""

    kind: Kind
    text: str
    position: int

    @property
    def end(self) -> int:
        return self.position + len(self.text)

    @property
    def is_string(self) -> bool:
        return self.kind in ("string", "verbatim", "block")


class Import(t.NamedTuple):
    """What is imported, and where its path stands."""

    path: str
    position: int


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """The tokens from a position on, blanks and comments included."""
    for match in _TOKEN.finditer(text, start):
        yield Token(t.cast("Kind", match.lastgroup), match[0], match.start())


def significant(text: str, start: int = 0) -> Iterator[Token]:
    """The tokens that are neither blank nor comment."""
    return (token for token in tokens(text, start) if token.kind not in ("blank", "comment"))


def imports(text: str) -> Iterator[Import]:
    """What a text imports by ``import``, ``importstr`` or ``importbin``."""
    if "import" not in text:
        return
    keyword = False
    for token in significant(text):
        if keyword and token.kind in ("string", "verbatim"):
            with contextlib.suppress(ValueError):  # the evaluator reports it
                yield Import(string_value(token.text), token.position)
        keyword = token.kind == "word" and token.text in ("import", "importstr", "importbin")


def string_value(literal: str) -> str:
    """The value of a token ``string`` or ``verbatim``. Raises ValueError for an escape that does not exist."""
    if literal.startswith("@"):
        return literal[2:-1].replace(literal[1] * 2, literal[1])
    if "\\" not in literal:
        return literal[1:-1]
    value = _ESCAPE.sub(_unescaped, literal[1:-1])
    return value.encode("utf-16", "surrogatepass").decode("utf-16")  # UnicodeDecodeError, a ValueError: half a character


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2] not in _ESCAPES:
        raise ValueError(f"there is no escape {match[0]}")
    return _ESCAPES[match[2]]
