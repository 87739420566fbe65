# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kinds that the API server does not serve now, although it may have objects of them.

Such objects are not absent: they are never pruned, and stay recorded until they can be seen again.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import METADATA, Client
from ...kube.discovery import Served
from ...kube.resources import Resources, group_of
from .readiness import conditions, one_line

Kind = tuple[str, str]
"""API group and kind."""

_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def unavailable(client: Client, api_version: str) -> str:
    """Why an API version is stale in discovery, from its APIService."""
    group, _slash, version = api_version.rpartition("/")
    name = f"{version}.{group}"
    try:
        live = client.find(f"{_API_SERVICES}/{name}") or {}
    except BootstrapError:
        live = {}
    condition = conditions(live).get("Available") or {}
    why = one_line(condition.get("reason"), condition.get("message")) if condition.get("status") != "True" else ""
    return f"the API service {name} is not available{f' ({why})' if why else ''}"


def unserved(client: Client, apis: Served, down: Iterable[str], kinds: Iterable[Kind]) -> dict[Kind, str]:
    """The kinds that are not served but may have objects, each with the reason.

    ``down``: the API versions that are stale in discovery.
    """
    resources, stale = Resources(apis), {group_of(version): version for version in down}
    missing = [kind for kind in sorted(set(kinds)) if kind[0] and resources.of_kind(*kind) is None]
    reasons = {kind: unavailable(client, stale[kind[0]]) for kind in missing if kind[0] in stale}
    return reasons | declared(client, [kind for kind in missing if kind[0] not in stale])


def declared(client: Client, kinds: Iterable[Kind]) -> dict[Kind, str]:
    """Those of the kinds, which are not served, that a CustomResourceDefinition or APIService still declares.

    The others have no objects, as a CustomResourceDefinition is deleted with all its custom resources.
    """
    todo = sorted(set(kinds))
    if not todo:
        return {}
    reasons: dict[Kind, str] = {}
    try:
        specs = [item.get("spec") or {} for item in client.items(_API_SERVICES)]
        aggregated = {str(spec.get("group")): f"{spec.get('group')}/{spec.get('version')}" for spec in specs if spec.get("service")}
        names = [str(item["metadata"]["name"]) for item in client.items(_DEFINITIONS, METADATA)]
        for group, kind in todo:
            if group in aggregated:
                reasons[group, kind] = unavailable(client, aggregated[group])
            for name in names:
                if group and name.endswith(f".{group}") and _kind(client.find(f"{_DEFINITIONS}/{name}")) == kind:
                    reasons[group, kind] = f"its CustomResourceDefinition {name} exists, but is not served"
    except BootstrapError as error:
        why = f"it is not served, and whether its kind still exists can't be seen: {error.message}"
        return {kind: reasons.get(kind, why) for kind in todo}
    return reasons


def _kind(definition: Json | None) -> object:
    return (((definition or {}).get("spec") or {}).get("names") or {}).get("kind")
