# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings an application's folder from its remote, where there is none yet."""

from __future__ import annotations

import shutil
import typing as t

from ...errors import BootstrapError
from ...run import Context
from . import repository
from .command import Git, GitFailed
from .commit import CommitSpec
from .push import PushTarget, address_text, login, refused

Json = dict[str, t.Any]


def fetch(wanted: CommitSpec, context: Context) -> Json:
    """Clone ``wanted.branch`` of ``wanted.remote``, a URL, into the folder. What already exists stays as it is.

    Where the remote has no such branch, the folder becomes a repository on a branch of that name with no commit: the first push makes it.
    """
    if not wanted.remote or not wanted.branch:
        raise BootstrapError("To fetch an application, remote and branch must be set.")
    shown, branch = address_text(wanted.remote), wanted.branch
    if wanted.folder.is_dir() and any(wanted.folder.iterdir()):
        return {"changed": False, "branch": branch, "said": f"{wanted.folder} already exists."}
    if context.check:
        return {"changed": True, "branch": branch, "said": f"{branch} of {shown} would be fetched."}
    wanted.folder.mkdir(parents=True, exist_ok=True)
    git = Git(wanted.folder, context.env, wanted.timeout)
    git.check_version()
    remote = PushTarget(wanted.remote, branch, *wanted.login)
    ref = f"refs/heads/{branch}"
    with login(git, remote, context.env) as (options, extra):
        try:
            there = git.run(*options, "ls-remote", "--heads", remote.name, ref, extra=extra).strip()
            repository.create(git, branch)
            if there:
                git.run(*options, "fetch", "--quiet", remote.name, ref, extra=extra)
                git.run("reset", "--hard", "--quiet", "FETCH_HEAD")
        except GitFailed as error:
            shutil.rmtree(wanted.folder, ignore_errors=True)  # it did not exist, or was empty: the next run is to try again
            raise refused(error.said, shown, branch) from None
    said = f"{branch} was fetched from {shown}." if there else f"{shown} has no branch {branch} yet."
    return {"changed": True, "branch": branch, "said": said}
