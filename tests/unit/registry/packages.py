# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages beside core: how a component of them is rendered, and the choices that tests render."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import rjsonnet
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import component, prototypes

REGISTRY = Path(__file__).parents[3] / "registry"
PACKAGES = ("tf-serving", "argo", "nfs", "iap-ingress", "cert-manager-issuer", "address")
NAMESPACE = "kubeflow"
NFS_NAMESPACE = "kubeflow-nfs"

Json = dict[str, t.Any]

# What a component of a package must be given, and the choices made beside that.
REQUIRED: dict[str, Json] = {
    "tf-serving": {"modelPath": "gs://bucket/models/mnist"},
    "argo": {},
    "nfs": {},
    "iap-ingress": {"ipName": "kubeflow-ip", "hostname": "kubeflow.example.com"},
    "cert-manager-issuer": {"acmeEmail": "admin@example.com"},
    "address": {"addressProvider": "google", "addressName": "kubeflow-ip"},
}
CHOICES: dict[str, list[Json]] = {
    "tf-serving": [
        {},
        {
            "modelPath": "/models/mnist",
            "modelClaim": "models",
            "replicas": 2,
            "clientNamespaces": ["team-a"],
            "nodeSelector": {"pool": "a"},
        },
        {"modelPath": "s3://bucket/mnist", "s3SecretName": "s3", "s3Endpoint": "minio.kubeflow:9000", "s3UseHttps": "false"},
        {"numGpus": 2, "cloud": "gke", "serviceType": "LoadBalancer", "gpuNodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l4"}},
        {"gpuTolerations": [{"key": "dedicated", "operator": "Exists"}], "numGpus": 1, "gpuResource": "amd.com/gpu", "cloud": "eks"},
        {"cloud": "openshift", "gcpCredentialSecretName": "gcp", "imageRegistry": "mirror.example:5000", "imagePullSecret": "pull"},
        {"serviceType": "NodePort", "serviceAccount": "default", "architecture": "null", "cloud": "aks"},
    ],
    "argo": [
        {},
        {"namespaced": "false", "controllerReplicas": 2, "parallelism": 20},
        {"customResources": "false", "cloud": "openshift", "imageRegistry": "mirror.example", "nodeSelector": {"pool": "a"}},
        {
            "artifactRepository": {"archiveLogs": True, "gcs": {"bucket": "logs", "keyFormat": "{{workflow.name}}"}},
            "imagePullSecret": "pull",
        },
    ],
    "nfs": [
        {},
        {"storageClass": "fast", "size": "1Ti", "className": "shared", "reclaimPolicy": "Retain", "clientCIDRs": ["10.0.0.0/16"]},
        {"cloud": "openshift", "imagePullSecret": "pull", "nodeSelector": {"pool": "a"}},
    ],
    "iap-ingress": [
        {},
        {"issuer": "letsencrypt-prod", "oauthSecretName": "null"},
        {"secretName": "own-tls", "serviceName": "istio", "servicePort": 443},
    ],
    "cert-manager-issuer": [
        {},
        {"issuerKind": "Issuer", "ingressClass": "nginx", "acmeUrl": "https://acme-staging-v02.api.letsencrypt.org/directory"},
        {"ingressClass": "gce"},
        {"ingressName": "iap-ingress"},
        {"solver": "dns01", "cloudDNSProject": "project", "cloudDNSSecretName": "dns"},
        {"selfSigned": "true", "issuerName": "self-signed", "acmeEmail": "null"},
    ],
    "address": [
        {},
        {"addressLocation": "europe-west1", "addressNetworkTier": "STANDARD", "addressProject": "project", "addressLabels": {"a": "b"}},
        {"addressProvider": "aws", "addressLabels": {"a": "b"}},
        {"addressProvider": "azure", "addressLocation": "westeurope", "addressOwner": "group", "addressIpVersion": 6},
        {"addressProvider": "azure", "addressLocation": "westeurope", "addressOwner": "/subscriptions/s/resourceGroups/g"},
    ],
}
EVERY = [(package, choices) for package, several in CHOICES.items() for choices in several]


def prototype(package: str) -> prototypes.Prototype:
    path = REGISTRY / package / "prototypes" / f"{package}.jsonnet"
    return prototypes.parse(path.read_text(encoding="utf-8"), str(path.relative_to(REGISTRY)))


def render(vendor: Path, package: str, choices: Json, name: str = "mine") -> list[Json]:
    """The objects of a component, made as an application makes it. ``vendor``: a folder in which ``kubeflow`` is the registry."""
    declared = prototype(package)
    literals = prototypes.values(declared, name, {**REQUIRED[package], **choices})
    params = ", ".join(f"{json.dumps(key)}: {literal}" for key, literal in literals.items())
    text = rjsonnet.evaluate_snippet(
        f"{name}.jsonnet",
        component.from_prototype(name, declared)[1],
        jpathdir=[str(vendor)],
        ext_codes={
            "__ksonnet/environments": json.dumps({"server": "https://cluster.example", "namespace": NAMESPACE}),
            "__ksonnet/params": f"{{components: {{{json.dumps(name)}: {{{params}}}}}}}",
        },
    )
    result = json.loads(text)
    assert (result["apiVersion"], result["kind"]) == ("v1", "List")
    return t.cast("list[Json]", result["items"])


def vendored(folder: Path) -> Path:
    """The same folder, as one that ``render`` takes."""
    (folder / "kubeflow").symlink_to(REGISTRY)
    return folder
