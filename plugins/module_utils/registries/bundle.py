# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bundles: all that an application needs of its registries, in one archive file. Private to the collection."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BootstrapError
from ..fetch import archive
from ..fetch.sources import Contents, Files, explain_os
from ..files import open_bounded

VERSION = "kubeflow.bootstrap/bundle/v1"
_INDEX = "bundle.json"
_FIX = "Write the bundle again where there is a network."


@dataclass(frozen=True)
class Bundle:
    """``uris``: by registry, as app.yaml has it. ``contents``: by registry."""

    path: Path
    uris: dict[str, str]
    contents: dict[str, Contents]

    def registry(self, name: str, uri: str, packages: Mapping[str, str], where: Mapping[str, str]) -> Contents:
        """What a registry gives to some packages: declared name to version ("" for that of the registry).

        ``where``: declared name to the package's name in the registry. Raises BootstrapError that names what the bundle lacks.
        """
        there = self.contents.get(name)
        if there is None:
            raise BootstrapError(f"The bundle {self.path} has no registry '{name}', only {_list(self.contents)}.", fix=_FIX)
        if self.uris[name] != uri:
            raise BootstrapError(f"Registry '{name}': the bundle {self.path} has {self.uris[name]}, not {uri}.", fix=_FIX)
        for package, version in packages.items():
            held = there.packages.get(package)
            if f"{where[package]}/parts.yaml" not in there.files or (held is None and there.git is not None):
                raise BootstrapError(f"Registry '{name}': the bundle {self.path} has no package '{package}'.", fix=_FIX)
            ref = version or (there.git or {}).get("refSpec", "")
            if held is not None and held["refSpec"] != ref:
                raise BootstrapError(
                    f"Registry '{name}': the bundle {self.path} has package '{package}' at {held['refSpec']}, not {ref}.", fix=_FIX
                )
        folders = tuple(f"{where[package]}/" for package in packages)
        files = {path: text for path, text in there.files.items() if "/" not in path or path.startswith(folders)}
        return Contents(
            files, there.git, there.digest, {package: there.packages[package] for package in packages if package in there.packages}
        )


def pack(contents: Mapping[str, Contents], uris: Mapping[str, str]) -> bytes:
    """A bundle; the same bytes for the same contents. ``uris``: by registry, as app.yaml has them (``registry.uri``)."""
    index: dict[str, t.Any] = {"apiVersion": VERSION, "registries": {}}
    files: Files = {}
    for name, entry in contents.items():
        index["registries"][name] = {
            "content": archive.digest(entry.files),
            "digest": entry.digest,
            "git": entry.git,
            "packages": entry.packages,
            "uri": uris[name],
        }
        files.update({f"registries/{name}/{below}": text for below, text in entry.files.items()})
    files[_INDEX] = json.dumps(index, indent=2, sort_keys=True) + "\n"
    return archive.pack(files, "bundle")


def read(path: Path) -> Bundle:
    """A bundle that ``pack`` made. Raises BootstrapError for anything else."""
    try:
        with open_bounded(path, archive.MAX_UNPACKED) as file:
            files = archive.unpack(file, [""], f"The bundle {path}")[""]
    except OSError as error:
        raise BootstrapError(f"The bundle {path} can't be read: {explain_os(error)}.", fix="Name the file of a bundle.") from None
    except archive.DamagedArchive as error:
        raise BootstrapError(error.message, fix="Copy or write the bundle again.") from None
    try:
        index = json.loads(files[_INDEX])
        version = index["apiVersion"]
        entries = index["registries"] if version == VERSION else {}
        found = Bundle(path, {}, {})
        for name, entry in entries.items():
            prefix = f"registries/{name}/"
            own = {below.removeprefix(prefix): text for below, text in files.items() if below.startswith(prefix)}
            whole = archive.digest(own) == entry["content"]
            found.uris[name] = str(entry["uri"])
            found.contents[name] = Contents(own, entry["git"], entry["digest"], dict(entry["packages"]))
            if not whole:
                raise BootstrapError(
                    f"The bundle {path}: the files of registry '{name}' were changed.", fix="Copy or write the bundle again."
                )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BootstrapError(f"{path} is not a bundle of this collection.", fix="Name the file of a bundle.") from None
    if version != VERSION:
        raise BootstrapError(f"The bundle {path} is of version {version!r}, not {VERSION}.", fix=_FIX)
    return found


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
