# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release from GitHub: one archive per repository, only of what is rendered, cached for all runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch import https
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import closure, github_source, source, tables
from ansible_collections.kubeflow.bootstrap.tests import mini_platform
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import COMMIT, OTHER, GitHub

from tests.unit.conftest import Answer, Authority, Server

TRAINER = "applications/trainer/overlays"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "PAUSE", 0.005)


@pytest.fixture
def sources(authority: Authority, tmp_path: Path) -> Sources:
    (tmp_path / "ca.pem").write_text(authority.pem, encoding="utf-8")
    return Sources(cache=tmp_path / "cache", ca_file=str(tmp_path / "ca.pem"), timeout=30)


@pytest.fixture
def hub(serve: Callable[..., Server]) -> GitHub:
    """A GitHub server with the release; with a folder of another repository at the ref v3; and with an asset of a release."""
    github = GitHub(serve("127.0.0.1"), Answer)
    asset = f"https://{github.host}/acme/tools/releases/download/v0.11.0/manifests.yaml"
    files = {path: text.replace(mini_platform.JOBSET, asset) for path, text in mini_platform.FILES.items()}
    folder = f"https://{github.host}/acme/tools/manifests/base?ref=v3"
    files["applications/spark/spark-operator/overlays/kubeflow/kustomization.yaml"] = f"resources: [spark.yaml, '{folder}']\n"
    github.publish(COMMIT[:9], COMMIT, {**files, "README.md": "not wanted"})
    github.publish("v3", OTHER, {"manifests/base/kustomization.yaml": "resources: []\n", "else.txt": "not wanted"})
    github.server.routes["/acme/tools/releases/download/v0.11.0/manifests.yaml"] = Answer(
        mini_platform.REMOTES["jobset-v0.11.0/manifests.yaml"].encode()
    )
    return github


def release(hub: GitHub) -> tables.Release:
    return tables.Release(
        name="26.03.1",
        repository=f"{hub.host}/acme/tools",
        commit=COMMIT[:9],
        license="none",
        remotes={
            f"https://{hub.host}/acme/tools/releases/download/v0.11.0/manifests.yaml": "jobset-v0.11.0",
            f"https://{hub.host}/acme/tools/manifests/base?ref=v3": "tools-v3/manifests/base",
        },
    )


def test_it_is_the_same_as_from_a_folder_and_what_is_not_needed_is_not_fetched(hub: GitHub, sources: Sources, tmp_path: Path) -> None:
    of = release(hub)
    fetched = closure.walk(github_source.find(of, sources).read, [TRAINER], of.remotes)
    folder = mini_platform.write(tmp_path / "releases")
    local = closure.walk(source.find(str(folder), "26.03.1").read, [TRAINER], {mini_platform.JOBSET: "jobset-v0.11.0"})
    same = {path: text for path, text in local.files.items() if "jobset" not in path}
    assert {path: text for path, text in fetched.files.items() if "jobset" not in path} == same
    assert fetched.files["remotes/jobset-v0.11.0/manifests.yaml"] == local.files["remotes/jobset-v0.11.0/manifests.yaml"]
    assert fetched.files["remotes/jobset-v0.11.0/kustomization.yaml"] == "resources:\n- manifests.yaml\n"
    assert not any("v3" in path for path in hub.requests())


def test_a_folder_of_another_repository(hub: GitHub, sources: Sources) -> None:
    of = release(hub)
    fetched = closure.walk(github_source.find(of, sources).read, ["applications/spark/spark-operator/overlays/kubeflow"], of.remotes)
    assert fetched.files["remotes/tools-v3/manifests/base/kustomization.yaml"] == "resources: []\n"


def test_it_is_fetched_once_for_all_runs(hub: GitHub, sources: Sources) -> None:
    of = release(hub)
    first = github_source.find(of, sources)
    assert first.read("release/LICENSE") == mini_platform.LICENSE
    assert first.read("release/README.md") is None
    before = [path for path in hub.requests() if "tarball" in path]
    again = github_source.find(of, sources)
    assert again.digest() == first.digest()
    assert [path for path in hub.requests() if "tarball" in path] == before


def test_where_it_can_not_be_had_a_folder_will_do(hub: GitHub, sources: Sources) -> None:
    hub.route(f"commits/{COMMIT[:9]}", b"", 500)
    with pytest.raises(BootstrapError, match=r"asked 4 times.*kubeflow_platform: \{source: \.\.\.\}"):
        github_source.find(release(hub), sources).read("release/LICENSE")
    hub.publish(COMMIT[:9], COMMIT)
    hub.server.routes["/acme/tools/releases/download/v0.11.0/manifests.yaml"] = Answer(b"", 404)
    with pytest.raises(BootstrapError, match="the server answers 404"):
        github_source.find(release(hub), sources).read("remotes/jobset-v0.11.0/manifests.yaml")
