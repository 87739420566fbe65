#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ks_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ks_info
short_description: Find the command ks of ksonnet, and say whether it will do
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Looks for C(ks) and asks it for its version. Version 0.10.0 or newer is needed, because applications made for it don't work with
    an older one.
  - The role P(kubeflow.bootstrap.ks#role) installs it.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  path:
    description:
      - The path or name of the command.
      - If not set, the first C(ks) that will do, on E(PATH), in O(folders) or in C(~/.local/bin).
    type: path
  folders:
    description: Folders to look into after E(PATH).
    type: list
    elements: path
    default: []
"""

EXAMPLES = r"""
- name: Look for ks
  kubeflow.bootstrap.ks_info:
  register: found

- name: Show where it is
  ansible.builtin.debug:
    msg: "{{ found.ks.path }} is ks {{ found.ks.version }}"
  when: found.ks.usable
"""

RETURN = r"""
ks:
  description: What was found.
  returned: success
  type: dict
  contains:
    path:
      description: Where it is. Not set if there is none.
      type: str
      sample: /usr/local/bin/ks
    version:
      description: The version of ksonnet that it tells.
      type: str
      sample: 0.10.0
    usable:
      description: Whether it will do.
      type: bool
    why:
      description: Why it will not do.
      type: str
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.command import find_binary
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path"},
        "folders": {"type": "list", "elements": "path", "default": []},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Look for the program; changes nothing."""
    binary = find_binary(args["path"], context.env, args["folders"])
    if not binary:
        why = f"There is no {args['path'] or 'ks'} on this machine."
        return {"changed": False, "ks": {"path": None, "version": None, "usable": False, "why": why}}
    return {"changed": False, "ks": {"path": binary.path, "version": binary.version, "usable": not binary.why, "why": binary.why}}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
