# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig is YAML as kubectl reads it, and its base64 is base64 as Go reads it."""

from __future__ import annotations

import base64
import json
import textwrap
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Kubeconfig, load
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ENV = {"HOME": "/nonexistent", "PATH": "/nonexistent"}
TEMPLATE = """\
apiVersion: v1
kind: Config
current-context: %(name)s
clusters:
- {name: %(name)s, cluster: {server: "https://127.0.0.1:6443"}}
contexts:
- {name: %(name)s, context: {cluster: %(name)s, user: %(name)s, namespace: %(name)s}}
users:
- {name: %(name)s, user: {token: %(name)s}}
"""
PEM = "-----BEGIN CERTIFICATE-----\n" + "\n".join(["MIIBeTCCAR+gAwIBAgIBADAKBggqhkjOPQQDAjAk"] * 9) + "\n-----END CERTIFICATE-----\n"

Load = Callable[[bytes | str], Kubeconfig]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    def of(content: bytes | str) -> Kubeconfig:
        (tmp_path / "config").write_bytes(content.encode() if isinstance(content, str) else content)
        return load(str(tmp_path / "config"), env=ENV)

    return of


TEXTS = [
    "2024-06-01",
    "2024-06-01T10:00:00Z",
    "2024-06-01 10:00:00",
    "12:30:45",
    "1:20",
    "=",
    "1.2.3",
    "_1",
    "433e40",
    "!!str 42",
    "!!timestamp 2024-06-01",
    "!mine 2024-06-01",
]


@pytest.mark.parametrize("name", TEXTS)
def test_what_kubectl_takes_for_text(read: Load, name: str) -> None:
    result, text = read(TEMPLATE % {"name": name}), name.partition(" ")[2] if name.startswith("!") else name
    assert (result.context, result.cluster, result.user, result.namespace) == (text, text, text, text)
    assert result.connection.credentials.headers() == {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("42", "a number"), ("0x1F", "a number"), ("1_000", "a number"), ("-1", "a number"), ("1.5", "a number"), ("yes", "a boolean")],
)
def test_what_kubectl_refuses_as_a_name(read: Load, name: str, kind: str) -> None:
    with pytest.raises(BootstrapError, match=f"current-context is {kind}, not text. Put it in quotes.$"):
        read(TEMPLATE % {"name": name})


PLAIN = (TEMPLATE % {"name": "é-lab"}).replace("token: é-lab", "token: abc")


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("utf-16"),
        "\ufeff".encode("utf-16-be") + PLAIN.encode("utf-16-be"),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        b"---\n" + PLAIN.encode() + b"...\n",
        PLAIN.encode() + b"---\nanother: document\n",
        PLAIN.encode() + b"---\n{ that is broken\n",
        PLAIN.replace("https://", "HTTPS://").encode(),
    ],
    ids=["UTF-16 LE", "UTF-16 BE", "UTF-8 with a mark", "CRLF", "marks", "two documents", "broken second document", "HTTPS"],
)
def test_forms_of_the_file(read: Load, content: bytes) -> None:
    result = read(content)
    assert (result.context, result.connection.server) == ("é-lab", "https://127.0.0.1:6443")


def test_http_in_capitals_is_http_and_other_schemes_stay_refused(read: Load) -> None:
    assert read(PLAIN.replace("https://", "Http://")).connection.server == "http://127.0.0.1:6443"
    with pytest.raises(BootstrapError, match="is neither https:// nor http://"):
        read(PLAIN.replace("https://", "HTTPX://"))


def wrapped(field: str, text: str) -> dict[str, str]:
    """A ``-data`` field in the forms that tools write."""
    data = base64.b64encode(text.encode()).decode()
    lines, inside = textwrap.wrap(data, 76), " " * 8
    block = "\n".join(inside + line for line in lines)
    twice = "\n".join(inside + line for line in textwrap.wrap(base64.b64encode(data.encode()).decode(), 76))
    return {
        "block": f"{field}: |\n{block}",
        "one line fed": f"{field}: |\n{inside}{data}",
        "escaped line feeds": f'{field}: "' + "\\n".join(lines) + '"',
        "escaped CRLF": f'{field}: "' + "\\r\\n".join(lines) + '\\r\\n"',
        "binary": f"{field}: !!binary |\n{twice}",
    }


@pytest.mark.parametrize("form", wrapped("", "x"))
@pytest.mark.parametrize("field", ["certificate-authority-data", "client-certificate-data", "client-key-data"])
def test_base64_with_line_breaks(read: Load, field: str, form: str) -> None:
    plain = {name: f"{name}: {base64.b64encode(PEM.encode()).decode()}" for name in ("client-certificate-data", "client-key-data")}
    plain["certificate-authority-data"] = f"certificate-authority-data: {base64.b64encode(PEM.encode()).decode()}"
    plain[field] = wrapped(field, PEM)[form]
    user = f"      {plain['client-certificate-data']}\n      {plain['client-key-data']}\n"
    connection = read(
        "current-context: lab\n"
        f"clusters:\n- name: lab\n  cluster:\n      server: https://127.0.0.1:6443\n      {plain['certificate-authority-data']}\n"
        "contexts:\n- {name: lab, context: {cluster: lab, user: me}}\n"
        f"users:\n- name: me\n  user:\n{user}"
    ).connection
    assert (connection.ca, connection.credentials.certificate) == (PEM, (PEM, PEM))


@pytest.mark.parametrize("wrong", ["QUJD REVG", "QUJD\tREVG", "QUI", "QUJD====", "Q-_D", "\n \n"])
def test_base64_that_kubectl_refuses(read: Load, wrong: str) -> None:
    text = TEMPLATE.replace("server:", f"certificate-authority-data: {wrong!r}, server:".replace("'", '"'))
    with pytest.raises(BootstrapError, match="certificate-authority-data is not base64 of a PEM text."):
        read(text % {"name": "lab"})


def encrypted(form: t.Any) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    hidden = serialization.BestAvailableEncryption(b"pass phrase")
    return key.private_bytes(serialization.Encoding.PEM, form, hidden).decode()


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("where", ["data", "file", "exec"])
def test_an_encrypted_key_is_refused_before_anybody_is_asked_for_its_pass_phrase(
    read: Load, tmp_path: Path, script: Callable[[str], Path], form: t.Any, where: str
) -> None:
    key = encrypted(form)
    (tmp_path / "key.pem").write_text(key)
    (tmp_path / "crt.pem").write_text(PEM)
    status = {"clientCertificateData": "C", "clientKeyData": key}
    plugin = script(f"cat <<'EOF'\n{json.dumps({'status': status})}\nEOF")
    users = {
        "data": f"client-certificate: crt.pem, client-key-data: {base64.b64encode(key.encode()).decode()}",
        "file": "client-certificate: crt.pem, client-key: key.pem",
        "exec": f"exec: {{apiVersion: client.authentication.k8s.io/v1, command: {plugin}}}",
    }
    text = TEMPLATE.replace("token: %(name)s", users[where]) % {"name": "lab"}
    with pytest.raises(BootstrapError, match="is encrypted with a pass phrase"):
        read(text).connection.credentials.prepare()
