# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes that outlive the task that started them, identified by a pid file.

``<name>.pid`` holds the process id and what tells the process from a later one with the same id: the boot of the machine and the
process's start time. A process that does not match is never signalled.
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOG_LINES = 5
_LONGEST_LINE = 300
_POLL = 0.05


class ProcessDied(BootstrapError):
    """A process ended during a wait. ``log``: the last lines of its log."""

    def __init__(self, name: str, log: str, path: Path) -> None:
        self.log = log
        super().__init__(f"{name} ended by itself. The last lines of its log {path}: {log or '(empty)'}")


@dataclass(frozen=True)
class Process:
    """A program in the background: ``argv`` with ``env``. Its files in ``folder``: ``<name>.pid`` and ``<name>.log``."""

    name: str
    argv: list[str]
    folder: Path
    env: Mapping[str, str]

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def log_file(self) -> Path:
        return self.folder / f"{self.name}.log"

    def pid(self) -> int | None:
        """The id of the running process, or None."""
        return running(self.pid_file)

    def start(self) -> bool:
        """Start it in a session of its own, unless it runs. Returns whether it was started."""
        if self.pid():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        pid = os.posix_spawn(
            self.argv[0],
            self.argv,
            dict(self.env),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log_file), flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        part = self.pid_file.with_suffix(".part")
        part.write_text(json.dumps({"pid": pid, "identity": identity(pid)}), encoding="utf-8")
        part.replace(self.pid_file)
        return True

    def check(self) -> None:
        """Raise ``ProcessDied`` unless it runs."""
        if not self.pid():
            raise ProcessDied(self.name, last_lines(self.log_file), self.log_file)


def running(pid_file: Path) -> int | None:
    """The process id in ``pid_file``, if that process still runs."""
    try:
        record = json.loads(pid_file.read_text(encoding="utf-8"))
        pid, recorded = int(record["pid"]), record["identity"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    _reap(pid)
    return pid if recorded and identity(pid) == recorded else None


def identity(pid: int) -> str | None:
    """Tells a process from others with the same id; None for no process, or a zombie."""
    if _BOOT_ID.exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except OSError:
            return None
        # proc_pid_stat(5): state is field 3, starttime field 22; what follows the ")" begins with field 3.
        return None if fields[0] in "ZX" else f"{_BOOT_ID.read_text(encoding='utf-8').strip()} {fields[19]}"
    ps = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _space, started = ps.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def stop(pid_files: Iterable[Path], patience: float = 0.5) -> list[str]:
    """Terminate all processes, and kill them after ``patience`` seconds. Returns the names of those that ran; removes the pid files."""
    pid_files = list(pid_files)
    alive = {path: pid for path in pid_files if (pid := running(path))}
    stopped = [path.stem for path in alive]
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid in alive.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while alive and time.monotonic() < deadline:
            time.sleep(_POLL)
            alive = {path: pid for path, pid in alive.items() if running(path)}
    if alive:
        names = ", ".join(f"{path.stem} ({pid})" for path, pid in alive.items())
        raise BootstrapError(f"These processes can't be stopped: {names}.", fix="Stop them by hand, then run this again.")
    for path in pid_files:
        path.unlink(missing_ok=True)
    return stopped


def await_condition(met: Callable[[], str | None], processes: Iterable[Process], seconds: float, progress: Callable[[str], None]) -> None:
    """Poll ``met`` until it returns None; a string says what is still missing.

    Raises ``ProcessDied`` as soon as one of ``processes`` has ended, and ``BootstrapError`` after ``seconds``.
    """
    processes = list(processes)
    start = reported = time.monotonic()
    while missing := met():
        for process in processes:
            process.check()
        now = time.monotonic()
        if now - start > seconds:
            raise BootstrapError(
                f"The local cluster is not ready after {seconds:g} seconds: {missing}.",
                fix=f"The logs are in {processes[0].folder}." if processes else None,
            )
        if now - reported > 5:
            progress(f"Waiting: {missing}")
            reported = now
        time.sleep(_POLL)


def last_lines(path: Path) -> str:
    """The last lines of a log as one bounded line."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return " | ".join(line[:_LONGEST_LINE] for line in lines[-_LOG_LINES:] if line.strip())


def _reap(pid: int) -> None:
    """Reap ``pid`` if it is a child of this process that has ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
