# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A wave: all of it is tried, and whatever ends it, what was done is recorded."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.wave import WaveApplier
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.managed_fields import Rewrite
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.member import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options, Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, Key, Resource, digest, key_of

from tests.patience import patience
from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]
CONFIGS = Resource("v1", "configmaps", True)


def member(name: str, action: str = "create", version: str | None = None, why: str | None = None) -> Member:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "x"}, "data": {"a": name}}
    live = {"metadata": {"resourceVersion": version}} if version else None
    return Member(key_of(item), "main", item, CONFIGS, live, action, why)


def answered(version: str = "2") -> Json:
    managed = [{"manager": MANAGER, "operation": "Apply", "fieldsV1": {"f:data": {}}}]
    return {"metadata": {"resourceVersion": version, "managedFields": managed}}


class Wave:
    """One wave; ``progress``: the numbers of members that succeeded."""

    def __init__(self, server: t.Any, client: Client, **options: t.Any) -> None:
        self.server, self.client = server, client
        self.inventory, self.outcome, self.progress = Inventory("app", "x"), Outcome(), list[int]()
        self.options = Options(**options)

    def apply(self, *members: Member) -> t.Any:
        applier = WaveApplier(self.client, self.inventory, self.options, self.outcome, Deadline(5))
        return applier.apply(list(members), 3, self.progress.append)

    @property
    def actions(self) -> Json:
        return {item["object"]: item["action"] for item in self.outcome.objects}


@pytest.fixture
def wave(server: t.Any, client: Client) -> Wave:
    return Wave(server, client)


def path(name: str) -> str:
    return f"/api/v1/namespaces/x/configmaps/{name}"


def test_what_was_done_is_told_and_recorded(wave: Wave) -> None:
    wave.server.routes |= {path(name): answered() for name in "abcd"}
    members = [
        member("a"),
        member("b", "change", "1", "others changed it"),
        member("c", "change", "2", "why"),
        member("d", "take-over", "1"),
    ]
    assert wave.apply(*members) == {}
    assert [(item["action"], item["wave"], item["why"]) for item in wave.outcome.objects] == [
        ("created", 3, None),
        ("changed", 3, "others changed it"),
        ("unchanged", 3, None),  # the server says that it is the same
        ("taken over", 3, None),
    ]
    assert all(item["seconds"] >= 0 for item in wave.outcome.objects)
    assert wave.outcome.changed
    assert wave.inventory.members[members[0].key] == (digest(members[0].item), digest({"f:data": {}}))
    assert sorted(wave.progress) == [1, 2, 3, 4]
    forced = {request.path: request.query.get("force") for request in wave.server.requests}
    assert forced == {path("a"): None, path("b"): None, path("c"): None, path("d"): "true"}
    assert all("PartialObjectMetadata" in request.headers["accept"] for request in wave.server.requests)


def test_what_is_refused_does_not_keep_the_rest_of_the_wave(wave: Wave) -> None:
    wave.server.routes |= {path("a"): Answer({"message": "no", "reason": "Forbidden"}, 403), path("b"): answered(), path("c"): answered()}
    refused = wave.apply(member("a"), member("b"), member("c"))
    assert {str(key): refusal.why for key, refusal in refused.items()} == {"ConfigMap x/a": "no"}
    assert wave.actions == {"ConfigMap x/a": "failed", "ConfigMap x/b": "created", "ConfigMap x/c": "created"}
    assert Key("", "ConfigMap", "x", "a") not in wave.inventory.members


def test_when_it_is_interrupted_what_is_under_way_is_awaited_and_the_rest_is_not_begun(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    requested, go_on = threading.Event(), threading.Event()

    def slow(_request: Request) -> Answer:
        requested.set()
        go_on.wait(patience(1))
        return Answer(answered())

    wave.server.routes |= {path(f"c{number}"): slow for number in range(20)}
    through = wave.client.map

    def interrupted(work: t.Any, items: t.Any) -> t.Any:
        thread = threading.Thread(target=through, args=(work, items))
        thread.start()
        assert requested.wait(patience(1))
        threading.Timer(0.1, go_on.set).start()
        raise KeyboardInterrupt

    monkeypatch.setattr(wave.client, "map", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wave.apply(*[member(f"c{number}") for number in range(20)])
    counts = wave.outcome.counts()
    assert counts["created"] + counts["not reached"] == 20
    assert counts["created"] == len(wave.inventory.members) >= 1
    assert counts["not reached"] >= 12


def test_what_is_replaced_is_deleted_before_it_is_made(wave: Wave) -> None:
    looks: list[Answer] = [Answer(answered()), Answer({}, 404)]

    def answer(request: Request) -> Answer:
        return looks.pop(0) if request.method == "GET" else Answer(answered())

    wave.server.routes[path("a")] = answer
    assert wave.apply(member("a", "replace", "1", "can't be changed: spec.a")) == {}
    assert [request.method for request in wave.server.requests] == ["DELETE", "GET", "GET", "PATCH"]
    assert wave.actions == {"ConfigMap x/a": "replaced"}
    assert wave.outcome.objects[0]["why"] == "can't be changed: spec.a"


class Lost(Exception):
    """The server hangs up instead of answering."""


def unanswered(live: Json | None) -> t.Callable[[Request], Answer]:
    """Applies are never answered; ``live`` is what is read."""

    def route(request: Request) -> Answer:
        if request.method == "PATCH":
            raise Lost
        return Answer(live) if live else Answer({"message": "not found"}, 404)

    return route


def made_at(time: str) -> Json:
    answer = answered()
    answer["metadata"]["managedFields"][0]["time"] = time
    return answer


def test_a_write_without_an_answer_is_looked_at(wave: Wave) -> None:
    wave.server.routes |= {path("made"): unanswered(made_at("2026-01-01T00:00:02Z")), path("lost"): unanswered(None)}
    wave.server.routes[path("changed")] = unanswered(made_at("2026-01-01T00:00:02Z"))
    wave.server.routes[path("same")] = unanswered(made_at("2026-01-01T00:00:01Z"))
    members = [member("made"), member("lost"), member("changed", "change", "1"), member("same", "change", "1")]
    for each in members[2:]:
        each.live = {"metadata": {**made_at("2026-01-01T00:00:01Z")["metadata"], "resourceVersion": "1"}}
    refused = wave.apply(*members)
    assert {key.name: each.what for key, each in refused.items()} == {"lost": "unanswered", "same": "unanswered"}
    assert wave.actions["ConfigMap x/made"] == "created" and wave.actions["ConfigMap x/changed"] == "changed"


@pytest.mark.parametrize("lost", ["application/json-patch+json", "application/apply-patch+yaml"])
def test_field_ownership_alone_is_no_apply(wave: Wave, lost: str) -> None:
    """The server rewrote it, so that an entry is ours by now; but nothing of ours was applied."""
    live = made_at("2026-01-01T00:00:01Z")["metadata"] | {"uid": "1", "resourceVersion": "1"}
    live["managedFields"][0] |= {"manager": "kubectl-client-side-apply", "operation": "Update"}
    live = {"metadata": live}

    def route(request: Request) -> Answer:
        if request.method == "PATCH":
            if "json-patch" in request.headers["content-type"]:
                live["managedFields"] = request.body[1]["value"]
            if request.headers["content-type"] == lost:
                raise Lost
        return Answer(live)

    wave.server.routes[path("a")] = route
    adopted = member("a", "take-over", "1")
    adopted.rewrite = Rewrite("all")
    refused = wave.apply(adopted)
    assert {key.name: each.what for key, each in refused.items()} == {"a": "unanswered"}
    assert wave.inventory.members == {} and not wave.outcome.changed


def test_only_what_succeeded_is_counted(wave: Wave) -> None:
    names = [f"c{number}" for number in range(6)]
    for number, name in enumerate(names):
        wave.server.routes[path(name)] = Answer(answered()) if number % 2 else Answer({"message": "no"}, 422)
    wave.apply(*map(member, names))
    assert max(wave.progress) == 3
