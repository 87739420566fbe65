"""What many clusters take: measured on a few local ones, and from that simulated for as many as you like.

    python tests/bench/clusters.py                                   # measures with 1 and 3 clusters, then simulates 1,000
    python tests/bench/clusters.py --simulate --cpu 3.5 --memory 40  # simulates alone, from figures measured before

The model: a playbook is rounds, one a task (the strategy ``linear``): in each, the main process hands the task to one fork after the
other, and the round ends with its slowest cluster. A fork needs processor time, of which there is as much as the machine has cores, and
then waits for the cluster, which costs none. Every worker has its own machine and an equal slice of the clusters, dealt out at random.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import os
import random
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
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


def measure(most: int) -> tuple[float, float, float]:
    """Processor seconds a cluster, MiB a fork, and MiB of the main process: the difference between one cluster and several."""
    names = [f"bench-many-{number}" for number in range(most)]
    with tempfile.TemporaryDirectory() as folder:
        kubeconfigs = Path(folder) / "clusters"
        kubeconfigs.mkdir()
        try:
            for name in names:
                _local(name, "present")
                cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubeflow.bootstrap/clusters"
                (kubeconfigs / f"{name}.yaml").write_text((cache / name / "kubeconfig").read_text(encoding="utf-8"), encoding="utf-8")
            inventory = Path(folder) / "kubeconfigs.yml"
            inventory.write_text(json.dumps({"plugin": "kubeflow.bootstrap.kubeconfigs", "kubeconfigs": ["clusters"]}), encoding="utf-8")
            few, many = (_bootstrap(inventory, limit) for limit in (f"local-{names[0]}", "all"))
            # The first of them is done already: a run that changes nothing costs some less, so it is taken away again.
            again = _bootstrap(inventory, f"local-{names[0]}")
        finally:
            for name in names:
                _local(name, "absent")
    print(f"one cluster, first run: {few}; the same again: {again}; {most} clusters, {most - 1} of them for the first time: {many}")
    cpu = (many[0] - again[0]) / (most - 1)
    return cpu, max((many[1] - few[1]) / (most - 1), 1.0), few[1]


def _local(name: str, state: str) -> None:
    chosen = {"local_cluster_name": name, "local_cluster_state": state}
    argv = ["ansible-playbook", f"{ROOT}/playbooks/local_cluster.yml", "-e", json.dumps(chosen)]
    subprocess.run(argv, check=True, capture_output=True)


def _bootstrap(inventory: Path, limit: str) -> tuple[float, float]:
    """Processor seconds, and the most MiB that all its processes had at a time (what they share counted once)."""
    chosen = {
        "kubeflow_hosts": "all",
        "kubeflow_apply": True,
        "kubeflow_app_dir": f"{inventory.parent}/app/{{{{ inventory_hostname }}}}",
        "kubeflow_report_dir": f"{inventory.parent}/report/{{{{ inventory_hostname }}}}",
    }
    argv = ["ansible-playbook", "-i", str(inventory), f"{ROOT}/playbooks/bootstrap.yml", "--limit", limit, "-e", json.dumps(chosen)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        most = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, most))
        watcher.start()
        output = process.communicate()[0]
        watcher.join()
    if process.returncode:
        raise SystemExit(output)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2), round(most[0], 1)


def _watch(process: subprocess.Popen[str], most: list[float]) -> None:
    while process.poll() is None:
        most[0] = max(most[0], _proportional(process.pid) / 1024)
        time.sleep(0.2)


def _proportional(pid: int) -> int:
    """KiB of a process and all below it (PSS)."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return 0
    own = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own + sum(_proportional(int(child)) for child in children)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulate", action="store_true", help="do not measure")
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--cores", type=int, default=4, help="of each worker")
    parser.add_argument("--cpu", type=float, default=3.5, help="seconds of processor time a cluster")
    parser.add_argument("--memory", type=float, default=30.0, help="MiB a fork")
    parser.add_argument("--base", type=float, default=80.0, help="MiB of the main process")
    chosen = parser.parse_args()
    cpu, memory, base = (chosen.cpu, chosen.memory, chosen.base) if chosen.simulate else measure(3)
    table(chosen.clusters, chosen.cores, round(cpu, 1), round(memory), round(base))


if __name__ == "__main__":
    main()
