# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is awaited in a real cluster, and what is said when it does not come."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Gate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.member import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.progress import Ticker
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.gates import closed
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.wait import NotReady, await_ready, open_gates
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.discovery import served
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, Key, Resources, key_of
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

GROUP = "readiness.example.com"
NOWHERE = {"nodeSelector": {"example.com/nowhere": "true"}}


def deployment(space, name="web", **pod):
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example.com/none"}], **pod}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space}, "spec": spec}


def definition(plural, kind):
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": name, "served": True, "storage": name == "v1", "schema": schema} for name in ("v1", "v2")]
    names = {"plural": plural, "kind": kind}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Cluster", "names": names, "versions": versions},
    }


class Trial:
    """Objects applied in a namespace of their own, and how the wait for them ends."""

    def __init__(self, cluster, client, space):
        self.cluster, self.client, self.space = cluster, client, space
        self.inventory = Inventory("kubeflow", space)
        self.lines = []

    def apply(self, *items):
        resources = Resources(served(self.client), items)
        for item in items:
            item["metadata"]["labels"] = {"example.com/trial": self.space}
        members = [Member(key_of(item), "c", self.inventory.labelled(item), resources.of(item), None, "create") for item in items]
        for member in members:
            self.client.apply(member.path, member.item, MANAGER)
        return members

    def awaited(self, members, seconds=60.0, client=None):
        with Ticker(self.lines.append) as ticker:
            return await_ready(client or self.client, self.inventory, members, Deadline(seconds), ticker)

    def not_ready(self, members, seconds, client=None):
        with pytest.raises(NotReady) as raised:
            self.awaited(members, seconds, client)
        return raised.value.message


@pytest.fixture
def trial(cluster, request):
    on = cluster()
    space = request.node.name.replace("test_", "ready-").replace("_", "-")[:40].strip("-")
    on.kubectl("create", "namespace", space)
    with on.client() as client:
        yield Trial(on, client, space)
    on.kubectl("delete", "namespace", space, "--wait=false")
    on.kubectl("delete", "crd,apiservice,storageclass", "-l", f"example.com/trial={space}")


def test_what_comes_up_is_awaited_with_few_requests(trial):
    names = ("a", "b", "c")
    members = trial.apply(*(deployment(trial.space, name) for name in names))
    trial.awaited(members)
    assert [trial.cluster.get("deployment", name, "-n", trial.space)["status"]["availableReplicas"] for name in names] == [1, 1, 1]
    before = trial.client.connections.requests
    trial.awaited(members)
    assert trial.client.connections.requests == before + 1


def test_unschedulable(trial):
    message = trial.not_ready(trial.apply(deployment(trial.space, **NOWHERE)), 6)
    assert message.startswith(f"Not ready after 6 seconds: Deployment.apps {trial.space}/web (0 of 1 pods available; pod web-")
    assert "can't be scheduled: 0/" in message
    assert "didn't match Pod's node affinity/selector" in message
    # Said as soon as it was found out, and not again and again.
    assert "can't be scheduled" in trial.lines[-1]
    assert len(trial.lines) == len({line.partition(" s, ")[2] for line in trial.lines})


def test_quota_exceeded(trial):
    trial.cluster.kubectl("create", "quota", "none", "--hard=pods=0", "-n", trial.space)
    quota = ("quota", "none", "-n", trial.space)
    trial.cluster.eventually(lambda: "hard" in trial.cluster.get(*quota).get("status", {}), "the quota counts")
    message = trial.not_ready(trial.apply(deployment(trial.space)), 3)
    assert "FailedCreate: pods " in message
    assert "is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0" in message


def test_admission_denied(trial):
    trial.cluster.kubectl("label", "namespace", trial.space, "pod-security.kubernetes.io/enforce=restricted")
    stateful = deployment(trial.space, "db")
    stateful["kind"] = "StatefulSet"
    message = trial.not_ready(trial.apply(deployment(trial.space), stateful), 4)
    web, db = message.split("; StatefulSet.apps ")
    assert 'FailedCreate: pods "web-' in web
    assert 'violates PodSecurity "restricted' in web
    assert "FailedCreate: Create Pod db-0 in StatefulSet db failed" in db


def test_a_job_that_fails_is_said_at_once(trial):
    pod = {**NOWHERE, "restartPolicy": "Never", "containers": [{"name": "main", "image": "example.com/none"}]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "once", "namespace": trial.space},
        "spec": {"activeDeadlineSeconds": 1, "template": {"spec": pod}},
    }
    members = trial.apply(job)
    with no_hang(4):
        message = trial.not_ready(members, 3600)
    assert message.startswith(f"Job.batch {trial.space}/once has failed: Job was active longer than specified deadline")


def test_who_may_see_neither_pods_nor_events_gets_a_shorter_message(trial):
    members = trial.apply(deployment(trial.space, **NOWHERE))
    trial.cluster.kubectl("create", "role", "some", "--verb=list", "--resource=deployments.apps", "-n", trial.space)
    trial.cluster.kubectl("create", "rolebinding", "some", "--role=some", "--user=somebody", "-n", trial.space)
    with trial.cluster.client(trial.cluster.kubeconfig_for("somebody")) as client:
        message = trial.not_ready(members, 3, client)
    assert message == f"Not ready after 3 seconds: Deployment.apps {trial.space}/web (0 of 1 pods available)."


def test_a_claim_without_a_pod_is_not_awaited(trial):
    late = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"{trial.space}-late"},
        "provisioner": "example.com/none",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    soon = {**late, "metadata": {"name": f"{trial.space}-soon"}, "volumeBindingMode": "Immediate"}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claims = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": trial.space},
            "spec": {**spec, "storageClassName": f"{trial.space}-{name}"},
        }
        for name in ("late", "soon")
    ]
    members = trial.apply(late, soon, *claims)
    trial.cluster.eventually(lambda: len(trial.cluster.get("pvc", "-n", trial.space)["items"]) == 2, "the PVCs exist")
    trial.awaited(members[:3])
    message = trial.not_ready(members, 2)
    assert f"PersistentVolumeClaim {trial.space}/soon (it is Pending" in message
    assert "/late" not in message


def test_a_volume_that_is_not_made_is_named_with_what_its_driver_says(trial):
    """The scheduler has chosen a node and waits for the volume: until then the pod says nothing."""
    late = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"{trial.space}-late", "labels": {"example.com/trial": trial.space}},
        "provisioner": "example.com/none",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    size = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": f"{trial.space}-late"}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "hub-db", "namespace": trial.space}, "spec": size}
    web = deployment(trial.space, volumes=[{"name": "db", "persistentVolumeClaim": {"claimName": "hub-db"}}])
    members = trial.apply(late, claim, web)
    on = trial.cluster
    on.eventually(lambda: on.get("pods", "-n", trial.space)["items"], "the pod is there")
    about = on.get("pvc", "hub-db", "-n", trial.space)["metadata"]
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "hub-db.1", "namespace": trial.space},
        "involvedObject": {"kind": "PersistentVolumeClaim", "namespace": trial.space, "name": "hub-db", "uid": about["uid"]},
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": "no space left on node",
    }
    with on.client() as client:
        client.post(f"/api/v1/namespaces/{trial.space}/events", event)
    waiting = [member for member in members if member.key.kind == "Deployment"]
    message = trial.not_ready(waiting, 3)
    assert f"Deployment.apps {trial.space}/web (0 of 1 pods available; pod web-" in message
    assert (
        "waits for the volume of PersistentVolumeClaim hub-db; PersistentVolumeClaim hub-db: ProvisioningFailed: no space left" in message
    )


def test_definitions_are_served_when_their_gate_is_open(trial):
    members = trial.apply(definition("flows", "Flow"), definition("runs", "Run"))
    items = {member.key: member.item for member in members}
    with Ticker(trial.lines.append) as ticker:
        open_gates(trial.client, [Gate("definition", key) for key in items], items, Deadline(30), ticker, wait_soft=True)
    flow = {"apiVersion": f"{GROUP}/v2", "kind": "Flow", "metadata": {"name": "daily"}}
    trial.client.apply(f"/apis/{GROUP}/v2/flows/daily", flow, MANAGER)
    # One that wants the names of another is never served: that is said at once.
    (taken,) = trial.apply(definition("others", "Flow"))
    with Ticker(trial.lines.append) as ticker, pytest.raises(NotReady) as raised:
        open_gates(trial.client, [Gate("definition", taken.key)], {taken.key: taken.item}, Deadline(60), ticker, wait_soft=True)
    assert f"others.{GROUP} will never be served" in raised.value.message
    assert "already in use" in raised.value.message


def test_a_service_is_open_when_one_of_its_pods_is_ready(trial):
    members = trial.apply(
        deployment(trial.space, "web"),
        deployment(trial.space, "none", **NOWHERE),
        *(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": trial.space},
                "spec": {"selector": {"app": name}, "ports": [{"port": 443}]},
            }
            for name in ("web", "none")
        ),
    )
    items = {member.key: member.item for member in members}
    gates = {name: Gate("endpoints", Key("", "Service", trial.space, name)) for name in ("web", "none")}
    account = Gate("account", Key("", "ServiceAccount", trial.space, "default"))
    with Ticker(trial.lines.append) as ticker:
        open_gates(trial.client, [gates["web"], account], items, Deadline(60), ticker, wait_soft=True)
    shut = closed(trial.client, list(gates.values()), items)
    assert shut.keys() == {gates["none"]}
    assert "can't be scheduled: 0/" in shut[gates["none"]]


def test_an_api_service_whose_server_is_not_there(trial):
    api = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1.remote.{GROUP}"},
        "spec": {
            "group": f"remote.{GROUP}",
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"namespace": trial.space, "name": "none"},
        },
    }
    (member,) = trial.apply(api)
    with Ticker(trial.lines.append) as ticker, pytest.raises(NotReady, match=r"to be available \(ServiceNotFound: service/none in"):
        open_gates(trial.client, [Gate("available", member.key)], {}, Deadline(5), ticker, wait_soft=True)
    assert "it is not available: ServiceNotFound" in trial.not_ready([member], 1)
