# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages beside core: tf-serving, argo, nfs, iap-ingress, cert-manager-issuer. What each parameter does to the objects."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.packages import (
    CHOICES,
    EVERY,
    NAMESPACE,
    NFS_NAMESPACE,
    PACKAGES,
    REGISTRY,
    REQUIRED,
    Json,
    prototype,
    render,
    vendored,
)

Render = t.Callable[..., dict[str, Json]]

# One value other than the default for each parameter. Where it works only with others, these come after it.
CHANGES: dict[str, dict[str, tuple[t.Any, Json]]] = {
    "tf-serving": {
        "modelPath": ("gs://other/model", {}),
        "namespace": ("team", {}),
        "modelName": ("mnist", {}),
        "modelClaim": ("models", {"modelPath": "/models"}),
        "modelSize": ("1Gi", {"modelPath": "s3://bucket/m"}),
        "replicas": (3, {}),
        "numGpus": (1, {}),
        "gpuResource": ("amd.com/gpu", {"numGpus": 1}),
        "gpuTolerations": ([{"key": "gpu", "operator": "Exists"}], {"numGpus": 1}),
        "gpuNodeSelector": ({"pool": "gpu"}, {"numGpus": 1}),
        "cpu": ("2", {}),
        "memory": ("3Gi", {}),
        "cpuLimit": ("5", {}),
        "memoryLimit": ("6Gi", {}),
        "serviceType": ("NodePort", {}),
        "clientNamespaces": (["team"], {}),
        "serviceAccount": ("models", {}),
        "gcpCredentialSecretName": ("gcp", {}),
        "s3SecretName": ("s3", {"modelPath": "s3://bucket/m"}),
        "s3SecretAccesskeyidKeyName": ("id", {"modelPath": "s3://bucket/m", "s3SecretName": "s3"}),
        "s3SecretSecretaccesskeyKeyName": ("key", {"modelPath": "s3://bucket/m", "s3SecretName": "s3"}),
        "s3AwsRegion": ("eu-west-1", {"modelPath": "s3://bucket/m"}),
        "s3Endpoint": ("minio:9000", {"modelPath": "s3://bucket/m"}),
        "s3UseHttps": ("false", {"modelPath": "s3://bucket/m", "s3Endpoint": "minio:9000"}),
        "s3VerifySsl": ("false", {"modelPath": "s3://bucket/m"}),
        "defaultCpuImage": ("example.com/serving:1", {}),
        "defaultGpuImage": ("example.com/serving:1-gpu", {"numGpus": 1}),
        "s3DownloadImage": ("example.com/copy:1", {"modelPath": "s3://bucket/m"}),
        "architecture": ("arm64", {}),
        "cloud": ("openshift", {}),
        "imageRegistry": ("mirror.example", {}),
        "imagePullSecret": ("pull", {}),
        "nodeSelector": ({"pool": "a"}, {}),
    },
    "argo": {
        "namespace": ("team", {}),
        "namespaced": ("false", {}),
        "customResources": ("false", {}),
        "controllerReplicas": (2, {}),
        "workflowServiceAccount": ("steps", {}),
        "artifactRepository": ({"archiveLogs": True}, {}),
        "parallelism": (7, {}),
        "retainCompleted": (5, {}),
        "controllerImage": ("example.com/controller:1", {}),
        "executorImage": ("example.com/executor:1", {}),
        "cloud": ("openshift", {}),
        "imageRegistry": ("mirror.example", {}),
        "imagePullSecret": ("pull", {}),
        "nodeSelector": ({"pool": "a"}, {}),
    },
    "nfs": {
        "namespace": ("files", {}),
        "storageClass": ("fast", {}),
        "size": ("1Ti", {}),
        "className": ("shared", {}),
        "reclaimPolicy": ("Retain", {}),
        "clientCIDRs": (["10.0.0.0/16"], {}),
        "cpu": ("200m", {}),
        "cpuLimit": ("2", {}),
        "memory": ("300Mi", {}),
        "memoryLimit": ("2Gi", {}),
        "image": ("example.com/nfs:1", {}),
        "cloud": ("openshift", {}),
        "imageRegistry": ("mirror.example", {}),
        "imagePullSecret": ("pull", {}),
        "nodeSelector": ({"pool": "a"}, {}),
    },
    "iap-ingress": {
        "ipName": ("other-ip", {}),
        "hostname": ("other.example.com", {}),
        "namespace": ("team", {}),
        "oauthSecretName": ("null", {}),
        "issuer": ("letsencrypt-prod", {}),
        "issuerKind": ("Issuer", {"issuer": "mine"}),
        "secretName": ("own-tls", {}),
        "serviceName": ("istio", {}),
        "servicePort": (8080, {}),
        "podSelector": ({"app": "istio"}, {}),
        "targetPort": (8443, {}),
        "healthPath": ("/ready", {}),
        "timeoutSeconds": (60, {}),
        "ingressClass": ("gce", {}),
    },
    "cert-manager-issuer": {
        "acmeEmail": ("other@example.com", {}),
        "acmeUrl": ("https://acme.example/directory", {}),
        "namespace": ("team", {"issuerKind": "Issuer"}),
        "issuerName": ("mine", {}),
        "issuerKind": ("Issuer", {}),
        "selfSigned": ("true", {}),
        "solver": ("dns01", {"cloudDNSProject": "project"}),
        "ingressClass": ("nginx", {}),
        "ingressName": ("iap-ingress", {}),
        "cloudDNSProject": ("other", {"solver": "dns01"}),
        "cloudDNSSecretName": ("dns", {"solver": "dns01", "cloudDNSProject": "project"}),
    },
    "address": {
        "addressProvider": ("aws", {}),
        "addressName": ("other-ip", {}),
        "namespace": ("team", {}),
        "addressApiVersion": ("compute.cnrm.cloud.google.com/v1", {}),
        "addressLocation": ("europe-west1", {}),
        "addressIpVersion": (6, {}),
        "addressNetworkTier": ("PREMIUM", {}),
        "addressProject": ("project", {}),
        "addressOwner": ("group", {"addressProvider": "azure", "addressLocation": "westeurope"}),
        "addressLabels": ({"team": "ml"}, {}),
    },
}
# What else a parameter needs to have in order to be compared with.
BEFORE: dict[tuple[str, str], Json] = {
    ("tf-serving", "modelClaim"): {"modelClaim": "other"},
    ("cert-manager-issuer", "solver"): {"solver": "http01", "cloudDNSProject": "null"},
    ("cert-manager-issuer", "cloudDNSProject"): {"cloudDNSProject": "project"},
    ("address", "addressOwner"): {"addressOwner": "other"},
}

# A value that is not allowed, what it is given with, and what the message says after the parameter's name and the value.
WRONG = [
    ("tf-serving", "modelPath", "models", {}, "gs://bucket/folder, s3://bucket/folder or an absolute path"),
    ("tf-serving", "modelClaim", "null", {"modelPath": "/models"}, "a text that is not empty"),
    ("tf-serving", "modelClaim", "models", {}, "null where modelPath is a bucket"),
    ("tf-serving", "replicas", 0, {}, "a whole number from 1 on"),
    ("tf-serving", "numGpus", 0.5, {}, "a whole number from 0 on"),
    ("tf-serving", "gpuResource", "gpu", {}, "the full name of a resource, such as nvidia.com/gpu"),
    ("tf-serving", "gpuResource", "null", {"numGpus": 1}, "the full name of a resource, such as nvidia.com/gpu"),
    ("tf-serving", "serviceType", "Ingress", {}, "one of ClusterIP, NodePort, LoadBalancer"),
    ("tf-serving", "s3VerifySsl", "yes", {}, "one of true, false"),
    ("tf-serving", "cloud", "azure", {}, "one of null, gke, eks, aks, openshift"),
    ("tf-serving", "name", "My_Model", {}, "a name of small letters, digits and dashes"),
    ("tf-serving", "name", "m" * 64, {}, "a name of small letters, digits and dashes"),
    ("argo", "namespaced", "maybe", {}, "one of true, false"),
    ("argo", "retainCompleted", 0, {}, "a whole number from 1 on"),
    ("argo", "workflowServiceAccount", "-x", {}, "a name of small letters, digits and dashes"),
    ("nfs", "className", "fast", {"storageClass": "fast"}, "another name than that of the disk's class"),
    ("nfs", "reclaimPolicy", "Recycle", {}, "one of Delete, Retain"),
    ("nfs", "image", "null", {}, "a text that is not empty"),
    ("iap-ingress", "hostname", "https://kubeflow.example.com", {}, "a host name with a domain"),
    ("iap-ingress", "hostname", "kubeflow", {}, "a host name with a domain"),
    ("iap-ingress", "podSelector", {}, {}, "an object with at least one label"),
    ("iap-ingress", "ingressClass", "nginx", {}, "one of null, gce"),
    ("iap-ingress", "healthPath", "healthz", {}, "a path that begins with /"),
    ("cert-manager-issuer", "acmeEmail", "admin", {}, "a mail address, such as admin@example.com"),
    ("cert-manager-issuer", "acmeEmail", "null", {}, "a text that is not empty"),
    ("cert-manager-issuer", "acmeUrl", "https://acme-v01.api.letsencrypt.org/directory", {}, "the URL of an ACME v2 server"),
    ("cert-manager-issuer", "solver", "dns", {}, "one of http01, dns01"),
    ("cert-manager-issuer", "cloudDNSProject", "null", {"solver": "dns01"}, "a text that is not empty"),
    ("cert-manager-issuer", "cloudDNSProject", "project", {}, "null unless solver is dns01"),
    ("cert-manager-issuer", "ingressName", "iap", {"ingressClass": "gce"}, "null where ingressClass is set"),
    ("address", "addressProvider", "ibm", {}, "one of google, aws, azure"),
    ("address", "addressName", "Kubeflow IP", {}, "a name of small letters, digits and dashes"),
    ("address", "addressIpVersion", 5, {}, "4 or 6"),
    ("address", "addressIpVersion", 6, {"addressProvider": "aws"}, "4 where addressProvider is aws"),
    ("address", "addressNetworkTier", "STANDARD", {}, "PREMIUM where addressLocation is global"),
    ("address", "addressProject", "p", {"addressProvider": "aws"}, "null where addressProvider is aws"),
    ("address", "addressOwner", "null", {"addressProvider": "azure", "addressLocation": "westeurope"}, "a text that is not empty"),
]


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vendored(tmp_path_factory.mktemp("vendor"))


@pytest.fixture(scope="module")
def rendered(vendor: Path) -> Render:
    """rendered(package, parameter=value, ...) -> {kind/name: object}."""

    def of(package: str, **choices: t.Any) -> dict[str, Json]:
        items = render(vendor, package, choices)
        objects = {f"{item['kind']}/{item['metadata']['name']}": item for item in items}
        assert len(objects) == len(items), "two objects of one kind and name"
        return objects

    return of


def pods(objects: dict[str, Json]) -> dict[str, Json]:
    """The pod templates, by kind and name of what makes them."""
    return {key: item["spec"]["template"] for key, item in objects.items() if item["kind"] in ("Deployment", "StatefulSet")}


def pod(objects: dict[str, Json]) -> Json:
    (template,) = pods(objects).values()
    return t.cast("Json", template["spec"])


# --- what all packages have


def test_each_parameter_is_covered() -> None:
    for package in PACKAGES:
        assert set(CHANGES[package]) | {"name"} == {each.name for each in prototype(package).parameters}, package


@pytest.mark.parametrize(("package", "name"), [(package, name) for package in PACKAGES for name in CHANGES[package]])
def test_each_parameter_has_its_effect(rendered: Render, package: str, name: str) -> None:
    value, others = CHANGES[package][name]
    after = rendered(package, **{**others, name: value})
    assert after != rendered(package, **{**others, **BEFORE.get((package, name), {})})


@pytest.mark.parametrize(("package", "name", "value", "others", "allowed"), WRONG)
def test_a_wrong_value_is_refused_by_name(rendered: Render, package: str, name: str, value: t.Any, others: Json, allowed: str) -> None:
    with pytest.raises(Exception, match=re.escape(f"{package}: parameter {name} is ")) as caught:
        rendered(package, **{**others, name: value})
    assert f"; it must be {allowed}" in str(caught.value)


@pytest.mark.parametrize(("package", "choices"), EVERY)
def test_objects_name_their_namespace_and_owner(rendered: Render, package: str, choices: Json) -> None:
    scope = {"CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "ClusterIssuer", "StorageClass", "Namespace"}
    for key, item in rendered(package, **choices).items():
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "kubeflow", key
        assert labels["app.kubernetes.io/instance"] == "mine", key
        assert {"app.kubernetes.io/name", "app.kubernetes.io/component"} <= set(labels), key
        expected = None if item["kind"] in scope else NFS_NAMESPACE if package == "nfs" else NAMESPACE
        assert item["metadata"].get("namespace") == expected, key


@pytest.mark.parametrize(("package", "choices"), [each for each in EVERY if each[0] in ("tf-serving", "argo")])
def test_pods_satisfy_restricted(rendered: Render, package: str, choices: Json) -> None:
    spec = pod(rendered(package, **choices))
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert ("runAsUser" in spec["securityContext"]) is (choices.get("cloud") != "openshift")
    for container in spec["containers"] + spec.get("initContainers", []):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize(("package", "choices"), EVERY)
def test_pods_have_bounds_probes_and_what_they_mount(rendered: Render, package: str, choices: Json) -> None:
    objects = rendered(package, **choices)
    for key, template in pods(objects).items():
        spec = template["spec"]
        assert objects[key]["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        assert choices.get("serviceAccount") or f"ServiceAccount/{spec['serviceAccountName']}" in objects
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in spec["containers"] + spec.get("initContainers", []):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]) & set(container["resources"]["limits"])
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            host, _colon, tag = container["image"].partition("/")[0], *container["image"].rpartition(":")[1:]
            assert "." in host and tag != "latest" and "/" not in tag
        for container in spec["containers"]:
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
        policies = [item["spec"] for item in objects.values() if item["kind"] == "NetworkPolicy"]
        assert [each["podSelector"]["matchLabels"] for each in policies] == [objects[key]["spec"]["selector"]["matchLabels"]]


@pytest.mark.parametrize(("package", "choices"), EVERY)
def test_no_object_is_a_secret(rendered: Render, package: str, choices: Json) -> None:
    assert not [key for key in rendered(package, **choices) if key.startswith("Secret/")]


@pytest.mark.parametrize("package", ["tf-serving", "argo", "nfs"])
def test_a_mirror_serves_every_image(rendered: Render, package: str) -> None:
    objects = rendered(
        package, imageRegistry="mirror.example:5000/copies", **({"modelPath": "s3://b/m"} if package == "tf-serving" else {})
    )
    images = re.findall(r'"(?:image": "|)([^" ]+/[^" ]+:v?\d[^" /]*)"', json.dumps(objects))
    assert len(images) == (1 if package == "nfs" else 2)
    assert all(image.startswith("mirror.example:5000/copies/") and not re.search(r"copies/[^/]*\.", image) for image in images)
    with_short_name = rendered("nfs", imageRegistry="mirror.example", image="team/nfs:1")
    assert pod(with_short_name)["containers"][0]["image"] == "mirror.example/team/nfs:1"


def test_all_carry_the_same_common_file() -> None:
    assert len({(REGISTRY / package / "common.libsonnet").read_text(encoding="utf-8") for package in PACKAGES}) == 1


@pytest.mark.parametrize("package", PACKAGES)
def test_no_operator_stands_before_a_dollar(package: str) -> None:
    """Jsonnet 0.10.0 (2018), whose language ks 0.10.0 evaluates, takes the two for one operator that it does not know."""
    for path in (REGISTRY / package).rglob("*sonnet"):
        assert not re.search(r"[!~+*/<>=&|-]\$", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_is_described(package: str) -> None:
    parts = yaml.safe_load((REGISTRY / package / "parts.yaml").read_text(encoding="utf-8"))
    assert (parts["name"], parts["quickStart"]["prototype"]) == (package, prototype(package).name) == (package, f"io.ksonnet.pkg.{package}")
    flags = parts["quickStart"]["flags"]
    assert {each.name for each in prototype(package).parameters if each.required} <= set(flags)
    assert set(REQUIRED[package]) <= set(flags)
    readme = (REGISTRY / package / "README.md").read_text(encoding="utf-8")
    for parameter in prototype(package).parameters:
        if parameter.name.lower().endswith("image") and parameter.default:
            assert parameter.default.removesuffix("-gpu") in readme, parameter.name


# --- tf-serving


def test_a_model_in_a_claim(rendered: Render) -> None:
    spec = pod(rendered("tf-serving", modelPath="/models/mnist", modelClaim="models"))
    assert "--model_base_path=/mnt/models/models/mnist" in spec["containers"][0]["args"]
    assert spec["volumes"] == [{"name": "model", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}}]
    assert spec["containers"][0]["volumeMounts"][0] == {"name": "model", "mountPath": "/mnt/models", "readOnly": True}


def test_a_model_in_google_cloud_storage(rendered: Render) -> None:
    spec = pod(rendered("tf-serving", gcpCredentialSecretName="gcp"))
    assert "--model_base_path=gs://bucket/models/mnist" in spec["containers"][0]["args"]
    key = {each["name"]: each["value"] for each in spec["containers"][0]["env"]}["GOOGLE_APPLICATION_CREDENTIALS"]
    assert key == f"{spec['containers'][0]['volumeMounts'][0]['mountPath']}/key.json"
    assert spec["volumes"] == [{"name": "gcp-credentials", "secret": {"secretName": "gcp"}}]


def test_a_model_in_s3_is_copied_before_the_server_starts(rendered: Render) -> None:
    spec = pod(rendered("tf-serving", modelPath="s3://bucket/m", s3SecretName="s3", s3Endpoint="minio:9000", s3UseHttps="false"))
    (download,) = spec["initContainers"]
    assert download["args"] == ["s3://bucket/m", "/mnt/models"]
    assert "--model_base_path=/mnt/models" in spec["containers"][0]["args"]
    env = {each["name"]: each.get("value", each.get("valueFrom")) for each in download["env"]}
    assert env["AWS_ENDPOINT_URL"] == "http://minio:9000"
    assert env["AWS_ACCESS_KEY_ID"] == {"secretKeyRef": {"name": "s3", "key": "AWS_ACCESS_KEY_ID"}}
    whole = pod(rendered("tf-serving", modelPath="s3://bucket/m", s3Endpoint="https://s3.example"))["initContainers"][0]
    assert {"name": "AWS_ENDPOINT_URL", "value": "https://s3.example"} in whole["env"]
    assert not [each for each in whole["env"] if "valueFrom" in each]


def test_gpus_are_asked_for_and_their_taint_tolerated(rendered: Render) -> None:
    spec = pod(rendered("tf-serving", numGpus=2, gpuResource="amd.com/gpu", nodeSelector={"pool": "a"}, gpuNodeSelector={"gpu": "mi300"}))
    (server,) = spec["containers"]
    assert server["image"].endswith("-gpu")
    assert server["resources"]["limits"]["amd.com/gpu"] == server["resources"]["requests"]["amd.com/gpu"] == 2
    assert spec["tolerations"] == [{"key": "amd.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert spec["nodeSelector"] == {"pool": "a", "gpu": "mi300", "kubernetes.io/arch": "amd64"}
    without = pod(rendered("tf-serving", gpuResource="null", gpuNodeSelector={"gpu": "mi300"}))
    assert "tolerations" not in without and without["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
    assert "nodeSelector" not in pod(rendered("tf-serving", architecture="null"))


def test_who_may_send_requests(rendered: Render) -> None:
    def sources(**choices: t.Any) -> t.Any:
        (rule,) = rendered("tf-serving", **choices)["NetworkPolicy/mine"]["spec"]["ingress"]
        assert [port["port"] for port in rule["ports"]] == [8500, 8501]
        return rule.get("from")

    assert sources() == [{"podSelector": {}}]
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "team"}}} in sources(clientNamespaces=["team"])
    assert sources(serviceType="LoadBalancer") is None


@pytest.mark.parametrize(
    ("cloud", "annotation"),
    [
        ("gke", "networking.gke.io/load-balancer-type"),
        ("eks", "service.beta.kubernetes.io/aws-load-balancer-scheme"),
        ("aks", "service.beta.kubernetes.io/azure-load-balancer-internal"),
    ],
)
def test_a_load_balancer_stays_inside(rendered: Render, cloud: str, annotation: str) -> None:
    assert annotation in rendered("tf-serving", cloud=cloud, serviceType="LoadBalancer")["Service/mine"]["metadata"]["annotations"]
    assert "annotations" not in rendered("tf-serving", cloud=cloud)["Service/mine"]["metadata"]


# --- argo


def configuration(objects: dict[str, Json]) -> Json:
    return {key: json.loads(value) for key, value in objects["ConfigMap/workflow-controller-configmap"]["data"].items()}


@pytest.mark.parametrize("choices", CHOICES["argo"])
def test_what_workflows_run_as_satisfies_restricted(rendered: Render, choices: Json) -> None:
    data = configuration(rendered("argo", **choices))
    for container in (data["executor"], data["mainContainer"]):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} == set(container["resources"])
    security = data["workflowDefaults"]["spec"]["securityContext"]
    assert security["runAsNonRoot"] is True and security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert ("runAsUser" in security) is (choices.get("cloud") != "openshift")


def test_a_controller_of_one_namespace_has_no_rights_elsewhere(rendered: Render) -> None:
    own = rendered("argo", customResources="false")
    assert not [key for key in own if key.startswith("Cluster")]
    assert "--namespaced" in pod(own)["containers"][0]["args"]
    whole = rendered("argo", customResources="false", namespaced="false")
    assert "--namespaced" not in pod(whole)["containers"][0]["args"]
    assert whole["ClusterRoleBinding/argo-kubeflow"]["subjects"][0]["namespace"] == NAMESPACE
    secrets = [rule for rule in whole["ClusterRole/argo-kubeflow"]["rules"] if "secrets" in rule["resources"]]
    assert [rule["resourceNames"] for rule in secrets] == [["argo-workflows-agent-ca-certificates"]]


def test_workflows_may_report_and_nothing_else(rendered: Render) -> None:
    objects = rendered("argo", workflowServiceAccount="steps")
    assert objects["Role/argo-executor"]["rules"] == [
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}
    ]
    assert objects["RoleBinding/argo-executor"]["subjects"][0]["name"] == "steps"
    assert configuration(objects)["workflowDefaults"]["spec"]["serviceAccountName"] == "steps"


# --- nfs


def test_the_server_has_a_namespace_of_its_own(rendered: Render) -> None:
    labels = rendered("nfs")[f"Namespace/{NFS_NAMESPACE}"]["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"privileged"}
    for namespace in ("default", NAMESPACE, "null"):
        assert f"Namespace/{namespace}" not in rendered("nfs", namespace=namespace), "that one is not ours to label"


def test_the_class_and_the_server_agree(rendered: Render) -> None:
    objects = rendered("nfs", namespace="files")
    provisioner = objects["StorageClass/kubeflow-nfs"]["provisioner"]
    (server,) = pod(objects)["containers"]
    assert server["args"] == [f"-provisioner={provisioner}"]
    assert {"name": "SERVICE_NAME", "value": "mine"} in server["env"] and "Service/mine" in objects
    offered = {(port["targetPort"], port["port"], port["protocol"]) for port in objects["Service/mine"]["spec"]["ports"]}
    assert offered == {(port["name"], port["containerPort"], port["protocol"]) for port in server["ports"]}
    opened = objects["NetworkPolicy/mine"]["spec"]["ingress"][0]["ports"]
    assert {(port["port"], port["protocol"]) for port in opened} == {(port, protocol) for _name, port, protocol in offered}
    assert len(offered) == 12
    assert pod(objects)["volumes"][0]["persistentVolumeClaim"]["claimName"] == "mine-disk"
    assert "storageClassName" not in objects["PersistentVolumeClaim/mine-disk"]["spec"]


def test_openshift_binds_the_scc(rendered: Render) -> None:
    assert rendered("nfs", cloud="openshift")["RoleBinding/mine-scc"]["roleRef"]["name"] == "system:openshift:scc:privileged"
    assert "RoleBinding/mine-scc" not in rendered("nfs")


# --- iap-ingress


def test_the_service_is_behind_iap(rendered: Render) -> None:
    objects = rendered("iap-ingress")
    annotations = objects["Service/mine"]["metadata"]["annotations"]
    config = json.loads(annotations["cloud.google.com/backend-config"])["default"]
    assert objects[f"BackendConfig/{config}"]["spec"]["iap"] == {
        "enabled": True,
        "oauthclientCredentials": {"secretName": "kubeflow-oauth"},
    }
    assert json.loads(annotations["cloud.google.com/neg"]) == {"ingress": True}
    assert rendered("iap-ingress", oauthSecretName="null")["BackendConfig/mine"]["spec"]["iap"] == {"enabled": True}
    (rule,) = objects["Ingress/mine"]["spec"]["rules"]
    assert rule["host"] == "kubeflow.example.com"
    assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "mine", "port": {"number": 80}}}


def test_it_leads_to_the_gateway_of_core(rendered: Render) -> None:
    service = rendered("iap-ingress")["Service/mine"]["spec"]
    assert service["selector"] == {"app.kubernetes.io/name": "kubeflow-gateway", "app.kubernetes.io/component": "gateway"}
    assert service["ports"][0]["targetPort"] == 8080


def test_three_kinds_of_certificates(rendered: Render) -> None:
    def certificate(**choices: t.Any) -> tuple[list[str], t.Any, Json]:
        objects = rendered("iap-ingress", **choices)
        certificates = [key for key in objects if "Certificate/" in key]
        return certificates, objects["Ingress/mine"]["spec"].get("tls"), objects["Ingress/mine"]["metadata"]["annotations"]

    hosts = ["kubeflow.example.com"]
    certificates, tls, annotations = certificate()
    assert (certificates, tls) == (["ManagedCertificate/mine"], None)
    assert annotations["networking.gke.io/managed-certificates"] == "mine"
    assert annotations["kubernetes.io/ingress.allow-http"] == "false"
    certificates, tls, annotations = certificate(issuer="letsencrypt-prod")
    assert (certificates, tls) == (["Certificate/mine"], [{"hosts": hosts, "secretName": "mine-tls"}])
    assert annotations["kubernetes.io/ingress.allow-http"] == "true"
    assert certificate(secretName="own")[:2] == ([], [{"hosts": hosts, "secretName": "own"}])


# --- cert-manager-issuer


def test_solvers(rendered: Render) -> None:
    def solver(**choices: t.Any) -> t.Any:
        return rendered("cert-manager-issuer", **choices)["ClusterIssuer/letsencrypt-prod"]["spec"]["acme"]["solvers"][0]

    assert solver() == {"http01": {"ingress": {}}}
    assert solver(ingressClass="nginx") == {"http01": {"ingress": {"ingressClassName": "nginx"}}}
    assert solver(ingressClass="gce") == {"http01": {"ingress": {"class": "gce"}}}
    assert solver(ingressName="iap") == {"http01": {"ingress": {"name": "iap"}}}
    assert solver(solver="dns01", cloudDNSProject="p", cloudDNSSecretName="s") == {
        "dns01": {"cloudDNS": {"project": "p", "serviceAccountSecretRef": {"name": "s", "key": "key.json"}}}
    }


def test_self_signed_needs_no_account(rendered: Render) -> None:
    (issuer,) = rendered("cert-manager-issuer", selfSigned="true", acmeEmail="null").values()
    assert issuer["spec"] == {"selfSigned": {}}
