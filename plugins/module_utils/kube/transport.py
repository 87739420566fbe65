# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS and the proxy to the API server, as a kubeconfig configures them."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator

from ..errors import BootstrapError
from ..http import ask, trust
from ..http.channel import Channel
from ..http.deadline import ExchangeDeadline
from ..kubeconfig.load import Connection
from ..redaction.redact import remember_login


def ssl_context(connection: Connection) -> ssl.SSLContext | None:
    """One context for all connections (making one costs more than a request); ``None`` for plain HTTP."""
    if not connection.server.startswith("https://"):
        return None
    ca = connection.ca and connection.ca.encode("ascii", "replace").decode()
    try:
        context = trust.context(ca) if ca is None or ca.strip() else None
    except (ssl.SSLError, ValueError):
        context = None
    if context is None:
        raise BootstrapError(f"The certificate authority of context {connection.name} is not a PEM certificate.")
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
    """The path of a file with a key. On Linux it is in memory only; elsewhere it has mode 600, and is deleted after use."""
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


def open_connection(connection: Connection, context: ssl.SSLContext | None, deadline: ExchangeDeadline) -> Channel:
    """A connection that opens itself with its first request, through the proxy for this server, if any."""
    return Channel(connection.server, context, proxy_of(connection), deadline, name=connection.tls_server_name)


def proxy_of(connection: Connection) -> str | None:
    """The proxy to the server: the kubeconfig's, else the environment's. It may hold a login."""
    remember_login(connection.proxy)
    return connection.proxy or ask.proxy_of(connection.server, connection.env)
