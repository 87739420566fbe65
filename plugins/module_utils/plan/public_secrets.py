# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets of the application with values that everybody can read in manifests of Kubeflow."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from ..deploy.model.generated_secrets import is_public
from ..errors import abbreviated
from ..formats.json_object import Json
from .planned_objects import PlannedObject

ID = "public-secret"


def blockers(items: Iterable[PlannedObject]) -> list[Json]:
    """The blocker, if the application has such a Secret."""
    public = [f"{item.key} has {why}" for item in items if item.key[:2] == ("", "Secret") and (why := _public(item.object))]
    if not public:
        return []
    reason = f"Everybody can read these values in the manifests of Kubeflow: {abbreviated(public, 4)}."
    fix = "Change them in the component that has the Secret, or take it out and give it with kubeflow_secrets."
    return [{"id": ID, "reason": reason, "fix": fix, "command": None}]


def _public(item: Json) -> str | None:
    return next((why for text in _values(item) if (why := is_public(text))), None)


def _values(item: Json) -> Iterator[str]:
    for text in (item.get("stringData") or {}).values() if isinstance(item.get("stringData"), dict) else ():
        yield str(text)
    for text in (item.get("data") or {}).values() if isinstance(item.get("data"), dict) else ():
        try:
            yield base64.b64decode(str(text), validate=True).decode("utf-8", "replace")
        except ValueError:
            continue
