# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that log in: whether they are there and run, and that nothing secret comes out of them."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.data.login_helpers import HELPERS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig import exec_plugin
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.exec_plugin import attempt, parse, run
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, until

Script = Callable[..., Path]
FILE = Path("/k/config")
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJl"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path)}


# --- is it there, does it run


@pytest.mark.parametrize("name", sorted(HELPERS))
def test_each_known_helper_is_tried_without_a_login(script: Script, env: dict[str, str], tmp_path: Path, name: str) -> None:
    script(f'echo "$@" > {tmp_path}/told; echo; echo "  it is version 7  "', name)
    result = attempt({"command": name}, env)
    output = (tmp_path / "told").read_text().split()
    assert output == HELPERS[name]["attempt"]
    assert not {"get-token", "token", "login", "get-credentials"} & set(output)
    assert (result["found"], result["runs"], result["problem"], result["install"]) == (True, True, None, None)
    assert result["version"] == (None if output == ["--help"] else "it is version 7")
    missing = attempt({"command": name}, {"PATH": ABSENT})
    assert (missing["found"], missing["runs"], missing["install"]) == (False, False, HELPERS[name]["install"])
    assert missing["problem"] == f"{name} is not installed here."


def test_an_unknown_command_is_only_looked_for(script: Script, env: dict[str, str], tmp_path: Path) -> None:
    script(f"touch {tmp_path}/ran", "special")
    assert attempt({"command": "special"}, env) == {"found": True, "runs": None, "version": None, "problem": None, "install": None}
    assert not (tmp_path / "ran").exists()
    missing = attempt({"command": "other", "installHint": "Ask Bob.\nHe has it."}, env)
    assert (missing["found"], missing["install"]) == (False, "Ask Bob. He has it.")
    assert attempt({"command": "other"}, env)["install"] == "Install other."


def test_a_plugin_of_kubectl_is_looked_for_by_its_own_name(script: Script, env: dict[str, str]) -> None:
    script("true", "kubectl")
    plugin = {"command": "kubectl", "args": ["oidc-login", "get-token"]}
    assert attempt(plugin, env)["install"] == "Install it: kubectl krew install oidc-login"
    script("true", "kubectl-oidc_login")
    assert attempt(plugin, env)["runs"] is True


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo 'aws: command not found' >&2; exit 127", "ended with 127: aws: command not found"),
        ("exit 1", "ended with 1: it said nothing"),
        (f"echo 'bad token {JWT}' >&2; exit 1", "ended with 1: bad token ***"),
    ],
)
def test_a_helper_that_is_there_and_does_not_run(script: Script, env: dict[str, str], text: str, problem: str) -> None:
    script(text, "aws")
    result = attempt({"command": "aws"}, env)
    assert (result["found"], result["runs"], result["version"]) == (True, False, None)
    assert (result["problem"], result["install"]) == (f"aws --version {problem}", "Install the AWS CLI, version 2.")


def test_a_helper_that_hangs_is_killed_with_all_that_it_started(
    script: Script, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "ATTEMPT_TIMEOUT", 0.3)
    script(f"sleep 30 & echo $! > {tmp_path}/pid; wait", "oc")
    with no_hang(1):
        result = attempt({"command": "oc"}, env)
    assert result["problem"] == "oc version --client ran for 0.3 seconds without an answer."
    await_end(int((tmp_path / "pid").read_text()))


def await_end(pid: int) -> None:
    """The process ends."""

    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    until(ended, f"process {pid} has ended")


def test_a_login_that_hangs_is_killed(script: Script, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_plugin, "PLUGIN_TIMEOUT", 0.3)
    command = script(f"sleep 30 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(BootstrapError, match="ran for 0.3 seconds without an answer. Run it by hand."):
        run({"command": str(command)}, {}, env)
    await_end(int((tmp_path / "pid").read_text()))


def test_a_login_that_writes_without_end_is_killed(script: Script, env: dict[str, str]) -> None:
    plugin = {"command": str(script('while :; do echo \'{"status": {"token": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}\'; done'))}
    with pytest.raises(BootstrapError, match="can't be run: it answers more than 1 MiB"):
        exec_plugin.run(plugin, {}, env)


def test_of_what_a_login_says_beside_the_end_counts(script: Script, env: dict[str, str]) -> None:
    noise = "i=0; while [ $i -lt 20000 ]; do echo noise noise noise >&2; i=$((i + 1)); done; echo 'the end' >&2"
    plugin = {"command": str(script(f"{noise}; exit 3"))}
    with pytest.raises(BootstrapError, match="ended with 3: the end"):
        exec_plugin.run(plugin, {}, env)


def test_a_login_that_wants_a_terminal(script: Script, env: dict[str, str]) -> None:
    command = script("true")
    with pytest.raises(BootstrapError, match="asks for a terminal"):
        run({"command": str(command), "interactiveMode": "Always"}, {}, env)


# --- a command of another machine


def test_a_path_that_is_not_there_gives_way_to_the_command_of_that_name(script: Script, env: dict[str, str]) -> None:
    gcloud = {"command": "/Users/me/google-cloud-sdk/bin/gke-gcloud-auth-plugin"}
    assert parse(FILE, gcloud, env) == (gcloud, [])
    script("true", "gke-gcloud-auth-plugin")
    plugin, warnings = parse(FILE, gcloud, env)
    assert plugin["command"] == "gke-gcloud-auth-plugin"
    assert warnings == [
        f"The kubeconfig /k/config logs in with {gcloud['command']}, which does not exist; the gke-gcloud-auth-plugin on PATH is used."
    ]


def test_a_path_that_is_there_stays(script: Script, env: dict[str, str], tmp_path: Path) -> None:
    script("true", "aws")
    (tmp_path / "bin").mkdir()
    own = script("true", "bin/aws")
    assert parse(FILE, {"command": str(own)}, env) == ({"command": str(own)}, [])
    assert parse(tmp_path / "config", {"command": "./aws"}, env)[0]["command"] == os.path.join(tmp_path, "./aws")


# --- what it says


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("no such cluster gke_my-project_us-central1-a_kubeflow-production-2", None),
        ("dial tcp: lookup sts.us-east-1.amazonaws.com: no such host", None),
        ("can't read /home/somebody/.config/gcloud/configurations/config_default", None),
        ("tenant 0a1b2c3d-1111-2222-3333-0a1b2c3d4e5f is unknown", None),
        (f"got {JWT} back", "got *** back"),
        (f"refused: {JWT[:40]}", "refused: ***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("ya29.a0Af-short was refused", "*** was refused"),
        ("k8s-aws-v1.aHR0cHM6 was refused", "*** was refused"),
        ("sha256~abc was refused", "*** was refused"),
        ("password=hunter2 is wrong", "password*** is wrong"),
        ('{"access_token": "x9", "a": 1}', '{"access_token***", "a": 1}'),
        ("key aB3dE/fGhIjKlMn0pQrS/tUvWxYz1234567890ab is wrong", "key *** is wrong"),
        ("https://me:hunter2@proxy:3128 is down", "https://***@proxy:3128 is down"),
        ("token u5x7k2m9p4q8r1s6t3v0w5y7z2a4b6c8 is wrong", "token *** is wrong"),
        ("given-by-the-kubeconfig is wrong", "*** is wrong"),
        ("client-1 with from-an-argument is wrong", "client-1 with *** is wrong"),
        ("after-an-argument is wrong", "*** is wrong"),
    ],
)
def test_what_looks_like_a_credential_is_cut(script: Script, env: dict[str, str], output: str, shown: str | None) -> None:
    command = script(f"cat >&2 <<'END'\n{output}\nEND\nexit 1")
    plugin: dict[str, t.Any] = {
        "command": str(command),
        "args": ["--client-id=client-1", "--client-secret=from-an-argument", "--token", "after-an-argument"],
        "env": [{"name": "A", "value": "given-by-the-kubeconfig"}],
    }
    with pytest.raises(BootstrapError) as caught:
        run(plugin, {}, env)
    assert caught.value.message == f"To log in, {command} ended with 1: {shown or output}"


def test_a_key_over_several_lines_is_cut(script: Script, env: dict[str, str]) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIG\nx7\n-----END PRIVATE KEY-----"
    command = script(f"cat >&2 <<'END'\nbad key {pem}\nEND\nexit 1")
    with pytest.raises(BootstrapError) as caught:
        run({"command": str(command)}, {}, env)
    assert caught.value.message.endswith("ended with 1: bad key ***")


def test_an_error_leads_to_no_other_that_tells_more(script: Script, env: dict[str, str]) -> None:
    command = script("echo '{hunter2-hunter2'")
    with pytest.raises(BootstrapError) as caught:
        run({"command": str(command), "args": ["hunter2-hunter2"]}, {}, env)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
