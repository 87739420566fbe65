# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress messages of a deployment."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from .timeline import Timeline

Say = Callable[[str], None]

_UNCHANGED = 15
"""An unchanged state is reported after so many intervals: half a minute."""


class Ticker:
    """Reports ``state``, with the seconds since the start, after ``every`` seconds without a message. Use it in ``with``.

    An unchanged state is repeated in short, and less often, so that it does not fill a log.
    """

    def __init__(self, say: Say, every: float = 2.0) -> None:
        self.state = ""
        self.title = ""
        """Precedes the state, and is also reported without one."""
        self.timeline = Timeline()
        self._say = say
        # Slightly early, so that a message is never late.
        self._every = every * 0.9
        self._start = self._spoken = time.monotonic()
        self._last = ""
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Ticker:
        self._start = self._spoken = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def say(self, line: str) -> None:
        """Report a line at once."""
        with self._lock:
            self._say(line)
            self._spoken = time.monotonic()

    def _tick(self) -> None:
        # If the terminal is gone, the work continues without messages.
        with contextlib.suppress(OSError, ValueError):
            while not self._ended.wait(max(self._spoken + self._every - time.monotonic(), self._every / 8)):
                title, state = self.title, self.state
                line = "; ".join(filter(None, (title, state)))
                same, quiet = line == self._last, time.monotonic() - self._spoken
                if not line:
                    self._spoken = time.monotonic()
                elif quiet >= self._every * (_UNCHANGED if same else 1):
                    short = "; ".join(filter(None, (title, state.partition(": ")[0])))
                    self.say(f"{time.monotonic() - self._start:.0f} s, {f'no change: {short}' if same else line}")
                    self._last = line
