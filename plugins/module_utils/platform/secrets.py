# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets of a release without the values that everybody can read: a deployment makes others (``deploy/generated.py``)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable

from ..data.annotations import GENERATE
from ..errors import BootstrapError
from ..formats.json_object import Json
from . import tables


def declared(items: list[Json], component: str) -> list[Json]:
    """The objects of a component with each Secret that has values as a declaration of how these are made.

    Raises BootstrapError for a Secret with values that the table does not know.
    """
    entries = {entry["secret"]: entry for entry in tables.secrets() if entry["component"] == component}
    claims = {item["metadata"]["name"] for item in items if item["kind"] == "PersistentVolumeClaim"}
    declarations = []
    for item in items:
        values = _values(item) if item["kind"] == "Secret" else {}
        if not values:
            declarations.append(item)
            continue
        path = _path(item)
        if path not in entries:
            raise BootstrapError(
                f"The Secret {path} of {component} has values that everybody can read in the release, and the tables do not say how to "
                "make others.",
                fix=f"Leave the component out: kubeflow_platform: {{without: [{component}]}}.",
            )
        declarations.append(_declaration(item, values, entries[path], claims))
    return declarations + [_new(entry) for entry in entries.values() if entry.get("new")]


def _declaration(item: Json, values: dict[str, str], entry: Json, claims: Iterable[str]) -> Json:
    missing = sorted(entry["keys"].keys() - values.keys())
    if missing:
        raise BootstrapError(
            f"The Secret {entry['secret']} has no key {missing[0]} in this release.", fix=f"It has {', '.join(sorted(values))}."
        )
    keys = {**{name: {"value": text} for name, text in values.items()}, **entry["keys"]}
    bound = sorted(f"{item['metadata'].get('namespace')}/{claim}" for claim in entry.get("claim") or () if claim in claims)
    declaration = {"keys": keys, **({"claims": bound} if bound else {})}
    annotations = {**(item["metadata"].get("annotations") or {}), GENERATE: _text(declaration)}
    rest = {name: part for name, part in item.items() if name not in ("data", "stringData")}
    return {**rest, "metadata": {**item["metadata"], "annotations": annotations}, "type": item.get("type") or "Opaque"}


def _new(entry: Json) -> Json:
    namespace, _slash, name = entry["secret"].partition("/")
    metadata = {"name": name, "namespace": namespace, "annotations": {GENERATE: _text({"keys": entry["keys"]})}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque"}


def _text(declaration: Json) -> str:
    return json.dumps(declaration, sort_keys=True)


def _path(item: Json) -> str:
    return f"{item['metadata'].get('namespace') or ''}/{item['metadata']['name']}"


def _values(item: Json) -> dict[str, str]:
    """What a Secret holds, as text."""
    values = {str(key): str(text or "") for key, text in (item.get("stringData") or {}).items()}
    for key, text in (item.get("data") or {}).items():
        try:
            values[str(key)] = base64.b64decode(str(text or ""), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise BootstrapError(f"The Secret {_path(item)} has a value that is not base64.", fix="Take another source.") from None
    return values
