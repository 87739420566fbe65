# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long tests wait before they say that something hangs. No test measures how fast anything is; that is what tests/bench is for."""

from __future__ import annotations

import contextlib
import signal
import time
import types
from collections.abc import Callable, Iterator

import pytest

FACTOR = 20
"""The slowest machine that counts, loaded with other work, beside a fast and quiet one."""


def patience(seconds: float) -> float:
    """The limit for what takes ``seconds`` on a fast and quiet machine, with everything that it waits for."""
    return FACTOR * seconds


@contextlib.contextmanager
def no_hang(seconds: float) -> Iterator[None]:
    """Fails the test, wherever its main thread is, where the block takes longer than ``patience(seconds)``."""

    def over(_signal: int, _frame: types.FrameType | None) -> None:
        pytest.fail(f"It hangs: not done after {patience(seconds):g} seconds.")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, patience(seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def until(met: Callable[[], object], what: str = "what is waited for", seconds: float = 1.0) -> None:
    """Wait for a condition that is met within ``seconds`` on a fast and quiet machine."""
    end = time.monotonic() + patience(seconds)
    begin = time.monotonic()
    while not met():
        now = time.monotonic()
        assert now < end, f"It hangs: not after {patience(seconds):g} seconds: {what}"
        # What is waited for needs the core, too, where a look takes long.
        time.sleep(max(0.02, now - begin))
        begin = time.monotonic()
