# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Add-ons that are already installed, their versions and who manages them."""

from __future__ import annotations

from itertools import groupby

from ..data.addons import ADDONS, ISTIO_PARTS, KUBEFLOW
from ..formats.json_object import Json
from .queries import Queries
from .workloads import Workload, Workloads


def addons(queries: Queries, workloads: Workloads) -> list[Json]:
    """The list ``facts.cluster.addons``, by name: one entry for each add-on and namespace where it runs.

    If only its API is served, an add-on has no namespace, version or readiness: its controller runs outside of the cluster, was removed,
    or may not be read. Sends no request: discovery and ``workloads`` have all that is needed.
    """
    entries: list[Json] = []
    for name, addon in sorted(ADDONS.items()):
        served = [f"{kind}.{group}" for group, kind in addon.apis if queries.serves(group, kind)]
        running = _kubeflow(workloads) if name == "kubeflow" else _running(name, workloads)
        for entry in running or ([_entry(name, None)] if served else []):
            entries.append({**entry, "details": {**entry["details"], **_details(name, workloads), "apis": served}})
    return entries


def _running(name: str, workloads: Workloads) -> list[Json]:
    return [_entry(name, each) for each in _by_namespace(workloads.of("addon", name))]


def _by_namespace(workloads: list[Workload]) -> list[list[Workload]]:
    ordered = sorted(workloads, key=lambda each: each.namespace)
    return [list(group) for _namespace, group in groupby(ordered, lambda each: each.namespace)]


def _entry(name: str, workloads: list[Workload] | None) -> Json:
    """The first workload counts for all: it has the surest sign."""
    main = workloads[0] if workloads else None
    details: Json = {"workload": str(main), "sign": main.sign} if main else {}
    if main and name == "argo-workflows":
        details["serves"] = _served_namespace(main)
    return {
        "name": name,
        "version": main.version if main else None,
        "namespace": main.namespace if main else None,
        "managed_by": main.managed_by if main else None,
        "ready": all(each.ready for each in workloads) if workloads else None,
        "details": details,
    }


def _served_namespace(controller: Workload) -> str:
    """The namespace whose workflows a controller of Argo runs; ``*`` for all.

    Source: the flags ``--namespaced`` and ``--managed-namespace`` of argoproj/argo-workflows cmd/workflow-controller/main.go.
    """
    arguments = [part for argument in controller.arguments for part in argument.split("=", 1)]
    if "--namespaced" not in arguments or "--namespaced=false" in controller.arguments:
        return "*"
    managed = dict(zip(arguments, arguments[1:], strict=False)).get("--managed-namespace")
    return managed or controller.namespace


def _details(name: str, workloads: Workloads) -> Json:
    if name != "istio":
        return {}
    revisions = {each.labels.get("istio.io/rev", "default"): each.version for each in workloads.of("addon", name)}
    return {"revisions": revisions, **{part: bool(workloads.of("istio", part)) for part in ISTIO_PARTS}}


def _kubeflow(workloads: Workloads) -> list[Json]:
    """One entry for each namespace, with the version of the dashboard, which is the platform's; entries with a version come first."""
    parts = [(part, each) for part in KUBEFLOW for each in workloads.of("kubeflow", part)]
    parts.sort(key=lambda pair: pair[1].namespace)
    entries = []
    for namespace, group in groupby(parts, lambda pair: pair[1].namespace):
        here = dict(reversed(list(group)))
        main = here.get("dashboard") or next(iter(here.values()))
        entry = _entry("kubeflow", [main])
        entry.update(namespace=namespace, ready=all(each.ready for each in here.values()))
        entry["version"] = main.version if "dashboard" in here else None
        entry["details"]["components"] = {part: each.version for part, each in sorted(here.items())}
        entries.append(entry)
    return sorted(entries, key=lambda entry: (entry["version"] is None, entry["namespace"]))
