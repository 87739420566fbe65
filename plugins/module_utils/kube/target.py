# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments by which every module names its cluster."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ..errors import BootstrapError
from ..http import urls
from ..kubeconfig import k8s_auth
from ..kubeconfig.load import Connection, Kubeconfig, load
from ..run import Context
from .client import Client
from .policy import TOTAL, RequestPolicy

TARGET_ARGUMENTS: dict[str, t.Any] = {
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "cluster": {"type": "str"},
    "user": {"type": "str"},
    "server": {"type": "str", "aliases": ["host"]},
    "certificate_authority": {"type": "path", "aliases": ["ca_cert", "ssl_ca_cert"]},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "token": {"type": "str", "no_log": True, "aliases": ["api_key"]},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
}
"""Documented in the fragment ``target``. The content of a kubeconfig is never logged; its path is no secret (``run.begin``)."""

_CLUSTER = ("server", "kubeconfig", "context", "cluster", "user")
"""Options that name the cluster. The others override what its kubeconfig says."""
_OVERRIDES = {
    "certificate_authority": "SSL_CA_CERT",
    "validate_certs": "VERIFY_SSL",
    "token": "API_KEY",
    "client_cert": "CERT_FILE",
    "client_key": "KEY_FILE",
    "impersonate_user": "IMPERSONATE_USER",
    "impersonate_groups": "IMPERSONATE_GROUPS",
    "proxy": "PROXY",
    "no_proxy": "NO_PROXY",
}
"""Each with the variable that means the same, without its prefix."""


def kubeconfig_of(args: dict[str, t.Any], context: Context) -> Kubeconfig:
    """The cluster that the arguments, the environment and the files name."""
    options = [name for name in _CLUSTER if args.get(name)]
    unused = k8s_auth.unused(context.env, " and ".join(options)) if options else None
    for warning in [unused] if unused else k8s_auth.ignored(context.env):
        context.warn(warning)
    if args.get("server"):
        kubeconfig = _named(args["server"], context)
    elif not options and k8s_auth.settings(context.env):
        kubeconfig = k8s_auth.kubeconfig_of(context.env, lambda server: _named(server, context))
    else:
        kubeconfig = load(args["kubeconfig"], args["context"], context.env, cluster=args["cluster"], user=args["user"])
    return _overridden(kubeconfig, args, context)


def _overridden(kubeconfig: Kubeconfig, args: dict[str, t.Any], context: Context) -> Kubeconfig:
    given = {option: args[option] for option in _OVERRIDES if args.get(option) not in (None, "", [])}
    if not given:
        return kubeconfig
    if ("client_cert" in given) != ("client_key" in given):
        raise BootstrapError("client_cert and client_key belong together, one is missing.", fix="Set both, or none.")
    values = {_OVERRIDES[option]: value if isinstance(value, list) else str(value) for option, value in given.items()}
    try:
        return k8s_auth.overridden(kubeconfig, values, context.env)
    except BootstrapError as error:
        raise BootstrapError(f"{' or '.join(given)}: {error.message}", fix=error.fix) from error


def _named(server: str, context: Context) -> Kubeconfig:
    """A cluster that is in no kubeconfig."""
    if not urls.is_usable(server) or urlsplit(server).scheme not in ("http", "https") or urlsplit(server).username:
        raise BootstrapError("server is not the URL of an API server.", fix="Set it to one such as https://api.example.com:6443.")
    connection = Connection(server.rstrip("/"), name=server, env=context.env)
    return Kubeconfig("option", [], None, None, None, None, connection, [], "system")


def connect(args: dict[str, t.Any], context: Context) -> Client:
    """A client of that cluster, none of whose requests takes longer than the stage may wait."""
    return Client(kubeconfig_of(args, context).connection, RequestPolicy(total=min(TOTAL, args.get("wait_timeout") or TOTAL)))
