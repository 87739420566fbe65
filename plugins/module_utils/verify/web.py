# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks by HTTP: of a Service through the API server, or of an address as users see it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from ..formats import foreign_json
from ..formats.json_object import Json
from ..http import ask, trust
from ..http.deadline import ExchangeDeadline
from ..kube.client import Client
from ..redaction.redact import clean
from .result import CheckDenied, CheckFailed

_REDIRECTS = 5
_MOST = 2**20
_SHOWN = 200
_REQUEST = 30.0
"""Seconds that one request may take."""


def service(client: Client, namespace: str, check: Json) -> str:
    """Send a request to a Service, through the API server's proxy. Returns evidence. Raises ``CheckFailed``."""
    name = f"{'https:' if check.get('tls') else ''}{check['service']}:{check['port']}"
    path = f"/api/v1/namespaces/{namespace}/services/{name}/proxy{check['path']}"
    status, headers, content = client.through(path, check.get("headers") or {})
    refusal = _refusal(status, content)
    if refusal and status == 403:
        raise CheckDenied(refusal)
    if refusal:
        raise CheckFailed(f"GET {check['path']} of Service {check['service']}: {refusal}")
    _compare(check, f"GET {check['path']} of Service {check['service']}", status, headers.get("Location"), content)
    return f"GET {check['path']} of Service {check['service']}: {status}"


def url(check: Json, env: Mapping[str, str]) -> str:
    """Send a request from here, with the certificate authorities that this machine trusts. Returns evidence. Raises ``CheckFailed``."""
    address = check["url"]
    for _redirect in range(_REDIRECTS):
        context = trust.trusting(None, env) if address.startswith("https:") else None
        try:
            answer = ask.ask(address, {"Accept": "text/html"}, ExchangeDeadline(_REQUEST, _REQUEST), context=context, env=env, most=_MOST)
        except ask.NoAnswer as error:
            raise CheckFailed(f"GET {address}: {error}") from None
        location = next(iter(answer.headers.get("location", [])), None)
        following = urljoin(address, location) if location else ""
        if answer.status not in range(300, 400) or urlsplit(following).hostname != urlsplit(address).hostname:
            break
        address = following
    _compare(check, f"GET {address}", answer.status, location, answer.content)
    return f"GET {address}: {answer.status}{f', to {urlsplit(following).hostname}' if following else ''}"


def _refusal(status: int, content: bytes) -> str | None:
    """The message of an API server that does not pass a request on."""
    try:
        answer = foreign_json.loads(content) if status >= 400 else None
    except ValueError:
        return None
    return clean(str(answer.get("message"))) if isinstance(answer, dict) and answer.get("kind") == "Status" else None


def _compare(check: Json, what: str, status: int, location: str | None, content: bytes) -> None:
    if status not in check["status"]:
        expected = " or ".join(map(str, check["status"]))
        raise CheckFailed(f"{what}: {status} instead of {expected}: {clean(content[:_SHOWN].decode(errors='replace'))}")
    if check.get("location") and not (location or "").startswith(check["location"]):
        raise CheckFailed(f"{what}: {status}, which leads to {clean(location or 'nowhere')[:_SHOWN]} instead of {check['location']}")
    if check.get("text") and check["text"].encode() not in content:
        raise CheckFailed(f"{what}: {status}, but without {check['text']!r}")
