# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an exchange failed."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import typing as t
import zlib

from .deadline import ExchangeDeadline
from .response import TooLarge

ERRORS = (OSError, http.client.HTTPException, zlib.error, ValueError, OverflowError)
"""The errors of an exchange."""
_PHRASES = http.client.responses
_MESSAGES = {
    "untrusted": "its certificate is not trusted ({})",
    "unresolved": "its name can't be resolved ({})",
    "proxy": "the proxy to it refuses ({})",
}
_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")


class Failure(t.NamedTuple):
    """``kind``: ``untrusted``, ``unresolved``, ``late``, ``too large``, ``proxy``, ``damaged`` or ``lost``; ``why``: in words."""

    kind: str
    why: str

    @property
    def message(self) -> str:
        """For a message that names the server before it."""
        return _MESSAGES.get(self.kind, "{}").format(self.why)


def explain(error: BaseException, deadline: ExchangeDeadline) -> Failure:
    """The failure behind an error. Texts of HTTPException are left out: they may hold a login, or anything a server sends."""
    tunnel = _TUNNEL.match(str(error)) if isinstance(error, OSError) else None
    failure = None
    if isinstance(error, ssl.SSLCertVerificationError):
        failure = Failure("untrusted", error.verify_message)
    elif isinstance(error, TimeoutError) or deadline.over:
        failure = Failure("late", deadline.missed())
    elif isinstance(error, TooLarge):
        failure = Failure("too large", error.strerror or "")
    elif isinstance(error, socket.gaierror):
        failure = Failure("unresolved", error.strerror or "no such name")
    elif tunnel:
        failure = Failure("proxy", f"{tunnel[1]} {_PHRASES.get(int(tunnel[1]), '')}".strip())
    elif isinstance(error, zlib.error):
        failure = Failure("damaged", "what it compressed is damaged")
    elif isinstance(error, (http.client.IncompleteRead, OverflowError)):
        failure = Failure("damaged", "its answer is cut off")
    elif isinstance(error, (ssl.SSLEOFError, http.client.RemoteDisconnected)):
        failure = Failure("lost", "it hangs up without an answer")
    elif isinstance(error, ssl.SSLError):
        failure = Failure("lost", f"TLS does not come about ({(error.reason or 'no reason').replace('_', ' ').lower()})")
    elif isinstance(error, (http.client.HTTPException, ValueError)):
        failure = Failure("lost", "what it answers is not HTTP")
    return failure or Failure("lost", getattr(error, "strerror", None) or type(error).__name__)
