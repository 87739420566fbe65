# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The components of an application, their parameters and modules."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError
from . import component, packages, params, prototypes, record, three_way_merge
from .app_builder import Build

EXTENSIONS = (".jsonnet", ".yaml", ".json")
"""Files of components."""


def add(build: Build) -> None:
    """The files of the components, and those of their parameters, module by module."""
    removed_folders = packages.undeclared_folders(build)
    known, errors = prototypes.collect({path: text for path, text in build.files.items() if not path.startswith(removed_folders)})
    build.prototypes = {
        name: prototypes.find(entry["prototype"], known, errors)
        for name, entry in build.declaration["components"].items()
        if entry["prototype"]
    }
    build.written["components"] = {}
    last = build.last.get("components", {})
    names = [*build.declaration["components"], *last]
    modules = dict.fromkeys(
        ["", *build.declaration["modules"], *build.last.get("globals", {}), *(component.module(name) for name in names)]
    )
    for module in modules:
        path = params.path(module)
        text = build.files.get(path, params.NEW)
        text = _globals(build, module, text)
        text = _components(build, module, text)
        left = any(file.startswith(f"components/{module}/") and file != path for file in build.files)
        declared = (
            not module
            or module in build.declaration["modules"]
            or any(component.module(name) == module for name in build.declaration["components"])
        )
        if declared or left or params.read(text, path) or params.read_globals(text, path):
            build.files[path] = text
        else:
            build.files.pop(path, None)


def literals(build: Build, name: str, parameters: Mapping[str, t.Any], where: str) -> dict[str, str]:
    """Values for some parameters of a component as Jsonnet literals, checked where its prototype declares them."""
    if name in build.prototypes:
        return prototypes.declared_values(build.prototypes[name], name, parameters)
    if name not in build.declaration["components"]:
        known = ", ".join(build.declaration["components"]) or "none"
        raise BootstrapError(f"Declaration: {where}: there is no component '{name}'.", fix=f"Components: {known}.")
    return three_way_merge.as_literals(parameters, f"{where}.{name}")


def _globals(build: Build, module: str, text: str) -> str:
    """The global parameters of a module."""
    entry = build.declaration["modules"].get(module, {}) if module else build.declaration
    planned = three_way_merge.as_literals(entry.get("globals", {}), f"modules.{module}.globals" if module else "globals")
    last = build.last.get("globals", {}).get(module, {})
    if not (planned or last):
        return text
    path = params.path(module)
    merged = three_way_merge.literals(planned, params.read_globals(text, path), last)
    build.kept += [{"module": module or "/", **entry} for entry in merged.kept]
    if merged.written:
        build.written.setdefault("globals", {})[module] = merged.written
    return params.update_globals(text, merged.new, merged.drop, path)


def _components(build: Build, module: str, text: str) -> str:
    """The components of a module; returns its file of parameters."""
    path = params.path(module)
    current = params.read(text, path)
    last: dict[str, t.Any] = build.last.get("components", {})
    new: dict[str, dict[str, str]] = {}
    drop: dict[str, list[str]] = {}
    for name, entry in build.declaration["components"].items():
        if component.module(name) != module:
            continue
        plain = component.plain_name(name)
        prototype = build.prototypes.get(name)
        before = last.get(name, {})
        if prototype:
            own = current.get(plain, {}).keys() - before.get("parameters", {}).keys()
            planned = prototypes.values(prototype, name, entry["parameters"], existing=own)
        else:
            planned = literals(build, name, entry["parameters"], "components")
        merged = three_way_merge.literals(planned, current.get(plain, {}), before.get("parameters", {}))
        build.kept += [{"component": name, **item} for item in merged.kept]
        if plain not in current or merged.new:
            new[plain] = merged.new
        drop[plain] = merged.drop
        build.written["components"][name] = {
            **_file(build, name, *(component.from_prototype(name, prototype) if prototype else component.as_declared(name, entry)), before),
            "parameters": merged.written,
            **({"prototype": prototype.name} if prototype else {}),
        }
    undeclared = [name for name in last if name not in build.declaration["components"] and component.module(name) == module]
    remove = [
        component.plain_name(name) for name in undeclared if _retire(build, name, last[name], current.get(component.plain_name(name)))
    ]
    return params.update(text, new, drop=drop, remove=remove, file=path)


def _file(build: Build, name: str, path: str, text: str, last: Mapping[str, t.Any]) -> dict[str, str]:
    """Write a component's file, unless the user changed it; returns its path and digest as written."""
    before = last.get("file", path)
    current = build.files.get(before)
    if current is not None and not (before == path and current == text) and record.digest(current) != last.get("digest"):
        build.kept.append({"component": name, "file": before, "reason": "It was changed by hand."})
        return {key: last[key] for key in ("digest", "file") if key in last}
    if before != path:
        build.files.pop(before, None)
    files = (f"components/{name}{extension}" for extension in EXTENSIONS)
    other = next((file for file in files if file != path and file in build.files), None)
    if other:
        raise BootstrapError(
            f"Component '{name}': {other} already exists, not by this collection; two files can't be one component.",
            fix="Remove or rename it, or declare the component by another name.",
        )
    build.files[path] = text
    return {"digest": record.digest(text), "file": path}


def _retire(build: Build, name: str, last: Mapping[str, t.Any], current: dict[str, t.Any] | None) -> bool:
    """Take out a component that is no longer declared; where the user changed it, it stays and is no longer ours."""
    path = last.get("file", f"components/{name}.jsonnet")
    file = build.files.get(path)
    changed = file is not None and record.digest(file) != last.get("digest")
    if changed or (current is not None and not three_way_merge.same(current, last.get("parameters"))):
        build.kept.append({"component": name, "file": path, "reason": "It is no longer declared, but was changed by hand."})
        return False
    build.files.pop(path, None)
    return True
