# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repositories over HTTP with a login: git's own CGI program (git-http-backend(1)) behind a server on loopback."""

from __future__ import annotations

import base64
import http.server
import subprocess
import threading
import typing as t
from pathlib import Path
from urllib.parse import urlsplit


class GitHttp:
    """Serves the bare repositories below ``folder`` to who logs in with ``token``. ``seen``: logins; ``argv``: what all processes were
    started with, while each was made. ``redirect``: another address that all requests are sent on to."""

    def __init__(self, folder: Path, token: str, redirect: str | None = None) -> None:
        self.folder, self.token, self.redirect = folder, token, redirect
        self.seen: list[str] = []
        self.argv: set[str] = set()
        handler = type("Handler", (_Handler,), {"git": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    git: GitHttp

    def log_message(self, format: str, *args: t.Any) -> None:
        pass

    def do_GET(self) -> None:
        git = self.git
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                git.argv.add(place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:  # it has ended
                continue
        body = self._body()
        if git.redirect:
            return self._answer(302, {"Location": git.redirect + self.path})
        login = self.headers.get("Authorization", "")
        if login:
            git.seen.append(base64.b64decode(login.removeprefix("Basic ")).decode())
        if not git.seen or git.seen[-1].partition(":")[2] != git.token or not login:
            return self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        address = urlsplit(self.path)
        env = {
            "GIT_PROJECT_ROOT": str(git.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH": "/usr/bin:/bin",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": "somebody",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=True)
        head, _blank, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._answer(int(headers.pop("Status", "200 OK").split()[0]), headers, content)

    do_POST = do_GET

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, headers: t.Mapping[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
