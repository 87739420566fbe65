# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Headers of prototypes, finding them, and checking values against them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import component, prototypes

HEADER = """
// @apiVersion 0.1
// @name io.example.pkg.all
// @description It has one parameter of each type, and
//   goes on.
//
// @param name string Its name
// @param size number How
//     large
// @optionalParam text string null Text
// @optionalParam port numberOrString http A port
// @optionalParam list array [1,"two"] A list
// @optionalParam map object {"a":1} A map

{ a: import 'param://size', b: import "env://namespace" }
"""


def parsed() -> prototypes.Prototype:
    return prototypes.parse(HEADER, "vendor/r/p/prototypes/all.jsonnet")


def test_a_header_is_read_as_ks_reads_it() -> None:
    prototype = parsed()
    assert prototype.name == "io.example.pkg.all"
    # ks joins lines without a space between.
    assert prototype.description == "It has one parameter of each type, andgoes on.\n\n"
    assert [(p.name, p.type, p.default, p.required) for p in prototype.parameters] == [
        ("name", "string", None, True),
        ("size", "number", None, True),
        ("text", "string", "null", False),
        ("port", "numberOrString", "http", False),
        ("list", "array", '[1,"two"]', False),
        ("map", "object", '{"a":1}', False),
    ]


def test_the_first_line_after_the_header_is_dropped_and_imports_are_rewritten() -> None:
    assert component.from_prototype("disk-2", parsed()) == (
        "components/disk-2.jsonnet",
        'local env = std.extVar("__ksonnet/environments");\n'
        'local params = std.extVar("__ksonnet/params").components["disk-2"];\n'
        "{ a: params.size, b: env.namespace }\n",
    )
    assert prototypes.parse("// @name n\n// @description d\nlocal lost = 1;\n{}", "f").body == "{}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("// @name a\n//nope\n\n{}", "line 2: a space is missing"),
        ("// @name a\n// @nope x\n\n{}", "line 2: '@nope' is not a tag"),
        ("// @name a\n// @param x text T\n\n{}", "line 2: 'text' is not a type"),
        ("// @name a\n// @optionalParam x string\n\n{}", "line 2: @optionalParam must have NAME TYPE DEFAULT TEXT"),
        ("// @name a\n// @name b\n\n{}", "line 2: a second @name"),
        ("// @name a\n\n{}", "no @description"),
        ("//   indented\n\n{}", "line 1: text before the first tag"),
        ("// @name a", "has no body"),
    ],
)
def test_a_malformed_header_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        prototypes.parse(text, "f.jsonnet")


def test_a_name_may_be_shortened_to_a_unique_ending() -> None:
    known = {name: prototypes.Prototype(name, "", "", (), "", "f") for name in ("io.pkg.store", "io.pkg.store-named", "org.store")}
    assert prototypes.find("io.pkg.store", known).name == "io.pkg.store"
    assert prototypes.find("named", known).name == "io.pkg.store-named"
    with pytest.raises(BootstrapError, match="ambiguous: io.pkg.store, org.store"):
        prototypes.find("store", known)
    with pytest.raises(BootstrapError, match="Did you mean io.pkg.store-named"):
        prototypes.find("store-name", known)


def test_a_broken_prototype_harms_only_who_asks_for_it() -> None:
    collected, errors = prototypes.collect({"vendor/r/p/prototypes/all.jsonnet": HEADER, "vendor/r/p/prototypes/bad.jsonnet": "{}"})
    assert prototypes.find("all", collected, errors).name == "io.example.pkg.all"
    with pytest.raises(BootstrapError, match="one can't be read: vendor/r/p/prototypes/bad.jsonnet"):
        prototypes.find("bad", collected, errors)


@pytest.mark.parametrize(
    ("parameters", "literals"),
    [
        ({"size": 5}, {"size": "5", "name": '"c"', "text": '"null"', "port": '"http"', "list": '[1,"two"]', "map": '{"a":1}'}),
        ({"size": "0.50"}, {"size": "0.50"}),
        ({"size": "-1"}, {"size": "0 - 1"}),
        ({"size": 1, "port": 80, "list": [1, "x"], "map": {"k": None}}, {"port": "80", "list": '[1,"x"]', "map": '{"k":null}'}),
        ({"size": 1, "port": "80", "list": '["a", 1]', "map": '{ "k":1 }'}, {"port": '"80"', "list": '["a", 1]', "map": '{ "k":1 }'}),
        ({"size": 1, "list": "[1, -2]", "text": None}, {"list": "[1,0 - 2]", "text": '"null"'}),
    ],
)
def test_values_become_literals_of_the_declared_type(parameters: dict[str, t.Any], literals: dict[str, str]) -> None:
    assert literals.items() <= prototypes.values(parsed(), "c", parameters).items()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"size": "many"}, "Component 'c', parameter 'size': number expected, got text: \"many\""),
        ({"size": True}, "number expected, got a boolean"),
        ({"size": "007"}, "number expected, got text"),
        ({"size": 1, "text": 1.10}, "string expected, got a number: 1.1. .*quotes"),
        ({"size": 1, "text": ["a"]}, "string expected, got a list"),
        ({"size": 1, "list": "{}"}, "array expected, got text"),
        ({"size": 1, "list": "[1"}, "array expected, got text"),
        ({"size": 1, "map": [1]}, "object expected, got a list"),
        ({"size": 1, "list": "[NaN]"}, "not a finite number"),
        ({"size": 2**60}, "larger than"),
        ({"size": 1, "txt": "a"}, "declares no parameter 'txt'. Did you mean text"),
        ({}, "are missing: size \\(number: Howlarge\\)"),
    ],
)
def test_wrong_values_are_named(parameters: dict[str, t.Any], message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        prototypes.values(parsed(), "c", parameters)


@pytest.mark.parametrize("name", ["", "a b", "a//b", "/a", "a/", "../x", "data/params", ".x", "params", "a'b", "a\nb", "a$"])
def test_names_that_no_component_can_have(name: str) -> None:
    with pytest.raises(BootstrapError):
        component.check_name(name)
