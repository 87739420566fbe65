# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries: folders of packages. Private to the collection."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlparse

from ..errors import BootstrapError
from . import documents

EMBEDDED = "embedded"
# A package of Kubeflow v0.1 to v0.4 has less than 100 files and 1 MiB; these bounds only keep out what isn't a package.
MAX_FILES = 5_000
MAX_BYTES = 64 * 2**20


def uri(name: str, declared: str) -> str:
    """What app.yaml says: the text as declared, as ks keeps it; for the embedded registry the copy in the application."""
    if declared == EMBEDDED:
        return f"./vendor/{name}"
    return unquote(urlparse(declared).path) if declared.startswith("file://") else declared


def folder(declared: str, application: Path) -> Path:
    """Where a registry lies on disk; a relative one is relative to the application."""
    if declared == EMBEDDED:
        embedded = Path(__file__).parents[3] / "registry"
        if not (embedded / "registry.yaml").is_file():
            raise BootstrapError(
                "The embedded registry is not here: a module that is sent to another host comes without it.",
                fix="Run this task on the controller (connection: local, no become), or name a registry folder that is on that host.",
            )
        return embedded
    if "://" in declared and not declared.startswith("file://"):
        raise BootstrapError(f"The registry {declared} is not a folder.", fix="Give a folder, or 'embedded'.")
    return application / uri("", declared)


def read(root: Path, packages: Collection[str], name: str) -> dict[str, str]:
    """`registry.yaml` and every file of some packages: path below the registry to text. Raises BootstrapError."""
    if not root.is_dir():
        raise BootstrapError(f"Registry '{name}': there is no folder {root}.", fix="Correct its uri.")
    files = {"registry.yaml": _text(root / "registry.yaml", name)}
    known = _libraries(files["registry.yaml"], str(root / "registry.yaml"))
    for package in packages:
        parts = root / package / "parts.yaml"
        if not parts.is_file():
            there = sorted({*known, *(entry.parent.name for entry in root.glob("*/parts.yaml"))})
            raise BootstrapError(
                f"Registry '{name}' has no package '{package}': there is no {parts}.", fix=f"Packages: {', '.join(there) or 'none'}."
            )
        files.update(_package(root, package, name))
        check_parts(files[f"{package}/parts.yaml"], str(parts))
    return files


def _package(root: Path, package: str, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    size = 0
    inside = root.resolve()
    for parent, folders, names in os.walk(root / package, onerror=_unreadable):
        folders[:] = sorted(set(folders) - {"__pycache__"})  # Python leaves it beside a script that somebody ran
        for entry in sorted(names):
            path = Path(parent) / entry
            if not path.resolve().is_relative_to(inside) or not path.is_file():
                raise BootstrapError(f"Registry '{name}': {path} is not a file inside it.", fix="Take it out of the package.")
            found[path.relative_to(root).as_posix()] = text = _text(path, name)
            size += len(text)
            if len(found) > MAX_FILES or size > MAX_BYTES:
                raise BootstrapError(
                    f"Registry '{name}': package '{package}' has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB.",
                    fix="Name the right folder.",
                )
    return found


def _unreadable(error: OSError) -> t.NoReturn:
    raise BootstrapError(f"Can't read {error.filename}: {error.strerror}.", fix="Give this user the right to read it.") from None


def _text(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BootstrapError(
            f"Registry '{name}': can't read {path}: {error.strerror}.", fix="Name the folder of a ksonnet registry."
        ) from None


def _libraries(text: str, file: str) -> dict[str, t.Any]:
    """The packages that a registry.yaml names (ks 0.10.0 takes apiVersion 0.1 and 0.1.0)."""
    spec = documents.load_mapping(text, file)
    _expect(spec, "apiVersion", ("0.1", "0.1.0", 0.1), file)
    _expect(spec, "kind", ("ksonnet.io/registry",), file)
    libraries = spec.get("libraries") or {}
    if not isinstance(libraries, dict):
        raise BootstrapError(f"{file}: libraries: a mapping is expected, not {documents.kind(libraries)}.", fix="Put the file right.")
    return libraries


def check_parts(text: str, file: str) -> None:
    """Raise BootstrapError unless it is a parts.yaml of the version that ks 0.10.0 takes."""
    spec = documents.load_mapping(text, file)
    _expect(spec, "apiVersion", ("0.0.1",), file)
    _expect(spec, "kind", ("ksonnet.io/parts",), file)
    if not isinstance(spec.get("name"), str):
        raise BootstrapError(f"{file}: name: text is expected, not {documents.kind(spec.get('name'))}.", fix="Put the file right.")


def _expect(spec: dict[str, t.Any], field: str, allowed: tuple[t.Any, ...], file: str) -> None:
    if spec.get(field) not in allowed:
        raise BootstrapError(
            f"{file}: {field}: {allowed[0]} is expected, not {spec.get(field)!r}.", fix="Name a registry that ks 0.10 can read."
        )
