# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application of a test's own objects, deployed by the module's function, without a playbook around it.

As a program it is a run that can be killed: ``python application.py FOLDER NAMESPACE ARGUMENTS`` says ``begins`` once it has started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import deploy
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import existing, name_of

if t.TYPE_CHECKING:
    from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster

Json = dict[str, t.Any]
ROOT = Path(__file__).parents[2]

_MAIN = """local components = std.extVar("__ksonnet/components");
components
"""
_PARAMS = """local params = std.extVar("__ksonnet/params");
params
"""


@dataclass
class Deployed:
    """How a deployment ended: its ``result``, or the ``error`` with what it said. ``lines``: what it told on the way, with the time."""

    result: Json
    error: str | None
    lines: list[tuple[float, str]]
    seconds: float

    @property
    def outcome(self) -> Json:
        """The document ``outcome``, also of a run that failed half way."""
        document: Json = self.result.get("outcome") or {}
        return document

    @property
    def actions(self) -> dict[str, str]:
        """What became of each object."""
        return {each["object"]: each["action"] for each in self.outcome.get("objects") or []}

    @property
    def text(self) -> str:
        """All that was told."""
        return "\n".join(line for _time, line in self.lines)

    @property
    def message(self) -> str:
        """What it failed with; it must have failed, in one readable line."""
        assert self.error is not None, f"it went well: {self.result}"
        assert "\n" not in self.error and "Traceback" not in self.error, self.error
        return self.error

    def well(self) -> Deployed:
        """It, which must have ended well, with nothing failed."""
        assert self.error is None, f"{self.error}\n{self.text}"
        assert "failed" not in self.actions.values(), self.outcome
        return self

    @property
    def silent(self) -> bool:
        """Whether it did not say soon what it waits for, or said nothing for most of the time and more than half a minute."""
        times = [time_ for time_, _line in self.lines]
        gaps = [b - a for a, b in zip([0.0, *times], [*times, self.seconds], strict=True)]
        return gaps[0] > max(2, 0.8 * self.seconds) or max(gaps) > max(30, 0.8 * self.seconds)


@dataclass
class Application:
    """An application in ``folder`` that goes into ``namespace``; ``arguments`` go to every run."""

    folder: Path
    namespace: str
    arguments: Json = field(default_factory=dict)
    cluster: Json | None = None
    """What the application says of the cluster that it was planned for."""

    @classmethod
    def on(cls, cluster: Cluster, folder: Path, namespace: str, **arguments: t.Any) -> Application:
        """An empty one for a local cluster."""
        return cls(folder, namespace, {"kubeconfig": cluster.kubeconfig, "wait_timeout": 60, **arguments})

    def write(self, *items: Json) -> Application:
        """These are its objects now, in one component."""
        document = {
            "apiVersion": "0.1.0",
            "kind": "ksonnet.io/app",
            "name": self.namespace,
            "version": "0.0.1",
            "environments": {"default": {"destination": {"namespace": self.namespace}, "k8sVersion": "v1.7.0", "path": "default"}},
        }
        files = {
            "app.yaml": json.dumps(document),
            "environments/default/main.jsonnet": _MAIN,
            "environments/default/params.libsonnet": _PARAMS,
            "components/params.libsonnet": "{ global: {}, components: {} }",
            "components/main.jsonnet": json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
        }
        if self.cluster:
            files["bootstrap.yaml"] = json.dumps(
                {"apiVersion": "kubeflow.bootstrap/v1", "kind": "Bootstrap", "record": {"cluster": self.cluster}}
            )
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text, encoding="utf-8")
        return self

    def deploy(self, *, check: bool = False, diff: bool = False, **arguments: t.Any) -> Deployed:
        """Run the module's function."""
        start = time.monotonic()
        lines: list[tuple[float, str]] = []

        def tell(line: str) -> None:
            lines.append((time.monotonic() - start, line))

        checks = {key: value for key, value in deploy.ARGUMENTS.items() if key != "supports_check_mode"}
        merged = {"path": str(self.folder), **self.arguments, **arguments}
        validation = ArgumentSpecValidator(**checks).validate(merged)
        assert not validation.error_messages, validation.error_messages
        context = Context(check=check, diff=diff, env=_environment(), progress=tell, warn=tell)
        result: Json = {}
        error = None
        try:
            result = deploy.run(validation.validated_parameters, context)
        except BootstrapError as refusal:
            error, result = str(refusal), refusal.details
        return Deployed(result, error, lines, time.monotonic() - start)

    def start(self, **arguments: t.Any) -> subprocess.Popen[str]:
        """The same as a process of its own; returns when it has begun."""
        argv = [sys.executable, "-P", __file__, str(self.folder), self.namespace, json.dumps({**self.arguments, **arguments})]
        env = {**_environment(), "PYTHONPATH": str(ROOT / "playbooks" / "collections")}
        process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first == "begins\n", first + process.stdout.read()
        return process


def accounted(each: Cluster, deployed: Deployed, items: list[Json]) -> Deployed:
    """What it says that it did is what the cluster has: all of ``items`` that it says, and no others."""
    reported = {name for name, action in deployed.actions.items() if action in ("created", "changed", "unchanged")}
    assert reported & {name_of(item) for item in items} == existing(each, items)
    return deployed


def settled(each: Cluster, application: Application, items: list[Json]) -> None:
    """All of ``items`` are there, and the next run has nothing to do."""
    assert existing(each, items) == {name_of(item) for item in items}
    with each.untouched():
        again = application.deploy(kubeconfig=each.kubeconfig).well()
    assert not again.result["changed"], again.outcome
    assert again.outcome["counts"] == {"unchanged": len(again.outcome["objects"])}


def created(deployed: Deployed, items: list[Json]) -> None:
    """It says of all that it made them."""
    assert {name: deployed.actions.get(name) for name in map(name_of, items)} == dict.fromkeys(map(name_of, items), "created")


def _environment() -> dict[str, str]:
    """No kubeconfig, no proxy and no cloud of this machine."""
    return {"HOME": os.environ.get("HOME", "/"), "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}


def _run() -> int:
    folder, namespace, arguments = sys.argv[1:]
    print("begins", flush=True)
    done = Application(Path(folder), namespace, json.loads(arguments)).deploy()
    print(done.text, done.error or json.dumps(done.outcome), sep="\n", flush=True)
    return 1 if done.error else 0


if __name__ == "__main__":
    sys.exit(_run())
