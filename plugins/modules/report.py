#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module report."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Report what a run found, chose and did
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Writes C(report.json) and C(report.html), and shows a summary in the terminal.
  - C(report.html) is one page with all in it. It needs no network and no server.
  - A report tells of one run, so that of another run is a change. In check mode nothing is written.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
    details: With the same arguments the page differs in the time at which it was made, which is no change.
options:
  path:
    description: The folder for C(report.json) and C(report.html). It is made if it does not exist.
    type: path
    required: true
  facts:
    description: The facts.
    type: dict
  plan:
    description: What M(kubeflow.bootstrap.plan) returned in C(plan).
    type: dict
  steps:
    description:
      - What the optional steps did, by name, as their roles leave it in the fact C(kubeflow_steps). What the plan says of others is
        shown with it.
    type: dict
  application:
    description: What M(kubeflow.bootstrap.ks_app) returned.
    type: dict
  outcome:
    description: What M(kubeflow.bootstrap.deploy) returned in C(outcome).
    type: dict
  failure:
    description: The message with which the deployment failed.
    type: str
  comparison:
    description:
      - What M(kubeflow.bootstrap.deploy) returned in check mode for an application that is not applied, so that the summary tells what
        applying it would do. It does not count where there is an O(outcome).
    type: dict
  checks:
    description: What M(kubeflow.bootstrap.verify) returned in C(checks), also where it failed.
    type: list
    elements: dict
  diff:
    description: What C(--diff) shows of the deployment, as the key C(diff) of what M(kubeflow.bootstrap.deploy) returns.
    type: list
    elements: dict
  kubeconfig:
    description: The kubeconfig file that the user named, for the next commands.
    type: path
  context:
    description: The context that the user named, for the next commands.
    type: str
  show:
    description: Whether to show the summary. For many clusters, M(kubeflow.bootstrap.reports) shows one table instead.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Report
  kubeflow.bootstrap.report:
    path: ./kubeflow-report
    plan: "{{ kubeflow_plan }}"
    steps: "{{ kubeflow_steps | default({}) }}"
    outcome: "{{ kubeflow_outcome }}"
"""

RETURN = r"""
file:
  description: The file C(report.json) that was written. Not set in check mode.
  returned: success
  type: str
page:
  description: The file C(report.html) that was written. Not set in check mode.
  returned: success
  type: str
summary:
  description: The summary, line by line.
  returned: success
  type: list
  elements: str
"""

import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import masked
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.page import write
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.readiness import readiness
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.summary import colored, lines, next_steps
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "facts": {"type": "dict"},
        "plan": {"type": "dict"},
        "steps": {"type": "dict"},
        "application": {"type": "dict"},
        "outcome": {"type": "dict"},
        "failure": {"type": "str"},
        "diff": {"type": "list", "elements": "dict"},
        "comparison": {"type": "dict"},
        "checks": {"type": "list", "elements": "dict"},
        "kubeconfig": {"type": "path"},
        "context": {"type": "str"},
        "show": {"type": "bool", "default": True},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Show the summary and write the report."""
    report = masked({"check": context.check, **{key: value for key, value in args.items() if key not in ("path", "show")}})
    written: dict[str, t.Any] = {"changed": False, "file": None, "page": None}
    if not context.check:
        more = {"next": next_steps(report), "readiness": readiness(report["plan"]) if report["plan"] else []}
        written = write(Path(args["path"]), "report", report, more)
    files = [f"{'Report':<14}{written['page']}", f"{'':<14}{written['file']}"] if written["file"] else []
    for line, color in colored([*lines(report, context.columns), *files]) if args["show"] else ():
        context.progress(line, color)
    return {**written, "summary": [*lines(report), *files]}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
