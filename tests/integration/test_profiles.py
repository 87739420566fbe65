# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main job on clusters of all kinds: what suits each is chosen, and works there. Read back with kubectl."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest


@dataclass(frozen=True)
class Expected:
    storage_class: str
    service: str = "ClusterIP"
    annotations: dict[str, str] = field(default_factory=dict)
    gateways: int = 2
    gpu: str | None = None
    fixed_ids: bool = True


PROFILES = {
    "plain": Expected("standard"),
    "gke-gpu": Expected("standard-rwo", "LoadBalancer", {"networking.gke.io/load-balancer-type": "Internal"}, gpu="nvidia.com/gpu"),
    "eks": Expected(
        "gp2",
        "LoadBalancer",
        {
            "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
            "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
        },
    ),
    "aks": Expected("default", "LoadBalancer", {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}),
    "openshift": Expected("ocs-storagecluster-ceph-rbd", fixed_ids=False),
    "kind": Expected("standard", gateways=1),
    "arm64-mixed": Expected("longhorn"),
}


@pytest.mark.parametrize(
    "profile",
    ["gke-gpu", *[pytest.param(name, marks=pytest.mark.soak) for name in ("openshift", "eks", "kind", "plain", "aks", "arm64-mixed")]],
)
def test_kubeflow_runs_with_what_suits_the_cluster(brief_cluster, work, profile):
    # A cluster of its own: it is not shared with tests that would find a training operator there.
    runs_with_what_suits(brief_cluster(profile), work, profile)


def runs_with_what_suits(each, work, profile):
    """On one of ``PROFILES``; ``make soak`` has the others, of which the golden plans of the unit tests show what is chosen."""
    space, expected = f"suits-{profile}", PROFILES[profile]
    work(each, kubeflow_namespace=space, kubeflow_rules=[]).bootstrap().well()

    claim = each.get("pvc", "hub-db", "-n", space)
    assert (claim["spec"]["storageClassName"], claim["status"]["phase"]) == (expected.storage_class, "Bound")

    service = each.get("service", "kubeflow", "-n", space)
    assert service["spec"]["type"] == expected.service
    assert service["metadata"].get("annotations", {}) == expected.annotations

    operator = f"{space}-training"
    deployments = {item["metadata"]["name"]: item for name in (space, operator) for item in each.get("deployments", "-n", name)["items"]}
    ready = {name: (item["spec"]["replicas"], item["status"].get("availableReplicas")) for name, item in deployments.items()}
    twice = (expected.gateways, expected.gateways)
    assert ready == {"hub": (1, 1), "gateway": twice, "training-operator": twice}
    budgets = [item["metadata"]["name"] for name in (space, operator) for item in each.get("pdb", "-n", name)["items"]]
    assert budgets == (["gateway", "training-operator"] if expected.gateways > 1 else [])

    settings = json.loads(each.get("configmap", "hub-config", "-n", space)["data"]["settings.json"])
    assert settings["namespace"] == space
    assert settings["gpuResource"] == expected.gpu
    assert settings["volume"]["storageClass"] == expected.storage_class
    assert settings["volume"]["mountPath"] == "/home/jovyan/work"
    assert ("user" in settings["ids"]) == expected.fixed_ids

    pods = [pod for name in (space, operator) for pod in each.get("pods", "-n", name)["items"]]
    assert len(pods) == 1 + 2 * expected.gateways
    for pod in pods:
        contexts = [pod["spec"]["securityContext"], *(c.get("securityContext", {}) for c in pod["spec"]["containers"])]
        assert any("runAsUser" in context for context in contexts) == expected.fixed_ids
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    # No pod went to a node that repels it: masters, system pools, GPUs.
    tainted = {node["metadata"]["name"] for node in each.get("nodes")["items"] if node["spec"].get("taints")}
    assert not tainted & {pod["spec"]["nodeName"] for pod in pods}


def test_where_no_volume_can_be_made_the_run_stops_before_it_writes_anything(brief_cluster, work):
    each = brief_cluster("no-default-storage")
    user = work(each)
    with each.untouched():
        run = user.bootstrap()
    assert run.code != 0
    assert "local-storage" in run.message and "hub's PVC would wait forever" in run.message
    assert "is-default-class=true" in run.message  # what to do about it
    assert {path.partition("/")[0] for path in user.files()} == {"kubeflow-report"}
    assert each.try_kubectl("get", "namespace", "kubeflow").returncode != 0
