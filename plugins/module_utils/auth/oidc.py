# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in at an issuer of OpenID Connect. Private to the collection.

https://openid.net/specs/openid-connect-discovery-1_0.html, sections 3 and 4
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
import typing as t
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from ..api import Client
from ..errors import BootstrapError
from .login import Login, Wanted, existing, returned

Json = dict[str, t.Any]

SECRET, KEY = "kubeflow-oidc", "client-secret"
_GOOGLE = "https://accounts.google.com"
_NEEDED = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
"""What the hub reads there."""
_SECONDS = 15.0
_LARGEST = 1_000_000


def login(wanted: Wanted, reason: str, cluster: Callable[[], Client]) -> Login:
    """Users log in at ``wanted.issuer``. Raises ``BootstrapError`` where something of it is missing or wrong."""
    if not wanted.issuer or not wanted.client_id:
        raise BootstrapError(
            "To log in at an issuer takes its URL and the id of a client.",
            fix="Set issuer and client_id (kubeflow_auth_issuer, kubeflow_auth_client_id).",
        )
    issuer = wanted.issuer.rstrip("/")
    if issuer == _GOOGLE and not wanted.allowed_users:
        raise BootstrapError(
            f"{_GOOGLE} lets in everybody in the world.", fix="Name users or endings such as @example.com in allowed_users."
        )
    if wanted.verify_issuer:
        check(wanted.issuer, discovered(wanted.issuer, wanted.issuer_ca))
    name = wanted.secret_name or SECRET
    value = wanted.client_secret or (existing(cluster, wanted.namespace, name) or {}).get(KEY)
    if not value:
        raise BootstrapError(
            f"The secret of the client {wanted.client_id} is missing: none was given, and no Secret {wanted.namespace}/{name} has {KEY}.",
            fix="Set client_secret (kubeflow_auth_client_secret), from Ansible Vault, the environment or a lookup.",
        )
    parameters: Json = {
        "jupyterHubAuthenticator": "oidc",
        "oidcIssuer": wanted.issuer,
        "oidcClientId": wanted.client_id,
        "oidcSecretName": name,
        **({"oidcUserClaim": wanted.user_claim} if wanted.user_claim else {}),
    }
    back = returned(wanted.hostname) or "https://HOSTNAME/hub/oauth_callback, with your host name,"
    said = [f"Users log in at {wanted.issuer}; the client {wanted.client_id} must be registered there with the redirect URI {back}."]
    if not wanted.allowed_users:
        said.append("Everybody with an account there can log in; allowed_users narrows that.")
    record = {"kind": "oidc", "issuer": wanted.issuer, "client_id": wanted.client_id, "secret": name}
    return Login(parameters, reason, record, said, name, {KEY: value})


def discovered(issuer: str, ca: str | None) -> Json:
    """What an issuer says about itself. ``ca``: path of a PEM file beside the system's authorities. Takes 15 s at most."""
    parts = urlsplit(issuer)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise BootstrapError(f"The issuer {issuer} is not a URL that begins with https:// and has no query.", fix="Correct issuer.")
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting(ca)), Stay())
    end = time.monotonic() + _SECONDS
    try:
        with opener.open(url, timeout=_SECONDS / 3) as answer:
            text = bounded(answer, end)
        found = json.loads(text)
    except urllib.error.HTTPError as error:
        raise BootstrapError(f"The issuer {issuer} answers {error.code} at {url}.", fix=_CHECK) from None
    except (OSError, http.client.HTTPException) as error:
        raise BootstrapError(f"The issuer {issuer} can't be reached: {why(error)}.", fix=_UNREACHED) from None
    except ValueError:
        raise BootstrapError(f"What {url} answers is not JSON.", fix=_CHECK) from None
    if not isinstance(found, dict):
        raise BootstrapError(f"What {url} answers is no discovery document of OpenID Connect.", fix=_CHECK)
    return found


_CHECK = "Check issuer: it is the URL that the provider calls its issuer."
_UNREACHED = "Check the network and the certificate (issuer_ca); if it is reached from the cluster only, set verify_issuer to false."


def check(issuer: str, found: Json) -> None:
    """Raises ``BootstrapError`` unless the document is that issuer's, and has what the hub needs."""
    if str(found.get("issuer")).rstrip("/") != issuer.rstrip("/"):
        raise BootstrapError(f"The issuer {issuer} calls itself {str(found.get('issuer'))[:200]}.", fix="Set issuer to that.")
    lacking = [name for name in _NEEDED if not str(found.get(name)).startswith("https://")]
    if lacking:
        raise BootstrapError(f"The issuer {issuer} names no {', '.join(lacking)} that begins with https://.", fix="Take another issuer.")
    if "code" not in (found.get("response_types_supported") or ["code"]):
        raise BootstrapError(f"The issuer {issuer} does not offer the authorization code flow.", fix="Take another issuer.")


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are not followed: a login goes to the host that was named."""

    def redirect_request(self, *args: t.Any, **more: t.Any) -> None:
        return None


def trusting(ca: str | None) -> ssl.SSLContext:
    """The system's authorities, and those of a file."""
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as towards API servers, see connect.py
    if ca:
        try:
            context.load_verify_locations(ca)
        except (OSError, ssl.SSLError) as error:
            problem = "not PEM" if isinstance(error, ssl.SSLError) else error.strerror
            raise BootstrapError(f"The certificate authority {ca} can't be read: {problem}.", fix="Check the path.") from None
    return context


def bounded(answer: t.Any, end: float) -> bytes:
    """The body, up to a megabyte and a moment (of ``time.monotonic``)."""
    content = b""
    while piece := answer.read1(65536):
        content += piece
        if len(content) > _LARGEST or time.monotonic() > end:
            raise OSError("the answer is too long, or takes too long")
    return content


def why(error: Exception) -> str:
    """What went wrong on the way, in words."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({reason.verify_message})"
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, ssl.SSLError):
        return "it does not speak TLS"
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
