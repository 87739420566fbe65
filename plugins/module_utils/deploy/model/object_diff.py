# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readable diffs of objects."""

from __future__ import annotations

from ...errors import missing_library
from ...formats.json_object import Json
from ...kube.resources import Key
from .applyset import PART_OF

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]


# Set by the server at every write.
_SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Where kubectl stores the whole object with its values."""


def difference(key: Key, before: Json | None, after: Json | None) -> Json | None:
    """One entry of a task's ``diff``; ``None`` without a difference. The values of Secrets are never shown."""
    old, new = _text(before, before), _text(after, before)
    if old == new:
        return None
    return {"before_header": str(key), "after_header": str(key), "before": old, "after": new}


def _text(item: Json | None, before: Json | None) -> str:
    if item is None:
        return ""
    if yaml is None:
        raise missing_library("To show differences", "PyYAML")
    metadata = {name: value for name, value in item["metadata"].items() if name not in _SERVERS}
    if metadata.get("labels"):
        labels = {name: value for name, value in metadata.pop("labels").items() if name != PART_OF}
        metadata |= {"labels": labels} if labels else {}
    shown = {name: value for name, value in {**item, "metadata": metadata}.items() if name != "status"}
    if item.get("kind") == "Secret":
        shown = _masked(shown, before or {})
    return str(yaml.dump(shown, Dumper=_dumper(), sort_keys=True, default_flow_style=False, width=140))


def _dumper() -> type[yaml.SafeDumper]:
    """Write strings of several lines as literal blocks."""

    class Readable(yaml.SafeDumper):
        pass

    Readable.add_representer(
        str, lambda self, text: self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
    )
    return Readable


def _masked(secret: Json, before: Json) -> Json:
    """A Secret with hidden values, and which of them differ from those before."""
    masked = dict(secret)
    annotations = secret["metadata"].get("annotations") or {}
    if _LAST_APPLIED in annotations:
        masked["metadata"] = {**secret["metadata"], "annotations": {**annotations, _LAST_APPLIED: "(hidden)"}}
    for field in ("data", "stringData"):
        values = secret.get(field)
        if values:
            same = before.get(field) or {}
            masked[field] = {name: "(hidden)" if same.get(name) == value else "(hidden, differs)" for name, value in values.items()}
    return masked
