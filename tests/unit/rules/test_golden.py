# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans of clusters of many kinds, each written out as a story in ``plans/`` and reviewed by people.

After a change of rules or packages write them again and read what changed::

    KUBEFLOW_WRITE_PLANS=1 python -m pytest tests/unit/rules/test_golden.py; git diff tests/unit/rules/plans
"""

from __future__ import annotations

import os
import re

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories
from ansible_collections.kubeflow.bootstrap.tests.unit.rules.stories import CASES


def _text(case: str) -> str:
    name, parameters = CASES[case]
    head = [f"# {stories.about(name) or f'The local cluster {name}.'}"]
    head += [f"# You chose {key}: {value}" for key, value in parameters.items()]
    return "\n".join([*head, stories.story(stories.planned(case))])


@pytest.mark.parametrize("case", CASES)
def test_the_plan_is_the_one_that_was_reviewed(case: str) -> None:
    path, text = stories.HERE / "plans" / f"{case}.txt", _text(case)
    if os.environ.get("KUBEFLOW_WRITE_PLANS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_there_is_no_plan_of_what_is_gone() -> None:
    assert sorted(path.stem for path in (stories.HERE / "plans").iterdir()) == sorted(CASES)


def test_facts_tell_nothing_of_who_saved_them() -> None:
    for path in (stories.HERE / "facts").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [each for each in ("/tmp", "/home/", "/root", "127.0.0.1", "BEGIN ", "token:") if each in text]  # noqa: S108


@pytest.mark.parametrize("case", CASES)
def test_sentences_are_whole(case: str) -> None:
    found = stories.planned(case)
    chosen = [choice for values in found["parameters"].values() for choice in values.values()]
    for item in [*found["blockers"], *found["warnings"], *chosen]:
        for text in filter(None, (item["reason"], item.get("fix"), item.get("command"))):
            assert not re.search(r"[{}]|\b(None(?! of)|True|False)\b|(?<!^)\bnothing\b", text), text
            assert "  " not in text, text


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_set_that_has_no_effect(case: str) -> None:
    found = stories.planned(case)["parameters"]
    idle = [key for values in found.values() for key, choice in values.items() if choice["no_effect"] and choice["source"] != "user"]
    assert idle == []
