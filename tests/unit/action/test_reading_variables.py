# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action that reads the variables of a role: what an earlier reading left counts for its values alone."""

from __future__ import annotations

import types
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.kubeflow.bootstrap.plugins.action import variables as action
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role import variables

ROLES = Path(action.__file__).resolve().parents[2] / "roles"
Reading = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Reading:
    """Reads the variables of an entry point of the role ``kubeflow``, as its first task does."""

    # Defaults are templates of lookups, which only a run of Ansible finds.
    monkeypatch.setattr(action.ActionModule, "_default", lambda _self, spec: spec.get("default"))

    def run(entry: str, around: dict[str, t.Any] | None = None, **task_vars: t.Any) -> dict[str, t.Any]:
        role = types.SimpleNamespace(_role_path=str(ROLES / "kubeflow"), _from_files={"tasks": entry})
        play = types.SimpleNamespace(pre_tasks=[], tasks=[], post_tasks=[], roles=[])
        block = types.SimpleNamespace(_role=role, vars=around or {}, _parent=None)
        task = types.SimpleNamespace(args={}, async_val=0, check_mode=False, _role=role, vars={}, _parent=block, get_play=lambda: play)
        task.action = "kubeflow.bootstrap.variables"
        task_vars |= around or {}
        connection = types.SimpleNamespace(_shell=types.SimpleNamespace(tmpdir=None))
        loader = DataLoader()
        templar = Templar(loader=loader, variables=task_vars)
        plugin = action.ActionModule(
            task=task, connection=connection, play_context=None, loader=loader, templar=templar, shared_loader_obj=None
        )
        return plugin.run(task_vars=task_vars)

    return run


def test_a_mistake_that_was_rescued_is_over(read: Reading) -> None:
    failed = read("deploy", kubeflow_wait_timeout="soon")
    assert failed["failed"] and "kubeflow_wait_timeout" in failed["msg"]
    again = read("deploy", kubeflow_wait_timeout="20", kubeflow_options=failed)
    assert not again.get("failed") and "msg" not in again and again["wait_timeout"] == 20


def test_a_warning_is_not_given_again(read: Reading) -> None:
    first = read("facts", kubeflow_app_dir="/somewhere")
    assert "kubeflow_app_dir" in first["warnings"][0]
    assert "warnings" not in read("deploy", kubeflow_app_dir="/somewhere", kubeflow_options=first)


def test_what_another_role_read_stays(read: Reading) -> None:
    assert (
        read("deploy", kubeflow_options={"dns_hostname": "kubeflow.example.com", "changed": True})["dns_hostname"] == "kubeflow.example.com"
    )


def test_what_stages_left_is_not_told_as_ignored(read: Reading) -> None:
    left = {name: {"made_for": {"use": 1}} for name in variables.RESULTS - {"kubeflow_secrets"}}
    assert "warnings" not in read("main", **left, kubeflow_secrets=[{"name": "kubeflow-login"}])


def test_what_roles_set_for_each_other_is_not_told_as_ignored(read: Reading) -> None:
    branch = {"kubeflow_git_branch": "kubeflow-1234abcd"}
    assert "warnings" not in read("awx_job", around=branch)
    assert "kubeflow_git_branch" in read("awx_job", **branch)["warnings"][0]


def test_results_are_the_options_that_tasks_set() -> None:
    options = {name for role in ROLES.iterdir() for name in variables.options_of(role)}
    facts = {name for path in ROLES.glob("*/tasks/**/*.yml") for name in _set(yaml.safe_load(path.read_text()))}
    # The job of AWX sets the context that its survey asks for.
    assert facts & options - {"kubeflow_context"} == variables.RESULTS


def _set(tasks: t.Any) -> t.Iterator[str]:
    for task in tasks or []:
        yield from (name for name in task.get("ansible.builtin.set_fact") or {} if name.startswith("kubeflow_"))
        for part in ("block", "rescue", "always"):
            yield from _set(task.get(part))
