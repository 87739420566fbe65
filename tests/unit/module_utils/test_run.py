# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module in a process of its own, as Ansible runs it on a host: what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import with_visible_path

from tests.patience import patience

Json = dict[str, t.Any]
ROOT = Path(__file__).parents[3]
MODULE = """
from ansible.module_utils.testing import patch_module_args
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import run_module

def work(args, context):
    context.warn("mind the step")
    context.progress("half way")
    if args["count"] == 0:
        raise BootstrapError("It is so.", fix="Do that.", waiting=["hub"])
    return {"changed": True, "count": args["count"], "modes": [context.check, context.diff], "env": context.env["KUBECONFIG"]}

with patch_module_args(ARGS):
    run_module({"argument_spec": {"count": {"type": "int", "default": 3}}, "supports_check_mode": True}, work)
"""


def run(args: Json) -> Json:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "playbooks" / "collections"), "KUBECONFIG": "/k"}
    done = subprocess.run(
        [sys.executable, "-c", f"ARGS = {args!r}\n{MODULE}"], env=env, capture_output=True, text=True, timeout=patience(3), check=False
    )
    result = t.cast("Json", json.loads(done.stdout))
    assert bool(done.returncode) == bool(result.get("failed"))
    return result


@pytest.mark.parametrize("modes", [[True, True], [False, False]])
def test_a_result(modes: list[bool]) -> None:
    result = run({"count": "5", "_ansible_check_mode": modes[0], "_ansible_diff": modes[1]})
    assert (result["changed"], result["count"], result["modes"], result["env"]) == (True, 5, modes, "/k")
    assert "mind the step" in str(result["warnings"])


def test_an_error_for_users() -> None:
    result = run({"count": 0})
    assert (result["failed"], result["msg"], result["waiting"]) == (True, "It is so. Do that.", ["hub"])
    assert "Traceback" not in str(result)


@pytest.mark.parametrize(
    ("kubeconfig", "secret"), [("/home/me/.kube/config", False), ("apiVersion: v1\nkind: Config\n", True), ({"kind": "Config"}, True)]
)
def test_the_path_of_a_kubeconfig_is_no_secret(kubeconfig: object, secret: bool) -> None:
    """ansible-core 2.22 masks secret values of arguments in all output as soon as they are validated."""
    spec = {"kubeconfig": {"type": "raw", "no_log": True}, "token": {"type": "str", "no_log": True}}
    result = with_visible_path({"argument_spec": spec, "supports_check_mode": True}, {"kubeconfig": kubeconfig, "token": "x"})
    assert {name: each["no_log"] for name, each in result["argument_spec"].items()} == {"kubeconfig": secret, "token": True}
    assert result["supports_check_mode"] and spec["kubeconfig"]["no_log"]
