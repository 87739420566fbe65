#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module cluster_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Collect what a Kubernetes cluster has and can
version_added: 0.1.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Asks the API server for what good choices for Kubeflow rest on, side by side over few connections, and returns a summary.
  - What the user may not read is listed in RV(cluster.unknown). Only a cluster that does not answer, or refuses the login, fails.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  namespace:
    description: The namespace that Kubeflow is to go to. What the user may do is asked for there.
    type: str
    default: kubeflow
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: Look at the cluster
  kubeflow.bootstrap.cluster_info:
  register: found

- name: Say which storage class is the default one
  ansible.builtin.debug:
    msg: "{{ found.cluster.storage.default }}"
"""

RETURN = r"""
cluster:
  description: What was found.
  returned: success
  type: dict
  contains:
    server:
      description: URL of the API server.
      type: str
    uid:
      description: UID of the namespace C(kube-system), which tells one cluster from another. Not set if it may not be read.
      type: str
    version:
      description: Version of the API server.
      type: dict
      contains:
        git_version:
          description: As the server says it.
          type: str
          sample: v1.35.0
        major:
          description: Major version.
          type: int
        minor:
          description: Minor version; V(0) if the server does not say.
          type: int
    distribution:
      description: Whose Kubernetes it is.
      type: dict
      contains:
        name:
          description:
            - One of V(openshift), V(gke), V(eks), V(aks), V(kind), V(k3s), V(rke2), V(microk8s), V(talos), V(minikube),
              V(docker-desktop) and V(kwok), or V(kubernetes) if nothing tells.
          type: str
        signals:
          description: What was seen. The version string alone never decides.
          type: list
          elements: str
    nodes:
      description: All nodes, summed up.
      type: dict
      contains:
        count:
          description: Number of nodes.
          type: int
        ready:
          description: Number of nodes that are ready.
          type: int
        schedulable:
          description: Number of nodes that are not cordoned.
          type: int
        usable:
          description: Number of nodes that are ready, not cordoned and without a taint that repels ordinary pods.
          type: int
        architectures:
          description: Number of nodes by architecture.
          type: dict
          sample: {amd64: 3}
        operating_systems:
          description: Number of nodes by operating system.
          type: dict
        kubelet_versions:
          description: Number of nodes by version of the kubelet.
          type: dict
        roles:
          description: Number of nodes by role.
          type: dict
        regions:
          description: Number of nodes by region.
          type: dict
        zones:
          description: Number of nodes by zone.
          type: dict
        providers:
          description: Number of nodes by the scheme of their provider ID.
          type: dict
          sample: {gce: 3}
        provider_id:
          description: The first provider ID that was seen.
          type: str
        allocatable:
          description: CPU in cores, memory in bytes and pods that all nodes together offer.
          type: dict
        largest:
          description: The most CPU in cores, memory in bytes and pods that any one node offers.
          type: dict
        accelerators:
          description: GPUs and the like, one entry for each resource name.
          type: list
          elements: dict
          sample:
            - resource: nvidia.com/gpu
              vendor: nvidia
              count: 4
              nodes: 2
              products: [nvidia-tesla-t4]
              taints: [{key: nvidia.com/gpu, value: present, effect: NoSchedule}]
    storage:
      description: Storage classes.
      type: dict
      contains:
        classes:
          description: One entry for each class, by name.
          type: list
          elements: dict
          contains:
            name:
              description: Name of the class.
              type: str
            provisioner:
              description: Who makes its volumes.
              type: str
            provisions:
              description: Whether volumes are made at all, which C(kubernetes.io/no-provisioner) does not.
              type: bool
            binding_mode:
              description: V(Immediate) or V(WaitForFirstConsumer).
              type: str
            reclaim_policy:
              description: V(Delete) or V(Retain).
              type: str
            expansion:
              description: Whether volumes can grow.
              type: bool
            default:
              description: Whether it is marked as the default class.
              type: bool
            default_annotation:
              description: By which annotation, V(ga) or V(beta).
              type: str
        default:
          description: The default class. Of several, the one that the API server takes, which is the newest.
          type: str
        usable:
          description: The names of the classes that make volumes, the default one first.
          type: list
          elements: str
        defaults:
          description: All classes that are marked as default.
          type: list
          elements: str
    ingress_classes:
      description: Ingress classes, with C(name), C(controller) and whether it is the C(default).
      type: list
      elements: dict
    apis:
      description: The kinds that are served, by API version, each with its resource and whether it is namespaced.
      type: dict
      sample: {apps/v1: {Deployment: {resource: deployments, namespaced: true}}}
    permissions:
      description: What the user may do in O(namespace).
      type: dict
      contains:
        namespace:
          description: The namespace that was asked about.
          type: str
        complete:
          description: Whether the cluster could list all rules. If not, a missing rule proves nothing.
          type: bool
        rules:
          description: The rules, with C(apiGroups), C(resources), C(verbs) and C(resourceNames).
          type: list
          elements: dict
    unknown:
      description: What could not be read, and why.
      type: list
      elements: dict
      sample:
        - what: nodes
          why: nodes is forbidden
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cluster import gather
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.target import TARGET_ARGUMENTS, connect

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {**TARGET_ARGUMENTS, "namespace": {"type": "str", "default": "kubeflow"}},
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Ask; changes nothing."""
    with connect(args, context) as client:
        return {"changed": False, "cluster": gather(client, args["namespace"])}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
