# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every way to log in that a kubeconfig knows, at a real API server; who we were is what the server says."""

from __future__ import annotations

import base64
import datetime
import json
import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import kubeconfig_info
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

from tests.unit.conftest import Authority, Proxy

SERVICE_ACCOUNT = "system:serviceaccount:default:kubeflow-admin"
SECRET = "hunter2-hunter2"
NOTHING = dict.fromkeys(("kubeconfig", "context", "cluster", "user"))


class Reach:
    """One kubeconfig: ``facts``, what the module says of it; ``warned``, the warnings of the task."""

    def __init__(self, path: Path | None, env: dict[str, str] | None = None) -> None:
        self.env = {"PATH": "/usr/bin:/bin", "HOME": ABSENT, **(env or {})}
        self.path = str(path) if path else None
        self.warned: list[str] = []
        context = Context(env=self.env, warn=self.warned.append)
        self.facts = kubeconfig_info.run({**NOTHING, "kubeconfig": self.path}, context)["kubeconfig"]

    @property
    def auth(self) -> dict[str, t.Any]:
        auth: dict[str, t.Any] = self.facts["auth"]
        return auth

    def who(self) -> dict[str, t.Any]:
        """As whom the API server sees us (SelfSubjectReview)."""
        with Client(load(self.path, env=self.env).connection, RequestPolicy(timeout=10)) as client:
            review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
            info: dict[str, t.Any] = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)["status"]["userInfo"]
            return info


@pytest.fixture
def kubeconfig(cluster, tmp_path):
    """``kubeconfig(user={...}, server=..., **cluster)``: a kubeconfig for the plain cluster, for that user."""
    document = json.loads(Path(cluster().kubeconfig).read_text(encoding="utf-8"))

    def write(user=None, **changes):
        entry = document["clusters"][0]["cluster"]
        entry = {key: value for key, value in {**entry, **changes}.items() if value is not None}
        user = document["users"][0]["user"] if user is None else user
        contexts = [{"name": "trial", "context": {"cluster": "trial", "user": "trial"}}]
        named = {"clusters": [{"name": "trial", "cluster": entry}], "users": [{"name": "trial", "user": user}], "contexts": contexts}
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps({"current-context": "trial", **named}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def admin(cluster):
    """The user entry of the cluster's administrator."""
    return json.loads(Path(cluster().kubeconfig).read_text(encoding="utf-8"))["users"][0]["user"]


@pytest.fixture
def token(cluster):
    """Path of the token of a service account."""
    return Path(cluster().facts["service_account"]) / "token"


@pytest.fixture
def program(tmp_path):
    """Writes a shell program into the folder ``bin``."""

    def write(text, name):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return write


def gives(token):
    """A shell command that answers with the token of a file as an exec plugin does."""
    return f"""printf '{{"kind": "ExecCredential", "status": {{"token": "%s"}}}}' "$(cat {token})" """


# --- logins


def test_a_client_certificate(cluster):
    reach = Reach(Path(cluster().kubeconfig_for("alice", "ops", "dev")))
    who = reach.who()
    assert (who["username"], set(who["groups"]) - {"system:authenticated"}) == ("alice", {"ops", "dev"})
    assert reach.auth["method"] == "client-certificate"
    left = datetime.datetime.fromisoformat(reach.auth["expires"]) - datetime.datetime.now(tz=datetime.UTC)
    assert datetime.timedelta(minutes=50) < left <= datetime.timedelta(hours=1)
    assert reach.warned == [f"The client certificate of the kubeconfig expires at {reach.auth['expires']}. Log in again before."]


def test_an_expired_client_certificate(cluster):
    reach = Reach(Path(cluster().kubeconfig_for("alice", lifetime=datetime.timedelta(hours=-1))))
    assert reach.warned == [f"The client certificate of the kubeconfig expired at {reach.auth['expires']}. Log in again."]
    with pytest.raises(ApiError, match=f"the client certificate expired at {reach.auth['expires']}"):
        reach.who()


def test_a_client_certificate_in_files(admin, kubeconfig, tmp_path):
    for key in ("client-certificate", "client-key"):
        (tmp_path / f"{key}.pem").write_bytes(base64.b64decode(admin[f"{key}-data"]))
    reach = Reach(kubeconfig({"client-certificate": "client-certificate.pem", "client-key": "./client-key.pem"}))
    assert (reach.auth["method"], reach.warned) == ("client-certificate", [])
    assert "system:masters" in reach.who()["groups"]


def test_a_token(kubeconfig, token):
    reach = Reach(kubeconfig({"token": token.read_text()}))
    assert (reach.auth["method"], reach.who()["username"]) == ("token", SERVICE_ACCOUNT)
    # Its expiry is what is written in it.
    assert reach.auth["expires"] is None or datetime.datetime.fromisoformat(reach.auth["expires"]) > datetime.datetime.now(tz=datetime.UTC)


def test_a_token_file(kubeconfig, token, tmp_path):
    (tmp_path / "token").write_text(token.read_text() + "\n")
    reach = Reach(kubeconfig({"tokenFile": "token"}))
    assert (reach.auth["method"], reach.who()["username"]) == ("token-file", SERVICE_ACCOUNT)


def test_a_token_that_the_server_refuses(kubeconfig):
    with pytest.raises(ApiError, match="refuses the credentials of context trial") as caught:
        Reach(kubeconfig({"token": SECRET})).who()
    assert SECRET not in str(caught.value)


def test_name_and_password_make_nobody_of_us(kubeconfig):
    reach = Reach(kubeconfig({"username": "me", "password": SECRET}))
    assert reach.auth["method"] == "basic"
    assert len(reach.warned) == 1 and "has not supported since 1.19" in reach.warned[0]
    with pytest.raises(ApiError, match='User "system:anonymous"') as caught:
        reach.who()
    assert SECRET not in str(caught.value) + reach.warned[0]


def test_an_exec_plugin_with_a_token(kubeconfig, token, program):
    command = program(f"""[ "$1" = "--version" ] && echo aws-cli/2.0 && exit\n{gives(token)}""", "aws")
    reach = Reach(
        kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(command), "args": ["eks", "get-token"]}})
    )
    assert reach.who()["username"] == SERVICE_ACCOUNT
    shown = {name: reach.auth[f"helper_{name}"] for name in ("found", "runs", "version", "install")}
    assert shown == {"found": True, "runs": True, "version": "aws-cli/2.0", "install": None}
    assert reach.warned == []


def test_an_exec_plugin_with_a_client_certificate(admin, kubeconfig, program, tmp_path):
    pair = {f"client{key.title()}Data": base64.b64decode(admin[f"client-{key}-data"]).decode() for key in ("certificate", "key")}
    (tmp_path / "answer").write_text(json.dumps({"kind": "ExecCredential", "status": pair}))
    reach = Reach(kubeconfig({"exec": {"command": str(program(f"cat {tmp_path}/answer", "own"))}}))
    assert (reach.auth["helper_found"], reach.auth["helper_runs"]) == (True, None)
    assert "system:masters" in reach.who()["groups"]


def test_an_exec_plugin_at_a_path_of_another_machine(kubeconfig, token, program):
    folder = program(gives(token), "special").parent
    reach = Reach(kubeconfig({"exec": {"command": "/Users/somebody/bin/special"}}), {"PATH": str(folder)})
    assert (reach.auth["helper"], len(reach.warned)) == ("special", 1)
    assert "/Users/somebody/bin/special, which does not exist; the special on PATH is used." in reach.warned[0]
    assert reach.who()["username"] == SERVICE_ACCOUNT


def test_the_auth_provider_gcp_of_2018(kubeconfig, token, program):
    folder = program(gives(token), "gke-gcloud-auth-plugin").parent
    config = {"access-token": SECRET, "cmd-path": "/Users/somebody/google-cloud-sdk/bin/gcloud", "cmd-args": "config config-helper"}
    path = kubeconfig({"auth-provider": {"name": "gcp", "config": config}})
    reach = Reach(path, {"PATH": str(folder)})
    assert (reach.auth["provider"], reach.auth["helper_runs"], reach.who()["username"]) == ("gcp", True, SERVICE_ACCOUNT)
    lacking = Reach(path, {"PATH": ABSENT})
    assert lacking.auth["helper_install"] == "Install it: gcloud components install gke-gcloud-auth-plugin"
    with pytest.raises(BootstrapError, match="gcloud components install gke-gcloud-auth-plugin"):
        lacking.who()


def test_the_auth_provider_azure(kubeconfig, token, program):
    folder = program(gives(token), "kubelogin").parent
    config = {"apiserver-id": "a", "client-id": "b", "tenant-id": "c", "environment": "AzurePublicCloud", "access-token": SECRET}
    reach = Reach(kubeconfig({"auth-provider": {"name": "azure", "config": config}}), {"PATH": str(folder)})
    assert (reach.auth["provider"], reach.auth["helper"], reach.who()["username"]) == ("azure", "kubelogin", SERVICE_ACCOUNT)


def test_the_auth_provider_oidc_while_its_token_is_good(kubeconfig, token):
    config = {"idp-issuer-url": "https://issuer.example", "client-id": "a", "id-token": token.read_text(), "refresh-token": SECRET}
    reach = Reach(kubeconfig({"auth-provider": {"name": "oidc", "config": config}}))
    assert (reach.auth["provider"], reach.auth["method"], reach.who()["username"]) == ("oidc", "token", SERVICE_ACCOUNT)


def test_acting_as_somebody_else(admin, kubeconfig):
    user = {**admin, "as": "bob", "as-uid": "7", "as-groups": ["ops", "dev"], "as-user-extra": {"example.com/reason": ["one", "two"]}}
    reach = Reach(kubeconfig(user))
    assert reach.auth["impersonates"] == {"user": "bob", "groups": ["ops", "dev"]}
    who = reach.who()
    assert (who["username"], who["uid"], set(who["groups"])) == ("bob", "7", {"ops", "dev", "system:authenticated"})
    assert who["extra"] == {"example.com/reason": ["one", "two"]}


# --- ways to the server


def test_a_proxy(cluster, kubeconfig):
    port = int(cluster().facts["server"].rsplit(":", 1)[1])
    way = Proxy(port)
    try:
        # Only the proxy knows how to get there.
        server = f"https://kubernetes.default.svc:{port}"
        reach = Reach(kubeconfig(server=server, **{"proxy-url": way.url.replace("http://", f"http://me:{SECRET}@")}))
        assert (reach.facts["proxy"], reach.facts["proxy_source"]) == (way.url, "kubeconfig")
        assert "system:masters" in reach.who()["groups"]
        by_environment = Reach(kubeconfig(server=server), {"HTTPS_PROXY": way.url})
        assert (by_environment.facts["proxy"], by_environment.facts["proxy_source"]) == (way.url, "environment")
        assert "system:masters" in by_environment.who()["groups"]
    finally:
        way.close()
    login = base64.b64encode(f"me:{SECRET}".encode()).decode()
    assert way.asked == [(f"kubernetes.default.svc:{port}", f"Basic {login}"), (f"kubernetes.default.svc:{port}", None)]


def test_a_socks_proxy_is_named(kubeconfig):
    reach = Reach(kubeconfig(**{"proxy-url": f"socks5://me:{SECRET}@127.0.0.1:1080"}))
    assert len(reach.warned) == 1 and "socks5://127.0.0.1 is not supported" in reach.warned[0]
    with pytest.raises(BootstrapError, match="socks5://127.0.0.1 is not supported") as caught:
        reach.who()
    assert SECRET not in str(caught.value) + reach.warned[0]


def test_another_authority(kubeconfig):
    other = Authority("other").pem.encode()
    reach = Reach(kubeconfig(**{"certificate-authority-data": base64.b64encode(other).decode()}))
    with pytest.raises(Unreachable, match="its certificate can't be trusted"):
        reach.who()
    ours = kubeconfig(**{"certificate-authority-data": None, "insecure-skip-tls-verify": True})
    skipped = Reach(ours)
    assert "system:masters" in skipped.who()["groups"]
    assert skipped.facts["tls"]["verify"] is False
    assert skipped.warned == [
        f"The certificate of {skipped.facts['server']} is not verified: insecure-skip-tls-verify is set in the kubeconfig."
    ]


def test_an_authority_in_a_file(cluster, kubeconfig, tmp_path):
    document = json.loads(Path(cluster().kubeconfig).read_text(encoding="utf-8"))
    (tmp_path / "ca.pem").write_bytes(base64.b64decode(document["clusters"][0]["cluster"]["certificate-authority-data"]))
    reach = Reach(kubeconfig(**{"certificate-authority-data": None, "certificate-authority": "ca.pem"}))
    assert reach.facts["tls"]["ca"] == "file"
    assert "system:masters" in reach.who()["groups"]


def test_the_name_in_the_certificate(kubeconfig):
    right = Reach(kubeconfig(**{"tls-server-name": "kubernetes.default.svc"}))
    assert right.facts["tls"]["server_name"] == "kubernetes.default.svc"
    assert "system:masters" in right.who()["groups"]
    with pytest.raises(Unreachable, match="can't be trusted: Hostname mismatch"):
        Reach(kubeconfig(**{"tls-server-name": "other.example"})).who()


def test_in_a_pod(cluster):
    host, port = cluster().facts["server"].removeprefix("https://").split(":")
    folder = cluster().facts["service_account"]
    env = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "KUBEFLOW_BOOTSTRAP_SERVICE_ACCOUNT": folder}
    reach = Reach(None, env)
    assert (reach.facts["source"], reach.auth["method"], reach.facts["tls"]["ca"]) == ("in-cluster", "token-file", "file")
    assert reach.facts["namespace"] == (Path(folder) / "namespace").read_text().strip()
    assert reach.who()["username"] == SERVICE_ACCOUNT


# --- secrets


def test_no_secret_is_shown_by_the_most_talkative_run(cluster, kubeconfig, token, program, work):
    """Planted wherever a kubeconfig can hold one, in a run that works and in one that fails."""
    secrets = {name: f"{name}-4fGh7Kq2Zx9Lm5Rt" for name in ("env", "arg", "proxy", "config", "stderr")}
    way = Proxy(int(cluster().facts["server"].rsplit(":", 1)[1]))
    proxy = way.url.replace("http://", f"http://me:{secrets['proxy']}@")
    plugin = {"args": [f"--client-secret={secrets['arg']}"], "env": [{"name": "PASSWORD", "value": secrets["env"]}]}
    good = program(gives(token), "good")
    script = f'echo "token: {secrets["stderr"]} $PASSWORD $1" >&2; exit 1'
    try:
        user = work(env={"KUBECONFIG": str(kubeconfig({"exec": {**plugin, "command": str(good)}}, **{"proxy-url": proxy}))})
        well = user.play("facts", "-vvv").well()
        assert way.asked
        user.env["KUBECONFIG"] = str(kubeconfig({"exec": {**plugin, "command": str(program(script, "bad"))}}, **{"proxy-url": proxy}))
        bad = user.play("facts", "-vvv")
    finally:
        way.close()
    assert bad.code != 0
    assert re.search(r"To log in, .*/bad ended with 1: token\*\*\*", bad.output)
    for secret in (*secrets.values(), token.read_text().strip()):
        assert secret not in well.output + bad.output
        assert not [path for path, (content, _time) in user.files().items() if secret.encode() in content]
