# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The optional steps together: with all of them on, on a cluster like GKE, against a Google that speaks the real protocol."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google_iap import NUMBER, IapGoogle
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google_names import GoogleNames
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.names import NameServer
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import kill

HOST = "kubeflow.ml.example.com"
CLIENT = "1-abc.apps.example.com"
CLIENT_SECRET = "gHk3vQ9wZr5tLm2x"
ALL = {f"kubeflow_{name}": True for name in ("static_ip", "dns", "certificates", "auth", "git")}
COMPONENTS = {"kubeflow-core": {"prototype": "kubeflow-core"}, "iap-ingress": {"prototype": "iap-ingress"}}


class Google(GoogleNames, IapGoogle):
    """Addresses, zones, services and Identity-Aware Proxy."""


@pytest.fixture
def google():
    here = Google()
    here.add_zone("ml", "ml.example.com")
    yield here
    here.close()


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
        "dns_hostname": HOST,
        "dns_nameserver": names.address,
        "dns_verify": 2,
        "auth_client_id": CLIENT,
        "auth_client_secret": "{{ lookup('ansible.builtin.env', 'CLIENT_SECRET') }}",
        "git_author_name": "Me",
        "git_author_email": "me@example.com",
    }
    return work(gke, env=env, **variables)


def project(gke):
    return gke.get("nodes")["items"][0]["spec"]["providerID"].removeprefix("gce://").split("/")[0]


def git(user, *args):
    done = subprocess.run(["git", "-C", str(user.app), *args], capture_output=True, text=True, check=True, timeout=20)
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
    # The only way in: the gateway has no Ingress of its own.
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
    told = user.report()
    assert told["plan"]["steps"]["dns"]["reason"].startswith(f"{HOST} leads to 203.0.113.1")
    assert told["steps"]["git"]["reason"].startswith("Committed on ")
    for words in ("static_ip: The global address", f"dns: {HOST} leads to", "git: Committed on", "(203.0.113.1)"):
        assert words in " ".join(first.output.split())
    chosen = told["plan"]["parameters"]["iap-ingress"]["hostname"]
    assert (chosen["source"], chosen["rule"]) == ("step", "step-dns")

    before, objects = application(user), google.addresses.copy()
    with gke.untouched():
        second = user.bootstrap().well()
    assert (second.changed, application(user), google.addresses) == (0, before, objects)
    assert git(user, "rev-list", "--count", "HEAD") == "1"


def test_stages_alone_know_what_the_steps_found_out(gke, google, user):
    user.play("steps").well()
    assert len(google.addresses) == 1
    alone = {name: False for name in ALL}
    before, asked = application(user), len(google.asked)
    for stage in ("plan", "app"):
        user.play(stage, **alone).well()
        found = user.report()["plan"]["parameters"]["iap-ingress"]
        assert found["hostname"]["value"] == HOST and found["ipName"]["source"] == "step"
    assert (application(user), len(google.asked)) == (before, asked)
    user.play("deploy", kubeflow_engine="native").well()
    assert gke.get("ingress", "iap-ingress", "-n", "steps")["spec"]["rules"][0]["host"] == HOST
    # A plan that was reviewed goes on with the same steps, and not with others.
    user.play("plan", **alone, kubeflow_plan_file="plan.yml").well()
    assert user.bootstrap(kubeflow_plan_file="plan.yml").well().changed == 1  # the Secret of the login
    other = user.bootstrap(kubeflow_plan_file="plan.yml", auth_allowed_users=["@example.com"])
    assert other.code != 0 and "was made with other values of the step auth" in other.message
    assert application(user) == before


def test_what_was_reserved_is_released_and_what_was_adopted_stays(gke, google, user):
    user.bootstrap().well()
    assert len(google.addresses) == 1
    with gke.untouched():
        foreseen = user.play("remove", "--check").well()
    assert foreseen.changed == 3 and google.addresses
    gone = user.play("remove", kubeflow_remove_data=True).well()
    assert "was released" in gone.output and google.addresses == {}
    assert {kind for _host, kind in google.zones["ml"]["records"]} == {"SOA"}
    assert gke.try_kubectl("get", "secret", "kubeflow-oauth", "-n", "steps").returncode != 0
    assert user.play("remove").well().changed == 0


def test_what_was_adopted_stays(gke, google, user, names):
    mine = google.add(f"projects/{project(gke)}/global/addresses/company-ip")
    names.names[HOST] = [mine["address"]]
    user.bootstrap(static_ip_name="company-ip").well()
    assert recorded(user)["static_ip"]["made"] is False
    asked = google.count("DELETE", "/addresses/")
    kept = user.play("remove").well()
    assert "company-ip" in kept.output and "So it stays." in kept.output
    assert google.count("DELETE", "/addresses/") == asked and len(google.addresses) == 1


def test_a_run_that_was_killed_before_it_recorded_the_address(google, user):
    google.hold("POST", "/addresses$")
    run = subprocess.Popen(**user.command("bootstrap", kubeflow_apply=True))
    assert google.holding.wait(60)
    kill(run)
    google.go_on()
    ((path, _address),) = google.addresses.items()
    assert not user.app.exists()
    user.bootstrap().well()
    assert list(google.addresses) == [path] and recorded(user)["static_ip"]["made"] is True
    user.play("remove").well()
    assert google.addresses == {}
