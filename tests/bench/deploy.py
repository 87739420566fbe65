"""Deploying 300 mixed objects, or the 683 of the Kubeflow platform, beside what people use today: kubectl and kubernetes.core.

Works: the first run, on a new cluster; ``unchanged``, right after it; ``one changed``; and ``dry run`` of one changed object; each of them
also ``20 ms away``. Nobody waits for readiness. The webhook configurations of the platform are left out for all, as nobody answers here.

``ours`` is the module deploy, with rendering the application; ``ours, playbook`` is the playbook with it. ``raw`` is the bound:
requests with the standard library over 8 connections, in 3 waves. ``kubectl`` applies server-side, again at once where a kind
was not served yet; ``kubectl-loop`` as the platform's guide says, 20 seconds later. ``kubectl-client-side`` leaves out the
definitions that are too large for it. ``kubernetes.core-loop`` takes minutes and runs only when it is named, once.

``--rounds`` counts the rounds and refused requests that the platform needs with its webhooks, for the loop of the guide and for us.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import typing as t
from collections.abc import Sequence
from pathlib import Path

import _rounds
from _bench import ROOT, Case, bench
from _deploy_cluster import HERE, Cluster
from _deploy_objects import Files, sets
from _peers import Peers, environment

SETS = (300, 683)
ACTIONS = ("", " unchanged", " one changed", " dry run")
FAR = " 20 ms away"
WORKS = [f"{size} objects{action}{far}" for size in SETS for far in ("", FAR) for action in ACTIONS]
_AGAIN = "until {command}; do sleep {pause}; done"
_GUIDE_SECONDS = 20


class Bench:
    """What the cases share."""

    def __init__(self, folder: Path, sizes: set[int], peers: Peers) -> None:
        self.cluster, self._peers, self._folder = Cluster(folder), peers, folder
        self.cluster.fresh()
        self.sets = sets(folder / "sets", self.cluster.bin / "kubectl", sizes)

    def command(self, who: str, size: int, dry_run: bool, kubeconfig: Path) -> list[str]:
        """What ``who`` runs to deploy a set."""
        files = self.sets[size]
        if who == "ours":
            return [sys.executable, str(HERE / "_deploy_ours.py"), str(files.app), *(["--check"] if dry_run else [])]
        if who == "ours, playbook":
            chosen = {
                "kubeflow_app_dir": str(files.app),
                "kubeflow_wait_timeout": 0,
                "kubeflow_allow_other_cluster": True,
                "kubeflow_report_dir": str(self._folder / "report"),
            }
            check = ["--check"] if dry_run else []
            return ["ansible-playbook", f"{ROOT}/playbooks/deploy.yml", "-e", json.dumps(chosen), *check]
        if who == "raw":
            return [sys.executable, str(HERE / "_raw.py"), str(kubeconfig), str(files.lines), *(["--dry-run"] if dry_run else [])]
        if who.startswith("kubectl"):
            return self._kubectl(who, files, dry_run)
        return self._core(who, files, dry_run)

    def _kubectl(self, who: str, files: Files, dry_run: bool) -> list[str]:
        flags = ["--dry-run=server"] if dry_run else []
        if who == "kubectl-client-side":
            argv = ["kubectl", "apply", *flags, "-f", str(files.small)]
        else:
            flags += ["--validate=false"] if who == "kubectl-novalidate" else []
            argv = ["kubectl", "apply", "--server-side", "--force-conflicts", *flags, "-f", str(files.list)]
        return ["bash", "-c", _AGAIN.format(command=" ".join(argv), pause=_GUIDE_SECONDS if who == "kubectl-loop" else 0)]

    def _core(self, who: str, files: Files, dry_run: bool) -> list[str]:
        objects = "{{ (lookup('ansible.builtin.file', '" + str(files.list) + "') | ansible.builtin.from_json)['items'] }}"
        loop = who == "kubernetes.core-loop"
        arguments = {
            "definition": "{{ item }}" if loop else objects,
            "apply": True,
            "server_side_apply": {"field_manager": "core", "force_conflicts": True},
        }
        task: dict[str, t.Any] = {"kubernetes.core.k8s": arguments, "register": "found", "retries": 20, "delay": 0}
        task["until"] = "found is succeeded"
        if loop:
            task |= {"loop": objects, "loop_control": {"label": "{{ item.metadata.name }}"}}
        path = self._folder / f"{who}.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]))
        return [str(self._peers.ansible_playbook), str(path), *(["--check"] if dry_run else [])]

    def env(self, who: str, kubeconfig: Path) -> dict[str, str]:
        """The environment of a case."""
        shared = {"KUBECONFIG": str(kubeconfig), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        if who.startswith("kubernetes.core"):
            return {**shared, **environment(self._peers, kubeconfig), "TMPDIR": str(self._folder)}
        return {**shared, "PATH": f"{self.cluster.bin}:{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self._folder)}

    def case(self, work: str, who: str, times: int) -> Case:
        size, _objects, action = work.partition(" objects")
        kubeconfig = self.cluster.far if action.endswith(FAR) else self.cluster.near
        action = action.removesuffix(FAR)
        argv = self.command(who, int(size), action == " dry run", kubeconfig)
        return Case(
            work,
            who,
            argv,
            self.env(who, kubeconfig),
            before=functools.partial(self._prepare, action, who, int(size)),
            requests=self.cluster.requests,
            server=self.cluster.server_seconds,
            rounds=1 if who == "kubernetes.core-loop" else times,
        )

    def _prepare(self, action: str, who: str, size: int) -> None:
        """The state that an action starts from, and the cluster at rest."""
        if not action:
            self.cluster.fresh()
        elif self.cluster.holds != (who, size):
            self.cluster.fresh()
            done = subprocess.run(
                self.command(who, size, False, self.cluster.near),
                env={**os.environ, **self.env(who, self.cluster.near)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        self.cluster.holds = (who, size)
        if action in (" one changed", " dry run"):
            self.sets[size].change()
        self.cluster.rest()


def peers_of(work: str, chosen: Sequence[str]) -> list[str]:
    """Who does a piece of work."""
    everybody = ["ours", "ours, playbook", "raw", "kubectl", "kubectl-novalidate", "kubernetes.core-list"]
    few = work.startswith("300")
    everybody += ["kubectl-client-side"] if few else ["kubectl-loop"] if work in ("683 objects", f"683 objects{FAR}") else []
    if FAR in work:
        everybody.remove("ours, playbook")
    if few and "dry run" not in work:
        everybody.append("kubernetes.core-loop")
    named = [who for who in everybody if who in chosen]
    return named if chosen else [who for who in everybody if who != "kubernetes.core-loop"]


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", action="append", choices=WORKS, help="only this work; may be given more than once")
    parser.add_argument("--who", action="append", default=[], help="only this peer; may be given more than once")
    parser.add_argument("--times", type=int, default=3, help="how often each case is measured")
    parser.add_argument("--rounds", action="store_true", help="count rounds and refused requests with the webhooks, and nothing else")
    args = parser.parse_args(argv)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A polite kill ends it as Ctrl-C does: with the cluster stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        if args.rounds:
            _rounds.main(Path(folder))
            return
        works = args.work or WORKS
        peers = Peers(dict(os.environ))
        peers.install()
        shared = Bench(Path(folder), {int(work.split()[0]) for work in works}, peers)
        try:
            pairs = [(work, who) for work in works for who in peers_of(work, args.who)]
            # What one peer deployed, it goes on with.
            pairs.sort(key=lambda pair: (pair[0].split()[0], pair[0].endswith(FAR), pair[1]))
            bench("deploy", [shared.case(work, who, args.times) for work, who in pairs], rounds=args.times)
        finally:
            shared.cluster.remove()


if __name__ == "__main__":
    main(sys.argv[1:])
