# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The initial objects of a local cluster."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from ...kube.discovery import Served, served

Await = Callable[[Callable[[], t.Optional[str]]], None]  # noqa: UP045  # evaluated at import
"""Waits until a condition returns None; any other result says what is missing."""

SERVICE_ACCOUNT = "kubeflow-admin"
_TOKEN_SECONDS = 10 * 365 * 24 * 3600
_ADMIN: list[Json] = [
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": SERVICE_ACCOUNT, "namespace": "default"}},
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": SERVICE_ACCOUNT},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": "default"}],
    },
]
# Created before the objects that depend on them.
_FIRST = ("CustomResourceDefinition", "Namespace")


def create(client: Client, objects: list[Json], wait: Await) -> None:
    """Create the ``objects`` and the service account; those that exist stay as they are."""
    all_objects = [*objects, *_ADMIN]
    kinds: Served = {}

    def create_each(batch: list[Json]) -> None:
        client.map(lambda each: wait(lambda: _create(client, each, kinds)), batch)

    def unserved() -> str | None:
        kinds.update(served(client))
        missing = [each for each in all_objects if each["kind"] not in kinds.get(each["apiVersion"], {})]
        return f"{missing[0]['kind']} ({missing[0]['apiVersion']}) is not served" if missing else None

    kinds.update(served(client))
    for kind in _FIRST:
        create_each([each for each in all_objects if each["kind"] == kind])
    wait(unserved)
    create_each([each for each in all_objects if each["kind"] not in _FIRST])


def service_account_token(client: Client) -> str:
    """A token of the service account, as pods get it; it lasts as long as the cluster's certificates."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _TOKEN_SECONDS}}
    answer = client.post(f"/api/v1/namespaces/default/serviceaccounts/{SERVICE_ACCOUNT}/token", request)
    return str(answer["status"]["token"])


def unready_nodes(client: Client, names: set[str]) -> str | None:
    """None when all nodes named ``names`` are ready and take pods."""
    waiting = names - {node["metadata"]["name"] for node in client.items("/api/v1/nodes") if _takes_pods(node)}
    return f"node {min(waiting)} is not ready" if waiting else None


def _takes_pods(node: Json) -> bool:
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions") or [])
    return ready and not any(taint["key"] == "node.kubernetes.io/not-ready" for taint in node["spec"].get("taints") or [])


def _create(client: Client, body: Json, kinds: Served) -> str | None:
    """Create ``body``. Returns what is missing while its namespace does not exist, such as ``default`` right after the start."""
    kind, api_version, metadata = body["kind"], body["apiVersion"], body["metadata"]
    served_as = kinds[api_version][kind]
    path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    if served_as["namespaced"]:
        path += f"/namespaces/{metadata.get('namespace', 'default')}"
    try:
        client.post(f"{path}/{served_as['resource']}", body, fieldValidation="Strict")
    except ApiError as error:
        # A Service with an address of its own is invalid where it already exists, for its address is taken.
        if error.reason == "AlreadyExists" or (error.code == 422 and client.find(f"{path}/{served_as['resource']}/{metadata['name']}")):
            return None
        if error.code != 404:
            raise
        return f"{kind} {metadata['name']} can't be created yet: {error.status_message}"
    return None
