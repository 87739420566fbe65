# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Good values, each with its reason, and the blockers."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import plan_text
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.plan import plan as compute
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import load

Json = dict[str, t.Any]
Plan = Callable[..., Json]
USAGE_ID = "0b9d7b1e-0000-4000-8000-000000000001"
STORAGE: Json = {
    "id": "default-class",
    "sets": "storageClass",
    "when": "cluster.storage.default",
    "value": "cluster.storage.default",
    "reason": "{cluster.storage.default} is the cluster's default storage class.",
    "alternatives": "cluster.storage.usable",
}
NO_CLASS: Json = {
    "id": "no-class",
    "blocks": True,
    "when": "values.storageClass == 'null'",
    "reason": "No class among {cluster.storage.classes[].name}.",
    "fix": "Install a driver.",
    "command": "kubectl get storageclass -A {values.name}",
}
PLAIN_HTTP: Json = {
    "id": "plain",
    "warns": True,
    "when": "values.serviceType && values.serviceType != 'ClusterIP'",
    "reason": "{values.serviceType} is plain.",
}


@pytest.fixture
def plan(facts: Json, registries: dict[str, Contents], tmp_path: Path) -> Plan:
    """Plans for ``facts``; the parameters of the component ``web`` are given as keywords."""

    def run(
        *,
        rules: list[Json] | None = None,
        app: dict[str, str] | None = None,
        components: dict[str, str] | None = None,
        parameters: Json | None = None,
        web: Json | None = None,
        **more: t.Any,
    ) -> Json:
        own = tmp_path / "own.yml"
        own.write_text(yaml.safe_dump([STORAGE, NO_CLASS, PLAIN_HTTP] if rules is None else rules))
        choices = {
            "name": "kubeflow",
            "namespace": None,
            "parameters": parameters or ({"web": web} if web else {}),
            "apply": False,
            "allow_other_cluster": False,
            "components": components or {"web": "web"},
            "registries": {"shop": {"uri": "/shop"}},
            "packages": {"web": {"registry": "shop"}, "jobs": {"registry": "shop"}},
            "usage_id": USAGE_ID,
            **more,
        }
        return compute(facts, choices, load([str(own)]), registries, app or {}).document

    return run


@pytest.fixture
def written(registries: dict[str, Contents]) -> Callable[[Json, dict[str, str]], dict[str, str]]:
    """The application that a plan comes to, as its files."""
    return lambda planned, current: application.files(planned["application"], current, registries).files


def chosen(document: Json, parameter: str, component: str = "web") -> tuple[t.Any, str]:
    choice = document["parameters"][component][parameter]
    return choice["value"], choice["source"]


def ids(findings: list[Json]) -> list[str]:
    return [item["id"] for item in findings]


# --- values


def test_every_value_has_a_source_and_a_reason(plan: Plan) -> None:
    result = plan(web={"replicas": 3})
    assert result["parameters"]["web"]["storageClass"] == {
        "value": "disk",
        "source": "cluster",
        "reason": "disk is the cluster's default storage class.",
        "rule": "default-class",
        "alternatives": [],
        "no_effect": False,
    }
    replicas = result["parameters"]["web"]["replicas"]
    assert (replicas["value"], replicas["source"], replicas["reason"]) == (3, "user", "You chose it (kubeflow_parameters).")
    service = result["parameters"]["web"]["serviceType"]
    assert (service["value"], service["source"], service["reason"]) == ("ClusterIP", "default", "The package's own value.")
    assert result["namespace"] == {"value": "kubeflow", "source": "default", "reason": "Kubeflow's own namespace."}
    assert (result["blockers"], result["warnings"]) == ([], [])
    assert result["objects"] == ["ConfigMap kubeflow/web", "Deployment.apps kubeflow/web", "Namespace kubeflow", "Service kubeflow/web"]


def test_only_what_was_chosen_goes_into_the_application(plan: Plan) -> None:
    declared = plan(web={"limits": {"cpu": 1}})["application"]
    assert declared["components"] == {"web": {"prototype": "web", "parameters": {"storageClass": "disk", "limits": {"cpu": 1}}}}
    assert declared["record"]["values"]["web"]["limits"]["source"] == "user"
    assert declared["record"]["cluster"]["uid"] == "uid-1"
    assert declared["packages"] == {"web": {"registry": "shop"}, "jobs": {"registry": "shop"}}


def test_the_first_rule_that_applies_wins(plan: Plan) -> None:
    mine = {"id": "mine", "sets": "storageClass", "value": "'fast'", "reason": "Always."}
    passed_over = {**mine, "id": "never", "when": "cluster.nodes.count > `99`"}
    result = plan(rules=[passed_over, mine, STORAGE])["parameters"]["web"]["storageClass"]
    assert (result["value"], result["rule"]) == ("fast", "mine")


def test_the_user_wins_and_what_rests_on_it_follows(plan: Plan) -> None:
    follows = {
        "id": "more",
        "sets": "replicas",
        "when": "values.storageClass == 'own'",
        "value": "`5`",
        "reason": "As {values.storageClass}.",
    }
    broken = {**STORAGE, "id": "broken", "value": "cluster.missing", "when": None}
    result = plan(rules=[follows, broken], web={"storageClass": "own"})
    assert (chosen(result, "storageClass"), chosen(result, "replicas")) == (("own", "user"), (5, "cluster"))
    assert plan(rules=[follows, STORAGE], web={"storageClass": None})["parameters"] == plan(rules=[follows, STORAGE])["parameters"]


def test_rules_see_the_package_s_values_too(plan: Plan) -> None:
    rule = {"id": "two", "sets": "replicas", "when": "values.serviceType == 'ClusterIP'", "value": "`2`", "reason": "x"}
    assert chosen(plan(rules=[rule]), "replicas") == (2, "cluster")


def test_several_components(plan: Plan) -> None:
    for_jobs = {**STORAGE, "id": "for-jobs", "for": ["jobs"], "value": "'slow'"}
    components = {"web": "web", "runs": "jobs"}
    result = plan(rules=[for_jobs, STORAGE, NO_CLASS], components=components, parameters={"runs": {"image": "example.com/run"}})
    assert chosen(result, "storageClass") == ("disk", "cluster")
    assert chosen(result, "storageClass", "runs") == ("slow", "cluster")
    assert "replicas" not in result["parameters"]["runs"]
    assert "Role.rbac.authorization.k8s.io kubeflow/jobs" in result["objects"]
    assert set(result["application"]["components"]) == {"web", "runs"}


def test_what_rules_say_of_several_components_is_said_once(plan: Plan) -> None:
    rule = {"id": "old", "blocks": True, "reason": "Too old.", "fix": "Upgrade."}
    own = {"id": "own", "warns": True, "reason": "Component {values.name}."}
    only = {"id": "only", "warns": True, "for": ["jobs"], "reason": "Jobs."}
    result = plan(rules=[rule, own, only], components={"a": "web", "b": "web"})
    assert ids(result["blockers"]) == ["old"]
    assert [item["reason"] for item in result["warnings"]] == ["Component a.", "Component b."]


def test_a_rule_for_a_parameter_that_no_component_has_does_nothing(plan: Plan) -> None:
    rule = {"id": "colour", "sets": "colour", "value": "cluster.missing", "reason": "x"}
    assert plan(rules=[rule, STORAGE])["parameters"] == plan(rules=[STORAGE])["parameters"]


def test_planning_changes_nothing_that_it_is_given(facts: Json, plan: Plan) -> None:
    before = copy.deepcopy(facts)
    assert plan() == plan()
    assert facts == before


def test_usage_is_reported_only_if_asked_and_under_one_id(plan: Plan, written: Callable[[Json, dict[str, str]], dict[str, str]]) -> None:
    assert chosen(plan(), "usageId") == ("null", "default")
    result = plan(web={"reportUsage": "true"})
    assert chosen(result, "usageId") == (USAGE_ID, "user")
    assert "made once" in result["parameters"]["web"]["usageId"]["reason"]
    assert chosen(plan(web={"reportUsage": "true", "usageId": "mine"}), "usageId") == ("mine", "user")
    # It is kept while reports are off, and says nothing of that.
    off = plan(app=written(result, {}))
    assert chosen(off, "reportUsage") == ("false", "default")
    assert chosen(off, "usageId") == (USAGE_ID, "user")
    assert off["warnings"] == []


# --- effects


def test_a_value_that_changes_nothing_is_told(plan: Plan) -> None:
    result = plan(web={"mount": "/home", "replicas": 4, "limits": {"cpu": 2}})
    assert {name for name, choice in result["parameters"]["web"].items() if choice["no_effect"]} == {"mount"}
    (warning,) = result["warnings"]
    assert (warning["id"], warning["reason"]) == ("no-effect", "web: nothing in any object changes with mount = /home.")


def test_also_one_that_a_rule_chose(plan: Plan) -> None:
    rule = {"id": "mount", "sets": "mount", "value": "'/home'", "reason": "x"}
    assert ids(plan(rules=[rule])["warnings"]) == ["no-effect"]


def test_a_credential_is_told_and_stands_in_the_record_once(plan: Plan, written: Callable[[Json, dict[str, str]], dict[str, str]]) -> None:
    password = "hunter2-Zx9Lm5"
    result = plan(web={"storageClass": f"https://me:{password}@host/x"})
    warning = next(each for each in result["warnings"] if each["id"] == "looks-like-a-credential")
    assert "web.storageClass looks like a credential" in warning["reason"] and "kubeflow_secrets" in warning["fix"]
    files = written(result, {})
    assert password in files["components/params.libsonnet"] and files["bootstrap.yaml"].count(password) == 1
    assert password not in plan_text.text(result) + plan_text.last(files)
    assert "looks-like-a-credential" not in ids(plan(web={"storageClass": "disk"})["warnings"])


def test_the_digest_is_that_of_the_content(plan: Plan, written: Callable[[Json, dict[str, str]], dict[str, str]]) -> None:
    first = plan(web={"storageClass": "disk"})
    assert first["digest"].startswith("sha256:") and plan(web={"storageClass": "disk"})["digest"] == first["digest"]
    other = plan(web={"storageClass": "nfs"})
    assert other["objects"] == first["objects"] and other["digest"] != first["digest"]
    files = written(first, {})
    assert plan(web={"storageClass": "disk"}, app=files)["digest"] == first["digest"]
    component = next(path for path in files if path.startswith("components/") and path.endswith("web.jsonnet"))
    edited = {**files, component: files[component].rstrip().rstrip(";") + " + { edited:: 1 }\n"}
    assert plan(web={"storageClass": "disk"}, app=edited)["digest"] == first["digest"]  # no object has it


def test_the_package_s_own_value_is_not_told(plan: Plan) -> None:
    assert plan(web={"mount": "null"})["warnings"] == []


def test_a_package_that_fails_without_a_value_shows_its_effect(plan: Plan) -> None:
    result = plan(web={"issuer": "https://issuer", "client": "me", "mount": "/home"})
    assert {name for name, choice in result["parameters"]["web"].items() if choice["no_effect"]} == {"mount"}


def test_a_component_that_the_user_rewrote_is_not_judged(plan: Plan, written: t.Any) -> None:
    files = written(plan(), {})
    files["components/web.jsonnet"] = files["components/web.jsonnet"].replace("web.parts", "/* mine */ web.parts")
    assert plan(app=files, web={"mount": "/home"})["warnings"] == []


# --- choices that can't be meant


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"storageclass": "a"}, "declares no parameter 'storageclass'. Did you mean storageClass"),
        ({"replicas": "many"}, "parameter 'replicas': number expected"),
        ({"replicas": True}, "parameter 'replicas': number expected"),
        ({"storageClass": 5}, "parameter 'storageClass': string expected"),
        ({"limits": [1]}, "parameter 'limits': object expected"),
    ],
)
def test_values_that_the_package_does_not_take(plan: Plan, values: Json, message: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        plan(web=values)
    assert message in str(caught.value)


def test_required_parameters(plan: Plan) -> None:
    with pytest.raises(BootstrapError, match="required parameters of io.ksonnet.pkg.jobs are missing: image"):
        plan(components={"runs": "jobs"})
    rule = {"id": "image", "sets": "image", "value": "'example.com/run'", "reason": "x"}
    assert chosen(plan(components={"runs": "jobs"}, rules=[rule]), "image", "runs") == ("example.com/run", "cluster")


def test_components_that_there_are_not(plan: Plan) -> None:
    with pytest.raises(BootstrapError, match="kubeflow_parameters: there is no component 'wep'. There is web."):
        plan(parameters={"wep": {}})
    with pytest.raises(BootstrapError, match=r"No prototype is named 'wep'. There are: .*io\.ksonnet\.pkg\.web"):
        plan(components={"web": "wep"})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"value": "cluster.missing"}, "own.yml: the rule mine applies, but its value is nothing."),
        ({"value": "`5`"}, "own.yml: the rule mine: value: Component 'web', parameter 'storageClass': string expected"),
        ({"when": "length(cluster.nodes.count)"}, "own.yml: the rule mine: when: 'length(cluster.nodes.count)' can't be evaluated"),
        ({"reason": "{length(`5`)}"}, "own.yml: the rule mine: reason: 'length(`5`)' can't be evaluated"),
        ({"alternatives": "'a'"}, "own.yml: the rule mine: alternatives: a list is expected"),
    ],
)
def test_rules_that_can_not_be_meant(plan: Plan, wrong: Json, message: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        plan(rules=[{"id": "mine", "sets": "storageClass", "value": "'a'", "reason": "Because.", **wrong}])
    assert message in str(caught.value)


def test_facts_that_were_cut(facts: Json, plan: Plan) -> None:
    del facts["cluster"]["storage"]
    with pytest.raises(BootstrapError, match=r"The facts lack cluster.storage. Collect them again"):
        plan()


@pytest.mark.parametrize("namespace", ["Kubeflow", "a_b", "-a", "a" * 64, "a.b", "a/b"])
def test_names_that_no_namespace_can_have(plan: Plan, namespace: str) -> None:
    with pytest.raises(BootstrapError, match="kubeflow_namespace: '.*' can't be the name of a namespace."):
        plan(namespace=namespace)


# --- blockers


def test_a_blocker_says_why_what_to_do_and_with_which_command(facts: Json, plan: Plan) -> None:
    facts["cluster"]["storage"]["default"] = None
    (blocker,) = plan()["blockers"]
    assert blocker == {
        "id": "no-class",
        "reason": "No class among disk.",
        "fix": "Install a driver.",
        "command": "kubectl get storageclass -A web",
        "text": "No class among disk. Install a driver. Run: kubectl get storageclass -A web (no-class)",
    }


def test_a_blocker_can_be_ignored_by_its_id(facts: Json, plan: Plan) -> None:
    facts["cluster"]["storage"]["default"] = None
    result = plan(ignore=["no-class"])
    assert result["blockers"] == []
    (warning,) = result["warnings"]
    assert (warning["id"], warning["reason"]) == ("no-class", "Ignored, as you chose (kubeflow_ignore): No class among disk.")
    assert result["application"]["record"]["choices"]["ignore"] == ["no-class"]


@pytest.mark.parametrize("name", ["no-clas", "plain", "cluster-changed"])
def test_only_blockers_can_be_ignored(plan: Plan, name: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        plan(ignore=[name])
    assert (
        f"kubeflow_ignore: there is no blocker '{name}'. Blockers are api-not-served, image-gone, image-not-found, limit-range-too-tight, "
        in str(caught.value)
    )


def test_missing_rights_block_only_who_applies(facts: Json, plan: Plan) -> None:
    facts["cluster"]["permissions"] |= {"rules": [{"verbs": ["get", "list"], "apiGroups": ["*"], "resources": ["*"]}], "missing": None}
    looked, applied = plan(), plan(apply=True)
    assert (looked["blockers"], ids(looked["warnings"])) == ([], ["permission-missing"])
    (blocker,) = applied["blockers"]
    assert blocker["reason"] == (
        "me may not do all that is needed in the namespace kubeflow. Missing: configmaps: create, patch; "
        "deployments.apps: create, patch; leases.coordination.k8s.io: create, delete, update; and 2 more."
    )
    assert "kubectl apply -f rbac.yml" in blocker["command"]
    # With what an admin is given, nothing is missing.
    granted = [{key: rule[key] for key in rule if key != "namespaced"} for rule in applied["rbac"]["missing"]]
    facts["cluster"]["permissions"]["rules"] += granted
    assert (plan(apply=True)["blockers"], plan()["rbac"]) == ([], {"missing": [], "yaml": ""})
    assert plan(apply=True)["warnings"] == []


def test_what_the_cluster_said_of_a_right_counts_more_than_its_rules(facts: Json, plan: Plan) -> None:
    """Rules of a namespace say nothing of the cluster: a Role that grants namespaces grants none."""
    rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}
    missing = [{**rule, "namespaced": False}, {**rule, "namespaced": False, "resources": ["pods", "services"]}]
    for complete in (True, False):
        facts["cluster"]["permissions"] |= {"complete": complete, "missing": missing}
        (blocker,) = plan(apply=True)["blockers"]
        assert blocker["reason"].endswith("Missing: namespaces: create.")


def test_rights_that_can_not_be_listed_block_nobody(facts: Json, plan: Plan) -> None:
    facts["cluster"]["permissions"] = {"namespace": "kubeflow", "complete": False, "rules": []}
    result = plan(apply=True)
    assert (result["blockers"], ids(result["warnings"])) == ([], ["permissions-not-known"])


def test_nobody_grants_more_than_he_has(facts: Json, plan: Plan) -> None:
    """Kubernetes refuses a role with rights that its creator has not."""
    rule = {"verbs": ["create", "get", "list", "patch"], "apiGroups": ["*"], "resources": ["configmaps", "roles"]}
    leases = {"verbs": ["*"], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    facts["cluster"]["permissions"]["rules"] = [rule, leases, {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}]
    jobs = {"components": {"runs": "jobs"}, "parameters": {"runs": {"image": "a"}}, "apply": True, "rules": []}
    result = plan(**jobs)
    (blocker,) = result["blockers"]
    assert blocker["reason"] == (
        "me may not grant what Role.rbac.authorization.k8s.io kubeflow/jobs grants, for want of: pods: create; pods/log: create, get."
    )
    assert result["parts"] == {"admin": ["Role.rbac.authorization.k8s.io kubeflow/jobs"], "user": ["ConfigMap kubeflow/jobs"]}
    facts["cluster"]["permissions"]["rules"].append({"verbs": ["create", "get"], "apiGroups": [""], "resources": ["pods", "*/log"]})
    assert plan(**jobs)["blockers"] == []
    facts["cluster"]["permissions"]["rules"].pop()
    escalate = {"verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"]}
    facts["cluster"]["permissions"]["rules"].append(escalate)
    assert plan(**jobs)["blockers"] == []


def test_the_rights_for_an_admin_to_grant(facts: Json, plan: Plan) -> None:
    facts["cluster"]["permissions"] |= {"rules": [], "missing": None}
    facts["kubeconfig"]["user"] = "system:serviceaccount:ci:runner"
    space, whole, binding, inside, _role_binding = yaml.safe_load_all(plan()["rbac"]["yaml"])
    assert (space["kind"], space["metadata"]["labels"]["site"]) == ("Namespace", "web")
    assert (whole["kind"], whole["rules"]) == (
        "ClusterRole",
        [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create", "get", "list", "patch"]}],
    )
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "runner", "namespace": "ci"}]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": whole["metadata"]["name"]}
    assert (inside["kind"], inside["metadata"]["namespace"]) == ("Role", "kubeflow")
    assert {resource for rule in inside["rules"] for resource in rule["resources"]} == {
        "configmaps",
        "deployments",
        "endpointslices",
        "events",
        "leases",
        "pods",
        "services",
    }


def test_whose_business_the_objects_are(facts: Json, plan: Plan) -> None:
    result = plan(components={"web": "web", "runs": "jobs"}, parameters={"runs": {"image": "a", "whole": "true"}})
    assert result["parts"]["admin"] == ["ClusterRole.rbac.authorization.k8s.io jobs", "Namespace kubeflow"]
    assert sorted(result["parts"]["admin"] + result["parts"]["user"]) == result["objects"]


def test_kinds_that_are_not_served(facts: Json, plan: Plan) -> None:
    del facts["cluster"]["apis"]["apps/v1"]
    result = plan(apply=True)
    assert ids(result["blockers"]) == ["api-not-served"]
    assert "the cluster serves no Deployment in apps/v1" in result["blockers"][0]["reason"]
    assert not [name for name in result["objects"] if name.startswith("Deployment")]


def test_old_versions_are_brought_up(plan: Plan) -> None:
    result = plan(components={"runs": "jobs"}, parameters={"runs": {"image": "a", "version": "v1beta1"}})
    assert (result["blockers"], result["objects"]) == ([], ["ConfigMap kubeflow/jobs", "Role.rbac.authorization.k8s.io kubeflow/jobs"])
    (brought,) = result["brought_up"]
    assert (brought["from"], brought["to"]) == ("rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1")
    assert brought["object"] == "Role.rbac.authorization.k8s.io kubeflow/jobs"


def test_apis_that_are_not_known_block_nothing(facts: Json, plan: Plan) -> None:
    facts["cluster"]["apis"] = {}
    result = plan(apply=True)
    assert result["blockers"] == []
    assert any(name.startswith("Deployment.apps") for name in result["objects"])


# --- an existing application


def test_what_the_user_edited_stays_and_what_rests_on_it_follows(plan: Plan, written: t.Any) -> None:
    follows = {"id": "two", "sets": "replicas", "when": "values.serviceType == 'NodePort'", "value": "`2`", "reason": "x"}
    service = {"id": "service", "sets": "serviceType", "value": "'LoadBalancer'", "reason": "x"}
    rules = [service, follows, PLAIN_HTTP]
    files = written(plan(rules=rules), {})
    path = "components/params.libsonnet"
    assert 'serviceType: "LoadBalancer"' in files[path]
    files[path] = files[path].replace('serviceType: "LoadBalancer"', 'serviceType: "NodePort"')
    result = plan(rules=rules, app=files)
    choice = result["parameters"]["web"]["serviceType"]
    assert (choice["value"], choice["source"], choice["alternatives"]) == ("NodePort", "user", ["LoadBalancer"])
    assert choice["reason"] == "You changed it in components/params.libsonnet."
    assert chosen(result, "replicas") == (2, "cluster")
    assert [item["reason"] for item in result["warnings"]] == ["NodePort is plain."]
    # What is declared stays what was planned: so it is told from what the user wants.
    assert result["application"]["components"]["web"]["parameters"]["serviceType"] == "LoadBalancer"


def test_an_application_keeps_its_namespace(plan: Plan, written: t.Any) -> None:
    files = written(plan(namespace="ml"), {})
    again = plan(app=files)
    assert (again["namespace"]["value"], again["blockers"]) == ("ml", [])
    (blocker,) = plan(app=files, namespace="other")["blockers"]
    assert blocker["id"] == "namespace-changed"
    assert blocker["reason"] == "The application already exists, for the namespace ml; in other it would be a second one."
    assert plan(app=files, namespace="other", ignore=["namespace-changed"])["blockers"] == []


def test_an_application_of_another_cluster_is_not_taken_over_unasked(facts: Json, plan: Plan, written: t.Any) -> None:
    files = written(plan(), {})
    assert plan(app=files)["blockers"] == []
    facts["cluster"]["uid"] = "uid-2"
    (blocker,) = plan(app=files)["blockers"]
    assert blocker["id"] == "cluster-changed"
    assert "UID uid-1" in blocker["reason"]
    assert "UID uid-2" in blocker["reason"]
    assert plan(app=files, allow_other_cluster=True)["blockers"] == []
