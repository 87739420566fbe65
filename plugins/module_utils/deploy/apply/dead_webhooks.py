# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks of the cluster whose Service does not exist: what they are asked about can't be written.

An old installation leaves them behind. Where one is asked about pods, workloads are accepted all the same, and never become ready.
"""

from __future__ import annotations

import shlex
import typing as t
from collections.abc import Iterable, Mapping

from ...errors import BootstrapError
from ...kube.client import ONE_METADATA, ApiError, Client
from ...kube.resources import Key, group_of
from ..graph.object_index import dicts_of, labels_of, pod_template, selects
from ..graph.webhooks import ADMISSION, service_of
from ..model.member import Member
from .rejections import DENIED, Refusal

Json = dict[str, t.Any]
_KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


class _AdmissionRequest(t.NamedTuple):
    """A request that the API server would ask webhooks about."""

    operation: str
    group: str
    version: str
    plural: str
    scope: str
    labels: Mapping[str, str]
    space: Mapping[str, str] | None
    """Labels of the namespace; ``None`` of what is in none."""


def unanswered(
    client: Client, todo: Iterable[Member], members: Iterable[Member], namespaces: Mapping[str, Mapping[str, str]]
) -> dict[Key, Refusal]:
    """Those of ``todo`` that could not be written, or whose pods could not be made, each with why. Nothing where the user may not look.

    ``members``: all of the application, which may bring such a Service. ``namespaces``: labels of the live ones.
    """
    todo = list(todo)
    if not todo:
        return {}
    items = {member.key: member.item for member in members}
    try:
        webhooks = list(_webhooks(client, items))
    except BootstrapError:
        return {}
    exist: dict[Key, bool] = {}
    found: dict[Key, Refusal] = {}
    for member in todo if webhooks else ():
        space = _space(member.key, items, namespaces)
        template = pod_template(member.item)
        itself = _request(member, space)
        asked = [("{} asks a webhook about it", itself)] if itself.group != ADMISSION else []
        if template:
            pods = _AdmissionRequest("CREATE", "", "v1", "pods", "Namespaced", labels_of(template), space)
            asked.append(("no pod of it could be made: {} asks a webhook about pods", pods))
        for configuration, webhook, service in webhooks:
            why = next((text for text, request in asked if _stops(webhook, request)), None)
            if why is None:
                continue
            if service not in exist:
                exist[service] = _exists(client, service)
            if not exist[service]:
                delete = shlex.join(["kubectl", "delete", configuration.replace(" ", "/")])
                fix = f"If nothing needs that any more: {delete}. Else bring its server back."
                found[member.key] = Refusal(DENIED, f"{why.format(configuration)}, and its {service} does not exist", fix)
    return found


def _request(member: Member, space: Mapping[str, str] | None) -> _AdmissionRequest:
    resource = member.resource
    group, version = group_of(resource.api_version), resource.api_version.rpartition("/")[2]
    operation = "CREATE" if member.action == "create" else "UPDATE"
    scope = "Namespaced" if resource.namespaced else "Cluster"
    return _AdmissionRequest(operation, group, version, resource.plural, scope, labels_of(member.item), space)


def _space(key: Key, items: Mapping[Key, Json], namespaces: Mapping[str, Mapping[str, str]]) -> dict[str, str] | None:
    """Labels of the namespace that an object is in, or is."""
    name = key.name if key[:2] == ("", "Namespace") else key.namespace
    if not name:
        return None
    brought = labels_of(items.get(Key("", "Namespace", "", name)) or {})
    return {**namespaces.get(name, {}), **brought, "kubernetes.io/metadata.name": name}


def _webhooks(client: Client, items: Mapping[Key, Json]) -> t.Iterator[tuple[str, Json, Key]]:
    """Those without whose answer requests are refused, where the application does not bring their Service: the configuration as kubectl
    names it, the webhook, and the Service. Conditions in CEL are not looked into.
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


def _stops(webhook: Json, asked: _AdmissionRequest) -> bool:
    """Whether such a request is refused without the webhook's answer."""
    if not selects(webhook.get("objectSelector"), asked.labels):
        return False
    if asked.space is not None and not selects(webhook.get("namespaceSelector"), asked.space):
        return False
    return any(
        {"*", asked.operation} & set(rule.get("operations") or [])
        and {"*", asked.group} & set(rule.get("apiGroups") or [])
        and {"*", asked.version} & set(rule.get("apiVersions") or [])
        and {"*", "*/*", asked.plural, f"{asked.plural}/*"} & set(rule.get("resources") or [])
        and rule.get("scope", "*") in ("*", asked.scope)
        for rule in dicts_of(webhook.get("rules"))
    )
