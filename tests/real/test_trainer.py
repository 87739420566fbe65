# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TrainJobs of Kubeflow Trainer, whose package of the platform is deployed as a release has it: its controllers and JobSet's run.

The release comes from the archive that ``KUBEFLOW_RELEASES`` names, as in ``tests/soak/test_platform_releases.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real.conftest import user_of
from ansible_collections.kubeflow.bootstrap.tests.soak import test_platform_releases as releases

pytestmark = [pytest.mark.soak, releases.pytestmark]

PROFILE = str(Path(__file__).parents[1] / "integration" / "profiles" / "real-with-trainer.yml")
# What torchrun does first: everybody finds the first node by what Trainer put into the environment.
TORCH = """
import os, socket, time
address = (os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"]))
rank, nodes = int(os.environ["PET_NODE_RANK"]), int(os.environ["PET_NNODES"])
if rank == 0:
    server = socket.create_server(("", address[1]))
    print("sum", sum(int(server.accept()[0].recv(9)) for _each in range(1, nodes)))
else:
    for _try in range(60):
        try:
            socket.create_connection(address, 5).send(str(rank).encode())
            break
        except OSError:
            time.sleep(1)
    else:
        raise SystemExit("no first node")
"""


@pytest.fixture(scope="module")
def real(real_cluster):
    return real_cluster(PROFILE, name="trainer")


@pytest.fixture(scope="module")
def user(real, ansible, tmp_path_factory):
    """Who has deployed Trainer and what it needs."""
    choice = {"release": "26.03.1", "components": ["trainer"], "source": str(releases.ARCHIVE)}
    user = user_of(real, ansible, tmp_path_factory.mktemp("trainer"), kubeflow_platform=choice)
    user.bootstrap().well()
    return user


def ends(cluster, name, code, nodes, runtime="ClusterTrainingRuntime"):
    """How a TrainJob ends that runs Python on some nodes, by a runtime for PyTorch: the release's, or one of the namespace."""
    job = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "runtimeRef": {"kind": runtime, "name": "torch-distributed"},
            "trainer": {"numNodes": nodes, "command": ["python3", "-c", code]},
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(job))

    def conditions():
        status = cluster.get("trainjob", name).get("status", {})
        return {each["type"] for each in status.get("conditions", []) if each["status"] == "True"} & {"Complete", "Failed"}

    until(conditions, f"the TrainJob {name} ends", seconds=30)
    return conditions()


def logs(cluster, job, node):
    return cluster.kubectl("logs", "-l", f"jobset.sigs.k8s.io/jobset-name={job},batch.kubernetes.io/job-completion-index={node}").strip()


def test_nodes_of_a_train_job_find_each_other_and_it_is_complete(real, user):
    assert ends(real, "sum", TORCH, nodes=3) == {"Complete"}
    assert logs(real, "sum", 0) == "sum 3"


def test_a_train_job_fails(real, user):
    """By the release's runtime it is tried again six times, each time later; so by one that doesn't."""
    spec = real.get("clustertrainingruntime", "torch-distributed")["spec"]
    (node,) = spec["template"]["spec"]["replicatedJobs"]
    node["template"]["spec"]["backoffLimit"] = 0
    node["template"]["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    metadata = {"name": "torch-distributed", "namespace": "default", "labels": {"trainer.kubeflow.org/framework": "torch"}}
    runtime = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainingRuntime", "metadata": metadata, "spec": spec}
    real.kubectl("apply", "-f", "-", stdin=json.dumps(runtime))
    assert ends(real, "wrong", "raise SystemExit('no data')", nodes=1, runtime="TrainingRuntime") == {"Failed"}
    assert "no data" in logs(real, "wrong", 0)


def test_it_is_verified_at_the_level_restricted(real, user):
    run = user.play("verify").well()
    assert "Verified      1 passed" in run.output, run.output
    (check,) = user.report()["checks"]
    assert (check["name"], check["evidence"]) == ("train-job", "TrainJob.trainer.kubeflow.org kubeflow/kubeflow-verify-train-job: Complete")
    assert real.get("trainjobs,trainingruntimes", "-n", "kubeflow")["items"] == []


def test_without_jobset_the_check_fails(real, user):
    """Nobody makes the pods."""
    real.kubectl("scale", "deployment/jobset-controller-manager", "-n", "kubeflow-system", "--replicas=0")
    real.kubectl("wait", "pods", "-l", "app.kubernetes.io/name=jobset", "-n", "kubeflow-system", "--for=delete", "--timeout=120s")
    run = user.play("verify", kubeflow_verify_timeout=20)
    assert run.code and "train-job" in run.message
    assert real.get("trainjobs,trainingruntimes", "-n", "kubeflow")["items"] == []
