# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deleting in stages: nothing but what was looked at, and nothing before it is its turn."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.delete import removal
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.delete.removal import Removal, stages
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.deletion_target import DeletionTarget
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options, Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.progress import Ticker
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key, Resource, key_of

from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]
CRD = "apiextensions.k8s.io/v1"


def item(version: str, kind: str, name: str, space: str | None = "ml", **content: t.Any) -> Json:
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": "7", "labels": {"ours": "yes"}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata | ({"namespace": space} if space else {}), **content}


def target(live: Json, plural: str | None = None) -> DeletionTarget:
    key = key_of(live)
    return DeletionTarget(key, Resource(live["apiVersion"], plural or f"{key.kind.lower()}s", bool(key.namespace)), live)


def deployment(name: str, account: str) -> Json:
    pod = {"metadata": {"labels": {"a": name}}, "spec": {"serviceAccountName": account, "containers": [{"name": "m"}]}}
    return item("apps/v1", "Deployment", name, spec={"selector": {"matchLabels": {"a": name}}, "template": pod})


def test_custom_resources_go_first_then_what_calls_in_then_the_rest_then_definitions_and_namespaces() -> None:
    spec = {"group": "x.io", "names": {"kind": "Flow", "plural": "flows"}, "versions": [], "scope": "Namespaced"}
    objects = [
        item("v1", "Namespace", "ml", None),
        item(CRD, "CustomResourceDefinition", "flows.x.io", None, spec=spec),
        item("v1", "ServiceAccount", "runner"),
        deployment("runner", "runner"),
        item("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "hook", None, webhooks=[]),
        item("gateway.networking.k8s.io/v1", "Gateway", "edge"),
        item("x.io/v1", "Flow", "nightly"),
    ]
    ordered = [sorted(each.key.kind for each in stage) for stage in stages([target(each) for each in objects])]
    first = sorted(kind for stage in ordered[:-5] for kind in stage)
    assert first == ["Flow", "Gateway"]
    assert ordered[-5:] == [
        ["ValidatingWebhookConfiguration"],
        ["Deployment"],
        ["ServiceAccount"],
        ["CustomResourceDefinition"],
        ["Namespace"],
    ]


class Store:
    """A server with one object, that compares preconditions. ``holds``: how many looks a finalizer holds it."""

    def __init__(self, server: t.Any, live: Json, holds: int = 0) -> None:
        self.live: Json | None = live
        self.holds, self.asked = holds, list[Json]()
        server.routes["/api/v1/namespaces/ml/configmaps/a"] = self.answer

    def answer(self, request: Request) -> Answer:
        if request.method == "DELETE" and self.live:
            self.asked.append(request.body)
            expected, metadata = request.body["preconditions"], self.live["metadata"]
            if any(metadata[name] != value for name, value in expected.items()):
                return Answer({"reason": "Conflict", "message": "Precondition failed"}, 409)
            if "dryRun" in request.body:
                return Answer({"kind": "Status", "status": "Success"})
            metadata["deletionTimestamp"] = "now"
            if self.holds:
                return Answer(self.live)
            self.live = None
            return Answer({"kind": "Status", "status": "Success"})
        if self.live and "deletionTimestamp" in self.live["metadata"]:
            self.holds -= 1
            self.live = self.live if self.holds >= 0 else None
        return Answer(self.live) if self.live else Answer({"message": "not found"}, 404)


@pytest.fixture
def run(client: Client) -> t.Iterator[t.Callable[..., Removal]]:
    lines: list[str] = []
    with Ticker(lines.append) as ticker:

        def make(seconds: float = 10.0, **options: t.Any) -> Removal:
            run_removal = Removal(
                client,
                {},
                lambda metadata: "ours" in metadata["labels"],
                Options(progress=lines.append, **options),
                Outcome(),
                Deadline(seconds),
                ticker,
            )
            run_removal.lines = lines  # type: ignore[attr-defined]
            return run_removal

        yield make


def actions(run_removal: Removal) -> list[tuple[str, str | None]]:
    return [(each["action"], each["why"]) for each in run_removal.outcome.objects]


def test_only_the_object_that_was_looked_at_is_deleted(server: t.Any, run: t.Any) -> None:
    live = item("v1", "ConfigMap", "a")
    store = Store(server, live)
    run_removal = run()
    run_removal.take([target(live)])
    assert store.live is None
    assert store.asked[0]["preconditions"] == {"uid": "uid-a", "resourceVersion": "7"}
    assert actions(run_removal) == [("removed", None)]
    assert run_removal.uids == {"uid-a"}


def test_an_object_that_changed_meanwhile_goes_only_if_it_is_still_ours(server: t.Any, run: t.Any) -> None:
    seen = item("v1", "ConfigMap", "a")
    now = item("v1", "ConfigMap", "a")
    now["metadata"]["resourceVersion"] = "8"
    store = Store(server, now)
    run_removal = run()
    run_removal.take([target(seen)])
    assert (store.live, len(store.asked)) == (None, 2)
    now = item("v1", "ConfigMap", "a")
    now["metadata"] |= {"resourceVersion": "8", "labels": {}}
    store = Store(server, now)
    run_removal = run()
    run_removal.take([target(seen)])
    assert store.live
    assert actions(run_removal) == [("left alone", "somebody took our label off it")]
    other = item("v1", "ConfigMap", "a")
    other["metadata"]["uid"] = "another"
    store = Store(server, other)
    run().take([target(seen)])
    assert store.live


def test_finalizers_are_awaited_and_never_taken_off(server: t.Any, run: t.Any) -> None:
    live = item("v1", "ConfigMap", "a")
    live["metadata"]["finalizers"] = ["x.io/cleanup"]
    Store(server, live, holds=3)
    run_removal = run()
    run_removal.take([target(live)])
    assert actions(run_removal) == [("removed", None)]
    live = item("v1", "ConfigMap", "a")
    live["metadata"]["finalizers"] = ["x.io/cleanup"]
    store = Store(server, live, holds=10**6)
    run_removal = run(seconds=0.3)
    with pytest.raises(BootstrapError, match=r"1 object is still there after 0.3 seconds: ConfigMap ml/a has the finalizer x.io/cleanup"):
        run_removal.take([target(live)])
    assert actions(run_removal) == [("failed", "it is still being deleted")]
    assert not run_removal.outcome.changed
    assert store.live and not [each for each in server.requests if each.method in ("PATCH", "PUT")]


def test_what_may_not_be_deleted_is_recorded_and_the_rest_goes(server: t.Any, run: t.Any) -> None:
    live = item("v1", "ConfigMap", "a")
    Store(server, live)
    server.routes["/api/v1/namespaces/ml/configmaps/b"] = Answer({"message": "no, you may not"}, 403)
    run_removal = run()
    run_removal.take([target(item("v1", "ConfigMap", "b")), target(live)])
    assert sorted(actions(run_removal), key=str) == [("failed", "no, you may not"), ("removed", None)]
    assert run_removal.failed == {Key("", "ConfigMap", "ml", "b"): "no, you may not"}


def test_check_mode_asks_and_deletes_nothing(server: t.Any, run: t.Any) -> None:
    live = item("v1", "ConfigMap", "a", data={"x": "y"})
    store = Store(server, live)
    run_removal = run(check=True, diff=True)
    run_removal.take([target(live)])
    assert store.live
    assert store.asked[0]["dryRun"] == ["All"]
    assert actions(run_removal) == [("removed", None)]
    assert [(each["before"] != "", each["after"]) for each in run_removal.outcome.differences] == [(True, "")]


def test_a_definition_that_the_server_forgot_is_written_to(server: t.Any, run: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "_PATIENCE", 0.01)
    spec = {"group": "x.io", "names": {"kind": "Flow", "plural": "flows"}, "versions": [{"name": "v1"}], "scope": "Namespaced"}
    live = item(CRD, "CustomResourceDefinition", "flows.x.io", None, spec=spec)
    running = [True]

    def route(request: Request) -> Answer:
        if request.method == "PATCH":
            running.clear()
        return Answer({**live, "metadata": {**live["metadata"], "deletionTimestamp": "now"}}) if running else Answer({}, 404)

    server.routes["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/flows.x.io"] = route
    run_removal = run()
    run_removal.take([target(live, "customresourcedefinitions")])
    assert actions(run_removal) == [("removed", None)]
