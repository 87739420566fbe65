# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evaluates Jsonnet within bounds of time and memory.

The evaluator can't be stopped from within its process, so it runs in a child: a copy of this process, which the kernel bounds and
which is killed when its time is up. The copy costs some 5 ms, a new interpreter would cost ten times that.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import math
import os
import resource
import select
import signal
import struct
import time
import typing as t
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...errors import BootstrapError, missing_library
from ...process import interrupts

_not_loaded: ImportError | None = None
try:
    import rjsonnet
except ImportError as error:
    rjsonnet, _not_loaded = None, error  # type: ignore[assignment]

Read = Callable[[str, str], tuple[str, str]]
"""Reads an import: the importing file's folder and the name, to the file's path and text. Raises LookupError for a missing one."""

_HEAD = struct.Struct("!cQ")
_IMPORT, _RUN, _RESULT, _ERROR, _NO_MEMORY = b"i", b"n", b"r", b"e", b"m"
_CHUNK = 1 << 20
NOT_FINITE = "a number is not finite"


@dataclass(frozen=True)
class Limits:
    """``seconds`` that an evaluation may take; ``memory``: bytes that it may use (not enforced on macOS)."""

    seconds: float = 60
    memory: int = 2**30


@dataclass(frozen=True)
class Run:
    """One run of the evaluator. ``codes``: external variables as Jsonnet; the result of the run before is added as ``previous``."""

    snippet: str
    codes: dict[str, str]
    read: Read
    previous: str | None = None


class EvaluatorError(Exception):
    """An error of the evaluator; ``read``: the paths imported until then, in order; ``run``: the number of the run, from 1."""

    def __init__(self, text: str, read: list[str], run: int = 0) -> None:
        super().__init__(text)
        self.read = read
        self.run = run


class LimitError(EvaluatorError):
    """A limit was reached."""


def evaluate(runs: list[Run], limits: Limits) -> str:
    """The JSON result of the last run. Raises EvaluatorError, LimitError or, without the evaluator, BootstrapError."""
    if rjsonnet is None:
        if isinstance(_not_loaded, ModuleNotFoundError):
            raise missing_library("To evaluate the application", "rjsonnet")
        fix = "Is there memory enough (ulimit -v), and is it the one for this machine and Python?"
        raise BootstrapError(f"rjsonnet, which evaluates the application, can't be loaded: {_not_loaded}.", fix=fix)
    limits, present = _within(limits)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Other threads don't matter to the child: it does nothing but evaluate, write to its pipe and end.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = _forked(lambda: _child(runs, limits, present, reading, writing))
    os.close(writing)
    try:
        text, in_time = _received(reading, time.monotonic() + limits.seconds)
    finally:
        os.close(reading)
        status = _ended(child)
    return _result(text, in_time, status, limits)


def _forked(work: Callable[[], t.NoReturn]) -> int:
    """Process id of a child that does ``work``. Signals are blocked meanwhile: no handler of this process may run in the child."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts.SIGNALS)
    try:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends this process
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            work()
        return child
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _child(runs: list[Run], limits: Limits, present: int | None, reading: int, writing: int) -> t.NoReturn:
    """Evaluate and exit, without the exit handlers of the parent."""
    with contextlib.suppress(BaseException):
        try:
            os.close(reading)
            faulthandler.disable()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the evaluator's message when it runs out of memory
            _bound(limits, present)
            text = ""
            for run in runs:
                _send(writing, _RUN, "")
                codes = run.codes if run.previous is None else {**run.codes, run.previous: text}
                read = _reported(run.read, writing)
                text = rjsonnet.evaluate_snippet("<application>", run.snippet, ext_codes=codes, import_callback=read)
                if run is not runs[-1]:
                    json.loads(text)  # it becomes Jsonnet: not with the evaluator's words for what is not finite
            _send(writing, _RESULT, text)
        except MemoryError:
            _send(writing, _NO_MEMORY, "")
        except json.JSONDecodeError:
            _send(writing, _ERROR, NOT_FINITE)
        except BaseException as error:
            # The evaluator's errors are RuntimeErrors; it panics with an exception that derives from BaseException.
            _send(writing, _ERROR, str(error))
    os._exit(0)


def _within(limits: Limits) -> tuple[Limits, int | None]:
    """The limits, lowered to the memory of this process; and its present size in bytes, where the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            present = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return limits, None  # this system has no /proc, and enforces no such limit
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    return limits if hard == resource.RLIM_INFINITY else replace(limits, memory=max(min(limits.memory, hard - present), 0)), present


def _bound(limits: Limits, present: int | None) -> None:
    # The parent watches the time; this bound holds even where the parent is killed.
    seconds, hard = math.ceil(limits.seconds) + 1, resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or seconds < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if present is not None:
        resource.setrlimit(resource.RLIMIT_AS, (present + limits.memory, present + limits.memory))


def _reported(read: Read, writing: int) -> Read:
    """Reports imports to the parent, which names the last one when a limit is reached."""

    def reading(folder: str, name: str) -> tuple[str, str]:
        path, text = read(folder, name)
        _send(writing, _IMPORT, path)
        return path, text

    return reading


def _send(writing: int, kind: bytes, text: str) -> None:
    data = memoryview(text.encode("utf-8", "replace"))
    parts = [memoryview(_HEAD.pack(kind, len(data))), data]
    for part in parts:
        while part:
            part = part[os.write(writing, part[:_CHUNK]) :]


def _received(reading: int, deadline: float) -> tuple[bytes, bool]:
    """The child's output, and whether it ended before the deadline."""
    received = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        interrupts.check()
        if reading in select.select([reading, *interrupts.sources()], [], [], min(left, interrupts.GLANCE))[0]:
            data = os.read(reading, _CHUNK)
            if not data:
                return bytes(received), True
            received += data
    return bytes(received), False


def _ended(child: int) -> int:
    """Kill the child if it runs; its status."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    try:
        return os.waitpid(child, 0)[1]
    except ChildProcessError:
        return 0  # another handler reaped it


def _result(received: bytes, in_time: bool, status: int, limits: Limits) -> str:
    read: list[str] = []
    position = run = 0
    while position + _HEAD.size <= len(received):
        kind, size = _HEAD.unpack_from(received, position)
        start = position + _HEAD.size
        position = start + size
        if position > len(received):
            break
        text = received[start:position].decode("utf-8")
        if kind == _RESULT:
            return text
        if kind == _ERROR:
            raise EvaluatorError(text, read, run)
        if kind == _NO_MEMORY:
            break
        if kind == _RUN:
            run += 1
        else:
            read.append(text)
    if not in_time or os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        raise LimitError(f"evaluation took more than {limits.seconds:g} seconds", read, run)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGSEGV, signal.SIGBUS):
        raise LimitError("the evaluator's stack overflowed: something is nested without end", read, run)
    raise LimitError(f"evaluation took more than {_size(limits.memory)} of memory", read, run)


def _size(count: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count} bytes"


def parse(text: str) -> t.Any:
    """The evaluator's JSON as plain data. Raises EvaluatorError for a number that is not finite."""
    try:
        return json.loads(text, parse_int=_whole)
    except ValueError:
        raise EvaluatorError(NOT_FINITE, []) from None


def _whole(text: str) -> int | float:
    """A number without a fraction: exactly the double that it is; beyond 64 bits it stays one."""
    number = float(text)
    return int(number) if abs(number) < 2**63 else number
