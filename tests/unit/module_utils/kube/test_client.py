# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to an API server: what is sent, what comes back, and what is done when it does not work."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.credentials import Credentials, from_user
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

from tests.unit.conftest import ENV, Answer, Request, bare

Start = Callable[..., t.Any]
Json = dict[str, t.Any]


# --- what is sent


def test_a_path_under_a_prefix_with_a_query(server: t.Any) -> None:
    server.routes["/k8s/clusters/c-1/api/v1/pods"] = {"kind": "PodList", "items": []}
    with Client(Connection(server=f"{server.url}/k8s/clusters/c-1", env=ENV)) as client:
        assert client.get("/api/v1/pods", limit=1, watch=False, labelSelector="a=b,c", nothing=None)["kind"] == "PodList"
    assert server.requests[0].query == {"limit": "1", "watch": "false", "labelSelector": "a=b,c"}


def test_everything_of_whom_to_act_as_is_sent(server: t.Any) -> None:
    server.routes["/a"] = {}
    user = {"token": "x", "as": "bob", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"scope": ["c"]}}
    with Client(Connection(server=server.url, credentials=from_user(user, {}, ENV), env=ENV)) as client:
        client.get("/a")
        client.request("POST", "/a", body={})
    for request in server.requests:
        sent = {name: value for name, value in request.headers.items() if name.startswith(("impersonate", "authorization"))}
        assert sent == {
            "authorization": "Bearer x",
            "impersonate-user": "bob",
            "impersonate-uid": "7",
            "impersonate-group": "a, b",
            "impersonate-extra-scope": "c",
        }


def test_server_side_apply(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/x"] = lambda request: request.body
    item = {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "é"}}
    assert client.apply("/api/v1/x", item, "me") == item
    assert client.apply("/api/v1/x", item, "me", force=True, dry_run=True) == item
    assert [(request.method, request.query) for request in server.requests] == [
        ("PATCH", {"fieldManager": "me", "fieldValidation": "Strict"}),
        ("PATCH", {"fieldManager": "me", "fieldValidation": "Strict", "force": "true", "dryRun": "All"}),
    ]
    assert server.requests[0].headers["content-type"] == "application/apply-patch+yaml"


def test_an_apply_that_needs_no_answer_asks_for_metadata_only(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/x"] = lambda request: request.body
    client.apply("/api/v1/x", {}, "me", metadata_only=True)
    client.apply("/api/v1/x", {}, "me", metadata_only=True, dry_run=True)
    assert [request.headers["accept"] for request in server.requests] == [
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
        "application/json",
    ]


def test_other_writes(server: t.Any, client: Client) -> None:
    server.routes["/x"] = lambda request: {"method": request.method, "body": request.body}
    assert bare(client.post("/x", {"a": 1})) == {"method": "POST", "body": {"a": 1}}
    assert bare(client.put("/x", {"a": 1})) == {"method": "PUT", "body": {"a": 1}}
    assert bare(client.delete("/x", {"propagationPolicy": "Foreground"})) == {
        "method": "DELETE",
        "body": {"propagationPolicy": "Foreground"},
    }
    assert bare(client.delete("/x")) == {"method": "DELETE", "body": None}


# --- what comes back


def test_a_list_is_read_page_by_page(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/pods"] = [
        {"metadata": {"continue": "next/1="}, "items": [{"n": 1}, {"n": 2}]},
        {"metadata": {"continue": "next/2="}, "items": None},
        {"metadata": {}, "items": [{"n": 3}]},
    ]
    result = client.items("/api/v1/pods", labelSelector="a=b")
    assert next(iter(result))["n"] == 1
    assert len(server.requests) == 1
    assert [item["n"] for item in result] == [2, 3]
    assert [request.query.get("continue") for request in server.requests] == [None, "next/1=", "next/2="]
    assert all((request.query["limit"], request.query["labelSelector"]) == ("500", "a=b") for request in server.requests)


def test_an_empty_list(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/pods"] = [{"kind": "PodList", "items": []}, Answer(b'{"kind": "PodList", "metadata": {}, "items": null}')]
    assert list(client.items("/api/v1/pods")) == []
    assert list(client.items("/api/v1/pods")) == []


def test_compressed_answers_where_the_way_is_long(server: t.Any, proxy: Start) -> None:
    packed = Answer(gzip.compress(json.dumps({"kind": "A", "metadata": {}}).encode()), headers=[("Content-Encoding", "gzip")])
    server.routes["/a"] = packed
    server.routes["/broken"] = Answer(b"no gzip", headers=[("Content-Encoding", "gzip")])
    with Client(Connection(server=f"http://cluster.example:{server.port}", proxy=proxy(server.port).url, env=ENV)) as client:
        assert client.get("/a")["kind"] == "A"
        with pytest.raises(Unreachable, match="can't be read"):
            client.get("/broken")
    assert server.requests[0].headers["accept-encoding"] == "gzip"


def test_no_compression_on_this_machine(server: t.Any, client: Client) -> None:
    server.routes["/a"] = {}
    client.get("/a")
    assert "gzip" not in server.requests[0].headers.get("accept-encoding", "")


def test_warnings_are_collected_once_and_in_order(server: t.Any, client: Client) -> None:
    old, other = '299 - "v1 X is deprecated, use v2"', '299 - "unknown field"'
    server.routes["/a"] = Answer({}, headers=[("Warning", old), ("Warning", other)])
    server.routes["/b"] = Answer({}, headers=[("Warning", other)])
    for path in ("/b", "/a", "/a"):
        client.get(path)
    assert list(client.connections.warnings) == ["unknown field", "v1 X is deprecated, use v2"]


# --- refusals


def test_a_refusal_keeps_what_the_server_said(server: t.Any, client: Client) -> None:
    causes = [{"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "kubectl"'}]
    status = {"kind": "Status", "reason": "Conflict", "message": "Apply failed", "details": {"causes": causes}}
    server.routes["/apis/apps/v1/x"] = Answer(status, 409)
    with pytest.raises(ApiError) as caught:
        client.apply("/apis/apps/v1/x", {}, "me")
    error = caught.value
    assert (error.code, error.reason, error.status_message, error.causes) == (409, "Conflict", "Apply failed", causes)
    assert str(error) == "PATCH /apis/apps/v1/x: Apply failed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"upstream is down", "upstream is down"),
        (b"", "HTTP 502, a page of type text/plain"),
        ([1], "HTTP 502, a page of type application/json"),
        ({"details": "odd"}, "HTTP 502, a page of type application/json"),
        (b"\xff", "\ufffd"),
    ],
)
def test_a_refusal_of_something_in_between(server: t.Any, client: Client, body: t.Any, message: str) -> None:
    server.routes["/a"] = Answer(body, 502)
    with pytest.raises(ApiError) as caught:
        client.get("/a")
    assert (caught.value.code, caught.value.status_message, caught.value.causes) == (502, message, [])


ECHOED = {"token": "bearer-token-0123456789", "password": "basic-password-0123456789"}


@pytest.mark.parametrize("code", [400, 403, 409, 500])
@pytest.mark.parametrize("way", ["token", "basic"])
def test_a_server_that_echoes_what_it_is_sent_shows_no_secret(server: t.Any, code: int, way: str) -> None:
    def echo(request: Request) -> Answer:
        sent = request.headers["authorization"]
        repeated = f"\x1b[2J{sent} {sent[-20:]} {base64.b64encode(sent.encode()).decode()}"
        with contextlib.suppress(ValueError):
            repeated += base64.b64decode(sent.rpartition(" ")[2]).decode("utf-8", "replace")
        status = {
            "kind": "Status",
            "status": "Failure",
            "reason": repeated,
            "message": repeated,
            "details": {"causes": [{"message": repeated}]},
        }
        return Answer(status, code, [("Warning", f'299 - "{sent}"')])

    server.routes["/a"] = echo
    user = {"token": ECHOED["token"]} if way == "token" else {"username": "me", "password": ECHOED["password"]}
    with Client(Connection(server=server.url, credentials=from_user(user, {}, ENV), env=ENV)) as client:
        with pytest.raises(ApiError) as caught:
            client.get("/a")
        output = (
            f"{caught.value} {caught.value.status_message} {caught.value.reason} {caught.value.causes} {list(client.connections.warnings)}"
        )
    secret = user.get("token") or user["password"]
    assert "***" in output and "\\x1b" not in repr(output)
    assert not any(secret[at : at + 16] in output for at in range(len(secret) - 15))
    encoded = base64.b64encode(server.requests[0].headers["authorization"].encode()).decode()
    assert encoded[12:40] not in output and server.requests[0].headers["authorization"].rpartition(" ")[2] not in output


def test_a_refused_login_says_who_and_where_and_nothing_secret(server: t.Any) -> None:
    server.routes["/a"] = Answer({"reason": "Unauthorized", "message": "Unauthorized"}, 401)
    expired = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2ln"
    for token, why in (("opaque", ""), (expired, ": the token expired at 2023-11-14T22:13:20Z")):
        connection = Connection(server=server.url, name="prod", credentials=Credentials("token", _token=token), env=ENV)
        with Client(connection) as client, pytest.raises(ApiError) as caught:
            client.get("/a")
        assert str(caught.value) == f"Login: the API server {server.url} refuses the credentials of context prod{why}. Log in again."
    assert len(server.requests) == 2


# --- asking again


@pytest.mark.parametrize(("retry_after", "least", "most"), [("3", 3, 3), ("3600", 10, 10), ("soon", 0.5, 1), (None, 0.5, 1)])
def test_a_busy_server_is_asked_again_when_it_says(
    server: t.Any, client: Client, monkeypatch: t.Any, retry_after: str | None, least: float, most: float
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    headers = [("Retry-After", retry_after)] if retry_after else []
    server.routes["/a"] = [Answer({}, 429, headers), {"done": True}]
    assert bare(client.post("/a", {"x": 1})) == {"done": True}
    assert [request.body for request in server.requests] == [{"x": 1}, {"x": 1}]
    assert len(slept) == 1
    assert least <= slept[0] <= most


def test_a_server_that_stays_busy_is_left_alone_in_the_end(server: t.Any, client: Client, monkeypatch: t.Any) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    server.routes["/a"] = Answer({"message": "too many requests"}, 429)
    with pytest.raises(ApiError, match="too many requests"):
        client.get("/a")
    assert len(server.requests) == 5


def test_a_list_that_can_not_be_made_is_not_asked_for_again(server: t.Any, client: Client) -> None:
    message = "storage is (re)initializing: failed to list a/v1, Kind=B: conversion webhook for a/v1beta1, Kind=B failed: EOF"
    server.routes["/a"] = Answer({"message": message}, 429, [("Retry-After", "9")])
    with pytest.raises(ApiError, match="conversion webhook"):
        client.get("/a")
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 403, 404, 409, 422, 500, 503])
def test_nothing_else_is_asked_again(server: t.Any, client: Client, code: int) -> None:
    server.routes["/a"] = Answer({}, code)
    with pytest.raises(ApiError):
        client.post("/a", {})
    assert len(server.requests) == 1


@pytest.fixture
def plugin(script: Callable[[str], Path], tmp_path: Path) -> Path:
    """An exec plugin whose tokens are counted: token-1, token-2 ..."""
    return script(
        f"echo x >> {tmp_path}/runs; n=$(wc -l < {tmp_path}/runs)\n" + """echo "{\\"status\\": {\\"token\\": \\"token-$((n))\\"}}\""""
    )


def test_a_refused_token_is_renewed_once_by_the_plugin(server: t.Any, plugin: Path) -> None:
    def needs_second(request: Request) -> Answer:
        return Answer({"ok": True}) if request.headers["authorization"] == "Bearer token-2" else Answer({}, 401)

    server.routes["/a"] = needs_second
    server.routes["/never"] = Answer({}, 401)
    credentials = from_user({"exec": {"command": str(plugin)}}, {}, ENV)
    with Client(Connection(server=server.url, name="trial", credentials=credentials, env=ENV)) as client:
        assert bare(client.get("/a")) == {"ok": True}
        assert bare(client.get("/a")) == {"ok": True}
        assert [request.headers["authorization"][-1] for request in server.requests] == ["1", "2", "2"]
        with pytest.raises(ApiError, match="refuses the credentials of context trial"):
            client.get("/never")
    assert [request.headers["authorization"][-1] for request in server.requests[3:]] == ["2", "3"]


def test_a_renewed_client_certificate_is_used(serve: Start, authority: t.Any, script: Callable[[str], Path], tmp_path: Path) -> None:
    for user in ("old", "new"):
        certificate, key = authority.issue(user)
        document = {"status": {"clientCertificateData": certificate, "clientKeyData": key}}
        (tmp_path / user).write_text(json.dumps(document))
    command = script(f"cat {tmp_path}/old; mv {tmp_path}/new {tmp_path}/old 2>/dev/null; true")
    server = serve("127.0.0.1")
    server.routes["/a"] = lambda request: {} if request.user == "new" else Answer({}, 401)
    credentials = from_user({"exec": {"command": str(command)}}, {}, ENV)
    with Client(Connection(server=server.url, ca=authority.pem, credentials=credentials, env=ENV)) as client:
        assert bare(client.get("/a")) == {}
    assert [request.user for request in server.requests] == ["old", "new"]


def refusing_the_first_token(number: int) -> Callable[[Request], Answer]:
    """A route that refuses the first token once so many requests with it are under way."""
    together = threading.Barrier(number, timeout=patience(1))

    def answer(request: Request) -> Answer:
        if request.headers["authorization"] == "Bearer token-1":
            together.wait()
            return Answer({}, 401)
        return Answer({})

    return answer


def test_many_refusals_at_once_renew_the_token_once(server: t.Any, plugin: Path, tmp_path: Path) -> None:
    server.routes["/a"] = refusing_the_first_token(4)
    credentials = from_user({"exec": {"command": str(plugin)}}, {}, ENV)
    with Client(Connection(server=server.url, credentials=credentials, env=ENV)) as client:
        assert client.map(lambda _number: bare(client.get("/a")), range(4)) == [{}] * 4
    assert (tmp_path / "runs").read_text().split() == ["x", "x"]


def test_clients_of_one_login_renew_it_once(server: t.Any, plugin: Path, tmp_path: Path) -> None:
    server.routes["/a"] = refusing_the_first_token(2)
    connection = Connection(server=server.url, credentials=from_user({"exec": {"command": str(plugin)}}, {}, ENV), env=ENV)
    server.routes["/any"] = {}
    with Client(connection) as one, Client(connection) as other, ThreadPoolExecutor(2) as threads:
        one.get("/any")
        assert list(threads.map(lambda client: bare(client.get("/a")), (one, other))) == [{}] * 2
    assert (tmp_path / "runs").read_text().split() == ["x", "x"]


def test_what_another_client_renewed_is_used(serve: Start, authority: t.Any, script: Callable[[str], Path], tmp_path: Path) -> None:
    for user in ("old", "new"):
        certificate, key = authority.issue(user)
        document = {"status": {"clientCertificateData": certificate, "clientKeyData": key}}
        (tmp_path / user).write_text(json.dumps(document))
    command = script(f"cat {tmp_path}/old; mv {tmp_path}/new {tmp_path}/old 2>/dev/null; true")
    server = serve("127.0.0.1")
    server.routes["/any"] = {}
    server.routes["/a"] = lambda request: {} if request.user == "new" else Answer({}, 401)
    credentials = from_user({"exec": {"command": str(command)}}, {}, ENV)
    connection = Connection(server=server.url, ca=authority.pem, credentials=credentials, env=ENV)
    with Client(connection) as one, Client(connection) as other:
        for client, path in ((one, "/any"), (other, "/a"), (one, "/a")):
            assert bare(client.get(path)) == {}
    assert [request.user for request in server.requests] == ["old", "old", "new", "new"]


# --- much at once


LARGE = """
import resource, sys
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube import client as api
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig import load as kubeconfig
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.process import limits
limits.MOST_GROWTH = 64 * 2**20
kept = []
with api.Client(kubeconfig.Connection(server=sys.argv[1], env={})) as client:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        client.map(lambda number: kept.append(client.get(f"/{number}")), range(8))
    except api.InvalidResponse as error:
        print(error.message)
    print(len(kept), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_large_answers_side_by_side_take_no_more_than_there_is_room_for(server: t.Any) -> None:
    """Each is allowed alone; together they would take 8 x 10 MiB twice, and more."""
    text = "x" * (10 * 2**20)
    for number in range(8):
        server.routes[f"/{number}"] = Answer({"kind": "ConfigMap", "metadata": {"name": "large"}, "data": {"a": text}})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    argv = [sys.executable, "-c", LARGE, server.url]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=patience(10))
    assert done.returncode == 0, done.stderr
    message, taken = done.stdout.splitlines()
    count, mebibytes = map(int, taken.split())
    assert "memory" in message and count < 8
    assert mebibytes < 64 + 8 * 10
