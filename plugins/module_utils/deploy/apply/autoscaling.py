# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Workloads whose number of replicas an autoscaler of the application sets.

``spec.replicas`` is only their initial number: afterwards the autoscaler owns it (https://kubernetes.io/docs/reference/using-api/
server-side-apply/#transferring-ownership).
"""

from __future__ import annotations

from collections.abc import Iterable

from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from ...kube.resources import Key, Resources, group_of, key_of
from ..model.applyset import Inventory

AUTOSCALERS: dict[tuple[str, str], tuple[str, str]] = {
    ("autoscaling", "HorizontalPodAutoscaler"): ("", ""),
    ("keda.sh", "ScaledObject"): ("apps", "Deployment"),
}
"""Kinds that scale what ``spec.scaleTargetRef`` names, to the default of its group and kind.

Kubernetes API, autoscaling/v1 and v2; kedacore/keda, "Scaling Deployments, StatefulSets & Custom Resources". A VerticalPodAutoscaler
does not change the number.
"""


def autoscaled(items: Iterable[Json]) -> set[Key]:
    """The objects that an autoscaler among ``items`` scales."""
    targets = set()
    for item in items:
        key = key_of(item)
        spec = item.get("spec")
        target = spec.get("scaleTargetRef") if key[:2] in AUTOSCALERS and isinstance(spec, dict) else None
        if isinstance(target, dict):
            group, kind = AUTOSCALERS[key[:2]]
            version = target.get("apiVersion")
            targets.add(
                Key(group_of(str(version)) if version else group, str(target.get("kind") or kind), key.namespace, str(target.get("name")))
            )
    return targets


def leaving(client: Client, inventory: Inventory, resources: Resources, desired: set[Key]) -> list[Json]:
    """The recorded autoscalers that are no longer desired, as far as they exist and may be read."""

    def live(key: Key) -> Json | None:
        resource = resources.of_kind(*key[:2])
        try:
            return client.find(resource.path(key.namespace, key.name)) if resource else None
        except ApiError as error:
            if error.code != 403:
                raise
            return None

    keys = [key for key in inventory.members if key[:2] in AUTOSCALERS and key not in desired]
    return [item for item in client.map(live, keys) if item]


def parted(item: Json) -> tuple[Json, Json]:
    """An autoscaled object without the number of replicas, and the part of its spec that counts only when it is created."""
    spec = item.get("spec")
    if not isinstance(spec, dict) or "replicas" not in spec:
        return item, {}
    return {**item, "spec": {name: value for name, value in spec.items() if name != "replicas"}}, {"replicas": spec["replicas"]}
