# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs as AWX runs them: ansible-runner on a private data directory, another user, a read-only checkout, no terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

ROOT = Path(__file__).parents[2]
JOB_SECONDS = patience(60)
USER = 1000
_LEFT_OUT = (".*", "__pycache__", "tests", "kubeflow-app*", "kubeflow-report", "*.tar.gz")
# Who makes a job's folder is not who runs it. The tests' programs may lie where only root may look, so reading is let through.
_AS_USER = (
    *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"),
    # access(2) would not count what is let through, and ansible-runner asks it where ansible-playbook is.
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--securebits=+no_setuid_fixup", "--no-new-privs"),
)


@dataclass(frozen=True)
class Job:
    """A job's private data directory. ``env``: what its credentials inject. ``variables``: of the template, the survey and the workflow."""

    folder: Path
    variables: dict[str, t.Any]
    env: dict[str, str] = field(default_factory=dict)
    flags: str = ""
    host: dict[str, t.Any] = field(default_factory=dict)
    """Variables of the inventory's one host."""

    def prepare(self) -> None:
        """``env``, ``inventory`` and ``project``, as AWX lays them out."""
        self._write("env/envvars", json.dumps({**self._always(), **self.env}))
        self._write("env/extravars", json.dumps(self.variables))
        self._write("env/cmdline", self.flags)
        hosts = {"localhost": {"ansible_connection": "local", **self.host}}
        self._write("inventory/hosts.json", json.dumps({"all": {"hosts": hosts}}))
        shutil.copytree(ROOT, self.folder / "project", symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        for path in ("home", "artifacts"):
            (self.folder / path).mkdir()
        subprocess.run(["chmod", "-R", "a-w", str(self.folder / "project")], check=True)
        if os.geteuid() == 0:
            mine = [self.folder / path for path in ("home", "artifacts", "env")]
            subprocess.run(["chown", "-R", f"{USER}:{USER}", *map(str, mine)], check=True)

    def _write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _always(self) -> dict[str, str]:
        """The environment of every job in AWX, and nothing of the machine that the tests run on."""
        return {
            "HOME": str(self.folder / "home"),
            "JOB_ID": "7",
            "AWX_PRIVATE_DATA_DIR": str(self.folder),
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_COLLECTIONS_PATH": f"{self.folder}/requirements_collections:{self.folder}/home/.ansible/collections",
            "GCE_METADATA_HOST": NOBODY,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{NOBODY}",
            "KUBEFLOW_BOOTSTRAP_AZURE_METADATA": f"http://{NOBODY}",
        }

    def start(self) -> subprocess.Popen[str]:
        self.prepare()
        runner = (sys.executable, "-m", "ansible_runner", "run", str(self.folder), "--playbook", "playbooks/awx_job.yml", "--ident", "7")
        argv = [*(_AS_USER if os.geteuid() == 0 else ()), *runner]
        env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder / "home")}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            argv,
            env=env,
            cwd=self.folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[str]) -> Job:
        """Wait for it."""
        try:
            output, _none = process.communicate(timeout=JOB_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)
        assert "Traceback" not in output, output
        self._write("output", output)
        return self

    def run(self) -> Job:
        return self.end(self.start())

    def well(self) -> Job:
        assert (self.code, self.status) == (0, "successful"), self.output
        return self

    @property
    def code(self) -> int:
        return int((self.folder / "artifacts/7/rc").read_text())

    @property
    def status(self) -> str:
        return (self.folder / "artifacts/7/status").read_text()

    @cached_property
    def output(self) -> str:
        """What the console shows, which has colours, and no other control characters."""
        shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(each["stdout"] for each in self.events if each["stdout"]).replace("\r\n", "\n"))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", shown), shown
        return shown

    @cached_property
    def events(self) -> list[dict[str, t.Any]]:
        """The job's events, which AWX keeps in its database."""
        files = (self.folder / "artifacts/7/job_events").glob("[0-9]*.json")
        return sorted((json.loads(file.read_text(encoding="utf-8")) for file in files), key=lambda each: each["counter"])

    @property
    def _stats(self) -> dict[str, t.Any]:
        (stats,) = (each["event_data"] for each in self.events if each["event"] == "playbook_on_stats")
        return stats

    @property
    def changed(self) -> list[str]:
        """The tasks that changed something."""
        done = (each["event_data"] for each in self.events if each["event"] == "runner_on_ok")
        return [each["task"] for each in done if each["res"].get("changed")]

    @property
    def artifacts(self) -> dict[str, t.Any]:
        """What ``set_stats`` hands on to the jobs that follow in a workflow."""
        return self._stats.get("artifact_data", {})

    @property
    def message(self) -> str:
        """The one message that a job failed with."""
        (text,) = (each["event_data"]["res"]["msg"] for each in self.events if each["event"] == "runner_on_failed")
        return text

    def everything(self) -> str:
        """All that AWX would keep of it."""
        return json.dumps(self.events) + (self.folder / "output").read_text(encoding="utf-8")
