# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter document."""

from __future__ import annotations

DOCUMENTATION = r"""
name: document
short_description: Read a file of YAML or JSON within bounds
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - What a file on the controller holds, such as saved facts, a report or C(bootstrap.yaml).
  - Refused are files of more than 128 MiB, pipes and devices, YAML whose aliases stand for too much or that is nested too deep, and what is
    no mapping.
options:
  _input:
    description: The path of the file.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Show which cluster an application is for
  ansible.builtin.debug:
    msg: "{{ ('kubeflow-app/bootstrap.yaml' | kubeflow.bootstrap.document).cluster }}"
"""

RETURN = r"""
_value:
  description: The first document of the file.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils import files
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.process.limits import reached

_MOST = 128 * files.MIB


def document(path: str) -> dict[str, t.Any]:
    """The mapping in a file."""
    try:
        return yaml_documents.load_mapping(files.read_text(path, _MOST), str(path))
    except (OSError, ValueError) as error:
        raise AnsibleFilterError(f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}.") from None
    except (BootstrapError, MemoryError) as error:
        raise AnsibleFilterError(str(reached(error) or error)) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """By name."""
        return {"document": document}
