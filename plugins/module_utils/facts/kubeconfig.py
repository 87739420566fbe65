# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a kubeconfig says, without a credential in it. Private to the collection."""

from __future__ import annotations

import shutil
import typing as t

from ..kubeconfig import Kubeconfig


def describe(kubeconfig: Kubeconfig) -> dict[str, t.Any]:
    """The document ``facts.kubeconfig``; its fields are documented in the module ``kubeconfig_info``."""
    connection = kubeconfig.connection
    helper = connection.credentials.helper
    return {
        "source": kubeconfig.source,
        "files": kubeconfig.files,
        "context": kubeconfig.context,
        "cluster": kubeconfig.cluster,
        "user": kubeconfig.user,
        "namespace": kubeconfig.namespace,
        "server": connection.server,
        "tls": {"verify": connection.verify, "ca": kubeconfig.ca_source, "server_name": connection.tls_server_name},
        "proxy": _without_login(connection.proxy),
        "auth": {
            "method": connection.credentials.method,
            "helper": helper,
            "helper_found": bool(shutil.which(helper, path=connection.env.get("PATH"))) if helper else None,
        },
        "contexts": kubeconfig.contexts,
        "warnings": _warnings(kubeconfig),
    }


def _warnings(kubeconfig: Kubeconfig) -> list[str]:
    if kubeconfig.connection.verify:
        return []
    return [f"The certificate of {kubeconfig.connection.server} is not verified: insecure-skip-tls-verify is set in the kubeconfig."]


def _without_login(proxy: str | None) -> str | None:
    if not proxy or "@" not in proxy:
        return proxy
    scheme, rest = proxy.split("://", 1)
    return f"{scheme}://{rest.rsplit('@', 1)[1]}"
