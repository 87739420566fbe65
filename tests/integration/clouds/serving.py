# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the stand-ins for clouds share: an HTTP(S) server on loopback that remembers what it was asked, and can fail on purpose."""

from __future__ import annotations

import http.server
import json
import re
import ssl
import threading
import typing as t
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.kubeflow.bootstrap.tests.patience import patience

Json = dict[str, t.Any]


@dataclass
class Asked:
    """One request. ``body``: of JSON or a form, else the text."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: t.Any


@dataclass
class Reply:
    status: int = 200
    body: t.Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """``times`` requests that match get ``reply``, or with ``None`` a connection that is cut off; ``after``: after they were done."""

    method: str
    pattern: str
    reply: Reply | None
    times: int = 1
    after: bool = False


class StandIn:
    """Answers by ``answer``, one request at a time. ``asked``: all requests, in order. ``held``: see ``hold``."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self._held: tuple[str, str] | None = None
        self.holding, self._go_on = threading.Event(), threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, method: str, pattern: str) -> None:
        """The next such request is carried out, and its answer kept back until ``go_on``; ``holding`` is set meanwhile."""
        self._held = (method, pattern)

    def go_on(self) -> None:
        self._go_on.set()

    def count(self, method: str, pattern: str) -> int:
        return sum(1 for each in self.asked if each.method == method and re.search(pattern, each.path))

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def serve(self, asked: Asked) -> Reply | None:
        with self.lock:
            self.asked.append(asked)
            fault = self._fault(asked)
            if fault and not fault.after:
                return fault.reply
            reply = self.answer(asked)
        if self._held and asked.method == self._held[0] and re.search(self._held[1], asked.path):
            self._held = None
            self.holding.set()
            assert self._go_on.wait(patience(3))
        return fault.reply if fault else reply

    def _fault(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == asked.method and re.search(fault.pattern, asked.path):
                fault.times -= 1
                return fault
        return None


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Whoever asked was killed, or hung up."""


def _handler(owner: StandIn) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            parts = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = owner.serve(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, _parsed(text, headers)))
            if reply is None:
                self.connection.close()
                self.close_connection = True
                return
            content = b"" if reply.body is None else reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            kind = "text/plain" if isinstance(reply.body, str) else "application/json"
            for name, value in {"Content-Type": kind, **reply.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do

        def log_message(self, *args: t.Any) -> None:
            pass

    return Handler


def _parsed(text: str, headers: dict[str, str]) -> t.Any:
    kind = headers.get("content-type", "")
    if not text:
        return None
    return json.loads(text) if "json" in kind else dict(parse_qsl(text)) if "form" in kind else text
