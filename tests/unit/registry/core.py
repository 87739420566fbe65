# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package core for its tests: the objects of a component, by kind and name."""

from __future__ import annotations

import json
import tempfile
import typing as t
from pathlib import Path

import rjsonnet
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import component, prototypes

CORE = Path(__file__).parents[3] / "registry" / "core"
PROTOTYPES = ("kubeflow-core", "jupyterhub", "gateway", "namespace", "usage-reporting", "training-operator")

Json = dict[str, t.Any]

# Choices that go together, for what must be so whatever is chosen.
CHOICES: dict[str, Json] = {
    "defaults": {},
    "openshift": {
        "cloud": "openshift",
        "jupyterHubAuthenticator": "openshift",
        "ingressClass": "openshift-default",
        "hostname": "kubeflow.apps.example.com",
        "secureCookies": "true",
        "jupyterNotebookPVCMount": "/home/jovyan/work",
    },
    "gke with IAP": {
        "cloud": "gke",
        "ingressClass": "gce",
        "ipName": "kubeflow-ip",
        "hostname": "kubeflow.example.com",
        "tlsIssuer": "letsencrypt",
        "jupyterHubAuthenticator": "iap",
        "iapAudience": "/projects/1/global/backendServices/2",
        "gpuResource": "nvidia.com/gpu",
    },
    "load balancer with TLS and OIDC": {
        "gatewayServiceType": "LoadBalancer",
        "hostname": "kubeflow.example.com",
        "tlsSecretName": "kubeflow-tls",
        "jupyterHubAuthenticator": "oidc",
        "oidcIssuer": "https://login.example.com",
        "oidcClientId": "kubeflow",
        "oidcSecretName": "login",
        "gatewayReplicas": 2,
    },
    "team": {
        "namespace": "team",
        "gatewayClass": "cilium",
        "storageClass": "fast",
        "jupyterNotebookPVCMount": "/home/jovyan",
        "sharedStorageClass": "nfs",
        "imageRegistry": "mirror.example:5000/kubeflow",
        "imagePullSecret": "pull",
        "quota": {"requests.cpu": "40"},
        "limits": {"default": {"cpu": "1"}},
        "reportUsage": "true",
        "usageId": "5bf1a4e6",
        "usageUrl": "https://usage.example.com/",
        "trainingOperator": "false",
    },
}


def prototype(name: str = "kubeflow-core") -> prototypes.Prototype:
    path = CORE / "prototypes" / f"{name}.jsonnet"
    return prototypes.parse(path.read_text(encoding="utf-8"), path.name)


def declared(name: str = "kubeflow-core") -> set[str]:
    return {parameter.name for parameter in prototype(name).parameters}


def render(choices: Json, name: str = "kubeflow-core") -> Json:
    """{kind/name: object} of a component made from a prototype, evaluated as an application evaluates it."""
    of = prototype(name)
    literals = prototypes.values(of, name, choices)
    params = ", ".join(f"{key}: {literal}" for key, literal in literals.items())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kubeflow").mkdir()
        (Path(folder) / "kubeflow" / "core").symlink_to(CORE)
        text = rjsonnet.evaluate_snippet(
            f"{name}.jsonnet",
            component.from_prototype(name, of)[1],
            jpathdir=[folder],
            ext_codes={
                "__ksonnet/environments": json.dumps({"server": "https://cluster.example", "namespace": "kubeflow"}),
                "__ksonnet/params": f"{{components: {{{json.dumps(name)}: {{{params}}}}}}}",
            },
        )
    result = json.loads(text)
    assert (result["apiVersion"], result["kind"]) == ("v1", "List")
    objects = {f"{item['kind']}/{item['metadata']['name']}": item for item in result["items"]}
    assert len(objects) == len(result["items"]), "two objects of one kind and name"
    return objects


def settings(objects: Json) -> Json:
    """What jupyterhub_config.py reads."""
    return t.cast("Json", json.loads(objects["ConfigMap/hub-config"]["data"]["settings.json"]))


def pod_specs(objects: Json) -> dict[str, Json]:
    """By kind and name, of all workloads."""
    specs = {}
    for key, item in objects.items():
        spec = item.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            specs[key] = spec["template"]["spec"]
    return specs


def containers(spec: Json) -> list[Json]:
    return [*spec["containers"], *spec.get("initContainers", [])]
