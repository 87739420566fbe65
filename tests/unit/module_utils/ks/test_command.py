# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which ks will do, and how it is run: nothing secret in its arguments, nothing left behind, not forever."""

from __future__ import annotations

import base64
import json
import os
import stat
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks import command
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.command import Ks, KsBinary, find_binary, obstacle, prepared, probe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.credentials import Credentials, from_user
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, until

Program = Callable[..., str]
SERVER = "https://10.0.0.1:6443"
ENV = {"PATH": "/usr/bin:/bin", "HOME": ABSENT}


@pytest.fixture
def ks(tmp_path: Path) -> Program:
    """``ks(text, folder="bin")``: the path of a program in sh."""

    def write(text: str, folder: str = "bin") -> str:
        path = tmp_path / folder / "ks"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    return write


def version(text: str) -> str:
    return f"echo 'ksonnet version: {text}'; echo 'jsonnet version: v0.10.0'; echo 'client-go version: v1.6.8-beta.0+$Format:%h$'"


@pytest.mark.parametrize("text", ["0.10.0", "v0.10.2", "0.13.1", "1.0.0", "0.11.0-rc.1"])
def test_0_10_and_newer_will_do(ks: Program, text: str) -> None:
    path = ks(version(text))
    assert probe(path, ENV) == KsBinary(path, text.lstrip("v"))


@pytest.mark.parametrize("text", ["0.9.2", "v0.8.0", "0.10.0-alpha.1", "0.1.0"])
def test_what_is_older_will_not(ks: Program, text: str) -> None:
    binary = probe(ks(version(text)), ENV)
    assert binary.version == text.lstrip("v")
    assert f"is ks {binary.version}; 0.10.0 or newer is needed: applications made for 0.10 don't work with it." in (binary.why or "")


@pytest.mark.parametrize(
    "text", ["echo hello", "exit 1", version("(dev build)"), version("0.10"), version("0.10.0") + "; exit 3", "printf '\\377\\000'"]
)
def test_what_is_not_ksonnets_is_refused(ks: Program, text: str) -> None:
    binary = probe(ks(text), ENV)
    assert binary.version is None
    assert "it prints no version of ksonnet" in (binary.why or "")


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    assert "can't be run" in (probe(str(tmp_path), ENV).why or "")


def test_a_program_that_does_not_answer_is_given_up(ks: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_VERSION_SECONDS", 0.3)
    assert "was stopped: it had not ended after 0.3 seconds" in (probe(ks("exec sleep 60"), ENV).why or "")


def test_the_first_that_will_do_is_found(ks: Program, tmp_path: Path) -> None:
    env = {"PATH": f"{tmp_path}/old:{tmp_path}/none", "HOME": str(tmp_path)}
    assert find_binary(None, env) is None
    old = ks(version("0.9.2"), "old")
    assert find_binary(None, env) == probe(old, env)
    home = ks(version("0.10.0"), ".local/bin")
    assert find_binary(None, env) == KsBinary(home, "0.10.0")
    more = ks(version("0.10.1"), "more")
    assert find_binary(None, env, [f"{tmp_path}/more"]) == KsBinary(more, "0.10.1")
    assert find_binary(old, env) == probe(old, env)
    assert find_binary(f"{ABSENT}/ks", env) is None


def test_the_arguments_are_exactly_these() -> None:
    assert {verb: command.arguments(verb, "prod") for verb in command._ARGUMENTS} == {
        "show": ["show", "prod", "-o", "json"],
        "validate": ["validate", "prod"],
        "diff": ["diff", "prod", "--diff-strategy", "subset"],
        "apply": ["apply", "prod"],
        "dry-run": ["apply", "prod", "--dry-run"],
        "delete": ["delete", "prod", "--grace-period", "0"],
    }


def test_when_time_is_up_all_that_it_started_is_killed(ks: Program, tmp_path: Path) -> None:
    path = ks(f"sleep 3600 & echo $! > {tmp_path}/child; sleep 3600")
    with no_hang(2), pytest.raises(BootstrapError, match=r"ks apply default was stopped: it had not ended after 0.5 seconds\."):
        Ks(path, tmp_path, "default", ENV, timeout=0.5).run("apply")
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    until(lambda: not child.exists() or child.read_text().split(")")[1].split()[0] == "Z", "the child has ended")


def test_its_login_is_in_a_file_for_this_user_alone_and_gone_afterwards(ks: Program, tmp_path: Path) -> None:
    connection = Connection(SERVER, ca="CA", credentials=Credentials(method="token", _token="s3cret-token"), name="x")
    path = ks('cat "$KUBECONFIG"; tr "\\0" " " < /proc/$$/cmdline >&2; pwd >&2; echo refused s3cret-token >&2')
    with prepared(KsBinary(path), tmp_path, "default", connection, {**ENV, "GITHUB_TOKEN": " ", "KUBECONFIG": "/other"}) as tool:
        private = Path(tool.env["KUBECONFIG"])
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
        assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
        assert "GITHUB_TOKEN" not in tool.env
        assert tool.env["HOME"] == ENV["HOME"]
        assert tool.env["DISABLE_HTTP2"]  # or it says of a wrong token that "no cached connection was available"
        assert "s3cret" not in repr(tool)
        content = json.loads(private.read_text())
        answer = tool.run("apply")
    assert content["users"] == [{"name": "user", "user": {"token": "s3cret-token"}}]
    assert content["clusters"][0]["cluster"] == {"server": SERVER, "certificate-authority-data": base64.b64encode(b"CA").decode()}
    assert "s3cret" not in answer.out + answer.err
    assert answer.err.endswith(f"apply default {tmp_path}\nrefused ***\n")
    assert not private.parent.exists()


def test_a_failure_leaves_no_file_either(tmp_path: Path) -> None:
    with (
        pytest.raises(BootstrapError, match="can't be run"),
        prepared(KsBinary(f"{ABSENT}/ks"), tmp_path, "d", Connection(SERVER), ENV) as tool,
    ):
        path = tool.env["KUBECONFIG"]
        tool.run("apply")
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    ("credentials", "user"),
    [
        ({"username": "joe", "password": "pass:word"}, {"username": "joe", "password": "pass:word"}),
        ({"token": "abc"}, {"token": "abc"}),
        ({}, {}),
    ],
)
def test_logins_that_it_knows(credentials: dict[str, t.Any], user: dict[str, str]) -> None:
    document, secrets = command.kubeconfig(Connection(SERVER, credentials=from_user(credentials, {}, {})))
    assert document["users"][0]["user"] == user
    assert set(user.values()) - {"joe"} <= set(secrets)


def test_a_login_command_is_run_for_it(script: Callable[[str], Path]) -> None:
    answer = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "from-plugin"}}
    plugin = script(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    credentials = from_user({"exec": exec_, "_file": "/k"}, {}, {"PATH": "/usr/bin:/bin"})
    document, secrets = command.kubeconfig(Connection(SERVER, credentials=credentials))
    assert document["users"][0]["user"] == {"token": "from-plugin"}
    assert secrets == ("from-plugin",)


def test_a_certificate_goes_in_and_no_verification_stays_off() -> None:
    connection = Connection(SERVER, ca="CA", verify=False, credentials=Credentials(certificate=("PEM", "KEY")))
    document, secrets = command.kubeconfig(connection)
    assert document["clusters"][0]["cluster"] == {"server": SERVER, "insecure-skip-tls-verify": True}  # client-go refuses both together
    assert document["users"][0]["user"] == {
        "client-certificate-data": base64.b64encode(b"PEM").decode(),
        "client-key-data": base64.b64encode(b"KEY").decode(),
    }
    assert "KEY" in secrets


def test_the_proxy_of_a_kubeconfig_goes_by_the_environment(tmp_path: Path) -> None:
    connection = Connection(SERVER, proxy="http://proxy:3128")
    with prepared(KsBinary("ks"), tmp_path, "d", connection, {**ENV, "NO_PROXY": "10.0.0.1", "HTTPS_PROXY": "http://other:1"}) as tool:
        assert tool.env["HTTPS_PROXY"] == tool.env["https_proxy"] == "http://proxy:3128"
        assert "NO_PROXY" not in tool.env


def test_what_stands_between_it_and_the_cluster() -> None:
    acting = from_user({"as": "jane", "token": "x"}, {}, {})
    assert obstacle(Connection(SERVER, name="x"), SERVER.upper().replace("HTTPS", "https") + "/", "d") is None
    assert obstacle(Connection("https://a", name="x"), "https://a:443", "d") is None
    assert "connects to the address in the application, https://10.0.0.2:6443" in str(
        obstacle(Connection(SERVER), "https://10.0.0.2:6443", "d")
    )
    assert "address" in str(obstacle(Connection(SERVER), "https://10.0.0.1:bad", "d"))
    assert "tls-server-name" in str(obstacle(Connection(SERVER, tls_server_name="b"), SERVER, "d"))
    assert "acts as another user" in str(obstacle(Connection(SERVER, credentials=acting), SERVER, "d"))
