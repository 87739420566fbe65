# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connection, and what is exchanged on it within a deadline.

All HTTP of this collection goes this way: the API server, registries, issuers of OpenID Connect, OAuth servers and metadata servers. It is
built on ``http.client``, but for the request and the head of the answer. A request with the pool of urllib3 2.x at its lowest level took
twice the CPU on a kept-alive connection of TLS, and most of what is needed here (a deadline for every byte, a hook for new connections,
repeated headers) would have to be added to it.

Redirects are not followed here, so that credentials reach only the host that they are for.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
import select
import socket
import ssl
import typing as t
from collections.abc import Iterable
from urllib.parse import urlsplit

from . import proxies
from .deadline import ExchangeDeadline
from .response import Response

_PIECE = 2**16
_NOT_IN_TARGET = re.compile(r"[\x00-\x20\x7f]")


class Channel(http.client.HTTPConnection):
    """A connection that opens itself with its first request. ``deadline`` bounds what is exchanged on it; set it before each request."""

    deadline: ExchangeDeadline
    written = False
    """Whether anything of the request went out; reset it before each."""

    def __init__(
        self, url: str, context: ssl.SSLContext | None, proxy: str | None, deadline: ExchangeDeadline, *, name: str | None = None
    ) -> None:
        """``context``: for TLS, ``None`` without. ``name``: the one in the server's certificate, if it is not the URL's host."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        super().__init__(host, parts.port or (80 if context is None else 443))
        self.deadline = deadline
        self.response_class = lambda sock, method: Response(sock, self.deadline, method)  # type: ignore[assignment]
        self._create_connection = self._dial
        self._context, self._name = context, name or host
        self._open: socket.socket | None = None
        self._arrivals = select.poll()
        self.proof: str | None = None
        """The server's identity in the last answer; ``answered``: the time of that, by ``time.monotonic``."""
        self.answered = 0.0
        self._authority = parts.netloc.rpartition("@")[2]
        if proxy:
            proxies.check_proxy(proxy)
            parts = urlsplit(proxy)
            self.set_tunnel(host, self.port, headers=proxies.login(proxy))
            self.host, self.port = parts.hostname or "", parts.port or 80

    def connect(self) -> None:
        if self._open:  # what this connection proved would not hold for another one
            raise ConnectionResetError(errno.ECONNRESET, "it ends the connection after each answer")
        super().connect()
        if self._context:
            self.sock.settimeout(self.deadline.left())
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self._name)
        self._open = self.sock
        self._arrivals.register(self.sock, select.POLLIN)

    def exchange(self, method: str, target: str, headers: Iterable[tuple[str, str]], payload: bytes | None = None) -> Response:
        """Send a request, in one piece if it is small, and read the head of its answer. A header may come several times."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._authority}", *(f"{name}: {value}" for name, value in headers)]
        if not any(line.startswith("Accept-Encoding:") for line in lines):
            lines.append("Accept-Encoding: identity")
        if payload is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(payload or b'')}")
        head = "\r\n".join([*lines, "", ""])
        if _NOT_IN_TARGET.search(target) or head.count("\n") != head.count("\r") or head.count("\n") != len(lines) + 1:
            raise ValueError("a request that would be two")
        self.send(head.encode("iso-8859-1") + (payload or b""))
        response = Response(self.sock, self.deadline, method)
        response.begin()
        if response.will_close:
            self.close()
        return response

    def stale(self) -> bool:
        """Whether the server closed it meanwhile, or sent something unrequested."""
        return bool(self._arrivals.poll(0))

    def cut(self) -> None:
        """End what is under way, from another thread."""
        with contextlib.suppress(OSError, AttributeError):
            t.cast("socket.socket", self._open or self.sock).shutdown(socket.SHUT_RDWR)

    def send(self, data: t.Any) -> None:
        """In pieces, so that the deadline holds for a server that reads a byte a second, too."""
        if self.sock is None:
            self.connect()
        self.written = self.written or self._open is not None  # not what opens a tunnel
        for start in range(0, len(data), _PIECE):
            self.sock.settimeout(self.deadline.left())
            self.sock.sendall(data[start : start + _PIECE])

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
