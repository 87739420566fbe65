# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of an address as users see it, as their packages declare them: name, certificate, redirect."""

from __future__ import annotations

import json
import socket
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import rjsonnet
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify import web
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify.result import CheckFailed

from tests.unit.conftest import Answer, Authority, Server
from tests.unit.registry import core, packages

Json = dict[str, t.Any]
Ask = Callable[[Json], str]

HOST = "kubeflow.example.com"


def leading(location: str, code: int = 302) -> Answer:
    return Answer(b"", code, [("Location", location)])


LOGIN, GOOGLE = leading("/hub/login"), leading("https://accounts.google.com/o/oauth2/v2/auth?client_id=1")


def declared(package: str, prototype: prototypes.Prototype, name: str, choices: Json) -> Json:
    """The check ``name`` of a package, for a component with these choices."""
    literals = prototypes.values(prototype, "mine", choices)
    params = ", ".join(f"{json.dumps(key)}: {literal}" for key, literal in literals.items())
    file = packages.REGISTRY / package / "checks.libsonnet"
    env = json.dumps({"server": "https://cluster.example", "namespace": "kubeflow"})
    checks = json.loads(rjsonnet.evaluate_snippet("checks", f"(import {json.dumps(str(file))}).checks({{{params}}}, {env})"))
    (check,) = [each for each in checks if each["name"] == name]
    return t.cast("Json", check["url"])


@pytest.fixture(scope="module")
def address() -> Json:
    return declared("core", core.prototype(), "address", {"hostname": HOST, "tlsSecretName": "kubeflow-tls"})


@pytest.fixture(scope="module")
def iap() -> Json:
    return declared("iap-ingress", packages.prototype("iap-ingress"), "iap", packages.REQUIRED["iap-ingress"])


@pytest.fixture
def gateway(serve: Callable[..., Server]) -> Server:
    """What listens at the address, with a certificate for the host name."""
    return serve(HOST)


@pytest.fixture
def ask(gateway: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    """Do a check on a machine where the host name, and no other, leads to the gateway, and whose authorities signed its certificate."""
    (tmp_path / "ca.pem").write_text(authority.pem, encoding="utf-8")
    resolve = socket.getaddrinfo

    def resolved(host: t.Any, _port: t.Any, *args: t.Any, **options: t.Any) -> t.Any:
        if host != HOST:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve("127.0.0.1", gateway.port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return lambda check: web.url(check, {"SSL_CERT_FILE": str(tmp_path / "ca.pem")})


# --- address: the gateway's


def test_the_host_name_leads_to_the_login(address: Json, gateway: Server, ask: Ask) -> None:
    gateway.routes = {"/": LOGIN, "/hub/login": Answer(b"<form>")}
    assert ask(address) == f"GET https://{HOST}/hub/login: 200"


def test_the_host_name_leads_to_a_login_elsewhere(address: Json, gateway: Server, ask: Ask) -> None:
    """It is not followed there."""
    gateway.routes = {"/": GOOGLE}
    assert ask(address) == f"GET https://{HOST}/: 302, to accounts.google.com"


def test_a_name_that_does_not_resolve(address: Json, ask: Ask) -> None:
    with pytest.raises(CheckFailed, match=r"GET https://other.example.com/: .*Name or service not known"):
        ask({**address, "url": "https://other.example.com/"})


def test_a_certificate_for_another_name(address: Json, ask: Ask, gateway: Server, serve: Callable[..., Server]) -> None:
    gateway.port = serve("other.example.com").port
    with pytest.raises(CheckFailed, match=r"Hostname mismatch|not valid for"):
        ask(address)


def test_a_certificate_of_an_unknown_authority(address: Json, ask: Ask, other_authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(other_authority.pem, encoding="utf-8")
    with pytest.raises(CheckFailed, match="certificate"):
        ask(address)


def test_a_certificate_that_has_expired(address: Json, ask: Ask, gateway: Server, serve: Callable[..., Server]) -> None:
    gateway.port = serve(HOST, days=-1).port
    with pytest.raises(CheckFailed, match="expired"):
        ask(address)


def test_nobody_listens(address: Json, ask: Ask, gateway: Server) -> None:
    gateway.close()
    with pytest.raises(CheckFailed, match="refused"):
        ask(address)


@pytest.mark.parametrize(
    ("routes", "evidence"),
    [
        ({"/": Answer(b"no healthy upstream", 503)}, "/: 503 instead of 200 or 302 or 303 or 307: no healthy upstream"),
        ({"/": LOGIN}, "/hub/login: 404 instead of"),
    ],
)
def test_the_gateway_leads_nowhere(address: Json, ask: Ask, gateway: Server, routes: Json, evidence: str) -> None:
    gateway.routes = routes
    with pytest.raises(CheckFailed) as failed:
        ask(address)
    assert str(failed.value).startswith(f"GET https://{HOST}{evidence}")


def test_a_gateway_that_redirects_in_a_ring(address: Json, ask: Ask, gateway: Server) -> None:
    """As one does that has no TLS behind a load balancer that has it: a redirect to the address that was asked."""
    gateway.routes = {"/": leading(f"https://{HOST}/", 301)}
    with pytest.raises(CheckFailed, match="301 instead of"):
        ask(address)


# --- iap


def test_iap_sends_to_google(iap: Json, gateway: Server, ask: Ask) -> None:
    gateway.routes = {"/": GOOGLE}
    assert ask(iap) == f"GET https://{HOST}/: 302, to accounts.google.com"


@pytest.mark.parametrize(
    ("routes", "evidence"),
    [
        ({"/": Answer(b"<h1>Welcome</h1>")}, "/: 200 instead of 302: <h1>Welcome</h1>"),
        ({"/": LOGIN, "/hub/login": Answer(b"<form>")}, "/hub/login: 200 instead of 302: <form>"),
        (
            {"/": Answer(b"", 302, [("Location", "https://login.example.org/")])},
            "/: 302, which leads to https://login.example.org/ instead of",
        ),
        (
            {"/": Answer(b"", 302, [("Location", "https://accounts.google.com.example.org/")])},
            "/: 302, which leads to https://accounts.goog",
        ),
        ({"/": Answer(b"", 302)}, "/: 302, which leads to nowhere instead of https://accounts.google.com/"),
    ],
)
def test_an_ingress_without_iap(iap: Json, gateway: Server, ask: Ask, routes: Json, evidence: str) -> None:
    gateway.routes = routes
    with pytest.raises(CheckFailed) as failed:
        ask(iap)
    assert str(failed.value).startswith(f"GET https://{HOST}{evidence}")
