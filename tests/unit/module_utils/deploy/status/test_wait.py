# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting: bounded, and it says for what."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Gate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.member import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.progress import Ticker
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status import wait
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.wait import NotReady, await_ready, open_gates
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key, Resource, key_of
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

from tests.patience import patience
from tests.unit.conftest import Answer, Server

Json = dict[str, t.Any]
INVENTORY = Inventory("kubeflow", "ml")
RESOURCES = {
    "Deployment": Resource("apps/v1", "deployments", True),
    "Job": Resource("batch/v1", "jobs", True),
    "Namespace": Resource("v1", "namespaces", False),
    "Service": Resource("v1", "services", True),
    "ConfigMap": Resource("v1", "configmaps", True),
    "PersistentVolumeClaim": Resource("v1", "persistentvolumeclaims", True),
    "CustomResourceDefinition": Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", False),
}
ACCOUNTS = "/api/v1/namespaces/ml/serviceaccounts"


class Lines(list[str]):
    """What was said; ``spoken`` is set by every line."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken = threading.Event()

    def say(self, line: str) -> None:
        self.append(line)
        self.spoken.set()


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def ticker(lines: Lines) -> t.Iterator[Ticker]:
    with Ticker(lines.say, every=0.02) as ticking:
        yield ticking


def member(kind: str, name: str, namespace: str = "ml", action: str = "create", **content: t.Any) -> Member:
    resource = RESOURCES[kind]
    metadata = {"name": name, **({"namespace": namespace} if resource.namespaced else {})}
    item = {"apiVersion": resource.api_version, "kind": kind, "metadata": metadata, "spec": {}, **content}
    return Member(key_of(item), "c", item, resource, None, action)


def live(name: str, namespace: str = "ml", **content: t.Any) -> Json:
    return {"metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1}, "spec": {}, **content}


def up(pods: int) -> Json:
    return {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": pods}


LATE: Json = {
    "observedGeneration": 1,
    "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "has timed out"}],
}


# --- deadline and ticker


def test_a_deadline_passes() -> None:
    assert Deadline(0).over
    assert Deadline(0).left() == 0
    assert not Deadline(60).over
    assert 59 < Deadline(60).left() <= 60


def test_the_ticker_says_what_changed_and_in_short_that_nothing_did(lines: Lines) -> None:
    printed: list[str] = []
    with Ticker(lines.say, every=0.04) as ticker:
        for name in ("a", "b"):
            ticker.state = f"waiting for 2 objects: {name} (0 of 1 pods available)"
            while not lines or "no change" not in lines[-1]:
                assert lines.spoken.wait(patience(1))
                lines.spoken.clear()
            printed += [line.partition(" s, ")[2] for line in lines]
            lines.clear()
    whole = "waiting for 2 objects: {} (0 of 1 pods available)"
    assert printed == [whole.format("a"), "no change: waiting for 2 objects", whole.format("b"), "no change: waiting for 2 objects"]


def test_the_ticker_does_not_repeat_itself_soon(lines: Lines) -> None:
    with Ticker(lines.say, every=0.05) as ticker:
        ticker.state = "waiting for a"
        assert lines.spoken.wait(patience(1))
        start = ticker._spoken
        while ticker._spoken == start:
            assert lines.spoken.wait(patience(1))
            lines.spoken.clear()
        assert ticker._spoken - start > 10 * 0.05


def test_the_ticker_is_silent_where_there_is_nothing_to_say_and_after_its_end(lines: Lines) -> None:
    with Ticker(lines.say, every=0.01) as ticker:
        assert not lines.spoken.wait(0.05)
        ticker.say("now")
        assert lines == ["now"]
        ticker.state = "busy"
    count = len(lines)
    assert not any(thread.is_alive() for thread in threading.enumerate() if thread is ticker._thread)
    assert len(lines) == count


def test_the_ticker_leaves_time_after_a_line(lines: Lines) -> None:
    with Ticker(lines.say, every=60) as ticker:
        ticker.state = "busy"
        ticker.say("a line")
        assert ticker._spoken > ticker._start
    assert lines == ["a line"]


def test_a_terminal_that_is_gone_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    crashed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", crashed.append)

    def broken(_line: str) -> None:
        raise BrokenPipeError

    with Ticker(broken, every=0.01) as ticker:
        ticker.state = "busy"
        ticker._thread.join(patience(1))
        assert not ticker._thread.is_alive()
    assert crashed == []


# --- gates


def test_gates_are_looked_at_until_they_are_open(server: Server, client: Client, ticker: Ticker) -> None:
    gate = Gate("account", Key("", "ServiceAccount", "ml", "runner"))
    server.routes[ACCOUNTS] = [{"items": []}, {"items": []}, {"items": [{"metadata": {"name": "runner"}}]}]
    ticker.state = "wave 1 of 2"
    open_gates(client, [gate], {}, Deadline(30), ticker, wait_soft=True)
    assert len(server.requests) == 3
    assert ticker.state == "wave 1 of 2"


def test_gates_that_stay_closed(server: Server, client: Client, ticker: Ticker, lines: Lines) -> None:
    gates = [Gate("account", Key("", "ServiceAccount", "ml", f"a{number}")) for number in range(5)]
    server.routes[ACCOUNTS] = {"items": [{"metadata": {"name": "a4"}}]}
    with pytest.raises(NotReady) as raised:
        open_gates(client, gates, {}, Deadline(0.3), ticker, wait_soft=True)
    named = "; ".join(f"ServiceAccount ml/a{number} (not found)" for number in range(4))
    assert raised.value.message == f"After 0.3 seconds still waiting for {named}."
    assert raised.value.details["waiting"] == {f"ServiceAccount ml/a{number}": "not found" for number in range(4)}
    assert lines
    assert lines[0].split(" s, ")[1] == f"waiting for 4 objects: {'; '.join(named.split('; ')[:3])}; and 1 more"


def test_a_soft_gate_is_passed(server: Server, client: Client, ticker: Ticker, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate("certificate", Key("cert-manager.io", "Certificate", "ml", "web"))
    open_gates(client, [gate], {}, Deadline(30), ticker, wait_soft=False)
    assert server.requests == []
    monkeypatch.setattr(wait, "_SOFT_SECONDS", 0.0)
    open_gates(client, [gate], {}, Deadline(30), ticker, wait_soft=True)
    assert "going on without Certificate.cert-manager.io ml/web to be ready: not found" in lines


def test_a_look_at_a_time_that_is_over(server: Server, client: Client, ticker: Ticker) -> None:
    gate = Gate("account", Key("", "ServiceAccount", "ml", "runner"))
    server.routes[ACCOUNTS] = {"items": [{"metadata": {"name": "runner"}}]}
    open_gates(client, [gate], {}, Deadline(0), ticker, wait_soft=True)
    assert len(server.requests) == 1


# --- readiness


def test_one_list_a_kind_until_all_are_ready(server: Server, client: Client, ticker: Ticker) -> None:
    path = "/apis/apps/v1/deployments"
    first = {"items": [live("a", status=up(0)), live("b", "far", status=up(1))]}
    server.routes[path] = first
    near = "/apis/apps/v1/namespaces/ml/deployments"
    server.routes[near] = {"items": [live("a", status=up(1))]}
    members = [member("Deployment", "a"), member("Deployment", "b", "far"), member("ConfigMap", "c"), member("Service", "s")]
    await_ready(client, INVENTORY, members, Deadline(30), ticker)
    assert [each.path for each in server.requests] == [path, near]
    assert {each.query["labelSelector"] for each in server.requests} == {f"applyset.kubernetes.io/part-of={INVENTORY.id}"}


def test_who_may_list_only_namespaces(server: Server, client: Client, ticker: Ticker) -> None:
    server.routes["/apis/apps/v1/deployments"] = Answer({"message": "no"}, 403)
    for namespace in ("ml", "far"):
        answers = [{"items": [live("a", namespace, status=up(number))]} for number in (0, 1)]
        server.routes[f"/apis/apps/v1/namespaces/{namespace}/deployments"] = answers
    await_ready(client, INVENTORY, [member("Deployment", "a"), member("Deployment", "a", "far")], Deadline(30), ticker)
    paths = [each.path for each in server.requests]
    assert paths.count("/apis/apps/v1/deployments") == 1
    assert len(paths) == 5


def test_what_may_not_be_listed_is_asked_for_by_name(server: Server, client: Client, ticker: Ticker) -> None:
    for path in ("/api/v1/namespaces", "/apis/apps/v1/deployments", "/apis/apps/v1/namespaces/ml/deployments"):
        server.routes[path] = Answer({"message": "no"}, 403)
    server.routes["/api/v1/namespaces/ml"] = {"metadata": {"name": "ml"}, "status": {"phase": "Active"}}
    server.routes["/apis/apps/v1/namespaces/ml/deployments/a"] = [live("a", status=up(number)) for number in (0, 1)]
    await_ready(client, INVENTORY, [member("Namespace", "ml"), member("Deployment", "a")], Deadline(30), ticker)
    assert len([each for each in server.requests if each.path.endswith("/a")]) == 2
    server.routes["/apis/apps/v1/namespaces/ml/deployments/a"] = Answer({"message": "nothing for you"}, 403)
    with pytest.raises(ApiError, match="nothing for you"):
        await_ready(client, INVENTORY, [member("Deployment", "a")], Deadline(30), ticker)


def test_definitions_are_not_listed(server: Server, client: Client, ticker: Ticker) -> None:
    spec = {"group": "example.com", "names": {"kind": "Flow", "plural": "flows"}, "versions": [{"name": "v1", "served": True}]}
    served = {"version": "v1", "resources": [{"resource": "flows", "responseKind": {"kind": "Flow"}}]}
    server.routes["/apis"] = [{}, {"items": [{"metadata": {"name": "example.com"}, "versions": [served]}]}]
    await_ready(client, INVENTORY, [member("CustomResourceDefinition", "flows.example.com", spec=spec)], Deadline(30), ticker)
    assert {each.path for each in server.requests} == {"/apis"}


def test_the_end_names_what_is_missing_and_why(server: Server, client: Client, ticker: Ticker, lines: Lines) -> None:
    server.routes["/apis/apps/v1/namespaces/ml/deployments"] = {"items": [live("a", status=up(0))]}
    server.routes["/apis/batch/v1/namespaces/ml/jobs"] = {"items": []}
    status = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]}
    sets = {"items": [{"metadata": {"name": "a-1", "uid": "r", "ownerReferences": [{"uid": "uid-a"}]}}]}
    pods = {"items": [{"metadata": {"name": "a-1-x", "uid": "p", "ownerReferences": [{"uid": "r"}]}, "status": status}]}
    server.routes["/apis/apps/v1/namespaces/ml/replicasets"] = sets
    server.routes["/api/v1/namespaces/ml/pods"] = pods
    with pytest.raises(NotReady) as raised:
        await_ready(client, INVENTORY, [member("Deployment", "a"), member("Job", "j")], Deadline(0.2), ticker)
    why = "0 of 1 pods available; pod a-1-x can't be scheduled: 0/1 nodes"
    assert raised.value.message == f"Not ready after 0.2 seconds: Deployment.apps ml/a ({why}); Job.batch ml/j (it is gone)."
    assert raised.value.details["waiting"] == {"Deployment.apps ml/a": why, "Job.batch ml/j": "it is gone"}
    assert "kubeflow_wait_timeout" in str(raised.value)
    assert any("waiting for 2 objects: Deployment.apps ml/a (0 of 1 pods available)" in line for line in lines)


def test_a_failure_for_good_is_said_at_once(server: Server, client: Client, ticker: Ticker) -> None:
    failure = {"conditions": [{"type": "Failed", "status": "True", "message": "backoff limit"}]}
    server.routes["/apis/batch/v1/namespaces/ml/jobs"] = {"items": [live("j", status=failure)]}
    ended = {"containerStatuses": [{"name": "m", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}]}
    pod = {"metadata": {"name": "j-x", "namespace": "ml", "uid": "p", "ownerReferences": [{"uid": "uid-j"}]}, "status": ended}
    server.routes["/api/v1/namespaces/ml/pods"] = {"items": [pod]}
    failed = (
        r"Job.batch ml/j has failed: backoff limit; pod j-x container m: ended with exit code 3; its log: kubectl -n ml logs j-x -c m\."
    )
    with no_hang(1), pytest.raises(NotReady, match=failed):
        await_ready(client, INVENTORY, [member("Job", "j", action="leave")], Deadline(3600), ticker)


def test_a_deployment_that_was_late_in_an_earlier_run_may_still_come_up(server: Server, client: Client, ticker: Ticker) -> None:
    path = "/apis/apps/v1/namespaces/ml/deployments"
    server.routes[path] = [{"items": [live("a", status=LATE)]}, {"items": [live("a", status=up(1))]}]
    await_ready(client, INVENTORY, [member("Deployment", "a", action="leave")], Deadline(30), ticker)
    server.routes[path] = {"items": [live("a", status=LATE)]}
    with pytest.raises(NotReady, match=r"has failed: has timed out"):
        await_ready(client, INVENTORY, [member("Deployment", "a", action="change")], Deadline(30), ticker)


def test_what_others_made_is_not_awaited(server: Server, client: Client, ticker: Ticker) -> None:
    await_ready(client, INVENTORY, [member("Deployment", "a", action="foreign")], Deadline(30), ticker)
    assert server.requests == []


def test_a_job_that_cleans_up_after_itself_has_ended(server: Server, client: Client, ticker: Ticker) -> None:
    server.routes["/apis/batch/v1/namespaces/ml/jobs"] = {"items": []}
    await_ready(client, INVENTORY, [member("Job", "j", spec={"ttlSecondsAfterFinished": 0})], Deadline(30), ticker)


@pytest.mark.parametrize(("answer", "awaited"), [("Immediate", True), ("WaitForFirstConsumer", False), (403, False)])
def test_claims(server: Server, client: Client, ticker: Ticker, answer: str | int, awaited: bool) -> None:
    classes = {"items": [{"metadata": {"name": "fast"}, "volumeBindingMode": answer}]}
    server.routes["/apis/storage.k8s.io/v1/storageclasses"] = classes if isinstance(answer, str) else Answer({"message": "no"}, answer)
    claims = {"items": [live("data", spec={"storageClassName": "fast"}, status={"phase": "Pending"})]}
    server.routes["/api/v1/namespaces/ml/persistentvolumeclaims"] = claims
    members = [member("PersistentVolumeClaim", "data")]
    if awaited:
        with pytest.raises(NotReady, match=r"PersistentVolumeClaim ml/data \(it is Pending\)"):
            await_ready(client, INVENTORY, members, Deadline(0.3), ticker)
    else:
        await_ready(client, INVENTORY, members, Deadline(30), ticker)
    assert len([each for each in server.requests if each.path.endswith("storageclasses")]) == 1


def test_a_paused_deployment_is_said_and_not_awaited(server: Server, client: Client, ticker: Ticker, lines: Lines) -> None:
    paused = live("a", spec={"paused": True}, status={"observedGeneration": 1})
    server.routes["/apis/apps/v1/namespaces/ml/deployments"] = {"items": [paused, live("b", status=up(1))]}
    with no_hang(1):
        await_ready(client, INVENTORY, [member("Deployment", "a"), member("Deployment", "b")], Deadline(3600), ticker)
    messages = ["Deployment.apps ml/a is paused, so it is not awaited: kubectl rollout resume deployment/a -n ml"]
    assert [line for line in lines if "paused" in line] == messages
    server.routes["/apis/apps/v1/namespaces/ml/deployments"] = {"items": [paused, live("b", status=up(0))]}
    lines.clear()
    with pytest.raises(NotReady):  # at once, and once, while others are awaited
        await_ready(client, INVENTORY, [member("Deployment", "a"), member("Deployment", "b")], Deadline(0.3), ticker)
    assert [line for line in lines if "paused" in line] == messages


def test_a_kind_that_can_not_be_listed_for_a_while_is_awaited(server: Server, client: Client, ticker: Ticker) -> None:
    path = "/apis/apps/v1/namespaces/ml/deployments"
    broken = Answer({"message": "conversion webhook for x failed: EOF"}, 500)
    server.routes[path] = [broken, broken, {"items": [live("a", status=up(1))]}]
    await_ready(client, INVENTORY, [member("Deployment", "a")], Deadline(30), ticker)
    server.routes[path] = broken
    with pytest.raises(NotReady, match=r"Deployment.apps ml/a \(it can't be listed: conversion webhook"):
        await_ready(client, INVENTORY, [member("Deployment", "a")], Deadline(0.3), ticker)
