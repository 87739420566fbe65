# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``tools/venv``: an environment in the cache is taken only where its programs run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock file with one package, which has a program: ``jp.py``."""
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    path = tmp_path / "lock.txt"
    path.write_text(re.findall(r"^jmespath==.*(?:\n    .*)+\n", text, re.MULTILINE)[0], encoding="utf-8")
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The folder of the environments, with what installs them from the developer's cache."""
    folder = tmp_path / "kept" / "venv"
    folder.mkdir(parents=True)
    for each in (local_cluster.cache_folder(dict(os.environ)) / "venv").glob("uv-*"):
        (folder / each.name).symlink_to(each)
    return folder


def make(cache: Path, lock: Path, link: Path) -> str:
    """What it printed."""
    argv = [str(ROOT / "tools" / "venv"), str(lock), str(link), "3.13", "3.12", "3.11", "3.14"]
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout


def runs(link: Path) -> bool:
    return subprocess.run([link / "bin" / "jp.py", "a"], input='{"a": 1}', capture_output=True, text=True, check=True).stdout == "1\n"


def test_made_through_a_link_it_still_runs_when_the_link_is_gone(tmp_path: Path, lock: Path, kept: Path) -> None:
    for name in ("first", "second"):
        cache = tmp_path / name
        (cache / "kubeflow.bootstrap").mkdir(parents=True)
        (cache / "kubeflow.bootstrap" / "venv").symlink_to(kept)
        output = make(cache, lock, tmp_path / f".venv-{name}")
        assert ("Making" in output) == (name == "first")
        assert runs(tmp_path / f".venv-{name}")
        shutil.rmtree(cache)


def test_moved_with_the_cache_it_is_made_again(tmp_path: Path, lock: Path, kept: Path) -> None:
    link, before, after = tmp_path / ".venv", tmp_path / "before", tmp_path / "after"
    before.mkdir()
    kept.parent.rename(before / "kubeflow.bootstrap")
    make(before, lock, link)
    before.rename(after)
    assert "Making" in make(after, lock, link)
    assert runs(link)
    assert make(after, lock, link) == ""
