# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that tests run Python in, and how they reach each other."""

from __future__ import annotations

import json
import os
import typing as t
import urllib.error
import urllib.request

from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until

IMAGE = "quay.io/jupyterhub/k8s-hub:4.4.0"
"""The hub's, which has Python whether it is pulled or made."""
RESTRICTED: dict[str, t.Any] = {
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "container": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
"""What a pod of a namespace at the level restricted says."""
CONNECT = "import socket; socket.create_connection(({!r}, {}), 3).close()"


def address(cluster: Cluster, service: str, namespace: str) -> str:
    """Where a browser on this machine finds a Service."""
    return str(cluster.facts["web"]).replace("SERVICE", service).replace("NAMESPACE", namespace)


def ask(cluster: Cluster, service: str, path: str = "", namespace: str = "default") -> str:
    """What a Service answers on this machine. Only browsers and curl know the names below localhost."""
    port = address(cluster, service, namespace).rsplit(":", 1)[1].strip("/")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Host": f"{service}.{namespace}.localhost:{port}"})
    try:
        with urllib.request.urlopen(request, timeout=patience(2)) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def start(
    cluster: Cluster,
    name: str,
    namespace: str,
    labels: dict[str, str] | None = None,
    code: str | None = None,
    mounts: list[dict[str, str]] | None = None,
    **spec: t.Any,
) -> str:
    """A pod that runs ``code``, or waits to be entered; returns its name when it has started."""
    container = {
        "name": "main",
        "image": IMAGE,
        "command": ["python3", "-c", code or "import time; time.sleep(86400)"],
        "securityContext": RESTRICTED["container"],
        "volumeMounts": mounts or [],
    }
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name}-{os.urandom(3).hex()}", "namespace": namespace, "labels": labels or {}},
        "spec": {
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "securityContext": RESTRICTED["securityContext"],
            "containers": [container],
            **spec,
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(made))
    pod = str(made["metadata"]["name"])  # type: ignore[index]
    until(lambda: phase(cluster, pod, namespace) != "Pending", f"the pod {pod} has started", seconds=10)
    return pod


def phase(cluster: Cluster, pod: str, namespace: str) -> str:
    return str(cluster.get("pod", pod, "-n", namespace)["status"]["phase"])


def python(cluster: Cluster, pod: str, code: str, namespace: str, container: str | None = None) -> tuple[bool, str]:
    """Whether a line of Python ends well in a pod, and what it said."""
    which = ["-c", container] if container else []
    done = cluster.try_kubectl("exec", "-n", namespace, pod, *which, "--", "python3", "-c", code)
    return done.returncode == 0, (done.stdout or done.stderr).strip()


def reaches(cluster: Cluster, pod: str, target: tuple[str, int], namespace: str, container: str | None = None) -> bool:
    """Whether a pod gets a connection."""
    reached, output = python(cluster, pod, CONNECT.format(*target), namespace, container)
    assert reached or "Error" in output or "timed out" in output, output
    return reached


def ip(cluster: Cluster, namespace: str, component: str) -> str:
    """The address of a pod of one of our components."""
    pods = cluster.get("pods", "-n", namespace, "-l", f"app.kubernetes.io/component={component}")["items"]
    running = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("podIP")]
    return str(running[0]["status"]["podIP"])
