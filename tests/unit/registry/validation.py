# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The embedded registry as tests see it: every prototype, with every set of choices of choices.yml, as an application.

Parameters of the package core that choices.yml leaves out have the values of a plan in which a rule sets them.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

Json = dict[str, t.Any]

REGISTRY = Path(__file__).parents[3] / "registry"
CHOICES: Json = yaml.safe_load((Path(__file__).parent / "choices.yml").read_text(encoding="utf-8"))
PACKAGES = sorted(path.parent.name for path in REGISTRY.glob("*/parts.yaml"))
NAMESPACE = "kubeflow"


@dataclass(frozen=True)
class Known:
    """A prototype, its short name, and the package that it is in."""

    package: str
    name: str
    prototype: prototypes.Prototype

    @property
    def declared(self) -> set[str]:
        return {parameter.name for parameter in self.prototype.parameters}


@dataclass(frozen=True)
class Case:
    """A prototype and the parameters that it is given."""

    package: str
    name: str
    label: str
    parameters: Json

    def __str__(self) -> str:
        return f"{self.name}-{self.label}"


def known() -> list[Known]:
    """Every prototype of every package."""
    files = sorted(REGISTRY.glob("*/prototypes/*.jsonnet"))
    parsed = [(path, prototypes.parse(path.read_text(encoding="utf-8"), str(path.relative_to(REGISTRY)))) for path in files]
    return [Known(path.parts[-3], each.name.removeprefix("io.ksonnet.pkg."), each) for path, each in parsed]


def cases() -> list[Case]:
    """Each prototype with each of its sets of choices, those that come to the same only once."""
    unique: list[Case] = []
    for each in known():
        for label, parameters in _sets(each):
            if not any((case.name, case.parameters) == (each.name, parameters) for case in unique):
                unique.append(Case(each.package, each.name, label, parameters))
    return unique


def _sets(each: Known) -> list[tuple[str, Json]]:
    own = CHOICES["prototypes"].get(each.name, {})
    sets = [(str(number), {**own.get("required", {}), **given}) for number, given in enumerate(own.get("sets", []))]
    if each.package == "core":
        shapes: dict[str, Json] = CHOICES["shapes"]
        sets += [(label, {name: value for name, value in shape.items() if name in each.declared}) for label, shape in shapes.items()]
        sets += _planned(each.declared - {"name"}.union(*(values for _label, values in sets)))
    return sets


def _planned(names: set[str]) -> list[tuple[str, Json]]:
    """Parameters of the package core that no set of choices has, from the first plans that set them."""
    sets: list[tuple[str, Json]] = []
    for case in stories.CASES if names else ():
        chosen = stories.planned(case)["parameters"].get("kubeflow-core", {}) if case not in stories.OLD else {}
        values = {name: choice["value"] for name, choice in chosen.items() if name in names and choice["rule"]}
        if values:
            sets.append((f"plan-{case}", values))
            names = names - values.keys()
    return sets


@functools.cache
def _contents() -> Contents:
    return Contents(registry.read(REGISTRY, PACKAGES, "kubeflow"), None)


def files(case: Case) -> dict[str, str]:
    """The application with that one component."""
    declaration = {
        "name": "kubeflow",
        "environments": {"default": {"server": "https://cluster.example", "namespace": NAMESPACE}},
        "registries": {"kubeflow": {"uri": registry.EMBEDDED}},
        "packages": {case.package: {"registry": "kubeflow"}},
        "components": {"one": {"prototype": f"io.ksonnet.pkg.{case.name}", "parameters": case.parameters}},
    }
    return application.files(declaration, {}, {"kubeflow": _contents()}).files
