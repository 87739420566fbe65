# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Blockers and warnings of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..formats.json_object import Json
from ..ksonnet.files.prototypes import Prototype
from ..rules.rules import Rule
from .packages import short


def finding(name: str, reason: str, fix: str | None = None, command: str | None = None) -> Json:
    """One blocker or warning; ``name`` is its id."""
    return {"id": name, "reason": reason, "fix": fix, "command": command}


def of_rules(rules: Iterable[Rule], does: str, prototype: Prototype, data: Json) -> list[Json]:
    """What the rules that block, or warn, report about a component."""
    return [
        finding(rule.id, str(rule.text("reason", data)), rule.text("fix", data), rule.text("command", data))
        for rule in rules
        if rule.does == does and rule.concerns(short(prototype)) and rule.applies(data)
    ]


def unique(findings: list[Json]) -> list[Json]:
    """Each once: several components may have one in common."""
    return [item for number, item in enumerate(findings) if item not in findings[:number]]


def without_ignored(blockers: Iterable[Json], ids: Collection[str]) -> tuple[list[Json], list[Json]]:
    """The blockers that are left, each with its ``text``, and as warnings those that the user chose to ignore."""
    left: list[Json] = []
    ignored: list[Json] = []
    for item in blockers:
        if item["id"] in ids:
            ignored.append({**item, "reason": f"Ignored, as you chose (kubeflow_ignore): {item['reason']}"})
        else:
            command = f" Run: {item['command']}" if item["command"] else ""
            left.append({**item, "text": " ".join(filter(None, [item["reason"], item["fix"]])) + f"{command} ({item['id']})"})
    return left, ignored
