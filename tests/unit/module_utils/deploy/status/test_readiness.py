# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an object is ready, what it lacks, and why it never will be."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.readiness import awaited, failed, missing, one_line

Json = dict[str, t.Any]
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
FLOW = ("flows.example.com", "Flow")
CLAIM = ("", "PersistentVolumeClaim")
UNSEEN = "its controller has not seen the last change"


def live(spec: Json, status: Json, generation: int = 1, **metadata: t.Any) -> Json:
    return {"metadata": {"generation": generation, **metadata}, "spec": spec, "status": {"observedGeneration": 1, **status}}


def conditions(kind: str, status: str = "True", **more: t.Any) -> Json:
    return {"conditions": [{"type": kind, "status": status, **more}]}


def replicas(total: int, updated: int, ready: int) -> Json:
    return {"replicas": total, "updatedReplicas": updated, "availableReplicas": ready, "readyReplicas": ready}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
@pytest.mark.parametrize(
    ("spec", "status", "lacking"),
    [
        ({}, {}, "0 of 1 pods updated"),
        ({}, replicas(1, 1, 0), "0 of 1 pods available"),
        ({"replicas": 3}, replicas(3, 2, 3), "2 of 3 pods updated"),
        ({"replicas": 2}, replicas(3, 2, 3), "1 old pod is still there"),
        ({"replicas": 2}, replicas(4, 2, 4), "2 old pods are still there"),
        ({"replicas": 2}, replicas(3, 2, 2), "1 of 2 new pods available; 1 old pod is kept until they are"),
        ({}, replicas(2, 1, 1), "0 of 1 new pods available; 1 old pod is kept until they are"),
        ({"replicas": 2}, replicas(2, 2, 2), None),
        ({"replicas": 0}, {}, None),
    ],
)
def test_pods_that_roll_out(kind: str, spec: Json, status: Json, lacking: str | None) -> None:
    assert missing("apps", kind, live(spec, status)) == lacking


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_a_change_that_was_not_seen_is_not_ready(kind: str) -> None:
    ready = {**replicas(1, 1, 1), "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1}
    assert missing("apps", kind, live({}, ready)) is None
    assert missing("apps", kind, live({}, ready, generation=2)) == UNSEEN
    assert missing("apps", kind, {"metadata": {"generation": 1}}) == UNSEEN


def test_pods_that_nobody_is_to_update() -> None:
    old = replicas(3, 1, 3)
    assert missing("apps", "StatefulSet", live({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}}, old)) is None
    assert missing("apps", "StatefulSet", live({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}}, old)) is not None
    assert missing("apps", "StatefulSet", live({"replicas": 3, "updateStrategy": {"type": "OnDelete"}}, old)) is None
    daemons = live({"updateStrategy": {"type": "OnDelete"}}, {"desiredNumberScheduled": 2, "numberAvailable": 2})
    assert missing("apps", "DaemonSet", daemons) is None


@pytest.mark.parametrize(
    ("group", "kind", "status", "lacking"),
    [
        ("apps", "DaemonSet", {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}, "1 of 2 pods updated"),
        ("apps", "DaemonSet", {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}, "1 of 2 pods available"),
        ("apps", "DaemonSet", {"desiredNumberScheduled": 0}, None),
        ("apps", "ReplicaSet", {"replicas": 1, "availableReplicas": 1}, None),
        ("apps", "ReplicaSet", {"replicas": 1}, "0 of 1 pods available"),
        ("batch", "Job", {}, "it has not completed"),
        ("batch", "Job", conditions("Complete", "False"), "it has not completed"),
        ("batch", "Job", conditions("Complete"), None),
        ("", "Pod", {}, "it is Pending"),
        ("", "Pod", {"phase": "Running"}, "it is not ready"),
        ("", "Pod", {"phase": "Running", **conditions("Ready")}, None),
        ("", "Pod", {"phase": "Succeeded", **conditions("Ready", "False")}, None),
        (*CRD, {}, "the API server has not established it"),
        (*CRD, conditions("Established"), None),
        ("apiregistration.k8s.io", "APIService", {}, "it is not available"),
        ("apiregistration.k8s.io", "APIService", conditions("Available"), None),
        (
            "apiregistration.k8s.io",
            "APIService",
            conditions("Available", "False", reason="MissingEndpoints", message="no endpoints"),
            "it is not available: MissingEndpoints: no endpoints",
        ),
        ("", "Namespace", {"phase": "Active"}, None),
        ("", "Namespace", {"phase": "Terminating"}, "it is Terminating"),
        (*CLAIM, {"phase": "Pending"}, "it is Pending"),
        (*CLAIM, {"phase": "Bound"}, None),
        ("policy", "PodDisruptionBudget", {}, None),
        ("policy", "PodDisruptionBudget", conditions("DisruptionAllowed", "False", reason="InsufficientPods"), None),
        (
            "policy",
            "PodDisruptionBudget",
            conditions("DisruptionAllowed", "False", reason="SyncFailed", message="two"),
            "SyncFailed: two",
        ),
    ],
)
def test_other_kinds(group: str, kind: str, status: Json, lacking: str | None) -> None:
    assert awaited(group, kind)
    assert missing(group, kind, live({}, status)) == lacking


def test_a_budget_that_its_controller_has_not_seen() -> None:
    assert missing("policy", "PodDisruptionBudget", live({}, {}, generation=2)) == UNSEEN


def test_a_suspended_job_is_not_awaited() -> None:
    assert missing("batch", "Job", live({"suspend": True}, {})) is None


def test_what_is_being_deleted_is_not_ready() -> None:
    item = live({}, conditions("Ready"), deletionTimestamp="2026-11-23T00:00:00Z")
    assert missing(*FLOW, item) == missing("", "Pod", item) == "it is being deleted"


def test_a_claim_waits_for_its_first_pod() -> None:
    late, pending = {"storageClassName": "late"}, {"phase": "Pending"}
    node = {"volume.kubernetes.io/selected-node": "node-1"}
    assert missing(*CLAIM, live(late, pending), {"fast"}) is None
    assert missing(*CLAIM, live(late, pending, annotations=node), {"fast"}) == "it is Pending"
    assert missing(*CLAIM, live({"storageClassName": "fast"}, pending), {"fast"}) == "it is Pending"
    assert missing(*CLAIM, live({"storageClassName": ""}, pending), {"fast"}) == "it is Pending"
    assert missing(*CLAIM, live(late, {"phase": "Lost"}), {"fast"}) == "it is Lost"


@pytest.mark.parametrize(
    ("status", "generation", "lacking"),
    [
        ({}, 1, None),
        ({"observedGeneration": 1}, 2, UNSEEN),
        ({"observedGeneration": 1}, 1, None),
        (conditions("Ready"), 1, None),
        (conditions("Ready", observedGeneration=1), 2, UNSEEN),
        (conditions("Ready", "False", reason="NoIssuer", message="there is\nnone"), 1, "Ready is False: NoIssuer: there is none"),
        (conditions("Available", "Unknown"), 1, "Available is Unknown"),
        ({"conditions": [*conditions("Available", "False")["conditions"], *conditions("Ready")["conditions"]]}, 1, None),
        (conditions("Reconciling", message="2 of 3"), 1, "Reconciling: 2 of 3"),
        (conditions("Reconciling", "False"), 1, None),
        (conditions("Stalled", reason="BadSpec"), 1, "Stalled: BadSpec"),
        (conditions("Failed", reason="BackoffLimitExceeded"), 1, "Failed: BackoffLimitExceeded"),
        (conditions("Progressing", "False"), 1, None),
        ({"conditions": "none"}, 1, None),
        ({"conditions": ["x"]}, 1, None),
    ],
)
def test_custom_resources(status: Json, generation: int, lacking: str | None) -> None:
    assert awaited(*FLOW)
    assert missing(*FLOW, {"metadata": {"generation": generation}, "status": status}) == lacking


def test_a_custom_resource_of_which_nobody_says_anything_is_ready() -> None:
    assert missing(*FLOW, {"metadata": {"generation": 3}}) is None
    assert missing(*FLOW, {"metadata": {"generation": 3}, "status": "fine"}) is None


def test_kinds_that_are_there_at_once() -> None:
    assert not awaited("", "ConfigMap")
    assert not awaited("extensions", "Deployment")
    assert not awaited("rbac.authorization.k8s.io", "Role")
    assert awaited("gateway.networking.k8s.io", "Gateway")
    assert not awaited("", "ConfigMap") and not awaited("", "Service")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({}, None),
        (conditions("Progressing", "False", reason="ProgressDeadlineExceeded", message="timed out"), "timed out"),
        (conditions("Progressing", "True", reason="NewReplicaSetAvailable"), None),
        (conditions("Failed", reason="BackoffLimitExceeded"), "BackoffLimitExceeded"),
        (conditions("Failed", "False"), None),
        (conditions("Stalled", message="no such field"), "no such field"),
        (conditions("Stalled", "False"), None),
        (conditions("NamesAccepted", "False", message="is already in use"), "is already in use"),
        (conditions("NamesAccepted", "Unknown"), None),
        ({"observedGeneration": 1, **conditions("Stalled", message="before the change")}, None),
    ],
)
def test_what_will_never_be_ready(status: Json, why: str | None) -> None:
    assert failed({"metadata": {"generation": 2}, "status": status}) == why


def test_a_phase_is_final_for_pods_and_claims_only() -> None:
    pod = {"metadata": {}, "spec": {"containers": []}, "status": {"phase": "Failed", "reason": "Evicted", "message": "disk full"}}
    assert failed(pod) == "Evicted: disk full"
    assert failed({**pod, "spec": {}}) is None
    claim = {"metadata": {}, "spec": {"accessModes": []}, "status": {"phase": "Lost"}}
    assert failed(claim) == "its volume is lost"
    assert failed({**claim, "status": {"phase": "Pending"}}) is None
    assert failed({}) is None


def test_what_others_say_is_one_short_line() -> None:
    assert one_line("a", None, "", "b\n  c") == "a: b c"
    assert len(one_line("x" * 1000)) < 510
