# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every recorded answer of ks 0.10.0 is read with the right decision, and errors are explained better than ks does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks import answers, command
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.answers import KsOutput

STEPS = Path(__file__).parents[4] / "tests/conformance/ks-0.10.0/cluster-steps"
FRONT, SERVICE, SETTINGS = "deployments team.front", "services team.front", "configmaps team.settings"
ALL = {FRONT, SERVICE, SETTINGS}
SERVER = "https://10.0.0.1:6443"


def step(number: str) -> KsOutput:
    (path,) = STEPS.glob(f"{number}-*.json")
    recorded = json.loads(path.read_text(encoding="utf-8").replace("{{SERVER}}", SERVER))
    return KsOutput(" ".join(recorded["argv"]), recorded["exit"], recorded["stdout"], recorded["stderr"])


def error(code: int, text: str, before: str = "") -> KsOutput:
    return KsOutput("ks apply default", code, "", f"{before}level=error msg={json.dumps(text)}\n")


def test_no_recorded_step_is_forgotten() -> None:
    tested = {f"{number:03}" for number in range(1, 21)}
    assert {path.name[:3] for path in STEPS.glob("*.json")} == tested


@pytest.mark.parametrize(
    ("number", "created", "updated"),
    [
        ("001", ALL, set()),
        ("003", ALL, set()),
        ("004", set(), ALL),
        ("007", set(), {SETTINGS}),
        ("008", set(), set()),
        ("009", set(), {SETTINGS}),
        ("010", set(), ALL),
    ],
)
def test_what_apply_dealt_with(number: str, created: set[str], updated: set[str]) -> None:
    dealt, failed = answers.applied(step(number))
    assert {label for label, new in dealt.items() if new} == created
    assert {label for label, new in dealt.items() if not new} == updated
    assert failed is None


def test_what_diff_found() -> None:
    assert {label: state for label, (state, _text) in answers.differences(step("002")).items()} == dict.fromkeys(ALL, "created")
    assert {label: state for label, (state, _text) in answers.differences(step("005")).items()} == dict.fromkeys(ALL, "unchanged")
    changed = answers.differences(step("006"))
    assert {label: state for label, (state, _text) in changed.items()} == {
        FRONT: "unchanged",
        SERVICE: "unchanged",
        SETTINGS: "changed",
    }
    assert '-    "text": "hello"\n+    "text": "changed"\n' in changed[SETTINGS][1]
    # The exit code is that of the last object alone.
    good = step("006")
    assert answers.differences(KsOutput(good.command, 0, good.out, ""))[SETTINGS][0] == "changed"


def test_what_show_printed() -> None:
    items = answers.objects(step("012"))
    assert [(item["kind"], item["metadata"]["name"]) for item in items] == [
        ("Deployment", "front"),
        ("Service", "front"),
        ("ConfigMap", "settings"),
    ]
    assert items[2]["data"]["list"] == '[1, "two", {"three": 3}]'
    assert answers.objects(KsOutput("ks show default", 0, '{"apiVersion": "v1", "kind": "Pod"}\n', "")) == [
        {"apiVersion": "v1", "kind": "Pod"}
    ]
    assert answers.objects(KsOutput("ks show default", 0, "", "")) == []


@pytest.mark.parametrize("text", ["{", "[]", "3", "---\nkind: Pod\n", '{"kind": 1, "apiVersion": "v1"}'])
def test_what_is_not_objects_is_refused(text: str) -> None:
    with pytest.raises(BootstrapError, match="ks show default did not print objects in JSON"):
        answers.objects(KsOutput("ks show default", 0, text, ""))


def test_validation_by_a_new_cluster_says_nothing_and_by_an_old_one_what_is_wrong() -> None:
    assert answers.invalid(step("011")) is None
    old = 'level=info msg="Validating pods a.b"\nlevel=error msg="Error in pods a.b: found invalid field x"\nlevel=error msg="no"\n'
    assert answers.invalid(KsOutput("ks validate default", 1, "", old)) == {"pods a.b": "found invalid field x"}
    assert answers.invalid(KsOutput("ks validate default", 0, "", "")) == {}


@pytest.mark.parametrize(("number", "labels"), [("018", {SETTINGS}), ("019", ALL), ("020", ALL)])
def test_what_delete_deleted(number: str, labels: set[str]) -> None:
    assert set(answers.deleted(step(number))) == labels


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("013", "ks apply nope stopped: the application has no environment nope. Check kubeflow_environment."),
        ("014", "ks apply default stopped at deployment team.front: the API server does not accept the login. Check that"),
        ("015", "stopped: the application was made for another address of the cluster than the kubeconfig has. Use the context"),
        ("016", "stopped: the application was made for another address of the cluster than the kubeconfig has. Use the context"),
        ("017", "ks apply default stopped: ks asked for a user's name: it got no login for the cluster. Check that"),
    ],
)
def test_recorded_errors_are_explained(number: str, message: str) -> None:
    assert message in str(answers.failure(step(number)))
    with pytest.raises(BootstrapError):
        answers.deleted(step(number))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("handle object: the server could not find the requested resource", "does not serve that version of the kind"),
        ("handle object: Server is unable to handle /v1, Kind=Nope", "does not serve that version of the kind"),
        (
            'handle object: Get "https://127.0.0.1:1/api/v1": dial tcp 127.0.0.1:1: connect: connection refused',
            "can't be reached: dial tcp",
        ),
        ("handle object: Unauthorized", "does not accept the login"),
        ('handle object: can\'t update pods a.b: pods "b" is forbidden: User "x" cannot patch', 'may not do that: forbidden: User "x"'),
        ('handle object: can\'t update services bad: Service "bad" is invalid: spec.ports: Required', "refuses services bad: Service"),
        ("find objects: output: unknown node type: (*ast.Error) &{{{/abs {83 5}", r"ks 0.10.0 can't print (Error)"),
        ("find objects: RUNTIME ERROR: Field does not exist: disks\n\t<x>:12:19", "jsonnet: Field does not exist: disks."),
        ("find objects: parse jsonnet snippet: /abs/bad.jsonnet:2:1 Unexpected end of file.", "jsonnet: /abs/bad.jsonnet:2:1"),
        ("find objects: decode unstructured: Object 'Kind' is missing in '{\"password\":\"x\"}'", "not an object of Kubernetes. Each"),
        ("could not find ksonnet app", "there is no application in its folder"),
        ("something new", "ks apply default stopped: something new."),
    ],
)
def test_other_errors_are_explained(text: str, meaning: str) -> None:
    message = str(answers.failure(error(1, text)))
    assert meaning in message
    assert "password" not in message
    assert "\n" not in message


def test_a_crash_is_one_of_ks() -> None:
    assert "crashed, which is a defect of ks" in str(answers.failure(KsOutput("ks diff default", 2, "", "panic: interface conversion\n")))


def test_apply_names_the_object_that_it_failed_at() -> None:
    before = (
        'level=info msg="Updating configmaps a.b"\nlevel=info msg="Updating pods a.c"\nlevel=info msg=" Creating non-existent pods a.c"\n'
    )
    answer = error(1, "handle object: can't update pods a.c: no", before)
    assert answers.applied(answer) == ({"configmaps a.b": False, "pods a.c": True}, "pods a.c")
    assert "stopped at pods a.c: the API server refuses pods a.c: no." in str(answers.failure(answer))


def test_the_log_of_later_versions_is_read_too() -> None:
    answer = KsOutput("ks apply default", 0, "", "INFO Applying configmaps a.b\nINFO Creating non-existent configmaps a.b\n")
    assert answers.applied(answer) == ({"configmaps a.b": True}, None)


def test_recorded_calls_are_those_that_are_made() -> None:
    recorded = {tuple(json.loads(path.read_text())["argv"]) for path in STEPS.glob("*.json")}
    for verb in ("show", "validate", "diff", "apply", "dry-run", "delete"):
        assert ("ks", *command.arguments(verb, "default")) in recorded
