# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gateway classes, the network, and whether a Service of type LoadBalancer would get an address."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..data.cni import CNI, CNI_GROUPS
from ..data.load_balancers import CLOUDS, CONTROLLERS, NOT_BY_ITSELF, OPENSHIFT_PLATFORMS, POOLS
from ..formats.json_object import Json
from .queries import Queries
from .workloads import Workloads, names

PATIENCE = timedelta(minutes=10)
"""A Service without an address after this time won't get one."""
_SERVICES = 200
_POOLS = 100
_CLASSES = 50


def gateway_classes(queries: Queries) -> list[Json]:
    """GatewayClasses of the Gateway API: ``name``, ``controller``, and whether the controller ``accepted`` it."""
    classes = [_gateway_class(item) for item in queries.items("gateway.networking.k8s.io", "GatewayClass")]
    return sorted(classes, key=lambda each: str(each["name"]))[:_CLASSES]


def _gateway_class(item: Json) -> Json:
    conditions = item.get("status", {}).get("conditions") or []
    return {
        "name": item["metadata"]["name"],
        "controller": item.get("spec", {}).get("controllerName"),
        "accepted": any(each.get("type") == "Accepted" and each.get("status") == "True" for each in conditions),
    }


@dataclass(frozen=True)
class Addresses:
    """Answers about addresses of Services.

    ``pools``: by controller, the number of pools with addresses for any Service, and of all pools; ``None`` if they can't be read.
    ``with_address``: a Service with an address; ``waiting``: one that has waited for long, both as ``namespace/name``.
    ``platform``: OpenShift's.
    """

    pools: dict[str, tuple[int, int] | None]
    with_address: str | None = None
    waiting: str | None = None
    platform: str | None = None


def addresses(queries: Queries, now: datetime | None = None) -> Addresses:
    """Query Services of type LoadBalancer, the pools of installed controllers, and OpenShift's platform."""
    with_address = waiting = None
    # API servers know the selector since Kubernetes 1.22; it saves reading all other Services.
    for number, service in enumerate(queries.items("", "Service", fieldSelector="spec.type=LoadBalancer")):
        name = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        if service.get("status", {}).get("loadBalancer", {}).get("ingress"):
            with_address = name
            break
        if _waits(service["metadata"], now or datetime.now(tz=UTC)):
            waiting = waiting or name
        if number + 1 == _SERVICES:
            break
    pools = {name: _pools(queries, *kind) for name, kind in POOLS.items() if queries.serves(*kind)}
    platform = None
    path = queries.serves("config.openshift.io", "Infrastructure")
    if path:
        platform = queries.get("Infrastructure cluster", f"{path}/cluster").get("status", {}).get("platform")
    return Addresses(pools, with_address, waiting, platform)


def _waits(metadata: Json, now: datetime) -> bool:
    created = metadata.get("creationTimestamp")
    return created is not None and now - datetime.fromisoformat(created) > PATIENCE


def _pools(queries: Queries, group: str, kind: str) -> tuple[int, int] | None:
    count = giving = 0
    for item in queries.items(group, kind):
        count += 1
        giving += _gives(item.get("spec") or {})
        if count == _POOLS:
            break
    return (giving, count) if queries.knows(kind, group) else None


def _gives(spec: Json) -> bool:
    """Whether any Service can get an address of the pool: it has some, and it is neither reserved nor disabled.

    ``addresses``, ``autoAssign`` and ``serviceAllocation`` are MetalLB's; ``blocks`` (``cidrs`` before Cilium 1.15), ``disabled`` and
    ``serviceSelector`` are Cilium's.
    """
    some = spec.get("addresses") or spec.get("blocks") or spec.get("cidrs")
    restricted = spec.get("autoAssign") is False or spec.get("disabled") or spec.get("serviceSelector") or spec.get("serviceAllocation")
    return bool(some) and not restricted


def load_balancer(workloads: Workloads, services: Addresses, providers: t.Collection[str], distribution: str, complete: bool) -> Json:
    """``{available, offered, how, why}``: whether a Service of type LoadBalancer gets an address, from which controller, and the evidence.

    ``providers``: the schemes of the nodes' provider IDs. ``complete``: whether nodes and Services could be read. ``available`` is
    ``None`` if the evidence allows for both. An existing Service is stronger evidence than a controller; ``offered`` ignores Services,
    and so does not change with them.
    """
    offered, how, why = _mechanism(workloads, services, providers, distribution)
    if offered is False and not how and not (complete and workloads.complete):
        offered, why = None, "Not all that could tell may be read, and nothing of what may does."
    available = offered
    if services.with_address:
        available, why = True, f"Service {services.with_address} has an address{f', from {how}' if how else ''}."
    elif services.waiting:
        # One Service may request an impossible address; without a controller for it, it is proof.
        available = None if offered else False
        why = f"Service {services.waiting} has waited for an address for over 10 minutes. {why}"
    return {"available": available, "offered": offered, "how": how, "why": why}


_Verdict = tuple[t.Optional[bool], t.Optional[str], str]  # noqa: UP045  # evaluated at import


def _mechanism(workloads: Workloads, services: Addresses, providers: t.Collection[str], distribution: str) -> _Verdict:
    """The source of addresses: the first that works, else the first that may work, else the first that is installed but doesn't."""
    verdicts = [
        *_clouds(services, providers),
        *_with_pools(workloads, services),
        *_without_pools(workloads),
        *_of_distribution(distribution),
    ]
    for offered in (True, None, False):
        for verdict in verdicts:
            if verdict[0] is offered:
                return verdict
    ids = f"The nodes' provider IDs ({', '.join(sorted(providers))}) are" if providers else "No node has a provider ID that is"
    return False, None, f"{ids} of {'no' if providers else 'a'} cloud that makes load balancers, and no other controller was found."


def _clouds(services: Addresses, providers: t.Collection[str]) -> list[_Verdict]:
    known = [name for name in sorted(providers) if name in CLOUDS]
    if known:
        return [(True, "cloud", f"The nodes' provider IDs begin with {known[0]}://: {CLOUDS[known[0]]} makes load balancers.")]
    if services.platform in OPENSHIFT_PLATFORMS:
        return [(True, "cloud", f"OpenShift's platform is {services.platform}, which makes load balancers.")]
    return []


def _with_pools(workloads: Workloads, services: Addresses) -> list[_Verdict]:
    verdicts: list[_Verdict] = []
    for name, pools in services.pools.items():
        kind = POOLS[name][1]
        running = workloads.of("load_balancer", name) or workloads.of("cni", name)
        if workloads.complete and not running:
            verdicts.append((False, name, f"{kind} is served, but the controller of {name} was not found."))
        elif pools is None:
            verdicts.append((None, name, f"{name} is installed, but its {kind} objects may not be read."))
        elif pools[0]:
            verdicts.append((True, name, f"{name} has {pools[0]} {kind} with addresses for any Service."))
        elif pools[1]:
            verdicts.append((None, name, f"No {kind} of {name} has addresses for any Service: {pools[1]} are empty, reserved or disabled."))
        else:
            verdicts.append((False, name, f"{name} is installed, but has no {kind}."))
    return verdicts


def _without_pools(workloads: Workloads) -> list[_Verdict]:
    verdicts: list[_Verdict] = []
    for name in CONTROLLERS:
        running = workloads.of("load_balancer", name)
        if not running or name in ("metallb", "kube-vip-cloud-provider"):
            continue
        where = names(running, 1)[0]
        if name == "kube-vip":
            giver = workloads.of("load_balancer", "kube-vip-cloud-provider")
            why = (
                f"{giver[0]} gives Services addresses."
                if giver
                else f"{where} runs, but no kube-vip-cloud-provider, so only chosen addresses."
            )
            verdicts.append((bool(giver) or None, name, why))
        else:
            verdicts.append((True if name == "servicelb" else None, name, f"{where} runs."))
    return verdicts


def _of_distribution(distribution: str) -> list[_Verdict]:
    if distribution == "docker-desktop":
        return [(True, distribution, "Docker Desktop leads Services of type LoadBalancer to localhost.")]
    if distribution == "k3s":
        return [(None, "servicelb", "k3s brings ServiceLB unless it was disabled; no Service uses it yet.")]
    return [(None, distribution, f"{NOT_BY_ITSELF[distribution]}.")] if distribution in NOT_BY_ITSELF else []


def cni(workloads: Workloads, groups: t.Collection[str]) -> Json:
    """``{name, evidence}`` of the network; ``name`` is ``None`` if unknown. ``groups``: the API groups that are served."""
    running = {name: workloads.of("cni", name) for name in CNI if workloads.of("cni", name)}
    if running:
        return {"name": next(iter(running)), "evidence": [names(each, 1)[0] for each in running.values()]}
    served = [group for group in CNI_GROUPS if group in groups] if not workloads.complete else []
    return {"name": CNI_GROUPS[served[0]] if served else None, "evidence": [f"API group {group}" for group in served]}
