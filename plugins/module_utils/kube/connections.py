# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connections to one API server: kept alive, logged in, and proved to lead to the cluster that the work is for."""

from __future__ import annotations

import queue
import ssl
import threading
import time
import typing as t
from collections.abc import Callable
from http.client import BadStatusLine
from urllib.parse import quote, urlencode, urlsplit

from ..formats.json_object import Json
from ..http import failures
from ..http.channel import Channel
from ..http.deadline import ExchangeDeadline
from ..http.proxies import is_loopback
from ..http.response import Headers, Response, pieces
from ..kubeconfig.load import Connection
from ..process import limits
from ..process.limits import reached
from ..redaction.redact import clean
from . import responses
from .api_errors import InvalidResponse, Unreachable, refusal, unreachable
from .paging import OnHead
from .policy import RequestPolicy
from .responses import Unacceptable
from .transport import open_connection, ssl_context

USER_AGENT = "kubeflow.bootstrap"
_HEAD = 4096
MOST = 128 * 2**20
"""Bytes of one answer; a page of 500 objects has some five million."""
_LOST = (ConnectionError, BadStatusLine)
_FLOW_SCHEMA, _PROVED = "X-Kubernetes-Pf-Flowschema-Uid", 1.0
"""Each answer names an object of its cluster alone, which proves for so many seconds where its connection leads.

https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#diagnostics
"""
OnConnect = Callable[[Callable[[str], Json]], bool]


class Request(t.NamedTuple):
    """``target``: as ``ConnectionPool.target`` makes it."""

    method: str
    target: str
    headers: dict[str, str]
    payload: bytes | None = None
    prove: bool = False
    """Whether the connection is proved right before, even if it was when it was new; unless its last answer proves as much."""
    on_head: OnHead | None = None


class Reply(t.NamedTuple):
    """An answer, whatever its status."""

    code: int
    content: bytes
    headers: Headers


class ConnectionPool:
    """Safe to use from several threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.on_connect: OnConnect | None = None
        """Called for each new connection before it carries a write or its first answer counts, and right before each write that names no
        UID, with a function that gets an object by its path on that very connection (or raises ``Unreachable``, ``ApiError``). What it
        raises refuses the connection, and fails the request: nothing was written, and nothing that was read counts. Not called where an
        answer proves the cluster. ``identity`` has the proof."""
        self.warnings: dict[str, None] = {}
        """The server's warnings, in order, each once."""
        self.requests = 0
        self.round_trip = 0.0
        """Seconds of the fastest exchange on a kept connection; 0 before there was one."""
        parts = urlsplit(connection.server)
        self.prefix = parts.path.rstrip("/")
        self.compresses = not is_loopback(parts.hostname or "")
        self._idle: queue.LifoQueue[Channel] = queue.LifoQueue()
        self._busy: set[Channel] = set()
        self._lock = threading.Lock()
        self._ssl: ssl.SSLContext | None = None
        self._login: int | None = None
        self._proofs: set[str] = set()
        """Flow schemas of answers that ``on_connect`` accepted."""
        self._all_proved, self._answered = False, 0.0
        """Whether each answer since ``begin_proving`` named one of them, and the time of the last one."""

    def close(self) -> None:
        """Close all that are idle."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def cut(self) -> None:
        """Wake up all who wait for the server, however slowly it sends."""
        for channel in list(self._busy):
            channel.cut()

    def target(self, path: str, params: dict[str, t.Any]) -> str:
        """The target of a request: ``params`` go into the query, but for those that are ``None``."""
        query = urlencode({key: _query_value(value) for key, value in params.items() if value is not None})
        return self.prefix + quote(path, safe="/:.-_~%") + (f"?{query}" if query else "")

    def login(self) -> int:
        """Log in, if nobody has; the number of the login, whose certificate connections have."""
        credentials = self.connection.credentials
        with self._lock:
            if self._login is None:
                credentials.prepare()
            login = credentials.logins
            if self._login is None or login != self._login and credentials.certificate:
                self._ssl = ssl_context(self.connection)
                self.close()
            self._login = login
            return login

    def send(self, request: Request, policy: RequestPolicy, again: bool) -> Reply:
        """Send and read. Where a kept connection is lost at that moment, a request that may be sent twice (``again``) is."""
        while True:
            deadline = self._deadline(policy)
            kept = self._kept(deadline)
            channel = kept or open_connection(self.connection, self._ssl, deadline)
            try:
                # The answer of a read may prove its cluster afterwards.
                before = not kept and (request.method != "GET" or not self._proofs)
                if before or request.prove and not self._proved(channel):
                    self._agree(channel, policy)
            except Unreachable as error:
                if kept and isinstance(error.__cause__, _LOST) and not deadline.over:
                    continue
                raise
            try:
                reply = self._exchange(channel, request)
            except failures.ERRORS as error:
                if kept and isinstance(error, _LOST) and again and not deadline.over:
                    continue
                raise self._unreachable(error, channel, policy) from error
            self._answered = channel.answered
            if channel.proof not in self._proofs:
                self._all_proved = False
                if not kept and not before:
                    self._agree(channel, policy)
            if channel.sock:
                self._idle.put(channel)
            return reply

    def open(self, policy: RequestPolicy) -> Channel:
        """A connection outside of the pool, accepted by ``on_connect``."""
        self.login()
        channel = open_connection(self.connection, self._ssl, self._deadline(policy))
        self._agree(channel, policy)
        if channel.sock is None:
            try:
                channel.connect()
            except failures.ERRORS as error:
                raise self._unreachable(error, channel, policy) from error
        return channel

    def login_headers(self) -> list[tuple[str, str]]:
        """The headers by which a request logs in."""
        credentials = self.connection.credentials
        return [*credentials.headers().items(), *credentials.more_headers]

    # --- proofs

    def begin_proving(self) -> None:
        """From now on answers must be of the cluster whose UID was read last; that answer, on the only connection, is a proof."""
        idle = list(self._idle.queue)
        self._proofs = {channel.proof for channel in idle if channel.proof and len(idle) == 1}
        self._all_proved = bool(self._proofs)

    def proved_by_answers(self) -> bool:
        """Whether all answers since then named the cluster, the last one a moment ago."""
        return self._all_proved and time.monotonic() - self._answered < _PROVED

    def _proved(self, channel: Channel) -> bool:
        """Whether the last answer on a connection, a moment ago, was of the accepted cluster."""
        return channel.proof in self._proofs and time.monotonic() - channel.answered < _PROVED

    def _agree(self, channel: Channel, policy: RequestPolicy) -> None:
        """Have ``on_connect`` accept a connection, or close it."""
        if self.on_connect is None:
            return

        def get(path: str) -> Json:
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
            try:
                reply = self._exchange(channel, Request("GET", self.prefix + quote(path), headers))
                if reply.code >= 400:
                    raise refusal(self.connection, *reply, f"GET {path}")
                responses.check_status("GET", reply.code, reply.headers)
                responses.check_type(reply.headers, "application/json")
                return responses.an_object(reply.content)
            except failures.ERRORS as error:
                raise self._unreachable(error, channel, policy) from error
            except Unacceptable as error:
                raise InvalidResponse(self.connection, f"GET {path}", str(error)) from error

        try:
            proved = self.on_connect(get)
        except BaseException as error:
            channel.close()
            self._proofs.clear()
            if isinstance(error, Unreachable):
                error.sent = False  # only the proof was
            raise
        channel.written = False
        if proved and channel.proof:
            self._proofs.add(channel.proof)

    # --- one exchange

    def _deadline(self, policy: RequestPolicy) -> ExchangeDeadline:
        """That of one request. Raises ``Unreachable`` where no time is left for any."""
        left = float("inf") if policy.deadline is None else policy.deadline.left()
        if policy.deadline and not left:
            raise Unreachable(
                f"The API server {self.connection.server} did not tell all within {policy.deadline.seconds:g} seconds.", transient=False
            )
        return ExchangeDeadline(policy.timeout, min(policy.total, left))

    def _kept(self, deadline: ExchangeDeadline) -> Channel | None:
        """An open idle connection, if any."""
        while True:
            try:
                channel = self._idle.get_nowait()
            except queue.Empty:
                return None
            if not channel.stale():
                channel.deadline, channel.written = deadline, False
                return channel
            channel.close()

    def _exchange(self, channel: Channel, request: Request) -> Reply:
        """Send and read on this connection, which is closed where that fails."""
        self.requests += 1
        self._busy.add(channel)
        try:
            headers = [*request.headers.items(), *self.login_headers()]
            kept, begin = channel.sock is not None, time.monotonic()
            response = channel.exchange(request.method, request.target, headers, request.payload)
            if kept:
                seconds = time.monotonic() - begin
                self.round_trip = min(self.round_trip or seconds, seconds)
            content = _body(response, request.on_head)
        except BaseException:
            channel.close()
            raise
        finally:
            self._busy.discard(channel)
        channel.proof, channel.answered = response.headers.get(_FLOW_SCHEMA), time.monotonic()
        for warning in response.headers.get_all("Warning"):
            self.warnings.setdefault(clean(warning.split('"', 1)[-1].rstrip('"')))
        return Reply(response.status, content, response.headers)

    def _unreachable(self, error: Exception, channel: Channel, policy: RequestPolicy) -> Unreachable:
        self._deadline(policy)  # raises where the time for all is over
        if limit := reached(error):
            return Unreachable(limit.message, fix=limit.fix, transient=False)
        return unreachable(failures.explain(error, channel.deadline), self.connection, sent=channel.written)


def _body(response: Response, on_head: OnHead | None) -> bytes:
    """The whole body, uncompressed."""
    parts: list[bytes] = []
    size, checked = 0, 0
    for piece in pieces(response, MOST):
        parts.append(piece)
        size += len(piece)
        if size - checked > responses.LARGE:
            checked = size
            if not limits.room(size):  # again, as a whole
                raise Unacceptable("answers that take too much memory at once")
        if on_head and size >= _HEAD and response.status < 400:
            on_head(b"".join(parts))
            on_head = None
    content = b"".join(parts)
    if on_head and response.status < 400:
        on_head(content)
    return content


def _query_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
