# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML as ks writes it."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents


def test_keys_sort_as_in_go() -> None:
    assert (
        yaml_documents.dump({"env10": 1, "env2": 2, "b": 3, "B": 4, "a-b": 5, "ab": 6}) == "B: 4\na-b: 5\nab: 6\nb: 3\nenv2: 2\nenv10: 1\n"
    )


def test_text_that_reads_as_something_else_is_quoted() -> None:
    document = {"k": ["true", "y", "1", "1e3", "0x1f", "null", "", "2018-01-01", "1:20", "v1.7.0", "a\nb", "a: b", "~", "<<"]}
    text = yaml_documents.dump(document)
    assert '- "y"\n- "1"\n- "1e3"\n' in text
    assert "- 2018-01-01\n- 1:20\n" in text
    assert yaml_documents.load(text, "f") == document


def test_what_yaml_v2_reads_otherwise_than_pyyaml() -> None:
    assert yaml_documents.load("[y, n, on, 1:20, 2018-01-01, 0x1F, 1e3, .5]", "f") == [
        True,
        False,
        True,
        "1:20",
        "2018-01-01",
        31,
        "1e3",
        0.5,
    ]


def test_a_broken_file_is_named_with_its_line() -> None:
    with pytest.raises(BootstrapError, match="app.yaml, line 2: not YAML"):
        yaml_documents.load("a: 1\nb: }\n", "app.yaml")
    with pytest.raises(BootstrapError, match="app.yaml: a mapping is expected, not a list"):
        yaml_documents.load_mapping("- 1\n", "app.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{1: one, true: bool, no: "n", 0: zero}', {"1": "one", "true": "bool", "false": "n", "0": "zero"}),
        ("{1.0: a, 1.5: b}", {"1": "a", "1.5": "b"}),
        ("{on: a, off: b, 0x10: c}", {"true": "a", "false": "b", "16": "c"}),
        ("a: {1: {1: x, true: w}}", {"a": {"1": {"1": "x", "true": "w"}}}),
        ("- 1: x\n  true: w", [{"1": "x", "true": "w"}]),
        ("a: &a {1: x, true: w}\nb: {<<: *a, 1: z}", {"a": {"1": "x", "true": "w"}, "b": {"1": "z", "true": "w"}}),
        ("a: 1\na: 2", {"a": 2}),
        ("? !!binary aGVsbG8=\n: x", {"hello": "x"}),
    ],
)
def test_keys_are_text_and_do_not_collide(text: str, value: object) -> None:
    assert yaml_documents.load(text, "f") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!binary aGVsbG8=", "hello"),
        ("!!binary |\n  aGVs\n  bG8=\n", "hello"),
        ("!!binary w6k=", "é"),
        ("!!set {a, b}", {"a": None, "b": None}),
        ("!!omap [a: 1, b: 2]", [{"a": 1}, {"b": 2}]),
        ("!!pairs [a: 1, a: 2]", [{"a": 1}, {"a": 2}]),
        ("!!timestamp 2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("!custom x", "x"),
        ("!custom 12", "12"),
        ("!custom [1, x]", [1, "x"]),
        ("!custom {1: x, true: w}", {"1": "x", "true": "w"}),
    ],
)
def test_tags(text: str, value: object) -> None:
    assert yaml_documents.load(text, "f") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, text) for text in ("12e5", "1e3", "1.", "1E5", "+0b1", "_1", "._5", "0o17", "0x", "1.2.3", "1e+999", "1:20")),
        ("1e+3", 1000), ("1.5E-3", 0.0015), ("08", 8), ("0777", 511), ("-0x1F", -31), ("0b101", 5), ("-0b11", -3), ("1_000", 1000),
        (".5", 0.5), (".5e3", 500), ("+.5", 0.5), ("18446744073709551615", 2**64 - 1), ("99999999999999999999999", 1e23), ("1_0.5_0", 10.5),
    ],
)  # fmt: skip
def test_numbers_are_those_of_2018(text: str, value: object) -> None:
    loaded = yaml_documents.load(text, "f")
    assert (loaded, type(loaded)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('{1: a,\n "1": b}', 2, "two keys are '1'"),
        ("a: {\n  null: 1}", 2, "a key of a mapping is text, a number or a boolean, not null"),
        ("a: b\n? [x]\n: y", 2, "not a list or mapping"),
        ("a: b\nc: !!binary /w==", 2, "these bytes are no UTF-8"),
        ("a: b\nc: !!binary '***'", 2, "!!binary is not Base64"),
        ("a: b\nc: .inf", 2, "JSON has no number .inf"),
        ("a: b\nc: !!int x", 2, "x is no whole number"),
        ("a: b\nc: caf\udce9", 2, "this is not UTF-8"),
    ],
)
def test_what_is_no_data_is_named_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(BootstrapError, match=f"f, line {line}: ") as caught:
        yaml_documents.load_mapping(text, "f")
    assert problem in caught.value.message


def test_utf_16_is_read_and_latin_1_is_not() -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        assert yaml_documents.load_mapping("ä: é\n".encode(encoding).decode("utf-8", "surrogateescape"), "f") == {"ä": "é"}
    with pytest.raises(BootstrapError, match="f, line 2: this is not UTF-8. Save the file as UTF-8."):
        yaml_documents.load_mapping(b'{\n"a": "\xe9"}'.decode("utf-8", "surrogateescape"), "f")


def test_what_is_written_is_quoted_for_every_reader() -> None:
    values = ["1e3", "1.", "12e5", "08", "0o17", "1e+3"]
    text = yaml_documents.dump({"k": values})
    assert all(f'"{value}"' in text for value in values if value != "0o17")
    assert yaml_documents.load(text, "f") == {"k": values}
