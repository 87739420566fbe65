# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses at Google Cloud, with the role as a user runs it, the real libraries, and a stand-in that speaks the real protocol."""

from __future__ import annotations

import json
import subprocess
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google import Google
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Fault, Reply
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import UID, Step, kill
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

GLOBAL = "projects/my-project/global/addresses"
REGIONAL = "projects/my-project/regions/us-central1/addresses"
MARKS = {"managed-by": "kubeflow-bootstrap", "kubeflow-application": "kubeflow", "kubeflow-cluster": UID}
FACTS = {"cloud": {"provider": "gcp", "account": "my-project", "region": "us-central1"}, "cluster": {"uid": UID, "apis": {}}}


@pytest.fixture
def google():
    api = Google()
    yield api
    api.close()


@pytest.fixture
def step(google, work, tmp_path):
    login = google.key_file(tmp_path)
    user = work(env={"CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": google.url, "GOOGLE_APPLICATION_CREDENTIALS": str(login)})
    return Step(user, {"kubeflow_static_ip_facts": FACTS})


def only(google):
    ((path, address),) = google.addresses.items()
    return path, address


def test_an_address_is_reserved_found_again_and_released(google, step):
    foreseen = step.run("--check", "--diff")
    assert (foreseen.changed, google.addresses) == (1, {})
    assert '"name": "kubeflow-' in foreseen.output.replace("+", " ")
    first = step.run("--diff")
    path, address = only(google)
    name = address["name"]
    assert path == f"{GLOBAL}/{name}" and name.startswith("kubeflow-")
    assert address["labels"] == MARKS
    assert first.changed == 1 and '"address": "203.0.113.1"' in first.output
    assert first.step["parameters"] == {"ipName": name} == foreseen.step["parameters"]
    assert first.step["record"] == {
        "provider": "google",
        "by": "cloud",
        "name": name,
        "address": "203.0.113.1",
        "account": "my-project",
        "region": None,
        "scope": "global",
        "ip_version": 4,
        "id": path,
        "made": True,
    }
    before = len(google.asked)
    second = step.run()
    assert (second.changed, second.step) == (0, first.step)
    assert {asked.method for asked in google.asked[before:] if "/compute/" in asked.path} == {"GET"}
    assert step.run("--check", kubeflow_static_ip_state="absent").changed == 1 and google.addresses
    released = step.run(kubeflow_static_ip_state="absent")
    assert (released.changed, google.addresses, released.step["record"]) == (1, {}, {})
    assert step.run(kubeflow_static_ip_state="absent").changed == 0


def test_what_others_reserved_is_adopted_and_kept(google, step):
    google.add(f"{GLOBAL}/company-ip", labels={"team": "web"})
    google.add(f"{GLOBAL}/other-1")
    google.add(f"{GLOBAL}/other-2")
    run = step.run(kubeflow_static_ip_name="company-ip", kubeflow_static_ip_labels={"a": "b"})
    assert (run.changed, run.step["record"]["made"], run.step["parameters"]) == (0, False, {"ipName": "company-ip"})
    # By the address itself, on the second page of the list.
    assert step.run(kubeflow_static_ip_address="203.0.113.3").step["record"]["name"] == "other-2"
    missing = step.fails(kubeflow_static_ip_address="198.51.100.1")
    assert missing == (
        "There is no reserved address 198.51.100.1 in my-project, us-central1. Name one that is reserved there, or none to get one."
    )
    kept = step.run(kubeflow_static_ip_name="company-ip", kubeflow_static_ip_state="absent")
    assert kept.changed == 0 and "is kept: it was not reserved by this collection" in kept.output
    assert len(google.addresses) == 3 and google.addresses[f"{GLOBAL}/company-ip"]["labels"] == {"team": "web"}


def test_what_another_application_reserved_is_not_released(google, step):
    step.run(kubeflow_static_ip_name="shared-ip", kubeflow_static_ip_application="other")
    assert step.run(kubeflow_static_ip_name="shared-ip").step["record"]["made"] is False
    kept = step.run(kubeflow_static_ip_name="shared-ip", kubeflow_static_ip_state="absent")
    assert "it was reserved for the application other of the cluster" in kept.output
    assert list(google.addresses) == [f"{GLOBAL}/shared-ip"]


@pytest.mark.soak
def test_regions_versions_and_tiers(google, step):
    regional = step.run(
        kubeflow_static_ip_scope="regional",
        kubeflow_static_ip_network_tier="STANDARD",
        kubeflow_static_ip_name="lb-ip",
        kubeflow_static_ip_labels={"team": "ml"},
    )
    assert (regional.step["record"]["region"], regional.step["parameters"]) == ("us-central1", {"ipName": "lb-ip"})
    assert google.addresses[f"{REGIONAL}/lb-ip"]["networkTier"] == "STANDARD"
    assert google.addresses[f"{REGIONAL}/lb-ip"]["labels"] == {**MARKS, "team": "ml"}
    # Found where it is, though the scope is not named again.
    assert step.run(kubeflow_static_ip_name="lb-ip", kubeflow_static_ip_labels={"team": "ml"}).changed == 0
    # A label of the user's changes.
    assert step.run(kubeflow_static_ip_name="lb-ip", kubeflow_static_ip_labels={"team": "web"}).changed == 1
    six = step.run(kubeflow_static_ip_ip_version=6, kubeflow_static_ip_name="six-ip")
    assert six.step["record"]["address"].startswith("2001:db8::")
    assert step.fails(kubeflow_static_ip_name="six-ip") == (
        f"The address six-ip ({six.step['record']['address']}) already exists, but it is an IPv6 address, not IPv4 as requested. "
        "Name another, or none."
    )
    assert "A global address is always in the network tier PREMIUM" in step.fails(kubeflow_static_ip_network_tier="STANDARD")


@pytest.mark.parametrize("moment", ["reserving", "labelling"])
def test_a_killed_run_is_repaired_by_the_next(google, step, moment):
    """The answer is held back when the cloud has done its part, and the run is killed."""
    google.hold("POST", "/addresses$" if moment == "reserving" else "/setLabels$")
    run = subprocess.Popen(**step.command())
    assert google.holding.wait(patience(3))
    kill(run)
    google.go_on()
    path, address = only(google)
    assert ("labels" in address) == (moment == "labelling")
    again = step.run()
    assert only(google)[0] == path and google.addresses[path]["labels"] == MARKS
    assert (again.changed, again.step["record"]["made"]) == (1 if moment == "reserving" else 0, True)
    assert step.run(kubeflow_static_ip_state="absent").changed == 1 and not google.addresses


def test_two_runs_at_once_reserve_one(google, step):
    google.hold("POST", "/addresses$")
    first = subprocess.Popen(**step.command())
    assert google.holding.wait(patience(3))
    second = step.run()
    google.go_on()
    output, _unused = first.communicate(timeout=patience(3))
    assert first.returncode == 0, output
    path, address = only(google)
    assert address["labels"] == MARKS and second.step["record"]["id"] == path


def test_an_address_in_use_is_not_released(google, step):
    step.run()
    _path, address = only(google)
    address |= {"status": "IN_USE", "users": ["https://www.googleapis.com/compute/v1/projects/my-project/global/forwardingRules/k8s-fw"]}
    assert step.fails(kubeflow_static_ip_state="absent", kubeflow_static_ip_timeout=1) == (
        f"The address 203.0.113.1 ({address['name']}) was not released: it is in use by projects/my-project/global/forwardingRules/k8s-fw. "
        "Remove what uses it, then run this again."
    )
    assert google.addresses


def test_refusals_are_explained(google, step):
    google.lacking = {"compute.globalAddresses.create"}
    message = step.fails(kubeflow_static_ip_name="my-ip")
    assert message.startswith(f"The credentials of Google lack the permission compute.globalAddresses.create on {GLOBAL}/my-ip.")
    google.lacking, google.limit = set(), 0
    quota = "The quota STATIC_ADDRESSES of the project my-project is used up"
    assert step.fails().startswith(f"{quota}: its limit is 0.")
    google.late = True
    assert step.fails(kubeflow_static_ip_scope="regional").startswith(f"{quota} in the region us-central1: its limit is 0.")
    google.limit = 8
    assert "Google takes no such name" in step.fails(kubeflow_static_ip_name="Kubeflow_IP")
    assert step.fails(kubeflow_static_ip_account="no-project") == (
        "The project no-project was not found, or these credentials may not see it. Name another project."
    )
    wrong = step.fails(kubeflow_static_ip_scope="regional", kubeflow_static_ip_region="moon-1")
    assert "projects/my-project/regions/moon-1" in wrong and "gcloud compute regions list" in wrong
    google.enabled = False
    assert step.fails() == (
        "The API compute.googleapis.com is not enabled in the project my-project. "
        "gcloud services enable compute.googleapis.com --project my-project, then wait a few minutes."
    )
    assert not google.addresses


def test_what_passes_is_repeated(google, step):
    busy = {"error": {"code": 429, "message": "Rate Limit Exceeded", "errors": [{"reason": "rateLimitExceeded"}]}}
    google.faults = [
        Fault("GET", "/addresses/", Reply(429, busy, {"Retry-After": "1"})),
        Fault("POST", "/addresses$", None, after=True),
        Fault("POST", "/wait$", Reply(502, "<html>Bad Gateway</html>")),
        Fault("POST", "/setLabels$", Reply(503, {"error": {"code": 503, "message": "backend", "errors": [{"reason": "backendError"}]}})),
        Fault("POST", "/token$", Reply(503, {"error": "unavailable"})),
    ]
    google.waits = 3
    run = step.run()
    assert [fault.times for fault in google.faults] == [0] * 5
    assert run.changed == 1 and only(google)[1]["labels"] == MARKS
    inserts = [asked for asked in google.asked if asked.method == "POST" and asked.path.endswith("/addresses")]
    assert len(inserts) == 2 and len({asked.query["requestId"] for asked in inserts}) == 1


def test_an_operation_that_does_not_end_is_told(google, step):
    google.waits = 10_000
    message = step.fails(kubeflow_static_ip_timeout=1)
    assert "is not done after 1 s" in message
    google.waits = 0
    assert step.run().step["record"]["made"] is True and len(google.addresses) == 1


@pytest.mark.parametrize("kind", ["federation", "metadata"])
def test_other_credentials(google, work, tmp_path, kind):
    env = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"{google.url}/compute/v1/"}
    host = google.url.removeprefix("http://")
    if kind == "metadata":
        env |= {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}
    else:
        env["GOOGLE_APPLICATION_CREDENTIALS"] = str(getattr(google, f"{kind}_file")(tmp_path))
    run = Step(work(env=env), {"kubeflow_static_ip_facts": FACTS}).run("-vvv")
    used = {google.tokens[asked.headers["authorization"].removeprefix("Bearer ")] for asked in google.asked if "/compute/" in asked.path}
    assert used == {"impersonated" if kind == "federation" else kind}
    assert len(google.addresses) == 1
    assert not [token for token in google.tokens if token in run.output]


def test_credentials_that_are_refused_are_told_without_a_secret(google, work, tmp_path):
    env = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": google.url, "GOOGLE_APPLICATION_CREDENTIALS": str(google.federation_file(tmp_path))}
    (tmp_path / "subject").write_text("Zx9Lm5RtWw4fGh7Kq2", encoding="utf-8")
    step = Step(work(env=env), {"kubeflow_static_ip_facts": FACTS})
    message = step.fails()
    assert message.startswith("Google's default credentials can't be used: The subject token is not valid. ")
    none = Step(work(env={"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "nothing")}), {"kubeflow_static_ip_facts": FACTS}).fails()
    assert none.startswith("Google's default credentials can't be used: there are none, or their file can't be read.")


def test_a_controller_is_named_for_the_application(google, step):
    facts: dict[str, t.Any] = {**FACTS, "cluster": {"uid": UID, "apis": {"compute.cnrm.cloud.google.com/v1beta1": {"ComputeAddress": {}}}}}
    run = step.run(kubeflow_static_ip_by="controller", kubeflow_static_ip_facts=facts, kubeflow_static_ip_name="kubeflow-ip")
    assert (run.changed, google.asked) == (0, [])
    assert run.step["components"] == {"address": {"prototype": "address"}}
    assert run.step["parameters"]["ipName"] == run.step["parameters"]["addressName"] == "kubeflow-ip"
    message = step.fails(kubeflow_static_ip_by="controller")
    assert message.startswith("The cluster does not serve ComputeAddress of compute.cnrm.cloud.google.com")


def test_a_cloud_without_addresses_is_told(step):
    facts = {"cloud": {"provider": "hetzner"}, "cluster": {"uid": UID}}
    assert step.fails(kubeflow_static_ip_facts=facts) == (
        "Addresses are reserved at Google Cloud, AWS and Azure; the cluster runs on hetzner. Set provider, or leave this step out."
    )


def test_the_step_is_plain_data(step):
    json.dumps(step.run().step)
