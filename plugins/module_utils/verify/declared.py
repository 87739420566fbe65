# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks that the packages of an application declare for its components.

A package declares them in a file checks.libsonnet beside its others, with a function ``checks(params, env)`` that returns a list.
What a check may hold is in ``FIELDS`` and in docs/verify.md.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..formats.jsonnet_lexer import imports
from ..ksonnet.render import render
from ..kube.object_shapes import Shape, misfits

_FILE = "checks.libsonnet"
_COMPONENT = """local checks = import %s;
checks.checks(std.extVar("__ksonnet/params").components[%s], std.extVar("__ksonnet/environments"))"""
WAYS = ("http", "url", "exec", "objects")
"""The kinds of checks; each check is of one."""
FIELDS: Shape = {
    **{"name!": str, "title!": str, "seconds!": int, "fix!": str, "optional": bool, "namespace": str},
    "http": {"service!": str, "port!": str, "path!": str, "tls": bool, "headers": {"*": str}, "status!": [int], "text": str},
    "url": {"url!": str, "status!": [int], "location": str},
    "exec": {"pods!": {"*": str}, "container!": str, "script!": str, "settings!": {}},
    "objects": [{"apiVersion!": str, "kind!": str, "metadata!": {"name!": str}}],
    "until": {"object!": str, "condition!": str, "failed": str},
}


def checks(files: Mapping[str, str], environment: str) -> dict[str, list[Json]]:
    """The checks of each component that has any, in the components' order.

    ``files``: the application, path to text. Raises ``BootstrapError`` for what is wrong in the application or in a package's checks.
    """
    entry = render.environment_entry(files, environment)
    roots = ["/".join(filter(None, ("components", str(module).strip("/")))) for module in entry.get("targets") or ["/"]]
    declared = {}
    for root in roots:
        for name, path in render.components(files, root).items():
            if package := _package(files, path):
                declared[path] = _COMPONENT % (json.dumps(f"{package}/{_FILE}"), json.dumps(name))
    # Components without checks are left out: their evaluation could only fail or take time.
    others = {path for root in roots for path in render.components(files, root).values()} - declared.keys()
    values = render.values({**{path: text for path, text in files.items() if path not in others}, **declared}, environment)
    return {name: _validated(name, value) for name, value in values.items()}


def _package(files: Mapping[str, str], component: str) -> str | None:
    """The package with the checks of a component, as components name it; ``None`` without any."""
    for imported in imports(files[component]) if component.endswith(".jsonnet") else ():
        folder, _slash, file = imported.path.rpartition("/")
        # Not a component of its data alone, such as the CRDs of the platform.
        if file.endswith(".libsonnet") and f"vendor/{folder}/{_FILE}" in files:
            return folder
    return None


def _validated(component: str, value: t.Any) -> list[Json]:
    for number, check in enumerate(value if isinstance(value, list) else [value]):
        where = f"check {number} of component {component}"
        for misfit in misfits(check, FIELDS):
            raise BootstrapError(f"{where}: {misfit.place or 'it'} is not {misfit.expected}.", fix=f"Put {_FILE} of its package right.")
        ways = [way for way in WAYS if way in check]
        if len(ways) != 1 or "until" in check and "objects" not in check:
            raise BootstrapError(
                f"{where}: it has {' and '.join(ways) or 'none'} of {', '.join(WAYS)}.",
                fix=f"Give it one of them, until with objects alone, in {_FILE} of its package.",
            )
    return list(value)
