# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which components of a release are deployed: those that are chosen, and those that they need."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from ..errors import BootstrapError
from .tables import Graph, Release

ALL = "platform"
"""The set that is chosen where nothing is named."""


def closure(graph: Graph, release: Release, chosen: Iterable[str], without: Collection[str] = ()) -> dict[str, str | None]:
    """The components to deploy, sorted: name to why it was added (``pipelines needs it``), None for what was chosen.

    ``chosen``: names of sets and components; a set comes first where both have a name. ``without``: components that are left out,
    whoever needs them. What a set or a component names and the release does not have is left out. Raises BootstrapError for a name that
    means nothing, or nothing in this release.
    """
    homes = _homes(release)
    for name in without:
        _check(graph, name, homes, release, sets=False)
    left_out = {homes.get(name, name) for name in without}
    reasons: dict[str, str | None] = {}
    todo: list[str] = []
    for name in chosen:
        _check(graph, name, homes, release, sets=True)
        for member in graph.sets.get(name, (name,)):
            home = homes.get(member)
            if home and home not in left_out and home not in reasons:
                reasons[home] = None
                todo.append(home)
    while todo:
        name = todo.pop(0)
        for need in _needs(graph, release, name):
            home = homes.get(need)
            if home and home not in reasons and home not in left_out:
                reasons[home] = f"{name} needs it"
                todo.append(home)
    return dict(sorted(reasons.items()))


def unmet(graph: Graph, release: Release, components: Collection[str]) -> dict[str, list[str]]:
    """What the components need that is not among them, by component: left out on purpose, or brought by others."""
    homes = _homes(release)
    missing = {name: [need for need in _needs(graph, release, name) if homes.get(need, name) not in components] for name in components}
    return {name: needs for name, needs in missing.items() if needs}


def _homes(release: Release) -> dict[str, str]:
    """Each component of the graph that the release has, to the component of the release that it is in."""
    inside = {other: name for name, part in release.components.items() for other in part.provides}
    return {**inside, **{name: name for name in release.components}}


def _needs(graph: Graph, release: Release, name: str) -> list[str]:
    """What a component of the release needs, for itself and for those that are in it; each once."""
    inside = (name, *release.components[name].provides)
    needs = [need for each in inside if each in graph.components for need in graph.components[each].needs]
    return [need for need in dict.fromkeys(needs) if need not in inside]


def _check(graph: Graph, name: str, homes: Collection[str], release: Release, *, sets: bool) -> None:
    members = graph.sets.get(name, (name,)) if sets else (name,)
    if any(member in homes for member in members):
        return
    known = sorted({*homes, *(graph.sets if sets else ())})
    if name in graph.components or sets and name in graph.sets:
        raise BootstrapError(f"kubeflow_platform: the release {release.name} has no {name}.", fix=f"It has {', '.join(known)}.")
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(known)}."
    raise BootstrapError(f"kubeflow_platform: there is no component and no set {name!r}.", fix=hint)
