# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Add-ons: by what they are recognised, their versions, and whose they are."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.addons import addons
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.queries import Queries
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.workloads import KEPT, Workloads, repository, version
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.managed_by import managed_by

Json = dict[str, t.Any]


def workload(name: str, *images: str, namespace: str = "space", labels: dict[str, str] | None = None, **status: int) -> Json:
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"image": image} for image in images]}}},
        "status": status,
    }


def workloads(*items: Json, kind: str = "Deployment") -> Workloads:
    seen = Workloads()
    for item in items:
        seen.add(kind, item)
    return seen


def look(client: Client, seen: Workloads, served: str | None = None) -> list[Json]:
    """``served``: ``group/Kind`` of an API that is served."""
    group, _slash, kind = (served or "none/None").partition("/")
    return addons(Queries(client, {f"{group}/v1": {kind: {"resource": "any"}}}), seen)


@pytest.mark.parametrize(
    ("arguments", "serves"),
    [
        ([], "*"),
        (["--configmap", "c", "--namespaced"], "space"),
        (["--namespaced=true"], "space"),
        (["--namespaced=false"], "*"),
        (["--namespaced", "--managed-namespace", "ml"], "ml"),
        (["--namespaced", "--managed-namespace=ml"], "ml"),
    ],
)
def test_the_namespace_that_a_controller_of_argo_serves(client: Client, arguments: list[str], serves: str) -> None:
    item = workload("workflow-controller", "quay.io/argoproj/workflow-controller:v3.7.3")
    item["spec"]["template"]["spec"]["containers"][0]["args"] = arguments
    (addon,) = look(client, workloads(item))
    assert addon["details"]["serves"] == serves


@pytest.mark.parametrize(
    ("name", "expected", "item"),
    [
        ("istio", "1.29.1", workload("istiod-canary", "docker.io/istio/pilot:1.29.1")),
        ("istio", "1.29.1", workload("any", "mirror.example.com:5000/hub/istio/pilot:1.29.1@sha256:00")),
        ("cert-manager", "v1.19.4", workload("release-cert-manager", "quay.io/jetstack/cert-manager-controller:v1.19.4")),
        (
            "knative-serving",
            "1.21.1",
            workload(
                "controller",
                "gcr.io/knative-releases/knative.dev/serving/cmd/controller@sha256:00",
                labels={"app.kubernetes.io/name": "knative-serving", "app.kubernetes.io/version": "1.21.1"},
            ),
        ),
        (
            "knative-eventing",
            None,
            workload("eventing-controller", "gcr.io/knative-releases/knative.dev/eventing/cmd/controller@sha256:00"),
        ),
        ("argo-workflows", "v3.7.3", workload("workflow-controller", "quay.io/argoproj/workflow-controller:v3.7.3")),
        ("argo-cd", "v3.2.0", workload("argocd-server", "quay.io/argoproj/argocd:v3.2.0")),
        ("kserve", "v0.16.0", workload("kserve-controller-manager", "docker.io/kserve/kserve-controller:v0.16.0")),
        ("nvidia-device-plugin", "v0.18.0", workload("nvidia-device-plugin-daemonset", "nvcr.io/nvidia/k8s-device-plugin:v0.18.0")),
        ("nvidia-gpu-operator", "v25.10.0", workload("gpu-operator", "nvcr.io/nvidia/gpu-operator:v25.10.0")),
        ("amd-device-plugin", None, workload("amdgpu-device-plugin-daemonset", "docker.io/rocm/k8s-device-plugin:latest")),
        ("metrics-server", "v0.8.0", workload("metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0")),
        ("kueue", "v0.14.4", workload("kueue-controller-manager", "registry.k8s.io/kueue/kueue:v0.14.4")),
        ("gatekeeper", "v3.21.0", workload("gatekeeper-audit", "openpolicyagent/gatekeeper:v3.21.0")),
        ("kyverno", "v1.16.0", workload("kyverno-admission-controller", "reg.kyverno.io/kyverno/kyverno:v1.16.0")),
    ],
)
def test_an_add_on_and_its_version(client: Client, name: str, expected: str | None, item: Json) -> None:
    [entry] = look(client, workloads(item))
    assert (entry["name"], entry["version"], entry["namespace"], entry["ready"]) == (name, expected, "space", False)


@pytest.mark.parametrize(
    "item",
    [
        workload("my-istiod", "example.com/copilot:1.0"),
        workload("controller", "example.com/controller:v1"),
        workload("web", "example.com/notistio/pilot-x:1"),
        workload("plain"),
        {"metadata": {"name": "bare", "namespace": "space"}},
    ],
)
def test_what_is_only_called_alike_is_none(client: Client, item: Json) -> None:
    assert look(client, workloads(item)) == []


def test_the_api_alone_tells_no_version(client: Client) -> None:
    [entry] = look(client, workloads(), "kyverno.io/ClusterPolicy")
    assert entry["name"] == "kyverno"
    assert {entry[key] for key in ("version", "namespace", "managed_by", "ready")} == {None}
    assert entry["details"] == {"apis": ["ClusterPolicy.kyverno.io"]}
    # The same kind in another group, as NVIDIA's, is another thing.
    [entry] = look(client, workloads(), "nvidia.com/ClusterPolicy")
    assert entry["name"] == "nvidia-gpu-operator"


def test_istio_s_revisions_and_modes(client: Client) -> None:
    new = workload("istiod-1-29", "istio/pilot:1.29.1", labels={"app": "istiod", "istio.io/rev": "1-29"}, availableReplicas=1)
    old = workload("istiod", "istio/pilot:1.28.0", labels={"app": "istiod"}, availableReplicas=1)
    seen = workloads(new, old)
    seen.add("DaemonSet", workload("ztunnel", "istio/ztunnel:1.29.1"))
    [entry] = look(client, seen)
    details = entry["details"]
    assert details["revisions"] == {"1-29": "1.29.1", "default": "1.28.0"}
    assert (details["cni"], details["ambient"], entry["ready"]) == (False, True, True)


def test_kubeflow_and_its_parts_by_namespace(client: Client) -> None:
    seen = workloads(
        workload("trainer", "ghcr.io/kubeflow/trainer/trainer-controller-manager:v2.2.0", namespace="a-system", availableReplicas=1),
        workload("ml-pipeline", "ghcr.io/kubeflow/kfp-api-server:2.16.0", namespace="kubeflow", availableReplicas=1),
        workload("centraldashboard", "ghcr.io/kubeflow/kubeflow/centraldashboard:v1.10.0", namespace="kubeflow"),
    )
    platform, trainer = look(client, seen)
    assert (platform["namespace"], platform["version"], platform["ready"]) == ("kubeflow", "v1.10.0", False)
    assert platform["details"]["components"] == {"dashboard": "v1.10.0", "pipelines": "2.16.0"}
    assert (trainer["namespace"], trainer["version"], trainer["ready"]) == ("a-system", None, True)


def test_thousands_of_a_kind_are_bounded() -> None:
    seen = workloads(*(workload("argocd-server", "argocd:v3", namespace=f"team-{index}") for index in range(1000)))
    assert len(seen.of("addon", "argo-cd")) == KEPT


def test_the_surest_sign_speaks(client: Client) -> None:
    worker = workload("worker", "registry.k8s.io/nfd/node-feature-discovery:v0.17.0")
    main = workload("nfd-master", "registry.k8s.io/nfd/node-feature-discovery:v0.18.0")
    for items in ((worker, main), (main, worker)):
        [entry] = look(client, workloads(*items))
        assert (entry["version"], entry["details"]["workload"]) == ("v0.18.0", "Deployment space/nfd-master")


@pytest.mark.parametrize(
    ("image", "labels", "expected"),
    [
        ("registry:5000/x:v1.2.3-debian", {}, "v1.2.3-debian"),
        ("registry:5000/x", {}, None),
        ("x:latest", {}, None),
        ("x:0123abcd", {}, None),
        ("x:stable", {}, "stable"),
        ("x:stable", {"app.kubernetes.io/version": "4.5"}, "4.5"),
        ("x:1.2", {"app.kubernetes.io/version": "4.5"}, "1.2"),
    ],
)
def test_versions(image: str, labels: dict[str, str], expected: str | None) -> None:
    assert version(image, labels) == expected
    assert repository(image) in ("registry:5000/x", "x")


@pytest.mark.parametrize(
    ("metadata", "tool", "name"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "app:apps/Deployment:a/b"}}, "argocd", "app"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "r", "helm.toolkit.fluxcd.io/namespace": "flux"}}, "flux", "flux/r"),
        ({"labels": {"olm.owner": "x.v1", "olm.owner.namespace": "operators"}}, "olm", "operators/x.v1"),
        (
            {
                "annotations": {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n"},
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
            },
            "helm",
            "n/r",
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "helm", "Helm"),
        ({"labels": {"applyset.kubernetes.io/part-of": "applyset-1-v1"}}, "applyset", "applyset-1-v1"),
        ({"labels": {"app.kubernetes.io/managed-by": "tigera-operator"}}, "operator", "tigera-operator"),
        ({"ownerReferences": [{"kind": "Istio", "name": "default", "controller": True}]}, "operator", "Istio/default"),
        ({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}, "kubectl", None),
        ({"managedFields": [{"manager": "kubectl-create"}]}, "kubectl", None),
    ],
)
def test_owners(metadata: Json, tool: str, name: str | None) -> None:
    assert managed_by(metadata) == {"tool": tool, "name": name}


def test_nobody_s() -> None:
    assert managed_by({"labels": None, "managedFields": [{"manager": "kube-controller-manager"}]}) is None
