# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What programs of the control plane are built from, and a small script that stands for Go."""

from __future__ import annotations

import shutil

import pytest

GO = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$1" in
  env) shift; for each in "$@"; do if [ "$each" = GOVERSION ]; then echo go1.26.1; else echo; fi; done ;;
  list) echo a; echo b; echo c ;;
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
    shutil.copytree(folder, folder / "kwok")
    return folder


@pytest.fixture
def env(tmp_path):
    go = tmp_path / "path" / "go"
    go.parent.mkdir()
    go.write_text(GO)
    go.chmod(0o755)
    (tmp_path / "calls").touch()
    return {"PATH": f"{go.parent}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls"), "GOFLAGS": "-mod=vendor"}
