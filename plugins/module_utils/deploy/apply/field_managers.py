# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose an object is, and who changed what was ours."""

from __future__ import annotations

import typing as t

from ...formats import foreign_json
from ...kube.managed_by import managed_by
from ...kube.resources import is_ours
from ..graph.object_index import dict_of

Json = dict[str, t.Any]

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
    """Who made an object, in words: ``Helm release ml/minio``, ``kubectl``; ``manager x`` where only field managers tell."""
    found = managed_by(metadata)
    if found:
        return _TOOLS[found["tool"]] + (f" {found['name']}" if found["name"] else "")
    managers = sorted({str(entry.get("manager")) for entry in metadata.get("managedFields") or [] if not entry.get("subresource")})
    return f"manager {', '.join(managers)}" if managers else "somebody"


def changed_by(item: Json, managed: list[Json]) -> str:
    """Who changed what we had applied: ``others changed it: argocd, kubectl``.

    Those are the managers that own now what we want and own no longer. Who removes a field owns nothing then; so where there are none,
    the one that wrote last is named as such.

    ``item``: the object as we apply it. ``managed``: its ``metadata.managedFields``, where ``fieldsV1`` is as in
    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
    """
    ours = next((entry.get("fieldsV1") or {} for entry in managed if is_ours(entry)), {})
    others = [entry for entry in managed if not is_ours(entry) and entry.get("subresource") != "status"]
    found = sorted({str(entry.get("manager")) for entry in others if _took(item, entry.get("fieldsV1") or {}, ours)})
    if found:
        return f"others changed it: {', '.join(found)}"
    if not others:
        return "others changed it"
    return f"others changed it (last written by {max(others, key=lambda entry: str(entry.get('time') or '')).get('manager')})"


def _took(item: t.Any, theirs: Json, ours: Json) -> bool:
    """Whether there is a value in ``item`` that they own and we don't."""
    for step, below in dict_of(theirs).items():
        there, value = _value(item, step)
        if not there:
            continue
        if not below and step not in ours or below and _took(value, below, ours.get(step) or {}):
            return True
    return False


def _value(item: t.Any, step: str) -> tuple[bool, t.Any]:
    """What one step of ``fieldsV1`` leads to: ``f:name`` of an object, ``k:{...}`` and ``v:...`` of a list; whether it exists."""
    kind, _colon, text = step.partition(":")
    if kind == "f":
        return (True, item[text]) if isinstance(item, dict) and text in item else (False, None)
    if kind not in ("k", "v") or not isinstance(item, list):
        return False, None
    try:
        wanted = foreign_json.loads(text)
    except ValueError:
        return False, None
    for each in item:
        if each == wanted or kind == "k" and _has_keys(each, wanted):
            return True, each
    return False, None


def _has_keys(entry: t.Any, keys: Json) -> bool:
    """Whether a list's entry has these keys; one that it doesn't write has a default (the protocol of a port)."""
    return isinstance(entry, dict) and isinstance(keys, dict) and all(entry.get(name, value) == value for name, value in keys.items())
