# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rooms of module_utils import only what docs/architecture.yml allows, and no two folders import each other."""

from __future__ import annotations

import ast
import graphlib
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MODULE_UTILS = ROOT / "plugins" / "module_utils"
MODULES = {path.relative_to(MODULE_UTILS).with_suffix("").as_posix(): path for path in MODULE_UTILS.rglob("*.py")}
AT_THE_ROOT = {"errors", "files", "python_floor", "run"}
ALLOWED: dict[str, dict[str, t.Any]] = yaml.safe_load((ROOT / "docs" / "architecture.yml").read_text(encoding="utf-8"))


def room(module: str) -> str:
    return module.partition("/")[0]


def folder(module: str) -> str:
    return module.rpartition("/")[0]


def imports(module: str) -> Iterator[str]:
    """The modules that a module imports, also those for types alone."""
    package = module.split("/")[:-1]
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                name = "/".join([*base, alias.name])
                yield name if name in MODULES else "/".join(base)


IMPORTS = {module: set(imports(module)) for module in sorted(MODULES)}


def test_every_import_is_resolved() -> None:
    assert set().union(*IMPORTS.values()) <= set(MODULES)


def test_rooms_import_what_they_may() -> None:
    arrows = sorted({(room(module), room(used)) for module, uses in IMPORTS.items() for used in uses if room(module) != room(used)})
    assert [arrow for arrow in arrows if arrow[1] not in ALLOWED[arrow[0]]["imports"]] == []
    # What nobody needs any more is not allowed for ever.
    assert sorted((name, used) for name, each in ALLOWED.items() for used in each["imports"]) == arrows
    assert set(ALLOWED) == {room(module) for module in MODULES}


def test_rooms_stand_on_each_other() -> None:
    lower: set[str] = set()
    for name, each in ALLOWED.items():
        assert set(each["imports"]) <= lower, name
        lower.add(name)


@pytest.mark.parametrize("top", sorted({room(module) for module in MODULES if "/" in module}))
def test_folders_of_a_room_do_not_import_each_other_in_a_cycle(top: str) -> None:
    graph: dict[str, set[str]] = {}
    for module, uses in IMPORTS.items():
        if room(module) == top:
            graph.setdefault(folder(module), set()).update(
                folder(used) for used in uses if room(used) == top and folder(used) != folder(module)
            )
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError


def test_nothing_else_lies_at_the_root() -> None:
    assert {module for module in MODULES if "/" not in module} == AT_THE_ROOT
