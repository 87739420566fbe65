# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in at an issuer of OpenID Connect.

https://openid.net/specs/openid-connect-discovery-1_0.html, sections 3 and 4
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...http.ask import NoAnswer, ask
from ...http.deadline import ExchangeDeadline
from ...http.trust import trusting
from ...kube.client import Client
from .login import Login, LoginSpec, existing, returned

SECRET, KEY = "kubeflow-oidc", "client-secret"
_GOOGLE = "https://accounts.google.com"
_NEEDED = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
"""What the hub reads there."""
_SECONDS = 15.0


def login(spec: LoginSpec, reason: str, cluster: Callable[[], Client], env: Mapping[str, str]) -> Login:
    """Users log in at ``spec.issuer``. Raises ``BootstrapError`` where something of it is missing or wrong."""
    if not spec.issuer or not spec.client_id:
        raise BootstrapError(
            "To log in at an issuer takes its URL and the id of a client.",
            fix="Set issuer and client_id (kubeflow_auth_issuer, kubeflow_auth_client_id).",
        )
    issuer = spec.issuer.rstrip("/")
    if issuer == _GOOGLE and not spec.allowed_users:
        raise BootstrapError(
            f"{_GOOGLE} lets in everybody in the world.", fix="Name users or endings such as @example.com in allowed_users."
        )
    if spec.verify_issuer:
        check(spec.issuer, discovered(spec.issuer, spec.issuer_ca, env))
    name = spec.secret_name or SECRET
    value = spec.client_secret or (existing(cluster, spec.namespace, name) or {}).get(KEY)
    if not value:
        raise BootstrapError(
            f"The secret of the client {spec.client_id} is missing: none was given, and no Secret {spec.namespace}/{name} has {KEY}.",
            fix="Set client_secret (kubeflow_auth_client_secret), from Ansible Vault, the environment or a lookup.",
        )
    parameters: Json = {
        "jupyterHubAuthenticator": "oidc",
        "oidcIssuer": spec.issuer,
        "oidcClientId": spec.client_id,
        "oidcSecretName": name,
        **({"oidcUserClaim": spec.user_claim} if spec.user_claim else {}),
    }
    back = returned(spec.hostname) or "https://HOSTNAME/hub/oauth_callback, with your host name,"
    sentences = [f"Users log in at {spec.issuer}; the client {spec.client_id} must be registered there with the redirect URI {back}."]
    if not spec.allowed_users:
        sentences.append("Everybody with an account there can log in; allowed_users narrows that.")
    record = {"kind": "oidc", "issuer": spec.issuer, "client_id": spec.client_id, "secret": name}
    return Login(parameters, reason, record, sentences, name, {KEY: value})


def discovered(issuer: str, ca: str | None, env: Mapping[str, str]) -> Json:
    """What an issuer says about itself. ``ca``: path of a PEM file beside the system's authorities. Takes 15 s at most."""
    parts = urlsplit(issuer)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise BootstrapError(f"The issuer {issuer} is not a URL that begins with https:// and has no query.", fix="Correct issuer.")
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    context = trusting(ca, env)
    try:
        answer = ask(url, {"Accept": "application/json"}, ExchangeDeadline(_SECONDS / 3, _SECONDS), context=context, env=env)
    except NoAnswer as error:
        raise BootstrapError(f"The issuer {issuer} can't be reached: {error.failure.message}.", fix=_UNREACHED) from None
    if answer.status != 200:
        raise BootstrapError(f"The issuer {issuer} answers {answer.status} at {url}.", fix=_CHECK)
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError):
        raise BootstrapError(f"The answer of {url} is not JSON.", fix=_CHECK) from None
    if not isinstance(document, dict):
        raise BootstrapError(f"The answer of {url} is not an OpenID Connect discovery document.", fix=_CHECK)
    return document


_CHECK = "Check issuer: it is the URL that the provider calls its issuer."
_UNREACHED = "Check the network and the certificate (issuer_ca); if it is reached from the cluster only, set verify_issuer to false."


def check(issuer: str, document: Json) -> None:
    """Raises ``BootstrapError`` unless the document is that issuer's, and has what the hub needs."""
    if str(document.get("issuer")).rstrip("/") != issuer.rstrip("/"):
        raise BootstrapError(f"The issuer {issuer} calls itself {str(document.get('issuer'))[:200]}.", fix="Set issuer to that.")
    lacking = [name for name in _NEEDED if not str(document.get(name)).startswith("https://")]
    if lacking:
        raise BootstrapError(f"The issuer {issuer} names no {', '.join(lacking)} that begins with https://.", fix="Take another issuer.")
    if "code" not in (document.get("response_types_supported") or ["code"]):
        raise BootstrapError(f"The issuer {issuer} does not offer the authorization code flow.", fix="Take another issuer.")
