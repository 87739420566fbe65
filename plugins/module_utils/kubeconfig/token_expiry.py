# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a token or a certificate expires."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t
from datetime import UTC, datetime


def claims(token: str) -> dict[str, t.Any]:
    """The claims of a JSON web token, unverified; empty for a token of another kind."""
    try:
        middle = token.split(".")[1]
        payload = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, TypeError, binascii.Error, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def of_token(token: str) -> datetime | None:
    """When a JSON web token expires, in UTC; ``None`` if it does not say."""
    try:
        return datetime.fromtimestamp(int(claims(token)["exp"]), tz=UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def of_certificate(pem: str) -> datetime | None:
    """When the first certificate of a PEM text expires, in UTC; ``None`` if that can't be read, or without ``cryptography``."""
    try:  # here, as few need it, and each task would pay for it
        from cryptography import x509
    except ImportError:  # ansible-core brings it, but a module may run on a host without
        return None
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except (ValueError, TypeError):
        return None
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_after_utc
    return certificate.not_valid_after.replace(tzinfo=UTC)  # before cryptography 42


def text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second, such as ``2026-11-22T20:00:00Z``."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
