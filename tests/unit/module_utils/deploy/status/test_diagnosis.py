# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why an object isn't ready, from its pods and the events."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.diagnosis import explain, pod_trouble
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

from tests.unit.conftest import Answer, Server

Json = dict[str, t.Any]
DEPLOYMENT = Key("apps", "Deployment", "ml", "hub")


def conditions(kind: str, status: str = "True", **more: str) -> Json:
    return {"conditions": [{"type": kind, "status": status, **more}]}


def container(state: Json, **more: t.Any) -> Json:
    return {"containerStatuses": [{"name": "ok", "ready": True, "state": {"running": {}}}, {"name": "c", "state": state, **more}]}


def waiting(reason: str | None, message: str = "", **more: t.Any) -> Json:
    return container({"waiting": {"reason": reason, "message": message}}, **more)


def ended(code: int, reason: str = "Error", message: str | None = None) -> Json:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({}, None),
        (conditions("PodScheduled", "False", message="0/3 nodes"), "can't be scheduled: 0/3 nodes"),
        (
            conditions(
                "PodScheduled", "False", message="0/3 nodes are available: 3 full. no new claims to deallocate, preemption: 0/3 no."
            ),
            "can't be scheduled: 0/3 nodes are available: 3 full",
        ),
        (conditions("PodScheduled", "False", reason="SchedulingGated"), "can't be scheduled: SchedulingGated"),
        (conditions("PodScheduled"), None),
        (waiting("ImagePullBackOff", "no such image"), "container c: ImagePullBackOff: no such image"),
        (waiting("CrashLoopBackOff"), "container c: CrashLoopBackOff"),
        (
            waiting("CrashLoopBackOff", "back-off 5m0s", lastState=ended(137, "OOMKilled")),
            "container c: CrashLoopBackOff: ended with exit code 137 (OOMKilled)",
        ),
        (waiting("ContainerCreating"), None),
        (waiting("PodInitializing"), None),
        (waiting(None), None),
        ({"initContainerStatuses": waiting("ErrImagePull")["containerStatuses"]}, "container c: ErrImagePull"),
        (container(ended(3, message="no\nflag")), "container c: ended with exit code 3: no flag"),
        (container(ended(0, "Completed")), None),
        ({"phase": "Failed", "reason": "Evicted", "message": "disk full"}, "has failed: Evicted: disk full"),
        (container({"running": {}}, ready=False), "container c runs, but is not ready"),
    ],
)
def test_why_a_pod_does_not_run(status: Json, why: str | None) -> None:
    assert pod_trouble({"status": status}) == why


def test_what_a_container_logged_is_not_shown() -> None:
    spec = {"containers": [{"name": "c", "terminationMessagePolicy": "FallbackToLogsOnError"}]}
    trouble = pod_trouble({"spec": spec, "status": container(ended(1, message="password=hunter2"))})
    assert trouble == "container c: ended with exit code 1"


def obj(name: str, uid: str, owner: str | None = None, status: Json | None = None, **more: t.Any) -> Json:
    owners = {"ownerReferences": [{"uid": owner}]} if owner else {}
    return {"metadata": {"name": name, "uid": uid, **owners, **more.pop("metadata", {})}, "status": status or {}, **more}


def event(kind: str, name: str, uid: str, reason: str, message: str, when: str) -> Json:
    about = {"kind": kind, "name": name, "uid": uid}
    return {"metadata": {}, "involvedObject": about, "reason": reason, "message": message, "lastTimestamp": f"2026-11-23T00:{when}Z"}


def has(server: Server, **lists: list[Json]) -> None:
    """``replicasets``, ``pods``, ``events`` ... of the namespace ``ml``."""
    roots = {"pods": "/api/v1", "persistentvolumeclaims": "/api/v1", "events": "/api/v1", "jobs": "/apis/batch/v1"}
    for kind in ("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "pods", "persistentvolumeclaims", "events"):
        server.routes[f"{roots.get(kind, '/apis/apps/v1')}/namespaces/ml/{kind}"] = {"items": lists.get(kind, [])}


def revision(number: int) -> Json:
    return {"annotations": {"deployment.kubernetes.io/revision": str(number)}}


def test_the_pods_of_a_deployment_are_found_through_its_newest_replica_set(server: Server, client: Client) -> None:
    unscheduled = conditions("PodScheduled", "False", message="0/1 nodes")
    sets = [obj("hub-1", "r1", "d", metadata=revision(9)), obj("hub-2", "r2", "d", metadata=revision(10))]
    pods = [
        obj("hub-1-a", "p1", "r1", waiting("ImagePullBackOff", "the old one")),
        obj("other", "p2", "x", waiting("ImagePullBackOff", "of others")),
        obj("hub-2-a", "p3", "r2", unscheduled),
        obj("hub-2-b", "p4", "r2", unscheduled),
    ]
    events = [event("Pod", "hub-2-a", "p3", "FailedScheduling", "again", "01")]
    has(server, replicasets=sets, pods=pods, events=events)
    lines = explain(client, {DEPLOYMENT: obj("hub", "d")})
    assert lines == {DEPLOYMENT: "pod hub-2-a can't be scheduled: 0/1 nodes (and 1 more pods)"}
    assert [each.query["fieldSelector"] for each in server.requests if each.path.endswith("events")] == ["type=Warning"]


def test_pods_that_were_refused(server: Server, client: Client) -> None:
    refused = conditions("ReplicaFailure", reason="FailedCreate", message="exceeded quota: none")
    has(
        server,
        replicasets=[obj("hub-1", "r", "d", refused)],
        events=[event("ReplicaSet", "hub-1", "r", "FailedCreate", "Error creating: exceeded quota: none", "01")],
    )
    assert explain(client, {DEPLOYMENT: obj("hub", "d")}) == {DEPLOYMENT: "FailedCreate: exceeded quota: none"}


def test_events_newest_first_and_at_most_two(server: Server, client: Client) -> None:
    key = Key("apps", "StatefulSet", "ml", "db")
    events = [
        event("StatefulSet", "db", "s", "FailedCreate", "old", "01"),
        event("StatefulSet", "db", "s", "FailedCreate", "denied", "03"),
        event("Pod", "db-0", "p", "FailedMount", "no secret", "04"),
        event("Pod", "db-0", "p", "Unhealthy", "third", "02"),
        event("Pod", "elsewhere", "q", "FailedMount", "not ours", "05"),
    ]
    has(server, pods=[obj("db-0", "p", "s", {"containerStatuses": [{"name": "c", "state": {}}]})], events=events)
    assert explain(client, {key: obj("db", "s")}) == {key: "Pod db-0: FailedMount: no secret; FailedCreate: denied"}


def test_the_workloads_of_a_custom_resource(server: Server, client: Client) -> None:
    key = Key("flows.example.com", "Flow", "ml", "daily")
    has(server, statefulsets=[obj("daily", "s", "f")], pods=[obj("daily-0", "p", "s", waiting("ErrImagePull", "none"))])
    assert explain(client, {key: obj("daily", "f")}) == {key: "pod daily-0 container c: ErrImagePull: none"}
    # Not only what it made itself: here a Job made a Deployment, which made the pod.
    has(
        server,
        deployments=[obj("daily", "d", "j")],
        jobs=[obj("daily", "j", "f")],
        pods=[obj("daily-1-a", "p", "d", waiting("ErrImagePull", "gone"))],
    )
    assert explain(client, {key: obj("daily", "f")}) == {key: "pod daily-1-a container c: ErrImagePull: gone"}


def test_the_pods_that_a_service_selects(server: Server, client: Client) -> None:
    key, service = Key("", "Service", "ml", "web"), obj("web", "v", spec={"selector": {"app": "web"}})
    has(server, pods=[obj("web-0", "p", "s", conditions("PodScheduled", "False", message="0/1"), metadata={"labels": {"app": "web"}})])
    assert explain(client, {key: service}) == {key: "pod web-0 can't be scheduled: 0/1"}
    refused = conditions("ReplicaFailure", reason="FailedCreate", message="exceeded quota")
    template = {"template": {"metadata": {"labels": {"app": "web", "more": "x"}}}}
    has(server, replicasets=[obj("web-1", "r", status=refused, spec=template)])
    assert explain(client, {key: service}) == {key: "FailedCreate: exceeded quota; there is no pod of it"}


def test_what_never_was_there_is_known_by_its_events(server: Server, client: Client) -> None:
    key = Key("", "PersistentVolumeClaim", "ml", "data")
    has(server, events=[event("PersistentVolumeClaim", "data", "c", "ProvisioningFailed", "no class", "01")])
    assert explain(client, {key: {"metadata": {"name": "data"}}}) == {key: "ProvisioningFailed: no class"}
    assert explain(client, {key: obj("data", "another")}) == {}


def test_who_may_not_look_gets_no_error(server: Server, client: Client) -> None:
    has(server)
    for path in list(server.routes):
        server.routes[path] = Answer({"message": "no"}, 403)
    assert explain(client, {DEPLOYMENT: obj("hub", "d")}) == {}
    failure = conditions("ReplicaFailure", reason="FailedCreate", message="exceeded quota")
    assert explain(client, {DEPLOYMENT: obj("hub", "d", status=failure)}) == {DEPLOYMENT: "FailedCreate: exceeded quota"}


def test_what_is_in_no_namespace_has_its_events_in_default(server: Server, client: Client) -> None:
    key = Key("flows.example.com", "Cluster", "", "one")
    server.routes["/api/v1/namespaces/default/events"] = {"items": [event("Cluster", "one", "u", "Broken", "it is", "01")]}
    assert explain(client, {key: obj("one", "u")}) == {key: "Broken: it is"}
    assert len(server.requests) == 1


# --- volumes that are being made


CLAIMED = {
    "volumes": [
        {"name": "db", "persistentVolumeClaim": {"claimName": "hub-db"}},
        {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
        {"name": "x"},
    ]
}


def test_the_claim_of_a_pod_that_has_no_node_is_named_with_its_events(server: Server, client: Client) -> None:
    """The scheduler waits for the volume, and says nothing of the pod until it is there."""
    has(
        server,
        replicasets=[obj("hub-1", "r", "d")],
        pods=[obj("hub-1-a", "p", "r", spec=CLAIMED)],
        persistentvolumeclaims=[
            obj("hub-db", "c1", status={"phase": "Pending"}),
            obj("hub-1-a-scratch", "c2", status={"phase": "Bound"}),
            obj("of-others", "c3", status={"phase": "Pending"}),
        ],
        events=[
            event("PersistentVolumeClaim", "hub-db", "c1", "ProvisioningFailed", "no space left on node", "03"),
            event("PersistentVolumeClaim", "hub-1-a-scratch", "c2", "ProvisioningFailed", "was short of memory", "02"),
            event("PersistentVolumeClaim", "of-others", "c3", "ProvisioningFailed", "not ours", "04"),
        ],
    )
    assert explain(client, {DEPLOYMENT: obj("hub", "d")}) == {
        DEPLOYMENT: "pod hub-1-a waits for the volume of PersistentVolumeClaim hub-db; "
        "PersistentVolumeClaim hub-db: ProvisioningFailed: no space left on node"
    }


def test_a_claim_of_a_pod_that_has_a_node_or_that_is_bound_is_not_told(server: Server, client: Client) -> None:
    events = [event("PersistentVolumeClaim", "hub-db", "c", "ProvisioningFailed", "some time ago", "03")]
    for phase, spec in (("Bound", CLAIMED), ("Pending", {**CLAIMED, "nodeName": "a"})):
        claim = obj("hub-db", "c", status={"phase": phase})
        has(server, pods=[obj("hub-1-a", "p", "d", spec=spec)], persistentvolumeclaims=[claim], events=events)
        assert explain(client, {DEPLOYMENT: obj("hub", "d")}) == {}


def test_volumes_that_a_pod_has_to_itself(server: Server, client: Client) -> None:
    claim = obj("hub-1-a-scratch", "c", status={"phase": "Pending"})
    has(server, pods=[obj("hub-1-a", "p", "d", spec=CLAIMED)], persistentvolumeclaims=[claim])
    assert explain(client, {DEPLOYMENT: obj("hub", "d")}) == {
        DEPLOYMENT: "pod hub-1-a waits for the volume of PersistentVolumeClaim hub-1-a-scratch"
    }


# --- logs


@pytest.mark.parametrize(
    ("status", "log"),
    [
        (waiting("CrashLoopBackOff", lastState=ended(1)), "kubectl -n ml logs hub-1-a -c c --previous"),
        (waiting("CrashLoopBackOff", lastState=ended(0, "Completed")), "kubectl -n ml logs hub-1-a -c c --previous"),
        (container(ended(3)), "kubectl -n ml logs hub-1-a -c c"),
        ({"initContainerStatuses": container(ended(3))["containerStatuses"]}, "kubectl -n ml logs hub-1-a -c c"),
        (waiting("ImagePullBackOff", "no such image"), None),
        (container({"running": {}}, ready=False), "kubectl -n ml logs hub-1-a -c c"),
        (
            {"containerStatuses": [{"name": "hub", "ready": False, "state": {"running": {}}}, {"name": "proxy", "state": ended(1)}]},
            "kubectl -n ml logs hub-1-a -c proxy",
        ),
        # It came back after a crash.
        (container({"running": {}}, ready=False, lastState=ended(1)), "kubectl -n ml logs hub-1-a -c c"),
    ],
)
def test_the_log_of_a_container_that_ended_is_pointed_to(server: Server, client: Client, status: Json, log: str | None) -> None:
    pods = [obj(name, name, "d", status, metadata={"namespace": "ml"}) for name in ("hub-1-a", "hub-1-b")]
    has(server, pods=pods)
    lines = explain(client, {DEPLOYMENT: obj("hub", "d")})[DEPLOYMENT]
    assert lines.partition(" (and 1 more pods)")[2] == (f"; its log: {log}" if log else "")


# --- what has passed


@pytest.mark.parametrize("reason", ["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "NetworkNotReady"])
@pytest.mark.parametrize(
    ("status", "over"),
    [
        (waiting("ContainerCreating"), True),
        ({"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]}, False),
        (conditions("PodReadyToStartContainers"), True),
        (conditions("PodReadyToStartContainers", "False"), False),
        ({"initContainerStatuses": [{"name": "i", "state": ended(0, "Completed")}]}, True),
        ({"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(1)}]}, True),
    ],
)
def test_a_hiccup_of_a_pod_s_start_is_not_told_once_it_has_started(
    server: Server, client: Client, reason: str, status: Json, over: bool
) -> None:
    hiccup = event("Pod", "hub-1-a", "p", reason, "failed to sync configmap cache", "04")
    has(server, pods=[obj("hub-1-a", "p", "d", status, metadata={"namespace": "ml"})], events=[hiccup])
    assert ("failed to sync" in explain(client, {DEPLOYMENT: obj("hub", "d")}).get(DEPLOYMENT, "")) is not over


def test_what_a_pod_does_while_it_runs_is_told(server: Server, client: Client) -> None:
    unhealthy = event("Pod", "hub-1-a", "p", "Unhealthy", "Readiness probe failed", "04")
    has(server, pods=[obj("hub-1-a", "p", "d", waiting("ContainerCreating"))], events=[unhealthy])
    assert explain(client, {DEPLOYMENT: obj("hub", "d")})[DEPLOYMENT].endswith("Pod hub-1-a: Unhealthy: Readiness probe failed")


def test_a_workload_that_has_its_pods_again_was_refused_some_earlier(server: Server, client: Client) -> None:
    events = [event("ReplicaSet", "hub-1", "r", "FailedCreate", "no endpoints for the webhook", "01")]
    for replicas, reported in ((0, True), (1, False)):
        has(server, replicasets=[obj("hub-1", "r", "d", {"replicas": replicas}, spec={"replicas": 1})], events=events)
        assert bool(explain(client, {DEPLOYMENT: obj("hub", "d")})) is reported
    scheduled = obj("hub-1-a", "p", "d", spec={"nodeName": "a"})
    has(server, pods=[scheduled], events=[event("Pod", "hub-1-a", "p", "FailedScheduling", "0/1 nodes", "01")])
    assert explain(client, {DEPLOYMENT: obj("hub", "d")}) == {}
