# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of this machine, as errors with a fix instead of exceptions of Python."""

from __future__ import annotations

import errno
import os
import resource
import sys

from ..errors import BootstrapError

MOST_GROWTH = 768 * 2**20
"""Bytes that answers of servers may add to this process's memory, all together."""
_before: dict[int, int] = {}
"""By process: its memory at the first check."""


def room(more: int) -> bool:
    """Whether ``more`` bytes may be added for answers of servers. For large ones only: a check takes some 20 microseconds."""
    now = _memory()
    return now + more <= _before.setdefault(os.getpid(), now) + MOST_GROWTH


def _memory() -> int:
    """Bytes that this process has in memory; its peak where the system reports only that (macOS)."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def reached(error: BaseException) -> BootstrapError | None:
    """The limit behind this exception or one of its causes; ``None`` for all others."""
    cause: BaseException | None = error
    while cause is not None:
        code = cause.errno if isinstance(cause, OSError) else None
        if code in (errno.EMFILE, errno.ENFILE):
            return BootstrapError(
                f"Too many open files: this process may have {_limit(resource.RLIMIT_NOFILE)}.",
                fix="Allow more, 256 for instance: ulimit -n 256",
            )
        if isinstance(cause, MemoryError) or code == errno.ENOMEM:
            return BootstrapError(
                f"There is no memory left: this process may use {_limit(resource.RLIMIT_AS, 2**20, ' MiB')}.",
                fix="Allow more (ulimit -v; in a container, its limit of memory).",
            )
        if code == errno.EAGAIN or "can't start new thread" in str(cause):
            return BootstrapError(
                f"No further thread or process can be started: this user may have {_limit(resource.RLIMIT_NPROC)}.",
                fix="Allow more (ulimit -u; in a container, its limit of processes), or more memory (ulimit -v): each thread takes some.",
            )
        cause = cause.__cause__
    return None


def _limit(which: int, unit: int = 1, name: str = "") -> str:
    soft = resource.getrlimit(which)[0]
    return "any number, and the system has no more" if soft == resource.RLIM_INFINITY else f"{soft // unit}{name}"
