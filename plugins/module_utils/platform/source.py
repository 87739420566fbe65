# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the files of a release are: a folder, or an archive of one.

Both may hold one release (``applications``, ``common``), or several in folders ``kubeflow-NAME`` or ``NAME``; and ``remotes/`` with what
the release refers to elsewhere, inside or beside it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import typing as t
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import BootstrapError
from ..fetch import archive
from ..fetch.sources import explain_os
from ..files import open_bounded, read_bounded
from .closure import RELEASE, REMOTES, Read

MAX_FILE = 16 * 2**20
"""Of one file; the largest has 4 MB."""
_MARKS = ("applications", "common")
"""Folders that a release has at its top."""
_FIX = "Name a folder or a tar archive with the release (kubeflow_platform: {source: ...})."
_OPENERS: tuple[tuple[bytes, t.Any], ...] = ((b"\x1f\x8b", gzip.open), (b"\xfd7zXZ\x00", lzma.open), (b"BZh", bz2.open))


@dataclass(frozen=True)
class Source:
    """``read`` reads a path of the tree (``closure``). ``files`` gives all files of the release that are below ``applications`` and
    ``common``, by their path in the release."""

    read: Read
    files: Callable[[], dict[str, str]]

    def digest(self) -> str:
        """SHA-256 of these files, as ``archive.digest`` counts it."""
        return archive.digest(self.files())


def find(source: str, release: str) -> Source:
    """A release in a folder or an archive. Raises BootstrapError where it isn't in it."""
    path = Path(os.path.abspath(os.path.expanduser(source)))
    if path.is_dir():
        return _of_folder(path, release)
    if path.is_file():
        return _of_archive(path, release)
    raise BootstrapError(f"The source of the platform does not exist: {path}.", fix=_FIX)


# --- a folder


def _of_folder(path: Path, release: str) -> Source:
    root = next((each for each in (path / f"kubeflow-{release}", path / release, path) if _is_release(each)), None)
    if root is None:
        raise BootstrapError(
            f"{path} has no release {release} of the platform: neither kubeflow-{release} nor {' and '.join(_MARKS)}.", fix=_FIX
        )
    remotes = next((each for each in (root / REMOTES, root.parent / REMOTES) if each.is_dir()), root / REMOTES)
    roots = {RELEASE: root.resolve(), REMOTES: remotes.resolve()}

    def read(name: str) -> str | None:
        top, _slash, below = name.partition("/")
        file = roots[top] / below
        return _text(file, roots[top]) if file.is_file() else None

    return Source(read, lambda: _walked(roots[RELEASE]))


def _text(file: Path, root: Path) -> str:
    if not file.resolve().is_relative_to(root):
        raise BootstrapError(f"{file} is a link out of the release.", fix=_FIX)
    try:
        return read_bounded(file, MAX_FILE).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BootstrapError(f"{file} can't be read: {explain_os(error)}.", fix=_FIX) from None


def _walked(root: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    size = 0
    for mark in _MARKS:
        for parent, _folders, names in os.walk(root / mark):
            for name in names:
                file = Path(parent) / name
                if not file.is_file():
                    continue
                texts[file.relative_to(root).as_posix()] = text = _text(file, root)
                size += len(text)
                if len(texts) > archive.MAX_KEPT_FILES or size > archive.MAX_KEPT:
                    raise BootstrapError(f"{root} has more than {archive.MAX_KEPT_FILES} files or {archive.MAX_KEPT >> 20} MiB.", fix=_FIX)
    return texts


def _is_release(path: Path) -> bool:
    return all((path / mark).is_dir() for mark in _MARKS)


# --- an archive


def _of_archive(path: Path, release: str) -> Source:
    what = f"The archive {path}"
    try:
        with open_bounded(path, archive.MAX_UNPACKED) as file:
            head = file.read(6)
            file.seek(0)
            opener = next((opener for magic, opener in _OPENERS if head.startswith(magic)), None)
            with opener(file, "rb") if opener else file as plain:
                files = _members(archive.bounded(plain, what), release, what)
    except OSError as error:
        raise BootstrapError(f"{what} can't be read: {explain_os(error)}.", fix=_FIX) from None
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, ValueError, OverflowError) as error:
        raise BootstrapError(f"{what} is not a whole tar archive.", fix=_FIX) from error
    if not any(name.startswith(f"{RELEASE}/{_MARKS[0]}/") for name in files):
        raise BootstrapError(f"{what} has no release {release} of the platform.", fix=_FIX)
    own = tuple(f"{RELEASE}/{mark}/" for mark in _MARKS)
    below = len(RELEASE) + 1
    return Source(files.get, lambda: {name[below:]: text for name, text in files.items() if name.startswith(own)})


def _members(stream: t.IO[bytes], release: str, what: str) -> dict[str, str]:
    """The files of the release and of the remotes, by their path in the tree."""
    texts: dict[str, str] = {}
    size = 0
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for count, member in enumerate(tar):
            if count > archive.MAX_MEMBERS:
                raise BootstrapError(f"{what} has more than {archive.MAX_MEMBERS} members.", fix=_FIX)
            name = _placed(member.name.removeprefix("./"), release)
            if not member.isreg() or name is None:
                continue
            archive.check_path(name, what)
            size += member.size
            if size > archive.MAX_KEPT or member.size > MAX_FILE:
                raise BootstrapError(f"{what}: {member.name} is too large.", fix=_FIX)
            file = tar.extractfile(member)
            data = file.read() if file else b""
            texts[name] = data.decode("utf-8", "surrogateescape")
    return texts


def _placed(name: str, release: str) -> str | None:
    """Where a member of an archive is in the tree; None for what is no part of the release."""
    parts = name.split("/")
    for start, part in enumerate(parts[:2]):
        if part == REMOTES and len(parts) > start + 1:
            return name if start == 0 else "/".join(parts[start:])
        own = start == 0 or not parts[0].startswith("kubeflow-") or parts[0] == f"kubeflow-{release}" or _is_of_github(parts[0])
        if own and (part in (*_MARKS, "example") or part == "LICENSE" and start == len(parts) - 1):
            return "/".join([RELEASE, *parts[start:]])
    return None


def _is_of_github(folder: str) -> bool:
    """Whether a top folder is called as GitHub calls it: owner, repository and commit."""
    end = folder.rpartition("-")[2]
    return 7 <= len(end) <= 40 and all(char in "0123456789abcdef" for char in end)
