# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Training on a real API server: the operator is accepted and comes up, good jobs are taken, bad ones are refused by field."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError
from ansible_collections.kubeflow.bootstrap.tests.patience import patience
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import validation

SPACE = "training"
OPERATOR = "training-training"
KINDS = {
    "PyTorchJob": ("pytorchReplicaSpecs", "pytorch", ["Master", "Worker"]),
    "TFJob": ("tfReplicaSpecs", "tensorflow", ["Chief", "Worker", "PS", "Evaluator"]),
    "MPIJob": ("mpiReplicaSpecs", "mpi", ["Launcher", "Worker"]),
    "XGBoostJob": ("xgbReplicaSpecs", "xgboost", ["Master", "Worker"]),
    "PaddleJob": ("paddleReplicaSpecs", "paddle", ["Master", "Worker"]),
    "JAXJob": ("jaxReplicaSpecs", "jax", ["Worker"]),
}


def objects(package: str, prototype: str, **parameters: t.Any) -> list[dict[str, t.Any]]:
    """What a component "one" of the embedded registry yields."""
    case = validation.Case(package, prototype, "", {"namespace": SPACE, **parameters})
    return render.objects(validation.files(case))["one"]


def applied(cluster, objects, *flags):
    """kubectl's answer to a server-side apply, with unknown fields refused."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    return cluster.try_kubectl("apply", "--server-side", "--validate=strict", *flags, "-f", "-", stdin=text)


@pytest.fixture(scope="module")
def cluster_with_operator(cluster):
    each = cluster()
    level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE, "labels": level}}
    assert applied(each, [space]).returncode == 0
    operator = objects("core", "training-operator", trainingOperatorReplicas=2)
    assert applied(each, [item for item in operator if item["kind"] == "Namespace"]).returncode == 0
    run = applied(each, operator)
    assert (run.returncode, run.stderr) == (0, ""), "refused, or with a warning"
    for kind in KINDS:
        each.kubectl("wait", "--for=condition=Established", f"--timeout={patience(2):g}s", f"crd/{kind.lower()}s.kubeflow.org")
    yield each
    each.kubectl("delete", "crd", *(f"{kind.lower()}s.kubeflow.org" for kind in KINDS))
    for kind in ("clusterrole", "clusterrolebinding"):
        each.kubectl("delete", kind, "-l", "app.kubernetes.io/instance=one")
    each.kubectl("delete", "namespace", SPACE, OPERATOR)


def test_the_operator_comes_up(cluster_with_operator):
    cluster_with_operator.kubectl("rollout", "status", "deployment/training-operator", "-n", OPERATOR, f"--timeout={patience(3):g}s")
    pods = cluster_with_operator.get("pods", "-n", OPERATOR, "-l", "app.kubernetes.io/component=training-operator")["items"]
    assert len(pods) == 2


def test_applied_again_nothing_changes_and_the_certificate_stays(cluster_with_operator):
    each, names = cluster_with_operator, ("secret/training-operator-webhook-cert", "-n", OPERATOR)
    # As the operator does at its first start.
    each.kubectl("patch", *names, "--type=merge", "-p", json.dumps({"data": {"tls.crt": "bWluZQ=="}}))
    operator = objects("core", "training-operator", trainingOperatorReplicas=2)

    def versions():
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item for item in operator if item["kind"] != "Deployment"]})
        items = json.loads(each.kubectl("get", "-f", "-", "-o", "json", stdin=text))["items"]
        return {item["metadata"]["uid"]: item["metadata"]["resourceVersion"] for item in items}

    before = versions()
    assert applied(each, operator).returncode == 0
    assert versions() == before
    assert each.get(*names)["data"] == {"tls.crt": "bWluZQ=="}


def test_users_may_edit_jobs_where_they_may_edit_anything(cluster_with_operator):
    """By the roles that the cluster aggregates."""
    each = cluster_with_operator
    for role in ("edit", "view"):
        each.kubectl("create", "rolebinding", f"training-{role}", "-n", SPACE, f"--clusterrole={role}", f"--user={role}or")

    def may(user, verb):
        return each.try_kubectl("auth", "can-i", verb, "pytorchjobs.kubeflow.org", "-n", SPACE, f"--as={user}").stdout.strip() == "yes"

    each.eventually(lambda: may("editor", "create") and may("viewor", "list"), "the roles are aggregated")
    assert not may("viewor", "create")


def test_the_operator_may_do_what_it_must_and_no_more(cluster_with_operator):
    user = f"--as=system:serviceaccount:{OPERATOR}:training-operator"

    def may(*what):
        return cluster_with_operator.try_kubectl("auth", "can-i", *what, user).stdout.strip() == "yes"

    for what in (("create", "pods"), ("update", "tfjobs.kubeflow.org/status"), ("create", "events"), ("create", "services")):
        assert may(*what, "-n", SPACE), what
        assert not may(*what, "-n", "elsewhere"), what
    assert may("update", "secrets/training-operator-webhook-cert", "-n", OPERATOR)
    assert may("update", "leases.coordination.k8s.io/1ca428e5.training-operator.kubeflow.org", "-n", OPERATOR)
    for what in (("list", "secrets", "-n", SPACE), ("update", "secrets", "-n", OPERATOR), ("create", "tfjobs.kubeflow.org")):
        assert not may(*what), what


@pytest.mark.parametrize("package", ["tf-job", "pytorch-job"])
@pytest.mark.parametrize("choices", [{}, {"num_workers": 2, "num_gpus": 1, "args": "--epochs,3"}, {"cloud": "openshift", "num_workers": 1}])
def test_a_job_of_the_packages_is_accepted(cluster_with_operator, package, choices):
    items = objects(package, package, image="registry.example.com/train:1", **choices)
    run = applied(cluster_with_operator, items)
    assert (run.returncode, run.stderr) == (0, "")
    job = items[0]
    # Its pods are of the level that the namespace asks for.
    for type, made_of in next(value for key, value in job["spec"].items() if key.endswith("ReplicaSpecs")).items():
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{package}-{type.lower()}", "namespace": SPACE}}
        run = applied(cluster_with_operator, [{**pod, "spec": made_of["template"]["spec"]}], "--dry-run=server")
        assert (run.returncode, run.stderr) == (0, "")
    cluster_with_operator.kubectl("delete", job["kind"], job["metadata"]["name"], "-n", SPACE)


def replica(container: str) -> dict[str, t.Any]:
    main = {"name": container, "image": "example.com/train:1", "args": ["--epochs=1"]}
    return {"replicas": 1, "restartPolicy": "OnFailure", "template": {"spec": {"containers": [main], "dnsPolicy": "Default"}}}


def good(kind: str, **spec: t.Any) -> dict[str, t.Any]:
    """A job of all types of replicas."""
    field, container, types = KINDS[kind]
    replicas = {type: replica(container) for type in types}
    policy = {
        "cleanPodPolicy": "Running",
        "ttlSecondsAfterFinished": 0,
        "backoffLimit": 3,
        "activeDeadlineSeconds": 600,
        "suspend": True,
        "schedulingPolicy": {"minAvailable": 2, "queue": "default", "minResources": {"cpu": "500m", "nvidia.com/gpu": 1}},
    }
    metadata = {"name": f"a-{kind.lower()}", "namespace": SPACE}
    return {"apiVersion": "kubeflow.org/v1", "kind": kind, "metadata": metadata, "spec": {field: replicas, "runPolicy": policy, **spec}}


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (
            "PyTorchJob",
            {"nprocPerNode": "auto", "elasticPolicy": {"minReplicas": 1, "maxReplicas": 3, "rdzvBackend": "c10d", "maxRestarts": 2}},
        ),
        ("TFJob", {"successPolicy": "AllWorkers", "enableDynamicWorker": False}),
        ("MPIJob", {"slotsPerWorker": 2, "mainContainer": "mpi", "cleanPodPolicy": "All"}),
        ("XGBoostJob", {}),
        ("PaddleJob", {"elasticPolicy": {"minReplicas": 1, "maxReplicas": 2, "maxRestarts": 1}}),
        ("JAXJob", {}),
    ],
)
def test_a_good_job_is_accepted_and_kept_as_it_is(cluster_with_operator, kind, spec):
    job = good(kind, **spec)
    run = applied(cluster_with_operator, [job])
    assert (run.returncode, run.stderr) == (0, "")
    name = job["metadata"]["name"]
    kept = cluster_with_operator.get(kind, name, "-n", SPACE)
    assert kept["spec"] == job["spec"]  # nothing was cut off, pods included

    # As the operator does: a condition, which kubectl shows, is a change of the status alone.
    status = {"status": {"conditions": [{"type": "Running", "status": "True"}], "replicaStatuses": {"Worker": {"active": 1}}}}
    cluster_with_operator.kubectl("patch", kind, name, "-n", SPACE, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    assert "Running" in cluster_with_operator.kubectl("get", kind, name, "-n", SPACE, "--no-headers")
    cluster_with_operator.kubectl("delete", kind, name, "-n", SPACE)


def test_one_replica_is_the_default(cluster_with_operator):
    job = good("PyTorchJob")
    del job["spec"]["pytorchReplicaSpecs"]["Master"]["replicas"]
    assert applied(cluster_with_operator, [job]).returncode == 0
    kept = cluster_with_operator.get("PyTorchJob", job["metadata"]["name"], "-n", SPACE)
    assert kept["spec"]["pytorchReplicaSpecs"]["Master"]["replicas"] == 1
    cluster_with_operator.kubectl("scale", f"pytorchjob/{job['metadata']['name']}", "-n", SPACE, "--replicas=3")
    kept = cluster_with_operator.get("PyTorchJob", job["metadata"]["name"], "-n", SPACE)
    assert kept["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] == 3
    cluster_with_operator.kubectl("delete", "PyTorchJob", job["metadata"]["name"], "-n", SPACE)


_REMOVE = object()
_TEMPLATE = ("template", "spec", "containers")

# The kind, where something is put that is wrong, that, and what the message names.
WRONG = [
    ("TFJob", ("tfReplicaSpecs", "Boss"), replica("tensorflow"), "spec.tfReplicaSpecs:"),
    ("PyTorchJob", ("pytorchReplicaSpecs", "worker"), replica("pytorch"), "Master, Worker"),
    ("JAXJob", ("jaxReplicaSpecs",), {}, "spec.jaxReplicaSpecs:"),
    ("JAXJob", ("jaxReplicaSpecs",), _REMOVE, "spec.jaxReplicaSpecs: Required value"),
    ("TFJob", ("tfReplicaSpecs", "Worker", "replicas"), -1, "spec.tfReplicaSpecs.Worker.replicas:"),
    ("TFJob", ("tfReplicaSpecs", "Worker", "replicas"), "2", "spec.tfReplicaSpecs.Worker.replicas:"),
    ("PyTorchJob", ("pytorchReplicaSpecs", "Worker", "replicas"), 0, "spec.pytorchReplicaSpecs.Worker.replicas:"),
    ("PyTorchJob", ("pytorchReplicaSpecs", "Master", "replicas"), 2, "Master.replicas must be 1"),
    ("XGBoostJob", ("xgbReplicaSpecs", "Master"), _REMOVE, "there must be a replica of the type Master"),
    ("MPIJob", ("mpiReplicaSpecs", "Launcher"), _REMOVE, "there must be a replica of the type Launcher"),
    ("MPIJob", ("mpiReplicaSpecs", "Launcher", "replicas"), 2, "Launcher.replicas must be 1"),
    ("TFJob", ("tfReplicaSpecs", "Worker", "template"), _REMOVE, "spec.tfReplicaSpecs.Worker.template: Required value"),
    ("TFJob", ("tfReplicaSpecs", "Worker", *_TEMPLATE), [], "spec.tfReplicaSpecs.Worker.template.spec.containers:"),
    ("TFJob", ("tfReplicaSpecs", "Worker", *_TEMPLATE, 0, "image"), _REMOVE, "containers[0].image: Required value"),
    ("PyTorchJob", ("pytorchReplicaSpecs", "Master", *_TEMPLATE, 0, "image"), "", "containers[0].image:"),
    ("PyTorchJob", ("pytorchReplicaSpecs", "Worker", *_TEMPLATE, 0, "name"), "main", "must have a container named pytorch"),
    ("PaddleJob", ("paddleReplicaSpecs", "Worker", *_TEMPLATE, 0, "name"), "main", "must have a container named paddle"),
    ("TFJob", ("tfReplicaSpecs", "PS", "restartPolicy"), "Sometimes", "spec.tfReplicaSpecs.PS.restartPolicy: Unsupported value"),
    ("TFJob", ("runPolicy", "cleanPodPolicy"), "Some", "spec.runPolicy.cleanPodPolicy: Unsupported value"),
    ("MPIJob", ("cleanPodPolicy",), "running", "spec.cleanPodPolicy: Unsupported value"),
    ("TFJob", ("runPolicy", "ttlSecondsAfterFinished"), -1, "spec.runPolicy.ttlSecondsAfterFinished:"),
    ("TFJob", ("runPolicy", "backoffLimit"), -1, "spec.runPolicy.backoffLimit:"),
    ("TFJob", ("runPolicy", "activeDeadlineSeconds"), 0, "spec.runPolicy.activeDeadlineSeconds:"),
    ("TFJob", ("runPolicy", "suspend"), "yes", "spec.runPolicy.suspend:"),
    ("TFJob", ("runPolicy", "managedBy"), "me", "spec.runPolicy.managedBy: Unsupported value"),
    ("TFJob", ("runPolicy", "schedulingPolicy", "minResources", "cpu"), "much", "minResources.cpu:"),
    ("TFJob", ("runPolicy", "cleanPods"), "All", ".spec.runPolicy.cleanPods: field not declared in schema"),
    ("TFJob", ("successPolicy",), "Most", "spec.successPolicy: Unsupported value"),
    ("TFJob", ("tfReplicaSpecs", "Master"), replica("tensorflow"), "both a Chief and a Master"),
    ("MPIJob", ("slotsPerWorker",), 0, "spec.slotsPerWorker:"),
    ("PyTorchJob", ("nprocPerNode",), "many", "spec.nprocPerNode:"),
    ("PyTorchJob", ("elasticPolicy",), {"minReplicas": 3, "maxReplicas": 1}, "minReplicas must not be more than maxReplicas"),
    ("PyTorchJob", ("elasticPolicy",), {"rdzvBackend": "zookeeper"}, "spec.elasticPolicy.rdzvBackend: Unsupported value"),
    ("PaddleJob", ("elasticPolicy",), {"minReplicas": 0}, "spec.elasticPolicy.minReplicas:"),
]


def refusal(cluster, job: dict[str, t.Any]) -> str:
    """What the API server says against a job, as it comes from a deployment of ours."""
    path = f"/apis/kubeflow.org/v1/namespaces/{SPACE}/{job['kind'].lower()}s/{job['metadata']['name']}"
    with cluster.client() as client, pytest.raises(ApiError) as refused:
        client.apply(path, job, "tests", force=True)
    return str(refused.value)


def changed(job: dict[str, t.Any], path: tuple[t.Any, ...], value: t.Any) -> dict[str, t.Any]:
    job = copy.deepcopy(job)
    at = job["spec"]
    for step in path[:-1]:
        at = at[step]
    if value is _REMOVE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return job


@pytest.mark.parametrize(("kind", "path", "value", "named"), WRONG, ids=lambda each: each if isinstance(each, str) else None)
def test_a_wrong_job_is_refused_with_a_message_that_names_the_field(cluster_with_operator, kind, path, value, named):
    assert named in refusal(cluster_with_operator, changed(good(kind), path, value))


def test_fields_that_exclude_each_other(cluster_with_operator):
    job = good("PyTorchJob", nprocPerNode="2", elasticPolicy={"nProcPerNode": 2})
    assert "elasticPolicy.nProcPerNode must not be used with nprocPerNode" in refusal(cluster_with_operator, job)
    job = changed(good("PyTorchJob", elasticPolicy={"maxReplicas": 2}), ("pytorchReplicaSpecs", "Worker"), _REMOVE)
    assert "pytorchReplicaSpecs.Worker must be there" in refusal(cluster_with_operator, job)


def test_a_name_that_no_service_can_have(cluster_with_operator):
    job = good("JAXJob")
    job["metadata"]["name"] = "2-times"
    assert "metadata.name:" in refusal(cluster_with_operator, job)


def test_who_manages_a_job_stays(cluster_with_operator):
    job = good("XGBoostJob")
    job["spec"]["runPolicy"]["managedBy"] = "kubeflow.org/training-operator"
    assert applied(cluster_with_operator, [job]).returncode == 0
    for path, value, named in [
        (("runPolicy", "managedBy"), "kueue.x-k8s.io/multikueue", "managedBy cannot be changed"),
        (("runPolicy", "managedBy"), _REMOVE, "managedBy cannot be changed"),
        (("runPolicy", "schedulingPolicy", "queue"), "other", "queue cannot be changed"),
    ]:
        run = applied(cluster_with_operator, [changed(job, path, value)])
        assert run.returncode != 0
        assert named in run.stderr
    cluster_with_operator.kubectl("delete", "XGBoostJob", job["metadata"]["name"], "-n", SPACE)
