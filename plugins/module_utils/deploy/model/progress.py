# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is reported while a deployment is under way."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from .timeline import Timeline

Say = Callable[[str], None]

_UNCHANGED = 15
"""So many times longer nothing is said where nothing has changed: half a minute."""


class Ticker:
    """Says ``state``, with the seconds since the start, once nobody has said anything for ``every`` seconds. Use it in ``with``.

    While it stays the same it is said again, in short, after so much longer that a log does not fill with it.
    """

    def __init__(self, say: Say, every: float = 2.0) -> None:
        self.state = ""
        self.title = ""
        """Comes before the state, and is said also without one."""
        self.timeline = Timeline()
        self._say = say
        # A little early, so that it is not late.
        self._every = every * 0.9
        self._start = self._spoken = time.monotonic()
        self._said = ""
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
        """Say a line at once."""
        with self._lock:
            self._say(line)
            self._spoken = time.monotonic()

    def _tick(self) -> None:
        # Nobody reads it any more where the terminal is gone: the work goes on.
        with contextlib.suppress(OSError, ValueError):
            while not self._ended.wait(max(self._spoken + self._every - time.monotonic(), self._every / 8)):
                title, state = self.title, self.state
                line = "; ".join(filter(None, (title, state)))
                same, quiet = line == self._said, time.monotonic() - self._spoken
                if not line:
                    self._spoken = time.monotonic()
                elif quiet >= self._every * (_UNCHANGED if same else 1):
                    short = "; ".join(filter(None, (title, state.partition(": ")[0])))
                    self.say(f"{time.monotonic() - self._start:.0f} s, {f'no change: {short}' if same else line}")
                    self._said = line
