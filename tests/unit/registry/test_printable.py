# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every prototype of ours makes components that ks 0.10.0 can show: it is within what its printer gets right, defaults included."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import component, prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import ks_printer_limits

REGISTRY = Path(__file__).parents[3] / "registry"
FILES = sorted(REGISTRY.glob("*/prototypes/*.jsonnet"))
PROTOTYPES = [prototypes.parse(path.read_text(encoding="utf-8"), str(path.relative_to(REGISTRY))) for path in FILES]


def test_there_are_prototypes() -> None:
    assert PROTOTYPES and len(prototypes.builtin()) == 5


@pytest.mark.parametrize("prototype", [*PROTOTYPES, *prototypes.builtin().values()], ids=lambda each: each.name)
def test_components_can_be_printed_by_ks(prototype: prototypes.Prototype) -> None:
    assert ks_printer_limits.problems(component.from_prototype("some-name", prototype)[1]) == []
    values = {parameter.name: {} if parameter.type == "object" else "x" for parameter in prototype.parameters if parameter.required}
    for name, literal in prototypes.values(prototype, "some-name", values).items():
        assert ks_printer_limits.problems(literal) == [], name
