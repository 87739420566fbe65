# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects, their keys and where the API serves them."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from dataclasses import dataclass

from ..errors import BootstrapError
from ..formats.json_object import Json
from .discovery import Served

MANAGER = "kubeflow.bootstrap"
"""Our field manager in server-side apply."""
_MAPS = ("annotations", "creationTimestamp", "labels")
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Key(t.NamedTuple):
    """The identity of an object in any API version."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.group_kind} {self.namespace}/{self.name}" if self.namespace else f"{self.group_kind} {self.name}"

    @property
    def group_kind(self) -> str:
        """As kubectl writes it: ``Deployment.apps``, ``Service``."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


def group_of(api_version: str) -> str:
    """``apps`` of ``apps/v1``; the core group is empty."""
    return api_version.split("/")[0] if "/" in api_version else ""


def key_of(item: Json) -> Key:
    """The key of an object as it was rendered, or as the server returned it."""
    metadata = item.get("metadata") or {}
    return Key(group_of(item["apiVersion"]), item["kind"], metadata.get("namespace") or "", metadata.get("name") or "")


@dataclass(frozen=True)
class Resource:
    """Where the objects of one kind are served."""

    api_version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The path of the collection, or of one object in it."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


DEFINITIONS = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", False)


class Resources:
    """Which resource serves an object: one that the cluster serves now, or one of a CRD among the objects."""

    def __init__(self, served: Served, items: t.Iterable[Json] = ()) -> None:
        self._served = served
        self._defined = {pair: resource for item in items if key_of(item)[:2] == CRD for pair, resource in _defined(item)}

    def of(self, item: Json) -> Resource:
        """Raises ``BootstrapError`` for a version or kind that the cluster does not serve."""
        version, kind = item["apiVersion"], item["kind"]
        entry = self._served.get(version, {}).get(kind)
        if entry:
            return Resource(version, entry["resource"], entry["namespaced"])
        if (version, kind) in self._defined:
            return self._defined[version, kind]
        raise BootstrapError(f"{kind} {item.get('metadata', {}).get('name')}: the cluster serves no {kind} in {version}.")

    def of_kind(self, group: str, kind: str) -> Resource | None:
        """Any served version of a kind; ``None`` where none is served."""
        for version, kinds in self._served.items():
            if group_of(version) == group and kind in kinds:
                return Resource(version, kinds[kind]["resource"], kinds[kind]["namespaced"])
        return None


def _defined(crd: Json) -> t.Iterator[tuple[tuple[str, str], Resource]]:
    spec = crd["spec"]
    for version in spec["versions"]:
        if version.get("served"):
            api_version = f"{spec['group']}/{version['name']}"
            yield (api_version, spec["names"]["kind"]), Resource(api_version, spec["names"]["plural"], spec["scope"] == "Namespaced")


def placed(items: list[Json], resources: Resources, namespace: str) -> list[Json]:
    """Copies with ``metadata.namespace`` as ks sets it: the environment's where none is written, none on cluster-scoped objects."""
    return [_placed(item, resources, namespace) for item in items]


def _placed(item: Json, resources: Resources, namespace: str) -> Json:
    metadata = dict(item.get("metadata") or {})
    if not metadata.get("name"):
        raise BootstrapError(f"A {item['kind']} has no metadata.name.", fix="Give it one; generateName can't be applied twice.")
    if resources.of(item).namespaced:
        metadata["namespace"] = metadata.get("namespace") or namespace
    else:
        metadata.pop("namespace", None)
    return _without_empty_maps(_one_data({**_left_to_others(item), "metadata": metadata}))


def _one_data(item: Json) -> Json:
    """A Secret with its ``stringData`` in ``data``, where the API server puts it: a write-only field has no owner and is never read.

    A value that is no text stays, for the API server to refuse.
    """
    texts = item.get("stringData")
    if key_of(item)[:2] != ("", "Secret") or "stringData" not in item or not isinstance(texts, (dict, type(None))):
        return item
    if not all(isinstance(value, (str, type(None))) for value in (texts or {}).values()) or not isinstance(item.get("data") or {}, dict):
        return item
    data = {name: base64.b64encode((value or "").encode()).decode() for name, value in (texts or {}).items()}
    return {**{name: value for name, value in item.items() if name != "stringData"}, "data": {**(item.get("data") or {}), **data}}


def _without_empty_maps(item: Json) -> Json:
    """An object without empty maps of the user's own keys, and without a null ``creationTimestamp``, which marshalled Go types have.

    Applying an empty map owns all of it, until another manager adds a key.
    """
    kind = key_of(item)[:2]
    if kind == CRD:
        return {**item, "metadata": _filled(item["metadata"], _MAPS)}
    tidied: Json = _tidy(item)
    return _filled(tidied, ("data", "binaryData")) if kind in (("", "ConfigMap"), ("", "Secret")) else tidied


def _tidy(value: t.Any) -> t.Any:
    if isinstance(value, list):
        return [_tidy(part) if isinstance(part, (dict, list)) else part for part in value]
    fields = {name: _tidy(part) if isinstance(part, (dict, list)) else part for name, part in value.items()}
    if isinstance(fields.get("metadata"), dict):
        fields["metadata"] = _filled(fields["metadata"], _MAPS)
    return fields


def _filled(fields: Json, names: tuple[str, ...]) -> Json:
    """Without those of the fields that are empty."""
    empty = {name for name in names if name in fields and fields[name] in (None, {})}
    return {name: part for name, part in fields.items() if name not in empty} if empty else fields


def _left_to_others(item: Json) -> Json:
    """An object without the fields that its author left empty for a controller to fill in: applying them would reset them.

    The rules of an aggregated ClusterRole (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles), and
    the CA bundles of webhooks, conversions and API services, which are empty or one line feed ("Cg==") for cert-manager's cainjector.
    """
    group, kind = group_of(item["apiVersion"]), item["kind"]
    if kind == "ClusterRole" and item.get("aggregationRule") and "rules" in item:
        return {name: value for name, value in item.items() if name != "rules"}
    if kind == "CustomResourceDefinition" and (item.get("spec") or {}).get("conversion"):
        return {**item, "spec": {**item["spec"], "conversion": _without_empty_bundles(item["spec"]["conversion"])}}
    if group == "apiregistration.k8s.io" or group == "admissionregistration.k8s.io":
        without: Json = _without_empty_bundles(item)
        return without
    return item


def _without_empty_bundles(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        empty = value.get("caBundle") in ("", "Cg==", None)
        return {name: _without_empty_bundles(part) for name, part in value.items() if name != "caBundle" or not empty}
    return [_without_empty_bundles(part) for part in value] if isinstance(value, list) else value


def digest(value: object) -> str:
    """A short fingerprint of plain data, independent of the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def is_ours(entry: Json) -> bool:
    """Whether an entry of ``managedFields`` is that of our server-side apply."""
    return entry.get("manager") == MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource")


def owned_fields(item: Json) -> str:
    """Fingerprint of the fields that our field manager owns in an object; empty where it owns none.

    It changes when another manager changes or removes a value that we applied, and only then.
    """
    for entry in (item.get("metadata") or {}).get("managedFields") or []:
        if is_ours(entry):
            return digest(entry.get("fieldsV1"))
    return ""
