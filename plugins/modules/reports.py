#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module reports."""

from __future__ import annotations

DOCUMENTATION = r"""
module: reports
short_description: Report over the runs on many clusters
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Makes one report out of those that M(kubeflow.bootstrap.report) wrote for each cluster, as C(report.json), as C(report.html) and as a
    table in the terminal.
  - C(report.html) is one page with all in it, which needs no network and no server. It leads to the page of each cluster.
  - The reports may come from several machines, each of which ran a part of the clusters.
  - A report that tells of other runs, or of other outcomes, is a change. In check mode nothing is written.
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
    description: The folder for C(report.json) and C(report.html).
    type: path
    required: true
  files:
    description:
      - By host, the C(report.json) of its run. Not set for a run in check mode, and empty for a host that has none.
      - If not set, those in all folders of O(path), called by the names of these folders.
    type: dict
  failures:
    description: By host, why its run failed. Empty for one that did not.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Report over all clusters whose reports were brought here
  kubeflow.bootstrap.reports:
    path: ./kubeflow-report
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
  description: The table, line by line.
  returned: success
  type: list
  elements: str
counts:
  description: Number of clusters by what became of them.
  returned: success
  type: dict
  sample: {failed: 1, deployed: 5}
clusters:
  description: The clusters, by name. All but C(host) and C(state) are not set where they are not known.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: Name of the host in the inventory.
      type: str
    state:
      description:
        - What became of it. V(failed), V(not reached), V(deployed), V(unchanged), V(written) if only the application was written, or
          V(checked) in check mode.
      type: str
    failure:
      description: Why it failed.
      type: str
    report:
      description: Its own report, relative to O(path).
      type: str
    server:
      description: URL of the API server.
      type: str
    context:
      description: Context of the kubeconfig.
      type: str
    distribution:
      description: Whose Kubernetes it is.
      type: str
    version:
      description: Version of the API server.
      type: str
    cloud:
      description: Name of the cloud.
      type: str
    region:
      description: Region of most nodes.
      type: str
    nodes:
      description: Number of nodes.
      type: int
    accelerators:
      description: Number of GPUs and the like, by resource.
      type: dict
    namespace:
      description: The namespace of Kubeflow.
      type: str
    application:
      description: Folder of the application.
      type: str
    counts:
      description: Number of objects by what became of them.
      type: dict
    seconds:
      description: What the deployment took.
      type: float
    warnings:
      description: Number of warnings of the plan.
      type: int
"""

import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.many import gather, lines, links
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.page import write
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "files": {"type": "dict"},
        "failures": {"type": "dict", "default": {}},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Show the table and write the report."""
    folder = Path(args["path"])
    document = {"check": context.check, **gather(folder, args["files"], args["failures"])}
    summary = lines(document)
    written: dict[str, t.Any] = {"changed": False, "file": None, "page": None}
    if not context.check:
        written = write(folder, "reports", document, {"links": links(document, folder)})
        summary.append(f"Report: {written['page']}, {written['file']}")
    for line in summary:
        context.progress(line)
    return {**written, "summary": summary, **document}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
