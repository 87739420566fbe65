#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module guide."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guide
short_description: Write a page that asks a new user what facts can't tell
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Writes C(guide.html), one page that needs no network and no server. It opens from disk in any current browser.
  - It shows what was found and why it matters, warns of what can't work, and asks at most six questions.
  - At the end it hands out a file of choices for the role P(kubeflow.bootstrap.kubeflow#role), and the command that takes it.
  - It runs on the controller.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  path:
    description: The folder for C(guide.html). It is made if it does not exist.
    type: path
    required: true
  facts:
    description: The facts.
    type: dict
    required: true
  plan:
    description: What M(kubeflow.bootstrap.plan) returned in C(plan). It may have blockers.
    type: dict
    required: true
  choices:
    description: Variables of the role that are set already. Those that differ from their defaults go into the file of choices.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Write the guide
  kubeflow.bootstrap.guide:
    path: ./kubeflow-report
    facts: "{{ kubeflow_facts }}"
    plan: "{{ kubeflow_plan }}"
"""

RETURN = r"""
page:
  description: The file that was written, or would be in check mode.
  returned: success
  type: str
questions:
  description: What it asks, by id.
  returned: success
  type: list
  elements: str
  sample: [reach, login, storage, gpus, run]
"""

import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import masked, without_masked
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.files import write_atomically
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.guide.document import document, schema
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.redact import plain_texts
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.page import page
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "facts": {"type": "dict", "required": True},
        "plan": {"type": "dict", "required": True},
        "choices": {"type": "dict", "default": {}},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Write the page if it differs."""
    data = document(plain_texts(args["facts"]), plain_texts(masked(args["plan"])), without_masked(masked(args["choices"])), schema())
    file = Path(args["path"]) / "guide.html"
    text = page("guide", data)
    changed = not file.is_file() or file.read_bytes() != text.encode()
    if changed and not context.check:
        write_atomically(file, text)
    context.progress(f"{'Guide':<14}{file}   # open it in a browser")
    return {"changed": changed, "page": str(file), "questions": [question["id"] for question in data["questions"]]}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
