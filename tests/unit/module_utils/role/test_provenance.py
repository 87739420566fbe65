# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose a result is."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role.provenance import own

HERE = {"cluster": "b", "application": "/app", "use": 2}


def mark(**values: t.Any) -> dict[str, t.Any]:
    return {"made_for": values}


@pytest.mark.parametrize(
    ("of", "ours"),
    [
        ({"cluster": "b", "application": "/app", "use": 2}, True),
        ({"cluster": "a", "application": "/app", "use": 2}, False),
        ({"cluster": "b", "application": "/other", "use": 2}, False),
        ({"cluster": "b", "application": "/app", "use": 1}, False),
        ({"cluster": "b"}, True),
        ({"cluster": "a"}, False),
        ({"inputs": "x"}, True),
        ({}, True),
    ],
)
def test_a_result_is_used_only_where_all_that_it_names_fits(of: dict[str, t.Any], ours: bool) -> None:
    result = {"plan": 1, **mark(**of)}
    assert own(result, HERE) == (result if ours else {})
    assert own([result, {"of": "a caller"}], HERE) == ([result] if ours else []) + [{"of": "a caller"}]
    assert own({"dns": result, "mine": {}, "odd": None}, HERE) == ({"dns": result} if ours else {}) | {"mine": {}, "odd": None}


def test_what_a_caller_set_is_anybodys() -> None:
    assert own({"cluster": {"uid": "a"}}, HERE) == {"cluster": {"uid": "a"}}
    assert (own({}, HERE), own([], HERE)) == ({}, [])


def test_other_inputs_are_another_plan() -> None:
    plan = {"plan": 1, **mark(cluster="b", inputs="x")}
    assert own(plan, {**HERE, "inputs": "x"}) == plan
    assert own(plan, {**HERE, "inputs": "y"}) == {}
