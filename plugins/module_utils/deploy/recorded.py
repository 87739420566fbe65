# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The applications that are recorded in the cluster, with or without their folders."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..errors import BootstrapError, abbreviated
from ..kube.client import METADATA, ApiError, Client
from ..kube.names import is_subdomain, object_name
from ..kube.resources import MANAGER
from .model.applyset import ID, TOOLING

_RECORD = "applyset"
_NAMED = 5
_CHECK = "Check the name and the context."


def named(client: Client, name: str, args: Mapping[str, t.Any], env: Mapping[str, str]) -> tuple[str, str]:
    """Application and namespace of ``name`` or ``namespace/name``.

    Without its folder the cluster of the application is unknown and must be named. Raises ``BootstrapError`` if it is not, or if none or
    several applications have that name.
    """
    if not (args.get("context") or args.get("server") or args.get("cluster") or env.get("K8S_AUTH_HOST")):
        raise BootstrapError(
            f"The cluster from which to remove the application {name} is not named, and its folder is not read.",
            fix="Name the context: kubeflow_context.",
        )
    namespace, slash, application = name.rpartition("/")
    if slash and not (is_subdomain(namespace) and application):
        raise BootstrapError(f"kubeflow_application is neither NAME nor NAMESPACE/NAME: {name!r}.", fix=_CHECK)
    if namespace:
        return application, namespace
    try:
        records = applications(client)
    except ApiError as error:
        raise BootstrapError(
            f"Where the application {name} is can't be seen: {error.status_message}.",
            fix=f"Name its namespace: kubeflow_application=NAMESPACE/{name}.",
        ) from error
    namespaces = [space for space, record in records if record == object_name(application, _RECORD)]
    if len(namespaces) == 1:
        return application, namespaces[0]
    if namespaces:
        ways = ", ".join(f"{space}/{application}" for space in namespaces[:_NAMED])
        raise BootstrapError(f"Several applications are called {name}.", fix=f"Name one of them as kubeflow_application: {ways}.")
    raise BootstrapError(
        f"The cluster {client.connection.server} has no record of an application {name}; it has {_known(records)}.",
        fix=f"{_CHECK} If somebody deleted the record, name the namespace too: NAMESPACE/NAME.",
    )


def nothing(client: Client, application: str, namespace: str) -> str:
    """The warning after a removal by name that found nothing: it may have been removed before, or have another name."""
    try:
        it_has = f"; it has records of {_known(applications(client))}"
    except BootstrapError:
        it_has = ""
    return f"The cluster {client.connection.server} has nothing of an application {application} in the namespace {namespace}{it_has}."


def _known(records: list[tuple[str, str]]) -> str:
    return abbreviated([f"{space}/{record.removesuffix(f'-{_RECORD}')}" for space, record in records], _NAMED) or "none at all"


def applications(client: Client) -> list[tuple[str, str]]:
    """Namespace and name of all our records."""
    items = [item["metadata"] for item in client.items("/api/v1/configmaps", METADATA, labelSelector=ID)]
    ours = [each for each in items if str((each.get("annotations") or {}).get(TOOLING)).rpartition("/")[0] == MANAGER]
    return sorted((str(each["namespace"]), str(each["name"])) for each in ours)
