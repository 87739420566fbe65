# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an application on disk to objects in the cluster, or out of it again. Private to the collection."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ..api import Client
from ..errors import BootstrapError
from ..facts.cluster import identity
from ..ks.engine import Choice
from ..ks.job import Job
from ..ksonnet import app_yaml, folder, record
from ..ksonnet.render import objects
from ..registries.source_arguments import sources
from ..run import Context
from .absent import absent
from .present import Options, Outcome, present


def deploy(client: Client, args: dict[str, t.Any], context: Context) -> tuple[Outcome, Choice]:
    """Do what the module ``deploy`` documents; returns the engine that did it, too."""
    path = Path(args["path"])
    files = _files(path, args, context)
    if not files:
        raise BootstrapError(f"There is no application in {path}.", fix="Make one first (playbooks/app.yml), or check kubeflow_app_dir.")
    app = app_yaml.read(files)
    environment = (app.get("environments") or {}).get(args["environment"])
    if not environment:
        raise BootstrapError(f"The application {path} has no environment {args['environment']!r}.", fix="Check kubeflow_environment.")
    _same_cluster(client, files, path)
    namespace = (environment.get("destination") or {}).get("namespace") or "default"
    options = Options(
        check=context.check,
        diff=context.diff,
        force=args["force_conflicts"],
        timeout=float(args["wait_timeout"]),
        progress=context.progress,
        warn=context.warn,
    )
    job = Job(client, context, path, files, app["name"], args["environment"], environment)
    choice = job.choose(args["engine"], args["ks"])
    if choice.ks:
        return job.by_ks(choice.ks, options, remove=args["state"] == "absent", remove_data=args["remove_data"]), choice
    if args["state"] == "absent":
        return absent(client, app["name"], namespace, options, args["remove_data"]), choice
    rendered = objects(files, args["environment"])
    return present(client, app["name"], namespace, [(name, item) for name, items in rendered.items() for item in items], options), choice


def _files(path: Path, args: dict[str, t.Any], context: Context) -> dict[str, str]:
    """The application on disk; in check mode as it would be."""
    if args["declaration"] is None or not context.check:
        return folder.read(path)
    return folder.foresee(path, args["declaration"], sources(args, context))


def _same_cluster(client: Client, files: dict[str, str], path: Path) -> None:
    """Refuse any other cluster than the one that the application was planned for."""
    planned = record.read(files).get("cluster") or {}
    uid = identity(client)
    if planned.get("uid") and planned["uid"] != uid:
        raise BootstrapError(
            f"The application {path} was planned for the cluster {planned.get('server')} (UID {planned['uid']}), "
            f"but context {client.connection.name} leads to {client.connection.server} (UID {uid}).",
            fix="Use the context of that cluster, or another kubeflow_app_dir for this one.",
        )
