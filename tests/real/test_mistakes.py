# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run says where pods do not run, in the words of a real kubelet, scheduler and provisioner; and what goes on working meanwhile."""

from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import CONTEXT
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import made
from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real import pods

pytestmark = pytest.mark.soak

WAIT = 30
"""Seconds that a run waits; what is wrong is told as progress as soon as it is known."""


def deployment(container=None, **spec):
    """A user's own Deployment at the level restricted."""
    main = {"name": "main", "image": pods.IMAGE, "command": ["sleep", "3600"], "securityContext": pods.RESTRICTED["container"]}
    pod = {"securityContext": pods.RESTRICTED["securityContext"], "terminationGracePeriodSeconds": 0, **spec}
    pod["containers"] = [{**main, **(container or {})}]
    template = {"metadata": {"labels": {"app": "own"}}, "spec": pod}
    # Without a probe a program counts as ready until it crashes.
    spec = {"minReadySeconds": 10, "selector": {"matchLabels": {"app": "own"}}, "template": template}
    return made("apps/v1", "Deployment", "own", "kubeflow", spec=spec)


@pytest.fixture
def says(kubeflow):
    """``says(object...)``: what a run fails with where the application has these too. Afterwards they are gone."""

    def run(*objects, **variables):
        kubeflow.work.add_component("own", *objects)
        failed = kubeflow.work.play("deploy", kubeflow_wait_timeout=WAIT, **variables)
        assert failed.code != 0, failed.output
        assert kubeflow.answers(), "the rest works on"
        return failed.message

    yield run
    (kubeflow.work.app / "components" / "own.jsonnet").unlink()
    # A claim is kept for its data, and so is what mounts it.
    kubeflow.kubectl("delete", "deployment,pvc", "own", "--ignore-not-found")
    kubeflow.work.bootstrap().well()
    until(lambda: not kubeflow.get("pods", "-l", "app=own")["items"], "nothing of it is left", seconds=10)


def test_an_image_that_can_t_be_pulled(kubeflow):
    image = "quay.io/nobody/nothing:1"
    run = kubeflow.work.bootstrap(kubeflow_wait_timeout=WAIT, kubeflow_parameters={"kubeflow-core": {"gatewayImage": image}})
    assert run.code != 0
    assert "Deployment.apps kubeflow/gateway" in run.message and image in run.message, run.message
    assert "ImagePullBackOff" in run.message or "ErrImagePull" in run.message, run.message
    assert kubeflow.answers(), "the old gateway stays until the new one is ready"
    kubeflow.work.bootstrap().well()


def test_a_program_that_crashes(says):
    message = says(deployment({"command": ["sh", "-c", "echo no such table >&2; exit 3"]}))
    assert "Deployment.apps kubeflow/own" in message and "exit code 3" in message, message
    assert "its log: kubectl -n kubeflow logs own-" in message, message


def test_a_node_that_is_full(says):
    message = says(deployment({"resources": {"requests": {"cpu": "64"}}}))
    assert "can't be scheduled" in message and "Insufficient cpu" in message, message


def test_a_volume_that_nobody_makes(says):
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = made("v1", "PersistentVolumeClaim", "own", "kubeflow", spec=spec)
    mounts = [{"name": "own", "mountPath": "/own"}]
    message = says(claim, deployment({"volumeMounts": mounts}, volumes=[{"name": "own", "persistentVolumeClaim": {"claimName": "own"}}]))
    assert "PersistentVolumeClaim kubeflow/own" in message and "can't be ReadWriteMany" in message, message


def test_names_that_do_not_resolve(kubeflow, place):
    """The hub and the gateway come up without DNS, and by themselves all is well when it is back."""
    user = kubeflow.user("anna")
    user.start()
    os.kill(kubeflow.cluster.facts["pids"]["names"], signal.SIGKILL)
    try:
        kubeflow.kubectl("delete", "pod", "--now", "-l", "app.kubernetes.io/component in (hub, gateway)")
        # What needs no names is ready; the login needs them.
        kubeflow.ready("gateway")
        assert kubeflow.work.bootstrap().well().changed == 0
        assert "restarting" in pods.ask(kubeflow.cluster, "kubeflow", "hub/login", "kubeflow") or not kubeflow.answers()
    finally:
        kubeflow.cluster.facts.update(local_cluster.present(place, kubeflow.cluster.name, "real", CONTEXT))
    until(kubeflow.answers, "the login page is back", seconds=10)
    until(user.works, "and so is the user's server", seconds=10)
    restarts = [each["restartCount"] for pod in kubeflow.get("pods")["items"] for each in pod["status"]["containerStatuses"]]
    assert not any(restarts), "nobody crashed meanwhile"
