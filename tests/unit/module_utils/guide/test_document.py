# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the guide asks, and of what it warns."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.guide.document import document, schema

CLASSES = [
    {"name": "fast", "driver": "pd.csi", "binding_mode": "WaitForFirstConsumer", "reclaim_policy": "Delete", "default": True},
    {"name": "safe", "driver": "pd.csi", "binding_mode": "Immediate", "reclaim_policy": "Retain", "default": False},
]
FACTS = {
    "kubeconfig": {"context": "mine"},
    "cloud": {"provider": None},
    "cluster": {
        "version": {"git_version": "v1.35.0"},
        "distribution": {"name": "kubernetes"},
        "nodes": {"accelerators": [], "allocatable": {"cpu": 8.0, "memory": 2**34}, "usable": 2},
        "storage": {"classes": CLASSES[:1], "usable": ["fast"], "default": "fast"},
        "load_balancer": {"available": False, "why": "Nobody gives addresses."},
        "ingress_classes": [],
        "gateway_classes": [],
        "apis": {},
    },
}
NAMES = ["gatewayServiceType", "hostname", "tlsSecretName", "tlsIssuer", "jupyterHubAuthenticator", "oidcIssuer", "oidcClientId"]
VALUES = {name: "null" for name in [*NAMES, "oidcSecretName", "iapAudience", "storageClass", "gpuResource"]}
RULES = schema()


@pytest.fixture
def facts():
    return copy.deepcopy(FACTS)


def plan(**values):
    chosen = {"gatewayServiceType": "ClusterIP", "jupyterHubAuthenticator": "dummy", "storageClass": "fast", **values}
    return {
        "application": {"name": "kubeflow", "components": {"core": {"prototype": "io.ksonnet.pkg.kubeflow-core"}}},
        "cluster": {"server": "https://cluster"},
        "namespace": {"value": "kubeflow"},
        "parameters": {
            "core": {name: {"value": value} for name, value in {**VALUES, **chosen}.items()},
            "other": {"storageClass": {"value": "fast"}},
        },
        "objects": ["Service a/b"],
        "blockers": [],
        "warnings": [],
    }


def asked(facts, **values):
    return {question["id"]: question for question in document(facts, plan(**values), {}, RULES)["questions"]}


def never(question):
    return {option["id"]: option["never"] for option in question["options"] if option["never"]}


def test_only_what_a_person_must_decide_is_asked(facts) -> None:
    assert list(asked(facts)) == ["what", "reach", "login", "reach-platform", "login-platform", "run"]
    facts["cluster"]["storage"] |= {"classes": CLASSES, "usable": ["fast", "safe"]}
    facts["cluster"]["nodes"]["accelerators"] = [{"resource": "amd.com/gpu", "count": 4, "nodes": 2, "products": ["MI300"]}]
    questions = asked(facts)
    assert list(questions) == ["what", "reach", "login", "storage", "gpus", "reach-platform", "login-platform", "run"]
    small = [name for name, question in questions.items() if "small" in question.get("when", {"what": ["small"]})["what"]]
    assert small == ["what", "reach", "login", "storage", "gpus", "run"]


def test_what_cannot_work_is_shown_with_its_reason(facts) -> None:
    assert set(never(asked(facts)["reach"])) == {"balancer", "host"}
    facts["cluster"]["load_balancer"]["available"] = None
    facts["cluster"]["ingress_classes"] = [{"name": "nginx"}]
    assert never(asked(facts)["reach"]) == {}
    facts["cloud"]["provider"] = "gcp"
    assert "GKE" in never(asked(facts)["login"])["iap"]
    facts["cluster"]["distribution"]["name"] = "openshift"
    assert "oauth.openshift.io" in never(asked(facts)["login"])["openshift"]


def test_answers_begin_with_what_the_plan_has(facts) -> None:
    facts["cluster"]["ingress_classes"] = [{"name": "nginx"}]
    facts["cluster"]["nodes"]["accelerators"] = [{"resource": "amd.com/gpu", "count": 4, "nodes": 2, "products": []}]
    result = asked(facts, hostname="a.example.com", jupyterHubAuthenticator="oidc", gpuResource="amd.com/gpu")
    assert {name: question["chosen"] for name, question in result.items() if not name.endswith("-platform")} == {
        "what": "small",
        "reach": "host",
        "login": "oidc",
        "gpus": "amd.com/gpu",
        "run": "look",
    }
    assert result["reach"]["options"][-1]["fields"][0]["value"] == "a.example.com"


def test_an_answer_that_cannot_work_is_not_proposed(facts) -> None:
    assert asked(facts, gatewayServiceType="LoadBalancer")["reach"]["chosen"] == "forward"


def test_an_issuer_is_asked_for_where_one_can_be_and_steps_where_the_cloud_has_them(facts) -> None:
    def fields():
        return [field["name"] for field in asked(facts)["reach"]["options"][-1]["fields"]]

    assert fields() == ["hostname", "tlsSecretName", "certificate"]
    facts["cluster"]["apis"] = {"cert-manager.io/v1": {"ClusterIssuer": {}}}
    facts["cloud"]["provider"] = "aws"
    assert fields() == ["hostname", "tlsSecretName", "tlsIssuer", "certificate", "steps"]


def test_a_certificate_is_proposed_unless_there_is_one(facts) -> None:
    def proposed(**values):
        fields = {field["name"]: field for field in asked(facts, **values)["reach"]["options"][-1]["fields"]}
        return fields["certificate"]["value"] if "certificate" in fields else None

    assert proposed() is True
    assert proposed(tlsSecretName="mine") is False
    facts["cluster"]["distribution"]["name"] = "openshift"
    assert proposed() is None


def test_google_is_asked_for_the_audience_unless_it_is_known(facts) -> None:
    facts["cloud"]["provider"], facts["cluster"]["distribution"]["name"] = "gcp", "gke"

    def proposed(**values):
        (iap,) = [option for option in asked(facts, **values)["login"]["options"] if option["id"] == "iap"]
        audience, ask = iap["fields"]
        assert audience["unless"] == ask["name"]
        return ask["value"]

    assert proposed() is True
    assert proposed(iapAudience="/projects/1/global/backendServices/2") is False


def test_fields_are_explained_by_what_the_package_declares(facts) -> None:
    host = asked(facts)["reach"]["options"][-1]["fields"][0]
    assert host["help"] == RULES["$defs"]["kubeflow-core"]["properties"]["hostname"]["description"]


def test_the_file_keeps_what_was_said_before_but_not_defaults(facts) -> None:
    choices = {"kubeflow_app_name": "kubeflow", "kubeflow_kubeconfig": "/k", "kubeflow_context": "", "kubeflow_ignore": ["x"]}
    assert document(facts, plan(), choices, RULES)["choices"] == {"kubeflow_kubeconfig": "/k", "kubeflow_ignore": ["x"]}


def test_a_value_goes_to_every_component_that_has_it(facts) -> None:
    facts["cluster"]["storage"] |= {"classes": CLASSES, "usable": ["fast", "safe"]}
    assert document(facts, plan(), {}, RULES)["components"]["storageClass"] == ["core", "other"]


def test_facts_that_could_not_be_read_do_no_harm() -> None:
    guide = document({"cluster": {}, "cloud": {}}, plan(), {}, RULES)
    assert [question["id"] for question in guide["questions"]][:3] == ["what", "reach", "login"]


def of_the_platform(facts, **choices):
    plan_of_it = {**plan(), "platform": {"release": "26.03"}, "parameters": {"istio": {"gatewayServiceType": {"value": "NodePort"}}}}
    return {question["id"]: question for question in document(facts, plan_of_it, choices, RULES)["questions"]}


def test_who_has_chosen_the_platform_is_asked_about_it_and_keeps_what_was_chosen(facts) -> None:
    chosen = {
        "release": "26.03",
        "components": ["pipelines", "dex"],
        "source": "./releases",
        "parameters": {"hostname": "ml.example.com", "oidcIssuer": "https://login.example.com"},
    }
    questions = of_the_platform(facts, kubeflow_platform=chosen)
    answers = {name: question["chosen"] for name, question in questions.items()}
    assert answers == {"what": "sets", "reach-platform": "host", "login-platform": "oidc", "run": "look"}
    parts = questions["what"]["options"][-1]
    assert [box["name"] for box in parts["fields"] if box["value"]] == ["pipelines"]
    kept = {"release": "26.03", "source": "./releases", "parameters": chosen["parameters"]}
    assert parts["set"] == {"kubeflow_platform": kept, "kubeflow_platform.components": ["dex"]}
    assert questions["what"]["options"][1]["set"] == {"kubeflow_platform": kept}
    assert of_the_platform(facts, kubeflow_platform="26.03")["what"]["chosen"] == "platform"


def test_the_gateway_is_asked_about_where_a_part_has_one(facts) -> None:
    questions = asked(facts)
    assert questions["reach-platform"]["when"] == questions["login-platform"]["when"]
    answers = set(questions["reach-platform"]["when"]["what"])
    assert answers == {"platform", *(f"sets.{name}" for name in ("notebooks", "pipelines", "serving", "tuning"))}


def test_who_has_chosen_components_is_not_asked_what_kubeflow_is_to_be(facts) -> None:
    guide = document(facts, plan(), {"kubeflow_components": {"core": {"prototype": "kubeflow-core"}}}, RULES)
    assert [question["id"] for question in guide["questions"]] == ["reach", "login", "run"]
