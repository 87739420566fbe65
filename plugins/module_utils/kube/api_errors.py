# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The errors of requests: the API server refuses, does not answer, or something else answers."""

from __future__ import annotations

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..http.failures import Failure
from ..kubeconfig.load import Connection
from ..redaction.redact import clean, cleaned
from . import responses
from .responses import Headers, Unacceptable


class Unreachable(BootstrapError):
    """No answer from the API server. ``transient``: it may answer a retry. ``sent``: a write may have been done nevertheless.

    ``slow``: it did not answer in time.
    """

    def __init__(self, message: str, *, fix: str | None = None, transient: bool = True, sent: bool = False, slow: bool = False) -> None:
        self.transient, self.sent, self.slow = transient, sent, slow
        super().__init__(message, fix=fix)


_IN_BETWEEN = "Sign in again if a gateway or proxy before the API server asks for it; else check server in the kubeconfig."


class InvalidResponse(Unreachable):
    """Something answered, but not as a Kubernetes API server does (``responses``).

    It proves nothing: neither that an object was not found, nor that a list is empty, nor whether a write was done. A gateway or proxy may
    answer so for a moment, or until somebody signs in.
    """

    def __init__(self, connection: Connection, what: str, why: str) -> None:
        super().__init__(
            f"{connection.server} (context {connection.name}) does not answer as a Kubernetes API server: {why} ({what}).",
            fix=_IN_BETWEEN,
            sent=True,
        )


def unreachable(failure: Failure, connection: Connection, sent: bool) -> Unreachable:
    """The error for a failed exchange."""
    where = f"{connection.server} (context {connection.name})"
    if failure.kind == "untrusted":
        return Unreachable(
            f"The API server {where} was not asked: its certificate can't be trusted: {failure.why}.",
            fix="Check certificate-authority and server in the kubeconfig.",
            transient=False,
        )
    if failure.kind in ("damaged", "too large"):
        why = f"The answer of the API server {connection.server} can't be read: {failure.why}."
        return Unreachable(why, fix=_IN_BETWEEN, transient=failure.kind == "damaged", sent=sent)
    return Unreachable(
        f"The API server {where} can't be reached: {failure.message}.",
        fix="Is the cluster up, and the VPN or proxy to it?",
        sent=sent,
        slow=failure.kind == "late",
    )


class ApiError(BootstrapError):
    """The API server refused. ``code`` is the HTTP status; ``status_message``, ``reason`` and ``causes`` are those of its Status object."""

    def __init__(self, code: int, status: Json, what: str) -> None:
        self.code = code
        self.reason = clean(str(status.get("reason") or ""))
        self.status_message = clean(str(status.get("message") or f"HTTP {code}"))
        details = status.get("details")
        self.causes: list[Json] = cleaned(details.get("causes") or []) if isinstance(details, dict) else []
        super().__init__(f"{what}: {self.status_message}")


def refusal(connection: Connection, code: int, content: bytes, headers: Headers, what: str) -> ApiError:
    """Raises ``Unacceptable`` for what an API server does not refuse with; servers on the way may say that they are busy or broken."""
    if code == 401:
        expired = connection.credentials.expired()
        credential = "client certificate" if connection.credentials.method == "client-certificate" else "token"
        why = f": the {credential} expired at {expired}" if expired else ""
        message = f"the API server {connection.server} refuses the credentials of context {connection.name}{why}. Log in again."
        return ApiError(401, {"reason": "Unauthorized", "message": message}, "Login")
    status = responses.status(content, headers)
    if status is None and code != 429 and not 500 <= code < 600:
        raise Unacceptable(f"HTTP {code}, {responses.page(headers)}")
    return ApiError(code, status or {"message": responses.from_between(code, content, headers)}, what)
