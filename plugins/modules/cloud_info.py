#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module cloud_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_info
short_description: Tell which cloud a cluster runs on
version_added: 0.1.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Tells the cloud, its account and region from what the nodes say of themselves. Asks no server.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  nodes:
    description: What the module M(kubeflow.bootstrap.cluster_info) returned in C(cluster.nodes).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look at the cluster
  kubeflow.bootstrap.cluster_info:
  register: found

- name: Tell which cloud it runs on
  kubeflow.bootstrap.cloud_info:
    nodes: "{{ found.cluster.nodes }}"
"""

RETURN = r"""
cloud:
  description: What was found.
  returned: success
  type: dict
  contains:
    provider:
      description: Name of the cloud, such as V(gcp), V(aws) or V(azure). Not set if the nodes name none.
      type: str
    account:
      description: Project or subscription, if the nodes name it.
      type: str
      sample: my-project
    region:
      description: Region of the nodes.
      type: str
      sample: us-central1
    zones:
      description: Zones of the nodes.
      type: list
      elements: str
    evidence:
      description: Why we think so.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cloud import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {"argument_spec": {"nodes": {"type": "dict", "required": True}}, "supports_check_mode": True}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Conclude; changes nothing."""
    return {"changed": False, "cloud": describe(args["nodes"])}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
