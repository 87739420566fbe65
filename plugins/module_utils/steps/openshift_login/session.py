# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a user name and a password to a token of OpenShift, and its end.

What the server answers, and what to do then: "OAuth token request flows and responses" of
https://docs.redhat.com/en/documentation/openshift_container_platform/4.17/html/authentication_and_authorization; where to ask: RFC 8414;
what the token comes in: RFC 6749, section 4.2.2. A token's object is named by the token's hash since OpenShift 4.6
(https://docs.redhat.com/en/documentation/openshift_container_platform/4.6/html/release_notes, "sha256~").
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from ...errors import BootstrapError, missing_library
from ...formats.json_object import Json
from ...http.ask import HttpReply, NoAnswer, ask
from ...http.deadline import ExchangeDeadline
from ...http.trust import trusting

CLIENT = "openshift-challenging-client"
PREFIX = "sha256~"
_SECONDS = 20.0
_HOPS = 5
_GONE = (401, 404)
"""A token that has expired is refused as a login; one that was deleted is not found."""


@dataclass(frozen=True)
class Token:
    """``expires``: seconds, ``None`` where the server does not say."""

    value: str = field(repr=False)
    expires: int | None
    scopes: tuple[str, ...]


def login(host: str, username: str, password: str, ca: str | None, env: Mapping[str, str]) -> Token:
    """A token for the API server ``host``. ``ca``: path of a PEM file beside the system's authorities. Raises ``BootstrapError``."""
    _https(host)
    if ":" in username or not username:
        raise BootstrapError("A user name is not empty, and has no colon.", fix="Correct username (kubeflow_openshift_login_username).")
    ask = _OAuthClient(host, ca, env)
    endpoint = ask.endpoint()
    url = f"{endpoint}?{urlencode({'client_id': CLIENT, 'response_type': 'token'})}"
    answer = ask.get(url)
    if answer.status == 401:
        _challenged(answer, host)
        pair = base64.b64encode(f"{username}:{password}".encode()).decode()
        answer = ask.get(url, f"Basic {pair}")
        if answer.status == 401:
            raise BootstrapError(f"OpenShift at {host} refuses the user name {username} with this password.", fix="Check both.")
    for _hop in range(_HOPS):
        if answer.status not in (302, 303):
            raise BootstrapError(
                f"OpenShift's OAuth server at {_place(url)} answers {answer.status} to a login.", fix="Log in with oc once."
            )
        location = urljoin(url, (answer.headers.get("location") or [""])[0])
        token = _token(location, host)
        if token:
            return token
        # Another place is asked without the password, as it is not known whose it is.
        if urlsplit(location).scheme != "https":
            break
        url, answer = location, ask.get(location)
    raise BootstrapError(
        f"OpenShift's OAuth server at {_place(url)} sends from place to place without a token.", fix="Log in with oc once."
    )


def _https(host: str) -> None:
    parts = urlsplit(host)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.username:
        raise BootstrapError(
            "The API server is not a URL that begins with https://.",
            fix="Set host (kubeflow_openshift_login_host), such as https://api.example.com:6443.",
        )


class _OAuthClient:
    def __init__(self, host: str, ca: str | None, env: Mapping[str, str]) -> None:
        self._host = host.rstrip("/")
        self._context, self._env = trusting(ca, env), env
        self._end = time.monotonic() + 3 * _SECONDS

    def endpoint(self) -> str:
        url = f"{self._host}/.well-known/oauth-authorization-server"
        answer = self.get(url)
        try:
            answer_fields = json.loads(answer.content) if answer.status == 200 else {}
            endpoint = str(answer_fields.get("authorization_endpoint") or "")
        except (ValueError, AttributeError, RecursionError):
            endpoint = ""
        if urlsplit(endpoint).scheme != "https":
            raise BootstrapError(
                f"{self._host} names no OAuth server of OpenShift (it answers {answer.status} at {url}).",
                fix="Check host: it is the URL of OpenShift's API server, and the cluster must log users in by itself.",
            )
        return endpoint

    def get(self, url: str, authorization: str | None = None) -> HttpReply:
        # Without the header of any value there is no challenge, so that no other web site can make a browser log in.
        headers = {"X-CSRF-Token": "1", "Accept": "application/json", **({"Authorization": authorization} if authorization else {})}
        deadline = ExchangeDeadline(_SECONDS, max(self._end - time.monotonic(), 0))
        try:
            return ask(url, headers, deadline, context=self._context, env=self._env)
        except NoAnswer as error:
            raise BootstrapError(
                f"OpenShift at {_place(url)} can't be reached: {error.failure.message}.",
                fix="Check host and the network; for a certificate authority of your own set ca_cert (kubeflow_openshift_login_ca_cert).",
            ) from None


def _challenged(answer: HttpReply, host: str) -> None:
    offered = answer.headers.get("www-authenticate") or []
    if any(value.lower().startswith("basic") for value in offered):
        return
    kinds = ", ".join(value.split(" ")[0][:20] for value in offered) or "none"
    raise BootstrapError(
        f"OpenShift at {host} takes no user name and password from a program (it offers {kinds}).",
        fix="Its identity provider wants a browser: take a token from there, or log in as a service account.",
    )


def _token(location: str, host: str) -> Token | None:
    parts = urlsplit(location)
    # An error is in the query (RFC 6749, 4.1.2.1), or in the fragment (4.2.2.1).
    answer_fields = {**dict(parse_qsl(parts.query)), **dict(parse_qsl(parts.fragment))}
    if answer_fields.get("error"):
        description = answer_fields.get("error_description") or answer_fields["error"]
        raise BootstrapError(f"OpenShift at {host} refuses the login: {description[:200]}.", fix="Ask an admin of the cluster.")
    value = dict(parse_qsl(parts.fragment)).get("access_token")
    if not value:
        return None
    seconds = answer_fields.get("expires_in", "")
    return Token(value, int(seconds) if seconds.isdigit() and int(seconds) else None, tuple(answer_fields.get("scope", "").split()))


def _place(url: str) -> str:
    """Without path, query and fragment, which may hold what nobody is to see."""
    return f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"


def object_name(token: str) -> str:
    """Name of the OAuthAccessToken of a token: its hash, or before OpenShift 4.6 itself."""
    if not token.startswith(PREFIX):
        return token
    return PREFIX + base64.urlsafe_b64encode(hashlib.sha256(token.removeprefix(PREFIX).encode()).digest()).decode().rstrip("=")


def revoke(host: str, token: str, ca: str | None, check: bool = False) -> bool:
    """End a token; false where it was at its end already. With ``check`` it is looked whether it exists, and left."""
    _https(host)
    try:
        from kubernetes import client
        from kubernetes.client.exceptions import ApiException
        from openshift.dynamic import DynamicClient, Resource
        from urllib3.exceptions import HTTPError
    except ImportError:
        raise missing_library("To revoke a token", "openshift", "kubernetes") from None
    settings = client.Configuration()
    # Without tries of its own, which log the path, and before OpenShift 4.6 that has the token; and no way elsewhere.
    settings.host, settings.ssl_ca_cert, settings.verify_ssl, settings.retries = host.rstrip("/"), ca, True, False
    settings.api_key = {"authorization": f"Bearer {token}"}
    # A user may not list tokens, nor read that of the login itself; whoever is logged in may delete by name.
    kind, group = ("User", "user.openshift.io") if check else ("OAuthAccessToken", "oauth.openshift.io")
    named: Json = {"prefix": "apis", "group": group, "api_version": "v1", "kind": kind, "name": f"{kind.lower()}s"}
    request_options: Json = {"_request_timeout": _SECONDS, "serializer": lambda _client, answer: answer}
    with contextlib.closing(client.ApiClient(settings)) as api:
        # The library's discovery has no limit of time, and keeps its answers in the shared temporary folder under a name to foresee.
        dynamic = DynamicClient(api, discoverer=lambda *_where: None)
        objects = Resource(client=dynamic, **named)
        try:
            answer = objects.get(name="~", **request_options) if check else objects.delete(name=object_name(token), **request_options)
            # What is no JSON comes as a text: the page of a login, say.
            if isinstance(answer, dict) and answer.get("kind") in (kind, "Status"):
                return True
            raise BootstrapError(
                f"What answers at {host} is no OpenShift: the token may not be revoked.", fix="Check host, and what is in between."
            )
        except ApiException as error:
            if error.status in _GONE:
                return False
            raise BootstrapError(
                f"OpenShift at {host} does not revoke the token (it answers {error.status}).", fix="oc delete oauthaccesstoken."
            ) from None
        except (HTTPError, OSError) as error:
            name = type(getattr(error, "reason", error)).__name__
            raise BootstrapError(
                f"OpenShift at {host} can't be reached to revoke the token: {name}.", fix="Check the network and ca_cert."
            ) from None
