# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long an exchange may take."""

from __future__ import annotations

import time


class ExchangeTimeout(TimeoutError):
    """The time for the whole exchange is over."""


class ExchangeDeadline:
    """The limit of one exchange, from the connection to the last byte of the answer, even if the server sends a byte a second.

    Only name resolution has limits of its own, those of the system's resolver.
    """

    def __init__(self, idle: float, total: float, connect: float | None = None) -> None:
        """``idle``: seconds without a byte; ``total``: seconds for all of it; ``connect``: seconds for a connection, if they are fewer."""
        self.idle, self.total, self.connect = idle, total, idle if connect is None else connect
        self._end = time.monotonic() + total

    @property
    def over(self) -> bool:
        """Whether the time for all of it is over."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds to wait for the next byte. Raises ``ExchangeTimeout`` where none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise ExchangeTimeout
        return min(left, self.idle)

    def missed(self) -> str:
        """The limit that was exceeded, for a message."""
        if self.over and self.total > self.idle:
            return f"not all of an answer within {self.total:g} seconds"
        return f"no answer within {min(self.idle, self.total):g} seconds"
