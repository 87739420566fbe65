# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``remove.yml`` takes away what was deployed, and nothing else."""

from __future__ import annotations

import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, deployment, made, mixture, pod
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

# Written all the time by others.
RESTLESS = {"Event", "Lease"}


def state(cluster):
    """Every object of the cluster: who it is and what it is to be."""
    objects = {}
    for key, item in cluster.everything().items():
        if key[0] in RESTLESS:
            continue
        metadata = {name: value for name, value in item["metadata"].items() if name not in ("managedFields", "resourceVersion")}
        # The volumes of a local cluster stay bound to the claim that they once had: nobody recycles them.
        if key[0] == "PersistentVolume":
            item = {**item, "spec": {**item["spec"], "claimRef": None}}
            metadata.pop("annotations", None)
        objects[key] = {**item, "metadata": metadata, "status": None}
    return objects


def settled(cluster):
    """``state`` once it stays the same."""
    seen = []

    def still():
        seen.append(state(cluster))
        return len(seen) > 1 and seen[-1] == seen[-2]

    cluster.eventually(still, "the cluster comes to rest")
    return seen[-1]


def test_afterwards_the_cluster_is_as_before(cluster, work):
    each = cluster("kind")
    before = settled(each)
    user = work(each)
    user.bootstrap().well()
    assert len(settled(each)) > len(before)
    run = user.play("remove", kubeflow_remove_data=True).well()
    assert run.changed == 1
    after = settled(each)
    assert after.keys() == before.keys()
    assert after == before
    assert (user.app / "app.yaml").is_file()  # the user's to keep
    with each.untouched():
        assert user.play("remove", kubeflow_remove_data=True).well().changed == 0


def test_data_stays_unless_told_otherwise(cluster, work):
    each = cluster("kind")
    user = work(each, kubeflow_namespace="data")
    user.bootstrap().well()
    files, objects = user.files(), set(each.applied("data"))
    with each.untouched():
        assert user.play("remove", "--check", kubeflow_remove_data=True).well().changed == 1
    assert (user.files(), set(each.applied("data"))) == (files, objects)

    run = user.play("remove").well()
    assert run.changed == 1
    assert set(each.applied("data")) == {("PersistentVolumeClaim", "hub-db"), ("Namespace", "data")}
    assert each.get("pvc", "hub-db", "-n", "data")["status"]["phase"] == "Bound"
    kept = [line for line in run.output.splitlines() if ": kept" in line]
    assert len(kept) == 2
    assert any("PersistentVolumeClaim data/hub-db" in line and "kubeflow_remove_data=true" in line for line in kept)
    assert any("Namespace data" in line and "PersistentVolumeClaim data/hub-db" in line for line in kept)
    with each.untouched():
        assert user.play("remove").well().changed == 0
    # The next deployment finds its data again.
    volume = each.get("pvc", "hub-db", "-n", "data")["spec"]["volumeName"]
    user.bootstrap().well()
    assert each.get("pvc", "hub-db", "-n", "data")["spec"]["volumeName"] == volume


@pytest.mark.soak
def test_users_servers_end_before_what_guards_them(cluster, work):
    """The hub starts pods and claims that nothing owns."""
    each = cluster("kind")
    user = work(each, kubeflow_namespace="servers")
    user.bootstrap().well()
    labels = json.loads(each.get("configmap", "hub-config", "-n", "servers")["data"]["settings.json"])["labels"]
    labels["app.kubernetes.io/managed-by"] = "kubespawner"
    others = {**labels, "app.kubernetes.io/managed-by": "me"}
    claim_of_anna = {**claim("claim-anna", "servers"), "metadata": {"name": "claim-anna", "namespace": "servers", "labels": labels}}
    restricted = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    server = made("v1", "Pod", "jupyter-anna", "servers", spec=pod(securityContext=restricted))
    server["metadata"]["labels"] = labels
    mine = made("v1", "Pod", "mine", "servers", spec=pod(securityContext=restricted))
    mine["metadata"]["labels"] = others
    items = [server, mine, claim_of_anna]
    each.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    with each.untouched():
        foreseen = user.play("remove", "--check").well()
    assert "Pod servers/jupyter-anna" not in next(line for line in foreseen.output.splitlines() if "Namespace servers: kept" in line)
    since = len(each.requests())
    run = user.play("remove").well()
    deleted = [entry for entry in deletions(each, since) if entry[0] in ("pods", "networkpolicies")]
    assert deleted.index(("pods", "jupyter-anna")) < min(number for number, entry in enumerate(deleted) if entry[0] == "networkpolicies")
    left = each.get("pods", "-n", "servers")["items"]
    assert [item["metadata"]["name"] for item in left] == ["mine"]
    assert each.get("pvc", "claim-anna", "-n", "servers")["metadata"]["name"] == "claim-anna"
    assert user.report()["outcome"]["counts"]["kept"] == 2, run.output
    assert "Pod servers/jupyter-anna: removed, a program of this application started it" in run.output
    each.kubectl("delete", "pod", "mine", "-n", "servers", "--now")
    each.kubectl("delete", "pvc", "claim-anna", "-n", "servers")
    user.play("remove", kubeflow_remove_data=True).well()


def test_what_others_made_survives(cluster, work):
    each = cluster("kind")
    user = work(each, kubeflow_namespace="shared")
    user.bootstrap().well()
    labels = {"app.kubernetes.io/part-of": "kubeflow", "app.kubernetes.io/instance": "kubeflow-core"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "standard"}
    theirs = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "mine", "namespace": "shared", "labels": labels},
            "data": {"a": "b"},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "mine", "namespace": "shared", "labels": labels},
            "spec": claim,
        },
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "mine", "labels": labels}, "rules": []},
    ]
    each.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": theirs}))
    keys = [(item["kind"], item["metadata"].get("namespace", ""), "mine") for item in theirs]
    before = {key: state(each)[key] for key in keys}
    run = user.play("remove", kubeflow_remove_data=True).well()
    after = state(each)
    assert {key: after.get(key) for key in keys} == before
    assert set(each.applied("shared")) == {("Namespace", "shared")}
    assert each.get("namespace", "shared")["status"]["phase"] == "Active"
    kept = next(line for line in run.output.splitlines() if "Namespace shared: kept" in line)
    assert "ConfigMap shared/mine" in kept and "PersistentVolumeClaim shared/mine" in kept
    with each.untouched():
        assert user.play("remove", kubeflow_remove_data=True).well().changed == 0


def test_a_namespace_that_was_there_before_is_neither_changed_nor_deleted(cluster, work):
    each = cluster("kind")
    each.kubectl("create", "namespace", "earlier")
    before = each.get("namespace", "earlier")
    user = work(each, kubeflow_namespace="earlier")
    user.bootstrap().well()
    assert each.get("deployment", "hub", "-n", "earlier")["status"]["availableReplicas"] == 1
    assert each.get("namespace", "earlier") == before
    user.play("remove", kubeflow_remove_data=True).well()
    assert each.get("namespace", "earlier") == before
    assert each.applied("earlier") == {}


# --- an application of the test's own objects


@pytest.fixture
def application(cluster, tmp_path):
    """``application("name", *objects)``: deployed into the namespace of that name, and the cluster."""

    def make(space, *items, **arguments):
        each = cluster("kind")
        app = Application(tmp_path / space, space, {"kubeconfig": each.kubeconfig, "wait_timeout": 60, **arguments})
        app.write(*items).deploy().well()
        return each, app

    return make


def uids(cluster):
    """All objects of the cluster, by UID; pods of others come and go."""
    by_name = {}

    def same():
        before = dict(by_name)
        by_name.clear()
        by_name.update(
            {
                key: item["metadata"].get("uid")
                for key, item in cluster.everything().items()
                if key[0] != "Event" and key[1] != "kube-node-lease"
            }
        )
        return before == by_name

    cluster.eventually(same, "the cluster comes to rest")
    return by_name


def deletions(cluster, since):
    """Kind in the plural and name of what was deleted since so many requests, in order."""
    return [
        (each["objectRef"]["resource"], each["objectRef"].get("name"))
        for each in cluster.requests()[since:]
        if each["verb"] == "delete" and "kubeflow.bootstrap" in each.get("userAgent", "") and "dryRun" not in each["requestURI"]
    ]


def beside(space, number=8):
    """A mixture, in a namespace that others make."""
    return [item for item in mixture(space, number=number) if item["kind"] != "Namespace"]


def stateful(space):
    template = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    spec = deployment("store", space, pod())["spec"]
    return made("apps/v1", "StatefulSet", "store", space, spec={**spec, "serviceName": "store", "volumeClaimTemplates": [template]})


def claim(name, space):
    return made("v1", "PersistentVolumeClaim", name, space, spec=stateful(space)["spec"]["volumeClaimTemplates"][0]["spec"])


def hook(space):
    service = {"name": "runner", "namespace": space}
    rule = {"apiGroups": ["none.example.com"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["none"]}
    one = {
        "name": "a.example.com",
        "clientConfig": {"service": service, "caBundle": "Cg=="},
        "rules": [rule],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Ignore",
    }
    return made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", f"{space}-hook", webhooks=[one])


def test_foreign_objects_beside_ours_keep_their_uids(cluster, application):
    space, each = "beside", cluster("kind")
    each.kubectl("create", "namespace", space)
    other = {"labels": {"applyset.kubernetes.io/part-of": "applyset-another-v1"}}
    theirs = [
        made("v1", "ConfigMap", "theirs", space),
        made("v1", "Secret", "theirs", space),
        made("v1", "ServiceAccount", "theirs", space),
        deployment("theirs", space, pod()),
        claim("theirs", space),
        claim("data-store-x", space),
        made("rbac.authorization.k8s.io/v1", "Role", "theirs", space, rules=[]),
    ]
    for item in theirs[:4]:
        item["metadata"] |= other
    each.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": theirs}))
    each.eventually(lambda: each.get("deployment", "theirs", "-n", space)["status"].get("availableReplicas"), "their pod runs")
    before = uids(each)
    _each, app = application(space, *beside(space), stateful(space), claim("ours", space), hook(space))
    assert len(uids(each)) > len(before) + 30
    requests = len(each.requests())
    done = app.deploy(state="absent", remove_data=True).well()
    assert done.result["changed"]
    assert done.actions["PersistentVolumeClaim beside/data-store-0"] == "removed"
    assert uids(each) == before
    order = deletions(each, requests)
    ranks = {"flows": 0, "validatingwebhookconfigurations": 1, "deployments": 2, "serviceaccounts": 3, "customresourcedefinitions": 4}
    seen = [ranks[resource] for resource, _name in order if resource in ranks]
    assert seen == sorted(seen) and set(seen) == set(ranks.values())
    with each.untouched():
        again = app.deploy(state="absent", remove_data=True).well()
    assert (again.result["changed"], again.outcome["objects"]) == (False, [])


def test_check_mode_foresees_what_happens(application):
    space = "foreseen-removal"
    each, app = application(space, made("v1", "Namespace", space), *beside(space), stateful(space), claim("ours", space), hook(space))
    for data in (False, True):
        with each.untouched():
            would = app.deploy(state="absent", remove_data=data, check=True, diff=True).well()
        did = app.deploy(state="absent", remove_data=data, diff=True).well()
        assert {item["object"]: (item["action"], item["why"]) for item in would.outcome["objects"]} == {
            item["object"]: (item["action"], item["why"]) for item in did.outcome["objects"]
        }
        removed = {name for name, action in did.actions.items() if action == "removed"}
        for run in (would, did):
            assert {entry["before_header"] for entry in run.result["diff"]} == removed
            assert all(entry["before"] and not entry["after"] for entry in run.result["diff"])
        assert "bm9uZQ" not in str(would.result["diff"])
    assert f"Namespace {space}" in removed and f"PersistentVolumeClaim {space}/data-store-0" in removed
    each.eventually(lambda: not each.try_kubectl("get", "namespace", space).stdout, "the namespace is gone")


def test_a_definition_that_others_use_stays_with_what_it_needs(application):
    space, group = "users", "users.example.com"
    config = {"service": {"name": "runner", "namespace": space, "path": "/convert"}}
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": config, "conversionReviewVersions": ["v1"]}}
    items = [item for item in beside(space, number=1) if item["kind"] not in ("Flow", "CustomResourceDefinition")]
    defined = definition(group, "flows", "Flow", conversion=conversion)
    each, app = application(space, made("v1", "Namespace", space), *items, defined)
    theirs = made(f"{group}/v1", "Flow", "mine", "default", spec={"a": 1})
    theirs["metadata"]["finalizers"] = [f"{group}/cleanup"]
    each.kubectl("create", "-f", "-", stdin=json.dumps(theirs))
    uid = each.get("flows.users.example.com", "mine")["metadata"]["uid"]
    done = app.deploy(state="absent").well()
    why = {item["object"]: item["why"] for item in done.outcome["objects"] if item["action"] == "kept"}
    name = f"CustomResourceDefinition.apiextensions.k8s.io flows.{group}"
    assert f"Flow.{group} default/mine" in why[name] and "kubeflow_remove_data" in why[name] and f"{group}/cleanup" in why[name]
    assert {"Service users/runner", "Deployment.apps users/runner", "ServiceAccount users/runner"} < set(why)
    assert why["Service users/runner"] == f"{name} needs it, and stays"
    assert "Service users/runner" in why["Namespace users"] or "ServiceAccount users/runner" in why["Namespace users"]
    assert "Secret users/login-0" not in why
    assert each.get("flows.users.example.com", "mine")["metadata"]["uid"] == uid
    with each.untouched():
        assert not app.deploy(state="absent").well().result["changed"]
    each.kubectl("patch", "flows.users.example.com", "mine", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    last = app.deploy(state="absent", remove_data=True).well()
    assert last.actions[f"Flow.{group} default/mine"] == "removed"
    assert not [key for key in uids(each) if "users" in (key[1], key[2]) or "users.example.com" in key[2]]


def test_a_finalizer_is_awaited_and_explained(application):
    space, group = "held", "held.example.com"
    held = made(f"{group}/v1", "Flow", "nightly", space, spec={})
    held["metadata"]["finalizers"] = [f"{group}/cleanup"]
    rules = [{"apiGroups": [group], "resources": ["flows", "flows/finalizers"], "verbs": ["get", "update"]}]
    items = [item for item in beside(space, number=1) if item["kind"] not in ("Flow", "Role")]
    role = made("rbac.authorization.k8s.io/v1", "Role", "runner", space, rules=rules)
    each, app = application(space, made("v1", "Namespace", space), *items, role, held)
    stuck = app.deploy(state="absent", wait_timeout=5)
    assert f"Flow.{group} {space}/nightly has the finalizer {group}/cleanup, set by kubeflow.bootstrap" in stuck.message
    assert f"Deployment {space}/runner must remove it, and runs" in stuck.message
    assert not stuck.silent, stuck.lines
    assert stuck.actions[f"Flow.{group} {space}/nightly"] == "failed"
    assert stuck.actions[f"Deployment.apps {space}/runner"] == "not reached"
    assert each.get("deployment", "runner", "-n", space)["status"]["availableReplicas"] == 1
    each.kubectl("delete", "deployment", "runner", "-n", space)
    message = app.deploy(state="absent", wait_timeout=3).message
    assert f"nothing runs here any more that may change flows.{group}" in message
    assert f"kubectl patch flows.{group} nightly -n {space}" in message
    each.kubectl("patch", f"flows.{group}", "nightly", "-n", space, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert app.deploy(state="absent").well().actions[f"Namespace {space}"] == "removed"


@pytest.mark.soak
def test_a_namespace_that_does_not_end_says_what_is_in_it(application):
    space = "lasting"
    each, app = application(space, made("v1", "Namespace", space), made("v1", "ConfigMap", "ours", space))
    late = made("v1", "ConfigMap", "late", space)
    late["metadata"]["finalizers"] = ["example.com/late"]
    each.kubectl("create", "-f", "-", stdin=json.dumps(late))
    assert "ConfigMap lasting/late" in next(
        item["why"] for item in app.deploy(state="absent").well().outcome["objects"] if item["object"] == "Namespace lasting"
    )
    each.kubectl("delete", "configmap", "late", "-n", space, "--wait=false")
    each.kubectl("delete", "namespace", space, "--wait=false")
    try:
        stuck = app.deploy(state="absent", wait_timeout=15).message
        assert "NamespaceFinalizersRemaining" in stuck and "example.com/late in 1 resource instances" in stuck
        assert "ConfigMap lasting/late has the finalizer example.com/late" in stuck
    finally:
        each.kubectl("patch", "configmap", "late", "-n", space, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')


@pytest.mark.soak
def test_a_removal_that_was_killed_is_gone_on_with(application):
    space = "killed"
    each, app = application(space, made("v1", "Namespace", space), *beside(space, number=20), hook(space))
    requests = len(each.requests())
    process = app.start(state="absent", remove_data=True)
    each.eventually(lambda: len(deletions(each, requests)) > 5, "it deletes")
    process.kill()
    process.communicate()
    done = app.deploy(state="absent", remove_data=True).well()
    assert done.actions[f"Namespace {space}"] == "removed"
    assert not [key for key in uids(each) if space in (key[1], key[2]) or f"{space}." in key[2] or f"{space}-hook" == key[2]]


def test_what_the_user_may_not_delete_is_said_and_the_rest_is_done(application):
    space = "limited"
    each, app = application(space, made("v1", "Namespace", space), *beside(space, number=2))
    reading = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "create", "update", "patch"]}
    deleting = [
        {"apiGroups": [group], "resources": ["*"], "verbs": ["delete"]}
        for group in ("apps", "apiextensions.k8s.io", "limited.example.com", "rbac.authorization.k8s.io", "coordination.k8s.io")
    ]
    deleting.append({"apiGroups": [""], "resources": ["services", "serviceaccounts", "namespaces", "configmaps"], "verbs": ["delete"]})
    role = made("rbac.authorization.k8s.io/v1", "ClusterRole", "limited-user", rules=[reading, *deleting])
    subject = {"kind": "User", "name": "limited-user", "apiGroup": "rbac.authorization.k8s.io"}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "limited-user"}
    binding = made("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "limited-user", roleRef=ref, subjects=[subject])
    each.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [role, binding]}))
    theirs = each.kubeconfig_for("limited-user")
    with each.untouched():
        foreseen = app.deploy(state="absent", kubeconfig=theirs, check=True)
    did = app.deploy(state="absent", kubeconfig=theirs)
    assert foreseen.actions == did.actions
    assert 'secrets "login-0" is forbidden' in did.message and "2 objects were not deleted" in did.message
    failed = {name for name, action in did.actions.items() if action == "failed"}
    assert failed == {"Secret limited/login-0", "Secret limited/login-1"}
    assert {action for name, action in did.actions.items() if name not in failed} == {"removed", "kept"}
    assert {name for name, action in did.actions.items() if action == "kept"} == {"Namespace limited"}
    assert {item["object"] for item in app.deploy(state="absent").well().outcome["objects"]} == {*failed, "Namespace limited"}


def test_what_is_left_after_its_namespace_was_deleted_by_hand_is_found(application):
    space = "orphaned"
    each, app = application(space, made("v1", "Namespace", space), *beside(space, number=1), hook(space))
    each.kubectl("delete", "namespace", space, f"--timeout={patience(3):g}s")
    done = app.deploy(state="absent").well()
    assert {name.partition(" ")[0] for name in done.actions} == {
        "CustomResourceDefinition.apiextensions.k8s.io",
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
    }
    with each.untouched():
        assert app.deploy(state="absent").well().outcome["objects"] == []
