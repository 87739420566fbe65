# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for OpenShift: its API server, and its OAuth server, which is another host.

Written from "OAuth token request flows and responses" and "Managing user-owned OAuth access tokens" of the documentation of OpenShift
Container Platform 4.17, RFC 8414 and RFC 6749.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import typing as t
from pathlib import Path
from urllib.parse import quote, urlencode

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Json, Reply, StandIn

_APIS = {"oauth.openshift.io": ("OAuthAccessToken", "oauthaccesstokens"), "user.openshift.io": ("User", "users")}


class OAuthServer(StandIn):
    """``users``: name to password. ``challenge``: what it asks who is not logged in; ``error``: why it refuses one who is.

    ``hops``: other places that it sends to first. ``tokens``: the hash of each token to whom it is for.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context)
        self.users = {"me": "right: sécret%"}
        self.challenge: str | None = 'Basic realm="openshift"'
        self.error: dict[str, str] = {}
        self.hops = 0
        self.tokens: dict[str, str] = {}

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/oauth/other":
            return self._to("/oauth/other" if self.hops > 1 else "/oauth/done", asked)
        if asked.path == "/oauth/done":
            return self._token("me")
        if asked.path != "/oauth/authorize" or asked.query != {"client_id": "openshift-challenging-client", "response_type": "token"}:
            return Reply(400, {"error": "invalid_request"})
        if not asked.headers.get("x-csrf-token"):
            return Reply(401, "A non-empty X-CSRF-Token header is required to receive basic-auth challenges")
        user = self._user(asked.headers.get("authorization", ""))
        if user is None:
            return Reply(401, {"kind": "Status", "code": 401}, {"WWW-Authenticate": self.challenge} if self.challenge else {})
        if self.error:
            return Reply(302, headers={"Location": f"{self.url}/oauth/token/implicit?{urlencode(self.error)}"})
        return self._to("/oauth/other", asked) if self.hops else self._token(user)

    def _user(self, authorization: str) -> str | None:
        kind, _blank, pair = authorization.partition(" ")
        if kind != "Basic":
            return None
        name, _colon, password = base64.b64decode(pair).decode().partition(":")
        return name if self.users.get(name) == password else None

    def _to(self, path: str, asked: Asked) -> Reply:
        assert asked.path == "/oauth/authorize" or "authorization" not in asked.headers
        self.hops -= 1 if asked.path == "/oauth/other" else 0
        return Reply(302, headers={"Location": path})

    def _token(self, user: str) -> Reply:
        token = f"sha256~{secrets.token_urlsafe(32)}"
        self.tokens[hashed(token)] = user
        fragment = {"access_token": token, "expires_in": "86400", "scope": "user:full", "token_type": "Bearer"}
        return Reply(302, headers={"Location": f"{self.url}/oauth/token/implicit#{urlencode(fragment, quote_via=quote)}"})


class OpenShift(StandIn):
    """The API server. ``oauth``: the other one, or where it says that this is; both are certified by ``ca``."""

    def __init__(self, folder: Path) -> None:
        authority = certificates.create_ca(folder, "ca", "a company")
        served = certificates.sign_server(authority, folder, "server", ["127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(served.crt, served.key)
        super().__init__(context)
        self.ca = str(authority.crt)
        self.oauth = OAuthServer(context)
        self.endpoint = f"{self.oauth.url}/oauth/authorize"
        self.forbidden = False

    def close(self) -> None:
        self.oauth.close()
        super().close()

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/.well-known/oauth-authorization-server":
            return Reply(
                body={"issuer": self.oauth.url, "authorization_endpoint": self.endpoint, "token_endpoint": f"{self.oauth.url}/oauth/token"}
            )
        user = self.oauth.tokens.get(hashed(asked.headers.get("authorization", "").removeprefix("Bearer ")))
        if user is None:
            return status(401, "Unauthorized")
        return self._discovered(asked.path) or self._object(asked, user)

    def _discovered(self, path: str) -> Reply | None:
        if path == "/version":
            return Reply(body={"major": "1", "minor": "30", "gitVersion": "v1.30.4"})
        if path == "/api":
            return Reply(body={"kind": "APIVersions", "versions": []})
        if path == "/apis":
            versions = {group: {"groupVersion": f"{group}/v1", "version": "v1"} for group in _APIS}
            groups = [{"name": group, "versions": [each], "preferredVersion": each} for group, each in versions.items()]
            return Reply(body={"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        for group, (kind, plural) in _APIS.items():
            if path == f"/apis/{group}/v1":
                entry = {"name": plural, "singularName": "", "namespaced": False, "kind": kind, "verbs": ["get", "delete"]}
                return Reply(body={"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{group}/v1", "resources": [entry]})
        return None

    def _object(self, asked: Asked, user: str) -> Reply:
        if asked.path == "/apis/user.openshift.io/v1/users/~":
            return Reply(body={"apiVersion": "user.openshift.io/v1", "kind": "User", "metadata": {"name": user}})
        name = asked.path.removeprefix("/apis/oauth.openshift.io/v1/oauthaccesstokens/")
        if self.forbidden or asked.method != "DELETE":
            return status(403, "Forbidden")
        return status(200, "") if self.oauth.tokens.pop(name, None) else status(404, "NotFound")


def hashed(token: str) -> str:
    """The name of a token's object."""
    digest = hashlib.sha256(token.removeprefix("sha256~").encode()).digest()
    return "sha256~" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def status(code: int, reason: str) -> Reply:
    body: Json = {"kind": "Status", "apiVersion": "v1", "status": "Failure" if reason else "Success", "reason": reason, "code": code}
    return Reply(code, t.cast("t.Any", body))
