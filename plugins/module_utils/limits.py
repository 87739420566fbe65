# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of this machine that are reached: in words, instead of an exception of Python's. Private to the collection."""

from __future__ import annotations

import errno
import resource

from .errors import BootstrapError


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
