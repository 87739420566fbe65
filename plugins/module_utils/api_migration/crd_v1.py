# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CustomResourceDefinitions from apiextensions.k8s.io/v1beta1 to v1, with structural schemas. Private to the collection.

Every object that was accepted before still is, and keeps all its fields: where v1 can't say what a schema said, that part is left
out, and unknown fields are preserved as v1beta1 did by default.

Sources: Kubernetes documentation 1.35, "Extend the Kubernetes API with CustomResourceDefinitions", section "Specifying a structural
schema"; k8s.io/apiextensions-apiserver v0.35.0, pkg/apis/apiextensions/v1beta1/defaults.go and pkg/apiserver/schema/validation.go.
"""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

_ANY = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"
_APPROVED = "api-approved.kubernetes.io"
_CHECKS = {"enum", "example", "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "format", "maximum", "maxItems", "maxLength"}
_CHECKS |= {"maxProperties", "minimum", "minItems", "minLength", "minProperties", "multipleOf", "pattern", "required"}
_LISTS = {"x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"}
_KEPT = _CHECKS | _LISTS | {"description", "title", "type", "nullable", _ANY, _INT_OR_STRING, _EMBEDDED}
"""Fields of a schema that are copied as they are; schemas within it, and ``default``, are looked at."""
_JUNCTORS = ("allOf", "anyOf", "oneOf", "not")


def definition(item: Json, _old: str) -> list[str]:
    """Bring a CustomResourceDefinition of v1beta1 to v1, in place; returns what was changed, in words."""
    item.pop("status", None)
    spec: Json = item.get("spec") or {}
    said = _versions(spec)
    if not spec.get("scope"):
        spec["scope"] = "Namespaced"
        said.append("spec.scope: Namespaced, as it was")
    pruned = spec.pop("preserveUnknownFields", None) is False
    lost: list[str] = []
    for version in spec["versions"]:
        _version(version, pruned, said, lost)
    if lost:
        said.append(f"the schema's {', '.join(dict.fromkeys(lost))} left out, which v1 doesn't take")
    _conversion(spec, said)
    group = str(spec.get("group"))
    annotations = item.setdefault("metadata", {}).get("annotations") or {}
    if (f".{group}").endswith((".k8s.io", ".kubernetes.io")) and _APPROVED not in annotations:
        item["metadata"]["annotations"] = {**annotations, _APPROVED: "unapproved, it was made for apiextensions.k8s.io/v1beta1"}
        said.append(f"the annotation {_APPROVED}, which the group {group} needs")
    return list(dict.fromkeys(said))


def _versions(spec: Json) -> list[str]:
    """What stood in ``spec`` for all versions goes into each of them."""
    name, said = spec.pop("version", None), []
    if not spec.get("versions"):
        spec["versions"] = [{"name": name, "served": True, "storage": True}]
        said.append("spec.version is now spec.versions")
    shared = {
        "schema": spec.pop("validation", None),
        "subresources": spec.pop("subresources", None),
        "additionalPrinterColumns": spec.pop("additionalPrinterColumns", None),
    }
    for field, value in shared.items():
        if value:
            said.append(f"{field} is now said for each version")
            for version in spec["versions"]:
                version[field] = value
    return said


def _version(version: Json, pruned: bool, said: list[str], lost: list[str]) -> None:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if not schema:
        version["schema"] = {"openAPIV3Schema": {"type": "object", _ANY: True}}
        said.append("no schema: any field is taken, as before")
    elif not pruned:
        version["schema"] = {"openAPIV3Schema": _root(schema, lost)}
        said.append("schema made structural; fields that it doesn't name are kept, as before")
    if version.get("additionalPrinterColumns"):
        version["additionalPrinterColumns"] = [
            {"jsonPath" if name == "JSONPath" else name: value for name, value in column.items()}
            for column in version["additionalPrinterColumns"]
        ]
        said.append("JSONPath of columns is now jsonPath")


def _conversion(spec: Json, said: list[str]) -> None:
    conversion = spec.get("conversion") or {}
    client = conversion.pop("webhookClientConfig", None)
    versions = conversion.pop("conversionReviewVersions", None)
    if conversion.get("strategy") == "Webhook":
        conversion["webhook"] = {"clientConfig": client, "conversionReviewVersions": versions or ["v1beta1"]}
        said.append("webhookClientConfig is now conversion.webhook.clientConfig")


def _root(schema: Json, lost: list[str]) -> Json:
    """The schema of a whole custom resource; the API server itself knows what ``metadata`` is."""
    root = _structural({**schema, "type": "object"}, "", lost)
    for name in ("nullable", "additionalProperties", _EMBEDDED):
        if root.pop(name, None) is not None and name == "additionalProperties":
            lost.append(name)
    root[_ANY] = True
    properties = root.get("properties") or {}
    for name in ("apiVersion", "kind"):
        if name in properties:
            properties[name] = {**{key: value for key, value in properties[name].items() if key != _ANY}, "type": "string"}
    if "metadata" in properties:
        properties["metadata"] = {"type": "object"}
    return root


def _structural(schema: Json, path: str, lost: list[str]) -> Json:
    """A schema, and those within it, as v1 wants them. ``path``: where it is, for ``lost``, the parts that were left out."""
    found: Json = {name: value for name, value in schema.items() if name in _KEPT}
    nested = {"properties", "additionalProperties", "items", *_JUNCTORS, "$schema", "readOnly", "writeOnly"}
    lost += [_at(path, name) for name, value in schema.items() if name not in _KEPT | nested and value not in (False, None)]
    if schema.get("properties"):
        found["properties"] = {name: _structural(each or {}, _at(path, name), lost) for name, each in schema["properties"].items()}
    elif isinstance(schema.get("additionalProperties"), dict):
        found["additionalProperties"] = _structural(schema["additionalProperties"], _at(path, "*"), lost)
    elif schema.get("additionalProperties") is False:
        lost.append(_at(path, "additionalProperties"))
    if isinstance(schema.get("items"), dict):
        found["items"] = _structural(schema["items"], _at(path, "*"), lost)
    for name in _JUNCTORS:
        if schema.get(name):
            _join(found, name, schema[name], path, lost)
    return _typed(found)


def _typed(found: Json) -> Json:
    """With a type at each level, or the word that there may be anything."""
    if found.get(_INT_OR_STRING):
        return {name: value for name, value in found.items() if name not in (_ANY, "type")}
    if "type" not in found:
        found = {**found, "type": "object"} if found.get(_EMBEDDED) else {**found, _ANY: True}
    if found.get("type") == "array":
        found.setdefault("items", {_ANY: True})
    if found.get("type") == "object" and "additionalProperties" not in found:
        found[_ANY] = True
    return found


def _join(found: Json, name: str, value: t.Any, path: str, lost: list[str]) -> None:
    """Keep an ``allOf``, ``anyOf``, ``oneOf`` or ``not`` that only checks values; v1 takes no other."""
    parts = value if isinstance(value, list) else [value]
    if name in ("anyOf", "oneOf") and sorted(map(str, parts)) == ["{'type': 'integer'}", "{'type': 'string'}"] and "type" not in found:
        found[_INT_OR_STRING] = True
    elif all(_checks_only(part) for part in parts):
        found[name] = value
        for part in parts:
            _complete(found, part, path, lost)
    else:
        lost.append(_at(path, name))


def _checks_only(schema: Json) -> bool:
    within = [*(schema.get("properties") or {}).values(), *([schema["items"]] if "items" in schema else [])]
    for name in _JUNCTORS:
        value = schema.get(name) or []
        within += value if isinstance(value, list) else [value]
    known = schema.keys() <= _CHECKS | {"properties", "items", *_JUNCTORS} and "metadata" not in (schema.get("properties") or {})
    return known and all(isinstance(each, dict) and _checks_only(each) for each in within)


def _complete(found: Json, part: Json, path: str, lost: list[str]) -> None:
    """What a check names must be in the schema proper too, where named fields and ``additionalProperties`` exclude each other."""
    if part.get("properties") and found.pop("additionalProperties", None) is not None:
        lost.append(_at(path, "additionalProperties"))
    for name, each in (part.get("properties") or {}).items():
        _complete(found.setdefault("properties", {}).setdefault(name, {_ANY: True}), each, _at(path, name), lost)
    if "items" in part:
        _complete(found.setdefault("items", {_ANY: True}), part["items"], _at(path, "*"), lost)
    for name in _JUNCTORS:
        value = part.get(name) or []
        for each in value if isinstance(value, list) else [value]:
            _complete(found, each, path, lost)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
