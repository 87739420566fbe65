# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""components/params.libsonnet as text, and the literals in it."""

from __future__ import annotations

import re

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import params
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import syntax

EDITED = """// My parameters: { and "
{
  global: { /* nothing } */ },
  components: {
    front: {
      # why } two
      replicas: 2, // not 3, "really
      image: 'it\\'s, }',
      script: |||
        components: { front: {
      |||,
      [if true then 'x']: local a = 1, b = 2; a + b,
      raw: @"c:\\", size: std.max(1, 2)
    },
    "disk-two": { size: "1Gi" },
    shared(name):: { name: name },
  },
}"""


def test_reads_values_and_leaves_expressions_as_text() -> None:
    assert params.read(EDITED) == {
        "front": {
            "replicas": 2,
            "image": "it's, }",
            "script": syntax.Expression("|||\n        components: { front: {\n      |||"),
            "raw": "c:\\",
            "size": syntax.Expression("std.max(1, 2)"),
        },
        "disk-two": {"size": "1Gi"},
        "shared": {"name": syntax.Expression("name")},
    }


def test_a_change_leaves_every_other_byte_alone() -> None:
    assert params.update(EDITED, {"front": {"replicas": "7", "image": '"x"'}}) == EDITED.replace("replicas: 2,", "replicas: 7,").replace(
        "'it\\'s, }'", '"x"'
    )
    assert params.update(EDITED, {"disk-two": {"size": '"2Gi"'}}) == EDITED.replace('"1Gi"', '"2Gi"')


def test_nothing_to_do_gives_the_same_text() -> None:
    assert params.update(EDITED, {"front": {"replicas": "2"}}, drop={"front": ["nope"], "none": ["x"]}, remove=["none"]) == EDITED


def test_a_new_key_goes_where_it_sorts_and_takes_no_comment_from_another() -> None:
    changed = params.update(EDITED, {"front": {"zone": '"a"', "aaa": "1"}})
    assert "front: {\n      aaa: 1,\n      # why } two\n" in changed
    assert 'size: std.max(1, 2),\n      zone: "a",\n    },' in changed
    inline = params.update(EDITED, {"disk-two": {"name": '"d"', "zone": "1"}})
    assert params.read(inline)["disk-two"] == {"name": "d", "size": "1Gi", "zone": 1}


@pytest.mark.parametrize("comment", ["", "  // of a", " # of a", " /* of */ // a"])
def test_a_comment_stays_in_the_line_of_its_field(comment: str) -> None:
    text = "{\n  global: {},\n  components: {\n    // Edited.\n    c: {\n      a: 1,%s\n%s      z: 2,\n    },\n  },\n}\n"
    assert params.update(text % (comment, ""), {"c": {"b": "3"}}) == text % (comment, "      b: 3,\n")


def test_components_are_appended_and_removed() -> None:
    assert params.update(EDITED, {"new": {"b": "1", "a": "2"}}) == EDITED.replace(
        "    shared(name):: { name: name },\n", "    shared(name):: { name: name },\n    new: {\n      a: 2,\n      b: 1,\n    },\n"
    )
    assert params.update(EDITED, {}, remove=["disk-two"]) == EDITED.replace('    "disk-two": { size: "1Gi" },\n', "")
    both = params.update("{components:{a:{x:1}}}", {"b": {"y": "2"}, "a": {"z": "3"}}, remove=[])
    assert params.read(both) == {"a": {"x": 1, "z": 3}, "b": {"y": 2}}
    swapped = params.update("{components:{a:{x:1}}}", {"b": {"y": "2"}}, remove=["a"])
    assert params.read(swapped) == {"b": {"y": 2}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n  components: {\n    a: { text: "say "hi" there" },\n  },\n}', 3),
        ("{\n  components: {\n    a: { x: 1 ]\n  },\n}", 3),
        ("{\n  components: {\n    a: { x: 'open },\n  },\n}", 3),
        ("{\n  components: {\n    a: { x: 1 /* open },\n  },\n}", 3),
        ("{\n  components: {\n    a: { x: |||\n      open\n },\n  },\n}", 3),
        ("{\n  components: {\n    a: { x: 1 },\n  },\n", 4),
        ("{\n  components: {\n    a: { x: },\n  },\n}", 3),
        ("{\n  global: {},\n}", 1),
        ("[]", 1),
        ("", 1),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BootstrapError, match=re.escape(f"components/params.libsonnet, line {line}: ")):
        params.read(text)


@pytest.mark.parametrize("literal", ["'open", '"open\\"', "@'open''", '@"open""'])
def test_a_string_that_is_not_closed_is_named_with_the_line_where_it_starts(literal: str) -> None:
    with pytest.raises(BootstrapError, match="components/params.libsonnet, line 3: a string is not closed"):
        params.read(f"{{\n  components: {{\n    a: {{ x: {literal},\n      y: 1,\n    }},\n  }},\n}}")


def test_a_component_that_is_no_object_is_refused() -> None:
    with pytest.raises(BootstrapError, match="line 3: 'a' is not an object"):
        params.update("{\n  components: {\n    a: base,\n  },\n}", {"a": {"x": "1"}})


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain it's $x %s é", '"plain it\'s $x %s é"'),
        ('a "quoted" text', "'a \"quoted\" text'"),
        ('it\'s "both"\n\\', "'it\\'s \"both\"\\n\\\\'"),
        (-5, "0 - 5"),
        (-1.5e-7, "0 - 1.5e-07"),
        ([-1, {"a-b": None, "local": True}], '[0 - 1,{"a-b":null,"local":true}]'),
    ],
)
def test_literals_hold_only_what_ks_prints_rightly(value: object, literal: str) -> None:
    assert syntax.write_literal(value) == literal
    assert syntax.read_literal(literal) == value


@pytest.mark.parametrize("value", [2**53 + 1, float("inf"), float("nan"), {1: 2}, b"bytes", "\ud800"])
def test_what_jsonnet_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        syntax.write_literal(value)


def test_names_are_quoted_as_ks_quotes_them() -> None:
    names = ["front", "disk-two", "a_b", "x1", "local", "é"]
    assert [syntax.field_name(name) for name in names] == ["front", '"disk-two"', "a_b", '"x1"', '"local"', '"é"']
    assert syntax.member("front") + syntax.member("x1") == '.front["x1"]'
