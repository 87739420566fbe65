# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is the same to the API server, and what only looks like it; the real one judges in the integration tests."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.equality import contained, no_more_entries

Json = dict[str, t.Any]


def item(spec: t.Any, version: str = "v1", kind: str = "Thing") -> Json:
    return {"apiVersion": version, "kind": kind, "spec": spec}


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        ({"limits": {"cpu": "1000m"}}, {"limits": {"cpu": "1"}}),
        ({"limits": {"cpu": 0.1}}, {"limits": {"cpu": "100m"}}),
        ({"hard": {"pods": "1e3"}}, {"hard": {"pods": "1k"}}),
        ({"hard": {"x": "1Ei"}}, {"hard": {"x": str(2**60)}}),
        ({"limits": [{"max": {"memory": "0.5Gi"}}]}, {"limits": [{"max": {"memory": "512Mi"}}]}),
        ({"stdin": False, "value": "", "hostPort": 0}, {}),
        ({"caBundle": "", "host": ""}, {}),
        ({"clusterIP": ""}, {"clusterIP": "10.0.0.1"}),
        ({"names": {"listKind": "", "singular": ""}}, {"names": {"listKind": "ThingList", "singular": "thing"}}),
        ({"a": None, "b": []}, {"a": {"default": 1}}),
    ],
)
def test_the_same(desired: Json, live: Json) -> None:
    assert contained(item(desired), item(live))


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        ({"limits": {"cpu": "1001m"}}, {"limits": {"cpu": "1"}}),
        ({"limits": {"cpu": True}}, {"limits": {"cpu": 1}}),
        ({"value": "1000m"}, {"value": "1"}),
        ({"caBundle": "", "host": ""}, {"caBundle": "Cg==", "host": "example.com"}),
        ({"labels": {"limits": "1000m"}}, {"labels": {"limits": "1"}}),
        ({"labels": {"stdin": ""}}, {"labels": {}}),
        ({"automountServiceAccountToken": False}, {}),
        ({"replicas": 0}, {}),
        ({"storageClassName": ""}, {}),
        ({"stdin": False}, {"stdin": True}),
        ({"stdin": True}, {}),
        ({"a": "x"}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": "x"}),
        ({"a": {"b": True}}, {"a": {"b": 1}}),
    ],
)
def test_not_the_same(desired: Json, live: Json) -> None:
    assert not contained(item(desired), item(live))


def test_custom_resources_keep_their_values() -> None:
    assert not contained(item({"stdin": False}, "example.com/v1"), item({}, "example.com/v1"))
    assert not contained(item({"limits": {"cpu": "1000m"}}, "example.com/v1"), item({"limits": {"cpu": "1"}}, "example.com/v1"))
    assert contained(item({"stdin": False}, "networking.k8s.io/v1"), item({}, "networking.k8s.io/v1"))
    # A project of Kubernetes whose kinds come with CRDs.
    assert not contained(item({"stdin": False}, "gateway.networking.k8s.io/v1"), item({}, "gateway.networking.k8s.io/v1"))


@pytest.mark.parametrize(("desired", "same"), [("YWFh\nYWFh\n", True), ("YWFhYWFi", False), ("not base64!", False), (None, False)])
def test_bytes_of_a_secret(desired: str | None, same: bool) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret"}
    assert contained({**secret, "data": {"a": desired}}, {**secret, "data": {"a": "YWFhYWFh", "b": ""}}) is same


def test_lists_have_no_more_entries() -> None:
    desired = {"a": [{"b": [1]}], "c": None}
    assert no_more_entries(desired, {"a": [{"b": [2], "d": [1, 2]}], "c": [1]})
    assert not no_more_entries(desired, {"a": [{"b": [1, 2]}]})
