# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stages of a bootstrap that speak with a server, with little patience, and what must be true of each of them."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy import applier, destroyer
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.engines import deploy as deploying
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube import retry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import cluster_info
from ansible_collections.kubeflow.bootstrap.tests.hostile.behaviours import BEHAVIOURS, REFUSALS
from ansible_collections.kubeflow.bootstrap.tests.hostile.server import TOKEN, kubeconfig, serving
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

Json = dict[str, t.Any]
_SECONDS = 1


def _facts(file: str, folder: Path) -> Json:
    arguments = {"kubeconfig": file, "timeout": 1.5 * _SECONDS, "request_timeout": 0.5 * _SECONDS}
    checks = {key: value for key, value in cluster_info.ARGUMENTS.items() if key != "supports_check_mode"}
    validation = ArgumentSpecValidator(**checks).validate(arguments)
    assert not validation.error_messages
    lines: list[str] = []
    context = Context(env={}, progress=lines.append, warn=lines.append)
    try:
        return {"result": cluster_info.run(validation.validated_parameters, context), "lines": lines}
    except BootstrapError as error:
        return {"error": str(error), "details": error.details, "lines": lines}


def _application(state: str) -> Callable[[str, Path], Json]:
    def run(file: str, folder: Path) -> Json:
        item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "hostile"}}
        application = Application(folder / "app", "hostile", {"kubeconfig": file, "wait_timeout": _SECONDS}).write(item)
        done = application.deploy(state=state, **({"remove_data": True} if state == "absent" else {}))
        return {"error": done.error, "details": done.result, "lines": [line for _time, line in done.lines]}

    return run


STAGES: dict[str, Callable[[str, Path], Json]] = {"facts": _facts, "deploy": _application("present"), "remove": _application("absent")}


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is retried is retried for a moment only."""
    for module in (deploying, applier, destroyer):
        if hasattr(module, "RETRY_SECONDS"):
            monkeypatch.setattr(module, "RETRY_SECONDS", 0.2 * _SECONDS)
    monkeypatch.setattr(retry, "_BRIEFLY", 0.2 * _SECONDS)


def survive(name: str, stage: str, folder: Path) -> str:
    """Let a stage meet a server. It ends in time, with one message, tells no secret, and writes nothing; returns the message."""
    with serving(BEHAVIOURS[name]) as server, no_hang(3 * _SECONDS):
        outcome = STAGES[stage](kubeconfig(folder, server.address), folder)
        writes, elsewhere = server.writes(), server.elsewhere.requests if server.elsewhere else []
    shown = json.dumps(outcome, default=str)
    assert TOKEN not in shown, shown
    assert not {"\\u001b", "\\u202e"} & {shown[at : at + 6] for at in range(len(shown))}, shown
    assert not elsewhere, "it followed a redirect"
    assert not [each for each in writes if each.startswith("DELETE")], writes
    if stage == "facts" and name in REFUSALS and not outcome.get("error"):
        assert {"version", "served APIs"} <= {each["what"] for each in outcome["result"]["cluster"]["unknown"]}, shown
    elif not name.startswith("a facade"):
        assert outcome.get("error"), f"{stage} takes it for an answer: {shown[:500]}"
        assert not writes, writes
    elif not outcome.get("error"):
        assert stage == "facts" and outcome["result"]["cluster"]["unknown"], shown
    message = outcome.get("error") or ""
    assert "\n" not in message or name in REFUSALS, message
    assert "Traceback" not in message and len(message) < 2000, message
    return message
