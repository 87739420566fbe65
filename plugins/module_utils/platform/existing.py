# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Add-ons of the cluster that take the place of components: cert-manager, Istio and Knative of others."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..errors import BootstrapError
from ..formats.json_object import Json
from .tables import Graph, Substitute

OWN, EXISTING = "own", "existing"
_OURS = "applyset"
"""The tool that the facts name for what a deployment of this collection manages."""


@dataclass(frozen=True)
class Addon:
    """An add-on that is used in place of a component. ``version`` and ``namespace``: None where the facts don't tell."""

    substitute: Substitute
    version: str | None
    namespace: str | None

    @property
    def too_old(self) -> bool:
        """Whether it is older than what fits."""
        return self.version is not None and _numbers(self.version) < _numbers(self.substitute.least)

    @property
    def elsewhere(self) -> bool:
        """Whether it is in a namespace where the platform does not look for it."""
        return bool(self.namespace and self.substitute.namespace and self.namespace != self.substitute.namespace)

    def document(self, component: str) -> Json:
        """As the plan has it."""
        return {
            "name": component,
            "version": self.version,
            "namespace": self.namespace,
            "keeps": self.substitute.keeps,
            "lacks": self.substitute.lacks,
            "least": self.substitute.least,
            "too_old": self.too_old,
            "elsewhere": self.elsewhere,
            "home": self.substitute.namespace,
        }


def addons(
    graph: Graph, components: Iterable[str], facts: Iterable[Json], parameters: Mapping[str, t.Any], current: Collection[str]
) -> dict[str, Addon]:
    """The add-ons to use in place of components, by component.

    ``facts``: ``cluster.addons``. ``parameters``: with the modes that the user chose. ``current``: the components of the existing
    application, which are its own. Raises BootstrapError for a mode that does not exist.
    """
    running = {entry["name"]: entry for entry in facts if entry.get("namespace") and (entry.get("managed_by") or {}).get("tool") != _OURS}
    result = {}
    for component in components:
        substitute = graph.components[component].existing if component in graph.components else None
        if not substitute:
            continue
        mode = parameters.get(substitute.mode)
        if mode not in (None, OWN, EXISTING):
            raise BootstrapError(f"kubeflow_platform: {substitute.mode} is {mode}.", fix=f"It is {OWN} or {EXISTING}.")
        entry = running.get(substitute.addon, {})
        if mode == EXISTING or mode is None and entry and not _is_own(component, substitute, current):
            result[component] = Addon(substitute, entry.get("version"), entry.get("namespace"))
    return result


def _is_own(component: str, substitute: Substitute, current: Collection[str]) -> bool:
    """Whether the existing application brings it: all of the component, which its CustomResourceDefinitions tell where some is kept."""
    return (f"{component}-definitions" if substitute.keeps else component) in current


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("-")[0])[:2]]
