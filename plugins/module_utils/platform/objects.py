# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rendered objects, made fit for a package: plain data, in a stable order, without kustomize's hashes in names."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection

from ..errors import BootstrapError
from ..formats import bounded_yaml
from ..formats.json_object import Json

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]


CRD = "CustomResourceDefinition"
_HASHED = ("ConfigMap", "Secret")
# kustomize's alphabet (sigs.k8s.io/kustomize/kyaml/hash): no vowels, and nothing that looks like another character.
_HASH = re.compile(r"(?P<name>.+)-[2456789bcdfghkmt]{10}")
_VARIABLE = re.compile(r"\$\([A-Z][A-Z0-9_]*\)")


def document(text: str, what: str, fix: str) -> t.Any:
    """The data of a YAML text of a release. Raises BootstrapError with ``fix`` for what is not YAML; ``what`` names it."""
    try:
        return bounded_yaml.load(text, _loader())
    except yaml.YAMLError as error:
        raise BootstrapError(f"{what} is not YAML: {str(error).splitlines()[0]}.", fix=fix) from None


def _loader() -> t.Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: bytes, what: str, *, known: bool = False) -> list[Json]:
    """The objects of a YAML stream. Raises BootstrapError for anything that is no object of Kubernetes; ``what`` names it.

    ``known``: it was rendered from files that have a checksum of the tables, and so is no larger than it was then: the bounds of YAML,
    which cost as much as reading it, are not looked at.
    """
    try:
        documents = list((yaml if known else bounded_yaml).load_all(text, _loader()))
    except yaml.YAMLError as error:
        raise BootstrapError(f"{what} renders to what is not YAML: {str(error).splitlines()[0]}.", fix="Try another renderer.") from None
    items = [document for document in documents if document is not None]
    for item in items:
        metadata = item.get("metadata") if isinstance(item, dict) else None
        texts = [item.get("apiVersion"), item.get("kind"), metadata.get("name")] if isinstance(metadata, dict) else [None]
        if not all(isinstance(each, str) and each for each in texts):
            raise BootstrapError(f"{what} renders to something without apiVersion, kind and name.", fix="Take another source.")
    return items


def tidy(items: list[Json], generated: Collection[str], what: str) -> list[Json]:
    """The objects without hashes in names, without variables that nobody replaced, sorted.

    ``generated``: the names that kustomize gives a hash (``closure.Closure``), without prefixes and suffixes of the kustomizations.
    """
    names = {item["metadata"]["name"]: base for item in items if (base := _without_hash(item, generated))}
    # Definitions, which are most of the bytes, refer to none of them.
    items = [item if item["kind"] == CRD else _renamed(item, names) for item in items]
    for item in items:
        _drop_variables(item)
        if "$(" in item["metadata"]["name"]:
            raise BootstrapError(
                f"{what}: the renderer leaves the name of the {item['kind']} {item['metadata']['name']} open.",
                fix="Newer ones do that with older releases. kubectl 1.32 and kustomize 5.5 render all that are known: name such a program "
                "(kubeflow_platform: {renderer: ...}).",
            )
    items.sort(key=key)
    for before, after in zip(items, items[1:], strict=False):
        if key(before) == key(after):
            raise BootstrapError(f"{what} renders {' '.join(filter(None, key(after)))} twice.", fix="Take another source.")
    return items


def split(items: list[Json]) -> tuple[list[Json], list[Json]]:
    """The CustomResourceDefinitions, and all others."""
    return [item for item in items if item["kind"] == CRD], [item for item in items if item["kind"] != CRD]


def key(item: Json) -> tuple[str, str, str, str]:
    """What tells an object from others: group, kind, namespace, name."""
    metadata = item["metadata"]
    group = item["apiVersion"].partition("/")[0] if "/" in item["apiVersion"] else ""
    return group, item["kind"], metadata.get("namespace") or "", metadata["name"]


def _without_hash(item: Json, generated: Collection[str]) -> str | None:
    match = _HASH.fullmatch(item["metadata"]["name"]) if item["kind"] in _HASHED and item["apiVersion"] == "v1" else None
    return match["name"] if match and any(name in match["name"] for name in generated) else None


def _renamed(value: t.Any, names: dict[str, str]) -> t.Any:
    """With each text that is such a name replaced: kustomize writes it wherever an object refers to one, alone."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {field: _renamed(part, names) for field, part in value.items()}
    return [_renamed(part, names) for part in value] if isinstance(value, list) else value


def _drop_variables(item: Json) -> None:
    """Take out annotations with a variable of kustomize in them that the component alone does not define: nobody would ever fill it in."""
    annotations = item["metadata"].get("annotations")
    if isinstance(annotations, dict):
        for name in [name for name, text in annotations.items() if isinstance(text, str) and _VARIABLE.search(text)]:
            del annotations[name]
        if not annotations:
            del item["metadata"]["annotations"]
