# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that tests deploy, and what the audit log says of them."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client

if t.TYPE_CHECKING:
    from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster

Json = dict[str, t.Any]
RBAC = "rbac.authorization.k8s.io"
_CLEAN = {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}


def made(api_version: str, kind: str, name: str, space: str | None = None, **content: t.Any) -> Json:
    """An object."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **({"namespace": space} if space else {})}, **content}


def name_of(item: Json) -> str:
    """As outcomes write it."""
    group, _slash, _version = item["apiVersion"].rpartition("/")
    space = item["metadata"].get("namespace")
    kind = f"{item['kind']}.{group}" if group else item["kind"]
    return f"{kind} {space}/{item['metadata']['name']}" if space else f"{kind} {item['metadata']['name']}"


def pod(account: str | None = None, config: str | None = None, **spec: t.Any) -> Json:
    """The spec of a pod."""
    container: Json = {"name": "main", "image": "example.com/none", **_CLEAN}
    if config:
        container["envFrom"] = [{"configMapRef": {"name": config}}]
    return {**({"serviceAccountName": account} if account else {}), "containers": [container], **spec}


def deployment(name: str, space: str, template: Json, replicas: int = 1) -> Json:
    """A Deployment of pods with the spec ``template``."""
    labels = {"app": name}
    content = {"metadata": {"labels": labels}, "spec": template}
    return made("apps/v1", "Deployment", name, space, spec={"replicas": replicas, "selector": {"matchLabels": labels}, "template": content})


def definition(group: str, plural: str, kind: str, **spec: t.Any) -> Json:
    """A CRD of a namespaced kind in version v1."""
    schema = {
        "openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    }
    content = {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    return made("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec={**content, **spec})


def mixture(space: str, value: str = "one", number: int = 8) -> list[Json]:
    """Some of all that is common: 3 times ``number`` objects and a few, in five waves; ``value`` is in a third of them."""
    group = f"{space}.example.com"
    account = {"kind": "ServiceAccount", "name": "runner", "namespace": space}
    role = {"apiGroup": RBAC, "kind": "Role", "name": "runner"}
    items = [
        made(f"{group}/v1", "Flow", "nightly", space, spec={"steps": value}),
        made("v1", "Namespace", space),
        deployment("runner", space, pod("runner", "settings-0")),
        made(f"{RBAC}/v1", "RoleBinding", "runner", space, roleRef=role, subjects=[account]),
        made(f"{RBAC}/v1", "Role", "runner", space, rules=[]),
        made("v1", "ServiceAccount", "runner", space),
        made("v1", "Service", "runner", space, spec={"selector": {"app": "runner"}, "ports": [{"port": 80}]}),
        definition(group, "flows", "Flow"),
    ]
    for index in range(number):
        items += [
            made("v1", "ConfigMap", f"settings-{index}", space, data={"value": value}),
            made("v1", "Secret", f"login-{index}", space, stringData={"password": "none"}),
            made("v1", "ServiceAccount", f"other-{index}", space),
        ]
    return items


def existing(cluster: Cluster, items: list[Json]) -> set[str]:
    """Which of the objects the cluster has."""
    with cluster.client() as client:
        answers = client.map(lambda item: live(client, item), items)
    return {name_of(item) for item in answers if item}


def live(client: Client, item: Json) -> Json | None:
    """The object as the cluster has it, if it does."""
    try:
        return client.get(path_of(item))
    except ApiError as error:
        if error.code != 404:
            raise
        return None


_PLURALS = {"CustomResourceDefinition": "customresourcedefinitions", "PriorityClass": "priorityclasses", "ResourceQuota": "resourcequotas"}


def path_of(item: Json) -> str:
    """Where an object is served; the plurals of the tests' kinds are regular."""
    version, kind, metadata = item["apiVersion"], item["kind"], item["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    space = f"/namespaces/{metadata['namespace']}" if metadata.get("namespace") else ""
    return f"{root}{space}/{_PLURALS.get(kind, kind.lower() + 's')}/{metadata['name']}"


def refused(requests: list[Json]) -> list[str]:
    """The writes among requests of the audit log that the server refused, with the status and its reason."""
    return [
        f"{each['responseStatus']['code']} {each['verb']} {each['requestURI']} {each['responseStatus'].get('message', '')}"
        for each in requests
        if each["verb"] in ("create", "update", "patch", "delete") and each["responseStatus"]["code"] >= 400
    ]


def webhook_failures(requests: list[Json]) -> list[str]:
    """The requests of the audit log for which a webhook was asked in vain, also those that went through all the same."""
    return [
        f"{each['verb']} {each['requestURI']}"
        for each in requests
        if "calling webhook" in str(each["responseStatus"].get("message", ""))
        or any("failed-open" in key for key in each.get("annotations") or {})
    ]
