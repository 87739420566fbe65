#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module plan."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Choose good values for Kubeflow's parameters, each with its reason
version_added: 0.1.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Computes from facts, choices, rules and what the packages declare. It asks no server and writes nothing.
  - The user's own values win. So do values that were changed by hand in the application that is there already.
  - The application is rendered in memory, so that the plan names every object, and what stands in the way of it.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  facts:
    description:
      - The facts, with the keys C(kubeconfig), C(cluster) and C(cloud), as M(kubeflow.bootstrap.kubeconfig_info),
        M(kubeflow.bootstrap.cluster_info) and M(kubeflow.bootstrap.cloud_info) return them.
    type: dict
    required: true
  path:
    description: The folder of the application. What it has already is taken into account.
    type: path
    required: true
  name:
    description: Name of the application.
    type: str
    default: kubeflow
  namespace:
    description: Namespace for Kubeflow. If not set, V(kubeflow).
    type: str
  parameters:
    description: Values that the user chose, by component and parameter.
    type: dict
    default: {}
  rules:
    description: Files with rules, or folders of them, in order. The first rule that applies sets a value.
    type: list
    elements: path
    required: true
  apply:
    description: Whether the objects are to be applied with this user's rights. If so, a missing right is a blocker, else a warning.
    type: bool
    default: false
  move:
    description: Whether an application that was made for another cluster may become this one's. If not, that is a blocker.
    type: bool
    default: false
requirements:
  - PyYAML
  - jmespath
  - rjsonnet
"""

EXAMPLES = r"""
- name: Plan from saved facts
  kubeflow.bootstrap.plan:
    facts: "{{ lookup('ansible.builtin.file', 'facts.json') | from_json }}"
    path: ./kubeflow-app
    rules:
      - ./rules
    parameters:
      kubeflow-core:
        storageClass: fast
  register: planned
"""

RETURN = r"""
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    cluster:
      description: The cluster that it was made for, with C(uid), C(server), C(version) and C(distribution).
      type: dict
    namespace:
      description: The namespace, as C(value) with C(source) and C(reason).
      type: dict
    parameters:
      description: By component and parameter, what was chosen.
      type: dict
      sample:
        kubeflow-core:
          storageClass:
            value: standard-rwo
            source: cluster
            reason: standard-rwo is the cluster's default storage class.
            rule: storage-class-default
            alternatives: [premium-rwo]
    blockers:
      description: What would make the deployment fail, each with C(id), C(reason) and C(fix).
      type: list
      elements: dict
    warnings:
      description: What is doubtful, each with C(id), C(reason) and C(fix).
      type: list
      elements: dict
    objects:
      description: The objects that the application consists of.
      type: list
      elements: str
      sample: [Deployment.apps kubeflow/hub]
    application:
      description: The declaration for M(kubeflow.bootstrap.ks_app).
      type: dict
"""

import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.plan import PACKAGES, make
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.rules import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.source_arguments import sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "facts": {"type": "dict", "required": True},
        "path": {"type": "path", "required": True},
        "name": {"type": "str", "default": "kubeflow"},
        "namespace": {"type": "str"},
        "parameters": {"type": "dict", "default": {}},
        "rules": {"type": "list", "elements": "path", "required": True},
        "apply": {"type": "bool", "default": False},
        "move": {"type": "bool", "default": False},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Compute; changes nothing."""
    path = Path(args["path"])
    declared = {name: {"uri": registry.EMBEDDED} for name in PACKAGES}
    packages = {package: {"registry": name} for name, names in PACKAGES.items() for package in names}
    registries = registry.contents(declared, packages, path, sources({}, context))
    choices = {key: args[key] for key in ("name", "namespace", "parameters", "apply", "move")}
    return {"changed": False, "plan": make(args["facts"], choices, load(args["rules"]), registries, folder.read(path))}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
