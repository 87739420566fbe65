# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTPS downloads: redirects, proxies, own authorities, bounded tries. Private to the collection."""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
import socket
import ssl
import tempfile
import threading
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ..connect import open_connection
from ..errors import BootstrapError
from ..kubeconfig import Connection
from .archive import Damaged
from .sources import Sources, explain_os

T = t.TypeVar("T")
MAX_DOWNLOAD = 256 * 2**20
TRIES = 4
PAUSE = 0.5
"""Seconds before the second try; each further pause is twice as long."""
_IDLE = 30.0
_REDIRECTS = 5
_IN_MEMORY = 16 * 2**20
_MAX_MESSAGE = 64 * 2**10
_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_LATE = "it takes too long"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FIX = "Check the network, HTTPS_PROXY and NO_PROXY; or use an offline bundle."


@dataclass(frozen=True)
class Answer(t.Generic[T]):
    """``body``: the first 64 KiB, of an error or where nothing was to be made of it; ``made``: what was made of the rest."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    made: T | None = None


class _Again(Exception):
    """What may go better the next time. The text says what happened."""


class Web:
    """Fetches by https only. ``Authorization`` is sent to the host that is asked, never to one that it redirects to."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._context: ssl.SSLContext | None = None

    def fetch(self, url: str, headers: Mapping[str, str], make: Callable[[t.IO[bytes]], T] | None = None) -> Answer[T]:
        """GET. ``make`` gets the body of a good answer as a file; where it raises Damaged the body is fetched once more.

        Servers that fail (5xx), break off or say nothing are asked up to ``TRIES`` times, all within ``Sources.timeout``. Raises
        BootstrapError; other answers than 2xx are returned.
        """
        end = time.monotonic() + self._sources.timeout
        host = urlsplit(url).netloc
        for attempt in range(1, TRIES + 1):
            try:
                return self._follow(url, dict(headers), end, make)
            except _Again as error:
                why, pause = str(error), PAUSE * 2 ** (attempt - 1)
            if time.monotonic() + pause >= end:
                raise BootstrapError(f"{host} was given up after {self._sources.timeout:g} seconds: {why}.", fix=_FIX)
            if attempt < TRIES:
                time.sleep(pause)
        raise BootstrapError(f"{host} was asked {TRIES} times: {why}.", fix=_FIX)

    def _follow(self, url: str, headers: dict[str, str], end: float, make: Callable[[t.IO[bytes]], T] | None) -> Answer[T]:
        for _hop in range(_REDIRECTS + 1):
            answer = self._exchange(url, headers, end, make)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = urljoin(url, answer.headers.get("location", ""))
            if urlsplit(target).scheme != "https" or "@" in urlsplit(target).netloc:
                raise BootstrapError(f"{urlsplit(url).netloc} leads to an address that is not https.", fix="Ask who runs that server.")
            if urlsplit(target).netloc.lower() != urlsplit(url).netloc.lower():
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            url = target
        raise BootstrapError(f"{urlsplit(url).netloc} leads on more than {_REDIRECTS} times.", fix="Correct the registry's uri.")

    def _exchange(self, url: str, headers: Mapping[str, str], end: float, make: Callable[[t.IO[bytes]], T] | None) -> Answer[T]:
        parts = urlsplit(url)
        channel = self._open(parts.netloc, end)
        try:
            with _cut_off(channel, end), tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
                # http.client would name port 443 to the host, as ours are connections of plain HTTP to it.
                channel.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers={"Host": parts.netloc, **headers})
                response = channel.getresponse()
                good = response.status < 300
                self._copy(response, file, MAX_DOWNLOAD if good and make else _MAX_MESSAGE, parts.netloc, strict=good)
                if time.monotonic() >= end - 0.05:
                    raise _Again(_LATE)  # what was cut off may look like an answer
                if response.status >= 500:
                    raise _Again(f"it answers {response.status}")
                file.seek(0)
                kept = {name.lower(): value for name, value in response.getheaders()}
                if good and make:
                    return Answer(response.status, kept, made=make(t.cast("t.IO[bytes]", file)))
                return Answer(response.status, kept, file.read())
        except Damaged:
            raise _Again("what it sends is not a whole tar.gz archive") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._failure(parts.netloc, error, end) from None
        finally:
            channel.close()

    def _open(self, netloc: str, end: float) -> http.client.HTTPConnection:
        if self._context is None:
            self._context = _trust(self._sources)
        seconds = max(min(_IDLE, end - time.monotonic()), 0.1)
        try:
            return open_connection(Connection(server=f"https://{netloc}", name=netloc, env=self._sources.env), self._context, seconds)
        except (BootstrapError, ValueError):
            raise BootstrapError(
                f"{netloc} can't be asked: HTTPS_PROXY does not hold an http:// address.", fix="Correct HTTPS_PROXY, or set NO_PROXY."
            ) from None

    def _copy(self, response: http.client.HTTPResponse, file: t.Any, most: int, netloc: str, strict: bool) -> None:
        """The body into a file, at most so many bytes; one that breaks off is noticed where it is ``strict``."""
        length = response.getheader("Content-Length") or ""
        size = told = 0
        while chunk := response.read1(2**16):
            size += len(chunk)
            if size > most:
                if not strict:
                    return
                raise BootstrapError(f"{netloc} sends more than {most / 2**20:g} MiB.", fix="Use another registry.")
            file.write(chunk)
            if size - told >= 8 * 2**20:
                told = size
                self._sources.progress(f"  {size >> 20} MiB" + (f" of {int(length) >> 20}" if length.isdigit() else ""))
        if strict and length.isdigit() and size < int(length):
            raise _Again(f"it breaks off after {size} of {length} bytes")

    def _failure(self, netloc: str, error: Exception, end: float) -> Exception:
        """What is worth another try, or what is not. Texts of HTTPException are left out: they may hold an address with a login."""
        if time.monotonic() >= end - 0.05:
            return _Again(_LATE)
        if isinstance(error, ssl.SSLCertVerificationError):
            return BootstrapError(
                f"{netloc} is not trusted: {error.verify_message}.",
                fix="Name the CA file of your proxy or server, or set SSL_CERT_FILE to it.",
            )
        if isinstance(error, socket.gaierror):
            return BootstrapError(f"{netloc} can't be found: {explain_os(error)}.", fix=_FIX)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return BootstrapError(f"The download can't be kept in {tempfile.gettempdir()}: {explain_os(error)}.", fix="Make room there.")
        if isinstance(error, TimeoutError):
            return _Again(f"no answer within {_IDLE:g} seconds")
        if isinstance(error, OSError):
            tunnel = re.match(r"Tunnel connection failed: (\d+)", str(error))
            if tunnel:
                return BootstrapError(f"The proxy to {netloc} refuses: {tunnel[1]}.", fix="Correct HTTPS_PROXY, or set NO_PROXY.")
            return _Again(f"it can't be reached: {explain_os(error)}")
        return _Again(f"it breaks off ({type(error).__name__})")


@contextlib.contextmanager
def _cut_off(channel: http.client.HTTPConnection, end: float) -> Iterator[None]:
    """End a request at a moment, however slowly the server sends."""

    def cut() -> None:
        with contextlib.suppress(OSError, AttributeError):
            channel.sock.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(max(end - time.monotonic(), 0), cut)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _trust(sources: Sources) -> ssl.SSLContext:
    """The system's authorities, or those that the environment names in their place, and those of ``ca_file`` besides."""
    named = next((sources.env[name] for name in _AUTHORITIES if sources.env.get(name)), None)
    folder = sources.env.get("SSL_CERT_DIR") or None
    file = named
    try:
        context = ssl.create_default_context(cafile=named, capath=folder)
        # Python 3.13 asks for extensions that the certificates of many own authorities lack.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        file = sources.ca_file
        if file:
            context.load_verify_locations(file)
    except (OSError, ValueError) as error:
        why = "it holds no certificate" if isinstance(error, (ssl.SSLError, ValueError)) else explain_os(error)
        raise BootstrapError(f"The CA file {file or folder} can't be used: {why}.", fix="Name a file of certificates in PEM.") from None
    return context
