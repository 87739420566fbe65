# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names here of the Go bootstrapper's prototypes, parameters and flags.

Only for its own registry ``kubeflow`` where no version is named: then the embedded registry stands in for the copy that was in its
image. Read from kubeflow/kubeflow v0.1.2 to v0.3.5 (bootstrap/cmd, bootstrap/config, kubeflow/*/prototypes). Unchanged names need
no entry.
"""

from __future__ import annotations

PROTOTYPES: dict[str, str] = {
    "ambassador": "gateway",
    "spartakus": "usage-reporting",
    "tf-job-operator": "training-operator",
    "pytorch-operator": "training-operator",
    "mpi-operator": "training-operator",
}
"""Theirs to ours."""

GONE: dict[str, str] = {
    "centraldashboard": "there is no dashboard in the embedded registry; the gateway leads to JupyterHub",
    "cloud-endpoints": "Cloud Endpoints made a DNS name; make the record yourself and give the name as hostname",
    "jupyter-web-app": "notebooks are started by JupyterHub here",
    "notebook-controller": "notebooks are started by JupyterHub here",
    "katib": "it is not in the embedded registry; name a registry that has it",
    "metacontroller": "nothing in the embedded registry needs it",
    "openvino": "it is not in the embedded registry; name a registry that has it",
    "pipeline": "it is not in the embedded registry; name a registry that has it",
    "profiles": "namespaces are made by the prototype namespace here",
    "seldon": "it is not in the embedded registry; name a registry that has it",
    "tensorboard": "it is not in the embedded registry; name a registry that has it",
    "webhook": "nothing in the embedded registry needs it",
}
"""Prototypes and packages that have no counterpart, each with the reason."""

_HUB = {
    "image": "jupyterHubImage",
    "notebookPVCMount": "jupyterNotebookPVCMount",
    "serviceType": "jupyterHubServiceType",
}
_GATEWAY = {"ambassadorServiceType": "gatewayServiceType", "serviceType": "gatewayServiceType"}

PARAMETERS: dict[str, dict[str, str]] = {
    "gateway": _GATEWAY,
    "jupyterhub": _HUB,
    "kubeflow-core": {
        "AmbassadorServiceType": "gatewayServiceType",
        "tfAmbassadorServiceType": "gatewayServiceType",
        "notebookPVCMount": "jupyterNotebookPVCMount",
    },
}
"""By our prototype: their parameter to ours."""

PARAMETERS_GONE: dict[str, str] = {
    "ambassadorImage": "the gateway is another program now; its image is gatewayImage",
    "AmbassadorImage": "the gateway is another program now; its image is gatewayImage",
    "StatsdImage": "the gateway has no such sidecar",
    "statsdImage": "the gateway has no such sidecar",
    "centralUiImage": "there is no dashboard in the embedded registry",
    "deploymentScope": "the operator sees all namespaces",
    "deploymentNamespace": "the operator sees all namespaces",
    "disks": "disks of a cloud are not shared by name any more; the package nfs makes a shared class",
    "enableGcpAuth": "it belongs to the authenticator iap",
    "jupyterNotebookRegistry": "name the whole image: jupyterNotebookImage",
    "jupyterNotebookRepoName": "name the whole image: jupyterNotebookImage",
    "tfDefaultImage": "a job names its image itself",
    "tfJobImage": "the operator is another program now; its image is trainingOperatorImage",
    "tfJobUiServiceType": "the operator has no page of its own any more",
    "tfJobVersion": "the operator serves kubeflow.org/v1",
    "usageReportingImage": "see the prototype usage-reporting",
}
"""Parameters that have no counterpart, each with the reason."""

VALUES: dict[str, dict[str, str]] = {
    "cloud": {"acsengine": "null", "docker-for-desktop": "null", "minikube": "null", "none": "null"},
    "jupyterHubAuthenticator": {"none": "null"},
}
"""By our parameter: their value to ours, where the word itself has changed."""

FLAGS: dict[str, str] = {
    "app-dir": "kubeflow_app_dir",
    "namespace": "kubeflow_namespace",
    "apply": "kubeflow_apply",
    "config": "kubeflow_go_bootstrapper_config",
    "kubeflow-version": "kubeflow_registries",
}
"""Flags that have a counterpart."""

FLAGS_GONE: dict[str, str] = {
    "email": "no binding to cluster-admin is made; the plan names the rights that are missing",
    "in-cluster": "without a kubeconfig the service account of the pod is used, with no flag",
    "json-log-format": "see Ansible's callback plugins",
    "keep-alive": "the run ends when it is done",
    "port": "there is no server to talk to",
    "registries-config-file": "list the registries in the configuration",
    "registry-uri": "list the registry in the configuration",
    "version": "ansible-galaxy collection list kubeflow.bootstrap tells the version",
    "install-istio": "Istio is not part of it",
    "gke-version-override": "no cluster is made",
}
"""Flags that have none, each with the reason."""

SWITCHES = {"apply", "in-cluster", "json-log-format", "keep-alive", "version", "install-istio"}
"""Flags of the type bool: they take a value only with ``=``."""
