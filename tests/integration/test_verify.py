# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stage verify, on nodes that are simulated: tests/real has it on nodes that are not."""

from __future__ import annotations

import json


def report(user):
    return json.loads((user.folder / "kubeflow-report" / "report.json").read_text())


def test_after_the_deployment(cluster, work):
    each = cluster("kind")
    user = work(each)
    run = user.bootstrap(kubeflow_verify=True).well()
    checks = report(user)["checks"]
    assert {check["name"] for check in checks} == {"access", "notebook", "storage"}
    assert {check["status"] for check in checks} == {"skipped"}
    assert all("simulated by kwok" in check["evidence"] for check in checks)
    assert "Verified      3 skipped" in run.output
    with each.untouched():
        alone = user.play("verify").well()
    assert alone.changed == 0 and "Verified      3 skipped" in alone.output
    assert report(user)["checks"] == checks
