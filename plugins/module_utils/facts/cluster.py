# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server tells of a cluster. Private to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ..api import ApiError, Client
from ..discovery import served
from ..errors import BootstrapError
from ..permissions import review
from .asking import Asker
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
    version = client.get("/version")
    apis = served(client)
    asker = Asker(client, apis)
    no_rights: Json = {"namespace": namespace, "complete": False, "rules": []}
    questions: dict[str, Callable[[], t.Any]] = {
        "nodes": lambda: _nodes(asker),
        "storage": lambda: storage(list(asker.items("storage.k8s.io", "StorageClass"))),
        "ingress_classes": lambda: [_ingress_class(item) for item in asker.items("networking.k8s.io", "IngressClass")],
        "uid": lambda: asker.get("Namespace kube-system", "/api/v1/namespaces/kube-system").get("metadata", {}).get("uid"),
        "permissions": lambda: asker.attempt("permissions", lambda: review(client, namespace), no_rights),
    }
    answers: Json = dict(client.map(lambda item: (item[0], item[1]()), questions.items()))
    nodes: Nodes = answers["nodes"]
    return {
        **answers,
        "server": client.connection.server,
        "version": _version(version),
        "distribution": distribution(nodes, apis, version.get("gitVersion") or ""),
        "nodes": nodes.summary(),
        "apis": {name: {kind: _place(entry) for kind, entry in sorted(kinds.items())} for name, kinds in apis.items()},
        "unknown": asker.unknown,
    }


def _nodes(asker: Asker) -> Nodes:
    nodes = Nodes()
    for node in asker.items("", "Node"):
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
