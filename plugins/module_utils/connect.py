# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TCP, TLS and proxies between here and the API server. Private to the collection."""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from .errors import BootstrapError
from .kubeconfig import Connection
from .redaction import remember_login


def ssl_context(connection: Connection) -> ssl.SSLContext | None:
    """One context for all connections (making one costs more than a request); ``None`` for plain HTTP."""
    if not connection.server.startswith("https://"):
        return None
    ca = connection.ca and connection.ca.encode("ascii", "replace").decode()
    try:
        context = ssl.create_default_context(cadata=ca) if ca is None or ca.strip() else None
    except (ssl.SSLError, ValueError):
        context = None
    if context is None:
        raise BootstrapError(f"The certificate authority of context {connection.name} is not a PEM certificate.")
    # Python 3.13 asks for extensions that the certificates of many clusters lack, and that kubectl does not ask for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not connection.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.credentials.certificate:
        _load_certificate(context, connection)
    return context


def _load_certificate(context: ssl.SSLContext, connection: Connection) -> None:
    """The ssl module reads certificates from files only."""
    try:
        with _as_file("\n".join(connection.credentials.certificate or ())) as path:
            context.load_cert_chain(path)
    except (ssl.SSLError, ValueError) as error:
        why = getattr(error, "reason", None) or "it is not a PEM pair"
        raise BootstrapError(f"The client certificate of context {connection.name} can't be used: {why}.") from error


@contextlib.contextmanager
def _as_file(text: str) -> Iterator[str]:
    """The path of a file with a key. On Linux it is in memory alone; elsewhere one that only we can read, for a moment."""
    handle = os.memfd_create("kubeflow") if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd") else None
    path = f"/proc/self/fd/{handle}"
    if handle is None:
        handle, path = tempfile.mkstemp(prefix="kubeflow-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            yield path
    finally:
        if not path.startswith("/proc/"):
            os.unlink(path)


def open_connection(connection: Connection, context: ssl.SSLContext | None, timeout: float) -> http.client.HTTPConnection:
    """A connection that opens itself with its first request, through the proxy if there is one for this server."""
    parts = urlsplit(connection.server)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    return _Channel(host, port, timeout, proxy_of(connection), context, connection.tls_server_name or host)


def proxy_of(connection: Connection) -> str | None:
    """The proxy to the server: the kubeconfig's, else the environment's. It may hold a login."""
    parts = urlsplit(connection.server)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    proxy = connection.proxy or _proxy_for(parts.hostname or "", port, secure, connection.env)
    remember_login(proxy)
    return proxy


def check_proxy(proxy: str) -> None:
    """Refuse a proxy that requests can't be sent through."""
    try:
        parts = urlsplit(proxy)
        good = parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise BootstrapError("The proxy for the API server is not a URL.", fix="Correct proxy-url or HTTPS_PROXY.")
    if parts.scheme != "http" or not parts.hostname:
        raise BootstrapError(
            f"The proxy {parts.scheme}://{parts.hostname} is not supported: only those of http:// are.",
            fix="Name an http:// proxy in proxy-url or HTTPS_PROXY, or lead a tunnel of ssh -L to the API server.",
        )


class _Channel(http.client.HTTPConnection):
    def __init__(self, host: str, port: int, timeout: float, proxy: str | None, context: ssl.SSLContext | None, name: str) -> None:
        super().__init__(host, port, timeout=timeout)
        self._context, self._name = context, name
        if proxy:
            self._through(proxy, host, port)

    def _through(self, proxy: str, host: str, port: int) -> None:
        check_proxy(proxy)
        parts = urlsplit(proxy)
        self.port = parts.port or 80
        headers = {}
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Proxy-Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        self.host = parts.hostname or ""
        self.set_tunnel(host, port, headers=headers)

    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self._name)


def _proxy_for(host: str, port: int, secure: bool, env: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for a host, as Go (so kubectl) reads it: never for this machine itself."""
    names = ("HTTPS_PROXY", "https_proxy") if secure else ("HTTP_PROXY", "http_proxy")
    proxy = next((env[name] for name in names if env.get(name)), None)
    if not proxy or is_loopback(host) or _excluded(host, port, env.get("NO_PROXY") or env.get("no_proxy") or ""):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _excluded(host: str, port: int, no_proxy: str) -> bool:
    """Entries are names (``.name`` and ``*.name``: only what is below it), addresses or networks, each with a port or without, or ``*``."""
    for entry in filter(None, (part.strip().lower().removesuffix(f":{port}") for part in no_proxy.split(","))):
        if entry == "*" or host == entry or host.endswith("." + entry.removeprefix("*").removeprefix(".")):
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
