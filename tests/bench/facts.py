"""The facts of a cluster, beside what people use today: kubectl, the collection kubernetes.core, the typed Python client.

``bound`` asks with the standard library alone, parses and counts. ``ours`` is the module cluster_info, ``ours, playbook`` the same as
the one task of a playbook, so with what Ansible costs before and after; ``kubernetes.core`` is a playbook too. The peers read nodes,
namespaces, storage and ingress classes and definitions of kinds, as their users do. ``far`` is 20 ms away.
Arguments: the numbers of nodes to measure with, if not all.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import _crowd
from _bench import ROOT, Case, bench
from _peers import Peers, environment

HERE = Path(__file__).parent
SIZES = (10, 1000, 5000)
ROUND_TRIP = 0.02
SLOW = 1000
"""From so many nodes on the peers take long: they run fewer rounds."""
KINDS = {
    "Node": "v1", "Namespace": "v1", "StorageClass": "storage.k8s.io/v1", "IngressClass": "networking.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
}  # fmt: skip


def main(sizes: tuple[int, ...]) -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    peers = Peers(dict(os.environ))
    peers.install()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        work, cases = Path(folder), []
        for size in sizes:
            stack.callback(_crowd.remove, size, work / "clusters")
            print(f"Filling a cluster with {size} nodes", file=sys.stderr, flush=True)
            kubeconfig, programs = _crowd.start(size, work / "clusters")
            far = stack.enter_context(far_away(kubeconfig))
            cases += near_cases(size, kubeconfig, programs, work, peers) + far_cases(size, far, kubeconfig.parent, work)
        bench("facts", cases)


def near_cases(size: int, kubeconfig: Path, programs: Path, work: Path, peers: Peers) -> list[Case]:
    env = {"KUBECONFIG": str(kubeconfig)}
    theirs = {**environment(peers, kubeconfig), "TMPDIR": str(work), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    few = None if size < SLOW else 2 if size == SLOW else 1
    kubectl = [str(programs / "kubectl"), "get", "nodes,sc,crd,ingressclass,ns", "-o", "json"]
    name, requests = f"{size} nodes", Requests(kubeconfig.parent)
    return [
        Case(name, "ours", [sys.executable, str(HERE / "_ours.py")], env, requests=requests),
        Case(
            name,
            "ours, playbook",
            ["ansible-playbook", playbook(work / "ours.yml", [{"kubeflow.bootstrap.cluster_info": {}}])],
            env,
            requests=requests,
        ),
        Case(name, "bound", [sys.executable, str(HERE / "_bound.py"), str(kubeconfig)], env, requests=requests),
        Case(name, "kubectl", kubectl, env, requests=requests, rounds=few and 2),
        Case(name, "python-typed", [str(peers.python), str(HERE / "_typed.py")], theirs, requests=requests, rounds=few and 2),
        Case(name, "kubernetes.core", [str(peers.ansible_playbook), core_playbook(work)], theirs, requests=requests, rounds=few),
    ]


def far_cases(size: int, far: Path, home: Path, work: Path) -> list[Case]:
    env, name = {"KUBECONFIG": str(far)}, f"{size} nodes, far"
    return [
        Case(name, "ours", [sys.executable, str(HERE / "_ours.py")], env, requests=Requests(home)),
        Case(name, "ours, playbook", ["ansible-playbook", str(work / "ours.yml")], env, requests=Requests(home)),
        Case(name, "bound", [sys.executable, str(HERE / "_bound.py"), str(far)], env, requests=Requests(home)),
    ]


class Requests:
    """The number of requests in a cluster's audit log."""

    def __init__(self, home: Path) -> None:
        self._log = home / "audit.log"

    def __call__(self) -> int:
        return self._log.read_bytes().count(b"\n")


def playbook(path: Path, tasks: list[dict[str, object]]) -> str:
    path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return str(path)


def core_playbook(work: Path) -> str:
    lists: list[dict[str, object]] = [
        {"kubernetes.core.k8s_info": {"kind": kind, "api_version": version}} for kind, version in KINDS.items()
    ]
    return playbook(work / "core.yml", [{"kubernetes.core.k8s_cluster_info": {}}, *lists])


@contextlib.contextmanager
def far_away(kubeconfig: Path) -> Iterator[Path]:
    """A kubeconfig by which the cluster is a round trip of 20 ms away."""
    config = json.loads(kubeconfig.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    port = cluster["server"].rsplit(":", 1)[1]
    argv = [sys.executable, str(HERE / "_far.py"), port, str(ROUND_TRIP)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdin and proxy.stdout
        cluster["server"] = f"https://127.0.0.1:{int(proxy.stdout.readline())}"
        far = kubeconfig.parent / "far.kubeconfig"
        far.write_text(json.dumps(config), encoding="utf-8")
        far.chmod(0o600)
        try:
            yield far
        finally:
            proxy.stdin.close()


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
