"""Which way a host name is had, and what it is."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns import step
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns.name import checked, normal, whose
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns.records import longest

GOOGLE = {"cloud": {"provider": "gcp", "account": "my-project"}}
WITH_EXTERNAL_DNS = {**GOOGLE, "cluster": {"addons": [{"name": "external-dns"}]}}
LAPTOP = {"cluster": {"distribution": {"name": "minikube"}}}


@pytest.mark.parametrize(
    ("hostname", "addresses", "facts", "provider"),
    [
        ("kubeflow.endpoints.my-project.cloud.goog", (), {}, "endpoints"),
        ("x.endpoints.ml-team.example.com.cloud.goog", (), {}, "endpoints"),
        ("10-0-0-1.SSLIP.io.", (), {}, "sslip"),
        ("kubeflow.example.com", (), GOOGLE, "clouddns"),
        ("kubeflow.example.com", (), {"cloud": {"provider": "aws"}}, "route53"),
        ("kubeflow.example.com", (), WITH_EXTERNAL_DNS, "external_dns"),
        (None, ("203.0.113.1",), GOOGLE, "endpoints"),
        ("kubeflow", ("203.0.113.1",), GOOGLE, "endpoints"),
        (None, ("2001:db8::1",), GOOGLE, "sslip"),
        (None, ("203.0.113.1",), {}, "sslip"),
        (None, (), LAPTOP, "sslip"),
    ],
)
def test_what_auto_means(hostname: str | None, addresses: tuple[str, ...], facts: dict[str, t.Any], provider: str) -> None:
    assert step.provider_of("auto", hostname, addresses, facts) == provider
    assert step.provider_of("route53", hostname, addresses, facts) == "route53"


@pytest.mark.parametrize(
    ("provider", "hostname", "more", "host"),
    [
        ("clouddns", "Kubeflow.Example.com.", {}, "kubeflow.example.com"),
        ("route53", "kubeflow", {"zone": "example.com"}, "kubeflow.example.com"),
        ("endpoints", "kubeflow", {"account": "my-project"}, "kubeflow.endpoints.my-project.cloud.goog"),
        ("endpoints", "kubeflow", {"account": "example.com:ml"}, "kubeflow.endpoints.ml.example.com.cloud.goog"),
        ("sslip", None, {"addresses": ("10.0.0.1",)}, "10-0-0-1.sslip.io"),
        ("sslip", "kf", {"addresses": ("::1",)}, "kf.0--1.sslip.io"),
        ("sslip", None, {"addresses": ("10.0.0.1",), "zone": "nip.io"}, "10-0-0-1.nip.io"),
    ],
)
def test_the_full_name(provider: str, hostname: str | None, more: dict[str, t.Any], host: str) -> None:
    spec = {"application": "kubeflow", "cluster": "uid", "account": None, "zone": None, "addresses": (), **more}
    assert step.host_of(provider, hostname, spec, {}) == host


@pytest.mark.parametrize(
    ("hostname", "address"),
    [
        ("10-0-0-1.sslip.io", ("10.0.0.1",)),
        ("kubeflow-10-0-0-1.nip.io", ("10.0.0.1",)),
        ("kubeflow.10.0.0.1.sslip.io", ("10.0.0.1",)),
        ("a.2001-db8--1.sslip.io", ("2001:db8::1",)),
        ("www.sslip.io", ()),
        ("sslip.io", ()),
    ],
)
def test_the_address_that_a_name_holds(hostname: str, address: tuple[str, ...]) -> None:
    assert step.embedded_address(hostname) == address


def test_names_and_addresses_are_checked() -> None:
    assert normal([" 203.0.113.1", "2001:DB8:0::1", "203.0.113.1", ""]) == ("203.0.113.1", "2001:db8::1")
    for wrong in ("localhost", "a_b.example.com", "-a.example.com", "a..b", f"{'a' * 64}.example.com", "kübeflow.example.com"):
        with pytest.raises(BootstrapError, match="no full host name"):
            checked(wrong)


def test_the_longest_domain_wins_and_only_whole_labels_count() -> None:
    zones = [("example.com", 1), ("ml.example.com", 2), ("l.example.com", 3), ("ml.example.com", 4)]
    assert longest("a.ml.example.com", zones) == [("ml.example.com", 2), ("ml.example.com", 4)]
    assert longest("ml.example.com", zones[:1]) == [("example.com", 1)]
    assert longest("a.ml.example.com", [*zones[:1], ("l.example.com", 3)]) == zones[:1]
    assert longest("a.example.org", zones) == []


def test_whose_a_mark_is() -> None:
    mark = "kubeflow-bootstrap application=ml cluster=1f0c"
    assert whose(f'"{mark}"') == "this collection, for the application ml of the cluster 1f0c"
    assert whose("heritage=external-dns") is None
