# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter plan_value."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_value
short_description: The value that a plan has for a parameter
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - What M(kubeflow.bootstrap.plan) chose for a parameter, whichever component has it. Why it was chosen is beside it in the plan, under
    C(parameters).
  - Refused are a parameter that the plan does not have, and one for which components have different values, unless O(component) names one.
positional: parameter, component
options:
  _input:
    description: The plan, such as the fact C(kubeflow_plan).
    type: dict
    required: true
  parameter:
    description: The name of the parameter.
    type: str
    required: true
  component:
    description: The component whose value it is. If not set, all that have the parameter.
    type: str
"""

EXAMPLES = r"""
- name: Show how much CPU a notebook gets
  ansible.builtin.debug:
    msg: "{{ kubeflow_plan | kubeflow.bootstrap.plan_value('jupyterNotebookCpu') }}"

- name: Show the image of one of several servers of models
  ansible.builtin.debug:
    msg: "{{ kubeflow_plan | kubeflow.bootstrap.plan_value('image', component='serving') }}"
"""

RETURN = r"""
_value:
  description: The value. Null where the plan leaves the parameter without one.
  type: raw
"""

import difflib
import typing as t

from ansible.errors import AnsibleFilterError


def plan_value(plan: t.Any, parameter: str, component: str | None = None) -> t.Any:
    """The value of a parameter in a plan."""
    components = plan.get("parameters") if isinstance(plan, dict) else None
    if not isinstance(components, dict):
        raise AnsibleFilterError("plan_value: the input is no plan, for it has no mapping parameters. It is what the module plan returns.")
    if component is not None and component not in components:
        raise AnsibleFilterError(f"plan_value: the plan has no component {component!r}. It has {', '.join(components) or 'none'}.")
    chosen = components if component is None else {component: components[component]}
    values = {name: each[parameter].get("value") for name, each in chosen.items() if parameter in each}
    if not values:
        raise AnsibleFilterError(f"plan_value: no parameter {parameter!r} in {', '.join(chosen) or 'the plan'}.{_near(parameter, chosen)}")
    first, *others = values.values()
    if any(value != first for value in others):
        raise AnsibleFilterError(f"plan_value: {parameter} differs between {', '.join(values)}. Name one of them as component.")
    return first


def _near(parameter: str, components: dict[str, t.Any]) -> str:
    near = difflib.get_close_matches(parameter, {name for each in components.values() for name in each}, 3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """By name."""
        return {"plan_value": plan_value}
