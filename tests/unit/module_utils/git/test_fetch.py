# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application is brought from its remote where there is none."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.git.commit import Wanted
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.git.fetch import fetch
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context


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
    wanted = Wanted(tmp_path / "work" / "app", remote=str(remote), branch="mine")
    assert fetch(wanted, Context(check=True))["changed"] is True
    assert not wanted.folder.exists()
    assert fetch(wanted, Context())["changed"] is True
    assert git(wanted.folder, "rev-parse", "mine") == git(remote, "rev-parse", "mine")
    (wanted.folder / "app.yaml").write_text("name: edited\n")
    assert fetch(wanted, Context())["changed"] is False
    assert (wanted.folder / "app.yaml").read_text() == "name: edited\n"


def test_a_new_branch_begins_with_nothing(remote: Path, tmp_path: Path) -> None:
    wanted = Wanted(tmp_path / "app", remote=str(remote), branch="another")
    assert fetch(wanted, Context())["changed"] is True
    assert git(wanted.folder, "symbolic-ref", "--short", "HEAD") == "another"
    assert [path.name for path in wanted.folder.iterdir()] == [".git"]


@pytest.mark.parametrize(
    ("remote_name", "message"),
    [
        ("{folder}/none", "is not there"),
        ("https://a:planted@git.example.com/x.git", "holds a password or token"),
        (None, "must be set"),
    ],
)
def test_what_can_not_be_fetched(remote_name: t.Any, message: str, tmp_path: Path) -> None:
    named = remote_name and remote_name.format(folder=tmp_path)
    with pytest.raises(BootstrapError, match=message) as error:
        fetch(Wanted(tmp_path / "app", remote=named, branch="mine"), Context())
    assert "planted" not in str(error.value)
