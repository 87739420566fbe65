# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environments of an application: their entries in app.yaml, their files, what they override."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from . import component, declaration, library, overrides, record, three_way_merge
from .app_builder import Build, Files
from .components import literals

BASE = """local components = std.extVar("__ksonnet/components");
components + {
  // Insert user-specified overrides here.
}
"""
FILES = {
    "main.jsonnet": r"""local base = import "base.libsonnet";
local k = import "k.libsonnet";

base + {
  // Insert user-specified overrides here. For example if a component is named \"nginx-deployment\", you might have something like:\n")
  // "nginx-deployment"+: k.deployment.mixin.metadata.labels({foo: "bar"})
}
""",
    "params.libsonnet": overrides.NEW,
    "globals.libsonnet": overrides.NEW_GLOBALS,
}


def add(build: Build) -> None:
    """The entries, and the files that do not exist yet."""
    entries = {}
    for name, entry in build.declaration["environments"].items():
        entries[name] = {
            "destination.namespace": entry["namespace"],
            "destination.server": entry["server"],
            "k8sVersion": entry["k8sVersion"],
            "path": name,
            **({"targets": entry["targets"]} if entry["targets"] else {}),
        }
    build.merge("environments", entries)
    build.files.setdefault("environments/base.libsonnet", BASE)
    for name in entries:
        for file, text in FILES.items():
            build.files.setdefault(_file(build, name, file), text)
        _library(build, str(build.app["environments"][name].get("k8sVersion", declaration.K8S_VERSION)))


def _library(build: Build, version: str) -> None:
    """The Kubernetes library; one that the user has stays."""
    current = {path: text for path, text in build.files.items() if path.startswith(f"lib/{version}/")}
    ours, last = library.files(version), build.last.get("lib", {}).get(version)
    if not current or current == ours or _digest(current) == last:
        build.files = {**{path: text for path, text in build.files.items() if path not in current}, **ours}
        last = _digest(ours)
    if last:
        build.written.setdefault("lib", {})[version] = last


def _digest(files: Files) -> str:
    return record.digest(*(text for path in sorted(files) for text in (path, files[path])))


def _file(build: Build, name: str, file: str) -> str:
    return f"environments/{build.app['environments'][name].get('path', name)}/{file}"


def override(build: Build) -> None:
    """The overrides of the environments; the components are added before."""
    undeclared = [component.plain_name(name) for name in build.last.get("components", {}) if name not in build.declaration["components"]]
    for name, entry in build.declaration["environments"].items():
        written: dict[str, t.Any] = {}
        last = build.last.get("overrides", {}).get(name, {})
        planned = {
            component.plain_name(component_name): literals(build, component_name, parameters, f"environments.{name}.parameters")
            for component_name, parameters in entry["parameters"].items()
        }
        _parameters(build, name, planned, last.get("parameters", {}), written, undeclared)
        _globals(
            build, name, three_way_merge.as_literals(entry["globals"], f"environments.{name}.globals"), last.get("globals", {}), written
        )
        if written:
            build.written.setdefault("overrides", {})[name] = written


def _parameters(
    build: Build,
    name: str,
    planned: Mapping[str, Mapping[str, str]],
    last: Mapping[str, t.Any],
    written: dict[str, t.Any],
    undeclared: list[str],
) -> None:
    path = _file(build, name, "params.libsonnet")
    if not (planned or last or undeclared):
        return
    current = overrides.read(build.files[path], path)
    new, drop = {}, {}
    for component_name in {**planned, **last}:
        merged = three_way_merge.literals(planned.get(component_name, {}), current.get(component_name, {}), last.get(component_name, {}))
        new[component_name], drop[component_name] = merged.new, merged.drop
        build.kept += [{"environments": name, "component": component_name, **entry} for entry in merged.kept]
        if merged.written:
            written.setdefault("parameters", {})[component_name] = merged.written
    remove = [
        component_name
        for component_name in undeclared
        if component_name not in planned and three_way_merge.same(current.get(component_name, {}), last.get(component_name, {}))
    ]
    build.files[path] = overrides.update(build.files[path], new, drop=drop, remove=remove, file=path)


def _globals(build: Build, name: str, planned: Mapping[str, str], last: Mapping[str, t.Any], written: dict[str, t.Any]) -> None:
    path = _file(build, name, "globals.libsonnet")
    if not (planned or last):
        return
    merged = three_way_merge.literals(planned, overrides.read_globals(build.files[path], path), last)
    build.kept += [{"environments": name, **entry} for entry in merged.kept]
    if merged.written:
        written["globals"] = merged.written
    build.files[path] = overrides.update_globals(build.files[path], merged.new, merged.drop, path)


def retire(build: Build) -> None:
    """Take out the environments that are no longer declared, unless the user changed them."""
    build.retire("environments", lambda name: _untouched(build, name))


def _untouched(build: Build, name: str) -> list[str] | None:
    """The files of an environment, where they are as they were written; None where the user changed one."""
    last = build.last.get("overrides", {}).get(name, {})
    paths = {file: _file(build, name, file) for file in FILES}
    text = {file: build.files.get(path, FILES[file]) for file, path in paths.items()}
    for component_name, parameters in last.get("parameters", {}).items():
        current = overrides.read(text["params.libsonnet"], paths["params.libsonnet"]).get(component_name, {})
        if not three_way_merge.same(current, parameters):
            return None
    path = paths["params.libsonnet"]
    emptied = overrides.update(text["params.libsonnet"], {}, drop={}, remove=list(last.get("parameters", {})), file=path)
    if emptied not in (overrides.NEW, overrides.EMPTIED):
        return None
    globals_there = overrides.read_globals(text["globals.libsonnet"], paths["globals.libsonnet"])
    emptied = overrides.update_globals(text["globals.libsonnet"], {}, list(last.get("globals", {})), paths["globals.libsonnet"])
    if emptied != overrides.NEW_GLOBALS or not three_way_merge.same(globals_there, last.get("globals", {})):
        return None
    return list(paths.values()) if text["main.jsonnet"] == FILES["main.jsonnet"] else None
