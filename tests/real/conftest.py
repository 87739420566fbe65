# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the integration tests have, and clusters whose pods run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration import loaded
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import (
    Cluster,
    Factory,
    ansible,
    cluster,
    clusters,
    clusters_of_a_file,
    place,
    window,
    work,
)
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience
from ansible_collections.kubeflow.bootstrap.tests.real.kubeflow import Kubeflow

__all__ = ["ansible", "cluster", "clusters", "clusters_of_a_file", "place", "window", "work"]

TOOL = Path(__file__).parents[2] / "tools" / "node-packages"


@pytest.fixture(scope="session")
def real_cluster(cluster: Factory) -> Factory:  # noqa: F811
    """As ``cluster``, with what its nodes need of this machine; skips the test where there can't be real nodes."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("Real nodes need root on Linux")
    subprocess.run([str(TOOL)], check=True)
    return cluster


@pytest.fixture(scope="module")
def real(real_cluster: Factory) -> Cluster:
    """One node that runs pods."""
    return real_cluster("real")


@pytest.fixture(scope="module")
def kubeflow(real: Cluster, ansible: loaded.Server, tmp_path_factory: pytest.TempPathFactory) -> Kubeflow:  # noqa: F811
    """Kubeflow on it, with the values that facts choose, for all tests of a file."""
    return deployed(real, ansible, tmp_path_factory.mktemp("kubeflow"))


def deployed(on: Cluster, ansible: loaded.Server, folder: Path, **variables: object) -> Kubeflow:  # noqa: F811
    """Kubeflow, bootstrapped as a user does it."""
    installation = Kubeflow(on, user_of(on, ansible, folder, **variables))
    installation.work.bootstrap().well()
    return installation


def user_of(on: Cluster, ansible: loaded.Server, folder: Path, **variables: object) -> Work:  # noqa: F811
    """A user of a cluster, at a terminal."""
    (folder / "home").mkdir()
    (folder / "work").mkdir()
    return Work(folder / "home", folder / "work", {**variables}, {"KUBECONFIG": on.kubeconfig}, ansible, patience(60))
