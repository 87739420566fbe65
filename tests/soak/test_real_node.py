# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods really run, and Kubeflow in them: two real nodes in networks of their own, a simulated one beside them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.node import nodes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until

ROOT = Path(__file__).parents[2]
PROFILE = str(ROOT / "tests" / "integration" / "profiles" / "two-real-nodes.yml")
NAME = "real-nodes"
CONTEXT = Context(env=dict(os.environ), progress=print)
IMAGE = "docker.io/library/alpine:3.22.2"
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
""".replace("IMAGE", IMAGE)
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {may: "yes"}}}]}]}
"""
ASK = "import urllib.request; print(urllib.request.urlopen('http://{}', timeout=10).read().decode().strip())"
JOB = """
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: sum, namespace: kubeflow}
spec:
  pytorchReplicaSpecs:
    Master: &replica
      replicas: 1
      restartPolicy: Never
      template:
        spec:
          securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
          containers:
            - name: pytorch
              image: IMAGE
              command: [python3, -c, PROGRAM]
              securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    Worker: *replica
"""
# What torch.distributed does first: everybody finds the master by what the operator put into the environment.
PROGRAM = """
import os, socket, time
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
if rank == 0:
    server = socket.create_server(("", address[1]))
    print("sum", sum(int(server.accept()[0].recv(9)) for _each in range(1, world)))
else:
    for _try in range(60):
        try:
            socket.create_connection(address, 5).send(str(rank).encode())
            break
        except OSError:
            time.sleep(1)
    else:
        raise SystemExit("no master")
"""


@pytest.fixture(scope="module")
def real(cluster):
    """The cluster with two real nodes and a simulated one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("Real nodes need root on Linux")
    subprocess.run([str(ROOT / "tools" / "node-packages")], check=True)
    return cluster(PROFILE, name=NAME)


@pytest.fixture(scope="module")
def web(real):
    """Two pods, one on each node, each with a volume."""
    real.kubectl("apply", "-f", "-", stdin=PODS)
    ready(real)
    return real


def ready(real):
    real.kubectl("rollout", "status", "statefulset/web", f"--timeout={patience(10):g}s")


def path(real, service, namespace="default"):
    """The address at which a browser on this machine finds a Service."""
    return real.facts["web"].replace("SERVICE", service).replace("NAMESPACE", namespace)


def ask(real, service, said):
    """What a Service answers on this machine. Only browsers and curl know the names below localhost."""
    port = path(real, service).rsplit(":", 1)[1].strip("/")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{said}", headers={"Host": f"{service}.default.localhost:{port}"})
    try:
        return urllib.request.urlopen(request, timeout=patience(2)).read().decode()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def run(real, name, code, labels="app=asks"):
    """How a pod that runs a line of Python ended: its log and exit code."""
    real.kubectl("run", name, f"--image={IMAGE}", f"--labels={labels}", "--restart=Never", "--command", "--", "python3", "-c", code)

    def ended():
        return real.get("pod", name)["status"]["phase"] in ("Succeeded", "Failed")

    until(ended, f"pod {name} has ended", seconds=10)
    state = real.get("pod", name)["status"]["containerStatuses"][0]["state"]["terminated"]
    return real.kubectl("logs", name).strip().splitlines()[-1:], state["exitCode"]


def test_pods_on_two_nodes_find_each_other_and_each_has_a_volume(web):
    placed = {pod["spec"]["nodeName"] for pod in web.get("pods", "-l", "app=web")["items"]}
    assert placed == {"real-0", "real-1"}
    for asking in ("web-0", "web-1"):
        for asked in ("web-0", "web-1"):
            code = ASK.format(f"{asked}.each.default.svc.cluster.local:8000/name")

            def found(asking=asking, asked=asked, code=code):
                return web.try_kubectl("exec", asking, "--", "python3", "-c", code).stdout == f"{asked}\n"

            # A pod has its name a moment after it is ready.
            until(found, f"{asking} reads from {asked} by its name", seconds=10)
    until(lambda: ask(web, "web", "name").strip() in ("web-0", "web-1"), "a Service answers on this machine", seconds=10)
    assert ask(web, "nobody", "") == "404 There is no Service nobody in the namespace default\n"


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

        def told(node=node):
            events = web.get("events", f"--field-selector=involvedObject.name=pulls-{node},reason=Failed")["items"]
            return next((each["message"] for each in events if "quay.io/nobody" in each["message"]), None)

        until(told, "the image is not there", seconds=10)
        # Which of it depends on whether the registry answers; without a way out there would be no route to it.
        assert any(each in told() for each in ("can not be reached from this machine", "unauthorized", "not found")), told()
        web.kubectl("delete", "pod", f"pulls-{node}", "--now")


def test_a_policy_lets_in_whom_it_names_and_nobody_else(web):
    web.kubectl("apply", "-f", "-", stdin=POLICY)

    def gets_in(name, labels):
        return run(web, f"{name}-{os.urandom(4).hex()}", ASK.format("web.default.svc.cluster.local/name"), labels)[1] == 0

    try:
        # A policy, and a pod that it names, are known on a node a moment after they are there.
        until(lambda: not gets_in("stranger", "may=no"), "a stranger is refused", seconds=10)
        until(lambda: gets_in("friend", "may=yes"), "a friend gets in", seconds=10)
        assert not gets_in("stranger", "may=no")
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
    until(lambda: web.try_kubectl("exec", "web-0", "--", "true").returncode == 0, "pods can be entered", seconds=10)
    assert web.kubectl("exec", "web-0", "--", "cat", "/data/starts") == before
    assert not local_cluster.present(place, NAME, PROFILE, CONTEXT)["changed"]


def test_kubeflow_runs_and_users_work_with_it(real, work, window):
    user = work(real, kubeflow_rules=[])
    user.bootstrap().well()
    browser, address = window.driver, path(real, "kubeflow", "kubeflow")
    password = real.kubectl("-n", "kubeflow", "exec", "deploy/hub", "-c", "hub", "--", "cat", "/srv/jupyterhub/login-password").strip()

    def log_in(word):
        browser.get(address)
        browser.find_element("id", "username_input").send_keys("anna")
        browser.find_element("id", "password_input").send_keys(word)
        browser.find_element("id", "login_submit").click()

    log_in("wrong")
    until(lambda: "Invalid username or password" in browser.page_source, "a wrong password is refused", seconds=5)
    log_in(password)
    until(lambda: browser.title.startswith("JupyterLab"), "JupyterLab opens", seconds=20)
    server = real.get("pod", "jupyter-anna", "-n", "kubeflow")
    assert server["status"]["phase"] == "Running"
    assert user.bootstrap().well().changed == 0
    # What the stage verify proves is so.
    assert "Verified      5 passed" in user.play("verify").well().output

    # A stranger to the application reaches its front door and none of its rooms.
    for host, reached in {"kubeflow": True, "hub:8081": False, "proxy:8000": False, f"{server['status']['podIP']}:8888": False}.items():
        name, _colon, port = host.partition(":")
        host = name if name[0].isdigit() else f"{name}.kubeflow.svc.cluster.local"
        code = f"import socket; socket.create_connection(('{host}', {port or 80}), 10)"
        assert (run(real, f"visitor-{os.urandom(4).hex()}", code)[1] == 0) == reached, host


def test_a_training_job_succeeds(real):
    real.kubectl("apply", "-f", "-", stdin=JOB.replace("IMAGE", IMAGE).replace("PROGRAM", json.dumps(PROGRAM)))

    def succeeded():
        conditions = real.get("pytorchjob", "sum", "-n", "kubeflow").get("status", {}).get("conditions", [])
        state = {each["type"]: each["status"] for each in conditions}
        assert state.get("Failed") != "True", conditions
        return state.get("Succeeded") == "True"

    until(succeeded, "the job succeeds", seconds=20)
    assert real.kubectl("-n", "kubeflow", "logs", "sum-master-0", "-c", "pytorch").strip() == "sum 1"


def kill_all(real):
    """Every process that has a process id of ours on disk, at once."""
    for pid in real.facts["pids"].values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_after_a_kill_all_comes_back_with_its_content(web, place):
    web.kubectl("delete", "namespace", "kubeflow", "--ignore-not-found", "--wait=false")
    starts = web.kubectl("exec", "web-1", "--", "cat", "/data/starts").splitlines()
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
