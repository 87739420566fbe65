# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kept an exchange from its end, in words. Private to the collection."""

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
"""Whatever an exchange may raise."""
_PHRASES = http.client.responses
_SAID = {
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
    def said(self) -> str:
        """Why a server can't be reached that is named before."""
        return _SAID.get(self.kind, "{}").format(self.why)


def explain(error: BaseException, deadline: ExchangeDeadline) -> Failure:
    """What it was. Texts of HTTPException are left out: they may hold an address with a login, or anything that a server says."""
    tunnel = _TUNNEL.match(str(error)) if isinstance(error, OSError) else None
    found = None
    if isinstance(error, ssl.SSLCertVerificationError):
        found = Failure("untrusted", error.verify_message)
    elif isinstance(error, TimeoutError) or deadline.over:
        found = Failure("late", deadline.missed())
    elif isinstance(error, TooLarge):
        found = Failure("too large", error.strerror or "")
    elif isinstance(error, socket.gaierror):
        found = Failure("unresolved", error.strerror or "no such name")
    elif tunnel:
        found = Failure("proxy", f"{tunnel[1]} {_PHRASES.get(int(tunnel[1]), '')}".strip())
    elif isinstance(error, zlib.error):
        found = Failure("damaged", "what it compressed is damaged")
    elif isinstance(error, (http.client.IncompleteRead, OverflowError)):
        found = Failure("damaged", "its answer is cut off")
    elif isinstance(error, (ssl.SSLEOFError, http.client.RemoteDisconnected)):
        found = Failure("lost", "it hangs up without an answer")
    elif isinstance(error, ssl.SSLError):
        found = Failure("lost", f"TLS does not come about ({(error.reason or 'no reason').replace('_', ' ').lower()})")
    elif isinstance(error, (http.client.HTTPException, ValueError)):
        found = Failure("lost", "what it answers is not HTTP")
    return found or Failure("lost", getattr(error, "strerror", None) or type(error).__name__)
