# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cgroups of all containers of a cluster, by which they are ended."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from ...errors import BootstrapError

_ROOT = Path("/sys/fs/cgroup")
_MOUNTS = Path("/proc/self/mounts")
_CONTROLLERS = "+cpuset +cpu +io +memory +hugetlb +pids"
_END_SECONDS = 10.0
_POLL = 0.05


def create(group: str) -> None:
    """Create ``group`` (a path such as /a/b) in every hierarchy; kubelet does not create its own root."""
    for hierarchy in _hierarchies():
        folder = hierarchy / group.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder.relative_to(hierarchy)
        for parent, child in itertools.pairwise([*reversed(path.parents), path]):
            _hand_down(hierarchy / parent, hierarchy / child)


def _hand_down(parent: Path, child: Path) -> None:
    """Give a cgroup what it needs of its parent before it can have processes."""
    # Version 2: its controllers. kubelet reports those that it misses.
    control = parent / "cgroup.subtree_control"
    for controller in _CONTROLLERS.split() if control.exists() else ():
        with contextlib.suppress(OSError):
            control.write_text(controller, encoding="utf-8")
    # Version 1: the processors and memory that its processes may use; a new one has none.
    for name in ("cpuset.cpus", "cpuset.mems"):
        setting = child / name
        if setting.exists() and not control.exists() and not setting.read_text(encoding="utf-8").strip():
            setting.write_text((parent / name).read_text(encoding="utf-8"), encoding="utf-8")


def end(group: str) -> None:
    """Kill every process in ``group`` and below, and remove it, if it exists."""
    deadline = time.monotonic() + _END_SECONDS
    while pids := set(_pids(group)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise BootstrapError(f"These processes of containers can't be ended: {', '.join(map(str, sorted(pids)))}.")
        time.sleep(_POLL)
    for folder in _folders(group):
        for path, _folders_below, _files in os.walk(folder, topdown=False):
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(path)


def _hierarchies() -> list[Path]:
    """The roots of cgroups: one with version 2, one for each controller with version 1."""
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    if not _MOUNTS.exists():
        return []
    mounts = [line.split() for line in _MOUNTS.read_text(encoding="utf-8").splitlines()]
    # Version 2 may be mounted beside version 1, without controllers; runc uses it, too.
    return [Path(path) for _device, path, kind, *_rest in mounts if kind in ("cgroup", "cgroup2")]


def _folders(group: str) -> list[Path]:
    return [folder for hierarchy in _hierarchies() if (folder := hierarchy / group.lstrip("/")).is_dir()]


def _pids(group: str) -> Iterator[int]:
    for folder in _folders(group):
        for procs in folder.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                yield from map(int, procs.read_text(encoding="utf-8").split())
