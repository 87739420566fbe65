# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a user logs in to the API server.

Covers what client-go covers: token, token file, client certificate, name and password, exec plugins
(https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins) and impersonation.
"""

from __future__ import annotations

import base64
import re
import threading
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from .. import files
from ..errors import BootstrapError
from ..formats import strict_base64
from ..formats.documents import kind_of
from ..redaction.redact import path_text, remember
from . import auth_providers, exec_plugin, token_expiry


@dataclass
class Credentials:
    """What is sent with requests. Its text form never shows a secret."""

    method: str = "none"
    """``none``, ``token``, ``token-file``, ``client-certificate``, ``exec`` or ``basic``."""
    provider: str | None = None
    """The legacy auth-provider that ``method`` stands in for: ``gcp``, ``azure`` or ``oidc``."""
    helper: str | None = None
    """The command of the exec plugin."""
    certificate: tuple[str, str] | None = field(default=None, repr=False)
    """PEM texts of the client certificate and its key."""
    more_headers: list[tuple[str, str]] = field(default_factory=list)
    """Headers beside those of ``headers()``, some of which come several times: the rest of the impersonation."""
    warnings: list[str] = field(default_factory=list)
    """What was converted in memory."""
    _token: str | None = field(default=None, repr=False)
    _token_file: str | None = None
    _remembered: str | None = field(default=None, repr=False, compare=False)
    _basic: str | None = field(default=None, repr=False)
    _plugin: dict[str, t.Any] | None = field(default=None, repr=False)
    _cluster: Mapping[str, t.Any] = field(default_factory=dict, repr=False)
    _impersonate: dict[str, str] = field(default_factory=dict)
    refused: BootstrapError | None = field(default=None, repr=False)
    """Why they can't be used, where that is known without a request."""
    _env: Mapping[str, str] = field(default_factory=dict, repr=False)
    logins: int = field(default=0, compare=False)
    """How often they were renewed."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def prepare(self) -> None:
        """Log in before the first connection, where that takes the exec plugin."""
        if self.refused:
            raise self.refused
        with self._lock:
            if self._plugin and self._token is None and self.certificate is None:
                self._run_plugin()

    def renew(self, login: int) -> bool:
        """Log in again after ``login`` was refused, once for all clients and threads; false where that is impossible."""
        with self._lock:
            if login == self.logins:
                if not self._plugin:
                    return False
                self._run_plugin()
                self.logins += 1
            return True

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request; ``more_headers`` belong to them."""
        token = self._bearer()
        if token:
            return {"Authorization": f"Bearer {token}", **self._impersonate}
        if self._basic:
            return {"Authorization": f"Basic {self._basic}", **self._impersonate}
        return dict(self._impersonate)

    def _bearer(self) -> str | None:
        token = _read_token(self._token_file) if self._token_file else self._token
        if token != self._remembered:  # not again for each request
            remember(token)
            self._remembered = token
        return token

    def expires(self) -> datetime | None:
        """When the token or the client certificate runs out, whichever is first; ``None`` where neither says."""
        ends = [token_expiry.of_token(self._bearer() or ""), token_expiry.of_certificate(self.certificate[0]) if self.certificate else None]
        return min((end for end in ends if end), default=None)

    def expired(self) -> str | None:
        """When the token or the client certificate ran out, as ISO 8601 in UTC; ``None`` while it is good, or does not say."""
        end = self.expires()
        return token_expiry.text(end) if end and end < datetime.now(tz=UTC) else None

    def attempt(self) -> dict[str, t.Any] | None:
        """Whether the exec plugin is installed and runs, without logging in (``exec_plugin.attempt``)."""
        return exec_plugin.attempt(self._plugin, self._env) if self._plugin else None

    def impersonates(self) -> dict[str, t.Any] | None:
        """The ``user`` and the ``groups`` that requests are made as, if others than those logged in."""
        user = self._impersonate.get("Impersonate-User")
        return {"user": user, "groups": [value for name, value in self.more_headers if name == "Impersonate-Group"]} if user else None

    def acting_as(self, other: Credentials) -> Credentials:
        """This login, with the impersonation of ``other``."""
        return replace(self, _impersonate=other._impersonate, more_headers=other.more_headers)

    def _run_plugin(self) -> None:
        status = exec_plugin.run(self._plugin or {}, self._cluster, self._env)
        token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
        if isinstance(token, str) and token:
            self._token = _sendable(f"To log in, {self.helper} answered a token that", token)
        if isinstance(certificate, str) and isinstance(key, str):
            self.certificate = _usable(f"To log in, {self.helper} answered a key that", certificate, key)
        elif not (isinstance(token, str) and token):
            raise BootstrapError(f"To log in, {self.helper} answered neither a token nor a client certificate with its key.")


def from_user(user: dict[str, t.Any], cluster: dict[str, t.Any], env: Mapping[str, str]) -> Credentials:
    """The credentials of a kubeconfig's user entry. ``cluster``: the cluster as an exec plugin may see it."""
    path = Path(user.get("_file", "."))
    credentials = Credentials(_env=env, _cluster=cluster)
    credentials._impersonate, credentials.more_headers = _impersonation(path, user)
    credentials.certificate = _certificate(path, user)
    if credentials.certificate:
        credentials.method = "client-certificate"
    for key in ("token", "username", "password"):
        text_of(path, key, user.get(key))
    if user.get("tokenFile"):
        credentials.method, credentials._token_file = "token-file", user["tokenFile"]
    elif user.get("token"):
        credentials.method, credentials._token = "token", _sendable(f"The kubeconfig {path}: token", user["token"])
    elif user.get("username"):
        pair_text = f"{user['username']}:{user.get('password') or ''}"
        pair = encoded(f"The kubeconfig {path}: username or password", pair_text)
        credentials.method, credentials._basic = "basic", base64.b64encode(pair).decode()
        remember(user.get("password"), pair_text, credentials._basic)
    elif user.get("exec") or user.get("auth-provider"):
        _from_helper(credentials, path, user, env)
    return credentials


def of_token(token: str) -> Credentials:
    """The credentials of a token that is in no kubeconfig."""
    return Credentials(method="token", _token=_sendable("The token", token))


def _from_helper(credentials: Credentials, path: Path, user: dict[str, t.Any], env: Mapping[str, str]) -> None:
    if not user.get("exec"):
        credentials.provider, user, credentials.warnings = auth_providers.convert(path, user["auth-provider"], env)
    if "token" in user:
        credentials.method, credentials._token = "token", _sendable(f"The kubeconfig {path}: id-token", user["token"])
        credentials.refused = user["refused"]
        return
    plugin, warnings = exec_plugin.parse(path, user["exec"], env)
    credentials.method, credentials._plugin, credentials.helper = "exec", plugin, plugin["command"]
    credentials.warnings = [*credentials.warnings, *warnings]


def _certificate(path: Path, user: dict[str, t.Any]) -> tuple[str, str] | None:
    pair = []
    for key in ("client-certificate", "client-key"):
        if user.get(f"{key}-data"):
            pair.append(decode(path, f"{key}-data", user[f"{key}-data"]))
        elif user.get(key):
            pair.append(read_file(path, key, user[key]))
    if len(pair) == 1:
        raise BootstrapError(f"The kubeconfig {path}: client-certificate and client-key belong together, one is missing.")
    return _usable(f"The kubeconfig {path}: client-key", pair[0], pair[1]) if pair else None


_ENCRYPTED = re.compile(r"^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type:\s*4\s*,\s*ENCRYPTED)", re.MULTILINE)
"""PKCS #8 (RFC 7468, 11) and the older form of OpenSSL (RFC 1421, 4.6.1.1)."""


def _usable(what: str, certificate: str, key: str) -> tuple[str, str]:
    """A pair that needs no pass phrase: OpenSSL would prompt for it on the terminal, and wait."""
    remember(key)
    if _ENCRYPTED.search(key):
        raise BootstrapError(
            f"{what} is encrypted with a pass phrase, which kubectl does not take either.",
            fix="Decrypt it into a file that only you can read (openssl pkey -in KEY -out PLAIN), and name that one.",
        )
    return certificate, key


def _impersonation(path: Path, user: dict[str, t.Any]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The headers of https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation."""
    groups, extra = user.get("as-groups") or [], user.get("as-user-extra") or {}
    if not isinstance(groups, list) or not isinstance(extra, dict) or not all(isinstance(each, list) for each in extra.values()):
        raise BootstrapError(f"The kubeconfig {path}: as-groups is not a list, or as-user-extra not a mapping of lists.")
    more = [("Impersonate-Uid", user["as-uid"])] if user.get("as-uid") else []
    more += [("Impersonate-Group", group) for group in groups]
    more += [(f"Impersonate-Extra-{quote(str(name), safe=_TOKEN)}", value) for name, values in extra.items() for value in values]
    if more and not user.get("as"):
        raise BootstrapError(f"The kubeconfig {path}: as-uid, as-groups and as-user-extra need as, the user to act as.")
    one = {"Impersonate-User": _sendable(f"The kubeconfig {path}: as", str(user["as"]))} if user.get("as") else {}
    return one, [(name, _sendable(f"The kubeconfig {path}: as-groups or as-user-extra", str(value))) for name, value in more]


_TOKEN = "!#$&'*+-.^_`|~"
"""Characters of a header's name beside letters and digits (RFC 9110, 5.6.2)."""


def _sendable(what: str, text: str) -> str:
    """``text``, if a header can carry it."""
    if not (text.isascii() and text.isprintable()):
        raise BootstrapError(f"{what} holds a line break or another character that can't be sent.")
    return text


def encoded(what: str, text: str) -> bytes:
    """``text`` as it is sent; an environment variable may hold bytes that are no text."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BootstrapError(f"{what} is not text in UTF-8.") from None


def _read_token(path: str | None) -> str | None:
    """Read at each request: a pod's token is replaced while it runs."""
    if not path:
        return None
    try:
        return _sendable(f"The token file {path}", files.read_text(path).strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BootstrapError(
            f"The token file {path_text(path)} can't be read: {getattr(error, 'strerror', None) or 'not text'}."
        ) from error


def text_of(path: Path, key: str, value: object) -> str | None:
    """The text in field ``key`` of the kubeconfig ``path``; nothing where it is empty. Another type is refused, as by kubectl."""
    if value is None or isinstance(value, str):
        return value or None
    quote = " Put it in quotes." if isinstance(value, int | float) else ""
    raise BootstrapError(f"The kubeconfig {path}: {key} is {kind_of(value)}, not text.{quote}")


def read_file(path: Path, key: str, name: str) -> str:
    """The text of the file in field ``key`` of the kubeconfig ``path``."""
    try:
        return files.read_text(name)
    except (OSError, ValueError) as error:
        raise BootstrapError(
            f"The kubeconfig {path}: {key} {path_text(name)} can't be read: {getattr(error, 'strerror', None) or 'not text'}."
        ) from error


def authority(path: str) -> str:
    """The text of a file with the certificate authority of a server, which an option or a variable names."""
    try:
        return files.read_text(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise BootstrapError(f"The certificate authority {path_text(path)} can't be read: {why}.", fix="Check the path.") from error


def decode(path: Path, key: str, value: object) -> str:
    """The PEM text behind a ``…-data`` field of the kubeconfig ``path``."""
    try:
        if not isinstance(value, str | bytes):
            raise ValueError("not text")
        return strict_base64.decode(value).decode("utf-8")
    except ValueError as error:
        raise BootstrapError(f"The kubeconfig {path}: {key} is not base64 of a PEM text.") from error
