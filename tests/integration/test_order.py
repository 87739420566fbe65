# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that need each other come into the cluster in one run, in the order that they need."""

from __future__ import annotations

import pytest

GROUP = "flows.example.com"


def definition(plural, kind):
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"steps": {"type": "integer"}}}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def made(api_version, kind, name, space=None, **content):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **({"namespace": space} if space else {})}, **content}


def everything(space, plural, kind):
    """A pod with all that one can need, and custom resources; each before what it needs."""
    other = f"{space}-more"
    pod = {
        "serviceAccountName": "runner",
        "priorityClassName": f"{space}-high",
        "containers": [
            {
                "name": "main",
                "image": "example.com/none",
                "envFrom": [{"configMapRef": {"name": "settings"}}],
                "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "all", "mountPath": "/all"}],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "all", "projected": {"sources": [{"configMap": {"name": "projected"}}, {"secret": {"name": "login"}}]}},
        ],
    }
    labels = {"app": "runner"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    subject = {"kind": "ServiceAccount", "name": "runner", "namespace": other}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "runner"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return [
        made(f"{GROUP}/v1", kind, "nightly", other, spec={"steps": 3}),
        made(f"{GROUP}/v1", kind, "daily", spec={"steps": 1}),
        made("apps/v1", "Deployment", "runner", other, spec={"selector": {"matchLabels": labels}, "template": template}),
        made("rbac.authorization.k8s.io/v1", "RoleBinding", "runner", other, roleRef=role, subjects=[subject]),
        made("rbac.authorization.k8s.io/v1", "Role", "runner", other, rules=[]),
        made("v1", "PersistentVolumeClaim", "data", other, spec=claim),
        made("v1", "Secret", "login", other, stringData={"password": "none"}),
        made("v1", "ConfigMap", "projected", other, data={"a": "b"}),
        made("v1", "ConfigMap", "settings", other, data={"A": "B"}),
        made("v1", "ServiceAccount", "runner", other),
        made("scheduling.k8s.io/v1", "PriorityClass", f"{space}-high", value=1000),
        made("v1", "Namespace", other),
        definition(plural, kind),
    ]


@pytest.fixture
def deployed(cluster, work):
    """The application with that component, deployed by one run; with the requests of that run."""
    each = cluster()
    user = work(each, kubeflow_namespace="ordered")
    user.play("bootstrap").well()
    user.add_component("extra", *everything("ordered", "flows", "Flow"))
    before = len(each.requests())
    user.play("deploy").well()
    return each, user, each.requests()[before:]


def test_all_is_there_after_one_run_and_nothing_was_written_too_early(deployed):
    each, user, requests = deployed
    assert each.get(f"flows.{GROUP}", "nightly", "-n", "ordered-more")["spec"] == {"steps": 3}
    assert each.get(f"flows.{GROUP}", "daily", "-n", "ordered")["spec"] == {"steps": 1}
    assert each.get("deployment", "runner", "-n", "ordered-more")["status"]["availableReplicas"] == 1
    assert each.get("deployment", "hub", "-n", "ordered")["status"]["availableReplicas"] == 1

    writes = [each for each in requests if each["verb"] in ("create", "update", "patch", "delete")]
    assert len(writes) > 30
    refused = [f"{each['responseStatus']['code']} {each['requestURI']}" for each in writes if each["responseStatus"]["code"] >= 400]
    assert refused == []
    # The pods were made once, when all that they need already existed.
    first = {each["requestURI"].partition("?")[0]: index for index, each in reversed(list(enumerate(requests))) if each["verb"] == "patch"}
    runner = first["/apis/apps/v1/namespaces/ordered-more/deployments/runner"]
    needed = [
        "/api/v1/namespaces/ordered-more",
        "/api/v1/namespaces/ordered-more/serviceaccounts/runner",
        "/api/v1/namespaces/ordered-more/configmaps/settings",
        "/api/v1/namespaces/ordered-more/configmaps/projected",
        "/api/v1/namespaces/ordered-more/secrets/login",
        "/api/v1/namespaces/ordered-more/persistentvolumeclaims/data",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/ordered-more/rolebindings/runner",
        "/apis/scheduling.k8s.io/v1/priorityclasses/ordered-high",
    ]
    assert [path for path in needed if first[path] > runner] == []

    with each.untouched():
        assert user.play("deploy").well().changed == 0

    # And out again: also what is in another namespace, in none, or of a kind of its own. Kubernetes' garbage collector looks for new kinds
    # every 30 seconds only, and until then does not let go of their objects where these are to go after what they own.
    each.kubectl("delete", f"flows.{GROUP}", "--all", "--all-namespaces")
    user.play("remove", kubeflow_remove_data=True).well()
    assert each.applied("ordered") == each.applied("ordered-more") == {}
    for target in (["crd", f"flows.{GROUP}"], ["priorityclass", "ordered-high"], ["namespace", "ordered-more"]):
        assert "NotFound" in each.try_kubectl("get", *target).stderr
