# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Public IP addresses at Azure, with the role as a user runs it, Azure's libraries, and a stand-in that speaks the real protocol."""

from __future__ import annotations

import ssl
import subprocess

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.azure import CLIENT, SUBSCRIPTION, TENANT, Azure, certificate, refusal
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Fault
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import UID, Step, kill
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

MARKS = {"managed-by": "kubeflow-bootstrap", "kubeflow-application": "kubeflow", "kubeflow-cluster": UID}
NODE = f"azure:///subscriptions/{SUBSCRIPTION}/resourceGroups/nodes/providers/Microsoft.Compute/virtualMachineScaleSets/a/virtualMachines/0"
FACTS = {
    "cloud": {"provider": "azure", "account": SUBSCRIPTION, "region": "westeurope"},
    "cluster": {"uid": UID, "apis": {}, "nodes": {"provider_id": NODE}},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def azure(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1])
    api = Azure(context)
    yield api
    api.close()


@pytest.fixture
def env(azure, authority):
    shared = {"AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": TENANT, "AZURE_AUTHORITY_HOST": azure.url}
    return {**shared, "REQUESTS_CA_BUNDLE": str(authority[0])}


@pytest.fixture
def step(azure, env, work):
    variables = {"kubeflow_static_ip_facts": FACTS, "kubeflow_static_ip_endpoint": azure.url}
    return Step(work(env={**env, "AZURE_CLIENT_SECRET": azure.secret}), variables)


def only(azure):
    (address,) = azure.addresses.values()
    return address


@pytest.mark.soak
def test_an_address_is_reserved_found_again_and_released(azure, step):
    assert step.run("--check").changed == 1 and not azure.addresses
    first = step.run()
    address = only(azure)
    assert address["tags"] == MARKS and "/resourceGroups/nodes/" in address["id"]
    assert first.step["parameters"] == {"ipName": "198.51.100.1"}
    assert {key: first.step["record"][key] for key in ("id", "resource_group", "region", "made")} == {
        "id": address["id"],
        "resource_group": "nodes",
        "region": "westeurope",
        "made": True,
    }
    again = step.run()
    assert (again.changed, again.step) == (0, first.step)
    assert step.run(kubeflow_static_ip_labels={"team": "ml"}).changed == 1 and only(azure)["tags"] == {**MARKS, "team": "ml"}
    assert step.run(kubeflow_static_ip_state="absent").changed == 1 and not azure.addresses
    assert step.run(kubeflow_static_ip_state="absent").changed == 0


@pytest.mark.soak
def test_what_others_made_is_adopted_and_kept(azure, step):
    for name in ("a", "b", "company-ip"):
        azure.add(name, tags={"team": "web"})
    by_name = step.run(kubeflow_static_ip_name="company-ip")
    # By the address itself, on the second page of the list.
    by_address = step.run(kubeflow_static_ip_address="198.51.100.3")
    assert by_name.step["record"] == by_address.step["record"] and by_name.step["record"]["made"] is False
    assert (
        "is kept" in step.run(kubeflow_static_ip_name="company-ip", kubeflow_static_ip_state="absent").output and len(azure.addresses) == 3
    )
    azure.add("moving", properties={"publicIPAllocationMethod": "Dynamic"})
    assert "is not static" in step.fails(kubeflow_static_ip_name="moving")


def test_a_killed_run_is_repaired_by_the_next(azure, step):
    azure.hold("PUT", "publicIPAddresses/")
    run = subprocess.Popen(**step.command())
    assert azure.holding.wait(patience(3))
    kill(run)
    azure.go_on()
    name = only(azure)["name"]
    again = step.run()
    assert (again.step["record"]["name"], again.step["record"]["made"], len(azure.addresses)) == (name, True, 1)


def test_an_address_in_use_is_not_released(azure, step):
    step.run(kubeflow_static_ip_ip_version=6)
    only(azure)["properties"]["ipConfiguration"] = {"id": "/subscriptions/s/frontendIPConfigurations/kubernetes"}
    message = step.fails(kubeflow_static_ip_ip_version=6, kubeflow_static_ip_state="absent", kubeflow_static_ip_timeout=1)
    assert (
        message.startswith("The address 2001:db8::1 (")
        and "it is in use by /subscriptions/s/frontendIPConfigurations/kubernetes" in message
    )


def test_refusals_are_explained(azure, step):
    azure.lacking = {"Microsoft.Network/publicIPAddresses/write"}
    message = step.fails(kubeflow_static_ip_name="my-ip")
    assert message.startswith(f"The login of Azure may not do Microsoft.Network/publicIPAddresses/write on /subscriptions/{SUBSCRIPTION}/")
    azure.lacking, azure.limit = set(), 0
    assert step.fails().startswith("The quota of public IP addresses is used up in the region westeurope: its limit is 0.")
    azure.limit = 20
    assert step.fails(kubeflow_static_ip_region="moon").startswith("Azure has no region moon: The provided location")
    assert step.fails(kubeflow_static_ip_resource_group="other").startswith("Azure has no resource group other in the subscription.")
    assert step.fails(kubeflow_static_ip_account=TENANT).startswith(f"Azure has no subscription {TENANT}, or this login may not see it.")
    assert not azure.addresses


def test_what_passes_is_repeated(azure, step):
    azure.faults = [
        Fault("GET", "publicIPAddresses/", refusal(503, "ServerUnavailable", "try later")),
        Fault("PUT", "publicIPAddresses/", refusal(429, "TooManyRequests", "try later")),
    ]
    assert step.run().changed == 1 and [fault.times for fault in azure.faults] == [0, 0]


def test_a_workload_identity(azure, env, work, tmp_path):
    token = tmp_path / "token"
    token.write_text(azure.assertion, encoding="utf-8")
    user = work(env={**env, "AZURE_FEDERATED_TOKEN_FILE": str(token)})
    run = Step(user, {"kubeflow_static_ip_facts": FACTS, "kubeflow_static_ip_endpoint": azure.url}).run("-vvv")
    assert set(azure.tokens.values()) == {"federated"} and len(azure.addresses) == 1
    assert not [secret for secret in (*azure.tokens, azure.assertion) if secret in run.output]


def test_a_login_that_is_refused(azure, env, work):
    step = Step(
        work(env={**env, "AZURE_CLIENT_SECRET": "wrong-Zx9Lm5RtWw"}),
        {"kubeflow_static_ip_facts": FACTS, "kubeflow_static_ip_endpoint": azure.url},
    )
    assert step.fails().startswith("No credentials of Azure found, or Azure rejects them.")
