# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a user logs in to the API server. Private to the collection.

Covers what client-go covers: token, token file, client certificate, name and password, exec plugins
(https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins) and impersonation.
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import base64
import binascii
import json
import os
import shutil
import subprocess
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .errors import BootstrapError

PLUGIN_TIMEOUT = 60
"""Seconds an exec plugin may take; a login in a browser is not awaited."""

# Kubernetes removed the auth provider gcp in 1.26; Google's successor is this plugin
# (https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl#install_plugin).
_GKE_PLUGIN = {
    "apiVersion": "client.authentication.k8s.io/v1beta1",
    "command": "gke-gcloud-auth-plugin",
    "provideClusterInfo": True,
}
_INSTALL = {
    "gke-gcloud-auth-plugin": "Install it: gcloud components install gke-gcloud-auth-plugin",
    "aws": "Install the AWS CLI, version 2.",
    "aws-iam-authenticator": "Install aws-iam-authenticator, or make the kubeconfig anew: aws eks update-kubeconfig",
    "kubelogin": "Install it: az aks install-cli",
    "oc": "Install the OpenShift client, or log in anew: oc login",
}


@dataclass
class Credentials:
    """What is sent with requests. Its text form never shows a secret."""

    method: str = "none"
    """``none``, ``token``, ``token-file``, ``client-certificate``, ``exec``, ``basic`` or ``auth-provider``."""
    helper: str | None = None
    """The command of the exec plugin."""
    certificate: tuple[str, str] | None = field(default=None, repr=False)
    """PEM texts of the client certificate and its key."""
    _token: str | None = field(default=None, repr=False)
    _token_file: str | None = None
    _basic: str | None = field(default=None, repr=False)
    _plugin: dict[str, t.Any] | None = field(default=None, repr=False)
    _impersonate: dict[str, str] = field(default_factory=dict)
    _env: Mapping[str, str] = field(default_factory=dict, repr=False)

    def prepare(self) -> None:
        """Get what has to be got before the first connection: runs the exec plugin."""
        if self._plugin and self._token is None and self.certificate is None:
            self._run_plugin()

    def refresh(self) -> bool:
        """Get new ones after a refusal; false where there is no way to."""
        if not self._plugin:
            return False
        self._run_plugin()
        return True

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request."""
        token = _read_token(self._token_file) if self._token_file else self._token
        if token:
            return {"Authorization": f"Bearer {token}", **self._impersonate}
        if self._basic:
            return {"Authorization": f"Basic {self._basic}", **self._impersonate}
        return dict(self._impersonate)

    def expired(self) -> str | None:
        """When the token ran out, as ISO 8601 in UTC; ``None`` while it is good, or where it does not say."""
        authorization = self.headers().get("Authorization", "")
        try:
            claims = authorization.split(".")[1]
            expiry = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
            end = datetime.fromtimestamp(int(expiry), tz=UTC)
        except (IndexError, ValueError, KeyError, TypeError, binascii.Error, OverflowError, OSError):
            return None
        return end.isoformat().replace("+00:00", "Z") if end < datetime.now(tz=UTC) else None

    def _run_plugin(self) -> None:
        status = run_plugin(self._plugin or {}, self._env)
        token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
        if isinstance(token, str) and token:
            self._token = _sendable(f"To log in, {self.helper} answered a token that", token)
        if isinstance(certificate, str) and isinstance(key, str):
            self.certificate = (certificate, key)
        elif not (isinstance(token, str) and token):
            raise BootstrapError(f"To log in, {self.helper} answered neither a token nor a client certificate with its key.")


def from_user(user: dict[str, t.Any], cluster: dict[str, t.Any], env: Mapping[str, str]) -> Credentials:
    """The credentials of a kubeconfig's user entry. ``cluster`` is what an exec plugin may be told of the cluster."""
    path = Path(user.get("_file", "."))
    found = Credentials(_env=env, _impersonate=_impersonation(path, user))
    pair = []
    for key in ("client-certificate", "client-key"):
        if user.get(f"{key}-data"):
            pair.append(decode(path, f"{key}-data", user[f"{key}-data"]))
        elif user.get(key):
            pair.append(slurp(path, key, user[key]))
    if len(pair) == 1:
        raise BootstrapError(f"The kubeconfig {path}: client-certificate and client-key belong together, one is missing.")
    if pair:
        found.method, found.certificate = "client-certificate", (pair[0], pair[1])
    for key in ("token", "username", "password"):
        if user.get(key) is not None and not isinstance(user[key], str):
            raise BootstrapError(f"The kubeconfig {path}: {key} is a {type(user[key]).__name__}, not text.")
    if user.get("tokenFile"):
        found.method, found._token_file = "token-file", user["tokenFile"]
    elif user.get("token"):
        found.method, found._token = "token", _sendable(f"The kubeconfig {path}: token", user["token"])
    elif user.get("username"):
        pair_text = f"{user['username']}:{user.get('password') or ''}"
        found.method, found._basic = "basic", base64.b64encode(pair_text.encode()).decode()
    elif user.get("exec") or user.get("auth-provider"):
        plugin = _plugin(path, user)
        found.method, found._plugin, found.helper = "exec", {**plugin, "_cluster": cluster}, plugin["command"]
    return found


def _impersonation(path: Path, user: dict[str, t.Any]) -> dict[str, str]:
    if user.get("as-groups") or user.get("as-user-extra"):
        raise BootstrapError(
            f"The kubeconfig {path}: as-groups and as-user-extra are not supported.", fix="Use a user of its own for this context."
        )
    return {"Impersonate-User": _sendable(f"The kubeconfig {path}: as", str(user["as"]))} if user.get("as") else {}


def _plugin(path: Path, user: dict[str, t.Any]) -> dict[str, t.Any]:
    if user.get("auth-provider"):
        name = user["auth-provider"].get("name") if isinstance(user["auth-provider"], dict) else None
        if name != "gcp":
            raise BootstrapError(
                f"The kubeconfig {path} logs in with the auth-provider {name!r}, which Kubernetes removed in 1.26.",
                fix="Make the kubeconfig anew with your provider's current tool; it will use an exec plugin.",
            )
        return dict(_GKE_PLUGIN)
    plugin = user["exec"]
    if not isinstance(plugin, dict) or not isinstance(plugin.get("command"), str) or not plugin["command"]:
        raise BootstrapError(f"The kubeconfig {path}: exec names no command.")
    command = plugin["command"]
    args, variables = plugin.get("args") or [], plugin.get("env") or []
    good = {
        "command": _is_text(command),
        "args": isinstance(args, list) and all(_is_text(str(argument)) for argument in args),
        "env": isinstance(variables, list) and all(map(_is_variable, variables)),
        **{key: plugin.get(key) is None or _is_text(plugin[key]) for key in ("apiVersion", "installHint")},
    }
    for key in (key for key in good if not good[key]):
        raise BootstrapError(f"The kubeconfig {path}: {key} of exec is not text, or not a list of what it should be.")
    if os.sep in command:
        command = os.path.join(path.absolute().parent, command)
    return {**plugin, "command": command}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_variable(entry: object) -> bool:
    return isinstance(entry, dict) and all(_is_text(entry.get(key)) for key in ("name", "value")) and "=" not in entry["name"]


def _sendable(what: str, text: str) -> str:
    """``text``, if a header can carry it."""
    if not (text.isascii() and text.isprintable()):
        raise BootstrapError(f"{what} holds a line break or another character that can't be sent.")
    return text


def run_plugin(plugin: dict[str, t.Any], env: Mapping[str, str]) -> dict[str, t.Any]:
    """Run an exec plugin; returns the ``status`` of its ExecCredential."""
    command = plugin["command"]
    hint: str | None = plugin.get("installHint") or _INSTALL.get(os.path.basename(command))
    if not shutil.which(command, path=env.get("PATH")):
        raise BootstrapError(f"To log in, the kubeconfig runs {command}, which is not installed here.", fix=hint or "Install it.")
    spec: dict[str, t.Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = plugin.get("_cluster", {})
    info = {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    extra = {item["name"]: item["value"] for item in plugin.get("env") or []}
    try:
        done = subprocess.run(
            [command, *map(str, plugin.get("args") or [])],
            env={**env, **extra, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PLUGIN_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BootstrapError(f"To log in, {command} ran for {PLUGIN_TIMEOUT} seconds without an answer.", fix="Run it by hand.") from error
    except (OSError, ValueError) as error:
        raise BootstrapError(f"To log in, {command} can't be run: {getattr(error, 'strerror', None) or 'bad text'}.", fix=hint) from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BootstrapError(f"To log in, {command} ended with {done.returncode}: {last}", fix="Log in with that tool, then try again.")
    try:
        status = json.loads(done.stdout)["status"]
        if not isinstance(status, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BootstrapError(f"To log in, {command} answered something that is not an ExecCredential with a status.") from error
    return status


def _read_token(path: str | None) -> str | None:
    """Read at each request: a pod's token is replaced while it runs."""
    if not path:
        return None
    try:
        return _sendable(f"The token file {path}", Path(path).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BootstrapError(f"The token file {path} can't be read: {getattr(error, 'strerror', None) or 'not text'}.") from error


def slurp(path: Path, key: str, name: str) -> str:
    """The text of the file that field ``key`` of the kubeconfig ``path`` names."""
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BootstrapError(
            f"The kubeconfig {path}: {key} {name} can't be read: {getattr(error, 'strerror', None) or 'not text'}."
        ) from error


def decode(path: Path, key: str, value: object) -> str:
    """The PEM text behind a ``…-data`` field of the kubeconfig ``path``."""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")  # type: ignore[arg-type]
    except (binascii.Error, ValueError, TypeError) as error:
        raise BootstrapError(f"The kubeconfig {path}: {key} is not base64 of a PEM text.") from error
