# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is not deleted, because it holds data or because such a thing needs it."""

from __future__ import annotations

import typing as t
from collections import deque
from collections.abc import Collection, Iterable, Mapping

from ...errors import BootstrapError, some
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

Json = dict[str, t.Any]

_NAMED = 5
_CLAIM = ("", "PersistentVolumeClaim")
_GUARDS = {("networking.k8s.io", "NetworkPolicy"): "podSelector"} | {
    ("security.istio.io", kind): "selector" for kind in ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
}
"""What rules who reaches pods, to the field of its spec that selects these; without it, or empty, it is for all of its namespace."""


def needs(related: Related) -> dict[Key, set[Key]]:
    """What each of these objects can't work without, of them; namespaces aside, which stay as long as there is something in them.

    A CRD whose versions are converted by a webhook can't be read without its server. A workload is not left without the policies
    that guard its pods.
    """
    graph = {
        key: {other for other, need in found.items() if need.strength >= Strength.REFERENCE and other.kind != "Namespace"}
        for key, found in all_needs(related, {}).items()
    }
    for key, item in related.items.items():
        if key[:2] == CRD and (service := _converter(item)) in graph:
            graph[key] |= {service, *related.servers_of(service)}
        graph[key].update(_guarding(key, item, related))
    return graph


def _converter(definition: Json) -> Key:
    """The Service that the API server asks to convert custom resources."""
    conversion = dict_of(dict_of(definition.get("spec")).get("conversion"))
    service = dict_of(dict_of(dict_of(conversion.get("webhook")).get("clientConfig")).get("service"))
    return Key("", "Service", str(service.get("namespace") or ""), str(service.get("name") or ""))


def with_needs(kept: Mapping[Key, str], graph: Mapping[Key, set[Key]]) -> dict[Key, str]:
    """``kept`` (why, by object), and all that these need, with why."""
    found = dict(kept)
    queue = deque(kept)
    while queue:
        key = queue.popleft()
        for needed in sorted(graph.get(key, ())):
            if needed not in found:
                found[needed] = f"{key} needs it, and stays"
                queue.append(needed)
    return found


def with_servers(
    kept: Mapping[Key, str], related: Related, graph: Mapping[Key, set[Key]], wanted: Collection[Key], named: Collection[str]
) -> dict[Key, str]:
    """``kept`` (why, by object), what serves these, and all that both need.

    A PVC is served by the workloads that mount it, a CRD with custom resources by those that see to these; they are reached
    through Services and webhooks. Nothing is added where something ``wanted`` serves it, nor what is ``named``.
    """
    found = dict(kept)
    queue = deque(kept)
    while queue:
        key = queue.popleft()
        servers = [other for other in graph if key in graph[other] and _serves(key, related.items[other])] if key in kept else []
        if any(server in wanted for server in servers):
            servers = []
        for server in [*servers, *_leading_to(key, related)]:
            if server not in found and server not in wanted and str(server) not in named:
                found[server] = f"{key} stays, and it serves that; to prune it, name it: kubeflow_prune: ['{server}']"
                queue.append(server)
    return with_needs(found, graph)


def _serves(key: Key, item: Json) -> bool:
    """Whether an object that needs ``key`` is what makes it of use."""
    return key[:2] in (_CLAIM, CRD) and _runs_on(item)


def _leading_to(key: Key, related: Related) -> list[Key]:
    """The Services of a workload, and the webhooks and API services that the API server asks there."""
    item = related.items.get(key)
    if item is None:
        return []
    template = pod_template(item)
    if template:
        return list(related.services_of(key.namespace, labels_of(template)))
    if key[:2] != ("", "Service"):
        return []
    asked = [
        (other, dicts_of(found.get("webhooks"))) for other, found in related.items.items() if other.kind.endswith("WebhookConfiguration")
    ]
    hooks = [other for other, bodies in asked if any(service_of(body.get("clientConfig")) == key for body in bodies)]
    apis = [other for other, found in related.items.items() if other.kind == "APIService" and service_of(found.get("spec")) == key]
    return hooks + apis


def _guarding(key: Key, item: Json, related: Related) -> list[Key]:
    """The policies that select the pods of a workload."""
    template = pod_template(item)
    if template is None:
        return []
    policies = [(other, policy) for other, policy in related.items.items() if other[:2] in _GUARDS and other.namespace == key.namespace]
    return [other for other, policy in policies if selects(dict_of(policy.get("spec")).get(_GUARDS[other[:2]]), labels_of(template))]


def orphaning(
    client: Client, apis: Served, targets: list[DeletionTarget], wanted: Iterable[Json], named: Collection[str]
) -> dict[Key, str]:
    """Those of the ``targets`` without which nothing in the cluster sees to custom resources any more, with why.

    Of kinds whose CRD is not among the ``targets``: others brought it, or it stays in the application. Nothing where the user may
    not read roles.
    """
    workloads = {each.key: each for each in targets if _runs_on(each.live) and str(each.key) not in named}
    defined = {(spec["group"], spec["names"]["kind"]) for spec in (each.live["spec"] for each in targets if each.key[:2] == CRD)}
    accounts = {account_of(key_of(item), item) for item in wanted if _runs_on(item)}
    gone = {each.uid for each in targets}
    controllers, found = Controllers(client), dict[Key, str]()
    kinds = {(group_of(version), kind): version for version, served in apis.items() for kind in served}
    for (group, kind), version in kinds.items() if workloads else ():
        if group in BUILT_IN or (group, kind) in defined:
            continue
        entry = apis[version][kind]
        resource = Resource(version, entry["resource"], entry["namespaced"])
        for space in ("", *sorted({key.namespace for key in workloads} if resource.namespaced else ())):
            try:
                seeing = controllers.of(group, resource.plural, space).keys()
                others = seeing - workloads.keys() or controllers.accounts(group, resource.plural, space) & accounts
            except ApiError:
                return {}
            if seeing and not others and (left := _left(client, resource, space, gone)):
                why = f"nothing else sees to {kind}.{group} {left}; to prune it, name it: kubeflow_prune: "
                found |= {key: f"{why}['{key}']" for key in seeing}
    return found


def _runs_on(item: Json) -> bool:
    return pod_template(item) is not None and item["kind"] not in ("Job", "CronJob")


def _left(client: Client, resource: Resource, namespace: str, gone: set[str]) -> str:
    """The objects of a kind that stay when what has these UIDs is gone, in words."""
    try:
        items = [item["metadata"] for item in client.items(resource.path(namespace), METADATA)]
    except BootstrapError as error:
        return f"of which it can't be seen whether there are any ({error.message})"
    stay = [each for each in items if str(each.get("uid")) not in gone | descended(items, gone)]
    return some(["/".join(filter(None, (each.get("namespace"), each["name"]))) for each in stay], _NAMED)


def still_used(those: list[DeletionTarget], whose: str, told: str) -> str:
    """Why a CRD stays. ``whose``: ends "custom resources"; ``told``: what makes it go all the same."""
    names = ", ".join(str(target.key) for target in those[:_NAMED]) + (" …" if len(those) > _NAMED else "")
    held = sorted({finalizer for target in those for finalizer in target.live["metadata"].get("finalizers") or []})
    later = f"; to delete them later, their controller must be there, for the finalizer {', '.join(held)}" if held else ""
    count = "a custom resource" if len(those) == 1 else f"{len(those)} custom resources"
    return f"it still has {count}{whose} ({names}), which would go with it; {told}{later}"
