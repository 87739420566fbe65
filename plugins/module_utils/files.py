# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files, read within bounds, and written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import typing as t
from collections.abc import Iterator
from pathlib import Path

from .errors import BootstrapError

MIB = 2**20


@contextlib.contextmanager
def open_bounded(path: str | Path, most: int = MIB) -> Iterator[t.IO[bytes]]:
    """Open a file that a user named: a regular one of at most ``most`` bytes. Raises ``OSError``, whose ``strerror`` is for users.

    A pipe could block forever, a device never end; anything but a regular file is not even opened.
    """
    _check_regular(path, os.stat(path), most)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        _check_regular(path, os.fstat(handle), most)
        yield file


def read_bounded(path: str | Path, most: int = MIB) -> bytes:
    """What is in such a file."""
    pieces, size = [], 0
    with open_bounded(path, most) as file:
        # Reading ``most`` bytes at once would allocate as many.
        while piece := file.read(MIB):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise _too_large(path, most)
    return b"".join(pieces)


def read_text(path: str | Path, most: int = MIB) -> str:
    """The same as text in UTF-8. Raises ``UnicodeDecodeError``, too."""
    return read_bounded(path, most).decode("utf-8")


def _check_regular(path: str | Path, status: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe, a device or a socket instead of a file", str(path))
    if status.st_size > most:
        raise _too_large(path, most)


def _too_large(path: str | Path, most: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {most / MIB:g} MiB", str(path))


def write_atomically(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Replace a file at once; its folder is made if it does not exist. Nobody but its owner can read it before it has its ``mode``."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise BootstrapError(f"{path} can't be written: {error.strerror}.", fix="Check the folder and its rights.") from error
