# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs are built once, whole or not at all. A small script stands for Go."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import programs

GO = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$1" in
  env) echo go1.26.1 ;;
  list) echo a; echo b; echo c ;;
  install) touch "$GOBIN/kwok" ;;
  build)
    if [ -n "$BROKEN" ]; then echo "x.go:1: does not compile" >&2; exit 1; fi
    echo a >&2; echo b >&2
    while [ "$1" != -o ]; do shift; done
    touch "$2" ;;
esac
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "go.mod").write_text("module x\n\nrequire (\n\tk8s.io/kubernetes v1.35.0\n)\n")
    (folder / "go.sum").write_text("")
    (folder / "tools.go").write_text("package tools\n")
    return folder


@pytest.fixture
def env(tmp_path):
    go = tmp_path / "path" / "go"
    go.parent.mkdir()
    go.write_text(GO)
    go.chmod(0o755)
    (tmp_path / "calls").touch()
    return {"PATH": f"{go.parent}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls"), "GOFLAGS": "-mod=vendor"}


def builds(tmp_path):
    return [line for line in (tmp_path / "calls").read_text().splitlines() if line.startswith("build")]


def test_a_second_time_nothing_is_built(tmp_path, source, env, monkeypatch):
    monkeypatch.setattr(programs, "_TOLD_EVERY", 0)
    told = []
    built = programs.ensure(tmp_path / "cache", source, env, told.append)
    assert {path.name for path in built.bin.iterdir()} == {*programs.PACKAGES, "kwok"}
    assert "kube-apiserver: 2 of 3 packages" in told
    assert len(builds(tmp_path)) == len(programs.PACKAGES)
    assert "-X k8s.io/client-go/pkg/version.gitVersion=v1.35.0" in builds(tmp_path)[0]
    assert programs.ensure(tmp_path / "cache", source, env, told.append) == built
    assert len(builds(tmp_path)) == len(programs.PACKAGES)


def test_other_versions_are_other_programs(tmp_path, source):
    before = programs.find(tmp_path, source)
    (source / "go.sum").write_text("changed")
    assert programs.find(tmp_path, source).key != before.key


def test_a_build_that_fails_says_why_and_is_not_taken_for_a_whole_one(tmp_path, source, env):
    with pytest.raises(BootstrapError, match="go build failed for etcd: x.go:1: does not compile"):
        programs.ensure(tmp_path / "cache", source, {**env, "BROKEN": "1"}, lambda line: None)
    assert not programs.find(tmp_path / "cache", source).bin.exists()
    assert programs.ensure(tmp_path / "cache", source, env, lambda line: None).bin.is_dir()


def test_of_two_builders_the_second_waits_and_builds_nothing(tmp_path, source, env):
    results = []
    work = [
        threading.Thread(target=lambda: results.append(programs.ensure(tmp_path / "cache", source, env, lambda line: None)))
        for _thread in range(2)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert len(results) == 2 and results[0] == results[1]
    assert len(builds(tmp_path)) == len(programs.PACKAGES)


def test_a_folder_that_is_no_module_is_named(tmp_path):
    with pytest.raises(BootstrapError, match="go.mod: No such file"):
        programs.find(tmp_path, tmp_path)
