# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the accounts of the package core may do, asked of the API server: nobody who takes one over owns the cluster."""

from __future__ import annotations

import copy
import itertools
import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import validation

SPACE = "rights"
TRAINING = f"{SPACE}-training"
ACCOUNTS = {
    "hub": f"system:serviceaccount:{SPACE}:hub",
    "gateway": f"system:serviceaccount:{SPACE}:gateway",
    "default": f"system:serviceaccount:{SPACE}:default",
    "operator": f"system:serviceaccount:{TRAINING}:training-operator",
    "editor": "an-editor",
}
# What is asked: verb, group, resource with its subresource, namespace; and which accounts may. None: of the cluster.
MATRIX: dict[tuple[str, str, str, str | None], set[str]] = {
    ("create", "", "pods", SPACE): {"hub", "operator", "editor"},
    ("create", "", "pods", "kube-system"): set(),
    ("create", "", "pods", TRAINING): set(),
    ("create", "", "pods/exec", SPACE): {"operator", "editor"},
    ("create", "", "pods/exec", TRAINING): set(),
    ("get", "", "secrets", SPACE): {"editor"},
    ("list", "", "secrets", SPACE): {"editor"},
    ("list", "", "secrets", TRAINING): {"operator"},
    ("list", "", "secrets", "kube-system"): set(),
    ("create", "", "serviceaccounts/token", SPACE): {"editor"},
    ("create", "", "serviceaccounts/token", TRAINING): set(),
    ("create", "rbac.authorization.k8s.io", "rolebindings", SPACE): {"operator"},
    ("create", "rbac.authorization.k8s.io", "rolebindings", TRAINING): set(),
    ("create", "rbac.authorization.k8s.io", "rolebindings", "kube-system"): set(),
    ("create", "rbac.authorization.k8s.io", "clusterrolebindings", None): set(),
    ("escalate", "rbac.authorization.k8s.io", "roles", SPACE): set(),
    ("update", "apps", "deployments", SPACE): {"editor"},
    ("update", "apps", "deployments", TRAINING): set(),
    ("delete", "admissionregistration.k8s.io", "validatingadmissionpolicies", None): set(),
    ("list", "", "nodes", None): set(),
    ("create", "", "persistentvolumeclaims", SPACE): {"hub", "editor"},
    ("update", "kubeflow.org", "pytorchjobs/status", SPACE): {"operator"},
    ("list", "kubeflow.org", "pytorchjobs", "kube-system"): set(),
}


@pytest.fixture(scope="module")
def with_core(cluster):
    """A cluster with the objects of kubeflow-core, and a user who may edit its namespace."""
    each = cluster()
    case = validation.Case("core", "kubeflow-core", "", {"namespace": SPACE, "jupyterNotebookPVCMount": "/home/jovyan/work"})
    items = render.objects(validation.files(case))["one"]
    rank = {"Namespace": 0, "CustomResourceDefinition": 1}
    items.sort(key=lambda item: rank.get(item["kind"], 2))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    run = each.try_kubectl("apply", "--server-side", "-f", "-", stdin=text)
    assert run.returncode == 0, run.stderr
    each.kubectl("create", "rolebinding", "editor", "-n", SPACE, "--clusterrole=edit", f"--user={ACCOUNTS['editor']}")
    yield each
    each.kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=text)


def test_who_may_do_what(with_core):
    questions = list(itertools.product(MATRIX, ACCOUNTS))
    reviews = []
    for (verb, group, resource, namespace), account in questions:
        name, _slash, subresource = resource.partition("/")
        attributes = {"verb": verb, "group": group, "resource": name, "subresource": subresource, "namespace": namespace or ""}
        user = ACCOUNTS[account]
        spec = {"user": user, "groups": ["system:authenticated"], "resourceAttributes": attributes}
        reviews.append({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": reviews})
    answers = with_core.kubectl("create", "-f", "-", "-o", 'jsonpath={.status.allowed}{"\\n"}', stdin=text).splitlines()
    allowed: dict[tuple[str, str, str, str | None], set[str]] = {question: set() for question in MATRIX}
    for (question, account), answer in zip(questions, answers, strict=True):
        if answer == "true":
            allowed[question].add(account)
    assert allowed == MATRIX


def server_pod(**changes: t.Any) -> dict[str, t.Any]:
    """A notebook server as KubeSpawner makes it, with changes of its spec; ``container``: of its container."""
    container = {
        "name": "notebook",
        "image": "example.com/notebook:1",
        "env": [
            {"name": "JUPYTERHUB_API_TOKEN", "value": "x"},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **changes.pop("container", {}),
    }
    spec = {
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "claim-me"}}, {"name": "tmp", "emptyDir": {}}],
        **changes,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "jupyter-me", "namespace": SPACE}, "spec": spec}


REFUSED = {
    "another account": {"serviceAccountName": "hub"},
    "a token": {"automountServiceAccountToken": True},
    "a token by default": {"automountServiceAccountToken": None},
    "a Secret as a volume": {"volumes": [{"name": "s", "secret": {"secretName": "kubeflow-tls"}}]},
    "a ConfigMap as a volume": {"volumes": [{"name": "s", "configMap": {"name": "hub-config"}}]},
    "a token as a volume": {"volumes": [{"name": "s", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
    "a Secret as variables": {"container": {"envFrom": [{"secretRef": {"name": "kubeflow-tls"}}]}},
    "a Secret as a variable": {
        "container": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "kubeflow-tls", "key": "tls.key"}}}]}
    },
    "a Secret as a variable before the start": {
        "initContainers": [
            {
                **server_pod()["spec"]["containers"][0],
                "name": "before",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "kubeflow-tls", "key": "tls.key"}}}],
            }
        ]
    },
}


def create(with_core, pod, user):
    return with_core.try_kubectl("create", "--dry-run=server", "-f", "-", f"--as={user}", stdin=json.dumps(pod))


def test_the_hub_starts_servers_and_nothing_else(with_core):
    hub = ACCOUNTS["hub"]
    # The API server takes a new policy into account after a moment.
    with_core.eventually(lambda: create(with_core, server_pod(serviceAccountName="hub"), hub).returncode != 0, "the policy counts")
    run = create(with_core, server_pod(), hub)
    assert run.returncode == 0, run.stderr
    for what, changes in REFUSED.items():
        run = create(with_core, server_pod(**copy.deepcopy(changes)), hub)
        assert run.returncode != 0 and "The hub may start pods only with" in run.stderr, (what, run.stderr)
    # Others who may create pods there are not held to it.
    run = create(with_core, server_pod(**copy.deepcopy(REFUSED["a Secret as a volume"])), ACCOUNTS["editor"])
    assert run.returncode == 0, run.stderr
