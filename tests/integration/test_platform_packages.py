# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small, made-up release of the platform, by the main playbook: planned, written, deployed and removed.

Published releases are deployed in ``tests/soak/test_platform_releases.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import source
from ansible_collections.kubeflow.bootstrap.tests import mini_platform


@pytest.fixture
def choice(tmp_path):
    """``choice(cluster)``: the release, with a program of that cluster that renders it."""
    folder = mini_platform.write(tmp_path / "releases", mini_platform.COMMIT)

    def of(cluster):
        return {
            "release": mini_platform.COMMIT,
            "components": ["training", "spark"],
            "parameters": {"imageRegistry": "mirror.example.com"},
            "source": str(folder),
            "sha256": source.find(str(folder), mini_platform.COMMIT).digest(),
            "renderer": str(Path(cluster.facts["bin"]) / "kubectl"),
        }

    return of


def test_through_the_main_job_and_out_again(brief_cluster, choice, work):
    cluster = brief_cluster("plain")
    platform, user = choice(cluster), work(cluster)
    first = user.bootstrap(kubeflow_platform=platform).well()
    assert "namespaces: added, trainer needs it." in first.output
    counts = user.report()["outcome"]["counts"]
    assert counts == {"created": 8}
    deployment = cluster.get("deployment", "-n", "kubeflow-system", "trainer")
    pod = deployment["spec"]["template"]
    assert pod["spec"]["containers"][0]["image"] == "mirror.example.com/example/trainer:v1"
    assert "checksum/config" in pod["metadata"]["annotations"]
    # From here on neither the release nor a renderer is needed.
    platform = {**platform, "source": "", "renderer": ""}
    before = user.application()
    with cluster.untouched():
        second = user.bootstrap(kubeflow_platform=platform).well()
    assert second.changed == 0 and user.application() == before
    assert user.report()["outcome"]["counts"] == {"unchanged": 8}
    user.bootstrap(kubeflow_platform={**platform, "components": ["training"]}).well()
    assert user.report()["outcome"]["counts"] == {"unchanged": 7, "pruned": 1}
    assert not (user.app / "vendor/platform/spark").exists()
    user.play("remove").well()
    assert "trainjobs.trainer.example.com" not in cluster.kubectl("get", "crds")


def test_what_can_not_be_meant_is_said_before_anything_is_written(cluster, choice, work):
    platform, user = choice(cluster()), work(cluster())
    with cluster().untouched():
        for wrong, message in (
            ({"components": ["trainign"]}, "Did you mean training, trainer, tuning?"),
            ({"parameters": {"imageRegistri": "x"}}, "Did you mean imageRegistry?"),
            ({"sha256": "0" * 64}, "Nothing of them was used"),
        ):
            run = user.bootstrap(kubeflow_platform={**platform, **wrong})
            assert run.code != 0 and message in " ".join(run.output.split()), run.output
    assert not user.app.exists()
