# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of removed API versions, brought to what a cluster serves. Private to the collection.

What is served stays as it is, however old. The application isn't touched.
"""

from __future__ import annotations

import copy
import json
import typing as t
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import BootstrapError, some
from ..kube.resources import group_of, key_of
from .conversions import CONVERSIONS
from .table import GONE, UPGRADES

Json = dict[str, t.Any]
Rendered = list[tuple[str, Json]]
"""Component and object."""
Kinds = Mapping[str, Mapping[str, t.Any]]
"""What is served: API version to kind to anything; as ``discovery.served`` and ``served_by`` give it."""

_SCALARS = (bool, int, float)


@dataclass(frozen=True)
class ApiMigration:
    """What was done about one object. ``now``: its API version; ``None`` if it was left out, for the reason in ``changes``."""

    component: str
    object: str
    kind: str
    was: str
    now: str | None
    changes: tuple[str, ...]

    def document(self) -> Json:
        """As the outcome shows it."""
        return {"object": self.object, "component": self.component, "from": self.was, "to": self.now, "changes": list(self.changes)}


def bring_up(rendered: Rendered, served: Kinds, namespace: str = "") -> tuple[Rendered, list[ApiMigration]]:
    """The objects that a cluster which serves ``served`` takes, and what was done to those that it would not have taken as they were.

    Objects of a kind that went without a successor are left out. A version that is neither served nor known stays as it is.
    ``namespace``: where objects go that name none; ``ApiMigration.object`` has it. Nothing that was given is changed.
    Raises ``BootstrapError`` for an object that can't be migrated without its author.
    """
    found: Rendered = []
    changes: list[ApiMigration] = []
    for component, item in rendered:
        version, kind = item.get("apiVersion", ""), item.get("kind", "")
        if (version, kind) in GONE and kind not in served.get(version, ()):
            changes.append(_left_out(component, item))
            continue
        mended, said = _mended(item, served)
        new, more = _converted(component, mended, served)
        found.append((component, new))
        if new is not item:
            name = _name(new, served, namespace)
            changes.append(ApiMigration(component, name, kind, version, new["apiVersion"], (*said, *more)))
    return found, changes


def served_by(release: str) -> dict[str, dict[str, Json]]:
    """What Kubernetes of a release ("1.35", 1.30 and newer) serves of the kinds that the table names; for use without a cluster."""
    number = _number(release)
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for (old, kind), upgrade in UPGRADES.items():
        # Alpha versions are off unless an admin turns them on.
        if number < _number(upgrade.since) and "alpha" not in old:
            found[old][kind] = {}
        for new in upgrade.to:
            later = UPGRADES.get((new, kind))
            if later is None or number < _number(later.since):
                found[new][kind] = {}
    return dict(found)


def lines(changes: list[ApiMigration]) -> Iterator[tuple[bool, str]]:
    """One line for each kind of change; and whether it is a warning, which objects that were left out are."""
    alike: dict[tuple[str, str, str | None, tuple[str, ...]], list[str]] = defaultdict(list)
    for change in changes:
        alike[change.kind, change.was, change.now, change.changes].append(change.object.partition(" ")[2])
    for (kind, was, now, said), names in alike.items():
        which = f"{kind} {some(names, 5)}"
        why = "; ".join(said)
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
    since, instead = GONE[version, kind]
    return ApiMigration(component, str(key_of(item)), kind, version, None, (f"Kubernetes has no {kind} since {since}; {instead}",))


def _converted(component: str, item: Json, served: Kinds) -> tuple[Json, list[str]]:
    """The object in the first version of the table that is served; itself where nothing is to be done, or can be."""
    version, kind = item.get("apiVersion", ""), item.get("kind", "")
    upgrade = UPGRADES.get((version, kind))
    if upgrade is None or kind in served.get(version, ()):
        return item, []
    new = next((each for each in upgrade.to if kind in served.get(each, ())), None)
    if new is None:
        return item, []
    brought = {**copy.deepcopy(item), "apiVersion": new}
    try:
        return brought, CONVERSIONS[upgrade.conversion](brought, version) if upgrade.conversion else []
    except BootstrapError as error:
        where = f"{key_of(item)} of component {component}" if component else str(key_of(item))
        raise BootstrapError(f"{where} can't be brought from {version} to {new}: {error.message}.", fix=error.fix) from None


def _name(item: Json, served: Kinds, namespace: str) -> str:
    key = key_of(item)
    entry = served.get(item["apiVersion"], {}).get(item["kind"]) or {}
    return str(key._replace(namespace=key.namespace or namespace) if entry.get("namespaced") else key)


def _mended(item: Json, served: Kinds) -> tuple[Json, list[str]]:
    """What no API server takes, or obeys, whatever the version, though packages of the time have it. The object itself if all is well."""
    said: list[str] = []
    numbers = any(type(value) in _SCALARS for place in _texts(item) for value in (place.values() if isinstance(place, dict) else place))
    target = _new_target(item, served) if item.get("kind") == "HorizontalPodAutoscaler" else None
    if not numbers and not target:
        return item, said
    item = copy.deepcopy(item)
    if numbers:
        said.append("numbers and booleans, where only texts may be, are now texts")
        for place in _texts(item):
            for name, value in list(place.items() if isinstance(place, dict) else enumerate(place)):
                if type(value) in _SCALARS:
                    place[name] = json.dumps(value)
    if target:
        said.append(f"scaleTargetRef.apiVersion {item['spec']['scaleTargetRef']['apiVersion']} is now {target}")
        item["spec"]["scaleTargetRef"]["apiVersion"] = target
    return item, said


def _texts(item: Json) -> Iterator[t.Any]:
    """The mappings and lists of an object that hold texts only: where a parameter that is a number most often ends up."""
    yield from _present(item.get("metadata"), "labels", "annotations")
    kind, spec = item.get("kind"), item.get("spec")
    if "." in group_of(item.get("apiVersion", "")):
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
        found = holder.get(field) if holder else None
        if found and isinstance(found, (dict, list)):  # else the API server says what is wrong
            yield found


def _new_target(item: Json, served: Kinds) -> str | None:
    """The version in which the kind that an autoscaler scales is served now; ``None`` if what it says is right."""
    target = (item.get("spec") or {}).get("scaleTargetRef") or {}
    version, kind = target.get("apiVersion", ""), target.get("kind", "")
    upgrade = UPGRADES.get((version, kind))
    if upgrade is None or kind in served.get(version, ()):
        return None
    return next((each for each in upgrade.to if kind in served.get(each, ())), None)
