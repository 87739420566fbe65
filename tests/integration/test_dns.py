# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Host names, with the role as a user runs it, the real libraries, and stand-ins that speak the real protocols, DNS too."""

from __future__ import annotations

import dataclasses
import typing as t

import boto3
import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.aws import Moto
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google_names import GoogleNames
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.names import NameServer, Role, Route53, aws_refusal
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Fault, Reply
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import UID

HOST = "kubeflow.ml.example.com"
IP = "203.0.113.10"
MARK = f"kubeflow-bootstrap application=kubeflow cluster={UID}"
FACTS: dict[str, t.Any] = {"cloud": {"provider": "gcp", "account": "my-project"}, "cluster": {"uid": UID, "addons": []}}
SERVICE = "kubeflow.endpoints.my-project.cloud.goog"


@pytest.fixture
def names():
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def google():
    api = GoogleNames()
    api.add_zone("example", "example.com")
    api.add_zone("ml", "ml.example.com")
    api.add_zone("ml-inside", "ml.example.com", "private")
    yield api
    api.close()


@pytest.fixture
def dns(google, names, work, tmp_path):
    """The role dns on Google Cloud, whose name server is ``names``."""
    services = ("DNS", "SERVICEMANAGEMENT")
    env = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{each}": google.url for each in services}
    user = work(env={**env, "GOOGLE_APPLICATION_CREDENTIALS": str(google.key_file(tmp_path))})
    common = {
        "kubeflow_dns_facts": FACTS,
        "kubeflow_dns_addresses": [IP],
        "kubeflow_dns_nameserver": names.address,
        "kubeflow_dns_verify": 2,
    }
    return Role("dns", user, common)


@pytest.fixture
def propagated(names):
    names.names = {HOST: [IP], SERVICE: [IP]}


@pytest.fixture(scope="module")
def moto():
    server = Moto()
    yield server
    server.close()


@pytest.fixture
def route53(moto):
    moto.reset()
    api = Route53(moto)
    yield api
    api.close()


@pytest.fixture
def zones(moto, route53):
    """Zone IDs by domain, and a client beside ours."""
    client = boto3.client("route53", endpoint_url=moto.url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    ids = {
        domain: client.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"]["Id"]
        for domain in ("example.com", "ml.example.com", "example.org")
    }
    return client, ids


@pytest.fixture
def aws(route53, names, work):
    env = {"AWS_ENDPOINT_URL": route53.url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    facts = {"cloud": {"provider": "aws", "region": "eu-west-1"}, "cluster": {"uid": UID, "addons": []}}
    common = {
        "kubeflow_dns_facts": facts,
        "kubeflow_dns_addresses": [IP],
        "kubeflow_dns_nameserver": names.address,
        "kubeflow_dns_verify": 2,
        "kubeflow_dns_hostname": HOST,
    }
    return Role("dns", work(env=env), common)


def records(google, zone="ml"):
    return {key: each["rrdatas"] for key, each in google.zones[zone]["records"].items() if key[1] != "SOA"}


def route53_records(zones, domain="ml.example.com"):
    client, ids = zones
    sets = client.list_resource_record_sets(HostedZoneId=ids[domain])["ResourceRecordSets"]
    return {
        (each["Name"], each["Type"]): [value["Value"] for value in each["ResourceRecords"]]
        for each in sets
        if each["Type"] not in ("SOA", "NS")
    }


def writes(standin):
    return [asked.path for asked in standin.asked if asked.method not in ("GET",) and "/token" not in asked.path]


# --- Cloud DNS


def test_a_record_is_made_found_again_and_removed(google, dns, propagated):
    foreseen = dns.run("--check", "--diff", kubeflow_dns_hostname=HOST)
    assert (foreseen.changed, records(google), foreseen.result["verified"]) == (1, {}, None)
    first = dns.run("--diff", kubeflow_dns_hostname=HOST)
    assert records(google) == {(f"{HOST}.", "A"): [IP], (f"_kubeflow-bootstrap.{HOST}.", "TXT"): [f'"{MARK}"']}
    assert first.changed == 1 and IP in first.output
    assert first.step == foreseen.step
    assert first.step["parameters"] == {"hostname": HOST}
    assert first.step["record"] == {
        "provider": "clouddns",
        "hostname": HOST,
        "zone": "ml.example.com",
        "addresses": [IP],
        "account": "my-project",
        "made": True,
    }
    assert (first.result["provider"], first.result["verified"]) == ("clouddns", True)
    before = writes(google)
    second = dns.run(kubeflow_dns_hostname=HOST)
    assert (second.changed, second.step, writes(google)) == (0, first.step, before)
    assert dns.run("--check", kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent").changed == 1 and records(google)
    removed = dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent")
    assert (removed.changed, records(google), removed.step["record"]) == (1, {}, {})
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent").changed == 0


def test_what_is_ours_follows_the_addresses(google, dns, propagated):
    dns.run(kubeflow_dns_hostname=HOST)
    both = dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_addresses=[IP, "2001:DB8:0::1"], kubeflow_dns_verify=0)
    assert both.changed == 1
    assert records(google)[f"{HOST}.", "AAAA"] == ["2001:db8::1"] and records(google)[f"{HOST}.", "A"] == [IP]
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_addresses=["2001:db8::2"], kubeflow_dns_verify=0).changed == 1
    assert sorted(kind for _name, kind in records(google)) == ["AAAA", "TXT"]
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_addresses=["lb.example.net"], kubeflow_dns_verify=0).changed == 1
    assert records(google)[f"{HOST}.", "CNAME"] == ["lb.example.net."]
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_addresses=["lb.example.net"], kubeflow_dns_verify=0).changed == 0
    message = dns.fails(kubeflow_dns_hostname="ml.example.com", kubeflow_dns_addresses=["lb.example.net"])
    assert message.startswith("ml.example.com is the zone itself, which can't lead to another name (lb.example.net).")


def test_a_record_of_others_is_used_or_refused(google, dns, propagated):
    zone = google.zones["ml"]["records"]
    zone[f"{HOST}.", "A"] = {"name": f"{HOST}.", "type": "A", "ttl": 60, "rrdatas": [IP]}
    zone[f"{HOST}.", "TXT"] = {"name": f"{HOST}.", "type": "TXT", "ttl": 60, "rrdatas": ['"heritage=external-dns,external-dns/owner=x"']}
    used = dns.run(kubeflow_dns_hostname=HOST)
    assert (used.changed, used.step["record"]["made"], writes(google)) == (0, False, [])
    zone[f"{HOST}.", "A"]["rrdatas"] = ["198.51.100.1"]
    assert dns.fails(kubeflow_dns_hostname=HOST) == (
        f"The zone ml.example.com has a record of {HOST} already, which leads elsewhere (A 198.51.100.1): ExternalDNS made it. "
        "Name another host, or take that one over: adopt (kubeflow_dns_adopt)."
    )
    kept = dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent")
    assert kept.changed == 0 and "is kept" in kept.output and writes(google) == []
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_adopt=True).changed == 1
    assert records(google)[f"{HOST}.", "A"] == [IP] and (f"{HOST}.", "TXT") in records(google)


def test_a_record_of_another_application_is_told_apart(google, dns, propagated):
    dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_application="other", kubeflow_dns_addresses=["198.51.100.1"], kubeflow_dns_verify=0)
    message = dns.fails(kubeflow_dns_hostname=HOST)
    assert f"it was made by this collection, for the application other of the cluster {UID}" in message
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent").changed == 0
    assert (f"{HOST}.", "A") in records(google)


def test_a_killed_run_is_repaired_by_the_next(google, dns, propagated):
    dns.killed(google, "POST", "/changes$", kubeflow_dns_hostname=HOST)
    assert (f"{HOST}.", "A") in records(google)
    again = dns.run(kubeflow_dns_hostname=HOST)
    assert (again.changed, again.step["record"]["made"]) == (0, True)
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent").changed == 1 and records(google) == {}


def test_a_change_in_between_and_an_answer_that_is_lost(google, dns, propagated):
    conflict = {"error": {"code": 409, "message": "already exists", "errors": [{"reason": "alreadyExists", "message": "already exists"}]}}
    google.faults.append(Fault("POST", "/changes$", Reply(409, conflict)))
    assert dns.run(kubeflow_dns_hostname=HOST).changed == 1
    google.faults.append(Fault("POST", "/changes$", None, after=True))
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_state="absent").changed == 1 and records(google) == {}
    google.faults += [Fault("POST", "/changes$", Reply(503, {})), Fault("GET", "/rrsets$", Reply(429, {}))]
    assert dns.run(kubeflow_dns_hostname=HOST).changed == 1


def test_zones_are_told(google, dns):
    assert dns.fails(kubeflow_dns_hostname="kubeflow.example.org") == (
        "No public zone of Cloud DNS holds kubeflow.example.org in the project my-project. Zones there: example.com, ml.example.com, "
        "ml.example.com. Make one, name the project of one (kubeflow_dns_account), or take a host name in one of these."
    )
    google.add_zone("ml-2", "ml.example.com")
    assert dns.fails(kubeflow_dns_hostname=HOST).startswith(f"Several zones of Cloud DNS hold {HOST}: ml, ml-2. Name one")
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_zone="ml-2", kubeflow_dns_verify=0).changed == 1 and records(google, "ml-2")
    # A private zone counts where it is named.
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_zone="ml-inside", kubeflow_dns_verify=0).changed == 1 and records(
        google, "ml-inside"
    )
    assert not records(google, "ml")


def test_what_google_refuses_is_explained(google, dns):
    google.lacking = {"dns.changes.create"}
    message = dns.fails(kubeflow_dns_hostname=HOST)
    assert message.startswith("The credentials of Google lack the permission dns.changes.create on projects/my-project.")
    google.lacking = {"servicemanagement.services.create"}
    message = dns.fails(kubeflow_dns_hostname=SERVICE)
    assert message.startswith("The credentials of Google lack the permission servicemanagement.services.create")
    google.lacking = {"servicemanagement.services.list"}
    assert "servicemanagement.services.list" in dns.fails(kubeflow_dns_hostname=SERVICE)
    # Somebody else's, or a project that is not found.
    assert "other-project" in dns.fails(kubeflow_dns_hostname=HOST, kubeflow_dns_account="other-project")


# --- whether it leads there


def test_the_name_is_waited_for(google, dns, names, propagated):
    names.after = 7
    run = dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_verify=30)
    assert run.result["verified"] is True and len(names.asked) > 7
    assert run.result["verification"] == f"{HOST} leads to {IP}, says the name server {names.address}."
    assert f"waiting for {HOST} to lead to {IP}" in run.output


def test_a_name_that_leads_nowhere_is_warned_of(google, dns, names):
    run = dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_verify=1)
    assert run.result["verified"] is False and run.step["parameters"] == {"hostname": HOST}
    assert f"{HOST} does not lead to {IP}" in run.output and "there is no such name" in run.output
    names.names = {HOST: ["198.51.100.7"]}
    message = dns.fails(kubeflow_dns_hostname=HOST, kubeflow_dns_verify=1, kubeflow_dns_require=True)
    assert "it leads to 198.51.100.7" in message
    # What was made before the error is found again.
    names.names = {HOST: [IP]}
    assert dns.run(kubeflow_dns_hostname=HOST, kubeflow_dns_require=True).changed == 0


def test_the_machine_s_own_resolver_is_asked(dns):
    held = dns.run(
        kubeflow_dns_provider="sslip",
        kubeflow_dns_hostname="localhost.localdomain",
        kubeflow_dns_addresses=["127.0.0.1"],
        kubeflow_dns_nameserver="",
    )
    assert "this machine's resolver" in held.result["verification"]


# --- Cloud Endpoints


@pytest.mark.soak
def test_an_endpoints_name_is_made_found_again_and_removed(google, dns, propagated):
    foreseen = dns.run("--check", kubeflow_dns_hostname="kubeflow", kubeflow_dns_provider="endpoints")
    assert (foreseen.changed, google.services) == (1, {})
    first = dns.run(kubeflow_dns_hostname="kubeflow", kubeflow_dns_provider="endpoints")
    assert google.target(SERVICE) == IP and google.services[SERVICE]["project"] == "my-project"
    assert (first.changed, first.step["parameters"], first.result["verified"]) == (1, {"hostname": SERVICE}, True)
    assert first.step["record"]["made"] is True and first.step == foreseen.step
    before = writes(google)
    second = dns.run(kubeflow_dns_hostname=SERVICE)
    assert (second.changed, second.step, writes(google)) == (0, first.step, before)
    # Another address.
    google.waits = 3
    assert dns.run(kubeflow_dns_hostname=SERVICE, kubeflow_dns_addresses=["203.0.113.77"], kubeflow_dns_verify=0).changed == 1
    assert google.target(SERVICE) == "203.0.113.77"
    assert dns.run(kubeflow_dns_hostname=SERVICE, kubeflow_dns_state="absent").changed == 1 and google.services[SERVICE]["deleted"]
    assert dns.run(kubeflow_dns_hostname=SERVICE, kubeflow_dns_state="absent").changed == 0
    # Within 30 days it is taken back.
    back = dns.run(kubeflow_dns_hostname=SERVICE)
    assert (back.changed, google.target(SERVICE)) == (1, IP) and "it is taken back" in back.output


def test_an_endpoints_name_without_a_host_follows_from_application_and_cluster(google, dns):
    first = dns.run(kubeflow_dns_verify=0)
    (name,) = google.services
    assert name.startswith("kubeflow-") and first.step["parameters"] == {"hostname": name}
    assert dns.run(kubeflow_dns_verify=0).changed == 0 and list(google.services) == [name]
    message = dns.fails(kubeflow_dns_addresses=["2001:db8::1"], kubeflow_dns_provider="endpoints")
    assert message.startswith("A name of Cloud Endpoints leads to one IPv4 address, not to 2001:db8::1.")


@pytest.mark.parametrize("moment", ["/services$", "/configs:submit$", "/rollouts$"])
def test_a_killed_run_leaves_an_endpoints_name_that_is_finished(google, dns, moment):
    dns.killed(google, "POST", moment, kubeflow_dns_verify=0)
    (name,) = google.services
    again = dns.run(kubeflow_dns_verify=0)
    assert (list(google.services), google.target(name), again.step["record"]["made"]) == ([name], IP, True)
    # What was submitted is not submitted again.
    assert len(google.services[name]["configs"]) == 1
    assert again.changed == (0 if moment == "/rollouts$" else 1)
    assert dns.run(kubeflow_dns_verify=0).changed == 0


def test_a_killed_run_leaves_nothing_that_can_t_be_removed(google, dns):
    dns.killed(google, "POST", "/services$", kubeflow_dns_verify=0)
    assert dns.run(kubeflow_dns_state="absent").changed == 1
    assert all(each["deleted"] for each in google.services.values())


def test_an_endpoints_name_of_others_is_used_or_refused(google, dns, propagated):
    google.add_service(SERVICE, "A service", IP)
    used = dns.run(kubeflow_dns_hostname=SERVICE)
    assert (used.changed, used.step["record"]["made"], writes(google)) == (0, False, [])
    message = dns.fails(kubeflow_dns_hostname=SERVICE, kubeflow_dns_addresses=["203.0.113.99"])
    assert message.startswith(f"{SERVICE} leads elsewhere already ({IP}): its service carries no mark of ours, so others made it.")
    assert dns.run(kubeflow_dns_hostname=SERVICE, kubeflow_dns_state="absent").changed == 0 and not google.services[SERVICE]["deleted"]
    assert (
        dns.run(
            kubeflow_dns_hostname=SERVICE, kubeflow_dns_addresses=["203.0.113.99"], kubeflow_dns_adopt=True, kubeflow_dns_verify=0
        ).changed
        == 1
    )
    assert google.target(SERVICE) == "203.0.113.99"


# --- Route 53


@pytest.mark.soak
def test_a_record_at_route_53_is_made_found_again_and_removed(zones, route53, aws, propagated):
    assert aws.run("--check").changed == 1 and route53_records(zones) == {}
    first = aws.run()
    assert route53_records(zones) == {(f"{HOST}.", "A"): [IP], (f"_kubeflow-bootstrap.{HOST}.", "TXT"): [f'"{MARK}"']}
    assert (first.changed, first.step["record"]["zone"], first.result["verified"]) == (1, "ml.example.com", True)
    before = writes(route53)
    second = aws.run()
    assert (second.changed, second.step, writes(route53)) == (0, first.step, before)
    assert aws.run(kubeflow_dns_addresses=["203.0.113.77", "2001:db8::1"], kubeflow_dns_verify=0).changed == 1
    assert route53_records(zones)[f"{HOST}.", "A"] == ["203.0.113.77"] and route53_records(zones)[f"{HOST}.", "AAAA"] == ["2001:db8::1"]
    assert aws.run(kubeflow_dns_addresses=["lb.eu-west-1.elb.amazonaws.com"], kubeflow_dns_verify=0).changed == 1
    assert sorted(kind for _name, kind in route53_records(zones)) == ["CNAME", "TXT"]
    assert aws.run(kubeflow_dns_addresses=["lb.eu-west-1.elb.amazonaws.com"], kubeflow_dns_verify=0).changed == 0
    removed = aws.run(kubeflow_dns_state="absent")
    assert (removed.changed, route53_records(zones)) == (1, {})
    assert aws.run(kubeflow_dns_state="absent").changed == 0


def test_a_record_of_others_at_route_53_is_kept(zones, aws):
    client, ids = zones
    record = {"Name": HOST, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "198.51.100.1"}]}
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    client.change_resource_record_sets(HostedZoneId=ids["ml.example.com"], ChangeBatch=change)
    assert "it carries no mark of ours, so others made it" in aws.fails()
    assert aws.run(kubeflow_dns_state="absent").changed == 0
    assert route53_records(zones) == {(f"{HOST}.", "A"): ["198.51.100.1"]}
    assert aws.run(kubeflow_dns_adopt=True, kubeflow_dns_verify=0).changed == 1
    assert route53_records(zones)[f"{HOST}.", "A"] == [IP]


def test_a_killed_run_at_route_53_is_repaired_by_the_next(zones, route53, aws):
    aws.killed(route53, "POST", "/rrset")
    assert (f"{HOST}.", "A") in route53_records(zones)
    again = aws.run(kubeflow_dns_verify=0)
    assert (again.changed, again.step["record"]["made"]) == (0, True)


def test_what_route_53_refuses_is_explained(zones, route53, aws):
    who = "arn:aws:iam::123456789012:user/ci"
    denied = aws_refusal("AccessDenied", f"User: {who} is not authorized to perform: route53:ChangeResourceRecordSets", 403)
    route53.faults = [Fault("POST", "/rrset", denied)]
    assert aws.fails() == (
        f"{who} may not do route53:ChangeResourceRecordSets for {HOST}. "
        "Allow the action route53:ChangeResourceRecordSets in a policy of that identity."
    )
    route53.faults = [Fault("GET", "/hostedzone$", aws_refusal("InvalidClientTokenId", "The security token is invalid", 403))]
    assert aws.fails().startswith("AWS rejects these credentials (InvalidClientTokenId).")
    assert aws.fails(kubeflow_dns_hostname="kubeflow.example.net").startswith(
        "No public hosted zone of Route 53 holds kubeflow.example.net. Zones of the account: example.com, example.org, ml.example.com."
    )
    exists = f"[Tried to create resource record set [name='{HOST}.', type='A'] but it already exists]"
    route53.faults = [
        Fault("GET", "/hostedzone$", aws_refusal("Throttling", "Rate exceeded"), 2),
        Fault("POST", "/rrset", Reply(503, "")),
        Fault("POST", "/rrset", aws_refusal("InvalidChangeBatch", exists)),
    ]
    assert aws.run(kubeflow_dns_verify=0).changed == 1
    assert [fault.times for fault in route53.faults] == [0, 0, 0]


# --- without a cloud


def test_external_dns_is_left_to_itself(google, dns, names):
    facts = {**FACTS, "cluster": {"uid": UID, "addons": [{"name": "external-dns", "namespace": "dns"}]}}
    run = dns.run(kubeflow_dns_facts=facts, kubeflow_dns_hostname=HOST, kubeflow_dns_addresses=[])
    assert (run.changed, google.asked, run.result["provider"]) == (0, [], "external_dns")
    assert run.step["parameters"] == {"hostname": HOST} and "ExternalDNS in the namespace dns makes the record" in run.step["reason"]
    # It does not exist before the deployment, which nobody is warned of.
    assert dns.run(kubeflow_dns_facts=facts, kubeflow_dns_hostname=HOST).result["verified"] is None
    assert dns.fails(kubeflow_dns_provider="external_dns", kubeflow_dns_hostname=HOST).startswith("ExternalDNS is not seen in the cluster")


def test_a_name_that_holds_its_address(dns, names):
    names.names = {"203-0-113-10.sslip.io": [IP], "127-0-0-1.sslip.io": ["127.0.0.1"]}
    run = dns.run(kubeflow_dns_provider="sslip")
    assert (run.changed, run.step["parameters"]) == (0, {"hostname": "203-0-113-10.sslip.io"})
    assert run.result["verified"] is True and run.step["record"]["made"] is False
    kind = {"cluster": {"uid": UID, "distribution": {"name": "kind"}}}
    laptop = dns.run(kubeflow_dns_facts=kind, kubeflow_dns_addresses=[])
    assert (laptop.step["parameters"], laptop.result["verified"]) == ({"hostname": "127-0-0-1.sslip.io"}, True)
    six = dns.run(
        kubeflow_dns_provider="sslip",
        kubeflow_dns_addresses=["2001:db8::"],
        kubeflow_dns_hostname="kubeflow",
        kubeflow_dns_zone="nip.io",
        kubeflow_dns_verify=0,
    )
    assert six.step["parameters"] == {"hostname": "kubeflow.2001-db8--0.nip.io"}
    assert dns.fails(kubeflow_dns_hostname="198-51-100-1.sslip.io").startswith("198-51-100-1.sslip.io holds the address 198.51.100.1, but")
    assert dns.run(kubeflow_dns_state="absent", kubeflow_dns_provider="sslip").changed == 0


def test_the_address_that_was_reserved_is_taken(dns, names):
    reserved = {"static_ip": {"record": {"address": "203.0.113.5"}}}
    run = dataclasses.replace(dns, facts={"kubeflow_steps": reserved}).run(
        kubeflow_dns_provider="sslip", kubeflow_dns_addresses=[], kubeflow_dns_verify=0
    )
    assert run.step["parameters"] == {"hostname": "203-0-113-5.sslip.io"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"kubeflow_dns_hostname": "kube flow.example.com"}, "'kube flow.example.com' is no full host name."),
        ({"kubeflow_dns_hostname": HOST, "kubeflow_dns_addresses": []}, f"The address that {HOST} is to lead to is not known."),
        (
            {"kubeflow_dns_facts": {"cloud": {}, "cluster": {"uid": UID}}, "kubeflow_dns_hostname": HOST},
            f"Nothing tells where {HOST} is to be recorded",
        ),
        ({"kubeflow_dns_facts": {"cluster": {"uid": UID}}, "kubeflow_dns_addresses": []}, "Neither a host name is named, nor an address"),
        (
            {"kubeflow_dns_hostname": HOST, "kubeflow_dns_nameserver": "ns.example.com"},
            "'ns.example.com' is not the address of a name server.",
        ),
        (
            {"kubeflow_dns_hostname": HOST, "kubeflow_dns_addresses": [IP, "lb.example.com"]},
            "A name leads to IP addresses, or to one other name",
        ),
    ],
)
def test_what_can_t_be_is_said(dns, variables, message):
    assert dns.fails(**variables).startswith(message)
