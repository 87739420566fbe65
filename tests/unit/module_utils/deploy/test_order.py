# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order that objects need."""

from __future__ import annotations

import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.objects import key_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.order import waves

Json = dict[str, t.Any]
RBAC = "rbac.authorization.k8s.io/v1"


def make(kind: str, name: str = "x", version: str = "v1", namespace: str | None = "ns", **body: t.Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})}, **body}


def running(kind: str = "Deployment", version: str = "apps/v1", **pod: t.Any) -> Json:
    pod = {"containers": [{"name": "c"}], **pod}
    if kind == "Pod":
        return make(kind, "runs", "v1", spec=pod)
    template = {"spec": {"template": {"spec": pod}}}
    return make(kind, "runs", version, spec={"jobTemplate": template} if kind == "CronJob" else template["spec"])


def container(**parts: t.Any) -> Json:
    return {"containers": [{"name": "c", **parts}]}


def ranks(items: list[Json]) -> dict[str, int]:
    return {str(key_of(item)): number for number, wave in enumerate(waves(items)) for item in wave}


NAMESPACE = make("Namespace", "ns", namespace=None)
CRD = make(
    "CustomResourceDefinition",
    "things.example.com",
    "apiextensions.k8s.io/v1",
    None,
    spec={"group": "example.com", "names": {"kind": "Thing"}},
)
ACCOUNT, CONFIG, SECRET = make("ServiceAccount"), make("ConfigMap"), make("Secret")
CLAIM = make("PersistentVolumeClaim", spec={})
VOLUME = {"name": "v"}
REF = {"name": "x"}


@pytest.mark.parametrize(
    ("needed", "needs"),
    [
        (NAMESPACE, CONFIG),
        (NAMESPACE, running()),
        (CRD, make("Thing", version="example.com/v1")),
        (CRD, make("Thing", version="example.com/v2", namespace=None)),
        (ACCOUNT, running(serviceAccountName="x")),
        (ACCOUNT, running("StatefulSet", serviceAccountName="x")),
        (ACCOUNT, running("DaemonSet", serviceAccountName="x")),
        (ACCOUNT, running("Job", "batch/v1", serviceAccountName="x")),
        (ACCOUNT, running("CronJob", "batch/v1", serviceAccountName="x")),
        (ACCOUNT, running("Pod", serviceAccountName="x")),
        (ACCOUNT, running("Notebook", "kubeflow.org/v1", serviceAccountName="x")),
        (make("ServiceAccount", "default"), running()),
        (CONFIG, running(volumes=[{**VOLUME, "configMap": REF}])),
        (CONFIG, running(volumes=[{**VOLUME, "projected": {"sources": [{"configMap": REF}]}}])),
        (CONFIG, running(**container(envFrom=[{"configMapRef": REF}]))),
        (CONFIG, running(**container(env=[{"name": "A"}, {"name": "B", "valueFrom": {"configMapKeyRef": {**REF, "key": "k"}}}]))),
        (CONFIG, running(initContainers=[{"name": "i", "envFrom": [{"configMapRef": REF}]}])),
        (SECRET, running(volumes=[{**VOLUME, "secret": {"secretName": "x"}}])),
        (SECRET, running(volumes=[{**VOLUME, "projected": {"sources": [{"secret": REF}]}}])),
        (SECRET, running(**container(envFrom=[{"secretRef": REF}]))),
        (SECRET, running(**container(env=[{"name": "B", "valueFrom": {"secretKeyRef": {**REF, "key": "k"}}}]))),
        (SECRET, running(imagePullSecrets=[REF])),
        (CLAIM, running(volumes=[{**VOLUME, "persistentVolumeClaim": {"claimName": "x"}}])),
        (make("StorageClass", version="storage.k8s.io/v1", namespace=None), make("PersistentVolumeClaim", spec={"storageClassName": "x"})),
        (make("PriorityClass", version="scheduling.k8s.io/v1", namespace=None), running(priorityClassName="x")),
        (make("Role", version=RBAC), make("RoleBinding", version=RBAC, roleRef={"kind": "Role", "name": "x"})),
        (
            make("ClusterRole", version=RBAC, namespace=None),
            make("RoleBinding", version=RBAC, roleRef={"kind": "ClusterRole", "name": "x"}),
        ),
        (
            make("ServiceAccount", namespace="far"),
            make(
                "ClusterRoleBinding",
                version=RBAC,
                namespace=None,
                roleRef={"kind": "ClusterRole", "name": "y"},
                subjects=[{"kind": "ServiceAccount", "name": "x", "namespace": "far"}],
            ),
        ),
    ],
)
def test_what_is_needed_comes_before_what_needs_it(needed: Json, needs: Json) -> None:
    for items in ([needed, needs], [needs, needed]):
        assert waves(items) == [[needed], [needs]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (make("ConfigMap", namespace="elsewhere"), running(volumes=[{**VOLUME, "configMap": REF}])),
        (make("ConfigMap", "y"), running(volumes=[{**VOLUME, "configMap": REF}])),
        (make("ClusterRole", version=RBAC, namespace=None), make("RoleBinding", version=RBAC, roleRef={"kind": "Role", "name": "x"})),
        (CRD, make("Thing", version="other.com/v1")),
        (make("Service"), running()),
        (CONFIG, make("Odd", version="example.com/v1", spec="text")),
        (CONFIG, make("Odd", "y", "example.com/v1", spec={"template": "text"})),
    ],
)
def test_what_needs_nothing_of_each_other_goes_together(one: Json, other: Json) -> None:
    assert waves([one, other]) == [[one, other]]


def test_pods_wait_for_the_rights_of_their_account() -> None:
    binding = make(
        "RoleBinding",
        "b",
        RBAC,
        roleRef={"kind": "Role", "name": "x"},
        subjects=[{"kind": "ServiceAccount", "name": "x"}, {"kind": "User", "name": "u"}],
    )
    role = make("Role", version=RBAC)
    items = [running(serviceAccountName="x"), binding, role, ACCOUNT, NAMESPACE]
    assert [[item["kind"] for item in wave] for wave in waves(items)] == [
        ["Namespace"],
        ["Role", "ServiceAccount"],
        ["RoleBinding"],
        ["Deployment"],
    ]


def test_the_order_does_not_depend_on_how_they_are_listed() -> None:
    items = [
        NAMESPACE,
        CRD,
        ACCOUNT,
        CONFIG,
        CLAIM,
        make("Thing", version="example.com/v1"),
        running(volumes=[{**VOLUME, "configMap": REF}]),
    ]
    expected = ranks(items)
    for seed in range(20):
        shuffled = items[:]
        random.Random(seed).shuffle(shuffled)
        assert ranks(shuffled) == expected


def test_a_circle_ends_and_comes_together_at_the_end() -> None:
    role = make("ClusterRole", "r", RBAC, None)
    definition = {
        **CRD,
        "spec": {"group": "rbac.authorization.k8s.io", "names": {"kind": "ClusterRole"}},
        "roleRef": {"kind": "ClusterRole", "name": "r"},
    }
    assert waves([role, definition, NAMESPACE, CONFIG]) == [[NAMESPACE], [CONFIG], [role, definition]]


def test_nothing_comes_in_no_waves() -> None:
    assert waves([]) == []
