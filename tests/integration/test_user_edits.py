# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others change, on disk or in the cluster, and what a killed run leaves behind."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess

from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import kill
from ansible_collections.kubeflow.bootstrap.tests.patience import patience


def test_what_the_user_edits_stays_and_reaches_the_cluster(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="edited")
    user.bootstrap().well()
    user.edit_parameter("gatewayReplicas", "2", "3")
    edited = user.application()
    run = user.bootstrap().well()
    assert "gatewayReplicas = 3" in run.output and "you changed it" in run.output.lower()
    assert each.get("deployment", "gateway", "-n", "edited")["status"]["availableReplicas"] == 3
    assert user.application()["kubeflow-app/components/params.libsonnet"] == edited["kubeflow-app/components/params.libsonnet"]
    with each.untouched():
        assert user.bootstrap().well().changed == 0
    # Also where something else is asked for.
    user.bootstrap(kubeflow_parameters={"kubeflow-core": {"jupyterNotebookPVCSize": "3Gi"}}).well()
    assert each.get("deployment", "gateway", "-n", "edited")["spec"]["replicas"] == 3


def test_a_mistake_in_an_edit_is_named_with_its_place(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="mistaken")
    user.play("bootstrap").well()
    user.edit_parameter("gatewayReplicas", "2", "2 +")
    before = user.application()
    with each.untouched():
        for playbook in ("bootstrap", "deploy"):
            run = user.play(playbook)
            assert run.code != 0
            assert "components/params.libsonnet" in run.message
    assert user.application() == before


def test_a_field_that_somebody_else_took_is_left_to_him_unless_told_otherwise(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="drifted")
    user.bootstrap().well()
    each.kubectl("scale", "deployment/gateway", "-n", "drifted", "--replicas=5")
    patch = json.dumps({"spec": {"type": "NodePort"}})
    each.kubectl("patch", "service/kubeflow", "-n", "drifted", "--type=merge", f"--patch={patch}", "--field-manager=colleague")

    smaller = {"kubeflow-core": {"jupyterNotebookPVCSize": "3Gi"}}
    # Another change waits to be applied too; it is not, lest half of it all be done.
    with each.untouched():
        user.bootstrap("--check")
        refused = user.bootstrap(kubeflow_parameters=smaller)
    assert refused.code != 0
    for word in ("gateway", ".spec.replicas", "kubectl", ".spec.type", "colleague", "kubeflow_force_conflicts=true"):
        assert word in refused.message, refused.message
    assert each.get("deployment", "gateway", "-n", "drifted")["spec"]["replicas"] == 5
    assert each.get("service", "kubeflow", "-n", "drifted")["spec"]["type"] == "NodePort"

    assert user.bootstrap(kubeflow_parameters=smaller, kubeflow_force_conflicts=True).well().changed == 1
    assert each.get("deployment", "gateway", "-n", "drifted")["spec"]["replicas"] == 2
    assert each.get("service", "kubeflow", "-n", "drifted")["spec"]["type"] == "ClusterIP"
    with each.untouched():
        assert user.bootstrap(kubeflow_parameters=smaller).well().changed == 0


def test_what_others_add_beside_our_fields_is_none_of_our_business(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="annotated")
    user.bootstrap().well()
    each.kubectl("annotate", "deployment/gateway", "-n", "annotated", "team=blue")
    with each.untouched():
        assert user.bootstrap().well().changed == 0
    assert each.get("deployment", "gateway", "-n", "annotated")["metadata"]["annotations"]["team"] == "blue"


def test_what_was_deleted_by_hand_comes_back(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="repaired")
    user.bootstrap().well()
    before = each.applied("repaired")
    each.kubectl("delete", "-n", "repaired", "service/kubeflow", "configmap/hub-config")
    assert user.bootstrap().well().changed == 1
    after = each.applied("repaired")
    assert after.keys() == before.keys()
    recreated = {key for key in after if after[key]["metadata"]["uid"] != before[key]["metadata"]["uid"]}
    assert recreated == {("Service", "kubeflow"), ("ConfigMap", "hub-config")}
    with each.untouched():
        assert user.bootstrap().well().changed == 0


def test_objects_of_others_are_not_taken_over(cluster, work):
    each = cluster()
    each.kubectl("create", "namespace", "taken")
    each.kubectl("create", "deployment", "hub", "-n", "taken", "--image=example.com/theirs")
    user = work(each, kubeflow_namespace="taken")
    before = each.get("deployment", "hub", "-n", "taken")["spec"]
    with each.untouched():
        for flags in ((), ("--check",)):
            run = user.bootstrap(*flags)
            assert run.code != 0
            assert "Deployment.apps taken/hub" in run.message
    assert each.get("deployment", "hub", "-n", "taken")["spec"] == before


@contextlib.contextmanager
def stuck(cluster, space, name):
    """Whoever creates that ConfigMap waits, as a webhook never answers. Yields a socket that accepts as soon as somebody waits."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        webhook = {
            "name": "never.example.com",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 30,
            "clientConfig": {"url": f"https://127.0.0.1:{listener.getsockname()[1]}/"},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}},
            "matchConditions": [{"name": "one", "expression": f"object.metadata.name == '{name}'"}],
            "rules": [rule],
        }
        body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "webhooks": [webhook]}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps({**body, "metadata": {"name": space}}))
        # The API server takes a moment to learn of it.
        look = ["create", "configmap", name, "-n", space, "--dry-run=server", "--request-timeout=300ms"]
        cluster.eventually(lambda: cluster.try_kubectl(*look).returncode, "the webhook is in force")
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                listener.accept()[0].close()
        listener.settimeout(patience(3))
        yield listener
    cluster.kubectl("delete", "validatingwebhookconfiguration", space)


def deploy_and_kill(cluster, user, space):
    """Deploy with so many ConfigMaps more that none is tried before, and kill it without mercy while one of them is on its way."""
    cluster.kubectl("create", "namespace", space)
    user.play("bootstrap").well()
    many = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"many-{index}"}, "data": {"a": "b"}} for index in range(110)]
    user.add_component("many", *many)
    command = {**user.command("deploy"), "stdout": subprocess.DEVNULL}
    with stuck(cluster, space, "many-5") as listener, subprocess.Popen(**command) as process:
        try:
            with listener.accept()[0]:
                kill(process)
        finally:
            if process.poll() is None:
                kill(process)
    half = cluster.applied(space)
    assert ("ConfigMap", "many-5") not in half and ("Deployment", "hub") not in half
    assert half


def test_a_killed_run_is_repaired_by_the_next_one(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="killed-edits")
    deploy_and_kill(each, user, "killed-edits")
    user.play("deploy").well()
    assert ("ConfigMap", "many-5") in each.applied("killed-edits")
    assert each.get("deployment", "hub", "-n", "killed-edits")["status"]["availableReplicas"] == 1
    with each.untouched():
        assert user.play("deploy").well().changed == 0


def test_what_a_killed_run_left_can_be_removed(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="killed-gone")
    deploy_and_kill(each, user, "killed-gone")
    user.play("remove", kubeflow_remove_data=True).well()
    assert each.applied("killed-gone") == {}
