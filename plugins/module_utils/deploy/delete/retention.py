# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is not deleted, because it holds data or is needed by an object that does."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from ...errors import BootstrapError, abbreviated
from ...formats.json_object import Json
from ...kube.client import METADATA, ApiError, Client
from ...kube.discovery import Served
from ...kube.object_shapes import BUILT_IN
from ...kube.resources import CRD, Key, Resource, group_of, key_of
from ..graph.dependencies import Strength
from ..graph.object_index import Related, dict_of, dicts_of, labels_of, pod_template, selects
from ..graph.waves import needs as all_needs
from ..graph.webhooks import service_of
from ..model.deletion_target import DeletionTarget
from ..status.controllers import Controllers, account_of
from .members import descended

_NAMED = 5
_CLAIM = ("", "PersistentVolumeClaim")
_GUARDS = {("networking.k8s.io", "NetworkPolicy"): "podSelector"} | {
    ("security.istio.io", kind): "selector" for kind in ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
}
"""Policies for access to pods, with the field of their spec that selects these; without it, or empty, all of the namespace."""


def needs(related: Related) -> dict[Key, set[Key]]:
    """The objects that each of these can't work without. Not namespaces, which stay as long as they are not empty.

    A CRD whose versions are converted by a webhook needs the server of that. A workload needs the policies that protect its pods.
    """
    graph = {
        key: {other for other, need in dependencies.items() if need.strength >= Strength.REFERENCE and other.kind != "Namespace"}
        for key, dependencies in all_needs(related, {}).items()
    }
    for key, item in related.items.items():
        if key[:2] == CRD and (service := _converter(item)) in graph:
            graph[key] |= {service, *related.servers_of(service)}
        graph[key].update(_guarding(key, item, related))
    return graph


def _converter(definition: Json) -> Key:
    """The Service that the API server calls to convert custom resources."""
    conversion = dict_of(dict_of(definition.get("spec")).get("conversion"))
    service = dict_of(dict_of(dict_of(conversion.get("webhook")).get("clientConfig")).get("service"))
    return Key("", "Service", str(service.get("namespace") or ""), str(service.get("name") or ""))


def with_needs(retained: Mapping[Key, str], graph: Mapping[Key, set[Key]]) -> dict[Key, str]:
    """``retained`` (why, by object), and all that these need."""
    result = dict(retained)
    queue = deque(retained)
    while queue:
        key = queue.popleft()
        for needed in sorted(graph.get(key, ())):
            if needed not in result:
                result[needed] = f"{key} needs it, and stays"
                queue.append(needed)
    return result


def with_servers(
    retained: Mapping[Key, str], related: Related, graph: Mapping[Key, set[Key]], desired: Collection[Key], named: Collection[str]
) -> dict[Key, str]:
    """``retained`` (why, by object), what serves these, and all that both need.

    A PVC is served by the workloads that mount it, a CRD with custom resources by the controllers of these; Services and webhooks
    lead to them. Nothing is added for an object that something ``desired`` serves, nor what is ``named``.
    """
    result = dict(retained)
    queue = deque(retained)
    while queue:
        key = queue.popleft()
        servers = [other for other in graph if key in graph[other] and _serves(key, related.items[other])] if key in retained else []
        if any(server in desired for server in servers):
            servers = []
        for server in [*servers, *_leading_to(key, related)]:
            if server not in result and server not in desired and str(server) not in named:
                result[server] = f"{key} stays, and it serves that; to prune it, name it: kubeflow_prune: ['{server}']"
                queue.append(server)
    return with_needs(result, graph)


def _serves(key: Key, item: Json) -> bool:
    """Whether an object that needs ``key`` serves it."""
    return key[:2] in (_CLAIM, CRD) and _runs_on(item)


def _leading_to(key: Key, related: Related) -> list[Key]:
    """The Services of a workload; the webhook configurations and API services of a Service."""
    item = related.items.get(key)
    if item is None:
        return []
    template = pod_template(item)
    if template:
        return list(related.services_of(key.namespace, labels_of(template)))
    if key[:2] != ("", "Service"):
        return []
    webhooks = [
        (other, dicts_of(referrer.get("webhooks")))
        for other, referrer in related.items.items()
        if other.kind.endswith("WebhookConfiguration")
    ]
    configurations = [other for other, bodies in webhooks if any(service_of(body.get("clientConfig")) == key for body in bodies)]
    apis = [other for other, referrer in related.items.items() if other.kind == "APIService" and service_of(referrer.get("spec")) == key]
    return configurations + apis


def _guarding(key: Key, item: Json, related: Related) -> list[Key]:
    """The policies that select the pods of a workload."""
    template = pod_template(item)
    if template is None:
        return []
    policies = [(other, policy) for other, policy in related.items.items() if other[:2] in _GUARDS and other.namespace == key.namespace]
    return [other for other, policy in policies if selects(dict_of(policy.get("spec")).get(_GUARDS[other[:2]]), labels_of(template))]


def orphaning(
    client: Client, apis: Served, targets: list[DeletionTarget], desired: Iterable[Json], named: Collection[str]
) -> dict[Key, str]:
    """Those of the ``targets`` that are the last controllers of existing custom resources, with the reason.

    Of kinds whose CRD is not among the ``targets``. Nothing if the user may not read roles.
    """
    workloads = {each.key: each for each in targets if _runs_on(each.live) and str(each.key) not in named}
    defined = {(spec["group"], spec["names"]["kind"]) for spec in (each.live["spec"] for each in targets if each.key[:2] == CRD)}
    accounts = {account_of(key_of(item), item) for item in desired if _runs_on(item)}
    deleted_uids = {each.uid for each in targets}
    controllers, orphaning_workloads = Controllers(client), dict[Key, str]()
    kinds = {(group_of(version), kind): version for version, served in apis.items() for kind in served}
    for (group, kind), version in kinds.items() if workloads else ():
        if group in BUILT_IN or (group, kind) in defined:
            continue
        entry = apis[version][kind]
        resource = Resource(version, entry["resource"], entry["namespaced"])
        for space in ("", *sorted({key.namespace for key in workloads} if resource.namespaced else ())):
            try:
                controlling = controllers.of(group, resource.plural, space).keys()
                others = controlling - workloads.keys() or controllers.accounts(group, resource.plural, space) & accounts
            except ApiError:
                return {}
            if controlling and not others and (remaining := _remaining(client, resource, space, deleted_uids)):
                why = f"nothing else controls {kind}.{group} {remaining}; to prune it, name it: kubeflow_prune: "
                orphaning_workloads |= {key: f"{why}['{key}']" for key in controlling}
    return orphaning_workloads


def _runs_on(item: Json) -> bool:
    return pod_template(item) is not None and item["kind"] not in ("Job", "CronJob")


def _remaining(client: Client, resource: Resource, namespace: str, deleted_uids: set[str]) -> str:
    """The names of objects of a kind that stay when these UIDs are deleted."""
    try:
        items = [item["metadata"] for item in client.items(resource.path(namespace), METADATA)]
    except BootstrapError as error:
        return f"of which it can't be seen whether there are any ({error.message})"
    remaining = [each for each in items if str(each.get("uid")) not in deleted_uids | descended(items, deleted_uids)]
    return abbreviated(["/".join(filter(None, (each.get("namespace"), each["name"]))) for each in remaining], _NAMED)


def still_used(resources: list[DeletionTarget], whose: str, fix: str) -> str:
    """Why a CRD stays. ``whose``: ends "custom resources"; ``fix``: how to delete it all the same."""
    names = ", ".join(str(target.key) for target in resources[:_NAMED]) + (" …" if len(resources) > _NAMED else "")
    finalizers = sorted({finalizer for target in resources for finalizer in target.live["metadata"].get("finalizers") or []})
    later = f"; to delete them later, their controller must run, for the finalizer {', '.join(finalizers)}" if finalizers else ""
    count = "a custom resource" if len(resources) == 1 else f"{len(resources)} custom resources"
    return f"it still has {count}{whose} ({names}), which would go with it; {fix}{later}"
