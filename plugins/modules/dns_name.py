#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module dns_name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_name
short_description: Lead a host name to an address, at Cloud Endpoints, Cloud DNS or Route 53
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Makes sure that a host name leads to the address of an application in a cluster, and waits until it does.
  - What it makes carries a mark that names the application and the cluster. In a zone that is a TXT record C(_kubeflow-bootstrap) below
    the name, at Cloud Endpoints the title of the service. With the mark it is the name that an earlier run made, even if that run was
    killed before it had written anything down.
  - A record of others that leads to the address already is used as it is. One that leads elsewhere is an error, unless O(adopt) is
    set.
  - With O(state=absent) the name is removed if it carries the mark, and kept otherwise.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description: Whether the name should exist.
    type: str
    choices: [present, absent]
    default: present
  provider:
    description:
      - Who answers for the name.
      - V(endpoints) is a name of Cloud Endpoints, C(<name>.endpoints.<project>.cloud.goog), for which Google runs the DNS.
      - V(clouddns) and V(route53) are records in the public zone with the longest domain that holds O(hostname).
      - V(external_dns) leaves it to ExternalDNS in the cluster, which makes the record from the host of the Ingress or HTTPRoute.
      - V(sslip) is a name that holds the address itself, such as C(203-0-113-10.sslip.io). For trials, and for clusters on a laptop.
      - With V(auto) it follows from O(hostname) if that is one of Cloud Endpoints or C(sslip.io). Otherwise it is V(external_dns) if
        that runs in the cluster, else the DNS of the cloud. Without O(hostname) it is V(endpoints) at Google, and V(sslip) elsewhere.
    type: str
    choices: [auto, endpoints, clouddns, route53, external_dns, sslip]
    default: auto
  application:
    description: Name of the application that the name is for.
    type: str
    required: true
  cluster:
    description: UID of the cluster, as in C(cluster.uid) of the facts, that the name is for.
    type: str
    required: true
  facts:
    description: What is known of C(cloud) and C(cluster), as the role kubeflow collects it.
    type: dict
    default: {}
  hostname:
    description:
      - The host name. Without a dot it is the first part of a name of Cloud Endpoints, of O(zone), or in front of the address at
        C(sslip.io).
      - If not set, one that follows from O(application) and O(cluster) with V(endpoints), or from the address with V(sslip).
    type: str
  addresses:
    description:
      - The IP addresses that it is to lead to, or one host name, such as that of a load balancer. Cloud Endpoints takes one IPv4 address.
      - Not needed with V(external_dns), and on a laptop with V(sslip), where it is C(127.0.0.1).
    type: list
    elements: str
    default: []
  address_to_come:
    description:
      - Whether an address is reserved in the same run. In check mode nothing is reserved, and then it is no error that it is not known.
    type: bool
    default: false
  account:
    description: The project at Google. If not set, that of O(facts).
    type: str
  zone:
    description:
      - The zone by its domain or ID, if not the public one with the longest domain. A private zone must be named.
      - With V(sslip), the domain to use instead of C(sslip.io).
    type: str
  ttl:
    description: How long resolvers may remember a record, in seconds.
    type: int
    default: 300
  adopt:
    description: Whether to replace what others made under that name. It is ours from then on, and is removed with O(state=absent).
    type: bool
    default: false
  timeout:
    description: Seconds to wait for the cloud.
    type: int
    default: 120
  verify:
    description: Seconds to wait until the name leads to the addresses. V(0) is not to look.
    type: int
    default: 60
  require:
    description: Whether it is an error, instead of a warning, if the name does not lead to the addresses by then.
    type: bool
    default: false
  nameserver:
    description: IP address of a name server to ask, with or without a port. If not set, the resolver of this machine.
    type: str
requirements:
  - google-auth and requests (Cloud Endpoints, Cloud DNS)
  - boto3 (Route 53)
  - dnspython (O(nameserver))
notes:
  - The credentials are those that the cloud's own libraries find, as with the module M(kubeflow.bootstrap.static_ip).
  - Other addresses of the APIs are set with E(CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS), E(CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEMANAGEMENT)
    and E(AWS_ENDPOINT_URL).
  - It needs the roles C(roles/dns.admin) or C(roles/servicemanagement.admin) at Google. At AWS it needs C(route53:ListHostedZones),
    C(route53:ListResourceRecordSets), C(route53:ChangeResourceRecordSets) and C(route53:GetChange).
"""

EXAMPLES = r"""
- name: Lead a name of Cloud Endpoints to a reserved address
  kubeflow.bootstrap.dns_name:
    application: kubeflow
    cluster: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    provider: endpoints
    account: my-project
    hostname: kubeflow
    addresses: [203.0.113.10]

- name: Lead a name of a zone in Route 53 to a load balancer
  kubeflow.bootstrap.dns_name:
    application: kubeflow
    cluster: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    provider: route53
    hostname: kubeflow.example.com
    addresses: [k8s-kubeflow-1234567890.eu-west-1.elb.amazonaws.com]
    require: true

- name: Remove the name, if it was made for this application
  kubeflow.bootstrap.dns_name:
    application: kubeflow
    cluster: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    provider: route53
    hostname: kubeflow.example.com
    state: absent
"""

RETURN = r"""
hostname:
  description: The full host name.
  returned: success
  type: str
  sample: kubeflow.example.com
addresses:
  description: What it is to lead to.
  returned: success
  type: list
  elements: str
  sample: [203.0.113.10]
provider:
  description: Who answers for the name, as in O(provider), but never V(auto).
  returned: success
  type: str
  sample: clouddns
zone:
  description: Domain of the zone, or the project of Cloud Endpoints. Not set with V(external_dns).
  returned: success
  type: str
  sample: example.com
made:
  description: Whether it carries the mark, so that it was made for this application and may be removed.
  returned: success
  type: bool
  sample: true
verified:
  description: Whether the name leads to the addresses. Not set where that was not looked for, or can't be expected yet.
  returned: success
  type: bool
  sample: true
verification:
  description: What was seen, in a sentence. Not set with O(state=absent).
  returned: success
  type: str
  sample: kubeflow.example.com leads to 203.0.113.10, says this machine's resolver.
step:
  description: What the application is to have of it.
  returned: success
  type: dict
  contains:
    parameters:
      description: Values for the components that declare such a parameter.
      type: dict
      sample:
        hostname: kubeflow.example.com
    components:
      description: Always empty.
      type: dict
    reason:
      description: Why, in a sentence.
      type: str
    record:
      description: What to keep of it with the application. Empty after a removal.
      type: dict
said:
  description: What was done, in a sentence.
  returned: success
  type: str
  sample: "The record of kubeflow.example.com was made in the zone example.com: it leads to 203.0.113.10."
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns import step
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns.name import DnsRecordSpec, normal

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "provider": {
            "type": "str",
            "choices": ["auto", "endpoints", "clouddns", "route53", "external_dns", "sslip"],
            "default": "auto",
        },
        "application": {"type": "str", "required": True},
        "cluster": {"type": "str", "required": True},
        "facts": {"type": "dict", "default": {}},
        "hostname": {"type": "str"},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "address_to_come": {"type": "bool", "default": False},
        "account": {"type": "str"},
        "zone": {"type": "str"},
        "ttl": {"type": "int", "default": 300},
        "adopt": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 120},
        "verify": {"type": "int", "default": 60},
        "require": {"type": "bool", "default": False},
        "nameserver": {"type": "str"},
    },
    "supports_check_mode": True,
}

_ANY = ("192.0.2.1",)
"""Stands for an address that is not known yet (RFC 5737)."""


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Create or remove the name, and check whether it resolves to the address."""
    facts, addresses = args["facts"], normal(args["addresses"])
    to_come = args["address_to_come"] and context.check and args["state"] == "present" and not addresses
    provider = step.provider_of(args["provider"], args["hostname"], _ANY if to_come else addresses, facts)
    account = args["account"] or (facts.get("cloud") or {}).get("account")
    same = {"application": args["application"], "cluster": args["cluster"], "account": account, "zone": args["zone"]}
    if to_come and provider == "sslip":
        return _shown(step.foreseen(provider, None), context)
    hostname = step.host_of(provider, args["hostname"], {**same, "addresses": addresses}, facts)
    if to_come and provider != "external_dns":
        return _shown(step.foreseen(provider, hostname), context)
    if provider == "sslip":
        addresses = addresses or step.embedded_address(hostname)
    spec = DnsRecordSpec(
        **same,
        hostname=hostname,
        addresses=addresses,
        ttl=args["ttl"],
        adopt=args["adopt"],
        seconds=float(args["timeout"]),
    )
    if args["state"] == "present":
        check = {"seconds": float(args["verify"]), "nameserver": args["nameserver"], "require": args["require"]}
        result = step.present(provider, spec, facts, context, check)
    else:
        result = step.absent(provider, spec, context)
    return _shown(result, context)


def _shown(result: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    if not context.diff:
        result.pop("diff")
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
