#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module usage_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: usage_info
short_description: Show what an application reports of its use
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Renders the application, and tells whether it reports its use, under which id, where to and when. It does not unless asked to.
  - If it does, RV(usage.body) is the JSON that would be sent now. The job's own code makes it, from what the cluster says.
  - Nothing is sent.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  path:
    description: The folder of the application.
    type: path
    required: true
  environment:
    description: The environment of the application.
    type: str
    default: default
"""

EXAMPLES = r"""
- name: See what would be sent
  kubeflow.bootstrap.usage_info:
    path: ~/kubeflow
  register: found

- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.usage.body }}"
"""

RETURN = r"""
usage:
  description: What the application reports.
  returned: success
  type: dict
  contains:
    "on":
      description: Whether reports are asked for.
      type: bool
      sample: true
    sent:
      description: Whether anything is sent. It is not without an address.
      type: bool
      sample: true
    component:
      description: The component that reports.
      type: str
      sample: kubeflow-core
    id:
      description: The random id under which it is reported. It was made for this application, and says nothing of anybody.
      type: str
      sample: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    url:
      description: The address that a report goes to.
      type: str
      sample: https://usage.example.com/report
    schedule:
      description: When, as cron writes it, in the time of the cluster's control plane.
      type: str
      sample: 17 4 * * *
    body:
      description: The text that would be sent now. Not set if reports are off.
      type: str
      sample: '{"id": "6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1", "kubernetes": "v1.35.0", "nodes": 3}'
said:
  description: The same in sentences.
  returned: success
  type: list
  elements: str
"""

import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.usage.usage import body, settings

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "path": {"type": "path", "required": True},
        "environment": {"type": "str", "default": "default"},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Render and query; changes nothing."""
    path = Path(os.path.abspath(args["path"]))
    files = folder.read(path)
    if not files:
        raise BootstrapError(f"There is no application in {path}.", fix="Name its folder.")
    usage_settings = settings(files, args["environment"])
    usage = {**usage_settings, "sent": bool(usage_settings["url"]), "body": None}
    usage.pop("script")
    if usage_settings["on"]:
        with connect(args, context) as client:
            usage["body"] = body(client, usage_settings)
    return {"changed": False, "usage": usage, "said": _said(usage)}


def _said(usage: dict[str, t.Any]) -> list[str]:
    if not usage["on"]:
        return ["The use of this installation is not reported."]
    if not usage["sent"]:
        return [f"Nothing is sent, as no address is set (usageUrl). It would be: {usage['body']}"]
    return [f"Sent to {usage['url']} once a day ({usage['schedule']}): {usage['body']}"]


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
