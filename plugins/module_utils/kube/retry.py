# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which errors are transient, and when a request is sent again after one."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from .api_errors import ApiError, InvalidResponse, Unreachable
from .policy import Deadline, RetryPolicy

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_TRIES, _LONGEST_THROTTLED = 5, 10.0
"""Without a retry policy: how often a request is sent, and the longest pause in between."""
_SPEAK_FIRST, _SPEAK_LAST = 1.0, 30.0
"""Seconds between two lines about the same reason, doubled each time."""
LARGE = 64 * 1024
"""Bytes from which a request is large, as most CustomResourceDefinitions are."""
_ALWAYS, _BRIEFLY, _A_MOMENT, _NEVER = float("inf"), 10.0, 2.0, 0.0
"""Seconds for which a request is retried."""
# Ports and times differ at each attempt: "read tcp 10.0.0.1:43210->10.0.0.2:2379: connection reset by peer".
_NUMBER = re.compile(r"\d+")
# The "no" of an admission webhook, which chooses its status itself.
_DENIED = re.compile(r"denied the request")


class _Transient(t.NamedTuple):
    """A transient error: for how many seconds reads and writes are retried after it."""

    codes: tuple[int, ...]
    text: re.Pattern[str]
    reads: float
    writes: float


def _known(codes: tuple[int, ...], text: str, reads: float = _ALWAYS, writes: float = _ALWAYS) -> _Transient:
    return _Transient(codes, re.compile(text, re.DOTALL), reads, writes)


# All else is permanent. The first that fits counts. The texts are those of Kubernetes 1.30 to 1.35.
_TRANSIENT = (
    # apiextensions-apiserver, conversion/webhook_converter.go. Its server may be starting, or be gone for good: a list that can be
    # skipped is not worth a wait. With 429 where the API server has not filled its cache of them yet.
    _known((429, 500), "conversion webhook for .* failed", reads=_A_MOMENT),
    # apiserver, storage/cacher: its cache can't be filled, perhaps permanently (objects that can't be decoded or decrypted).
    _known((429, 500), r"storage is \(re\)initializing: failed to list", reads=_BRIEFLY),
    # https://kubernetes.io/docs/concepts/cluster-administration/flow-control/: nothing was done.
    _known((429,), ""),
    # kube-aggregator, apiserver/handler_proxy.go, and apimachinery, util/proxy: an aggregated API server does not answer.
    _known((503,), "^service unavailable$|error trying to reach service", reads=_A_MOMENT),
    # Proxies and load balancers without an API server behind them; API servers that start, stop or are overloaded.
    _known((502, 503, 504), ""),
    # apiserver, admission/plugin/webhook: the server of a webhook is not up yet.
    _known((500,), "failed (calling|to call) webhook"),
    # etcd, api/v3rpc/rpctypes/error.go, and grpc's status codes.
    _known(
        (500,), "etcdserver: (leader changed|not leader|no leader|request timed out|too many requests|server stopped|unhealthy cluster)"
    ),
    _known((500,), r"rpc error: code = (Unavailable|DeadlineExceeded|Canceled|Aborted)"),
    # Errors of Go about connections, here of the API server's to etcd and others.
    _known(
        (500,),
        r"connection re(fused|set)|broken pipe|i/o timeout|TLS handshake timeout|context (deadline exceeded|canceled)|\bEOF\b"
        r"|no route to host|client connection (lost|force closed)|http2: ",
    ),
    # apiextensions-apiserver, apiserver/customresource_handler.go; apiserver, storage/cacher; registry/core/service/ipallocator.
    _known((500,), r"storage is \(re\)initializing|not yet ready|at this time"),
    # plugin/pkg/admission/resourcequota: busy counting.
    _known((500,), "resource quota evaluation timed out"),
    # Two writers at the same moment, or an object of that name that is still being deleted (apiserver, registry/generic/registry/store.go).
    _known((409,), "object has been modified|object is being deleted|already exists", writes=_BRIEFLY),
    # Admission that has not read its configuration yet, a quota that was not counted yet, and roles that a starting API server has not
    # read yet (apiserver/pkg/admission/initializer; plugin/pkg/admission/resourcequota; the RBAC authorizer).
    _known((403,), "not yet ready to handle request|status unknown for quota|RBAC: .*not found", reads=_A_MOMENT, writes=_BRIEFLY),
)


@dataclass
class Attempt:
    """A request and its failures so far. ``since``: the time of the first one, by the monotonic clock."""

    method: str
    path: str
    content_type: str
    failures: int = 0
    since: float = 0.0
    size: int = 0
    """Bytes of its body."""
    went: bool = True
    """Whether it may have reached the server: not without a connection, or with one that could not be proved."""

    @property
    def may_be_sent_twice(self) -> bool:
        """Reads, deletions, patches, and questions about rights. A PUT or POST before it went.

        Patches state a result (apply, merge), are dry runs, or name the resourceVersion that they are for (JSON patch).
        """
        if not self.went:
            return True
        if self.method == "POST":
            return self.path.startswith(("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/"))
        return self.method in ("GET", "DELETE", "PATCH")


class Concurrency:
    """Limits the large requests that are under way side by side: half as many after each that was too much for the server."""

    def __init__(self) -> None:
        self._most = 2**10
        self._under_way = 0
        self._changed = threading.Condition()
        self._ended = False

    @contextlib.contextmanager
    def place(self, size: int) -> Iterator[None]:
        """Wait until a request of ``size`` bytes may be sent."""
        if size < LARGE:
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._under_way < self._most)
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def narrow(self) -> None:
        """A large request was not answered in time, or refused as one too many."""
        with self._changed:
            self._most = max(min(self._most, self._under_way + 1) // 2, 1)

    def end(self) -> None:
        """Let everything through."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Retries:
    """Whether and when requests are sent again by a policy, for all threads that send some.

    ``reported``: the reasons that were reported before; more are added.
    """

    def __init__(self, policy: RetryPolicy, server: str, reported: set[str]) -> None:
        self._policy = policy
        self._server = server
        self._reported_at, self._silence = 0.0, _SPEAK_FIRST
        self._reported = reported
        self.concurrency = Concurrency()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def end(self) -> None:
        """Wake up who waits: nothing is sent again from now on."""
        self._ended.set()
        self.concurrency.end()

    def wait(self, attempt: Attempt, failure: ApiError | Unreachable, retry_after: float | None) -> bool:
        """Wait until it is time to send a request again; false where that is of no use, or there is no time left.

        ``retry_after``: seconds that the server asks for; no retry is sent earlier.
        """
        too_much = failure.slow if isinstance(failure, Unreachable) else failure.code in (429, 504)
        if too_much and attempt.size >= LARGE:
            self.concurrency.narrow()
        attempt.since = attempt.since or time.monotonic()
        allowed = patience(attempt, failure)
        left = min(self._policy.deadline.left(), allowed - (time.monotonic() - attempt.since)) if allowed else 0.0
        pause = retry_after or min(_FIRST_PAUSE * 2 ** (attempt.failures - 1), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        if left <= 0 or pause > left and retry_after:
            return False
        self._report(failure, time.monotonic() - attempt.since)
        return not self._ended.wait(min(pause, left))

    def _report(self, failure: ApiError | Unreachable, seconds: float) -> None:
        """Report a failure that lasts; each reason once."""
        now = time.monotonic()
        with self._lock:
            if seconds < _SPEAK_FIRST or now - self._reported_at < _SPEAK_FIRST:
                return
            why = failure.message
            if isinstance(failure, ApiError):
                why = f"The API server {self._server} refuses for now: {failure.status_message}"
            reason = _NUMBER.sub("", why)
            known = reason in self._reported
            if known and now - self._reported_at < self._silence:
                return
            self._reported.add(reason)
            self._reported_at, self._silence = now, min(2 * self._silence, _SPEAK_LAST) if known else 2 * _SPEAK_FIRST
        self._policy.say(("" if known else f"{why.rstrip('.')}. ") + f"Trying again, {seconds:.0f} s so far.")


def wait_if_throttled(attempt: Attempt, failure: ApiError | Unreachable, retry_after: float | None, deadline: Deadline | None) -> bool:
    """Without a retry policy: wait where the server did not accept a request (429); false for other failures, and after a few times."""
    if not isinstance(failure, ApiError) or failure.code != 429 or attempt.failures >= _TRIES or not retried_forever(attempt, failure):
        return False
    left = deadline.left() if deadline else _LONGEST_THROTTLED
    time.sleep(min(retry_after or random.uniform(0.5, 1.0) * attempt.failures, _LONGEST_THROTTLED, left))
    return True


def patience(attempt: Attempt, failure: ApiError | Unreachable) -> float:
    """Seconds for which a request may be retried after this failure; 0 for a permanent error."""
    if isinstance(failure, InvalidResponse):
        return _BRIEFLY if attempt.may_be_sent_twice else _NEVER
    if isinstance(failure, Unreachable):
        return _ALWAYS if failure.transient and attempt.may_be_sent_twice else _NEVER
    known = _transient(failure)
    if known is None or failure.code != 429 and not attempt.may_be_sent_twice:
        return _NEVER
    if failure.code == 409 and (attempt.method == "DELETE" or "json-patch" in attempt.content_type):
        return _NEVER  # its preconditions do not hold
    return known.reads if attempt.method == "GET" else known.writes


def retried_forever(attempt: Attempt, failure: ApiError) -> bool:
    """Whether a refusal may be retried without limit."""
    return patience(attempt, failure) == _ALWAYS


def transient(error: ApiError) -> bool:
    """Whether an error is known to be transient."""
    return _transient(error) is not None


def _transient(error: ApiError) -> _Transient | None:
    """``None`` for a permanent error. A conflict that names fields is with another field manager, and lasts."""
    if _DENIED.search(error.status_message) or error.code == 409 and error.causes:
        return None
    return next((known for known in _TRANSIENT if error.code in known.codes and known.text.search(error.status_message)), None)
