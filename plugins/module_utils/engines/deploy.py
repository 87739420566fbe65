# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploy the objects of an application on disk to a cluster, or remove them."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ..deploy import recorded, target_cluster
from ..deploy.applier import RETRY_SECONDS, present
from ..deploy.destroyer import absent
from ..deploy.interruptible import interruptible
from ..deploy.model.generated_secrets import without_supplied
from ..deploy.model.outcome import Options, Outcome
from ..deploy.model.supplied_secrets import objects as supplied_objects
from ..deploy.pruner import named
from ..errors import BootstrapError
from ..ksonnet.disk import folder
from ..ksonnet.render.render import left_out, objects
from ..kube.client import Client
from ..kube.identity import uid_of
from ..kube.policy import Deadline, RetryPolicy
from ..kube.resources import key_of
from ..registries.source_arguments import sources
from ..run import Context
from .engine import EngineChoice
from .job import Job

_NO_APPLICATION = "Make one first (playbooks/app.yml), or check kubeflow_app_dir."
_FOLDER_LOST = (
    "Check kubeflow_app_dir. If the folder is lost, name the application and its context: kubeflow_application, kubeflow_context."
)


def deploy(client: Client, args: dict[str, t.Any], context: Context) -> tuple[Outcome, EngineChoice]:
    """Do what the module ``deploy`` documents; the outcome and the engine."""
    if args["application"]:
        return _removed_by_record(client, args, context)
    path = Path(args["path"])
    files = _files(path, args, context)
    if not files:
        raise BootstrapError(f"There is no application in {path}.", fix=_FOLDER_LOST if args["state"] == "absent" else _NO_APPLICATION)
    with client.retrying(RetryPolicy(Deadline(RETRY_SECONDS), context.progress)) as retrying:
        app, environment, namespace = target_cluster.bind(retrying, files, path, args, context.warn)
    options = _options(args, context)
    remove = args["state"] == "absent"
    with_secrets = bool(args["secrets"]) and not remove
    with client.retrying(RetryPolicy(Deadline(RETRY_SECONDS), context.progress)) as retrying:
        job = Job(retrying, context, path, files, app["name"], args["environment"], environment, secrets=with_secrets)
        choice = job.choose(args["engine"], args["ks_binary_path"])
    job.client = client
    try:
        with interruptible(client):
            if choice.ks and remove:
                return job.remove_by_ks(choice.ks, options, args["remove_data"]), choice
            if choice.ks:
                return job.deploy_by_ks(choice.ks, options), choice
            if remove:
                return absent(client, app["name"], namespace, options, args["remove_data"]), choice
            rendered = [(name, item) for name, items in objects(files, args["environment"]).items() for item in items]
            for warning in left_out(files):
                context.warn(warning)
            supplied_secrets = supplied_objects(args["secrets"] or [], namespace)
            rendered = without_supplied(rendered, {key_of(item) for _component, item in supplied_secrets}) + supplied_secrets
            return present(client, app["name"], namespace, rendered, options), choice
    except BootstrapError as error:
        error.details = {"engine": choice.engine, "engine_reason": choice.reason, **error.details}
        raise


def _removed_by_record(client: Client, args: dict[str, t.Any], context: Context) -> tuple[Outcome, EngineChoice]:
    """Remove an application whose folder is lost, by its ApplySet."""
    if args["state"] != "absent":
        raise BootstrapError(
            "An application can be removed, but not deployed by its name alone.", fix="Leave application out, or set state to absent."
        )
    with client.retrying(RetryPolicy(Deadline(RETRY_SECONDS), context.progress)) as retrying:
        application, namespace = recorded.named(retrying, args["application"], args, context.env)
        retrying.identity.bind(uid_of(retrying), f"/api/v1/namespaces/{namespace}")
    with interruptible(client):
        outcome = absent(client, application, namespace, _options(args, context), args["remove_data"])
    if not outcome.objects:
        context.warn(recorded.nothing(client, application, namespace))
    return outcome, EngineChoice("native", "The application was removed by what the cluster records of it.")


def _options(args: dict[str, t.Any], context: Context) -> Options:
    return Options(
        check=context.check,
        diff=context.diff,
        force=args["force_conflicts"],
        adopt=args["adopt"],
        recreate=args["recreate"],
        prune=named(args["prune"]),
        keep_supplied=args["secrets"] is None,
        timeout=float(args["wait_timeout"]),
        progress=context.progress,
        warn=context.warn,
    )


def _files(path: Path, args: dict[str, t.Any], context: Context) -> dict[str, str]:
    """The files of the application; in check mode as the declaration would make them."""
    if args["declaration"] is None or not context.check:
        return folder.read(path)
    return folder.preview(path, args["declaration"], sources(args, context))
