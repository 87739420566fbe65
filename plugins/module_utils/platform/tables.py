# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of the Kubeflow platform: the tables in the collection's folder ``platform/``.

``releases/NAME.yml``: where a release is, the folders of each of its components and the checksum of what is read of them.
``components.yml``: which components need which, and sets of them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import BootstrapError
from ..formats.json_object import Json

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]

FOLDER = Path(__file__).parents[3] / "platform"


@dataclass(frozen=True)
class Part:
    """What a component is made of in one release.

    ``folders``: the kustomizations, below the release's root. ``overlays``: kustomize components that are merged over them. ``sha256``: the
    digest of the files that rendering reads (``closure.digest``); "" where it is not known. ``provides``: other components of the graph
    that it is in this release.
    """

    folders: tuple[str, ...]
    overlays: tuple[str, ...] = ()
    sha256: str = ""
    provides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Migration:
    """What users do before a release takes the place of an older one with ``component``. ``blocks``: without it they lose something."""

    component: str
    reason: str
    fix: str
    command: str | None = None
    blocks: bool = False


@dataclass(frozen=True)
class Release:
    """A release. ``commit``: as the table has it, at least 9 hex digits. ``kubernetes``: the least and the newest minor version it is for,
    None where that is not known. ``remotes``: references that its kustomizations make to other repositories, by reference the folder in
    ``remotes/`` that has the same. ``unchecked``: files that no checksum covers."""

    name: str
    repository: str
    commit: str
    license: str
    kubernetes: tuple[str | None, str | None] = (None, None)
    remotes: Mapping[str, str] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    components: Mapping[str, Part] = field(default_factory=dict)
    migrations: tuple[Migration, ...] = ()


@dataclass(frozen=True)
class Substitute:
    """What a cluster may have in place of a component. ``addon``: its name in the facts. ``mode``: the parameter that decides, own or
    existing. ``least``: the oldest version that fits, and ``namespace`` the only one, "" for any. ``keeps``: what of the component is
    deployed nevertheless, "" for nothing. ``lacks``: what its users have to configure."""

    addon: str
    mode: str
    least: str
    namespace: str = ""
    keeps: str = ""
    lacks: str = ""


@dataclass(frozen=True)
class Node:
    """A component in the graph. ``needs``: without them it does not work; ``wants``: without them it does less. ``unless``: the parameter
    with which it is left out. ``existing``: what a cluster may have in its place."""

    text: str
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    unless: str = ""
    existing: Substitute | None = None


@dataclass(frozen=True)
class Graph:
    """``components`` by name, and ``sets``: name to the components that it stands for."""

    components: Mapping[str, Node]
    sets: Mapping[str, tuple[str, ...]]


_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def is_commit(name: str) -> bool:
    """Whether a release is named by a commit."""
    return _COMMIT.fullmatch(name) is not None


def names(folder: Path = FOLDER) -> list[str]:
    """The known releases, the newest last."""
    return sorted((file.stem for file in (folder / "releases").glob("*.yml")), key=_version)


def _version(name: str) -> list[int]:
    return [int(part) for part in name.split(".") if part.isdigit()]


@functools.cache
def release(name: str, folder: Path = FOLDER) -> Release:
    """A known release; or a commit, whose components are taken to be those of the newest known one, without checksums.

    Raises BootstrapError that names those that there are.
    """
    known = names(folder)
    if name not in known and is_commit(name):
        newest = release(known[-1], folder)
        components = {component: replace(part, sha256="") for component, part in newest.components.items()}
        return replace(newest, name=name, commit=name, components=components, kubernetes=(None, None))
    if name not in known:
        raise BootstrapError(
            f"kubeflow_platform: there is no release {name!r} of the platform.", fix=f"Releases: {', '.join(known) or 'none'}."
        )
    document = _read(folder / "releases" / f"{name}.yml")
    window = document.get("kubernetes") or {}
    return Release(
        name=name,
        repository=document["repository"],
        commit=document["commit"],
        license=document["license"],
        kubernetes=(window.get("least"), window.get("newest")),
        remotes=dict(_remotes(document.get("remotes") or ())),
        unchecked=tuple(document.get("unchecked") or ()),
        components={
            component: Part(
                folders=tuple(entry["folders"]),
                overlays=tuple(entry.get("overlays") or ()),
                sha256=entry.get("sha256") or "",
                provides=tuple(entry.get("provides") or ()),
            )
            for component, entry in document["components"].items()
        },
        migrations=tuple(Migration(**entry) for entry in document.get("migrations") or ()),
    )


def _remotes(entries: Iterable[Json]) -> Iterator[tuple[str, str]]:
    """Reference and folder, for each of ``paths`` where an entry has them."""
    for entry in entries:
        for path in entry.get("paths") or [""]:
            yield entry["reference"].format(path=path), entry["folder"].format(path=path)


@functools.cache
def graph(folder: Path = FOLDER) -> Graph:
    """The graph of all components, of whatever release."""
    document = _read(folder / "components.yml")
    return Graph(
        components={
            name: Node(
                entry["text"],
                tuple(entry.get("needs") or ()),
                tuple(entry.get("wants") or ()),
                entry.get("unless") or "",
                Substitute(**entry["existing"]) if "existing" in entry else None,
            )
            for name, entry in document["components"].items()
        },
        sets={name: tuple(members) for name, members in document["sets"].items()},
    )


@functools.cache
def secrets(folder: Path = FOLDER) -> tuple[Json, ...]:
    """The entries of ``secrets.yml``, as they are there."""
    return tuple(_read(folder / "secrets.yml")["secrets"])


@functools.cache
def parameters(folder: Path = FOLDER) -> Json:
    """``parameters.yml``, as it is."""
    return _read(folder / "parameters.yml")


@functools.cache
def gone_images(folder: Path = FOLDER) -> tuple[Json, ...]:
    """The entries of ``gone_images.yml``."""
    return tuple(_read(folder / "gone_images.yml")["images"])


def _read(file: Path) -> Json:
    if yaml is None:
        raise BootstrapError("PyYAML is missing, which reads the tables of the platform.", fix="Install PyYAML where this task runs.")
    try:
        document: Json = yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        raise BootstrapError(
            "The tables of the platform are not here: a module that is sent to another host comes without them.",
            fix="Run this task on the controller (connection: local, no become).",
        ) from None
    return document
