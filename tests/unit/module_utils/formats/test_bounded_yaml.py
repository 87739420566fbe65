# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML that stands for more than a machine holds, and YAML that only looks like it."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import bounded_yaml

LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)]


def bomb(levels: int, merge: bool = False) -> str:
    """Ten times as much a level."""
    lines = ["l0: &l0 {a: 0123456789}" if merge else "l0: &l0 [0123456789]"]
    for level in range(1, levels):
        ten = ", ".join([f"*l{level - 1}"] * 10)
        lines.append(f"l{level}: &l{level} " + (f"{{k{level}: 1, <<: [{ten}]}}" if merge else f"[{ten}]"))
    return "\n".join(lines)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (bomb(12), "its aliases stand for too much"),
        (bomb(12, merge=True), "its aliases stand for too much"),
        ("a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 100) + "]", "its aliases stand for too much"),
        ("a: &a [*a]", "an alias of what it is in"),
        ("a: &a {b: {c: [*a]}}", "an alias of what it is in"),
        ("[" * 300 + "]" * 300, "nested more than 250 deep"),
        ("- " * 300 + "a", "nested more than 250 deep"),
        ("? " * 300 + "a", "nested more than 250 deep"),
        ("\n".join(f"{'  ' * depth}- a:" for depth in range(150)), "nested more than 250 deep"),
        ("\n".join(f"{' ' * depth}a:" for depth in range(300)).encode("utf-16"), "nested more than 250 deep"),
    ],
)
def test_it_is_refused_with_its_place(text: str | bytes, problem: str, loader: t.Any) -> None:
    for read in (bounded_yaml.load, lambda *args: list(bounded_yaml.load_all(*args)), lambda *args: list(bounded_yaml.compose_all(*args))):
        with pytest.raises(yaml.MarkedYAMLError) as caught:
            read(text, loader)
        assert caught.value.problem == problem
        assert caught.value.problem_mark is not None


def test_what_would_end_the_process() -> None:
    with pytest.raises(yaml.MarkedYAMLError, match="nested"):
        bounded_yaml.load("[" * 500_000, LOADERS[-1])


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    "text",
    [
        bomb(5),
        bomb(4, merge=True),
        "",
        "a: 1\n---\nb: 2\n",
        "- " * 200 + "a",
        "[" * 200 + "]" * 200,
        "\n".join(f"- [{number}, {{a: b}}]" for number in range(1000)),
        "a: |\n" + " " * 400 + "text\n",
        "a: &a 1\nb: *a\nc: *a\n",
    ],
)
def test_all_else_is_read_as_ever(text: str, loader: t.Any) -> None:
    expected = list(yaml.load_all(text, loader))
    assert list(bounded_yaml.load_all(text, loader)) == expected
    assert bounded_yaml.load(text, loader) == next(iter(expected), None)
