# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom to trust."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from .. import files
from ..errors import BootstrapError

_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_MOST = 10 * files.MIB


def context(pem: str | None = None) -> ssl.SSLContext:
    """The authorities of a PEM text, else the system's. Raises ``ssl.SSLError`` or ``ValueError``."""
    ssl_context = ssl.create_default_context(cadata=pem)
    # Python 3.13 asks for extensions that the certificates of many clusters and own authorities lack, and that Go does not ask for.
    ssl_context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return ssl_context


def trusting(ca_file: str | None, env: Mapping[str, str]) -> ssl.SSLContext:
    """The system's authorities, or those that the environment names in their place, and those of ``ca_file`` besides."""
    named = next((env[name] for name in _AUTHORITIES if env.get(name)), None)
    file = named
    try:
        ssl_context = context(_pem(named) if named else None)
        if env.get("SSL_CERT_DIR"):
            file = env["SSL_CERT_DIR"]
            ssl_context.load_verify_locations(capath=file)
        file = ca_file
        if ca_file:
            ssl_context.load_verify_locations(cadata=_pem(ca_file))
    except (OSError, ValueError) as error:
        no_pem = isinstance(error, (ssl.SSLError, ValueError))
        why = "it holds no certificate" if no_pem else getattr(error, "strerror", None) or type(error).__name__
        raise BootstrapError(f"The CA file {file} can't be used: {why}.", fix="Name a file of certificates in PEM.") from None
    return ssl_context


def _pem(file: str) -> str:
    text = files.read_bounded(file, _MOST).decode("ascii", "replace")
    if not text.strip():
        raise ValueError(file)
    return text
