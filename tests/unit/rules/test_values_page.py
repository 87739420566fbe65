# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""docs/values.md has every rule, in the right section, and no rule that is gone."""

from __future__ import annotations

import re

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

PAGE = (stories.ROOT / "docs" / "values.md").read_text(encoding="utf-8")
ELSEWHERE = {"api-not-served", "permission-missing", "namespace-changed", "cluster-changed"}


def _section(title: str) -> str:
    return re.split(r"^## ", PAGE.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def _table(text: str, column: int) -> set[str]:
    cells = [line.split("|")[column] for line in text.splitlines() if line.startswith("| ")]
    return {name for cell in cells for name in re.findall(r"`([a-z0-9-]+)`", cell)}


@pytest.mark.parametrize(("does", "title"), [("blocks", "Blockers"), ("warns", "Warnings")])
def test_what_the_rules_say_is_listed(does: str, title: str) -> None:
    assert _table(_section(title), 1) == {rule.id for rule in stories.rules() if rule.does == does}


def test_what_the_rules_set_is_listed_in_their_order() -> None:
    tables = PAGE.split("\n## What stays\n")[0]
    listed: dict[str, list[str]] = {}
    parameter = ""
    for line in tables.splitlines():
        if line.startswith("| ") and "---" not in line and "parameter |" not in line:
            cells = line.split("|")
            parameter = cells[1].strip(" `") or parameter
            listed.setdefault(parameter, []).extend(re.findall(r"`([a-z0-9-]+)`", cells[4]))
    rules: dict[str, list[str]] = {}
    for rule in stories.rules():
        if rule.does == "sets":
            rules.setdefault(str(rule.parameter), []).append(rule.id)
    assert listed == rules


def test_what_the_rules_keep_is_listed() -> None:
    assert _table(_section("What stays"), 3) == {rule.id for rule in stories.rules() if rule.does == "keeps"}
