# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No rule rests on a parameter that the application doesn't have: old packages declare none of those of the embedded registry."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules import parameter_guards
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories
from ansible_collections.kubeflow.bootstrap.tests.unit.rules.stories import CASES

Json = dict[str, t.Any]


@pytest.mark.parametrize(
    ("when", "texts", "parameter"),
    [
        ("values.a == 'x'", [], None),
        ("values.a != 'null'", [], "a"),
        ("'null' != values.a", [], "a"),
        ("!(values.a == 'x')", [], "a"),
        ("!(values.a)", [], "a"),
        ("!(values.a != 'x')", [], None),
        ("values.a && values.a != 'null'", [], None),
        ("cluster.b || values.a != 'null'", [], "a"),
        ("values.b && values.a != 'null'", [], "a"),
        ("values.b && values.b != 'null' || values.a && values.a != 'null'", [], None),
        ("(values.a || 'null') != 'null'", ["values.a"], None),
        ("(values.a || 'null') == 'null'", [], None),
        ("(values.a || 'null') == 'null'", ["values.a"], "a"),
        ("values.a == cluster.b", [], "a"),
        ("values.a == null", [], "a"),
        ("values.a && values.a == cluster.b", [], None),
        ("values.a < `1`", [], None),
        ("!(values.a < `1`)", [], "a"),
        ("contains(cluster.b, values.a)", [], None),
        ("!contains(cluster.b, values.a)", [], "a"),
        ("contains(values.a, cluster.b)", [], "a"),
        ("starts_with(values.a, 'x')", [], "a"),
        ("starts_with(values.a || '', 'x')", [], None),
        ("quantity(values.a) < `1`", [], None),
        ("contains([values.a, values.b], 'x')", [], None),
        ("values.a.b[0].c != 'x'", [], "a"),
        ("values.a.b[0].c", [], None),
        ("not_null(values.a, 'x') != 'x'", [], None),
        (None, ["values.a"], "a"),
        (None, ["values.a || 'x'"], None),
        (None, ["(values.a || 'null') != 'null' && values.a || 'x'"], None),
        ("values.a", ["values.a", "values.a != 'x' && 'y'"], None),
        ("values.name != 'x'", ["values.name"], None),
        ("contains(values(choices.components), 'x')", [], None),
    ],
)
def test_a_use_without_a_guard_is_found(when: str | None, texts: list[str], parameter: str | None) -> None:
    assert parameter_guards.unguarded(when, texts) == parameter


def test_what_a_rule_sets_is_there() -> None:
    assert parameter_guards.unguarded("values.a != 'x'", ["values.a"], declared="a") is None


@pytest.mark.parametrize("case", CASES)
def test_a_missing_parameter_makes_no_rule_apply(case: str) -> None:
    """The lint itself is put to the test: each rule is asked with each of its parameters taken away, on facts of every kind."""
    document, facts = stories.planned(case), stories.facts(CASES[case][0])
    choices = {"components": {"kubeflow-core": "kubeflow-core"}, "parameters": {}, "namespace": None}
    for chosen in document["parameters"].values():
        values = {name: choice["value"] for name, choice in chosen.items()}
        data = {**facts, "choices": choices, "steps": {}, "before": {}, "values": values}
        for rule in stories.rules():
            for name in set(re.findall(r"values\.([A-Za-z_]+)", rule.when or "")) - {rule.parameter}:
                without = {**data, "values": {key: value for key, value in values.items() if key != name}}
                # With "null", which is how packages write that a parameter is not set, it applies for another reason than this parameter.
                unset = {**data, "values": {**values, name: "null"}}
                if rule.applies(without):
                    assert rule.applies(unset) or f"values.{name} || " in str(rule.when), (rule.id, name)


@pytest.mark.parametrize("case", stories.OLD)
def test_old_packages_get_no_login_that_nobody_asked_for(case: str) -> None:
    document = stories.planned(case)
    for chosen in document["parameters"].values():
        assert chosen.get("jupyterHubAuthenticator", {"value": "null"})["value"] == "null"
        assert [choice["rule"] for choice in chosen.values() if choice["source"] not in ("default", "cluster", "cloud")] == []
    assert not any("oidc" in str(item["fix"]) for item in [*document["blockers"], *document["warnings"]])


def test_an_old_hub_is_not_opened_to_the_internet() -> None:
    def blockers(**parameters: str) -> set[str]:
        chosen = {"kubeflow-core": parameters}
        components = {"kubeflow-core": "kubeflow-core"}
        document = stories.plan(stories.facts("hetzner"), release="v0.2", components=components, all_parameters=chosen)
        return {item["id"] for item in document["blockers"]}

    assert "no-password-for-the-internet" not in blockers()
    assert "no-password-for-the-internet" in blockers(AmbassadorServiceType="LoadBalancer")
    assert "no-password-for-the-internet" in blockers(jupyterHubServiceType="LoadBalancer")
    assert "no-password-for-the-internet" not in blockers(AmbassadorServiceType="LoadBalancer", jupyterHubAuthenticator="iap")
