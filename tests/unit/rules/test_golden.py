# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans of clusters of many kinds, each written out as a story in ``plans/`` and reviewed by people.

A story tells what a few rules come to on its cluster: those that it names. Every rule is in at least one story; ``decisions.txt`` has
what each rule decides, and in which cases. So a new rule changes one story, and adds its own lines to ``decisions.txt``.

After a change of rules or packages write them again and read what changed; a new rule is told in the first case that reaches it::

    KUBEFLOW_WRITE_PLANS=1 python -m pytest tests/unit/rules/test_golden.py; git diff tests/unit/rules
"""

from __future__ import annotations

import functools
import json
import os
import re
import textwrap
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import packages
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories
from ansible_collections.kubeflow.bootstrap.tests.unit.rules.stories import CASES

_WRITE = bool(os.environ.get("KUBEFLOW_WRITE_PLANS"))
_DECISIONS = stories.HERE / "decisions.txt"


def _path(case: str) -> Path:
    return stories.HERE / "plans" / f"{case}.txt"


@functools.cache
def _stored(case: str) -> str:
    return _path(case).read_text(encoding="utf-8") if _path(case).exists() else ""


@functools.cache
def _untold() -> dict[str, str]:
    """Rules that no stored story tells of, and the first case that each is reached in."""
    shown = {name for case in CASES for name in stories.rules_told(_stored(case))}
    cases = {name: case for case in reversed(CASES) for name in stories.ids(stories.planned(case))}
    return {name: case for name, case in cases.items() if name not in shown}


def _text(case: str) -> str:
    name, parameters = CASES[case]
    head = [f"# {stories.about(name) or f'The local cluster {name}.'}"]
    head += [f"# You chose {key}: {value}" for key, value in parameters.items()]
    ids = stories.rules_told(_stored(case)) | {rule for rule, first in _untold().items() if first == case and _WRITE}
    return "\n".join([*head, stories.story(stories.planned(case), ids)]) if ids else ""


@pytest.mark.parametrize("case", CASES)
def test_the_plan_is_the_one_that_was_reviewed(case: str) -> None:
    text = _text(case)
    if _WRITE and text:
        _path(case).write_text(text, encoding="utf-8")
    assert _stored(case) == text or _WRITE


def test_every_rule_is_in_a_story() -> None:
    assert _untold() == {} or _WRITE


def test_rules_decide_where_they_did_when_they_were_reviewed() -> None:
    cases: dict[str, list[str]] = {}
    for case in CASES:
        for decision in stories.decisions(stories.planned(case)):
            cases.setdefault(decision, []).append(case)
    wrapped = (
        textwrap.fill(" ".join(names), 138, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False) for names in cases.values()
    )
    text = "".join(f"{decision}\n{names}\n" for decision, names in sorted(zip(cases, wrapped, strict=True)))
    if _WRITE:
        _DECISIONS.write_text(text, encoding="utf-8")
    assert _DECISIONS.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("case", CASES)
def test_what_no_rule_decides_is_chosen_or_the_default_of_the_package(case: str) -> None:
    document, (_name, chosen) = stories.planned(case), CASES[case]
    for component, values in document["parameters"].items():
        prototype = packages.find(document["application"]["components"][component]["prototype"], stories.contents(case))
        headers = {each.name: each.default for each in prototype.parameters}
        assert values.keys() == headers.keys()
        for name, choice in values.items():
            header = headers[name] or component  # only the name is required
            default = header if isinstance(choice["value"], str) else json.loads(header)
            value, source = (chosen[name], "user") if name in chosen else (default, "default")
            assert choice["rule"] or (choice["value"], choice["source"]) == (value, source), name


def test_every_story_is_one_of_a_case_and_a_rule() -> None:
    assert [
        path.name for path in (stories.HERE / "plans").iterdir() if path.stem not in CASES or not stories.rules_told(_stored(path.stem))
    ] == []


def test_facts_tell_nothing_of_who_saved_them() -> None:
    for path in (stories.HERE / "facts").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [each for each in ("/tmp", "/home/", "/root", "127.0.0.1", "BEGIN ", "token:") if each in text]  # noqa: S108


@pytest.mark.parametrize("case", CASES)
def test_sentences_are_whole(case: str) -> None:
    document = stories.planned(case)
    chosen = [choice for values in document["parameters"].values() for choice in values.values()]
    for item in [*document["blockers"], *document["warnings"], *chosen]:
        for text in filter(None, (item["reason"], item.get("fix"), item.get("command"))):
            assert not re.search(r"[{}]|\b(None(?! of)|True|False)\b|(?<!^)\bnothing\b", text), text
            assert "  " not in text, text


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_set_that_has_no_effect(case: str) -> None:
    parameters = stories.planned(case)["parameters"]
    idle = [key for values in parameters.values() for key, choice in values.items() if choice["no_effect"] and choice["source"] != "user"]
    assert idle == []
