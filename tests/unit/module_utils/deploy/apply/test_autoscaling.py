# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which workloads an application autoscales."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.autoscaling import autoscaled, parted
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

from tests.unit.module_utils.deploy._objects import make

Json = dict[str, t.Any]
WEB = Key("apps", "Deployment", "ns", "web")


@pytest.mark.parametrize(
    ("kind", "version", "target", "targets"),
    [
        ("HorizontalPodAutoscaler", "autoscaling/v1", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, {WEB}),
        ("HorizontalPodAutoscaler", "autoscaling/v2", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, {WEB}),
        ("ScaledObject", "keda.sh/v1alpha1", {"name": "web"}, {WEB}),
        ("ScaledObject", "keda.sh/v1alpha1", {"kind": "StatefulSet", "name": "web"}, {WEB._replace(kind="StatefulSet")}),
        ("ScaledObject", "keda.sh/v1alpha1", {"apiVersion": "x.y/v1", "kind": "Z", "name": "web"}, {WEB._replace(group="x.y", kind="Z")}),
        ("VerticalPodAutoscaler", "autoscaling.k8s.io/v1", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, set()),
        ("HorizontalPodAutoscaler", "autoscaling/v2", None, set()),
    ],
)
def test_the_target_of_an_autoscaler(kind: str, version: str, target: Json | None, targets: set[Key]) -> None:
    assert autoscaled([make(kind, version=version, spec={"scaleTargetRef": target}), make("ConfigMap", spec="text")]) == targets


def test_replicas_are_parted_from_the_rest() -> None:
    item = make("Deployment", spec={"replicas": 0, "paused": True})
    assert parted(item) == (make("Deployment", spec={"paused": True}), {"replicas": 0})
    assert item["spec"]["replicas"] == 0
    for same in (make("Deployment", spec={"paused": True}), make("Deployment", spec=None), make("Deployment")):
        assert parted(same) == (same, {})
