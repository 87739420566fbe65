# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user's playbook with the role static_ip."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.integration.work import Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

Json = dict[str, t.Any]

UID = "6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1"


@dataclass(frozen=True)
class Done:
    changed: int
    output: str
    step: Json


@dataclass(frozen=True)
class Step:
    """``variables`` go with every run, as do the others that a run is given."""

    user: Work
    variables: Json

    def _playbook(self) -> Path:
        path = self.user.folder / "static_ip.yml"
        kept = {"ansible.builtin.copy": {"content": "{{ kubeflow_steps.static_ip | to_json }}", "dest": str(self._kept), "mode": "0600"}}
        always = {**kept, "check_mode": False, "changed_when": False, "diff": False}
        role = {"ansible.builtin.import_role": {"name": "kubeflow.bootstrap.static_ip"}}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [role, always]}
        path.write_text(json.dumps([play]), encoding="utf-8")
        return path

    @property
    def _kept(self) -> Path:
        return self.user.folder / "step.json"

    def command(self, *flags: str, **variables: t.Any) -> Json:
        return self.user.command(str(self._playbook()), *flags, **{**self.variables, **variables})

    def run(self, *flags: str, **variables: t.Any) -> Done:
        run = self.user.play(str(self._playbook()), *flags, **{**self.variables, **variables}).well()
        return Done(run.changed, run.output, json.loads(self._kept.read_text(encoding="utf-8")))

    def fails(self, *flags: str, **variables: t.Any) -> str:
        """The message of a run that fails."""
        run = self.user.play(str(self._playbook()), *flags, **{**self.variables, **variables})
        assert run.code != 0, run.output
        return run.message


def kill(run: subprocess.Popen[str]) -> None:
    """``kill -9`` for a run and all its processes: those that do the work have a session of their own."""
    processes = [run.pid]
    for parent in processes:
        for task in Path(f"/proc/{parent}/task").iterdir():
            processes += [int(child) for child in (task / "children").read_text(encoding="utf-8").split()]
    for process in processes:
        os.kill(process, signal.SIGKILL)
    run.communicate(timeout=patience(3))
