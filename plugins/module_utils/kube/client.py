# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way to the API server: kept-alive connections, pages, typed errors. Private to the collection.

The standard library alone: each task would pay for the import of the ``kubernetes`` package, which takes six times as long as this one.
"""

from __future__ import annotations

import contextlib
import json
import queue
import random
import ssl
import threading
import time
import typing as t
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import BadStatusLine
from urllib.parse import quote, urlencode, urlsplit

from ..http import failures
from ..http.channel import Channel
from ..http.deadline import ExchangeDeadline
from ..http.proxies import is_loopback
from ..http.response import Headers, Response, pieces
from ..kubeconfig.load import Connection
from ..process import interrupts, limits
from ..process.limits import reached
from ..redaction.redact import clean
from . import responses
from .identity import ClusterIdentity, is_write, names_uid
from .paging import Page, Told, Trim
from .responses import Read, Unacceptable
from .retry import ApiError, Attempt, InvalidResponse, RetryPolicy, Unreachable, passes, unreachable
from .transport import open_connection, ssl_context

__all__ = [
    "AHEAD",
    "CONNECTIONS",
    "DISCOVERY",
    "METADATA",
    "ONE_METADATA",
    "PAGE",
    "ApiError",
    "Client",
    "InvalidResponse",
    "Unreachable",
]

Json = dict[str, t.Any]
T = t.TypeVar("T")
R = t.TypeVar("R")

CONNECTIONS = 8
"""Requests side by side; more gained nothing with a server that is near."""
FAR, FAR_CONNECTIONS = 0.01, 16
"""With so many seconds to the server and back, more are of use: a write that creates something waits for two round trips."""
PAGE = 500
"""Objects a page, as kubectl asks."""
AHEAD = 2
"""Pages that are on their way while one is parsed."""
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
ONE_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
APPLY_PATCH = "application/apply-patch+yaml"
USER_AGENT = "kubeflow.bootstrap"
_TRIES = 5
_SLOWEST_RETRY = 10.0
_HEAD = 4096
TOTAL = 120.0
"""Seconds that one request may take, from the connection to the last byte, however steadily the server sends."""
MOST = 128 * 2**20
"""Bytes of one answer; a page of 500 objects has some five million."""
_LOST = (ConnectionError, BadStatusLine)
_FLOW_SCHEMA, _PROVED = "X-Kubernetes-Pf-Flowschema-Uid", 1.0
"""Each answer names an object that only its cluster has; for so many seconds that proves where its connection leads.

https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#diagnostics
"""
OnConnect = Callable[[Callable[[str], Json]], bool]


class Client:
    """A client of one API server. Safe to use from several threads; close it, or use it in a ``with`` statement."""

    def __init__(self, connection: Connection, timeout: float = 30.0, total: float = TOTAL) -> None:
        """``timeout``: seconds without a byte after which a request is given up; ``total``: seconds that it may take in any case."""
        self.connection = connection
        self.timeout = timeout
        self.total = total
        self.on_connect: OnConnect | None = None
        """Called for each new connection before it carries a write or its first answer counts, and right before each write that names no
        UID, with a function that gets an object by its path on that very connection (or raises ``Unreachable``, ``ApiError``). What it
        raises refuses the connection, and is raised to whoever needed one: nothing was written, and nothing that was read counts. Not
        called where an answer proves as much. For what each connection has to prove: ``identity``."""
        self.identity = ClusterIdentity(self)
        """The cluster that all of this is for, once it is bound to one."""
        self.warnings: dict[str, None] = {}
        """What the server warned of, in order, each once."""
        self.requests = 0
        parts = urlsplit(connection.server)
        self._prefix = parts.path.rstrip("/")
        self._gzip = not is_loopback(parts.hostname or "")
        self._idle: queue.LifoQueue[Channel] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._ssl: ssl.SSLContext | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._login: int | None = None
        self._within_map = threading.local()
        self._busy: set[Channel] = set()
        self._end: float | None = None
        self._allowed = 0.0
        self._fastest = 0.0
        """Seconds of the fastest exchange on a kept connection; 0 before there was one."""
        self._repeating: RetryPolicy | None = None
        self._told: set[str] = set()
        self._proofs: set[str] = set()
        """Flow schemas of answers that ``on_connect`` agreed to."""
        self._all_proved, self._answered = False, 0.0
        """Whether each answer since ``begin_proving`` named one of them, and when the last one came."""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._hang_up()

    def _hang_up(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All requests in the ``with`` statement together take no longer: what is under way then is cut off, as ``Unreachable``."""
        self._allowed, self._end = seconds, time.monotonic() + seconds
        try:
            yield
        finally:
            self._end = None

    @contextlib.contextmanager
    def repeating(self, left: Callable[[], float], say: Callable[[str], None]) -> Iterator[None]:
        """In the ``with`` statement, requests that may be sent twice are sent again as long as they fail with a transient error.

        ``left()``: the seconds that remain for all of it; when there are none, the failure is raised. ``say`` gets a line a second at most
        while the server is away, and fewer as time goes by. What may be sent twice, and what is transient: ``retrying``.
        """
        before, self._repeating = self._repeating, RetryPolicy(left, say, self.connection.server, self._told)
        try:
            yield
        finally:
            self._repeating.end()
            self._repeating = before

    def give_up(self) -> None:
        """Wake up who waits to send a request again in ``repeating``: nothing is sent again until that ends."""
        if self._repeating:
            self._repeating.end()

    def cut(self) -> None:
        """Wake up whoever waits for the server, however slowly it sends."""
        for channel in list(self._busy):
            channel.cut()

    def _deadline(self) -> ExchangeDeadline:
        """That of one request. How long it may be repeated is another matter."""
        return ExchangeDeadline(self.timeout, min(self.total, self._left()))

    def _left(self) -> float:
        """The seconds that remain for all. Raises ``Unreachable`` where there are none."""
        left = float("inf") if self._end is None else self._end - time.monotonic()
        if left <= 0:
            raise Unreachable(f"The API server {self.connection.server} did not tell all within {self._allowed:g} seconds.", passes=False)
        return left

    def _until_the_end(self) -> float:
        return _SLOWEST_RETRY if self._end is None else max(self._end - time.monotonic(), 0)

    def get(self, path: str, accept: str = "application/json", **params: object) -> Json:
        """One object, or with a ``limit`` a list of so many. ``path`` begins with a slash; ``params`` go into the query."""
        read = responses.a_list if "limit" in params else responses.DOCUMENTS.get(path, responses.an_object)
        return self.request("GET", path, params=params, accept=accept, read=read)

    def document(self, path: str, *fields: str, accept: str = "application/json") -> Json:
        """A JSON object that is none of Kubernetes, with these ``fields`` as text: ``/version``, the OpenID configuration."""
        return self.request("GET", path, accept=accept, read=responses.document(*fields))

    def discovery(self, path: str) -> Json:
        """What ``/api`` or ``/apis`` serves: an APIGroupDiscoveryList, from servers that have it."""
        return self.request("GET", path, accept=DISCOVERY, read=responses.discovery)

    def ask_ready(self) -> None:
        """Ask whether the API server is ready. Raises where it is not."""
        self._send("GET", "/readyz", accept="text/plain")

    def through(self, path: str, headers: dict[str, str]) -> tuple[int, Headers, bytes]:
        """What a Service or a pod answers through the API server, whatever its status."""
        self._prepare()
        sent = {"Accept": "*/*", "User-Agent": USER_AGENT, **headers}
        status, content, received = self._exchange("GET", self._prefix + path, None, sent, None, True, False)
        return status, received, content

    def upgradable(self, path: str) -> tuple[Channel, str, list[str]]:
        """A connection of its own for a WebSocket, which the caller closes; its address, and the headers that log in."""
        self._prepare()
        channel = self._open(self._deadline())
        if channel.sock is None:
            try:
                channel.connect()
            except failures.ERRORS as error:
                raise self._unreachable(error, channel) from error
        credentials = self.connection.credentials
        login = (*credentials.headers().items(), *credentials.more_headers)
        address = f"ws{self.connection.server.removeprefix('http')}{path}"
        return channel, address, [f"{name}: {value}" for name, value in login]

    def find(self, path: str, accept: str = "application/json") -> Json | None:
        """One object; ``None`` where it is not found: an API server says so itself, anybody else's 404 is an ``InvalidResponse``."""
        try:
            return self.get(path, accept)
        except ApiError as error:
            if error.code != 404:
                raise
            return None

    def items(self, path: str, accept: str = "application/json", **params: t.Any) -> Iterator[Json]:
        """All items of a list, page by page."""
        for page in self.pages(path, accept, **params):
            yield from page.get("items") or []

    def pages(self, path: str, accept: str = "application/json", trim: Trim | None = None, **params: object) -> Iterator[Json]:
        """The pages of a list, with ``limit`` objects each. While one is parsed the next ones are on their way, up to ``AHEAD``.

        ``trim`` takes out of a page's JSON what nobody needs, which is faster than to parse it.
        """

        def query(token: str | None) -> Json:
            return {"limit": PAGE, **params, "continue": token}

        def ask(token: str | None) -> Page:
            return Page(lambda told: self._send("GET", path, params=query(token), accept=accept, told=told), trim)

        coming: deque[tuple[str | None, Page]] = deque([(None, ask(None))])
        seen: set[tuple[str, str]] = set()
        while coming:
            while len(coming) <= AHEAD and (token := coming[-1][1].token.result()):
                coming.append((token, ask(token)))
            asked, page = coming.popleft()
            try:
                expected, content = page.token.result(), page.content.result()
                found = responses.a_list(content)
            except Unacceptable:  # once more, with what ``repeating`` allows
                found = self.request("GET", path, params=query(asked), accept=accept, read=responses.a_list)
            except ApiError as error:
                if error.code != 410 or asked is None:
                    raise
                # It took so long that the token expired. As client-go does, all of the list is read at once.
                found = self.request("GET", path, params={**params, "limit": None}, accept=accept, read=responses.a_list)
                found["items"] = [item for item in found["items"] or [] if _place(item) not in seen]
                coming.clear()
            del page
            yield found
            last = found["metadata"].get("continue")
            if last or asked:
                seen.update(map(_place, found["items"] or []))
            if last and last == asked:
                raise InvalidResponse(self.connection, f"GET {path}", "a list that begins again and again")
            if last != expected:
                coming = deque([(last, ask(last))] if last else [])

    def post(self, path: str, body: Json, **params: object) -> Json:
        """Create an object."""
        return self.request("POST", path, body=body, params=params)

    def put(self, path: str, body: Json, **params: object) -> Json:
        """Replace an object."""
        return self.request("PUT", path, body=body, params=params)

    def delete(self, path: str, body: Json | None = None, **params: object) -> Json:
        """Delete an object; ``body`` is a DeleteOptions."""
        return self.request("DELETE", path, body=body, params=params, read=responses.a_deletion)

    def apply(self, path: str, body: Json, manager: str, force: bool = False, dry_run: bool = False, metadata_only: bool = False) -> Json:
        """Server-side apply with strict field validation; returns the whole object, or with ``metadata_only`` just its metadata.

        A dry run returns the whole object in any case. (An apply that is sent twice leaves the same state as once.)
        """
        params: dict[str, object] = {
            "fieldManager": manager,
            "fieldValidation": "Strict",
            "force": force or None,
            "dryRun": "All" if dry_run else None,
        }
        accept = ONE_METADATA if metadata_only and not dry_run else "application/json"
        return self.request("PATCH", path, body=body, params=params, accept=accept, content_type=APPLY_PATCH)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """``work`` on each item, side by side, results in order. The first error is raised after all have ended.

        Within such a ``work``, one after the other: threads that wait for threads of the same pool could wait forever.
        """
        if getattr(self._within_map, "yes", False):
            return [work(item) for item in items]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=CONNECTIONS if self._fastest < FAR else FAR_CONNECTIONS)
        interrupts.check()
        futures = [self._pool.submit(self._mapped, work, item) for item in items]
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
            interrupts.check()  # it was a thread that was told
            raise

    def _mapped(self, work: Callable[[T], R], item: T) -> R:
        self._within_map.yes = True
        return work(item)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: dict[str, t.Any] | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        once: bool = False,
        read: Read = responses.an_object,
    ) -> Json:
        """One request. Raises ``Unreachable`` or ``ApiError``; asks again where the server says that it took nothing in (429).

        ``once``: ``repeating`` does not count for it. ``read``: makes an object of the body; what it does not accept is an
        ``InvalidResponse``.
        """
        found: list[Json] = []

        def check(content: bytes) -> None:
            found[:] = [read(content)]

        self._send(method, path, body=body, params=params, accept=accept, content_type=content_type, once=once, check=check)
        return found[0]

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: dict[str, t.Any] | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        told: Told | None = None,
        once: bool = False,
        check: Callable[[bytes], object] | None = None,
    ) -> bytes:
        """The body of a good answer; what ``check`` raises ``Unacceptable`` for is none."""
        query = urlencode({key: _query_value(value) for key, value in (params or {}).items() if value is not None})
        target = self._prefix + quote(path, safe="/:.-_~%") + (f"?{query}" if query else "")
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": accept, "User-Agent": USER_AGENT}
        if payload is not None:
            headers["Content-Type"] = content_type
        if self._gzip:
            headers["Accept-Encoding"] = "gzip"
        sent, repeating = Attempt(method, path, content_type, size=len(payload or b"")), None if once else self._repeating
        prove = is_write(method, path, params or {}) and not names_uid(body)
        renewed = False
        while True:
            login = self._prepare()
            sent.went = True
            retry_after: str | None = None
            failure: ApiError | Unreachable
            try:
                with repeating.width.place(sent.size) if repeating else contextlib.nullcontext():
                    code, answer, said = self._exchange(method, target, payload, headers, told, sent.may_be_sent_twice, prove)
                if code < 400:
                    responses.check_status(method, code, said)
                    responses.check_type(said, accept)
                    if check:
                        check(answer)
                    return answer
                if code == 401 and not renewed and self.connection.credentials.renew(login):
                    renewed = True
                    continue
                retry_after = said.get("Retry-After")
                failure = self._refusal(code, answer, said, f"{method} {path}")
            except Unacceptable as error:
                failure = InvalidResponse(self.connection, f"{method} {path}", str(error))
            except Unreachable as error:
                failure, sent.went = error, error.sent
            except ApiError as error:  # what the connection was asked to prove
                if error.code == 401 and not renewed and self.connection.credentials.renew(login):
                    renewed = True
                    continue
                failure, sent.went = error, False
            renewed = False
            if not self._pause(sent, failure, repeating, _seconds(retry_after)):
                raise failure

    def _pause(self, sent: Attempt, failure: ApiError | Unreachable, repeating: RetryPolicy | None, retry_after: float | None) -> bool:
        """Wait before the request is sent again; false where it is not."""
        sent.failures += 1
        if repeating:
            return repeating.pause(sent, failure, retry_after)
        if not isinstance(failure, ApiError) or failure.code != 429 or sent.failures >= _TRIES or not passes(sent, failure):
            return False
        time.sleep(min(retry_after or random.uniform(0.5, 1.0) * sent.failures, _SLOWEST_RETRY, self._until_the_end()))
        return True

    def _prepare(self) -> int:
        """Log in, if nobody has; the number of the login, whose certificate connections have."""
        credentials = self.connection.credentials
        with self._lock:
            if self._login is None:
                credentials.prepare()
            login = credentials.logins
            if self._login is None or login != self._login and credentials.certificate:
                self._ssl = ssl_context(self.connection)
                self._hang_up()
            self._login = login
            return login

    def _exchange(
        self, method: str, target: str, payload: bytes | None, headers: dict[str, str], told: Told | None, again: bool, prove: bool
    ) -> tuple[int, bytes, Headers]:
        """Send and read. Where a kept connection is lost at that moment, a request that may be sent twice (``again``) is.

        ``prove``: the connection has to be agreed to right before, even if it was when it was new; or its last answer tells as much.
        """
        while True:
            deadline = self._deadline()
            kept = self._kept(deadline)
            channel = kept or open_connection(self.connection, self._ssl, deadline)
            try:
                # What only asks may prove afterwards whose answer it is.
                before = not kept and (method != "GET" or not self._proofs)
                if before or prove and not self._proved(channel):
                    self._agree(channel)
            except Unreachable as error:
                if kept and isinstance(error.__cause__, _LOST) and not deadline.over:
                    continue
                raise
            try:
                answer = self._on(channel, method, target, payload, headers, told)
            except failures.ERRORS as error:
                if kept and isinstance(error, _LOST) and again and not deadline.over:
                    continue
                raise self._unreachable(error, channel) from error
            self._answered = channel.answered
            if channel.proof not in self._proofs:
                self._all_proved = False
                if not kept and not before:
                    self._agree(channel)
            if channel.sock:
                self._idle.put(channel)
            return answer

    def begin_proving(self) -> None:
        """From now on answers are to be of the cluster that told its UID last; its answer, on the one connection there is, is a proof."""
        idle = list(self._idle.queue)
        self._proofs = {channel.proof for channel in idle if channel.proof and len(idle) == 1}
        self._all_proved = bool(self._proofs)

    def proved_by_answers(self) -> bool:
        """Whether all that was answered since then named the cluster, the last answer a moment ago."""
        return self._all_proved and time.monotonic() - self._answered < _PROVED

    def _proved(self, channel: Channel) -> bool:
        """Whether the last answer on a connection, a moment ago, was of the cluster that was agreed to."""
        return channel.proof in self._proofs and time.monotonic() - channel.answered < _PROVED

    def _kept(self, deadline: ExchangeDeadline) -> Channel | None:
        """A connection that is open, if there is one."""
        while True:
            try:
                channel = self._idle.get_nowait()
            except queue.Empty:
                return None
            if not channel.stale():
                channel.deadline, channel.written = deadline, False
                return channel
            channel.close()

    def _unreachable(self, error: Exception, channel: Channel) -> Unreachable:
        self._left()  # says so where the time for all is over
        if limit := reached(error):
            return Unreachable(limit.message, fix=limit.fix, passes=False)
        return unreachable(failures.explain(error, channel.deadline), self.connection, sent=channel.written)

    def _open(self, deadline: ExchangeDeadline) -> Channel:
        """A new connection, which ``on_connect`` agreed to."""
        channel = open_connection(self.connection, self._ssl, deadline)
        self._agree(channel)
        return channel

    def _agree(self, channel: Channel) -> None:
        """Have ``on_connect`` agree to a connection, or close it."""
        if self.on_connect is None:
            return

        def get(path: str) -> Json:
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
            try:
                code, content, said = self._on(channel, "GET", self._prefix + quote(path), None, headers, None)
                if code >= 400:
                    raise self._refusal(code, content, said, f"GET {path}")
                responses.check_status("GET", code, said)
                responses.check_type(said, "application/json")
                return responses.an_object(content)
            except failures.ERRORS as error:
                raise self._unreachable(error, channel) from error
            except Unacceptable as error:
                raise InvalidResponse(self.connection, f"GET {path}", str(error)) from error

        try:
            proved = self.on_connect(get)
        except BaseException as error:
            channel.close()
            self._proofs.clear()
            if isinstance(error, Unreachable):
                error.sent = False  # nothing but the question
            raise
        channel.written = False
        if proved and channel.proof:
            self._proofs.add(channel.proof)

    def _on(
        self, channel: Channel, method: str, target: str, payload: bytes | None, headers: dict[str, str], told: Told | None
    ) -> tuple[int, bytes, Headers]:
        """Send and read on this connection, which is closed where that fails."""
        self.requests += 1
        self._busy.add(channel)
        try:
            credentials = self.connection.credentials
            more = (*credentials.headers().items(), *credentials.more_headers)
            kept, begin = channel.sock is not None, time.monotonic()
            response = channel.exchange(method, target, [*headers.items(), *more], payload)
            if kept:
                took = time.monotonic() - begin
                self._fastest = min(self._fastest or took, took)
            content = _read(response, told)
        except BaseException:
            channel.close()
            raise
        finally:
            self._busy.discard(channel)
        channel.proof, channel.answered = response.headers.get(_FLOW_SCHEMA), time.monotonic()
        for warning in response.headers.get_all("Warning"):
            self.warnings.setdefault(clean(warning.split('"', 1)[-1].rstrip('"')))
        return response.status, content, response.headers

    def _refusal(self, code: int, content: bytes, headers: Headers, what: str) -> ApiError:
        """Raises ``Unacceptable`` for what an API server does not refuse with; servers on the way may say that they are busy or broken."""
        if code == 401:
            expired = self.connection.credentials.expired()
            what_expired = "client certificate" if self.connection.credentials.method == "client-certificate" else "token"
            why = f": the {what_expired} expired at {expired}" if expired else ""
            said = f"the API server {self.connection.server} refuses the credentials of context {self.connection.name}{why}. Log in again."
            return ApiError(401, {"reason": "Unauthorized", "message": said}, "Login")
        status = responses.status(content, headers)
        if status is None and code != 429 and not 500 <= code < 600:
            raise Unacceptable(f"HTTP {code}, {responses.page(headers)}")
        return ApiError(code, status or {"message": responses.from_between(code, content, headers)}, what)


def _ends(future: Future[t.Any], seconds: float) -> bool:
    """Whether it ends within some time, however it ends."""
    try:
        future.exception(seconds)
    except TimeoutError:
        return future.done()
    return True


def _read(response: Response, told: Told | None) -> bytes:
    """The whole body, uncompressed."""
    parts: list[bytes] = []
    size, looked = 0, 0
    for piece in pieces(response, MOST):
        parts.append(piece)
        size += len(piece)
        if size - looked > responses.LARGE:
            looked = size
            if not limits.room(size):  # once more, as a whole
                raise Unacceptable("answers that take too much memory at once")
        if told and size >= _HEAD and response.status < 400:
            told(b"".join(parts))
            told = None
    content = b"".join(parts)
    if told and response.status < 400:
        told(content)
    return content


def _place(item: Json) -> tuple[str, str]:
    return item["metadata"].get("namespace") or "", item["metadata"]["name"]


def _query_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None
