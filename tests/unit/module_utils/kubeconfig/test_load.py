# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster a kubeconfig leads to: the rules of kubectl, and one clear message for what is wrong."""

from __future__ import annotations

import base64
import os
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Write = Callable[..., Path]
ENV = {"HOME": ABSENT, "PATH": ABSENT}
PEM = "-----BEGIN CERTIFICATE-----\n"


def fails(*args: t.Any, **keywords: t.Any) -> BootstrapError:
    with pytest.raises(BootstrapError) as caught:
        load(*args, **keywords)
    assert "\n" not in str(caught.value)
    return caught.value


# --- where it is looked for


def test_a_named_file_stands_alone(write_kubeconfig: Write) -> None:
    named = write_kubeconfig("named", cluster={"server": "https://named:1"}, context="a")
    other = write_kubeconfig("other", cluster={"server": "https://other:1"}, context="b")
    result = load(str(named), env={**ENV, "KUBECONFIG": str(other)})
    assert (result.source, result.files, result.connection.server) == ("option", [str(named)], "https://named:1")
    assert [context["name"] for context in result.contexts] == ["a"]


def test_a_named_file_that_is_missing_is_an_error_though_another_is_there(write_kubeconfig: Write, tmp_path: Path) -> None:
    error = fails(str(tmp_path / "missing"), env={**ENV, "KUBECONFIG": str(write_kubeconfig())})
    assert error.message == f"The kubeconfig {tmp_path}/missing does not exist."


def test_of_several_files_the_first_to_name_a_thing_wins(write_kubeconfig: Write) -> None:
    first = write_kubeconfig("first", cluster={"server": "https://first:1"}, context="shared", **{"current-context": None})
    second = write_kubeconfig("second", cluster={"server": "https://second:1", "tls-server-name": "second"}, context="shared")
    third = write_kubeconfig("third", cluster={"server": "https://third:1"}, context="mine")
    result = load(env={**ENV, "KUBECONFIG": os.pathsep.join(map(str, [first, second, third, first]))})
    assert (result.source, result.files) == ("KUBECONFIG", [str(first), str(second), str(third)])
    # The current context of the first file that has one; whole entries of the first file, not fields from both.
    assert (result.context, result.connection.server, result.connection.tls_server_name) == ("shared", "https://first:1", None)
    assert {context["name"]: context["server"] for context in result.contexts} == {"shared": "https://first:1", "mine": "https://third:1"}


def test_a_context_may_join_what_several_files_hold(write_kubeconfig: Write, tmp_path: Path) -> None:
    first = write_kubeconfig("first", contexts=[{"name": "trial", "context": {"cluster": "far", "user": "me", "namespace": "ml"}}])
    second = write_kubeconfig(
        "second",
        clusters=[{"name": "far", "cluster": {"server": "https://far:1"}}],
        users=[{"name": "me", "user": {"username": "me", "password": "secret"}}],
    )
    result = load(env={**ENV, "KUBECONFIG": f"{first}{os.pathsep}{second}"})
    assert (result.cluster, result.user, result.namespace, result.connection.server) == ("far", "me", "ml", "https://far:1")
    assert result.connection.credentials.method == "basic"


def test_files_of_KUBECONFIG_that_are_missing_are_passed_over(write_kubeconfig: Write, tmp_path: Path) -> None:
    existing = write_kubeconfig()
    assert load(env={**ENV, "KUBECONFIG": f"{tmp_path}/missing::{existing}:"}).files == [str(existing)]


def test_KUBECONFIG_comes_before_the_file_in_the_home_folder(write_kubeconfig: Write, tmp_path: Path) -> None:
    home = write_kubeconfig(".kube/config", cluster={"server": "https://home:1"})
    env = {**ENV, "HOME": str(tmp_path)}
    result = load(env=env)
    assert (result.source, result.files, result.connection.server) == ("~/.kube/config", [str(home)], "https://home:1")
    other = write_kubeconfig("other", cluster={"server": "https://other:1"})
    assert load(env={**env, "KUBECONFIG": str(other)}).connection.server == "https://other:1"
    assert load(env={**env, "KUBECONFIG": ""}).connection.server == "https://home:1"
    # As in kubectl: where KUBECONFIG names files, the home folder is not looked at.
    assert f"none of the files in KUBECONFIG={ABSENT} exists" in fails(env={**env, "KUBECONFIG": ABSENT}).message


def test_nothing_at_all_says_where_it_looked_and_what_to_do() -> None:
    error = fails(env=ENV)
    assert error.message == "No kubeconfig: KUBECONFIG is not set, ~/.kube/config does not exist, and this does not run in a pod."
    assert error.fix and "kubeflow_kubeconfig" in error.fix


@pytest.fixture
def pod(tmp_path: Path) -> dict[str, str]:
    """The environment of a pod."""
    folder = tmp_path / "service-account"
    folder.mkdir()
    for name, text in {"token": "pod-token\n", "ca.crt": PEM, "namespace": "ci\n"}.items():
        (folder / name).write_text(text)
    return {**ENV, "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBEFLOW_BOOTSTRAP_SERVICE_ACCOUNT": str(folder)}


def test_in_a_pod_the_service_account_is_used(pod: dict[str, str]) -> None:
    result = load(env={**pod, "KUBERNETES_SERVICE_PORT": "6443"})
    assert (result.source, result.namespace, result.context, result.connection.name) == ("in-cluster", "ci", None, "in-cluster")
    assert (result.connection.server, result.connection.ca, result.connection.verify) == ("https://10.0.0.1:6443", PEM, True)
    assert result.connection.credentials.headers() == {"Authorization": "Bearer pod-token"}


@pytest.mark.parametrize(("host", "server"), [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")])
def test_in_a_pod_the_port_and_ipv6(pod: dict[str, str], host: str, server: str) -> None:
    assert load(env={**pod, "KUBERNETES_SERVICE_HOST": host}).connection.server == server


def test_in_a_pod_a_kubeconfig_still_comes_first(pod: dict[str, str], write_kubeconfig: Write) -> None:
    assert load(env={**pod, "KUBECONFIG": str(write_kubeconfig())}).source == "KUBECONFIG"


def test_in_a_pod_a_named_context_is_not_taken_for_the_pods_own_cluster(pod: dict[str, str]) -> None:
    assert "No kubeconfig" in fails(context="prod", env=pod).message


def test_a_pod_without_a_token_is_no_pod(pod: dict[str, str]) -> None:
    (Path(pod["KUBEFLOW_BOOTSTRAP_SERVICE_ACCOUNT"]) / "token").unlink()
    assert "No kubeconfig" in fails(env=pod).message


# --- what it says


def test_relative_paths_are_relative_to_their_file(write_kubeconfig: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"ca.pem": "the CA", "cert.pem": "the certificate", "key.pem": "the key"}.items():
        (tmp_path / "far").mkdir(exist_ok=True)
        (tmp_path / "far" / name).write_text(text)
    cluster = {"server": "https://far:1", "certificate-authority": "ca.pem"}
    far = write_kubeconfig("far/config", cluster=cluster, user={"client-certificate": "./cert.pem", "client-key": "../far/key.pem"})
    near = write_kubeconfig("near/config", clusters=[], users=[], contexts=[], **{"current-context": None})
    monkeypatch.chdir(tmp_path)
    for env in ({"KUBECONFIG": f"{near}:{far}"}, {"KUBECONFIG": "far/config"}):
        result = load(env={**ENV, **env})
        assert (result.connection.ca, result.ca_source) == ("the CA", "file")
        assert result.connection.credentials.certificate == ("the certificate", "the key")


def test_data_wins_over_a_file(write_kubeconfig: Write) -> None:
    data = base64.b64encode(PEM.encode()).decode()
    result = load(
        str(
            write_kubeconfig(cluster={"server": "https://a", "certificate-authority-data": data, "certificate-authority": ABSENT}),
        ),
        env=ENV,
    )
    assert (result.connection.ca, result.ca_source) == (PEM, "data")


def test_the_cluster_s_other_settings(write_kubeconfig: Write) -> None:
    cluster = {"server": "https://a/prefix/", "insecure-skip-tls-verify": True, "tls-server-name": "b", "proxy-url": "http://c:1"}
    connection = load(str(write_kubeconfig(cluster=cluster)), env=ENV).connection
    assert (connection.server, connection.verify, connection.tls_server_name, connection.proxy) == (
        "https://a/prefix",
        False,
        "b",
        "http://c:1",
    )


def test_a_context_without_a_user_logs_in_as_nobody(write_kubeconfig: Write) -> None:
    path = write_kubeconfig(contexts=[{"name": "trial", "context": {"cluster": "trial"}}])
    result = load(str(path), env=ENV)
    assert (result.user, result.connection.credentials.method, result.connection.credentials.headers()) == (None, "none", {})


def test_another_context_can_be_named(write_kubeconfig: Write) -> None:
    path = write_kubeconfig(
        contexts=[{"name": name, "context": {"cluster": "trial", "namespace": name}} for name in ("trial", "other")],
    )
    assert load(str(path), "other", ENV).namespace == "other"


# --- what is wrong in it


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"current-context": None}, "has no current-context. Name a context with kubeflow_context. There are: trial."),
        ({"current-context": "gone"}, "has no context 'gone'. There are: trial."),
        ({"current-context": 5}, "current-context is a number, not text. Put it in quotes."),
        ({"contexts": None}, "has no context 'trial'. There are: none."),
        ({"contexts": [{"name": "trial", "context": {"cluster": "x", "user": "trial"}}]}, "names the cluster 'x', which does not exist."),
        ({"contexts": [{"name": "trial", "context": {"cluster": "trial", "user": "x"}}]}, "names the user 'x', which does not exist."),
        ({"contexts": [{"name": "trial"}]}, "names the cluster None, which does not exist."),
        ({"clusters": {"trial": {}}}, "clusters is a mapping, not a list."),
        ({"clusters": ["trial"]}, "clusters[0] has no name."),
        ({"clusters": [{"name": 5}]}, "clusters[0] has no name."),
        ({"users": [{"name": "trial", "user": "me"}]}, "users[0].user is text, not a mapping."),
        ({"users": [{"name": "trial"}, {"name": "trial"}]}, "two users are called 'trial'."),
    ],
)
def test_wrong_entries_are_named_with_their_file(write_kubeconfig: Write, changes: dict[str, t.Any], expected: str) -> None:
    path = write_kubeconfig(**changes)
    message = str(fails(str(path), env=ENV))
    assert str(path) in message
    assert message.endswith(expected)


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ({}, "has no server URL"),
        ({"server": "10.0.0.1:6443"}, "has no server URL"),
        ({"server": "ftp://a"}, "neither https:// nor http://"),
        ({"server": 6443}, "server is a number, not text. Put it in quotes."),
        ({"server": "https://a:port"}, "server"),
        ({"server": "https://[::1"}, "server"),
        ({"server": "https://"}, "server"),
        ({"server": "https://a", "proxy-url": "http://b:port"}, "proxy-url"),
        ({"server": "https://a", "proxy-url": "http://[b"}, "proxy-url"),
        ({"server": "https://a", "insecure-skip-tls-verify": "true"}, "insecure-skip-tls-verify is 'true', not true or false."),
        ({"server": "https://a", "certificate-authority-data": "%%%"}, "certificate-authority-data is not base64 of a PEM text."),
        ({"server": "https://a", "certificate-authority-data": 5}, "certificate-authority-data is not base64 of a PEM text."),
        ({"server": "https://a", "certificate-authority": "gone.pem"}, "gone.pem can't be read: No such file or directory."),
        ({"server": "https://a", "certificate-authority": 5}, "certificate-authority is a number, not text. Put it in quotes."),
        ({"server": "https://a", "tls-server-name": 5}, "tls-server-name is a number, not text. Put it in quotes."),
        ({"server": "https://a", "proxy-url": 5}, "proxy-url is a number, not text. Put it in quotes."),
    ],
)
def test_wrong_clusters_are_named_with_their_file(write_kubeconfig: Write, cluster: dict[str, t.Any], expected: str) -> None:
    path = write_kubeconfig(cluster=cluster)
    message = fails(str(path), env=ENV).message
    assert message.startswith(f"The kubeconfig {path}: ")
    assert expected in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: [1", "is not YAML: did not find expected"),
        (b"\x00", "not UTF-8 or UTF-16 text"),
        (b"- clusters", "holds a list where a mapping with clusters, users, contexts belongs."),
        (b"\xff\xfe\xfa", "can't be read"),
        (b"a: !!int ''", "can't be read"),
        (b"a: !!bool maybe", "can't be read"),
        (b"a: !!timestamp tomorrow", "has no current-context"),
        (b"a: 2026-99-99", "has no current-context"),
        (b"", "has no current-context"),
    ],
)
def test_files_that_are_no_kubeconfig(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(content)
    message = fails(str(path), env=ENV).message
    assert str(path) in message
    assert expected in message


def test_where_the_yaml_breaks_is_said(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\nclusters:\n- a: }\n")
    assert fails(str(path), env=ENV).message.startswith(f"The kubeconfig {path}:3 is not YAML: ")


def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    assert fails(str(tmp_path), env=ENV).message == f"The kubeconfig {tmp_path} can't be read: Is a directory."


def test_another_file_of_the_merge_is_blamed_where_it_is_wrong(write_kubeconfig: Write) -> None:
    good = write_kubeconfig("good")
    bad = write_kubeconfig("bad", users="me")
    assert fails(env={**ENV, "KUBECONFIG": f"{good}:{bad}"}).message == f"The kubeconfig {bad}: users is text, not a list."


def test_what_other_contexts_lack_does_not_matter(write_kubeconfig: Write) -> None:
    contexts = [{"name": "trial", "context": {"cluster": "trial"}}, {"name": "broken", "context": {"cluster": ["x"], "user": 5}}]
    result = load(str(write_kubeconfig(contexts=contexts)), env=ENV)
    assert result.context == "trial"
    assert yaml.safe_dump(result.contexts)
