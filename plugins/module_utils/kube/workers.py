# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work side by side, in threads."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from ..process import interrupts

T = t.TypeVar("T")
R = t.TypeVar("R")

CONNECTIONS = 8
"""Requests side by side; more gained nothing with a server that is near."""
FAR, FAR_CONNECTIONS = 0.01, 16
"""From so many seconds of round trip on, more are of use: a write that creates something waits for two round trips."""


class Workers:
    """Threads that start with the first work. Safe to use from several threads."""

    def __init__(self, round_trip: Callable[[], float]) -> None:
        """``round_trip()``: seconds to the server and back, asked once."""
        self._round_trip = round_trip
        self._pool: ThreadPoolExecutor | None = None
        self._thread = threading.local()

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """As ``Client.map`` documents it."""
        if getattr(self._thread, "is_worker", False):
            return [work(item) for item in items]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=CONNECTIONS if self._round_trip() < FAR else FAR_CONNECTIONS)
        interrupts.check()
        futures = [self._pool.submit(self._run, work, item) for item in items]
        try:
            for future in futures:
                while not _ends(future, interrupts.GLANCE):
                    interrupts.check()
        except BaseException:  # interrupted: what has not begun does not begin any more
            for future in futures:
                future.cancel()
            raise
        try:
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            interrupts.check()  # a thread noticed the signal
            raise

    def _run(self, work: Callable[[T], R], item: T) -> R:
        self._thread.is_worker = True
        return work(item)

    def close(self) -> None:
        """Wait for what has begun; what has not is dropped."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def _ends(future: Future[t.Any], seconds: float) -> bool:
    """Whether it ends within some time, however it ends."""
    try:
        future.exception(seconds)
    except TimeoutError:
        return future.done()
    return True
