# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent again while the API server stumbles, for how long, and what is said meanwhile."""

from __future__ import annotations

import re
import threading
import time
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline, RetryPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.retry import LARGE, Attempt, Concurrency, Retries, patience
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.credentials import Credentials
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang
from ansible_collections.kubeflow.bootstrap.tests.patience import patience as limit

from tests.unit.conftest import ENV, Answer, Request, bare

WEBHOOK = 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://a": connection refused'
TYPED = "failed to create typed patch object (x/a; /v1, Kind=Service): .spec.prts: field not declared in schema"
DENIED = 'admission webhook "a.example.com" denied the request: no'
CONFLICT = {"reason": "Conflict", "message": "Operation cannot be fulfilled on x: the object has been modified"}
FIELDS = {"reason": "Conflict", "message": "Apply failed", "details": {"causes": [{"field": ".a", "message": "conflict"}]}}
STARTING = {"reason": "Forbidden", "message": 'pods "a" is forbidden: not yet ready to handle request'}
FOREVER = float("inf")


def sent(method: str, path: str = "/api/v1/x") -> Attempt:
    return Attempt(method, path, "application/apply-patch+yaml")


JSON_PATCH = Attempt("PATCH", "/a", "application/json-patch+json")


@pytest.mark.parametrize(
    ("code", "status", "seconds"),
    [
        (429, {}, FOREVER),
        (500, {"message": WEBHOOK}, FOREVER),
        (500, {"message": "etcdserver: leader changed"}, FOREVER),
        (502, {}, FOREVER),
        (503, {}, FOREVER),
        (504, {}, FOREVER),
        (500, {"message": "rpc error: code = Unavailable desc = error reading from server: EOF"}, FOREVER),
        (500, {"message": 'Post "https://10.0.0.1:443": dial tcp 10.0.0.1:443: connect: connection refused'}, FOREVER),
        (500, {"message": "storage is (re)initializing"}, FOREVER),
        (500, {"message": "conversion webhook for a/v1, Kind=B failed: service not found"}, FOREVER),
        (500, {"message": TYPED}, 0),
        (500, {"message": ".spec.b: field not declared in schema"}, 0),
        (500, {"message": "etcdserver: request is too large"}, 0),
        (500, {"message": "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2 vs. 1)"}, 0),
        (500, {"message": "etcdserver: mvcc: database space exceeded"}, 0),
        (500, {"message": "this request caused apiserver to panic"}, 0),
        (500, {}, 0),
        (503, {"message": DENIED}, 0),
        (413, {"message": "Request entity too large: limit is 3145728"}, 0),
        (409, {"message": "uid mismatch: the provided object specified uid u, and no existing object was found"}, 0),
        (409, {"message": "Precondition failed: UID in precondition: a, UID in object meta: b"}, 0),
        (409, {"message": "object is being deleted: configmaps x already exists"}, 10),
        (500, {"message": DENIED}, 0),
        (409, CONFLICT, 10),
        (409, FIELDS, 0),
        (403, STARTING, 10),
        (403, {"reason": "Forbidden", "message": "exceeded quota"}, 0),
        (400, {}, 0),
        (404, {}, 0),
        (422, {"reason": "Invalid"}, 0),
    ],
)
def test_what_passes_by_itself(code: int, status: dict[str, t.Any], seconds: float) -> None:
    assert patience(sent("PATCH"), ApiError(code, status, "PATCH /a")) == seconds


@pytest.mark.parametrize(
    ("request_", "twice"),
    [
        (sent("GET"), True),
        (sent("PATCH"), True),
        (JSON_PATCH, True),
        (sent("DELETE"), True),
        (sent("PUT"), False),
        (sent("POST"), False),
        (sent("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"), True),
    ],
)
def test_what_may_be_sent_twice(request_: Attempt, twice: bool) -> None:
    assert request_.may_be_sent_twice is twice
    assert patience(request_, Unreachable("away")) == (FOREVER if twice else 0)
    assert patience(request_, ApiError(503, {}, "")) == (FOREVER if twice else 0)
    # It took nothing in.
    assert patience(request_, ApiError(429, {}, "")) == FOREVER
    assert patience(request_, Unreachable("not to be trusted", transient=False)) == 0


def test_a_role_that_is_not_there_does_not_hold_up_every_question() -> None:
    dangling = {"reason": "Forbidden", "message": 'User "x" cannot list: RBAC: clusterrole.rbac.authorization.k8s.io "y" not found'}
    assert patience(sent("PATCH"), ApiError(403, dangling, "")) == 10
    assert patience(sent("GET"), ApiError(403, dangling, "")) == 2


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (429, "storage is (re)initializing: failed to list a/v1, Kind=B: conversion webhook for a/v1beta1, Kind=B failed: EOF"),
        (500, "conversion webhook for a/v1, Kind=B failed: EOF"),
        (503, "service unavailable"),
        (503, "error trying to reach service: x"),
    ],
)
def test_a_list_that_one_bad_neighbour_spoils_is_not_waited_for(code: int, message: str) -> None:
    assert patience(sent("GET"), ApiError(code, {"message": message}, "")) == 2


@pytest.mark.parametrize("request_", [sent("DELETE"), JSON_PATCH])
def test_what_has_a_condition_is_not_tried_again_where_that_does_not_hold(request_: Attempt) -> None:
    assert patience(request_, ApiError(409, CONFLICT, "")) == 0
    assert patience(request_, ApiError(409, {"reason": "Conflict", "message": "object is being deleted"}, "")) == 0


class Fails(Exception):
    """The server hangs up instead of answering."""


def lose(request: Request) -> Answer:
    raise Fails


def test_a_write_whose_answer_was_lost_is_sent_again(server: t.Any, client: Client) -> None:
    state: list[t.Any] = []

    def apply(request: Request) -> Answer:
        state[:] = [request.body]
        if len(server.requests) < 4:
            raise Fails
        return Answer(request.body)

    server.routes["/a"] = apply
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client:
        assert bare(client.apply("/a", {"a": 1}, "me")) == {"a": 1}
    assert len(server.requests) == 4
    assert len({(request.method, str(request.body), str(request.query)) for request in server.requests}) == 1
    assert state == [{"a": 1}]


def test_everything_that_may_be_is_sent_again_until_it_works(server: t.Any, client: Client) -> None:
    server.routes["/a"] = [Answer({"message": WEBHOOK}, 500), Answer({}, 503), Answer(CONFLICT, 409), Answer({"done": True})]
    server.routes["/list"] = [
        Answer({}, 504),
        Answer({"metadata": {"continue": "x"}, "items": [{"n": 1}]}),
        Answer({}, 502),
        Answer({"items": [{"n": 2}]}),
    ]
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client:
        assert bare(client.apply("/a", {}, "me")) == {"done": True}
        assert [item["n"] for item in client.items("/list")] == [1, 2]
    assert len(server.requests) == 8


@pytest.mark.parametrize("answer", [Answer({"message": TYPED}, 500), Answer(FIELDS, 409), Answer({}, 422)])
def test_what_stays_is_raised_at_once(server: t.Any, client: Client, answer: Answer) -> None:
    server.routes["/a"] = answer
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client, pytest.raises(ApiError):
        client.apply("/a", {}, "me")
    assert len(server.requests) == 1


def test_a_creation_is_not_sent_twice(server: t.Any, client: Client) -> None:
    server.routes["/a"] = lose
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client:
        for call in (client.post, client.put):
            with pytest.raises(Unreachable):
                call("/a", {})
        with pytest.raises(Unreachable):
            client.without_retries().get("/a")
    assert len(server.requests) == 3


def test_the_time_for_all_of_it_ends_with_the_servers_reason(server: t.Any, client: Client) -> None:
    server.routes["/a"] = Answer({"message": "etcdserver: no leader"}, 503)
    deadline = Deadline(0.5)
    with client.retrying(RetryPolicy(deadline, print)) as client, pytest.raises(ApiError, match="no leader"):
        client.get("/a")
    assert deadline.over
    assert 2 < len(server.requests) < 15


def test_retry_after_is_obeyed_and_not_waited_for_in_vain(server: t.Any, client: Client) -> None:
    server.routes["/a"] = [Answer({}, 429, [("Retry-After", "1")]), Answer({"done": True})]
    server.routes["/b"] = Answer({"message": "later"}, 429, [("Retry-After", "60")])
    start = time.monotonic()
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client:
        assert bare(client.post("/a", {})) == {"done": True}
        assert time.monotonic() - start >= 1
        with no_hang(1), pytest.raises(ApiError, match="later"):
            client.get("/b")


def test_a_line_a_second_is_said_while_the_server_is_away(client: Client, server: t.Any) -> None:
    server.routes["/a"] = lose
    lines: list[str] = []
    with client.retrying(RetryPolicy(Deadline(2.6), lines.append)) as client:

        def ask(_number: int) -> None:
            with pytest.raises(Unreachable):
                client.get("/a")

        client.map(ask, range(4))
    assert 1 <= len(lines) <= 2
    assert "can't be reached" in lines[0]
    assert re.search(r"Trying again, \d s so far\.$", lines[0])
    assert all(re.fullmatch(r"Trying again, \d s so far\.", line) for line in lines[1:])  # the reason is said once


def test_the_same_reason_is_said_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines: list[str] = []
    retries = Retries(RetryPolicy(Deadline(1e6), lines.append), "there", set())
    monkeypatch.setattr(retries, "_ended", threading.Event())
    retries.end()  # nothing is waited for
    request_, away, busy = sent("GET"), Unreachable("It is away."), Unreachable("It is busy.")
    spoken = []
    for failure in (*[away] * 240, busy):
        before = len(lines)
        retries.wait(request_, failure, None)
        spoken += [now[0] - 1000] if len(lines) > before else []
        now[0] += 1
    assert spoken == [1, 3, 7, 15, 31, 61, 91, 121, 151, 181, 211, 240]
    assert lines[0] == "It is away. Trying again, 1 s so far." and lines[-1].startswith("It is busy.")


def test_a_reason_that_differs_in_numbers_is_said_once(client: Client, server: t.Any) -> None:
    """Ports and times are others at each attempt."""
    ports = iter(range(40000, 50000))
    lost = "rpc error: code = Unavailable desc = read tcp 10.0.0.1:{}->10.0.0.2:2379: connection reset by peer"
    server.routes["/a"] = lambda _request: Answer({"message": lost.format(next(ports))}, 500)
    lines: list[str] = []
    for _part_of_the_run in range(2):
        with client.retrying(RetryPolicy(Deadline(3), lines.append)) as retrying, pytest.raises(ApiError):
            retrying.get("/a")
    assert len(lines) > 1 and [line for line in lines if "10.0.0.1:4" in line] == lines[:1]


def test_a_login_that_expires_while_it_is_tried_again_is_renewed(server: t.Any) -> None:
    class Plugin(Credentials):
        def headers(self) -> dict[str, str]:
            return {"Authorization": f"Bearer {self.logins}"}

        def _run_plugin(self) -> None: ...

    server.routes["/a"] = [Answer({}, 401), Answer({}, 503), Answer({}, 401), Answer({"done": True})]
    credentials = Plugin(method="exec", _plugin={"command": "login"})
    policy = RetryPolicy(Deadline(10.0), print)
    with Client(Connection(server=server.url, credentials=credentials, env=ENV)) as client, client.retrying(policy) as retrying:
        assert bare(retrying.get("/a")) == {"done": True}
    assert credentials.logins == 2


def test_whoever_waits_is_woken_when_it_ends(server: t.Any, client: Client) -> None:
    server.routes["/a"] = Answer({}, 429, [("Retry-After", "60")])
    failures: list[Exception] = []

    def ask() -> None:
        try:
            client.get("/a")
        except ApiError as error:
            failures.append(error)

    with client.retrying(RetryPolicy(Deadline(100.0), print)) as client:
        thread = threading.Thread(target=ask)
        thread.start()
        while not server.requests:
            time.sleep(0.01)
    thread.join(limit(1))
    assert len(failures) == 1


def test_outside_of_it_nothing_changes(server: t.Any, client: Client) -> None:
    server.routes["/a"] = Answer({}, 503)
    with client.retrying(RetryPolicy(Deadline(10.0), print)):
        pass
    with pytest.raises(ApiError):
        client.get("/a")
    assert len(server.requests) == 1


def test_large_requests_give_way_to_each_other_once_one_was_not_answered_in_time() -> None:
    width, sizes = Concurrency(), [LARGE] * 8
    together, most, lock = [0], [0], threading.Lock()
    begun = threading.Barrier(8)

    def send(size: int, first: bool) -> None:
        with width.place(size):
            with lock:
                together[0] += 1
                most[0] = max(most[0], together[0])
            if first:
                begun.wait(limit(1))
                width.narrow()
            with lock:
                together[0] -= 1

    for first in (True, False):
        most[0] = 0
        threads = [threading.Thread(target=send, args=(size, first), daemon=True) for size in sizes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(limit(1))
        assert most[0] == 8 if first else most[0] == 1
    with width.place(LARGE), width.place(LARGE - 1):  # small ones never wait
        pass


@pytest.mark.parametrize(
    ("failure", "size", "narrows"),
    [
        (Unreachable("no answer within 30 seconds", slow=True), LARGE, True),
        (Unreachable("no answer within 30 seconds", slow=True), LARGE - 1, False),
        (Unreachable("it hangs up"), LARGE, False),
        (ApiError(429, {}, ""), LARGE, True),
        (ApiError(504, {}, ""), LARGE, True),
        (ApiError(503, {}, ""), LARGE, False),
    ],
)
def test_what_tells_that_large_requests_are_too_many(
    failure: ApiError | Unreachable, size: int, narrows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    retries, narrowed = Retries(RetryPolicy(Deadline(0.0), print), "there", set()), list[bool]()
    monkeypatch.setattr(retries.concurrency, "narrow", lambda: narrowed.append(True))
    retries.wait(Attempt("PATCH", "/a", "application/apply-patch+yaml", size=size), failure, None)
    assert bool(narrowed) is narrows
