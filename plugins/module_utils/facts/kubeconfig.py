# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig, described without its credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..http.proxies import check_proxy
from ..http.urls import without_login
from ..kube.transport import proxy_of
from ..kubeconfig.credentials import Credentials
from ..kubeconfig.load import Kubeconfig
from ..kubeconfig.token_expiry import text

SOON = timedelta(days=7)
"""A login that expires within this time gets a warning, unless it is renewed automatically."""


def describe(kubeconfig: Kubeconfig) -> Json:
    """The document ``facts.kubeconfig``; its fields are documented in the module ``kubeconfig_info``."""
    connection = kubeconfig.connection
    proxy = proxy_of(connection)
    auth, doubts = _auth(connection.credentials)
    return {
        "source": kubeconfig.source,
        "files": kubeconfig.files,
        "context": kubeconfig.context,
        "cluster": kubeconfig.cluster,
        "user": kubeconfig.user,
        "namespace": kubeconfig.namespace,
        "server": connection.server,
        "tls": {"verify": connection.verify, "ca": kubeconfig.ca_source, "server_name": connection.tls_server_name},
        "proxy": without_login(proxy) if proxy else None,
        "proxy_source": None if not proxy else "kubeconfig" if connection.proxy else "environment",
        "auth": auth,
        "contexts": kubeconfig.contexts,
        "warnings": [*_connection_warnings(kubeconfig, proxy), *connection.credentials.warnings, *doubts],
    }


def _connection_warnings(kubeconfig: Kubeconfig, proxy: str | None) -> list[str]:
    """Warnings about the connection to the server."""
    server, warnings = kubeconfig.connection.server, []
    if server.startswith("http://"):
        warnings.append(f"All that is sent to {server}, the login too, can be read on the way: it is not https://.")
    elif not kubeconfig.connection.verify:
        warnings.append(f"The certificate of {server} is not verified: insecure-skip-tls-verify is set in the kubeconfig.")
    if proxy:
        try:
            check_proxy(proxy)
        except BootstrapError as error:
            warnings.append(str(error))
    return warnings


def _auth(credentials: Credentials) -> tuple[Json, list[str]]:
    """How the user logs in, and warnings about it."""
    helper = credentials.attempt() or {}
    auth = {
        "method": credentials.method,
        "provider": credentials.provider,
        "expires": None,
        "impersonates": credentials.impersonates(),
        "helper": credentials.helper,
        **{f"helper_{name}": helper.get(name) for name in ("found", "runs", "version", "install")},
    }
    doubts = [f"To log in, the kubeconfig needs a command: {helper['problem']} {helper['install']}"] if helper.get("problem") else []
    if credentials.method == "basic":
        doubts.append("The kubeconfig logs in with name and password, which Kubernetes has not supported since 1.19.")
    try:
        end = credentials.expires()
    except BootstrapError as error:
        return auth, [*doubts, str(error)]
    auth["expires"] = text(end)
    what = "client certificate" if credentials.method == "client-certificate" else "token"
    now = datetime.now(tz=UTC)
    if credentials.refused:
        doubts.append(str(credentials.refused))
    elif end and end < now:
        doubts.append(f"The {what} of the kubeconfig expired at {text(end)}. Log in again.")
    elif end and end < now + SOON and credentials.method in ("client-certificate", "token") and not credentials.provider:
        doubts.append(f"The {what} of the kubeconfig expires at {text(end)}. Log in again before.")
    return auth, doubts
