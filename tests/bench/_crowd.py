"""A local cluster with much in it: nodes of 13 KB as kubelets write them, 200 CRDs, 20 storage classes, 500 namespaces, some pods.

Only etcd and the API server go on running: nothing changes while it is measured.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.processes import stop
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context

Json = dict[str, t.Any]

CRDS, CLASSES, NAMESPACES, INGRESS_CLASSES, IMAGES, PODS = 200, 20, 500, 3, 30, 100
_CRD_BYTES = [250_000, 60_000, 60_000, *[20_000] * 17]
"""Sizes in turn: most definitions are small, some are of the size of a Pod."""
_IDLE = ("kwok", "kube-scheduler", "kube-controller-manager")


def start(nodes: int, clusters: Path) -> tuple[Path, Path]:
    """Make the cluster with so many nodes; returns its kubeconfig and the folder with ``kubectl``."""
    place = local_cluster.Directories.of(os.environ, clusters=str(clusters))
    name = f"crowd-{nodes}"
    started = local_cluster.present(place, name, str(Path(__file__).parent / "crowd.yml"), Context())
    stop(place.home(name).run / f"{each}.pid" for each in _IDLE)
    with Client(load(kubeconfig=started["kubeconfig"], env={}).connection) as client:
        fill(client, nodes)
    return Path(started["kubeconfig"]), Path(started["bin"])


def remove(nodes: int, clusters: Path) -> None:
    """Stop the cluster and remove its folder."""
    local_cluster.absent(local_cluster.Directories.of(os.environ, clusters=str(clusters)), f"crowd-{nodes}", Context())


def fill(client: Client, nodes: int) -> None:
    """Create everything, side by side."""
    for batch in (_objects(nodes), _accounts(), _pods(nodes)):
        client.map(lambda each: _create(client, *each), batch)


def _create(client: Client, path: str, body: Json) -> None:
    made = client.post(path, body)
    if path == "/api/v1/nodes":
        # A new node is tainted as not ready, until somebody says that it is.
        made["spec"]["taints"] = body["spec"].get("taints")
        client.put(f"{path}/{made['metadata']['name']}", made)


def _objects(nodes: int) -> t.Iterator[tuple[str, Json]]:
    for index in range(NAMESPACES):
        yield "/api/v1/namespaces", {"metadata": {"name": f"team-{index}", "labels": {"team": f"team-{index}"}}}
    for index in range(CLASSES):
        body = {"metadata": {"name": f"class-{index:02}"}, "provisioner": "pd.csi.storage.gke.io", "allowVolumeExpansion": True}
        yield "/apis/storage.k8s.io/v1/storageclasses", body
    for index in range(INGRESS_CLASSES):
        body = {"metadata": {"name": f"class-{index}"}, "spec": {"controller": f"example.com/ingress-{index}"}}
        yield "/apis/networking.k8s.io/v1/ingressclasses", body
    for index in range(CRDS):
        yield "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", _definition(index)
    for index in range(nodes):
        yield "/api/v1/nodes", _node(index)


def _accounts() -> t.Iterator[tuple[str, Json]]:
    for index in range(PODS):
        yield f"/api/v1/namespaces/team-{index}/serviceaccounts", {"metadata": {"name": "default"}}


def _pods(nodes: int) -> t.Iterator[tuple[str, Json]]:
    for index in range(PODS):
        yield f"/api/v1/namespaces/team-{index}/pods", _pod(index, index % nodes)


def _definition(index: int) -> Json:
    group, kind = f"group{index % 50}.example.com", f"Thing{index}"
    text = "What this field means to the controller that reads it, in a sentence or two. " * 2
    fields = {f"field{number}": {"type": "string", "description": text} for number in range(_CRD_BYTES[index % len(_CRD_BYTES)] // 210)}
    spec = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": spec}}
    names = {"kind": kind, "plural": f"{kind.lower()}s", "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def _node(index: int) -> Json:
    name, gpu = f"gke-kubeflow-pool-{index:05}", index % 10 == 9
    zone = f"us-central1-{'abc'[index % 3]}"
    capacity = {"cpu": "8", "memory": "30893732Ki", "ephemeral-storage": "98831908Ki", "pods": "110", "hugepages-1Gi": "0"}
    if gpu:
        capacity["nvidia.com/gpu"] = "1"
    labels = {
        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name, "cloud.google.com/gke-nodepool": f"pool-{index % 7}",
        "cloud.google.com/gke-boot-disk": "pd-balanced",
        "node.kubernetes.io/instance-type": "n1-standard-8", "topology.kubernetes.io/region": "us-central1",
        "topology.kubernetes.io/zone": zone, **({"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"} if gpu else {}),
    }  # fmt: skip
    time = "2026-11-02T08:00:00Z"
    conditions = [
        {"type": kind, "status": "True" if kind == "Ready" else "False", "reason": f"Kubelet{kind}", "message": f"kubelet says {kind}",
         "lastHeartbeatTime": time, "lastTransitionTime": time}
        for kind in ("FrequentContainerdRestart", "KernelDeadlock", "MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    ]  # fmt: skip
    registry = "us-central1-docker.pkg.dev/my-project/images-of-kubeflow-and-others"
    images = [
        {"names": [f"{registry}/image-{number}@sha256:{index:032x}{number:032x}", f"{registry}/image-{number}:v1.{index % 9}.{number}",
                   f"{registry}/some-team/image-{number}-also-tagged:release-2026.11.{number}"], "sizeBytes": 10_000_000 + index * number}
        for number in range(IMAGES)
    ]  # fmt: skip
    info = {
        "machineID": f"{index:032x}", "systemUUID": f"{index:032x}", "bootID": f"{index:032x}", "kernelVersion": "6.12.55+",
        "osImage": "Container-Optimized OS from Google", "containerRuntimeVersion": "containerd://2.1.5",
        "kubeletVersion": "v1.35.0-gke.1795000",
        "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
    }  # fmt: skip
    return {
        "metadata": {"name": name, "labels": labels, "annotations": {"container.googleapis.com/instance_id": f"{index:020}"}},
        "spec": {
            "providerID": f"gce://my-project/{zone}/{name}",
            "podCIDR": f"10.{index // 256}.{index % 256}.0/24",
            **({"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]} if gpu else {}),
        },
        "status": {
            "capacity": capacity,
            "allocatable": {**capacity, "cpu": "7910m", "memory": "27812516Ki", "ephemeral-storage": "47060071478"},
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": f"10.128.{index // 256}.{index % 256}"}, {"type": "Hostname", "address": name}],
            "nodeInfo": info,
            "images": images,
        },
    }


def _pod(index: int, node: int) -> Json:
    container = {"name": "main", "image": "registry.example/image:v1", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}
    spec = {
        "nodeName": f"gke-kubeflow-pool-{node:05}",
        "containers": [container],
        "automountServiceAccountToken": False,
        "serviceAccountName": "default",
    }
    return {"metadata": {"name": f"pod-{index}"}, "spec": spec}
