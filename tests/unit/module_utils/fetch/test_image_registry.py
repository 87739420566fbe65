# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Digests of images, asked of a registry that answers as real ones do."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.image_registry import ImageReference, ImageRegistries, NoDigest
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY

DIGEST = "sha256:" + "a" * 64
MANIFEST = b'{"schemaVersion": 2}'


@dataclass
class Registry:
    """One with the image ``team/app:1``. ``mode`` is how it answers; ``requests`` has ``METHOD PATH`` and the token of each."""

    mode: str = "open"
    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    accepted: str = ""

    @property
    def image(self) -> str:
        return f"127.0.0.1:{self.port}/team/app:1"

    def answer(self, method: str, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        if parts.path == "/token":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if self.mode == "no token" or query != {"service": "registry.example", "scope": "repository:team/app:pull"}:
                return 401, {}, b"{}"
            return 200, {}, json.dumps({"token" if self.mode == "token" else "access_token": "t0ken"}).encode()
        if parts.path == "/elsewhere/team/app":
            return 200, {"Docker-Content-Digest": DIGEST}, b""
        if parts.path != "/v2/team/app/manifests/1":
            return 404, {}, b'{"errors": []}'
        challenge = f'Bearer realm="http://127.0.0.1:{self.port}/token",service="registry.example"'
        if self.mode in ("token", "access token", "no token") and token != "Bearer t0ken":
            return 401, {"WWW-Authenticate": challenge}, b""
        if self.mode == "basic":
            return 401, {"WWW-Authenticate": 'Basic realm="login"'}, b""
        if self.mode == "foreign realm":
            return 401, {"WWW-Authenticate": 'Bearer realm="http://login.example.com/token"'}, b""
        if self.mode == "redirect":
            return 307, {"Location": "/elsewhere/team/app"}, b""
        if self.mode == "circle":
            return 307, {"Location": path}, b""
        if self.mode == "downgrade":
            return 307, {"Location": "http://mirror.example.com/x"}, b""
        if self.mode.isdigit():
            return int(self.mode), {}, b""
        return 200, {} if self.mode == "no header" else {"Docker-Content-Digest": DIGEST}, MANIFEST


@pytest.fixture(name="registry")
def a_registry() -> Iterator[Registry]:
    registry = Registry()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _send(self) -> None:
            registry.requests.append((f"{self.command} {urlsplit(self.path).path}", self.headers.get("Authorization", "")))
            registry.accepted = self.headers.get("Accept", "")
            status, headers, body = registry.answer(self.command, self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = _send  # noqa: N815

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield registry
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(registry: Registry, image: str = "") -> tuple[str, str]:
    with pytest.raises(NoDigest) as caught:
        ImageRegistries({}).digest(image or registry.image)
    return caught.value.kind, str(caught.value).replace(f"127.0.0.1:{registry.port}", "HOST")


def test_a_tag_has_the_digest_of_its_list_of_platforms(registry: Registry) -> None:
    assert ImageRegistries({}).digest(registry.image) == DIGEST
    assert registry.requests == [("HEAD /v2/team/app/manifests/1", "")]
    assert registry.accepted.startswith(
        "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
    )


@pytest.mark.parametrize("mode", ["token", "access token"])
def test_a_token_is_asked_for_without_a_login_and_kept(registry: Registry, mode: str) -> None:
    registry.mode = mode
    registries = ImageRegistries({})
    assert registries.digest(registry.image) == registries.digest(registry.image) == DIGEST
    paths = [path for path, _token in registry.requests]
    assert paths == ["HEAD /v2/team/app/manifests/1", "GET /token", *["HEAD /v2/team/app/manifests/1"] * 2]
    assert [token for _path, token in registry.requests] == ["", "", "Bearer t0ken", "Bearer t0ken"]


def test_a_registry_that_names_no_digest_is_asked_for_the_manifest(registry: Registry) -> None:
    registry.mode = "no header"
    assert ImageRegistries({}).digest(registry.image) == "sha256:" + hashlib.sha256(MANIFEST).hexdigest()


def test_a_redirect_is_followed(registry: Registry) -> None:
    registry.mode = "redirect"
    assert ImageRegistries({}).digest(registry.image) == DIGEST


@pytest.mark.parametrize(
    ("mode", "kind", "why"),
    [
        ("404", "not found", "HOST has no team/app:1"),
        ("403", "refused", "HOST asks for a login (403)"),
        ("basic", "refused", "HOST asks for a login (401)"),
        ("foreign realm", "refused", "HOST asks for a login (401)"),
        ("no token", "refused", "HOST gives no token without a login (401)"),
        ("500", "unreachable", "HOST answers 500"),
        ("circle", "unreachable", "HOST redirects more than 3 times"),
        ("downgrade", "unreachable", "HOST redirects to an address without TLS"),
    ],
)
def test_what_gives_no_digest(registry: Registry, mode: str, kind: str, why: str) -> None:
    registry.mode = mode
    assert refusal(registry) == (kind, why)


def test_a_registry_that_nobody_reaches_is_asked_once(registry: Registry) -> None:
    registry.mode = "500"
    registries = ImageRegistries({})
    for _image in range(3):
        with pytest.raises(NoDigest, match="answers 500"):
            registries.digest(registry.image)
    assert len(registry.requests) == 1


def test_unreachable(registry: Registry) -> None:
    kind, why = refusal(registry, f"{NOBODY}/team/app:1")
    assert (kind, why) == ("unreachable", f"{NOBODY} can't be reached: Connection refused")


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("busybox", "https://registry-1.docker.io/v2/library/busybox/manifests/latest"),
        ("docker.io/tensorflow/serving:2.19.1-gpu", "https://registry-1.docker.io/v2/tensorflow/serving/manifests/2.19.1-gpu"),
        ("tensorflow/serving:2", "https://registry-1.docker.io/v2/tensorflow/serving/manifests/2"),
        ("mirror.example.com:5000/a/b:1", "https://mirror.example.com:5000/v2/a/b/manifests/1"),
        ("localhost:5000/a:1", "http://localhost:5000/v2/a/manifests/1"),
    ],
)
def test_the_address_of_a_manifest(image: str, url: str) -> None:
    assert ImageReference.parse(image).url == url


@pytest.mark.parametrize("image", ["quay.io/Team/app:1", "quay.io/a/../b:1", "quay.io/a:1?x=2", "quay.io/a b:1", ""])
def test_what_is_no_image_is_not_asked_for(image: str) -> None:
    with pytest.raises(NoDigest, match="not the name of an image"):
        ImageReference.parse(image)
