# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries: folders of packages."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import unquote, urlparse

from ..errors import BootstrapError
from ..fetch import archive, github
from ..fetch.sources import Contents, Files, Pin, Sources, named
from ..files import read_bounded
from ..formats import yaml_documents
from ..platform import contents as platform
from . import bundle, remote, specs
from .specs import check_parts

__all__ = [
    "EMBEDDED",
    "FS",
    "GITHUB",
    "PLATFORM",
    "Contents",
    "Pin",
    "Sources",
    "check_parts",
    "contents",
    "folder",
    "protocol",
    "read",
    "spec_cache",
    "uri",
]
EMBEDDED = "embedded"
FS, GITHUB, PLATFORM = "fs", "github", "platform"
# A package of Kubeflow v0.1 to v0.4 has less than 100 files and 1 MiB; these bounds only keep out what isn't a package.
MAX_FILES = 5_000
MAX_BYTES = 64 * 2**20


def protocol(entry: Mapping[str, t.Any]) -> str:
    """``fs``, ``github`` or ``platform``: as declared, else derived from the uri. Only github.com can be derived; an Enterprise host
    and a release of the platform must be declared."""
    declared = entry.get("protocol")
    if declared and declared not in (FS, GITHUB, PLATFORM):
        raise BootstrapError(
            f"The protocol of a registry is {FS}, {GITHUB} or {PLATFORM}, not {declared!r}.", fix="Correct it, or leave it out."
        )
    return str(declared or (GITHUB if github.is_github(entry["uri"]) else FS))


def uri(name: str, declared: str, protocol_: str = "") -> str:
    """The uri in app.yaml: for a folder the text as declared, as ks keeps it; for the embedded registry and a release of the platform
    the copy in the application.

    For GitHub without scheme, ``www.`` and slash at the end: ks 0.10.0 accepts these, but then vendors packages in a wrong folder.
    """
    if declared == EMBEDDED or protocol_ == PLATFORM:
        return f"./vendor/{name}"
    if protocol({"protocol": protocol_, "uri": declared}) == GITHUB:
        return github.parse(declared).uri
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
        raise BootstrapError(
            f"The registry {declared} is not a folder.", fix="Give a folder, or 'embedded'; for GitHub Enterprise declare protocol: github."
        )
    # Lexically, as ks does it: the application may not exist yet.
    return Path(os.path.normpath(application / uri("", declared, FS)))


def read(root: Path, packages: Collection[str], name: str) -> dict[str, str]:
    """`registry.yaml` and every file of some packages: path below the registry to text. Raises BootstrapError."""
    if not root.is_dir():
        raise BootstrapError(f"Registry '{name}': there is no folder {root}.", fix="Correct its uri.")
    files = {"registry.yaml": _text(root / "registry.yaml", name)}
    known = specs.libraries(files["registry.yaml"], str(root / "registry.yaml"))
    for package in packages:
        parts = root / package / "parts.yaml"
        if not parts.is_file():
            existing = sorted({*known, *(entry.parent.name for entry in root.glob("*/parts.yaml"))})
            raise BootstrapError(
                f"Registry '{name}' has no package '{package}': there is no {parts}.", fix=f"Packages: {', '.join(existing) or 'none'}."
            )
        files.update(_package(root, package, name))
        check_parts(files[f"{package}/parts.yaml"], str(parts))
    return files


def _package(root: Path, package: str, name: str) -> dict[str, str]:
    files: dict[str, str] = {}
    size = 0
    inside = root.resolve()
    for parent, folders, names in os.walk(root / package, onerror=_unreadable):
        folders[:] = sorted(set(folders) - {"__pycache__"})  # Python leaves it beside a script that was run
        for entry in sorted(names):
            path = Path(parent) / entry
            if not path.resolve().is_relative_to(inside) or not path.is_file():
                raise BootstrapError(f"Registry '{name}': {path} is not a file inside it.", fix="Take it out of the package.")
            files[path.relative_to(root).as_posix()] = text = _text(path, name)
            size += len(text)
            if len(files) > MAX_FILES or size > MAX_BYTES:
                raise BootstrapError(
                    f"Registry '{name}': package '{package}' has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB.",
                    fix="Name the right folder.",
                )
    return files


def _unreadable(error: OSError) -> t.NoReturn:
    raise BootstrapError(f"Can't read {error.filename}: {error.strerror}.", fix="Give this user the right to read it.") from None


def _text(path: Path, name: str) -> str:
    try:
        return read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BootstrapError(
            f"Registry '{name}': can't read {path}: {error.strerror}.", fix="Name the folder of a ksonnet registry."
        ) from None


# --- several registries, wherever they are


def contents(
    registries: Mapping[str, Mapping[str, t.Any]], packages: Mapping[str, Mapping[str, t.Any]], application: Path, sources: Sources
) -> dict[str, Contents]:
    """The contents of the declared registries, by name, with the declared packages.

    ``registries.<name>``: ``uri``, ``protocol`` (fs, github or platform; the first two are derived from the uri where it is missing),
    ``sha256`` (``Contents.digest`` must be this; GitHub only), ``source`` and ``renderer`` (``platform.contents``). ``packages.<name>``:
    ``registry``, ``package`` (its name in the registry; the same if missing), ``version`` (a ref that the package is taken from in place
    of the registry's; GitHub only). Fields may be None or "". ``application``: the folder that relative paths start from.

    A pinned commit is used as it is; what is cached needs no network. With a bundle no request goes to GitHub, and a folder that does
    not exist is taken from the bundle. Raises BootstrapError.
    """
    packed = bundle.read(sources.bundle) if sources.bundle else None
    hub = github.GitHubClient(sources)
    result: dict[str, Contents] = {}
    located: dict[str, remote.GitHubRegistry] = {}
    for name, entry in registries.items():
        requested = _requested(name, entry, packages)
        if protocol(entry) == PLATFORM:
            result[name] = _release(packed, name, entry, requested, application, sources)
        elif protocol(entry) == GITHUB:
            try:
                if packed:
                    result[name] = _bundled(packed, name, entry, requested, sources)
                else:
                    located[name] = remote.locate(hub, entry, requested, sources.pinned.get(name))
            except BootstrapError as error:
                named(name, error)
        else:
            result[name] = _local(packed, name, entry, requested, application)
    trees = remote.load(hub, sources, located)
    result.update({name: remote.assemble(name, each, trees) for name, each in located.items()})
    return {name: result[name] for name in registries}


def pinned(contents: Mapping[str, Contents]) -> dict[str, dict[str, str]]:
    """The commit (``commitSha``, ``refSpec``) and checksum (``sha256``) of the registries on GitHub, by name."""
    return {name: {**each.git, "sha256": each.digest or ""} for name, each in contents.items() if each.git}


def spec_cache(name: str, contents: Contents) -> Files:
    """The file below ``.ksonnet/registries`` in which ks 0.10.0 caches a GitHub registry; {} for others.

    Path in the application to text: registry.yaml, in ks's own order, and the commit (pkg/registry/github.go, schema.go of ks 0.10.0).
    """
    if not contents.git:
        return {}
    libraries = specs.libraries(contents.files["registry.yaml"], f"registry.yaml of '{name}'")
    spec = {
        "apiVersion": "0.1.0",
        "gitVersion": {"commitSha": contents.git["commitSha"], "refSpec": contents.git["refSpec"]},
        "kind": "ksonnet.io/registry",
        "libraries": {key: {field: _plain(entry, field) for field in ("path", "version")} for key, entry in libraries.items()} or None,
    }
    return {f".ksonnet/registries/{name}/{contents.git['commitSha']}.yaml": yaml_documents.dump(spec)}


def _plain(entry: t.Any, field: str) -> str:
    value = entry.get(field) if isinstance(entry, dict) else None
    return "" if value is None else str(value)


def _requested(name: str, entry: Mapping[str, t.Any], packages: Mapping[str, Mapping[str, t.Any]]) -> remote.Packages:
    """The packages of one registry, by declared name. A package has one place in vendor/, so it can't have two versions."""
    result: remote.Packages = {}
    for package, spec in packages.items():
        if spec["registry"] != name:
            continue
        requested = remote.Package(str(spec.get("package") or package), str(spec.get("version") or ""))
        archive.check_path(requested.folder, f"Registry '{name}', package '{package}'")
        if requested.version and protocol(entry) != GITHUB:
            raise BootstrapError(
                f"Registry '{name}': package '{package}' has a version, but the registry is a folder.", fix="Leave the version out."
            )
        other = next((key for key, each in result.items() if each.folder == requested.folder and each.version != requested.version), None)
        if other:
            raise BootstrapError(
                f"Registry '{name}': packages '{other}' and '{package}' are both {requested.folder}, at two versions.", fix="Leave one out."
            )
        result[package] = requested
    return result


def _local(packed: bundle.Bundle | None, name: str, entry: Mapping[str, t.Any], requested: remote.Packages, application: Path) -> Contents:
    root = folder(entry["uri"], application)
    if entry["uri"] == EMBEDDED:
        return _embedded(root, name, [each.folder for each in requested.values()])
    if packed and not root.is_dir():
        return _from_bundle(packed, name, uri(name, entry["uri"], FS), requested)
    return Contents(read(root, [each.folder for each in requested.values()], name))


def _release(
    packed: bundle.Bundle | None, name: str, entry: Mapping[str, t.Any], requested: remote.Packages, application: Path, sources: Sources
) -> Contents:
    """A release of the platform: its packages from the bundle, else from its source."""
    if packed and name in packed.contents:
        contents = _from_bundle(packed, name, uri(name, entry["uri"], PLATFORM), requested)
        platform.check_release(contents.files, entry["uri"], f"The bundle {packed.path}")
        return contents
    return platform.contents(name, entry, [each.folder for each in requested.values()], application, sources)


def _embedded(root: Path, name: str, requested: Collection[str]) -> Contents:
    """The embedded registry, with the packages that are not installed: the application has all of it, for `ks pkg install`."""
    files = read(root, requested, name)
    others = [package for package in specs.libraries(files["registry.yaml"], "registry.yaml") if package not in requested]
    return Contents(files, others={path: text for path, text in read(root, others, name).items() if path not in files})


# --- a bundle


def _from_bundle(packed: bundle.Bundle, name: str, uri_: str, requested: remote.Packages) -> Contents:
    versions = {package: each.version for package, each in requested.items()}
    return packed.registry(name, uri_, versions, {package: each.folder for package, each in requested.items()})


def _bundled(packed: bundle.Bundle, name: str, entry: Mapping[str, t.Any], requested: remote.Packages, sources: Sources) -> Contents:
    place = github.parse(entry["uri"])
    contents = _from_bundle(packed, name, place.uri, requested)
    commit = (contents.git or {}).get("commitSha")
    pin = remote.pin_for(sources.pinned.get(name), place)
    if pin and pin.commit != commit:
        raise BootstrapError(
            f"The bundle {packed.path} has commit {commit}, but app.yaml pins {pin.commit}.",
            fix="Write the bundle from this application's registries, or upgrade the registry to the bundle's commit.",
        )
    remote.check_digest(contents.digest or "", *remote.expected_digest(entry, pin), f"the bundle {packed.path}")
    return contents
