# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The optional steps together: with all of them on, on a cluster like GKE, against a Google that speaks the real protocol."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.git_http import GitHttp
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google_iap import NUMBER, IapGoogle
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google_names import GoogleNames
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.names import NameServer
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.openshift import OpenShift
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import kill
from ansible_collections.kubeflow.bootstrap.tests.integration.planted import Planted, Watcher
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

HOST = "kubeflow.ml.example.com"
CLIENT = "1-abc.apps.example.com"
CLIENT_SECRET = "gHk3vQ9wZr5tLm2x"
ALL = {f"kubeflow_{name}": True for name in ("static_ip", "dns", "certificates", "auth", "git")}
COMPONENTS = {"kubeflow-core": {"prototype": "kubeflow-core"}, "iap-ingress": {"prototype": "iap-ingress"}}


class Google(IapGoogle):
    """Addresses and Identity-Aware Proxy; with one login, ``zones`` of Cloud DNS, too."""

    def __init__(self):
        super().__init__()
        self._names = GoogleNames()
        self._names.tokens, self._names.projects = self.tokens, self.projects
        self._names.add_zone("ml", "ml.example.com")
        self.zones = self._names.zones

    def close(self):
        self._names.close()
        super().close()

    def answer(self, asked):
        return self._names.answer(asked) if asked.path.startswith("/dns/v1/") else super().answer(asked)


@pytest.fixture
def google():
    api = Google()
    yield api
    api.close()


@pytest.fixture
def names():
    server = NameServer()
    server.names = {HOST: ["203.0.113.1"]}
    yield server
    server.close()


@pytest.fixture
def gke(brief_cluster):
    """A cluster for each test: its UID is in the marks."""
    return brief_cluster("gke-gpu")


@pytest.fixture
def user(gke, google, names, work, tmp_path):
    """``user.bootstrap(...)``: somebody with an account at Google, a zone, an OAuth client, and everything on."""
    apis = ("COMPUTE", "DNS", "SERVICEMANAGEMENT", "SERVICEUSAGE")
    env = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": google.url for api in apis}
    env |= {"GOOGLE_APPLICATION_CREDENTIALS": str(google.key_file(tmp_path)), "CLIENT_SECRET": CLIENT_SECRET}
    google.projects.add(project(gke))
    variables = {
        **ALL,
        "kubeflow_namespace": "steps",
        "kubeflow_components": COMPONENTS,
        "kubeflow_wait_timeout": 60,
        "kubeflow_dns_hostname": HOST,
        "kubeflow_dns_nameserver": names.address,
        "kubeflow_dns_verify": 2,
        "kubeflow_auth_client_id": CLIENT,
        "kubeflow_auth_client_secret": "{{ lookup('ansible.builtin.env', 'CLIENT_SECRET') }}",
        "kubeflow_git_author_name": "Me",
        "kubeflow_git_author_email": "me@example.com",
    }
    return work(gke, env=env, **variables)


def project(gke):
    return gke.get("nodes")["items"][0]["spec"]["providerID"].removeprefix("gce://").split("/")[0]


def git(user, *args):
    done = subprocess.run(["git", "-C", str(user.app), *args], capture_output=True, text=True, check=True, timeout=patience(1))
    return done.stdout.strip()


def application(user):
    """Without what git keeps for itself."""
    return {path: state for path, state in user.application().items() if "/.git" not in path}


def recorded(user):
    return yaml.safe_load((user.app / "bootstrap.yaml").read_text())["record"]["steps"]


def test_all_of_them_end_in_a_way_in_from_the_internet(gke, google, user):
    first = user.bootstrap().well()
    ((path, address),) = google.addresses.items()
    assert address["address"] == "203.0.113.1" and path.endswith(f"/global/addresses/{address['name']}")
    assert (f"{HOST}.", "A") in google.zones["ml"]["records"]

    ingress = gke.get("ingress", "iap-ingress", "-n", "steps")
    annotations = ingress["metadata"]["annotations"]
    assert annotations["kubernetes.io/ingress.global-static-ip-name"] == address["name"]
    assert annotations["networking.gke.io/managed-certificates"] == "iap-ingress"
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == HOST
    backend = rule["http"]["paths"][0]["backend"]["service"]["name"]
    config = json.loads(gke.get("service", backend, "-n", "steps")["metadata"]["annotations"]["cloud.google.com/backend-config"])
    iap = gke.get("backendconfig", config["default"], "-n", "steps")["spec"]["iap"]
    assert iap == {"enabled": True, "oauthclientCredentials": {"secretName": "kubeflow-oauth"}}
    assert gke.get("managedcertificate", "iap-ingress", "-n", "steps")["spec"]["domains"] == [HOST]
    # The only access: the gateway has no Ingress of its own.
    assert len(gke.get("ingress", "-n", "steps")["items"]) == 1
    secret = gke.get("secret", "kubeflow-oauth", "-n", "steps")["data"]
    assert secret.keys() == {"client_id", "client_secret"}
    settings = gke.get("configmap", "-n", "steps", "-l", "app.kubernetes.io/component=hub")["items"]
    assert any(f"/projects/{NUMBER}/global/backendServices/0" in json.dumps(each) for each in settings)

    steps = recorded(user)
    assert set(steps) == {"static_ip", "dns", "certificates", "auth"}
    assert (steps["static_ip"]["address"], steps["static_ip"]["made"]) == ("203.0.113.1", True)
    assert (steps["dns"]["hostname"], steps["certificates"]["kind"], steps["auth"]["kind"]) == (HOST, "google-managed", "iap")
    assert git(user, "status", "--porcelain") == "" and git(user, "rev-list", "--count", "HEAD") == "1"
    report = user.report()
    assert report["plan"]["steps"]["dns"]["reason"].startswith(f"{HOST} leads to 203.0.113.1")
    assert report["steps"]["git"]["reason"].startswith("Committed on ")
    for words in ("static_ip: The global address", f"dns: {HOST} leads to", "git: Committed on", "(203.0.113.1)"):
        assert words in " ".join(first.output.split())
    chosen = report["plan"]["parameters"]["iap-ingress"]["hostname"]
    assert (chosen["source"], chosen["rule"]) == ("step", "step-dns")

    before, objects = application(user), google.addresses.copy()
    with gke.untouched():
        second = user.bootstrap().well()
    assert (second.changed, application(user), google.addresses) == (0, before, objects)
    assert git(user, "rev-list", "--count", "HEAD") == "1"


def test_check_mode_foresees_all_of_them(gke, google, user):
    with gke.untouched():
        run = user.bootstrap("--check", "--diff").well()
    assert (google.addresses, user.app.exists(), run.changed >= 4) == ({}, False, True)
    assert {kind for _host, kind in google.zones["ml"]["records"]} == {"SOA"}
    assert f"dns: {HOST} " in run.output and CLIENT_SECRET not in run.output


@pytest.mark.soak
def test_stages_alone_know_what_the_steps_found_out(gke, google, user):
    user.play("steps").well()
    assert len(google.addresses) == 1
    alone = {name: False for name in ALL}
    before, asked = application(user), len(google.asked)
    for stage in ("plan", "app"):
        user.play(stage, **alone).well()
        parameters = user.report()["plan"]["parameters"]["iap-ingress"]
        assert parameters["hostname"]["value"] == HOST and parameters["ipName"]["source"] == "step"
    assert (application(user), len(google.asked)) == (before, asked)
    user.play("deploy", kubeflow_engine="native").well()
    assert gke.get("ingress", "iap-ingress", "-n", "steps")["spec"]["rules"][0]["host"] == HOST
    # A plan that was reviewed uses the same steps, and no others.
    user.play("plan", **alone, kubeflow_plan_file="plan.yml").well()
    assert user.bootstrap(kubeflow_plan_file="plan.yml").well().changed == 1  # the Secret of the login
    other = user.bootstrap(kubeflow_plan_file="plan.yml", kubeflow_auth_allowed_users=["@example.com"])
    assert other.code != 0 and "was made with other values of the step auth" in other.message
    assert application(user) == before
    # A run with other Secrets takes none away that the application still names.
    user.bootstrap(kubeflow_auth=False, kubeflow_certificates_kind="self-signed").well()
    for secret in ("kubeflow-oauth", "kubeflow-certificate"):
        gke.get("secret", secret, "-n", "steps")


@pytest.mark.soak
def test_what_was_reserved_is_released_and_what_was_adopted_stays(gke, google, user):
    user.bootstrap().well()
    assert len(google.addresses) == 1
    with gke.untouched():
        foreseen = user.play("remove", "--check").well()
    assert foreseen.changed == 3 and google.addresses
    removed = user.play("remove", kubeflow_remove_data=True).well()
    assert "was released" in removed.output and google.addresses == {}
    assert {kind for _host, kind in google.zones["ml"]["records"]} == {"SOA"}
    assert gke.try_kubectl("get", "secret", "kubeflow-oauth", "-n", "steps").returncode != 0
    assert user.play("remove").well().changed == 0


@pytest.mark.soak
def test_what_was_adopted_stays(gke, google, user, names):
    mine = google.add(f"projects/{project(gke)}/global/addresses/company-ip")
    names.names[HOST] = [mine["address"]]
    user.bootstrap(kubeflow_static_ip_name="company-ip").well()
    assert recorded(user)["static_ip"]["made"] is False
    asked = google.count("DELETE", "/addresses/")
    kept = user.play("remove").well()
    assert "company-ip" in kept.output and "So it stays." in kept.output
    assert google.count("DELETE", "/addresses/") == asked and len(google.addresses) == 1


@pytest.mark.soak
def test_a_run_that_was_killed_before_it_recorded_the_address(gke, google, user):
    user.variables["kubeflow_namespace"] = ""
    google.hold("POST", "/addresses$")
    run = subprocess.Popen(**user.command("bootstrap", kubeflow_apply=True))
    assert google.holding.wait(patience(3))
    kill(run)
    google.go_on()
    ((path, _address),) = google.addresses.items()
    assert not user.app.exists()
    user.bootstrap().well()
    assert list(google.addresses) == [path] and recorded(user)["static_ip"]["made"] is True
    gke.get("secret", "kubeflow-oauth", "-n", "kubeflow")
    user.play("remove").well()
    assert google.addresses == {}


# --- a login for the time of the run


def test_a_login_to_openshift_is_for_the_run_alone(work, tmp_path):
    openshift = OpenShift(tmp_path / "openshift")
    login = {
        "kubeflow_openshift_login": True,
        "kubeflow_openshift_login_host": openshift.url,
        "kubeflow_openshift_login_username": "me",
        "kubeflow_openshift_login_password": "{{ lookup('ansible.builtin.env', 'OPENSHIFT_PASSWORD') }}",
        "kubeflow_openshift_login_ca_cert": openshift.ca,
    }
    user = work(env={"OPENSHIFT_PASSWORD": "right: sécret%", "HTTPS_PROXY": ""}, **login)
    for number, playbook in enumerate(("bootstrap", "remove"), 1):
        before = len(openshift.asked)
        run = user.play(playbook, "-vvv")
        asked = [each for each in openshift.asked[before:] if "authorization" in each.headers]
        (token,) = {each.headers["authorization"].removeprefix("Bearer ") for each in asked}
        assert token not in run.output and "right: sécret%" not in run.output
        # Whatever became of the run, it logged out.
        assert (openshift.oauth.tokens, openshift.count("DELETE", "/oauthaccesstokens/")) == ({}, number)
        if playbook == "bootstrap":
            assert user.report()["facts"]["kubeconfig"]["server"] == openshift.url, run.output
    openshift.close()


# --- secrets


def self_signed(folder, host):
    authority = certificates.create_ca(folder, "ca", "a company")
    pair = certificates.sign_server(authority, folder, "server", [host])
    return Path(pair.crt).read_text(), Path(pair.key).read_text()


@pytest.mark.soak
def test_twenty_secrets_are_nowhere_but_in_the_cluster(gke, google, names, work, tmp_path, temporary):
    planted, keys = Planted(), tmp_path / "keys"
    keys.mkdir()
    crt, key = self_signed(keys, HOST)
    planted.key("key-of-the-certificate", key)
    planted.key("key-of-the-service-account", json.loads(google.key_file(tmp_path).read_text())["private_key"])
    admin = yaml.safe_load(Path(gke.kubeconfig).read_text())["users"][0]["user"]
    planted.key("key-of-the-admin", base64.b64decode(admin["client-key-data"]).decode())
    # From a vault, which has a password of its own.
    (keys / "vault-password").write_text(planted.plant("vault-password"))
    vaulted = {
        "vault_iap_secret": planted.plant("iap-client-secret"),
        "vault_git_token": planted.plant("git-token"),
        "vault_key": key,
        "vault_not_used": planted.plant("not-used"),
    }
    (keys / "vault.yml").write_text(yaml.safe_dump(vaulted))
    vault = [f"{Path(sys.executable).parent}/ansible-vault", "encrypt", "--vault-password-file", str(keys / "vault-password")]
    subprocess.run([*vault, str(keys / "vault.yml")], check=True, capture_output=True, timeout=patience(3))
    # From files that a lookup reads, and from the environment.
    (keys / "password").write_text(planted.plant("password-of-a-user"))
    environment = {
        "OIDC_SECRET": planted.plant("oidc-client-secret"),
        **{
            name: planted.plant(name.lower().replace("_", "-"))
            for name in (
                "GITHUB_TOKEN",
                "OPENSHIFT_PASSWORD",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "AZURE_CLIENT_SECRET",
                "AZURE_PASSWORD",
                "CLOUDFLARE_API_TOKEN",
                "DOCKER_PASSWORD",
                "SMTP_PASSWORD",
                "NPM_TOKEN",
                "PGPASSWORD",
            )
        },
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": google.url for api in ("COMPUTE", "DNS", "SERVICEMANAGEMENT", "SERVICEUSAGE")},
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"),
        "TMPDIR": str(temporary),
    }
    google.projects.add(project(gke))
    server = GitHttp(tmp_path / "served", vaulted["vault_git_token"])
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "served" / "app.git")], check=True, timeout=patience(1))
    subprocess.run(
        ["git", "-C", str(tmp_path / "served" / "app.git"), "config", "http.receivepack", "true"], check=True, timeout=patience(1)
    )
    with_git = {"kubeflow_git": True, "kubeflow_git_author_name": "Me", "kubeflow_git_author_email": "me@example.com"}
    named = {"kubeflow_wait_timeout": 0, "kubeflow_dns_nameserver": names.address, "kubeflow_dns_verify": 0, **with_git}
    runs = {
        "one": {
            **ALL,
            **named,
            "kubeflow_components": COMPONENTS,
            "kubeflow_dns_hostname": HOST,
            "kubeflow_auth_client_id": CLIENT,
            "kubeflow_auth_client_secret": "{{ vault_iap_secret }}",
            "kubeflow_certificates_crt": crt,
            "kubeflow_certificates_key": "{{ vault_key }}",
            "kubeflow_git_remote": f"{server.url}/app.git",
            "kubeflow_git_token": "{{ vault_git_token }}",
        },
        "two": {
            **ALL,
            **named,
            "kubeflow_dns_hostname": f"two.{HOST}",
            "kubeflow_auth_kind": "oidc",
            "kubeflow_auth_issuer": "https://login.example.com",
            "kubeflow_auth_verify_issuer": False,
            "kubeflow_auth_client_id": CLIENT,
            "kubeflow_auth_client_secret": "{{ lookup('ansible.builtin.env', 'OIDC_SECRET') }}",
            "kubeflow_certificates_kind": "self-signed",
        },
        "three": {
            **named,
            "kubeflow_auth": True,
            "kubeflow_auth_kind": "static",
            "kubeflow_auth_password": f"{{{{ lookup('ansible.builtin.file', '{keys / 'password'}') }}}}",
        },
    }
    seen: list[str] = []
    for name, variables in runs.items():
        log = tmp_path / f"{name}.log"
        user = work(gke, env={**environment, "ANSIBLE_LOG_PATH": str(log)}, kubeflow_namespace=name, **variables)
        flags = ("-vvv", "--diff", "-e", f"@{keys / 'vault.yml'}", "--vault-password-file", str(keys / "vault-password"))
        watcher = Watcher(planted, temporary, user.home, user.folder)
        watcher.start()
        try:
            first, second = user.bootstrap(*flags).well(), user.bootstrap(*flags).well()
        finally:
            watcher.stop()
        assert second.changed == 0, second.output
        assert any(b"ansible-playbook" in each for each in watcher.commands)
        assert watcher.files > 10 and watcher.rounds > 5
        secret = {"one": "kubeflow-oauth", "two": "kubeflow-certificate", "three": "kubeflow-users"}[name]
        data = gke.get("secret", secret, "-n", name)["data"]
        if name == "two":
            planted.key("key-made-here", base64.b64decode(data["tls.key"]).decode())
        if name == "three":
            planted.texts["hash-of-the-password"] = base64.b64decode(data["htpasswd"]).decode().strip().rpartition(":")[2]
        history = subprocess.run(
            ["git", "-C", str(user.app), "cat-file", "--batch", "--batch-all-objects"], capture_output=True, check=True
        )
        assert b"kubeflow_steps" not in history.stdout and len(history.stdout) > 10_000
        planted.texts |= {f"token-{number}": token for number, token in enumerate(google.tokens)}
        seen += watcher.seen
        seen += planted.leaks(f"{name}: history", history.stdout)
        for where, text in (("output", first.output), ("output", second.output), ("log", log.read_text())):
            seen += planted.leaks(f"{name}: {where}", text.encode())
        seen += [each for folder in (user.home, user.folder, temporary) for each in planted.below(folder)[0]]
    server.close()
    # They were used, and the search finds what is there.
    assert f"x-access-token:{vaulted['vault_git_token']}" in server.seen
    oauth, oidc = (gke.get("secret", each, "-n", where)["data"] for each, where in (("kubeflow-oauth", "one"), ("kubeflow-oidc", "two")))
    assert base64.b64decode(oauth["client_secret"]).decode() == vaulted["vault_iap_secret"]
    assert base64.b64decode(oidc["client-secret"]).decode() == environment["OIDC_SECRET"]
    detected = {each.split(" in ")[0] for each in planted.leaks("", base64.b64encode(b"x" + "\n".join(planted.texts.values()).encode()))}
    assert detected == set(planted.texts) and len(detected) >= 20
    assert sorted(set(seen)) == []
