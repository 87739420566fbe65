"""What many clusters take: measured on six local ones, and from that simulated for as many as you like.

    make bench NAME=clusters                                             # measures, then simulates 1,000
    make bench NAME=clusters ARGS="--simulate --cpu 3.5 --memory 40"     # simulates alone, from figures measured before

Measured are six clusters of different profiles and three workers: for each, ``ansible-runner transmit | worker | process``, side by side
on this machine. They deploy once, and go through it twice again, with one cluster each and with two: the difference is what a cluster
costs, and what is left is what a worker costs.

The model: a playbook is rounds, one a task (the strategy ``linear``): in each, the main process hands the task to one fork after the
other, and the round ends with its slowest cluster. A fork needs processor time, of which there is as much as the machine has cores, and
then waits for the cluster, which costs none. Every worker has its own machine and an equal slice of the clusters, dealt out at random.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import heapq
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROFILES = ("plain", "gke-gpu", "eks", "aks", "kind", "openshift")
WORKERS = 3
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubeflow.bootstrap"
ENV = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PATH": f"{ROOT}/.venv-dev/bin:{os.environ['PATH']}"}
"""ansible-runner is in the developers' environment: make venv-dev."""
RUNNER = shutil.which("ansible-runner", path=ENV["PATH"]) or "ansible-runner"

TASKS = 30
"""Tasks of the playbook that a host takes part in, as its recap says (ok and skipped)."""
START = 1.5
"""Seconds of processor time before the first task."""
DEPLOY_SHARE = 0.35
"""Of a cluster's processor time, what the task that deploys takes; the others share the rest."""


@dataclass(frozen=True)
class Setting:
    clusters: int
    workers: int
    forks: int
    cores: int
    cpu: float
    """Seconds of processor time a cluster."""
    ready: float
    """Seconds until half of the clusters are ready after everything was applied."""
    spread: float
    """Standard deviation of the logarithm of that (lognormal): 0.6 has every twentieth wait 2.7 times as long."""
    slow: float
    """Share of clusters that run into the end of ``wait_timeout``, 600 seconds."""


def one_worker(hosts: int, setting: Setting, chance: random.Random) -> float:
    """Seconds until a worker is done with its slice."""
    if not hosts:
        return 0.0
    short = setting.cpu * (1 - DEPLOY_SHARE) / (TASKS - 1)
    now = START
    for task in range(TASKS):
        deploys = task == TASKS - 5
        cpu = setting.cpu * DEPLOY_SHARE if deploys else short
        waits = [_wait(setting, chance) if deploys else 0.02 for _host in range(hosts)]
        now += _round(waits, cpu, setting)
    return now


def _wait(setting: Setting, chance: random.Random) -> float:
    if chance.random() < setting.slow:
        return 600.0
    return min(600.0, chance.lognormvariate(math.log(setting.ready), setting.spread))


def _round(waits: list[float], cpu: float, setting: Setting) -> float:
    """Seconds of one task on all hosts: cores deal with one fork at a time, a fork is taken until its cluster has answered."""
    forks = [0.0] * min(setting.forks, len(waits))
    cores = [0.0] * setting.cores
    end = 0.0
    for wait in waits:
        begin = max(heapq.heappop(forks), heapq.heappop(cores))
        heapq.heappush(cores, begin + cpu)
        done = begin + cpu + wait
        heapq.heappush(forks, done)
        end = max(end, done)
    return end


def simulate(setting: Setting, runs: int = 20) -> tuple[float, float]:
    """Seconds until all are done: the median of several runs, and the worst of them."""
    times = []
    for seed in range(runs):
        chance = random.Random(seed)
        slices = [setting.clusters // setting.workers + (number < setting.clusters % setting.workers) for number in range(setting.workers)]
        times.append(max(one_worker(hosts, setting, chance) for hosts in slices))
    times.sort()
    return times[len(times) // 2], times[-1]


def table(clusters: int, cores: int, cpu: float, memory: float, base: float) -> None:
    print(f"\n{clusters} clusters, {cpu:g} s of processor time each; {cores} cores, {base:g} MiB and {memory:g} MiB a fork for each worker")
    print(f"{'workers':>8} {'forks':>6} {'ready':>6} {'minutes':>8} {'worst':>6} {'GiB a worker':>13}")
    for ready in (60.0, 180.0):
        for workers, forks in ((1, 5), (1, 50), (1, 100), (3, 50), (10, 25), (10, 100)):
            setting = Setting(clusters, workers, forks, cores, cpu, ready, 0.6, 0.02)
            middle, worst = simulate(setting)
            size = (base + memory * min(forks, -(-clusters // workers))) / 1024
            print(f"{workers:>8} {forks:>6} {ready:>4g} s {middle / 60:>8.0f} {worst / 60:>6.0f} {size:>13.1f}")


# --- measuring


@dataclass(frozen=True)
class Cost:
    """Of one worker: ``cpu``: seconds of processor time; ``memory``: the most MiB at a time, what is shared counted once."""

    seconds: float
    cpu: float
    memory: float

    def __str__(self) -> str:
        return f"{self.seconds:5.1f} s, {self.cpu:5.1f} s of processor time, {self.memory:5.0f} MiB"


def measure() -> tuple[float, float, float]:
    """Processor seconds a cluster, MiB a cluster, and MiB of a worker without any."""
    hosts = [f"bench-many-{profile}" for profile in PROFILES]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "clusters").mkdir()
        try:
            for host, profile in zip(hosts, PROFILES, strict=True):
                print(f"Starting {host}", flush=True)
                _local(host, profile, "present")
                config = json.loads((CACHE / "clusters" / host / "kubeconfig").read_text(encoding="utf-8"))
                config["contexts"][0]["name"] = config["current-context"] = host
                (folder / "clusters" / f"{host}.yaml").write_text(json.dumps(config), encoding="utf-8")
            slices = [hosts[number::WORKERS] for number in range(WORKERS)]
            first = _run("first time", folder, slices)
            one = _run("again, one cluster each", folder, [each[:1] for each in slices])
            two = _run("again, two clusters each", folder, slices)
            _show(folder, hosts)
        finally:
            for host, profile in zip(hosts, PROFILES, strict=True):
                _local(host, profile, "absent")
    own = _mean(2 * few.cpu - many.cpu for few, many in zip(one, two, strict=True))
    cpu = _mean((each.cpu - own) / 2 for each in first)
    memory = _mean(many.memory - few.memory for few, many in zip(one, two, strict=True))
    base = _mean(each.memory for each in one) - memory
    again = _mean(many.cpu - few.cpu for few, many in zip(one, two, strict=True))
    print(f"\na worker: {own:.1f} s of processor time, {base:.0f} MiB")
    print(f"a cluster: {cpu:.1f} s of processor time the first time, {again:.1f} s again, {memory:.0f} MiB")
    return cpu, max(memory, 1.0), base


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def _local(host: str, profile: str, state: str) -> None:
    chosen = {"kubeflow_local_cluster_name": host, "kubeflow_local_cluster_profile": profile, "kubeflow_local_cluster_state": state}
    argv = ["ansible-playbook", f"{ROOT}/playbooks/local_cluster.yml", "-e", json.dumps(chosen)]
    subprocess.run(argv, env=ENV, check=True, capture_output=True)


def _run(title: str, folder: Path, slices: list[list[str]]) -> list[Cost]:
    """One run over all clusters of the slices, a worker for each slice."""
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(slices)) as pool:
        costs = list(pool.map(lambda each: _worker(folder, each), slices))
    print(f"\n{title}: {time.monotonic() - start:.1f} s")
    for hosts, cost in zip(slices, costs, strict=True):
        print(f"  {cost}: {', '.join(hosts)}", flush=True)
    return costs


def _worker(folder: Path, hosts: list[str]) -> Cost:
    """``transmit | worker | process``: only the second of these, which is another machine's in earnest, is measured."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        private = Path(made) / "private"
        for name in ("project", "inventory", "env"):
            (private / name).mkdir(parents=True)
        (private / "project/site.yml").write_text("---\n- import_playbook: kubeflow.bootstrap.bootstrap\n", encoding="utf-8")
        shutil.copytree(folder / "clusters", private / "clusters")
        inventory = {"plugin": "kubeflow.bootstrap.kubeconfigs", "kubeconfigs": ["../clusters"], "contexts": hosts}
        (private / "inventory/my.kubeconfigs.yml").write_text(json.dumps(inventory), encoding="utf-8")
        # Nobody gives load balancers an address here.
        chosen = {
            "kubeflow_hosts": "all",
            "kubeflow_apply": True,
            "kubeflow_parameters": {"kubeflow-core": {"gatewayServiceType": "ClusterIP"}},
        }
        places = {f"kubeflow_{name}_dir": f"{folder}/{name}/{{{{ inventory_hostname }}}}" for name in ("app", "report")}
        (private / "env/extravars").write_text(json.dumps({**chosen, **places}), encoding="utf-8")
        sent, back = Path(made) / "sent", Path(made) / "back"
        with sent.open("wb") as sink:
            subprocess.run([RUNNER, "transmit", str(private), "-p", "site.yml"], stdout=sink, env=ENV, check=True)
        with sent.open("rb") as source, back.open("wb") as sink:
            start = time.monotonic()
            process = subprocess.Popen(
                [RUNNER, "worker", "--private-data-dir", f"{made}/there"], stdin=source, stdout=sink, env=ENV, cwd=made
            )
            most = _watch(process.pid)
            _pid, _status, used = os.wait4(process.pid, 0)
            process.returncode = 0
            cost = Cost(time.monotonic() - start, used.ru_utime + used.ru_stime, most)
        with back.open("rb") as source:
            done = subprocess.run([RUNNER, "process", f"{made}/result"], stdin=source, env=ENV, capture_output=True, text=True, check=False)
        if "failed=0" not in done.stdout or done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    return cost


def _watch(pid: int) -> float:
    """MiB, until the process is done; it stays to be waited for."""
    most = 0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        most = max(most, _proportional(pid))
        time.sleep(0.5)
    return most / 1024


def _proportional(pid: int) -> int:
    """KiB of a process and all below it (PSS)."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for each in threads for child in (each / "children").read_text(encoding="utf-8").split()]
    except OSError:
        return 0
    own = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own + sum(_proportional(int(child)) for child in children)


def _show(folder: Path, hosts: list[str]) -> None:
    """What the last run said of each cluster."""
    for host in hosts:
        outcome = json.loads((folder / "report" / host / "report.json").read_text(encoding="utf-8"))["outcome"]
        print(f"  {host}: {outcome['counts']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulate", action="store_true", help="do not measure")
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=4, help="of each worker")
    parser.add_argument("--cpu", type=float, default=3.5, help="seconds of processor time a cluster")
    parser.add_argument("--memory", type=float, default=30.0, help="MiB a fork")
    parser.add_argument("--base", type=float, default=80.0, help="MiB of the main process")
    chosen = parser.parse_args()
    cpu, memory, base = (chosen.cpu, chosen.memory, chosen.base) if chosen.simulate else measure()
    table(chosen.clusters, chosen.cores, round(cpu, 1), round(memory), round(base))


if __name__ == "__main__":
    main()
