# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks of the cluster that are asked about pods, and whose Service does not exist: no pod can be made. Private to the collection.

An old installation leaves them behind. Workloads are accepted all the same, and never become ready.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ..api import ONE_METADATA, ApiError, Client
from ..errors import BootstrapError
from .compare import Member
from .objects import Key
from .refusals import DENIED, Refusal
from .related import dict_of, dicts_of, labels_of, pod_template, selects
from .webhooks import ADMISSION, service_of

Json = dict[str, t.Any]
Dead = tuple[str, Json, Key]
"""The configuration as kubectl names it, one of its webhooks, and the Service."""

_KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


def without_pods(
    client: Client, todo: Iterable[Member], members: Iterable[Member], namespaces: Mapping[str, Mapping[str, str]]
) -> dict[Key, Refusal]:
    """Those of ``todo`` whose pods could not be made, each with why. Nothing where the user may not look.

    ``members``: all of the application, which may bring such a Service. ``namespaces``: labels of the live ones.
    """
    running = [(member, labels_of(template)) for member in todo if (template := pod_template(member.item))]
    if not running:
        return {}
    items = {member.key: member.item for member in members}
    try:
        dead = list(_dead(client, items))
    except BootstrapError:
        return {}
    found: dict[Key, Refusal] = {}
    for member, labels in running:
        name = member.key.namespace
        space = labels_of(items.get(Key("", "Namespace", "", name)) or {})
        space = {**namespaces.get(name, {}), **space, "kubernetes.io/metadata.name": name}
        for configuration, webhook, service in dead:
            if selects(webhook.get("objectSelector"), labels) and selects(webhook.get("namespaceSelector"), space):
                why = f"no pod of it could be made: {configuration} asks a webhook about pods, and its {service} does not exist"
                fix = f"If nothing needs that any more: kubectl delete {configuration.replace(' ', '/')}. Else bring its server back."
                found[member.key] = Refusal(DENIED, why, fix)
    return found


def _dead(client: Client, items: Mapping[Key, Json]) -> t.Iterator[Dead]:
    services: dict[Key, bool] = {}
    for kind in _KINDS:
        for configuration in client.items(f"/apis/{ADMISSION}/v1/{kind}"):
            for webhook in dicts_of(configuration.get("webhooks")):
                service = service_of(webhook.get("clientConfig"))
                if service is None or service in items or not _stops_pods(webhook):
                    continue
                if service not in services:
                    services[service] = _exists(client, service)
                if not services[service]:
                    yield f"{kind[:-1]} {configuration['metadata']['name']}", webhook, service


def _exists(client: Client, service: Key) -> bool:
    try:
        return client.find(f"/api/v1/namespaces/{service.namespace}/services/{service.name}", ONE_METADATA) is not None
    except ApiError:
        return True


def _stops_pods(webhook: Json) -> bool:
    """Whether every new pod is refused without its answer. Conditions in CEL are not looked into."""
    if webhook.get("failurePolicy") == "Ignore" or webhook.get("matchConditions"):
        return False
    return any(
        {"*", "CREATE"} & set(rule.get("operations") or [])
        and {"*", ""} & set(rule.get("apiGroups") or [])
        and {"*", "v1"} & set(rule.get("apiVersions") or [])
        and {"*", "*/*", "pods", "pods/*"} & set(rule.get("resources") or [])
        and rule.get("scope", "*") in ("*", "Namespaced")
        for rule in dicts_of(dict_of(webhook).get("rules"))
    )
