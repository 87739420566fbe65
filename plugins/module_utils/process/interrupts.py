# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SIGINT and SIGTERM, noted when they arrive and acted upon where work can stop.

A handler that raises does so anywhere: within a hook of ``os.fork``, where the exception is swallowed, or with a lock held. So it only
takes a note, and writes to a pipe that waits select on. Outside of ``noted`` all functions here do nothing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GLANCE = 0.1
"""Seconds between two checks: some waits can't be woken, and none by a signal that arrives right before it begins."""


@dataclass
class _Note:
    reading: int
    writing: int
    process: int
    number: int | None = None
    count: int = 0
    acted_upon: bool = False


_note: _Note | None = None


@contextlib.contextmanager
def noted() -> Iterator[Callable[[], bool]]:
    """The first signal ends the ``with`` statement at the next ``check`` or ``pause``, as KeyboardInterrupt; what was done can be recorded.

    Then the signal has its usual effect. A second one ends the process at once; in a worker of Ansible a third one, as that passes on
    each signal, and then terminates its workers (ansible.executor.task_queue_manager). Yields a function: whether one is
    not yet acted upon.
    """
    global _note
    reading, writing = os.pipe()
    note = _note = _Note(reading, writing, os.getpid())
    before = {number: signal.signal(number, _take_note) for number in SIGNALS}
    try:
        yield lambda: note.number is not None and not note.acted_upon
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _note = None
        os.close(reading)
        os.close(writing)
        if note.number is not None:
            os.kill(os.getpid(), note.number)


def _take_note(number: int, _frame: object) -> None:
    note = _note
    most = 2 if multiprocessing.parent_process() else 1
    if note is None or note.count >= most or note.process != os.getpid():
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    note.count += 1
    if note.number is not None:
        return
    note.number = number
    os.write(note.writing, b".")


def pending() -> bool:
    """Whether a signal was noted."""
    return _note is not None and _note.number is not None


def check() -> None:
    """Raises KeyboardInterrupt if a signal was noted: in the main thread once, so that what was done can be recorded; always in others."""
    note = _note
    if note is None or note.number is None:
        return
    if threading.current_thread() is threading.main_thread():
        if note.acted_upon:
            return
        note.acted_upon = True
    raise KeyboardInterrupt


def pause(seconds: float) -> None:
    """Sleep, but for a signal."""
    check()
    if _note is None or _note.acted_upon:
        time.sleep(max(seconds, 0.0))
        return
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        select.select(sources(), [], [], min(left, GLANCE))
        check()


def sources() -> list[int]:
    """What ``select`` should include, so that a signal wakes it."""
    return [_note.reading] if _note is not None and not _note.acted_upon else []


def communicate(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """As ``Popen.communicate`` with a timeout, but for a signal."""
    end = time.monotonic() + seconds
    while True:
        try:
            return process.communicate(timeout=min(max(end - time.monotonic(), 0.0), GLANCE))
        except subprocess.TimeoutExpired:
            check()
            if time.monotonic() >= end:
                raise
