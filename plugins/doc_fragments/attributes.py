# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes that modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change, without changing it.
  diff_mode:
    description: Returns what changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description: A second run with the same arguments changes nothing.
notes:
  - Where the connection of the task's host is C(local), without C(become) and C(async), the module runs in the process of Ansible
    itself, with its Python; C(ansible_python_interpreter) does not count. With the variable C(kubeflow_in_process) set to V(false) it
    is sent to the host as any module is.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: It only looks.
  diff_mode:
    support: N/A
    details: It only looks.
  idempotent:
    support: full
    details: It only looks.
"""
