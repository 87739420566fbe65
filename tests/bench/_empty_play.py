"""What Ansible costs by itself: a playbook with tasks that do nothing in the controller's process.

Run as a program it prints the median of five runs in seconds, which says how fast the machine is.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TASKS = 15


def write(path: Path) -> Path:
    """The playbook."""
    tasks = [{"name": f"Nothing {number}", "ansible.builtin.set_fact": {"nothing": number}} for number in range(TASKS)]
    path.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return path


def main(rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as folder:
        argv = [str(Path(sys.executable).parent / "ansible-playbook"), str(write(Path(folder) / "empty.yml"))]
        env = {"HOME": folder, "PATH": os.defpath, "LC_ALL": "C.UTF-8", "ANSIBLE_CONFIG": str(Path(__file__).parents[2] / "ansible.cfg")}
        seconds = []
        for _round in range(rounds + 1):
            start = time.monotonic()
            subprocess.run(argv, env=env, cwd=folder, check=True, capture_output=True)
            seconds.append(time.monotonic() - start)
    print(f"{statistics.median(seconds[1:]):.3f}")


if __name__ == "__main__":
    main()
