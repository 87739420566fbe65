# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bundles: all that an application needs of its registries, in one archive file."""

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

    def registry(self, name: str, uri: str, packages: Mapping[str, str], folders: Mapping[str, str]) -> Contents:
        """The contents of a registry for some packages: declared name to version ("" for that of the registry).

        ``folders``: declared name to the package's name in the registry. Raises BootstrapError that names what the bundle lacks.
        """
        contents = self.contents.get(name)
        if contents is None:
            raise BootstrapError(f"The bundle {self.path} has no registry '{name}', only {_list(self.contents)}.", fix=_FIX)
        if self.uris[name] != uri:
            raise BootstrapError(f"Registry '{name}': the bundle {self.path} has {self.uris[name]}, not {uri}.", fix=_FIX)
        for package, version in packages.items():
            git = contents.packages.get(package)
            if f"{folders[package]}/parts.yaml" not in contents.files or (git is None and contents.git is not None):
                raise BootstrapError(f"Registry '{name}': the bundle {self.path} has no package '{package}'.", fix=_FIX)
            ref = version or (contents.git or {}).get("refSpec", "")
            if git is not None and git["refSpec"] != ref:
                raise BootstrapError(
                    f"Registry '{name}': the bundle {self.path} has package '{package}' at {git['refSpec']}, not {ref}.", fix=_FIX
                )
        prefixes = tuple(f"{folders[package]}/" for package in packages)
        files = {path: text for path, text in contents.files.items() if "/" not in path or path.startswith(prefixes)}
        return Contents(
            files,
            contents.git,
            contents.digest,
            {package: contents.packages[package] for package in packages if package in contents.packages},
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
    """A bundle as ``pack`` writes it. Raises BootstrapError for anything else."""
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
        bundle = Bundle(path, {}, {})
        for name, entry in entries.items():
            prefix = f"registries/{name}/"
            own = {below.removeprefix(prefix): text for below, text in files.items() if below.startswith(prefix)}
            whole = archive.digest(own) == entry["content"]
            bundle.uris[name] = str(entry["uri"])
            bundle.contents[name] = Contents(own, entry["git"], entry["digest"], dict(entry["packages"]))
            if not whole:
                raise BootstrapError(
                    f"The bundle {path}: the files of registry '{name}' were changed.", fix="Copy or write the bundle again."
                )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BootstrapError(f"{path} is not a bundle of this collection.", fix="Name the file of a bundle.") from None
    if version != VERSION:
        raise BootstrapError(f"The bundle {path} is of version {version!r}, not {VERSION}.", fix=_FIX)
    return bundle


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
