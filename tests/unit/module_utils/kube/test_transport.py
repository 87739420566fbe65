# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS and proxies on the way to the API server, with real servers on loopback."""

from __future__ import annotations

import os
import tempfile
import typing as t
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.credentials import Credentials
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Start = Callable[..., t.Any]
ENV = {"PATH": ABSENT, "HOME": ABSENT}
HOSTS = ("127.0.0.1", "cluster.example")


def ask(connection: Connection) -> t.Any:
    with Client(connection, RequestPolicy(timeout=10)) as client:
        return client.document("/version")


@pytest.fixture
def secure(serve: Start) -> t.Any:
    """A TLS server that answers /version."""
    server = serve(*HOSTS)
    server.routes["/version"] = {"gitVersion": "v1.35.0"}
    return server


@pytest.fixture
def trusted(secure: t.Any, authority: t.Any) -> Connection:
    return Connection(server=secure.url, ca=authority.pem, name="trial", env=ENV)


# --- TLS


def test_a_certificate_of_the_right_authority_is_trusted(secure: t.Any, trusted: Connection) -> None:
    assert ask(trusted) == {"gitVersion": "v1.35.0"}
    assert secure.requests[0].user is None


def test_a_server_of_another_authority_is_not_asked(secure: t.Any, trusted: Connection, other_authority: t.Any) -> None:
    with pytest.raises(Unreachable) as caught:
        ask(replace(trusted, ca=other_authority.pem, credentials=Credentials("token", _token="secret")))
    assert caught.value.message.startswith(f"The API server {secure.url} (context trial) was not asked: its certificate can't be trusted: ")
    assert caught.value.fix == "Check certificate-authority and server in the kubeconfig."
    assert secure.requests == []


def test_without_an_authority_those_of_the_system_count(secure: t.Any, trusted: Connection) -> None:
    with pytest.raises(Unreachable, match="can't be trusted"):
        ask(replace(trusted, ca=None))


def test_a_certificate_for_another_name(serve: Start, trusted: Connection) -> None:
    server = serve("cluster.example")
    server.routes["/version"] = {}
    elsewhere = replace(trusted, server=server.url)
    with pytest.raises(Unreachable, match="IP address mismatch"):
        ask(elsewhere)
    assert ask(replace(elsewhere, tls_server_name="cluster.example")) == {}
    with pytest.raises(Unreachable, match="Hostname mismatch"):
        ask(replace(elsewhere, tls_server_name="other.example"))


def test_an_expired_certificate(serve: Start, trusted: Connection) -> None:
    with pytest.raises(Unreachable, match="certificate has expired"):
        ask(replace(trusted, server=serve(*HOSTS, days=-2).url))


def test_verification_can_be_skipped(secure: t.Any, trusted: Connection, other_authority: t.Any) -> None:
    for ca in (None, other_authority.pem):
        assert ask(replace(trusted, ca=ca, verify=False, tls_server_name="other.example")) == {"gitVersion": "v1.35.0"}


def test_plain_http_at_a_tls_port_and_the_reverse(secure: t.Any, serve: Start, trusted: Connection) -> None:
    with pytest.raises(Unreachable, match="can't be reached"):
        ask(replace(trusted, server=serve().url.replace("http:", "https:")))
    with pytest.raises((Unreachable, ApiError)):
        ask(replace(trusted, server=secure.url.replace("https:", "http:")))


@pytest.mark.parametrize("ca", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "Ünlesbar"])
def test_an_authority_that_is_no_certificate(trusted: Connection, ca: str) -> None:
    with pytest.raises(BootstrapError, match="The certificate authority of context trial is not a PEM certificate."):
        ask(replace(trusted, ca=ca))


def test_notes_beside_a_certificate_do_no_harm(trusted: Connection) -> None:
    assert ask(replace(trusted, ca=f"Aussteller: Zürich\n{trusted.ca}"))


# --- client certificates


def test_a_client_certificate_logs_in(secure: t.Any, trusted: Connection, authority: t.Any) -> None:
    ask(replace(trusted, credentials=Credentials("client-certificate", certificate=authority.issue("alice"))))
    assert [request.user for request in secure.requests] == ["alice"]


def test_the_key_is_on_disk_no_longer_than_needed(trusted: Connection, authority: t.Any, tmp_path: Path, monkeypatch: t.Any) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    certificate, key = authority.issue("alice")
    ask(replace(trusted, credentials=Credentials("client-certificate", certificate=(certificate, key))))
    with pytest.raises(BootstrapError):
        ask(replace(trusted, credentials=Credentials("client-certificate", certificate=(certificate, "no key"))))
    assert os.listdir(tmp_path) == []


def test_a_pair_that_does_not_fit(trusted: Connection, authority: t.Any) -> None:
    (certificate, _key), (_other, key) = authority.issue("alice"), authority.issue("bob")
    for pair in ((certificate, key), (certificate, "no key"), ("no certificate", key), ("\ud800", key)):
        with pytest.raises(BootstrapError, match="The client certificate of context trial can't be used") as caught:
            ask(replace(trusted, credentials=Credentials("client-certificate", certificate=pair)))
        assert "KEY" not in str(caught.value).replace("KEY_VALUES_MISMATCH", "")


def test_an_exec_plugin_s_certificate_logs_in(secure: t.Any, trusted: Connection, authority: t.Any) -> None:
    credentials = Credentials("exec", _plugin={"command": "unused"}, certificate=authority.issue("carol"))
    ask(replace(trusted, credentials=credentials))
    assert [request.user for request in secure.requests] == ["carol"]


# --- proxies


def through(secure: t.Any, trusted: Connection, **changes: t.Any) -> t.Any:
    return ask(replace(trusted, server=f"https://cluster.example:{secure.port}", **changes))


def test_the_proxy_of_the_kubeconfig(secure: t.Any, trusted: Connection, proxy: Start) -> None:
    way = proxy(secure.port)
    assert through(secure, trusted, proxy=way.url) == {"gitVersion": "v1.35.0"}
    assert way.asked == [(f"cluster.example:{secure.port}", None)]
    assert secure.requests[0].headers["host"] == f"cluster.example:{secure.port}"


def test_the_login_of_a_proxy(secure: t.Any, trusted: Connection, proxy: Start) -> None:
    way = proxy(secure.port)
    through(secure, trusted, proxy=way.url.replace("http://", "http://me:p%40ss@"))
    assert way.asked[0][1] == "Basic bWU6cEBzcw=="


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_the_proxy_of_the_environment(secure: t.Any, trusted: Connection, proxy: Start, name: str) -> None:
    way = proxy(secure.port)
    assert through(secure, trusted, env={**ENV, name: way.url.removeprefix("http://")}) == {"gitVersion": "v1.35.0"}
    assert len(way.asked) == 1


@pytest.mark.parametrize(
    ("no_proxy", "goes_through"),
    [
        ("", True),
        ("other.example, 10.0.0.0/8", True),
        ("ample", True),
        (".cluster.example", True),
        ("cluster.example:1", True),
        ("cluster.example:PORT", False),
        ("other,cluster.example", False),
        ("CLUSTER.example", False),
        ("example", False),
        (".example", False),
        ("*.example", False),
        ("*", False),
    ],
)
def test_hosts_that_need_no_proxy(secure: t.Any, trusted: Connection, proxy: Start, no_proxy: str, goes_through: bool) -> None:
    way = proxy(secure.port)
    try:
        through(secure, trusted, env={**ENV, "HTTPS_PROXY": way.url, "NO_PROXY": no_proxy.replace("PORT", str(secure.port))})
    except Unreachable as error:
        assert "its name can't be resolved" in error.message
        assert not goes_through
    assert bool(way.asked) == goes_through


def test_networks_that_need_no_proxy_and_this_machine_itself(secure: t.Any, trusted: Connection, proxy: Start) -> None:
    way = proxy(secure.port)
    assert ask(replace(trusted, env={**ENV, "HTTPS_PROXY": way.url}))
    far = replace(trusted, server=f"https://192.0.2.7:{secure.port}", tls_server_name="cluster.example")
    ask(replace(far, env={**ENV, "HTTPS_PROXY": way.url, "NO_PROXY": "192.0.3.0/24"}))
    assert len(way.asked) == 1


def test_a_proxy_that_refuses_is_named_without_its_login(secure: t.Any, trusted: Connection, proxy: Start) -> None:
    way = proxy(secure.port, refuse=True)
    with pytest.raises(Unreachable, match="407 Proxy Authentication Required") as caught:
        through(secure, trusted, proxy=way.url.replace("http://", "http://me:hunter2@"))
    assert "hunter2" not in str(caught.value)


def test_a_proxy_of_another_kind(trusted: Connection) -> None:
    with pytest.raises(BootstrapError, match="The proxy socks5://proxy is not supported") as caught:
        ask(replace(trusted, proxy="socks5://me:hunter2@proxy:1080"))
    assert "hunter2" not in str(caught.value)


def test_a_proxy_variable_that_is_no_url(secure: t.Any, trusted: Connection) -> None:
    with pytest.raises(BootstrapError, match="proxy"):
        through(secure, trusted, env={**ENV, "HTTPS_PROXY": "http://proxy:port"})
