"""The cluster that is deployed to: new for each first run, and at rest before each measured one.

Its scheduler and kwok are stopped, so pods are made and stay pending: what the API server has to do meanwhile is the same for all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.processes import stop
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context

HERE = Path(__file__).parent
ROUND_TRIP = 0.02
_NAME = "bench-deploy"
_IDLE = ("kwok", "kube-scheduler")
_AT_REST, _LONGEST, _LOOK = 0.2, 20.0, 0.5
_TICKS = os.sysconf("SC_CLK_TCK")


class Cluster:
    """``near`` and ``far`` are kubeconfigs; the paths stay, what is in them changes with each cluster."""

    def __init__(self, folder: Path) -> None:
        self._place = local_cluster.Directories.of(os.environ, clusters=str(folder / "clusters"))
        self.home = self._place.home(_NAME)
        self.near, self.far = self.home.kubeconfig(), folder / "far.kubeconfig"
        self.holds: object = None
        """Whatever was deployed to it, in the words of who did it."""
        self._proxy: subprocess.Popen[str] | None = None
        self._pids: dict[str, int] = {}
        self.bin = Path()

    def fresh(self) -> None:
        """A new cluster."""
        self.remove()
        started = local_cluster.present(self._place, _NAME, "plain", Context())
        self.bin, self._pids = Path(started["bin"]), started["pids"]
        stop(self.home.run / f"{each}.pid" for each in _IDLE)
        self._go_far(started["server"].rsplit(":", 1)[1])
        self.rest()

    def remove(self) -> None:
        """Stop it."""
        if self._proxy:
            self._proxy.communicate()
            self._proxy = None
        local_cluster.absent(self._place, _NAME, Context())
        self.holds = None

    def _go_far(self, port: str) -> None:
        argv = [sys.executable, str(HERE / "_far.py"), port, str(ROUND_TRIP)]
        self._proxy = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._proxy.stdout
        config = json.loads(self.near.read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{int(self._proxy.stdout.readline())}"
        self.far.write_text(json.dumps(config), encoding="utf-8")
        self.far.chmod(0o600)

    def rest(self) -> None:
        """Wait until the API server and the controllers have nothing left to do."""
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline:
            before = self._used(*self._pids)
            time.sleep(_LOOK)
            if self._used(*self._pids) - before < _AT_REST * _LOOK:
                return

    def requests(self) -> int:
        """The number of requests in the audit log."""
        return self.home.audit_log.read_bytes().count(b"\n")

    def server_seconds(self) -> float:
        """CPU seconds that the API server has used."""
        return self._used("kube-apiserver")

    def _used(self, *names: str) -> float:
        return sum(_cpu_seconds(self._pids[name]) for name in names if name not in _IDLE)


def _cpu_seconds(pid: int) -> float:
    # The name in brackets may have blanks; user and system time are the 14th and 15th field.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
