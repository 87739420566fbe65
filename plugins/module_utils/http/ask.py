# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One request to a server, on a connection of its own."""

from __future__ import annotations

import ssl
import typing as t
from collections.abc import Mapping
from urllib.parse import urlsplit

from . import failures, proxies
from .channel import Channel
from .deadline import ExchangeDeadline
from .response import pieces

Env = Mapping[str, str]


class HttpReply(t.NamedTuple):
    """``headers``: names in small letters, to all values of each."""

    status: int
    headers: Mapping[str, list[str]]
    content: bytes


class NoAnswer(Exception):
    """``failure``: the reason."""

    def __init__(self, failure: failures.Failure) -> None:
        self.failure = failure
        super().__init__(failure.message)


def proxy_of(url: str, env: Env) -> str | None:
    """The proxy that the environment names for a URL."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return proxies.proxy_for(parts.hostname or "", parts.port or (443 if secure else 80), secure, env)


def ask(
    url: str,
    headers: Mapping[str, str],
    deadline: ExchangeDeadline,
    *,
    context: ssl.SSLContext | None = None,
    env: Env | None = None,
    method: str = "GET",
    most: int = 2**20,
) -> HttpReply:
    """Send one request, and read its answer, whatever its status; redirects are not followed. Raises ``NoAnswer``.

    ``env``: names the proxy; ``None`` for none in any case. ``most``: bytes of the body.
    """
    parts = urlsplit(url)
    channel = None
    try:
        channel = Channel(url, context, proxy_of(url, env) if env is not None else None, deadline)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        response = channel.exchange(method, target, headers.items())
        return HttpReply(response.status, response.headers.all, b"".join(pieces(response, most)))
    except failures.ERRORS as error:
        raise NoAnswer(failures.explain(error, deadline)) from None
    finally:
        if channel:
            channel.close()
