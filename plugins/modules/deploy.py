#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module deploy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: deploy
short_description: Apply a ksonnet application to a cluster in the order that its objects need, or remove it
version_added: 0.1.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Renders the application and applies its objects server-side, each after those that it needs, then waits until the workloads are ready.
  - What was applied is recorded in the cluster as an ApplySet, so that a second run without a change writes nothing, and a removal
    takes away just that.
  - Objects that are there already and that the application did not make are not touched. A namespace of others is used as it is.
  - Objects of API versions that the cluster no longer serves are brought to those that it does on the way. The application stays as it is.
  - Nothing is written to another cluster than the one that the application was planned for.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The values of Secrets are hidden.
  idempotent:
    support: full
options:
  path:
    description: The folder of the application.
    type: path
    required: true
  environment:
    description: The environment of the application to deploy.
    type: str
    default: default
  state:
    description: Whether the application's objects are to be in the cluster or not.
    type: str
    choices: [present, absent]
    default: present
  declaration:
    description:
      - The declaration that M(kubeflow.bootstrap.ks_app) is given.
      - In check mode the application is rendered as that would write it. Otherwise what is on disk counts alone.
    type: dict
  bundle:
    description:
      - A file that M(kubeflow.bootstrap.ks_bundle) wrote. Packages of registries on GitHub come from it, and no network is used.
    type: path
  wait_timeout:
    description: Seconds to wait until all workloads are ready. V(0) does not wait.
    type: int
    default: 600
  force_conflicts:
    description: Take over fields that others have changed in objects of the application.
    type: bool
    default: false
  remove_data:
    description: With O(state=absent), delete also the PersistentVolumeClaims, and so the data in them.
    type: bool
    default: false
  engine:
    description:
      - V(native) renders and applies the application by itself.
      - V(ks) does it by the command C(ks) of ksonnet, 0.10.0 or newer, on the application in O(path).
      - V(auto) takes C(ks) where it is installed and able to do this on the cluster at hand, else V(native), and says why.
      - With V(ks), what is there already is taken over, nothing is recorded in the cluster, and what left the application stays in the
        cluster. With O(state=absent), it deletes claims and namespaces only with O(remove_data). An application that was deployed by
        V(native) goes on with that.
    type: str
    choices: [native, ks, auto]
    default: native
  ks:
    description:
      - The path or name of the command C(ks).
      - If not set, the C(ks) on E(PATH), else C(~/.local/bin/ks).
    type: path
requirements:
  - PyYAML
  - rjsonnet
  - ksonnet's C(ks) 0.10.0 or newer, for O(engine=ks)
"""

EXAMPLES = r"""
- name: Deploy an application
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app

- name: Remove it again, data included
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    state: absent
    remove_data: true

- name: Deploy it with ks, if there is one here that can do it
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    engine: auto
"""

RETURN = r"""
outcome:
  description: What became of each object.
  returned: success, and when objects were refused
  type: dict
  contains:
    counts:
      description: Number of objects by action.
      type: dict
      sample: {created: 20, unchanged: 2}
    objects:
      description: The objects, in the order in which they were dealt with.
      type: list
      elements: dict
      contains:
        object:
          description: Kind, namespace and name.
          type: str
          sample: Deployment.apps kubeflow/hub
        component:
          description: The component of the application that it belongs to.
          type: str
        action:
          description:
            - One of V(created), V(changed), V(unchanged), V(left alone), V(pruned), V(removed), V(kept), V(left out) and V(failed).
          type: str
        wave:
          description: In which wave it was applied, from V(1).
          type: int
        why:
          description: Why it was kept or left out, or why it failed.
          type: str
    brought_up:
      description: The objects that the cluster would not have taken as they were rendered, and what was done about it.
      type: list
      elements: dict
      contains:
        object:
          description: Kind, namespace and name, as they are in the cluster.
          type: str
          sample: Deployment.apps kubeflow/ambassador
        component:
          description: The component of the application that it belongs to.
          type: str
        from:
          description: The API version that the application says.
          type: str
          sample: extensions/v1beta1
        to:
          description: The API version that was applied.
          type: str
          sample: apps/v1
        changes:
          description: What else was changed, in words.
          type: list
          elements: str
    seconds:
      description: Seconds that all took.
      type: float
    waited:
      description: Seconds of them spent waiting for workloads to become ready.
      type: float
engine:
  description: The engine that did it, V(native) or V(ks).
  returned: success
  type: str
  sample: native
engine_reason:
  description: Why that one.
  returned: success
  type: str
  sample: There is no ks on this machine.
waiting:
  description: What was not ready in time, and what it lacks.
  returned: when the time was up
  type: dict
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.deploy import deploy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.target import TARGET_ARGUMENTS, connect

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "path": {"type": "path", "required": True},
        "environment": {"type": "str", "default": "default"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "declaration": {"type": "dict"},
        "bundle": {"type": "path"},
        "wait_timeout": {"type": "int", "default": 600},
        "force_conflicts": {"type": "bool", "default": False},
        "remove_data": {"type": "bool", "default": False},
        "engine": {"type": "str", "choices": ["native", "ks", "auto"], "default": "native"},
        "ks": {"type": "path"},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Apply or remove."""
    with connect(args, context) as client:
        outcome, choice = deploy(client, args, context)
        for warning in client.warnings:
            context.warn(f"The API server warns: {warning}")
    result: dict[str, t.Any] = {"changed": outcome.changed, "outcome": outcome.document()}
    result |= {"engine": choice.engine, "engine_reason": choice.reason}
    if context.diff:
        result["diff"] = outcome.differences
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
