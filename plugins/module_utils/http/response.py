# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answer on a connection.

The body is read by ``http.client``, the head is not: the parser of mail that it leaves that to took a quarter of a request's CPU.
"""

from __future__ import annotations

import errno
import http.client
import io
import socket
import typing as t
import zlib
from collections.abc import Iterator

from .deadline import ExchangeDeadline

_PIECE = 2**16
_LONGEST_LINE, _MOST_LINES = 2**16, 100


class Headers:
    """Of an answer; names in any case."""

    def __init__(self) -> None:
        self.all: dict[str, list[str]] = {}
        """The values of each, in order, by its name in small letters."""

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value."""
        values = self.all.get(name.lower())
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """All values."""
        return self.all.get(name.lower(), [])


class Response(http.client.HTTPResponse):
    """Its bytes arrive before the deadline, or ``ExchangeTimeout`` is raised."""

    headers: Headers  # type: ignore[assignment]

    def __init__(self, sock: socket.socket, deadline: ExchangeDeadline, method: str | None) -> None:
        super().__init__(t.cast("socket.socket", _Readable(sock, deadline)), method=method)

    def begin(self) -> None:
        """Read the head."""
        self.status = 100
        while self.status // 100 == 1:
            version, self.status, reason = self._read_status()  # type: ignore[attr-defined]
            headers = _head(self.fp)
        if not version.startswith("HTTP/1."):
            raise http.client.UnknownProtocol(version)
        self.code, self.reason, self.version = self.status, reason.strip(), 10 if version == "HTTP/1.0" else 11
        self.headers = headers
        self.chunked = (headers.get("Transfer-Encoding") or "").lower() == "chunked"
        self.chunk_left = None
        length = headers.get("Content-Length") or ""
        self.length = int(length) if length.isdecimal() and not self.chunked else None
        if self.status in (204, 304) or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        ends = self.length is None and not self.chunked
        self.will_close = ends or self._check_close()  # type: ignore[attr-defined]


def _head(file: t.BinaryIO) -> Headers:
    headers, last = Headers(), None
    for _number in range(_MOST_LINES + 1):
        line = file.readline(_LONGEST_LINE + 1)
        if line in (b"\r\n", b"\n"):
            return headers
        if not line.endswith(b"\n"):
            raise http.client.LineTooLong("header") if len(line) > _LONGEST_LINE else http.client.IncompleteRead(line)
        text = line.decode("iso-8859-1")
        if text[0] in " \t" and last:
            last[-1] += f" {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        if not colon or name != name.strip():
            raise http.client.HTTPException("a line of its head is no header")
        last = headers.all.setdefault(name.lower(), [])
        last.append(value.strip())
    raise http.client.HTTPException(f"more than {_MOST_LINES} headers")


class _Readable:
    """The part of a socket that ``http.client`` reads with."""

    def __init__(self, sock: socket.socket, deadline: ExchangeDeadline) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._sock, self._deadline))


class _Timed(io.RawIOBase):
    """Each byte arrives before the deadline."""

    def __init__(self, sock: socket.socket, deadline: ExchangeDeadline) -> None:
        # It keeps the socket open where the connection is closed after the answer.
        self._file = t.cast("io.RawIOBase", sock.makefile("rb", buffering=0))
        self._sock, self._deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class TooLarge(OSError):
    """An answer beyond any sensible size."""

    def __init__(self, most: int) -> None:
        size = f"{most / 2**20:g} MiB" if most >= 2**20 else f"{most} bytes"
        super().__init__(errno.EFBIG, f"it sends more than {size}")


def pieces(response: Response, most: int) -> Iterator[bytes]:
    """The whole body of an answer, uncompressed. Raises ``TooLarge`` for more than ``most`` bytes, ``IncompleteRead`` if it is cut off."""
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if response.headers.get("Content-Encoding") == "gzip" else None
    size = 0
    while piece := response.read1(_PIECE):
        if unpack:
            piece = unpack.decompress(piece, most - size + 1)
        size += len(piece)
        if size > most:
            raise TooLarge(most)
        yield piece
    if response.length or unpack and size and not unpack.eof:
        raise http.client.IncompleteRead(b"", response.length)
    response.close()
