# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python client of Kubernetes as an oracle: a kubeconfig leads both to the same server, as the same user.

It does not take the line feed at the end of a token file, as kubectl does, so that there is none here.
"""

from __future__ import annotations

import base64
import json
import textwrap
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig import load
from cryptography import x509

from tests.unit.conftest import Authority

kubernetes = pytest.importorskip("kubernetes")

Json = dict[str, t.Any]
TOKEN = "token-of-ada"


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


USERS: dict[str, Callable[[Path, tuple[str, str], str], Json]] = {
    "nobody": lambda _folder, _pair, _plugin: {},
    "token": lambda _folder, _pair, _plugin: {"token": TOKEN},
    "tokenFile": lambda folder, _pair, _plugin: {"tokenFile": str(folder / "token")},
    "basic": lambda _folder, _pair, _plugin: {"username": "ada", "password": "pass:word"},
    "certificate data": lambda _folder, pair, _plugin: {"client-certificate-data": data(pair[0]), "client-key-data": data(pair[1])},
    "certificate files": lambda _folder, _pair, _plugin: {"client-certificate": "ada.crt", "client-key": "ada.key"},
    "certificate and token": lambda _folder, pair, _plugin: {
        "client-certificate-data": data(pair[0]),
        "client-key-data": data(pair[1]),
        "token": TOKEN,
    },
    "exec": lambda _folder, _pair, plugin: {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": plugin, "interactiveMode": "Never"}
    },
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
}


def asked_by(path: Path, server: t.Any) -> list[tuple[str | None, str | None]]:
    """As whom the two clients ask the server: the header, and the name of the client certificate."""
    with Client(load(str(path), env={"PATH": "/usr/bin:/bin", "HOME": str(path.parent)}).connection) as ours:
        assert ours.get("/api/v1/namespaces/ml")["metadata"]["uid"] == "1"
    found = [server.requests[-1]]
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(config_file=str(path), client_configuration=configuration)
    configuration.retries = False
    with kubernetes.client.ApiClient(configuration) as theirs:
        assert kubernetes.client.CoreV1Api(theirs).read_namespace("ml").metadata.uid == "1"
    found.append(server.requests[-1])
    assert found[0] is not found[1]
    return [(request.headers.get("authorization"), request.user) for request in found]


@pytest.mark.parametrize("trust", TRUST)
def test_the_same_server_as_the_same_user(
    serve: t.Any, authority: t.Any, script: Callable[[str], Path], tmp_path: Path, trust: str
) -> None:
    server, pair = serve("127.0.0.1", "api.internal"), authority.issue("ada")
    server.routes["/api/v1/namespaces/ml"] = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "ml", "uid": "1"}}
    for name, text in (("token", TOKEN), ("ada.crt", pair[0]), ("ada.key", pair[1]), ("ca.crt", authority.pem)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    credential = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": TOKEN}}
    plugin = script(f"echo '{json.dumps(credential)}'")
    for who, user in USERS.items():
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {"server": server.url, **TRUST[trust](authority.pem)}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "ada", "namespace": "ml"}}],
            "users": [{"name": "ada", "user": user(tmp_path, pair, str(plugin))}],
        }
        for form, written in FORMS.items():
            path = tmp_path / "config"
            path.write_text(written(document), encoding="utf-8")
            mine, other = asked_by(path, server)
            assert mine == other, (who, trust, form)
            assert (mine == (None, None)) == (who == "nobody")
