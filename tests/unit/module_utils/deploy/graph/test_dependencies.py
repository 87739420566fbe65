# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an object names comes before it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.object_index import Related
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import needs, order
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key, key_of
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.deploy._objects import (
    ADMISSION,
    RBAC,
    REF,
    VOLUME,
    container,
    defined,
    gates,
    make,
    running,
)

Json = dict[str, t.Any]
NAMESPACE = make("Namespace", "ns", namespace=None)
THINGS = defined()
ACCOUNT, CONFIG, SECRET = make("ServiceAccount"), make("ConfigMap"), make("Secret")
CLAIM = make("PersistentVolumeClaim", spec={})
MOUNTS_SECRET = running(volumes=[{**VOLUME, "secret": {"secretName": "x"}}])
STORAGE = make("StorageClass", version="storage.k8s.io/v1", namespace=None)
DEFAULT_STORAGE = {**STORAGE, "metadata": {"name": "y", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}
CERTIFICATE = make("Certificate", "c", "cert-manager.io/v1", spec={"secretName": "x", "issuerRef": {"name": "i"}})
AUTHORITY = make("Certificate", "ca", "cert-manager.io/v1", spec={"secretName": "ca"})
POLICY = make("ValidatingAdmissionPolicy", "p", ADMISSION, None, spec={"paramKind": {"apiVersion": "example.com/v1", "kind": "Thing"}})
BINDS_POLICY = make(
    "ValidatingAdmissionPolicyBinding", "b", ADMISSION, None, spec={"policyName": "p", "paramRef": {"name": "x", "namespace": "ns"}}
)


def binding(role: str = "Role", kind: str = "RoleBinding", namespace: str | None = "ns", *subjects: Json, name: str = "x") -> Json:
    return make(kind, "b", RBAC, namespace, roleRef={"kind": role, "name": name}, subjects=list(subjects))


def group(name: str) -> Json:
    return binding("ClusterRole", "ClusterRoleBinding", None, {"kind": "Group", "name": name})


PAIRS = {
    "namespace": (NAMESPACE, CONFIG),
    "definition": (THINGS, make("Thing", version="example.com/v1")),
    "definition, another version": (THINGS, make("Thing", version="example.com/v2", namespace=None)),
    "account of a Deployment": (ACCOUNT, running(serviceAccountName="x")),
    "account by its old name": (ACCOUNT, running(serviceAccount="x")),
    "account of a StatefulSet": (ACCOUNT, running("StatefulSet", serviceAccountName="x")),
    "account of a DaemonSet": (ACCOUNT, running("DaemonSet", serviceAccountName="x")),
    "account of a Job": (ACCOUNT, running("Job", "batch/v1", serviceAccountName="x")),
    "account of a CronJob": (ACCOUNT, running("CronJob", "batch/v1", serviceAccountName="x")),
    "account of a Pod": (ACCOUNT, running("Pod", serviceAccountName="x")),
    "account of a Notebook": (ACCOUNT, running("Notebook", "kubeflow.org/v1", serviceAccountName="x")),
    "default account": (make("ServiceAccount", "default"), running()),
    "account of a token": (ACCOUNT, make("Secret", "t", annotations={"kubernetes.io/service-account.name": "x"})),
    "image pull secret of an account": (SECRET, make("ServiceAccount", "a", imagePullSecrets=[REF])),
    "config map mounted": (CONFIG, running(volumes=[{**VOLUME, "configMap": REF}])),
    "config map projected": (CONFIG, running(volumes=[{**VOLUME, "projected": {"sources": [{"configMap": REF}]}}])),
    "config map as environment": (CONFIG, running(**container(envFrom=[{"configMapRef": REF}]))),
    "config map's key": (CONFIG, running(**container(env=[{"name": "A"}, {"valueFrom": {"configMapKeyRef": {**REF, "key": "k"}}}]))),
    "config map of an init container": (CONFIG, running(initContainers=[{"name": "i", "envFrom": [{"configMapRef": REF}]}])),
    "secret mounted": (SECRET, MOUNTS_SECRET),
    "secret projected": (SECRET, running(volumes=[{**VOLUME, "projected": {"sources": [{"secret": REF}]}}])),
    "secret as environment": (SECRET, running(**container(envFrom=[{"secretRef": REF}]))),
    "secret's key": (SECRET, running(**container(env=[{"name": "B", "valueFrom": {"secretKeyRef": {**REF, "key": "k"}}}]))),
    "image pull secret": (SECRET, running(imagePullSecrets=[REF])),
    "claim": (CLAIM, running(volumes=[{**VOLUME, "persistentVolumeClaim": {"claimName": "x"}}])),
    "storage class": (STORAGE, make("PersistentVolumeClaim", spec={"storageClassName": "x"})),
    "default storage class": (DEFAULT_STORAGE, CLAIM),
    "storage class of a StatefulSet": (
        STORAGE,
        running("StatefulSet", more={"volumeClaimTemplates": [{"spec": {"storageClassName": "x"}}]}),
    ),
    "storage class of an ephemeral volume": (
        STORAGE,
        running(volumes=[{**VOLUME, "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "x"}}}}]),
    ),
    "volume": (make("PersistentVolume", namespace=None), make("PersistentVolumeClaim", spec={"volumeName": "x", "storageClassName": ""})),
    "priority": (make("PriorityClass", version="scheduling.k8s.io/v1", namespace=None), running(priorityClassName="x")),
    "runtime": (make("RuntimeClass", version="node.k8s.io/v1", namespace=None), running(runtimeClassName="x")),
    "ingress class": (
        make("IngressClass", version="networking.k8s.io/v1", namespace=None),
        make("Ingress", version="networking.k8s.io/v1", spec={"ingressClassName": "x"}),
    ),
    "gateway class": (
        make("GatewayClass", version="gateway.networking.k8s.io/v1", namespace=None),
        make("Gateway", version="gateway.networking.k8s.io/v1", spec={"gatewayClassName": "x"}),
    ),
    "role": (make("Role", version=RBAC), binding()),
    "cluster role": (make("ClusterRole", version=RBAC, namespace=None), binding("ClusterRole")),
    "part of a role": (
        make("ClusterRole", version=RBAC, namespace=None, labels={"part": "yes"}),
        make("ClusterRole", "all", RBAC, None, aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"part": "yes"}}]}),
    ),
    "subject": (
        make("ServiceAccount", namespace="far"),
        binding("ClusterRole", "ClusterRoleBinding", None, {"kind": "ServiceAccount", "name": "x", "namespace": "far"}),
    ),
    "rights of the account": (
        binding("Role", "RoleBinding", "ns", {"kind": "ServiceAccount", "name": "x"}),
        running(serviceAccountName="x"),
    ),
    "rights of the account as a user": (
        binding("Role", "RoleBinding", "far", {"kind": "User", "name": "system:serviceaccount:ns:x"}),
        running(serviceAccountName="x"),
    ),
    "rights of all accounts": (group("system:serviceaccounts"), running()),
    "rights of the namespace's accounts": (group("system:serviceaccounts:ns"), running()),
    "quota": (make("ResourceQuota"), running()),
    "limits": (make("LimitRange"), running("Pod")),
    "network policy": (make("NetworkPolicy", version="networking.k8s.io/v1"), running("Job", "batch/v1")),
    "service that selects": (make("Service", spec={"selector": {"app": "a"}}), running(labels={"app": "a", "more": "b"})),
    "service of a StatefulSet": (make("Service", spec={}), running("StatefulSet", more={"serviceName": "x"})),
    "definition of a policy's parameters": (THINGS, POLICY),
    "policy": (POLICY, BINDS_POLICY),
    "certificate": (CERTIFICATE, MOUNTS_SECRET),
    "issuer": (make("Issuer", "i", "cert-manager.io/v1", spec={"selfSigned": {}}), CERTIFICATE),
    "authority of an issuer": (AUTHORITY, make("Issuer", "j", "cert-manager.io/v1", spec={"ca": {"secretName": "ca"}})),
}


@pytest.mark.parametrize(("needed", "needs"), PAIRS.values(), ids=PAIRS)
def test_what_is_needed_comes_before_what_needs_it(needed: Json, needs: Json) -> None:
    for items in ([needed, needs], [needs, needed]):
        ordered = order(items)
        assert (ordered.waves, ordered.broken) == ([[key_of(needed)], [key_of(needs)]], [])


APART = {
    "another namespace": (make("ConfigMap", namespace="elsewhere"), running(volumes=[{**VOLUME, "configMap": REF}])),
    "another name": (make("ConfigMap", "y"), running(volumes=[{**VOLUME, "configMap": REF}])),
    "another kind of role": (make("ClusterRole", version=RBAC, namespace=None), binding()),
    "another group": (THINGS, make("Thing", version="other.com/v1")),
    "a service that selects others": (make("Service", spec={"selector": {"app": "b"}}), running(labels={"app": "a"})),
    "a service that selects nothing": (make("Service"), running()),
    "accounts of another namespace": (group("system:serviceaccounts:far"), running()),
    "rights of a person": (binding("Role", "RoleBinding", "ns", {"kind": "User", "name": "x"}), running(serviceAccountName="x")),
    "a claim for no class": (DEFAULT_STORAGE, make("PersistentVolumeClaim", spec={"storageClassName": ""})),
    "a spec that is text": (CONFIG, make("Odd", version="example.com/v1", spec="text")),
    "a template that is text": (CONFIG, make("Odd", "y", "example.com/v1", spec={"template": "text"})),
    "containers that are text": (CONFIG, make("Odd", "y", "example.com/v1", spec={"template": {"spec": {"containers": ["text"]}}})),
    "volumes that are a mapping": (CONFIG, running("Odd", "example.com/v1", volumes={"configMap": REF}, imagePullSecrets="x")),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART)
def test_what_needs_nothing_of_each_other_goes_together(one: Json, other: Json) -> None:
    assert order([one, other]).waves == [sorted([key_of(one), key_of(other)])]


def test_the_token_of_an_account_that_lists_it_is_no_circle() -> None:
    token = make("Secret", "t", annotations={"kubernetes.io/service-account.name": "x"})
    assert order([token, {**ACCOUNT, "secrets": [{"name": "t"}]}]).broken == []


def test_policies_parameters_come_before_their_binding() -> None:
    thing = make("Thing", version="example.com/v1")
    assert order([BINDS_POLICY, thing, POLICY]).waves == [[key_of(POLICY), key_of(thing)], [key_of(BINDS_POLICY)]]


@pytest.mark.parametrize(
    ("rule", "waits"),
    [
        ({"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get", "list", "watch"]}, True),
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, True),
        ({"apiGroups": ["example.com"], "resources": ["*"], "verbs": ["watch"]}, True),
        ({"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["create"]}, False),
        ({"apiGroups": ["other.com"], "resources": ["things"], "verbs": ["*"]}, False),
        ({"apiGroups": ["example.com"], "resources": ["others"], "verbs": ["*"]}, False),
    ],
)
def test_controllers_come_after_the_definitions_that_they_watch(rule: Json, waits: bool) -> None:
    role = make("ClusterRole", version=RBAC, namespace=None, rules=[rule])
    bound = binding("ClusterRole", "ClusterRoleBinding", None, {"kind": "ServiceAccount", "name": "x", "namespace": "ns"})
    runs = running(serviceAccountName="x")
    assert (key_of(THINGS) in needs(Related([runs, bound, role, THINGS]), {})[key_of(runs)]) == waits


def test_pods_wait_for_the_rights_of_their_account() -> None:
    bound = binding("Role", "RoleBinding", "ns", {"kind": "ServiceAccount", "name": "x"}, {"kind": "User", "name": "u"})
    items = [running(serviceAccountName="x"), bound, make("Role", version=RBAC), ACCOUNT, NAMESPACE]
    assert [[key.kind for key in wave] for wave in order(items).waves] == [
        ["Namespace"],
        ["ServiceAccount", "Role"],
        ["RoleBinding"],
        ["Deployment"],
    ]


def test_custom_resources_await_their_definition() -> None:
    thing = make("Thing", version="example.com/v1")
    assert gates(order([THINGS, thing]), thing) == [("definition", key_of(THINGS))]


def test_pods_await_the_certificate_whose_secret_they_mount() -> None:
    assert gates(order([CERTIFICATE, MOUNTS_SECRET]), MOUNTS_SECRET) == [("certificate", key_of(CERTIFICATE))]


def test_a_pod_awaits_the_account_that_others_make_in_a_new_namespace() -> None:
    pod, deployment = running("Pod"), running()
    account = Key("", "ServiceAccount", "ns", "default")
    ordered = order([NAMESPACE, pod, deployment])
    assert (gates(ordered, pod), gates(ordered, deployment)) == ([("account", account)], [])
    assert gates(order([pod]), pod) == []
    assert gates(order([NAMESPACE, pod, make("ServiceAccount", "default")]), pod) == []
