# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what is planned fits into the quotas and limit ranges of its namespace.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ and https://kubernetes.io/docs/concepts/policy/limit-range/.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..deploy.graph.object_index import dict_of, dicts_of, pod_template
from ..errors import abbreviated
from ..formats.json_object import Json
from ..kube.quantity import parse
from .planned_objects import PlannedObject

Amounts = dict[str, float]

IDS = ("limit-range-too-tight", "quota-too-small", "quota-used-up")
_OURS = "kubeflow"
_CLASS = ".storageclass.storage.k8s.io/"
_TIMES = 4
"""Limits of a notebook server as a multiple of its requests."""
_LEGACY = ("configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services")
"""Kinds of the core group that quotas also count without ``count/``."""


@dataclass(frozen=True)
class _Pod:
    name: str
    spec: Json
    count: int = 1


@dataclass(frozen=True)
class _Claim:
    name: str
    size: str
    storage_class: str | None


def blockers(items: Iterable[PlannedObject], parameters: Mapping[str, Mapping[str, Json]], cluster: Json) -> list[Json]:
    """The blockers for the objects in the namespace of the facts, with one notebook server if users can start servers."""
    namespace = cluster.get("namespace") or {}
    here = [item for item in items if item.key.namespace == namespace.get("name")]
    ranges = [(each["name"], limit) for each in cluster.get("limit_ranges") or [] for limit in each["limits"]]
    pods = [*_pods(here), *_servers(parameters)]
    claims = [*_claims(here), *_claims_of_servers(parameters)]
    default = (cluster.get("storage") or {}).get("default")
    result = _ranges(ranges, pods, claims, namespace.get("name"))
    ours = (namespace.get("labels") or {}).get("app.kubernetes.io/part-of") == _OURS
    for quota in cluster.get("quotas") or []:
        taken = [pod for pod in pods if _counts(quota, pod.spec)]
        needs = _needs(taken, ranges)
        if not quota.get("scopes"):
            needs = {**needs, **_objects(here, pods), **_storage(claims, default)}
        result += _quota(quota, needs, namespace.get("name"), ours)
    return result


def room(items: Iterable[PlannedObject], nodes: Json) -> list[Json]:
    """The warning if the pods of a new application request more than the nodes have free, if that is known."""
    needs, free = _needs(_pods(items), []), nodes.get("free") or {}
    short = [name for name in ("cpu", "memory") if name in free and needs.get(f"requests.{name}", 0.0) > free[name]]
    if not short:
        return []
    requested = " and ".join(f"{_shown(name, needs.get(f'requests.{name}', 0.0))} of {name}" for name in ("cpu", "memory"))
    available = " and ".join(f"{_shown(name, free[name])} of {name}" for name in ("cpu", "memory") if name in free)
    reason = f"The pods of what is chosen ask for {requested}; free on the nodes are {available}."
    fix = "Choose fewer components (kubeflow_platform: {components: [...]}), or add nodes."
    return [{"id": "platform-little-room", "reason": reason, "fix": fix, "command": "kubectl describe nodes"}]


# --- what is planned


def _pods(items: Iterable[PlannedObject]) -> Iterator[_Pod]:
    for item in items:
        template = pod_template(item.object)
        spec = dict_of(item.object.get("spec"))
        count = spec.get("replicas", spec.get("parallelism", 1))
        if template and isinstance(count, int) and count > 0 and item.key.kind != "DaemonSet":
            yield _Pod(f"{item.key.kind} {item.key.name}", dict_of(template.get("spec")), count)


def _servers(parameters: Mapping[str, Mapping[str, Json]]) -> Iterator[_Pod]:
    for values in parameters.values():
        requests = {
            name: values[key]["value"]
            for name, key in (("cpu", "jupyterNotebookCpu"), ("memory", "jupyterNotebookMemory"))
            if key in values
        }
        if requests:
            limits = {name: str(parse(value) * _TIMES) for name, value in requests.items()}
            yield _Pod("a notebook server", {"containers": [{"name": "notebook", "resources": {"requests": requests, "limits": limits}}]})


def _claims(items: Iterable[PlannedObject]) -> Iterator[_Claim]:
    for item in items:
        if item.key.kind == "PersistentVolumeClaim":
            yield _claim(item.key.name, item.object)
        for template in dicts_of(dict_of(item.object.get("spec")).get("volumeClaimTemplates")):
            yield _claim(f"{dict_of(template.get('metadata')).get('name')} of {item.key.name}", template)


def _claim(name: str, claim: Json) -> _Claim:
    spec = dict_of(claim.get("spec"))
    size = dict_of(dict_of(spec.get("resources")).get("requests")).get("storage", "0")
    return _Claim(name, str(size), spec.get("storageClassName"))


def _claims_of_servers(parameters: Mapping[str, Mapping[str, Json]]) -> Iterator[_Claim]:
    for values in parameters.values():
        chosen = {
            key: values[key]["value"] for key in ("jupyterNotebookPVCMount", "jupyterNotebookPVCSize", "storageClass") if key in values
        }
        if chosen.get("jupyterNotebookPVCMount", "null") != "null" and "jupyterNotebookPVCSize" in chosen:
            name = chosen.get("storageClass", "null")
            yield _Claim("of a notebook server", str(chosen["jupyterNotebookPVCSize"]), None if name == "null" else name)


# --- resources


def _resources(container: Json, kind: str, ranges: Iterable[tuple[str, Json]]) -> Amounts:
    """The ``requests`` or ``limits`` of a container, with the defaults of limit ranges."""
    own = dict_of(container.get("resources"))
    amounts: Json = {}
    for _name, limit in ranges:
        if limit.get("type") == "Container":
            amounts |= limit.get("defaultRequest" if kind == "requests" else "default") or {}
    if kind == "requests":
        amounts |= dict_of(own.get("limits"))
    return {name: parse(value) for name, value in (amounts | dict_of(own.get(kind))).items()}


def _of_pod(spec: Json, kind: str, ranges: Iterable[tuple[str, Json]]) -> Amounts:
    """The sum over the containers that run together, or the amount of an init container that needs more."""
    init = dicts_of(spec.get("initContainers"))
    beside = [each for each in init if each.get("restartPolicy") == "Always"]
    total: Counter[str] = Counter()
    for container in [*dicts_of(spec.get("containers")), *beside]:
        total.update(_resources(container, kind, ranges))
    for container in init:
        for name, amount in _resources(container, kind, ranges).items():
            total[name] = max(total[name], amount)  # type: ignore[assignment]
    return dict(total)


# --- limit ranges


def _ranges(ranges: list[tuple[str, Json]], pods: list[_Pod], claims: list[_Claim], namespace: str | None) -> list[Json]:
    violations: list[str] = []
    for name, limit in ranges:
        kind = limit.get("type")
        for pod in pods if kind in ("Container", "Pod") else ():
            if kind == "Pod":
                violations += [
                    f"{name}: {pod.name}: {why}" for why in _outside(limit, *(_of_pod(pod.spec, what, ranges) for what in _BOTH))
                ]
                continue
            for container in [*dicts_of(pod.spec.get("containers")), *dicts_of(pod.spec.get("initContainers"))]:
                both = (_resources(container, what, ranges) for what in _BOTH)
                violations += [f"{name}: {pod.name}, container {container.get('name')}: {why}" for why in _outside(limit, *both)]
        for claim in claims if kind == "PersistentVolumeClaim" else ():
            requests = {"storage": parse(claim.size)}
            violations += [f"{name}: the PersistentVolumeClaim {claim.name}: {why}" for why in _outside(limit, requests, requests)]
    if not violations:
        return []
    reason = f"The limit ranges of the namespace {namespace} refuse what is planned. {abbreviated(violations, 4)}."
    return [
        _item(
            "limit-range-too-tight",
            reason,
            "Ask who made them for wider bounds",
            f"kubectl describe limitrange --namespace={shlex.quote(namespace or '')}",
        )
    ]


_BOTH = ("requests", "limits")


def _outside(limit: Json, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, least in (limit.get("min") or {}).items():
        requested = requests.get(name, 0.0)
        if requested < parse(least):
            yield f"{_shown(name, requested)} of {name}, at least {least}"
    for name, most in (limit.get("max") or {}).items():
        bound = limits.get(name, requests.get(name))
        if bound is None or bound > parse(most):
            yield f"{'no limit' if bound is None else _shown(name, bound)} of {name}, at most {most}"
    for name, most in (limit.get("maxLimitRequestRatio") or {}).items():
        if requests.get(name) and limits.get(name, 0.0) / requests[name] > parse(most) * 1.0001:
            yield f"its limit of {name} is {limits[name] / requests[name]:g} times its request, at most {most}"


# --- quotas


def _counts(quota: Json, spec: Json) -> bool:
    """Whether a quota counts a pod: all its scopes match. Our pods have requests, and no priority class."""
    ends = spec.get("activeDeadlineSeconds") is not None
    fits = {"Terminating": ends, "NotTerminating": not ends, "BestEffort": False, "NotBestEffort": True, "CrossNamespacePodAffinity": False}
    operators = {each.get("scopeName"): each.get("operator") for each in quota.get("selectors") or []}
    for scope in quota.get("scopes") or []:
        fit = operators.get(scope, "In") in ("NotIn", "DoesNotExist") if scope == "PriorityClass" else fits.get(scope, False)
        if not fit:
            return False
    return True


def _needs(pods: Iterable[_Pod], ranges: list[tuple[str, Json]]) -> Amounts:
    total: Counter[str] = Counter()
    for pod in pods:
        total["pods"] += pod.count
        for kind in _BOTH:
            for name, amount in _of_pod(pod.spec, kind, ranges).items():
                total[f"{kind}.{name}"] += amount * pod.count  # type: ignore[assignment]
    needs = dict(total)
    short = {name: needs[f"requests.{name}"] for name in ("cpu", "memory", "ephemeral-storage") if f"requests.{name}" in needs}
    return {**needs, "count/pods": needs.get("pods", 0), **short}


def _objects(items: Iterable[PlannedObject], pods: Iterable[_Pod]) -> Amounts:
    """Objects by resource, as quotas count them. A Deployment has a ReplicaSet, and a deployment of ours a ConfigMap for its record."""
    total: Counter[str] = Counter(configmaps=1, **{"count/configmaps": 1})
    for item in items:
        if not item.resource:
            continue
        group = item.resource.api_version.rpartition("/")[0]
        total[f"count/{item.resource.plural}{'.' if group else ''}{group}"] += 1
        if not group and item.resource.plural in _LEGACY:
            total[item.resource.plural] += 1
        if item.key.kind == "Deployment":
            total["count/replicasets.apps"] += 1
        kind = dict_of(item.object.get("spec")).get("type") if item.key.kind == "Service" else None
        total["services.loadbalancers"] += kind == "LoadBalancer"
        total["services.nodeports"] += kind in ("LoadBalancer", "NodePort")
    return dict(total)


def _storage(claims: Iterable[_Claim], default: str | None) -> Amounts:
    total: Counter[str] = Counter()
    for claim in claims:
        name = claim.storage_class or default
        for prefix in ("", f"{name}{_CLASS}") if name else ("",):
            total[f"{prefix}requests.storage"] += parse(claim.size)  # type: ignore[assignment]
            total[f"{prefix}persistentvolumeclaims"] += 1
    return {**total, "count/persistentvolumeclaims": total["persistentvolumeclaims"]}


def _quota(quota: Json, needs: Amounts, namespace: str | None, ours: bool) -> Iterator[Json]:
    hard = {name: parse(value) for name, value in (quota.get("hard") or {}).items()}
    used = {name: parse(value) for name, value in (quota.get("used") or {}).items()}
    requested = {name: needs[name] for name in hard if needs.get(name)}
    small = [
        f"{name}: {quota['hard'][name]}, needed are {_shown(name, requested[name])}"
        for name in requested
        if requested[name] > hard[name] * 1.0001
    ]
    full = [
        f"{name}: {quota['hard'][name]}, of which {quota['used'][name]} are used and {_shown(name, requested[name])} needed"
        for name in requested
        if not ours and name in used and hard[name] >= requested[name] > hard[name] * 1.0001 - used[name]
    ]
    command = f"kubectl describe quota --namespace={shlex.quote(namespace or '')}"
    fix = "Ask who gave the quota for more"
    if small:
        reason = f"The quota {quota['name']} of the namespace {namespace} allows less than what is planned needs. {abbreviated(small, 5)}."
        yield _item("quota-too-small", reason, fix, command)
    if full:
        reason = f"Others have used up the quota {quota['name']} of the namespace {namespace}. {abbreviated(full, 5)}."
        yield _item("quota-used-up", reason, fix, command)


def _item(name: str, reason: str, fix: str, command: str) -> Json:
    more = "choose another namespace (kubeflow_namespace), or other sizes and numbers of replicas (kubeflow_parameters)."
    return {"id": name, "reason": reason, "fix": f"{fix}, {more}", "command": command}


def _shown(name: str, amount: float) -> str:
    if "memory" in name or "storage" in name:
        unit, size = next(((unit, size) for unit, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)) if amount >= size), ("", 1))
        return f"{round(amount / size, 2):g}{unit}"
    return f"{round(amount, 3):g}"
