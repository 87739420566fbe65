"""The whole main job through ansible-playbook, beside what Ansible costs by itself.

``bound`` is a playbook with as many tasks that do nothing in the controller's process.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import _empty_play
from _bench import ROOT, Case, bench

NAME = "bench"


def playbook(*argv: str) -> list[str]:
    return ["ansible-playbook", *argv]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        started = subprocess.run(
            playbook(f"{ROOT}/playbooks/local_cluster.yml", "-e", f"kubeflow_local_cluster_name={NAME}"),
            env=None,
            check=True,
            capture_output=True,
            text=True,
        )
        kubeconfig = started.stdout.split("export KUBECONFIG=")[1].split('"')[0]
        try:
            measure(Path(folder), kubeconfig)
        finally:
            removal = playbook(
                f"{ROOT}/playbooks/local_cluster.yml",
                "-e",
                f"kubeflow_local_cluster_name={NAME}",
                "-e",
                "kubeflow_local_cluster_state=absent",
            )
            subprocess.run(removal, check=True, capture_output=True)


def measure(folder: Path, kubeconfig: str) -> None:
    audit = Path(kubeconfig).parent / "audit.log"
    empty = _empty_play.write(folder / "empty.yml")
    chosen = {
        "kubeflow_kubeconfig": kubeconfig,
        "kubeflow_apply": True,
        "kubeflow_app_dir": f"{folder}/app",
        "kubeflow_report_dir": f"{folder}/report",
    }
    bootstrap = playbook(f"{ROOT}/playbooks/bootstrap.yml", "-e", json.dumps(chosen))
    remove = playbook(f"{ROOT}/playbooks/remove.yml", "-e", json.dumps({**chosen, "kubeflow_remove_data": True}))

    def fresh() -> None:
        if (folder / "app").exists():
            subprocess.run(remove, check=True, capture_output=True)
            subprocess.run(["rm", "-r", f"{folder}/app"], check=True)

    def requests() -> int:
        return sum(1 for _line in audit.open(encoding="utf-8"))

    bench(
        "bootstrap",
        [
            Case("bootstrap", "ours", bootstrap, before=fresh, requests=requests),
            Case("bootstrap unchanged", "ours", bootstrap, requests=requests),
            Case(f"{_empty_play.TASKS} empty tasks", "bound", playbook(str(empty))),
        ],
    )


if __name__ == "__main__":
    main()
