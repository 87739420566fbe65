# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications on disk: reads one, converges one to its declaration."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import stat
import time
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import BootstrapError
from ...fetch.sources import Contents, Sources
from ...files import read_bounded
from ...registries import registry
from .. import application
from ..files import app_yaml, declaration, packages, params, record
from . import journal

_FOLDERS = ("components", "environments", "vendor", "lib", ".ksonnet")
_TOP = (".gitignore", app_yaml.PATH, "app.override.yaml", record.PATH)
# ks writes it to lib/<version>/; nothing reads it.
_IGNORED = re.compile(r"lib/[^/]+/swagger\.json")
# A folder above that may not be written to, or is read-only; a folder that is a mount point, and can't be replaced.
_NOT_BESIDE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV)
# Entries that may lie beside an application; lost+found is in the root of a file system.
_BESIDE = (".git", "lost+found")
Registries = Mapping[str, Contents]
MAX_FILES = 20_000
MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class ConvergeResult:
    """What ``converge`` did, or would do. ``kept``: the user's changes that stay; ``removed``: deleted paths.

    ``registries``: by name the commit (``commitSha``, ``refSpec``) and checksum (``sha256``) of those on GitHub; ``upgrade``:
    the result of other versions of the packages (``PackageUpgrade.summary``). ``overwritten``: folders of packages that were
    changed by hand. ``folders``: empty folders that ks needs and that were missing.
    """

    changed: bool
    changes: list[journal.FileChange]
    kept: list[dict[str, t.Any]]
    removed: list[str]
    registries: dict[str, dict[str, str]] = field(default_factory=dict)
    upgrade: dict[str, list[t.Any]] = field(default_factory=dict)
    overwritten: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Snapshot:
    """A folder at one moment: the files of an application, and the names of all entries."""

    files: dict[str, str]
    entries: list[str]


def missing(folder: Path) -> list[str]:
    """The missing ones of the folders that ks needs to recognise an application."""
    return [each for each in application.FOLDERS if not (folder / each).is_dir()]


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of an application, and the folders that ks needs, into a folder of their own."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        journal.write(folder / path, text)
    _make_folders(folder)


def _make_folders(folder: Path) -> None:
    for each in missing(folder):
        (folder / each).mkdir(parents=True, exist_ok=True)


def read(folder: Path, *, wait: float = 30) -> dict[str, str]:
    """The files of an application that matter, path to text; {} where there is no folder. Raises BootstrapError.

    While another run writes, it waits for up to ``wait`` seconds. Where one was killed, the files are as it would have left them.
    Bytes that are not UTF-8 are kept as Python's ``surrogateescape`` does it.
    """
    return _snapshot(folder, wait).files


def _snapshot(folder: Path, wait: float) -> _Snapshot:
    if not folder.is_dir():
        return _Snapshot({}, [])
    with _explained(folder), _locked(folder, wait, fcntl.LOCK_SH):
        return _snapshot_locked(folder)


def _snapshot_locked(folder: Path) -> _Snapshot:
    return _Snapshot(_read(folder), sorted(os.listdir(folder)))


def _read(folder: Path) -> dict[str, str]:
    files: dict[str, str] = {}
    size = 0
    with _explained(folder):
        for path in _walk(folder):
            target = folder / path
            if target.is_symlink() and not target.resolve().is_relative_to(folder.resolve()):
                raise BootstrapError(f"{target} is a link that leads out of the application.", fix="Put the file itself there.")
            if not stat.S_ISREG(target.stat().st_mode):
                raise BootstrapError(f"{target} is not a file.", fix="Take it away.")
            files[path] = text = read_bounded(target, MAX_BYTES).decode("utf-8", "surrogateescape")
            size += len(text)
            if len(files) > MAX_FILES or size > MAX_BYTES:
                raise BootstrapError(
                    f"The application {folder} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB.", fix="Name the right folder."
                )
        return journal.merged(files, journal.read(folder))


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
            paths = ((Path(parent) / entry).relative_to(folder).as_posix() for entry in sorted(names))
            yield from (path for path in paths if not _IGNORED.fullmatch(path) and not path.endswith(journal.TEMPORARY))


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
        raise BootstrapError(f"{error.filename or folder}: {error.strerror}.", fix="Name another folder, or fix this one.") from None


def converge(
    folder: Path,
    declared: Mapping[str, t.Any],
    *,
    sources: Sources | None = None,
    adopt: bool = False,
    check: bool = False,
    wait: float = 30,
) -> ConvergeResult:
    """Converge the application in a folder to a declaration (``declaration.check`` has the shape).

    ``sources``: where registries may come from. ``adopt``: take over an application that ks made. Nothing is written with ``check``, nor
    where a BootstrapError is raised. While another run works on the folder it waits, for up to ``wait`` seconds. A kill at any moment
    leaves the old application or the new one: the next run, of any module, finishes it.
    """
    folder = Path(os.path.abspath(folder))
    declared = declaration.check(declared)
    sources = sources or Sources()
    snapshot = _snapshot(folder, wait)
    pins = packages.pins(snapshot.files)
    contents = registry.contents(declared["registries"], declared["packages"], folder, replace(sources, pinned=pins))
    result, _files = _plan(folder, declared, snapshot, contents, adopt)
    if check or not (result.changed or journal.exists(folder)):
        return result
    with _explained(folder), _created(folder), _locked(folder, wait, fcntl.LOCK_EX):
        journal.finish(folder)
        snapshot = _snapshot_locked(folder)
        if packages.pins(snapshot.files) != pins:  # another run was here meanwhile
            pins = packages.pins(snapshot.files)
            contents = registry.contents(declared["registries"], declared["packages"], folder, replace(sources, pinned=pins))
        result, files = _plan(folder, declared, snapshot, contents, adopt)
        if snapshot.entries:
            journal.carry_out(folder, result.changes)
            _make_folders(folder)
        else:
            _create(folder, files)
    return result


def preview(folder: Path, declared: Mapping[str, t.Any], sources: Sources | None = None) -> dict[str, str]:
    """The files of the application after ``converge``; nothing is written."""
    folder = Path(os.path.abspath(folder))
    declared, snapshot = declaration.check(declared), _snapshot(folder, wait=30)
    pinned = replace(sources or Sources(), pinned=packages.pins(snapshot.files))
    contents = registry.contents(declared["registries"], declared["packages"], folder, pinned)
    return _plan(folder, declared, snapshot, contents, adopt=True)[1]


def _plan(
    folder: Path, declared: dict[str, t.Any], snapshot: _Snapshot, registries: Registries, adopt: bool
) -> tuple[ConvergeResult, dict[str, str]]:
    _check_writable(folder)
    current = snapshot.files
    ours = app_yaml.PATH in current
    if ours and not adopt and record.PATH not in current:
        raise BootstrapError(
            f"{folder} holds a ksonnet application that this collection didn't make: it has no {record.PATH}.",
            fix="Name another folder, or take it over: adopt=true.",
        )
    planned = application.files(declared, current if ours else {}, registries)
    if not ours:
        _check_foreign(folder, snapshot, planned.files)
    changes = [journal.FileChange(path, current.get(path), text) for path, text in planned.files.items() if current.get(path) != text]
    removed = sorted(set(current) - set(planned.files))
    changes = sorted([*changes, *(journal.FileChange(path, current[path], None) for path in removed)], key=_rank)
    pinned, upgraded = registry.pinned(registries), planned.upgrade.summary()
    folders = [each for each in missing(folder) if not any(path.startswith(f"{each}/") for path in planned.files)]
    changed = bool(changes or folders)
    return ConvergeResult(changed, changes, planned.kept, removed, pinned, upgraded, planned.overwritten, folders), planned.files


def _check_writable(folder: Path) -> None:
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise BootstrapError(f"{existing} is a file where a folder must be.", fix="Name another folder.")
    if not os.access(existing, os.W_OK | os.X_OK | os.R_OK):
        raise BootstrapError(
            f"No permission to write in {existing}.", fix="Name a folder that belongs to this user, or correct its rights."
        )


def _check_foreign(folder: Path, snapshot: _Snapshot, planned: Mapping[str, str]) -> None:
    """Refuse a folder that holds other files than those of a killed run."""
    allowed = {path.split("/")[0] for path in planned}
    foreign = [
        entry for entry in snapshot.entries if entry not in allowed and entry not in _BESIDE and not entry.endswith(journal.TEMPORARY)
    ]
    foreign += [path for path, text in snapshot.files.items() if planned.get(path) != text]
    if foreign:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise BootstrapError(
            f"{folder} holds other files and no ksonnet application: {shown}.", fix="Name a folder that is empty or doesn't exist yet."
        )


def _rank(change: journal.FileChange) -> tuple[int, str]:
    """The order of writing: files before those that refer to them, app.yaml last, so that it renders at any moment."""
    last = {record.PATH: 7, app_yaml.PATH: 8}
    if change.path in last:
        return last[change.path], change.path
    if change.path.startswith("components/"):
        # A component must have its parameters at any moment; parameters without a component do no harm.
        return (4 if change.path == params.PATH else 5 if change.after is not None else 3), change.path
    if change.path.startswith(("vendor/", "lib/")):
        return (1 if change.after is not None else 6), change.path
    return 2, change.path


def _create(folder: Path, files: Mapping[str, str]) -> None:
    """Write a new application beside its folder and rename it; into the folder where that can't be replaced."""
    prefix = f".{folder.name}{journal.TEMPORARY}"
    for left in folder.parent.glob(f"{prefix}*"):
        # Of a killed run: this one holds the lock.
        shutil.rmtree(left, ignore_errors=True)
    temporary = folder.parent / f"{prefix}{os.getpid()}"
    try:
        temporary.mkdir()
        temporary.chmod(stat.S_IMODE(folder.stat().st_mode))
        write(temporary, files)
        os.replace(temporary, folder)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if not isinstance(error, OSError) or error.errno not in _NOT_BESIDE:
            raise
        journal.carry_out(folder, sorted((journal.FileChange(path, None, text) for path, text in files.items()), key=_rank))
        _make_folders(folder)
        return
    journal.sync(folder.parent)


@contextlib.contextmanager
def _created(folder: Path) -> Iterator[None]:
    """Create the folder; remove a created one again after an error."""
    existed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()  # only where it is empty
        raise


@contextlib.contextmanager
def _locked(folder: Path, wait: float, kind: int) -> Iterator[None]:
    """Lock the folder against other runs. The lock is on the folder itself, so that it leaves no file behind."""
    deadline = time.monotonic() + wait
    while True:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if _try_lock(descriptor, kind) and os.path.samestat(os.fstat(descriptor), os.stat(folder)):
                yield
                return
            if time.monotonic() >= deadline:
                raise BootstrapError(
                    f"Another run works on {folder}{_holder(descriptor)}; it was not done after {wait:g} seconds.",
                    fix="Try again when it is done.",
                )
        finally:
            os.close(descriptor)
        time.sleep(0.05)
        # The run before may have replaced or removed the folder.
        folder.mkdir(parents=True, exist_ok=True)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks on folders (some network ones): continue; each file still changes atomically.
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
