# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeflow on two nodes that run pods: it is spread, users share a volume, and it outlives a node that is drained or lost."""

from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.profiles import read
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.node import cgroups, nodes
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import CONTEXT
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until
from ansible_collections.kubeflow.bootstrap.tests.real.conftest import deployed
from ansible_collections.kubeflow.bootstrap.tests.real.test_nodes import PROFILE

pytestmark = pytest.mark.soak

NAME = "two-nodes"
NODES = {"real-0", "real-1"}
SHARED = {"sharedStorageClass": "shared", "sharedPVCSize": "1Gi"}


@pytest.fixture(scope="module")
def kubeflow(real_cluster, ansible, tmp_path_factory):
    """With a volume that all users share."""
    on = real_cluster(PROFILE, name=NAME)
    return deployed(on, ansible, tmp_path_factory.mktemp("kubeflow"), kubeflow_parameters={"kubeflow-core": SHARED})


def nodes_of(kubeflow, component, namespace="kubeflow"):
    """Where the ready pods of a component are."""
    pods = kubeflow.cluster.get("pods", "-n", namespace, "-l", f"app.kubernetes.io/component={component}")["items"]
    return sorted(
        pod["spec"]["nodeName"]
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
        and {each["type"]: each["status"] for each in pod["status"]["conditions"]}.get("Ready") == "True"
    )


def test_what_has_replicas_is_on_both_nodes(kubeflow):
    for component, namespace in (("gateway", "kubeflow"), ("training-operator", "kubeflow-training")):
        assert set(nodes_of(kubeflow, component, namespace)) == NODES


def test_two_users_on_two_nodes_share_a_volume(kubeflow):
    """Each on a node of their own: the other one takes no pods while they start."""
    users = {}
    for name, node in (("anna", "real-0"), ("bert", "real-1")):
        (other,) = NODES - {node}
        kubeflow.kubectl("cordon", other)
        users[name] = kubeflow.user(name)
        users[name].start()
        kubeflow.kubectl("uncordon", other)
        assert kubeflow.get("pod", users[name].pod)["spec"]["nodeName"] == node
    assert users["anna"].python("open('/home/jovyan/work/shared/news.txt', 'w').write('of anna')")[0]
    # Bert sees it in the file browser, and may change it.
    assert users["bert"].server("GET", "contents/shared/news.txt?type=file&format=text")[1]["content"] == "of anna"
    done, output = users["bert"].python(
        "open('/home/jovyan/work/shared/bert.txt', 'w').write('x'); print(open('/home/jovyan/work/shared/news.txt').read())"
    )
    assert (done, output) == (True, "of anna")


def test_storage_that_is_shared_is_verified_from_both_nodes(kubeflow):
    run = kubeflow.work.play("verify", kubeflow_verify_checks=["shared-storage", "storage"]).well()
    assert "Verified      2 passed" in run.output
    assert "the files of 2 pods" in str(kubeflow.work.report()["checks"])


def test_a_node_is_drained_and_kubeflow_goes_on(kubeflow):
    """What is bound to a volume of that node waits for it: the hub's is on one of them. The gateway answers all the time."""
    hub = nodes_of(kubeflow, "hub")[0]
    (other,) = NODES - {hub}
    flags = ["--ignore-daemonsets", "--delete-emptydir-data", "--force", "--grace-period=1", f"--timeout={patience(3):g}s"]
    kubeflow.kubectl("drain", other, *flags)
    try:
        assert kubeflow.answers()
        until(lambda: nodes_of(kubeflow, "gateway") == [hub, hub], "both gateways are on the node that is left", seconds=20)
        assert kubeflow.answers()
        assert kubeflow.work.bootstrap().well().changed == 0
    finally:
        kubeflow.kubectl("uncordon", other)


def test_a_node_is_lost_and_comes_back(kubeflow, place):
    """Its kubelet and all that runs there ends at once; the login works on, by what is on the other node."""
    hub = nodes_of(kubeflow, "hub")[0]
    (other,) = NODES - {hub}
    for name in ("kubelet", "containerd", "kube-proxy", "netpol"):
        os.kill(kubeflow.cluster.facts["pids"][f"{name}-{other}"], signal.SIGKILL)
    cgroups.end(next(node.cgroup for node in nodes.of(kubeflow.cluster.home, read(PROFILE, place.files).real()) if node.name == other))

    def lost():
        conditions = {each["type"]: each["status"] for each in kubeflow.cluster.get("node", other)["status"]["conditions"]}
        return conditions["Ready"] != "True"

    until(lost, "the cluster knows that the node is lost", seconds=10)
    until(kubeflow.answers, "the login page is there", seconds=10)
    # The plan of what is installed does not change because of that.
    assert kubeflow.work.bootstrap("--check").well().changed == 0
    kubeflow.cluster.facts.update(local_cluster.present(place, NAME, PROFILE, CONTEXT))
    until(lambda: not lost(), "the node is back", seconds=10)
    until(
        lambda: set(nodes_of(kubeflow, "gateway")) <= NODES and len(nodes_of(kubeflow, "gateway")) == 2, "all gateways are back", seconds=20
    )
    assert kubeflow.work.bootstrap().well().changed == 0
