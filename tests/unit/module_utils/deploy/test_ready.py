# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an object is ready, what it lacks, and why it never will be."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.ready import GATES, awaited, failed, missing, pod_trouble

Json = dict[str, t.Any]
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")


def made(spec: Json, status: Json, generation: int = 1) -> Json:
    return {"metadata": {"generation": generation}, "spec": spec, "status": {"observedGeneration": 1, **status}}


def conditions(kind: str, status: str = "True", **more: str) -> Json:
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
        ({"replicas": 2}, replicas(3, 2, 2), "1 old pods are still there"),
        ({"replicas": 2}, replicas(2, 2, 2), None),
        ({"replicas": 0}, {}, None),
    ],
)
def test_pods_that_roll_out(kind: str, spec: Json, status: Json, lacking: str | None) -> None:
    assert missing("apps", kind, made(spec, status)) == lacking


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_change_that_was_not_seen_is_not_ready(kind: str) -> None:
    ready = {**replicas(1, 1, 1), "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberAvailable": 1}
    assert missing("apps", kind, made({}, ready)) is None
    assert missing("apps", kind, made({}, ready, generation=2)) == "its controller has not seen the last change"
    assert missing("apps", kind, {"metadata": {"generation": 1}}) == "its controller has not seen the last change"


@pytest.mark.parametrize(
    ("group", "kind", "status", "lacking"),
    [
        ("apps", "DaemonSet", {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}, "1 of 2 pods updated"),
        ("apps", "DaemonSet", {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}, "1 of 2 pods available"),
        ("apps", "DaemonSet", {"desiredNumberScheduled": 0}, None),
        ("batch", "Job", {}, "it has not completed"),
        ("batch", "Job", conditions("Complete", "False"), "it has not completed"),
        ("batch", "Job", conditions("Complete"), None),
        (*CRD, {}, "the API server has not established it"),
        (*CRD, conditions("Established"), None),
        ("", "Namespace", {"phase": "Active"}, None),
        ("", "Namespace", {"phase": "Terminating"}, "it is Terminating"),
    ],
)
def test_other_kinds(group: str, kind: str, status: Json, lacking: str | None) -> None:
    assert awaited(group, kind)
    assert missing(group, kind, made({}, status)) == lacking


def test_kinds_that_are_there_at_once() -> None:
    assert not awaited("", "ConfigMap")
    assert not awaited("extensions", "Deployment")
    assert all(awaited(*gate) for gate in GATES)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({}, None),
        (conditions("Progressing", "False", reason="ProgressDeadlineExceeded", message="timed out"), "timed out"),
        (conditions("Progressing", "True", reason="NewReplicaSetAvailable"), None),
        (conditions("Failed", reason="BackoffLimitExceeded"), "BackoffLimitExceeded"),
        (conditions("Failed", "False"), None),
    ],
)
def test_what_will_never_be_ready(status: Json, why: str | None) -> None:
    assert failed({"status": status}) == why


def waiting(reason: str | None, message: str = "") -> Json:
    return {
        "containerStatuses": [
            {"name": "ok", "state": {"running": {}}},
            {"name": "c", "state": {"waiting": {"reason": reason, "message": message}}},
        ]
    }


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({}, None),
        (conditions("PodScheduled", "False", message="0/3 nodes"), "can't be scheduled: 0/3 nodes"),
        (conditions("PodScheduled"), None),
        (waiting("ImagePullBackOff", "no such image"), "container c: ImagePullBackOff: no such image"),
        (waiting("CrashLoopBackOff"), "container c: CrashLoopBackOff"),
        (waiting("ContainerCreating"), None),
        (waiting("PodInitializing"), None),
        (waiting(None), None),
        ({"initContainerStatuses": waiting("ErrImagePull")["containerStatuses"]}, "container c: ErrImagePull"),
    ],
)
def test_why_a_pod_does_not_run(status: Json, why: str | None) -> None:
    assert pod_trouble({"status": status}) == why
