# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which proxy leads to a host.

The same for the API server, registries, issuers and OAuth servers. Metadata servers are reached directly.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from ..errors import BootstrapError
from ..redaction.redact import remember_login


def proxy_for(host: str, port: int, secure: bool, env: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for a host, as Go (so kubectl) reads it: never for this machine itself. It may hold a login."""
    names = ("HTTPS_PROXY", "https_proxy") if secure else ("HTTP_PROXY", "http_proxy")
    proxy = next((env[name] for name in names if env.get(name)), None)
    if not proxy or is_loopback(host) or _excluded(host, port, env.get("NO_PROXY") or env.get("no_proxy") or ""):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
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


def login(proxy: str) -> dict[str, str]:
    """The header that logs in to a proxy."""
    parts = urlsplit(proxy)
    if not parts.username:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


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
