#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module identity_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_info
short_description: Tell which cluster it is
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Returns what tells one cluster from all others, with a single request. By it, results that were kept are only used for the cluster that
    they were made for.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: See which cluster the current context leads to
  kubeflow.bootstrap.identity_info:
  register: found

- name: Stop where it is another one than yesterday
  ansible.builtin.assert:
    that: found.identity.uid == yesterday.uid
"""

RETURN = r"""
identity:
  description: Which cluster it is.
  returned: success
  type: dict
  contains:
    server:
      description: The URL of its API server.
      type: str
      sample: https://203.0.113.7
    context:
      description: The context that led there. Not set if there is none.
      type: str
      sample: gke_my-project_europe-west1_ml
    uid:
      description: The UID of its namespace C(kube-system). Not set if the user may not get that.
      type: str
      sample: 5f0c2f4c-7a2b-4f0e-9d3e-0c8a2b7f6e11
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.identity import uid_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, kubeconfig_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {"argument_spec": TARGET_ARGUMENTS, "supports_check_mode": True}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Query; changes nothing."""
    kubeconfig = kubeconfig_of(args, context)
    with Client(kubeconfig.connection) as client:
        return {
            "changed": False,
            "identity": {"server": kubeconfig.connection.server, "context": kubeconfig.context, "uid": uid_of(client)},
        }


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
