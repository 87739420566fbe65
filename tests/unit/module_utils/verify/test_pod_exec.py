# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts that run in a container of the application, over a WebSocket."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
import typing as t
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify import pod_exec
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify.result import CheckDenied, CheckFailed
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, patience

from tests.unit.conftest import ENV
from tests.unit.module_utils.verify._websocket import RAW, ExecServer, Frames

SUCCESS = (3, b'{"status": "Success"}')
Start = Callable[..., tuple[ExecServer, Client]]


@pytest.fixture
def start() -> Iterator[Start]:
    """An exec endpoint that does ``work``, and a client of it."""
    with contextlib.ExitStack() as stack:

        def started(work: Callable[[str], Frames | None], **more: t.Any) -> tuple[ExecServer, Client]:
            server = ExecServer(work, **more)
            stack.callback(server.close)
            return server, stack.enter_context(Client(Connection(server=server.url, name="trial", env=ENV), RequestPolicy(timeout=10)))

        yield started


def execute(client: Client, seconds: float = 60) -> str:
    with no_hang(10):
        return pod_exec.execute(client, "ml", "hub-1", "hub", ["python3", "-c", "x"], "hello\n", seconds)


def test_what_a_command_prints(start: Start) -> None:
    inputs: list[str] = []

    def work(text: str) -> Frames:
        inputs.append(text)
        return [(1, b"o"), (2, b"a warning"), (1, b"k\n"), SUCCESS]

    server, client = start(work)
    assert execute(client) == "ok\n"
    assert inputs == ["hello\n"]
    assert server.commands == [["python3", "-c", "x"]]
    assert server.headers[0]["sec-websocket-protocol"] == "v4.channel.k8s.io"


def test_a_long_input_and_a_long_output(start: Start) -> None:
    _server, client = start(lambda text: [(1, text[:-1].encode()), SUCCESS])
    with no_hang(10):
        assert len(pod_exec.execute(client, "ml", "hub-1", "hub", ["cat"], "x" * 200_000 + "\n", 60)) == 200_000


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([(2, b"Traceback: no"), (3, b'{"status": "Failure", "message": "exit code 1"}')], "a command in pod hub-1 failed: Traceback: no"),
        ([(3, b'{"status": "Failure", "message": "exit code 1"}')], "a command in pod hub-1 failed: exit code 1"),
        ([(1, b"half")], "the connection to pod hub-1 ended before the command did"),
        ([(1, b"x" * 2**20), (1, b"x")], "a command in pod hub-1 prints without end"),
        (None, "the connection to pod hub-1 was lost"),
    ],
)
def test_a_command_that_fails(start: Start, frames: Frames | None, message: str) -> None:
    _server, client = start(lambda _text: frames)
    with pytest.raises(CheckFailed, match=message):
        execute(client)


@pytest.mark.parametrize(("code", "kind"), [(403, CheckDenied), (500, CheckFailed)])
def test_a_server_that_refuses(start: Start, code: int, kind: type[Exception]) -> None:
    _server, client = start(lambda _text: [], refusal=(code, {"message": 'cannot create resource "pods/exec"'}))
    with pytest.raises(kind, match=r'does not run a command in pod hub-1: cannot create resource "pods/exec"'):
        execute(client)


def endless(first: bytes, piece: bytes, pause: float = 0.0) -> Frames:
    yield RAW, first
    while True:
        yield RAW, piece
        time.sleep(pause)


@pytest.mark.parametrize(
    ("first", "piece", "pause", "message"),
    [
        (b"", b"\x89\0", 0.02, "it took longer than it may"),  # pings
        (b"", b"\x82\0", 0.02, "it took longer than it may"),  # messages that are empty
        (b"\x82\x7e\x10\0", b"x", 0.02, "it took longer than it may"),  # a message that drips
        (b"\x02\x7e\xff\xff" + b"x" * 65535, b"\0\x7e\xff\xff" + b"x" * 65535, 0.0, "prints without end"),  # one in pieces
        (b"\x82\x7f\x40" + bytes(7), b"x" * 65536, 0.0, "prints without end"),  # one beyond all memory
    ],
)
def test_a_server_that_sends_without_end(start: Start, first: bytes, piece: bytes, pause: float, message: str) -> None:
    _server, client = start(lambda _text: endless(first, piece, pause))
    with pytest.raises(CheckFailed, match=message):
        execute(client, seconds=60 if "without" in message else 0.5)


def test_a_command_that_never_ends(start: Start) -> None:
    over = threading.Event()

    def work(_text: str) -> Frames:
        over.wait(patience(10))
        return []

    _server, client = start(work)
    try:
        with pytest.raises(CheckFailed, match="it took longer than it may"):
            execute(client, seconds=0.3)
    finally:
        over.set()


# --- a script of a package

POD = {
    "metadata": {"name": "hub-1", "namespace": "ml"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}
CHECK = {"pods": {"app": "hub"}, "container": "hub", "script": "print(settings['a'])", "settings": {"a": 1}}


def started_by(command: list[str], text: str) -> str:
    """What the command in the pod would print."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(text))
        assert command[:2] == ["python3", "-c"]
        exec(command[2], {})
    return printed.getvalue()


def run(monkeypatch: pytest.MonkeyPatch, server: t.Any, client: Client, check: t.Any, pods: t.Any = (POD,)) -> tuple[bool, str, str | None]:
    server.routes["/api/v1/namespaces/ml/pods"] = {"kind": "PodList", "apiVersion": "v1", "items": list(pods)}
    monkeypatch.setattr(pod_exec, "execute", lambda _client, _space, _pod, _container, command, text, _seconds: started_by(command, text))
    return pod_exec.run(client, "ml", check, 30.0)


def test_a_script_gets_its_settings(monkeypatch: pytest.MonkeyPatch, server: t.Any, client: Client) -> None:
    script = "import json; print('noise'); print(json.dumps({'passed': True, 'evidence': f\"{settings['a']} in {settings['seconds']}\"}))"
    assert run(monkeypatch, server, client, {**CHECK, "script": script}) == (True, "1 in 30.0", None)
    assert server.requests[-1].query["labelSelector"] == "app=hub"


@pytest.mark.parametrize("script", ["", "print('what?')", "print('{}')", "print('[]')"])
def test_a_script_without_a_result(monkeypatch: pytest.MonkeyPatch, server: t.Any, client: Client, script: str) -> None:
    with pytest.raises(CheckFailed, match="ended without a result"):
        run(monkeypatch, server, client, {**CHECK, "script": script})


def test_no_pod_is_ready(monkeypatch: pytest.MonkeyPatch, server: t.Any, client: Client) -> None:
    waiting = {**POD, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    ending = {**POD, "metadata": {**POD["metadata"], "deletionTimestamp": "2026-11-30T00:00:00Z"}}
    with pytest.raises(CheckFailed, match="no pod with app=hub is ready"):
        run(monkeypatch, server, client, CHECK, [waiting, ending])


def test_the_evidence_is_one_line_without_secrets(monkeypatch: pytest.MonkeyPatch, server: t.Any, client: Client) -> None:
    script = f"print({json.dumps(json.dumps({'passed': False, 'evidence': 'no' + chr(27) + '[2J'}))})"
    assert run(monkeypatch, server, client, {**CHECK, "script": script})[:2] == (False, "no")
