# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole verifications, of a small API server."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files.record import PATH
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify import temporary
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify import verify as module

from tests.unit.conftest import Answer, Request
from tests.unit.module_utils.deploy._cluster import FakeCluster, status
from tests.unit.module_utils.verify._application import written

Json = dict[str, t.Any]

SERVICE = "/api/v1/namespaces/ml/services/front:http/proxy/"
HTTP = {"name": "page", "title": "The page answers", "seconds": 1, "fix": "Look at it.", "http": {}}
PAGE = {**HTTP, "http": {"service": "front", "port": "http", "path": "/", "status": [200], "text": "Welcome"}}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "kubeflow-verify-job"}, "spec": {}}
WORK = {
    **{"name": "job", "title": "A Job is done", "seconds": 1, "fix": "Look at the Job.", "objects": [JOB]},
    "until": {"object": "Job/kubeflow-verify-job", "condition": "Complete", "failed": "Failed"},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "pod", "namespace": "ml", "labels": {temporary.CHECK: "job"}},
    "spec": {"containers": [{"name": "main"}]},
}
Verify = t.Callable[..., list[t.Any]]


@pytest.fixture
def cluster(server: t.Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    cluster = FakeCluster(server, client)
    cluster.aggregated = {"batch/v1": {"Job": ("jobs", True)}}
    cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml"}})
    cluster.broken["/api/v1/nodes"] = Answer({"items": [{"metadata": {"name": "node"}}]})
    cluster.broken[SERVICE] = Answer(b"<h1>Welcome</h1>")
    for each in (module, temporary):
        monkeypatch.setattr(each, "_PAUSE", 0.01)
    return cluster


@pytest.fixture
def verify(cluster: FakeCluster, tmp_path: Path) -> Verify:
    def run(*checks: Json, only: tuple[str, ...] = (), timeout: int = 30, check: bool = False) -> list[t.Any]:
        path = written(tmp_path, list(checks), cluster.client.connection.server)
        args = {"path": str(path), "environment": "default", "checks": list(only), "timeout": timeout}
        context = Context(check=check, env={}, progress=cluster.lines.append, warn=cluster.warned.append)
        return module.verify(cluster.client, args, context)

    return run


def ends(cluster: FakeCluster, condition: str, log: str = "all is well") -> None:
    """Each Job comes to an end as soon as it is looked at."""

    def looked(request: Request) -> Answer | None:
        job = cluster.objects.get(("batch/v1", "Job", "ml", "kubeflow-verify-job"))
        if request.method == "GET" and job:
            job["status"] = {"conditions": [{"type": condition, "status": "True", "message": "it is over"}]}
        return None

    cluster.broken["/apis/batch/v1/namespaces/ml/jobs/kubeflow-verify-job"] = looked
    cluster.put(POD)
    cluster.broken["/api/v1/namespaces/ml/pods/pod/log"] = Answer(f"{log}\n".encode())


def test_all_is_well(cluster: FakeCluster, verify: Verify) -> None:
    ends(cluster, "Complete")
    page, job = verify(PAGE, WORK)
    assert (page.component, page.name, page.status, page.fix) == ("front", "page", "passed", None)
    assert page.evidence == "GET / of Service front: 200"
    assert (job.status, job.evidence) == ("passed", "all is well")
    assert cluster.names("Job") == []
    assert any("The page answers: passed" in line for line in cluster.lines)


def test_what_is_created_is_marked(cluster: FakeCluster, verify: Verify, server: t.Any) -> None:
    ends(cluster, "Complete")
    verify(WORK)
    (created,) = (request.body for request in server.requests if request.method == "POST" and request.path.endswith("/jobs"))
    assert created["metadata"] == {"name": "kubeflow-verify-job", "namespace": "ml", "labels": {"kubeflow.bootstrap/check": "job"}}


def test_a_check_in_a_namespace_that_a_controller_creates(cluster: FakeCluster, verify: Verify, server: t.Any) -> None:
    cluster.aggregated["kubeflow.org/v1"] = {"Profile": ("profiles", False)}
    profile = {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "metadata": {"name": "kubeflow-verify"}}
    tries = []

    def answered(request: Request) -> Answer | None:
        if request.method == "POST":
            tries.append(request)
        return status(404, 'namespaces "kubeflow-verify" not found', "NotFound") if request.method == "POST" and len(tries) < 3 else None

    cluster.broken["/apis/batch/v1/namespaces/kubeflow-verify/jobs"] = answered  # type: ignore[assignment]
    check = {**WORK, "objects": [profile, JOB], "namespace": "kubeflow-verify", "seconds": 60}
    del check["until"]
    (result,) = verify(check)
    assert (result.status, result.evidence) == ("passed", "Job.batch kubeflow-verify/kubeflow-verify-job was created")
    (created,) = (request.body for request in server.requests if request.method == "POST" and request.path.endswith("/profiles"))
    assert created["metadata"] == {"name": "kubeflow-verify", "labels": {"kubeflow.bootstrap/check": "job"}}
    assert len(tries) == 3 and cluster.names("Job") == [] and cluster.names("Profile") == []


def test_a_service_in_another_namespace(cluster: FakeCluster, verify: Verify) -> None:
    cluster.broken[SERVICE.replace("/ml/", "/other/")] = Answer(b"<h1>Welcome</h1>")
    cluster.broken[SERVICE] = Answer(b"gone", 404)
    assert [result.status for result in verify({**PAGE, "namespace": "other"})] == ["passed"]


def test_a_failure_is_told_after_all_checks_ran(cluster: FakeCluster, verify: Verify) -> None:
    ends(cluster, "Failed", "no such disk")
    with pytest.raises(BootstrapError) as error:
        verify(WORK, PAGE)
    assert str(error.value).startswith(
        "1 of 2 checks failed: job (Job.batch ml/kubeflow-verify-job failed: it is over; no such disk). Look at the Job. Run this stage"
    )
    assert [each["status"] for each in error.value.details["checks"]] == ["failed", "passed"]
    assert cluster.names("Job") == []


def test_a_pod_that_the_kubelet_rejects_is_told(cluster: FakeCluster, verify: Verify) -> None:
    ends(cluster, "Failed")
    message = "Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu"
    cluster.put({**POD, "status": {"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": message}})
    cluster.broken["/api/v1/namespaces/ml/pods/pod/log"] = Answer(b"", 400)
    with pytest.raises(BootstrapError, match=f"it is over; UnexpectedAdmissionError: {message}"):
        verify(WORK)


def test_a_kind_without_a_condition_for_a_failure_is_waited_for(cluster: FakeCluster, verify: Verify) -> None:
    ends(cluster, "Failed")
    endless = {**WORK, "until": {name: value for name, value in WORK["until"].items() if name != "failed"}}
    with pytest.raises(BootstrapError, match="is not Complete after 1 seconds"):
        verify(endless)
    ends(cluster, "Complete")
    (job,) = verify(endless)
    assert job.status == "passed"


def test_what_a_killed_run_left_is_deleted(cluster: FakeCluster, verify: Verify) -> None:
    cluster.put({**JOB, "metadata": {"name": "kubeflow-verify-job", "namespace": "ml", "labels": {temporary.CHECK: "job"}}})
    ends(cluster, "Complete")
    assert [each.status for each in verify(WORK)] == ["passed"]
    assert cluster.names("Job") == []


def test_an_object_of_somebody_else_is_not_touched(cluster: FakeCluster, verify: Verify, server: t.Any) -> None:
    cluster.put({**JOB, "metadata": {"name": "kubeflow-verify-job", "namespace": "ml"}})
    refused = status(409, 'jobs.batch "kubeflow-verify-job" already exists', "AlreadyExists")
    cluster.broken["/apis/batch/v1/namespaces/ml/jobs"] = lambda request: refused if request.method == "POST" else None  # type: ignore[assignment]
    with pytest.raises(BootstrapError, match="already exists"):
        verify(WORK)
    assert cluster.names("Job") == ["Job kubeflow-verify-job"]


def test_nothing_is_left_where_it_takes_too_long(cluster: FakeCluster, verify: Verify) -> None:
    with pytest.raises(BootstrapError, match="is not Complete after 1 seconds"):
        verify(WORK)
    assert cluster.names("Job") == []


def test_nothing_is_left_where_it_is_interrupted(cluster: FakeCluster, verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seconds: float) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(temporary.interrupts, "pause", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify(WORK)
    assert cluster.names("Job") == []


def test_a_service_that_comes_up_late(cluster: FakeCluster, verify: Verify) -> None:
    answers = iter([Answer(b"no endpoints", 503), Answer(b"<h1>Welcome</h1>")])
    cluster.broken[SERVICE] = lambda _request: next(answers)  # type: ignore[assignment]
    assert verify(PAGE)[0].status == "passed"


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (Answer(b"gone", 404), "GET / of Service front: 404 instead of 200: gone"),
        (Answer(b"<h1>It works</h1>"), "GET / of Service front: 200, but without 'Welcome'"),
        (status(503, 'no endpoints available for service "front"'), "GET / of Service front: no endpoints available for service"),
    ],
)
def test_a_service_that_answers_otherwise(cluster: FakeCluster, verify: Verify, answer: Answer, evidence: str) -> None:
    cluster.broken[SERVICE] = answer
    with pytest.raises(BootstrapError) as error:
        verify(PAGE)
    assert error.value.details["checks"][0]["evidence"].startswith(evidence)


def test_an_optional_check_only_warns(cluster: FakeCluster, verify: Verify) -> None:
    cluster.broken[SERVICE] = Answer(b"gone", 404)
    (result,) = verify({**PAGE, "optional": True})
    assert (result.status, result.fix) == ("warning", "Look at it.")


def test_what_the_user_may_not_do_is_skipped(cluster: FakeCluster, verify: Verify) -> None:
    cluster.broken[SERVICE] = status(403, 'services "front" is forbidden: User "u" cannot get resource "services/proxy"', "Forbidden")
    refused = status(403, 'jobs.batch is forbidden: User "u" cannot create resource "jobs"', "Forbidden")
    cluster.broken["/apis/batch/v1/namespaces/ml/jobs"] = lambda request: refused if request.method == "POST" else None  # type: ignore[assignment]
    page, job = verify(PAGE, WORK)
    assert (page.status, job.status) == ("skipped", "skipped")
    assert 'cannot get resource "services/proxy"' in page.evidence and "cannot create resource" in job.evidence
    assert page.fix and "docs/verify.md" in page.fix


def test_a_quota_is_a_failure(cluster: FakeCluster, verify: Verify) -> None:
    refused = status(403, 'jobs.batch "x" is forbidden: exceeded quota: q', "Forbidden")
    cluster.broken["/apis/batch/v1/namespaces/ml/jobs"] = lambda request: refused if request.method == "POST" else None  # type: ignore[assignment]
    with pytest.raises(BootstrapError, match="exceeded quota"):
        verify(WORK)


def test_simulated_nodes_prove_nothing(cluster: FakeCluster, verify: Verify, server: t.Any) -> None:
    nodes = [{"metadata": {"name": f"n{number}", "annotations": {"kwok.x-k8s.io/node": "fake"}}} for number in range(2)]
    cluster.broken["/api/v1/nodes"] = Answer({"items": nodes})
    (result,) = verify(WORK)
    assert (result.status, result.evidence) == ("skipped", "its 2 nodes are simulated by kwok, so that no pod of it runs")
    assert server.writes() == []


def test_one_real_node_is_enough(cluster: FakeCluster, verify: Verify) -> None:
    nodes = [{"metadata": {"name": "fake", "annotations": {"kwok.x-k8s.io/node": "fake"}}}, {"metadata": {"name": "real"}}]
    cluster.broken["/api/v1/nodes"] = Answer({"items": nodes})
    assert verify(PAGE)[0].status == "passed"


def test_check_mode_tells_the_checks_and_asks_no_service(verify: Verify, server: t.Any) -> None:
    assert [(each.name, each.status) for each in verify(PAGE, WORK, check=True)] == [("page", "skipped"), ("job", "skipped")]
    assert server.writes() == [] and SERVICE not in [request.path for request in server.requests]


def test_checks_by_name(verify: Verify) -> None:
    assert [each.name for each in verify(PAGE, WORK, only=("page",))] == ["page"]
    with pytest.raises(BootstrapError, match=r"no check 'pages'. Its checks: job, page"):
        verify(PAGE, WORK, only=("pages",))


def test_without_time_the_rest_is_skipped(verify: Verify) -> None:
    (result,) = verify(PAGE, timeout=0)
    assert (result.status, result.fix) == ("skipped", "More time: kubeflow_verify_timeout.")


def test_another_cluster_is_refused(verify: Verify, tmp_path: Path, cluster: FakeCluster) -> None:
    verify(PAGE)
    record = tmp_path / PATH
    record.write_text(json.dumps({"record": {"cluster": {"server": "https://other", "uid": "another"}}}))
    with pytest.raises(BootstrapError, match="another"):
        module.verify(cluster.client, {"path": str(tmp_path), "environment": "default", "checks": [], "timeout": 9}, Context(env={}))


def test_no_application(cluster: FakeCluster, tmp_path: Path) -> None:
    args = {"path": str(tmp_path / "none"), "environment": "default", "checks": [], "timeout": 9}
    with pytest.raises(BootstrapError, match="There is no application in"):
        module.verify(cluster.client, args, Context(env={}))
