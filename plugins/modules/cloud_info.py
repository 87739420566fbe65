#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module cloud_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_info
short_description: Tell which cloud a cluster runs on, and as whom you would act there
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Tells the cloud, its account, region, network and the cluster's name there, and whose credentials would be used.
  - It hears the nodes first, then the kubeconfig, then the metadata server of the machine that it runs on, then the credentials at
    hand. The first to know a thing counts.
  - The metadata server and the credentials belong to the machine and not to the cluster. Where the nodes or the kubeconfig name a
    cloud, these two only fill in what fits to it. Credentials are looked at for that cloud alone.
  - What can't be told is listed with the reason. Never fails for want of an answer, and never takes longer than O(timeout).
  - Only looks. Never returns a credential, asks no metadata server for one, and never asks one through a proxy.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  nodes:
    description: What the module M(kubeflow.bootstrap.cluster_info) returned in C(cluster.nodes).
    type: dict
    required: true
  kubeconfig:
    description:
      - What the module M(kubeflow.bootstrap.kubeconfig_info) returned in C(kubeconfig).
      - The names that clouds give to clusters and servers tell the account, the region and the cluster's name.
    type: dict
  timeout:
    description: Seconds that all questions together may take.
    type: float
    default: 2.0
notes:
  - The addresses of the metadata servers are those that the clouds' own libraries use, with the same variables to change them,
    E(GCE_METADATA_HOST), E(AWS_EC2_METADATA_SERVICE_ENDPOINT) and E(AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE). For Azure the
    variable is E(KUBEFLOW_BOOTSTRAP_AZURE_METADATA), a URL. E(NO_GCE_CHECK) and E(AWS_EC2_METADATA_DISABLED), set to V(true),
    keep it from asking.
  - For Google it reads the file of the application default credentials, from E(GOOGLE_APPLICATION_CREDENTIALS) or of C(gcloud auth
    application-default login). C(google-auth) and C(requests) are needed only to ask for the name of a user.
  - For AWS it needs C(boto3), which takes the credentials and asks for whose they are.
  - For Azure it reads the environment and the login of C(az). C(azure-identity) is needed only for other ways to log in.
"""

EXAMPLES = r"""
- name: Read the kubeconfig
  kubeflow.bootstrap.kubeconfig_info:
  register: found_kubeconfig

- name: Look at the cluster
  kubeflow.bootstrap.cluster_info:
  register: found_cluster

- name: Tell which cloud it runs on
  kubeflow.bootstrap.cloud_info:
    nodes: "{{ found_cluster.cluster.nodes }}"
    kubeconfig: "{{ found_kubeconfig.kubeconfig }}"
  register: found_cloud

- name: See what could not be told
  ansible.builtin.debug:
    var: found_cloud.cloud.unknown
"""

RETURN = r"""
cloud:
  description: What was found.
  returned: success
  type: dict
  contains:
    provider:
      description: Name of the cloud, such as V(gcp), V(aws) or V(azure). Not set if nothing names one.
      type: str
      sample: gcp
    account:
      description: The project, account or subscription that the cluster is in.
      type: str
      sample: my-project
    account_kind:
      description: What an account is called there, V(project) (Google), V(account) (AWS) or V(subscription) (Azure).
      type: str
      sample: project
    region:
      description: Region of most nodes.
      type: str
      sample: us-central1
    zones:
      description: Zones of the nodes, sorted.
      type: list
      elements: str
      sample: [us-central1-a]
    cluster_name:
      description: What the cloud calls the cluster.
      type: str
      sample: kubeflow
    network:
      description: Name of the network (Google, Azure) or ID of the VPC (AWS) that the cluster is in.
      type: str
      sample: default
    acting_as:
      description:
        - Whose credentials the cloud's own libraries would take here, as an email address, an ARN, an ID of a client or a pool of
          workload identities.
        - Not looked for if RV(cloud.provider) is not set.
      type: str
      sample: installer@my-project.iam.gserviceaccount.com
    acting_as_kind:
      description: What that is, V(user), V(service-account), V(workload-identity) or V(role).
      type: str
    credentials_source:
      description: Where these credentials come from, such as V(GOOGLE_APPLICATION_CREDENTIALS), V(az login) or V(metadata server).
      type: str
    evidence:
      description: What was seen where, one line each.
      type: list
      elements: str
      sample: ["3 of 3 nodes have a provider ID gce://"]
    unknown:
      description: What could not be told.
      type: list
      elements: dict
      contains:
        what:
          description: The field above that is not set.
          type: str
          sample: network
        why:
          description: The reason, and what to install or do about it if that helps.
          type: str
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cloud import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "nodes": {"type": "dict", "required": True},
        "kubeconfig": {"type": "dict"},
        "timeout": {"type": "float", "default": 2.0},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Collect the facts; changes nothing."""
    return {"changed": False, "cloud": describe(args["nodes"], args["kubeconfig"], context.env, args["timeout"])}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
