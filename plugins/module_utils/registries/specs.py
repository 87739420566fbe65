# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""registry.yaml and parts.yaml, as ks 0.10.0 takes them."""

from __future__ import annotations

import typing as t

from ..errors import BootstrapError
from ..formats import yaml_documents


def libraries(text: str, file: str) -> dict[str, t.Any]:
    """The packages that a registry.yaml names (ks 0.10.0 takes apiVersion 0.1 and 0.1.0)."""
    spec = yaml_documents.load_mapping(text, file)
    _expect(spec, "apiVersion", ("0.1", "0.1.0", 0.1), file)
    _expect(spec, "kind", ("ksonnet.io/registry",), file)
    result = spec.get("libraries") or {}
    if not isinstance(result, dict):
        raise BootstrapError(f"{file}: libraries: a mapping is expected, not {yaml_documents.kind(result)}.", fix="Fix the file.")
    return result


def check_parts(text: str, file: str) -> None:
    """Raise BootstrapError unless it is a parts.yaml of the version that ks 0.10.0 takes."""
    spec = yaml_documents.load_mapping(text, file)
    _expect(spec, "apiVersion", ("0.0.1",), file)
    _expect(spec, "kind", ("ksonnet.io/parts",), file)
    if not isinstance(spec.get("name"), str):
        raise BootstrapError(f"{file}: name: text is expected, not {yaml_documents.kind(spec.get('name'))}.", fix="Fix the file.")


def _expect(spec: dict[str, t.Any], field: str, allowed: tuple[t.Any, ...], file: str) -> None:
    if spec.get(field) not in allowed:
        raise BootstrapError(
            f"{file}: {field}: {allowed[0]} is expected, not {spec.get(field)!r}.", fix="Name a registry that ks 0.10 can read."
        )
