# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of this machine that are reached: in words, instead of an exception of Python's. Private to the collection."""

from __future__ import annotations

import errno
import os
import resource
import sys

from ..errors import BootstrapError

MOST_GROWTH = 768 * 2**20
"""Bytes that answers of servers may add to this process's memory, all together."""
_before: dict[int, int] = {}
"""By process: its memory when it was looked at first."""


def room(more: int) -> bool:
    """Whether so many bytes may be added for answers of servers. Ask for large ones alone: to ask takes some 20 microseconds."""
    now = _memory()
    return now + more <= _before.setdefault(os.getpid(), now) + MOST_GROWTH


def _memory() -> int:
    """Bytes that this process has in memory; where the system does not tell (macOS), that it has had at most."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def reached(error: BaseException) -> BootstrapError | None:
    """The limit that this exception, or one that it comes from, is about; ``None`` for all others."""
    seen: BaseException | None = error
    while seen is not None:
        code = seen.errno if isinstance(seen, OSError) else None
        if code in (errno.EMFILE, errno.ENFILE):
            return BootstrapError(
                f"Too many open files: this process may have {_limit(resource.RLIMIT_NOFILE)}.",
                fix="Allow more, 256 for instance: ulimit -n 256",
            )
        if isinstance(seen, MemoryError) or code == errno.ENOMEM:
            return BootstrapError(
                f"There is no memory left: this process may use {_limit(resource.RLIMIT_AS, 2**20, ' MiB')}.",
                fix="Allow more (ulimit -v; in a container, its limit of memory).",
            )
        if code == errno.EAGAIN or "can't start new thread" in str(seen):
            return BootstrapError(
                f"No further thread or process can be started: this user may have {_limit(resource.RLIMIT_NPROC)}.",
                fix="Allow more (ulimit -u; in a container, its limit of processes), or more memory (ulimit -v): each thread takes some.",
            )
        seen = seen.__cause__
    return None


def _limit(which: int, unit: int = 1, name: str = "") -> str:
    soft = resource.getrlimit(which)[0]
    return "any number, and the system has no more" if soft == resource.RLIM_INFINITY else f"{soft // unit}{name}"
