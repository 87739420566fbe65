# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application whose folder is lost is removed by what the cluster records of it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.engines.deploy import deploy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context

from tests.unit.module_utils.deploy._cluster import FakeCluster, status
from tests.unit.module_utils.deploy._objects import make

SPACE = make("Namespace", "ml", namespace=None)


@pytest.fixture
def cluster(server: t.Any, client: Client) -> FakeCluster:
    cluster = FakeCluster(server, client)
    cluster.deploy(SPACE, make("ConfigMap", "c", namespace="ml"), application="ks_app")
    return cluster


def remove(cluster: FakeCluster, folder: Path, name: str, check: bool = False, **args: t.Any) -> t.Any:
    more = {name: False for name in ("force_conflicts", "adopt", "recreate", "remove_data")}
    arguments = {"path": str(folder), "context": "here", "state": "absent", "prune": [], "secrets": None, "wait_timeout": 5, **more, **args}
    return deploy(cluster.client, {**arguments, "application": name}, Context(check=check, env={}, warn=cluster.warned.append))[0]


@pytest.mark.parametrize("name", ["ks_app", "ml/ks_app"])
def test_it_is_found_and_removed(cluster: FakeCluster, tmp_path: Path, name: str) -> None:
    assert remove(cluster, tmp_path, name, check=True).counts() == {"removed": 2}
    assert remove(cluster, tmp_path, name).counts() == {"removed": 2}
    assert cluster.names() == []


def test_the_cluster_has_to_be_named(cluster: FakeCluster, tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="kubeflow_context"):
        remove(cluster, tmp_path, "ks_app", context=None)


def test_a_name_that_is_not_recorded_is_told_with_those_that_are(cluster: FakeCluster, tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="no record of an application other; it has ml/ks-app-"):
        remove(cluster, tmp_path, "other")


@pytest.mark.parametrize("name", ["/ks_app", "ml/", "My Space/ks_app", "a/b/c"])
def test_what_is_no_name_is_refused(cluster: FakeCluster, tmp_path: Path, name: str) -> None:
    with pytest.raises(BootstrapError, match="neither NAME nor NAMESPACE/NAME"):
        remove(cluster, tmp_path, name)


def test_where_nothing_is_found_that_is_said(cluster: FakeCluster, tmp_path: Path) -> None:
    """A second removal is as good as the first; but a mistyped namespace must not look as if all was done."""
    assert not remove(cluster, tmp_path, "mll/ks_app").changed
    assert "nothing of an application ks_app in the namespace mll; it has records of ml/ks-app-" in cluster.warned[0]
    assert remove(cluster, tmp_path, "ml/ks_app").changed and len(cluster.warned) == 1
    cluster.broken["/api/v1/configmaps"] = status(403, "no")
    assert not remove(cluster, tmp_path, "ml/ks_app").changed
    assert cluster.warned[-1].endswith("has nothing of an application ks_app in the namespace ml.")


def test_of_two_one_has_to_be_named(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.deploy(make("Namespace", "x", namespace=None), application="ks_app", namespace="x")
    with pytest.raises(BootstrapError, match="Several applications are called ks_app.*ml/ks_app, x/ks_app"):
        remove(cluster, tmp_path, "ks_app")
    assert remove(cluster, tmp_path, "x/ks_app").counts() == {"removed": 1}
    assert "Namespace ml" in cluster.names()


def test_a_record_of_another_tool_is_not_taken_for_ours(cluster: FakeCluster, tmp_path: Path) -> None:
    record = make("ConfigMap", "mine-applyset", namespace="ml", labels={"applyset.kubernetes.io/id": "x"})
    record["metadata"]["annotations"] = {"applyset.kubernetes.io/tooling": "kubectl/v1.35"}
    cluster.put(record)
    with pytest.raises(BootstrapError, match="no record of an application mine"):
        remove(cluster, tmp_path, "mine")


def test_who_may_not_look_everywhere_names_the_namespace(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.broken["/api/v1/configmaps"] = status(403, "no")
    with pytest.raises(BootstrapError, match="kubeflow_application=NAMESPACE/ks_app"):
        remove(cluster, tmp_path, "ks_app")
