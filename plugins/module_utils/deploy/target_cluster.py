# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the cluster that answers is the one that an application, and the Secrets with it, were made for."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..ksonnet.files import app_yaml, record
from ..kube.identity import uid_of
from ..kubeconfig.load import Connection
from ..role.provenance import MARK

if t.TYPE_CHECKING:
    from ..kube.client import Client


_ANOTHER = "Use the context of that cluster, or another kubeflow_app_dir for this one."
_MOVE = "If this is its cluster: kubeflow_allow_other_cluster=true."
_MAY_GET = "Let the user get the namespace kube-system."


def bind(client: Client, files: Mapping[str, str], path: Path, args: Json, warn: Callable[[str], None]) -> tuple[Json, Json, str]:
    """Bind a client to the cluster of an application; returns app.yaml, the environment of ``args`` in it, and the namespace.

    Raises ``BootstrapError`` as ``check`` does, and if there is no such environment.
    """
    app = app_yaml.read(files)
    environment = (app.get("environments") or {}).get(args["environment"])
    if not environment:
        raise BootstrapError(f"The application {path} has no environment {args['environment']!r}.", fix="Check kubeflow_environment.")
    uid = check(client, files, path, environment, args, warn)
    namespace = (environment.get("destination") or {}).get("namespace") or "default"
    client.identity.bind(uid, f"/api/v1/namespaces/{namespace}")
    return app, environment, namespace


def check(client: Client, files: Mapping[str, str], path: Path, environment: Json, args: Json, warn: Callable[[str], None]) -> str | None:
    """The UID of the cluster, which must be the one that ``files`` were planned for; ``None`` if the user may not get it.

    Without a record of this collection, the server of ksonnet's environment counts, if it has one.
    Raises ``BootstrapError``; with ``move`` only for Secrets, as this is the application's cluster from now on.
    """
    uid, connection = uid_of(client), client.connection
    _check_secrets(args.get("secrets") or [], uid, connection)
    if args.get("allow_other_cluster"):
        return uid
    planned = record.read(files)
    if planned:
        _check_record(planned.get("cluster") or {}, path, uid, connection, warn)
    else:
        server = (environment.get("destination") or {}).get("server")
        if server and str(server).rstrip("/") != connection.server:
            raise BootstrapError(
                f"The application {path} is for the cluster {server}, but {_here(connection, uid)}.", fix=f"{_ANOTHER} {_MOVE}"
            )
    return uid


def _check_record(planned: Json, path: Path, uid: str | None, connection: Connection, warn: Callable[[str], None]) -> None:
    known = planned.get("uid")
    if known and known == uid:
        return
    server = planned.get("server")
    if uid is None and server == connection.server:
        warn(
            f"The user of context {connection.name} may not get the namespace kube-system: only its URL {server} shows "
            f"that this is the cluster of {path}. {_MAY_GET}"
        )
        return
    if known and uid:
        raise BootstrapError(
            f"The application {path} was planned for the cluster {server} (UID {known}), but {_here(connection, uid)}.", fix=_ANOTHER
        )
    fix = f"{_MAY_GET} {_MOVE}" if uid is None else f"Plan again as a user who may get the namespace kube-system. {_MOVE}"
    raise BootstrapError(
        f"Which cluster the application {path} was planned for can't be determined from its UID: {record.PATH} says {server or 'unknown'} "
        f"(UID {known or 'unknown'}), and {_here(connection, uid)}.",
        fix=fix,
    )


def _check_secrets(secrets: list[Json], uid: str | None, connection: Connection) -> None:
    for each in secrets:
        other = (each.get(MARK) or {}).get("cluster")
        if other and other not in (uid, connection.server):
            raise BootstrapError(
                f"The Secret {each.get('name')} was made for another cluster (UID {other}), but {_here(connection, uid)}.",
                fix="Take the optional steps again for this cluster.",
            )


def _here(connection: Connection, uid: str | None) -> str:
    return f"context {connection.name} leads to {connection.server} (UID {uid or 'unknown'})"
