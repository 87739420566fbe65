# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries: folders and GitHub give the same; commits are pinned, digests hold, the cache spares the network."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch import archive, cache, https
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.registry import Pin, Sources
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import COMMIT, OTHER, PARTS, GitHub, shelf

from tests.patience import patience
from tests.unit.conftest import Answer, Authority, Server

WEB = {"web": {"registry": "shelf"}}
FILES = {path.removeprefix("shelf/"): text for path, text in shelf().items() if path.startswith("shelf/")}
OF_WEB = {path: text for path, text in FILES.items() if path == "registry.yaml" or path.startswith("web/")}
GIT = {"commitSha": COMMIT, "refSpec": "v1"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "PAUSE", 0.005)


@pytest.fixture
def hub(serve: Callable[..., Server]) -> GitHub:
    """With ``v1`` at COMMIT."""
    github_ = GitHub(serve("127.0.0.1"), Answer)
    github_.publish()
    return github_


@pytest.fixture
def sources(authority: Authority, tmp_path: Path) -> Sources:
    (tmp_path / "ca.pem").write_text(authority.pem, encoding="utf-8")
    return Sources(cache=tmp_path / "cache", ca_file=str(tmp_path / "ca.pem"), timeout=20)


def entry(hub: GitHub, **more: t.Any) -> dict[str, dict[str, t.Any]]:
    return {"shelf": {"uri": hub.uri, "protocol": "github", **more}}


def get(hub: GitHub, sources: Sources, packages: t.Any = None, **more: t.Any) -> registry.Contents:
    return registry.contents(entry(hub, **more), WEB if packages is None else packages, Path(ABSENT), sources)["shelf"]


def shelve(folder: Path) -> Path:
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


# --- folders


@pytest.mark.parametrize("form", ["absolute", "relative", "file"])
def test_a_folder(tmp_path: Path, form: str) -> None:
    root = shelve(tmp_path / "my shelf")
    uri = {"absolute": str(root), "relative": "../my shelf", "file": f"file://{root}".replace(" ", "%20")}[form]
    contents = registry.contents({"shelf": {"uri": uri, "protocol": None}}, WEB, tmp_path / "app", Sources())
    assert contents == {"shelf": registry.Contents(OF_WEB)}
    # Of an application that isn't there yet, too.
    assert registry.folder(uri, tmp_path / "app") == root
    assert registry.uri("shelf", uri) == {"absolute": str(root), "relative": "../my shelf", "file": str(root)}[form]


def test_the_embedded_registry() -> None:
    contents = registry.contents({"kubeflow": {"uri": "embedded"}}, {"core": {"registry": "kubeflow"}}, Path(ABSENT), Sources())
    assert "core/parts.yaml" in contents["kubeflow"].files
    assert registry.uri("kubeflow", "embedded") == "./vendor/kubeflow"


def test_a_package_by_another_name(tmp_path: Path) -> None:
    packages = {"site": {"registry": "shelf", "package": "web", "version": None}, "store": {"registry": "other"}}
    root = str(shelve(tmp_path / "shelf"))
    contents = registry.contents({"shelf": {"uri": root}, "other": {"uri": root}}, packages, tmp_path, Sources())
    assert contents["shelf"].files == OF_WEB
    assert set(contents["other"].files) == {"registry.yaml", *(path for path in FILES if path.startswith("store/"))}


@pytest.mark.parametrize(
    ("registries", "packages", "message"),
    [
        ({"uri": "https://git.example.com/a/b"}, {}, "is not a folder.*declare protocol: github"),
        ({"uri": "x", "protocol": "helm"}, {}, "The protocol of a registry is fs, github or platform, not 'helm'"),
        ({"uri": "/x"}, {"web": {"registry": "shelf", "version": "v1"}}, "'web' has a version, but the registry is a folder"),
        ({"uri": "/x"}, {"web": {"registry": "shelf", "package": "../web"}}, "can't be the path of a file"),
        ({"uri": "github.com/a"}, {}, "Registry 'shelf': 'github.com/a' names no repository"),
        (
            {"uri": "github.com/a/b"},
            {"a": {"registry": "shelf", "package": "web", "version": "v1"}, "web": {"registry": "shelf", "version": ""}},
            "packages 'a' and 'web' are both web, at two versions",
        ),
    ],
)
def test_declarations_that_can_not_be(registries: t.Any, packages: t.Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match=message):
        registry.contents({"shelf": registries}, packages, tmp_path, Sources())


# --- GitHub


def test_github_gives_what_a_folder_gives(hub: GitHub, sources: Sources, tmp_path: Path) -> None:
    contents = get(hub, sources)
    assert contents.files == registry.read(shelve(tmp_path / "shelf"), ["web"], "shelf")
    assert contents == registry.Contents(OF_WEB, GIT, archive.digest(FILES), {"web": GIT})
    # One call and one archive, with its redirect.
    assert [path.split("/")[0] for path in hub.requests()] == ["commits", "tarball", ""]


def test_what_app_yaml_says_of_github() -> None:
    for uri in ("https://www.github.com/a/b/tree/v1/c/", "github.com/a/b/tree/v1/c"):
        assert registry.uri("x", uri) == registry.uri("x", uri, "github") == "github.com/a/b/tree/v1/c"
    assert registry.uri("x", "git.example.com/a/b/", "github") == "https://git.example.com/a/b"
    assert registry.uri("x", "github.com/a/b", "fs") == "github.com/a/b"


def test_the_spec_that_ks_keeps(hub: GitHub, sources: Sources) -> None:
    """As ks 0.10.0 writes it: apiVersion in full, texts of the versions, keys sorted."""
    assert registry.spec_cache("shelf", get(hub, sources)) == {
        f".ksonnet/registries/shelf/{COMMIT}.yaml": f"""apiVersion: 0.1.0
gitVersion:
  commitSha: {COMMIT}
  refSpec: v1
kind: ksonnet.io/registry
libraries:
  store:
    path: store
    version: "2"
  web:
    path: web
    version: v1.0
"""
    }
    assert registry.spec_cache("shelf", registry.Contents(OF_WEB)) == {}


def test_a_second_run_downloads_nothing_and_a_pinned_one_asks_nothing(hub: GitHub, sources: Sources) -> None:
    first = get(hub, sources)
    hub.server.requests.clear()
    assert get(hub, sources) == first
    assert hub.requests() == ["commits/v1"]
    hub.server.close()
    pinned = replace(sources, pinned={"shelf": Pin(hub.uri + "/", COMMIT, "v1", first.digest or "")})
    assert get(hub, pinned) == first
    with pytest.raises(BootstrapError, match="Registry 'shelf': .*can't be reached"):
        get(hub, sources)


def test_a_pinned_commit_stays_while_the_branch_moves(hub: GitHub, sources: Sources) -> None:
    hub.publish("v1", OTHER, shelf(**{"shelf/web/new": "new"}))
    pinned = replace(sources, pinned={"shelf": Pin(hub.uri, COMMIT, "v1")})
    assert get(hub, pinned).git == GIT
    assert [path.split("/")[0] for path in hub.requests()] == ["tarball", ""]
    for other in (Pin(hub.uri + "/more", COMMIT, "v1"), Pin("", COMMIT), Pin(hub.uri, "v1")):
        assert get(hub, replace(sources, pinned={"shelf": other})).git == {"commitSha": OTHER, "refSpec": "v1"}
    exact = {"uri": hub.uri.replace("v1", OTHER)}
    assert get(hub, replace(sources, pinned={"shelf": Pin(exact["uri"], COMMIT)}), **exact).git == {"commitSha": OTHER, "refSpec": OTHER}


def test_a_pinned_ref_with_slashes(hub: GitHub, sources: Sources) -> None:
    uri = hub.uri.replace("v1", "feature/x")
    contents = get(hub, replace(sources, pinned={"shelf": Pin(uri, COMMIT, "feature/x")}), uri=uri)
    assert (contents.files, contents.git) == (OF_WEB, {"commitSha": COMMIT, "refSpec": "feature/x"})


def test_a_package_at_another_version(hub: GitHub, sources: Sources) -> None:
    hub.publish("v2", OTHER, shelf(**{"shelf/web/parts.yaml": PARTS.format("web") + "license: new\n", "shelf/store/parts.yaml": "bad"}))
    packages = {"web": {"registry": "shelf", "version": "v2"}, "store": {"registry": "shelf"}}
    contents = get(hub, sources, packages)
    assert contents.files["web/parts.yaml"].endswith("license: new\n") and contents.files["store/parts.yaml"] == FILES["store/parts.yaml"]
    assert contents.git == GIT
    assert contents.packages == {"web": {"commitSha": OTHER, "refSpec": "v2"}, "store": GIT}
    hub.server.close()
    pin = Pin(hub.uri, COMMIT, "v1", packages=contents.packages)
    assert get(hub, replace(sources, pinned={"shelf": pin}), packages) == contents


def test_the_same_version_as_the_registry_costs_nothing(hub: GitHub, sources: Sources) -> None:
    contents = get(hub, sources, {"web": {"registry": "shelf", "version": "v1"}, "store": {"registry": "shelf", "version": COMMIT}})
    assert contents.packages == {"web": GIT, "store": {"commitSha": COMMIT, "refSpec": COMMIT}}
    assert [path.split("/")[0] for path in hub.requests()] == ["commits", "tarball", ""]


def test_two_registries_of_one_commit_share_an_archive(hub: GitHub, sources: Sources) -> None:
    hub.publish(files={**shelf(), **{f"other/{path}": text for path, text in FILES.items()}})
    registries = {"other": {"uri": hub.uri.replace("shelf", "other"), "protocol": "github"}, **entry(hub)}
    contents = registry.contents(registries, {**WEB, "store": {"registry": "other"}}, Path(ABSENT), sources)
    assert list(contents) == ["other", "shelf"]
    assert contents["shelf"].files == OF_WEB and "store/parts.yaml" in contents["other"].files
    assert sum(path.startswith("tarball") for path in hub.requests()) == 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README": ""}, "no folder 'shelf'"),
        ({"shelf/x": ""}, "tools/shelf at v1 has no registry.yaml"),
        ({"shelf/registry.yaml": "kind: x"}, "registry.yaml of .*/shelf at v1: apiVersion: 0.1 is expected"),
        ({"shelf/registry.yaml": FILES["registry.yaml"]}, r"has no package 'web' at v1: there is no web/parts.yaml. Packages: store, web"),
        (shelf(**{"shelf/web/parts.yaml": "a: [", "shelf/extra/parts.yaml": ""}), "web/parts.yaml of .*: not YAML"),
    ],
)
def test_what_a_repository_lacks(hub: GitHub, sources: Sources, files: dict[str, str], message: str) -> None:
    hub.publish(files=files)
    with pytest.raises(BootstrapError, match=f"Registry 'shelf'.*{message}|{message}"):
        get(hub, sources)


# --- digests


def test_the_digest_that_is_declared(hub: GitHub, sources: Sources) -> None:
    digest = archive.digest(FILES)
    for form in (digest, digest.upper(), f"sha256:{digest}", "", None):
        assert get(hub, sources, sha256=form).digest == digest


def test_what_has_another_digest_is_neither_used_nor_kept(hub: GitHub, sources: Sources) -> None:
    contents, wrong = archive.digest(FILES), "0" * 64
    for again in range(2):
        with pytest.raises(
            BootstrapError, match=f"'shelf': .* SHA-256 {contents}, not {wrong} as declared .*{hub.host}/acme/tools.*Nothing"
        ):
            get(hub, sources, sha256=wrong)
        assert sum(path.startswith("tarball") for path in hub.requests()) == again + 1
    with pytest.raises(BootstrapError, match="as recorded when it was fetched before"):
        get(hub, replace(sources, pinned={"shelf": Pin(hub.uri, COMMIT, "v1", wrong)}))
    get(hub, sources)
    with pytest.raises(BootstrapError, match="as declared .from the cache, .*shelf.json"):
        get(hub, sources, sha256=wrong)


# --- the cache


def test_where_the_cache_is(sources: Sources) -> None:
    assert cache.folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path("/c/kubeflow.bootstrap/registries")
    assert cache.folder({"XDG_CACHE_HOME": "relative", "HOME": "/h"}) is None
    assert cache.folder({"XDG_CACHE_HOME": "", "HOME": "/h"}) == Path("/h/.cache/kubeflow.bootstrap/registries")
    assert cache.folder({}) is None
    trees = [cache.Tree("h:1", "O", "r", COMMIT, path) for path in ("", "a", "a/b", "a%2Fb", "%", "ä" * 100, "ä" * 101)]
    files = {cache.file(Path("/c"), tree) for tree in trees}
    assert len(files) == len(trees)
    assert {file.parent for file in files} == {Path("/c/h:1/o/r") / COMMIT} and all(len(file.name) < 256 for file in files)


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other", "folderless", "escape"])
def test_a_damaged_entry_is_fetched_anew(hub: GitHub, sources: Sources, damage: str) -> None:
    first = get(hub, sources)
    (path,) = (sources.cache or Path()).rglob("*.json")
    text = path.read_text(encoding="utf-8")
    bad = {"../x": "1"}
    path.write_text(
        {
            "cut": text[:-20],
            "changed": text.replace("io.example", "io.examplf", 1),
            "empty": "",
            "other": "[1]",
            "folderless": '{"digest": "' + archive.digest({}) + '", "files": {}}',
            "escape": '{"digest": "' + archive.digest(bad) + '", "files": {"../x": "1"}}',
        }[damage],
        encoding="utf-8",
    )
    hub.server.requests.clear()
    assert get(hub, sources) == first
    assert sum(path.startswith("tarball") for path in hub.requests()) == 1
    assert path.read_text(encoding="utf-8") == text


def test_a_cache_that_can_not_be_written(hub: GitHub, sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    warnings: list[str] = []
    contents = get(hub, replace(sources, cache=tmp_path / "file" / "cache", warn=warnings.append))
    assert contents.files == OF_WEB
    assert len(warnings) == 1 and "can't be written (Not a directory): the next run downloads again" in warnings[0]
    assert get(hub, replace(sources, cache=None, warn=warnings.append)) == contents and len(warnings) == 1


RUN = """
import shutil, sys
from pathlib import Path
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry

uri, cache, ca, digest = sys.argv[1:]
for _round in range(10):
    shutil.rmtree(cache, ignore_errors=True)
    sources = registry.Sources(cache=Path(cache), ca_file=ca, warn=print)
    found = registry.contents({"shelf": {"uri": uri, "protocol": "github"}}, {"web": {"registry": "shelf"}}, Path(), sources)
    assert found["shelf"].digest == digest
"""


def test_runs_at_once_share_a_cache(hub: GitHub, sources: Sources) -> None:
    """Each of them takes the others' entries away while they write."""
    command = [sys.executable, "-c", RUN, hub.uri, str(sources.cache), str(sources.ca_file), archive.digest(FILES)]
    runs = [subprocess.Popen(command, env={"PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.PIPE) for _run in range(4)]
    for run in runs:
        _out, problem = run.communicate(timeout=patience(3))
        assert (run.returncode, problem) == (0, b"")
    get(hub, sources)
    assert [path.name for path in (sources.cache or Path()).rglob("*") if path.is_file()] == ["shelf.json"]


def test_nothing_is_left_of_a_write_that_fails(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    tree = cache.Tree("h", "o", "r", COMMIT, "")
    assert "No space left" in str(cache.write(tmp_path / "cache", tree, {"a": "1"}))
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
