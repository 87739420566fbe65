# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tokens of Jsonnet: what the evaluator takes for one, in any text, in linear time."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import rjsonnet
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats.jsonnet_lexer import (
    FIELD_OPERATORS,
    imports,
    significant,
    string_value,
    tokens,
)
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

ROOT = Path(__file__).parents[4]
PIECES = [
    *("'", '"', "@'", '@"', "|||", "|||-", "''", '""', "\\", "\\'", '\\"', "\\\\", "\\n", "\\u00e9", "\n", "\n\n", "  ", "\t", "\r\n", " "),
    *("//", "#", "/*", "*/", "/", "*", "a", "import", "local", "é", "\u00a0", "\ufeff", "\x00", "0", "1", "1.5e-3", "1_000", "?", "`"),
    *("{", "}", "[", "]", "(", ")", ",", ";", ".", ":", "+:", ":::", "+", "-", "!", "$", "==", "=", "||", "|", "&&", "<", "<<", "%"),
]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in significant(text)]


def test_the_tokens_joined_are_the_text() -> None:
    choice = random.Random(1)
    texts = ["".join(choice.choices(PIECES, k=choice.randrange(30))) for _case in range(5000)]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "registry").rglob("*sonnet")]
    for text in texts:
        lexed = list(tokens(text))
        assert "".join(token.text for token in lexed) == text
        assert [token.position for token in lexed] == [0, *(token.end for token in lexed)][: len(lexed)]
        # From the start of any token on, the others are the same.
        for token in lexed[:10]:
            assert next(tokens(text, token.position)) == token


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a\\'b' \"c\\\"d\" '\n'", [("string", "'a\\'b'"), ("string", '"c\\"d"'), ("string", "'\n'")]),
        ("@'a''b\\' @\"c\"\"d\\\"", [("verbatim", "@'a''b\\'"), ("verbatim", '@"c""d\\"')]),
        ("|||\n  a\n  |||\n\n   b\n ||| ,", [("block", "|||\n  a\n  |||\n\n   b\n |||"), ("bracket", ",")]),
        ("|||-  \n\n\ta\n|||", [("block", "|||-  \n\n\ta\n|||")]),
        ("'//' /* ' */ \"#\" // \"\n1 # '", [("string", "'//'"), ("string", '"#"'), ("number", "1")]),
        ("0 10.5e+3 1_000 007", [("number", text) for text in ("0", "10.5e+3", "1_000", "0", "0", "7")]),
        ("a:-1", [("word", "a"), ("operator", ":"), ("operator", "-"), ("number", "1")]),
        ("!!x||-y", [("operator", "!"), ("operator", "!"), ("word", "x"), ("operator", "||"), ("operator", "-"), ("word", "y")]),
        ("1//*", [("number", "1")]),
        ("é", [("other", "é")]),
        ("1 'a", [("number", "1"), ("unclosed", "'a")]),
        ("@'a''b", [("unclosed", "@'a''b")]),
        ('1 @"a""b', [("number", "1"), ("unclosed", '@"a""b')]),
        ("/*/ 1", [("unclosed", "/*/ 1")]),
        ("||| a", [("unclosed", "||| a")]),
        ("|||\n  a\n  |||", [("unclosed", "|||\n  a\n  |||")]),
        ("|||\n  a\n b\n  |||", [("unclosed", "|||\n  a\n b\n  |||")]),
    ],
)
def test_each_kind_of_token(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize("operator", sorted(FIELD_OPERATORS))
def test_the_operators_of_fields_are_one_token(operator: str) -> None:
    assert ("operator", operator) in kinds(f"{{a{operator}-1}}")


def test_a_string_is_what_the_evaluator_takes_for_one() -> None:
    choice = random.Random(2)
    seen: dict[str, int] = {}
    pieces = ["'", '"', "''", "\\", "\\'", "\\\\", "\\n", "\\u00e9", "\n", "  ", " ", "a", "//", "/*", "*/", "#", "|||", "é", "{"]
    for _case in range(4000):
        start, end = choice.choice([("'", "'"), ('"', '"'), ("@'", "'"), ('@"', '"'), ("|||\n", "\n|||"), ("|||\n  ", "\n  |||")])
        text = start + "".join(choice.choices(pieces, k=choice.randrange(6))) + end
        try:
            value = json.loads(rjsonnet.evaluate_snippet("x", text))
        except RuntimeError:
            continue
        if not isinstance(value, str):
            continue
        (token,) = significant(text)
        seen[token.kind] = seen.get(token.kind, 0) + 1
        assert token.is_string
        if token.kind != "block":
            assert string_value(token.text) == value
    assert set(seen) == {"string", "verbatim", "block"} and min(seen.values()) > 50, seen


def test_only_an_import_is_one() -> None:
    text = """// import 'comment'
    # import 'hash'
    /* import 'block' */
    local a = import 'a.libsonnet';
    local b = importstr /* between */ @"b''.txt";
    local c = importbin"c\\u0065.bin";
    { "import": 'field', d: "import 'string'", e: 'import', f: |||
        import 'text block'
      |||, g: important 'h', i: @'import "verbatim"', j: [import, 'k'] }
    """
    assert [each.path for each in imports(text)] == ["a.libsonnet", "b''.txt", "ce.bin"]
    assert [text[each.position :][:3] for each in imports(text)] == ["'a.", '@"b', '"c\\']


@pytest.mark.parametrize(
    "piece", ["'", "\\'", "'\\", '@"', "@''", "|||\n", "|||\n ", "|||\n  a\n", "/*", "/*/", "//", "\n ", " ", "1_", "+:", "a'\\\n"]
)
def test_the_time_is_linear(piece: str) -> None:
    for text in (piece * 200_000, "'" + piece * 200_000, "|||\n " + piece * 200_000):
        with no_hang(2):
            assert sum(len(token.text) for token in tokens(text)) == len(text)
