# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers and certificates for all unit tests: real HTTP and TLS on loopback."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import json
import select
import socket
import ssl
import threading
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction import redact
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The secrets of one test are ordinary words in the next."""
    redact.forget()


Json = dict[str, t.Any]
ENV = {"PATH": ABSENT, "HOME": ABSENT}


# --- certificates


class Authority:
    """A certificate authority. ``pem``: its certificate; ``issue`` returns certificate and key, both PEM texts."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = self._builder(name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.pem = _pem(builder.sign(self._key, hashes.SHA256()))

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey, days: int = 1) -> x509.CertificateBuilder:
        now = datetime.datetime.now(tz=datetime.UTC)
        builder = x509.CertificateBuilder(issuer_name=self._name, public_key=key.public_key(), serial_number=x509.random_serial_number())
        builder = builder.subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        return builder.not_valid_before(now - datetime.timedelta(days=30)).not_valid_after(now + datetime.timedelta(days=days))

    def issue(self, name: str, hosts: tuple[str, ...] = (), days: int = 1) -> tuple[str, str]:
        """As many clusters' certificates are, without an authority key identifier. ``days``: from now until it expires."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, key, days)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return _pem(builder.sign(self._key, hashes.SHA256())), secret.decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority("cluster-ca")


@pytest.fixture(scope="session")
def other_authority() -> Authority:
    return Authority("other-ca")


# --- an API server that says what a test wants


@dataclass
class Request:
    """What a server was asked. ``user``: the common name of the client certificate."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: t.Any
    user: str | None
    connection: int


@dataclass
class Answer:
    """``silent_close``: the server closes the connection after this answer without having said so."""

    body: t.Any = None
    code: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    silent_close: bool = False


Route = t.Any
"""An ``Answer``, plain data, a list of them (one a request, the last for all that follow), or a function of the request."""


class Server:
    """``routes``: by path. ``requests``: in order. What has no route is answered with 404, as Kubernetes does."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[Request] = []
        self._httpd = _Listener(("127.0.0.1", 0), _handler(self))
        self._httpd.context = context
        self.port = self._httpd.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        route = self.routes.get(request.path, Answer({"kind": "Status", "reason": "NotFound", "message": "not found", "code": 404}, 404))
        if isinstance(route, list):
            route = route.pop(0) if len(route) > 1 else route[0]
        if callable(route):
            route = route(request)
        return route if isinstance(route, Answer) else Answer(route)

    def writes(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.requests if each.method != "GET" and "reviews" not in each.path]

    def close(self) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    context: ssl.SSLContext | None = None

    def finish_request(self, request: t.Any, client_address: t.Any) -> None:
        """The handshake belongs into the connection's own thread."""
        if self.context:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """A client that goes away is no news."""


def _handler(server: Server) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            parts = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = server.answer(
                Request(
                    self.command,
                    unquote(parts.path),
                    dict(parse_qsl(parts.query)),
                    {name.lower(): ", ".join(self.headers.get_all(name) or []) for name in self.headers},
                    json.loads(content) if content else None,
                    _common_name(self.connection),
                    self.client_address[1],
                )
            )
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(_whole(answer, parts.path)).encode()
            self.send_response(answer.code)
            headers = [("Content-Length", str(len(body))), *answer.headers]
            if not any(name == "Content-Type" for name, _value in headers):
                packed = any(name == "Content-Encoding" for name, _value in headers)
                headers.append(("Content-Type", "application/json" if packed or body[:1] in (b"{", b"[") else "text/plain"))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or answer.silent_close

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def bare(item: Json) -> Json:
    """What a test said of an object, without what was added to it."""
    return {key: value for key, value in item.items() if key not in ("kind", "metadata")}


def _whole(answer: Answer, path: str) -> t.Any:
    """What tests leave out of objects, as an API server sends it. Bytes are sent as they are."""
    body = answer.body
    if not isinstance(body, dict) or path.startswith(("/version", "/.well-known", "/openid")) and answer.code < 400:
        return body
    if answer.code >= 400:
        return {"kind": "Status", **body}
    if path in ("/api", "/apis"):
        return {"kind": "APIGroupDiscoveryList", **body, "items": [_group(each) for each in body.get("items") or []]}
    if "items" not in body:
        return {"kind": "Object", "metadata": {}, **body}
    items = [{**item, "metadata": {"name": "nameless", **(item.get("metadata") or {})}} for item in body["items"] or []]
    return {"kind": "List", "metadata": {}, **body, "items": items}


def _group(group: Json) -> Json:
    def version(each: Json) -> Json:
        return {**each, "resources": [{"verbs": [], **resource} for resource in each.get("resources") or []]}

    return {**group, "versions": [version(each) for each in group.get("versions") or []]}


def _common_name(connection: t.Any) -> str | None:
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return next((value for part in certificate["subject"] for name, value in part if name == "commonName"), None) if certificate else None


@pytest.fixture
def serve(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts servers: ``serve()`` speaks plain HTTP, ``serve("127.0.0.1")`` TLS with a certificate for these hosts."""
    running: list[Server] = []

    def start(*hosts: str, days: int = 1) -> Server:
        context = None
        if hosts:
            folder = tmp_path_factory.mktemp("tls")
            (folder / "pair").write_text("".join(authority.issue("server", hosts, days)), encoding="utf-8")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "pair")
            context.load_verify_locations(cadata=authority.pem)
            context.verify_mode = ssl.CERT_OPTIONAL
        running.append(Server(context))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """A server of plain HTTP."""
    return serve()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client of ``server``, with a token."""
    with Client(Connection(server=server.url, name="trial", env=ENV), RequestPolicy(timeout=10)) as connected:
        yield connected


# --- a proxy


class Proxy:
    """Speaks CONNECT, and leads every tunnel to one port of this machine. ``asked``: (host:port, Proxy-Authorization)."""

    def __init__(self, port: int, refuse: bool = False) -> None:
        self._port, self._refuse = port, refuse
        self.asked: list[tuple[str, str | None]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        # Whoever hangs up ends the tunnel.
        with contextlib.suppress(OSError):
            self._tunnel(sock)

    def _tunnel(self, sock: socket.socket) -> None:
        with sock, socket.create_connection(("127.0.0.1", self._port)) as target:
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(4096)
            lines = head.decode().split("\r\n")
            login = next((line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-authorization")), None)
            self.asked.append((lines[0].split()[1], login))
            if self._refuse:
                sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pairs = {sock: target, target: sock}
            while True:
                for ready in select.select(list(pairs), [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    pairs[ready].sendall(data)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def proxy() -> Iterator[Callable[..., Proxy]]:
    """Starts proxies: ``proxy(server.port)``."""
    running: list[Proxy] = []

    def start(port: int, refuse: bool = False) -> Proxy:
        running.append(Proxy(port, refuse))
        return running[-1]

    yield start
    for each in running:
        each.close()


# --- files


@pytest.fixture
def write_kubeconfig(tmp_path: Path) -> Callable[..., Path]:
    """Writes a kubeconfig: ``write_kubeconfig(cluster={"server": ...}, user={"token": ...})``; its one context is called ``trial``."""

    def write(
        name: str = "config", *, cluster: Json | None = None, user: Json | None = None, context: str = "trial", **more: t.Any
    ) -> Path:
        document = {
            "current-context": context,
            "clusters": [{"name": context, "cluster": {"server": "https://127.0.0.1:6443"} if cluster is None else cluster}],
            "users": [{"name": context, "user": user or {}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
            **more,
        }
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    return write


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a small shell program, such as an exec plugin."""

    def write(text: str, name: str = "plugin") -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return write
