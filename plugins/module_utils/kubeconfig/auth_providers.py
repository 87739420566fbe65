# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auth-providers of old kubeconfigs, converted in memory: the file is not changed.

``gcp`` and ``azure`` were removed from client-go in Kubernetes 1.26; exec plugins took their place. ``oidc`` remains.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ..data.login_helpers import GKE_PLUGIN, KUBELOGIN
from ..errors import BootstrapError
from .token_expiry import of_token, text

Config = dict[str, t.Any]


def convert(path: Path, provider: object, env: Mapping[str, str]) -> tuple[str, dict[str, t.Any], list[str]]:
    """An ``auth-provider`` of the kubeconfig ``path``, converted: its name; ``exec`` of a user, or its ``token`` with the reason to refuse
    it; warnings."""
    name = provider.get("name") if isinstance(provider, dict) else None
    config = (provider.get("config") or {}) if isinstance(provider, dict) else {}
    if not isinstance(config, dict) or not all(isinstance(value, (str, type(None))) for value in config.values()):
        raise BootstrapError(f"The kubeconfig {path}: config of the auth-provider {name} is not a mapping of texts.")
    if name == "gcp":
        return "gcp", {"exec": dict(GKE_PLUGIN)}, [_in_place_of(path, "gcp", _of(config.get("cmd-path")), "gke-gcloud-auth-plugin")]
    if name == "azure":
        return "azure", {"exec": _kubelogin(path, config, env)}, [_in_place_of(path, "azure", "", "kubelogin")]
    if name == "oidc":
        return "oidc", {"token": config.get("id-token") or "", "refused": _outdated(path, config)}, []
    raise BootstrapError(
        f"The kubeconfig {path} logs in with the auth-provider {name!r}, which is not supported.",
        fix="Recreate the kubeconfig with your provider's current tool; it will use an exec plugin.",
    )


def _in_place_of(path: Path, name: str, of: str, plugin: str) -> str:
    return (
        f"The kubeconfig {path} logs in with the auth-provider {name}{of}, which Kubernetes removed in 1.26; {plugin} is used in its place."
    )


def _of(command: str | None) -> str:
    return f" ({command})" if command else ""


def _kubelogin(path: Path, config: Config, env: Mapping[str, str]) -> Config:
    """As ``kubelogin convert-kubeconfig`` does, but with a login that needs no browser: that of ``az login``, unless
    AAD_LOGIN_METHOD names another. Without ``config-mode: "1"`` the audience has the prefix ``spn:`` (``--legacy``)."""
    names = {"--server-id": "apiserver-id", "--client-id": "client-id", "--tenant-id": "tenant-id"}
    missing = [field for field in names.values() if not config.get(field)]
    if missing:
        raise BootstrapError(
            f"The kubeconfig {path} logs in with the auth-provider azure, which Kubernetes removed in 1.26; "
            f"it lacks {', '.join(missing)}, so that kubelogin can't take its place.",
            fix="Recreate the kubeconfig: az aks get-credentials, then kubelogin convert-kubeconfig",
        )
    args = ["get-token", "--login", env.get("AAD_LOGIN_METHOD") or "azurecli"]
    args += ["--environment", config.get("environment") or "AzurePublicCloud"]
    args += [part for flag, field in names.items() for part in (flag, config[field])]
    return {**KUBELOGIN, "args": args if config.get("config-mode") == "1" else [*args, "--legacy"]}


def _outdated(path: Path, config: Config) -> BootstrapError | None:
    """Why the id-token can't be used. It is not renewed here: many providers accept a refresh token once, and the new one would have to be
    written into the kubeconfig, which is not ours."""
    token: str = config.get("id-token") or ""
    expires = of_token(token)
    if token and (expires is None or expires > datetime.now(tz=UTC)):
        return None
    state = f"its id-token expired at {text(expires)}" if expires else "it holds no id-token"
    renew = "Any command of kubectl with this context renews it in the file" if config.get("refresh-token") else "Log in again"
    issuer = str(config.get("idp-issuer-url") or "unknown").rsplit("@", 1)[-1]
    return BootstrapError(
        f"The kubeconfig {path} logs in with the auth-provider oidc (issuer {issuer}), and {state}.",
        fix=f"{renew}; or use an exec plugin such as kubelogin (kubectl oidc-login).",
    )
