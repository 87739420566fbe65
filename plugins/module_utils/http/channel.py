# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connection, and what is exchanged on it within a deadline. Private to the collection.

All HTTP of this collection goes this way: the API server, registries, issuers of OpenID Connect, OAuth servers and metadata servers. It is
built on ``http.client``. A request with the pool of urllib3 2.x at its lowest level took 340 to 360 microseconds of CPU on a kept-alive
connection of TLS, all of ours 170 to 210, and most of what is needed here (a deadline for every byte, a hook for new connections, headers
that come several times) it would have to be taught.

Redirects are not followed here, so that credentials stay with the host that they are for.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import select
import socket
import ssl
import typing as t
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from . import proxies
from .deadline import Deadline

_PIECE = 2**16


class TooLarge(OSError):
    """An answer that does not end where any would."""

    def __init__(self, most: int) -> None:
        size = f"{most / 2**20:g} MiB" if most >= 2**20 else f"{most} bytes"
        super().__init__(errno.EFBIG, f"it sends more than {size}")


class Channel(http.client.HTTPConnection):
    """A connection that opens itself with its first request. ``deadline`` bounds what is exchanged on it; set it before each request."""

    deadline: Deadline
    written = False
    """Whether anything of the request went out; reset it before each."""

    def __init__(self, url: str, context: ssl.SSLContext | None, proxy: str | None, deadline: Deadline, *, name: str | None = None) -> None:
        """``context``: for TLS, ``None`` without. ``name``: the one in the server's certificate, if it is not the URL's host."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        super().__init__(host, parts.port or (80 if context is None else 443))
        self.deadline = deadline
        self.response_class = self._response  # type: ignore[assignment]
        self._create_connection = self._dial
        self._context, self._name = context, name or host
        self._open: socket.socket | None = None
        if proxy:
            proxies.check_proxy(proxy)
            parts = urlsplit(proxy)
            self.set_tunnel(host, self.port, headers=proxies.login(proxy))
            self.host, self.port = parts.hostname or "", parts.port or 80

    def connect(self) -> None:
        if self._open:  # what was proved of this connection would not hold for another one
            raise ConnectionResetError(errno.ECONNRESET, "it ends the connection after each answer")
        super().connect()
        if self._context:
            self.sock.settimeout(self.deadline.left())
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self._name)
        self._open = self.sock

    def stale(self) -> bool:
        """Whether the server ended it meanwhile, or sent what nobody asked for."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def cut(self) -> None:
        """End what is under way, from another thread."""
        with contextlib.suppress(OSError, AttributeError):
            t.cast("socket.socket", self._open or self.sock).shutdown(socket.SHUT_RDWR)

    def send(self, data: t.Any) -> None:
        """In pieces, as a server that reads a byte a second may not take longer, either."""
        if self.sock is None:
            self.connect()
        self.written = self.written or self._open is not None  # not what opens a tunnel
        view = memoryview(data)
        for start in range(0, len(view), _PIECE):
            self.sock.settimeout(self.deadline.left())
            self.sock.sendall(view[start : start + _PIECE])

    def _dial(self, address: tuple[str, int], *_more: object) -> socket.socket:
        """As ``socket.create_connection``, but all addresses of a name share the time."""
        failure: OSError = OSError(errno.EHOSTUNREACH, "it has no address")
        for family, kind, protocol, _name, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(min(self.deadline.left(), self.deadline.connect))
                sock.connect(place)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def _response(self, sock: socket.socket, **more: t.Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(t.cast("socket.socket", _Readable(sock, self.deadline)), **more)


class _Readable:
    """What ``http.client`` asks of a socket that it reads from."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._sock, self._deadline))


class _Timed(io.RawIOBase):
    """Each byte comes before the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        # It keeps the socket open where the connection is to be closed behind the answer.
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


def pieces(response: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
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
