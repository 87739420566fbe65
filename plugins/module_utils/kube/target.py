# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments by which every module names its cluster."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from urllib.parse import urlsplit

from ..errors import BootstrapError
from ..http import urls
from ..kubeconfig import k8s_auth
from ..kubeconfig.credentials import Credentials, authority, of_token
from ..kubeconfig.load import Connection, Kubeconfig, load
from ..run import Context
from .client import Client
from .policy import TOTAL, RequestPolicy

TARGET_ARGUMENTS: dict[str, t.Any] = {
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "cluster": {"type": "str"},
    "user": {"type": "str"},
    "server": {"type": "str"},
    "certificate_authority": {"type": "path"},
    "token": {"type": "str", "no_log": True},
}
"""Documented in the fragment ``target``. The content of a kubeconfig is never logged; its path is no secret (``run.begin``)."""


def kubeconfig_of(args: dict[str, t.Any], context: Context) -> Kubeconfig:
    """The cluster that the arguments, the environment and the files name."""
    token = args.get("token")
    options = [name for name in ("server", "kubeconfig", "context", "cluster", "user") if args.get(name)]
    unused = k8s_auth.unused(context.env, " and ".join(options)) if options else None
    for warning in [unused] if unused else k8s_auth.ignored(context.env):
        context.warn(warning)
    if args.get("server"):
        return _named(args["server"], args.get("certificate_authority"), token, context)
    if not options and k8s_auth.settings(context.env):
        kubeconfig = k8s_auth.kubeconfig_of(context.env, lambda server: _named(server, None, None, context))
    else:
        kubeconfig = load(args["kubeconfig"], args["context"], context.env, cluster=args["cluster"], user=args["user"])
    return replace(kubeconfig, connection=replace(kubeconfig.connection, credentials=of_token(token))) if token else kubeconfig


def _named(server: str, file: str | None, token: str | None, context: Context) -> Kubeconfig:
    """A cluster that is in no kubeconfig."""
    if not urls.is_usable(server) or urlsplit(server).scheme not in ("http", "https") or urlsplit(server).username:
        raise BootstrapError("server is not the URL of an API server.", fix="Set it to one such as https://api.example.com:6443.")
    ca = authority(file) if file else None
    credentials = of_token(token) if token else Credentials()
    connection = Connection(server.rstrip("/"), ca, credentials=credentials, name=server, env=context.env)
    return Kubeconfig("option", [], None, None, None, None, connection, [], "file" if ca else "system")


def connect(args: dict[str, t.Any], context: Context) -> Client:
    """A client of that cluster, none of whose requests takes longer than the stage may wait."""
    return Client(kubeconfig_of(args, context).connection, RequestPolicy(total=min(TOTAL, args.get("wait_timeout") or TOTAL)))
