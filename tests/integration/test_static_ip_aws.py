# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Elastic IP addresses, with the role as a user runs it, boto3, and moto's server."""

from __future__ import annotations

import subprocess

import boto3
import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.aws import Aws, Moto, refusal
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Fault
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import UID, Step, kill
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

FACTS = {"cloud": {"provider": "aws", "account": "123456789012", "region": "eu-west-1"}, "cluster": {"uid": UID, "apis": {}}}
MARKS = {"managed-by": "kubeflow-bootstrap", "kubeflow-application": "kubeflow", "kubeflow-cluster": UID}
LOGIN = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENG"}


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    yield server
    server.close()


@pytest.fixture
def aws(moto):
    moto.reset()
    api = Aws(moto)
    yield api
    api.close()


@pytest.fixture
def step(aws, work):
    return Step(work(env={"AWS_ENDPOINT_URL": aws.url, **LOGIN}), {"kubeflow_static_ip_facts": FACTS})


@pytest.fixture
def ec2(moto):
    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "x"}
    return boto3.client("ec2", region_name="eu-west-1", endpoint_url=moto.url, **keys)


def all_of(ec2):
    return ec2.describe_addresses()["Addresses"]


def tags_of(address):
    return {tag["Key"]: tag["Value"] for tag in address["Tags"]}


@pytest.mark.soak
def test_an_address_is_reserved_found_again_and_released(aws, ec2, step):
    assert step.run("--check").changed == 1 and not all_of(ec2)
    first = step.run()
    (address,) = all_of(ec2)
    assert {key: tags_of(address)[key] for key in MARKS} == MARKS
    record = first.step["record"]
    assert (record["address"], record["allocation_id"], record["region"]) == (address["PublicIp"], address["AllocationId"], "eu-west-1")
    assert first.step["parameters"] == {"ipName": address["PublicIp"]} and record["made"] is True
    again = step.run()
    assert (again.changed, again.step) == (0, first.step)
    # A tag of the user's is added.
    assert step.run(kubeflow_static_ip_labels={"team": "ml"}).changed == 1 and tags_of(all_of(ec2)[0])["team"] == "ml"
    assert step.run(kubeflow_static_ip_state="absent").changed == 1 and not all_of(ec2)
    assert step.run(kubeflow_static_ip_state="absent").changed == 0


def test_what_others_reserved_is_adopted_and_kept(ec2, step):
    theirs = ec2.allocate_address(Domain="vpc")
    by_id = step.run(kubeflow_static_ip_name=theirs["AllocationId"])
    by_address = step.run(kubeflow_static_ip_address=theirs["PublicIp"])
    assert by_id.step["record"] == by_address.step["record"] and by_id.changed == by_address.changed == 0
    kept = step.run(kubeflow_static_ip_name=theirs["AllocationId"], kubeflow_static_ip_state="absent")
    assert kept.changed == 0 and "is kept" in kept.output and len(all_of(ec2)) == 1
    assert "There is no Elastic IP eipalloc-0" in step.fails(kubeflow_static_ip_name="eipalloc-0")


def test_a_killed_run_is_repaired_by_the_next(aws, ec2, step):
    aws.hold("POST", "AllocateAddress")
    run = subprocess.Popen(**step.command())
    assert aws.holding.wait(patience(3))
    kill(run)
    aws.go_on()
    (left,) = all_of(ec2)
    again = step.run()
    assert again.step["record"]["allocation_id"] == left["AllocationId"] and len(all_of(ec2)) == 1


def test_two_runs_that_both_saw_nothing_end_with_one(aws, ec2, step):
    """The first has looked, and then waits until the second has its address."""
    aws.hold("POST", "DescribeAddresses")
    first = subprocess.Popen(**step.command())
    assert aws.holding.wait(patience(3))
    second = step.run()
    aws.go_on()
    output, _unused = first.communicate(timeout=patience(3))
    assert first.returncode == 0, output
    assert aws.count("POST", "AllocateAddress") == 2
    (address,) = all_of(ec2)
    assert address["AllocationId"] == second.step["record"]["allocation_id"] and address["PublicIp"] in output


def test_an_address_in_use_is_not_released(ec2, step):
    record = step.run().step["record"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=record["allocation_id"], NetworkInterfaceId=interface)
    message = step.fails(kubeflow_static_ip_state="absent", kubeflow_static_ip_timeout=1)
    assert message.startswith(f"The address {record['address']} (") and f"it is in use by {interface}" in message
    assert len(all_of(ec2)) == 1


def test_refusals_are_explained(aws, ec2, step):
    who = "arn:aws:iam::123456789012:user/ci"
    denial = f"You are not authorized to perform this operation. User: {who} is not authorized to perform: ec2:AllocateAddress"
    aws.faults = [Fault("POST", "AllocateAddress", refusal("UnauthorizedOperation", denial, 403))]
    assert step.fails() == (
        f"{who} may not do ec2:AllocateAddress in the region eu-west-1. Allow the action ec2:AllocateAddress in a policy of that identity."
    )
    limit = "The maximum number of addresses has been reached."
    aws.faults = [Fault("POST", "AllocateAddress", refusal("AddressLimitExceeded", limit))]
    assert step.fails().startswith(
        f"The quota of Elastic IP addresses of the account is used up in the region eu-west-1 (5 unless raised): {limit}"
    )
    aws.faults = [Fault("POST", "DescribeAddresses", refusal("AuthFailure", "AWS was not able to validate the credentials", 401))]
    assert step.fails().startswith("AWS rejects these credentials (AuthFailure).")
    assert "AWS reserves IPv4 addresses only" in step.fails(kubeflow_static_ip_ip_version=6)
    assert not all_of(ec2)


def test_what_passes_is_repeated(aws, ec2, step):
    aws.faults = [
        Fault("POST", "DescribeAddresses", refusal("RequestLimitExceeded", "Request limit exceeded.", 503)),
        Fault("POST", "DescribeAddresses", None),
    ]
    assert step.run().changed == 1 and [fault.times for fault in aws.faults] == [0, 0]


def test_no_credentials(aws, work):
    message = Step(work(env={"AWS_ENDPOINT_URL": aws.url}), {"kubeflow_static_ip_facts": FACTS}).fails()
    assert message == "No credentials of AWS found (NoCredentialsError). aws configure, aws sso login, or set AWS_PROFILE."
