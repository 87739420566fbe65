# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module's own process: what it prints."""

from __future__ import annotations

import json
import typing as t
import warnings

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

Json = dict[str, t.Any]
ARGUMENTS: Json = {"argument_spec": {"count": {"type": "int", "default": 3}}, "supports_check_mode": True}


@pytest.fixture
def result(capsys: pytest.CaptureFixture[str]) -> t.Callable[..., Json]:
    def run(work: t.Callable[[Json, Context], Json], **args: t.Any) -> Json:
        with patch_module_args(args), warnings.catch_warnings(), pytest.raises(SystemExit) as ended:
            warnings.simplefilter("ignore", DeprecationWarning)
            run_module(ARGUMENTS, work)
        printed = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(printed.get("failed"))
        return t.cast("Json", printed)

    return run


def test_a_result(result: t.Any, monkeypatch: t.Any) -> None:
    monkeypatch.setenv("KUBECONFIG", "/k")

    def work(args: Json, context: Context) -> Json:
        context.warn("look here")
        context.progress("half way")
        return {"changed": True, "count": args["count"], "modes": [context.check, context.diff], "env": context.env["KUBECONFIG"]}

    found = result(work, count="5", _ansible_check_mode=True, _ansible_diff=True)
    assert (found["changed"], found["count"], found["modes"], found["env"]) == (True, 5, [True, True], "/k")
    assert "look here" in str(found["warnings"])
    assert result(work)["modes"] == [False, False]


def test_an_error_for_users(result: t.Any) -> None:
    def work(args: Json, context: Context) -> Json:
        raise BootstrapError("It is so.", fix="Do that.", waiting=["hub"])

    found = result(work)
    assert (found["failed"], found["msg"], found["waiting"]) == (True, "It is so. Do that.", ["hub"])
    assert "exception" not in found
