# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether objects have the shape of Kubernetes objects, before anything else reads them.

Offline, so that a check works without the namespace. The rest of a kind's schema is checked by dry runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.names import is_subdomain
from ..kube.object_shapes import BUILT_IN, METADATA, SHAPES, Shape, misfits
from ..kube.quantity import is_quantity
from ..kube.resources import CRD, group_of

Rendered = list[tuple[str, Json]]
"""Component and object."""

_MOST = 12
"""Mistakes that a message names."""
_NEEDED = {"group": "spec.group", "scope": "spec.scope", "kind": "spec.names.kind", "plural": "spec.names.plural"}
_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "ports": ("containerPort", "port", "protocol"),
}
"""The keys of the entries of these lists (x-kubernetes-list-map-keys), which server-side apply requires to be unique."""
_DEFAULTS = {"protocol": "TCP"}
_QUANTITIES = {"capacity", "default", "defaultRequest", "hard", "limits", "max", "maxLimitRequestRatio", "min", "podFixed", "requests"}
"""Fields of Kubernetes' own kinds that are maps of quantities."""
_OWN_KEYS = {"annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "parameters", "stringData"}
"""Maps whose keys are the user's."""
_SEGMENT = re.compile(r"[/%]")
_KINDS = ((bool, "a boolean"), (str, "text"), ((int, float), "a number"), ((list, tuple), "a list"), (dict, "a mapping"))


def check(rendered: Rendered) -> None:
    """Raises ``BootstrapError`` with all mistakes: component, object and field."""
    mistakes = [f"{_name(component, item)}: {mistake}" for component, item in rendered for mistake in _mistakes(item)]
    mistakes += [] if mistakes else list(_wrongly_called(rendered))
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        listed = "; ".join(mistakes[:_MOST]) + (f"; and {len(mistakes) - _MOST} more" if len(mistakes) > _MOST else "")
        raise BootstrapError(
            f"The application has {count} in its objects, so nothing was written: {listed}.",
            fix="Correct these components.",
            mistakes=mistakes,
        )


def _name(component: str, item: Json) -> str:
    metadata = item.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"component {component}, {item.get('kind')}{f' {name}' if isinstance(name, (str, int)) and name != '' else ''}"


def _mistakes(item: Json) -> Iterator[str]:
    version, kind = item.get("apiVersion"), item.get("kind")
    if not version or not isinstance(version, str) or version.count("/") > 1:
        yield "apiVersion is missing" if version in (None, "") else f"apiVersion: {version!r} is no API version such as apps/v1"
        return
    if not isinstance(kind, str) or not kind:
        yield "kind is missing" if kind in (None, "") else _unfit("kind", "text", kind)
        return
    if (version, kind) == ("v1", "List"):
        yield "items: a list of objects is expected, not " + _what(item.get("items"))
        return
    wrong = _misfits({"metadata": item.get("metadata")}, {"metadata": METADATA})
    yield from wrong
    if not wrong:
        yield from _wrong_names(item.get("metadata") or {})
        yield from _wrong_owners(item.get("metadata") or {})
    if group_of(version) in BUILT_IN:
        shape = SHAPES.get(kind, {})
        wrong = _misfits(item, {"spec": {}, **shape} if "spec" in item else shape)
        yield from wrong
        if (group_of(version), kind) == CRD and not wrong:
            yield from _undefined(version, item.get("spec"))
        if not wrong:
            yield from _twice(item, shape, "")
        if (group_of(version), kind) != CRD:
            yield from _unmeasured(item, "")


def _misfits(value: object, shape: Shape) -> list[str]:
    return [_unfit(place, expected, actual) for place, expected, actual in misfits(value, shape)]


def _wrong_names(metadata: Json) -> Iterator[str]:
    if not metadata.get("name"):
        yield "metadata.name is missing" + (" (generateName can't be applied twice)" if "generateName" in metadata else "")
    for field in ("name", "namespace"):
        value = metadata.get(field) or ""
        if _no_segment(value):
            yield f"metadata.{field}: {value!r} can't be a name: it may be neither . nor .., and hold neither / nor %"


def _wrong_owners(metadata: Json) -> Iterator[str]:
    for index, owner in enumerate(metadata.get("ownerReferences") or []):
        for field in ("apiVersion", "kind", "name", "uid"):
            value = owner.get(field)
            if not value or field == "name" and _no_segment(value):
                yield f"metadata.ownerReferences[{index}].{field} " + (f"can't be {value!r}" if value else "is missing")


def _no_segment(name: str) -> bool:
    """Whether a name is invalid as a path segment (apimachinery, api/validation/path)."""
    return name in (".", "..") or bool(_SEGMENT.search(name))


def _wrongly_called(rendered: Rendered) -> Iterator[str]:
    """Invalid names of custom resources, which no dry run reports before their CRD exists."""
    specs = [item["spec"] for _component, item in rendered if (group_of(item["apiVersion"]), item["kind"]) == CRD]
    defined = {(spec["group"], spec["names"]["kind"]) for spec in specs}
    for component, item in rendered:
        name = item["metadata"]["name"]
        if (group_of(item["apiVersion"]), item["kind"]) in defined and not is_subdomain(name):
            yield (
                f"{_name(component, item)}: metadata.name: {name!r} can't be a name: at most 253 lower case letters, digits, - and ., "
                "with a letter or digit at both ends of each part"
            )


def _undefined(version: str, spec: Json | None) -> Iterator[str]:
    spec = spec or {}
    names = spec.get("names") or {}
    old = version.endswith("/v1beta1")  # it had one version, and a default for the scope
    for name, place in _NEEDED.items():
        if not (names if "names" in place else spec).get(name) and not (old and name == "scope"):
            yield f"{place} is missing"
    if not spec.get("versions") and not (old and spec.get("version")):
        yield "spec.versions is missing: a CustomResourceDefinition needs at least one version"
    yield from (f"spec.versions[{index}].name is missing" for index, each in enumerate(spec.get("versions") or []) if not each.get("name"))


def _twice(value: object, shape: Shape, place: str) -> Iterator[str]:
    """Duplicate keys in lists."""
    if isinstance(shape, dict) and isinstance(value, dict):
        for name, inner in shape.items():
            where = f"{place}.{name}" if place else name
            entries = value.get(name)
            if name in _KEYS and isinstance(entries, list):
                seen: set[tuple[object, ...]] = set()
                for index, entry in enumerate(entries):
                    key = tuple(str(entry.get(field, _DEFAULTS.get(field))) for field in _KEYS[name])
                    if key in seen:
                        shown = ", ".join(f"{field} {entry[field]}" for field in _KEYS[name] if field in entry)
                        yield f"{where}[{index}]: {shown} occurs twice"
                    seen.add(key)
            yield from _twice(entries, inner, where)
    elif isinstance(shape, list) and isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _twice(entry, shape[0], f"{place}[{index}]")


def _unmeasured(value: object, place: str) -> Iterator[str]:
    """Strings that are no quantities. The API server reports that there is one, but not where."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _unmeasured(entry, f"{place}[{index}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            where = f"{place}.{name}" if place else str(name)
            amounts = {"": inner} if name == "sizeLimit" else inner if name in _QUANTITIES and isinstance(inner, dict) else {}
            for key, amount in amounts.items():
                if isinstance(amount, str) and not is_quantity(amount):
                    yield f"{where}{'.' if key else ''}{key}: {amount!r} is no quantity, such as 500m or 2Gi"
            if not amounts and name not in _OWN_KEYS:
                yield from _unmeasured(inner, where)


def _unfit(place: str, expected: str, value: object) -> str:
    return f"{place}: {expected} is expected, not {_what(value)}"


def _what(value: object) -> str:
    if value is None:
        return "nothing"
    return next((name for types, name in _KINDS if isinstance(value, types)), type(value).__name__)


# --- fields that the API server sets

_SET_BY_SERVER = (
    *("uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "managedFields"),
    *("deletionTimestamp", "deletionGracePeriodSeconds"),
)
_SET_BY_OTHERS = ("kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision")


def without_server_fields(rendered: Rendered) -> tuple[Rendered, list[str]]:
    """Exported objects without fields that the API server and kubectl set; and a line for each object that had some.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ has the fields that are read-only.
    """
    objects: Rendered = []
    lines: list[str] = []
    for component, item in rendered:
        metadata = item.get("metadata") or {}
        annotations = metadata.get("annotations") or {}
        fields = [name for name in _SET_BY_SERVER if name in metadata]
        marks = [name for name in _SET_BY_OTHERS if name in annotations]
        if fields or marks:
            rest = {name: value for name, value in metadata.items() if name not in fields}
            if marks:
                rest["annotations"] = {name: value for name, value in annotations.items() if name not in marks}
            item = {**item, "metadata": rest}
            dropped = [f"metadata.{name}" for name in fields if metadata[name] is not None] + [f"the annotation {name}" for name in marks]
            if dropped:
                lines.append(
                    f"{_name(component, item)}: {', '.join(dropped)} left out: the cluster sets that. Remove it from the component."
                )
        objects.append((component, item))
    return objects, lines
