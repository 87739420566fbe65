#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module static_ip."""

from __future__ import annotations

DOCUMENTATION = r"""
module: static_ip
short_description: Reserve, find, adopt or release a public address at Google Cloud, AWS or Azure
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Makes sure that there is one reserved public address for an application in a cluster. What it reserves carries marks, which are
    labels or tags that name the application and the cluster.
  - If there is an address of that name already, that is taken. With the marks it is the one that an earlier run reserved, even if
    that run was killed before it had written anything down. Without them it is adopted, which means that it is used, and neither
    changed nor ever released.
  - With O(state=absent) an address is released if it carries the marks. If something still uses it, the module waits, and then fails
    with what that is.
  - Two runs at the same time end with the same address.
  - With O(by=controller) no cloud is asked. RV(step) then has a component with an object that a controller in the cluster turns into
    an address, as Config Connector, AWS Controllers for Kubernetes or Azure Service Operator do.
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
    description: Whether the address should exist.
    type: str
    choices: [present, absent]
    default: present
  provider:
    description: The cloud. With V(auto), the one that O(cloud) names.
    type: str
    choices: [auto, google, aws, azure]
    default: auto
  by:
    description:
      - How an address is made. With V(cloud) it is asked of the cloud's API now, with V(controller) it is declared in the application.
    type: str
    choices: [cloud, controller]
    default: cloud
  application:
    description: Name of the application that the address is for.
    type: str
    required: true
  cluster:
    description: UID of the cluster, as in C(cluster.uid) of the facts, that the address is for.
    type: str
    required: true
  cloud:
    description: What the module M(kubeflow.bootstrap.cloud_info) returned in C(cloud). What is not set below is taken from it.
    type: dict
    default: {}
  apis:
    description: What the module M(kubeflow.bootstrap.cluster_info) returned in C(cluster.apis). Needed with O(by=controller).
    type: dict
    default: {}
  name:
    description:
      - Name of the address. At AWS that is the tag C(Name), or the ID of an allocation, which begins with C(eipalloc-).
      - If not set, a name that follows from O(application) and O(cluster).
    type: str
  address:
    description: A reserved address to adopt, by the address itself.
    type: str
  account:
    description: The project (Google), account (AWS) or subscription (Azure). If not set, that of O(cloud).
    type: str
  region:
    description: The region. If not set, that of O(cloud).
    type: str
  resource_group:
    description: At Azure, the resource group of the address. Its load balancers are best off with that of the nodes.
    type: str
  scope:
    description:
      - At Google, whether the address is for the whole world, as an Ingress of the class C(gce) needs it, or for a region, as a Service
        of the type C(LoadBalancer) does.
      - With V(auto), one that already exists, else V(global) at Google and V(regional) elsewhere.
    type: str
    choices: [auto, global, regional]
    default: auto
  ip_version:
    description: Version of IP. AWS has V(4) only.
    type: int
    choices: [4, 6]
    default: 4
  network_tier:
    description: At Google, the network tier of a regional address. If not set, the project's default one.
    type: str
    choices: [PREMIUM, STANDARD]
  subnetwork:
    description: At Google, the subnetwork that a regional IPv6 address is from.
    type: str
  labels:
    description: Labels or tags beside the marks.
    type: dict
    default: {}
  endpoint:
    description: Address of Azure's management API, if another than the public one.
    type: str
  timeout:
    description: Seconds to wait for the cloud to reserve the address, and with O(state=absent) for whatever uses it to be gone.
    type: int
    default: 120
requirements:
  - google-auth and requests (Google)
  - boto3 (AWS)
  - azure-identity and azure-mgmt-network (Azure)
notes:
  - The credentials are those that the cloud's own libraries find. For Google these are E(GOOGLE_APPLICATION_CREDENTIALS), which names
    the key of a service account or the configuration of a workload identity, the login of C(gcloud auth application-default login), or
    the metadata server; for AWS a profile, variables such as E(AWS_PROFILE), or the instance's role; for Azure variables such as
    E(AZURE_CLIENT_ID), a workload identity, a managed identity, or the login of C(az).
  - Other addresses of the APIs are set with E(CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE), E(AWS_ENDPOINT_URL), and O(endpoint) with
    E(AZURE_AUTHORITY_HOST).
  - It needs the permissions C(compute.addresses.*) or C(compute.globalAddresses.*) C(get), C(list), C(create), C(setLabels) and
    C(delete) at Google, C(ec2:DescribeAddresses), C(ec2:AllocateAddress), C(ec2:CreateTags) and C(ec2:ReleaseAddress) at AWS, and
    C(Microsoft.Network/publicIPAddresses/*) C(read), C(write) and C(delete) at Azure.
"""

EXAMPLES = r"""
- name: Reserve a global address for an Ingress on GKE
  kubeflow.bootstrap.static_ip:
    application: kubeflow
    cluster: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    provider: google
    account: my-project
  register: reserved

- name: Adopt an existing Elastic IP
  kubeflow.bootstrap.static_ip:
    application: kubeflow
    cluster: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    provider: aws
    region: eu-west-1
    name: eipalloc-0123456789abcdef0

- name: Release what was reserved
  kubeflow.bootstrap.static_ip:
    application: kubeflow
    cluster: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    provider: google
    account: my-project
    state: absent
"""

RETURN = r"""
address:
  description: The address as it is. Not set if there is none, or a controller makes it.
  returned: success
  type: dict
  contains:
    provider:
      description: The cloud.
      type: str
      sample: google
    name:
      description: Its name.
      type: str
      sample: kubeflow-1f0c5a3e
    address:
      description: The address itself. Empty in check mode if it would be reserved.
      type: str
      sample: 203.0.113.10
    account:
      description: Project, account or subscription.
      type: str
      sample: my-project
    region:
      description: Region. Not set for a global address.
      type: str
    scope:
      description: V(global) or V(regional).
      type: str
      sample: global
    ip_version:
      description: Version of IP.
      type: int
      sample: 4
    made:
      description: Whether it carries the marks, so that it was reserved for this application and may be released.
      type: bool
      sample: true
    id:
      description: What the cloud calls it, which is its path at Google, the allocation ID at AWS, and the resource ID at Azure.
      type: str
      sample: projects/my-project/global/addresses/kubeflow-1f0c5a3e
    network_tier:
      description: Network tier, at Google.
      type: str
      sample: PREMIUM
    labels:
      description: Labels or tags.
      type: dict
      sample:
        managed-by: kubeflow-bootstrap
    users:
      description: What uses it.
      type: list
      elements: str
step:
  description: What the application is to have of it.
  returned: success
  type: dict
  contains:
    parameters:
      description:
        - Values for the components that declare such a parameter. C(ipName) is the name at Google, and the address elsewhere. Not set
          while it is not known.
      type: dict
      sample:
        ipName: kubeflow-1f0c5a3e
    components:
      description: With O(by=controller), the component with the object that the controller reads.
      type: dict
    reason:
      description: Why, in a sentence.
      type: str
    record:
      description: What to keep of it with the application. Empty after a release.
      type: dict
said:
  description: What was done, in a sentence.
  returned: success
  type: str
  sample: The address 203.0.113.10 was reserved as kubeflow-1f0c5a3e.
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.static_ip.address import AddressSpec, default_name
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.static_ip.step import declared, provider_of, released, reserved

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "provider": {"type": "str", "choices": ["auto", "google", "aws", "azure"], "default": "auto"},
        "by": {"type": "str", "choices": ["cloud", "controller"], "default": "cloud"},
        "application": {"type": "str", "required": True},
        "cluster": {"type": "str", "required": True},
        "cloud": {"type": "dict", "default": {}},
        "apis": {"type": "dict", "default": {}},
        "name": {"type": "str"},
        "address": {"type": "str"},
        "account": {"type": "str"},
        "region": {"type": "str"},
        "resource_group": {"type": "str"},
        "scope": {"type": "str", "choices": ["auto", "global", "regional"], "default": "auto"},
        "ip_version": {"type": "int", "choices": [4, 6], "default": 4},
        "network_tier": {"type": "str", "choices": ["PREMIUM", "STANDARD"]},
        "subnetwork": {"type": "str"},
        "labels": {"type": "dict", "default": {}},
        "endpoint": {"type": "str"},
        "timeout": {"type": "int", "default": 120},
    },
    "mutually_exclusive": [("name", "address")],
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Reserve or release."""
    cloud = args["cloud"]
    same = ("application", "cluster", "scope", "ip_version", "network_tier", "subnetwork", "address", "resource_group", "endpoint")
    spec = AddressSpec(
        **{key: args[key] for key in same},
        name=args["name"] or default_name(args["application"], args["cluster"]),
        named=bool(args["name"]),
        account=args["account"] or cloud.get("account"),
        region=args["region"] or cloud.get("region"),
        labels={str(key): str(value) for key, value in args["labels"].items()},
        seconds=float(args["timeout"]),
    )
    provider = provider_of(args["provider"], cloud)
    if args["by"] == "controller":
        result = declared(provider, spec, args["apis"], args["state"])
    else:
        result = (reserved if args["state"] == "present" else released)(provider, spec, context)
    if not context.diff:
        result.pop("diff")
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
