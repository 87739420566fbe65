# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sets of fields, whose entries become ours, and a rewrite that nobody's write gets lost by."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.managed_fields import (
    LAST_APPLIED,
    Rewrite,
    former,
    left_behind,
    minus,
    owned_names,
    rewrite_managed_fields,
    union,
    without,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline, RetryPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, owned_fields

from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]
PATH = "/api/v1/namespaces/x/configmaps/a"
CREATED, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"


def entry(manager: str, fields: Json, operation: str = "Update", **more: t.Any) -> Json:
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "time": LATER, "fieldsV1": fields, **more}


def data(*names: str) -> Json:
    return {"f:data": {f"f:{name}": {} for name in names}}


def metadata(*managed: Json, **more: t.Any) -> Json:
    return {"managedFields": list(managed), "creationTimestamp": CREATED, "resourceVersion": "5", **more}


OURS = entry(MANAGER, data("a"), "Apply")


@pytest.mark.parametrize(
    ("one", "other", "both", "rest"),
    [
        (data("a"), data("b"), data("a", "b"), data("a")),
        (data("a", "b"), data("b"), data("a", "b"), data("a")),
        ({"f:x": {}}, {"f:x": {"f:y": {}}}, {"f:x": {".": {}, "f:y": {}}}, {}),
        ({"f:x": {"f:y": {}}}, {"f:x": {}}, {"f:x": {".": {}, "f:y": {}}}, {"f:x": {"f:y": {}}}),
        ({"f:x": {".": {}, "f:y": {}, "f:z": {}}}, {"f:x": {"f:z": {}}}, {"f:x": {".": {}, "f:y": {}, "f:z": {}}}, {"f:x": {"f:y": {}}}),
        ({'k:{"name":"a"}': {".": {}, "f:b": {}}}, {}, {'k:{"name":"a"}': {".": {}, "f:b": {}}}, {'k:{"name":"a"}': {".": {}, "f:b": {}}}),
    ],
)
def test_sets_of_fields(one: Json, other: Json, both: Json, rest: Json) -> None:
    assert union(one, other) == both
    assert minus(one, other) == rest


def test_fields_are_taken_out_of_an_object() -> None:
    value: Json = {
        "list": [{"name": "a", "x": 1, "y": 2}, {"name": "b"}],
        "set": ["p", "q"],
        "map": {"k": "1", "l": "2"},
        "whole": {"m": "1"},
        "leaf": 1,
    }
    fields: Json = {
        "f:list": {'k:{"name":"a"}': {"f:x": {}}, 'k:{"name":"b"}': {".": {}, "f:name": {}}},
        "f:set": {'v:"q"': {}},
        "f:map": {"f:k": {}},
        "f:whole": {".": {}, "f:m": {}},
        "f:leaf": {},
        "f:none": {},
    }
    assert without(value, fields) == {"list": [{"name": "a", "y": 2}], "set": ["p"], "map": {"l": "2"}}
    assert value["leaf"] == 1


@pytest.mark.parametrize(
    ("managed", "adopt", "names"),
    [
        ([entry("kubectl-client-side-apply", {})], "appliers", ["kubectl-client-side-apply"]),
        ([entry("kubectl-edit", {})], "appliers", []),
        ([entry("kubectl-edit", {}), entry("helm", {})], "all", ["kubectl-edit", "helm"]),
        ([entry("helm", {}, "Apply")], "all", ["helm"]),
        ([entry("helm", {}, "Apply")], "appliers", []),
        ([entry("our-ci", {"f:metadata": {"f:annotations": {f"f:{LAST_APPLIED}": {}}}})], "appliers", ["our-ci"]),
        # Who created it is known by the second; not where that may be somebody else.
        ([entry("our-ci", {}, time=CREATED)], "all", ["our-ci"]),
        ([entry("our-ci", {}, time=CREATED)], "appliers", []),
        ([entry("our-ci", {}, time=CREATED), entry("one-more", {}, time=CREATED)], "all", []),
        ([entry("our-ci", {}, time=CREATED), entry("notes-controller", {}, time=CREATED)], "all", ["our-ci"]),
        # Controllers, the kubelet, autoscalers and what is written into a subresource.
        ([entry("notebook-controller", {}, time=CREATED)], "all", []),
        ([entry("kube-controller-manager", {}, time=CREATED)], "all", []),
        ([entry("kubelet", {}, time=CREATED)], "all", []),
        ([entry("kubectl", {}, subresource="status")], "all", []),
        ([entry("kubectl-client-side-apply", {}, subresource="scale")], "all", []),
        ([entry("colleague", {})], "all", []),
        ([OURS], "all", []),
    ],
)
def test_who_applied_it_from_a_client(managed: list[Json], adopt: str, names: list[str]) -> None:
    assert [each["manager"] for each in former(metadata(*managed), adopt)] == names


def test_what_a_controller_created_is_not_adopted_from_it() -> None:
    owner = {"ownerReferences": [{"controller": True}]}
    assert former(metadata(entry("our-own", {}, time=CREATED), **owner), "all") == []


def test_an_adopted_object_has_one_applier() -> None:
    foreign, status = entry("helm", data("b")), entry("kubelet", {"f:status": {}}, subresource="status")
    rewritten = Rewrite("all")(metadata(foreign, status), "v1")
    assert [(each["manager"], each["operation"], each["fieldsV1"]) for each in rewritten] == [
        (MANAGER, "Apply", data("b")),
        ("kubelet", "Update", {"f:status": {}}),
    ]
    assert rewritten[0]["apiVersion"] == "v1" and rewritten[0]["fieldsType"] == "FieldsV1"
    (only,) = Rewrite("all")(metadata(OURS, foreign), "v1")
    assert only["fieldsV1"] == data("a", "b")


@pytest.mark.parametrize("rewrite", [Rewrite(), Rewrite("all"), Rewrite(autoscaled=True), Rewrite(retag=True)])
def test_nothing_to_do_is_the_very_list(rewrite: Rewrite) -> None:
    live = metadata(OURS, entry("colleague", data("c")))
    assert rewrite(live, "v1") is live["managedFields"]
    assert rewrite({}, "v1") == []


def test_replicas_are_handed_over_and_string_data_is_data() -> None:
    replicas = entry(MANAGER, {"f:spec": {"f:replicas": {}, "f:selector": {}}}, "Apply")
    assert Rewrite(autoscaled=True)(metadata(replicas), "v1")[0]["fieldsV1"] == {"f:spec": {"f:selector": {}}}
    only = entry(MANAGER, {"f:spec": {"f:replicas": {}}}, "Apply")
    assert Rewrite(autoscaled=True)(metadata(only), "v1")[0]["fieldsV1"] == {}
    texts = entry(MANAGER, {"f:stringData": {".": {}, "f:a": {}}, **data("b")}, "Apply")
    assert Rewrite()(metadata(texts), "v1")[0]["fieldsV1"] == data("b", "a")


def test_every_entry_gets_the_new_version() -> None:
    rewritten = Rewrite(retag=True)(metadata(OURS, entry("colleague", data("c"))), "v2")
    assert [each["apiVersion"] for each in rewritten] == ["v2", "v2"]


def test_what_is_left_behind_is_what_nobody_else_has() -> None:
    live = metadata(OURS, entry("helm", data("a", "b", "c")), entry("notes-controller", data("c")))
    assert left_behind(live, "all") == data("b")


def test_keys_that_become_ours_are_ours() -> None:
    live = {"apiVersion": "v1", "metadata": metadata(OURS, entry("helm", {**data("b"), "f:binaryData": {".": {}, "f:c": {}}}))}
    assert owned_names(live) == {"a"}
    assert owned_names(live, Rewrite("all")) == {"a", "b", "c"}


def test_a_write_in_between_is_not_lost(server: t.Any, client: Client) -> None:
    live = [metadata(entry("helm", data("a")), resourceVersion=version) for version in ("5", "6")]
    answers = iter([Answer({"reason": "Conflict"}, 409), Answer({"metadata": metadata(OURS, resourceVersion="7")})])
    reads, sent = iter(live), list[Json]()

    def answer(request: Request) -> Answer | Json:
        if request.method == "GET":
            return {"metadata": next(reads)}
        sent.append(request.body)
        return next(answers)

    server.routes[PATH] = answer
    metadata_after = rewrite_managed_fields(client, PATH, "v1", Rewrite("all"))
    assert metadata_after["resourceVersion"] == "7" and owned_fields({"metadata": metadata_after})
    assert [body[2] for body in sent] == [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version} for version in ("5", "6")
    ]
    assert [each["path"] for each in sent[0][:2]] == ["/metadata/uid", "/metadata/managedFields"]


def test_a_rewrite_whose_answer_is_lost_is_not_done_twice(server: t.Any, client: Client) -> None:
    live = {"metadata": metadata(entry("helm", data("a")), resourceVersion="5")}
    written: list[Json] = []

    def answer(request: Request) -> Answer | Json:
        if request.method == "GET":
            return live
        if request.body[2]["value"] != live["metadata"]["resourceVersion"]:
            return Answer({"reason": "Conflict", "message": "the object has been modified"}, 409)
        written.append(request.body)
        live["metadata"] |= {"managedFields": request.body[1]["value"], "resourceVersion": "6"}
        raise ConnectionResetError

    server.routes[PATH] = answer
    with client.retrying(RetryPolicy(Deadline(30.0), print)) as client:
        metadata_after = rewrite_managed_fields(client, PATH, "v1", Rewrite("all"))
    assert len(written) == 1 and metadata_after["resourceVersion"] == "6" and owned_fields({"metadata": metadata_after})
    assert [request.method for request in server.requests] == ["GET", "PATCH", "PATCH", "GET"]


def test_it_gives_up_where_somebody_writes_all_the_time(server: t.Any, client: Client) -> None:
    server.routes[PATH] = lambda request: (
        {"metadata": metadata(entry("helm", data("a")))} if request.method == "GET" else Answer({"reason": "Conflict"}, 409)
    )
    with pytest.raises(ApiError):
        rewrite_managed_fields(client, PATH, "v1", Rewrite("all"))
    assert len(server.requests) == 10


def test_nothing_to_do_is_not_written(server: t.Any, client: Client) -> None:
    server.routes[PATH] = {"metadata": metadata(OURS)}
    assert rewrite_managed_fields(client, PATH, "v1", Rewrite("all"))["resourceVersion"] == "5"
    assert [request.method for request in server.requests] == ["GET"]
