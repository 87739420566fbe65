# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose an object is, and who changed it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.field_managers import changed_by, owner
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER

Json = dict[str, t.Any]
ITEM: Json = {
    "kind": "Deployment",
    "metadata": {"labels": {"app": "web"}, "finalizers": ["example.com/a"]},
    "spec": {
        "replicas": 1,
        "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}],
        "strategy": {"type": "Recreate"},
    },
}


def entry(manager: str, fields: Json, time: str = "2026-01-01T00:00:00Z", operation: str = "Update", **more: str) -> Json:
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields, **more}


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"annotations": {"meta.helm.sh/release-name": "minio", "meta.helm.sh/release-namespace": "ml"}}, "Helm release ml/minio"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "platform:apps/Deployment:ml/web"}}, "Argo CD application platform"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}}, "Flux flux/apps"),
        ({"labels": {"applyset.kubernetes.io/part-of": "applyset-x-v1"}}, "ApplySet applyset-x-v1"),
        ({"ownerReferences": [{"kind": "Notebook", "name": "mine", "controller": True}]}, "operator Notebook/mine"),
        ({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": ""}}, "kubectl"),
        ({"managedFields": [{"manager": "terraform"}, {"manager": "kubelet", "subresource": "status"}]}, "manager terraform"),
        ({}, "somebody"),
    ],
)
def test_owners_in_words(metadata: Json, text: str) -> None:
    assert owner(metadata) == text


@pytest.mark.parametrize(
    "fields",
    [
        {"f:spec": {"f:replicas": {}}},
        {"f:metadata": {"f:labels": {"f:app": {}}}},
        {"f:metadata": {"f:finalizers": {'v:"example.com/a"': {}}}},
        {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}},
        {
            "f:spec": {
                "f:containers": {'k:{"name":"web"}': {"f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {"f:containerPort": {}}}}}
            }
        },
    ],
)
def test_who_owns_now_what_was_ours(fields: Json) -> None:
    ours = entry(MANAGER, {"f:spec": {"f:strategy": {"f:type": {}}}}, operation="Apply")
    managed = [ours, entry("argocd", fields), entry("newer", {"f:spec": {"f:paused": {}}}, "2026-02-02T00:00:00Z")]
    assert changed_by(ITEM, managed) == "others changed it: argocd"
    # What both own was only set to the same by both.
    both = [entry(MANAGER, fields, operation="Apply"), *managed[1:]]
    assert changed_by(ITEM, both) == "others changed it (last written by newer)"


def test_status_and_what_we_do_not_want_are_no_change() -> None:
    status = entry("kube-controller-manager", {"f:spec": {"f:replicas": {}}}, "2026-03-03T00:00:00Z", subresource="status")
    assert changed_by(ITEM, [status]) == "others changed it"
    scaled = entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale")
    assert changed_by(ITEM, [status, scaled]) == "others changed it: kubectl"
