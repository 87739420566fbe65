# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server tells of a cluster."""

from __future__ import annotations

import contextlib
import gc
import typing as t
from collections.abc import Callable, Iterator

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
from .queries import Asker
from .storage import storage, within
from .version import version
from .workloads import Workloads, workloads

Json = dict[str, t.Any]
_INGRESS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_NODES = 250
"""A page: a node has 13 KB and more, and two pages are in memory at a time."""


def gather(client: Client, namespace: str) -> Json:
    """The document ``facts.cluster``; its fields are documented in the module ``cluster_info``.

    ``namespace`` is where Kubeflow is to go: the user's rights are asked for there. What the user may not read is listed in
    ``unknown``; only a cluster that does not answer, or refuses the login, is an error.
    """
    asker = Asker(client, {})
    said = _first(asker)
    no_apis: tuple[Served, list[str]] = ({}, [])
    asker.apis, down = asker.attempt("served APIs", lambda: discover(client), no_apis)
    apis = asker.apis
    questions: dict[str, Callable[[], t.Any]] = {
        "nodes": lambda: _nodes(asker),
        "requests": lambda: requests(asker),
        "storage": lambda: _storage(asker),
        "ingress_classes": lambda: [_ingress_class(item) for item in asker.items("networking.k8s.io", "IngressClass")],
        "permissions": lambda: _permissions(asker, namespace),
        "apis_down": lambda: _down(asker, down),
        "workloads": lambda: workloads(asker),
        "addresses": lambda: addresses(asker),
        "gateway_classes": lambda: gateway_classes(asker),
        "policy": lambda: policy(asker, namespace),
        "scc": lambda: scc_names(asker),
        "admission": lambda: admission(asker),
        "service_account_issuer": lambda: service_account_issuer(asker),
        "cluster_domain": lambda: cluster_domain(asker),
    }
    with _no_collection():
        answers: Json = dict(client.map(lambda item: (item[0], _answered(client, *item)), questions.items()))
    nodes: Nodes = answers["nodes"]
    whose = distribution(nodes, apis, said.get("gitVersion") or "")
    answers.update(_conclusions(asker, answers, whose["name"]))
    answers["nodes"] = nodes.summary(answers.pop("requests"))
    found = {
        **answers,
        "server": client.connection.server,
        "version": version(said, nodes.kubelet_versions),
        "distribution": whose,
        "apis": {name: {kind: _place(entry) for kind, entry in sorted(kinds.items())} for name, kinds in apis.items()},
        "unknown": asker.unknown,
    }
    return cleaned(found)


def _first(asker: Asker) -> Json:
    """The version. Here alone an API server that does not answer is an error: then nothing else could be asked."""
    try:
        return asker.client.document("/version", "gitVersion")
    except ApiError as error:
        if error.code in (401, 429) or error.code >= 500:
            raise
        asker.note("version", error.said)
        return {}


def _answered(client: Client, what: str, question: Callable[[], t.Any]) -> t.Any:
    """An answer. Lists and metadata are checked where they come in; what is deeper in an object is not, until it is read."""
    try:
        return question()
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise InvalidResponse(client.connection, what, f"objects of another shape ({type(error).__name__}: {error})") from error


def _conclusions(asker: Asker, answers: Json, whose: str) -> Json:
    """What follows from several answers together; takes out of ``answers`` those that are no facts themselves."""
    found: Workloads = answers.pop("workloads")
    allowed = answers.pop("policy")
    seen = asker.knows("Node") and asker.knows("Service")
    return {
        **allowed,
        "storage": within(answers["storage"], allowed["quotas"]),
        "admission": served(asker, answers["admission"], allowed["namespace"]),
        "addons": addons(asker, found),
        "load_balancer": load_balancer(found, answers.pop("addresses"), answers["nodes"].providers, whose, seen),
        "cni": cni(found, {name.split("/")[0] for name in asker.apis}),
        "security_context_constraints": security_context_constraints(answers.pop("scc"), answers["permissions"]["rules"]),
        "cluster_domain": assumed_domain(answers["cluster_domain"], answers["service_account_issuer"]["issuer"]),
    }


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Parsed pages hold no cycles; looking for some, over and over, takes a quarter of the time that parsing takes."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _nodes(asker: Asker) -> Nodes:
    nodes = Nodes()
    for page in asker.pages("", "Node", trim=without_images, limit=_NODES):
        for node in page.get("items") or []:
            nodes.add(node)
    return nodes


def _storage(asker: Asker) -> Json:
    drivers = {item["metadata"]["name"] for item in asker.items("storage.k8s.io", "CSIDriver", metadata=True)}
    known = asker.serves("storage.k8s.io", "CSIDriver") and asker.knows("CSIDriver", "storage.k8s.io")
    return storage(list(asker.items("storage.k8s.io", "StorageClass")), drivers if known else None)


def _permissions(asker: Asker, namespace: str) -> Json:
    nothing: Json = {"namespace": namespace, "complete": False, "rules": []}
    rights = asker.attempt("permissions", lambda: review(asker.client, namespace), nothing)
    return {**rights, "missing": asker.attempt("missing permissions", lambda: lacking(asker.client, rights), None)}


def _down(asker: Asker, versions: list[str]) -> list[str]:
    """API versions that do not exist because their backend is down; ``unknown`` says why."""
    for each in versions:
        group, _slash, name = each.rpartition("/")
        found = asker.get(f"APIService {name}.{group}", f"/apis/apiregistration.k8s.io/v1/apiservices/{name}.{group}")
        conditions = found.get("status", {}).get("conditions") or []
        why = next((item.get("message") for item in conditions if item.get("type") == "Available" and item.get("status") != "True"), None)
        asker.note(f"API {each}", f"Its backend does not answer: {why or 'discovery says so'}.")
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
