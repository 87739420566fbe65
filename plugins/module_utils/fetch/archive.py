# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Untrusted archives (tar.gz), and the digest of their contents.

Nothing is extracted to disk. Only regular files below the requested folders are read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import typing as t
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Mapping

from ..errors import BootstrapError
from .sources import Files

# Kubeflow v0.4's repository unpacks to less than 100 MiB in 5,000 files; its registry has 300.
MAX_UNPACKED = 512 * 2**20
MAX_MEMBERS = 100_000
MAX_KEPT = 128 * 2**20
MAX_KEPT_FILES = 20_000
MAX_PATH = 1_000
_BAD_CHARACTER = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_FIX = "Use another registry, or have this one fixed."


class DamagedArchive(BootstrapError):
    """Not a complete tar.gz archive; another download may be."""


class _BoundedStream(io.RawIOBase):
    """A stream, up to a number of bytes."""

    def __init__(self, source: t.IO[bytes], what: str) -> None:
        self._source, self._what, self._left = source, what, MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise BootstrapError(f"{self._what} unpacks to more than {MAX_UNPACKED >> 20} MiB.", fix=_FIX)
        return data


def bounded(stream: t.IO[bytes], what: str) -> t.IO[bytes]:
    """A stream that is refused beyond what an archive may unpack to; ``what`` names it in messages."""
    return t.cast("t.IO[bytes]", _BoundedStream(stream, what))


def unpack(file: t.IO[bytes], folders: Collection[str], what: str, commit: str = "") -> dict[str, Files]:
    """The files below some folders of an archive whose members all lie in one top folder, as GitHub's and ours do.

    ``folders``: paths below the top folder, of files too, ``""`` for all of it. Returns for each of them path below it to text, {} where
    there is none. ``what`` names the archive in messages. ``commit``: where the archive names its commit (git writes it in a
    comment), it must be this one. Symbolic links that point inside a requested folder are left out, as by ks. Raises DamagedArchive, or
    BootstrapError for a hostile archive.
    """
    contents: dict[str, dict[str, str | None]] = {folder: {} for folder in folders}
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as plain:
            stream = bounded(t.cast("t.IO[bytes]", plain), what)
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                _collect(tar, contents, what)
                recorded = tar.pax_headers.get("comment", "")
            while stream.read(2**20):
                pass  # to the end, where the checksum is
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, OverflowError, RecursionError) as error:
        raise DamagedArchive(f"{what} is not a whole tar.gz archive.", fix="Fetch it again.") from error
    if commit and re.fullmatch("[0-9a-f]{40}", recorded) and recorded != commit:
        raise BootstrapError(f"{what} is of commit {recorded}, not {commit}.", fix="Do not use it: ask who runs that server.")
    for files in contents.values():
        check_names(files, what)
    return {folder: {path: text for path, text in files.items() if text is not None} for folder, files in contents.items()}


def _collect(tar: tarfile.TarFile, contents: dict[str, dict[str, str | None]], what: str) -> None:
    """Fill ``contents``; a symbolic link is None."""
    top, size, count = "", 0, 0
    for members, member in enumerate(tar, 1):
        if members > MAX_MEMBERS:
            raise BootstrapError(f"{what} has more than {MAX_MEMBERS} members.", fix=_FIX)
        check_path(member.name, what)
        first, _slash, path = member.name.partition("/")
        top = top or first
        if first != top or not (path or member.isdir()):
            raise BootstrapError(f"{what} has members outside its top folder {top}: {member.name}.", fix=_FIX)
        if not (member.isdir() or member.issym() or member.isreg()) or member.issparse():
            raise BootstrapError(f"{what}: {member.name} is neither a file nor a folder.", fix=_FIX)
        inside = [folder for folder in contents if not folder or path == folder or path.startswith(folder + "/")]
        if member.isdir() or not inside:
            continue
        size += max(member.size, 0)
        count += 1
        if size > MAX_KEPT or count > MAX_KEPT_FILES:
            raise BootstrapError(
                f"{what}: more than {MAX_KEPT_FILES} files or {MAX_KEPT >> 20} MiB in {', '.join(inside) or 'it'}.",
                fix="Name the folder of the registry in its uri.",
            )
        text = _content(tar, member) if member.isreg() else None
        for folder in inside:
            below = path.removeprefix(folder + "/")  # of a requested file, its path
            if below in contents[folder]:
                raise BootstrapError(f"{what} has {member.name} twice.", fix=_FIX)
            if text is None:
                _check_link(member, below, what)
            contents[folder][below] = text


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = tar.extractfile(member)
    data = file.read() if file else b""
    if len(data) != member.size:
        raise EOFError
    return data.decode("utf-8", "surrogateescape")


def _check_link(member: tarfile.TarInfo, below: str, what: str) -> None:
    """Refuse a link that leads out of the requested folder."""
    depth = below.count("/")
    for step in member.linkname.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
        if depth < 0 or member.linkname.startswith("/"):
            raise BootstrapError(f"{what}: {member.name} is a link out of the registry.", fix=_FIX)


def check_path(path: str, what: str) -> None:
    """Refuse a path that is not a plain relative one: absolute, with ``..``, with control characters or backslashes, too long."""
    if len(path) > MAX_PATH or _BAD_CHARACTER.search(path) or any(part in ("", ".", "..") for part in path.split("/")):
        shown = ascii(path if len(path) < 100 else path[:100] + "...")
        raise BootstrapError(f"{what}: {shown} can't be the path of a file in it.", fix=_FIX)


def check_names(paths: Iterable[str], what: str) -> None:
    """Refuse paths that would be one file on some file systems: by case or Unicode form, or a file that is also a folder."""
    seen: dict[str, str] = {}
    files = set(paths)
    for path in sorted(files):
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            part = "/".join(parts[:end])
            if end < len(parts) and part in files:
                raise BootstrapError(f"{what}: {part} is both a file and a folder.", fix=_FIX)
            other = seen.setdefault(unicodedata.normalize("NFC", part).casefold(), part)
            if other != part:
                raise BootstrapError(f"{what}: {other} and {part} are the same name on some file systems.", fix=_FIX)


def digest(files: Mapping[str, str]) -> str:
    """SHA-256 of files and their paths, in hex. GitHub's archives are not the same bytes each time; this is.

    The same as in a shell, in that folder: ``find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum``.
    """
    total = hashlib.sha256()
    for path in sorted(files, key=_bytes):
        total.update(hashlib.sha256(_bytes(files[path])).hexdigest().encode() + b"  " + _bytes(path) + b"\n")
    return total.hexdigest()


def pack(files: Mapping[str, str], top: str) -> bytes:
    """A tar.gz of files below a top folder: the same bytes for the same files."""
    target = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(files, key=_bytes):
            content = _bytes(files[path])
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return target.getvalue()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
