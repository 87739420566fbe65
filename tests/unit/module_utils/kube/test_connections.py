# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections: kept, replaced, proved; and servers that do not answer."""

from __future__ import annotations

import socket
import threading
import typing as t
from collections.abc import Callable

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.http.channel import Channel
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client, InvalidResponse, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline, RequestPolicy, RetryPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.patience import until

from tests.unit.conftest import ENV, Answer, Request, bare

Start = Callable[..., t.Any]
Json = dict[str, t.Any]


def test_a_connection_is_kept(server: t.Any, client: Client) -> None:
    server.routes["/a"] = {}
    for _time in range(3):
        client.get("/a")
    assert len({request.connection for request in server.requests}) == 1


def test_a_kept_connection_that_was_closed_is_replaced(server: t.Any, client: Client) -> None:
    server.routes["/a"] = [Answer({"n": 1}, silent_close=True), Answer({"n": 2}, silent_close=True), Answer({"n": 3})]
    for number in (1, 2):
        assert client.post("/a", {})["n"] == number
        channel = client.connections._idle.queue[0]
        until(channel.stale, "the server hung up")
    assert client.post("/a", {})["n"] == 3
    assert len({request.connection for request in server.requests}) == 3


def test_one_that_is_closed_at_that_moment_is_replaced_where_that_is_safe(server: t.Any, client: Client, monkeypatch: t.Any) -> None:
    monkeypatch.setattr(Channel, "stale", lambda self: False)
    server.routes["/a"] = [Answer({"n": number}, silent_close=True) for number in range(3)]
    assert [client.get("/a")["n"] for _time in range(2)] == [0, 1]
    with pytest.raises(Unreachable) as caught:
        client.post("/a", {})
    assert caught.value.sent


def test_whether_a_write_may_have_been_done(server: t.Any, client: Client) -> None:
    def hang_up(request: Request) -> Answer:
        raise ConnectionError

    server.routes["/a"] = hang_up
    with pytest.raises(Unreachable) as caught:
        client.post("/a", {})
    assert caught.value.sent
    with Client(Connection(server="http://127.0.0.1:1", env=ENV)) as nobody, pytest.raises(Unreachable) as caught:
        nobody.post("/a", {})
    assert not caught.value.sent


# --- what a new connection has to prove


def test_each_new_connection_is_asked_before_it_is_used(server: t.Any, client: Client) -> None:
    server.routes.update({"/who": {"me": True}, "/a": [Answer({"n": 1}, silent_close=True), Answer({"n": 2})]})
    seen: list[Json] = []
    client.connections.on_connect = lambda get: seen.append(bare(get("/who")))
    for _time in range(3):
        client.get("/a")
    assert seen == [{"me": True}] * 2
    exchanges = [(request.connection, request.path) for request in server.requests]
    first, second = list(dict.fromkeys(connection for connection, _path in exchanges))
    assert [path for connection, path in exchanges if connection == first] == ["/who", "/a"]
    assert [path for connection, path in exchanges if connection == second][:2] == ["/who", "/a"]


def test_a_connection_that_is_refused_carries_nothing(server: t.Any, client: Client) -> None:
    def refuse(get: Callable[[str], Json]) -> None:
        raise BootstrapError(f"another one: {get('/who')['me']}")

    server.routes.update({"/who": {"me": 7}, "/a": {}})
    client.connections.on_connect = refuse
    for call in (client.get, client.delete):
        with pytest.raises(BootstrapError, match="another one: 7"):
            call("/a")
    assert {request.path for request in server.requests} == {"/who"}
    server.routes["/who"] = Answer(b"<html>")
    with pytest.raises(InvalidResponse):
        client.get("/a")


def test_a_connection_that_ends_behind_its_proof_is_not_opened_again(server: t.Any, client: Client) -> None:
    server.routes.update({"/who": Answer({}, headers=[("Connection", "close")]), "/a": {}})
    client.connections.on_connect = lambda get: get("/who") and None
    with pytest.raises(Unreachable, match="it ends the connection after each answer"):
        client.post("/a", {})
    assert {request.path for request in server.requests} == {"/who"}


def test_a_proof_that_is_lost_on_a_kept_connection_is_asked_for_on_a_new_one(server: t.Any, client: Client) -> None:
    lost = iter([False, True, False])

    def proof(request: Request) -> Answer:
        if next(lost):
            raise ConnectionError
        return Answer({})

    server.routes |= {"/proof": proof, "/a": {}}
    client.connections.on_connect = lambda get: get("/proof") and None
    for _time in range(2):
        assert bare(client.post("/a", {})) == {}
    assert [request.path for request in server.requests] == ["/proof", "/a", "/proof", "/proof", "/a"]


@pytest.mark.parametrize(
    "failure", [Answer({}, 503), Answer(b"<html>", 200, [("Content-Type", "text/html")]), ConnectionError], ids=["503", "page", "lost"]
)
def test_what_was_not_proved_wrote_nothing_and_is_sent_again(server: t.Any, client: Client, failure: t.Any) -> None:
    answers = iter([failure, failure, Answer({})])

    def proof(request: Request) -> Answer:
        answer = next(answers)
        if answer is ConnectionError:
            raise ConnectionError
        return answer  # type: ignore[no-any-return]

    server.routes |= {"/proof": proof, "/a": {}}
    client.connections.on_connect = lambda get: get("/proof") and None
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client:
        assert bare(client.post("/a", {})) == {}
    assert [request.path for request in server.requests] == ["/proof"] * 3 + ["/a"]


# --- servers that do not answer


def unreachable(url: str, timeout: float = 10) -> str:
    with Client(Connection(server=url, name="prod", env=ENV), RequestPolicy(timeout)) as client, pytest.raises(Unreachable) as caught:
        client.get("/version")
    assert caught.value.fix == "Is the cluster up, and the VPN or proxy to it?"
    return caught.value.message


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert unreachable(url) == f"The API server {url} (context prod) can't be reached: Connection refused."


def test_a_server_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert "can't be reached: no answer within 0.2 seconds." in unreachable(f"http://127.0.0.1:{mute.getsockname()[1]}", 0.2)


def test_a_name_that_nobody_knows() -> None:
    assert "its name can't be resolved" in unreachable("http://cluster.invalid:1")


def test_a_server_that_is_no_web_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as odd:

        def answer() -> None:
            sock, _address = odd.accept()
            with sock:
                sock.recv(1024)
                sock.sendall(b"220 mail.example ESMTP\r\n")

        threading.Thread(target=answer, daemon=True).start()
        assert "can't be reached" in unreachable(f"http://127.0.0.1:{odd.getsockname()[1]}")
