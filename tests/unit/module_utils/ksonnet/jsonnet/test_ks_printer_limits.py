# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lint of what ks 0.10.0's printer gets right: each class that it gets wrong, and what it gets right."""

from __future__ import annotations

import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import params
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import syntax
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet.ks_printer_limits import KsPrinterProblem, problems

PARENTHESES = "parentheses around an expression, which are dropped"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ a: -1 }", "a unary '-'"),
        ("f(-1)", "a unary '-'"),
        ("f(x=-1)", "a unary '-'"),
        ("[-1]", "a unary '-'"),
        ("1 - -1", "a unary '-'"),
        ("if a then -1 else 2", "a unary '-'"),
        ("{ a+:-1 }", "a unary '-'"),
        ("{ a: !true }", "a unary '!'"),
        ("a && !b", "a unary '!'"),
        ("~1", "a unary '~'"),
        ("{ a: 1, b: $.a }", "'$'"),
        ("[x for x in [1]]", "a list comprehension"),
        ("[{ a: x } for x in f([1])]", "a list comprehension"),
        ("assert true; 1", "'assert'"),
        ("{ assert self.a == 1, a: 1 }", "'assert'"),
        ("{ a: error 'x' }", "'error'"),
        ("{ a: |||\n    - $ \" '\n  |||, b: 1 }", "a text block (|||)"),
        ("@'a'", "a verbatim string (@)"),
        ('@"a\\"', "a verbatim string (@)"),
        ("a[1:2]", "a slice"),
        ("'abc'[:2]", "a slice"),
        ("a[::2]", "a slice"),
        ("{ a+: super.a }", "'super'"),
        ("{ a: 'a' in super }", "'super'"),
        ("local f(x) = x; f(1)", "a local function; bind function(...) to the local"),
        ("{ local f(x) = x, a: f(1) }", "a local function; bind function(...) to the local"),
        ("local a = 1, b = 2; a", "several bindings in one local"),
        ("local a = [1, 2], b = { c: 1, d: 2 }; a", "several bindings in one local"),
        ("{ a: local b = 1, c = 2; b }", "several bindings in one local"),
        ("std.map(function(x) x, [])", "a function as an argument"),
        ("std.foldl((function(a, b) a), [], 0)", "a function as an argument"),
        ("f(x=function(y) y)", "a function as an argument"),
        ("(import 'x').a", "an import in parentheses; bind it to a local first"),
        ("(import 'x').a(1)", "an import in parentheses; bind it to a local first"),
        ("{ [a]+: {} }", "a computed field with '+'"),
        ("{ ['a']+:: {} }", "a computed field with '+'"),
        ("a[0]", "an index that is not a text"),
        ("f(1)[0].x", "an index that is not a text"),
        ("{ local z = 1, [x]: z for x in a }", "an object comprehension with a local"),
        ("{ a: 'b }", "a string, text block or comment that is not closed"),
        ("10 - (4 - 3)", PARENTHESES),
        ("2 * (3 + 4)", PARENTHESES),
        ("(if true then 1 else 2) + 3", PARENTHESES),
        ("(a + b).c", PARENTHESES),
        ("(a in b) && c", PARENTHESES),
        ("(local a = 1; a) + 1", PARENTHESES),
        ('"a\\nb"', "an escape in a double-quoted string, whose backslash is doubled; use single quotes"),
        ('{ "a\\"b": 1 }', "an escape in a double-quoted string, whose backslash is doubled; use single quotes"),
    ],
)
def test_what_the_printer_gets_wrong_is_found(text: str, reason: str) -> None:
    assert KsPrinterProblem(3, reason) in problems(f"// - $ (1+2)\nlocal k = import 'k.libsonnet';\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "'a\\nb \"q\" \\'s\\''",
        '"plain \' text %s $x -1"',
        "{ f(x, y=1):: x, a+: 1, b:: 2, c::: 3, d+:: {} }",
        "{ local a = 1, b: a }",
        "{ [x]: 1 for x in std.objectFields(a) }",
        "if a == 'b' then [1, 2] else {}",
        "local a = import 'x';\na.b(1).c(2)",
        "importstr 'x'",
        "std.prune(k.core.v1.list.new([a, b]))",
        "a.b['c'].d",
        "(x)",
        "1 + 2 * 3 - 4",
        "0 - 5",
        "local f = function(x) x;\nf(1)",
        "local a = 1;\nlocal b = 2;\n[a, b, { c: local d = 1; d, e: 2 }]",
        "# assert $\n/* ( [0] -1 */ x != 'a' && y || z",
        "{ name: import 'param://name', server: import \"env://server\" }",
    ],
)
def test_what_the_printer_gets_right_passes(text: str) -> None:
    assert problems(text) == []


def test_all_problems_are_told_with_their_lines() -> None:
    assert problems("{\n  a: -1,\n\n  b: $.a + a[0],\n}") == [
        KsPrinterProblem(2, "a unary '-'"),
        KsPrinterProblem(4, "'$'"),
        KsPrinterProblem(4, "an index that is not a text"),
    ]


def test_values_are_written_as_the_printer_prints_them_right() -> None:
    choice = random.Random(3)
    pieces = ["'", '"', "\\", "\n", "$", "-1", "|||", "@'", "é", "\x00", " ", "local", "assert", "//", "[0]"]

    def value(depth: int) -> t.Any:
        kinds: list[t.Callable[[], t.Any]] = [
            lambda: "".join(choice.choices(pieces, k=choice.randrange(6))),
            lambda: choice.choice([0, -1, -1.5, -1e300, 2**53, 1e-7, True, None]),
        ]
        if depth:
            kinds += [
                lambda: [value(depth - 1) for _unused in range(3)],
                lambda: {choice.choice(pieces) + str(n): value(depth - 1) for n in range(3)},
            ]
        return choice.choice(kinds)()

    for _case in range(500):
        text = syntax.write_literal(value(3))
        assert problems(text) == [], text
    assert problems(params.NEW) == []
