# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names and marks of addresses, and what a controller is told. What clouds do is in tests/integration/test_static_ip*.py."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.static_ip.address import AddressSpec, default_name
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.static_ip.step import declared, provider_of, served

UID = "6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1"


@pytest.mark.parametrize("application", ["kubeflow", "My.App", "9lives", "x" * 200, "--"])
def test_names_are_what_all_clouds_take(application: str) -> None:
    name = default_name(application, UID)
    assert re.fullmatch(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?", name)
    assert name == default_name(application, UID)
    assert len({name, default_name(application, "other"), default_name(f"{application}2", UID)}) == 3


def test_marks_tell_applications_and_clusters_apart() -> None:
    spec = AddressSpec("My.App", UID, "ip", labels={"team": "ml"})
    assert spec.marks == {"managed-by": "kubeflow-bootstrap", "kubeflow-application": "my-app", "kubeflow-cluster": UID}
    assert spec.carries_marks(spec.all_labels)
    for key in spec.marks:
        assert not spec.carries_marks({**spec.marks, key: "other"})
    assert not spec.carries_marks({"team": "ml"})


def test_a_label_of_the_user_s_takes_no_mark_away() -> None:
    spec = AddressSpec("kubeflow", UID, "ip", labels={"managed-by": "me"})
    assert spec.carries_marks(spec.all_labels)


@pytest.mark.parametrize(
    ("provider", "kind", "parameters"),
    [
        (
            "google",
            "compute.cnrm.cloud.google.com/v1beta1 ComputeAddress",
            {"addressLocation": "global", "addressProject": "a", "ipName": "ip"},
        ),
        ("aws", "ec2.services.k8s.aws/v1alpha1 ElasticIPAddress", {}),
        (
            "azure",
            "network.azure.com/v1api20240301 PublicIPAddress",
            {"addressLocation": "r", "addressOwner": "/subscriptions/a/resourceGroups/g"},
        ),
    ],
)
def test_what_a_controller_is_told(provider: str, kind: str, parameters: dict[str, t.Any]) -> None:
    version, name = kind.split()
    spec = AddressSpec("kubeflow", UID, "ip", account="a", region="r", resource_group="g")
    step = declared(provider, spec, {version: {name: {}}, "v1": {"Pod": {}}}, "present")["step"]
    shared = {"addressProvider": provider, "addressName": "ip", "addressApiVersion": version, "addressIpVersion": 4}
    assert step["parameters"] == {**shared, "addressLabels": spec.marks, **parameters}
    assert (step["components"], step["record"]["by"]) == ({"address": {"prototype": "address"}}, "controller")
    with pytest.raises(BootstrapError, match="The cluster does not serve"):
        declared(provider, spec, {}, "present")


def test_the_newest_version_that_is_served() -> None:
    versions = ["v1api20201101", "v1api20240301", "v1api20240301storage"]
    apis = {f"network.azure.com/{version}": {"PublicIPAddress": {}} for version in versions}
    apis["network.azure.com/v1api20250101"] = {"LoadBalancer": {}}
    assert served(apis, "network.azure.com", "PublicIPAddress") == "network.azure.com/v1api20240301"
    assert served(apis, "network.azure.com", "Nothing") is None


def test_the_provider_follows_from_the_facts() -> None:
    assert [provider_of("auto", {"provider": name}) for name in ("gcp", "aws", "azure")] == ["google", "aws", "azure"]
    assert provider_of("aws", {"provider": "gcp"}) == "aws"
    with pytest.raises(BootstrapError, match="the facts name no cloud"):
        provider_of("auto", {})
