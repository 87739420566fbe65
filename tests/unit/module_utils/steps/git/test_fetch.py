# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application is brought from its remote where there is none."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.command import Git
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.commit import CommitSpec
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.fetch import fetch
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.push import PushTarget, login


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    return subprocess.run(["git", *who, "-C", str(folder), *args], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """With a branch ``mine`` that has the file ``app.yaml``."""
    folder = tmp_path / "remote"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "mine")
    (folder / "app.yaml").write_text("name: mine\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_branch_is_fetched_once(remote: Path, tmp_path: Path) -> None:
    spec = CommitSpec(tmp_path / "work" / "app", remote=str(remote), branch="mine")
    assert fetch(spec, Context(check=True))["changed"] is True
    assert not spec.folder.exists()
    assert fetch(spec, Context())["changed"] is True
    assert git(spec.folder, "rev-parse", "mine") == git(remote, "rev-parse", "mine")
    (spec.folder / "app.yaml").write_text("name: edited\n")
    assert fetch(spec, Context())["changed"] is False
    assert (spec.folder / "app.yaml").read_text() == "name: edited\n"


def test_a_new_branch_begins_with_nothing(remote: Path, tmp_path: Path) -> None:
    spec = CommitSpec(tmp_path / "app", remote=str(remote), branch="another")
    assert fetch(spec, Context())["changed"] is True
    assert git(spec.folder, "symbolic-ref", "--short", "HEAD") == "another"
    assert [path.name for path in spec.folder.iterdir()] == [".git"]


@pytest.mark.parametrize(
    ("remote_name", "message"),
    [
        ("{folder}/none", "does not exist"),
        ("https://a:planted@git.example.com/x.git", "holds a password or token"),
        ("https://git.example.com/x.git?private_token=planted", "holds a password or token"),
        ("https://git.example.com/x.git?a=b&access_token=planted", "holds a password or token"),
        ("https://git.example.com/x.git#api_key=planted", "holds a password or token"),
        ("https://git.example.com/x.git?jwt=planted", "holds a password or token"),
        ("https://git.example.com/x.git?auth_token%3dplanted", "holds a password or token"),
        ("http://127.0.0.1:9/x.git?ref=planted", "http://127.0.0.1:9/x.git can't be reached"),
        ("https://[::1", "is not a URL or path"),
        ("\ud800", "is not UTF-8"),
        ("origin", "There is no remote 'origin'"),
        ("-u", "There is no remote '-u'"),
        ("--upload-pack=touch x", "is not a remote"),
        ("fd::17", "git's helper fd::"),
        ("ext::sh -c touch% x", "git's helper ext::"),
        ("FD::17/x", "git's helper FD::"),
        ("https::x", "git's helper https::"),
        ("a\0b", "not one line"),
        ("a\nb", "not one line"),
        (None, "must be set"),
    ],
)
def test_what_can_not_be_fetched(remote_name: t.Any, message: str, tmp_path: Path) -> None:
    named = remote_name and remote_name.format(folder=tmp_path)
    with pytest.raises(BootstrapError, match=message) as error:
        fetch(CommitSpec(tmp_path / "app", remote=named, branch="mine"), Context())
    assert "planted" not in str(error.value)


def test_a_remote_of_the_repository_is_looked_at_too(remote: Path) -> None:
    for url in ("fd::17", "ext::sh -c true"):
        git(remote, "config", "remote.origin.url", url)
        with pytest.raises(BootstrapError, match="git's helper"), login(Git(remote, Context().env), PushTarget("origin", "mine"), {}):
            pass


@pytest.mark.parametrize("author", [("a\0b", None), (None, "a@b\0")])
def test_what_git_can_not_be_told_is_an_error_of_the_users(remote: Path, author: tuple[str | None, str | None]) -> None:
    repository = Git(remote, Context().env)
    repository.set_author(*author)
    with pytest.raises(BootstrapError, match="NUL"):
        repository.run("var", "GIT_AUTHOR_IDENT")


def test_whatever_else_git_says_is_no_traceback(remote: Path) -> None:
    with pytest.raises(BootstrapError, match="git ended with 128: .*nothing-of-the-kind"):
        Git(remote, Context().env).run("show", "nothing-of-the-kind")
