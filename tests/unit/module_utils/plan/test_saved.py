# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module plan: saved, changed by hand, applied later; its files, and what it shows."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import plan as module

Json = dict[str, t.Any]
Run = Callable[..., Json]
RULES: list[Json] = [
    {"id": "class", "sets": "storageClass", "value": "cluster.storage.default", "reason": "It is the default one."},
    {"id": "none", "blocks": True, "when": "cluster.storage.default == 'bad'", "reason": "Bad.", "fix": "Better."},
]
GIVEN: Json = {"web": {"limits": {"cpu": 1}}}


@pytest.fixture
def messages() -> list[str]:
    return []


@pytest.fixture
def run(facts: Json, registries: dict[str, Contents], tmp_path: Path, messages: list[str]) -> Run:
    """Runs the module; ``check`` and ``diff`` as in Ansible. What it shows and warns of goes to ``messages``."""
    for path, text in registries["shop"].files.items():
        file = tmp_path / "shop" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(RULES))

    def work(*, check: bool = False, diff: bool = False, **args: t.Any) -> Json:
        arguments = {
            "facts": facts,
            "path": str(tmp_path / "app"),
            "rules": [str(tmp_path / "rules.yml")],
            **({} if "src" in args else {"components": {"web": None}, "registries": {"shop": {"uri": str(tmp_path / "shop")}}}),
            **args,
        }
        spec = {key: value for key, value in module.ARGUMENTS.items() if key != "supports_check_mode"}
        checked = ArgumentSpecValidator(**spec).validate(copy.deepcopy(arguments))
        assert checked.error_messages == []
        context = Context(check=check, diff=diff, env={"HOME": str(tmp_path)}, progress=messages.append, warn=messages.append)
        return module.run(checked.validated_parameters, context)

    return work


@pytest.fixture
def saved(run: Run, tmp_path: Path) -> Path:
    file = tmp_path / "plan.yml"
    assert run(dest=str(file), parameters=GIVEN)["changed"]
    return file


def change(file: Path, edit: Callable[[Json], object]) -> None:
    document = yaml.safe_load(file.read_text())
    edit(document)
    file.write_text(yaml.safe_dump(document))


def value(result: Json, name: str) -> tuple[t.Any, str, str]:
    choice = result["plan"]["parameters"]["web"][name]
    return choice["value"], choice["source"], choice["reason"]


def test_saving_again_changes_nothing(run: Run, saved: Path) -> None:
    before = saved.read_bytes()
    again = run(dest=str(saved), parameters=GIVEN)
    assert (again["changed"], again["files"], saved.read_bytes()) == (False, [], before)
    assert run(dest=str(saved), parameters={"web": {"replicas": 2}}, check=True)["changed"]
    assert saved.read_bytes() == before


def test_what_was_saved_is_what_is_applied(run: Run, facts: Json, saved: Path, tmp_path: Path) -> None:
    planned = run(parameters=GIVEN)["plan"]["application"]
    # Meanwhile the facts changed, and so did the rules.
    facts["cluster"]["storage"]["default"] = "other"
    (tmp_path / "rules.yml").write_text("[{id: more, sets: replicas, value: '`9`', reason: More.}]")
    result = run(src=str(saved))
    assert result["plan"]["application"] == planned
    assert value(result, "storageClass") == ("disk", "cluster", "It is the default one.")
    assert result["changed"] is False


def test_what_was_changed_by_hand_is_the_user_s_choice(run: Run, saved: Path) -> None:
    def edit(document: Json) -> None:
        document["parameters"]["web"]["storageClass"]["value"] = "mine"
        document["parameters"]["web"]["replicas"] = {"value": 7}

    change(saved, edit)
    result = run(src=str(saved))
    assert value(result, "storageClass") == ("mine", "user", "You changed it in plan.yml.")
    assert value(result, "replicas")[:2] == (7, "user")
    assert value(result, "limits")[2] == "You chose it (kubeflow_parameters)."
    assert result["plan"]["application"]["components"]["web"]["parameters"]["replicas"] == 7


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda plan: plan["parameters"]["web"].update(storageClas={"value": "a"}), ["no parameter 'storageClas'"]),
        (lambda plan: plan["parameters"]["web"].update(replicas={"value": "many"}), ["parameter 'replicas': number expected"]),
        (lambda plan: plan["parameters"]["web"].update(replicas=3), ["plan.yml: parameters.web.replicas: a mapping with value"]),
        (lambda plan: plan["parameters"]["web"]["limits"].update(value=None), ["parameters.web.limits: a mapping with value"]),
        (lambda plan: plan["parameters"]["web"]["limits"].update(source="me"), ["plan.yml: parameters.web.limits: source, one of user"]),
        (lambda plan: plan.update(parameters=[]), ["plan.yml: parameters: a mapping is expected"]),
        (lambda plan: plan["parameters"].update(web=[1]), ["plan.yml: parameters.web: a mapping is expected"]),
        (lambda plan: plan.update(steps=[]), ["plan.yml: steps: a mapping is expected"]),
        (lambda plan: plan.update(stages=[]), ["plan.yml: unknown field 'stages'"]),
        (lambda plan: plan.update(kind="Deployment"), ["plan.yml is not a plan"]),
        (lambda plan: plan.pop("blockers"), ["plan.yml: blockers: a list is expected"]),
        (lambda plan: plan["namespace"].update(value="Kube_flow"), ["'Kube_flow' can't be the name of a namespace"]),
        (lambda plan: plan["cluster"].pop("uid"), ["plan.yml: cluster.uid: text is expected"]),
        (lambda plan: plan["components"]["web"].update(prototype="wep"), ["No prototype is named 'wep'"]),
        (lambda plan: plan["registries"]["shop"].update(uri="/gone"), ["there is no folder /gone"]),
        (lambda plan: plan["parameters"].update(wep={}), ["plan.yml: parameters: there is no component 'wep'"]),
    ],
)
def test_a_file_that_was_spoilt_is_refused(run: Run, saved: Path, edit: Callable[[Json], object], words: list[str]) -> None:
    change(saved, edit)
    with pytest.raises(BootstrapError) as caught:
        run(src=str(saved))
    for word in words:
        assert word in str(caught.value)


def test_another_cluster_is_refused(run: Run, facts: Json, saved: Path) -> None:
    facts["cluster"]["uid"] = "uid-2"
    with pytest.raises(BootstrapError, match=r"plan.yml was made for the cluster .* \(UID uid-1\); this is .* \(UID uid-2\)"):
        run(src=str(saved), allow_other_cluster=True)


def test_a_plan_that_something_stood_in_the_way_of_is_saved_and_refused(run: Run, facts: Json, tmp_path: Path) -> None:
    file = tmp_path / "plan.yml"
    facts["cluster"]["storage"]["default"] = "bad"
    assert run(dest=str(file))["changed"]
    assert [item["id"] for item in yaml.safe_load(file.read_text())["blockers"]] == ["none"]
    with pytest.raises(BootstrapError, match=r"The plan .*plan.yml was made with blockers: none"):
        run(src=str(file))
    run(dest=str(file), ignore=["none"])
    result = run(src=str(file))["plan"]
    assert (result["blockers"], [item["id"] for item in result["warnings"]]) == ([], ["none"])


def test_what_stands_in_the_way_now_counts(run: Run, facts: Json, saved: Path) -> None:
    facts["cluster"]["storage"]["default"] = "bad"
    assert [item["id"] for item in run(src=str(saved))["plan"]["blockers"]] == ["none"]


def test_other_choices_beside_it_are_refused(run: Run, saved: Path) -> None:
    assert run(src=str(saved), parameters=GIVEN)["plan"]["blockers"] == []
    for choice in ({"parameters": {"web": {"replicas": 2}}}, {"namespace": "other"}, {"components": {"jobs": {"prototype": "jobs"}}}):
        with pytest.raises(BootstrapError, match=f"kubeflow_{next(iter(choice))} is not what the plan .* was made with"):
            run(src=str(saved), **choice)


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match=r"There is no plan .*gone.yml. Make it first"):
        run(src=str(tmp_path / "gone.yml"))


# --- files for an admin


def test_the_admin_s_part_and_the_rights_are_written_for_kubectl(run: Run, facts: Json, tmp_path: Path) -> None:
    facts["cluster"]["permissions"] |= {"rules": [], "missing": None}
    files = {"admin_file": str(tmp_path / "admin.yml"), "rbac_file": str(tmp_path / "rbac.yml")}
    result = run(apply=True, **files)
    # Blockers do not block these.
    assert [item["id"] for item in result["plan"]["blockers"]] == ["permission-missing"]
    (space,) = yaml.safe_load_all((tmp_path / "admin.yml").read_text())
    assert (space["kind"], space["metadata"]["name"]) == ("Namespace", "kubeflow")
    assert space["metadata"]["labels"]["applyset.kubernetes.io/part-of"].startswith("applyset-")
    assert (tmp_path / "rbac.yml").read_text() == result["plan"]["rbac"]["yaml"] != ""
    assert run(apply=True, **files)["changed"] is False


# --- usage reports


def test_the_id_for_usage_reports_is_made_once_and_kept(run: Run, messages: list[str], tmp_path: Path) -> None:
    asked: Json = {"web": {"reportUsage": "true"}}
    first, second = (value(run(parameters=asked), "usageId")[0] for _time in range(2))
    assert first != second
    run(parameters=asked, check=True)
    assert "not kept in check mode" in messages[-1]
    folder.converge(tmp_path / "app", run(parameters=asked)["plan"]["application"])
    kept = value(run(parameters=asked), "usageId")[0]
    assert kept == value(run(parameters=asked, check=True), "usageId")[0]
    assert len(messages) == 1
    assert kept in (tmp_path / "app" / "components" / "params.libsonnet").read_text()
    # Also before there is an application.
    (tmp_path / "elsewhere").mkdir()
    where = {"dest": str(tmp_path / "elsewhere" / "plan.yml"), "path": str(tmp_path / "elsewhere" / "app"), "parameters": asked}
    run(**where)
    assert run(**where)["changed"] is False


# --- what changed


def test_what_changed_since_the_last_plan_is_shown(run: Run, facts: Json, messages: list[str], tmp_path: Path) -> None:
    (first,) = run(diff=True)["diff"]
    assert first["before"] == ""
    assert "  storageClass = disk  (cluster: It is the default one.)" in first["after"].splitlines()
    folder.converge(tmp_path / "app", run()["plan"]["application"])
    messages.clear()
    assert run(diff=True)["diff"] == []
    assert messages == []
    facts["cluster"]["storage"]["default"] = "other"
    assert run(diff=True, parameters={"web": {"replicas": 2}})["changed"] is False
    assert [line for line in messages if not line.startswith(("---", "+++", "@@"))] == [
        "-  storageClass = disk  (cluster: It is the default one.)",
        "+  replicas = 2  (user: You chose it (kubeflow_parameters).)",
        "+  storageClass = other  (cluster: It is the default one.)",
    ]
