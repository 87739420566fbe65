# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take an application's objects out of the cluster again, and nothing else. Private to the collection."""

from __future__ import annotations

import time
import typing as t

from ..api import METADATA, ApiError, Client
from ..discovery import Served, served
from ..errors import BootstrapError
from .inventory import PART_OF, Inventory
from .objects import MANAGER, Key, Resource, Resources, group_of
from .present import Options, Outcome

Json = dict[str, t.Any]

_DATA = "PersistentVolumeClaim"
_DEFINITION = "CustomResourceDefinition"
_PAUSE = 0.2
_PATIENCE = 2.0
"""Seconds until the API server is reminded of a definition, and between reminders."""
# What Kubernetes and OpenShift put into every namespace by themselves.
_FURNITURE = {
    ("ServiceAccount", "default"),
    ("ServiceAccount", "builder"),
    ("ServiceAccount", "deployer"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
}
_PASSING = {"Event", "Endpoints", "EndpointSlice", "PodMetrics", "Lease", "ControllerRevision"}

Found = tuple[Key, Resource]


def absent(client: Client, application: str, namespace: str, options: Options, remove_data: bool = False) -> Outcome:
    """Delete all members of the application's ApplySet, in the reverse of the order in which they are needed.

    Claims stay unless ``remove_data``. The namespace goes last, if it is ours and nothing is left in it. A second call finds nothing.
    """
    start = time.monotonic()
    outcome = Outcome()
    inventory = Inventory(application, namespace).read(client)
    if not inventory.exists:
        return outcome
    apis = served(client)
    members = _members(client, inventory, Resources(apis))
    kept = [] if remove_data else [pair for pair in members if pair[0].kind == _DATA]
    spaces = [pair for pair in members if pair[0].kind == "Namespace"]
    for stage in _stages([pair for pair in members if pair not in kept and pair not in spaces]):
        _delete(client, stage, options, outcome)
    for key, _resource in kept:
        outcome.add(key, None, "kept", why="it holds data; kubeflow_remove_data=true deletes it")
    going = {key for key, _resource in members if options.check} - {key for key, _resource in kept}
    empty = []
    for space in spaces:
        left = _left(client, apis, space[0].name, inventory, going)
        if left:
            kept.append(space)
            outcome.add(space[0], None, "kept", why=f"it still has {', '.join(left[:5])}{' …' if len(left) > 5 else ''}")
        else:
            empty.append(space)
    if empty:
        _delete(client, empty, options, outcome)
    if not options.check:
        _forget(client, inventory, [key for key, _resource in kept])
    outcome.seconds = round(time.monotonic() - start, 1)
    return outcome


def _members(client: Client, inventory: Inventory, resources: Resources) -> list[Found]:
    """All objects that carry our label, found as the KEP says: by the parent's group kinds and namespaces."""
    kinds = [
        (kind, group, resources.of_kind(group, kind))
        for kind, _dot, group in (name.partition(".") for name in sorted(inventory.group_kinds))
    ]
    places = [
        (kind, group, resource, namespace)
        for kind, group, resource in kinds
        if resource
        for namespace in (sorted(inventory.namespaces) if resource.namespaced else [""])
    ]
    selector = f"{PART_OF}={inventory.id}"
    lists: list[list[Json]] = client.map(
        lambda place: list(client.items(place[2].path(place[3]), METADATA, labelSelector=selector)), places
    )
    return [
        (Key(group, kind, namespace, item["metadata"]["name"]), resource)
        for (kind, group, resource, namespace), items in zip(places, lists, strict=True)
        for item in items
    ]


def _stages(members: list[Found]) -> list[list[Found]]:
    """Custom resources while their controllers live, then what calls into them, then the rest, definitions at the end."""
    webhooks = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"}

    def stage(key: Key) -> int:
        if key.kind == _DEFINITION:
            return 3
        if key.kind in webhooks:
            return 1
        return 2 if _built_in(key.group) else 0

    return [found for number in range(4) if (found := [pair for pair in members if stage(pair[0]) == number])]


def _built_in(group: str) -> bool:
    return "." not in group or group.endswith(".k8s.io")


def _delete(client: Client, found: list[Found], options: Options, outcome: Outcome) -> None:
    """Delete side by side, and wait until they are gone: with foreground deletion so are their pods."""

    def attempt(pair: Found) -> None:
        try:
            client.delete(pair[1].path(pair[0].namespace, pair[0].name), {"propagationPolicy": _propagation(pair[0])})
        except ApiError as error:
            if error.code != 404:
                raise

    if not options.check:
        options.progress(f"deleting {len(found)} objects: {', '.join(sorted({key.kind for key, _resource in found}))}")
        client.map(attempt, found)
        _gone(client, found, options)
    for key, _resource in found:
        outcome.add(key, None, "removed")
    outcome.changed |= bool(found)


def _propagation(key: Key) -> str:
    """Foreground, so that pods are gone with their owner; not for custom resources, whose kind the garbage collector may not know yet."""
    return "Foreground" if _built_in(key.group) else "Background"


def _gone(client: Client, found: list[Found], options: Options) -> None:
    reminded = time.monotonic()
    deadline = reminded + (options.timeout or 60.0)
    left = found
    while True:
        states: list[list[str] | None] = client.map(lambda pair: _finalizers(client, pair), left)
        there = {pair: finalizers for pair, finalizers in zip(left, states, strict=True) if finalizers is not None}
        if not there:
            return
        if time.monotonic() > deadline:
            stuck = "; ".join(f"{key} (finalizers: {', '.join(finalizers) or 'none'})" for (key, _resource), finalizers in there.items())
            raise BootstrapError(f"Still being deleted: {stuck}.", fix="Their controllers must remove the finalizers. Run again to go on.")
        left = list(there)
        if time.monotonic() - reminded > _PATIENCE:
            client.map(lambda pair: _remind(client, pair), [pair for pair in left if pair[0].kind == _DEFINITION])
            reminded = time.monotonic()
        time.sleep(_PAUSE)


def _remind(client: Client, pair: Found) -> None:
    """Write to a definition that is being deleted, so that the API server tries again.

    Where the storage of its kind was still starting, it fails to look for custom resources, and then forgets about it for minutes
    (seen with Kubernetes 1.35: condition Terminating, InstanceDeletionFailed, "storage is (re)initializing").
    """
    body = {"metadata": {"annotations": {f"{MANAGER}/reminded": f"{time.time():.3f}"}}}
    try:
        client.request("PATCH", pair[1].path("", pair[0].name), body=body, content_type="application/merge-patch+json")
    except ApiError as error:
        if error.code not in (404, 409):
            raise


def _finalizers(client: Client, pair: Found) -> list[str] | None:
    """What an object waits for; ``None`` once it is gone."""
    try:
        metadata = client.get(pair[1].path(pair[0].namespace, pair[0].name))["metadata"]
    except ApiError as error:
        if error.code == 404:
            return None
        raise
    return list(metadata.get("finalizers") or [])


def _left(client: Client, apis: Served, namespace: str, inventory: Inventory, going: set[Key]) -> list[str]:
    """What is in a namespace beside what Kubernetes puts there. ``going``: in a check, what would have been deleted before."""
    kinds: dict[tuple[str, str], Resource] = {}
    for version, served_kinds in apis.items():
        for kind, entry in served_kinds.items():
            if entry["namespaced"] and {"list", "delete"} <= set(entry["verbs"]) and kind not in _PASSING:
                kinds.setdefault((group_of(version), kind), Resource(version, entry["resource"], True))
    lists: list[list[Json]] = client.map(lambda resource: _listed(client, resource, namespace), kinds.values())
    left = []
    for (group, kind), items in zip(kinds, lists, strict=True):
        for metadata in (item["metadata"] for item in items):
            key = Key(group, kind, namespace, metadata["name"])
            furniture = (kind, key.name) in _FURNITURE or key == Key("", "ConfigMap", inventory.namespace, inventory.name)
            goes = key in going or (going and metadata.get("ownerReferences"))
            if not furniture and not goes:
                left.append(str(key))
    return left


def _listed(client: Client, resource: Resource, namespace: str) -> list[Json]:
    """Metadata of all objects of a kind; none where its definition has just been deleted."""
    try:
        return list(client.items(resource.path(namespace), METADATA))
    except ApiError as error:
        if error.code == 404:
            return []
        raise


def _forget(client: Client, inventory: Inventory, kept: list[Key]) -> None:
    """Delete the parent; but keep it as long as something of ours is kept, so that a later removal finds that."""
    if kept:
        inventory.members = {key: inventory.members.get(key, ("", "")) for key in kept}
        inventory.narrow()
        inventory.write(client)
        return
    try:
        inventory.delete(client)
    except ApiError as error:
        if error.code != 404:
            raise
