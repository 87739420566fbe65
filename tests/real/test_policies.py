# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each NetworkPolicy of ours lets through what it must and stops the rest.

Those who try are pods with the labels of our components, as policies know pods by nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.profiles import read
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.node import nodes
from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real import pods
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import validation

pytestmark = pytest.mark.soak

NAMESPACE, OPERATOR = "kubeflow", "kubeflow-training"
PART_OF = {"app.kubernetes.io/part-of": "kubeflow"}
LISTEN = "import http.server; http.server.ThreadingHTTPServer(('', {}), http.server.SimpleHTTPRequestHandler).serve_forever()"
METADATA = "169.254.169.254"
CLIENTS = ("stranger", "neighbour", "gateway", "hub", "notebook", "training-operator")
# By policy: the component and port that it guards, and who gets in.
OPEN = {
    "gateway": ("gateway", 8080, {"stranger", "neighbour", "hub", "notebook", "training-operator"}),
    "hub, to the proxy": ("hub", 8000, {"gateway"}),
    "hub": ("hub", 8081, {"notebook"}),
    "notebook": ("notebook", 8888, {"hub"}),
    "training-operator": ("training-operator", 8080, {"stranger", "neighbour", "hub", "notebook", "training-operator"}),
    "kubeflow-default-deny": ("something-else", 8000, set()),
}


@pytest.fixture(scope="module")
def somebody(kubeflow):
    """By name: the namespace and the pod of one who tries. The gateway's and hub's labels are theirs without being served as them."""
    kubeflow.user("anna").start()
    pods.start(kubeflow.cluster, "else", NAMESPACE, {**PART_OF, "app.kubernetes.io/component": "something-else"}, LISTEN.format(8000))

    def labels(component):
        return {**PART_OF, "app.kubernetes.io/name": f"kubeflow-{component}", "app.kubernetes.io/component": component, "played": "yes"}

    made = {
        "stranger": ("default", pods.start(kubeflow.cluster, "stranger", "default")),
        "neighbour": (NAMESPACE, pods.start(kubeflow.cluster, "neighbour", NAMESPACE)),
    }
    for component in ("gateway", "hub", "notebook", "training-operator"):
        made[component] = (NAMESPACE, pods.start(kubeflow.cluster, f"like-{component}", NAMESPACE, labels(component)))
    return made


def real_address(kubeflow, component):
    namespace = OPERATOR if component == "training-operator" else NAMESPACE
    items = kubeflow.cluster.get("pods", "-n", namespace, "-l", f"app.kubernetes.io/component={component},played!=yes")["items"]
    return next(pod["status"]["podIP"] for pod in items if pod["status"].get("podIP"))


@pytest.mark.parametrize("policy", OPEN)
def test_who_gets_in(kubeflow, somebody, policy):
    component, port, welcome = OPEN[policy]
    target = (real_address(kubeflow, component), port)

    def gets_in(client):
        namespace, pod = somebody[client]
        return pods.reaches(kubeflow.cluster, pod, target, namespace)

    # A node knows of a pod a moment after it has started.
    until(lambda: {client for client in CLIENTS if gets_in(client)} == welcome, f"{', '.join(welcome)} get in, and nobody else", seconds=5)


def test_where_the_gateway_gets_to(kubeflow, somebody):
    """To names and the hub's proxy; its own way out ends there."""
    namespace, pod = somebody["gateway"]
    assert pods.python(kubeflow.cluster, pod, "import socket; socket.gethostbyname('proxy.kubeflow.svc.cluster.local')", namespace)[0]
    outside = pods.start(kubeflow.cluster, "outside", "default", code=LISTEN.format(8000))
    target = (kubeflow.cluster.get("pod", outside)["status"]["podIP"], 8000)
    until(lambda: pods.reaches(kubeflow.cluster, somebody["stranger"][1], target, "default"), "it listens", seconds=5)
    assert not pods.reaches(kubeflow.cluster, pod, target, namespace)
    assert pods.reaches(kubeflow.cluster, somebody["notebook"][1], target, NAMESPACE)


@contextlib.contextmanager
def metadata_server(real):
    """Listens at the address of clouds' metadata, on a machine of its own beside the node; yields nothing."""
    (node,) = nodes.of(real.home, read("real", real.place.files / "profiles").real())
    script = f"ip link set lo up; ip address add {METADATA}/32 dev lo; while ! ip link set metadata up; do sleep 0.1; done; " + (
        f'ip address add 10.98.0.2/24 dev metadata; ip route add default via 10.98.0.1; exec {sys.executable} -c "{LISTEN.format(80)}"'
    )
    with subprocess.Popen(["unshare", "--net", "--", "sh", "-c", script]) as beside:
        try:
            until(lambda: _network(beside.pid) != _network("self"), "it has a network of its own")
            for command in (
                f"link add metadata type veth peer name metadata netns {beside.pid}",
                "address add 10.98.0.1/24 dev metadata",
                "link set metadata up",
                f"route add {METADATA} via 10.98.0.2",
            ):
                subprocess.run([*node.entering(), "ip", *command.split()], check=True)
            yield
        finally:
            beside.kill()


def _network(pid):
    return os.readlink(f"/proc/{pid}/ns/net")


def test_a_notebook_does_not_reach_the_cloud_s_metadata(kubeflow, somebody):
    with metadata_server(kubeflow.cluster):
        until(lambda: pods.reaches(kubeflow.cluster, somebody["stranger"][1], (METADATA, 80), "default"), "it is there", seconds=5)
        assert not pods.reaches(kubeflow.cluster, "jupyter-anna", (METADATA, 80), NAMESPACE)
        assert not pods.reaches(kubeflow.cluster, somebody["notebook"][1], (METADATA, 80), NAMESPACE)


def rendered(package, prototype, **parameters):
    """What a component of the embedded registry yields."""
    case = validation.Case(package, prototype, "", {"namespace": NAMESPACE, "name": "one", **parameters})
    return render.objects(validation.files(case))["one"]


def policy_of(package, prototype, **parameters):
    (policy,) = [each for each in rendered(package, prototype, **parameters) if each["kind"] == "NetworkPolicy"]
    return policy


@pytest.mark.parametrize("package", ["pytorch-job", "tf-job"])
def test_a_job_s_pods_reach_each_other_and_nobody_reaches_them(kubeflow, somebody, package):
    kubeflow.kubectl("apply", "-f", "-", stdin=json.dumps(policy_of(package, package, image="example.com/one:1")))
    try:
        mine = {"training.kubeflow.org/job-name": "one"}
        master = pods.start(kubeflow.cluster, "master", NAMESPACE, mine, LISTEN.format(23456))
        worker = pods.start(kubeflow.cluster, "worker", NAMESPACE, mine)
        target = (kubeflow.get("pod", master)["status"]["podIP"], 23456)
        until(lambda: pods.reaches(kubeflow.cluster, worker, target, NAMESPACE), "the worker reaches the master", seconds=5)
        for client, (namespace, pod) in somebody.items():
            until(lambda pod=pod, namespace=namespace: not pods.reaches(kubeflow.cluster, pod, target, namespace), client, seconds=5)
    finally:
        kubeflow.kubectl("delete", "networkpolicy", "one")
        kubeflow.kubectl("delete", "pod", "--now", "-l", "training.kubeflow.org/job-name=one")


def test_a_model_is_served_to_its_namespace_and_to_those_that_are_named(kubeflow, somebody):
    policy = policy_of("tf-serving", "tf-serving", modelPath="/m", modelClaim="models", clientNamespaces=["friends"])
    kubeflow.kubectl("apply", "-f", "-", stdin=json.dumps(policy))
    kubeflow.cluster.kubectl("create", "namespace", "friends")
    try:
        labels = policy["spec"]["podSelector"]["matchLabels"]
        server = pods.start(kubeflow.cluster, "model", NAMESPACE, labels, LISTEN.format(8501))
        target = (kubeflow.get("pod", server)["status"]["podIP"], 8501)
        friend = pods.start(kubeflow.cluster, "friend", "friends")
        for client, namespace in ((somebody["neighbour"][1], NAMESPACE), ("jupyter-anna", NAMESPACE), (friend, "friends")):
            until(lambda pod=client, ns=namespace: pods.reaches(kubeflow.cluster, pod, target, ns), client, seconds=5)
        stranger = somebody["stranger"][1]
        until(lambda: not pods.reaches(kubeflow.cluster, stranger, target, "default"), "a stranger is stopped", seconds=5)
    finally:
        kubeflow.kubectl("delete", "networkpolicy", "one")
        kubeflow.cluster.kubectl("delete", "namespace", "friends", "--wait=false")
