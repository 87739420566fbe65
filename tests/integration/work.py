# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user at a terminal: a home, a folder to work in, and ``ansible-playbook`` run there as a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.loaded import Server
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

ROOT = Path(__file__).parents[2]
RUN_SECONDS = patience(10)
PARAMETERS = "components/params.libsonnet"


@dataclass(frozen=True)
class Run:
    """How a run of ``ansible-playbook`` ended, and what it wrote."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """The number of changed tasks in Ansible's recap."""
        counts = re.findall(r"^localhost\s*: .*\bchanged=(\d+)", self.output, re.MULTILINE)
        assert len(counts) == 1, self.output
        return int(counts[0])

    @property
    def message(self) -> str:
        """The one message that a run failed with."""
        failures = re.findall(r"^fatal: \[localhost\]: FAILED! => (\{.*\})$", self.output, re.MULTILINE)
        assert len(failures) == 1, self.output
        message = json.loads(failures[0])["msg"]
        return "\n".join(message) if isinstance(message, list) else str(message)

    def well(self) -> Run:
        """The run, which must have ended well."""
        # The code last: of a long output the end is what CI keeps, and a run that was killed says nothing.
        assert self.code == 0, f"{self.output}\nended with {self.code}"
        return self


@dataclass(frozen=True)
class Work:
    """``variables`` and ``env`` go with every run; ``server`` saves the time that Ansible takes to start. ``seconds``: limit of a run."""

    home: Path
    folder: Path
    variables: dict[str, t.Any]
    env: dict[str, str] = field(default_factory=dict)
    server: Server | None = None
    seconds: float = RUN_SECONDS

    @property
    def app(self) -> Path:
        """Where the application is written if nothing else is said."""
        return self.folder / "kubeflow-app"

    def command(self, playbook: str, *flags: str, **variables: t.Any) -> dict[str, t.Any]:
        """What ``subprocess`` is to run: ``playbook`` is one of the collection by its short name, or an FQCN."""
        path = playbook if "." in playbook else str(ROOT / "playbooks" / f"{playbook}.yml")
        env = {
            "HOME": str(self.home),
            "PWD": str(self.folder),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            # Nothing of the machine that the tests run on counts: nobody listens there.
            "GCE_METADATA_HOST": NOBODY,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{NOBODY}",
            "KUBEFLOW_BOOTSTRAP_AZURE_METADATA": f"http://{NOBODY}",
            **self.env,
        }
        argv = ["ansible-playbook", path, "-e", json.dumps({**self.variables, **variables}), *flags]
        return {"args": argv, "cwd": self.folder, "env": env, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}

    def play(self, playbook: str, *flags: str, **variables: t.Any) -> Run:
        """Run a playbook to its end, which must not be a traceback."""
        command = self.command(playbook, *flags, **variables)
        if self.server and not any(name.startswith("ANSIBLE_") for name in self.env):
            run = Run(*self.server.run(command["args"], command["cwd"], command["env"], self.seconds))
        else:
            done = subprocess.run(**command, timeout=self.seconds, check=False)
            run = Run(done.returncode, done.stdout)
        assert "Traceback" not in run.output, run.output
        return run

    def bootstrap(self, *flags: str, **variables: t.Any) -> Run:
        """The main job, applying by default."""
        return self.play("bootstrap", *flags, **{"kubeflow_apply": True, **variables})

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Everything in the folder: path to content and time of the last change in ns; folders have the content ``b""``."""
        return {
            str(path.relative_to(self.folder)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
            for path in sorted(self.folder.rglob("*"))
        }

    def application(self) -> dict[str, tuple[bytes, int]]:
        """The part of ``files`` that is the application."""
        return {path: state for path, state in self.files().items() if path.startswith("kubeflow-app/")}

    def report(self) -> dict[str, t.Any]:
        """The report of the last run."""
        report: dict[str, t.Any] = json.loads((self.folder / "kubeflow-report" / "report.json").read_text(encoding="utf-8"))
        return report

    def add_component(self, name: str, *objects: dict[str, t.Any]) -> None:
        """A component of the user's own beside those that are there (JSON is jsonnet too)."""
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}, indent=2)
        (self.app / "components" / f"{name}.jsonnet").write_text(content + "\n", encoding="utf-8")

    def edit_parameter(self, name: str, old: str, new: str) -> None:
        """What a user does in an editor."""
        file = self.app / PARAMETERS
        text = file.read_text(encoding="utf-8")
        assert text.count(f"{name}: {old},") == 1, text
        file.write_text(text.replace(f"{name}: {old},", f"{name}: {new},"), encoding="utf-8")
