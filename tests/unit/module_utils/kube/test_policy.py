# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A policy is a value: views of one client go by different ones, and share all else."""

from __future__ import annotations

import dataclasses
import socket
import threading
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import DEFAULT, Deadline, RequestPolicy, RetryPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang
from ansible_collections.kubeflow.bootstrap.tests.patience import patience as limit

from tests.unit.conftest import ENV, Answer, Request, bare


def retry() -> RetryPolicy:
    return RetryPolicy(Deadline(100.0), print)


def test_a_policy_does_not_change(client: Client) -> None:
    for value, field in ((DEFAULT, "timeout"), (Deadline(1.0), "seconds"), (retry(), "deadline")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, None)
    policy = client.policy
    client.with_policy(RequestPolicy(timeout=1.0))
    with client.retrying(retry()):
        assert client.policy is policy


def test_a_deadline_ends() -> None:
    assert Deadline(0.0).over and Deadline(0.0).left() == 0
    ahead = Deadline(100.0)
    assert not ahead.over and 0 < ahead.left() <= 100


def test_views_share_connections_warnings_and_the_login(server: t.Any, client: Client) -> None:
    server.routes["/a"] = Answer({}, headers=[("Warning", '299 - "old"')])
    view = client.with_policy(RequestPolicy(timeout=1.0))
    with client.retrying(retry()) as retrying:
        for each in (client, view, retrying, view.without_retries()):
            each.get("/a")
    assert len({request.connection for request in server.requests}) == 1
    assert client.connections.requests == 4 and list(view.connections.warnings) == ["old"]


def test_only_the_view_is_retried(server: t.Any, client: Client) -> None:
    server.routes["/a"] = [Answer({}, 503), Answer({"done": True})]
    server.routes["/b"] = Answer({}, 503)
    with client.retrying(retry()) as retrying:
        assert bare(retrying.get("/a")) == {"done": True}
        for plain in (client, retrying.without_retries()):
            with pytest.raises(ApiError):
                plain.get("/b")
    assert [request.path for request in server.requests] == ["/a", "/a", "/b", "/b"]


def test_a_view_of_a_retrying_view_retries_and_ends_with_it(server: t.Any, client: Client) -> None:
    server.routes["/a"] = [Answer({}, 503), Answer({"done": True}), Answer({}, 503)]
    with client.retrying(retry()) as retrying:
        view = retrying.with_policy(dataclasses.replace(retrying.policy, timeout=5.0))
        assert bare(view.get("/a")) == {"done": True}
    with pytest.raises(ApiError):
        view.get("/a")
    assert len(server.requests) == 3


def test_the_deadline_of_all_requests_ends_retries(server: t.Any, client: Client) -> None:
    server.routes["/a"] = Answer({}, 503)
    with client.retrying(retry()) as retrying:
        bounded = retrying.with_policy(dataclasses.replace(retrying.policy, deadline=Deadline(0.3)))
        with no_hang(1), pytest.raises(Unreachable, match="within 0.3 seconds"):
            bounded.get("/a")
    assert server.requests


def test_giving_up_wakes_the_views_of_a_client(server: t.Any, client: Client) -> None:
    arrived = threading.Event()

    def busy(_request: Request) -> Answer:
        arrived.set()
        return Answer({}, 429, [("Retry-After", "60")])

    server.routes["/a"] = busy
    server.routes["/b"] = [Answer({}, 503), Answer({"done": True})]
    failures: list[ApiError] = []

    def ask(view: Client) -> None:
        try:
            view.get("/a")
        except ApiError as error:
            failures.append(error)

    with client.retrying(retry()) as retrying:
        thread = threading.Thread(target=ask, args=(retrying,))
        thread.start()
        assert arrived.wait(limit(1))
        client.give_up()
        thread.join(limit(1))
        assert len(failures) == 1
    with client.retrying(retry()) as later:  # the next one retries
        assert bare(later.get("/b")) == {"done": True}


def test_what_binds_a_view_to_a_cluster_binds_all(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/namespaces/kube-system"] = {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "other"}}
    view = client.with_policy(RequestPolicy(timeout=5.0))
    view.identity.bind("expected")
    for each in (client, view):
        with pytest.raises(Exception, match="leads to another cluster than before"):
            each.identity.check()


def test_the_identity_is_asked_by_the_policy_of_the_view(server: t.Any, client: Client) -> None:
    path = "/api/v1/namespaces/kube-system"
    good = Answer({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u"}})
    server.routes[path] = good
    client.identity.bind("u")
    client.identity.check()
    server.routes[path] = [Answer({}, 503), good, Answer({}, 503)]
    with client.retrying(retry()) as retrying:
        retrying.identity.check()
    with pytest.raises(ApiError):
        client.identity.check()


def test_a_server_that_trickles_is_cut_off_when_the_time_is_over() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def trickle() -> None:
        sock, _address = listener.accept()
        with sock:
            sock.recv(4096)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not over.wait(0.02):
                sock.sendall(b" ")

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    # Each byte comes in time: only the time for all together ends this.
    connection = Connection(server=f"http://127.0.0.1:{listener.getsockname()[1]}", env=ENV)
    policy = RequestPolicy(timeout=10, deadline=Deadline(0.3))
    with (
        Client(connection, policy) as client,
        no_hang(1),
        pytest.raises(Unreachable, match="did not tell all within 0.3 seconds"),
    ):
        client.get("/a")
    over.set()
    listener.close()


def test_when_the_time_is_over_nobody_is_asked_any_more(server: t.Any, client: Client) -> None:
    server.routes["/a"] = {}
    over = client.with_policy(RequestPolicy(deadline=Deadline(0.0)))
    with pytest.raises(Unreachable, match="within 0 seconds"):
        over.get("/a")
    assert not server.requests
    assert client.get("/a")
