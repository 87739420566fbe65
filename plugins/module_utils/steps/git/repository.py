# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The repository that an application lies in, and whether something can be committed there."""

from __future__ import annotations

import os
import shlex
import time
import typing as t
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError
from ...ksonnet.disk import journal
from .command import Git, GitFailed

_LOCK_SECONDS = 10.0
# Files and folders in git's own folder, by what is under way while they are there (git-status's wt-status.c looks at the same).
_UNDER_WAY = {
    "MERGE_HEAD": ("a merge", "git merge --continue, or git merge --abort"),
    "rebase-merge": ("a rebase", "git rebase --continue, or git rebase --abort"),
    "rebase-apply": ("a rebase or git am", "git rebase --continue, or git rebase --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --continue, or git cherry-pick --abort"),
    "REVERT_HEAD": ("a revert", "git revert --continue, or git revert --abort"),
    "BISECT_LOG": ("a bisection", "git bisect reset"),
}
# What an application can't do without; lib/ is recreated by whoever renders it.
_NEEDED = ("app.yaml", "bootstrap.yaml", "components/", "environments/", "vendor/")


@dataclass(frozen=True)
class Repository:
    """``root``: its folder; ``prefix``: the application's folder in it, with a slash at the end, or ``""``; ``head``: a commit, or None."""

    git: Git
    root: Path
    prefix: str
    private: Path
    head: str | None
    branch: str | None

    @property
    def pathspecs(self) -> tuple[str, ...]:
        """What is committed: all below the application's folder but the files of a run under way (``journal``)."""
        top = f":(top,literal){self.prefix.rstrip('/')}" if self.prefix else ":(top)"
        return top, f":(top,exclude,glob){self.prefix}**/*{journal.TEMPORARY}"

    def changed(self) -> dict[str, str]:
        """What differs from the last commit, below the application's folder: path there to ``A``, ``M`` or ``D``."""
        text = self.git.run(
            "--no-optional-locks", "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *self.pathspecs
        )
        changes = {}
        for entry in filter(None, text.split("\0")):
            code, path = entry[:2], entry[3:].removeprefix(self.prefix)
            if "U" in code or code in ("AA", "DD"):
                raise BootstrapError(f"{self.root / self.prefix / path} has a conflict.", fix="Resolve it, and commit that.")
            deleted = not os.path.lexists(self.root / self.prefix / path)
            changes[path] = "D" if deleted else "A" if code in ("??", "A ", "AM") else "M"
        return changes

    def committed(self, path: str) -> str | None:
        """A file of the application as it was committed last."""
        if not self.head:
            return None
        try:
            return self.git.run("show", f"{self.head}:{self.prefix}{path}")
        except GitFailed:
            return None


def find(git: Git) -> Repository | None:
    """The repository around the folder, which may not exist yet; None where there is none."""
    folder = git.folder
    existing = folder
    while not existing.is_dir() and existing != existing.parent:
        existing = existing.parent
    git.folder = existing
    try:
        answer = git.run("rev-parse", "--is-inside-work-tree", "--is-bare-repository", "--absolute-git-dir").split("\n")
    except GitFailed as error:
        if "not a git repository" in error.output:
            return None
        raise BootstrapError(f"git can't use {existing}: {_line(error.output)}", fix="See: git status") from None
    if answer[0] != "true":
        raise BootstrapError(f"{folder} lies in git's own data ({answer[2]}), not in a work tree.", fix="Name another folder.")
    root = Path(git.run("rev-parse", "--show-toplevel").rstrip("\n"))
    inside = Path(os.path.relpath(existing.resolve() / folder.relative_to(existing), root)).as_posix()
    head = git.asks("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    branch = git.asks("symbolic-ref", "--quiet", "--short", "HEAD")
    return Repository(git, root, "" if inside == "." else f"{inside}/", Path(answer[2]), head, branch)


def create(git: Git, branch: str | None) -> Repository:
    """Make the folder a repository of its own."""
    git.folder.mkdir(parents=True, exist_ok=True)
    try:
        git.run("init", "--quiet")
        git.run("symbolic-ref", "HEAD", f"refs/heads/{branch or git.asks('config', 'init.defaultBranch') or 'main'}")
    except GitFailed as error:
        raise BootstrapError(f"{git.folder} can't be made a repository: {_line(error.output)}", fix="Name a good branch.") from None
    return t.cast("Repository", find(git))


def check_identity(git: Git) -> str:
    """Who would commit, as ``Name <mail>``. One that git only guesses, from the machine's name, is none."""
    try:
        who = git.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        git.run("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
    except GitFailed as error:
        raise BootstrapError(f"git can't tell who commits: {_line(error.output)}", fix="Set user.name and user.email.") from None
    return who.rsplit(">", 1)[0] + ">"


def check(repository: Repository, branch: str | None) -> None:
    """Refuse a repository in which nothing can be committed now."""
    for name, (what, end) in _UNDER_WAY.items():
        if (repository.private / name).exists():
            raise BootstrapError(f"{what.capitalize()} is under way in {repository.root}.", fix=f"End it: {end}.")
    _await_lock(repository.private / "index.lock")
    if branch and repository.branch != branch and repository.head and _exists(repository, branch):
        raise BootstrapError(
            f"{repository.root} is on {_on(repository)}, not on the branch {branch}.",
            fix=f"git -C {shlex.quote(str(repository.root))} switch {shlex.quote(branch)}",
        )
    if not repository.branch and not branch:
        raise BootstrapError(
            f"{repository.root} is on no branch (HEAD is detached), so that a commit would be lost.",
            fix="git switch BRANCH; or name a new branch with the option branch.",
        )
    _check_nested(repository)


def take_branch(repository: Repository, branch: str | None) -> str:
    """Be on a branch that does not exist yet: it begins where the repository stands, and no file changes. Returns its name."""
    if not branch or repository.branch == branch:
        return repository.branch or "HEAD"
    try:
        repository.git.run("check-ref-format", "--branch", branch)
        if repository.head:
            repository.git.run("branch", "--no-track", branch, repository.head)
        repository.git.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    except GitFailed as error:
        raise BootstrapError(f"The branch {branch} can't be made: {_line(error.output)}", fix="Give it another name.") from None
    return branch


def check_ignored(repository: Repository, paths: Iterable[str]) -> None:
    """Refuse what would leave needed files of the application out of the repository."""
    needed = [path for path in paths if path.startswith(_NEEDED)]
    if not needed:
        return
    listed = "".join(f"{repository.prefix}{path}\0" for path in needed)
    answer = repository.git.run("-C", str(repository.root), "check-ignore", "--verbose", "-z", "--stdin", stdin=listed, ok=(0, 1))
    fields = answer.split("\0")
    entries = [fields[at : at + 4] for at in range(0, len(fields) - 3, 4)]
    if entries:
        source, line, pattern, path = entries[0]
        more = f" and {len(entries) - 1} more files" if len(entries) > 1 else ""
        raise BootstrapError(
            f"git ignores {path}{more} of the application: {source}, line {line}: {pattern}.",
            fix=f"Except it there: !{path}; or put the application into a repository of its own.",
        )


def _check_nested(repository: Repository) -> None:
    """Repositories in the application: git would commit a reference to them, not what they hold."""
    folder = repository.root / repository.prefix
    for parent, folders, files in os.walk(folder):
        if Path(parent) != folder and (".git" in folders or ".git" in files):
            raise BootstrapError(
                f"{parent} is a repository of its own, or a submodule: git would keep a reference to it, and not its files.",
                fix="Move it out of the application, or remove its .git.",
            )
        folders[:] = sorted(name for name in folders if name != ".git")


def _await_lock(lock: Path) -> None:
    """Another git may be about to end."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while lock.exists():
        if time.monotonic() >= deadline:
            raise BootstrapError(
                f"Another git works on the repository, or was killed there: {lock} exists.",
                fix="Wait until it is done. If no git runs, remove that file.",
            )
        time.sleep(0.1)


def _exists(repository: Repository, branch: str) -> bool:
    return repository.git.asks("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}") is not None


def _on(repository: Repository) -> str:
    return f"the branch {repository.branch}" if repository.branch else "no branch"


def _line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()] or ["it said nothing."]
    return lines[0].removeprefix("fatal: ").removeprefix("error: ")
