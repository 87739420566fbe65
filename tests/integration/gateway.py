# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A gateway before a real API server that answers some requests itself, or alters what the server answered."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import threading
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.transport import ssl_context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

if t.TYPE_CHECKING:
    from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster

Headers = list[tuple[str, str]]
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}


class Answer(t.NamedTuple):
    status: int
    headers: Headers
    body: bytes


Alter = Callable[[Answer], Answer]


class Gateway:
    """``alter``: for which requests (method and path begin so, the path to its end or to the query) what is done to the answer."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        connection = load(cluster.kubeconfig, env={}).connection
        self._server, self._context = urlsplit(connection.server), ssl_context(connection)
        self.alter: dict[str, Alter] = {}
        self.altered: list[str] = []
        self._httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._httpd.daemon_threads = True
        threading.Thread(target=self._httpd.serve_forever, daemon=True).start()
        self.kubeconfig = str(folder / "gateway")
        entry = {"server": f"http://127.0.0.1:{self._httpd.server_address[1]}"}
        document = {
            "current-context": "gateway",
            "clusters": [{"name": "gateway", "cluster": entry}],
            "contexts": [{"name": "gateway", "context": {"cluster": "gateway", "user": ""}}],
        }
        Path(self.kubeconfig).write_text(json.dumps(document), encoding="utf-8")

    def close(self) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()

    def _pass_on(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        upstream = http.client.HTTPSConnection(self._server.hostname or "", self._server.port, context=self._context, timeout=patience(3))
        with contextlib.closing(upstream):
            upstream.request(method, path, body or None, {name: value for name, value in headers if name.lower() not in _HOP})
            response = upstream.getresponse()
            content = response.read()
            return Answer(response.status, [each for each in response.getheaders() if each[0].lower() not in _HOP], content)

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = gateway._pass_on(self.command, self.path, list(self.headers.items()), body)
                alter = gateway.alter.get(f"{self.command} {self.path.partition('?')[0]}")
                if alter and answer.status == 200:
                    gateway.altered.append(f"{self.command} {self.path}")
                    answer = alter(answer)
                self.send_response(answer.status)
                for name, value in [*answer.headers, ("Content-Length", str(len(answer.body)))]:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@contextlib.contextmanager
def gateway(cluster: Cluster, folder: Path) -> Iterator[Gateway]:
    """One that passes everything on, until it is told to fail."""
    proxy = Gateway(cluster, folder)
    try:
        yield proxy
    finally:
        proxy.close()


HTML: Headers = [("Content-Type", "text/html; charset=utf-8")]
ALTERED: dict[str, Alter] = {
    "sign-in page": lambda _answer: Answer(200, HTML, b"<html>Please sign in"),
    "cut off": lambda answer: answer._replace(body=answer.body[: len(answer.body) // 2]),
    "redirect": lambda _answer: Answer(302, [*HTML, ("Location", "https://sso.example.com/login")], b"<html>"),
    "empty": lambda answer: answer._replace(body=b""),
}
