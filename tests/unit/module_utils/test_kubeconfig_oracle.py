# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python client of Kubernetes as an oracle: a kubeconfig leads both to the same server, as the same user.

Where it is known to differ from kubectl, kubectl is the judge.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import textwrap
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from cryptography import x509

from tests.patience import patience
from tests.unit.conftest import Authority

kubernetes = pytest.importorskip("kubernetes")

Json = dict[str, t.Any]
TOKEN = "token-of-ada"
NAMESPACE = "/api/v1/namespaces/ml"
HEADERS = ("authorization", "impersonate-user", "impersonate-group")
Asked = tuple[str | None, ...] | None
"""As whom a server was asked: the headers, and the name of the client certificate. None where it was not."""


def data(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 76)) + "\n"


class Strict(Authority):
    """With the extensions that OpenSSL's strict mode asks for, in which the oracle verifies and kubectl does not."""

    def _builder(self, name: str, key: t.Any, days: int = 1) -> x509.CertificateBuilder:
        builder = super()._builder(name, key, days)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        usage = dict.fromkeys(("content_commitment", "data_encipherment", "encipher_only", "decipher_only", "crl_sign"), False)
        usage |= {"digital_signature": True, "key_cert_sign": key is self._key, "key_encipherment": False, "key_agreement": False}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=False)
        return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Strict("strict-ca")


def exec_of(folder: Path, status: Json) -> Json:
    """A user whose exec plugin answers this."""
    plugin = folder / "plugin"
    version = "client.authentication.k8s.io/v1"
    answer = json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status})
    plugin.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{answer}\nEND\n", encoding="utf-8")
    plugin.chmod(0o755)
    return {"exec": {"apiVersion": version, "command": str(plugin), "interactiveMode": "Never"}}


USERS: dict[str, Callable[[Path, tuple[str, str]], Json]] = {
    "nobody": lambda _folder, _pair: {},
    "token": lambda _folder, _pair: {"token": TOKEN},
    "tokenFile": lambda folder, _pair: {"tokenFile": str(folder / "token")},
    "basic": lambda _folder, _pair: {"username": "ada", "password": "pass:word"},
    "certificate data": lambda _folder, pair: {"client-certificate-data": data(pair[0]), "client-key-data": data(pair[1])},
    "certificate files": lambda _folder, _pair: {"client-certificate": "ada.crt", "client-key": "ada.key"},
    "certificate and token": lambda _folder, pair: {
        "client-certificate-data": data(pair[0]),
        "client-key-data": data(pair[1]),
        "token": TOKEN,
    },
    "exec": lambda folder, _pair: exec_of(folder, {"token": TOKEN}),
    "exec with a certificate": lambda folder, pair: exec_of(folder, {"clientCertificateData": pair[0], "clientKeyData": pair[1]}),
}
TRUST: dict[str, Callable[[str], Json]] = {
    "data": lambda pem: {"certificate-authority-data": data(pem)},
    "file": lambda _pem: {"certificate-authority": "ca.crt"},
    "skip": lambda _pem: {"insecure-skip-tls-verify": True},
    "server name": lambda pem: {"certificate-authority-data": data(pem), "tls-server-name": "api.internal"},
}


def _wrap(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: wrapped(each) if key.endswith("-data") else _wrap(each) for key, each in value.items()}
    return [_wrap(each) for each in value] if isinstance(value, list) else value


FORMS: dict[str, Callable[[Json], str]] = {
    "YAML": yaml.safe_dump,
    "JSON": json.dumps,
    "wrapped base64": lambda document: yaml.safe_dump(_wrap(document), default_style="|"),
    "wrapped base64 in quotes": lambda document: json.dumps(_wrap(document)),
    "anchors, comments and CRLF": lambda document: f"# lab\nx: &c\n- 1\ny: *c\n{yaml.safe_dump(document)}".replace("\n", "\r\n"),
}


def asked_last(server: t.Any, before: int) -> Asked:
    if len(server.requests) == before:
        return None
    request = server.requests[-1]
    return (*(request.headers.get(name) for name in HEADERS), request.user)


def by_us(path: Path, server: t.Any, env: dict[str, str]) -> Asked:
    before = len(server.requests)
    try:
        with Client(load(str(path), env={"PATH": "/usr/bin:/bin", "HOME": str(path.parent), **env}).connection) as ours:
            assert ours.get(NAMESPACE)["metadata"]["uid"] == "1"
    except BootstrapError:
        return None
    return asked_last(server, before)


def by_oracle(path: Path, server: t.Any) -> Asked:
    before = len(server.requests)
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(config_file=str(path), client_configuration=configuration)
    configuration.retries = False
    with kubernetes.client.ApiClient(configuration) as theirs:
        assert kubernetes.client.CoreV1Api(theirs).read_namespace("ml").metadata.uid == "1"
    return asked_last(server, before)


def by_kubectl(kubectl: str, path: Path, server: t.Any, env: dict[str, str]) -> Asked:
    before = len(server.requests)
    argv = [kubectl, f"--kubeconfig={path}", "get", "--raw", NAMESPACE, "--request-timeout=20s"]
    subprocess.run(
        argv, env={"PATH": "/usr/bin:/bin", "HOME": str(path.parent), **env}, capture_output=True, check=False, timeout=patience(3)
    )
    return asked_last(server, before)


@pytest.fixture(scope="module")
def kubectl() -> str:
    """That of a local cluster, or of this machine."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = sorted(cache.glob("kubeflow.bootstrap/control-plane/*/bin/kubectl"))
    program = str(built[-1]) if built else shutil.which("kubectl")
    if not program:
        pytest.skip("There is no kubectl: a local cluster brings one (make local-cluster).")
    return program


@pytest.fixture
def lab(serve: t.Any, authority: Authority, tmp_path: Path) -> tuple[t.Any, tuple[str, str]]:
    """A server, the pair of a user, and beside the kubeconfig the files that it may name."""
    server, pair = serve("127.0.0.1", "api.internal"), authority.issue("ada")
    server.routes[NAMESPACE] = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "ml", "uid": "1"}}
    for name, text in (("token", TOKEN), ("ada.crt", pair[0]), ("ada.key", pair[1]), ("ca.crt", authority.pem)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return server, pair


def kubeconfig(cluster: Json, user: Json) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "ada", "namespace": "ml"}}],
        "users": [{"name": "ada", "user": user}],
    }


@pytest.mark.parametrize("trust", TRUST)
def test_the_same_server_as_the_same_user(lab: t.Any, authority: Authority, tmp_path: Path, trust: str) -> None:
    server, pair = lab
    path = tmp_path / "config"
    for who, user in USERS.items():
        document = kubeconfig({"server": server.url, **TRUST[trust](authority.pem)}, user(tmp_path, pair))
        # How it is written does not depend on how the server is trusted.
        for form, written in FORMS.items() if trust == "data" else [("YAML", yaml.safe_dump)]:
            path.write_bytes(written(document).encode())
            asked = by_us(path, server, {})
            assert asked is not None, (who, trust, form)
            assert asked == by_oracle(path, server), (who, trust, form)
            assert any(asked) == (who != "nobody")


DEAD = f"http://{NOBODY}"
"""A proxy that nobody may go through."""
WAYS: dict[str, tuple[bool, str | None, dict[str, str]]] = {
    "proxy-url": (True, "PROXY", {}),
    "proxy-url, not the environment's": (True, "PROXY", {"HTTPS_PROXY": DEAD}),
    "HTTPS_PROXY": (True, None, {"HTTPS_PROXY": "PROXY"}),
    "https_proxy": (True, None, {"https_proxy": "PROXY"}),
    "HTTPS_PROXY, not HTTP_PROXY": (True, None, {"HTTPS_PROXY": "PROXY", "HTTP_PROXY": DEAD}),
    "NO_PROXY of others": (True, None, {"HTTPS_PROXY": "PROXY", "NO_PROXY": "pi.internal,10.0.0.0/8"}),
    "NO_PROXY": (False, None, {"HTTPS_PROXY": DEAD, "NO_PROXY": "other.example,api.internal"}),
    "NO_PROXY of a domain": (False, None, {"HTTPS_PROXY": DEAD, "NO_PROXY": ".internal"}),
    "no_proxy": (False, None, {"https_proxy": DEAD, "no_proxy": "api.internal"}),
    "NO_PROXY of all": (False, None, {"HTTPS_PROXY": DEAD, "NO_PROXY": "*"}),
    "HTTP_PROXY alone": (False, None, {"HTTP_PROXY": DEAD}),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_way(lab: t.Any, authority: Authority, proxy: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    server, pair = lab
    tunnel = proxy(server.port)
    through, url, variables = WAYS[way]
    variables = {name: value.replace("PROXY", tunnel.url) for name, value in variables.items()}
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    resolve = socket.getaddrinfo
    known = {"api.internal": "127.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: resolve(known.get(host, host), *more, **named))
    cluster = {"server": f"https://api.internal:{server.port}", "certificate-authority": "ca.crt"}
    path = tmp_path / "config"
    path.write_text(json.dumps(kubeconfig({**cluster, **({"proxy-url": tunnel.url} if url else {})}, {"token": TOKEN})), encoding="utf-8")
    asked = by_us(path, server, variables)
    assert asked == (f"Bearer {TOKEN}", None, None, None)
    assert [host for host, _login in tunnel.asked] == [f"api.internal:{server.port}"] * through
    assert by_oracle(path, server) == asked
    assert len(tunnel.asked) >= 2 if through else not tunnel.asked


def dump(document: Json, encoding: str = "utf-8") -> bytes:
    return yaml.safe_dump(document).encode(encoding)


DISPUTED: dict[str, tuple[Callable[[Path, tuple[str, str]], Json], Callable[[Json], bytes], bool]] = {
    "a line feed ends the token file": (lambda folder, _pair: {"tokenFile": str(folder / "fed")}, dump, True),
    "tokenFile before token": (
        lambda folder, _pair: {"tokenFile": str(folder / "token"), "token": "another"},
        dump,
        True,
    ),
    "token before exec": (
        lambda folder, _pair: {"token": "another", **exec_of(folder, {"token": TOKEN})},
        dump,
        True,
    ),
    "exec with a token and a certificate": (
        lambda folder, pair: exec_of(folder, {"token": TOKEN, "clientCertificateData": pair[0], "clientKeyData": pair[1]}),
        dump,
        True,
    ),
    "as somebody else": (
        lambda _folder, _pair: {"token": TOKEN, "as": "grace", "as-groups": ["ops"]},
        dump,
        True,
    ),
    "UTF-16": (lambda _folder, _pair: {"token": TOKEN}, lambda config: dump(config, "utf-16"), True),
    "UTF-16, big endian": (lambda _folder, _pair: {"token": TOKEN}, lambda config: b"\xfe\xff" + dump(config, "utf-16-be"), True),
    "UTF-16, certificate": (
        lambda _folder, pair: {"client-certificate-data": wrapped(data(pair[0])), "client-key-data": wrapped(data(pair[1]))},
        lambda config: dump(config, "utf-16"),
        True,
    ),
    "UTF-8 with a byte order mark": (lambda _folder, _pair: {"token": TOKEN}, lambda config: dump(config, "utf-8-sig"), True),
    "two documents": (
        lambda _folder, _pair: {"token": TOKEN},
        lambda config: dump(config) + b"---\ncurrent-context: another\n",
        True,
    ),
    "a date for a token": (
        lambda _folder, _pair: {"token": "DATE"},
        lambda config: dump(config).replace(b"DATE", b"2026-01-01"),
        True,
    ),
    "blanks in base64": (
        lambda _folder, pair: {"client-certificate-data": data(pair[0]).replace("L", "L ", 1), "client-key-data": data(pair[1])},
        dump,
        False,
    ),
    "a number for a token": (
        lambda _folder, _pair: {"token": 12345},
        dump,
        False,
    ),
}


@pytest.mark.parametrize("case", DISPUTED)
def test_kubectl_is_the_judge(lab: t.Any, authority: Authority, kubectl: str, tmp_path: Path, case: str) -> None:
    """What the oracle refuses, ignores or takes otherwise, and what is near to that."""
    server, pair = lab
    user, written, reaches = DISPUTED[case]
    (tmp_path / "fed").write_text(f"{TOKEN}\n", encoding="utf-8")
    path = tmp_path / "config"
    cluster = {"server": server.url, "certificate-authority-data": data(authority.pem)}
    path.write_bytes(written(kubeconfig(cluster, user(tmp_path, pair))))
    asked = by_us(path, server, {})
    assert asked == by_kubectl(kubectl, path, server, {})
    assert (asked is not None) == reaches


def test_no_proxy_leads_to_this_machine(lab: t.Any, authority: Authority, kubectl: str, tmp_path: Path) -> None:
    """As in Go's net/http; the oracle would ask the proxy."""
    server, _pair = lab
    path = tmp_path / "config"
    cluster = {"server": server.url, "certificate-authority-data": data(authority.pem)}
    path.write_text(json.dumps(kubeconfig(cluster, {"token": TOKEN})), encoding="utf-8")
    for env in ({"HTTPS_PROXY": DEAD}, {"https_proxy": DEAD, "NO_PROXY": "other.example"}):
        assert by_us(path, server, env) == by_kubectl(kubectl, path, server, env) == (f"Bearer {TOKEN}", None, None, None)


def test_the_proxy_of_the_kubeconfig_counts_whatever_no_proxy_says(
    lab: t.Any, authority: Authority, proxy: t.Any, kubectl: str, tmp_path: Path
) -> None:
    server, _pair = lab
    tunnel, path = proxy(server.port), tmp_path / "config"
    cluster = {"server": f"https://api.internal:{server.port}", "certificate-authority": "ca.crt", "proxy-url": tunnel.url}
    path.write_text(json.dumps(kubeconfig(cluster, {"token": TOKEN})), encoding="utf-8")
    env = {"NO_PROXY": "api.internal", "HTTPS_PROXY": DEAD}
    assert by_us(path, server, env) == by_kubectl(kubectl, path, server, env) == (f"Bearer {TOKEN}", None, None, None)
    # kubectl may try again.
    assert len(tunnel.asked) >= 2 and {host for host, _login in tunnel.asked} == {f"api.internal:{server.port}"}
