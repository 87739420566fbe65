# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig that is wrong in any place gives a result or one clear message, never another exception, and shows no secret."""

from __future__ import annotations

import base64
import copy
import datetime
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.kubeconfig import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.http.deadline import ExchangeDeadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.transport import open_connection, ssl_context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Json = dict[str, t.Any]
SECRET = "hunter2-hunter2"
WRONG: list[t.Any] = [None, True, 5, 1.5, "", "text\nof two lines", "é\x07", [], [1], {}, {"a": 1}, datetime.date(2026, 1, 1), b"\xff"]


def kubeconfig(users: dict[str, Json], ca: str) -> Json:
    names = list(users)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": names[0],
        "preferences": {},
        "clusters": [
            {
                "name": "c",
                "cluster": {
                    "server": "https://c.example:6443",
                    "certificate-authority-data": base64.b64encode(ca.encode()).decode(),
                    "tls-server-name": "c",
                    "proxy-url": f"http://me:{SECRET}@proxy:3128",
                    "insecure-skip-tls-verify": False,
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": name, "namespace": "ns"}} for name in names],
        "users": [{"name": name, "user": user} for name, user in users.items()],
    }


def documents(plugin: Path, ca: str) -> dict[str, Json]:
    """A good kubeconfig for each way to log in."""
    secret = base64.b64encode(SECRET.encode()).decode()
    users: dict[str, Json] = {
        "token": {"token": SECRET, "as": "somebody"},
        "basic": {"username": "me", "password": SECRET},
        "certificate": {"client-certificate-data": secret, "client-key-data": secret},
        "files": {"client-certificate": str(plugin), "client-key": str(plugin)},
        "provider": {"auth-provider": {"name": "gcp", "config": {"access-token": SECRET}}},
        "exec": {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": str(plugin),
                "args": [SECRET],
                "env": [{"name": "A", "value": SECRET}],
                "provideClusterInfo": True,
                "installHint": "Install it.",
                "interactiveMode": "Never",
            }
        },
    }
    return {name: kubeconfig({name: users[name]}, ca) for name in users}


def places(value: t.Any, path: tuple[t.Any, ...] = ()) -> Iterator[tuple[t.Any, ...]]:
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def replaced(document: Json, path: tuple[t.Any, ...], value: t.Any) -> Json:
    document = copy.deepcopy(document)
    parent: t.Any = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return document


def survives(path: Path) -> bool:
    """Go the whole way to the first request, without sending it. True: there was something to send it with."""
    env = {"HOME": ABSENT, "PATH": ABSENT}
    try:
        result = load(str(path), env=env)
        shown = f"{result!r} {describe(result)}"
        assert SECRET not in shown
        yaml.safe_dump(describe(result))
        credentials = result.connection.credentials
        credentials.prepare()
        with Client(result.connection) as client:
            assert client.connections.requests == 0
        open_connection(result.connection, ssl_context(result.connection), ExchangeDeadline(1, 1))
        headers = credentials.headers()
        assert all("\n" not in value and value.isascii() for value in headers.values())
        credentials.expired()
        assert SECRET not in repr(result)
    except BootstrapError as error:
        assert SECRET not in str(error)
        assert SECRET not in str(error.details)
        return False
    return True


@pytest.fixture
def plugin(script: Callable[[str], Path]) -> Path:
    return script(f"""echo '{{"status": {{"token": "{SECRET}"}}}}'""")


@pytest.mark.parametrize(
    "way", ["token", "files", "exec", *(pytest.param(way, marks=pytest.mark.soak) for way in ("basic", "certificate", "provider"))]
)
def test_each_value_replaced_by_what_does_not_belong_there(plugin: Path, authority: t.Any, tmp_path: Path, way: str) -> None:
    document = documents(plugin, authority.pem)[way]
    path = tmp_path / "config"
    survived = 0
    for place in places(document):
        for wrong in WRONG:
            path.write_text(yaml.safe_dump(replaced(document, place, wrong), allow_unicode=True), encoding="utf-8")
            survived += survives(path)
    assert survived


def test_bytes_cut_off_anywhere(plugin: Path, authority: t.Any, tmp_path: Path) -> None:
    content = yaml.safe_dump(documents(plugin, authority.pem)["basic"]).encode()
    path = tmp_path / "config"
    for length in range(0, len(content), 3):
        path.write_bytes(content[:length])
        survives(path)
    path.write_bytes(content)
    assert survives(path)


def test_bytes_that_became_others(plugin: Path, authority: t.Any, tmp_path: Path) -> None:
    content = yaml.safe_dump(documents(plugin, authority.pem)["basic"]).encode()
    path = tmp_path / "config"
    for position in range(len(content)):
        for other in b"\x00\xff:[{\"'!\n-&*#%":
            if (position + other) % 13 == 0:
                path.write_bytes(content[:position] + bytes([other]) + content[position + 1 :])
                survives(path)
