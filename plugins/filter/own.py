# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter own."""

from __future__ import annotations

DOCUMENTATION = r"""
name: own
short_description: Keep of the results of earlier stages what was made for this cluster and application
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - The facts that stages of the role P(kubeflow.bootstrap.kubeflow#role) leave carry C(made_for), which names the cluster, the application
    and the use of the role that they were made for. This filter takes away those of others.
  - What carries no C(made_for) was set by a caller, and is kept.
positional: here
options:
  _input:
    description: A result, such as C(kubeflow_plan); or several in a list or mapping, such as C(kubeflow_steps).
    type: raw
    required: true
  here:
    description: What to compare C(made_for) with. Keys that only one of both has do not count.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the steps that were taken for a cluster
  ansible.builtin.debug:
    msg: "{{ kubeflow_steps | default({}) | kubeflow.bootstrap.own({'cluster': kubeflow_facts.cluster.uid}) }}"
"""

RETURN = r"""
_value:
  description: The same without the results that were made for others; an empty mapping for a single one.
  type: raw
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role.provenance import own


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """By name."""
        return {"own": own}
