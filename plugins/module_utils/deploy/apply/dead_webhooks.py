# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks of the cluster whose Service does not exist: objects that they match can't be written.

An old installation leaves them behind. If one matches pods, workloads are accepted, and never become ready.
"""

from __future__ import annotations

import shlex
import typing as t
from collections.abc import Iterable, Mapping

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.resources import Key, group_of
from ..graph.object_index import dicts_of, labels_of, pod_template, selects
from ..graph.webhooks import ADMISSION, service_of
from ..model.member import Member
from .rejections import DENIED, Refusal

_KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


class _AdmissionRequest(t.NamedTuple):
    """A request for which the API server would call webhooks."""

    operation: str
    group: str
    version: str
    plural: str
    scope: str
    labels: Mapping[str, str]
    space: Mapping[str, str] | None
    """Labels of the namespace; ``None`` for cluster-scoped objects."""


def unanswered(
    client: Client, pending: Iterable[Member], members: Iterable[Member], namespaces: Mapping[str, Mapping[str, str]]
) -> dict[Key, Refusal]:
    """Those of ``pending`` that could not be written, or whose pods could not be created. None if the user may not list webhooks.

    ``members``: all of the application, which may bring such a Service. ``namespaces``: labels of the live ones.
    """
    pending = list(pending)
    if not pending:
        return {}
    items = {member.key: member.item for member in members}
    try:
        webhooks = list(_webhooks(client, items))
    except BootstrapError:
        return {}
    exists: dict[Key, bool] = {}
    refused: dict[Key, Refusal] = {}
    for member in pending if webhooks else ():
        namespace_labels = _namespace_labels(member.key, items, namespaces)
        template = pod_template(member.item)
        own_request = _request(member, namespace_labels)
        requests = [("{} calls a webhook for it", own_request)] if own_request.group != ADMISSION else []
        if template:
            pods = _AdmissionRequest("CREATE", "", "v1", "pods", "Namespaced", labels_of(template), namespace_labels)
            requests.append(("no pod of it could be created: {} calls a webhook for pods", pods))
        for configuration, webhook, service in webhooks:
            why = next((text for text, request in requests if _is_called(webhook, request)), None)
            if why is None:
                continue
            if service not in exists:
                exists[service] = _exists(client, service)
            if not exists[service]:
                delete = shlex.join(["kubectl", "delete", configuration.replace(" ", "/")])
                fix = f"If nothing needs that any more: {delete}. Else restore its server."
                refused[member.key] = Refusal(DENIED, f"{why.format(configuration)}, and its {service} does not exist", fix)
    return refused


def _request(member: Member, namespace_labels: Mapping[str, str] | None) -> _AdmissionRequest:
    resource = member.resource
    group, version = group_of(resource.api_version), resource.api_version.rpartition("/")[2]
    operation = "CREATE" if member.action == "create" else "UPDATE"
    scope = "Namespaced" if resource.namespaced else "Cluster"
    return _AdmissionRequest(operation, group, version, resource.plural, scope, labels_of(member.item), namespace_labels)


def _namespace_labels(key: Key, items: Mapping[Key, Json], namespaces: Mapping[str, Mapping[str, str]]) -> dict[str, str] | None:
    """Labels of an object's namespace, or of itself if it is one."""
    name = key.name if key[:2] == ("", "Namespace") else key.namespace
    if not name:
        return None
    brought = labels_of(items.get(Key("", "Namespace", "", name)) or {})
    return {**namespaces.get(name, {}), **brought, "kubernetes.io/metadata.name": name}


def _webhooks(client: Client, items: Mapping[Key, Json]) -> t.Iterator[tuple[str, Json, Key]]:
    """Webhooks that must answer, and whose Service is not in the application: the configuration as kubectl names it, the webhook, and
    the Service. Those with conditions in CEL are left out.
    """
    lists = client.map(lambda kind: list(client.items(f"/apis/{ADMISSION}/v1/{kind}")), _KINDS)
    for kind, configurations in zip(_KINDS, lists, strict=True):
        for configuration in configurations:
            for webhook in dicts_of(configuration.get("webhooks")):
                service = service_of(webhook.get("clientConfig"))
                optional = webhook.get("failurePolicy") == "Ignore" or webhook.get("matchConditions")
                if service is not None and service not in items and not optional:
                    yield f"{kind[:-1]} {configuration['metadata']['name']}", webhook, service


def _exists(client: Client, service: Key) -> bool:
    try:
        return client.find(f"/api/v1/namespaces/{service.namespace}/services/{service.name}", ONE_METADATA) is not None
    except ApiError:
        return True


def _is_called(webhook: Json, request: _AdmissionRequest) -> bool:
    """Whether the API server calls the webhook for such a request."""
    if not selects(webhook.get("objectSelector"), request.labels):
        return False
    if request.space is not None and not selects(webhook.get("namespaceSelector"), request.space):
        return False
    return any(
        {"*", request.operation} & set(rule.get("operations") or [])
        and {"*", request.group} & set(rule.get("apiGroups") or [])
        and {"*", request.version} & set(rule.get("apiVersions") or [])
        and {"*", "*/*", request.plural, f"{request.plural}/*"} & set(rule.get("resources") or [])
        and rule.get("scope", "*") in ("*", request.scope)
        for rule in dicts_of(webhook.get("rules"))
    )
