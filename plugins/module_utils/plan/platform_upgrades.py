# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stops or endangers a release of the platform: migrations from an older one, and images that can't be pulled any more."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ..deploy.graph.object_index import dict_of, dicts_of, pod_template
from ..errors import abbreviated
from ..fetch.image_names import qualified
from ..formats.json_object import Json
from ..platform import tables
from .findings import finding
from .planned_objects import PlannedObject

IDS = MIGRATION, GONE = "migration-needed", "image-gone"


def blockers(record: Mapping[str, t.Any], choice: Json | None, items: Iterable[PlannedObject]) -> list[Json]:
    """The blockers. ``record``: of the existing application; ``choice``: the platform as the plan has it; ``items``: what is planned."""
    return [*_migrations(record, choice, blocks=True), *_gone(items, blocks=True)]


def warnings(record: Mapping[str, t.Any], choice: Json | None, items: Iterable[PlannedObject]) -> list[Json]:
    """The warnings, of the same."""
    return [*_migrations(record, choice, blocks=False), *_gone(items, blocks=False)]


def _migrations(record: Mapping[str, t.Any], choice: Json | None, *, blocks: bool) -> Iterator[Json]:
    before: Json = (record.get("choices") or {}).get("platform") or {}
    if not choice or not before or before["release"] == choice["release"]:
        return
    names = tables.names()
    components = _with_provided(before["release"], {item["name"] for item in before["components"]})
    for name in names[_index(names, before["release"]) + 1 : _index(names, choice["release"]) + 1]:
        for migration in tables.release(name).migrations:
            if migration.component in components and migration.blocks == blocks:
                reason = f"From the platform {before['release']} to {choice['release']}: {migration.reason}"
                fix = f"{migration.fix} Then run with kubeflow_ignore={MIGRATION}." if blocks else migration.fix
                yield finding(MIGRATION, reason, fix, migration.command)


def _index(names: list[str], release: str) -> int:
    """The place of a release among the known ones; a commit that the tables lack counts as the newest."""
    return names.index(release) if release in names else len(names) - 1


def _with_provided(release: str, components: set[str]) -> set[str]:
    """Components of a release with those that are in them."""
    parts = tables.release(release).components
    return components | {inside for name in components if name in parts for inside in parts[name].provides}


def _gone(items: Iterable[PlannedObject], *, blocks: bool) -> Iterator[Json]:
    images = sorted({image for item in items for image in _images(item.object)})
    gone = [
        f"{image} ({entry['source']})"
        for entry in tables.gone_images()
        for image in images
        if bool(entry.get("blocks")) == blocks and "/".join(qualified(image)).startswith(entry["image"])
    ]
    if gone:
        able = "can not" if blocks else "perhaps can not"
        fix = "Name a registry that has copies (imageRegistry), take a newer release, or leave out the component."
        yield finding(GONE, f"Images that {able} be pulled any more: {abbreviated(gone, 4)}.", fix)


def _images(item: Json) -> Iterator[str]:
    spec = dict_of((pod_template(item) or {}).get("spec"))
    for field in ("initContainers", "containers"):
        yield from (container["image"] for container in dicts_of(spec.get(field)) if isinstance(container.get("image"), str))
