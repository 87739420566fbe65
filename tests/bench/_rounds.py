"""The whole platform with its webhooks, deployed by the loop of its guide and by us: how many rounds, how many refused requests.

The pods' programs are played (``tests/integration/stand_ins.py``), and are ready as soon as kwok says so: on a cluster where images
have to be pulled first, the loop needs more rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from _bench import ROOT
from _deploy_objects import Files
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.integration import platform
from ansible_collections.kubeflow.bootstrap.tests.integration.service_network import service_network
from ansible_collections.kubeflow.bootstrap.tests.integration.stand_ins import stand_ins, webhook_services

_NAME = "bench-rounds"
_MOST = 30
_PAUSE = 20
"""Seconds between the rounds, as the guide says."""


def main(folder: Path) -> None:
    place = local_cluster.Directories.of(os.environ, clusters=str(folder / "clusters"))
    kubectl = Path(local_cluster.programs.locate(place.cache, place.files / "control-plane").bin) / "kubectl"
    items = platform.objects(kubectl)
    files = Files(folder / "set", items, "kubeflow")
    apply = [str(kubectl), "apply", "--server-side", "--force-conflicts", "-f", str(files.list)]
    ours = [sys.executable, str(ROOT / "tests" / "bench" / "_deploy_ours.py"), str(files.app)]
    cases = []
    for who, argv, pause in (("ours", ours, 0), ("loop", apply, _PAUSE), ("loop-novalidate", [*apply, "--validate=false"], _PAUSE)):
        try:
            description = local_cluster.present(place, _NAME, "plain", Context())
            with service_network(place, _NAME, webhook_services(items)) as network, stand_ins(place, _NAME, items, network.authority):
                count = counter(Path(description["audit_log"]))
                cases.append({"who": who, **rounds(argv, description["kubeconfig"], pause, count)})
        finally:
            local_cluster.absent(place, _NAME, Context())
        print(json.dumps(cases[-1]), flush=True)
    target = ROOT / ".bench" / "deploy-rounds.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"cases": cases}, indent=2) + "\n", encoding="utf-8")


def counter(log: Path) -> Callable[[], tuple[int, Counter[str]]]:
    """Of the requests since now: how many, and those refused by code."""
    start = log.stat().st_size if log.exists() else 0

    def count() -> tuple[int, Counter[str]]:
        with log.open("rb") as file:
            file.seek(start)
            codes = [int(json.loads(line)["responseStatus"]["code"]) for line in file]
        return len(codes), Counter(str(code) for code in codes if code >= 400)

    return count


def rounds(argv: list[str], kubeconfig: str, pause: float, count: Callable[[], tuple[int, Counter[str]]]) -> dict[str, object]:
    """Run until it ends well. ``refused_by_kubectl``: what it did not even send, as it knew no such kind."""
    started, unknown = time.monotonic(), 0
    for number in range(1, _MOST + 1):
        done = subprocess.run(argv, env={**os.environ, "KUBECONFIG": kubeconfig}, capture_output=True, text=True, check=False)
        unknown += done.stderr.count("no matches for kind")
        if done.returncode == 0:
            break
        print(f"round {number}: {done.stderr.strip().splitlines()[-1][:300]}", file=sys.stderr, flush=True)
        time.sleep(pause)
    requests, refused = count()
    return {
        "rounds": number,
        "ended_well": done.returncode == 0,
        "seconds": round(time.monotonic() - started, 1),
        "requests": requests,
        "refused": dict(refused),
        "refused_by_kubectl": unknown,
    }
