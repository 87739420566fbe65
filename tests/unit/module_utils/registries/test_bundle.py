# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bundles: with one there is no network, and what it lacks is said."""

from __future__ import annotations

import gzip
import os
import typing as t
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch import archive
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import bundle, registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.registry import Pin, Sources
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import COMMIT, OTHER, GitHub, member, shelf
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import archive as packed

from tests.unit.conftest import Answer, Authority, Server

PACKAGES: dict[str, dict[str, t.Any]] = {
    "web": {"registry": "shelf"},
    "old": {"registry": "shelf", "package": "store", "version": "v2"},
    "local": {"registry": "folder", "package": "web"},
    "core": {"registry": "kubeflow"},
}


class Trial(t.NamedTuple):
    """A bundle that was written, and what is in it."""

    path: Path
    registries: dict[str, dict[str, t.Any]]
    contents: dict[str, registry.Contents]
    folder: Path

    def get(self, packages: t.Any = None, sources: Sources | None = None, **shelf_: t.Any) -> dict[str, registry.Contents]:
        registries = {**self.registries, "shelf": {**self.registries["shelf"], **shelf_}}
        sources = replace(sources or Sources(), bundle=self.path)
        return registry.contents(registries, PACKAGES if packages is None else packages, self.folder / "app", sources)


@pytest.fixture
def trial(serve: Callable[..., Server], authority: Authority, tmp_path: Path) -> Trial:
    """Everything of GitHub is closed by the time that it is used."""
    server = serve("127.0.0.1")
    hub = GitHub(server, Answer)
    hub.publish()
    hub.publish("v2", OTHER, shelf(**{"shelf/store/new": "\x00\x7f"}))
    (tmp_path / "ca.pem").write_text(authority.pem, encoding="utf-8")
    for path, text in shelf().items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_text(text, encoding="utf-8")
    registries = {
        "shelf": {"uri": hub.uri, "protocol": "github"},
        "folder": {"uri": "../folder/shelf"},
        "kubeflow": {"uri": "embedded"},
    }
    contents = registry.contents(registries, PACKAGES, tmp_path / "app", Sources(ca_file=str(tmp_path / "ca.pem")))
    uris = {name: registry.uri(name, entry["uri"], entry.get("protocol", "")) for name, entry in registries.items()}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "bundle.tar.gz").write_bytes(bundle.pack(contents, uris))
    server.close()
    return Trial(tmp_path / "out" / "bundle.tar.gz", registries, contents, tmp_path)


def rewrite(path: Path, **files: str) -> None:
    with open(path, "rb") as file:
        existing = archive.unpack(file, [""], "x")[""]
    path.write_bytes(archive.pack({**existing, **files}, "bundle"))


def test_a_bundle_gives_the_same_without_a_network(trial: Trial) -> None:
    assert trial.get() == trial.contents
    assert trial.contents["shelf"].packages["old"] == {"commitSha": OTHER, "refSpec": "v2"}
    assert trial.contents["shelf"].files["store/new"] == "\x00\x7f"
    only = trial.get({"web": PACKAGES["web"]})["shelf"]
    assert {path.split("/")[0] for path in only.files} == {"registry.yaml", "web"} and list(only.packages) == ["web"]
    os.rename(trial.folder / "folder", trial.folder / "elsewhere")
    assert trial.get() == trial.contents


def test_a_folder_that_is_there_is_not_taken_from_the_bundle(trial: Trial) -> None:
    (trial.folder / "folder" / "shelf" / "web" / "new").write_text("1", encoding="utf-8")
    assert "web/new" in trial.get()["folder"].files


def test_the_same_bytes_each_time(trial: Trial) -> None:
    before = trial.path.read_bytes()
    packed_ = bundle.read(trial.path)
    assert bundle.pack(dict(reversed(packed_.contents.items())), packed_.uris) == before


@pytest.mark.parametrize(
    ("packages", "fields", "message"),
    [
        ({"store": {"registry": "shelf"}}, {}, "Registry 'shelf': .*bundle.tar.gz has no package 'store'"),
        ({"x": {"registry": "shelf", "package": "nothing"}}, {}, "has no package 'x'"),
        ({"old": {"registry": "shelf", "package": "store"}}, {}, "has package 'old' at v2, not v1"),
        ({"web": {"registry": "shelf", "version": "v3"}}, {}, "has package 'web' at v1, not v3"),
        ({}, {"uri": f"https://{NOBODY}/acme/tools/tree/v2/shelf"}, "has https://127.0.0.1:.*/v1/shelf, not https://.*/v2/shelf"),
        ({}, {"sha256": "0" * 64}, "Registry 'shelf': Its content has the SHA-256 .*, not 000.* as declared .from the bundle"),
    ],
)
def test_what_a_bundle_lacks(trial: Trial, packages: t.Any, fields: dict[str, str], message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        trial.get(packages, **fields)


def test_registries_that_a_bundle_lacks(trial: Trial) -> None:
    with pytest.raises(BootstrapError, match="has no registry 'more', only folder, kubeflow, shelf"):
        registry.contents({"more": trial.registries["shelf"]}, {}, trial.folder, Sources(bundle=trial.path))


def test_a_pin_and_a_bundle_agree_or_it_is_said(trial: Trial) -> None:
    uri = trial.registries["shelf"]["uri"]
    digest = trial.contents["shelf"].digest or ""
    assert trial.get(sources=Sources(pinned={"shelf": Pin(uri, COMMIT, "v1", digest)})) == trial.contents
    with pytest.raises(BootstrapError, match=f"has commit {COMMIT}, but app.yaml pins {OTHER}"):
        trial.get(sources=Sources(pinned={"shelf": Pin(uri, OTHER, "v1")}))


def test_changed_files_are_noticed(trial: Trial) -> None:
    rewrite(trial.path, **{"registries/shelf/web/parts.yaml": "other"})
    with pytest.raises(BootstrapError, match="the files of registry 'shelf' were changed"):
        trial.get()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a whole tar.gz archive.*Copy or write the bundle again"),
        (gzip.compress(b"x" * 2_000), "not a whole tar.gz archive"),
        (archive.pack({"a": "1"}, "bundle"), "is not a bundle of this collection"),
        (archive.pack({"bundle.json": "[]"}, "bundle"), "is not a bundle of this collection"),
        (archive.pack({"bundle.json": "{"}, "bundle"), "is not a bundle of this collection"),
        (archive.pack({"bundle.json": '{"apiVersion": "v9", "registries": {}}'}, "bundle"), "is of version 'v9'"),
        (packed([member("bundle/../../x", b"1")]), "can't be the path of a file"),
        (None, "can't be read: No such file"),
    ],
    # Not by the data: archives have the time in them, and each process that runs tests must name them alike.
    ids=["empty", "no archive", "no index", "a list", "not JSON", "of another version", "outside", "absent"],
)
def test_what_is_no_bundle(trial: Trial, data: bytes | None, message: str) -> None:
    trial.path.unlink()
    if data is not None:
        trial.path.write_bytes(data)
    with pytest.raises(BootstrapError, match=message):
        trial.get()


def test_a_cut_bundle(trial: Trial) -> None:
    trial.path.write_bytes(trial.path.read_bytes()[:-5])
    with pytest.raises(BootstrapError, match="not a whole tar.gz archive"):
        trial.get()
