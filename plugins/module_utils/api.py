# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way to the API server: kept-alive connections, pages, typed errors. Private to the collection.

The standard library alone: importing the ``kubernetes`` package costs more than all requests of a small cluster.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import random
import re
import socket
import ssl
import threading
import time
import typing as t
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from urllib.parse import quote, urlencode, urlsplit

from .connect import is_loopback, open_connection, ssl_context
from .errors import BootstrapError
from .kubeconfig import Connection

Json = dict[str, t.Any]
T = t.TypeVar("T")
R = t.TypeVar("R")

CONNECTIONS = 8
"""Requests side by side; more gained nothing, even with 20 ms to the server."""
PAGE = 500
"""Objects a page, as kubectl asks."""
AHEAD = 2
"""Pages that are on their way while one is parsed."""
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
USER_AGENT = "kubeflow.bootstrap"
_TRIES = 5
_SLOWEST_RETRY = 10.0
_HEAD = 4096
# The metadata of a list come before its items, so the first bracket ends them. The server writes no blanks.
_CONTINUE = re.compile(rb'[^\[]*?"continue":"([^"\\]+)"')
Told = Callable[[bytes], None]
"""Gets the first bytes of an answer as soon as they are there."""
Trim = Callable[[bytes], bytes]


class Unreachable(BootstrapError):
    """No answer from the API server."""


class ApiError(BootstrapError):
    """The API server said no. ``code`` is the HTTP status, ``reason`` and ``causes`` those of its Status object."""

    def __init__(self, code: int, status: Json, what: str) -> None:
        self.code = code
        self.reason = str(status.get("reason") or "")
        self.said = str(status.get("message") or f"HTTP {code}")
        details = status.get("details")
        self.causes: list[Json] = (details.get("causes") or []) if isinstance(details, dict) else []
        super().__init__(f"{what}: {self.said}")


class Client:
    """A client of one API server. Safe to use from several threads; close it, or use it in a ``with`` statement."""

    def __init__(self, connection: Connection, timeout: float = 30.0) -> None:
        """``timeout``: seconds without a byte after which a request is given up."""
        self.connection = connection
        self.timeout = timeout
        self.warnings: dict[str, None] = {}
        """What the server warned of, in order, each once."""
        self.requests = 0
        parts = urlsplit(connection.server)
        self._prefix = parts.path.rstrip("/")
        self._gzip = not is_loopback(parts.hostname or "")
        self._idle: queue.LifoQueue[http.client.HTTPConnection] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._ssl: ssl.SSLContext | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._ready = False
        self._logins = 0
        self._busy: set[http.client.HTTPConnection] = set()
        self._end: float | None = None
        self._allowed = 0.0

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
        alarm = threading.Timer(seconds, self._cut)
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            self._end = None

    def _cut(self) -> None:
        """Wake up whoever waits for the server, however slowly it sends."""
        for channel in list(self._busy):
            with contextlib.suppress(OSError, AttributeError):
                channel.sock.shutdown(socket.SHUT_RDWR)

    def _left(self) -> float:
        """The seconds that a request may wait for a byte. Raises ``Unreachable`` where the time for all is over."""
        if self._end is None:
            return self.timeout
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable(f"The API server {self.connection.server} did not tell all within {self._allowed:g} seconds.")
        return min(left, self.timeout)

    def _until_the_end(self) -> float:
        return _SLOWEST_RETRY if self._end is None else max(self._end - time.monotonic(), 0)

    def get(self, path: str, accept: str = "application/json", **params: object) -> Json:
        """One object, or one page of a list. ``path`` begins with a slash; ``params`` go into the query."""
        return self.request("GET", path, params=params, accept=accept)

    def items(self, path: str, accept: str = "application/json", **params: t.Any) -> Iterator[Json]:
        """All items of a list, page by page."""
        for page in self.pages(path, accept, **params):
            yield from page.get("items") or []

    def pages(self, path: str, accept: str = "application/json", trim: Trim | None = None, **params: object) -> Iterator[Json]:
        """The pages of a list, with ``limit`` objects each. While one is parsed the next ones are on their way, up to ``AHEAD``.

        ``trim`` takes out of a page's JSON what nobody needs, which is faster than to parse it.
        """
        query: dict[str, object] = {"limit": PAGE, **params}
        coming = deque([_Page(self, path, accept, query, trim)])
        while coming:
            while len(coming) <= AHEAD and (token := coming[-1].token.result()):
                coming.append(_Page(self, path, accept, {**query, "continue": token}, trim))
            page = coming.popleft()
            expected, found = page.token.result(), _parse(page.content.result())
            del page
            yield found
            last = found.get("metadata", {}).get("continue")
            if last != expected:
                coming = deque([_Page(self, path, accept, {**query, "continue": last}, trim)] if last else [])

    def post(self, path: str, body: Json, **params: object) -> Json:
        """Create an object."""
        return self.request("POST", path, body=body, params=params)

    def put(self, path: str, body: Json, **params: object) -> Json:
        """Replace an object."""
        return self.request("PUT", path, body=body, params=params)

    def delete(self, path: str, body: Json | None = None, **params: object) -> Json:
        """Delete an object; ``body`` is a DeleteOptions."""
        return self.request("DELETE", path, body=body, params=params)

    def apply(self, path: str, body: Json, manager: str, force: bool = False, dry_run: bool = False) -> Json:
        """Server-side apply with strict field validation; returns the whole object."""
        params: dict[str, object] = {
            "fieldManager": manager,
            "fieldValidation": "Strict",
            "force": force or None,
            "dryRun": "All" if dry_run else None,
        }
        return self.request("PATCH", path, body=body, params=params, content_type="application/apply-patch+yaml")

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """``work`` on each item, side by side, results in order. The first error is raised after all have ended."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=CONNECTIONS)
        futures = [self._pool.submit(work, item) for item in items]
        wait(futures)
        return [future.result() for future in futures]

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: dict[str, t.Any] | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
    ) -> Json:
        """One request. Raises ``Unreachable`` or ``ApiError``; asks again where the server says that it took nothing in (429)."""
        return _parse(self._send(method, path, body=body, params=params, accept=accept, content_type=content_type))

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
    ) -> bytes:
        query = urlencode({key: _query_value(value) for key, value in (params or {}).items() if value is not None})
        target = self._prefix + quote(path, safe="/:.-_~%") + (f"?{query}" if query else "")
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": accept, "User-Agent": USER_AGENT}
        if payload is not None:
            headers["Content-Type"] = content_type
        if self._gzip:
            headers["Accept-Encoding"] = "gzip"
        self._prepare()
        refreshed = False
        for attempt in range(1, _TRIES + 1):
            login = self._logins
            code, answer, retry_after = self._exchange(method, target, payload, headers, told)
            if code == 401 and not refreshed and self._renewed(login):
                refreshed = True
            elif code == 429 and attempt < _TRIES:
                time.sleep(min(_seconds(retry_after) or random.uniform(0.5, 1.0) * attempt, _SLOWEST_RETRY, self._until_the_end()))
            else:
                break
        if code >= 400:
            raise self._refusal(code, _parse(answer), f"{method} {path}")
        return answer

    def _prepare(self) -> None:
        with self._lock:
            if not self._ready:
                self.connection.credentials.prepare()
                self._ssl = ssl_context(self.connection)
                self._ready = True

    def _renewed(self, login: int) -> bool:
        """Log in anew after a refusal, once for all threads that were refused; false where there is no way to."""
        with self._lock:
            if login == self._logins:
                if not self.connection.credentials.refresh():
                    return False
                self._logins += 1
                if self.connection.credentials.certificate:
                    self._ssl = ssl_context(self.connection)
                    self._hang_up()
            return True

    def _exchange(
        self, method: str, target: str, payload: bytes | None, headers: dict[str, str], told: Told | None
    ) -> tuple[int, bytes, str | None]:
        """Send and read; a kept-alive connection that the server closed meanwhile is replaced once."""
        while True:
            seconds = self._left()
            try:
                channel, kept = self._idle.get_nowait(), True
                if channel.sock:
                    channel.sock.settimeout(seconds)
            except queue.Empty:
                channel, kept = open_connection(self.connection, self._ssl, seconds), False
            self.requests += 1
            self._busy.add(channel)
            try:
                self._write(channel, method, target, payload, headers)
                response = channel.getresponse()
                content = _read(response, told)
            except (OSError, http.client.HTTPException, zlib.error) as error:
                channel.close()
                self._left()  # says so where it was we who hung up
                if kept and isinstance(error, (ConnectionError, http.client.BadStatusLine)):
                    continue
                raise self._unreachable(error) from error
            finally:
                self._busy.discard(channel)
            if response.will_close:
                channel.close()
            else:
                self._idle.put(channel)
            for warning in response.headers.get_all("Warning") or []:
                self.warnings.setdefault(warning.split('"', 1)[-1].rstrip('"'))
            return response.status, content, response.headers.get("Retry-After")

    def _write(self, channel: http.client.HTTPConnection, method: str, target: str, payload: bytes | None, headers: dict[str, str]) -> None:
        """As ``channel.request``, which can't send a header twice; impersonation has one for each group."""
        credentials = self.connection.credentials
        channel.putrequest(method, target, skip_accept_encoding="Accept-Encoding" in headers)
        if payload is not None or method in ("POST", "PUT", "PATCH"):
            channel.putheader("Content-Length", str(len(payload or b"")))
        for name, value in [*headers.items(), *credentials.headers().items(), *credentials.more_headers]:
            channel.putheader(name, value)
        channel.endheaders(payload)

    def _unreachable(self, error: Exception) -> Unreachable:
        where = f"{self.connection.server} (context {self.connection.name})"
        if isinstance(error, ssl.SSLCertVerificationError):
            why = f"its certificate can't be trusted: {error.verify_message}"
            return Unreachable(
                f"The API server {where} was not asked: {why}.", fix="Check certificate-authority and server in the kubeconfig."
            )
        if isinstance(error, zlib.error):
            return Unreachable(f"The answer of the API server {self.connection.server} can't be read: {error}.")
        if isinstance(error, (socket.timeout, TimeoutError)):
            why = f"no answer within {self.timeout:g} seconds"
        elif isinstance(error, socket.gaierror):
            why = f"its name can't be resolved ({error.strerror})"
        else:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Unreachable(f"The API server {where} can't be reached: {why}.", fix="Is the cluster up, and the VPN or proxy to it?")

    def _refusal(self, code: int, answer: Json, what: str) -> BootstrapError:
        if code == 401:
            expired = self.connection.credentials.expired()
            what_expired = "client certificate" if self.connection.credentials.method == "client-certificate" else "token"
            why = f": the {what_expired} expired at {expired}" if expired else ""
            said = f"the API server {self.connection.server} refuses the credentials of context {self.connection.name}{why}. Log in again."
            return ApiError(401, {"reason": "Unauthorized", "message": said}, "Login")
        return ApiError(code, answer, what)


class _Page:
    """A page on its way. ``token``: what the next one is asked for with, if the page begins with it; ``content``: its JSON."""

    def __init__(self, client: Client, path: str, accept: str, query: dict[str, object], trim: Trim | None) -> None:
        self.token: Future[str | None] = Future()
        self.content: Future[bytes] = Future()
        threading.Thread(target=self._read, args=(client, path, accept, query, trim), daemon=True).start()

    def _begins(self, head: bytes) -> None:
        if self.token.done():  # asked once more, on another connection
            return
        found = _CONTINUE.match(head)
        self.token.set_result(found[1].decode() if found else None)

    def _read(self, client: Client, path: str, accept: str, query: dict[str, object], trim: Trim | None) -> None:
        try:
            content = client._send("GET", path, params=query, accept=accept, told=self._begins)
            self.content.set_result(trim(content) if trim else content)
        except BaseException as error:  # raised where the page is waited for
            self.content.set_exception(error)
        if not self.token.done():
            self.token.set_result(None)


def _read(response: http.client.HTTPResponse, told: Told | None) -> bytes:
    """The whole body, uncompressed."""
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if response.headers.get("Content-Encoding") == "gzip" else None
    head = response.read(_HEAD) if told else b""
    head = unpack.decompress(head) if unpack else head
    if told and response.status < 400:
        told(head)
    rest = response.read()
    return head + (unpack.decompress(rest) + unpack.flush() if unpack else rest)


def _query_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None


def _parse(content: bytes) -> Json:
    if not content:
        return {}
    try:
        answer = json.loads(content)
    except ValueError:
        return {"message": content[:500].decode("utf-8", "replace").strip()}
    return answer if isinstance(answer, dict) else {"message": str(answer)}
