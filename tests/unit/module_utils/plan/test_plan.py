# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Good values, each with its reason, and what stands in the way: with the collection's own package and rules."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.plan import COMPONENT, PACKAGES, make
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.rules import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry

Json = dict[str, t.Any]
RULES = Path(__file__).parents[4] / "roles" / "kubeflow" / "files" / "rules"
NAMESPACED = {
    "v1": ["ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim", "Pod"],
    "apps/v1": ["Deployment", "StatefulSet"],
    "batch/v1": ["Job"],
    "rbac.authorization.k8s.io/v1": ["Role", "RoleBinding"],
    "policy/v1": ["PodDisruptionBudget"],
    "networking.k8s.io/v1": ["NetworkPolicy"],
}
APIS: Json = {
    version: {kind: {"resource": f"{kind.lower()}s", "namespaced": True} for kind in kinds} for version, kinds in NAMESPACED.items()
}
APIS["v1"]["Namespace"] = {"resource": "namespaces", "namespaced": False}
ALL = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
DISK = {"name": "disk", "provisions": True}
LOCAL = {"name": "local", "provisions": False}


@pytest.fixture
def facts() -> Json:
    """A small plain cluster, where nothing stands in the way and nothing is doubtful."""
    return {
        "kubeconfig": {"user": "me", "context": "trial", "tls": {"verify": True}},
        "cloud": {"provider": None},
        "cluster": {
            "server": "https://10.0.0.1:6443",
            "uid": "uid-1",
            "version": {"git_version": "v1.35.0", "major": 1, "minor": 35},
            "distribution": {"name": "kubernetes", "signals": []},
            "nodes": {"count": 1, "ready": 1, "schedulable": 1, "usable": 1, "architectures": {"amd64": 1}, "accelerators": []},
            "storage": {"classes": [DISK, LOCAL], "default": "disk", "usable": ["disk"], "defaults": ["disk"]},
            "ingress_classes": [],
            "apis": copy.deepcopy(APIS),
            "permissions": {"namespace": "kubeflow", "complete": True, "rules": ALL},
            "unknown": [],
        },
    }


@pytest.fixture(scope="session")
def registries() -> dict[str, dict[str, str]]:
    packages = {package: {"registry": name} for name, names in PACKAGES.items() for package in names}
    return registry.contents({name: {"uri": "embedded"} for name in PACKAGES}, packages, Path("/nowhere"), registry.Sources())


@pytest.fixture
def plan(facts: Json, registries: t.Any, tmp_path: Path) -> Callable[..., Json]:
    """Plans for ``facts``; the user's parameters are given as keywords."""

    def run(
        *,
        rules: list[Json] | None = None,
        app: Path | None = None,
        apply: bool = False,
        namespace: str | None = None,
        move: bool = False,
        **given: t.Any,
    ) -> Json:
        own = tmp_path / "own.yml"
        own.write_text(yaml.safe_dump(rules or []))
        choices = {
            "name": "kubeflow",
            "namespace": namespace,
            "parameters": {COMPONENT: given} if given else {},
            "apply": apply,
            "move": move,
        }
        return make(facts, choices, load([str(own), str(RULES)]), registries, folder.read(app) if app else {})

    return run


def change(facts: Json, path: str, value: t.Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        facts = facts[name]
    facts[last] = value


def ids(found: Json) -> set[str]:
    """The rules that a plan rests on."""
    chosen = {choice["rule"] for choice in found["parameters"][COMPONENT].values()} - {None}
    return chosen | {item["id"] for item in [*found["blockers"], *found["warnings"]]}


NO_CLASSES = {"classes": [LOCAL], "default": None, "usable": [], "defaults": []}
GPU = {"resource": "nvidia.com/gpu", "count": 2, "products": ["L4"]}
# Rule: changes of the facts, and the user's parameters, that bring it up.
REACHED: dict[str, tuple[Json, Json]] = {
    "load-balancer-of-the-cloud": ({"cluster.distribution": {"name": "gke", "signals": ["label x"]}}, {}),
    "port-forward": ({}, {}),
    "no-tls": ({}, {"gatewayServiceType": "NodePort"}),
    "one-password": ({}, {}),
    "cloud-of-the-distribution": ({"cluster.distribution": {"name": "openshift", "signals": ["api x"]}}, {}),
    "version-too-old": ({"cluster.version": {"git_version": "v1.29.1", "major": 1, "minor": 29}}, {}),
    "no-usable-node": ({"cluster.nodes.usable": 0}, {}),
    "no-node-yet": ({"cluster.nodes.count": 0, "cluster.nodes.architectures": {}}, {}),
    "no-image-for-the-architecture": ({"cluster.nodes.architectures": {"s390x": 1}}, {}),
    "not-everything-could-be-read": ({"cluster.unknown": [{"what": "Node", "why": "forbidden"}]}, {}),
    "certificate-not-verified": ({"kubeconfig.tls.verify": False}, {}),
    "gpu-of-the-nodes": ({"cluster.nodes.accelerators": [GPU]}, {}),
    "gateway-on-two-nodes": ({"cluster.nodes.usable": 2, "cluster.nodes.count": 2}, {}),
    "storage-class-default": ({}, {}),
    "storage-class-usable": ({"cluster.storage.default": None}, {}),
    "notebook-volume": ({}, {}),
    "no-storage-class": ({"cluster.storage": NO_CLASSES}, {}),
    "storage-class-unknown": ({}, {"storageClass": "gone"}),
    "storage-class-makes-nothing": ({}, {"storageClass": "local"}),
    "several-default-classes": ({"cluster.storage.defaults": ["disk", "nfs"]}, {}),
}
ALWAYS = {"port-forward", "one-password", "storage-class-default", "notebook-volume"}


def test_no_rule_is_left_out_here() -> None:
    assert {rule.id for rule in load([str(RULES)])} == set(REACHED)


@pytest.mark.parametrize("rule", REACHED)
def test_each_rule_is_reached_and_only_where_it_belongs(facts: Json, plan: t.Any, rule: str) -> None:
    assert ids(plan()) == ALWAYS
    changes, given = REACHED[rule]
    for path, value in changes.items():
        change(facts, path, value)
    found = plan(**given)
    assert rule in ids(found)
    said = [*found["blockers"], *found["warnings"], *found["parameters"][COMPONENT].values()]
    assert not [item["reason"] for item in said if "{" in item["reason"] or "nothing" in item["reason"].split()]


# --- values


def test_a_plain_cluster(plan: t.Any) -> None:
    found = plan()
    chosen = found["parameters"][COMPONENT]
    assert chosen["storageClass"] == {
        "value": "disk",
        "source": "cluster",
        "reason": "disk is the cluster's default storage class.",
        "rule": "storage-class-default",
        "alternatives": [],
    }
    assert (chosen["jupyterNotebookPVCMount"]["value"], chosen["gatewayServiceType"]["value"]) == ("/home/jovyan/work", "ClusterIP")
    assert chosen["gatewayServiceType"]["alternatives"] == ["LoadBalancer", "NodePort"]
    assert (chosen["gatewayReplicas"]["source"], chosen["gatewayReplicas"]["reason"]) == ("default", "The package's own value.")
    assert found["namespace"] == {"value": "kubeflow", "source": "default", "reason": "Kubeflow's own namespace."}
    assert found["blockers"] == []
    assert found["cluster"] == {"uid": "uid-1", "server": "https://10.0.0.1:6443", "version": "v1.35.0", "distribution": "kubernetes"}
    assert "Namespace kubeflow" in found["objects"]
    assert found["objects"] == sorted(found["objects"])


def test_the_user_wins_and_what_rests_on_it_follows(plan: t.Any) -> None:
    chosen = plan(storageClass="local", gatewayReplicas=3)["parameters"][COMPONENT]
    assert (chosen["storageClass"]["value"], chosen["storageClass"]["source"], chosen["storageClass"]["rule"]) == ("local", "user", None)
    assert (chosen["gatewayReplicas"]["value"], chosen["gatewayReplicas"]["reason"]) == (3, "You chose it (kubeflow_parameters).")
    assert "Claims of the class local get a volume" in chosen["jupyterNotebookPVCMount"]["reason"]


def test_a_parameter_without_a_value_was_not_chosen(plan: t.Any) -> None:
    assert plan(storageClass=None)["parameters"] == plan()["parameters"]


def test_a_rule_for_what_the_user_chose_is_not_asked(plan: t.Any) -> None:
    broken = {"id": "broken", "sets": "storageClass", "value": "cluster.missing", "reason": "Because."}
    assert plan(rules=[broken], storageClass="disk")["parameters"][COMPONENT]["storageClass"]["source"] == "user"


def test_the_user_s_namespace(plan: t.Any) -> None:
    found = plan(namespace="ml")
    assert (found["namespace"]["value"], found["namespace"]["source"]) == ("ml", "user")
    assert "Namespace ml" in found["objects"]
    assert found["application"]["environments"]["default"]["namespace"] == "ml"


def test_the_first_rule_wins_and_the_user_s_come_first(plan: t.Any) -> None:
    mine = {"id": "mine", "sets": "storageClass", "value": "'fast'", "reason": "We always take {cluster.storage.classes[0].name}."}
    other = {**mine, "id": "other", "value": "'slow'"}
    chosen = plan(rules=[mine, other])["parameters"][COMPONENT]["storageClass"]
    assert (chosen["value"], chosen["rule"], chosen["reason"]) == ("fast", "mine", "We always take disk.")
    passed_over = {**mine, "when": "cluster.nodes.count > `99`"}
    assert plan(rules=[passed_over, other])["parameters"][COMPONENT]["storageClass"]["rule"] == "other"


def test_gpus_of_which_there_are_most(facts: Json, plan: t.Any) -> None:
    facts["cluster"]["nodes"]["accelerators"] = [{"resource": "amd.com/gpu", "count": 1, "products": []}, GPU]
    chosen = plan()["parameters"][COMPONENT]["gpuResource"]
    assert (chosen["value"], chosen["alternatives"]) == ("nvidia.com/gpu", ["amd.com/gpu"])
    assert chosen["reason"].startswith("Nodes offer nvidia.com/gpu (product: L4)")


def test_only_what_was_chosen_goes_into_the_application(plan: t.Any) -> None:
    declared = plan(jupyterNotebookPVCSize="20Gi")["application"]
    written = declared["components"][COMPONENT]["parameters"]
    assert written == {
        "storageClass": "disk",
        "jupyterNotebookPVCMount": "/home/jovyan/work",
        "gatewayServiceType": "ClusterIP",
        "jupyterNotebookPVCSize": "20Gi",
    }
    assert declared["record"]["values"][COMPONENT]["jupyterNotebookPVCSize"]["source"] == "user"
    assert declared["record"]["cluster"]["uid"] == "uid-1"


def test_planning_changes_nothing_that_it_is_given(facts: Json, plan: t.Any) -> None:
    before = copy.deepcopy(facts)
    assert plan() == plan()
    assert facts == before


# --- choices that can't be meant


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"storageclass": "a"}, "declares no parameter 'storageclass'. Did you mean storageClass"),
        ({"gatewayReplicas": "many"}, "parameter 'gatewayReplicas': number expected"),
        ({"gatewayReplicas": True}, "parameter 'gatewayReplicas': number expected"),
        ({"storageClass": 5}, "parameter 'storageClass': string expected"),
        ({"storageClass": ["a"]}, "parameter 'storageClass': string expected"),
    ],
)
def test_values_that_the_package_does_not_take(plan: t.Any, given: Json, said: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        plan(**given)
    assert said in str(caught.value)


def test_components_that_there_are_not(facts: Json, registries: t.Any) -> None:
    choices = {"name": "kubeflow", "namespace": None, "parameters": {"kubeflow-cor": {}}, "apply": False, "move": False}
    with pytest.raises(BootstrapError, match="kubeflow_parameters: there is no component 'kubeflow-cor'. There is kubeflow-core."):
        make(facts, choices, [], registries, {})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"value": "cluster.missing"}, "own.yml: the rule mine applies, but its value is nothing."),
        ({"sets": "colour"}, "A rule sets colour, which io.ksonnet.pkg.kubeflow-core does not declare."),
        ({"value": "`5`"}, "parameter 'storageClass': string expected"),
        ({"when": "length(cluster.nodes.count)"}, "own.yml: the rule mine: 'length(cluster.nodes.count)' can't be evaluated"),
    ],
)
def test_rules_that_can_not_be_meant(plan: t.Any, wrong: Json, said: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        plan(rules=[{"id": "mine", "sets": "storageClass", "value": "'a'", "reason": "Because.", **wrong}])
    assert said in str(caught.value)


# --- what stands in the way


def test_a_blocker_says_why_and_what_to_do(facts: Json, plan: t.Any) -> None:
    facts["cluster"]["storage"] = NO_CLASSES
    (blocker,) = plan()["blockers"]
    assert blocker["id"] == "no-storage-class"
    assert blocker["reason"] == "No storage class makes volumes (there are: local), so the hub's claim would wait for ever."
    assert blocker["text"] == f"{blocker['reason']} {blocker['fix']} (no-storage-class)"


def test_classes_that_may_not_be_read_block_nothing(facts: Json, plan: t.Any) -> None:
    facts["cluster"]["storage"] = {"classes": [], "default": None, "usable": [], "defaults": []}
    facts["cluster"]["unknown"] = [{"what": "StorageClass.storage.k8s.io", "why": "forbidden"}]
    found = plan()
    assert (found["blockers"], found["parameters"][COMPONENT]["storageClass"]["source"]) == ([], "default")
    assert "not-everything-could-be-read" in ids(found)


def test_a_user_s_own_blocker(plan: t.Any) -> None:
    mine = {
        "id": "mine",
        "blocks": True,
        "when": "values.gatewayReplicas < `2`",
        "reason": "{values.gatewayReplicas} is too few.",
        "fix": "More.",
    }
    assert [item["text"] for item in plan(rules=[mine])["blockers"]] == ["1 is too few. More. (mine)"]
    assert plan(rules=[mine], gatewayReplicas=2)["blockers"] == []


def test_missing_rights_block_only_who_applies(facts: Json, plan: t.Any) -> None:
    facts["cluster"]["permissions"]["rules"] = [{"verbs": ["get", "list"], "apiGroups": ["*"], "resources": ["*"]}]
    looked, applied = plan(), plan(apply=True)
    assert looked["blockers"] == []
    (blocker,) = applied["blockers"]
    assert blocker["id"] == "permission-missing"
    assert blocker["reason"].startswith("me may not do all that is needed in the namespace kubeflow. Missing: configmaps: create, patch;")
    assert "deployments.apps: create, patch" in blocker["reason"]
    assert blocker["reason"] in [item["reason"] for item in looked["warnings"]]


def test_rights_that_can_not_be_listed_block_nobody(facts: Json, plan: t.Any) -> None:
    facts["cluster"]["permissions"] = {"namespace": "kubeflow", "complete": False, "rules": []}
    assert plan(apply=True)["blockers"] == []


def test_kinds_that_are_not_served(facts: Json, plan: t.Any) -> None:
    del facts["cluster"]["apis"]["apps/v1"]
    found = plan(apply=True)
    assert {item["id"] for item in found["blockers"]} == {"api-not-served"}
    assert any("the cluster serves no Deployment in apps/v1" in item["reason"] for item in found["blockers"])
    assert not [name for name in found["objects"] if name.startswith("Deployment")]


def test_apis_that_are_not_known_block_nothing(facts: Json, plan: t.Any) -> None:
    facts["cluster"]["apis"] = {}
    found = plan(apply=True)
    assert found["blockers"] == []
    assert any(name.startswith("Deployment.apps") for name in found["objects"])


# --- an application that is there already


def test_what_the_user_edited_stays_and_is_shown(facts: Json, plan: t.Any, tmp_path: Path) -> None:
    app = tmp_path / "app"
    folder.converge(app, plan()["application"])
    params = app / "components" / "params.libsonnet"
    text = params.read_text()
    assert 'gatewayServiceType: "ClusterIP"' in text
    params.write_text(text.replace('gatewayServiceType: "ClusterIP"', 'gatewayServiceType: "NodePort"'))
    found = plan(app=app)
    assert found["parameters"][COMPONENT]["gatewayServiceType"] == {
        "value": "NodePort",
        "source": "user",
        "reason": "You changed it in components/params.libsonnet.",
        "rule": None,
        "alternatives": ["ClusterIP"],
    }
    # What follows from it, follows from what the user wrote.
    assert "no-tls" in ids(found)
    assert any("NodePort" in item["reason"] for item in found["warnings"])


@pytest.mark.parametrize("namespace", ["Kubeflow", "a_b", "-a", "a" * 64, "a.b", "a/b"])
def test_names_that_no_namespace_can_have(plan: t.Any, namespace: str) -> None:
    with pytest.raises(BootstrapError, match="kubeflow_namespace: '.*' can't be the name of a namespace."):
        plan(namespace=namespace)


def test_an_application_keeps_its_namespace(plan: t.Any, tmp_path: Path) -> None:
    app = tmp_path / "app"
    folder.converge(app, plan(namespace="ml")["application"])
    again = plan(app=app)
    assert (again["namespace"]["value"], again["blockers"]) == ("ml", [])
    (blocker,) = plan(app=app, namespace="other")["blockers"]
    assert blocker["id"] == "namespace-changed"
    assert blocker["reason"] == "The application is there already, for the namespace ml; in other it would be a second one."


def test_an_application_of_another_cluster_is_not_taken_over_unasked(facts: Json, plan: t.Any, tmp_path: Path) -> None:
    app = tmp_path / "app"
    folder.converge(app, plan()["application"])
    assert plan(app=app)["blockers"] == []
    facts["cluster"]["uid"] = "uid-2"
    (blocker,) = plan(app=app)["blockers"]
    assert blocker["id"] == "cluster-changed"
    assert "UID uid-1" in blocker["reason"]
    assert "UID uid-2" in blocker["reason"]
    assert plan(app=app, move=True)["blockers"] == []
