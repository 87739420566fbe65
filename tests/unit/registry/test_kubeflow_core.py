# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package core of the embedded registry: what each parameter does to the objects."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import rjsonnet

CORE = Path(__file__).parents[3] / "registry" / "core"
PROTOTYPE = CORE / "prototypes" / "kubeflow-core.jsonnet"

# One value other than the default for each parameter, and what of the objects must then differ:
# {kind/name: the field's path}, or kind/name alone for an object that is new.
EFFECTS = {
    "name": ("mine", "Deployment/hub", ("metadata", "labels", "app.kubernetes.io/instance")),
    "namespace": ("team", "Service/kubeflow", ("metadata", "namespace")),
    "cloud": ("openshift", "Deployment/gateway", ("spec", "template", "spec", "securityContext")),
    "gatewayServiceType": ("NodePort", "Service/kubeflow", ("spec", "type")),
    "gatewayReplicas": (3, "Deployment/gateway", ("spec", "replicas")),
    "gatewayImage": ("example/nginx:1", "Deployment/gateway", ("spec", "template", "spec", "containers", 0, "image")),
    "jupyterHubImage": ("example/hub:1", "Deployment/hub", ("spec", "template", "spec", "containers", 0, "image")),
    "jupyterHubProxyImage": ("example/proxy:1", "Deployment/hub", ("spec", "template", "spec", "containers", 1, "image")),
    "jupyterHubServiceType": ("LoadBalancer", "Service/proxy", ("spec", "type")),
    "jupyterNotebookImage": ("example/notebook:1", "ConfigMap/hub-config", ("data", "settings.json")),
    "jupyterNotebookPVCMount": ("/home/jovyan", "ConfigMap/hub-config", ("data", "settings.json")),
    "hubPVCSize": ("5Gi", "PersistentVolumeClaim/hub-db", ("spec", "resources", "requests", "storage")),
    "storageClass": ("fast", "PersistentVolumeClaim/hub-db", ("spec", "storageClassName")),
    "gpuResource": ("nvidia.com/gpu", "ConfigMap/hub-config", ("data", "settings.json")),
}
# These have no effect alone, or name what is the default anyway; each has a test of its own below.
WITH_OTHERS = {"jupyterNotebookPVCSize", "jupyterHubAuthenticator"}

CHOICES: list[dict[str, Any]] = [
    {},
    {"cloud": "openshift", "jupyterNotebookPVCMount": "/home/jovyan/work"},
    {"cloud": "gke", "gatewayServiceType": "LoadBalancer", "gpuResource": "nvidia.com/gpu", "gatewayReplicas": 2},
    {"namespace": "team", "storageClass": "fast", "jupyterNotebookPVCMount": "/home/jovyan", "jupyterHubServiceType": "NodePort"},
]


def declared() -> dict[str, Any]:
    """The prototype's parameters with their defaults, as ks would write them for `generate`."""
    header = PROTOTYPE.read_text().split("\n\n", 1)[0]
    values: dict[str, Any] = {name: "kubeflow-core" for name in re.findall(r"^// @param (\w+) string ", header, re.MULTILINE)}
    for name, kind, default in re.findall(r"^// @optionalParam (\w+) (\w+) (\S+) ", header, re.MULTILINE):
        values[name] = default if kind == "string" else json.loads(default)
    return values


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vendor")
    (folder / "kubeflow").mkdir()
    (folder / "kubeflow" / "core").symlink_to(CORE)
    return folder


@pytest.fixture(scope="module")
def render(vendor: Path) -> Any:
    """render(parameter=value, ...) -> {kind/name: object}, evaluated as ks evaluates a component."""
    body = PROTOTYPE.read_text().split("\n\n", 1)[1]
    text = (
        'local env = std.extVar("__ksonnet/environments");\n'
        'local params = std.extVar("__ksonnet/params").components["kubeflow-core"];\n' + body
    )

    def evaluate(**choices: Any) -> dict[str, dict[str, Any]]:
        assert set(choices) <= set(declared())
        params = {"components": {"kubeflow-core": {**declared(), **choices}}}
        result = json.loads(
            rjsonnet.evaluate_snippet(
                "kubeflow-core.jsonnet",
                text,
                jpathdir=[str(vendor)],
                ext_codes={
                    "__ksonnet/environments": json.dumps({"server": "https://cluster.example", "namespace": "kubeflow"}),
                    "__ksonnet/params": json.dumps(params),
                },
            )
        )
        assert (result["apiVersion"], result["kind"]) == ("v1", "List")
        objects = {f"{item['kind']}/{item['metadata']['name']}": item for item in result["items"]}
        assert len(objects) == len(result["items"]), "two objects of one kind and name"
        return objects

    return evaluate


def settings(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return json.loads(objects["ConfigMap/hub-config"]["data"]["settings.json"])


def field(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else value[step]
    return value


def pod_specs(objects: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [item["spec"]["template"]["spec"] for item in objects.values() if "template" in item.get("spec", {})]


def test_body_is_what_ks_prints_correctly() -> None:
    # ks 0.10.0 prints a component anew before evaluating it, and gets these wrong.
    body = PROTOTYPE.read_text().split("\n\n", 1)[1]
    assert not re.search(r"\$|\|\|\||@'|\bfor\b|\bassert\b|\berror\b|\bfunction\b|\bsuper\b|local \w+\(|[-!~]\w|\\", body)


def test_each_parameter_is_covered() -> None:
    assert set(EFFECTS) | WITH_OTHERS == set(declared())


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_each_parameter_has_its_effect(render: Any, name: str) -> None:
    value, key, path = EFFECTS[name]
    before, after = field(render()[key], path), field(render(**{name: value})[key], path)
    assert before != after
    assert not isinstance(after, (str, int)) or str(value) in str(after)


@pytest.mark.parametrize("choices", CHOICES)
def test_objects_name_their_namespace_and_owner(render: Any, choices: dict[str, Any]) -> None:
    for key, item in render(**choices).items():
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "kubeflow", key
        assert not [label for label in labels if "ksonnet" in label]
        if item["kind"] != "Namespace":
            assert item["metadata"]["namespace"] == choices.get("namespace", "kubeflow"), key


@pytest.mark.parametrize("choices", CHOICES)
def test_pods_satisfy_restricted(render: Any, choices: dict[str, Any]) -> None:
    objects = render(**choices)
    namespace = objects[f"Namespace/{choices.get('namespace', 'kubeflow')}"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert len(pod_specs(objects)) == 2
    for spec in pod_specs(objects):
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert ("runAsUser" in spec["securityContext"]) is (choices.get("cloud") != "openshift")
        for container in spec["containers"] + spec.get("initContainers", []):
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security["readOnlyRootFilesystem"] is True
            assert set(container["resources"]) == {"requests", "limits"}
            assert ":" in container["image"] and not container["image"].endswith(":latest")
        for container in spec["containers"]:
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


@pytest.mark.parametrize("choices", CHOICES)
def test_what_pods_mount_and_services_select_is_there(render: Any, choices: dict[str, Any]) -> None:
    objects = render(**choices)
    templates = {key: item["spec"]["template"] for key, item in objects.items() if item["kind"] == "Deployment"}
    for template in templates.values():
        spec = template["spec"]
        assert f"ServiceAccount/{spec['serviceAccountName']}" in objects
        for volume in spec["volumes"]:
            if "configMap" in volume:
                assert f"ConfigMap/{volume['configMap']['name']}" in objects
            if "persistentVolumeClaim" in volume:
                assert f"PersistentVolumeClaim/{volume['persistentVolumeClaim']['claimName']}" in objects
        names = {volume["name"] for volume in spec["volumes"]}
        for container in spec["containers"] + spec.get("initContainers", []):
            assert {mount["name"] for mount in container["volumeMounts"]} <= names
    for service in (item for item in objects.values() if item["kind"] == "Service"):
        selected = [t for t in templates.values() if service["spec"]["selector"].items() <= t["metadata"]["labels"].items()]
        assert len(selected) == 1
        ports = {port["name"] for container in selected[0]["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@pytest.mark.parametrize(
    ("cloud", "annotation"),
    [
        ("gke", "networking.gke.io/load-balancer-type"),
        ("eks", "service.beta.kubernetes.io/aws-load-balancer-scheme"),
        ("aks", "service.beta.kubernetes.io/azure-load-balancer-internal"),
    ],
)
def test_a_load_balancer_stays_inside(render: Any, cloud: str, annotation: str) -> None:
    objects = render(cloud=cloud, gatewayServiceType="LoadBalancer")
    assert annotation in objects["Service/kubeflow"]["metadata"]["annotations"]
    assert "annotations" not in objects["Service/proxy"]["metadata"]
    assert "annotations" not in render(cloud=cloud)["Service/kubeflow"]["metadata"]


def test_two_gateways_get_a_disruption_budget(render: Any) -> None:
    assert "PodDisruptionBudget/gateway" not in render()
    assert "PodDisruptionBudget/gateway" in render(gatewayReplicas=2)


def test_the_proxy_is_open_to_others_only_when_asked(render: Any) -> None:
    def sources(**choices: Any) -> Any:
        rules = render(**choices)["NetworkPolicy/hub"]["spec"]["ingress"]
        return next(rule.get("from") for rule in rules if rule["ports"][0]["port"] == "http")

    assert sources() == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "kubeflow-gateway", "app.kubernetes.io/component": "gateway"}}}
    ]
    assert sources(jupyterHubServiceType="NodePort") is None


def test_a_changed_setting_rolls_the_hub(render: Any) -> None:
    def checksum(**choices: Any) -> str:
        return render(**choices)["Deployment/hub"]["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    assert checksum() == checksum(gatewayReplicas=2)
    assert checksum() != checksum(jupyterNotebookImage="example/notebook:1")


def test_user_volumes(render: Any) -> None:
    def claims_rule(objects: dict[str, dict[str, Any]]) -> list[Any]:
        return [rule for rule in objects["Role/hub"]["rules"] if "persistentvolumeclaims" in rule["resources"]]

    without = render(storageClass="fast")
    assert settings(without)["volume"] is None
    assert claims_rule(without) == []
    objects = render(jupyterNotebookPVCMount="/home/jovyan/work", jupyterNotebookPVCSize="20Gi", storageClass="fast")
    assert settings(objects)["volume"] == {"mountPath": "/home/jovyan/work", "size": "20Gi", "storageClass": "fast"}
    assert len(claims_rule(objects)) == 1
    assert settings(render(jupyterNotebookPVCMount="/x"))["volume"]["storageClass"] is None
    assert "storageClassName" not in render()["PersistentVolumeClaim/hub-db"]["spec"]


def test_no_object_is_or_names_a_secret(render: Any) -> None:
    for choices in CHOICES:
        objects = render(**choices)
        assert not [key for key in objects if key.startswith("Secret/")]
        assert "secretKeyRef" not in json.dumps(objects)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("cloud", "azure", "one of null, gke, eks, aks, openshift"),
        ("gatewayServiceType", "Ingress", "one of ClusterIP, NodePort, LoadBalancer"),
        ("jupyterHubServiceType", "loadbalancer", "one of ClusterIP, NodePort, LoadBalancer"),
        ("jupyterHubAuthenticator", "iap", "one of null, dummy"),
        ("gatewayReplicas", 0, "a whole number from 1 on"),
        ("gatewayReplicas", "2", "a whole number from 1 on"),
        ("jupyterNotebookPVCMount", "work", "an absolute path"),
        ("gpuResource", "gpu", "the full name of a resource"),
        ("jupyterHubImage", "null", "a text that is not empty"),
    ],
)
def test_a_wrong_value_is_refused_by_name(render: Any, name: str, value: Any, wanted: str) -> None:
    with pytest.raises(Exception, match=re.escape(f"parameter {name} is {value}; it must be {wanted}")):
        render(**{name: value})


def test_the_default_namespace_is_left_alone(render: Any) -> None:
    objects = render(namespace="default")
    assert "Namespace/default" not in objects
    assert objects["Service/kubeflow"]["metadata"]["namespace"] == "default"


def test_unset_is_null_or_empty(render: Any) -> None:
    assert render(storageClass="", cloud="", jupyterHubAuthenticator="dummy") == render()
