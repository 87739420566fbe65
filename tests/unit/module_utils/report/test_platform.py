# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report says of the platform."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report import platform

Json = dict[str, t.Any]


def plan(*names: str, **values: str) -> Json:
    chosen = {name: {"value": value} for name, value in values.items()}
    return {
        "platform": {"release": "26.03.1", "components": [{"name": name, "reason": "You chose it."} for name in names]},
        "parameters": {"one": chosen},
    }


@pytest.mark.parametrize(
    ("values", "way"),
    [
        ({}, "kubectl -n istio-system port-forward service/istio-ingressgateway 8080:80   # then http://localhost:8080/"),
        ({"gatewayServiceType": "LoadBalancer"}, "kubectl -n istio-system get service istio-ingressgateway   # then http://EXTERNAL-IP/"),
        (
            {"tlsSecretName": "cert"},
            "kubectl -n istio-system port-forward service/istio-ingressgateway 8443:443   # then https://localhost:8443/",
        ),
    ],
)
def test_the_way_to_the_dashboard(values: dict[str, str], way: str) -> None:
    assert platform.access(plan("dashboard", "istio-resources", **values), "") == [way]


def test_the_password_of_the_first_user() -> None:
    (line,) = platform.access(plan("dex", firstUser="me@example.com"), " --context mine")
    assert line.startswith("kubectl --context mine -n auth get secret kubeflow-first-user ")
    assert line.endswith("# the password of me@example.com")


def test_without_a_dashboard_there_is_nothing_to_open() -> None:
    assert platform.access(plan("trainer", "namespaces"), "") == []


def test_components_with_why_they_are_there() -> None:
    chosen = plan("trainer")["platform"]
    chosen["components"].append({"name": "namespaces", "reason": "trainer needs it."})
    assert platform.components(chosen) == ["26.03.1: trainer", "namespaces: added, trainer needs it."]
    assert platform.components({}) == []


def test_what_the_cluster_has_in_place_of_components() -> None:
    mesh = {"name": "istio", "version": "1.29.1", "namespace": "istio-system", "keeps": ""}
    unknown = {"name": "cert-manager", "version": None, "namespace": None, "keeps": "the issuer"}
    assert platform.components({**plan("trainer")["platform"], "existing": [mesh, unknown]})[1:] == [
        "istio: that of the cluster is used, 1.29.1 in istio-system.",
        "cert-manager: that of the cluster is used; deployed is the issuer.",
    ]
