# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role auth as a user runs it, on a real cluster, with Google and issuers that speak the real protocol."""

from __future__ import annotations

import base64
import json
import ssl

import bcrypt
import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google_iap import NUMBER, IapGoogle
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Reply, StandIn
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

HOST = "kubeflow.example.com"
SECRET = "s3cret-value-of-a-client"
GKE = {"cloud": {"provider": "gcp", "account": "my-project"}, "cluster": {"distribution": {"name": "gke"}, "apis": {"v1": {}}}}


class Issuer(StandIn):
    def __init__(self, folder):
        authority = certificates.create_ca(folder, "ca", "a company")
        served = certificates.sign_server(authority, folder, "server", ["127.0.0.1"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(served.crt, served.key)
        super().__init__(context)
        self.ca, self.issuer = str(authority.crt), f"{self.url}/realm"
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
        self.says = {"issuer": self.issuer, **{name: f"{self.issuer}/{name}" for name in names}}

    def answer(self, asked):
        known = asked.path == "/realm/.well-known/openid-configuration"
        return Reply(body=self.says) if known else Reply(302, headers={"Location": f"{self.issuer}/.well-known/openid-configuration"})


@pytest.fixture
def issuer(tmp_path):
    server = Issuer(tmp_path / "issuer")
    yield server
    server.close()


@pytest.fixture
def google():
    api = IapGoogle()
    yield api
    api.close()


@pytest.fixture
def space(cluster):
    running = cluster("plain")
    running.kubectl("create", "namespace", "login")
    yield running
    running.kubectl("delete", "namespace", "login", "--wait=false")
    running.kubectl("wait", "--for=delete", "namespace/login", f"--timeout={patience(3):g}s")


@pytest.fixture
def auth(space, work, google, tmp_path):
    """auth(*flags, **variables): a run of the role, and what it left in ``auth.kept()``."""
    env = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(google.key_file(tmp_path)),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": google.url,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE": google.url,
        "CLIENT_SECRET": SECRET,
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
    }
    user = work(env=env)
    kept = tmp_path / "kept.json"
    content = "{{ {'steps': kubeflow_steps, 'secrets': kubeflow_secrets} | to_json }}"
    keep = {"ansible.builtin.copy": {"content": content, "dest": str(kept), "mode": "0600"}}
    role = {"ansible.builtin.import_role": {"name": "kubeflow.bootstrap.auth"}}
    tasks = [role, {**keep, "check_mode": False, "changed_when": False, "diff": False, "no_log": True}]
    (user.folder / "auth.yml").write_text(
        json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}])
    )

    def run(*flags, **variables):
        named = {"kubeflow_auth_kubeconfig": space.kubeconfig, "kubeflow_auth_namespace": "login", **variables}
        return user.play(str(user.folder / "auth.yml"), *flags, **named)

    def deploy():
        """What the deployment does with the Secrets."""
        for each in json.loads(kept.read_text())["secrets"]:
            metadata = {"name": each["name"], "namespace": each["namespace"]}
            item = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": each["type"], "stringData": each["stringData"]}
            space.kubectl("apply", "-f", "-", stdin=json.dumps(item))

    def kept_content():
        both = json.loads(kept.read_text())
        kept.unlink()
        return both["steps"]["auth"], both["secrets"]

    run.kept, run.deploy, run.log = kept_content, deploy, tmp_path / "ansible.log"
    return run


FROM_ENV = "{{ lookup('ansible.builtin.env', 'CLIENT_SECRET') }}"


def test_a_user_for_a_trial_gets_a_password_once(auth, space):
    foreseen = auth("--check").well()
    assert foreseen.changed == 1 and "The password of" not in foreseen.output
    first = auth("-vvv").well()
    [password] = [line.split()[-1] for line in first.output.splitlines() if "The password of the user kubeflow is" in line]
    assert first.changed == 1 and first.output.count(password) == 1 and password not in auth.log.read_text()
    auth.deploy()
    step, secrets = auth.kept()
    assert step["parameters"] == {"jupyterHubAuthenticator": "static", "staticSecretName": "kubeflow-users"}
    assert step["record"] == {"kind": "static", "user": "kubeflow", "secret": "kubeflow-users"}
    [secret] = secrets
    name, _colon, hashed = secret["stringData"]["htpasswd"].strip().partition(":")
    assert name == "kubeflow" and hashed.startswith("$2b$12$") and bcrypt.checkpw(password.encode(), hashed.encode())
    assert hashed not in first.output
    # The second run keeps it, and says nothing of it.
    second = auth().well()
    assert second.changed == 0 and password not in second.output and "The password of" not in second.output
    assert auth.kept() == (step, secrets)
    # Others who were added stay.
    lines = f"you:{hashed}\n" + secret["stringData"]["htpasswd"]
    patch = {"data": {"htpasswd": base64.b64encode(lines.encode()).decode()}}
    space.kubectl("patch", "secret", "-n", "login", "kubeflow-users", "-p", json.dumps(patch))
    chosen = auth(kubeflow_auth_password="another one").well()
    assert chosen.changed == 1 and "another one" not in chosen.output.replace(json.dumps({"kubeflow_auth_password": "another one"}), "")
    [secret] = auth.kept()[1]
    users = dict(line.split(":") for line in secret["stringData"]["htpasswd"].split())
    assert users["you"] == hashed and bcrypt.checkpw(b"another one", users["kubeflow"].encode())
    assert "less than 8" in auth(kubeflow_auth_password="short").message
    assert "is a part of a name or an address" in auth(kubeflow_auth_password="kubeflow").message


def test_an_issuer_is_checked_and_the_secret_stays_unseen(auth, issuer, tmp_path):
    named = {
        "kubeflow_auth_issuer": issuer.issuer,
        "kubeflow_auth_client_id": "kubeflow",
        "kubeflow_auth_hostname": HOST,
        "kubeflow_auth_issuer_ca": issuer.ca,
    }
    missing = auth(**named).message
    assert missing.startswith("The secret of the client kubeflow is missing: none was given, and no Secret login/kubeflow-oidc has")
    run = auth("-vvv", "--diff", **named, kubeflow_auth_client_secret=FROM_ENV, kubeflow_auth_allowed_users=["@example.com"]).well()
    assert f"https://{HOST}/hub/oauth_callback" in run.output and run.changed == 0
    auth.deploy()
    step, secrets = auth.kept()
    assert step["parameters"] == {
        "jupyterHubAuthenticator": "oidc",
        "oidcIssuer": issuer.issuer,
        "oidcClientId": "kubeflow",
        "oidcSecretName": "kubeflow-oidc",
        "allowedUsers": ["@example.com"],
    }
    assert step["reason"] == f"You named the issuer {issuer.issuer}, so users log in there."
    data = {"client-secret": SECRET}
    assert secrets == [{"name": "kubeflow-oidc", "namespace": "login", "type": "Opaque", "stringData": data, "made_for": {}}]
    for coded in (SECRET, base64.b64encode(SECRET.encode()).decode()):
        assert coded not in run.output
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and coded.encode() in path.read_bytes()]
    # Later runs find it in the cluster.
    auth(**named).well()
    assert auth.kept()[1] == secrets


def test_what_is_wrong_with_an_issuer_is_said(auth, issuer):
    named = {
        "kubeflow_auth_kind": "oidc",
        "kubeflow_auth_client_id": "kubeflow",
        "kubeflow_auth_client_secret": FROM_ENV,
        "kubeflow_auth_issuer_ca": issuer.ca,
    }

    def message(**variables):
        return auth(**{**named, "kubeflow_auth_issuer": issuer.issuer, **variables}).message

    assert "its certificate is not trusted" in message(kubeflow_auth_issuer_ca="")
    assert f"The issuer {issuer.url}/elsewhere answers 302" in message(kubeflow_auth_issuer=f"{issuer.url}/elsewhere")
    assert "is not a URL that begins with https://" in message(kubeflow_auth_issuer="http://login.example.com")
    assert "lets in everybody in the world" in message(kubeflow_auth_issuer="https://accounts.google.com")
    del issuer.says["userinfo_endpoint"]
    assert "names no userinfo_endpoint" in message()
    issuer.says["issuer"] = "https://other.example.com"
    assert "calls itself https://other.example.com" in message()
    before = len(issuer.asked)
    auth(**named, kubeflow_auth_issuer=issuer.issuer, kubeflow_auth_verify_issuer=False).well()
    assert len(issuer.asked) == before


@pytest.mark.soak
def test_the_audience_of_iap_is_filled_in_once_google_has_it(auth, google, space):
    named = {
        "kubeflow_auth_facts": GKE,
        "kubeflow_auth_hostname": HOST,
        "kubeflow_auth_client_id": "1-abc.apps.example.com",
        "kubeflow_auth_client_secret": FROM_ENV,
    }
    first = auth(**named).well()
    assert "so the hub lets nobody in. Run this again" in first.output
    assert "https://iap.googleapis.com/v1/oauth/clientIds/1-abc.apps.example.com:handleRedirect" in first.output
    step, secrets = auth.kept()
    assert step["parameters"] == {
        "jupyterHubAuthenticator": "iap",
        "iapAudience": f"/projects/{NUMBER}/global/backendServices/0",
        "oauthSecretName": "kubeflow-oauth",
    }
    assert step["record"]["audience_known"] is False
    assert secrets[0]["stringData"] == {"client_id": "1-abc.apps.example.com", "client_secret": SECRET}
    # GKE makes the load balancer, and says so on the Ingress.
    google.add_service("k8s1-0a1b2c3d-login-kubeflow-80-1", "4242")
    google.add_service("k8s1-0a1b2c3d-kube-system-default-http-80-2", "17", guarded=False)
    backends = json.dumps({name: "HEALTHY" for name in [*google.services, "k8s1-gone"]})
    metadata = {"name": "kubeflow", "namespace": "login", "annotations": {"ingress.kubernetes.io/backends": backends}}
    spec = {"defaultBackend": {"service": {"name": "kubeflow", "port": {"number": 80}}}}
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
    space.kubectl("apply", "-f", "-", stdin=json.dumps(ingress))
    second = auth(**named).well()
    step = auth.kept()[0]
    assert step["parameters"]["iapAudience"] == f"/projects/{NUMBER}/global/backendServices/4242"
    assert step["record"]["audience_known"] is True and "lets nobody in" not in second.output
    # Which of several is not guessed.
    google.add_service("k8s1-gone", "5")
    assert "Several backend services of the namespace login" in auth(**named).message


def test_iap_without_a_client_of_its_own_and_without_google(auth, google):
    audience = "/projects/1/global/backendServices/2"
    auth(kubeflow_auth_facts=GKE, kubeflow_auth_audience=audience).well()
    step, secrets = auth.kept()
    assert (step["parameters"]["iapAudience"], step["parameters"]["oauthSecretName"], secrets) == (audience, "null", [])
    assert google.asked == []
    assert (
        "client_id is missing"
        in auth(kubeflow_auth_facts=GKE, kubeflow_auth_audience=audience, kubeflow_auth_client_secret=FROM_ENV).message
    )
    google.iap = False
    assert (
        "gcloud services enable iap.googleapis.com --project my-project"
        in auth(kubeflow_auth_facts=GKE, kubeflow_auth_hostname=HOST).message
    )


def test_openshift_needs_no_secret(auth):
    facts = {"cluster": {"distribution": {"name": "openshift"}, "apis": {"oauth.openshift.io/v1": {"OAuthClient": {}}}}}
    auth(kubeflow_auth_facts=facts, kubeflow_auth_hostname=HOST).well()
    step, secrets = auth.kept()
    assert (step["parameters"], secrets) == ({"jupyterHubAuthenticator": "openshift", "cloud": "openshift"}, [])
    assert (
        "does not serve oauth.openshift.io/v1"
        in auth(kubeflow_auth_facts=GKE, kubeflow_auth_hostname=HOST, kubeflow_auth_kind="openshift").message
    )
    auth(kubeflow_auth_state="absent").well()
    assert auth.kept()[0]["parameters"] == {}
