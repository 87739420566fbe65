# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package core of the embedded registry: what each parameter does to the objects."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import core
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.core import CHOICES, PROTOTYPES, containers, pod_specs, settings
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

HUB, GATEWAY, SETTINGS = "Deployment/hub", "Deployment/gateway", ("data", "settings.json")
POD = ("spec", "template", "spec")
GPU: dict[str, Any] = {"gpuResource": "nvidia.com/gpu"}
OIDC: dict[str, Any] = {
    "jupyterHubAuthenticator": "oidc",
    "oidcIssuer": "https://i.example.com",
    "oidcClientId": "c",
    "oidcSecretName": "s",
}
INGRESS = {"ingressClass": "nginx", "hostname": "a.example.com"}
USAGE = {"reportUsage": "true", "usageId": "5bf1a4e6", "usageUrl": "https://usage.example.com/"}
JOB = ("spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "image")

# A value other than the default for each parameter, what else must be chosen, and what of the objects must then differ:
# kind/name and the path of a field. An object that is there only with the value differs at any path.
EFFECTS: dict[str, tuple[Any, dict[str, Any], str, tuple[Any, ...]]] = {
    "name": ("mine", {}, HUB, ("metadata", "labels", "app.kubernetes.io/instance")),
    "namespace": ("team", {}, "Service/kubeflow", ("metadata", "namespace")),
    "cloud": ("openshift", {}, GATEWAY, (*POD, "securityContext")),
    "imageRegistry": ("mirror.example", {}, GATEWAY, (*POD, "containers", 0, "image")),
    "imagePullSecret": ("pull", {}, GATEWAY, (*POD, "imagePullSecrets", 0, "name")),
    "nodeSelector": ({"pool": "a"}, {}, HUB, (*POD, "nodeSelector")),
    "podSecurityLevel": ("baseline", {}, "Namespace/kubeflow", ("metadata", "labels", "pod-security.kubernetes.io/enforce")),
    "quota": ({"requests.cpu": "8"}, {}, "ResourceQuota/kubeflow", ("spec", "hard")),
    "limits": ({"default": {"cpu": "1"}}, {}, "LimitRange/kubeflow", ("spec", "limits")),
    "gatewayServiceType": ("NodePort", {}, "Service/kubeflow", ("spec", "type")),
    "gatewayReplicas": (3, {}, GATEWAY, ("spec", "replicas")),
    "gatewayImage": ("example/nginx:1", {}, GATEWAY, (*POD, "containers", 0, "image")),
    "ingressClass": ("nginx", {}, "Ingress/kubeflow", ("spec", "ingressClassName")),
    "gatewayClass": ("cilium", {}, "Gateway/kubeflow", ("spec", "gatewayClassName")),
    "hostname": ("b.example.com", INGRESS, "Ingress/kubeflow", ("spec", "rules", 0, "host")),
    "tlsIssuer": ("letsencrypt", INGRESS, "Certificate/kubeflow", ("spec", "issuerRef", "name")),
    "tlsSecretName": ("own-tls", INGRESS, "Ingress/kubeflow", ("spec", "tls", 0, "secretName")),
    "ipName": ("10.1.2.3", {"gatewayServiceType": "LoadBalancer"}, "Service/kubeflow", ("spec", "loadBalancerIP")),
    "clusterDomain": ("corp.example", {}, "ConfigMap/gateway-config", ("data", "nginx.conf")),
    "jupyterHubImage": ("example/hub:1", {}, HUB, (*POD, "containers", 0, "image")),
    "jupyterHubProxyImage": ("example/proxy:1", {}, HUB, (*POD, "containers", 1, "image")),
    "jupyterHubServiceType": ("LoadBalancer", {}, "Service/proxy", ("spec", "type")),
    "jupyterHubAuthenticator": (
        "oidc",
        {k: v for k, v in OIDC.items() if k != "jupyterHubAuthenticator"},
        "ConfigMap/hub-config",
        SETTINGS,
    ),
    "hubPodPolicy": ("false", {}, "ValidatingAdmissionPolicy/kubeflow-hub-kubeflow", ("spec",)),
    "secureCookies": ("true", {}, "ConfigMap/hub-config", SETTINGS),
    "allowedUsers": (["me@example.com"], {}, "ConfigMap/hub-config", SETTINGS),
    "adminUsers": (["root@example.com"], {}, "ConfigMap/hub-config", SETTINGS),
    "oidcIssuer": ("https://other.example.com", OIDC, "ConfigMap/hub-config", SETTINGS),
    "oidcClientId": ("other", OIDC, "ConfigMap/hub-config", SETTINGS),
    "oidcSecretName": ("other", OIDC, HUB, (*POD, "volumes", 5, "secret", "secretName")),
    "oidcUserClaim": ("preferred_username", OIDC, "ConfigMap/hub-config", SETTINGS),
    "iapAudience": (
        "/projects/1/global/backendServices/2",
        {"jupyterHubAuthenticator": "iap", "iapAudience": "/projects/9/global/backendServices/9"},
        "ConfigMap/hub-config",
        SETTINGS,
    ),
    "oauthSecretName": (
        "own",
        {"jupyterHubAuthenticator": "iap", "iapAudience": "/projects/9/global/backendServices/9", "ingressClass": "gce"},
        "BackendConfig/kubeflow",
        ("spec", "iap", "oauthclientCredentials"),
    ),
    "staticSecretName": (
        "other",
        {"jupyterHubAuthenticator": "static", "staticSecretName": "users"},
        HUB,
        (*POD, "volumes", 5, "secret", "secretName"),
    ),
    "jupyterNotebookImage": ("example/notebook:1", {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookGpuImage": ("example/gpu:1", GPU, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookCpu": ("750m", {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookMemory": ("3Gi", {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookIdleSeconds": (3600, {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookGpuIdleSeconds": (0, GPU, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookNamedServers": (2, {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookChoices": ([{"name": "Large", "cpu": "4"}], {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookPVCMount": ("/home/jovyan", {}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookPVCSize": ("77Gi", {"jupyterNotebookPVCMount": "/work"}, "ConfigMap/hub-config", SETTINGS),
    "jupyterNotebookAccessMode": ("ReadWriteMany", {"jupyterNotebookPVCMount": "/work"}, "ConfigMap/hub-config", SETTINGS),
    "hubPVCSize": ("5Gi", {}, "PersistentVolumeClaim/hub-db", ("spec", "resources", "requests", "storage")),
    "storageClass": ("fast", {}, "PersistentVolumeClaim/hub-db", ("spec", "storageClassName")),
    "sharedStorageClass": ("nfs", {}, "PersistentVolumeClaim/kubeflow-shared", ("spec", "storageClassName")),
    "sharedPVCSize": (
        "7Gi",
        {"sharedStorageClass": "nfs"},
        "PersistentVolumeClaim/kubeflow-shared",
        ("spec", "resources", "requests", "storage"),
    ),
    "gpuResource": ("nvidia.com/gpu", {}, "ConfigMap/hub-config", SETTINGS),
    "gpuLimits": ([1, 2], GPU, "ConfigMap/hub-config", SETTINGS),
    "gpuTolerations": ([{"key": "dedicated", "operator": "Exists"}], GPU, "ConfigMap/hub-config", SETTINGS),
    "gpuNodeSelector": ({"gpu": "a100"}, GPU, "ConfigMap/hub-config", SETTINGS),
    "trainingOperator": ("false", {}, "Deployment/training-operator", ("spec",)),
    "trainingOperatorNamespace": ("elsewhere", {}, "Deployment/training-operator", ("metadata", "namespace")),
    "trainingJobs": ("cluster", {}, "ClusterRole/training-operator", ("rules",)),
    "trainingOperatorImage": ("example/operator:1", {}, "Deployment/training-operator", (*POD, "containers", 0, "image")),
    "trainingOperatorReplicas": (2, {}, "Deployment/training-operator", ("spec", "replicas")),
    "reportUsage": ("true", {"usageId": "5bf1a4e6"}, "ConfigMap/kubeflow-usage", ("data",)),
    "usageId": ("b2", USAGE, "ConfigMap/kubeflow-usage", ("data", "usage-id")),
    "usageUrl": ("https://other.example.com/", USAGE, "ConfigMap/kubeflow-usage", ("data", "usage-url")),
    "usageImage": ("example/python:1", USAGE, "CronJob/kubeflow-usage", JOB),
}


@pytest.fixture(scope="module")
def render() -> Any:
    """render(parameter=value, ...) -> {kind/name: object} of kubeflow-core."""
    return lambda **choices: core.render(choices)


def field(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if value is None or (isinstance(step, int) and len(value) <= step):
            return None
        value = value.get(step) if isinstance(value, dict) else value[step]
    return value


def test_each_parameter_is_covered() -> None:
    # What a rule sets has an effect as well: tests/unit/rules/test_reached.py.
    ruled = {str(rule.parameter) for rule in stories.rules() if rule.does == "sets"}
    assert set(EFFECTS) <= core.declared() <= set(EFFECTS) | ruled


@pytest.mark.parametrize("name", sorted(EFFECTS))
def test_each_parameter_has_its_effect(render: Any, name: str) -> None:
    value, others, key, path = EFFECTS[name]
    before, after = field(render(**others).get(key), path), field(render(**{**others, name: value}).get(key), path)
    assert before != after
    # A text is seen in it as it is, but for those that stand for something else.
    if isinstance(after, str) and isinstance(value, str) and name != "secureCookies":
        assert value in after


@pytest.mark.parametrize("name", PROTOTYPES[1:])
def test_a_part_is_the_same_alone(name: str) -> None:
    # Same names, types and defaults, and the same objects where it is asked for the same.
    whole, part = core.prototype(), core.prototype(name)
    known = {each.name: (each.type, each.default) for each in whole.parameters}
    assert {each.name: (each.type, each.default) for each in part.parameters}.items() <= known.items()
    together: dict[str, Any] = {}
    for label, choices in CHOICES.items():
        mine = {key: value for key, value in choices.items() if key in core.declared(name)}
        objects = core.render({**mine, "name": "kubeflow-core"}, name)
        together |= objects
        # What of it another part adds is not here: the certificate that makes an address https, IAP that is switched on.
        for key, item in objects.items():
            if key not in ("ConfigMap/hub-config", "Deployment/hub", "BackendConfig/kubeflow"):
                assert core.render(choices).get(key) == item, (label, key)
    assert together


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_objects_name_their_namespace_and_owner(render: Any, choices: dict[str, Any]) -> None:
    cluster_wide = {"Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"}
    cluster_wide |= {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
    for key, item in render(**choices).items():
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "kubeflow", key
        assert not [label for label in labels if "ksonnet" in label]
        assert ("namespace" in item["metadata"]) is (item["kind"] not in cluster_wide), key
        expected = choices.get("namespace", "kubeflow")
        if labels.get("app.kubernetes.io/component") == "training-operator" and not item["metadata"]["name"].endswith("-jobs"):
            expected += "-training"
        assert item["metadata"].get("namespace", expected) == expected, key


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_pods_satisfy_restricted(render: Any, choices: dict[str, Any]) -> None:
    objects = render(**choices)
    namespace = objects[f"Namespace/{choices.get('namespace', 'kubeflow')}"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    specs = pod_specs(objects)
    assert {"Deployment/hub", "Deployment/gateway"} <= set(specs)
    for key, spec in specs.items():
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert ("runAsUser" in spec["securityContext"]) is (choices.get("cloud") != "openshift")
        for container in containers(spec):
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security["readOnlyRootFilesystem"] is True
            assert set(container["resources"]) == {"requests", "limits"}
            assert ":" in container["image"] and not container["image"].endswith(":latest")
        for container in spec["containers"] if key.startswith("Deployment/") else []:
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_what_pods_mount_and_services_select_is_there(render: Any, choices: dict[str, Any]) -> None:
    objects = render(**choices)
    for spec in pod_specs(objects).values():
        assert f"ServiceAccount/{spec['serviceAccountName']}" in objects
        for volume in spec["volumes"]:
            if "configMap" in volume:
                assert f"ConfigMap/{volume['configMap']['name']}" in objects
            if "persistentVolumeClaim" in volume:
                assert f"PersistentVolumeClaim/{volume['persistentVolumeClaim']['claimName']}" in objects
        names = {volume["name"] for volume in spec["volumes"]}
        for container in containers(spec):
            assert {mount["name"] for mount in container["volumeMounts"]} <= names
    templates = [item["spec"]["template"] for item in objects.values() if item["kind"] == "Deployment"]
    for service in (item for item in objects.values() if item["kind"] == "Service"):
        selected = [each for each in templates if service["spec"]["selector"].items() <= each["metadata"]["labels"].items()]
        assert len(selected) == 1
        ports = {port["name"] for container in selected[0]["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_every_image_comes_from_the_mirror(render: Any) -> None:
    objects = render(**CHOICES["team"], gatewayImage="nginx:1", jupyterNotebookGpuImage="jupyter/gpu:1", gpuResource="nvidia.com/gpu")
    images = [container["image"] for spec in pod_specs(objects).values() for container in containers(spec)]
    notebooks = settings(objects)
    images += [notebooks["image"], notebooks["gpu"]["image"]]
    assert images and all(image.startswith("mirror.example:5000/kubeflow/") for image in images)
    # A registry's host goes; an image without one is of Docker Hub.
    assert notebooks["image"] == "mirror.example:5000/kubeflow/jupyter/scipy-notebook:hub-5.5.0"
    assert notebooks["gpu"]["image"] == "mirror.example:5000/kubeflow/jupyter/gpu:1"
    assert pod_specs(objects)["Deployment/gateway"]["containers"][0]["image"] == "mirror.example:5000/kubeflow/library/nginx:1"


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
    assert settings(objects)["volume"] == {
        "mountPath": "/home/jovyan/work",
        "size": "20Gi",
        "accessMode": "ReadWriteOnce",
        "storageClass": "fast",
    }
    assert len(claims_rule(objects)) == 1
    assert settings(render(jupyterNotebookPVCMount="/x"))["volume"]["storageClass"] is None
    # The file browser shows nothing above the folder that it opens.
    for mount, shared in (("/home/jovyan/work", "/home/jovyan/work/shared"), ("/data", "/data/shared"), ("null", "/home/jovyan/shared")):
        volumes = settings(render(jupyterNotebookPVCMount=mount, sharedStorageClass="nfs"))
        assert volumes["sharedVolume"]["mountPath"] == shared
    assert "storageClassName" not in render()["PersistentVolumeClaim/hub-db"]["spec"]


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_no_secret_is_in_the_application(render: Any, choices: dict[str, Any]) -> None:
    objects = render(**choices)
    assert not [key for key, item in objects.items() if item["kind"] == "Secret" and (item.get("data") or item.get("stringData"))]
    assert "secretKeyRef" not in json.dumps(objects)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("cloud", "azure", "one of null, gke, eks, aks, openshift"),
        ("gatewayServiceType", "Ingress", "one of ClusterIP, NodePort, LoadBalancer"),
        ("jupyterHubServiceType", "loadbalancer", "one of ClusterIP, NodePort, LoadBalancer"),
        ("jupyterHubAuthenticator", "ldap", "one of null, dummy, oidc, iap, openshift, static"),
        ("secureCookies", "yes", "one of true, false"),
        ("podSecurityLevel", "strict", "one of null, restricted, baseline, privileged"),
        ("jupyterNotebookAccessMode", "RWX", "one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany"),
        ("hostname", "Kubeflow.example.com", "a host name in small letters"),
        ("hostname", "kubeflow", "a host name in small letters"),
        ("oidcIssuer", "http://login.example.com", "a URL that begins with https://"),
        ("iapAudience", "me", "an audience such as"),
        ("jupyterNotebookCpu", "half", "a quantity"),
        ("jupyterNotebookMemory", "1GiB", "a quantity"),
        ("hubPVCSize", "1.2.3Gi", "a quantity"),
        ("jupyterNotebookIdleSeconds", -1, "a whole number of seconds, or 0"),
        ("jupyterNotebookIdleSeconds", 0.5, "a whole number of seconds, or 0"),
        ("jupyterNotebookPVCMount", "/", "an absolute path"),
        ("gatewayReplicas", 0, "a whole number from 1 on"),
        ("gatewayReplicas", 1.5, "a whole number from 1 on"),
        ("jupyterNotebookPVCMount", "work", "an absolute path"),
        ("gpuResource", "gpu", "the full name of a resource"),
        ("jupyterHubImage", "null", "a text that is not empty"),
    ],
)
def test_a_wrong_value_is_refused_by_name(render: Any, name: str, value: Any, allowed: str) -> None:
    with pytest.raises(Exception, match=re.escape(f"parameter {name} is {value}; it must be {allowed}")):
        render(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nodeSelector", {"pool": 1}),
        ("quota", {"pods": ["1"]}),
        ("limits", {"cpu": "1"}),
        ("gpuLimits", []),
        ("gpuLimits", [0]),
        ("gpuLimits", [1, 1]),
        ("gpuTolerations", ["nvidia.com/gpu"]),
        ("allowedUsers", [""]),
    ],
)
def test_a_wrong_list_or_object_is_refused_by_name(render: Any, name: str, value: Any) -> None:
    with pytest.raises(Exception, match=f"parameter {name} is .*; it must be "):
        render(**{name: value})


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({**OIDC, "oidcIssuer": "null"}, "oidcIssuer is null; it must be set where jupyterHubAuthenticator is oidc"),
        ({**OIDC, "oidcClientId": "null"}, "oidcClientId is null; it must be set"),
        ({**OIDC, "oidcSecretName": "null"}, "oidcSecretName is null; it must be set"),
        ({**OIDC, "oidcIssuer": "https://accounts.google.com"}, "allowedUsers is [ ]; it must be a list that is not empty"),
        ({"jupyterHubAuthenticator": "iap"}, "iapAudience is null; it must be set where jupyterHubAuthenticator is iap"),
        ({"jupyterHubAuthenticator": "static"}, "staticSecretName is null; it must be set where jupyterHubAuthenticator is static"),
        ({"jupyterHubAuthenticator": "openshift", "hostname": "a.example.com"}, "cloud is null; it must be openshift"),
        ({"jupyterHubAuthenticator": "openshift", "cloud": "openshift"}, "hostname is null; it must be set"),
        ({"ingressClass": "nginx", "gatewayClass": "cilium"}, "gatewayClass is cilium; it must be null where ingressClass is set"),
        ({"tlsIssuer": "letsencrypt"}, "hostname is null; it must be set where tlsIssuer is"),
        ({"ingressClass": "openshift-default", "cloud": "openshift"}, "hostname is null; it must be set where ingressClass is"),
        ({"ipName": "10.0.0.1"}, "ipName is 10.0.0.1; it must be null, or gatewayServiceType LoadBalancer"),
        ({"ipName": "10.0.0.1", "ingressClass": "nginx"}, "ipName is 10.0.0.1; it must be null"),
        ({"reportUsage": "true"}, "usageId is null; it must be set where reportUsage is true"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(render: Any, choices: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=re.escape(f"kubeflow-core: parameter {message}")):
        render(**choices)


def test_the_default_namespace_is_left_alone(render: Any) -> None:
    objects = render(namespace="default")
    assert "Namespace/default" not in objects
    assert objects["Service/kubeflow"]["metadata"]["namespace"] == "default"


def test_unset_is_null_or_empty(render: Any) -> None:
    assert render(storageClass="", cloud="", jupyterHubAuthenticator="dummy") == render()


def test_without_a_level_the_namespace_has_no_label_of_it(render: Any) -> None:
    labels = render(podSecurityLevel="null")["Namespace/kubeflow"]["metadata"]["labels"]
    assert not [label for label in labels if label.startswith("pod-security")]


def test_the_parts_together_are_the_whole() -> None:
    parts = {key for name in PROTOTYPES[1:] for key in core.render({}, name)}
    assert set(core.render({})) == parts


def test_what_programs_start_is_named_by_what_goes_after_it(render: Any) -> None:
    objects = render()
    after = {key: item["metadata"].get("annotations", {}).get("kubeflow.bootstrap/goes-after") for key, item in objects.items()}
    # As the hub labels what it starts.
    labels = json.loads(objects["ConfigMap/hub-config"]["data"]["settings.json"])["labels"]
    labels["app.kubernetes.io/managed-by"] = "kubespawner"
    config = objects["ConfigMap/hub-config"]["data"]["jupyterhub_config.py"]
    assert 'common_labels = {**settings["labels"], "app.kubernetes.io/managed-by": "kubespawner"}' in config
    policy = objects["NetworkPolicy/notebook"]["spec"]["podSelector"]["matchLabels"]
    assert policy.items() <= labels.items()
    (lease,) = [name for rule in objects["Role/training-operator"]["rules"] for name in rule.get("resourceNames", ()) if "." in name]
    servers = {f"{name}={value}" for name, value in labels.items()}
    assert {key: set(text[4:].split(",")) if text.startswith("Pod?") else text for key, text in after.items() if text} == {
        "NetworkPolicy/notebook": servers,
        "NetworkPolicy/notebook-egress": servers,
        "Role/training-operator": f"Lease/{lease}",
    }


def test_replicas_are_spread_over_nodes_also_where_nodes_have_no_zones(render: Any) -> None:
    """The scheduler passes over a node without the label of one of several soft topologySpreadConstraints."""
    objects = render(gatewayReplicas=2, trainingOperatorReplicas=2)
    for name in ("gateway", "training-operator"):
        spec = objects[f"Deployment/{name}"]["spec"]["template"]["spec"]
        assert len({each["topologyKey"] for each in spec.get("topologySpreadConstraints", [])}) < 2
        terms = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        (node,) = [each["podAffinityTerm"] for each in terms if each["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"]
        assert (
            node["labelSelector"]["matchLabels"].items() <= objects[f"Deployment/{name}"]["spec"]["template"]["metadata"]["labels"].items()
        )
