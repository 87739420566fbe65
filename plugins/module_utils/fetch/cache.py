# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders of GitHub repositories at commits, kept between runs.

One file for each: ``<cache>/<host>/<owner>/<repository>/<commit>/<folder>.json``. What a commit holds never changes, so an entry is good
forever; one that was damaged doesn't agree with its own digest, and is fetched again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import typing as t
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from ..errors import BootstrapError
from . import archive
from .sources import Files, explain_os

_MAX_ENTRY = 4 * archive.MAX_KEPT


class Tree(t.NamedTuple):
    """A folder of a repository at a commit; ``path`` is empty for all of it."""

    host: str
    owner: str
    repository: str
    commit: str
    path: str


def folder(env: Mapping[str, str]) -> Path | None:
    """``registries`` in the user's cache, or None where the environment names no place for one."""
    base = env.get("XDG_CACHE_HOME") or (f"{env['HOME']}/.cache" if env.get("HOME") else "")
    # The XDG base directory specification: a relative path must be ignored.
    return Path(base) / "kubeflow.bootstrap" / "registries" if base.startswith("/") else None


def file(cache: Path, tree: Tree) -> Path:
    """Where an entry is."""
    name = quote(tree.path, safe="") or "%"
    if len(name) > 200:
        name = "%" + hashlib.sha256(tree.path.encode()).hexdigest()
    return cache / tree.host.lower() / tree.owner.lower() / tree.repository.lower() / tree.commit / f"{name}.json"


def read(cache: Path | None, tree: Tree) -> Files | None:
    """The files of an entry; None for one that is missing or damaged."""
    if cache is None:
        return None
    try:
        with open(file(cache, tree), "rb") as source:
            entry = json.loads(source.read(_MAX_ENTRY))
        files = entry["files"]
        for path in files:
            archive.check_path(path, "The cache")
        return dict(files) if files and archive.digest(files) == entry["digest"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, BootstrapError):
        return None


def write(cache: Path | None, tree: Tree, files: Files) -> str | None:
    """Write an entry atomically. Returns a warning where that fails."""
    if cache is None:
        return None
    target, temporary = file(cache, tree), None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        with os.fdopen(handle, "w", encoding="ascii") as new:
            json.dump({"digest": archive.digest(files), "files": files}, new)
            new.flush()
            os.fsync(new.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        return f"The cache {cache} can't be written ({explain_os(error)}): the next run downloads again."
    return None
