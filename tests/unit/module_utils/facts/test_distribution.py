# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose Kubernetes it is."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.data.distributions import DISTRIBUTIONS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.distribution import distribution
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.nodes import Nodes


def nodes(label: str | None = None, provider: str | None = None, os: str = "", name: str = "n") -> Nodes:
    result = Nodes()
    spec = {"providerID": f"{provider}://x"} if provider else {}
    result.add({"metadata": {"name": name, "labels": {label: "x"} if label else {}}, "spec": spec, "status": {"nodeInfo": {"osImage": os}}})
    return result


@pytest.mark.parametrize(
    ("name", "node", "apis", "version"),
    [
        ("openshift", {}, ["config.openshift.io/v1"], "v1.31.0"),
        ("openshift", {"label": "eks.amazonaws.com/nodegroup"}, ["route.openshift.io/v1"], "v1.31.0"),
        ("gke", {"label": "cloud.google.com/gke-nodepool"}, [], "v1.31.0-gke.1"),
        ("eks", {"label": "eks.amazonaws.com/nodegroup"}, [], "v1.31.0-eks-1"),
        ("aks", {"label": "kubernetes.azure.com/cluster"}, [], "v1.31.0"),
        ("kind", {"provider": "kind"}, [], "v1.31.0"),
        ("k3s", {"provider": "k3s"}, [], "v1.31.0+k3s1"),
        ("rke2", {"label": "rke.cattle.io/machine"}, [], "v1.31.0+rke2r1"),
        ("microk8s", {"label": "microk8s.io/cluster"}, [], "v1.31.0"),
        ("talos", {"os": "Talos (v1.9.0)"}, [], "v1.31.0"),
        ("minikube", {"label": "minikube.k8s.io/name"}, [], "v1.31.0"),
        ("docker-desktop", {"name": "docker-desktop"}, [], "v1.31.0"),
        ("kwok", {"label": "kwok.x-k8s.io/node"}, [], "v1.31.0"),
        # Two signals that each leave a doubt.
        ("gke", {"provider": "gce"}, [], "v1.31.0-gke.1"),
        ("eks", {"provider": "aws"}, [], "v1.31.0-eks-1"),
        ("aks", {"provider": "azure", "label": "agentpool"}, [], "v1.31.0"),
        ("k3s", {}, ["k3s.cattle.io/v1"], "v1.31.0+k3s1"),
        ("rke2", {}, ["k3s.cattle.io/v1"], "v1.31.0+rke2r1"),
        # One of them alone, or what only looks alike.
        ("kubernetes", {"provider": "gce"}, [], "v1.31.0"),
        ("kubernetes", {"label": "agentpool"}, [], "v1.31.0"),
        ("kubernetes", {}, ["k3s.cattle.io/v1"], "v1.31.0"),
        ("kubernetes", {"label": "example.com/gke-like", "provider": "aws"}, ["apps/v1", "v1"], "v1.31.0"),
    ],
)
def test_distributions(name: str, node: dict[str, str], apis: list[str], version: str) -> None:
    result = distribution(nodes(**node), dict.fromkeys(apis, {}), version)
    assert result["name"] == name
    assert bool(result["signals"]) == (name != "kubernetes")


@pytest.mark.parametrize(
    "version", [f"v1.31.0{value}1" for signals in DISTRIBUTIONS.values() for kind, value in signals if kind == "version"]
)
def test_the_version_alone_never_decides(version: str) -> None:
    assert distribution(nodes(), {}, version) == {"name": "kubernetes", "signals": []}


def test_signals_are_told() -> None:
    seen = distribution(nodes("cloud.google.com/gke-nodepool"), {}, "v1.35.0-gke.7")
    assert seen["signals"] == ["label cloud.google.com/gke-", "version -gke."]
