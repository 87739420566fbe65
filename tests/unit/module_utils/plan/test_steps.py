# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What optional steps found out reaches the components, and stays in the application's record."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import plan, steps
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import Rule

Json = dict[str, t.Any]
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n"


def step(reason: str = "It was found.", record: Json | None = None, **parameters: t.Any) -> Json:
    return {"parameters": parameters, "components": {}, "reason": reason, "record": record or {"made": True}}


DISK = {"disk": step(storageClass="fast", replicas=3, elsewhere="x", name="other")}


class Make(t.Protocol):
    def __call__(self, outcomes: Json, current: Mapping[str, str] | None = None, **choices: t.Any) -> Json: ...


@pytest.fixture
def make(facts: Json, registries: dict[str, Contents]) -> Make:
    def made(outcomes: Json, current: Mapping[str, str] | None = None, **choices: t.Any) -> Json:
        rules = choices.pop("rules", [])
        result, _warnings = steps.gather(outcomes, current or {}, "uid-1", choices.get("allow_other_cluster", False))
        usual = {
            "name": "kubeflow",
            "namespace": None,
            "parameters": {},
            "apply": False,
            "allow_other_cluster": False,
            "components": {"web": "web"},
            "registries": {"shop": {"protocol": "fs", "uri": "/shop"}},
            "packages": {"web": {"registry": "shop"}},
        }
        return plan.plan(facts, {**usual, "steps": result, **choices}, rules, registries, current or {}).document

    return made


def value(document: Json, parameter: str) -> tuple[t.Any, ...]:
    each = document["parameters"]["web"][parameter]
    return each["value"], each["source"], each["rule"]


def rule(does: str = "sets", **fields: t.Any) -> Rule:
    usual = {"id": "ruled", "parameter": "storageClass", "prototypes": (), "when": None, "value": "'slow'", "reason": "So.", "fix": None}
    return Rule(**{**usual, "does": does, "command": None, "source": "cluster", "alternatives": None, "where": "here", **fields})


def test_the_user_wins_then_the_step_then_the_rules(make: Make) -> None:
    result = make(DISK, rules=[rule()])
    assert value(result, "storageClass") == ("fast", "step", "step-disk")
    assert value(result, "replicas") == (3, "step", "step-disk")
    assert value(result, "name")[0] == "web" and "elsewhere" not in result["parameters"]["web"]
    assert result["parameters"]["web"]["storageClass"]["reason"] == "It was found."
    mine = make(DISK, rules=[rule()], parameters={"web": {"storageClass": "mine"}})
    assert value(mine, "storageClass")[:2] == ("mine", "user") and value(mine, "replicas")[0] == 3
    assert value(make({}, rules=[rule()]), "storageClass") == ("slow", "cluster", "ruled")


def test_a_rule_of_the_step_decides_where_it_fits(make: Make) -> None:
    fits = {"source": "step", "value": "steps.disk.parameters.storageClass", "reason": "{steps.disk.reason}"}
    existing = rule(id="fits", when="values.serviceType == 'ClusterIP'", **fits)
    elsewhere = rule(id="fits", when="values.serviceType == 'NodePort'", **fits)
    assert value(make(DISK, rules=[existing]), "storageClass") == ("fast", "step", "fits")
    assert value(make(DISK, rules=[elsewhere]), "storageClass") == ("null", "default", None)
    other = rule(id="fits", prototypes=("jobs",), **fits)
    assert value(make(DISK, rules=[other]), "storageClass") == ("fast", "step", "step-disk")


def test_the_record_keeps_them_for_runs_without_the_step(make: Make, registries: dict[str, Contents]) -> None:
    result = make(DISK)
    kept = result["application"]["record"]["steps"]["disk"]
    assert kept == {"made": True, "reason": "It was found.", "parameters": DISK["disk"]["parameters"]}
    files = application.files(result["application"], {}, registries).files
    assert yaml.safe_load(files["bootstrap.yaml"])["record"]["steps"]["disk"]["made"] is True
    again = make({}, current=files)
    assert value(again, "storageClass") == ("fast", "step", "step-disk") and again["steps"] == result["steps"]
    assert application.files(again["application"], files, registries).files == files
    # What a run found out counts more, and what it took back is gone.
    assert value(make({"disk": step(storageClass="new")}, current=files), "storageClass")[0] == "new"
    removed = make({"disk": {"parameters": {}, "components": {}, "reason": "It is gone.", "record": {}}}, current=files)
    assert value(removed, "storageClass")[1] == "default" and "steps" not in removed["application"]["record"]


def test_what_was_made_for_another_cluster_is_not_used(make: Make, registries: dict[str, Contents]) -> None:
    files = application.files(make(DISK)["application"], {}, registries).files
    result, warnings = steps.gather({"dns": step()}, files, "uid-2", True)
    assert list(result) == ["dns"] and warnings == ["What the steps disk made for the other cluster stays there, and is not used here."]


def test_components_that_are_there_are_not_added_twice() -> None:
    added = {"one": {**step(), "components": {"issuer": {"prototype": "cert-manager"}, "more": {}}}}
    assert steps.with_components({"core": "core"}, added) == {"core": "core", "issuer": "cert-manager", "more": "more"}
    # By its former name, too.
    now = {"one": {**step(), "components": {"issuer": {"prototype": "cert-manager-issuer"}}}}
    assert steps.with_components({"mine": "cert-manager"}, now) == {"mine": "cert-manager"}
    assert steps.with_components({"mine": "io.ksonnet.pkg.cert-manager"}, added) == {"mine": "io.ksonnet.pkg.cert-manager", "more": "more"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("text", "steps: disk: a mapping of parameters"),
        ({**step(), "secret": "x"}, "steps: disk: a mapping of parameters"),
        ({**step(), "parameters": []}, "steps: disk: a mapping of parameters"),
        (step(key=KEY), "steps: disk: parameters.key holds what looks like a credential"),
        (step(record={"deep": [{"clientSecret": "gHk3vQ9wZr5tLm2xB7"}]}), "record.deep.clientSecret holds what looks like a credential"),
    ],
)
def test_what_is_no_step_is_refused(wrong: t.Any, message: str) -> None:
    with pytest.raises(BootstrapError, match=message) as caught:
        steps.gather({"disk": wrong}, {}, "uid-1", False)
    assert "PRIVATE KEY" not in str(caught.value) and "gHk3" not in str(caught.value)
