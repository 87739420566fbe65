# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications on disk: read one, bring one to what is declared. Private to the collection."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import time
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BootstrapError
from . import application, declaration, params, registry

_FOLDERS = ("components", "environments", "vendor", "lib")
_TOP = (".gitignore", application.APP, "app.override.yaml", application.RECORD)
# ks writes it to lib/<version>/; nothing reads it.
_IGNORED = ("swagger.json",)
_TEMPORARY = ".kubeflow-bootstrap~"
MAX_FILES = 20_000
MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Change:
    """A file that changes: its path in the application; ``before`` is None for a new one, ``after`` for one that goes."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Result:
    """What ``converge`` did, or would do. ``kept``: the user's own changes that stayed; ``removed``: paths that went."""

    changed: bool
    changes: list[Change]
    kept: list[dict[str, t.Any]]
    removed: list[str]


def read(folder: Path) -> dict[str, str]:
    """The files of an application that matter, path to text; {} where there is no folder. Raises BootstrapError.

    Bytes that are not UTF-8 are kept as Python's ``surrogateescape`` does it.
    """
    found: dict[str, str] = {}
    size = 0
    with _explained(folder):
        for path in _walk(folder):
            target = folder / path
            if target.is_symlink() and not target.resolve().is_relative_to(folder.resolve()):
                raise BootstrapError(f"{target} is a link that leads out of the application.", fix="Put the file itself there.")
            if not stat.S_ISREG(target.stat().st_mode):
                raise BootstrapError(f"{target} is not a file.", fix="Take it away.")
            found[path] = text = target.read_bytes().decode("utf-8", "surrogateescape")
            size += len(text)
            if len(found) > MAX_FILES or size > MAX_BYTES:
                raise BootstrapError(
                    f"The application {folder} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB.", fix="Name the right folder."
                )
    return found


def _walk(folder: Path) -> Iterator[str]:
    for name in _TOP:
        if (folder / name).is_dir():
            raise BootstrapError(f"{folder / name} is a folder where a file must be.", fix="Take it away, or name another folder.")
        if (folder / name).exists():
            yield name
    for name in _FOLDERS:
        if not os.path.lexists(folder / name):
            continue
        if not (folder / name).is_dir():
            raise BootstrapError(f"{folder / name} is a file where a folder must be.", fix="Take it away, or name another folder.")
        for parent, folders, names in os.walk(folder / name, onerror=_raise):
            folders.sort()
            yield from (
                (Path(parent) / entry).relative_to(folder).as_posix()
                for entry in sorted(names)
                if entry not in _IGNORED and not entry.endswith(_TEMPORARY)
            )


def _raise(error: OSError) -> t.NoReturn:
    raise error


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """What the file system refuses, as a BootstrapError."""
    try:
        yield
    except PermissionError as error:
        where = error.filename or folder
        raise BootstrapError(f"No permission for {where}.", fix="Name a folder that belongs to this user, or correct its rights.") from None
    except OSError as error:
        raise BootstrapError(f"{error.filename or folder}: {error.strerror}.", fix="Name another folder, or put this one right.") from None


def converge(folder: Path, wanted: Mapping[str, t.Any], *, check: bool = False, wait: float = 30) -> Result:
    """Bring the application in a folder to what is declared (``declaration.check`` has the shape).

    Nothing is written with ``check``, nor where a BootstrapError is raised. While another run works on the folder it waits, for up to
    ``wait`` seconds.
    """
    folder = Path(os.path.abspath(folder))
    wanted = declaration.check(wanted)
    result, _files = _plan(folder, wanted)
    if check or not result.changed:
        return result
    with _explained(folder), _locked(folder, wait):
        result, files = _plan(folder, wanted)
        if os.listdir(folder):
            _update(folder, result.changes)
        else:
            _create(folder, files)
    return result


def foresee(folder: Path, wanted: Mapping[str, t.Any]) -> dict[str, str]:
    """The files of the application as ``converge`` would leave them. Nothing is written."""
    _result, files = _plan(Path(os.path.abspath(folder)), declaration.check(wanted))
    return files


def _plan(folder: Path, wanted: dict[str, t.Any]) -> tuple[Result, dict[str, str]]:
    _check_writable(folder)
    current = read(folder)
    registries = {}
    for name, entry in wanted["registries"].items():
        packages = [package for package, spec in wanted["packages"].items() if spec["registry"] == name]
        registries[name] = registry.read(registry.folder(entry["uri"], folder), packages, name)
    ours = application.APP in current
    if ours and application.RECORD not in current:
        raise BootstrapError(
            f"{folder} holds a ksonnet application that this collection didn't make: it has no {application.RECORD}.",
            fix="Name another folder, or go on with that application with ks.",
        )
    planned = application.files(wanted, current if ours else {}, registries)
    if not ours:
        _check_foreign(folder, current, planned.files)
    changes = [Change(path, current.get(path), text) for path, text in planned.files.items() if current.get(path) != text]
    removed = sorted(set(current) - set(planned.files))
    changes = sorted([*changes, *(Change(path, current[path], None) for path in removed)], key=_rank)
    return Result(bool(changes), changes, planned.kept, removed), planned.files


def _check_writable(folder: Path) -> None:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise BootstrapError(f"{there} is a file where a folder must be.", fix="Name another folder.")
    if not os.access(there, os.W_OK | os.X_OK | os.R_OK):
        raise BootstrapError(f"No permission to write in {there}.", fix="Name a folder that belongs to this user, or correct its rights.")


def _check_foreign(folder: Path, current: Mapping[str, str], planned: Mapping[str, str]) -> None:
    """Refuse a folder with files in it, unless they are what a run that was killed has left."""
    if not folder.exists():
        return
    allowed = {path.split("/")[0] for path in planned}
    foreign = [entry for entry in sorted(os.listdir(folder)) if entry not in allowed and entry != ".git" and not entry.endswith(_TEMPORARY)]
    foreign += [path for path, text in current.items() if planned.get(path) != text]
    if foreign:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise BootstrapError(
            f"{folder} holds other files and no ksonnet application: {shown}.", fix="Name a folder that is empty or doesn't exist yet."
        )


def _rank(change: Change) -> tuple[int, str]:
    """The order of writing: what others refer to comes first, app.yaml last, so that it can be rendered at any moment."""
    last = {application.RECORD: 7, application.APP: 8}
    if change.path in last:
        return last[change.path], change.path
    if change.path.startswith("components/"):
        # A component must have its parameters at any moment; parameters without a component do no harm.
        return (4 if change.path == params.PATH else 5 if change.after is not None else 3), change.path
    if change.path.startswith(("vendor/", "lib/")):
        return (1 if change.after is not None else 6), change.path
    return 2, change.path


def _create(folder: Path, files: Mapping[str, str]) -> None:
    """Write a new application beside its folder, and put it into place at once."""
    prefix = f".{folder.name}{_TEMPORARY}"
    for left in folder.parent.glob(f"{prefix}*"):
        # Of a run that was killed: we hold the lock, so nobody is at it.
        shutil.rmtree(left, ignore_errors=True)
    made = folder.parent / f"{prefix}{os.getpid()}"
    try:
        made.mkdir()
    except PermissionError:
        _update(folder, sorted((Change(path, None, text) for path, text in files.items()), key=_rank))
        return
    try:
        made.chmod(stat.S_IMODE(folder.stat().st_mode))
        for path, text in files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            _write(made / path, text)
        os.replace(made, folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    _sync(folder.parent)


def _update(folder: Path, changes: list[Change]) -> None:
    """Change file by file, each at once."""
    for name in ("*", *(f"{name}/**/*" for name in _FOLDERS)):
        for left in folder.glob(name + _TEMPORARY):
            # Of a run that was killed: we hold the lock, so nobody is at it.
            left.unlink()
    for change in changes:
        target = folder / change.path
        if change.after is None:
            target.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                for parent in list(target.relative_to(folder).parents)[:-1]:
                    (folder / parent).rmdir()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(target.name + _TEMPORARY)
        _write(temporary, change.after)
        if change.before is not None:
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    for parent in sorted({(folder / change.path).parent for change in changes}):
        if parent.exists():
            _sync(parent)


def _write(path: Path, text: str) -> None:
    with open(path, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _locked(folder: Path, wait: float) -> Iterator[None]:
    """Keep other runs off the folder. The lock is on the folder itself, so that it leaves no file behind."""
    deadline = time.monotonic() + wait
    existed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if _try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), os.stat(folder)):
                yield
                return
            if time.monotonic() >= deadline:
                raise BootstrapError(
                    f"Another run works on {folder}{_holder(descriptor)}; it was not done after {wait:g} seconds.",
                    fix="Try again when it is done.",
                )
        except BaseException:
            if not existed:
                with contextlib.suppress(OSError):
                    folder.rmdir()  # only where it is empty
            raise
        finally:
            os.close(descriptor)
        time.sleep(0.05)
        folder.mkdir(parents=True, exist_ok=True)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks on folders (some network ones): go on; each file still changes at once.
        return True
    return True


def _holder(descriptor: int) -> str:
    """The process that holds the lock, where the system tells."""
    inode = str(os.fstat(descriptor).st_ino)
    with contextlib.suppress(OSError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if "FLOCK" in words and "->" not in words and words[-3].rsplit(":", 1)[-1] == inode:
                return f" (process {words[-4]})"
    return ""
