# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deployment after a deployment: what others changed, what can't be changed, whose objects are in the way, what left the application."""

from __future__ import annotations

import copy
import json
import re
import signal
import subprocess

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.workers import CONNECTIONS
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

RBAC = "rbac.authorization.k8s.io"


def made(api_version, kind, name, space=None, **content):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **({"namespace": space} if space else {})}, **content}


def config(name, **data):
    return made("v1", "ConfigMap", name, data=data)


def pods(labels):
    return {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example.com/none"}]}}


def deployment(name, **labels):
    labels = labels or {"app": name}
    return made("apps/v1", "Deployment", name, spec={"selector": {"matchLabels": labels}, "template": pods(labels)})


def claim(name, size="1Gi"):
    return made("v1", "PersistentVolumeClaim", name, spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}})


@pytest.fixture
def application(cluster, tmp_path):
    """``application("space", *objects)``: an application with its namespace and these objects."""

    def make(space, *objects, **arguments):
        app = Application(tmp_path / space, space, {"kubeconfig": cluster().kubeconfig, "wait_timeout": 60, **arguments})
        return app.write(made("v1", "Namespace", space), *objects)

    return make


def lines(result):
    """What unified diffs would add and take away."""
    changes = []
    for each in result["diff"]:
        before, after = each["before"].splitlines(), each["after"].splitlines()
        changes += [f"-{line.strip()}" for line in before if line not in after] + [
            f"+{line.strip()}" for line in after if line not in before
        ]
    return changes


def test_what_others_took_away_is_put_right_and_said(cluster, application):
    each = cluster()
    app = application("put-right", config("settings", a="1", b="2"), config("other", a="1"))
    app.deploy().well()
    patch = json.dumps([{"op": "remove", "path": "/data/b"}, {"op": "add", "path": "/data/theirs", "value": "x"}])
    each.kubectl("patch", "configmap/settings", "-n", "put-right", "--type=json", f"--patch={patch}", "--field-manager=colleague")
    with each.untouched():
        look = app.deploy(check=True, diff=True).well()
    assert look.actions["ConfigMap put-right/settings"] == "changed"
    assert lines(look.result) == ["+b: '2'"]
    run = app.deploy().well()
    assert each.get("configmap", "settings", "-n", "put-right")["data"] == {"a": "1", "b": "2", "theirs": "x"}
    assert run.outcome["counts"] == {"unchanged": 2, "changed": 1}
    (changed,) = [item for item in run.outcome["objects"] if item["action"] == "changed"]
    assert "others changed it" in changed["why"]
    with each.untouched():
        assert app.deploy().well().result["changed"] is False


def test_fields_of_others_are_named_with_them_and_taken_back_only_when_told(cluster, application):
    each = cluster()
    app = application("conflicting", config("a", key="1"), config("b", key="1"), config("c", key="1"))
    app.deploy().well()
    for name in "ab":
        each.kubectl("patch", f"configmap/{name}", "-n", "conflicting", "--patch", '{"data":{"key":"2"}}', "--field-manager=colleague")
    app.write(made("v1", "Namespace", "conflicting"), *[config(name, key="3") for name in "abc"])
    with each.untouched():
        refused = app.deploy()
    for word in ("ConfigMap conflicting/a", "ConfigMap conflicting/b", ".data.key (colleague)", "kubeflow_force_conflicts=true"):
        assert word in refused.message, refused.message
    assert refused.actions["ConfigMap conflicting/a"] == "refused"
    assert refused.actions["ConfigMap conflicting/c"] == "not reached"
    assert [(item["object"], item["fields"]) for item in refused.result["refused"]] == [
        ("ConfigMap conflicting/a", [".data.key"]),
        ("ConfigMap conflicting/b", [".data.key"]),
    ]
    app.deploy(force_conflicts=True).well()
    assert {each.get("configmap", name, "-n", "conflicting")["data"]["key"] for name in "abc"} == {"3"}


def unchangeable(space):
    """Objects, and the same with fields that can't be changed: claim, then the rest."""
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": space}
    labels = {"app": "store"}
    store = {"serviceName": "one", "selector": {"matchLabels": labels}, "template": pods(labels)}
    store["volumeClaimTemplates"] = [
        {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    ]
    before = [
        deployment("web"),
        made("apps/v1", "StatefulSet", "store", spec=store),
        made("v1", "ConfigMap", "fixed", data={"a": "1"}, immutable=True),
        made(f"{RBAC}/v1", "RoleBinding", "who", roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}, subjects=[subject]),
        claim("disk"),
    ]
    after = copy.deepcopy(before)
    after[0]["spec"]["selector"]["matchLabels"]["tier"] = after[0]["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    after[1]["spec"]["serviceName"] = "two"
    after[2]["data"]["a"] = "2"
    after[3]["roleRef"]["name"] = "edit"
    after[4]["spec"]["storageClassName"] = "other"
    return before, after


def test_what_can_not_be_changed_is_named_and_replaced_only_when_told_and_where_nothing_is_lost(cluster, application):
    each = cluster()
    space = "unchangeable"
    before, after = unchangeable(space)
    app = application(space, *before)
    app.deploy().well()
    disk = each.get("pvc", "data-store-0", "-n", space)["metadata"]["uid"]
    app.write(made("v1", "Namespace", space), *after)
    for replace in (False, True):
        with each.untouched():
            refused = app.deploy(recreate=replace)
        assert "PersistentVolumeClaim unchangeable/disk: " in refused.message
        for word in ("Deployment.apps unchangeable/web: spec.selector", "spec.serviceName", "roleRef", "kubeflow_recreate=true"):
            assert (word in refused.message) is not replace, refused.message
    app.write(made("v1", "Namespace", space), *after[:4], before[4])
    with each.untouched():
        look = app.deploy(check=True, diff=True, recreate=True).well()
    assert look.outcome["counts"] == {"unchanged": 2, "replaced": 4}
    assert {"-serviceName: one", "+serviceName: two"} <= set(lines(look.result))
    run = app.deploy(recreate=True).well()
    assert run.outcome["counts"] == {"unchanged": 2, "replaced": 4}
    assert each.get("statefulset", "store", "-n", space)["spec"]["serviceName"] == "two"
    assert each.get("rolebinding", "who", "-n", space)["roleRef"]["name"] == "edit"
    assert each.get("configmap", "fixed", "-n", space)["data"] == {"a": "2"}
    assert each.get("pvc", "data-store-0", "-n", space)["metadata"]["uid"] == disk
    with each.untouched():
        assert app.deploy().well().result["changed"] is False


def test_what_others_made_is_not_touched_unless_told(cluster, application):
    each = cluster()
    each.kubectl("create", "namespace", "theirs")
    helm = config("taken", a="theirs")
    helm["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    helm["metadata"]["annotations"] = {"meta.helm.sh/release-name": "flow", "meta.helm.sh/release-namespace": "theirs"}
    each.kubectl("create", "-n", "theirs", "-f", "-", stdin=json.dumps(helm))
    app = application("theirs", config("taken", a="ours"), config("free", a="ours"))
    with each.untouched():
        refused = app.deploy()
    for word in ("ConfigMap theirs/taken", "Helm", "flow", "kubeflow_adopt"):
        assert word in refused.message, refused.message
    with each.untouched():
        look = app.deploy(check=True, diff=True, adopt=True).well()
    assert look.actions["ConfigMap theirs/taken"] == "taken over"
    run = app.deploy(adopt=True).well()
    assert run.actions["ConfigMap theirs/taken"] == "taken over"
    assert each.get("configmap", "taken", "-n", "theirs")["data"] == {"a": "ours"}
    with each.untouched():
        assert app.deploy().well().result["changed"] is False


def test_a_check_shows_what_would_be_refused_and_only_what_would_change(cluster, application):
    each = cluster()
    app = application("foreseen", config("a", key="1"), deployment("web"))
    app.deploy().well()
    wrong = deployment("wrong")
    wrong["spec"]["replicas"] = -1
    unknown = made("v1", "ConfigMap", "unknown", datum={"a": "b"})
    app.write(made("v1", "Namespace", "foreseen"), config("a", key="2"), deployment("web"), wrong, unknown)
    with each.untouched():
        refused = app.deploy(check=True, diff=True)
    for word in ("Deployment.apps foreseen/wrong: spec.replicas", "ConfigMap foreseen/unknown", "datum"):
        assert word in refused.message, refused.message
    # The same amount in other words is no change.
    web = deployment("web")
    web["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1000m"}}
    app.write(made("v1", "Namespace", "foreseen"), config("a", key="1"), web)
    app.deploy().well()
    web["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}
    app.write(made("v1", "Namespace", "foreseen"), config("a", key="2"), web)
    with each.untouched():
        look = app.deploy(check=True, diff=True).well()
    assert look.outcome["counts"] == {"unchanged": 2, "changed": 1}
    assert lines(look.result) == ["-key: '1'", "+key: '2'"]
    assert app.deploy().well().outcome["counts"] == look.outcome["counts"]


def test_what_left_the_application_goes_and_what_holds_data_only_by_name(cluster, application):
    each = cluster()
    app = application("leaving", config("stays", a="1"), config("goes", a="1"), claim("disk"))
    app.deploy().well()
    app.write(made("v1", "Namespace", "leaving"), config("stays", a="1"))
    with each.untouched():
        look = app.deploy(check=True, diff=True).well()
    assert look.actions["ConfigMap leaving/goes"] == "pruned"
    assert look.actions["PersistentVolumeClaim leaving/disk"] == "kept"
    run = app.deploy().well()
    assert run.outcome["counts"] == look.outcome["counts"]
    assert "NotFound" in each.try_kubectl("get", "configmap", "goes", "-n", "leaving").stderr
    each.kubectl("get", "pvc", "disk", "-n", "leaving")
    with each.untouched():
        assert app.deploy().well().outcome["counts"] == {"kept": 1, "unchanged": 2}
    named = app.deploy(prune=["PersistentVolumeClaim leaving/disk"]).well()
    assert named.actions["PersistentVolumeClaim leaving/disk"] == "pruned"
    with each.untouched():
        assert app.deploy().well().result["changed"] is False


def without_secrets(each, space):
    """A namespace whose quota allows no Secret, and what is to be deployed into it: one, and a Deployment that needs it."""
    quota = made("v1", "ResourceQuota", "few", spec={"hard": {"count/secrets": "0"}})
    each.kubectl("create", "namespace", space)
    each.kubectl("create", "-n", space, "-f", "-", stdin=json.dumps(quota))
    each.eventually(lambda: each.get("resourcequota", "few", "-n", space).get("status", {}).get("hard"), "the quota is counted")
    secret = made("v1", "Secret", "login", stringData={"password": "hunter2"})
    web = deployment("web")
    web["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "login"}}]
    return config("first", a="1"), secret, web


def test_a_refusal_of_what_is_new_is_said_before_anything_is_written(cluster, application):
    each = cluster()
    app = application("nothing-half", *without_secrets(each, "nothing-half"))
    with each.untouched():
        failed = app.deploy()
    assert "so nothing was written: Secret nothing-half/login: it exceeds the quota few" in failed.message
    assert "hunter2" not in failed.message + json.dumps(failed.result)


def test_a_refusal_half_way_is_accounted_for_and_the_next_run_goes_on(cluster, application):
    each = cluster()
    # So many that they are not tried before.
    more = [config(f"more-{number}", a="1") for number in range(100)]
    app = application("half-way", *without_secrets(each, "half-way"), *more)
    failed = app.deploy()
    assert "Secret half-way/login: it exceeds the quota few, requested: count/secrets=1" in failed.message
    assert "hunter2" not in failed.message + json.dumps(failed.result)
    assert "In all: 1 left alone, 101 created, 1 failed, 1 not reached." in failed.message
    assert {name: action for name, action in failed.actions.items() if "more-" not in name} == {
        "Namespace half-way": "left alone",
        "ConfigMap half-way/first": "created",
        "Secret half-way/login": "failed",
        "Deployment.apps half-way/web": "not reached",
    }
    assert (failed.result["changed"], failed.result["engine"]) == (True, "native")
    assert each.get("lease", "-n", "half-way")["items"] == []
    each.kubectl("delete", "resourcequota", "few", "-n", "half-way")
    assert app.deploy().well().outcome["counts"] == {"left alone": 1, "unchanged": 101, "created": 2}


def never_served(space):
    """A webhook whose server is never there, and what runs it: a deployment waits before the webhook."""
    web = deployment("web")
    web["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such"}
    service = made("v1", "Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 443}]})
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["CREATE"]}]
    hook = {
        "name": f"{space}.example.com",
        "clientConfig": {"service": {"name": "web", "namespace": space}},
        "rules": rules,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return [web, service, made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", f"{space}-hook", webhooks=[hook])]


def leases(each, space):
    return each.get("lease", "-n", space)["items"]


def test_a_run_that_is_told_to_stop_records_what_it_did(cluster, application):
    each = cluster()
    app = application("stopping", config("first", a="1"), *never_served("stopping"))
    for number in (signal.SIGTERM, signal.SIGINT):
        process = app.start()
        each.eventually(lambda: leases(each, "stopping"), "it has begun to write")
        each.eventually(lambda: each.try_kubectl("get", "deployment", "web", "-n", "stopping").returncode == 0, "the Deployment is there")
        process.send_signal(number)
        output, _error = process.communicate(timeout=patience(5))
        assert process.returncode in (-number, 1), output
        assert leases(each, "stopping") == []
    app.write(made("v1", "Namespace", "stopping"), config("first", a="1"), *never_served("stopping")[:2])
    with each.untouched():
        assert set(app.deploy(wait_timeout=0).well().actions.values()) == {"unchanged"}


def test_a_playbook_that_is_told_to_stop_records_what_it_did(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="stopped")
    user.play("bootstrap").well()
    user.add_component("extra", *never_served("stopped"))
    process = subprocess.Popen(**user.command("deploy"))
    each.eventually(lambda: each.try_kubectl("get", "service", "web", "-n", "stopped").returncode == 0, "it has begun to write")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=patience(5))
    each.eventually(lambda: not leases(each, "stopped"), "the lease is given back")
    recorded = each.get("configmap", "-n", "stopped", "--selector=applyset.kubernetes.io/id")["items"][0]["data"]
    assert all(name in str(recorded) for name in ('"web"', '"hub"', '"gateway"'))


def test_a_user_of_one_namespace_deploys_what_an_admin_applied_the_rest_of(cluster, application):
    each = cluster()
    space, user = "one-space", "one-space-user"
    cluster_wide = [
        made("scheduling.k8s.io/v1", "PriorityClass", f"{space}-high", value=10),
        made(f"{RBAC}/v1", "ClusterRole", f"{space}-reader", rules=[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]),
    ]
    admins = [made("v1", "Namespace", space), *cluster_wide]
    subject = [{"apiGroup": RBAC, "kind": "User", "name": user}]
    binding = made(f"{RBAC}/v1", "RoleBinding", "admin", space, subjects=subject)
    binding["roleRef"] = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"}
    seen = made(
        f"{RBAC}/v1",
        "ClusterRole",
        f"{space}-sees",
        rules=[
            {"apiGroups": ["scheduling.k8s.io"], "resources": ["priorityclasses"], "verbs": ["get", "list"]},
            {"apiGroups": [RBAC], "resources": ["clusterroles"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list"]},
        ],
    )
    sees = made(f"{RBAC}/v1", "ClusterRoleBinding", f"{space}-sees", subjects=subject)
    sees["roleRef"] = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"{space}-sees"}
    app = application(space, *cluster_wide, config("a", key="1"), deployment("web"), kubeconfig=each.kubeconfig_for(user))
    # Before the admin did anything, it says what is missing and writes nothing.
    each.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all([seen, sees]))
    with each.untouched():
        refused = app.deploy()
    for word in (user, "may not get configmaps", "kubeflow_rbac_file"):
        assert word in refused.message, refused.message
    each.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([admins[0], binding]))
    with each.untouched():
        refused = app.deploy()
    for word in ("may not", "create", "priorityclasses.scheduling.k8s.io", "clusterroles.rbac.authorization.k8s.io", "kubeflow_rbac_file"):
        assert word in refused.message, refused.message
    assert "configmaps" not in refused.message
    each.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(admins))
    run = app.deploy().well()
    assert run.outcome["counts"] == {"left alone": 3, "created": 2}
    before = len(each.requests())
    with each.untouched():
        assert app.deploy().well().result["changed"] is False
    mine = [item for item in each.requests()[before:] if item["user"]["username"] == user]
    assert len(mine) < 20


def test_an_unchanged_run_asks_little(cluster, application):
    each = cluster()
    app = application("quiet", *[config(f"c{number}", a="1") for number in range(30)], deployment("web"))
    app.deploy().well()
    before = len(each.requests())
    app.deploy().well()
    asked = each.requests()[before:]
    assert [item for item in asked if item["verb"] not in ("get", "list")] == []
    assert not [item for item in asked if "leases" in item["requestURI"] and "deploy" in item["requestURI"]]
    # Which cluster answers is asked once for each connection, and at the end.
    proofs = [item for item in asked if item["requestURI"].endswith("/namespaces/kube-system")]
    assert len(asked) - len(proofs) < 9 and len(proofs) <= CONNECTIONS + 2, [item["requestURI"] for item in asked]


def test_a_failed_deployment_is_in_the_report_and_the_play_fails_once(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="reported")
    user.bootstrap().well()
    user.add_component("extra", config("mine", key="1"))
    user.play("deploy").well()
    each.kubectl("patch", "configmap/mine", "-n", "reported", "--patch", '{"data":{"key":"2"}}', "--field-manager=colleague")
    for playbook in ("deploy", "bootstrap"):
        (user.folder / "kubeflow-report" / "report.json").unlink()
        with each.untouched():
            failed = user.play(playbook, kubeflow_apply=True)
        assert failed.code != 0
        assert "ConfigMap reported/mine: field conflict with other managers: .data.key (colleague)" in failed.message
        report = user.report()
        assert report["failure"] == failed.message
        assert report["outcome"]["counts"]["refused"] == 1
        assert re.search(r"^ +Failed +1 of the objects would be refused", failed.output, re.MULTILINE)
    user.add_component("extra", made("example.com/v1", "Nothing", "one"), made("example.com/v2", "Naught", "two"))
    with each.untouched():
        failed = user.play("deploy")
    for word in ("Nothing in example.com/v1 (one of extra)", "Naught in example.com/v2 (two of extra)"):
        assert word in failed.message


def test_a_namespace_that_is_being_deleted_is_not_written_to(cluster, application):
    each = cluster()
    each.kubectl("create", "namespace", "dying")
    held = config("held", a="1")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    each.kubectl("create", "-n", "dying", "-f", "-", stdin=json.dumps(held))
    each.kubectl("delete", "namespace", "dying", "--wait=false")
    try:
        with each.untouched():
            refused = application("dying", config("a", key="1")).deploy()
        assert "Namespace dying: it is being deleted" in refused.message
    finally:
        each.kubectl("patch", "configmap/held", "-n", "dying", "--type=merge", "--patch", '{"metadata":{"finalizers":null}}')
