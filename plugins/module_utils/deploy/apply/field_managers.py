# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who manages an object, and who changed fields that were ours."""

from __future__ import annotations

import typing as t

from ...formats import foreign_json
from ...formats.json_object import Json
from ...kube.managed_by import managed_by
from ...kube.resources import is_ours
from ..graph.object_index import dict_of

_TOOLS = {
    "argocd": "Argo CD application",
    "flux": "Flux",
    "olm": "OLM operator",
    "helm": "Helm release",
    "applyset": "ApplySet",
    "addon-manager": "addon manager of Kubernetes",
    "operator": "operator",
    "kustomize": "kustomize",
    "kubectl": "kubectl",
}


def owner(metadata: Json) -> str:
    """A description of who manages an object: ``Helm release ml/minio``, ``kubectl``; ``manager x`` if only field managers tell."""
    tool = managed_by(metadata)
    if tool:
        return _TOOLS[tool["tool"]] + (f" {tool['name']}" if tool["name"] else "")
    managers = sorted({str(entry.get("manager")) for entry in metadata.get("managedFields") or [] if not entry.get("subresource")})
    return f"manager {', '.join(managers)}" if managers else "somebody"


def changed_by(item: Json, managed: list[Json]) -> str:
    """Who changed what we had applied: ``others changed it: argocd, kubectl``.

    Those are the managers that now own desired fields which we no longer own. A manager that removed a field owns nothing of it; so if
    there are none, the last writer is named as such.

    ``item``: the object as we apply it. ``managed``: its ``metadata.managedFields``, where ``fieldsV1`` is as in
    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
    """
    ours = next((entry.get("fieldsV1") or {} for entry in managed if is_ours(entry)), {})
    others = [entry for entry in managed if not is_ours(entry) and entry.get("subresource") != "status"]
    takers = sorted({str(entry.get("manager")) for entry in others if _took(item, entry.get("fieldsV1") or {}, ours)})
    if takers:
        return f"others changed it: {', '.join(takers)}"
    if not others:
        return "others changed it"
    return f"others changed it (last written by {max(others, key=lambda entry: str(entry.get('time') or '')).get('manager')})"


def _took(item: t.Any, fields: Json, own_fields: Json) -> bool:
    """Whether ``item`` has a value in ``fields`` that is not in ``own_fields``."""
    for step, below in dict_of(fields).items():
        exists, value = _value(item, step)
        if not exists:
            continue
        if not below and step not in own_fields or below and _took(value, below, own_fields.get(step) or {}):
            return True
    return False


def _value(item: t.Any, step: str) -> tuple[bool, t.Any]:
    """Whether a step of ``fieldsV1`` exists, and its value: ``f:name`` of an object, ``k:{...}`` and ``v:...`` of a list."""
    kind, _colon, text = step.partition(":")
    if kind == "f":
        return (True, item[text]) if isinstance(item, dict) and text in item else (False, None)
    if kind not in ("k", "v") or not isinstance(item, list):
        return False, None
    try:
        expected = foreign_json.loads(text)
    except ValueError:
        return False, None
    for each in item:
        if each == expected or kind == "k" and _has_keys(each, expected):
            return True, each
    return False, None


def _has_keys(entry: t.Any, keys: Json) -> bool:
    """Whether an entry of a list has these keys; an unset one has a default (the protocol of a port)."""
    return isinstance(entry, dict) and isinstance(keys, dict) and all(entry.get(name, value) == value for name, value in keys.items())
