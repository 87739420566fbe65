# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files are read within bounds, and written whole or not at all."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.files import MIB, read_bounded, read_text, write_atomically


def test_a_file_and_its_folder_are_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "report.json"
    for text in ("first, and longer", "sécond"):
        write_atomically(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert os.listdir(path.parent) == ["report.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_that_is_read_meanwhile_keeps_its_old_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    with path.open() as reader:
        write_atomically(path, "new")
        assert reader.read() == "old"


def test_what_can_not_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder" / "there").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(BootstrapError, match=f"{tmp_path}/folder can't be written: Is a directory. Check the folder"):
        write_atomically(tmp_path / "folder", "text")
    with pytest.raises(BootstrapError, match=f"{tmp_path}/file/report.json can't be written"):
        write_atomically(tmp_path / "file" / "report.json", "text")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_what_is_read_is_a_regular_file_of_a_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * MIB)
    assert read_bounded(path) == b"x" * MIB
    assert read_bounded(path, 2 * MIB) == b"x" * MIB
    (tmp_path / "link").symlink_to(path)
    assert read_text(tmp_path / "link") == "x" * MIB
    with path.open("ab") as more:
        more.truncate(12 * 2**30)
    for strange, why in (
        (path, "it has more than 1 MiB"),
        (tmp_path, "Is a directory"),
        (Path("/dev/zero"), "a device"),
        (tmp_path / "absent", "No such file"),
    ):
        with pytest.raises(OSError, match=why):
            read_bounded(strange)


def test_nobody_is_awaited_at_a_pipe_or_socket(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("pipe", "socket"):
            with pytest.raises(OSError, match="it is a pipe, a device or a socket"):
                read_bounded(tmp_path / name)


def test_a_file_that_says_nothing_of_its_size() -> None:
    with pytest.raises(OSError, match="more than"):
        read_bounded("/proc/self/status", 10)
