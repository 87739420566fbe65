# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments by which every module names its cluster. Private to the collection."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from .api import Client
from .credentials import Credentials, of_token
from .errors import BootstrapError
from .kubeconfig import Connection, Kubeconfig, load
from .run import Context

TARGET_ARGUMENTS: dict[str, t.Any] = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "cluster": {"type": "str"},
    "user": {"type": "str"},
    "server": {"type": "str"},
    "certificate_authority": {"type": "path"},
    "token": {"type": "str", "no_log": True},
}
"""Documented in the fragment ``target``."""
_FALSE = ("false", "no", "off", "n", "f", "0", "0.0")
"""What Ansible takes for false."""


def find(args: dict[str, t.Any], context: Context) -> Kubeconfig:
    """The cluster that the arguments, the environment and the files name."""
    token = args.get("token")
    if args.get("server"):
        return _named(args["server"], args.get("certificate_authority"), token, context)
    if _injected(args, context.env):
        return _from_environment(token, context)
    found = load(args["kubeconfig"], args["context"], context.env, cluster=args["cluster"], user=args["user"])
    return replace(found, connection=replace(found.connection, credentials=of_token(token))) if token else found


def _injected(args: dict[str, t.Any], env: Mapping[str, str]) -> bool:
    """Whether the cluster is one of the environment: that of AWX's credential type "OpenShift or Kubernetes API Bearer Token"."""
    in_files = any(args.get(name) for name in ("kubeconfig", "context", "cluster", "user")) or env.get("KUBECONFIG", "").strip(os.pathsep)
    return bool(env.get("K8S_AUTH_HOST")) and not in_files


def _from_environment(token: str | None, context: Context) -> Kubeconfig:
    """The variables are those of kubernetes.core, too (https://docs.ansible.com/ansible/latest/collections/kubernetes/core/k8s_module.html)."""
    env = context.env
    host = env["K8S_AUTH_HOST"]
    server = host if "://" in host else f"https://{host}"  # a host alone is what that credential type's help allows
    try:
        found = _named(server, env.get("K8S_AUTH_SSL_CA_CERT") or None, token or env.get("K8S_AUTH_API_KEY") or None, context)
    except BootstrapError as error:
        raise BootstrapError(
            f"K8S_AUTH_HOST or K8S_AUTH_SSL_CA_CERT: {error.message}", fix="Correct the credential of that job."
        ) from error
    verify = env.get("K8S_AUTH_VERIFY_SSL", "").strip().lower() not in _FALSE
    return replace(found, source="K8S_AUTH_HOST", connection=replace(found.connection, verify=verify))


def _named(server: str, authority: str | None, token: str | None, context: Context) -> Kubeconfig:
    """A cluster that is in no kubeconfig."""
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise BootstrapError("server is not the URL of an API server.", fix="Set it to one such as https://api.example.com:6443.")
    try:
        ca = Path(authority).read_text(encoding="utf-8") if authority else None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise BootstrapError(f"The certificate authority {authority} can't be read: {why}.", fix="Check the path.") from error
    credentials = of_token(token) if token else Credentials()
    connection = Connection(server.rstrip("/"), ca, credentials=credentials, name=server, env=context.env)
    return Kubeconfig("option", [], None, None, None, None, connection, [], "file" if ca else "system")


def connect(args: dict[str, t.Any], context: Context) -> Client:
    """A client of that cluster."""
    return Client(find(args, context).connection)
