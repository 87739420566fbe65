# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks that run a Python script of a package in a container of the application."""

from __future__ import annotations

import contextlib
import json
import time
import typing as t
from urllib.parse import urlencode

from ..errors import missing_library
from ..formats import foreign_json
from ..formats.json_object import Json
from ..kube.client import Client
from ..process import interrupts
from ..redaction.redact import clean
from .result import CheckDenied, CheckFailed

_PROTOCOL = "v4.channel.k8s.io"
"""https://kubernetes.io/docs/reference/using-api/api-concepts/ and k8s.io/apimachinery/pkg/util/remotecommand: each message begins with the
number of its stream; the last one, on the stream of errors, is a Status."""
_STDIN, _STDOUT, _STDERR, _ERROR = range(4)
_MOST = 2**20
_SHOWN = 500
_START = "import json, sys; task = json.loads(sys.stdin.readline()); exec(task['script'], {'settings': task['settings']})"
"""Reads the script from its input: a command line has too little room, and others see it."""


def run(client: Client, namespace: str, check: Json, seconds: float) -> tuple[bool, str, str | None]:
    """Whether it passed, what was seen, and a warning or ``None``. Raises ``CheckFailed`` where the script could not be run."""
    pod = _pod(client, namespace, check["pods"])
    task = {"script": check["script"], "settings": {**check["settings"], "seconds": seconds}}
    printed = execute(client, namespace, pod, check["container"], ["python3", "-c", _START], json.dumps(task) + "\n", seconds)
    try:
        result = foreign_json.loads(printed.strip().splitlines()[-1])
        passed, evidence, warning = result["passed"], result["evidence"], result.get("warning")
    except (IndexError, ValueError, KeyError, TypeError):
        raise CheckFailed(f"the script in pod {pod} ended without a result: {clean(printed[-_SHOWN:]) or 'it printed nothing'}") from None
    return bool(passed), clean(str(evidence)), clean(str(warning)) if warning else None


def _pod(client: Client, namespace: str, labels: Json) -> str:
    """The name of a ready pod."""
    selector = ",".join(f"{name}={value}" for name, value in labels.items())
    for pod in client.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector):
        conditions = {each["type"]: each["status"] for each in (pod.get("status") or {}).get("conditions") or []}
        if conditions.get("Ready") == "True" and not pod["metadata"].get("deletionTimestamp"):
            return str(pod["metadata"]["name"])
    raise CheckFailed(f"no pod with {selector} is ready")


def execute(client: Client, namespace: str, pod: str, container: str, command: list[str], text: str, seconds: float) -> str:
    """The output of a command with the input ``text``. Raises ``CheckFailed`` where it fails, or takes longer than ``seconds``."""
    websocket = _library()
    query = urlencode(
        [("container", container), ("stdin", "true"), ("stdout", "true"), ("stderr", "true"), *(("command", each) for each in command)]
    )
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec?{query}"
    end = time.monotonic() + seconds
    connection, address, headers = client.upgradable(path)
    bounded = _BoundedSocket(connection.sock, end, pod)
    streams: dict[int, bytes] = {}
    try:
        socket = websocket.create_connection(
            address, socket=bounded, header=headers, subprotocols=[_PROTOCOL], suppress_origin=True, timeout=seconds
        )
        for start in range(0, len(text.encode()), 2**15):
            socket.send_binary(bytes([_STDIN]) + text.encode()[start : start + 2**15])
        socket.settimeout(interrupts.GLANCE)
        while (message := _message(websocket, socket)) is not None:
            if message:
                streams[message[0]] = streams.get(message[0], b"") + message[1:]
    except websocket.WebSocketBadStatusException as error:
        kind = CheckDenied if error.status_code == 403 else CheckFailed
        raise kind(f"the API server does not run a command in pod {pod}: {_message_of(error)}") from None
    except (websocket.WebSocketException, OSError) as error:
        raise CheckFailed(f"the connection to pod {pod} was lost: {clean(str(error))}") from None
    finally:
        connection.close()
    _check_status(pod, streams)
    return streams.get(_STDOUT, b"").decode(errors="replace")


class _BoundedSocket:
    """A socket that stops reading at ``end`` and after ``_MOST`` bytes, however steadily the server sends; the library would read on."""

    def __init__(self, sock: t.Any, end: float, pod: str) -> None:
        self._sock, self._end, self._pod, self._left = sock, end, pod, _MOST

    def recv(self, size: int) -> bytes:
        interrupts.check()
        if time.monotonic() > self._end:
            raise CheckFailed("it took longer than it may")
        piece: bytes = self._sock.recv(size)
        self._left -= len(piece)
        if self._left < 0:
            raise CheckFailed(f"a command in pod {self._pod} prints without end")
        return piece

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._sock, name)


def _message(websocket: t.Any, socket: t.Any) -> bytes | None:
    """The next message; ``None`` after the last one."""
    while True:
        with contextlib.suppress(websocket.WebSocketTimeoutException):
            opcode, content = socket.recv_data()
            return None if opcode == websocket.ABNF.OPCODE_CLOSE else content


def _check_status(pod: str, streams: dict[int, bytes]) -> None:
    try:
        status = foreign_json.loads(streams.get(_ERROR, b""))
    except ValueError:
        raise CheckFailed(f"the connection to pod {pod} ended before the command did") from None
    if not isinstance(status, dict):
        raise CheckFailed(f"the connection to pod {pod} ended without a Status")
    if status.get("status") != "Success":
        errors = streams.get(_STDERR, b"")[-_SHOWN:].decode(errors="replace").strip()
        raise CheckFailed(f"a command in pod {pod} failed: {clean(errors or str(status.get('message')))}")


def _message_of(error: t.Any) -> str:
    try:
        return clean(str(foreign_json.loads(error.resp_body)["message"]))
    except (TypeError, ValueError, KeyError):
        return f"HTTP {error.status_code}"


def _library() -> t.Any:
    try:
        import websocket
    except ImportError:
        raise missing_library("To run commands in pods", "websocket-client") from None
    return websocket
