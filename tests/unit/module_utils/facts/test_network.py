# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a LoadBalancer would get an address, and whose network it is."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.network import Addresses, addresses, cni, load_balancer
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.queries import Queries
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.workloads import Workloads
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Answer
from tests.unit.module_utils.facts.test_addons import workload, workloads

Json = dict[str, t.Any]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
METALLB = workload("controller", "quay.io/metallb/controller:v0.15.2")
CILIUM = workload("cilium", "quay.io/cilium/cilium:v1.18.0", labels={"k8s-app": "cilium"})
KUBE_VIP = workload("kube-vip-ds", "ghcr.io/kube-vip/kube-vip:v1.0.0")
KUBE_VIP_PROVIDER = workload("kube-vip-cloud-provider", "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12")
SERVICELB = workload("svclb-traefik-0", "rancher/klipper-lb:v0.4.13", "rancher/klipper-lb:v0.4.13")


def judge(
    *items: Json,
    pools: dict[str, tuple[int, int] | None] | None = None,
    providers: tuple[str, ...] = (),
    distribution: str = "kubernetes",
    complete: bool = True,
    **asked: str,
) -> tuple[bool | None, str | None]:
    verdict = load_balancer(workloads(*items), Addresses(pools or {}, **asked), providers, distribution, complete)
    assert verdict["why"].endswith(".") and "  " not in verdict["why"]
    return verdict["available"], verdict["how"]


@pytest.mark.parametrize(
    ("verdict", "seen"),
    [
        ((False, None), {}),
        ((True, "cloud"), {"providers": ("gce",)}),
        ((True, "cloud"), {"providers": ("aws", "vsphere")}),
        ((False, None), {"providers": ("vsphere",)}),
        ((True, "cloud"), {"distribution": "openshift", "platform": "AWS"}),
        ((False, None), {"distribution": "openshift", "platform": "BareMetal"}),
        ((None, "kind"), {"providers": ("kind",), "distribution": "kind"}),
        ((None, "minikube"), {"distribution": "minikube"}),
        ((None, "servicelb"), {"providers": ("k3s",), "distribution": "k3s"}),
        ((True, "docker-desktop"), {"distribution": "docker-desktop"}),
        ((None, None), {"complete": False}),
        ((True, "cloud"), {"providers": ("gce",), "complete": False}),
        # What Services got, or did not, counts for more.
        ((True, None), {"with_address": "a/b"}),
        ((None, "cloud"), {"providers": ("aws",), "waiting": "a/b"}),
        ((False, "kind"), {"distribution": "kind", "waiting": "a/b"}),
        ((True, "cloud"), {"providers": ("aws",), "waiting": "a/b", "with_address": "a/c"}),
    ],
)
def test_without_controllers(verdict: tuple[bool | None, str | None], seen: t.Any) -> None:
    assert judge(**seen) == verdict


@pytest.mark.parametrize(
    ("verdict", "items", "pools"),
    [
        ((True, "metallb"), [METALLB], {"metallb": (1, 2)}),
        ((None, "metallb"), [METALLB], {"metallb": (0, 2)}),
        ((False, "metallb"), [METALLB], {"metallb": (0, 0)}),
        ((None, "metallb"), [METALLB], {"metallb": None}),
        ((False, "metallb"), [], {"metallb": (1, 1)}),
        ((True, "cilium"), [CILIUM], {"cilium": (1, 1)}),
        ((False, "cilium"), [CILIUM], {"cilium": (0, 0)}),
        ((True, "metallb"), [CILIUM, METALLB], {"cilium": (0, 0), "metallb": (1, 1)}),
        ((None, "kube-vip"), [KUBE_VIP], {}),
        ((True, "kube-vip"), [KUBE_VIP, KUBE_VIP_PROVIDER], {}),
        ((True, "servicelb"), [SERVICELB], {}),
        ((None, "loxilb"), [workload("kube-loxilb", "ghcr.io/loxilb-io/kube-loxilb:v0.9.8")], {}),
    ],
)
def test_controllers(verdict: tuple[bool | None, str | None], items: list[Json], pools: t.Any) -> None:
    assert judge(*items, pools=pools) == verdict


def test_where_workloads_may_not_be_read_pools_are_believed() -> None:
    verdict = load_balancer(Workloads(complete=False), Addresses({"metallb": (1, 1)}), (), "kubernetes", True)
    assert (verdict["available"], verdict["how"]) == (True, "metallb")


@pytest.mark.parametrize("asked", [{}, {"with_address": "a/b"}, {"waiting": "a/b"}, {"with_address": "a/b", "waiting": "a/c"}])
def test_what_is_offered_is_no_matter_of_the_services_that_are_there(asked: Json) -> None:
    for items, pools, offered in (([METALLB], {"metallb": (1, 1)}, True), ([METALLB], {"metallb": (0, 1)}, None), ([], {}, False)):
        assert load_balancer(workloads(*items), Addresses(pools, **asked), (), "kubernetes", True)["offered"] is offered


POOLS = "/apis/metallb.io/v1beta1/ipaddresspools"
SERVICES = "/api/v1/services"


@pytest.fixture
def queries(client: Client) -> Queries:
    kinds = {"v1": {"Service": {"resource": "services"}}, "metallb.io/v1beta1": {"IPAddressPool": {"resource": "ipaddresspools"}}}
    return Queries(client, kinds)


def service(name: str, age: timedelta, ip: str | None = None) -> Json:
    created = (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"loadBalancer": {"ingress": [{"ip": ip}]}} if ip else {"loadBalancer": {}}
    return {"metadata": {"name": name, "namespace": "n", "creationTimestamp": created}, "status": status}


@pytest.mark.parametrize(
    ("services", "address", "waiting"),
    [
        ([], None, None),
        ([service("new", timedelta(minutes=5))], None, None),
        ([service("old", timedelta(minutes=15)), service("older", timedelta(hours=1))], None, "n/old"),
        ([service("old", timedelta(minutes=15)), service("served", timedelta(0), "192.0.2.1")], "n/served", "n/old"),
    ],
)
def test_what_services_got(server: t.Any, queries: Queries, services: list[Json], address: str | None, waiting: str | None) -> None:
    server.routes[SERVICES] = {"items": services}
    asked = addresses(queries, NOW)
    assert (asked.with_address, asked.waiting) == (address, waiting)
    assert server.requests[0].query["fieldSelector"] == "spec.type=LoadBalancer"


@pytest.mark.parametrize(
    ("spec", "gives"),
    [
        ({"addresses": ["192.0.2.0/28"]}, 1),
        ({"addresses": []}, 0),
        ({"addresses": ["192.0.2.0/28"], "autoAssign": False}, 0),
        ({"addresses": ["192.0.2.0/28"], "serviceAllocation": {"namespaces": ["a"]}}, 0),
        ({"blocks": [{"cidr": "192.0.2.0/28"}]}, 1),
        ({"blocks": [{"cidr": "192.0.2.0/28"}], "disabled": True}, 0),
        ({"blocks": [{"cidr": "192.0.2.0/28"}], "serviceSelector": {"matchLabels": {"a": "b"}}}, 0),
    ],
)
def test_pools_that_give_addresses_to_any_service(server: t.Any, queries: Queries, spec: Json, gives: int) -> None:
    server.routes[POOLS] = {"items": [{"metadata": {"name": "pool"}, "spec": spec}]}
    assert addresses(queries, NOW).pools == {"metallb": (gives, 1)}


def test_pools_that_may_not_be_read(server: t.Any, queries: Queries) -> None:
    server.routes[POOLS] = Answer({"message": "forbidden"}, 403)
    server.routes[SERVICES] = {"items": []}
    assert addresses(queries, NOW).pools == {"metallb": None}
    assert queries.unknown == [{"what": "IPAddressPool.metallb.io", "why": "forbidden"}]


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("calico", [workload("calico-node", "calico/node:v3", labels={"k8s-app": "calico-node"})]),
        ("canal", [workload("canal", "calico/node:v3", "flannel:v1")]),
        ("cilium", [CILIUM, workload("aws-node", "amazon-k8s-cni:v1")]),
        ("aws-vpc", [workload("aws-node", "amazon-k8s-cni:v1")]),
        ("gke-dataplane-v2", [workload("anetd", "gke.gcr.io/cilium/cilium:v1")]),
        ("flannel", [workload("kube-flannel-ds", "flannel:v1")]),
        (None, []),
    ],
)
def test_networks(name: str | None, items: list[Json]) -> None:
    seen = cni(workloads(*items, kind="DaemonSet"), {"crd.projectcalico.org"})
    assert seen["name"] == name
    assert bool(seen["evidence"]) == bool(name)


def test_api_groups_tell_only_where_daemon_sets_may_not_be_read() -> None:
    assert cni(Workloads(complete=False), {"cilium.io"}) == {"name": "cilium", "evidence": ["API group cilium.io"]}
