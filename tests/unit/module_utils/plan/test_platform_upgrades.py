# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrations between releases of the platform, and images that can't be pulled any more."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import key_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import platform_upgrades
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.planned_objects import PlannedObject
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import tables

Json = dict[str, t.Any]
COMMIT = "5eed" * 10


def choice(release: str, *components: str) -> Json:
    return {"release": release, "components": [{"name": name, "reason": "You chose it."} for name in components]}


def upgrade(before: str, after: str, *components: str) -> tuple[list[Json], list[Json]]:
    """The blockers and the warnings of an upgrade."""
    record = {"choices": {"platform": choice(before, *components)}}
    arguments = (record, choice(after, *components), ())
    return platform_upgrades.blockers(*arguments), platform_upgrades.warnings(*arguments)


def pods(image: str, field: str = "containers") -> PlannedObject:
    containers = {"containers": [{"name": "other", "image": "quay.io/a/b:v1"}], field: [{"name": "a", "image": image}]}
    item = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "namespace": "kubeflow"},
        "spec": {"template": {"spec": containers}},
    }
    return PlannedObject("a", key_of(item), item, None)


def test_what_would_be_lost_blocks_an_upgrade() -> None:
    blockers, warnings = upgrade("1.10", "1.11.0", "pipelines", "namespaces")
    assert [item["id"] for item in blockers] == ["migration-needed"] * 2 and warnings == []
    assert blockers[0]["reason"].startswith("From the platform 1.10 to 1.11.0: The object store becomes SeaweedFS")
    assert blockers[0]["fix"].endswith("Then run with kubeflow_ignore=migration-needed.")


def test_releases_that_are_passed_over_count() -> None:
    blockers, warnings = upgrade("1.10", "26.03.1", "pipelines", "profiles")
    assert (len(blockers), len(warnings)) == (2, 1)
    assert upgrade("1.11.0", "26.03", "pipelines", "profiles") == ([], [])


def test_components_that_others_have_in_them_count(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"dashboard": tables.Part(("a",), provides=("profiles",))}
    older = tables.Release("1", "r", "c", "l", components=parts)
    newer = tables.Release("2", "r", "c", "l", migrations=(tables.Migration("profiles", "It changes.", "Do it."),))
    monkeypatch.setattr(tables, "names", lambda: ["1", "2"])
    monkeypatch.setattr(tables, "release", lambda name: {"1": older, "2": newer}[name])
    assert [item["fix"] for item in upgrade("1", "2", "dashboard")[1]] == ["Do it."]
    # A commit that the tables lack counts as the newest.
    assert [item["fix"] for item in upgrade("1", COMMIT, "dashboard")[1]] == ["Do it."]


def test_no_upgrade_no_migration() -> None:
    for before, after in (("1.10", "1.10"), ("26.03.1", "1.10"), (COMMIT, "26.03.1")):
        assert upgrade(before, after, "pipelines", "trainer", "training-operator") == ([], [])
    assert platform_upgrades.blockers({}, choice("26.03.1", "pipelines"), ()) == []
    assert platform_upgrades.blockers({"choices": {"platform": choice("1.10", "pipelines")}}, None, ()) == []


@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_an_image_that_is_gone_blocks(field: str) -> None:
    [blocker] = platform_upgrades.blockers({}, None, [pods("gcr.io/ml-pipeline/minio:RELEASE.2019", field)])
    assert blocker["id"] == "image-gone"
    assert "gcr.io/ml-pipeline/minio:RELEASE.2019 (https://github.com/kubeflow/community-distribution/issues/3270)" in blocker["reason"]


@pytest.mark.parametrize("image", ["minio/minio:RELEASE.2019", "docker.io/minio/minio:RELEASE.2019"])
def test_an_image_that_is_perhaps_gone_is_a_warning(image: str) -> None:
    assert platform_upgrades.blockers({}, None, [pods(image)]) == []
    [warning] = platform_upgrades.warnings({}, None, [pods(image)])
    assert image in warning["reason"]


@pytest.mark.parametrize("image", ["mirror.example.com/ml-pipeline/minio:v1", "localhost/minio/minio", "quay.io/minio/minio", "minio"])
def test_copies_and_others_are_none_of_them(image: str) -> None:
    assert platform_upgrades.blockers({}, None, [pods(image)]) + platform_upgrades.warnings({}, None, [pods(image)]) == []


@pytest.mark.parametrize("name", tables.names())
def test_migrations_name_components(name: str) -> None:
    known = tables.graph().components
    assert {migration.component for migration in tables.release(name).migrations} <= known.keys()
