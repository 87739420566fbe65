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
from ...formats.json_object import Json
from ...ksonnet.disk import folder as application
from ...ksonnet.files import record
from ...redaction.redact import clean
from ...run import Context
from ..gitops.registration import MANIFESTS
from . import message, repository
from .command import Git, GitFailed
from .push import PushTarget, push
from .repository import Repository


@dataclass(frozen=True)
class CommitSpec:
    """``declaration``: what the application should be (``ksonnet.declaration``); None to commit everything in the folder.

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


def ready(spec: CommitSpec, context: Context) -> Json:
    """Refuse now what would make the commit fail later: before anything is written. Notes what is about to be written."""
    git, place, who = _open(spec, context)
    expected, current = _expected_files(spec)
    changes = {path: text for path, text in expected.items() if current.get(path) != text}
    if place:
        repository.check_ignored(place, expected or current)
        _check_clean(place, spec)
        if not context.check:
            gone = dict.fromkeys(path for path in current if expected and path not in expected)
            _record_changes(place, {**{path: _digest(text) for path, text in changes.items()}, **gone})
    scan.refuse(scan.scan(changes, spec.allow), "Nothing was written")
    return {"changed": False, **_location(spec, place), "author": who, "said": f"{spec.folder} can be committed as {who}."}


def commit(spec: CommitSpec, context: Context) -> Json:
    """Commit what changed below the folder, and push it if there is a remote."""
    git, place, who = _open(spec, context)
    made = place is None
    if place is None and not context.check:
        place = repository.create(git, spec.branch)
    if place and spec.declaration is not None and _notes(place).exists():
        _check_clean(place, spec)
    changed = place.changed() if place else _everything(spec.folder)
    expected, current = _expected_files(spec) if context.check else ({}, {})
    for path in _not_ignored(expected, expected):
        if current.get(path) != expected[path]:
            changed[path] = "M" if path in current else "A"
    changed |= dict.fromkeys((path for path in _not_ignored(current, current) if expected and path not in expected), "D")
    texts = {path: expected.get(path) or _text(spec.folder / path) for path, code in changed.items() if code != "D"}
    if place:
        repository.check_ignored(place, current if expected else texts)
    scan.refuse(scan.scan(texts, spec.allow), "Nothing was committed")
    after = texts.get(record.PATH) or _text(spec.folder / record.PATH)
    text = spec.message or message.compose(place.committed(record.PATH) if place else None, after, changed)
    scan.refuse(scan.scan({"the message": text}, spec.allow), "Nothing was committed")
    if changed and place and not context.check:
        _create_commit(place, spec, text)
    return _result(spec, context, git, place, changed, text, made) | {"author": who}


def _open(spec: CommitSpec, context: Context) -> tuple[Git, Repository | None, str]:
    git = Git(spec.folder, context.env, spec.timeout)
    git.set_author(*spec.author)
    place = repository.find(git)
    git.check_version()
    who = repository.check_identity(git)
    if place:
        repository.check(place, spec.branch)
    else:
        git.folder = spec.folder
    return git, place, who


def _expected_files(spec: CommitSpec) -> tuple[dict[str, str], dict[str, str]]:
    """The application's files as they will be, and as they are."""
    current = application.read(spec.folder)
    if spec.declaration is None:
        return {}, current
    return application.preview(spec.folder, spec.declaration, spec.sources), current


def _everything(folder: Path) -> dict[str, str]:
    """What a repository that is yet to be made would hold."""
    files = application.read(folder)
    return {path: "A" for path in _not_ignored(files, files)}


def _not_ignored(paths: t.Iterable[str], files: Mapping[str, str]) -> list[str]:
    """Those paths that the application's own .gitignore, which ks wrote, does not keep out."""
    ignored = tuple(line.strip().strip("/") for line in files.get(".gitignore", "").splitlines() if line.startswith("/"))
    return [path for path in paths if not any(path == each or path.startswith(f"{each}/") for each in ignored)]


def _text(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else ""


# --- whose changes they are


def _check_clean(place: Repository, spec: CommitSpec) -> None:
    """Refuse changes that no run has noted as its own. Before the first commit there is nothing that they could differ from.

    The manifests are rendered by each run, so that they hold no work of anybody.
    """
    if spec.take_changes or not place.head:
        return
    recorded = _recorded_changes(place)
    changed = place.changed()
    others = [
        path
        for path, code in changed.items()
        if path != MANIFESTS and not (path in recorded and recorded[path] == _state(spec.folder / path, code))
    ]
    if others:
        shown = ", ".join(sorted(others)[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        raise BootstrapError(
            f"{spec.folder} has changes that are not committed, and not of this run: {shown}.",
            fix=f"Commit them or put them away first: git -C {shlex.quote(str(spec.folder))} status. "
            "To commit them with the run's own: take_changes.",
            files=sorted(others),
        )


def _state(path: Path, code: str) -> str | None:
    return None if code == "D" else _digest(_text(path))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _notes(place: Repository) -> Path:
    return place.private / "kubeflow-bootstrap" / f"{_digest(place.prefix)[:16]}.json"


def _recorded_changes(place: Repository) -> dict[str, str | None]:
    """What runs were about to write since the last commit: path to digest, or None for what goes."""
    try:
        document = json.loads(_notes(place).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        document["files"]
        if isinstance(document, dict) and document.get("head") == place.head and isinstance(document.get("files"), dict)
        else {}
    )


def _record_changes(place: Repository, files: Mapping[str, str | None]) -> None:
    """Beside what is noted already: that of a run that was killed stays until it is committed."""
    write_atomically(_notes(place), json.dumps({"head": place.head, "files": {**_recorded_changes(place), **files}}, indent=1))


# --- the commit


def _create_commit(place: Repository, spec: CommitSpec, text: str) -> None:
    repository.take_branch(place, spec.branch)
    try:
        place.git.run("-C", str(place.root), "add", "--all", "--", *place.pathspecs)
        place.git.run("-C", str(place.root), "commit", "--quiet", "--only", "--file=-", "--", *place.pathspecs, stdin=text)
    except BaseException as error:
        _unstage(place)
        if isinstance(error, GitFailed):
            lines = [line.strip() for line in error.output.splitlines() if line.strip()]
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
    spec: CommitSpec, context: Context, git: Git, place: Repository | None, changed: Mapping[str, str], text: str, made: bool
) -> Json:
    now = repository.find(git) if place else None
    branch = spec.branch or (now.branch if now else None) or "main"
    pushed = None
    if spec.remote and place:
        pushed = _push(spec, context, git, branch, now.head if now else None, bool(changed))
    files = [{"path": path, "change": {"A": "added", "M": "changed", "D": "removed"}[code]} for path, code in sorted(changed.items())]
    subject = text.split("\n", 1)[0]
    sentence = f"Committed on {branch}: {subject}" if changed else "There was nothing to commit."
    if pushed and pushed["changed"]:
        sentence += f" Pushed to {pushed['branch']} of {pushed['remote']}."
    result = {
        "changed": bool(changed) or made or bool(pushed and pushed["changed"]),
        **_location(spec, now),
        "branch": branch,
        "commit": now.head if now else None,
        "message": text if changed else None,
        "files": files,
        "made": made,
        "pushed": pushed,
        "said": f"In check mode nothing is committed. {sentence}" if context.check and changed else sentence,
        "step": {"parameters": {}, "components": {}, "reason": sentence, "record": {}},
    }
    if context.diff and changed:
        listed = "".join(f"{each['change']}: {each['path']}\n" for each in files)
        result["diff"] = {"before": "", "after": f"{text}\n{listed}", "before_header": "", "after_header": f"commit on {branch}"}
    return result


def _push(spec: CommitSpec, context: Context, git: Git, branch: str, head: str | None, changed: bool) -> Json:
    remote = PushTarget(str(spec.remote), spec.remote_branch or branch, *spec.login)
    if context.check and (changed or not head):
        return {"remote": clean(remote.name), "branch": remote.branch, "changed": True}
    context.progress(f"Pushing to {clean(remote.name)}")
    return push(git, remote, context.env, check=context.check)


def _location(spec: CommitSpec, place: Repository | None) -> Json:
    return {"path": str(spec.folder), "repository": str(place.root if place else spec.folder)}
