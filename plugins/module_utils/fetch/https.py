# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTPS downloads: redirects, proxies, own authorities, bounded tries."""

from __future__ import annotations

import errno
import http.client
import ssl
import tempfile
import time
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ..errors import BootstrapError
from ..http import failures
from ..http.ask import proxy_of
from ..http.channel import Channel
from ..http.deadline import ExchangeDeadline
from ..http.response import Response, TooLarge, pieces
from ..http.trust import trusting
from .archive import DamagedArchive
from .sources import Sources, explain_os

T = t.TypeVar("T")
MAX_DOWNLOAD = 256 * 2**20
TRIES = 4
PAUSE = 0.5
"""Seconds before the second try; each further pause is twice as long."""
_IDLE = 30.0
_REDIRECTS = 5
_STEP = 8 * 2**20
"""Bytes from one line of progress to the next, or a tenth of a large file."""
_IN_MEMORY = 16 * 2**20
_MAX_MESSAGE = 64 * 2**10
_LATE = "it takes too long"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FIX = "Check the network, HTTPS_PROXY and NO_PROXY; or use an offline bundle."

_FOR_GOOD = {
    "untrusted": ("{} is not trusted: {}.", "Name the CA file of your proxy or server, or set SSL_CERT_FILE to it."),
    "unresolved": ("{} can't be found: {}.", _FIX),
    "proxy": ("The proxy to {} refuses: {}.", "Correct HTTPS_PROXY, or set NO_PROXY."),
    "too large": ("{}: {}.", "Use another registry."),
}


@dataclass(frozen=True)
class Download(t.Generic[T]):
    """``body``: the first 64 KiB, of an error or without ``parse``; ``result``: that of ``parse``."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    result: T | None = None


class _RetryableFailure(Exception):
    """A failure that another try may not have. The text is the reason."""


class HttpsClient:
    """Fetches by https only. ``Authorization`` is sent to the requested host, never to one that it redirects to."""

    def __init__(self, sources: Sources, tries: int = TRIES, most: int | None = None, idle: float = _IDLE) -> None:
        """``most``: bytes of a body that is parsed, ``MAX_DOWNLOAD`` by default; ``idle``: seconds without a byte."""
        self._sources, self._tries, self._most, self._idle = sources, tries, most or MAX_DOWNLOAD, idle
        self._context: ssl.SSLContext | None = None

    def fetch(self, url: str, headers: Mapping[str, str], parse: Callable[[t.IO[bytes]], T] | None = None) -> Download[T]:
        """GET. ``parse`` reads the body of a successful answer, as a file; where it raises DamagedArchive the body is fetched again.

        At most ``tries`` requests where a server fails (5xx), breaks off or does not answer, all within ``Sources.timeout``. Raises
        BootstrapError; other answers than 2xx are returned.
        """
        end = time.monotonic() + self._sources.timeout
        host = urlsplit(url).netloc
        for attempt in range(1, self._tries + 1):
            try:
                return self._follow(url, dict(headers), end, parse)
            except _RetryableFailure as error:
                why, pause = str(error), PAUSE * 2 ** (attempt - 1)
            if time.monotonic() + pause >= end:
                raise BootstrapError(f"{host} timed out after {self._sources.timeout:g} seconds: {why}.", fix=_FIX)
            if attempt < self._tries:
                time.sleep(pause)
        raise BootstrapError(f"{host} was asked {self._tries} times: {why}." if self._tries > 1 else f"{host}: {why}.", fix=_FIX)

    def _follow(self, url: str, headers: dict[str, str], end: float, parse: Callable[[t.IO[bytes]], T] | None) -> Download[T]:
        for _hop in range(_REDIRECTS + 1):
            answer = self._exchange(url, headers, end, parse)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = urljoin(url, answer.headers.get("location", ""))
            if urlsplit(target).scheme != "https" or "@" in urlsplit(target).netloc:
                raise BootstrapError(f"{urlsplit(url).netloc} redirects to an address that is not https.", fix="Ask who runs that server.")
            if urlsplit(target).netloc.lower() != urlsplit(url).netloc.lower():
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            url = target
        raise BootstrapError(f"{urlsplit(url).netloc} redirects more than {_REDIRECTS} times.", fix="Correct the registry's uri.")

    def _exchange(self, url: str, headers: Mapping[str, str], end: float, parse: Callable[[t.IO[bytes]], T] | None) -> Download[T]:
        parts = urlsplit(url)
        deadline = ExchangeDeadline(self._idle, max(end - time.monotonic(), 0.1))
        channel = self._open(url, deadline)
        try:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
                response = channel.exchange("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers.items())
                good = response.status < 300
                self._copy(response, file, self._most if good and parse else _MAX_MESSAGE, strict=good)
                if response.status >= 500:
                    raise _RetryableFailure(f"it answers {response.status}")
                file.seek(0)
                received = {name: values[-1] for name, values in response.headers.all.items()}
                if good and parse:
                    return Download(response.status, received, result=parse(t.cast("t.IO[bytes]", file)))
                return Download(response.status, received, file.read())
        except DamagedArchive:
            raise _RetryableFailure("what it sends is not a whole tar.gz archive") from None
        except failures.ERRORS as error:
            raise _failure(parts.netloc, error, deadline) from None
        finally:
            channel.close()

    def _open(self, url: str, deadline: ExchangeDeadline) -> Channel:
        if self._context is None:
            self._context = trusting(self._sources.ca_file, self._sources.env)
        try:
            return Channel(url, self._context, proxy_of(url, self._sources.env), deadline)
        except (BootstrapError, ValueError):
            raise BootstrapError(
                f"{urlsplit(url).netloc} can't be asked: HTTPS_PROXY does not hold an http:// address.",
                fix="Correct HTTPS_PROXY, or set NO_PROXY.",
            ) from None

    def _copy(self, response: Response, file: t.Any, most: int, strict: bool) -> None:
        """Copy at most ``most`` bytes of the body into a file; ``strict``: one that is longer or cut off is an error."""
        length = response.getheader("Content-Length") or ""
        step = max(_STEP, int(length) // 10 if length.isdigit() else 0)
        size = reported = 0
        try:
            for piece in pieces(response, most):
                size += len(piece)
                file.write(piece)
                if size - reported >= step:
                    reported = size
                    self._sources.progress(f"  {size >> 20} MiB" + (f" of {int(length) >> 20}" if length.isdigit() else ""))
        except http.client.IncompleteRead:
            if strict:
                raise _RetryableFailure(f"it breaks off after {size} of {length or 'unknown'} bytes") from None
        except TooLarge:
            if strict:
                raise


def _failure(netloc: str, error: Exception, deadline: ExchangeDeadline) -> Exception:
    """A failure as the error to raise: retryable or final."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM and not isinstance(error, TooLarge):
        return BootstrapError(f"The download can't be kept in {tempfile.gettempdir()}: {explain_os(error)}.", fix="Make room there.")
    kind, why = failures.explain(error, deadline)
    if kind in _FOR_GOOD:
        message, fix = _FOR_GOOD[kind]
        return BootstrapError(message.format(netloc, why), fix=fix)
    if kind == "late":
        return _RetryableFailure(_LATE if deadline.over else why)
    return _RetryableFailure(f"it breaks off ({why})" if kind == "damaged" else f"it can't be reached: {why}")
