# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The local cluster behaves as a cluster does, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.control_plane import Ports
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until

CONTEXT = Context(env=dict(os.environ))

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 5Gi}}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  containers:
    - {name: main, image: example.com/none, volumeMounts: [{name: data, mountPath: /data}]}
  volumes:
    - {name: data, persistentVolumeClaim: {claimName: data}}
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_clusters_of_different_profiles_run_side_by_side(cluster):
    gke, plain = cluster("gke-gpu"), cluster("plain")
    assert gke.facts["server"] != plain.facts["server"]
    for each, count in ((gke, 5), (plain, 3)):
        nodes = each.get("nodes")["items"]
        ready = [condition["status"] for node in nodes for condition in node["status"]["conditions"] if condition["type"] == "Ready"]
        assert ready == ["True"] * count
        assert json.loads(each.kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"] == each.facts["version"] == "v1.35.0"
    gpus = {node["metadata"]["name"]: node["status"]["allocatable"].get("nvidia.com/gpu") for node in gke.get("nodes")["items"]}
    assert sorted(filter(None, gpus.values())) == ["1", "1"]
    assert not any("nvidia.com/gpu" in node["status"]["capacity"] for node in plain.get("nodes")["items"])


@pytest.mark.parametrize("profile", ["gke-gpu", "plain"])
def test_a_claim_of_the_default_class_is_bound_and_its_pod_runs(cluster, profile):
    each = cluster(profile)
    each.kubectl("apply", "-f", "-", stdin=CLAIM)
    each.kubectl("wait", "--for=condition=Ready", "pod/user", f"--timeout={patience(2):g}s")
    claim = each.get("pvc", "data")
    assert claim["status"]["phase"] == "Bound"
    default = {"gke-gpu": "standard-rwo", "plain": "standard"}[profile]
    assert claim["spec"]["storageClassName"] == default
    assert each.get("pod", "user")["spec"]["nodeName"] in {node["metadata"]["name"] for node in each.get("nodes")["items"]}
    each.kubectl("delete", "pod/user", "pvc/data", "--wait=false")


def test_the_server_proves_who_it_is(cluster):
    each = cluster()
    content = json.loads(Path(each.kubeconfig).read_text())
    assert set(content["clusters"][0]["cluster"]) == {"server", "certificate-authority-data"}
    with pytest.raises(urllib.error.URLError) as refused:
        urllib.request.urlopen(f"{each.facts['server']}/version", context=ssl.create_default_context())
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value)
    ours = ssl.create_default_context(cafile=str(each.home.ca.crt))
    assert urllib.request.urlopen(f"{each.facts['server'].replace('127.0.0.1', 'localhost')}/version", context=ours).status == 200


def test_the_service_account_is_an_administrator(cluster):
    each = cluster()
    folder = Path(each.facts["service_account"])
    assert (folder / "namespace").read_text() == "default"
    request = urllib.request.Request(
        f"{each.facts['server']}/api/v1/namespaces/kube-system/secrets",
        headers={"Authorization": f"Bearer {(folder / 'token').read_text()}"},
    )
    answer = urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(folder / "ca.crt")))
    assert json.load(answer)["kind"] == "SecretList"
    last = each.requests()[-1]
    assert last["user"]["username"] == "system:serviceaccount:default:kubeflow-admin"
    assert last["requestURI"] == "/api/v1/namespaces/kube-system/secrets"


def test_who_has_no_role_may_nothing_and_who_is_late_is_nobody(cluster):
    each = cluster()
    refused = each.try_kubectl("get", "secrets", kubeconfig=each.kubeconfig_for("jane"))
    assert 'User "jane" cannot list resource "secrets"' in refused.stderr
    assert each.kubectl("auth", "can-i", "delete", "nodes", kubeconfig=each.kubeconfig_for("joe", "system:masters")) == "yes\n"
    expired = each.kubeconfig_for("joe", "system:masters", lifetime=timedelta(hours=-1))
    assert "Unauthorized" in each.try_kubectl("get", "secrets", kubeconfig=expired).stderr


def test_the_audit_log_has_what_users_did_and_not_what_the_control_plane_did(cluster):
    each = cluster()
    before = len(each.requests())
    each.kubectl("create", "configmap", "seen")
    each.kubectl("create", "configmap", "unseen", "--dry-run=server")
    each.kubectl("delete", "configmap", "seen")
    names = {request["user"]["username"] for request in each.requests()[before:]}
    assert names == {"kubernetes-admin"}
    assert [line.partition("?")[0] for line in each.writes()[-2:]] == [
        "create /api/v1/namespaces/default/configmaps",
        "delete /api/v1/namespaces/default/configmaps/seen",
    ]
    assert not any(request["user"].get("username", "").startswith("system:kube-") for request in each.requests())


def test_a_second_time_changes_nothing(cluster, place):
    first = cluster()
    writes = first.writes()
    again = local_cluster.present(place, first.name, "plain", CONTEXT)
    assert again == {**first.facts, "changed": False}
    assert local_cluster.present(place, first.name, "plain", replace(CONTEXT, check=True)) == again
    assert first.writes() == writes


def test_another_profile_is_refused(cluster, place):
    cluster()
    with pytest.raises(BootstrapError, match="made from another profile, plain. Remove it first"):
        local_cluster.present(place, "plain", "kind", CONTEXT)


def test_what_died_is_started_again_and_only_that(cluster, place):
    each = cluster()
    scheduler = each.facts["pids"]["kube-scheduler"]
    os.kill(scheduler, signal.SIGKILL)
    each.eventually(lambda: not _running(scheduler), "the scheduler has ended")
    assert local_cluster.present(place, each.name, "plain", replace(CONTEXT, check=True))["changed"]
    again = local_cluster.present(place, each.name, "plain", CONTEXT)
    assert again["changed"]
    new = again["pids"].pop("kube-scheduler")
    assert new != scheduler and alive(new)
    assert all(again["pids"][name] == pid for name, pid in each.facts["pids"].items() if name != "kube-scheduler")


def test_a_stopped_cluster_comes_back_with_its_content_though_its_port_is_taken(cluster, place):
    each = cluster("kind", name="stopped")
    each.kubectl("create", "namespace", "kept")
    for pid in each.facts["pids"].values():
        os.kill(pid, signal.SIGKILL)
    each.eventually(lambda: not any(map(_running, each.facts["pids"].values())), "all processes have ended")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(each.facts["server"].rsplit(":", 1)[1])))
        taken.listen()
        again = local_cluster.present(place, "stopped", "kind", CONTEXT)
        assert again["server"] != each.facts["server"]
        assert each.get("namespace", "kept")["status"]["phase"] == "Active"


@pytest.mark.parametrize("which", ["api", "etcd"])
def test_a_port_that_is_taken_in_the_last_moment_is_replaced(cluster, monkeypatch, which):
    free = Ports.free
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answers = [replace(free(), **{which: port})]
        monkeypatch.setattr(Ports, "free", lambda: answers.pop() if answers else free())
        each = cluster("no-default-storage", name=f"taken-{which}")
        assert not answers
        assert each.get("namespace", "default")["status"]["phase"] == "Active"


def test_a_start_that_fails_leaves_nothing_running_and_is_not_in_the_way(place, tmp_path):
    profile = tmp_path / "mine.yml"
    profile.write_text("storageClasses: [{name: Wrong_Name, provisioner: x}]")
    with pytest.raises(BootstrapError, match="Wrong_Name"):
        local_cluster.present(place, "mine", str(profile), CONTEXT)
    assert not list(place.home("mine").run.glob("*.pid"))
    profile.write_text("storageClasses: [{name: right-name, provisioner: x}]")
    assert local_cluster.present(place, "mine", str(profile), CONTEXT)["changed"]
    local_cluster.absent(place, "mine", CONTEXT)


def test_absent_leaves_nothing(cluster, place):
    each = cluster("no-default-storage", name="gone")
    folder = Path(each.facts["folder"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert local_cluster.absent(place, "gone", replace(CONTEXT, check=True)) == {"changed": True}
    assert folder.exists()
    assert local_cluster.absent(place, "gone", CONTEXT) == {"changed": True}
    assert not folder.exists()
    # The first thread of a process may have ended before the others have.
    until(lambda: not any(map(_running, each.facts["pids"].values())), "all processes have ended")
    assert local_cluster.absent(place, "gone", CONTEXT) == {"changed": False}


def _running(pid):
    """Whether there is such a process, and not as a zombie that only waits for its parent."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return alive(pid)
