# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications with a package that declares checks."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application

Json = dict[str, t.Any]

_PACKAGE = {
    "registry.yaml": "apiVersion: 0.1.0\nkind: ksonnet.io/registry\nlibraries: {}\n",
    "web/parts.yaml": "apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: web\n",
    "web/web.libsonnet": "{}",
    "web/prototypes/web.jsonnet": """// @apiVersion 0.1
// @name web
// @description A web server.
// @param name string Its name
// @optionalParam path string / Its path

local web = import 'r/web/web.libsonnet';
{ apiVersion: 'v1', kind: 'List', items: [] }
""",
}


def files(checks: str | None, server: str = "https://s", **components: Json) -> dict[str, str]:
    """``checks``: what the function of that name yields, in Jsonnet with ``params`` and ``env``; ``None``: the package has none."""
    package = dict(_PACKAGE)
    if checks is not None:
        package["web/checks.libsonnet"] = f"{{ checks(params, env):: {checks} }}"
    declared = {
        "name": "app",
        "environments": {"default": {"server": server, "namespace": "ml"}},
        "registries": {"r": {"uri": "/r"}},
        "packages": {"web": {"registry": "r"}},
        "components": {name: {"prototype": "web", "parameters": parameters} for name, parameters in (components or {"front": {}}).items()},
    }
    return application.files(declared, {}, {"r": Contents(package)}).files


def written(folder: Path, checks: list[Json], server: str) -> Path:
    """An application on disk, for the cluster at ``server``."""
    for path, text in files(json.dumps(checks), server).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder
