# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts of clusters that have what is looked for, and of users who may see little of it."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cluster import gather
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

from tests.integration.conftest import Cluster

Json = dict[str, t.Any]
PROFILE = str(Path(__file__).parent / "profiles" / "addons.yml")


def facts(of: Cluster, namespace: str = "kubeflow", kubeconfig: str | None = None) -> Json:
    with of.client(kubeconfig) as client:
        return gather(client, namespace)


@pytest.fixture(scope="module")
def busy(cluster: Callable[..., Cluster]) -> Cluster:
    """The cluster that others use already, its add-ons ready."""
    running = cluster(PROFILE, name="addons")
    running.kubectl("wait", "deployments", "--all", "-A", "--for=condition=Available", f"--timeout={patience(3):g}s")
    daemons = ("get", "daemonsets", "-A", "-o", "jsonpath={.items[*].status.numberReady}")
    running.eventually(lambda: running.kubectl(*daemons) == "2 2", "the DaemonSets are ready")
    return running


@pytest.fixture(scope="module")
def seen(busy: Cluster) -> Json:
    """What an administrator sees."""
    return facts(busy)


def test_add_ons_with_version_and_owner(seen: Json) -> None:
    addons = {entry["name"]: entry for entry in seen["addons"]}
    assert sorted(addons) == ["cert-manager", "istio", "kubeflow", "prometheus-operator"]
    assert addons["istio"] == {
        "name": "istio",
        "version": "1.29.1-distroless",
        "namespace": "istio-system",
        "managed_by": {"tool": "helm", "name": "istio-system/istiod"},
        "ready": True,
        "details": {
            "workload": "Deployment istio-system/istiod-1-29-1",
            "sign": "image istio/pilot",
            "revisions": {"1-29-1": "1.29.1-distroless"},
            "cni": True,
            "ambient": False,
            "apis": ["VirtualService.networking.istio.io"],
        },
    }
    manager = addons["cert-manager"]
    assert (manager["version"], manager["managed_by"]) == ("v1.19.4", {"tool": "argocd", "name": "certificates"})
    # Definitions without a controller.
    assert (addons["prometheus-operator"]["version"], addons["prometheus-operator"]["ready"]) == (None, None)
    kubeflow = addons["kubeflow"]
    assert (kubeflow["version"], kubeflow["ready"], kubeflow["managed_by"]) == ("v1.10.0", False, None)
    assert kubeflow["details"]["components"] == {"dashboard": "v1.10.0"}


def test_the_network(seen: Json) -> None:
    assert seen["load_balancer"] == {
        "available": True,
        "offered": True,
        "how": "metallb",
        "why": "metallb has 1 IPAddressPool with addresses for any Service.",
    }
    assert seen["cni"] == {"name": "calico", "evidence": ["DaemonSet kube-system/calico-node"]}
    assert seen["gateway_classes"] == [
        {"name": "istio", "controller": "istio.io/gateway-controller", "accepted": True},
        {"name": "unknown", "controller": "example.com/nobody", "accepted": False},
    ]
    assert seen["cluster_domain"] == {"name": "example.local", "source": "ConfigMap kube-system/coredns"}


def test_an_address_that_a_service_got_is_evidence(busy: Cluster) -> None:
    busy.kubectl("create", "service", "loadbalancer", "trial", "--tcp=80", "-n", "argocd")
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}}
    busy.kubectl("patch", "service", "trial", "-n", "argocd", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    load_balancer = facts(busy)["load_balancer"]
    busy.kubectl("delete", "service", "trial", "-n", "argocd")
    assert load_balancer == {
        "available": True,
        "offered": True,
        "how": "metallb",
        "why": "Service argocd/trial has an address, from metallb.",
    }


def test_several_defaults_are_all_told(seen: Json) -> None:
    assert sorted(seen["storage"]["defaults"]) == ["fast", "slow"]
    assert [each["name"] for each in seen["ingress_classes"] if each["default"]] == ["nginx", "traefik"]


def test_what_limits_pods(seen: Json) -> None:
    assert seen["namespace"]["exists"] is True
    assert seen["namespace"]["managed_by"] == {"tool": "flux", "name": "flux-system/platform"}
    assert seen["pod_security"] == {
        "enforced": {"istio-system": "privileged", "kubeflow": "restricted", "metallb-system": "privileged"},
        "counts": {"none": 7, "privileged": 2, "restricted": 1},
        "namespace": "restricted",
    }
    [quota] = seen["quotas"]
    assert (quota["name"], quota["hard"]) == ("team", {"requests.cpu": "16", "requests.nvidia.com/gpu": "2"})
    [limits] = seen["limit_ranges"]
    assert limits["limits"][0]["defaultRequest"] == {"memory": "256Mi"}
    assert seen["admission"] == [
        {
            "configuration": "istio-sidecar-injector",
            "webhook": "namespace.sidecar-injector.istio.io",
            "type": "mutating",
            "failure_policy": "Fail",
            "backend": "istio-system/istiod:443",
            "namespace": "istio-system",
            "timeout": 10,
            # Of pods in the namespace it is not asked.
            "server": None,
        }
    ]


def test_who_signs_tokens_and_who_gets_the_keys(busy: Cluster, seen: Json) -> None:
    issuer = seen["service_account_issuer"]
    assert issuer["issuer"] == "https://kubernetes.default.svc.cluster.local"
    assert issuer["jwks_uri"].endswith("/openid/v1/jwks")
    assert (issuer["public"], issuer["keys_for"]) == (False, "users")
    # As is done for Istio where it is to check tokens of the cluster.
    role = "system:service-account-issuer-discovery"
    busy.kubectl("create", "clusterrolebinding", "all-get-keys", f"--clusterrole={role}", "--group=system:unauthenticated")
    busy.eventually(lambda: facts(busy)["service_account_issuer"]["keys_for"] == "everybody", "everybody gets the keys")
    busy.kubectl("delete", "clusterrolebinding", "all-get-keys")


def test_an_api_group_whose_backend_is_down_costs_nothing_else(seen: Json) -> None:
    assert not [name for name in seen["apis"] if name.startswith("metrics.k8s.io/")]
    assert "metallb.io/v1beta1" in seen["apis"]
    [unknown] = seen["unknown"]
    assert unknown["what"] == "API metrics.k8s.io/v1beta1"
    assert "metrics-server" in unknown["why"]


def test_who_may_see_little_gets_that_and_what_is_missing(busy: Cluster, seen: Json) -> None:
    limited = facts(busy, kubeconfig=busy.kubeconfig_for("guest"))
    assert limited["nodes"]["count"] == 2
    assert (limited["namespace"], limited["pod_security"]["namespace"]) == (seen["namespace"], "restricted")
    why = {entry["what"]: entry["why"] for entry in limited["unknown"]}
    forbidden = {
        "ConfigMap kube-system/coredns", "ConfigMap kube-system/kubelet-config", "DaemonSet.apps", "Deployment.apps",
        "GatewayClass.gateway.networking.k8s.io", "IPAddressPool.metallb.io", "IngressClass.networking.k8s.io", "LimitRange in kubeflow",
        "MutatingWebhookConfiguration.admissionregistration.k8s.io", "Namespace", "Namespace kube-system",
        "ResourceQuota in kubeflow", "Service", "StorageClass.storage.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io", "/.well-known/openid-configuration",
    }  # fmt: skip
    assert forbidden <= set(why)
    assert all('User "guest" cannot' in why[what] for what in forbidden)
    # What is served tells that they are there; the rest stays open.
    assert {entry["name"]: entry["version"] for entry in limited["addons"] if entry["name"] == "istio"} == {"istio": None}
    assert limited["load_balancer"]["available"] is None
    assert limited["cluster_domain"] == {"name": "cluster.local", "source": "default"}


def test_a_namespace_that_is_going_and_one_that_is_not_there(busy: Cluster) -> None:
    busy.kubectl("create", "namespace", "going")
    busy.kubectl("create", "configmap", "held", "-n", "going")
    busy.kubectl("patch", "configmap", "held", "-n", "going", "--type=merge", "-p", '{"metadata": {"finalizers": ["example.com/held"]}}')
    busy.kubectl("delete", "namespace", "going", "--wait=false")
    assert facts(busy, "going")["namespace"]["terminating"] is True
    busy.kubectl("patch", "configmap", "held", "-n", "going", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    nowhere = facts(busy, "nowhere")
    assert nowhere["namespace"] == {"name": "nowhere", "exists": False, "terminating": False, "labels": {}, "managed_by": None}
    assert (nowhere["quotas"], nowhere["pod_security"]["namespace"]) == ([], None)


def test_a_plain_cluster_has_none_of_it_and_costs_few_requests(cluster: Callable[..., Cluster]) -> None:
    plain = cluster("plain", name="empty")
    with plain.untouched(), plain.client() as client:
        gathered = gather(client, "kubeflow-not-there")
        assert client.connections.requests <= 20
    assert (gathered["addons"], gathered["gateway_classes"], gathered["admission"], gathered["unknown"]) == ([], [], [], [])
    assert gathered["load_balancer"]["available"] is False
    assert gathered["cni"] == {"name": None, "evidence": []}
    assert gathered["cluster_domain"] == {"name": "cluster.local", "source": "service account issuer"}
    assert gathered["distribution"]["name"] == "kubernetes"


def test_openshift_s_security_context_constraints(cluster: Callable[..., Cluster]) -> None:
    openshift = cluster("openshift")
    gathered = facts(openshift)
    assert gathered["distribution"]["name"] == "openshift"
    assert gathered["security_context_constraints"] == {"names": ["anyuid", "restricted-v2"], "usable": ["anyuid", "restricted-v2"]}
    assert gathered["load_balancer"]["available"] is False
    group, resource = "security.openshift.io", "securitycontextconstraints"
    rules = [
        {"apiGroups": [group], "resources": [resource], "resourceNames": ["restricted-v2"], "verbs": ["use"]},
        {"apiGroups": [group], "resources": [resource], "verbs": ["list"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "scc-guest"}, "rules": rules}
    openshift.kubectl("create", "-f", "-", stdin=json.dumps(role))
    openshift.kubectl("create", "clusterrolebinding", "scc-guest", "--clusterrole=scc-guest", "--user=guest")
    openshift.eventually(
        lambda: (
            facts(openshift, kubeconfig=openshift.kubeconfig_for("guest"))["security_context_constraints"]
            == {"names": ["anyuid", "restricted-v2"], "usable": ["restricted-v2"]}
        ),
        "the guest may use one",
    )
