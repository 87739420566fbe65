# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects as text: byte for byte what ks 0.10.0 printed in the recorded steps, and exact where ks is not."""

from __future__ import annotations

import collections
import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import manifests, yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render

CORPUS = Path(__file__).parents[3] / "conformance" / "ks-0.10.0"
SHOWS = sorted(
    path
    for path in [*CORPUS.glob("steps/*-show*.json"), CORPUS / "cluster-steps/012-show.json"]
    if json.loads(path.read_text())["exit"] == 0
)


def as_ks_prints(text: str) -> str:
    """A file as ks 0.10.0 evaluates it: it doubles the escapes of double-quoted strings (a defect; ours doesn't)."""
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda match: json.dumps(match[1], ensure_ascii=False) if "\\" in match[1] else match[0], text)


def texts(shown: str) -> collections.Counter[str]:
    """The documents as a multiset: ks prints components in random order."""
    assert shown.startswith("---\n") or not shown
    return collections.Counter(shown.split("---\n")[1:])


def form(step: dict[str, t.Any]) -> str:
    return "json" if "json" in step["argv"] else "yaml"


@pytest.mark.parametrize("path", [path for path in SHOWS if path.parent.name == "steps"], ids=lambda path: path.stem)
def test_an_application_is_printed_as_ks_printed_it(path: Path) -> None:
    step = json.loads(path.read_text(encoding="utf-8").replace("{{ROOT}}", "/root"))
    params = "components/params.libsonnet"
    objects = render.objects({**step["app"], params: as_ks_prints(step["app"][params])}, step["argv"][2])
    chosen = [value for option, value in zip(step["argv"], step["argv"][1:], strict=False) if option == "-c"] or list(objects)
    printed = manifests.text([item for name in chosen for item in objects.get(name, [])], form(step))
    assert texts(printed) == texts(step["stdout"])


@pytest.mark.parametrize("path", SHOWS, ids=lambda path: path.stem)
def test_what_ks_printed_is_printed_again_with_the_same_bytes(path: Path) -> None:
    step = json.loads(path.read_text(encoding="utf-8"))
    assert manifests.text(yaml_documents.load_all(step["stdout"], "stdout"), form(step)) == step["stdout"]


def test_there_are_recordings_of_both_forms() -> None:
    assert len(SHOWS) >= 9 and {form(json.loads(path.read_text())) for path in SHOWS} == {"json", "yaml"}


def test_json_is_that_of_go() -> None:
    item = {"kind": "A", "b": "<a href='x'>&\u2028é😀\t\x7f\x01", "a": {}, "c": [], "d": [[1, None], {"x": True}], "Z": 1.5}
    assert manifests.text([item], "json") == (
        "{\n"
        '  "Z": 1.5,\n'
        '  "a": {},\n'
        '  "b": "\\u003ca href=\'x\'\\u003e\\u0026\\u2028é😀\\t\x7f\\u0001",\n'
        '  "c": [],\n'
        '  "d": [\n    [\n      1,\n      null\n    ],\n    {\n      "x": true\n    }\n  ],\n'
        '  "kind": "A"\n'
        "}\n"
    )
    assert manifests.text([{"a": 1}, {"a": 2}], "json") == '---\n{\n  "a": 1\n}\n---\n{\n  "a": 2\n}\n'
    assert manifests.text([], "json") == manifests.text([], "yaml") == ""


@pytest.mark.parametrize(
    ("number", "text"),
    [(1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e22, "1.5e+22"), (1e-6, "0.000001"), (1.25e-5, "0.0000125"), (1e-7, "1e-7"),
     (5e-324, "5e-324"), (0.1, "0.1"), (123456789.125, "123456789.125"), (-2.5, "-2.5"), (3.0, "3"), (2**53, "9007199254740992")],
)  # fmt: skip
def test_numbers_in_json_are_those_of_go(number: float, text: str) -> None:
    assert manifests.json_text(number) == text
    assert json.loads(text) == number


def test_yaml_is_exact_where_ks_is_not() -> None:
    # ks: 1e+06, 1.234567e+06, 0.3, and the date without quotes.
    item = {"a": 1000000, "b": 1234567, "c": 0.30000000000000004, "d": "2018-01-01", "e": "2018-01-01T10:00:00Z", "f": 1e300}
    text = manifests.yaml_text(item)
    assert text == 'a: 1000000\nb: 1234567\nc: 0.30000000000000004\nd: "2018-01-01"\ne: "2018-01-01T10:00:00Z"\nf: 1.0e+300\n'


@pytest.mark.parametrize("reader", [yaml.safe_load, lambda text: yaml_documents.load(text, "x")], ids=["PyYAML", "yaml.v2"])
def test_texts_come_back_from_yaml_whoever_reads_it(reader: t.Callable[[str], t.Any]) -> None:
    pieces = "y n yes No on OFF true ~ null 0 -1 007 0x1F 0b1 0o7 1_000 1e3 12e03 1. .5 +1 1:20 1:20.5 .inf .NaN << ="
    pieces += " - ? : # * & ! | > ' \" % @ ` , [ ] { } 2018-01-01 2018-1-1 --- ... a:b a:\\ #a"
    texts = [
        *pieces.split(" "),
        "",
        " ",
        "a: b",
        "a #b",
        " lead",
        "trail ",
        "a\nb",
        "a\n",
        "\n",
        "\na",
        " a\nb\n",
        "a\n\n\n b  \nc",
        "x\ty",
        "é😀\u2028",
        'it\'s "x"',
    ]
    texts += ["word " * 60, "w" * 200, "w" * 79 + " b c", "\x00\x7f", "\ufeff", "a\r\nb"]
    value = {f"k{number}": text for number, text in enumerate(texts)} | {text: "v" for text in texts}
    assert reader(manifests.yaml_text(value)) == value


def test_long_text_is_folded_as_ks_folds_it() -> None:
    text = manifests.yaml_text({"a": "word " * 30 + "end", "b": "one line\nand another\n"})
    lines = text.splitlines()
    assert lines[0] == "a: " + "word " * 15 + "word" and lines[1].startswith("  word")
    assert lines[-3:] == ["b: |", "  one line", "  and another"]


def test_characters_beyond_16_bits_are_escaped_as_by_yaml_v2() -> None:
    assert manifests.yaml_text({"a": "é 😀\n"}) == 'a: "é \\U0001F600\\n"\n'


def test_secrets_can_be_hidden_and_still_differ() -> None:
    before = {"kind": "Secret", "data": {"a": "MQ==", "b": "Mg=="}}
    after = {"kind": "Secret", "data": {"a": "MQ==", "b": "Mw=="}, "stringData": "odd"}
    assert manifests.masked(after) == {"kind": "Secret", "data": {"a": "hidden", "b": "hidden"}, "stringData": "hidden"}
    assert manifests.masked(after, before)["data"] == {"a": "hidden", "b": "hidden, changed"}
    assert manifests.masked({"kind": "ConfigMap", "data": {"a": "b"}}) == {"kind": "ConfigMap", "data": {"a": "b"}}
