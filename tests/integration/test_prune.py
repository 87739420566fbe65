# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What left the application leaves the cluster: only what we applied, and nothing that holds data unless it is named."""

from __future__ import annotations

import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, deployment, made, pod

CRD = "CustomResourceDefinition.apiextensions.k8s.io"


@pytest.fixture
def application(cluster, tmp_path):
    """``application("name")``: of that namespace, and the cluster."""

    def make(space):
        each = cluster("kind")
        return each, Application(tmp_path / space, space, {"kubeconfig": each.kubeconfig, "wait_timeout": 60})

    return make


def claim(space):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "of-prunes"}
    return made("v1", "PersistentVolumeClaim", "disk", space, spec=spec)


def kept(run):
    return {item["object"]: item["why"] for item in run.outcome["objects"] if item["action"] == "kept"}


def test_what_left_goes_in_reverse_order_and_what_holds_data_stays_until_it_is_named(application):
    space = "prunes"
    each, app = application(space)
    group, used = "prunes.example.com", "used.example.com"
    first = [made("v1", "Namespace", space), made("v1", "ConfigMap", "stays", space)]
    old = [
        made("v1", "Namespace", "prunes-more"),
        made("v1", "ServiceAccount", "runner", space),
        made("v1", "ConfigMap", "settings", space),
        deployment("runner", space, pod("runner", "settings")),
        definition(group, "flows", "Flow"),
        made(f"{group}/v1", "Flow", "nightly", space, spec={}),
        definition(used, "jobs", "Job"),
        claim(space),
        made("storage.k8s.io/v1", "StorageClass", "of-prunes", provisioner="example.com/none", volumeBindingMode="WaitForFirstConsumer"),
    ]
    app.write(*first, *old).deploy().well()
    each.kubectl("create", "-f", "-", stdin=json.dumps(made(f"{used}/v1", "Job", "theirs", "default")))
    # Of the same name and kind as ours once were, but of others now.
    each.kubectl("label", "configmap", "settings", "-n", space, "applyset.kubernetes.io/part-of-", "--overwrite")

    app.write(*first)
    with each.untouched():
        would = app.deploy(check=True, diff=True).well()
    requests = len(each.requests())
    did = app.deploy(diff=True).well()
    assert would.actions == did.actions
    assert [entry for entry in would.result["diff"] if not entry["after"]] != []
    assert {entry["before_header"] for entry in would.result["diff"]} == {entry["before_header"] for entry in did.result["diff"]}
    assert {name for name, action in did.actions.items() if action == "pruned"} == {
        f"ServiceAccount {space}/runner",
        f"Deployment.apps {space}/runner",
        f"Flow.{group} {space}/nightly",
        f"{CRD} flows.{group}",
    }
    why = kept(did)
    names = [f"PersistentVolumeClaim {space}/disk", f"{CRD} jobs.{used}", "Namespace prunes-more"]
    assert set(why) == {*names, "StorageClass.storage.k8s.io of-prunes"}
    assert all(f"kubeflow_prune: ['{name}']" in why[name] for name in names)
    assert f"Job.{used} default/theirs" in why[names[1]]
    assert why["StorageClass.storage.k8s.io of-prunes"] == f"{names[0]} needs it, and stays"
    deleted = [
        each_["objectRef"]["resource"]
        for each_ in each.requests()[requests:]
        if each_["verb"] == "delete" and "kubeflow.bootstrap" in each_.get("userAgent", "") and "dryRun" not in each_["requestURI"]
    ]
    order = [each_ for each_ in deleted if each_ in ("flows", "deployments", "serviceaccounts", "customresourcedefinitions")]
    assert order == ["flows", "deployments", "serviceaccounts", "customresourcedefinitions"]
    assert each.get("configmap", "settings", "-n", space)

    again = app.deploy().well()
    assert not again.result["changed"]
    assert kept(again) == why
    named = app.deploy(prune=names).well()
    assert {name for name, action in named.actions.items() if action == "pruned"} == {
        *names,
        "StorageClass.storage.k8s.io of-prunes",
        f"Job.{used} default/theirs",
    }
    with each.untouched():
        assert kept(app.deploy(prune=names).well()) == {}


def test_what_may_not_be_pruned_is_said_and_pruned_by_the_next_run(application):
    space = "prune-limits"
    each, app = application(space)
    first = [made("v1", "Namespace", space), made("v1", "ConfigMap", "stays", space)]
    guard = made("v1", "ConfigMap", "guarded", space)
    app.write(*first, guard, made("v1", "Secret", "gone", space)).deploy().well()
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["configmaps"]}]
        },
        "validations": [{"expression": "oldObject.metadata.name != 'guarded'", "message": "it is guarded"}],
    }
    api = "admissionregistration.k8s.io/v1"
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}}}
    binding = {"policyName": space, "validationActions": ["Deny"], "matchResources": selector}
    each.kubectl("create", "-f", "-", stdin=json.dumps(made(api, "ValidatingAdmissionPolicy", space, spec=policy)))
    each.kubectl("create", "-f", "-", stdin=json.dumps(made(api, "ValidatingAdmissionPolicyBinding", space, spec=binding)))
    try:
        each.eventually(
            lambda: each.try_kubectl("delete", "configmap", "guarded", "-n", space, "--dry-run=server").returncode, "the policy is in force"
        )
        did = app.write(*first).deploy()
        assert "ConfigMap prune-limits/guarded" in did.message and "it is guarded" in did.message
    finally:
        each.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", space)
    each.eventually(
        lambda: not each.try_kubectl("delete", "configmap", "guarded", "-n", space, "--dry-run=server").returncode, "the policy is gone"
    )
    assert app.deploy().well().actions["ConfigMap prune-limits/guarded"] == "pruned"
    assert not each.try_kubectl("get", "secret", "gone", "-n", space).stdout
