# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that run pods: two of them in networks of their own, a simulated one beside them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.node import nodes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until
from ansible_collections.kubeflow.bootstrap.tests.real import pods

pytestmark = pytest.mark.soak

PROFILE = str(Path(__file__).parents[1] / "integration" / "profiles" / "two-real-nodes.yml")
NAME = "real-nodes"
CONTEXT = Context(env=dict(os.environ), progress=print)
PODS = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: v1
kind: Service
metadata: {name: each}
spec: {clusterIP: None, selector: {app: web}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: each
  replicas: 2
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: main
          image: IMAGE
          command: [sh, -c, '[ -e /data/name ] || hostname >/data/name; date >>/data/starts; exec python3 -m http.server 8000 -d /data']
          readinessProbe: {httpGet: {path: /name, port: 8000}, periodSeconds: 1}
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]
""".replace("IMAGE", pods.IMAGE)
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {may: "yes"}}}]}]}
"""
ASK = "import urllib.request; print(urllib.request.urlopen('http://{}', timeout=10).read().decode().strip())"


@pytest.fixture(scope="module")
def real(real_cluster):
    """The cluster with two real nodes and a simulated one."""
    return real_cluster(PROFILE, name=NAME)


@pytest.fixture(scope="module")
def web(real):
    """Two pods, one on each node, each with a volume."""
    real.kubectl("apply", "-f", "-", stdin=PODS)
    ready(real)
    return real


def entered(real, pod, *command):
    """What a command says in a pod, once kubelet knows the pod."""
    until(lambda: real.try_kubectl("exec", pod, "--", "true").returncode == 0, f"{pod} can be entered", seconds=10)
    return real.kubectl("exec", pod, "--", *command)


def ready(real):
    real.kubectl("rollout", "status", "statefulset/web", f"--timeout={patience(10):g}s")


def test_pods_on_two_nodes_find_each_other_and_each_has_a_volume(web):
    placed = {pod["spec"]["nodeName"] for pod in web.get("pods", "-l", "app=web")["items"]}
    assert placed == {"real-0", "real-1"}
    for asking in ("web-0", "web-1"):
        for asked in ("web-0", "web-1"):
            code = ASK.format(f"{asked}.each.default.svc.cluster.local:8000/name")

            def answers(asking=asking, asked=asked, code=code):
                return web.try_kubectl("exec", asking, "--", "python3", "-c", code).stdout == f"{asked}\n"

            # A pod has its name a moment after it is ready.
            until(answers, f"{asking} reads from {asked} by its name", seconds=10)
    until(lambda: pods.ask(web, "web", "name").strip() in ("web-0", "web-1"), "a Service answers on this machine", seconds=10)
    assert pods.ask(web, "nobody") == "404 There is no Service nobody in the namespace default\n"


def test_what_is_not_the_cluster_s_is_out_of_reach_at_once(web):
    code = ASK.format("203.0.113.1/")
    refused = web.try_kubectl("exec", "web-0", "--", "python3", "-c", code)
    assert "No route to host" in refused.stderr or "unreachable" in refused.stderr
    # The way by which images come is not for pods.
    for address in ("10.99.0.1", "10.99.0.2"):
        code = f"import socket; socket.create_connection(('{address}', {nodes.PROXY_PORT}), 10)"
        assert "Connection refused" in web.try_kubectl("exec", "web-0", "--", "python3", "-c", code).stderr


def test_images_are_asked_for_from_this_machine(web):
    for node in ("real-0", "real-1"):
        web.kubectl("run", f"pulls-{node}", "--image=quay.io/nobody/nothing:1", "--overrides", json.dumps({"spec": {"nodeName": node}}))

        def failure(node=node):
            events = web.get("events", f"--field-selector=involvedObject.name=pulls-{node},reason=Failed")["items"]
            return next((each["message"] for each in events if "quay.io/nobody" in each["message"]), None)

        until(failure, "the image does not exist", seconds=10)
        # Which of it depends on whether the registry answers; without a way out there would be no route to it.
        assert any(each in failure() for each in ("can not be reached from this machine", "unauthorized", "not found")), failure()
        web.kubectl("delete", "pod", f"pulls-{node}", "--now")


def test_a_policy_lets_in_whom_it_names_and_nobody_else(web):
    web.kubectl("apply", "-f", "-", stdin=POLICY)

    clients = {name: pods.start(web, name, "default", {"may": may}) for name, may in {"stranger": "no", "friend": "yes"}.items()}

    def gets_in(name):
        return pods.reaches(web, clients[name], ("web.default.svc.cluster.local", 80), "default")

    try:
        # A policy, and a pod that it names, are known on a node a moment after they are there.
        until(lambda: not gets_in("stranger"), "a stranger is refused", seconds=10)
        until(lambda: gets_in("friend"), "a friend gets in", seconds=10)
        assert not gets_in("stranger")
    finally:
        web.kubectl("delete", "networkpolicy", "closed")


def test_what_died_is_started_again_and_pods_go_on(web, place):
    before = web.kubectl("exec", "web-0", "--", "cat", "/data/starts")
    for name in ("kubelet-real-0", "containerd-real-0"):
        os.kill(web.facts["pids"][name], signal.SIGKILL)
    again = local_cluster.present(place, NAME, PROFILE, CONTEXT)
    assert again["changed"] and {name for name, pid in again["pids"].items() if pid != web.facts["pids"][name]} == {
        "kubelet-real-0",
        "containerd-real-0",
    }
    web.facts.update(again)
    assert entered(web, "web-0", "cat", "/data/starts") == before
    assert not local_cluster.present(place, NAME, PROFILE, CONTEXT)["changed"]


def kill_all(real):
    """Every process that has a process id of ours on disk, at once."""
    for pid in real.facts["pids"].values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_after_a_kill_all_comes_back_with_its_content(web, place):
    starts = entered(web, "web-1", "cat", "/data/starts").splitlines()
    kill_all(web)
    again = local_cluster.present(place, NAME, PROFILE, CONTEXT)
    assert again["changed"]
    web.facts.update(again)

    def back():
        shown = web.try_kubectl("exec", "web-1", "--", "cat", "/data/starts")
        return shown.returncode == 0 and len(shown.stdout.splitlines()) > len(starts)

    until(back, "the pod runs again, with its volume", seconds=30)
    assert web.kubectl("exec", "web-1", "--", "cat", "/data/name") == "web-1\n"


def test_absent_leaves_nothing_even_after_a_kill(web, place):
    folder, mounts = Path(web.facts["folder"]), Path("/proc/self/mounts").read_text()
    group = nodes._cgroup(web.home).lstrip("/")
    assert str(folder) not in mounts and any(Path("/sys/fs/cgroup").glob(f"{group}")) or list(Path("/sys/fs/cgroup").glob(f"*/{group}"))
    kill_all(web)
    assert local_cluster.absent(place, NAME, replace(CONTEXT, check=True)) == {"changed": True}
    assert local_cluster.absent(place, NAME, CONTEXT) == {"changed": True}
    assert not folder.exists()
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{group}")) and not (Path("/sys/fs/cgroup") / group).exists()
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(folder).encode() in _read(path)]
    assert not left
    assert str(folder) not in Path("/proc/self/mounts").read_text()


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
