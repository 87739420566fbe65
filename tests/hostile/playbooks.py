# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Playbooks that meet a hostile server: how each has to end, at a terminal that is told all."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.hostile.behaviours import BEHAVIOURS, REFUSALS
from ansible_collections.kubeflow.bootstrap.tests.hostile.server import TOKEN, kubeconfig, serving
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Work

PLAYBOOKS = ("facts", "deploy", "remove")


def survive(user: Work, name: str, playbook: str, folder: Path) -> str:
    """Exit code 2 with one message, no secret, no escape, no write, no redirect followed; returns what is told of the failure."""
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "hostile"}}
    Application(user.app, "hostile", {}).write(item)
    with serving(BEHAVIOURS[name]) as server:
        file = kubeconfig(folder, server.address)
        run = user.play(playbook, "-vvv", kubeflow_kubeconfig=file, kubeflow_wait_timeout=1)
        writes, elsewhere = server.writes(), server.elsewhere.requests if server.elsewhere else []
    assert TOKEN not in run.output and "\x1b" not in run.output and "\u202e" not in run.output
    assert not elsewhere and not [each for each in writes if each.startswith("DELETE")]
    partial = playbook == "facts" and (name in REFUSALS or name.startswith("a facade"))  # what may be read, and what may not
    assert run.code == 2 or partial and run.code == 0, run.output
    assert not writes or name.startswith("a facade"), writes
    assert run.output.count("FAILED! => ") == (run.code == 2), run.output
    return run.output.partition("FAILED! => ")[2]
