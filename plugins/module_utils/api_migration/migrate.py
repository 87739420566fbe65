# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migration of objects to API versions that a cluster serves.

An API version that is served stays, however old. The application isn't touched.
"""

from __future__ import annotations

import copy
import json
import typing as t
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import BootstrapError, abbreviated
from ..formats.json_object import Json
from ..kube.object_shapes import BUILT_IN
from ..kube.resources import group_of, key_of
from .conversions import CONVERSIONS
from .table import REMOVED, SUCCESSORS

Rendered = list[tuple[str, Json]]
"""Component and object."""
Kinds = Mapping[str, Mapping[str, t.Any]]
"""The served kinds: API version to kind to anything, as from ``discovery.served`` and ``served_by``."""

_SCALARS = (bool, int, float)


@dataclass(frozen=True)
class ApiMigration:
    """The migration of one object. ``now``: its API version; ``None`` if it was left out, for the reason in ``changes``."""

    component: str
    object: str
    kind: str
    was: str
    now: str | None
    changes: tuple[str, ...]

    def document(self) -> Json:
        """An entry of ``outcome.brought_up``."""
        return {"object": self.object, "component": self.component, "from": self.was, "to": self.now, "changes": list(self.changes)}


def migrate(rendered: Rendered, served: Kinds, namespace: str = "") -> tuple[Rendered, list[ApiMigration]]:
    """The objects in API versions that are ``served``, and the migrations.

    Objects of a kind that was removed without a successor are left out. A version that is neither served nor known stays as it is.
    ``namespace``: the default one, for ``ApiMigration.object``. The input is not modified.
    Raises ``BootstrapError`` for an object that can't be migrated without its author.
    """
    migrated: Rendered = []
    changes: list[ApiMigration] = []
    for component, item in rendered:
        version, kind = item.get("apiVersion", ""), item.get("kind", "")
        if (version, kind) in REMOVED and kind not in served.get(version, ()):
            changes.append(_left_out(component, item))
            continue
        repaired, repairs = _repaired(item, served)
        target, conversions = _converted(component, repaired, served)
        migrated.append((component, target))
        if target is not item:
            name = _name(target, served, namespace)
            changes.append(ApiMigration(component, name, kind, version, target["apiVersion"], (*repairs, *conversions)))
    return migrated, changes


def served_by(release: str) -> dict[str, dict[str, Json]]:
    """The kinds in the table that a release of Kubernetes ("1.35", 1.30 and newer) serves; for use without a cluster."""
    number = _number(release)
    kinds: dict[str, dict[str, Json]] = defaultdict(dict)
    for (old, kind), successor in SUCCESSORS.items():
        # Alpha versions are off unless an admin turns them on.
        if number < _number(successor.since) and "alpha" not in old:
            kinds[old][kind] = {}
        for new in successor.to:
            later = SUCCESSORS.get((new, kind))
            if later is None or number < _number(later.since):
                kinds[new][kind] = {}
    return dict(kinds)


def lines(changes: list[ApiMigration]) -> Iterator[tuple[bool, str]]:
    """One line for each kind of change, and whether it is a warning: objects that were left out are."""
    alike: dict[tuple[str, str, str | None, tuple[str, ...]], list[str]] = defaultdict(list)
    for change in changes:
        alike[change.kind, change.was, change.now, change.changes].append(change.object.partition(" ")[2])
    for (kind, was, now, details), names in alike.items():
        which = f"{kind} {abbreviated(names, 5)}"
        why = "; ".join(details)
        if now is None:
            yield True, f"{which} left out: {why}"
        elif was == now:
            yield False, f"{which}: {why}"
        else:
            yield False, f"{which}: {was} is now {now}{f' ({why})' if why else ''}"


def _number(release: str) -> tuple[int, int]:
    major, _dot, minor = release.removeprefix("v").partition(".")
    return int(major), int(minor.partition(".")[0].rstrip("+"))


def _left_out(component: str, item: Json) -> ApiMigration:
    version, kind = item["apiVersion"], item["kind"]
    since, instead = REMOVED[version, kind]
    return ApiMigration(component, str(key_of(item)), kind, version, None, (f"Kubernetes has no {kind} since {since}; {instead}",))


def _converted(component: str, item: Json, served: Kinds) -> tuple[Json, list[str]]:
    """The object in the first version of the table that is served; the object itself if it needs no conversion, or there is none."""
    version, kind = item.get("apiVersion", ""), item.get("kind", "")
    successor = SUCCESSORS.get((version, kind))
    if successor is None or kind in served.get(version, ()):
        return item, []
    new = next((each for each in successor.to if kind in served.get(each, ())), None)
    if new is None:
        return item, []
    target = {**copy.deepcopy(item), "apiVersion": new}
    try:
        return target, CONVERSIONS[successor.conversion](target, version) if successor.conversion else []
    except BootstrapError as error:
        where = f"{key_of(item)} of component {component}" if component else str(key_of(item))
        raise BootstrapError(f"{where} can't be migrated from {version} to {new}: {error.message}.", fix=error.fix) from None


def _name(item: Json, served: Kinds, namespace: str) -> str:
    key = key_of(item)
    entry = served.get(item["apiVersion"], {}).get(item["kind"]) or {}
    return str(key._replace(namespace=key.namespace or namespace) if entry.get("namespaced") else key)


def _repaired(item: Json, served: Kinds) -> tuple[Json, list[str]]:
    """The object without mistakes of old packages that no API server accepts in any version; the object itself if it has none."""
    changes: list[str] = []
    numbers = any(type(value) in _SCALARS for place in _texts(item) for value in (place.values() if isinstance(place, dict) else place))
    target = _new_target(item, served) if item.get("kind") == "HorizontalPodAutoscaler" else None
    if not numbers and not target:
        return item, changes
    item = copy.deepcopy(item)
    if numbers:
        changes.append("numbers and booleans where only strings are allowed are now strings")
        for place in _texts(item):
            for name, value in list(place.items() if isinstance(place, dict) else enumerate(place)):
                if type(value) in _SCALARS:
                    place[name] = json.dumps(value)
    if target:
        changes.append(f"scaleTargetRef.apiVersion {item['spec']['scaleTargetRef']['apiVersion']} is now {target}")
        item["spec"]["scaleTargetRef"]["apiVersion"] = target
    return item, changes


def _texts(item: Json) -> Iterator[t.Any]:
    """The mappings and lists of an object that hold strings only: where a numeric parameter most often ends up."""
    yield from _present(item.get("metadata"), "labels", "annotations")
    kind, spec = item.get("kind"), item.get("spec")
    if group_of(item.get("apiVersion", "")) not in BUILT_IN:
        return
    if kind in ("ConfigMap", "Secret"):
        yield from _present(item, "data", "stringData")
    if not isinstance(spec, dict):
        return
    if kind == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    if "selector" in spec:
        yield from [spec["selector"] or {}] if kind in ("Service", "ReplicationController") else _present(spec["selector"], "matchLabels")
    template = item if kind == "Pod" else spec.get("template")
    if isinstance(template, dict):
        yield from _present(template.get("metadata"), "labels", "annotations")
        yield from _pod_texts(template.get("spec") or {})


def _pod_texts(pod: Json) -> Iterator[t.Any]:
    yield from _present(pod, "nodeSelector")
    for field in ("initContainers", "containers"):
        for container in pod.get(field) or ():
            yield from _present(container, "command", "args")
            for variable in container.get("env") or ():
                if "value" in variable:
                    yield variable


def _present(holder: Json | None, *fields: str) -> Iterator[t.Any]:
    for field in fields:
        value = holder.get(field) if holder else None
        if value and isinstance(value, (dict, list)):  # else the API server says what is wrong
            yield value


def _new_target(item: Json, served: Kinds) -> str | None:
    """The served version of the kind that an autoscaler scales; ``None`` if it names that already."""
    target = (item.get("spec") or {}).get("scaleTargetRef") or {}
    version, kind = target.get("apiVersion", ""), target.get("kind", "")
    successor = SUCCESSORS.get((version, kind))
    if successor is None or kind in served.get(version, ()):
        return None
    return next((each for each in successor.to if kind in served.get(each, ())), None)
