# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Training jobs and models, as the packages render them; an MPIJob as users write it. TrainJobs are in test_trainer.py."""

from __future__ import annotations

import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real import pods

pytestmark = pytest.mark.soak

# What torch.distributed does first: everybody finds the master by what the operator put into the environment.
PYTORCH = """
import os, socket, time
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
if rank == 0:
    server = socket.create_server(("", address[1]))
    print("sum", sum(int(server.accept()[0].recv(9)) for _each in range(1, world)))
else:
    for _try in range(60):
        try:
            socket.create_connection(address, 5).send(str(rank).encode())
            break
        except OSError:
            time.sleep(1)
    else:
        raise SystemExit("no master")
"""
# What tf.distribute does first: each task has the addresses of all, by TF_CONFIG. Parameter servers never end.
TENSORFLOW = """
import json, os, socket, time
config = json.loads(os.environ["TF_CONFIG"])
kind, index = config["task"]["type"], config["task"]["index"]
host, port = config["cluster"]["ps"][0].rsplit(":", 1)
if kind == "ps":
    server = socket.create_server(("", int(port)))
    while True:
        server.accept()
for _try in range(60):
    try:
        socket.create_connection((host, int(port)), 5)
        print(kind, index, "reached the parameter server")
        break
    except OSError:
        time.sleep(1)
else:
    raise SystemExit("no parameter server")
"""
MPI = """
apiVersion: kubeflow.org/v1
kind: MPIJob
metadata: {name: mpi, namespace: baseline}
spec:
  runPolicy: {cleanPodPolicy: None}
  mpiReplicaSpecs:
    Launcher:
      replicas: 1
      restartPolicy: Never
      template:
        spec:
          containers:
            - name: mpi
              image: IMAGE
              # What mpirun does: start a process on each host by the agent that it is given.
              command: [sh, -c, 'for host in $(cut -d" " -f1 /etc/mpi/hostfile); do $OMPI_MCA_plm_rsh_agent $host hostname || exit 1; done']
    Worker: {replicas: 2, restartPolicy: Never, template: {spec: {containers: [{name: mpi, image: IMAGE, command: [sleep, "3600"]}]}}}
"""


def ends(kubeflow, kind, name, namespace="kubeflow"):
    """How a job ends."""

    def conditions():
        job = kubeflow.cluster.get(kind, name, "-n", namespace)
        return {each["type"] for each in job.get("status", {}).get("conditions", []) if each["status"] == "True"}

    until(lambda: conditions() & {"Succeeded", "Failed"}, f"the job {name} ends", seconds=30)
    return (conditions() & {"Succeeded", "Failed"}).pop()


@pytest.fixture
def job(kubeflow):
    """``job("pytorch-job", code, num_workers=1)``: bootstrap with a component of a package; how its job ends."""
    made = []

    def run(package, code, **parameters):
        name = f"one-{package}"
        made.append(name)
        kubeflow.work.bootstrap(
            kubeflow_components={"kubeflow-core": {"prototype": "kubeflow-core"}, name: {"prototype": package}},
            kubeflow_parameters={
                name: {"image": pods.IMAGE, "command": ["python3", "-c", code], "cpu": "100m", "memory": "128Mi", **parameters}
            },
        ).well()
        return ends(kubeflow, package.replace("-", ""), name)

    yield run
    # Without the component it is pruned.
    kubeflow.work.bootstrap(kubeflow_components={"kubeflow-core": {"prototype": "kubeflow-core"}}).well()


def logs(kubeflow, pod):
    return kubeflow.kubectl("logs", pod).strip()


def test_a_pytorch_job_succeeds(kubeflow, job):
    assert job("pytorch-job", PYTORCH, num_workers=2) == "Succeeded"
    assert logs(kubeflow, "one-pytorch-job-master-0") == "sum 3"


def test_a_tf_job_succeeds(kubeflow, job):
    assert job("tf-job", TENSORFLOW, num_workers=1, num_ps=1) == "Succeeded"
    assert logs(kubeflow, "one-tf-job-chief-0") == "chief 0 reached the parameter server"
    # It never ends by itself; the operator ends it.
    until(
        lambda: kubeflow.cluster.try_kubectl("-n", "kubeflow", "get", "pod", "one-tf-job-ps-0").returncode, "the server is gone", seconds=10
    )


@pytest.mark.parametrize("package", ["pytorch-job", "tf-job"])
def test_a_job_fails(kubeflow, job, package):
    """An exit code is tried again three times, each time later."""
    assert job(package, "raise SystemExit('no data')") == "Failed"


def test_an_mpi_job_succeeds(kubeflow):
    """Where the level is baseline: the operator's container in the launcher is refused at restricted (registry/core/README.md).

    In another namespace than the component's: the operator is told to run jobs everywhere.
    """
    kubeflow.work.bootstrap(kubeflow_parameters={"kubeflow-core": {"trainingJobs": "cluster"}}).well()
    kubeflow.cluster.kubectl("create", "namespace", "baseline")
    kubeflow.cluster.kubectl("label", "namespace", "baseline", "pod-security.kubernetes.io/enforce=baseline")
    kubeflow.cluster.kubectl("apply", "-f", "-", stdin=MPI.replace("IMAGE", pods.IMAGE))
    assert ends(kubeflow, "mpijob", "mpi", "baseline") == "Succeeded"
    launcher = kubeflow.cluster.get("pods", "-n", "baseline", "-l", "training.kubeflow.org/replica-type=launcher")["items"][0]
    log = kubeflow.cluster.kubectl("-n", "baseline", "logs", launcher["metadata"]["name"], "-c", "mpi")
    # The agent is a shell script that tells what it does.
    assert [line for line in log.splitlines() if line.startswith("mpi-worker-")] == ["mpi-worker-0", "mpi-worker-1"]


def test_a_model_is_served(kubeflow):
    """From a claim, by a server that stands in for TensorFlow's where its image can't be pulled."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "models", "namespace": "kubeflow"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    kubeflow.kubectl("apply", "-f", "-", stdin=json.dumps(claim))
    write = "import os; os.makedirs('/m/half/1'); open('/m/half/1/model.json', 'w').write('{\"factor\": 0.5, \"offset\": 2}')"
    volumes = [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}]
    writer = pods.start(kubeflow.cluster, "writer", "kubeflow", code=write, volumes=volumes, mounts=[{"name": "models", "mountPath": "/m"}])
    until(lambda: pods.phase(kubeflow.cluster, writer, "kubeflow") == "Succeeded", "the model is written", seconds=10)
    run = kubeflow.work.bootstrap(
        kubeflow_components={"kubeflow-core": {"prototype": "kubeflow-core"}, "half": {"prototype": "tf-serving"}},
        kubeflow_parameters={"half": {"modelPath": "/half", "modelClaim": "models", "cpu": "100m", "memory": "64Mi"}},
        kubeflow_verify=True,
        kubeflow_verify_checks=["model"],
    ).well()
    assert "Verified      1 passed" in run.output
    ask = """
import json, urllib.request
asked = urllib.request.urlopen("http://half.kubeflow:8501/v1/models/half:predict", json.dumps({"instances": [1.0, 2.0, 5.0]}).encode())
print(json.load(asked)["predictions"])
"""
    client = pods.start(kubeflow.cluster, "client", "kubeflow")
    until(lambda: pods.python(kubeflow.cluster, client, ask, "kubeflow") == (True, "[2.5, 3.0, 4.5]"), "it predicts", seconds=10)
