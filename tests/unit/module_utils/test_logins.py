# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a user logs in: old ways put right, when a login ends, and what is sent."""

from __future__ import annotations

import base64
import json
import re
import sys
import typing as t
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.kubeconfig import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import kubeconfig_info
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Json = dict[str, t.Any]
Write = Callable[..., Path]
ENV = {"PATH": ABSENT, "HOME": ABSENT}
SECRET = "hunter2-hunter2"


def jwt(**left: float) -> str:
    """A token that expires in that time."""
    claims = {"exp": int((datetime.now(tz=UTC) + timedelta(**left)).timestamp())}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "RS256"}, claims)]
    return ".".join([*parts, "c2lnbmF0dXJl"])


def described(path: Path, env: dict[str, str] | None = None) -> Json:
    result = describe(load(str(path), env=env or ENV))
    assert SECRET not in json.dumps(result)
    return result


# --- auth-providers


def test_gcp_of_2018(write_kubeconfig: Write, script: Callable[..., Path], tmp_path: Path) -> None:
    config = {
        "cmd-path": "/Users/somebody/google-cloud-sdk/bin/gcloud",
        "cmd-args": "config config-helper --format=json",
        "access-token": SECRET,
        "expiry": datetime(2018, 4, 9, tzinfo=UTC).isoformat(),
    }
    path = write_kubeconfig(user={"auth-provider": {"name": "gcp", "config": config}})
    before = path.read_bytes()
    auth = described(path)["auth"]
    assert (auth["method"], auth["provider"], auth["helper"], auth["helper_found"]) == ("exec", "gcp", "gke-gcloud-auth-plugin", False)
    assert auth["helper_install"] == "Install it: gcloud components install gke-gcloud-auth-plugin"
    script("echo Kubernetes v1.28.2", "gke-gcloud-auth-plugin")
    result = described(path, {"PATH": str(tmp_path)})
    assert (result["auth"]["helper_runs"], result["auth"]["helper_version"], result["auth"]["helper_install"]) == (
        True,
        "Kubernetes v1.28.2",
        None,
    )
    assert len(result["warnings"]) == 1
    assert re.search(r"gcp \(/Users/somebody/.*/gcloud\), which Kubernetes removed in 1.26; gke-gcloud-auth-plugin", result["warnings"][0])
    assert path.read_bytes() == before


AZURE = {"apiserver-id": "server", "client-id": "client", "tenant-id": "tenant", "environment": "AzureCloud", "config-mode": "1"}


@pytest.mark.parametrize(
    ("config", "env", "args"),
    [
        ({}, {}, "--login azurecli --environment AzureCloud --server-id server --client-id client --tenant-id tenant"),
        ({}, {"AAD_LOGIN_METHOD": "spn"}, "--login spn --environment AzureCloud --server-id server --client-id client --tenant-id tenant"),
        (
            {"config-mode": "0", "environment": None},
            {},
            "--login azurecli --environment AzurePublicCloud --server-id server --client-id client --tenant-id tenant --legacy",
        ),
    ],
)
def test_azure_gives_way_to_kubelogin(
    write_kubeconfig: Write, script: Callable[..., Path], tmp_path: Path, config: Json, env: dict[str, str], args: str
) -> None:
    script(f"""echo "$@" > {tmp_path}/told; echo '{{"status": {{"token": "new"}}}}'""", "kubelogin")
    config = {**AZURE, "access-token": SECRET, "refresh-token": SECRET, **config}
    path = write_kubeconfig(user={"auth-provider": {"name": "azure", "config": config}})
    credentials = load(str(path), env={"PATH": str(tmp_path), **env}).connection.credentials
    credentials.prepare()
    assert credentials.headers() == {"Authorization": "Bearer new"}
    assert (tmp_path / "told").read_text() == f"get-token {args}\n"


def test_azure_that_says_too_little(write_kubeconfig: Write) -> None:
    path = write_kubeconfig(user={"auth-provider": {"name": "azure", "config": {"client-id": "client", "access-token": SECRET}}})
    with pytest.raises(BootstrapError) as caught:
        load(str(path), env=ENV)
    assert "it lacks apiserver-id, tenant-id, so that kubelogin can't take its place." in caught.value.message
    assert SECRET not in str(caught.value)


def oidc(**config: str) -> Json:
    return {"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "https://issuer", "client-secret": SECRET, **config}}}


def test_oidc_is_used_while_its_token_is_good(write_kubeconfig: Write) -> None:
    token = jwt(hours=1)
    path = write_kubeconfig(user=oidc(**{"id-token": token}))
    result = described(path)
    assert (result["auth"]["method"], result["auth"]["provider"], result["warnings"]) == ("token", "oidc", [])
    assert token not in json.dumps(result)
    credentials = load(str(path), env=ENV).connection.credentials
    credentials.prepare()
    assert credentials.headers() == {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"id-token": jwt(hours=-1), "refresh-token": SECRET}, "its id-token expired at "),
        ({"id-token": jwt(hours=-1), "refresh-token": SECRET}, "Any command of kubectl with this context renews it in the file; or "),
        ({"id-token": jwt(hours=-1)}, "Log in again; or use an exec plugin"),
        ({}, "it holds no id-token. Log in again"),
    ],
)
def test_oidc_that_is_out_of_date_is_described_and_refused(write_kubeconfig: Write, config: dict[str, str], message: str) -> None:
    path = write_kubeconfig(user=oidc(**config))
    assert message in described(path)["warnings"][0]
    with pytest.raises(BootstrapError) as caught:
        load(str(path), env=ENV).connection.credentials.prepare()
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "provider", [{"name": "openstack"}, {"name": "gcp", "config": [SECRET]}, {"name": "oidc", "config": {"id-token": 5}}, "gcp"]
)
def test_auth_providers_that_are_wrong(write_kubeconfig: Write, provider: t.Any) -> None:
    with pytest.raises(BootstrapError, match="auth-provider") as caught:
        load(str(write_kubeconfig(user={"auth-provider": provider})), env=ENV)
    assert SECRET not in str(caught.value)


# --- when a login ends


@pytest.mark.parametrize(
    ("days", "warned"),
    [(-1, "The client certificate of the kubeconfig expired at "), (6, "The client certificate of the kubeconfig expires at "), (8, None)],
)
def test_a_client_certificate_says_when_it_expires(write_kubeconfig: Write, authority: t.Any, days: int, warned: str | None) -> None:
    data = [base64.b64encode(text.encode()).decode() for text in authority.issue("me", days=days)]
    result = described(write_kubeconfig(user={"client-certificate-data": data[0], "client-key-data": data[1]}))
    expires = result["auth"]["expires"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", expires)
    assert abs(datetime.fromisoformat(expires) - datetime.now(tz=UTC) - timedelta(days=days)) < timedelta(minutes=1)
    assert [line.split(expires)[0] for line in result["warnings"]] == ([warned] if warned else [])


def test_without_cryptography_the_expiry_is_unknown(write_kubeconfig: Write, authority: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)  # as if it was not installed
    data = [base64.b64encode(text.encode()).decode() for text in authority.issue("me", days=-1)]
    result = described(write_kubeconfig(user={"client-certificate-data": data[0], "client-key-data": data[1]}))
    assert (result["auth"]["method"], result["auth"]["expires"], result["warnings"]) == ("client-certificate", None, [])


@pytest.mark.parametrize(("left", "warned"), [(-1, "expired at"), (6, "expires at"), (8, None)])
def test_a_token_says_when_it_expires(write_kubeconfig: Write, left: int, warned: str | None) -> None:
    result = described(write_kubeconfig(user={"token": jwt(days=left)}))
    assert result["auth"]["expires"]
    assert [warned in line for line in result["warnings"]] == ([True] if warned else [])


def test_a_token_file_is_renewed_by_others_so_only_its_end_is_warned_of(write_kubeconfig: Write, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(jwt(hours=1))
    path = write_kubeconfig(user={"tokenFile": "token"})
    assert described(path)["warnings"] == []
    (tmp_path / "token").write_text(jwt(hours=-1))
    assert "The token of the kubeconfig expired at " in described(path)["warnings"][0]
    (tmp_path / "token").unlink()
    missing = described(path)
    assert (missing["auth"]["method"], missing["auth"]["expires"]) == ("token-file", None)
    assert "can't be read: No such file or directory." in missing["warnings"][0]


# --- the choice, and the way


def test_cluster_and_user_can_be_chosen_apart(write_kubeconfig: Write) -> None:
    path = write_kubeconfig(
        clusters=[{"name": name, "cluster": {"server": f"https://{name}:1"}} for name in ("trial", "far")],
        users=[{"name": "trial", "user": {"token": SECRET}}, {"name": "auditor", "user": {"username": "a", "password": SECRET}}],
    )
    args = {"kubeconfig": str(path), "context": None, "cluster": None, "user": None}

    def result(**changes: str) -> Json:
        document: Json = kubeconfig_info.run({**args, **changes}, Context(env=ENV))["kubeconfig"]
        return document

    assert (result(cluster="far")["server"], result(cluster="far")["user"]) == ("https://far:1", "trial")
    assert (result(user="auditor")["server"], result(user="auditor")["auth"]["method"]) == ("https://trial:1", "basic")
    for option, known in (("cluster", "far, trial"), ("user", "auditor, trial")):
        with pytest.raises(BootstrapError, match=f"has no {option} 'gone'. There are: {known}."):
            result(**{option: "gone"})
    path.write_text(path.read_text().replace("current-context: trial", "current-context: null"))
    assert (result(cluster="far", user="auditor")["context"], result(cluster="far", user="auditor")["server"]) == (None, "https://far:1")


def test_an_exec_plugin_is_told_of_the_cluster_as_client_go_does(
    write_kubeconfig: Write, script: Callable[..., Path], tmp_path: Path
) -> None:
    command = script(f"""echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; echo '{{"status": {{"token": "x"}}}}'""")
    (tmp_path / "ca.pem").write_text("the CA")
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me"}}, {"name": "other", "extension": 5}]
    cluster = {"server": "https://a:1", "certificate-authority": "ca.pem", "tls-server-name": "b", "extensions": extensions}
    path = write_kubeconfig(cluster=cluster, user={"exec": {"command": str(command), "provideClusterInfo": True}})
    load(str(path), env=ENV).connection.credentials.prepare()
    assert json.loads((tmp_path / "info").read_text())["spec"]["cluster"] == {
        "server": "https://a:1",
        "tls-server-name": "b",
        "certificate-authority-data": base64.b64encode(b"the CA").decode(),
        "config": {"audience": "me"},
    }


@pytest.mark.parametrize(
    ("cluster", "env", "proxy", "source", "warned"),
    [
        ({"proxy-url": "http://me:hunter2-hunter2@p:1"}, {}, "http://p:1", "kubeconfig", ""),
        ({}, {"HTTPS_PROXY": "http://me:hunter2-hunter2@p:1"}, "http://p:1", "environment", ""),
        ({}, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "c.example"}, None, None, ""),
        ({"proxy-url": "socks5://me:hunter2-hunter2@p:1"}, {}, "socks5://p:1", "kubeconfig", "socks5://p is not supported: only"),
        ({"server": "http://c.example"}, {}, None, None, "the login too, can be read on the way"),
        ({"insecure-skip-tls-verify": True}, {}, None, None, "is not verified"),
    ],
)
def test_the_way_to_the_server(
    write_kubeconfig: Write, cluster: Json, env: dict[str, str], proxy: str | None, source: str | None, warned: str
) -> None:
    result = described(write_kubeconfig(cluster={"server": "https://c.example:6443", **cluster}), {**ENV, **env})
    assert (result["proxy"], result["proxy_source"]) == (proxy, source)
    assert bool(result["warnings"]) == bool(warned)
    assert warned in "".join(result["warnings"])


def test_logins_in_the_urls_of_other_contexts_are_not_shown(write_kubeconfig: Write) -> None:
    clusters = [{"name": "trial", "cluster": {"server": "https://a"}}, {"name": "b", "cluster": {"server": f"https://me:{SECRET}@b:1"}}]
    contexts = [{"name": name, "context": {"cluster": name}} for name in ("trial", "b")]
    result = described(write_kubeconfig(clusters=clusters, contexts=contexts))
    assert {each["name"]: each["server"] for each in result["contexts"]} == {"trial": "https://a", "b": "https://b:1"}


def test_impersonation_is_told(write_kubeconfig: Write) -> None:
    user = {"token": SECRET, "as": "bob", "as-groups": ["ops", "dev"], "as-uid": "7", "as-user-extra": {"a/b": ["x"]}}
    path = write_kubeconfig(user=user)
    assert described(path)["auth"]["impersonates"] == {"user": "bob", "groups": ["ops", "dev"]}
    more = load(str(path), env=ENV).connection.credentials.more_headers
    assert more == [("Impersonate-Uid", "7"), ("Impersonate-Group", "ops"), ("Impersonate-Group", "dev"), ("Impersonate-Extra-a%2Fb", "x")]
