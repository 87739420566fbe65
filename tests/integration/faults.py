# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong between here and the API server, made by proxies that others wrote.

toxiproxy, built from its Go module, is for TCP: resets, latency, bandwidth, silence. mitmproxy, in an environment of its own from
``requirements/faults.txt``, is for HTTP: refusals, lost answers, discovery that lags. Both are installed once, into the cache folder where
the programs of local clusters are.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator, Mapping
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import programs
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.locks import locked
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

Json = dict[str, t.Any]
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "roles" / "local_cluster" / "files" / "control-plane"
_TOXIPROXY = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"
_START_SECONDS = patience(5)


def toxiproxy_program(env: Mapping[str, str]) -> Path:
    """The server, built once: some 10 seconds."""
    cache = cache_folder(env)
    key = hashlib.sha256(f"{_TOXIPROXY} {sys.platform} {os.uname().machine}".encode()).hexdigest()[:12]
    program = cache / "toxiproxy" / key / "server"
    with locked(program.parent.with_name(f"{key}.lock"), lambda: print("Waiting for another build of toxiproxy")):
        if not program.exists():
            building = program.parent.with_name(f"{key}.building")
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(parents=True)
            go = programs._go(cache, env, print, SOURCE / programs.PINNED_GO)
            full = {**env, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0", "GOBIN": str(building)}
            subprocess.run([go, "install", "-trimpath", "-ldflags=-s -w", _TOXIPROXY], env=full, cwd=building, check=True)
            building.rename(program.parent)
    return program


def mitmproxy_program(env: Mapping[str, str]) -> Path:
    """``mitmdump``, installed once."""
    link = cache_folder(env) / "faults"
    link.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [str(ROOT / "tools" / "venv"), str(ROOT / "requirements" / "faults.txt"), str(link)],
        check=True,
        env={**env, "PYTHON": sys.executable},
    )
    return link / "bin" / "mitmdump"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{process.args!r} does not listen"
        time.sleep(0.02)


@contextlib.contextmanager
def _process(argv: list[str], port: int, folder: Path) -> Iterator[None]:
    env = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            _listens(port, process)
            yield
        finally:
            process.kill()
            process.wait()


def _ask(port: int, method: str, path: str, body: object = None) -> t.Any:
    channel = http.client.HTTPConnection("127.0.0.1", port, timeout=patience(1))
    try:
        channel.request(
            method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", "User-Agent": "tests"}
        )
        answer = channel.getresponse()
        content = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {content!r}"
        return json.loads(content or b"null")
    finally:
        channel.close()


class TcpProxy:
    """A way to the API server through toxiproxy (https://github.com/Shopify/toxiproxy#toxics)."""

    def __init__(self, control: int, port: int, name: str) -> None:
        self._control, self.port, self._path = control, port, f"/proxies/{name}"
        self._names = 0

    def add(self, kind: str, *, stream: str = "downstream", toxicity: float = 1.0, **attributes: int) -> str:
        """One more toxic; returns its name. ``stream``: ``downstream`` is from the server to us. Times are in milliseconds."""
        self._names += 1
        name = f"{kind}-{self._names}"
        body = {"name": name, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        _ask(self._control, "POST", f"{self._path}/toxics", body)
        return name

    def remove(self, name: str) -> None:
        """Take one away."""
        _ask(self._control, "DELETE", f"{self._path}/toxics/{name}")

    def cut(self) -> None:
        """End all connections and refuse new ones."""
        _ask(self._control, "POST", self._path, {"enabled": False})

    def mend(self) -> None:
        """Let connections through again."""
        _ask(self._control, "POST", self._path, {"enabled": True})


@contextlib.contextmanager
def tcp_proxy(env: Mapping[str, str], folder: Path, upstream: int) -> Iterator[TcpProxy]:
    """A proxy to the port ``upstream`` of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    control, port = _free_port(), _free_port()
    with _process([str(toxiproxy_program(env)), "-host", "127.0.0.1", "-port", str(control)], control, folder):
        body = {"name": "api", "listen": f"127.0.0.1:{port}", "upstream": f"127.0.0.1:{upstream}", "enabled": True}
        _ask(control, "POST", "/proxies", body)
        yield TcpProxy(control, port, "api")


class HttpProxy:
    """A way to the API server through mitmproxy; what the rules say is in ``faults_addon.py``."""

    def __init__(self, port: int, ca: Path) -> None:
        self.port, self.ca = port, ca

    def rules(self, *rules: Json) -> None:
        """These hold from now on, the first that matches."""
        self._tell("PUT", "/-/rules", [{"name": str(number), **rule} for number, rule in enumerate(rules)])

    def seen(self) -> list[Json]:
        """All requests so far, in their order: ``time``, ``method``, ``path``, ``status``, ``end``, and ``fault``, the rule that hit it."""
        answer: list[Json] = self._tell("GET", "/-/seen")
        return answer

    def hit(self) -> list[Json]:
        """Those of ``seen`` that a rule hit."""
        return [each for each in self.seen() if each["fault"] is not None]

    def _tell(self, method: str, path: str, body: object = None) -> t.Any:
        return _ask(self.port, method, path, body)


@contextlib.contextmanager
def http_proxy(env: Mapping[str, str], folder: Path, upstream: int, upstream_ca: Path, client: Path | None) -> Iterator[HttpProxy]:
    """A proxy to the API server at a port of this machine, as the user of the PEM file ``client`` (certificate and key) if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    argv = [
        str(mitmproxy_program(env)),
        "--quiet",
        "--set",
        f"confdir={folder}",
        "--scripts",
        str(Path(__file__).with_name("faults_addon.py")),
    ]
    argv += ["--mode", f"reverse:https://127.0.0.1:{upstream}@127.0.0.1:{port}"]
    argv += ["--set", f"ssl_verify_upstream_trusted_ca={upstream_ca}", "--set", "connection_strategy=lazy"]
    argv += ["--set", f"client_certs={client}"] if client else []
    with _process(argv, port, folder):
        yield HttpProxy(port, folder / "mitmproxy-ca-cert.pem")


def client_pem(kubeconfig: str, folder: Path) -> Path:
    """The client certificate and key of a kubeconfig of a local cluster, in one file."""
    user = json.loads(Path(kubeconfig).read_text(encoding="utf-8"))["users"][0]["user"]
    path = folder / "client.pem"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(base64.b64decode(user[key]) for key in ("client-certificate-data", "client-key-data")))
    return path


def kubeconfig_through(kubeconfig: str, port: int, path: Path, ca: Path | None = None, user: Json | None = None) -> str:
    """A copy in ``path`` of a kubeconfig of a local cluster that leads to another port; with another authority and login, if given."""
    content = json.loads(Path(kubeconfig).read_text(encoding="utf-8"))
    cluster = content["clusters"][0]["cluster"]
    cluster["server"] = f"https://127.0.0.1:{port}"
    if ca:
        cluster["certificate-authority-data"] = base64.b64encode(ca.read_bytes()).decode()
    if user is not None:
        content["users"][0]["user"] = user
    path.write_text(json.dumps(content), encoding="utf-8")
    path.chmod(0o600)
    return str(path)
