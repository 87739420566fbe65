# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which engine deploys, and why.

``native`` is ours, ``ks`` the command; ``auto`` takes ks where it is there and able to serve the application and the cluster at hand.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import BootstrapError
from ..ks.command import KsBinary
from ..ksonnet.jsonnet.ks_printer_limits import problems
from ..kube.discovery import Served

Json = dict[str, t.Any]

_INSTALL = "Install it with the role kubeflow.bootstrap.ks, or name it with kubeflow_ks."


@dataclass(frozen=True)
class EngineChoice:
    """``engine``: ``native`` or ``ks``. ``reason``: a sentence for the user. ``ks``: the command, where it was taken."""

    engine: str
    reason: str
    ks: KsBinary | None = None


def choose(wanted: str, find: Callable[[], KsBinary | None], hindrances: t.Iterable[Callable[[KsBinary], str | None]]) -> EngineChoice:
    """The engine. ``hindrances``: asked one after the other, cheapest first, why ks can't do this; only for ``auto``.

    Raises BootstrapError where ks is wanted and there is none that will do.
    """
    if wanted == "native":
        return EngineChoice("native", "It was asked for.")
    found = find()
    if wanted == "ks":
        if found is None:
            raise BootstrapError("The command ks is not installed on this host.", fix=_INSTALL)
        if found.why:
            raise BootstrapError(found.why, fix=_INSTALL)
        return EngineChoice("ks", "It was asked for.", found)
    if found is None:
        return EngineChoice("native", "The command ks is not installed on this host.")
    if found.why:
        return EngineChoice("native", found.why)
    for hindrance in hindrances:
        try:
            why = hindrance(found)
        except BootstrapError as error:  # what is wrong for native, too, that will say itself
            why = error.message.rstrip(".")
        if why:
            return EngineChoice("native", f"ks {found.version} is not taken: {why}.")
    return EngineChoice("ks", f"{found.path} is ks {found.version}, and can do this on the cluster at hand.", found)


def library_missing(files: Mapping[str, str], version: str) -> str | None:
    """ks asks GitHub for a Kubernetes library where the application has none."""
    has = any(path.startswith(f"lib/{version}/") for path in files)
    return None if has else f"the application has no Kubernetes library in lib/{version}"


def unserved(rendered: Mapping[str, t.Iterable[Json]], served: Served) -> str | None:
    """Against Kubernetes 1.35, ks 0.10.0 stopped at the first object of a version that the cluster does not serve; native migrates it.

    A CRD and a resource of its kind in one component: ks does not wait in between. In two, we do. ``rendered``: by component.
    """
    defined: dict[tuple[str, str], str] = {}
    for component, items in rendered.items():
        for item in items:
            if item["kind"] == "CustomResourceDefinition":
                spec = item.get("spec") or {}
                defined[str(spec.get("group")), str((spec.get("names") or {}).get("kind"))] = component
    for component, items in rendered.items():
        for item in items:
            version, kind = item["apiVersion"], item["kind"]
            if kind in served.get(version, {}):
                continue
            where = defined.get((version.rpartition("/")[0], kind))
            if where == component:
                return (
                    f"the CustomResourceDefinition of {kind} and a {kind} come together, and ks does not wait for the one before the other"
                )
            if where is None:
                return f"the cluster serves no {kind} in {version}"
    return None


def unprintable(files: Mapping[str, str]) -> str | None:
    """The first place that the printer of ks 0.10.0 may get wrong, and why."""
    for path in sorted(files):
        if path.startswith("components/") and path.endswith((".jsonnet", "params.libsonnet")):
            for problem in problems(files[path]):
                return f"{path}, line {problem.line}: {problem.reason}"
    return None


def rendered_otherwise(shown: t.Iterable[Json], rendered: t.Iterable[Json]) -> str | None:
    """The printer of ks 0.10.0 changes some jsonnet in silence: parentheses go, escapes are doubled. So the results are compared.

    The order of components is left to chance by ks.
    """
    theirs, ours = sorted(map(_canonical, shown)), sorted(map(_canonical, rendered))
    if theirs == ours:
        return None
    other = next((text for text in ours if text not in theirs), None)
    if other is None:
        return "it shows objects that are not the application's"
    item = json.loads(other)
    return f"it renders {item['kind']} {(item.get('metadata') or {}).get('name')} otherwise than jsonnet does"


def _canonical(item: Json) -> str:
    return json.dumps(_numbers(item), sort_keys=True)


def _numbers(value: t.Any) -> t.Any:
    """Whole numbers as such, however they were written."""
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
