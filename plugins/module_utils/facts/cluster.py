# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server tells of a cluster. Private to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ..api import ApiError, Client
from ..discovery import Served, served
from ..errors import BootstrapError
from ..permissions import review
from .distribution import distribution
from .nodes import Nodes
from .storage import storage

Json = dict[str, t.Any]
_INGRESS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


def gather(client: Client, namespace: str) -> Json:
    """The document ``facts.cluster``; its fields are documented in the module ``cluster_info``.

    ``namespace`` is where Kubeflow is to go: the user's rights are asked for there. What the user may not read is listed in
    ``unknown``; only a cluster that does not answer, or refuses the login, is an error.
    """
    unknown: list[Json] = []

    def guarded(what: str, ask: Callable[[], t.Any], otherwise: t.Any) -> t.Any:
        try:
            return ask()
        except ApiError as error:
            if error.code == 401:
                raise
            unknown.append({"what": what, "why": error.said})
            return otherwise

    questions: dict[str, tuple[Callable[[], t.Any], t.Any]] = {
        "version": (lambda: client.get("/version"), {}),
        "apis": (lambda: served(client), {}),
        "nodes": (lambda: _nodes(client), Nodes()),
        "storage classes": (lambda: list(client.items("/apis/storage.k8s.io/v1/storageclasses")), []),
        "ingress classes": (lambda: list(client.items("/apis/networking.k8s.io/v1/ingressclasses")), []),
        "namespace kube-system": (lambda: client.get("/api/v1/namespaces/kube-system"), {}),
        "permissions": (lambda: review(client, namespace), {"namespace": namespace, "complete": False, "rules": []}),
    }
    client.get("/version")
    answers: Json = dict(client.map(lambda item: (item[0], guarded(item[0], *item[1])), questions.items()))
    apis: Served = answers["apis"]
    nodes: Nodes = answers["nodes"]
    return {
        "server": client.connection.server,
        "uid": answers["namespace kube-system"].get("metadata", {}).get("uid"),
        "version": _version(answers["version"]),
        "distribution": distribution(nodes, apis, answers["version"].get("gitVersion") or ""),
        "nodes": nodes.summary(),
        "storage": storage(answers["storage classes"]),
        "ingress_classes": [_ingress_class(item) for item in answers["ingress classes"]],
        "apis": {version: {kind: _place(entry) for kind, entry in sorted(kinds.items())} for version, kinds in apis.items()},
        "permissions": answers["permissions"],
        "unknown": unknown,
    }


def _nodes(client: Client) -> Nodes:
    nodes = Nodes()
    for node in client.items("/api/v1/nodes", resourceVersion="0"):
        nodes.add(node)
    return nodes


def _version(answer: Json) -> Json:
    """``major`` and ``minor`` as numbers, also of ``1.31+``; 0 where a server does not say (one that was built without its version)."""
    digits = {key: "".join(filter(str.isdigit, str(answer.get(key) or ""))) for key in ("major", "minor")}
    return {"git_version": answer.get("gitVersion"), **{key: int(value or 0) for key, value in digits.items()}}


def _ingress_class(item: Json) -> Json:
    annotations = item["metadata"].get("annotations") or {}
    return {
        "name": item["metadata"]["name"],
        "controller": item.get("spec", {}).get("controller"),
        "default": annotations.get(_INGRESS_DEFAULT) == "true",
    }


def _place(entry: Json) -> Json:
    return {"resource": entry["resource"], "namespaced": entry["namespaced"]}


def identity(client: Client) -> str:
    """The UID of the namespace ``kube-system``: what tells one cluster from another."""
    try:
        return str(client.get("/api/v1/namespaces/kube-system")["metadata"]["uid"])
    except ApiError as error:
        if error.code == 401:
            raise
        raise BootstrapError(
            f"Which cluster this is can't be told: {error.said}.", fix="Let the user get the namespace kube-system."
        ) from error
