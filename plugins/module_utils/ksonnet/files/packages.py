# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The registries and packages of an application: their entries in app.yaml, and their vendored files."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping

from ...fetch.sources import Contents, Pin
from ...formats.jsonnet_lexer import imports
from ...registries import registry
from . import app_yaml, record
from .app_builder import Build, Files

# Files in which the user may import a package.
_OWN = ("components/", "environments/")
_BESIDE = ("registry.yaml", "LICENSE")
"""Files of a registry beside its packages."""


def add(build: Build, registries: Mapping[str, Contents]) -> None:
    """The entries, and the vendored files: packages are generated, and replaced whole."""
    declared_registries, declared_packages = build.declaration["registries"], build.declaration["packages"]
    build.merge("registries", {name: _entry(name, entry, registries[name]) for name, entry in declared_registries.items()})
    build.merge(
        "libraries",
        {
            name: {"gitVersion": _git(name, registries[entry["registry"]]), "name": name, "registry": entry["registry"]}
            for name, entry in declared_packages.items()
        },
    )
    build.written["packages"] = {}
    digests = {name: registries[name].digest for name in declared_registries if registries[name].digest}
    if digests:
        build.written["archives"] = digests
    for name, entry in declared_packages.items():
        root = f"vendor/{entry['registry']}/{entry['package']}/"
        contents = registries[entry["registry"]]
        last = build.last.get("packages", {}).get(name, {})
        if (
            last.get("folder") == root
            and last["digest"] != _digest(build.files, root)
            and any(path.startswith(root) for path in build.files)
        ):
            build.overwritten.append(root)
        for path in [path for path in build.files if path.startswith(root)]:
            del build.files[path]
        new = {f"vendor/{entry['registry']}/{path}": text for path, text in contents.files.items()}
        build.files.update({path: text for path, text in new.items() if path.startswith(root)})
        build.written["packages"][name] = {"digest": _digest(build.files, root), "folder": root}
    for name, entry in declared_registries.items():
        if registry.uri(name, entry["uri"], entry["protocol"]) == f"./vendor/{name}":
            beside = {path: text for path, text in registries[name].files.items() if path in _BESIDE}
            build.files.update({f"vendor/{name}/{path}": text for path, text in beside.items()})
        cached = registry.spec_cache(name, registries[name])
        for path in [path for path in build.files if cached and path.startswith(f".ksonnet/registries/{name}/")]:
            del build.files[path]
        build.files.update(cached)


def installed(current: Mapping[str, str], app: Mapping[str, t.Any]) -> Mapping[str, str]:
    """The files of an application without those packages of the embedded registry that were not installed."""
    shelves = tuple(f"vendor/{name}/" for name, entry in (app.get("registries") or {}).items() if entry.get("uri") == f"./vendor/{name}")
    if not shelves:
        return current
    retained = (*(f"{shelf}{file}" for shelf in shelves for file in _BESIDE), *_folders(app))
    return {path: text for path, text in current.items() if not path.startswith(shelves) or path.startswith(retained)}


def add_uninstalled(build: Build, registries: Mapping[str, Contents]) -> None:
    """The packages of the embedded registry that are not installed, so that `ks pkg install` finds them where app.yaml says."""
    folders = tuple(_folders(build.app))
    for name, entry in build.declaration["registries"].items():
        if entry["uri"] == registry.EMBEDDED:
            others = {f"vendor/{name}/{path}": text for path, text in registries[name].others.items()}
            build.files.update({path: text for path, text in others.items() if not path.startswith(folders)})


def _folders(app: Mapping[str, t.Any]) -> Iterator[str]:
    """The vendored folders of the libraries that app.yaml names."""
    for key, entry in (app.get("libraries") or {}).items():
        for package in sorted({key, str(entry.get("name") or key)}):
            yield f"vendor/{entry.get('registry')}/{package}/"


def pins(current: Files) -> dict[str, Pin]:
    """The commits that the application names for its registries, which count until another uri is declared."""
    app = app_yaml.read(current) if app_yaml.PATH in current else {}
    digests = record.read_written(current).get("archives", {})
    result = {}
    for name, entry in (app.get("registries") or {}).items():
        git = entry.get("gitVersion") or {}
        libraries = (app.get("libraries") or {}).items()
        of = {key: item["gitVersion"] for key, item in libraries if item.get("registry") == name and item.get("gitVersion")}
        if git.get("commitSha"):
            result[name] = Pin(str(entry.get("uri")), git["commitSha"], str(git.get("refSpec", "")), digests.get(name, ""), of)
    return result


def _entry(name: str, declared: Mapping[str, t.Any], contents: Contents) -> dict[str, t.Any]:
    protocol = registry.protocol(declared)
    # To ks, which knows no releases, a release is the folder that its packages were vendored into.
    ks_protocol = registry.FS if protocol == registry.PLATFORM else protocol
    entry = {"protocol": ks_protocol, "uri": registry.uri(name, declared["uri"], protocol)}
    return {**entry, "gitVersion": contents.git} if contents.git else entry


def _git(package: str, contents: Contents) -> dict[str, str] | None:
    return contents.packages.get(package, contents.git)


def undeclared_folders(build: Build) -> tuple[str, ...]:
    """The vendored folders of packages that are no longer declared."""
    return tuple(entry["folder"] for name, entry in build.last.get("packages", {}).items() if name not in build.declaration["packages"])


def retire(build: Build) -> None:
    """Take out the packages and registries that are no longer declared, unless the user changed or uses them."""
    build.retire("libraries", lambda name: _unused_package(build, name))
    build.retire("registries", lambda name: _unused_registry(build, name))


def _unused_package(build: Build, name: str) -> list[str] | None:
    entry = build.last["packages"][name]
    root = entry["folder"]
    own = [text for path, text in build.files.items() if path.startswith(_OWN) and path.endswith("sonnet")]
    used = any(root.removeprefix("vendor/") in each.path for text in own for each in imports(text))
    if used or _digest(build.files, root) != entry["digest"]:
        return None
    return [path for path in build.files if path.startswith(root)]


def _unused_registry(build: Build, name: str) -> list[str] | None:
    if any(entry.get("registry") == name for entry in (build.app.get("libraries") or {}).values()):
        return None
    beside = {f"vendor/{name}/{file}" for file in _BESIDE}
    return [path for path in build.files if path in beside or path.startswith(f".ksonnet/registries/{name}/")]


def _digest(files: Files, root: str) -> str:
    paths = sorted(path for path in files if path.startswith(root))
    return record.digest(*(text for path in paths for text in (path, files[path])))
