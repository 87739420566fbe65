# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may answer in the place of an API server, by name: what is sent for a request, piece by piece, until the server hangs up.

The campaign of ``tests/soak`` sets each upon each stage; ``tests/unit/hostile`` takes each once.
"""

from __future__ import annotations

import gzip
import itertools
import json
import time
import typing as t
import zlib
from collections.abc import Callable, Iterable, Iterator

if t.TYPE_CHECKING:
    from ansible_collections.kubeflow.bootstrap.tests.hostile.server import Request

Json = dict[str, t.Any]
Pieces = Iterable[bytes]
Behaviour = Callable[["Request"], Pieces]
ELSEWHERE = "http://ELSEWHERE/stolen?token=none"
"""The address of another server, which counts what comes."""
_REASONS = {200: "OK", 302: "Found", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}
_UID = "11111111-2222-3333-4444-555555555555"
_PAUSE = 0.02


def response(body: t.Any = b"", code: int = 200, kind: str | None = "application/json", *more: str, length: str | None = None) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {code} {_REASONS.get(code, 'Whatever')}", f"Content-Length: {len(content) if length is None else length}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return "\r\n".join([*lines, *more, "", ""]).encode() + content


def always(*args: t.Any, **more: t.Any) -> Behaviour:
    whole = response(*args, **more)
    return lambda _request: [whole]


def raw(content: bytes) -> Behaviour:
    return lambda _request: [content]


def drip(content: bytes) -> Iterator[bytes]:
    """A byte at a time, each long before anybody loses patience."""
    for byte in content:
        yield bytes([byte])
        time.sleep(_PAUSE)


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Behaviour:
    def pieces(_request: Request) -> Iterator[bytes]:
        yield head
        for _forever in itertools.count():
            yield piece
            time.sleep(pause)

    return pieces


def _bomb() -> bytes:
    """Some gigabytes in a few megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    blank = b" " * 2**20
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n" + b"".join(
        [packer.compress(blank) for _each in range(2048)]
    )


def _lazily(make: Callable[[], bytes]) -> Behaviour:
    made: list[bytes] = []

    def pieces(_request: Request) -> Pieces:
        if not made:
            made.append(make())
        return made

    return pieces


def echo(code: int, kind: str = "text/plain") -> Behaviour:
    return lambda request: [response(b"you said: " + request.head + request.body, code, kind)]


def status(code: int, message: str, **more: t.Any) -> Json:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code, **more}


def _facade(other: Behaviour) -> Behaviour:
    """An API server at first sight: its version, what it serves, its identity."""
    resources = [("Node", "nodes"), ("Pod", "pods"), ("Service", "services"), ("Namespace", "namespaces")]
    served = [
        {"resource": plural, "responseKind": {"kind": kind}, "scope": "Cluster", "verbs": ["list", "get"]} for kind, plural in resources
    ]
    groups = [{"metadata": {}, "versions": [{"version": "v1", "resources": served}]}]
    known = {
        "/version": {"major": "1", "minor": "35", "gitVersion": "v1.35.0"},
        "/api": {"kind": "APIGroupDiscoveryList", "metadata": {}, "items": groups},
        "/apis": {"kind": "APIGroupDiscoveryList", "metadata": {}, "items": []},
        "/api/v1/namespaces/kube-system": {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "kube-system", "uid": _UID}},
    }
    return lambda request: [response(known[request.path])] if request.path in known else other(request)


_LIST: Json = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}
_OBJECT: Json = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "kube-system", "uid": _UID}}
_HTML = "text/html; charset=utf-8"
_SIGN_IN = b"<!DOCTYPE html><html><title>Sign in</title></html>"
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
_ITEMS = b'{"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": ['

BEHAVIOURS: dict[str, Behaviour] = {
    # --- pages, redirects and statuses
    "sign-in page": always(_SIGN_IN, 200, _HTML),
    "page with 201": always(_SIGN_IN, 201, _HTML),
    "page with 403": always(_SIGN_IN, 403, _HTML),
    "page with 404": always(_SIGN_IN, 404, _HTML),
    "page with 500": always(_SIGN_IN, 500, _HTML),
    "page with 503": always(_SIGN_IN, 503, _HTML, "Retry-After: 1"),
    "text with 404": always(b"404 page not found\n", 404, "text/plain"),
    **{f"redirect {code}": always(b"", code, _HTML, f"Location: {ELSEWHERE}") for code in (301, 302, 303, 307, 308)},
    "redirect to itself": lambda request: [response(b"", 302, _HTML, f"Location: {request.path}")],
    "redirect to nowhere": always(b"", 302, _HTML),
    "redirect to what is no URL": always(b"", 302, _HTML, "Location: https://[::1"),
    "redirect to a file": always(b"", 302, _HTML, "Location: file:///etc/passwd"),
    "many choices": always(b"", 300, _HTML),
    "not modified": raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "no content": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "partial content": always(_OBJECT, 206),
    "a status of 999": always(_OBJECT, 999),
    "a status of 0": raw(b"HTTP/1.1 000 Nothing\r\n\r\n"),
    "unauthorized": always(_SIGN_IN, 401, _HTML),
    "unauthorized by Kubernetes": always(status(401, "Unauthorized"), 401),
    "too many requests": always(status(429, "slow down"), 429, "application/json", "Retry-After: 99999999"),
    "too many requests of somebody else": always(_SIGN_IN, 429, _HTML),
    # --- the request sent back, with its token
    "echo 200": echo(200),
    "echo 400": echo(400),
    "echo 403": echo(403),
    "echo 500": echo(500),
    "echo in a Status": lambda request: [response(status(403, request.head.decode("latin-1")), 403)],
    "echo in causes": lambda request: [
        response(status(409, "no", details={"causes": [{"message": request.head.decode("latin-1"), "field": request.token}]}), 409)
    ],
    "echo in a reason": lambda request: [response(status(500, "no", reason=request.token), 500)],
    "echo in a redirect": lambda request: [response(b"", 302, _HTML, f"Location: https://a.example.com/{request.token}")],
    "echo in a content type": lambda request: [response(b"", 200, f"text/{request.token}")],
    "echo in a warning": lambda request: [response(_SIGN_IN, 200, _HTML, f'Warning: 299 - "{request.token}"')],
    "echo in a kind": lambda request: [response({"kind": request.token, "metadata": []})],
    "an object without a UID": always({"kind": "Namespace", "metadata": {"name": "kube-system"}}),
    "escapes in a Status": always(status(403, "\x1b[2J\x1b]0;TITLE\x07\u202e"), 403),
    # --- JSON, but no object
    "nothing": always(b""),
    "null": always(b"null"),
    "true": always(b"true"),
    "a number": always(b"1"),
    "a text": always(b'"ok"'),
    "a list": always([_OBJECT]),
    "an empty object": always({}),
    "a message": always({"message": "welcome"}),
    "a Status of success": always({"kind": "Status", "metadata": {}, "status": "Success"}),
    "a Status of failure with 200": always(status(500, "no")),
    "kind a number": always({**_OBJECT, "kind": 7}),
    "metadata a text": always({**_OBJECT, "metadata": "x"}),
    "metadata a list": always({**_OBJECT, "metadata": [1]}),
    "metadata null": always({**_OBJECT, "metadata": None}),
    "name a list": always({**_OBJECT, "metadata": {"name": ["x"]}}),
    "items a mapping": always({**_LIST, "items": {"a": 1}}),
    "items of numbers": always({**_LIST, "items": [1, 2]}),
    "items without names": always({**_LIST, "items": [{"metadata": {}}]}),
    "a list in place of an object": always(_LIST),
    # --- JSON that is damaged
    "cut off": always(json.dumps(_OBJECT).encode()[:50]),
    "two documents": always(b"{}{}"),
    "deep": always(b'{"a":' + b"[" * 200_000),
    "deep and whole": always(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "not a number": always(b'{"kind": "Namespace", "metadata": {"name": "a", "generation": NaN}}'),
    "infinite": always(b'{"kind": "Namespace", "metadata": {"name": "a", "generation": 1e999}}'),
    "a number of 5000 digits": always(b'{"kind": "Namespace", "metadata": {"generation": ' + b"9" * 5000 + b"}}"),
    "half a character": always(b'{"kind": "\\ud800", "metadata": {"name": "\\udfff"}}'),
    "bytes that are not UTF-8": always(b'{"kind": "\xff\xfe", "metadata": {}}'),
    "UTF-16": always(json.dumps(_OBJECT).encode("utf-16"), 200, "application/json; charset=utf-16"),
    "UTF-16, unsaid": always(json.dumps(_OBJECT).encode("utf-16")),
    "a byte order mark": always(b"\xef\xbb\xbf" + json.dumps(_OBJECT).encode()),
    "zeros": always(b"\0" * 1000),
    "no type": always(_OBJECT, 200, None),
    "YAML": always(b"kind: Namespace\n", 200, "application/yaml"),
    "protobuf": always(b"k8s\0\n\x0c\n\x02v1", 200, "application/vnd.kubernetes.protobuf"),
    "a picture": always(b"\x89PNG\r\n\x1a\n" + b"\0" * 500, 200, "image/png"),
    # --- compression
    "no gzip": always(b"plain", 200, "application/json", "Content-Encoding: gzip"),
    "gzip, cut off": always(gzip.compress(json.dumps(_OBJECT).encode())[:30], 200, "application/json", "Content-Encoding: gzip"),
    "gzip in gzip": always(gzip.compress(gzip.compress(b"{}")), 200, "application/json", "Content-Encoding: gzip"),
    "another compression": always(b"\x28\xb5\x2f\xfd", 200, "application/json", "Content-Encoding: zstd"),
    "a bomb": _lazily(_bomb),
    # --- HTTP that is none
    "a length that is too long": always(_OBJECT, length="100000"),
    "a length that is too short": always(_OBJECT, length="10"),
    "a length below zero": always(_OBJECT, length="-5"),
    "a length beyond all memory": always(_OBJECT, length="99999999999999"),
    "a length that is no number": always(_OBJECT, length="many"),
    "two lengths": always(b"", 200, "application/json", "Content-Length: 5"),
    "a chunk that is no number": raw(_CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk below zero": endless(_CHUNKED + b"-5\r\n", b"{}" * 10_000),
    "a chunk beyond all memory": raw(_CHUNKED + b"ffffffffffffffff\r\n{}"),
    "a chunk of an endless number": endless(_CHUNKED, b"f" * 10_000),
    "chunks that break off": raw(_CHUNKED + b"5\r\n{"),
    "another protocol": raw(b"220 mail.example.com ESMTP\r\n"),
    "HTTP/2": raw(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"),
    "an alert of TLS": raw(b"\x15\x03\x01\x00\x02\x02\x28"),
    "noise": raw(bytes(range(256)) * 8),
    "switching protocols": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
    "early hints": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "a header without end": endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 10_000),
    "headers without end": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000),
    "silence that hangs up": raw(b""),
    # --- without end
    "continue without end": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001),
    "blanks without end": endless(_JSON_HEAD, b" " * 2**20),
    "items without end": endless(_JSON_HEAD + _ITEMS, b'{"metadata": {"name": "a"}},' * 10_000),
    "a page without end": endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<p>" * 2**18),
    "a refusal without end": endless(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n", b"no " * 2**18),
    "silence": endless(b"", b"", 0.05),
    "a slow head": lambda _request: drip(response(_OBJECT, 200, "application/json", "X: " + "y" * 10_000)),
    "a slow body": lambda _request: itertools.chain([response(b"", length="100000")], drip(b" " * 100_000)),
    "slow chunks": lambda _request: itertools.chain([_CHUNKED], drip(b"1\r\n \r\n" * 10_000)),
    # --- an API server at first sight
    "a facade before a page": _facade(always(_SIGN_IN, 200, _HTML)),
    "a facade before a redirect": _facade(always(b"", 302, _HTML, f"Location: {ELSEWHERE}")),
    "a facade before lists that are cut off": _facade(always(json.dumps(_LIST).encode()[:40])),
    "a facade before refusals of somebody else": _facade(always(_SIGN_IN, 404, _HTML)),
    **{
        f"a facade before objects with {what}": _facade(always({**_LIST, "items": [{"metadata": {"name": "a", "namespace": "a"}, **deep}]}))
        for what, deep in {
            "lists for mappings": {"spec": [1], "status": [1]},
            "texts for mappings": {"spec": "x", "status": "x"},
            "numbers in them": {"spec": {"containers": 7, "ports": 7}, "status": {"conditions": 7, "allocatable": 7, "nodeInfo": 7}},
            "texts in them": {"spec": {"containers": "x", "ports": "x"}, "status": {"conditions": "x", "allocatable": {"cpu": "x"}}},
            "nothing in them": {"spec": {"containers": [None]}, "status": {"conditions": [None], "loadBalancer": {"ingress": [None]}}},
        }.items()
    },
    "a facade before echoes": _facade(echo(403)),
    "a facade before a list that begins again and again": _facade(
        always({"kind": "PodList", "metadata": {"continue": "a"}, "items": [{"metadata": {"name": "a"}}]})
    ),
}

REFUSALS = {"echo in a Status", "echo in causes", "echo in a reason", "escapes in a Status"}
"""What an API server may say, too. Facts are of what may be read, and tell what may not."""
