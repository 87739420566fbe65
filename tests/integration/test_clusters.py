# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many clusters: from one inventory side by side, and dealt out to workers of ansible-runner."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Run, Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

RUN_SECONDS = patience(60)
# Nobody gives load balancers an address here.
NO_BALANCER = {"kubeflow-core": {"gatewayServiceType": "ClusterIP"}}
ONE_IN_A_CLUSTER = str(Path(__file__).parent / "one_in_a_cluster.yml")
CHOSEN = {"kubeflow_apply": True, "kubeflow_wait_timeout": 150, "kubeflow_parameters": NO_BALANCER, "kubeflow_rules": [ONE_IN_A_CLUSTER]}


class Fleet:
    """Clusters in one folder of kubeconfigs, as an inventory."""

    def __init__(self, user: Work, start: t.Any) -> None:
        self.user, self._start = user, start
        self.folder = user.folder / "clusters"
        self.folder.mkdir()
        self.clusters: dict[str, t.Any] = {}
        self.inventory = user.folder / "clusters.kubeconfigs.yml"
        chosen = {"plugin": "kubeflow.bootstrap.kubeconfigs", "kubeconfigs": ["clusters"], "request_timeout": 5}
        self.inventory.write_text(yaml.safe_dump(chosen), encoding="utf-8")

    def add(self, profile: str) -> None:
        each = self._start(profile)
        config = json.loads(Path(each.kubeconfig).read_text(encoding="utf-8"))
        config["contexts"][0]["name"] = config["current-context"] = profile
        self._write(profile, config)
        self.clusters[profile] = each

    def add_one_that_is_down(self, name: str) -> None:
        config = json.loads(Path(next(iter(self.clusters.values())).kubeconfig).read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"]["server"] = f"https://{NOBODY}"
        config["contexts"][0]["name"] = config["current-context"] = name
        self._write(name, config)

    def _write(self, name: str, config: dict[str, t.Any]) -> None:
        (self.folder / f"{name}.yaml").write_text(json.dumps(config), encoding="utf-8")

    def bootstrap(self, *flags: str, hosts: str = "all", **variables: t.Any) -> Run:
        chosen = {"kubeflow_hosts": hosts, **CHOSEN, **variables}
        command = self.user.command("bootstrap", "-i", str(self.inventory), *flags, **chosen)
        done = subprocess.run(**command, timeout=RUN_SECONDS, check=False)
        assert "Traceback" not in done.stdout, done.stdout
        return Run(done.returncode, done.stdout)

    def over_all(self) -> dict[str, t.Any]:
        """The clusters of the report over all, by name."""
        report = json.loads((self.user.folder / "kubeflow-report/report.json").read_text(encoding="utf-8"))
        return {each["host"]: each for each in report["clusters"]}

    def states(self) -> dict[str, str]:
        return {host: each["state"] for host, each in self.over_all().items()}


@pytest.fixture
def fleet(cluster, work):
    return Fleet(work(), cluster)


def recap(run: Run, host: str) -> dict[str, int]:
    (line,) = re.findall(rf"^{host}\s+: (.*)$", run.output, re.MULTILINE)
    return {name: int(number) for name, number in (each.split("=") for each in line.split())}


def test_clusters_side_by_side_each_with_its_own_application_and_one_report(fleet):
    for profile in ("plain", "gke-gpu"):
        fleet.add(profile)
    fleet.add_one_that_is_down("down")
    run = fleet.bootstrap(kubeflow_namespace="fleet")
    # One that fails fails the run, and stops no other.
    assert run.code == 2
    assert fleet.states() == {"plain": "deployed", "gke-gpu": "deployed", "down": "failed"}
    overview = fleet.over_all()
    assert NOBODY in overview["down"]["failure"]
    assert (overview["gke-gpu"]["cloud"], overview["gke-gpu"]["distribution"], overview["plain"]["cloud"]) == ("gcp", "gke", None)
    assert overview["gke-gpu"]["accelerators"]
    assert "1 failed, 2 deployed" in run.output, run.output
    assert "[gke-gpu] wave 2 of " in run.output, run.output
    for profile, each in fleet.clusters.items():
        each.kubectl("get", "deployment", "hub", "-n", "fleet")
        app = fleet.user.folder / "kubeflow-app" / profile
        assert each.facts["server"] in (app / "app.yaml").read_text(encoding="utf-8")
    # Plans of their own: each has the storage class of its cluster.
    params = {name: (fleet.user.folder / "kubeflow-app" / name / "components/params.libsonnet").read_text() for name in fleet.clusters}
    assert params["plain"] != params["gke-gpu"]

    # Groups and --limit choose; what already existed stays.
    again = fleet.bootstrap("--limit", "plain,gke-gpu", hosts="gpu:unreachable", kubeflow_namespace="fleet").well()
    assert fleet.states() == {"gke-gpu": "unchanged"}
    assert recap(again, "gke-gpu")["changed"] == 0
    assert sorted(path.name for path in (fleet.user.folder / "kubeflow-app").iterdir()) == ["gke-gpu", "plain"]

    # A canary that fails keeps the others from being touched.
    with fleet.clusters["plain"].untouched(), fleet.clusters["gke-gpu"].untouched():
        stopped = fleet.bootstrap(hosts="unreachable:gpu:plain", kubeflow_serial=[1, "100%"], kubeflow_namespace="next")
    assert stopped.code == 2
    assert fleet.states() == {"down": "failed", "plain": "not reached", "gke-gpu": "not reached"}

    # One folder for all of them is refused before anything is written.
    shared = fleet.bootstrap(kubeflow_app_dir=str(fleet.user.folder / "one"))
    assert shared.code == 2 and "would be the folder of several clusters" in shared.output
    assert not (fleet.user.folder / "one").exists()


class Worker:
    """One of several machines: ``ansible-runner transmit | worker``, what comes back for ``process``, and what it took."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.folder = fleet.user.folder / f"worker{number}"
        self.log = fleet.user.folder / f"worker{number}.stream"
        private = self.folder / "private"
        (private / "project").mkdir(parents=True)
        (private / "inventory").mkdir()
        (private / "env").mkdir()
        # What is sent: the playbook, the inventory with its kubeconfigs, and the variables. A worker has the collection itself.
        (private / "project/site.yml").write_text("---\n- import_playbook: kubeflow.bootstrap.bootstrap\n", encoding="utf-8")
        chosen = {"plugin": "kubeflow.bootstrap.kubeconfigs", "kubeconfigs": ["../clusters"]}
        (private / "inventory/clusters.kubeconfigs.yml").write_text(yaml.safe_dump(chosen), encoding="utf-8")
        shutil.copytree(fleet.folder, private / "clusters")
        self.result = fleet.user.folder / f"result{number}"
        self.private = private
        self.name = f"slice{number}"

    def start(self, fleet: Fleet, hosts: list[str]) -> subprocess.Popen[bytes]:
        """Its slice of the hosts, as AWX deals them out: by ``--limit``."""
        command = fleet.user.command("bootstrap")
        env = command["env"]
        reports = f"{fleet.user.folder}/kubeflow-report/{{{{ inventory_hostname }}}}"
        apps = f"{fleet.user.folder}/kubeflow-app/{{{{ inventory_hostname }}}}"
        variables = {**fleet.user.variables, "kubeflow_hosts": "all", "kubeflow_namespace": "many-workers", **CHOSEN}
        (self.private / "env/extravars").write_text(
            json.dumps({**variables, "kubeflow_app_dir": apps, "kubeflow_report_dir": reports}), encoding="utf-8"
        )
        runner = runner_command()
        sent = subprocess.run(
            [runner, "transmit", str(self.private), "-p", "site.yml", "--limit", ",".join(hosts), "--ident", self.name],
            env=env, cwd=fleet.user.folder, capture_output=True, check=True, timeout=patience(3),
        )  # fmt: skip
        stream = self.folder / "sent"
        stream.write_bytes(sent.stdout)
        with stream.open("rb") as source, self.log.open("wb") as sink:
            argv = [runner, "worker", "--private-data-dir", str(self.folder / "there")]
            return subprocess.Popen(argv, stdin=source, stdout=sink, stderr=subprocess.PIPE, env=env, cwd=self.folder)

    def process(self, fleet: Fleet) -> list[dict[str, t.Any]]:
        """What the sender sees in the end: the events of that run."""
        self.result.mkdir()
        with self.log.open("rb") as source:
            argv = [runner_command(), "process", str(self.result)]
            env = fleet.user.command("bootstrap")["env"]
            done = subprocess.run(argv, stdin=source, capture_output=True, text=True, check=False, timeout=patience(3), env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(file.read_text(encoding="utf-8")) for file in self.result.rglob("job_events/*.json")]


def runner_command() -> str:
    program = shutil.which("ansible-runner", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert program, "ansible-runner is a requirement of the tests"
    return program


@pytest.mark.soak
def test_two_workers_take_three_clusters(fleet):
    workers_take(fleet, [["plain", "kind"], ["gke-gpu"]])


def workers_take(fleet, slices):
    """A worker for each of ``slices``, which are lists of profiles; ``make soak`` has six clusters."""
    for profile in (profile for slice_ in slices for profile in slice_):
        fleet.add(profile)
    workers = [Worker(fleet, number) for number in range(len(slices))]
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(worker.start(fleet, hosts)) for worker, hosts in zip(workers, slices, strict=True)]
        for worker, process in zip(workers, running, strict=True):
            _out, errors = process.communicate(timeout=RUN_SECONDS)
            assert process.returncode == 0, errors.decode() + worker.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    for worker, hosts in zip(workers, slices, strict=True):
        events = worker.process(fleet)
        (stats,) = [each["event_data"] for each in events if each["event"] == "playbook_on_stats"]
        # Each took its own clusters, and no other.
        assert sorted(stats["ok"]) == sorted(hosts) and not stats["failures"], stats
    for each in fleet.clusters.values():
        each.kubectl("get", "deployment", "hub", "-n", "many-workers")
    # The reports that came back make one.
    playbook = fleet.user.folder / "together.yml"
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    tasks = [{"name": "Report", "kubeflow.bootstrap.reports": {"path": f"{fleet.user.folder}/kubeflow-report"}}]
    playbook.write_text(json.dumps([{**play, "tasks": tasks}]), encoding="utf-8")
    shown = fleet.user.play(str(playbook)).well().output
    assert set(fleet.states().items()) == {(profile, "deployed") for profile in fleet.clusters}
    number = len(fleet.clusters)
    assert f"{number} clusters: {number} deployed" in shown
