# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server says, in words. The answers are those of Kubernetes 1.35."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.rejections import fixes, inconclusive, refusal, summary
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

KEY = Key("", "ConfigMap", "x", "b")
SECRET = Key("", "Secret", "x", "b")
SCHEMA = "failed to create typed patch object (x/d; apps/v1, Kind=Deployment): "


def error(code: int, message: str, *causes: tuple[str, str], reason: str = "") -> ApiError:
    listed = [{"field": field, "message": message} for field, message in causes]
    return ApiError(code, {"message": message, "reason": reason, "details": {"causes": listed}}, "PATCH /x")


def test_a_conflict_names_each_field_with_its_manager() -> None:
    causes = ((".data.a", 'conflict with "kubectl-edit" using v1'), (".spec.replicas", 'conflict with "hpa"'))
    refused = refusal(error(409, "Apply failed", *causes, reason="Conflict"), KEY)
    assert refused.what == "conflict"
    assert refused.why == "field conflict with other managers: .data.a (kubectl-edit), .spec.replicas (hpa)"
    assert refused.fields == (".data.a", ".spec.replicas")
    assert "kubeflow_force_conflicts" in refused.fix
    assert "Where an autoscaler sets spec.replicas, leave it out" in refused.fix


def test_a_claim_that_was_expanded_is_not_to_be_taken_back() -> None:
    """The API server would refuse that."""
    size = (".spec.resources.requests.storage", 'conflict with "kubectl-edit" using v1')
    refused = refusal(error(409, "Apply failed", size, reason="Conflict"), KEY)
    assert refused.fix == "A PersistentVolumeClaim can't shrink: if it was expanded, write its new size into the component."
    both = refusal(error(409, "Apply failed", size, (".metadata.labels.a", 'conflict with "x"'), reason="Conflict"), KEY)
    assert "kubeflow_force_conflicts" in both.fix and "can't shrink" in both.fix


@pytest.mark.parametrize(
    "field, message",
    [
        ("spec.selector", "Invalid value: {}: field is immutable"),
        ("roleRef", 'Invalid value: {"Name":"edit"}: cannot change roleRef'),
        ("spec", "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"),
        ("parameters", "Forbidden: updates to parameters are forbidden."),
        ("value", "Forbidden: may not be changed in an update."),
        ("spec", "Forbidden: spec is immutable after creation except resources.requests\n@@ -1 +1 @@\n-a\n+b"),
        ("spec.clusterIP", 'Invalid value: "10.0.0.1": may not change once set'),
    ],
)
def test_what_can_not_be_changed_is_told_from_what_is_invalid(field: str, message: str) -> None:
    refused = refusal(error(422, "is invalid", (field, message)), KEY)
    assert (refused.what, refused.fields) == ("immutable", (field,))
    assert "@@" not in refused.why and "{" not in refused.why
    both = refusal(error(422, "is invalid", (field, message), ("spec.replicas", "Invalid value: -1: must be 0")), KEY)
    assert both.what == "invalid"


@pytest.mark.parametrize(
    "failure, what, why, fields",
    [
        (error(422, "x", ("spec.replicas", "Invalid value: -1: must be 0")), "invalid", "spec.replicas: Invalid value: -1: must be 0", 1),
        (error(500, f"{SCHEMA}.spec.unknown: field not declared in schema"), "invalid", ".spec.unknown: field not declared in schema", 1),
        (
            error(500, f"{SCHEMA}.data.n: expected string, got &value.valueUnstructured{{Value:1}}"),
            "invalid",
            ".data.n: expected string, got something else",
            1,
        ),
        (error(400, 'strict decoding error: unknown field "spec.foo"'), "invalid", 'strict decoding error: unknown field "spec.foo"', 1),
        (
            error(400, 'admission webhook "a.example.com" denied the request: no name', reason="BadRequest"),
            "denied",
            "the admission webhook a.example.com denies it: no name",
            0,
        ),
        (
            error(422, "configmaps \"b\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'q' denied request: bad", ("", "bad")),
            "denied",
            "the admission policy p denies it: bad",
            0,
        ),
        (
            error(403, 'secrets "q" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1'),
            "denied",
            "it exceeds the quota few, requested: pods=1, used: pods=1, limited: pods=1",
            0,
        ),
        (error(403, 'persistentvolumeclaims "big" is forbidden: maximum storage is 5'), "denied", "maximum storage is 5", 0),
        (
            error(403, 'deployments.apps "a" is forbidden: User "little" cannot patch resource "deployments" in API group "apps" in the n'),
            "forbidden",
            "little may not patch deployments.apps",
            0,
        ),
        (
            error(403, 'user "little" is attempting to grant RBAC permissions not currently held:\n{Verbs:["get"]}'),
            "forbidden",
            'it grants rights that you do not have: {Verbs:["get"]}',
            0,
        ),
    ],
)
def test_each_reason_in_one_readable_line(failure: ApiError, what: str, why: str, fields: int) -> None:
    refused = refusal(failure, KEY)
    assert (refused.what, refused.why, len(refused.fields)) == (what, why, fields)
    assert refused.fix


@pytest.mark.parametrize(
    "failure",
    [
        error(422, "x", ("data[a]", 'Invalid value: "hunter2": too long')),
        error(422, "x", ("type", 'Unsupported value: "hunter2": supported values: "hunter2"')),
        error(500, f"{SCHEMA}.stringData.a: expected string, got &value.valueUnstructured{{Value:[]interface {{}}{{'hunter2'}}}}"),
        error(500, 'something with "hunter2" in it'),
    ],
)
def test_no_value_of_a_secret_is_told(failure: ApiError) -> None:
    refused = refusal(failure, SECRET)
    assert "hunter2" not in f"{refused}"
    assert refused.why


def test_a_dry_run_that_tells_nothing_is_told_from_one_that_refuses() -> None:
    silent: list[t.Any] = [
        error(404, 'namespaces "x" not found'),
        error(500, 'failed calling webhook "a": connection refused'),
        error(503, "the server is currently unable"),
        error(400, 'admission webhook "a" does not support dry run'),
    ]
    assert [inconclusive(each) for each in silent] == [True] * 4
    telling = [error(500, f"{SCHEMA}.spec.a: no"), error(403, "no"), error(422, "no"), error(409, "no"), Unreachable("gone")]
    assert [inconclusive(each) for each in telling] == [False] * 5


def test_many_for_the_same_reason_are_said_once() -> None:
    away = refusal(Unreachable("The API server can't be reached."), KEY)
    text = summary({KEY._replace(name=f"c{number}"): away for number in range(40)} | {SECRET: refusal(error(403, "no"), SECRET)})
    assert text.count("can't be reached") == 1
    assert text.startswith("ConfigMap x/c0, ") and "and 34 more: The API server" in text and text.endswith("Secret x/b: no")
    assert fixes({KEY: away, SECRET: away}) == away.fix


def test_who_refuses_a_secret_is_told() -> None:
    denied = refusal(error(400, 'admission webhook "guard.example.com" denied the request: "hunter2" is weak'), SECRET)
    assert "guard.example.com" in denied.why and "hunter2" not in denied.why
    away = refusal(error(500, 'failed calling webhook "guard.example.com": failed to call "https://x": refused'), SECRET)
    assert "guard.example.com" in away.why
