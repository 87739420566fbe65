# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When the API server says no or nothing: the errors of ``api``, and which of them pass by themselves. Private to the collection."""

from __future__ import annotations

import random
import re
import socket
import ssl
import threading
import time
import typing as t
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from .errors import BootstrapError
from .kubeconfig import Connection
from .redaction import clean, cleaned

Json = dict[str, t.Any]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_SPEAK_EVERY = 1.0
_BRIEFLY, _A_MOMENT = 10.0, 2.0
"""Seconds. What only seems to pass by itself is given no longer; less where it is only read."""
_AWAY = {500, 502, 503, 504}
# Refusals that stay, whatever the status: an admission webhook's own "no" (it chooses the status), and objects that server-side apply
# can't make sense of, which it answers with 500 (apimachinery, managedfields/internal/structuredmerge.go; seen with Kubernetes 1.35).
_STAYS = re.compile(
    r"denied the request|failed to (create typed|convert) (patch|live|new) object|errors? (when )?converting|strict decoding error"
)
# Admission that has not read its configuration yet, a quota that was not counted yet, and roles that a starting API server has not read
# yet (apiserver/pkg/admission/initializer "not yet ready"; plugin/pkg/admission/resourcequota; the RBAC authorizer).
_STARTING = re.compile(r"not yet ready to handle request|status unknown for quota|RBAC: .*not found", re.DOTALL)


class Unreachable(BootstrapError):
    """No answer from the API server. ``passes``: it may answer another time."""

    def __init__(self, message: str, *, fix: str | None = None, passes: bool = True) -> None:
        self.passes = passes
        super().__init__(message, fix=fix)


def unreachable(error: Exception, connection: Connection, timeout: float) -> Unreachable:
    """What kept an API server from answering, in words. ``timeout``: the seconds that it was given."""
    where = f"{connection.server} (context {connection.name})"
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"its certificate can't be trusted: {error.verify_message}"
        return Unreachable(
            f"The API server {where} was not asked: {why}.",
            fix="Check certificate-authority and server in the kubeconfig.",
            passes=False,
        )
    if isinstance(error, zlib.error):
        return Unreachable(f"The answer of the API server {connection.server} can't be read: {error}.")
    if isinstance(error, (socket.timeout, TimeoutError)):
        why = f"no answer within {timeout:g} seconds"
    elif isinstance(error, socket.gaierror):
        why = f"its name can't be resolved ({error.strerror})"
    else:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Unreachable(f"The API server {where} can't be reached: {why}.", fix="Is the cluster up, and the VPN or proxy to it?")


class ApiError(BootstrapError):
    """The API server said no. ``code`` is the HTTP status, ``reason`` and ``causes`` those of its Status object."""

    def __init__(self, code: int, status: Json, what: str) -> None:
        self.code = code
        self.reason = clean(str(status.get("reason") or ""))
        self.said = clean(str(status.get("message") or f"HTTP {code}"))
        details = status.get("details")
        self.causes: list[Json] = cleaned(details.get("causes") or []) if isinstance(details, dict) else []
        super().__init__(f"{what}: {self.said}")


@dataclass
class Sent:
    """A request. ``failures``: how often it failed until now; ``since``: when it first did, by the monotonic clock."""

    method: str
    path: str
    content_type: str
    failures: int = 0
    since: float = 0.0

    @property
    def may_be_sent_twice(self) -> bool:
        """Reads, deletions, patches that say what is to be (apply, merge), and questions about rights. Not a PUT or POST."""
        if self.method == "POST":
            return self.path.startswith(("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/"))
        return self.method in ("GET", "DELETE") or (self.method == "PATCH" and "json-patch" not in self.content_type)


class Repeating:
    """Whether and when to send requests again, for all threads that send some. ``left()``: seconds that remain for all of it."""

    def __init__(self, left: Callable[[], float], say: Callable[[str], None], server: str) -> None:
        self.left = left
        self._say = say
        self._server = server
        self._spoken = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def end(self) -> None:
        """Wake up who waits: nothing is sent again from now on."""
        self._ended.set()

    def pause(self, sent: Sent, failure: ApiError | Unreachable, retry_after: float | None) -> bool:
        """Wait until it is time to send a request again; false where that is of no use, or there is no time left.

        ``retry_after``: what the server asked for, in seconds; it is never asked earlier.
        """
        sent.since = sent.since or time.monotonic()
        allowed = patience(sent, failure)
        left = min(self.left(), allowed - (time.monotonic() - sent.since)) if allowed else 0.0
        pause = retry_after or min(_FIRST_PAUSE * 2 ** (sent.failures - 1), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        if left <= 0 or pause > left and retry_after:
            return False
        self._tell(failure, time.monotonic() - sent.since)
        return not self._ended.wait(min(pause, left))

    def _tell(self, failure: ApiError | Unreachable, seconds: float) -> None:
        """Nothing of a first stumble."""
        now = time.monotonic()
        with self._lock:
            if seconds < _SPEAK_EVERY or now - self._spoken < _SPEAK_EVERY:
                return
            self._spoken = now
        why = failure.message if isinstance(failure, Unreachable) else f"The API server {self._server} refuses for now: {failure.said}"
        self._say(f"{why} Trying again, {seconds:.0f} s so far.")


def patience(sent: Sent, failure: ApiError | Unreachable) -> float:
    """For how many seconds a request may be sent again after it failed like this; 0 for what does not pass by itself.

    As ``Retry-After`` tells in https://kubernetes.io/docs/concepts/cluster-administration/flow-control/, 429 means that nothing was done,
    so that any request may be sent again. A conflict that names no fields is two writers at the same moment.
    """
    if isinstance(failure, Unreachable):
        return float("inf") if failure.passes and sent.may_be_sent_twice else 0.0
    if failure.code == 429:
        return float("inf")
    if not sent.may_be_sent_twice or _STAYS.search(failure.said):
        return 0.0
    if failure.code in _AWAY:
        return float("inf")
    if failure.code == 409 and not failure.causes and sent.method != "DELETE":
        return _BRIEFLY
    if failure.code == 403 and _STARTING.search(failure.said):
        return _A_MOMENT if sent.method == "GET" else _BRIEFLY
    return 0.0
