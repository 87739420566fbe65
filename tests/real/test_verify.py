# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of the stage verify pass where it works, and fail where it does not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real.conftest import deployed
from ansible_collections.kubeflow.bootstrap.tests.real.device_plugin import device_plugin

pytestmark = pytest.mark.soak

GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def kubeflow(real, ansible, tmp_path_factory):
    """For nodes with GPUs."""
    return deployed(real, ansible, tmp_path_factory.mktemp("kubeflow"), kubeflow_parameters={"kubeflow-core": {"gpuResource": GPU}})


@pytest.fixture
def check(kubeflow):
    """``check("gpu")``: what became of a check; nothing of it stays."""

    def run(name, **variables):
        kubeflow.work.play("verify", kubeflow_verify_checks=[name], **variables)
        (result,) = kubeflow.work.report()["checks"]
        objects = "jobs,pods,persistentvolumeclaims,pytorchjobs,tfjobs"
        until(lambda: kubeflow.get(objects, "-l", "kubeflow.bootstrap/check")["items"] == [], "nothing of the check stays", seconds=10)
        return result

    return run


# --- training jobs


@pytest.fixture
def edited(kubeflow):
    """``with edited(old, new)``: the checks of the package core are changed by hand."""

    @contextlib.contextmanager
    def edit(old, new):
        file = kubeflow.work.app / "vendor" / "kubeflow" / "core" / "checks.libsonnet"
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(text, encoding="utf-8")

    return edit


WORKER = "script + ' && sleep 240'"
JOBS = pytest.mark.parametrize("name", ["pytorch-job", "tf-job"])


@JOBS
def test_a_job_succeeds_with_its_leader_while_the_worker_still_runs(check, name):
    result = check(name)
    assert (result["status"], "it finds the worker" in result["evidence"]) == ("passed", True), result
    # The worker would stay for four minutes.
    assert result["seconds"] < 240


@JOBS
def test_a_job_whose_worker_fails_fails(check, edited, name):
    with edited(WORKER, "'echo no data && exit 3'"):
        result = check(name)
    assert result["status"] == "failed"
    assert "no data" in result["evidence"]
    assert result["fix"].startswith("Look at the training operator")


def test_a_job_whose_worker_has_no_node_fails(check, edited):
    """The leader alone runs."""
    nowhere = "replica(params + { nodeSelector: { pool: 'none' } }, 'pytorch-job'"
    with edited("Worker: replica(params, 'pytorch-job'", f"Worker: {nowhere}"):
        result = check("pytorch-job", kubeflow_verify_timeout=30)
    assert result["status"] == "failed"
    assert "is not Succeeded after" in result["evidence"]


# --- GPUs


def gpus(kubeflow):
    (node,) = kubeflow.get("nodes")["items"]
    return node["status"]["allocatable"].get(GPU)


@pytest.fixture
def gpu(kubeflow):
    """``with gpu(files)``: the node has a GPU, with these device files."""
    root = Path(f"/proc/{kubeflow.cluster.facts['pids']['node-real']}/root")

    @contextlib.contextmanager
    def run(files):
        with device_plugin(root, GPU, files):
            until(lambda: gpus(kubeflow) == "1", "the node has a GPU", seconds=10)
            yield

    return run


def test_a_pod_sees_its_gpu(check, gpu):
    with gpu({"/dev/nvidia0": "/dev/null"}):
        result = check("gpu")
    assert (result["status"], result["evidence"]) == ("passed", "/dev/nvidia0")


def test_a_device_plugin_that_gives_no_device(check, gpu):
    """The pod starts, and sees nothing."""
    with gpu({}):
        result = check("gpu")
    assert (result["status"], result["evidence"].endswith("no device in /dev")) == ("failed", True), result


def test_gpus_that_no_node_has_any_more(check, kubeflow):
    until(lambda: gpus(kubeflow) == "0", "the node has lost its GPU", seconds=10)
    result = check("gpu", kubeflow_verify_timeout=20)
    assert result["status"] == "failed"
    assert f"Insufficient {GPU}" in result["evidence"]
