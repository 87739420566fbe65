# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Usage reports: asked for with the role, and shown as they would be sent from a real cluster."""

from __future__ import annotations

import json
import re
import uuid

import pytest

URL = "https://usage.example.com/report"


def parameters(user, **variables):
    """What the role leaves, by a user's playbook."""
    tasks = [
        {"ansible.builtin.import_role": {"name": "kubeflow.bootstrap.usage"}},
        {
            "ansible.builtin.copy": {
                "content": "{{ kubeflow_steps.usage | to_json }}",
                "dest": str(user.folder / "step.json"),
                "mode": "0600",
            }
        },
    ]
    book = user.folder / "usage.yml"
    book.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    run = user.play(str(book), **variables)
    return run, json.loads((user.folder / "step.json").read_text(encoding="utf-8")) if run.code == 0 else None


@pytest.mark.soak
def test_asked_for_under_one_id_and_shown(cluster, work):
    user = work(cluster())
    assert "The use of this installation is not reported." in (user.play("app").well(), user.play("usage").well())[1].output
    _run, step = parameters(user, kubeflow_usage_url=URL)
    assert step["parameters"] == {"reportUsage": "true", "usageUrl": URL}
    assert parameters(user)[1]["parameters"] == {"reportUsage": "true"}
    assert parameters(user, kubeflow_usage_state="absent")[1]["parameters"] == {}
    assert "Give an address that begins with https://" in parameters(user, kubeflow_usage_url="http://usage.example.com")[0].message

    asked = {"kubeflow_parameters": {"kubeflow-core": step["parameters"]}}
    reports = []
    for _time in range(2):
        user.play("app", **asked).well()
        output = user.play("usage").well().output
        [body] = re.findall(r'Sent to https://usage\.example\.com/report once a day \([0-9 *]+\): (\{.*\})"', output)
        reports.append(json.loads(json.loads(f'"{body}"')))
    nodes = len(cluster().get("nodes")["items"])
    version = json.loads(cluster().kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    assert reports[0] == reports[1] == {"id": str(uuid.UUID(reports[0]["id"])), "kubernetes": version, "nodes": nodes}
