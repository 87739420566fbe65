# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application whose packages take the namespace for granted, as those of Kubeflow 0.1 to 0.4 do."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import RBAC, deployment, made, pod

SPACE = "taken-for-granted"


def test_the_namespace_is_created_and_goes_when_it_is_empty(cluster, tmp_path):
    each = cluster("plain")
    app = Application.on(each, tmp_path / "app", SPACE).write(made("v1", "ConfigMap", "settings", SPACE), made("v1", "Secret", "key", None))
    with each.untouched():
        assert app.deploy(check=True).well().actions[f"Namespace {SPACE}"] == "created"
    first = app.deploy().well()
    assert first.actions == {name: "created" for name in (f"Namespace {SPACE}", f"ConfigMap {SPACE}/settings", f"Secret {SPACE}/key")}
    assert not app.deploy().well().result["changed"]
    app.write(made("v1", "ConfigMap", "settings", SPACE))
    pruned = app.deploy().well()
    assert pruned.actions == {
        f"Namespace {SPACE}": "unchanged",
        f"ConfigMap {SPACE}/settings": "unchanged",
        f"Secret {SPACE}/key": "pruned",
    }
    each.kubectl("create", "configmap", "of-a-user", "-n", SPACE)
    assert "ConfigMap" in str(app.deploy(state="absent").well().outcome["objects"][-1])
    assert each.try_kubectl("get", "configmap", "of-a-user", "-n", SPACE).stdout
    each.kubectl("delete", "configmap", "of-a-user", "-n", SPACE)
    app.deploy(state="absent").well()
    assert not each.try_kubectl("get", "namespace", SPACE, "--ignore-not-found").stdout


def test_a_namespace_of_somebody_else_is_left_alone(cluster, tmp_path):
    each, space = cluster("plain"), "of-somebody-else"
    each.kubectl("create", "namespace", space)
    app = Application.on(each, tmp_path / "app", space).write(made("v1", "ConfigMap", "settings", space))
    assert app.deploy().well().actions == {f"ConfigMap {space}/settings": "created"}
    labels = each.get("namespace", space)["metadata"]["labels"]
    assert labels == {"kubernetes.io/metadata.name": space}
    app.deploy(state="absent").well()
    assert each.try_kubectl("get", "namespace", space).stdout
    each.kubectl("delete", "namespace", space, "--wait=false")


def test_a_namespace_that_the_application_no_longer_brings_keeps_its_labels(cluster, tmp_path):
    each, space = cluster("plain"), "no-longer-brought"
    brought = made("v1", "Namespace", space)
    brought["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    app = Application.on(each, tmp_path / "app", space).write(brought, made("v1", "ConfigMap", "settings", space))
    app.deploy().well()
    app.write(made("v1", "ConfigMap", "settings", space))
    assert app.deploy().well().actions[f"Namespace {space}"] == "kept"
    assert each.get("namespace", space)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    app.deploy(state="absent").well()
    assert not each.try_kubectl("get", "namespace", space, "--ignore-not-found").stdout


def test_another_namespace_than_the_environments_is_still_missed(cluster, tmp_path):
    each, space = cluster("plain"), "of-the-environment"
    app = Application.on(each, tmp_path / "app", space).write(made("v1", "ConfigMap", "settings", "mistyped"))
    refused = app.deploy()
    assert "Namespace mistyped: it does not exist, and the application does not bring it" in refused.message
    assert not each.try_kubectl("get", "namespace", space, "--ignore-not-found").stdout


def test_an_admin_of_the_namespace_alone_goes_on_with_what_an_admin_of_the_cluster_deployed(cluster, application):
    """The role admin lists nothing outside of its namespace, and there not the namespace itself."""
    each, space, user = cluster(), "handed-over", "handed-over-user"
    binding = made(f"{RBAC}/v1", "RoleBinding", "admin", space, subjects=[{"apiGroup": RBAC, "kind": "User", "name": user}])
    binding["roleRef"] = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"}
    items = [made("v1", "Namespace", space), binding, made("v1", "ConfigMap", "c", space, data={"a": "1"})]
    app = application(space, *items, deployment("web", space, pod()), adopt=True)
    app.deploy().well()
    theirs = {"kubeconfig": each.kubeconfig_for(user), "wait_timeout": 60, "adopt": False}
    with each.untouched():
        assert app.deploy(**theirs).well().outcome["counts"] == {"unchanged": 4}
    app.write(*items[:2], {**items[2], "data": {"a": "2"}})
    assert app.deploy(**theirs).well().outcome["counts"] == {"unchanged": 2, "changed": 1, "pruned": 1}
    with each.untouched():
        assert app.deploy(**theirs).well().outcome["counts"] == {"unchanged": 3}
