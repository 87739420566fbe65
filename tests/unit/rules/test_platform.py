# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What facts choose of the platform, with packages that are small and made up."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import platform_choice
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.plan import plan as compute
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import tables
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

Json = dict[str, t.Any]


def packages(components: t.Iterable[str]) -> Contents:
    """A package for each component, whose prototype has all parameters that the table gives it in some release."""
    table = tables.parameters()["parameters"]
    files: dict[str, str] = {}
    for component in components:
        names = [name for name, entry in table.items() if any(place["component"] == component for place in entry.get("places") or ())]
        lines = "".join(f"// @optionalParam {name} {table[name]['type']} {_default(table[name])} Text\n" for name in names)
        fields = ", ".join(f"{name}: std.toString(params.{name})" for name in names)
        files[f"{component}/prototypes/{component}.jsonnet"] = (
            f"// @apiVersion 0.1\n// @name io.ksonnet.pkg.platform-{component}\n// @description Made up\n{lines}\n"
            f"{{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {{ name: '{component}' }}, data: {{ {fields} }} }}\n"
        )
        files[f"{component}/parts.yaml"] = f"apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: {component}\n"
    return Contents({"registry.yaml": "apiVersion: 0.1.0\nkind: ksonnet.io/registry\nlibraries: {}\n", "LICENSE": "", **files})


def _default(entry: Json) -> str:
    value = entry.get("default", "null")
    return value if isinstance(value, str) else str(value)


def plan(
    facts: Json,
    *components: str,
    release: str = "26.03",
    contents: Contents | None = None,
    without: t.Sequence[str] = (),
    current: t.Collection[str] = (),
    **parameters: t.Any,
) -> Json:
    """The plan of components of a release. ``current``: the components of the existing application."""
    choice = {"release": release, "components": list(components), "without": list(without), "parameters": parameters}
    chosen = platform_choice.read(choice, facts["cluster"]["addons"], current)
    assert chosen
    resolved = {"platform": contents or packages(chosen.components)}
    choices = {
        "name": "kubeflow",
        "namespace": "kubeflow",
        "parameters": platform_choice.spread(chosen.parameters, resolved, chosen.prototypes),
        "apply": False,
        "allow_other_cluster": False,
        "platform": chosen.document(),
        "components": chosen.prototypes,
        "registries": {"platform": dict(chosen.entry)},
        "packages": chosen.packages,
    }
    return compute(facts, choices, list(stories.rules()), resolved, {}).document


@pytest.mark.parametrize(
    ("name", "component", "parameter", "value", "rule"),
    [
        ("no-default-but-disks", "pipelines", "artifactStorageClass", "disks", "platform-artifacts-in-a-usable-class"),
        ("no-default-but-disks", "notebooks", "notebookStorageClass", "disks", "platform-notebooks-in-a-usable-class"),
        ("plain", "notebooks", "tensorboardPVCScheduling", "false", "platform-tensorboards-on-any-node"),
        ("gke-gpu", "notebooks", "gpuVendors", [{"limitsKey": "nvidia.com/gpu", "uiName": "nvidia.com/gpu"}], "platform-gpus-of-the-nodes"),
        ("gke-gpu", "istio", "cniBinDir", "/home/kubernetes/bin", "platform-network-programs-of-gke"),
        ("gke-gpu", "istio", "gatewayServiceType", "LoadBalancer", "load-balancer-of-the-cloud"),
        ("plain", "pipelines", "storageClass", "standard", "storage-class-default"),
    ],
)
def test_facts_choose(name: str, component: str, parameter: str, value: t.Any, rule: str) -> None:
    choice = plan(stories.facts(name), "pipelines", "notebooks")["parameters"][component][parameter]
    assert (choice["value"], choice["rule"], choice["no_effect"]) == (value, rule, False)


def test_tokens_of_a_public_issuer_come_through_the_gateway() -> None:
    facts = stories.facts("plain")
    assert plan(facts, "notebooks")["parameters"]["oauth2-proxy"]["m2mIssuer"]["value"] == "null"
    facts["cluster"]["service_account_issuer"] |= {"issuer": "https://oidc.example.com/id", "public": True}
    issuer = plan(facts, "notebooks")["parameters"]["oauth2-proxy"]["m2mIssuer"]
    assert (issuer["value"], issuer["rule"], issuer["no_effect"]) == (
        "https://oidc.example.com/id",
        "platform-programs-by-their-tokens",
        False,
    )


def test_models_are_served_without_knative_where_it_is_not_chosen() -> None:
    facts = stories.facts("plain")
    assert plan(facts, "serving-raw")["parameters"]["kserve"]["servingMode"]["value"] == "RawDeployment"
    assert plan(facts, "serving")["parameters"]["kserve"]["servingMode"]["source"] == "default"


@pytest.mark.parametrize("parameter", ["tlsSecretName", "tlsIssuer"])
def test_a_certificate_means_https_everywhere(parameter: str) -> None:
    chosen = plan(stories.facts("plain"), "notebooks", **{parameter: "cert"})
    parameters = chosen["parameters"]
    assert parameters["istio-resources"][parameter]["source"] == "user"
    # The platform brings cert-manager itself.
    assert "cert-manager-missing" not in [item["id"] for item in chosen["blockers"]]
    assert {parameters[name]["https"]["value"] for name in ("notebooks", "oauth2-proxy")} == {"true"}


def test_a_value_goes_to_all_that_have_it_and_no_other() -> None:
    parameters = plan(stories.facts("plain"), "notebooks", firstUser="me@example.com")["parameters"]
    assert [name for name, values in parameters.items() if values.get("firstUser", {}).get("source") == "user"] == ["dex", "user-namespace"]


def test_versions_of_kubernetes_and_machines_that_it_was_not_tried_with() -> None:
    facts = stories.facts("arm64-mixed")
    facts["cluster"]["version"]["minor"] = 33
    assert stories.ids(plan(facts, "training")) >= {"platform-older-kubernetes", "platform-on-arm64"}
    assert "platform-older-kubernetes" not in stories.ids(plan(facts, "training", release="1.11.0"))
    facts["cluster"]["version"]["minor"] = 37
    assert "platform-newer-kubernetes" in stories.ids(plan(facts, "training", release="26.03.1"))
    facts["cluster"]["version"]["minor"] = 35
    assert not stories.ids(plan(facts, "training", release="26.03.1")) & {"platform-older-kubernetes", "platform-newer-kubernetes"}


def blockers(document: Json) -> set[str]:
    return {item["id"] for item in document["blockers"] if item["id"].startswith("platform-")}


def test_an_existing_cert_manager_is_used() -> None:
    facts = stories.facts("addons")
    document = plan(facts, "serving-raw")
    [used] = document["platform"]["existing"]
    assert (used["name"], used["version"], used["namespace"]) == ("cert-manager", "v1.19.4", "cert-manager")
    issuer = document["parameters"]["cert-manager"]["issuerOnly"]
    assert (issuer["value"], issuer["no_effect"], blockers(document)) == ("true", False, set())


def test_an_existing_mesh_takes_the_place_of_the_component() -> None:
    document = plan(stories.facts("addons"), "notebooks")
    assert "istio" not in document["parameters"] and "istio-resources" in document["parameters"]
    assert document["platform"]["unmet"] == []
    [blocker] = [item for item in document["blockers"] if item["id"] == "platform-existing-mesh"]
    assert "{name: oauth2-proxy, envoyExtAuthzHttp: {service: oauth2-proxy.oauth2-proxy.svc.cluster.local, port: 80" in blocker["fix"]
    assert blockers(document) == {"platform-existing-mesh"}


def test_an_existing_knative_takes_the_place_of_the_component() -> None:
    facts = stories.facts("addons")
    facts["cluster"]["addons"].append({"name": "knative-serving", "namespace": "knative-serving", "version": "1.18.0", "managed_by": None})
    document = plan(facts, "serving", istioMode="own")
    assert "knative" not in document["parameters"]
    assert document["parameters"]["kserve"]["servingMode"]["source"] == "default"
    assert "platform-existing-knative" in {warning["id"] for warning in document["warnings"]} and blockers(document) == set()
    facts["cluster"]["addons"][-1] |= {"version": "1.9.2", "namespace": "elsewhere"}
    document = plan(facts, "serving", istioMode="own")
    assert blockers(document) == {"platform-existing-is-too-old", "platform-existing-is-elsewhere"}
    [elsewhere] = [item["fix"] for item in document["blockers"] if item["id"] == "platform-existing-is-elsewhere"]
    assert elsewhere.startswith("Install it in knative-serving,")
    assert "knative" in plan(facts, "serving", istioMode="own", knativeMode="own")["parameters"]


def test_what_the_application_or_the_user_has_of_its_own() -> None:
    facts = stories.facts("addons")
    assert plan(facts, "notebooks", current=["istio", "cert-manager-definitions"])["platform"]["existing"] == []
    # An issuer for a cert-manager of others is no cert-manager.
    assert [used["name"] for used in plan(facts, "notebooks", current=["istio", "cert-manager"])["platform"]["existing"]] == [
        "cert-manager"
    ]
    document = plan(facts, "notebooks", istioMode="own", certManagerMode="own")
    assert (document["platform"]["existing"], blockers(document)) == ([], set())
    assert document["parameters"]["cert-manager"]["issuerOnly"]["value"] == "false"
    for addon in facts["cluster"]["addons"]:
        addon["managed_by"] = {"tool": "applyset", "name": "kubeflow"}
    assert plan(facts, "notebooks")["platform"]["existing"] == []
    assert [used["name"] for used in plan(stories.facts("plain"), "notebooks", istioMode="existing")["platform"]["existing"]] == ["istio"]


def test_an_existing_mesh_that_does_not_fit() -> None:
    facts = stories.facts("addons")
    mesh = next(addon for addon in facts["cluster"]["addons"] if addon["name"] == "istio")
    mesh |= {"version": "1.9.5", "namespace": "mesh"}
    document = plan(facts, "notebooks")
    assert blockers(document) == {"platform-existing-is-too-old", "platform-existing-is-elsewhere", "platform-existing-mesh"}
    [old] = [item["reason"] for item in document["blockers"] if item["id"] == "platform-existing-is-too-old"]
    assert old == "The cluster has istio 1.9.5 in the namespace mesh, and the platform needs at least 1.16."


def test_a_mode_that_does_not_exist() -> None:
    with pytest.raises(BootstrapError, match="istioMode is theirs"):
        plan(stories.facts("plain"), "notebooks", istioMode="theirs")


def test_pods_that_find_no_room() -> None:
    facts = stories.facts("plain")
    contents = packages(["trainer", "namespaces"])
    pod = {"containers": [{"name": "a", "resources": {"requests": {"cpu": "2", "memory": "1Gi"}}}]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "namespace": "kubeflow-system"},
        "spec": {"replicas": 2, "selector": {}, "template": {"spec": pod}},
    }
    path = "trainer/prototypes/trainer.jsonnet"
    header = contents.files[path].partition("\n\n")[0]
    contents.files[path] = f"{header}\n\n{json.dumps(deployment)}\n"

    def reasons(cpu: float) -> list[str]:
        facts["cluster"]["nodes"]["free"] = {"cpu": cpu, "memory": 8.0 * 2**30}
        warnings = plan(facts, "training", contents=contents)["warnings"]
        return [item["reason"] for item in warnings if item["id"] == "platform-little-room"]

    assert reasons(4.0) == []
    assert reasons(3.0) == [
        "The pods of what is chosen ask for 4 of cpu and 2Gi of memory; free on the nodes are 3 of cpu and 8Gi of memory."
    ]


def test_istio_beside_cilium() -> None:
    facts = stories.facts("talos-cilium")
    assert "platform-mesh-beside-cilium" in stories.ids(plan(facts, "notebooks"))
    assert "platform-mesh-beside-cilium" not in stories.ids(plan(facts, "training"))
    assert "platform-mesh-beside-cilium" not in stories.ids(plan(stories.facts("plain"), "notebooks"))


def test_what_was_left_out_and_is_needed() -> None:
    def reasons(**more: t.Any) -> list[str]:
        warnings = plan(stories.facts("plain"), "serving-raw", **more)["warnings"]
        return [item["reason"] for item in warnings if item["id"] == "platform-lacks-what-was-left-out"]

    assert reasons() == []
    assert reasons(without=["cert-manager"]) == ["You left out (without) what others need: kserve needs cert-manager."]


def test_the_plan_says_what_was_added_and_for_whom() -> None:
    platform = plan(stories.facts("plain"), "training")["platform"]
    assert platform["components"] == [
        {"name": "namespaces", "reason": "trainer needs it."},
        {"name": "trainer", "reason": "You chose it."},
    ]
