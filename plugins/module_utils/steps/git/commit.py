# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One commit a run: whether the application can be committed, and its commit.

What a run is about to write is noted in git's own folder before it writes. So a run that was killed, or whose commit was refused, is told
from changes of somebody else.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...credential_scan import scan
from ...errors import BootstrapError
from ...fetch.sources import Sources
from ...files import write_atomically
from ...ksonnet.disk import folder as application
from ...ksonnet.files import record
from ...redaction.redact import clean
from ...run import Context
from ..gitops.registration import MANIFESTS
from . import message, repository
from .command import Git, GitFailed
from .push import PushTarget, push
from .repository import Repository

Json = dict[str, t.Any]


@dataclass(frozen=True)
class CommitSpec:
    """``declaration``: what the application should be (``ksonnet.declaration``); None where everything in the folder is to be committed.

    ``message``: None for one that is made of what changed. ``branch``: None for the current one. ``remote``: None for no push.
    """

    folder: Path
    declaration: Mapping[str, t.Any] | None = None
    sources: Sources = field(default_factory=Sources)
    message: str | None = None
    author: tuple[str | None, str | None] = (None, None)
    branch: str | None = None
    remote: str | None = None
    remote_branch: str | None = None
    login: tuple[str | None, str | None] = (None, None)
    allow: tuple[scan.Allowed, ...] = ()
    take_changes: bool = False
    timeout: float = 600


def ready(wanted: CommitSpec, context: Context) -> Json:
    """Refuse now what would make the commit fail later: before anything is written. Notes what is about to be written."""
    git, place, who = _look(wanted, context)
    foreseen, current = _foreseen(wanted)
    changes = {path: text for path, text in foreseen.items() if current.get(path) != text}
    if place:
        repository.check_ignored(place, foreseen or current)
        _check_clean(place, wanted)
        if not context.check:
            gone = dict.fromkeys(path for path in current if foreseen and path not in foreseen)
            _note(place, {**{path: _digest(text) for path, text in changes.items()}, **gone})
    scan.refuse(scan.scan(changes, wanted.allow), "Nothing was written")
    return {"changed": False, **_told(wanted, place), "author": who, "said": f"{wanted.folder} can be committed as {who}."}


def commit(wanted: CommitSpec, context: Context) -> Json:
    """Commit what changed below the folder, and push it where that is wanted."""
    git, place, who = _look(wanted, context)
    made = place is None
    if place is None and not context.check:
        place = repository.create(git, wanted.branch)
    if place and wanted.declaration is not None and _notes(place).exists():
        _check_clean(place, wanted)
    changed = place.changed() if place else _everything(wanted.folder)
    foreseen, current = _foreseen(wanted) if context.check else ({}, {})
    for path in _kept(foreseen, foreseen):
        if current.get(path) != foreseen[path]:
            changed[path] = "M" if path in current else "A"
    changed |= dict.fromkeys((path for path in _kept(current, current) if foreseen and path not in foreseen), "D")
    texts = {path: foreseen.get(path) or _text(wanted.folder / path) for path, code in changed.items() if code != "D"}
    if place:
        repository.check_ignored(place, current if foreseen else texts)
    scan.refuse(scan.scan(texts, wanted.allow), "Nothing was committed")
    after = texts.get(record.PATH) or _text(wanted.folder / record.PATH)
    text = wanted.message or message.compose(place.committed(record.PATH) if place else None, after, changed)
    scan.refuse(scan.scan({"the message": text}, wanted.allow), "Nothing was committed")
    if changed and place and not context.check:
        _make(place, wanted, text)
    return _result(wanted, context, git, place, changed, text, made) | {"author": who}


def _look(wanted: CommitSpec, context: Context) -> tuple[Git, Repository | None, str]:
    git = Git(wanted.folder, context.env, wanted.timeout)
    git.set_author(*wanted.author)
    place = repository.find(git)
    git.check_version()
    who = repository.check_identity(git)
    if place:
        repository.check(place, wanted.branch)
    else:
        git.folder = wanted.folder
    return git, place, who


def _foreseen(wanted: CommitSpec) -> tuple[dict[str, str], dict[str, str]]:
    """The application's files as they will be, and as they are."""
    current = application.read(wanted.folder)
    if wanted.declaration is None:
        return {}, current
    return application.preview(wanted.folder, wanted.declaration, wanted.sources), current


def _everything(folder: Path) -> dict[str, str]:
    """What a repository that is yet to be made would hold."""
    files = application.read(folder)
    return {path: "A" for path in _kept(files, files)}


def _kept(paths: t.Iterable[str], files: Mapping[str, str]) -> list[str]:
    """Those paths that the application's own .gitignore, which ks wrote, does not keep out."""
    ignored = tuple(line.strip().strip("/") for line in files.get(".gitignore", "").splitlines() if line.startswith("/"))
    return [path for path in paths if not any(path == each or path.startswith(f"{each}/") for each in ignored)]


def _text(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else ""


# --- whose changes they are


def _check_clean(place: Repository, wanted: CommitSpec) -> None:
    """Refuse changes that no run has noted as its own. Before the first commit there is nothing that they could differ from.

    The manifests are rendered by each run, so that they hold no work of anybody.
    """
    if wanted.take_changes or not place.head:
        return
    noted = _noted(place)
    changed = place.changed()
    others = [
        path
        for path, code in changed.items()
        if path != MANIFESTS and not (path in noted and noted[path] == _state(wanted.folder / path, code))
    ]
    if others:
        shown = ", ".join(sorted(others)[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        raise BootstrapError(
            f"{wanted.folder} has changes that are not committed, and not of this run: {shown}.",
            fix=f"Commit them or put them away first: git -C {shlex.quote(str(wanted.folder))} status. "
            "To commit them with the run's own: take_changes.",
            files=sorted(others),
        )


def _state(path: Path, code: str) -> str | None:
    return None if code == "D" else _digest(_text(path))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _notes(place: Repository) -> Path:
    return place.private / "kubeflow-bootstrap" / f"{_digest(place.prefix)[:16]}.json"


def _noted(place: Repository) -> dict[str, str | None]:
    """What runs were about to write since the last commit: path to digest, or None for what goes."""
    try:
        found = json.loads(_notes(place).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found["files"] if isinstance(found, dict) and found.get("head") == place.head and isinstance(found.get("files"), dict) else {}


def _note(place: Repository, files: Mapping[str, str | None]) -> None:
    """Beside what is noted already: that of a run that was killed stays until it is committed."""
    write_atomically(_notes(place), json.dumps({"head": place.head, "files": {**_noted(place), **files}}, indent=1))


# --- the commit


def _make(place: Repository, wanted: CommitSpec, text: str) -> None:
    repository.take_branch(place, wanted.branch)
    try:
        place.git.run("-C", str(place.root), "add", "--all", "--", *place.pathspecs)
        place.git.run("-C", str(place.root), "commit", "--quiet", "--only", "--file=-", "--", *place.pathspecs, stdin=text)
    except BaseException as error:
        _unstage(place)
        if isinstance(error, GitFailed):
            lines = [line.strip() for line in error.said.splitlines() if line.strip()]
            raise BootstrapError(
                f"git refused the commit in {place.root}; a hook may have: {' / '.join(lines[-5:])[:600] or 'it said nothing'}.",
                fix="Do what it says, then run this again. The application is written.",
            ) from None
        raise
    _notes(place).unlink(missing_ok=True)


def _unstage(place: Repository) -> None:
    """Leave the index as it was."""
    undo = ("reset", "--quiet") if place.head else ("rm", "--quiet", "-r", "--cached", "--ignore-unmatch")
    place.git.asks("-C", str(place.root), *undo, "--", *place.pathspecs)


def _result(
    wanted: CommitSpec, context: Context, git: Git, place: Repository | None, changed: Mapping[str, str], text: str, made: bool
) -> Json:
    now = repository.find(git) if place else None
    branch = wanted.branch or (now.branch if now else None) or "main"
    pushed = None
    if wanted.remote and place:
        pushed = _push(wanted, context, git, branch, now.head if now else None, bool(changed))
    files = [{"path": path, "change": {"A": "added", "M": "changed", "D": "removed"}[code]} for path, code in sorted(changed.items())]
    subject = text.split("\n", 1)[0]
    said = f"Committed on {branch}: {subject}" if changed else "There was nothing to commit."
    if pushed and pushed["changed"]:
        said += f" Pushed to {pushed['branch']} of {pushed['remote']}."
    result = {
        "changed": bool(changed) or made or bool(pushed and pushed["changed"]),
        **_told(wanted, now),
        "branch": branch,
        "commit": now.head if now else None,
        "message": text if changed else None,
        "files": files,
        "made": made,
        "pushed": pushed,
        "said": f"In check mode nothing is committed. {said}" if context.check and changed else said,
        "step": {"parameters": {}, "components": {}, "reason": said, "record": {}},
    }
    if context.diff and changed:
        listed = "".join(f"{each['change']}: {each['path']}\n" for each in files)
        result["diff"] = {"before": "", "after": f"{text}\n{listed}", "before_header": "", "after_header": f"commit on {branch}"}
    return result


def _push(wanted: CommitSpec, context: Context, git: Git, branch: str, head: str | None, changed: bool) -> Json:
    remote = PushTarget(str(wanted.remote), wanted.remote_branch or branch, *wanted.login)
    if context.check and (changed or not head):
        return {"remote": clean(remote.name), "branch": remote.branch, "changed": True}
    context.progress(f"Pushing to {clean(remote.name)}")
    return push(git, remote, context.env, check=context.check)


def _told(wanted: CommitSpec, place: Repository | None) -> Json:
    return {"path": str(wanted.folder), "repository": str(place.root if place else wanted.folder)}
