#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module verify."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Prove that a deployed application works
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Does what users do, and says what came of it, where M(kubeflow.bootstrap.deploy) waits until pods are ready. The checks of each
    component are declared by its package.
  - Some checks create objects in the application's namespace, with names that begin with C(kubeflow-verify-) and the label
    C(kubeflow.bootstrap/check). They are deleted before the module ends, and those of a run that was killed by the next one.
  - Fails if a check failed. A check that can't be told, as the user may not do what it takes, is RV(checks[].status=skipped).
  - On nodes that kwok simulates no pod runs, so that all checks are skipped.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.target
attributes:
  check_mode:
    support: full
    details: It says which checks there are. Nothing is created.
  diff_mode:
    support: N/A
    details: What it creates is gone when it ends.
  idempotent:
    support: full
options:
  path:
    description: The folder of the application, which holds C(app.yaml).
    type: path
    required: true
  environment:
    description: The environment of the application.
    type: str
    default: default
  checks:
    description: Names of the checks to run. If empty, all of them.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that all checks together may take. Each has a limit of its own besides.
    type: int
    default: 1200
requirements:
  - PyYAML
  - rjsonnet
  - websocket-client, for checks that run in a pod
"""

EXAMPLES = r"""
- name: Prove that it works
  kubeflow.bootstrap.verify:
    path: ~/kubeflow
  register: verified

- name: Prove only that notebooks work, for at most five minutes
  kubeflow.bootstrap.verify:
    path: ~/kubeflow
    checks: [notebook]
    timeout: 300
"""

RETURN = r"""
checks:
  description: What became of each check, in the order in which they ran. Also returned if the module fails because of a check.
  returned: success
  type: list
  elements: dict
  contains:
    component:
      description: The component whose package declares the check.
      type: str
    name:
      description: The name of the check.
      type: str
    title:
      description: What it proves.
      type: str
    status:
      description:
        - V(passed), V(failed), V(warning) where it works but something beside it does not hold, or V(skipped) where it can't be told.
      type: str
    evidence:
      description: What was seen, or why there is nothing to see.
      type: str
    seconds:
      description: How long it took.
      type: float
    fix:
      description: What to do about it. V(null) for what passed.
      type: str
  sample:
    - component: kubeflow-core
      name: access
      title: The gateway leads to the login page
      status: passed
      evidence: "GET /hub/login of Service kubeflow: 200"
      seconds: 0.1
      fix: null
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify.verify import verify

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "path": {"type": "path", "required": True},
        "environment": {"type": "str", "default": "default"},
        "checks": {"type": "list", "elements": "str", "default": []},
        "timeout": {"type": "int", "default": 1200},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Run the checks."""
    with connect(args, context) as client:
        results = verify(client, args, context)
    return {"changed": False, "checks": [result.document() for result in results]}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
