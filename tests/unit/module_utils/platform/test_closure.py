# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that are rendered: all that the kustomizations name, no others, none from outside of the release."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import closure, source, tables
from ansible_collections.kubeflow.bootstrap.tests import mini_platform

TRAINER = "applications/trainer/overlays"
RELEASES = Path(__file__).resolve().parents[4].parent / "shared/data/kubeflow-releases.tar.xz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return mini_platform.write(tmp_path / "releases")


def walked(folder: Path, *folders: str, remotes: dict[str, str] | None = None) -> closure.Closure:
    known = {mini_platform.JOBSET: "jobset-v0.11.0"} if remotes is None else remotes
    return closure.walk(source.find(str(folder), "26.03.1").read, folders or (TRAINER,), known)


def test_the_files_are_those_that_the_kustomizations_name(folder: Path) -> None:
    closed = walked(folder)
    mine = {f"release/{path}" for path in mini_platform.FILES if path.startswith("applications/trainer/")}
    assert closed.files.keys() == mine | {f"remotes/{path}" for path in mini_platform.REMOTES}
    assert closed.generated == {"trainer-config"}


def test_what_lies_elsewhere_is_pointed_at_its_copy(folder: Path) -> None:
    closed = walked(folder)
    file = "release/applications/trainer/third-party/kustomization.yaml"
    assert closed.files[file] == "resources:\n  - ../../../../remotes/jobset-v0.11.0\n"
    assert closed.originals == {file: f"resources:\n  - {mini_platform.JOBSET}\n"}


@pytest.mark.parametrize("reference", ["https://example.com/x?ref=v1", "github.com/example/x//base?ref=v1", "git@example.com:a/b"])
def test_a_reference_without_a_copy_is_refused_before_anything_is_fetched(folder: Path, reference: str) -> None:
    (folder / f"kubeflow-26.03.1/{TRAINER}/kustomization.yaml").write_text(f"resources: ['{reference}']\n", encoding="utf-8")
    with pytest.raises(BootstrapError, match="of which the tables know no copy") as error:
        walked(folder)
    assert reference in str(error.value)


def test_a_path_out_of_the_release_is_refused(folder: Path) -> None:
    (folder / f"kubeflow-26.03.1/{TRAINER}/kustomization.yaml").write_text("resources: [../../../../../etc]\n", encoding="utf-8")
    with pytest.raises(BootstrapError, match="which is outside of the release"):
        walked(folder)


def test_a_link_out_of_the_release_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key", encoding="utf-8")
    notes = folder / "kubeflow-26.03.1/applications/trainer/upstream/notes.txt"
    notes.unlink()
    notes.symlink_to(tmp_path / "secret")
    with pytest.raises(BootstrapError, match="is a link out of the release"):
        walked(folder)


@pytest.mark.parametrize("path", ["applications/trainer/upstream/notes.txt", "applications/trainer/upstream/trainer.yaml"])
def test_a_file_that_is_missing_is_named(folder: Path, path: str) -> None:
    (folder / "kubeflow-26.03.1" / path).unlink()
    with pytest.raises(BootstrapError, match=Path(path).name):
        walked(folder)


def test_the_checksum_is_that_of_what_was_found_whatever_else_is_there(folder: Path) -> None:
    before = walked(folder).digest()
    (folder / "kubeflow-26.03.1/common/else.yaml").write_text("{}", encoding="utf-8")
    assert walked(folder).digest() == before
    notes = "applications/trainer/upstream/notes.txt"
    (folder / "kubeflow-26.03.1" / notes).write_text("Other text.\n", encoding="utf-8")
    assert walked(folder).digest() != before
    assert walked(folder).digest([notes]) != before  # what is left out is left out, too, of the sum


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", ""])
def test_an_archive_holds_the_same(folder: Path, tmp_path: Path, compression: str) -> None:
    file = mini_platform.pack(tmp_path / "releases.tar", folder, compression)
    assert walked(file) == walked(folder)
    assert source.find(str(file), "26.03.1").digest() == source.find(str(folder), "26.03.1").digest()


def test_another_release_of_an_archive_is_not_taken_for_it(folder: Path, tmp_path: Path) -> None:
    mini_platform.write(folder, "26.03")
    file = mini_platform.pack(tmp_path / "releases.tar.xz", folder)
    assert walked(file) == walked(folder)
    with pytest.raises(BootstrapError, match=r"has no release 1\.10"):
        source.find(str(file), "1.10")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8bcut"])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BootstrapError, match=r"is not a whole tar archive|has no release"):
        source.find(str(tmp_path / "file"), "26.03.1")


@pytest.mark.skipif(not RELEASES.exists(), reason=f"the releases themselves are not beside the repository: {RELEASES.name}")
@pytest.mark.parametrize("name", tables.names())
def test_the_checksums_are_those_of_the_releases(name: str) -> None:
    release = tables.release(name)
    read = source.find(str(RELEASES), name).read
    checksums = {
        component: closure.walk(read, [*part.folders, *part.overlays], release.remotes).digest(release.unchecked)
        for component, part in release.components.items()
        if part.sha256
    }
    assert checksums == {component: part.sha256 for component, part in release.components.items() if part.sha256}
