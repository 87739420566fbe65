# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CustomResourceDefinitions from apiextensions.k8s.io/v1beta1 to v1, with structural schemas.

Every object that was accepted before still is, and keeps all its fields: parts of a schema that v1 can't express are left out, and
unknown fields are preserved, as v1beta1 did by default.

Sources: Kubernetes documentation 1.35, "Extend the Kubernetes API with CustomResourceDefinitions", section "Specifying a structural
schema"; k8s.io/apiextensions-apiserver v0.35.0, pkg/apis/apiextensions/v1beta1/defaults.go and pkg/apiserver/schema/validation.go.
"""

from __future__ import annotations

import typing as t

from ..formats.json_object import Json

_ANY = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"
_APPROVED = "api-approved.kubernetes.io"
_CHECKS = {"enum", "example", "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "format", "maximum", "maxItems", "maxLength"}
_CHECKS |= {"maxProperties", "minimum", "minItems", "minLength", "minProperties", "multipleOf", "pattern", "required"}
_LISTS = {"x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"}
_COPIED = _CHECKS | _LISTS | {"description", "title", "type", "nullable", _ANY, _INT_OR_STRING, _EMBEDDED}
"""Fields of a schema that are copied unchanged; subschemas and ``default`` are treated one by one."""
_JUNCTORS = ("allOf", "anyOf", "oneOf", "not")


def custom_resource_definition(item: Json, _old: str) -> list[str]:
    """Convert a CustomResourceDefinition of v1beta1 to v1, in place; returns descriptions of the changes."""
    item.pop("status", None)
    spec: Json = item.get("spec") or {}
    changes = _versions(spec)
    if not spec.get("scope"):
        spec["scope"] = "Namespaced"
        changes.append("spec.scope: Namespaced, as it was")
    pruned = spec.pop("preserveUnknownFields", None) is False
    left_out: list[str] = []
    for version in spec["versions"]:
        _version(version, pruned, changes, left_out)
    if left_out:
        changes.append(f"the schema's {', '.join(dict.fromkeys(left_out))} left out, which v1 doesn't take")
    _conversion(spec, changes)
    group = str(spec.get("group"))
    annotations = item.setdefault("metadata", {}).get("annotations") or {}
    if (f".{group}").endswith((".k8s.io", ".kubernetes.io")) and _APPROVED not in annotations:
        item["metadata"]["annotations"] = {**annotations, _APPROVED: "unapproved, it was made for apiextensions.k8s.io/v1beta1"}
        changes.append(f"the annotation {_APPROVED}, which the group {group} needs")
    return list(dict.fromkeys(changes))


def _versions(spec: Json) -> list[str]:
    """Move what ``spec`` has for all versions into each of them."""
    name, changes = spec.pop("version", None), []
    if not spec.get("versions"):
        spec["versions"] = [{"name": name, "served": True, "storage": True}]
        changes.append("spec.version is now spec.versions")
    shared = {
        "schema": spec.pop("validation", None),
        "subresources": spec.pop("subresources", None),
        "additionalPrinterColumns": spec.pop("additionalPrinterColumns", None),
    }
    for field, value in shared.items():
        if value:
            changes.append(f"{field} is now declared for each version")
            for version in spec["versions"]:
                version[field] = value
    return changes


def _version(version: Json, pruned: bool, changes: list[str], left_out: list[str]) -> None:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if not schema:
        version["schema"] = {"openAPIV3Schema": {"type": "object", _ANY: True}}
        changes.append("no schema: any field is taken, as before")
    elif not pruned:
        version["schema"] = {"openAPIV3Schema": _root(schema, left_out)}
        changes.append("schema made structural; fields that it doesn't name are kept, as before")
    if version.get("additionalPrinterColumns"):
        version["additionalPrinterColumns"] = [
            {"jsonPath" if name == "JSONPath" else name: value for name, value in column.items()}
            for column in version["additionalPrinterColumns"]
        ]
        changes.append("JSONPath of columns is now jsonPath")


def _conversion(spec: Json, changes: list[str]) -> None:
    conversion = spec.get("conversion") or {}
    client = conversion.pop("webhookClientConfig", None)
    versions = conversion.pop("conversionReviewVersions", None)
    if conversion.get("strategy") == "Webhook":
        conversion["webhook"] = {"clientConfig": client, "conversionReviewVersions": versions or ["v1beta1"]}
        changes.append("webhookClientConfig is now conversion.webhook.clientConfig")


def _root(schema: Json, left_out: list[str]) -> Json:
    """The schema of a whole custom resource; the API server itself knows what ``metadata`` is."""
    root = _structural({**schema, "type": "object"}, "", left_out)
    for name in ("nullable", "additionalProperties", _EMBEDDED):
        if root.pop(name, None) is not None and name == "additionalProperties":
            left_out.append(name)
    root[_ANY] = True
    properties = root.get("properties") or {}
    for name in ("apiVersion", "kind"):
        if name in properties:
            properties[name] = {**{key: value for key, value in properties[name].items() if key != _ANY}, "type": "string"}
    if "metadata" in properties:
        properties["metadata"] = {"type": "object"}
    return root


def _structural(schema: Json, path: str, left_out: list[str]) -> Json:
    """A schema and its subschemas as v1 requires them. ``left_out`` gets the paths of what was left out; ``path``: that of this schema."""
    structural: Json = {name: value for name, value in schema.items() if name in _COPIED}
    nested = {"properties", "additionalProperties", "items", *_JUNCTORS, "$schema", "readOnly", "writeOnly"}
    left_out += [_at(path, name) for name, value in schema.items() if name not in _COPIED | nested and value not in (False, None)]
    if schema.get("properties"):
        structural["properties"] = {
            name: _structural(subschema or {}, _at(path, name), left_out) for name, subschema in schema["properties"].items()
        }
    elif isinstance(schema.get("additionalProperties"), dict):
        structural["additionalProperties"] = _structural(schema["additionalProperties"], _at(path, "*"), left_out)
    elif schema.get("additionalProperties") is False:
        left_out.append(_at(path, "additionalProperties"))
    if isinstance(schema.get("items"), dict):
        structural["items"] = _structural(schema["items"], _at(path, "*"), left_out)
    for name in _JUNCTORS:
        if schema.get(name):
            _join(structural, name, schema[name], path, left_out)
    return _typed(structural)


def _typed(schema: Json) -> Json:
    """A schema with its type, or with permission for anything."""
    if schema.get(_INT_OR_STRING):
        return {name: value for name, value in schema.items() if name not in (_ANY, "type")}
    if "type" not in schema:
        schema = {**schema, "type": "object"} if schema.get(_EMBEDDED) else {**schema, _ANY: True}
    if schema.get("type") == "array":
        schema.setdefault("items", {_ANY: True})
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        schema[_ANY] = True
    return schema


def _join(schema: Json, name: str, value: t.Any, path: str, left_out: list[str]) -> None:
    """Keep an ``allOf``, ``anyOf``, ``oneOf`` or ``not`` that only checks values; v1 takes no other."""
    parts = value if isinstance(value, list) else [value]
    if name in ("anyOf", "oneOf") and sorted(map(str, parts)) == ["{'type': 'integer'}", "{'type': 'string'}"] and "type" not in schema:
        schema[_INT_OR_STRING] = True
    elif all(_checks_only(part) for part in parts):
        schema[name] = value
        for part in parts:
            _complete(schema, part, path, left_out)
    else:
        left_out.append(_at(path, name))


def _checks_only(schema: Json) -> bool:
    subschemas = [*(schema.get("properties") or {}).values(), *([schema["items"]] if "items" in schema else [])]
    for name in _JUNCTORS:
        value = schema.get(name) or []
        subschemas += value if isinstance(value, list) else [value]
    known = schema.keys() <= _CHECKS | {"properties", "items", *_JUNCTORS} and "metadata" not in (schema.get("properties") or {})
    return known and all(isinstance(each, dict) and _checks_only(each) for each in subschemas)


def _complete(schema: Json, part: Json, path: str, left_out: list[str]) -> None:
    """Add the fields that a check names to the schema proper, as v1 requires; they exclude ``additionalProperties`` there."""
    if part.get("properties") and schema.pop("additionalProperties", None) is not None:
        left_out.append(_at(path, "additionalProperties"))
    for name, each in (part.get("properties") or {}).items():
        _complete(schema.setdefault("properties", {}).setdefault(name, {_ANY: True}), each, _at(path, name), left_out)
    if "items" in part:
        _complete(schema.setdefault("items", {_ANY: True}), part["items"], _at(path, "*"), left_out)
    for name in _JUNCTORS:
        value = part.get(name) or []
        for each in value if isinstance(value, list) else [value]:
            _complete(schema, each, path, left_out)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
