# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that behaves as it is told, and what it was asked meanwhile."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.hostile.behaviours import ELSEWHERE, Behaviour
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

TOKEN = "hostile-7f3c9a1e5b2d4806"
NAMES = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@dataclass
class Request:
    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def token(self) -> str:
        headers = [line for line in self.head.decode("latin-1").splitlines() if line.lower().startswith("authorization:")]
        return headers[0].rpartition(" ")[2] if headers else ""


@dataclass
class Server:
    """``elsewhere``: another one, which the first may send to."""

    behaviour: Behaviour
    elsewhere: Server | None = None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError, ValueError):
            sock.settimeout(patience(1))
            while request := self._request(sock):
                self.requests.append(request)
                sent = b""
                for piece in self.behaviour(request):
                    if self._over.is_set():
                        return
                    sent = piece
                    sock.sendall(self._addressed(piece))
                if b"Content-Length" not in sent:
                    return

    def _addressed(self, piece: bytes) -> bytes:
        address = self.elsewhere.address if self.elsewhere else "127.0.0.1:1"
        return piece.replace(ELSEWHERE.split("/")[2].encode(), address.encode()) if b"ELSEWHERE" in piece[:2000] else piece

    def _request(self, sock: socket.socket) -> Request | None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = sock.recv(65536)
            if not piece:
                return None
            head += piece
        head, _blank, body = head.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < int(lengths[0] if lengths else 0):
            body += sock.recv(65536)
        method, target, _version = head.decode("latin-1").split("\r\n")[0].split(" ")
        return Request(method, target.partition("?")[0], head, body)

    def writes(self) -> list[str]:
        """What was to change something, and is no question about rights."""
        return [f"{each.method} {each.path}" for each in self.requests if each.method != "GET" and "/selfsubject" not in each.path]

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    with contextlib.ExitStack() as stack:
        elsewhere = Server(lambda _request: [b""])
        stack.callback(elsewhere.close)
        server = Server(behaviour, elsewhere)
        stack.callback(server.close)
        yield server


def kubeconfig(folder: Path, server: str) -> str:
    """Path of a kubeconfig that leads there, with a token."""
    document: dict[str, t.Any] = {
        "current-context": "hostile",
        "clusters": [{"name": "hostile", "cluster": {"server": f"http://{server}"}}],
        "users": [{"name": "hostile", "user": {"token": TOKEN}}],
        "contexts": [{"name": "hostile", "context": {"cluster": "hostile", "user": "hostile"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)
