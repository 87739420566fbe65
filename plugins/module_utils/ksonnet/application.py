# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole ksonnet application as a mapping from path to text: the desired files, from a declaration and the existing ones.

The files are those of ks 0.10.0, byte for byte, and ``bootstrap.yaml`` beside them. Nothing here touches a disk.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..fetch.sources import Contents
from ..formats import yaml_documents
from .files import app_yaml, components, declaration, environments, packages, record
from .files.app_builder import Build, Files
from .upgrade import upgrade

FOLDERS = (".ksonnet/registries", "vendor")
"""Folders that `ks init` makes, and that may be empty. `ks diff` of 0.10 finds an application by its ``.ksonnet``, which git leaves out."""
GITIGNORE = "/lib\n/.ksonnet/registries\n/app.override.yaml\n/.ks_environment\n"


@dataclass(frozen=True)
class Application:
    """``files``: all desired files. ``kept``: the user's changes that stay, each with the planned value.

    ``upgrade``: the result of other versions of the packages. ``overwritten``: vendored folders that were changed by hand.
    """

    files: Files
    kept: list[dict[str, t.Any]] = field(default_factory=list)
    upgrade: upgrade.PackageUpgrade = field(default_factory=upgrade.PackageUpgrade)
    overwritten: list[str] = field(default_factory=list)


def files(declared: Mapping[str, t.Any], current: Mapping[str, str], registries: Mapping[str, Contents]) -> Application:
    """The application of a declaration.

    ``declared``: a declaration (``declaration.check``). ``current``: the existing files, {} for none. ``registries``: by name, from
    ``registry.contents``. Raises BootstrapError.
    """
    before = app_yaml.read(current) if app_yaml.PATH in current else {}
    current = packages.installed(current, before)
    build = Build(
        declaration=declaration.check(declared),
        current=current,
        files=dict(current),
        last=record.read_written(current),
        app={**(before or app_yaml.NEW)},
    )
    _name(build)
    environments.add(build)
    packages.add(build, registries)
    upgraded = upgrade.migrate(build, registries)
    components.add(build)
    environments.override(build)
    # Last, when the imports of all components are known.
    packages.retire(build)
    environments.retire(build)
    packages.add_uninstalled(build, registries)
    build.files.setdefault(".gitignore", GITIGNORE)
    build.files[record.PATH] = record.text(build.declaration["record"], build.written, current)
    if before != build.app:
        build.files[app_yaml.PATH] = yaml_documents.dump(build.app)
    return Application(build.files, build.kept, upgraded, build.overwritten)


def _name(build: Build) -> None:
    current, last, planned = build.app.get("name"), build.last.get("name"), build.declaration["name"]
    if current in (None, last, planned):
        build.app["name"] = build.written["name"] = planned
    else:
        build.kept.append({"field": "name", "value": current, "planned": planned})
        build.written["name"] = last
