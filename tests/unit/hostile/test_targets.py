# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever names a cluster may be wrong: an option, a variable of the environment, a pod's files. Each time it is said in one message."""

from __future__ import annotations

import base64
import itertools
import json
import os
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.detect import gcp
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.detect.detection import SourceUnavailable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

# fmt: off
ADDRESSES = (
    "https://[::1", "https://[::1]:x", "https://h:99999", "https://h:0", "https://h:-1", "https://h: 6443", "https://ho st:1", "https://h\0",
    "https://h\r\nX: y", "https://\u202eh", "https://h:1:2", "https://[fe80::1%eth0", "http://", "https:///x", "//h",
    "https://h/\u00e9", "http://127.0.0.1:\uff11", "https://\ud800",
)
# fmt: on
NO_PATHS = ("\0", "x" * 5000, "a\nb", ABSENT, "/dev/zero", "/", "~nobody-at-all/x")
NO_TEXT = ("\ud800", "\udcff")
HERE = {"K8S_AUTH_HOST": "http://127.0.0.1:9"}


def refused(env: dict[str, str], **args: t.Any) -> str:
    """The one message of all that begins with it: no other exception."""
    context = Context(env={"HOME": ABSENT, "PATH": ABSENT, **env})
    with (
        pytest.raises(BootstrapError) as caught,
        connect({**dict.fromkeys(TARGET_ARGUMENTS), "wait_timeout": 1, **args}, context) as client,
    ):
        client.get("/api/v1/namespaces/kube-system")
    message = str(caught.value)
    assert len(message) < 1000, message
    return message


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_address_of_a_server(address: str) -> None:
    assert refused({}, server=address).startswith("server is not the URL of an API server.")
    for more in ({}, {"K8S_AUTH_API_KEY": "a"}):
        assert "is not the URL of an API server" in refused({"K8S_AUTH_HOST": address, **more})


@pytest.mark.parametrize("address", ["https://[::1", "http://h:x", "http://h:0", "//h"])
def test_what_is_no_address_of_a_proxy(address: str) -> None:
    for more in ({}, {"K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH": "a:b"}):
        assert "proxy" in refused({"K8S_AUTH_HOST": "https://192.0.2.1", "K8S_AUTH_PROXY": address, **more}).lower()
    assert "proxy" in refused({"HTTPS_PROXY": address}, server="https://192.0.2.1").lower()


@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_no_file(path: str) -> None:
    assert "can't be read" in refused({}, server="https://127.0.0.1:9", certificate_authority=path)
    assert "kubeconfig" in refused({}, kubeconfig=path).lower()
    assert "kubeconfig" in refused({"KUBECONFIG": path}).lower()
    for name in ("SSL_CA_CERT", "CA_CERT", "KUBECONFIG"):
        assert f"K8S_AUTH_{name.removeprefix('SSL_')}" in refused({**HERE, f"K8S_AUTH_{name}": path}).replace("SSL_", "")
    assert "can't be read" in refused({**HERE, "K8S_AUTH_CERT_FILE": path, "K8S_AUTH_KEY_FILE": path})


@pytest.mark.parametrize("text", NO_TEXT)
@pytest.mark.parametrize("name", ["USERNAME", "PASSWORD", "API_KEY", "IMPERSONATE_USER", "PROXY_HEADERS_PROXY_BASIC_AUTH"])
def test_what_can_not_be_sent(name: str, text: str) -> None:
    login = {"K8S_AUTH_USERNAME": "a", "K8S_AUTH_PASSWORD": "b"} if name in ("USERNAME", "PASSWORD") else {}
    message = refused({**HERE, "K8S_AUTH_PROXY": "http://127.0.0.1:9", **login, f"K8S_AUTH_{name}": text})
    assert "UTF-8" in message or "can't be sent" in message


def test_the_files_of_a_pod(tmp_path: Path) -> None:
    forms: dict[str, t.Callable[[Path], object]] = {
        "text": lambda path: path.write_text("text"),
        "bytes": lambda path: path.write_bytes(b"\xff\xfe\0"),
        "nothing": lambda path: path.write_bytes(b""),
        "folder": lambda path: path.mkdir(),
        "pipe": os.mkfifo,
    }
    for number, (token, authority, namespace) in enumerate(itertools.product(forms, repeat=3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, form in (("token", token), ("ca.crt", authority), ("namespace", namespace)):
            forms[form](folder / name)
        pod = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "9", "KUBEFLOW_BOOTSTRAP_SERVICE_ACCOUNT": str(folder)}
        refused(pod)
    for wrong in ({"KUBERNETES_SERVICE_HOST": "[::1"}, {"KUBERNETES_SERVICE_HOST": "a b"}, {"KUBERNETES_SERVICE_PORT": "x"}):
        assert "name no address" in refused({**pod, **wrong})


SECRET = "1//0gAb-Cd3fGh1jKlMn0pQrStUvWxYz"


@pytest.mark.parametrize(
    "write", [json.dumps, lambda each: json.dumps(each, indent=1), yaml.safe_dump, lambda each: _base64(json.dumps(each))]
)
@pytest.mark.parametrize(
    "name", ["KUBECONFIG", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_KEY_FILE", "K8S_AUTH_CA_CERT", "GOOGLE_APPLICATION_CREDENTIALS"]
)
def test_content_in_the_place_of_a_path_is_not_quoted(name: str, write: t.Callable[[t.Any], str]) -> None:
    """As secrets of a CI system are often set."""
    content = write({"type": "authorized_user", "refresh_token": SECRET, "users": [{"user": {"token": SECRET}}]})
    if name == "GOOGLE_APPLICATION_CREDENTIALS":
        with pytest.raises(SourceUnavailable) as caught:
            gcp.credentials({name: content}, None)
        message = str(caught.value)
    else:
        message = refused(
            {"K8S_AUTH_HOST": "https://127.0.0.1:9", "K8S_AUTH_CERT_FILE": ABSENT, name: content} if "K8S" in name else {name: content}
        )
    assert content[:30] not in message and all(SECRET[at : at + 12] not in message for at in range(len(SECRET) - 11)), message


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
