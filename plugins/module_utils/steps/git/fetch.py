# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings an application's folder from its remote, where there is none yet."""

from __future__ import annotations

import shutil

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context
from . import repository
from .command import Git, GitFailed
from .commit import CommitSpec
from .push import PushTarget, address_text, login, refused


def fetch(spec: CommitSpec, context: Context) -> Json:
    """Clone ``spec.branch`` of ``spec.remote``, a URL, into the folder. What already exists stays as it is.

    Where the remote has no such branch, the folder becomes a repository on a branch of that name with no commit: the first push makes it.
    """
    if not spec.remote or not spec.branch:
        raise BootstrapError("To fetch an application, remote and branch must be set.")
    shown, branch = address_text(spec.remote), spec.branch
    if spec.folder.is_dir() and any(spec.folder.iterdir()):
        return {"changed": False, "branch": branch, "said": f"{spec.folder} already exists."}
    if context.check:
        return {"changed": True, "branch": branch, "said": f"{branch} of {shown} would be fetched."}
    spec.folder.mkdir(parents=True, exist_ok=True)
    git = Git(spec.folder, context.env, spec.timeout)
    git.check_version()
    remote = PushTarget(spec.remote, branch, *spec.login)
    ref = f"refs/heads/{branch}"
    with login(git, remote, context.env) as (options, extra):
        try:
            head = git.run(*options, "ls-remote", "--heads", remote.name, ref, extra=extra).strip()
            repository.create(git, branch)
            if head:
                git.run(*options, "fetch", "--quiet", remote.name, ref, extra=extra)
                git.run("reset", "--hard", "--quiet", "FETCH_HEAD")
        except GitFailed as error:
            shutil.rmtree(spec.folder, ignore_errors=True)  # it did not exist, or was empty: the next run is to try again
            raise refused(error.output, shown, branch) from None
    message = f"{branch} was fetched from {shown}." if head else f"{shown} has no branch {branch} yet."
    return {"changed": True, "branch": branch, "said": message}
