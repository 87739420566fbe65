# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives: what is in them comes out unchanged, and what tries something is refused whole."""

from __future__ import annotations

import contextlib
import gzip
import io
import subprocess
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch import archive
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import COMMIT, OTHER, member, shelf, tarball
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import archive as packed


def unpack(data: bytes, *folders: str, commit: str = COMMIT) -> dict[str, dict[str, str]]:
    return archive.unpack(io.BytesIO(data), folders or [""], "The archive", commit)


def test_only_the_wanted_folder_is_kept() -> None:
    files = shelf(**{"shelf2/x": "no", "shelf/ä/b c.txt": "\r\n\0ü"})
    expected = {path.removeprefix("shelf/"): text for path, text in files.items() if path.startswith("shelf/")}
    assert unpack(tarball(files), "shelf") == {"shelf": expected}
    assert unpack(tarball(files), "shelf/web", "") == {
        "shelf/web": {path.removeprefix("web/"): text for path, text in expected.items() if path.startswith("web/")},
        "": files,
    }
    assert unpack(tarball(files), "nothing") == {"nothing": {}}


def test_bytes_that_are_no_text_come_back() -> None:
    content = bytes(range(256))
    text = unpack(packed([member("top/a", content)]))[""]["a"]
    assert text.encode("utf-8", "surrogateescape") == content


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../x", "top/../x", "top/./x", "top//x", "top/..", "top\\..\\x", "top/a\nb", "top/\x1b[2J", "top/" + "d/" * 600 + "x"],
)
def test_paths_that_lead_elsewhere(name: str) -> None:
    with pytest.raises(BootstrapError, match="can't be the path of a file") as caught:
        unpack(packed([member("top/first", b"1"), member(name, b"2")]), "shelf")
    assert len(str(caught.value)) < 400 and str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["other/x", "other", "top"])
def test_all_is_in_one_folder(name: str) -> None:
    with pytest.raises(BootstrapError, match=f"outside its top folder top: {name}"):
        unpack(packed([member("top/x", b"1"), member(name, b"2")]))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "a"], "top/a twice"),
        (["a/b", "a/B"], "a/B and a/b are the same name"),
        (["A/b", "a/c"], "A and a are the same name"),
        (["straße", "STRASSE"], "are the same name"),
        (["e\u0301", "\u00e9"], "are the same name"),
        (["a", "a/b"], "a is both a file and a folder"),
    ],
)
def test_names_that_would_be_one_file(names: list[str], message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        unpack(packed([member(f"top/{name}", b"1") for name in names]))


@pytest.mark.parametrize("target", ["web", "../shelf-not/../web", "web/parts.yaml"])
def test_links_inside_are_left_out_as_ks_does(target: str) -> None:
    link = member("top/shelf/x/link", type=tarfile.SYMTYPE, linkname=f"../{target}" if target[0] != "." else "../x/../web")
    assert unpack(packed([member("top/shelf/a", b"1"), link]), "shelf") == {"shelf": {"a": "1"}}


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "../..", "a/../../../shelf/a", "../../shelf/a"])
def test_links_out_are_refused(target: str) -> None:
    link = member("top/shelf/x/link", type=tarfile.SYMTYPE, linkname=target)
    with pytest.raises(BootstrapError, match="top/shelf/x/link is a link out of the registry"):
        unpack(packed([member("top/shelf/a", b"1"), link]), "shelf")
    # Elsewhere in the repository it is nobody's business: nothing is extracted.
    assert unpack(packed([member("top/web/a", b"1"), link]), "web") == {"web": {"a": "1"}}


def test_nothing_is_behind_a_link() -> None:
    link = member("top/a", type=tarfile.SYMTYPE, linkname="b")
    with pytest.raises(BootstrapError, match="a is both a file and a folder"):
        unpack(packed([link, member("top/a/x", b"1")]))


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file(kind: bytes) -> None:
    with pytest.raises(BootstrapError, match="neither a file nor a folder"):
        unpack(packed([member("top/x", type=kind, linkname="top/y")]), "shelf")


def test_a_file_with_holes_is_no_way_to_fill_the_memory() -> None:
    info, content = member("top/x", b"tiny")
    info.pax_headers = {"GNU.sparse.map": f"0,4,{2**40},0", "GNU.sparse.size": str(2**40)}
    with pytest.raises(BootstrapError, match="neither a file nor a folder"):
        unpack(packed([(info, content)]))


def test_unpacking_ends_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 4 * 2**20)
    data = packed([member("top/elsewhere", bytes(64 * 2**20))])
    assert len(data) < 2**20
    with pytest.raises(BootstrapError, match="unpacks to more than 4 MiB"):
        unpack(data, "shelf")
    # What follows the end of the archive counts too.
    tail = gzip.compress(gzip.decompress(packed([member("top/a", b"1")])) + bytes(64 * 2**20))
    with pytest.raises(BootstrapError, match="unpacks to more than 4 MiB"):
        unpack(tail)


@pytest.mark.parametrize(("bound", "most"), [("MAX_MEMBERS", 3), ("MAX_KEPT_FILES", 3), ("MAX_KEPT", 30)])
def test_bounds(monkeypatch: pytest.MonkeyPatch, bound: str, most: int) -> None:
    monkeypatch.setattr(archive, bound, most)
    few, many = ([member(f"top/shelf/{number}", b"0123456789") for number in range(count)] for count in (3, 4))
    assert len(unpack(packed(few), "shelf")["shelf"]) == 3
    with pytest.raises(BootstrapError, match="more than"):
        unpack(packed(many), "shelf")


def test_damage_is_noticed_wherever_it_is() -> None:
    data = tarball(shelf())
    whole = unpack(data, "shelf")
    for end in range(len(data)):
        with pytest.raises(archive.DamagedArchive, match="not a whole tar.gz archive"):
            unpack(data[:end], "shelf")
    for position in range(12, len(data)):  # the first bytes are the header, with a time that nobody checks
        with contextlib.suppress(BootstrapError):
            # Some bits of compressed data say nothing.
            assert unpack(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :], "shelf") == whole
    for other in (b"", b"<html>", gzip.compress(b"<html>" * 1_000)):
        with pytest.raises(archive.DamagedArchive):
            unpack(other)


def test_headers_within_headers_within_headers() -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1
    block = info.tobuf(tarfile.GNU_FORMAT) + b"x".ljust(512, b"\0")
    with pytest.raises(BootstrapError):
        unpack(gzip.compress(block * 20_000))


def test_an_archive_of_another_commit() -> None:
    with pytest.raises(BootstrapError, match=f"is of commit {OTHER}, not {COMMIT}"):
        unpack(tarball(shelf(), OTHER), "shelf")


def test_the_digest_is_what_a_shell_says(tmp_path: Path) -> None:
    files = {"b/z": "1", "b-c": "2\n", "a": "", "ä": "\udcff\udcfe", "Z": "3"}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text.encode("utf-8", "surrogateescape"))
    command = str(archive.digest.__doc__).split("``")[1].replace("\\\\0", "\\0")
    completed = subprocess.run(["/bin/bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert archive.digest(files) == completed.stdout.split()[0]
    assert archive.digest(dict(reversed(files.items()))) == archive.digest(files)


@pytest.mark.parametrize("changed", [{"a": "12"}, {"b": "1"}, {"a": "1", "b": ""}, {}])
def test_the_digest_of_something_else(changed: dict[str, str]) -> None:
    assert archive.digest(changed) != archive.digest({"a": "1"})


def test_packing_gives_the_same_bytes_and_the_same_files() -> None:
    files: dict[str, t.Any] = {"a/" + "long" * 60 + "/x": "1", "b": "\udcff", "ä": ""}
    data = archive.pack(files, "top")
    assert data == archive.pack(dict(reversed(files.items())), "top")
    assert unpack(data) == {"": files}
    # No time in the header, and an order that doesn't depend on the process.
    assert data[4:8] == bytes(4)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == [f"top/{path}" for path in sorted(files)]
