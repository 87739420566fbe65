# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a user logs in: what is sent, what an exec plugin is told, and what is said when it does not work."""

from __future__ import annotations

import base64
import json
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.credentials import Credentials, from_user
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Json = dict[str, t.Any]
Script = Callable[..., Path]
ENV = {"PATH": ABSENT, "HOME": "/home/me"}
SECRET = "hunter2-hunter2"


def login(user: Json, cluster: Json | None = None, env: dict[str, str] | None = None) -> Credentials:
    return from_user({"_file": "/k/config", **user}, cluster or {}, ENV if env is None else env)


def fails(user: Json, env: dict[str, str] | None = None) -> str:
    with pytest.raises(BootstrapError) as caught:
        credentials = login(user, env=env)
        credentials.prepare()
        credentials.headers()
    assert SECRET not in str(caught.value)
    return str(caught.value)


def answer(**status: t.Any) -> str:
    """A shell command that answers as an exec plugin does."""
    return f"echo '{json.dumps({'kind': 'ExecCredential', 'status': status})}'"


def jwt(expiry: t.Any) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "RS256"}, {"exp": expiry})]
    return ".".join([*parts, "c2lnbmF0dXJl"])


# --- what is in the kubeconfig


@pytest.mark.parametrize(
    ("user", "method", "headers"),
    [
        ({}, "none", {}),
        ({"token": SECRET}, "token", {"Authorization": f"Bearer {SECRET}"}),
        ({"username": "me", "password": SECRET}, "basic", {"Authorization": "Basic bWU6aHVudGVyMi1odW50ZXIy"}),
        ({"username": "me"}, "basic", {"Authorization": "Basic bWU6"}),
        ({"token": "a", "username": "me", "exec": {"command": "x"}}, "token", {"Authorization": "Bearer a"}),
        ({"token": "a", "as": "bob"}, "token", {"Authorization": "Bearer a", "Impersonate-User": "bob"}),
    ],
)
def test_what_is_sent(user: Json, method: str, headers: dict[str, str]) -> None:
    credentials = login(user)
    assert (credentials.method, credentials.headers(), credentials.renew(0)) == (method, headers, False)
    assert SECRET not in repr(credentials)


def test_a_token_file_wins_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    credentials = login({"tokenFile": str(path), "token": "other"})
    assert (credentials.method, credentials.headers()) == ("token-file", {"Authorization": "Bearer first"})
    path.write_text("second\n")
    assert credentials.headers() == {"Authorization": "Bearer second"}
    path.unlink()
    with pytest.raises(BootstrapError, match=f"The token file {path} can't be read: No such file or directory."):
        credentials.headers()


def test_a_client_certificate_as_data(tmp_path: Path) -> None:
    data = {f"client-{part}-data": base64.b64encode(part.encode()).decode() for part in ("certificate", "key")}
    credentials = login(data)
    assert (credentials.method, credentials.certificate, credentials.headers()) == ("client-certificate", ("certificate", "key"), {})


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"client-key-data": "a2V5"}, "client-certificate and client-key belong together, one is missing."),
        ({"client-certificate-data": "%", "client-key-data": "a2V5"}, "client-certificate-data is not base64"),
        ({"client-certificate": ABSENT}, f"client-certificate {ABSENT} can't be read: No such file or directory."),
        ({"token": 5}, "token is a number, not text. Put it in quotes."),
        ({"token": f"{SECRET}\n"}, "token holds a line break"),
        ({"token": f"{SECRET}é"}, "token holds a line break or another character"),
        ({"username": "me", "password": ["x"]}, "password is a list, not text."),
        ({"token": "a", "as": "b\nc"}, "as holds a line break"),
        ({"token": "a", "as": "b", "as-groups": "c"}, "as-groups is not a list"),
        ({"token": "a", "as": "b", "as-groups": ["c\nd"]}, "as-groups or as-user-extra holds a line break"),
        ({"token": "a", "as-groups": ["c"]}, "need as, the user to act as."),
        ({"exec": {"args": []}}, "exec names no command."),
        ({"exec": "gcloud"}, "exec names no command."),
        ({"exec": {"command": "x", "args": 5}}, "args of exec"),
        ({"exec": {"command": "x", "env": {"A": "b"}}}, "env of exec"),
        ({"exec": {"command": "x", "env": [{"name": "A"}]}}, "env of exec"),
        ({"exec": {"command": "x", "env": [{"name": "A", "value": 5}]}}, "env of exec"),
        ({"exec": {"command": "x", "apiVersion": 1}}, "apiVersion of exec"),
        ({"auth-provider": {"name": "openstack"}}, "logs in with the auth-provider 'openstack', which is not supported."),
        ({"auth-provider": "gcp"}, "logs in with the auth-provider None"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(user: Json, expected: str) -> None:
    message = fails(user)
    assert message.startswith("The kubeconfig /k/config")
    assert expected in message


# --- expiry


def test_a_token_says_when_it_expired() -> None:
    assert login({"token": jwt(1_700_000_000)}).expired() == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.%%%.c", jwt(4_000_000_000), jwt(None), jwt("soon"), jwt([]), jwt(10**30)])
def test_a_token_that_is_good_or_says_nothing_has_not_expired(token: str) -> None:
    assert login({"token": token}).expired() is None


# --- exec plugins


def test_a_plugin_gives_a_token_once(script: Script, tmp_path: Path) -> None:
    command = script(f"echo run >> {tmp_path}/runs\n" + answer(token=SECRET))
    credentials = login({"exec": {"command": str(command)}})
    assert (credentials.method, credentials.helper, credentials.headers()) == ("exec", str(command), {})
    assert not (tmp_path / "runs").exists()
    for _time in range(2):
        credentials.prepare()
    assert credentials.headers() == {"Authorization": f"Bearer {SECRET}"}
    assert (tmp_path / "runs").read_text().split() == ["run"]
    assert credentials.renew(0) is True
    assert (tmp_path / "runs").read_text().split() == ["run", "run"]
    assert SECRET not in repr(credentials)


def test_a_plugin_gives_a_client_certificate(script: Script) -> None:
    command = script(answer(clientCertificateData="certificate", clientKeyData=SECRET))
    credentials = login({"exec": {"command": str(command)}})
    credentials.prepare()
    assert (credentials.certificate, credentials.headers()) == (("certificate", SECRET), {})
    assert SECRET not in repr(credentials)


def test_what_a_plugin_is_told(script: Script, tmp_path: Path) -> None:
    output = f'echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info\necho "$A $HOME $1 $2" > {tmp_path}/told\n'
    command = script(output + answer(token="x"))
    plugin = {
        "command": str(command),
        "apiVersion": "client.authentication.k8s.io/v1",
        "args": ["one", "two words"],
        "env": [{"name": "A", "value": "from the kubeconfig"}],
        "provideClusterInfo": True,
    }
    cluster = {"server": "https://c:1", "certificate-authority-data": "Y2E="}
    login({"exec": plugin}, cluster, {**ENV, "A": "from outside"}).prepare()
    assert (tmp_path / "told").read_text() == "from the kubeconfig /home/me one two words\n"
    assert json.loads((tmp_path / "info").read_text()) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": cluster},
    }
    login({"exec": {**plugin, "provideClusterInfo": False}}, cluster).prepare()
    assert json.loads((tmp_path / "info").read_text())["spec"] == {"interactive": False}


def test_a_relative_command_is_relative_to_the_kubeconfig_a_bare_one_is_looked_up(script: Script, tmp_path: Path) -> None:
    script(answer(token="x"), "helper")
    file = str(tmp_path / "config")
    relative = from_user({"_file": file, "exec": {"command": "./helper"}}, {}, ENV)
    bare = from_user({"_file": file, "exec": {"command": "helper"}}, {}, {"PATH": str(tmp_path)})
    for credentials in (relative, bare):
        credentials.prepare()
        assert credentials.headers() == {"Authorization": "Bearer x"}
    assert "helper, which is not installed here" in fails({"exec": {"command": "helper"}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo first >&2; echo you are logged out >&2; exit 3", "ended with 3: you are logged out Log in with that tool"),
        ("exit 1", "ended with 1: it said nothing"),
        ("echo rubbish", "answered something that is not an ExecCredential with a status."),
        (r"printf '\377\376'", "answered something that is not an ExecCredential with a status."),
        ("true", "answered something that is not an ExecCredential with a status."),
        ("echo '{}'", "answered something that is not an ExecCredential with a status."),
        ("echo '[]'", "answered something that is not an ExecCredential with a status."),
        ("""echo '{"status": 5}'""", "answered something that is not an ExecCredential with a status."),
        (answer(), "answered neither a token nor a client certificate with its key."),
        (answer(token=5, clientKeyData=SECRET), "answered neither a token nor a client certificate with its key."),
        (answer(clientKeyData=SECRET), "answered neither a token nor a client certificate with its key."),
        (answer(token=f"{SECRET}\\n"), "answered a token that holds a line break"),
    ],
)
def test_a_plugin_that_does_not_work(script: Script, text: str, expected: str) -> None:
    command = script(text)
    message = fails({"exec": {"command": str(command)}})
    assert message.startswith(f"To log in, {command} ")
    assert expected in message


def test_a_plugin_that_can_not_be_run(tmp_path: Path) -> None:
    path = tmp_path / "plugin"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    assert f"To log in, {path} can't be run: Exec format error." in fails({"exec": {"command": str(path)}})


@pytest.mark.parametrize(
    ("plugin", "fix"),
    [
        ({"command": "aws"}, "Install the AWS CLI, version 2."),
        ({"command": "/opt/gone/kubelogin"}, "Install it: az aks install-cli"),
        ({"command": "special", "installHint": "Ask Bob."}, "Ask Bob."),
    ],
)
def test_a_plugin_that_is_not_there_says_how_to_get_it(plugin: Json, fix: str) -> None:
    message = fails({"exec": plugin})
    assert message == f"To log in, the kubeconfig runs {plugin['command']}, which is not installed here. {fix}"


def test_google_s_old_way_is_repaired(script: Script, tmp_path: Path) -> None:
    config = {"cmd-path": "/usr/lib/google-cloud-sdk/bin/gcloud", "access-token": SECRET, "expiry": "2018-06-01T00:00:00Z"}
    user = {"auth-provider": {"name": "gcp", "config": config}}
    assert "Install it: gcloud components install gke-gcloud-auth-plugin" in fails(user)
    script(f'echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info\n' + answer(token="new"), "gke-gcloud-auth-plugin")
    credentials = login(user, {"server": "https://c:1"}, {"PATH": str(tmp_path)})
    credentials.prepare()
    assert (credentials.method, credentials.helper) == ("exec", "gke-gcloud-auth-plugin")
    assert credentials.headers() == {"Authorization": "Bearer new"}
    info = json.loads((tmp_path / "info").read_text())
    assert (info["apiVersion"], info["spec"]["cluster"]["server"]) == ("client.authentication.k8s.io/v1beta1", "https://c:1")
