# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server tells of a cluster."""

from __future__ import annotations

import contextlib
import gc
import typing as t
from collections.abc import Callable, Iterator

from ..formats.json_object import Json
from ..kube.access_review import lacking, review
from ..kube.client import ApiError, Client, InvalidResponse
from ..kube.discovery import Served, discover
from ..redaction.redact import cleaned
from .addons import addons
from .distribution import distribution
from .identity import assumed_domain, cluster_domain, service_account_issuer
from .network import addresses, cni, gateway_classes, load_balancer
from .nodes import Nodes, without_images
from .pods import requests
from .policy import admission, policy, scc_names, security_context_constraints, served
from .queries import Queries
from .storage import storage, within
from .version import version
from .workloads import Workloads, workloads

_INGRESS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_NODES = 250
"""Nodes in a page: a node has 13 KB and more, and two pages are in memory at a time."""


def gather(client: Client, namespace: str) -> Json:
    """The document ``facts.cluster``; its fields are documented in the module ``cluster_info``.

    ``namespace`` is Kubeflow's: the user's rights are reviewed there. What the user may not read is listed in ``unknown``; only a cluster
    that does not answer, or refuses the login, is an error.
    """
    queries = Queries(client, {})
    version_answer = _first(queries)
    no_apis: tuple[Served, list[str]] = ({}, [])
    queries.apis, down = queries.attempt("served APIs", lambda: discover(client), no_apis)
    apis = queries.apis
    questions: dict[str, Callable[[], t.Any]] = {
        "nodes": lambda: _nodes(queries),
        "requests": lambda: requests(queries),
        "storage": lambda: _storage(queries),
        "ingress_classes": lambda: [_ingress_class(item) for item in queries.items("networking.k8s.io", "IngressClass")],
        "permissions": lambda: _permissions(queries, namespace),
        "apis_down": lambda: _down(queries, down),
        "workloads": lambda: workloads(queries),
        "addresses": lambda: addresses(queries),
        "gateway_classes": lambda: gateway_classes(queries),
        "policy": lambda: policy(queries, namespace),
        "scc": lambda: scc_names(queries),
        "admission": lambda: admission(queries),
        "service_account_issuer": lambda: service_account_issuer(queries),
        "cluster_domain": lambda: cluster_domain(queries),
    }
    with _no_collection():
        answers: Json = dict(client.map(lambda item: (item[0], _answered(client, *item)), questions.items()))
    nodes: Nodes = answers["nodes"]
    kubernetes = distribution(nodes, apis, version_answer.get("gitVersion") or "")
    answers.update(_conclusions(queries, answers, kubernetes["name"]))
    answers["nodes"] = nodes.summary(answers.pop("requests"), answers["cni"]["name"])
    document = {
        **answers,
        "server": client.connection.server,
        "version": version(version_answer, nodes.kubelet_versions),
        "distribution": kubernetes,
        "apis": {name: {kind: _place(entry) for kind, entry in sorted(kinds.items())} for name, kinds in apis.items()},
        "unknown": queries.unknown,
    }
    return cleaned(document)


def _first(queries: Queries) -> Json:
    """The version. Only here an API server that does not answer is an error: all other requests would fail, too."""
    try:
        return queries.client.document("/version", "gitVersion")
    except ApiError as error:
        if error.code in (401, 429) or error.code >= 500:
            raise
        queries.note("version", error.status_message)
        return {}


def _answered(client: Client, what: str, question: Callable[[], t.Any]) -> t.Any:
    """The answer to a question. The client checks lists and metadata; the rest of an object is checked only here, by reading it."""
    try:
        return question()
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise InvalidResponse(client.connection, what, f"objects of another shape ({type(error).__name__}: {error})") from error


def _conclusions(queries: Queries, answers: Json, distribution_name: str) -> Json:
    """Facts that follow from several answers; removes from ``answers`` those that are not facts themselves."""
    running: Workloads = answers.pop("workloads")
    allowed = answers.pop("policy")
    complete = queries.knows("Node") and queries.knows("Service")
    return {
        **allowed,
        "storage": within(answers["storage"], allowed["quotas"]),
        "admission": served(queries, answers["admission"], allowed["namespace"]),
        "addons": addons(queries, running),
        "load_balancer": load_balancer(running, answers.pop("addresses"), answers["nodes"].providers, distribution_name, complete),
        "cni": cni(running, {name.split("/")[0] for name in queries.apis}),
        "security_context_constraints": security_context_constraints(answers.pop("scc"), answers["permissions"]["rules"]),
        "cluster_domain": assumed_domain(answers["cluster_domain"], answers["service_account_issuer"]["issuer"]),
    }


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without garbage collection: parsed pages have no cycles, and looking for them takes a quarter of the time of parsing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _nodes(queries: Queries) -> Nodes:
    nodes = Nodes()
    for page in queries.pages("", "Node", trim=without_images, limit=_NODES):
        for node in page.get("items") or []:
            nodes.add(node)
    return nodes


def _storage(queries: Queries) -> Json:
    drivers = {item["metadata"]["name"] for item in queries.items("storage.k8s.io", "CSIDriver", metadata=True)}
    known = queries.serves("storage.k8s.io", "CSIDriver") and queries.knows("CSIDriver", "storage.k8s.io")
    return storage(list(queries.items("storage.k8s.io", "StorageClass")), drivers if known else None)


def _permissions(queries: Queries, namespace: str) -> Json:
    nothing: Json = {"namespace": namespace, "complete": False, "rules": []}
    rights = queries.attempt("permissions", lambda: review(queries.client, namespace), nothing)
    return {**rights, "missing": queries.attempt("missing permissions", lambda: lacking(queries.client, rights), None)}


def _down(queries: Queries, versions: list[str]) -> list[str]:
    """API versions whose backend is down; ``unknown`` has the reason."""
    for each in versions:
        group, _slash, name = each.rpartition("/")
        service = queries.get(f"APIService {name}.{group}", f"/apis/apiregistration.k8s.io/v1/apiservices/{name}.{group}")
        conditions = service.get("status", {}).get("conditions") or []
        why = next((item.get("message") for item in conditions if item.get("type") == "Available" and item.get("status") != "True"), None)
        queries.note(f"API {each}", f"Its backend does not answer: {why or 'discovery says so'}.")
    return versions


def _ingress_class(item: Json) -> Json:
    annotations = item["metadata"].get("annotations") or {}
    return {
        "name": item["metadata"]["name"],
        "controller": item.get("spec", {}).get("controller"),
        "default": annotations.get(_INGRESS_DEFAULT) == "true",
    }


def _place(entry: Json) -> Json:
    return {"resource": entry["resource"], "namespaced": entry["namespaced"]}
