# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long requests may take, and how long they are retried: values, by which a view of the client goes (``Client.with_policy``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

TOTAL = 120.0


@dataclass(frozen=True)
class Deadline:
    """A point in time, ``seconds`` from now."""

    seconds: float
    _start: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds until then; 0 after it."""
        return max(self._start + self.seconds - time.monotonic(), 0.0)

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return self.left() == 0.0


@dataclass(frozen=True)
class RetryPolicy:
    """Requests that may be sent twice are sent again until ``deadline``, as long as they fail with a transient error (``retry``)."""

    deadline: Deadline
    say: Callable[[str], None]
    """Gets a line a second at most while the server is away, and fewer as time goes by."""


@dataclass(frozen=True)
class RequestPolicy:
    """The limits of each request, and of all of them together."""

    timeout: float = 30.0
    """Seconds without a byte after which a request fails."""
    total: float = TOTAL
    """Seconds that one request may take, from the connection to the last byte, however steadily the server sends."""
    deadline: Deadline | None = None
    """The end of all requests together: one that is under way then is cut off, as ``Unreachable``."""
    retry: RetryPolicy | None = None
    """Without it only what the server did not accept (429) is sent again, a few times."""


DEFAULT = RequestPolicy()
