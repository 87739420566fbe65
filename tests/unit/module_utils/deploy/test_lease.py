# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One deployment at a time: who may take the lease, and who notices that it was lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy import lease
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.lease import hold, process
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.progress import Ticker
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline, RequestPolicy
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, until

from tests.patience import patience
from tests.unit.conftest import Answer, Request

LEASES = "/apis/coordination.k8s.io/v1/namespaces/ml/leases"
PROCESS = "kubeflow.bootstrap/process"


class Store:
    """One Lease, with the API server's optimistic concurrency. ``away``: every answer is lost."""

    def __init__(self, server: t.Any) -> None:
        self.lease: t.Any = None
        self.version = 0
        self.away = False
        server.routes[LEASES] = self.answer
        server.routes[f"{LEASES}/app-deploy"] = self.answer

    def put(self, holder: str, annotations: t.Any = None, duration: int = 15) -> None:
        self.version += 1
        metadata = {"name": "app-deploy", "uid": "u", "resourceVersion": str(self.version), "annotations": annotations or {}}
        spec = {"holderIdentity": holder, "leaseDurationSeconds": duration, "acquireTime": "2026-01-02T03:04:05.000000Z"}
        self.lease = {"metadata": metadata, "spec": spec}

    @property
    def holder(self) -> str:
        return self.lease["spec"]["holderIdentity"] if self.lease else ""

    def answer(self, request: Request) -> Answer:
        if self.away:
            raise ConnectionError
        if request.method == "POST" and self.lease:
            return Answer({"reason": "AlreadyExists"}, 409)
        if request.method != "POST" and not self.lease:
            return Answer({}, 404)
        if request.method == "GET":
            return Answer(self.lease)
        value = (request.body.get("metadata") or request.body.get("preconditions") or {}).get("resourceVersion")
        if request.method != "POST" and value != str(self.version):
            return Answer({"reason": "Conflict"}, 409)
        if request.method == "DELETE":
            self.lease = None
            return Answer({})
        self.version += 1
        self.lease = {**request.body, "metadata": {**request.body["metadata"], "uid": "u", "resourceVersion": str(self.version)}}
        return Answer(self.lease)


@pytest.fixture
def store(server: t.Any) -> Store:
    return Store(server)


@pytest.fixture
def ticker() -> t.Any:
    with Ticker(lambda line: None) as value:
        value.state = "before"
        yield value


def test_it_is_made_renewed_and_deleted(store: Store, client: Client, ticker: Ticker) -> None:
    with hold(client, "ml", "app", Deadline(5), ticker, duration=3) as lease_held:
        first = dict(store.lease["spec"])
        host, pid, _random = first["holderIdentity"].split("/")
        assert (host, pid) == (socket.gethostname(), str(os.getpid()))
        assert store.lease["metadata"]["annotations"] == {PROCESS: process(os.getpid())}
        until(lambda: store.lease["spec"]["renewTime"] > first["renewTime"], "it is renewed")
        assert store.lease["spec"]["acquireTime"] == first["acquireTime"]
        lease_held.check()
    assert store.lease is None
    assert ticker.state == "before"


def test_it_is_deleted_after_a_failure_too(store: Store, client: Client, ticker: Ticker) -> None:
    with pytest.raises(ZeroDivisionError), hold(client, "ml", "app", Deadline(5), ticker):
        raise ZeroDivisionError
    assert store.lease is None


def test_an_interrupted_run_tries_to_delete_it_for_a_moment_only(
    store: Store, client: Client, ticker: Ticker, server: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "_SHUTDOWN_SECONDS", 0.2)
    released = threading.Event()

    def hang(request: Request) -> Answer:
        if request.method == "DELETE":
            released.wait(patience(10))
        return store.answer(request)

    server.routes[f"{LEASES}/app-deploy"] = hang
    patient = client.with_policy(RequestPolicy(timeout=100.0))
    with no_hang(1), pytest.raises(KeyboardInterrupt), hold(patient, "ml", "app", Deadline(5), ticker):
        raise KeyboardInterrupt
    assert store.lease
    released.set()


def test_it_is_deleted_where_the_answer_to_a_renewal_was_lost(store: Store, client: Client, ticker: Ticker) -> None:
    with hold(client, "ml", "app", Deadline(5), ticker):
        store.put(store.holder)
    assert store.lease is None


def test_what_somebody_else_has_by_now_stays(store: Store, client: Client, ticker: Ticker) -> None:
    with hold(client, "ml", "app", Deadline(5), ticker):
        store.put("far/12/abc")
    assert store.holder == "far/12/abc"


def test_another_holder_is_waited_for_and_named(store: Store, client: Client, ticker: Ticker) -> None:
    store.put("far/12/abc")
    with pytest.raises(BootstrapError) as refused, hold(client, "ml", "app", Deadline(0.2), ticker):
        pass
    assert refused.value.message == "Another deployment of app in ml is under way: host far, process 12, since 2026-01-02T03:04:05Z."
    assert store.holder == "far/12/abc"


def test_it_is_taken_when_the_other_one_ends(store: Store, client: Client, ticker: Ticker) -> None:
    store.put("far/12/abc")

    class Patient(Deadline):
        def left(self) -> float:
            # Asked before each pause: by then, what is waited for has been said.
            assert ticker.state == "waiting for the lease of app in ml: host far, process 12, since 2026-01-02T03:04:05Z"
            store.lease = None
            return 0.01

        over = False  # type: ignore[assignment]

    with hold(client, "ml", "app", Patient(5), ticker):
        assert store.holder.startswith(socket.gethostname())
        assert ticker.state == "before"


def test_a_silent_holder_is_dead_after_its_duration_by_our_own_clock(store: Store, client: Client, ticker: Ticker) -> None:
    store.put("far/12/abc", duration=1)
    start = time.monotonic()
    with no_hang(2), hold(client, "ml", "app", Deadline(3600), ticker):
        assert time.monotonic() - start >= 1
        assert store.lease["spec"]["leaseTransitions"] == 1


def test_a_holder_that_renews_lives(store: Store, client: Client, ticker: Ticker) -> None:
    store.put("far/12/abc", duration=1)

    class Renewing(Deadline):
        def left(self) -> float:
            store.put("far/12/abc", duration=1)
            return super().left()

    with pytest.raises(BootstrapError, match="under way"), hold(client, "ml", "app", Renewing(2.0), ticker):
        pass


@pytest.fixture
def child() -> t.Any:
    """A process that waits for its standard input."""
    running = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield running
    running.kill()
    running.communicate()


def test_a_holder_whose_process_is_gone_is_dead_at_once(store: Store, client: Client, ticker: Ticker, child: t.Any) -> None:
    store.put(f"somewhere/{child.pid}/abc", {PROCESS: process(child.pid)})
    with pytest.raises(BootstrapError, match="under way"), hold(client, "ml", "app", Deadline(0.1), ticker):
        pass
    child.kill()  # and not yet reaped: a zombie
    until(lambda: len(process(child.pid).split()) == 2)
    with hold(client, "ml", "app", Deadline(0.1), ticker):
        assert store.lease["spec"]["leaseTransitions"] == 1
    child.wait()
    store.put(f"somewhere/{child.pid}/abc", {PROCESS: f"{process(os.getpid()).rsplit(' ', 1)[0]} 1"})
    with hold(client, "ml", "app", Deadline(0.1), ticker):
        pass


def test_a_number_that_another_process_got_since_is_no_holder(store: Store, client: Client, ticker: Ticker, child: t.Any) -> None:
    boot, pids, start = process(child.pid).split()
    store.put(f"somewhere/{child.pid}/abc", {PROCESS: f"{boot} {pids} {int(start) - 1}"})
    with hold(client, "ml", "app", Deadline(0.1), ticker):
        pass


@pytest.mark.parametrize("which", [0, 1])
def test_nothing_is_concluded_about_processes_elsewhere(store: Store, client: Client, ticker: Ticker, child: t.Any, which: int) -> None:
    """Another boot, or another container: the number of a process means nothing there."""
    child.kill()
    child.wait()
    parts = [*process(os.getpid()).split()[:2], "1"]
    parts[which] = "other"
    store.put(f"{socket.gethostname()}/{child.pid}/abc", {PROCESS: " ".join(parts)})
    with pytest.raises(BootstrapError, match="under way"), hold(client, "ml", "app", Deadline(0.1), ticker):
        pass


def test_without_proc_the_duration_counts(store: Store, client: Client, ticker: Ticker, monkeypatch: t.Any, tmp_path: t.Any) -> None:
    monkeypatch.setattr(lease, "_BOOT", tmp_path / "none")
    assert process(os.getpid()) == ""
    store.put(f"{socket.gethostname()}/999999999/abc", {PROCESS: ""})
    with pytest.raises(BootstrapError, match="under way"), hold(client, "ml", "app", Deadline(0.1), ticker):
        pass


def test_whoever_lost_it_stops(store: Store, client: Client, ticker: Ticker) -> None:
    with hold(client, "ml", "app", Deadline(5), ticker, duration=0.3) as lease_held:
        store.put("far/12/abc")
        until(lambda: lease_held._lost)
        with pytest.raises(BootstrapError) as lost:
            lease_held.check()
        assert "lost its lease: host far, process 12, since 2026-01-02T03:04:05Z has it" in lost.value.message
    assert store.holder == "far/12/abc"


def test_a_lost_network_is_found_out_before_the_next_write(store: Store, client: Client, ticker: Ticker) -> None:
    with hold(client, "ml", "app", Deadline(5), ticker, duration=0.3) as lease_held:
        store.away = True
        until(lambda: lease._now() - lease_held._renewed > 0.3)
        # Another took it, and has ended since.
        store.lease = None
        store.away = False
        with pytest.raises(BootstrapError, match="it was deleted"):
            lease_held.check()


def test_a_lost_network_that_nobody_used_is_no_loss(store: Store, client: Client, ticker: Ticker) -> None:
    with hold(client, "ml", "app", Deadline(5), ticker, duration=0.3) as lease_held:
        store.away = True
        until(lambda: lease._now() - lease_held._renewed > 0.3)
        store.away = False
        lease_held.check()
        # The answer to a renewal was lost, not the renewal.
        store.version += 1
        store.lease["metadata"]["resourceVersion"] = str(store.version)
        renewed = lease_held._renewed
        until(lambda: lease_held._renewed > renewed)
        lease_held.check()
    assert store.lease is None


def test_a_server_that_stumbles_is_asked_again(store: Store, client: Client, ticker: Ticker, server: t.Any) -> None:
    answers = [Answer({}, 503), store.answer]
    server.routes[LEASES] = lambda request: _next(answers, store, request)
    with hold(client, "ml", "app", Deadline(5), ticker):
        assert store.holder


def _next(answers: list[t.Any], store: Store, request: Request) -> Answer:
    first = answers.pop(0) if answers else store.answer
    return first if isinstance(first, Answer) else first(request)


def test_who_may_not_is_told_what_is_missing(server: t.Any, client: Client, ticker: Ticker) -> None:
    server.routes[f"{LEASES}/app-deploy"] = Answer({"message": 'leases "app-deploy" is forbidden'}, 403)
    with (
        pytest.raises(BootstrapError, match="may not keep two deployments of app in ml apart") as refused,
        hold(client, "ml", "app", Deadline(5), ticker),
    ):
        pass
    assert "leases of coordination.k8s.io" in (refused.value.fix or "")


def test_a_renewal_that_hangs_does_not_outlast_the_lease(server: t.Any, client: Client) -> None:
    """The first renewal is never answered; the second one is, while the lease still holds."""
    path = "/apis/coordination.k8s.io/v1/namespaces/ml/leases/app-deploy"
    hung, released, state = threading.Event(), threading.Event(), {"puts": 0}

    def route(request: Request) -> Answer:
        if request.method == "PUT":
            state["puts"] += 1
            if state["puts"] == 1:
                hung.set()
                released.wait(patience(2))
        if request.method == "GET" and not state["puts"]:
            return Answer({"message": "not found"}, 404)
        return Answer({"metadata": {"uid": "u", "resourceVersion": str(state["puts"])}, "spec": (request.body or {}).get("spec") or {}})

    server.routes |= {
        path: route,
        path.rpartition("/")[0]: lambda request: Answer({**request.body, "metadata": {"uid": "u", "resourceVersion": "0"}}),
    }
    with Ticker(lambda _line: None) as ticker, hold(client, "ml", "app", Deadline(30), ticker, duration=1.5) as lease:
        assert max(lease._quick.policy.timeout, lease._quick.policy.total) < 1.5
        assert hung.wait(patience(1))
        while state["puts"] < 2:
            assert not released.wait(0.05)
        lease.check()
        released.set()
