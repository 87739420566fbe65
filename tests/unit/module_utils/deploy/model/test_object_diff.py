# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Differences for people: readable, without the server's own fields, and without secrets."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import PART_OF
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.object_diff import difference
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

KEY = Key("", "Secret", "ns", "a")


def secret(**more: t.Any) -> dict[str, t.Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, **more}


def test_a_new_object_a_gone_one_and_a_changed_one() -> None:
    item = {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"text": "one\ntwo\n"}}
    created, deleted = difference(KEY, None, item), difference(KEY, item, None)
    assert created and deleted
    assert (created["before"], created["before_header"], created["after_header"]) == ("", "Secret ns/a", "Secret ns/a")
    assert created["after"] == deleted["before"] == "data:\n  text: |\n    one\n    two\nkind: ConfigMap\nmetadata:\n  name: a\n"
    changed = difference(KEY, item, {**item, "data": {"text": "other"}})
    assert changed and changed["after"].startswith("data:\n  text: other\n")


def test_what_the_server_keeps_for_itself_is_no_difference() -> None:
    item = {"kind": "ConfigMap", "metadata": {"name": "a"}}
    live = copy.deepcopy(item) | {"status": {"phase": "Active"}}
    live["metadata"] |= {"uid": "1", "resourceVersion": "2", "generation": 3, "creationTimestamp": "t", "managedFields": [{}]}
    assert difference(KEY, item, live) is None
    labelled = {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {PART_OF: "x", "mine": "y"}}}
    assert difference(KEY, {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {"mine": "y"}}}, labelled) is None


def test_values_of_secrets_are_never_shown_but_seen_to_differ() -> None:
    for field in ("data", "stringData"):
        diff = difference(KEY, secret(**{field: {"a": "hunter2", "b": "same"}}), secret(**{field: {"a": "hunter3", "b": "same"}}))
        assert diff
        text = str(diff)
        assert "hunter" not in text
        assert "same" not in text
        assert diff["after"].count("(hidden, differs)") == 1
        assert diff["after"].count("(hidden)") == 1
    created = difference(KEY, None, secret(data={"a": "hunter2"}))
    assert created
    assert "hunter2" not in created["after"]
    assert difference(KEY, secret(data={"a": "hunter2"}), secret(data={"a": "hunter2"})) is None


def test_what_kubectl_kept_of_a_secret_is_not_shown_either() -> None:
    annotated = secret(data={"a": "hunter2"})
    annotated["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"a":"hunter2"}}'}
    assert "hunter2" not in str(difference(KEY, annotated, secret(data={"a": "x"})))
