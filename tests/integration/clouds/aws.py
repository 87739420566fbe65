# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS, as moto's server has it, with something in front of it that can hold an answer back or refuse.

moto drags in more than our tests should have: it is installed on demand.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from urllib.parse import urlencode, urlsplit

from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Reply, StandIn
from ansible_collections.kubeflow.bootstrap.tests.integration.installed import installed
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

_PACKAGES = ("moto==5.2.5", "flask", "flask-cors", "docker", "antlr4-python3-runtime", "joserfc", "PyYAML")


class Moto:
    """A process of moto's server; ``url``."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        env = {**os.environ, "MOTO_DISABLE_GLOBAL_CORS": "true"}
        argv = [str(installed(*_PACKAGES)), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        self.url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < end, "moto's server does not start"
                time.sleep(0.05)

    def reset(self) -> None:
        """Forget all that was made."""
        _ask(self.url, "POST", "/moto-api/reset", "", {})

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(patience(1))


class Aws(StandIn):
    """In front of moto, for APIs whose requests are forms, as EC2's. The path of a request is its action."""

    def __init__(self, moto: Moto) -> None:
        super().__init__()
        self._moto = moto.url

    def serve(self, asked: Asked) -> Reply | None:
        if isinstance(asked.body, dict) and "Action" in asked.body:
            asked.path = f"/{asked.body['Action']}"
        return super().serve(asked)

    def answer(self, asked: Asked) -> Reply:
        status, text = _ask(self._moto, asked.method, "/", urlencode(asked.body), {**asked.headers, "host": urlsplit(self._moto).netloc})
        return Reply(status, text, {"Content-Type": "text/xml"})


def refusal(code: str, message: str, status: int = 400) -> Reply:
    """An error of EC2 (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html)."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>", {"Content-Type": "text/xml"})


def _ask(url: str, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=patience(2))
    kept = {name: value for name, value in headers.items() if name not in ("content-length", "connection", "accept-encoding")}
    try:
        connection.request(method, path, body, kept)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
