# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes many files of an application as one: all changes are recorded first.

Each file changes atomically, and in an order in which the application renders at any moment. A run that finds the journal of a killed one
finishes it, or reads the files as if it were finished. A file that was changed since stays as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import BootstrapError

TEMPORARY = ".kubeflow-bootstrap~"
_JOURNAL = "journal" + TEMPORARY


@dataclass(frozen=True)
class FileChange:
    """A file that changes: its path in the application; ``before`` is None for a new one, ``after`` for a deleted one."""

    path: str
    before: str | None
    after: str | None


def exists(folder: Path) -> bool:
    """Whether a run was killed while it wrote."""
    return (folder / _JOURNAL).exists()


def read(folder: Path) -> list[FileChange]:
    """The changes of a killed run."""
    if not exists(folder):
        return []
    fix = "Remove it; take the application from version control."
    try:
        changes = [FileChange(**entry) for entry in json.loads((folder / _JOURNAL).read_text(encoding="ascii"))]
    except (ValueError, TypeError):
        raise BootstrapError(f"{folder / _JOURNAL} can't be read.", fix=fix) from None
    for change in changes:
        # It may have come with the application from anywhere.
        if not (folder / change.path).parent.resolve().is_relative_to(folder.resolve()):
            raise BootstrapError(f"{folder / _JOURNAL} leads out of the application.", fix=fix)
    return changes


def merged(files: dict[str, str], changes: Iterable[FileChange]) -> dict[str, str]:
    """The files with the changes applied."""
    files = dict(files)
    for change in changes:
        if files.get(change.path) != change.before:
            continue
        if change.after is None:
            files.pop(change.path, None)
        else:
            files[change.path] = change.after
    return files


def carry_out(folder: Path, changes: list[FileChange]) -> None:
    """Make the changes, in their order. The caller holds the lock."""
    if not changes:
        return
    write(folder / (_JOURNAL + TEMPORARY), json.dumps([asdict(change) for change in changes]))
    os.replace(folder / (_JOURNAL + TEMPORARY), folder / _JOURNAL)
    sync(folder)
    finish(folder)


def finish(folder: Path) -> None:
    """Apply the remaining changes of a journal, if one exists. The caller holds the lock."""
    changes = read(folder)
    for left in (
        *folder.glob(f"*{TEMPORARY}"),
        *(left for change in changes for left in (folder / change.path).parent.glob(f"*{TEMPORARY}")),
    ):
        if left.name != _JOURNAL:
            left.unlink(missing_ok=True)  # of a killed run: this one holds the lock
    for change in changes:
        _make(folder, change)
    for parent in sorted({(folder / change.path).parent for change in changes}):
        if parent.exists():
            sync(parent)
    (folder / _JOURNAL).unlink(missing_ok=True)


def _make(folder: Path, change: FileChange) -> None:
    target = folder / change.path
    current = target.read_bytes().decode("utf-8", "surrogateescape") if target.exists() else None
    if current != change.before:
        return
    if change.after is None:
        target.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            for parent in list(target.relative_to(folder).parents)[:-1]:
                (folder / parent).rmdir()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + TEMPORARY)
    write(temporary, change.after)
    if change.before is not None:
        shutil.copymode(target, temporary)
    os.replace(temporary, target)


def write(path: Path, text: str) -> None:
    """Write a file, with fsync."""
    with open(path, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Sync the entries of a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
