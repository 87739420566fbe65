# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent and what comes back on a connection, byte by byte."""

from __future__ import annotations

import http.client
import socket
import threading
import typing as t
from collections.abc import Callable

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.http.channel import Channel
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.http.deadline import ExchangeDeadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.http.response import Response, pieces
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

Talk = Callable[..., tuple[Response, bytes, bytes]]


@pytest.fixture
def talk() -> t.Iterator[Talk]:
    """``talk(answer, *request)``: the response, its body, and what the server got."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def exchange(answer: bytes, *request: t.Any) -> tuple[Response, bytes, bytes]:
            got: list[bytes] = []

            def serve() -> None:
                other, _address = server.accept()
                with other:
                    got.append(other.recv(2**16))
                    other.sendall(answer)

            thread = threading.Thread(target=serve)
            thread.start()
            channel = Channel(f"http://127.0.0.1:{server.getsockname()[1]}", None, None, ExchangeDeadline(patience(1), patience(1)))
            try:
                response = channel.exchange(*(request or ("GET", "/", [])))
                return response, b"".join(pieces(response, 2**20)), got[0]
            finally:
                channel.close()
                thread.join()

        yield exchange


def test_a_request_is_sent_in_one_piece(talk: Talk) -> None:
    headers = [("Impersonate-Group", "a"), ("Impersonate-Group", "b")]
    _response, _body, got = talk(b"HTTP/1.1 204 No Content\r\n\r\n", "PATCH", "/a?b=c", headers, b"{}")
    head, _blank, body = got.partition(b"\r\n\r\n")
    first, host, *rest = head.split(b"\r\n")
    assert (first, host[:16], body) == (b"PATCH /a?b=c HTTP/1.1", b"Host: 127.0.0.1:", b"{}")
    assert rest == [b"Impersonate-Group: a", b"Impersonate-Group: b", b"Accept-Encoding: identity", b"Content-Length: 2"]


@pytest.mark.parametrize(
    ("target", "value"),
    [("/a b", "x"), ("/a\r\nX: y", "x"), ("/a", "x\r\nX: y"), ("/a", "x\ny"), ("/a", "x\ry"), ("/a", "x\r\n\r\nGET / HTTP/1.1")],
)
def test_nothing_smuggles_a_header_or_a_request(target: str, value: str) -> None:
    channel = Channel("http://127.0.0.1:1", None, None, ExchangeDeadline(patience(1), patience(1)))
    with pytest.raises(ValueError, match="would be two"):
        channel.exchange("GET", target, [("A", value)])


def test_headers_in_any_case_several_times_and_folded(talk: Talk) -> None:
    head = b"HTTP/1.1 200 OK\r\nwarning: 299 - one\r\nWARNING:299 - two\r\n and more\r\nContent-Length: 2\r\n\r\n"
    response, body, _got = talk(head + b"ok")
    assert response.headers.get_all("Warning") == ["299 - one", "299 - two and more"]
    assert (response.headers.get("content-LENGTH"), response.headers.get("X"), body) == ("2", None, b"ok")


@pytest.mark.parametrize(
    ("answer", "body", "closes"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok", False),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok", b"ok", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", True),
        (b"HTTP/1.1 200 OK\n\nok", b"ok", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", b"ok", True),
    ],
)
def test_where_an_answer_ends(talk: Talk, answer: bytes, body: bytes, closes: bool) -> None:
    response, result, _got = talk(answer)
    assert (result, bool(response.will_close)) == (body, closes)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", http.client.RemoteDisconnected),
        (b"SSH-2.0-x\r\n", http.client.BadStatusLine),
        (b"HTTP/2 200 OK\r\n\r\n", http.client.UnknownProtocol),
        (b"HTTP/1.1 200 OK\r\nContent-Le", http.client.IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", http.client.IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", http.client.HTTPException),
        (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", http.client.HTTPException),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n", http.client.HTTPException),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 2**16 + b"\r\n\r\n", http.client.LineTooLong),
    ],
)
def test_what_is_no_answer(talk: Talk, answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        talk(answer)
