# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All blockers are reported before the first write, in one message."""

from __future__ import annotations

import sys
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.preflight import (
    Preflight,
    PreflightFailed,
    all_served,
    each_once,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.member import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key, Resource, Resources, key_of

from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]
ENTRY = {"namespaced": True, "verbs": []}
APIS: t.Any = {
    "v1": {"ConfigMap": {**ENTRY, "resource": "configmaps"}, "Namespace": {"namespaced": False, "resource": "namespaces", "verbs": []}},
    "apps/v1": {"Deployment": {**ENTRY, "resource": "deployments"}},
}
REVIEWS = "/apis/authorization.k8s.io/v1"
ALWAYS = [
    {"verbs": ["*"], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"]},
    {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]},
    {"verbs": ["create", "get", "list", "patch"], "apiGroups": [""], "resources": ["configmaps"]},
]


def item(kind: str, name: str, version: str = "v1", **content: t.Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "x"}, **content}


def member(thing: Json, action: str = "change", **metadata: t.Any) -> Member:
    live = {"metadata": {"resourceVersion": "1", **metadata}} if action != "create" else None
    return Member(key_of(thing), "main", thing, Resources(APIS).of(thing), live, action)


class Cluster:
    """Answers for a user who may do everything, or only what ``rules`` say."""

    def __init__(self, server: t.Any, client: Client) -> None:
        self.server, self.client = server, client
        self.everything, self.rules = True, list[Json]()
        self.namespace: t.Any = {"metadata": {"name": "x", "labels": {"a": "b"}}}
        server.routes[f"{REVIEWS}/selfsubjectaccessreviews"] = lambda _request: Answer({"status": {"allowed": self.everything}})
        server.routes[f"{REVIEWS}/selfsubjectrulesreviews"] = lambda _request: Answer({"status": {"resourceRules": self.rules}})
        server.routes["/api/v1/namespaces/x"] = lambda _request: Answer(self.namespace) if self.namespace else Answer({}, 404)

    def dry_run(self, name: str, answer: t.Any, live: t.Any = None, plural: str = "configmaps") -> None:
        root = "/apis/apps/v1" if plural == "deployments" else "/api/v1"

        def route(request: Request) -> t.Any:
            if request.method == "GET":
                return Answer(live)
            assert request.query["dryRun"] == "All"
            return answer

        self.server.routes[f"{root}/namespaces/x/{plural}/{name}"] = route

    def preflight(self, *members: Member, stale: t.Any = (), **options: t.Any) -> Preflight:
        preflight = Preflight(self.client, Inventory("app", "x"), APIS, Options(**options))
        preflight.run(list(members), list(stale))
        return preflight

    @property
    def tried(self) -> list[str]:
        return [request.path.rsplit("/", 1)[1] for request in self.server.requests if request.method == "PATCH"]


@pytest.fixture
def cluster(server: t.Any, client: Client) -> Cluster:
    return Cluster(server, client)


def conflict(field: str = ".data.a", manager: str = "colleague") -> Answer:
    causes = [{"reason": "FieldManagerConflict", "field": field, "message": f'conflict with "{manager}"'}]
    return Answer({"reason": "Conflict", "message": "conflict", "details": {"causes": causes}}, 409)


def immutable(field: str) -> Answer:
    causes = [{"field": field, "message": "Invalid value: {}: field is immutable"}]
    return Answer({"reason": "Invalid", "message": "x", "details": {"causes": causes}}, 422)


def test_what_is_new_is_tried_where_it_is_little_and_in_a_check(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("new", "old", "same"):
        cluster.dry_run(name, Answer(item("ConfigMap", name)), live=item("ConfigMap", name))
    members = [
        member(item("ConfigMap", "new"), "create"),
        member(item("ConfigMap", "old")),
        member(item("ConfigMap", "left"), "leave"),
        member(item("ConfigMap", "theirs"), "foreign"),
    ]
    result = cluster.preflight(*members)
    assert sorted(cluster.tried) == ["new", "old"]
    assert result.namespaces == {"x": {"a": "b"}}
    cluster.server.requests.clear()
    monkeypatch.setattr(sys.modules[Preflight.__module__], "_LITTLE", 0)
    cluster.preflight(*members)
    assert cluster.tried == ["old"]
    cluster.server.requests.clear()
    cluster.preflight(*members, check=True)
    assert sorted(cluster.tried) == ["new", "old"]
    # Where it came to nothing, it is no change.
    assert [each.action for each in members] == ["create", "same", "leave", "foreign"]


def test_all_refusals_come_in_one_message(cluster: Cluster) -> None:
    cluster.dry_run("a", conflict())
    cluster.dry_run("b", conflict(".data.b", "hpa"))
    cluster.dry_run("c", Answer(item("ConfigMap", "c")))
    cluster.dry_run("w", immutable("spec.selector"), live=item("Deployment", "w", "apps/v1", spec={}), plural="deployments")
    web = item("Deployment", "w", "apps/v1", spec={"selector": {"matchLabels": {"a": "b"}}})
    with pytest.raises(PreflightFailed) as caught:
        cluster.preflight(*[member(item("ConfigMap", name)) for name in "abc"], member(web))
    message = str(caught.value)
    for word in ("3 of the objects", "ConfigMap x/a", ".data.a (colleague)", ".data.b (hpa)", "Deployment.apps x/w: spec.selector"):
        assert word in message
    for word in ("kubeflow_force_conflicts=true", "kubeflow_recreate=true"):
        assert message.count(word) == 1
    assert "ConfigMap x/c" not in message
    assert [each["object"] for each in caught.value.details["refused"]] == ["ConfigMap x/a", "ConfigMap x/b", "Deployment.apps x/w"]


def test_what_can_not_be_changed_is_replaced_only_when_told(cluster: Cluster) -> None:
    cluster.dry_run("w", immutable("spec.selector"), live=item("Deployment", "w", "apps/v1", spec={}), plural="deployments")
    web = member(item("Deployment", "w", "apps/v1", spec={"selector": {"a": "b"}}))
    result = cluster.preflight(web, recreate=True, diff=True)
    assert (web.action, web.why) == ("replace", "can't be changed: spec.selector")
    assert "selector" in result.differences[web.key]["after"]


def test_what_is_being_deleted_is_recreated_but_not_into_a_namespace_that_goes(cluster: Cluster) -> None:
    going = member(item("ConfigMap", "a"), deletionTimestamp="2026-01-02T03:04:05Z")
    cluster.preflight(going)
    assert going.action == "replace"
    condition = {"type": "NamespaceContentRemaining", "status": "True", "message": "pods has 1 instances"}
    cluster.namespace["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    cluster.namespace["status"] = {"conditions": [condition]}
    with pytest.raises(PreflightFailed, match=r"Namespace x: it is being deleted since 2026-01-02T03:04:05Z \(pods has 1 instances\)"):
        cluster.preflight(member(item("ConfigMap", "a"), "create"))


def test_a_namespace_that_nobody_brings_is_told(cluster: Cluster) -> None:
    cluster.namespace = None
    with pytest.raises(PreflightFailed, match="Namespace x: it does not exist, and the application does not bring it"):
        cluster.preflight(member(item("ConfigMap", "a"), "create"))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    cluster.preflight(member(space, "create"), member(item("ConfigMap", "a"), "create"))


def test_missing_rights_are_told_with_where_they_are_missing(cluster: Cluster) -> None:
    cluster.everything, cluster.rules = False, list(ALWAYS)
    cluster.dry_run("a", Answer(item("ConfigMap", "a")))
    cluster.preflight(member(item("ConfigMap", "a")))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
    old = (Key("", "ConfigMap", "x", "old"), Resource("v1", "configmaps", True))
    web = item("Deployment", "w", "apps/v1")
    cluster.dry_run("w", Answer({"message": 'User "u" cannot patch resource "deployments" in API group "apps"'}, 403), plural="deployments")
    with pytest.raises(PreflightFailed) as caught:
        cluster.preflight(member(space, "create"), member(web, "create"), stale=[old])
    message = str(caught.value)
    for word in ("create, patch namespaces;", "create, patch deployments.apps in x", "delete configmaps in x"):
        assert word in message
    assert "leases" not in message and "Deployment.apps x/w" not in message


def test_who_may_not_do_everything_tries_what_is_new_too(cluster: Cluster) -> None:
    cluster.everything, cluster.rules = False, list(ALWAYS)
    cluster.dry_run("a", Answer({"message": 'configmaps "a" is forbidden: exceeded quota: few'}, 403))
    with pytest.raises(PreflightFailed, match="ConfigMap x/a: it exceeds the quota few"):
        cluster.preflight(member(item("ConfigMap", "a"), "create"))


def test_what_a_dry_run_can_not_tell_is_no_refusal(cluster: Cluster) -> None:
    cluster.dry_run("a", Answer({"message": 'failed calling webhook "x": connection refused'}, 500))
    cluster.dry_run("b", Answer({"message": 'admission webhook "x" does not support dry run'}, 400))
    cluster.preflight(member(item("ConfigMap", "a")), member(item("ConfigMap", "b")))
    assert sorted(cluster.tried) == ["a", "b"]


def test_all_kinds_that_are_not_served_are_named_at_once(client: Client) -> None:
    rendered = [("one", item("A", "a", "example.com/v1")), ("two", item("B", "b", "example.com/v1")), ("two", item("ConfigMap", "c"))]
    with pytest.raises(BootstrapError, match=r"A in example.com/v1 \(a of one\); B in example.com/v1 \(b of two\)\. Nothing was written"):
        all_served(client, rendered, Resources(APIS), [])
    all_served(client, rendered[2:], Resources(APIS), [])


def test_an_object_that_is_there_twice_is_named() -> None:
    with pytest.raises(BootstrapError, match="ConfigMap x/a twice"):
        each_once([item("ConfigMap", "a"), item("ConfigMap", "b"), item("ConfigMap", "a")])
