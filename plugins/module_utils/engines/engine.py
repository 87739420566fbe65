# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which engine deploys, and why.

``native`` is that of this collection, ``ks`` the command; ``auto`` chooses ks if it is installed and can deploy this application to
this cluster.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..ks.command import KsBinary
from ..ksonnet.jsonnet.ks_printer_limits import problems
from ..kube.discovery import Served

_INSTALL = "Install it with the role kubeflow.bootstrap.ks, or name it with kubeflow_ks_binary_path."


@dataclass(frozen=True)
class EngineChoice:
    """``engine``: ``native`` or ``ks``. ``reason``: a sentence for the user. ``ks``: the command, if it was chosen."""

    engine: str
    reason: str
    ks: KsBinary | None = None


def choose(
    requested: str, find_binary: Callable[[], KsBinary | None], obstacles: t.Iterable[Callable[[KsBinary], str | None]]
) -> EngineChoice:
    """The engine. ``obstacles``: why ks can't do this, the cheapest first; only for ``auto``.

    Raises BootstrapError if ks is requested and none can be used.
    """
    if requested == "native":
        return EngineChoice("native", "It was requested.")
    binary = find_binary()
    if requested == "ks":
        if binary is None:
            raise BootstrapError("The command ks is not installed on this host.", fix=_INSTALL)
        if binary.why:
            raise BootstrapError(binary.why, fix=_INSTALL)
        return EngineChoice("ks", "It was requested.", binary)
    if binary is None:
        return EngineChoice("native", "The command ks is not installed on this host.")
    if binary.why:
        return EngineChoice("native", binary.why)
    for obstacle in obstacles:
        try:
            why = obstacle(binary)
        except BootstrapError as error:  # the native engine reports it again if it concerns both
            why = error.message.rstrip(".")
        if why:
            return EngineChoice("native", f"ks {binary.version} is not taken: {why}.")
    return EngineChoice("ks", f"{binary.path} is ks {binary.version}, and can do this on the cluster at hand.", binary)


def library_missing(files: Mapping[str, str], version: str) -> str | None:
    """ks asks GitHub for a Kubernetes library if the application has none."""
    has = any(path.startswith(f"lib/{version}/") for path in files)
    return None if has else f"the application has no Kubernetes library in lib/{version}"


def unserved(rendered: Mapping[str, t.Iterable[Json]], served: Served) -> str | None:
    """ks 0.10.0 stops at the first object in a version that Kubernetes 1.35 does not serve; native migrates it.

    Between a CRD and its custom resources ks does not wait if they are in one component; if they are in two, we do.
    ``rendered``: by component.
    """
    component_of: dict[tuple[str, str], str] = {}
    for component, items in rendered.items():
        for item in items:
            if item["kind"] == "CustomResourceDefinition":
                spec = item.get("spec") or {}
                component_of[str(spec.get("group")), str((spec.get("names") or {}).get("kind"))] = component
    for component, items in rendered.items():
        for item in items:
            version, kind = item["apiVersion"], item["kind"]
            if kind in served.get(version, {}):
                continue
            defined_in = component_of.get((version.rpartition("/")[0], kind))
            if defined_in == component:
                return (
                    f"the CustomResourceDefinition of {kind} and a {kind} come together, and ks does not wait for the one before the other"
                )
            if defined_in is None:
                return f"the cluster serves no {kind} in {version}"
    return None


def unprintable(files: Mapping[str, str]) -> str | None:
    """The first place that the printer of ks 0.10.0 may get wrong, and why."""
    for path in sorted(files):
        if path.startswith("components/") and path.endswith((".jsonnet", "params.libsonnet")):
            for problem in problems(files[path]):
                return f"{path}, line {problem.line}: {problem.reason}"
    return None


def rendering_difference(shown: t.Iterable[Json], rendered: t.Iterable[Json]) -> str | None:
    """The first object that ks renders differently, as the printer of ks 0.10.0 drops parentheses and doubles escapes without an error.

    The order of components is random with ks.
    """
    by_ks, by_jsonnet = sorted(map(_canonical, shown)), sorted(map(_canonical, rendered))
    if by_ks == by_jsonnet:
        return None
    different = next((text for text in by_jsonnet if text not in by_ks), None)
    if different is None:
        return "it shows objects that are not the application's"
    item = json.loads(different)
    return f"it renders {item['kind']} {(item.get('metadata') or {}).get('name')} differently than jsonnet does"


def _canonical(item: Json) -> str:
    return json.dumps(_numbers(item), sort_keys=True)


def _numbers(value: t.Any) -> t.Any:
    """Integers for floats without a fraction."""
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
