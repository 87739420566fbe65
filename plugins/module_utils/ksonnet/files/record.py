# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bootstrap.yaml, beside app.yaml: the reasons for the application's values, and what the last run wrote."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError
from ...formats import yaml_documents

PATH = "bootstrap.yaml"
_HEADER = """# Why this application is as it is: what kubeflow.bootstrap saw and chose (record), and what it wrote last (written).
# By `written` it tells your changes from its own, and keeps yours. Keep this file beside app.yaml; don't edit it.
"""
_VERSION = "kubeflow.bootstrap/v1"
_SECTIONS = ("environments", "registries", "libraries", "components", "packages", "globals", "overrides")


def read(current: Mapping[str, str]) -> dict[str, t.Any]:
    """The recorded plan; {} for none."""
    planned = yaml_documents.load_mapping(current[PATH], PATH).get("record") if PATH in current else {}
    return planned if isinstance(planned, dict) else {}


def read_written(current: Mapping[str, str]) -> dict[str, t.Any]:
    """What the last run wrote; {} for a new application."""
    if PATH not in current:
        return {}
    document = yaml_documents.load_mapping(current[PATH], PATH)
    if document.get("apiVersion") != _VERSION:
        raise BootstrapError(
            f"{PATH}: apiVersion: {_VERSION} is expected, not {document.get('apiVersion')!r}.",
            fix="Use the release of this collection that wrote it, or a newer one.",
        )
    written = document.get("written")
    sections = [written.get(key, {}) for key in _SECTIONS] if isinstance(written, dict) else [None]
    if not all(isinstance(section, dict) and all(isinstance(entry, dict) for entry in section.values()) for section in sections):
        raise BootstrapError(f"{PATH}: written: a mapping of mappings is expected.", fix="Take the file back from version control.")
    return t.cast("dict[str, t.Any]", written)


def text(planned: dict[str, t.Any], written: dict[str, t.Any], current: Mapping[str, str]) -> str:
    """The text of the file. One with the same data stays as it is, the user's comments included."""
    document = {"apiVersion": _VERSION, "kind": "Bootstrap", "record": planned, "written": written}
    if PATH in current and yaml_documents.load(current[PATH], PATH) == document:
        return current[PATH]
    return _HEADER + yaml_documents.dump(document)


def digest(*texts: str) -> str:
    """A checksum of texts, as the file holds it."""
    total = hashlib.sha256()
    for item in texts:
        encoded = item.encode("utf-8", "surrogateescape")
        total.update(b"%d:" % len(encoded) + encoded)
    return f"sha256:{total.hexdigest()}"
