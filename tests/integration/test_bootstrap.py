# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main job, once, again, and with another value."""

from __future__ import annotations

import json
import re

COMPONENT = "kubeflow-core"


def versions(cluster, space):
    return {key: item["metadata"]["resourceVersion"] for key, item in cluster.applied(space).items()}


def test_the_second_run_changes_nothing(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="twice")
    first = user.bootstrap().well()
    assert first.changed == 2
    before, objects = user.application(), versions(each, "twice")
    with each.untouched():
        second = user.bootstrap().well()
    assert second.changed == 0
    assert user.application() == before  # content and times
    assert versions(each, "twice") == objects
    assert user.report()["outcome"]["counts"] == {"unchanged": len(objects)}


def test_what_others_run_changes_nothing(cluster, work):
    """No node has two cores left after the first run, and one takes no pods."""
    each = cluster()
    user = work(each, kubeflow_namespace="busy")
    user.bootstrap().well()
    before, objects = user.application(), versions(each, "busy")
    nodes = each.kubectl("get", "nodes", "-o", "name").split()
    requests = {"cpu": "6200m", "memory": "28Gi"}
    for name in (node.removeprefix("node/") for node in nodes):
        container = {"name": "work", "image": "work", "resources": {"requests": requests}}
        spec = {"nodeName": name, "containers": [container]}
        each.kubectl("run", f"of-a-user-{name}", "--image=work", "--overrides", json.dumps({"apiVersion": "v1", "spec": spec}))
    each.kubectl("cordon", nodes[0])
    try:
        second = user.bootstrap().well()
    finally:
        each.kubectl("uncordon", nodes[0])
        each.kubectl("delete", "pods", "--all", "--namespace=default", "--now")
    assert second.changed == 0
    assert (user.application(), versions(each, "busy")) == (before, objects)
    assert user.report()["facts"]["cluster"]["nodes"]["largest_free"]["cpu"] < 2


def test_another_value_changes_what_it_concerns(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="value")
    user.bootstrap().well()
    before, objects = user.application(), versions(each, "value")
    run = user.bootstrap(kubeflow_parameters={COMPONENT: {"jupyterNotebookPVCSize": "23Gi"}}).well()
    assert run.changed == 2
    after = versions(each, "value")
    assert {key for key in objects if objects[key] != after[key]} == {("ConfigMap", "hub-config"), ("Deployment", "hub")}
    assert set(after) == set(objects)
    assert '"size": "23Gi"' in each.kubectl("get", "configmap", "hub-config", "-n", "value", "-o", "jsonpath={.data.settings\\.json}")
    changed = {path for path, state in user.application().items() if state != before[path] and state[0]}
    assert changed == {"kubeflow-app/components/params.libsonnet", "kubeflow-app/bootstrap.yaml"}
    with each.untouched():
        assert user.bootstrap(kubeflow_parameters={COMPONENT: {"jupyterNotebookPVCSize": "23Gi"}}).well().changed == 0


def test_what_is_no_longer_wanted_is_pruned(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="fewer")
    user.bootstrap().well()
    before = set(each.applied("fewer"))
    user.bootstrap(kubeflow_parameters={COMPONENT: {"gatewayReplicas": 1}}).well()
    assert before - set(each.applied("fewer")) == {("PodDisruptionBudget", "gateway")}


def test_without_kubeflow_apply_there_is_an_application_and_a_list(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="only-app")
    with each.untouched():
        run = user.play("bootstrap").well()
    assert (user.app / "app.yaml").is_file()
    assert each.try_kubectl("get", "namespace", "only-app").returncode != 0
    # What it lists is what then comes.
    user.bootstrap().well()
    listed = run.output[run.output.index("TASK [kubeflow.bootstrap.kubeflow : Report]") :]
    applied = each.applied("only-app")
    for kind, name in applied:
        assert re.search(rf"\b{kind}: .*\b{name}\b", listed), f"{kind} {name}: {listed}"
    assert f"{len(applied)} would be created; kubeflow_apply=true applies them" in listed
    with each.untouched():
        again = user.play("bootstrap").well()
        fewer = user.play("bootstrap", kubeflow_parameters={COMPONENT: {"gatewayReplicas": 1}}).well()
    assert f"{len(applied)} unchanged\n" in again.output and again.changed == 0
    assert "1 would be changed, 1 would be pruned; kubeflow_apply=true applies them" in fewer.output
    # What applying would be refused for is told, and fails no run that does not apply.
    each.kubectl("create", "configmap", "of-others", "-n", "only-app")
    user.add_component("mine", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "of-others"}, "data": {"whose": "mine"}})
    with each.untouched():
        refused = user.play("bootstrap").well()
    assert "Would fail" in refused.output, refused.output
    findings = " ".join(refused.output[refused.output.index("Would fail") :].split())
    assert "ConfigMap only-app/of-others" in findings and "kubeflow_adopt" in findings
    assert user.bootstrap().code != 0


def test_the_namespace_default_is_used_and_not_labelled(cluster, work):
    each = cluster()
    before = each.get("namespace", "default")
    work(each, kubeflow_namespace="default").bootstrap().well()
    assert each.get("deployment", "hub", "-n", "default")["status"]["availableReplicas"] == 1
    assert each.get("namespace", "default") == before
