# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploying and removing by ks: which commands are run, and the outcome. The answers are recorded ones."""

from __future__ import annotations

import contextlib
import json
import types
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status import wait
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks import answers, apply
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.answers import KsOutput
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.identity import SYSTEM, ClusterIdentity, OtherCluster

STEPS = Path(__file__).parents[4] / "tests/conformance/ks-0.10.0/cluster-steps"
SERVED: t.Any = {
    "v1": {
        "ConfigMap": {"resource": "configmaps", "namespaced": True},
        "Service": {"resource": "services", "namespaced": True},
        "Secret": {"resource": "secrets", "namespaced": True},
        "PersistentVolumeClaim": {"resource": "persistentvolumeclaims", "namespaced": True},
        "Namespace": {"resource": "namespaces", "namespaced": False},
    },
    "apps/v1": {"Deployment": {"resource": "deployments", "namespaced": True}},
    "apiextensions.k8s.io/v1": {"CustomResourceDefinition": {"resource": "customresourcedefinitions", "namespaced": False}},
}
UNCHANGED, CREATED = {"unchanged": 3}, {"created": 3}


def step(name: str) -> KsOutput:
    recorded = json.loads((STEPS / f"{name}.json").read_text(encoding="utf-8"))
    return KsOutput(" ".join(recorded["argv"]), recorded["exit"], recorded["stdout"], recorded["stderr"])


class Tool:
    """A ks that gives each answer once, in order, and fails on any other call."""

    environment = "default"

    def __init__(self, *expected: tuple[str, KsOutput]) -> None:
        self.expected = list(expected)

    def run(self, verb: str, component: str | None = None) -> KsOutput:
        actual = f"{verb} {component}" if component else verb
        assert self.expected, f"{actual} was not expected"
        expected, answer = self.expected.pop(0)
        assert actual == expected
        return answer


def each(verb: str, answer: KsOutput) -> list[tuple[str, KsOutput]]:
    """What was recorded for all, component by component."""
    names = {"front": "team.front", "settings": "team.settings"}
    lines = answer.err.splitlines(keepends=True)
    return [
        (f"{verb} {component}", KsOutput(answer.command, answer.code, answer.out, "".join(line for line in lines if name in line)))
        for component, name in names.items()
    ]


class Cluster:
    """``live``: the answers by path, the last of which stays."""

    def __init__(self, minor: str = "35+", **live: t.Any) -> None:
        self.live: dict[str, list[t.Any]] = {"/version": [{"major": "1", "minor": minor}], **live}
        self.connections = self
        self.identity = ClusterIdentity(self)  # type: ignore[arg-type]

    def retrying(self, _policy: t.Any) -> t.Any:
        return contextlib.nullcontext(self)

    def get(self, path: str, _accept: str = "") -> t.Any:
        answers = self.live.get(path, [None])
        item = answers.pop(0) if len(answers) > 1 else answers[0]
        if item is None:
            raise ApiError(404, {}, path)
        return item

    find = Client.find

    def items(self, _path: str, *_more: t.Any, **_params: t.Any) -> t.Any:
        return iter(())

    def document(self, path: str, *_fields: str) -> t.Any:
        return self.get(path)

    def map(self, work: t.Any, items: t.Any) -> list[t.Any]:
        return [work(item) for item in items]

    def begin_proving(self) -> None:
        """Its answers name no cluster."""

    def proved_by_answers(self) -> bool:
        return False


SHOWN = tuple(answers.objects(step("012-show")))
RENDERED = {"front": list(SHOWN[:2]), "settings": list(SHOWN[2:])}
DEPLOYMENT = "/apis/apps/v1/namespaces/team/deployments/front"


def labelled(shown: t.Sequence[t.Any] = SHOWN) -> dict[str, apply.KsObject]:
    return apply.labelled(shown, RENDERED, SERVED, "team")


def options(**more: t.Any) -> Options:
    return Options(**{"timeout": 0.0, "progress": lambda line: None, **more})


def item(version: str, kind: str, name: str, **metadata: t.Any) -> dict[str, t.Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **metadata}}


def run(tool: Tool, cluster: Cluster, shown: t.Sequence[t.Any], **more: t.Any) -> apply.KsRun:
    return apply.KsRun(cluster, "app", "team", SERVED, tool, labelled(shown), options(**more))  # type: ignore[arg-type]


def present(tool: Tool, cluster: Cluster | None = None, shown: t.Sequence[t.Any] = SHOWN, **more: t.Any) -> t.Any:
    outcome = run(tool, cluster or Cluster(), shown, **more).present()
    assert not tool.expected
    return outcome


def test_objects_are_named_as_ks_names_them() -> None:
    assert {label: (str(thing.key), thing.component) for label, thing in labelled().items()} == {
        "deployments team.front": ("Deployment.apps team/front", "front"),
        "services team.front": ("Service team/front", "front"),
        "configmaps team.settings": ("ConfigMap team/settings", "settings"),
    }
    # Without a namespace in the manifest, ks leaves it out; the object goes to the environment's.
    assert {label: str(thing.key) for label, thing in labelled([item("v1", "Secret", "s"), item("v1", "Namespace", "n")]).items()} == {
        "secrets s": "Secret team/s",
        "namespaces n": "Namespace n",
    }


def test_a_kind_that_is_not_served_is_refused_before_ks_stops_at_it() -> None:
    with pytest.raises(BootstrapError, match="the cluster serves no Deployment in extensions/v1beta1"):
        labelled([*SHOWN, item("extensions/v1beta1", "Deployment", "old")])


def test_first_everything_is_created() -> None:
    outcome = present(Tool(("diff", step("002-diff-nothing-there")), *each("apply", step("003-apply"))))
    assert outcome.document()["counts"] == CREATED
    assert outcome.changed


def test_then_nothing_is_applied() -> None:
    outcome = present(Tool(("diff", step("005-diff-subset-same"))))
    assert outcome.document()["counts"] == UNCHANGED
    assert not outcome.changed


def test_changed_and_unchanged_objects_are_told_apart() -> None:
    # What has nothing to do is not run.
    again = each("apply", step("004-apply-again"))[1]
    outcome = present(Tool(("diff", step("006-diff-subset-changed")), again), diff=True)
    assert [(entry["object"], entry["action"]) for entry in outcome.objects] == [
        ("Deployment.apps team/front", "unchanged"),
        ("Service team/front", "unchanged"),
        ("ConfigMap team/settings", "changed"),
    ]
    assert [each["after_header"] for each in outcome.differences] == ["ConfigMap team/settings"]
    assert '+    "text": "changed"' in outcome.differences[0]["prepared"]


def test_check_mode_writes_nothing() -> None:
    outcome = present(Tool(("diff", step("002-diff-nothing-there"))), check=True, timeout=600.0)
    assert outcome.document()["counts"] == CREATED
    assert outcome.changed


def test_where_diff_crashes_the_dry_run_and_apply_count() -> None:
    crash = ("diff", KsOutput("ks diff default", 2, "", "panic: interface conversion"))
    outcome = present(Tool(crash, *each("dry-run", step("001-apply-dry-run"))), check=True)
    assert outcome.document()["counts"] == CREATED
    outcome = present(Tool(crash, *each("apply", step("004-apply-again"))))
    assert outcome.document()["counts"] == {"changed": 3}


def test_the_values_of_secrets_are_not_shown() -> None:
    label = "secrets team.login"
    text = f'---\n- live {label}\n+ config {label}\n {{\n   "data": {{\n-    "p": "b2xk"\n+    "p": "bmV3"\n   }}\n }}\n'
    secret = [item("v1", "Secret", "login", namespace="team")]
    tool = Tool(("diff", KsOutput("ks diff default", 10, text, "")))
    outcome = present(tool, shown=secret, check=True, diff=True)
    assert outcome.changed
    assert "bmV3" not in json.dumps(outcome.differences) + json.dumps(outcome.document())


def test_the_error_of_a_failed_apply_carries_the_outcome() -> None:
    log = (
        'level=info msg="Updating deployments team.front"\nlevel=info msg=" Creating non-existent deployments team.front"\n'
        'level=info msg="Updating services team.front"\n'
        'level=error msg="handle object: can\'t update services team.front: spec.ports: Required value"\n'
    )
    tool = Tool(("diff", step("002-diff-nothing-there")), ("apply front", KsOutput("ks apply default -c front", 1, "", log)))
    with pytest.raises(BootstrapError, match="stopped at services team.front: the API server refuses .*Required value") as raised:
        present(tool)
    assert raised.value.details["changed"]
    assert {entry["object"]: entry["action"] for entry in raised.value.details["outcome"]["objects"]} == {
        "Deployment.apps team/front": "created",
        "Service team/front": "failed",
        "ConfigMap team/settings": "not reached",
    }


def test_a_wrong_login_is_explained_with_the_object_that_it_showed_at() -> None:
    tool = Tool(("diff", step("002-diff-nothing-there")), ("apply front", step("014-apply-bad-token")))
    with pytest.raises(BootstrapError, match="the API server does not accept the login") as raised:
        present(tool)
    assert raised.value.details["outcome"]["counts"] == {"failed": 1, "not reached": 2}
    assert not raised.value.details["changed"]


def test_silence_is_not_success() -> None:
    tool = Tool(("diff", step("002-diff-nothing-there")), ("apply front", step("008-apply-unknown-component")))
    with pytest.raises(BootstrapError, match=r"ended well, but said nothing of Deployment.apps team/front, Service"):
        present(tool)


def test_an_error_of_diff_is_one_of_the_deployment() -> None:
    with pytest.raises(BootstrapError, match="does not accept the login"):
        present(Tool(("diff", KsOutput("ks diff default", 1, "", 'level=error msg="Unauthorized"\n'))))


def test_an_old_cluster_is_asked_to_validate_first() -> None:
    good = KsOutput("ks validate default", 0, "", "")
    outcome = present(Tool(("validate", good), ("diff", step("005-diff-subset-same"))), Cluster("13"))
    assert outcome.document()["counts"] == UNCHANGED
    bad = KsOutput(
        "ks validate default", 1, "", 'level=error msg="Error in pods a.b: unknown field x"\nlevel=error msg="validation failed"\n'
    )
    with pytest.raises(BootstrapError, match="ks validate rejects 1 objects: pods a.b: unknown field x"):
        present(Tool(("validate", bad)), Cluster("9"))


def test_workloads_are_awaited_as_by_the_native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_FIRST_PAUSE", 0.001)
    metadata = {"generation": 1}
    busy = {"metadata": metadata, "spec": {"replicas": 2}, "status": {"observedGeneration": 1, "updatedReplicas": 1}}
    ready = {**busy, "status": {"observedGeneration": 1, "updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}}
    tool = Tool(("diff", step("005-diff-subset-same")))
    cluster = Cluster(**{DEPLOYMENT: [None, busy, busy, ready]})
    present(tool, cluster, timeout=60.0)
    assert cluster.live[DEPLOYMENT] == [ready]
    with pytest.raises(BootstrapError, match=r"Not ready after 0.01 seconds: Deployment.apps team/front \(1 of 2 pods updated\)") as raised:
        present(Tool(("diff", step("005-diff-subset-same"))), Cluster(**{DEPLOYMENT: [busy]}), timeout=0.01)
    assert raised.value.details["waiting"] == {"Deployment.apps team/front": "1 of 2 pods updated"}


def absent(tool: Tool, cluster: Cluster, shown: t.Sequence[t.Any] = SHOWN, remove_data: bool = False, **more: t.Any) -> t.Any:
    outcome = run(tool, cluster, shown, **more).absent(remove_data)
    assert not tool.expected
    return outcome


def test_what_does_not_exist_is_not_deleted() -> None:
    outcome = absent(Tool(), Cluster())
    assert outcome.objects == []
    assert not outcome.changed


def test_existing_objects_are_deleted_and_awaited() -> None:
    live = {"metadata": {"uid": "1"}}
    tool = Tool(each("delete", step("019-delete"))[0])
    outcome = absent(tool, Cluster(**{DEPLOYMENT: [live, live, live, None]}), timeout=60.0)
    assert [(entry["object"], entry["action"]) for entry in outcome.objects] == [("Deployment.apps team/front", "removed")]
    assert outcome.changed
    assert absent(Tool(), Cluster(**{DEPLOYMENT: [live]}), check=True, timeout=60.0).changed
    with pytest.raises(BootstrapError, match="1 object is still there after 0.01 seconds: Deployment.apps team/front"):
        absent(Tool(each("delete", step("019-delete"))[0]), Cluster(**{DEPLOYMENT: [live]}), timeout=0.01)


def test_data_is_only_deleted_on_request() -> None:
    claim = [item("v1", "PersistentVolumeClaim", "disk", namespace="team")]
    path = "/api/v1/namespaces/team/persistentvolumeclaims/disk"
    with pytest.raises(BootstrapError, match=r"ks would delete PersistentVolumeClaim team/disk.*kubeflow_remove_data=true"):
        absent(Tool(), Cluster(**{path: [{"metadata": {}}]}), claim)
    live = {"metadata": {"uid": "1"}}
    assert absent(Tool(("delete", step("019-delete"))), Cluster(**{path: [live, None]}), claim, remove_data=True).changed


def test_each_command_of_ks_is_for_the_cluster_that_it_was_planned_for() -> None:
    """``ks`` opens connections of its own: right before each command it is asked who answers."""

    def another(uids: list[str]) -> Cluster:
        cluster = Cluster(**{SYSTEM: [{"metadata": {"uid": uid}} for uid in uids], DEPLOYMENT: [{"metadata": {"uid": "1"}}]})
        cluster.connection = types.SimpleNamespace(server="https://one", name="trial")  # type: ignore[attr-defined]
        cluster.identity.bind("one")
        return cluster

    front, settings = each("apply", step("003-apply"))
    with pytest.raises(OtherCluster, match="the UID of kube-system was one, and is two now"):
        present(Tool(("diff", step("002-diff-nothing-there"))), another(["two"]))
    with pytest.raises(OtherCluster):
        present(Tool(("diff", step("002-diff-nothing-there")), front), another(["one", "two"]))
    assert present(Tool(("diff", step("002-diff-nothing-there")), front, settings), another(["one"])).changed
    with pytest.raises(OtherCluster):
        absent(Tool(), another(["two"]), timeout=60.0)
