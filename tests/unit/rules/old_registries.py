# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries with the parameters that the packages of Kubeflow 0.1 to 0.4 declared, which are not those of the embedded registry.

Their prototypes make one ConfigMap of all that is set, so that no parameter is without an effect.
"""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents

# By release and prototype: parameters with their defaults. A default without quotes is that of a number.
RELEASES: dict[str, dict[str, str]] = {
    "v0.1": {
        "kubeflow-core": "namespace=null disks=null cloud=null tfAmbassadorServiceType=ClusterIP tfJobImage=example.com/tf:1"
        " tfDefaultImage=null tfJobUiServiceType=ClusterIP jupyterHubServiceType=ClusterIP jupyterHubImage=example.com/hub:1"
        " jupyterHubAuthenticator=null jupyterNotebookPVCMount=null reportUsage=false usageId=unknown_cluster",
        "tf-job": "namespace=null image=null image_gpu=null num_masters=1 num_ps=0 num_workers=0 num_gpus=0",
        "tf-serving": "namespace=null model_path=null model_server_image=example.com/serving:1 http_proxy_image=example.com/proxy:1"
        " service_type=ClusterIP cloud=null",
    },
    "v0.2": {
        "kubeflow-core": "namespace=null disks=null cloud=null AmbassadorServiceType=ClusterIP AmbassadorImage=example.com/gate:1"
        " tfJobImage=example.com/tf:1 tfDefaultImage=null tfJobUiServiceType=ClusterIP tfJobVersion=v1alpha2"
        " jupyterHubServiceType=ClusterIP jupyterHubImage=example.com/hub:1 jupyterHubAuthenticator=null jupyterNotebookPVCMount=null"
        " jupyterNotebookRegistry=gcr.io jupyterNotebookRepoName=images reportUsage=false usageId=unknown_cluster",
        "iap-ingress": "namespace=null secretName=envoy-ingress-tls ipName=null hostname=null issuer=letsencrypt-prod"
        " envoyImage=example.com/e:1 disableJwtChecking=false oauthSecretName=kubeflow-oauth",
    },
    "v0.3": {
        "jupyterhub": "cloud=null namespace=null serviceType=ClusterIP image=example.com/hub:1 jupyterHubAuthenticator=null"
        " notebookPVCMount=/home/jovyan registry=gcr.io repoName=images disks=null gcpSecretName=user-gcp-sa",
        "ambassador": "cloud=null ambassadorServiceType=ClusterIP ambassadorImage=example.com/gate:1",
        "tf-job-operator": "cloud=null tfJobImage=example.com/tf:1 tfDefaultImage=null tfJobUiServiceType=ClusterIP tfJobVersion=v1alpha2",
        "cert-manager": "namespace=null acmeEmail=null acmeUrl=https://acme.example.com/directory certManagerImage=example.com/cm:1",
    },
    "v0.4": {
        "jupyter": "platform=none serviceType=ClusterIP image=example.com/hub:1 jupyterHubAuthenticator=null useJupyterLabAsDefault=false"
        " notebookPVCMount=/home/jovyan registry=gcr.io repoName=images disks=null gcpSecretName=user-gcp-sa rokSecretName=secret-rok"
        " storageClass=null ui=default",
        "ambassador": "platform=none ambassadorServiceType=ClusterIP ambassadorNodePort=0 ambassadorImage=example.com/gate:1 replicas=3",
        "centraldashboard": "image=example.com/dash:1",
        "metacontroller": "image=example.com/meta:1",
    },
}


def contents(release: str) -> Contents:
    """The registry of a release, with the package ``core``."""
    files = {"registry.yaml": 'apiVersion: "0.1"\nkind: ksonnet.io/registry\nlibraries:\n  core: {path: core, version: master}\n'}
    files["core/parts.yaml"] = "apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: core\n"
    for name, parameters in RELEASES[release].items():
        files[f"core/prototypes/{name}.jsonnet"] = _prototype(name, parameters)
    return Contents(files)


def _prototype(name: str, parameters: str) -> str:
    declared = ""
    for each in parameters.split():
        key, default = each.split("=", 1)
        declared += f"// @optionalParam {key} {'number' if default.isdigit() else 'string'} {default} About {key}\n"
    return f"""\
// @apiVersion 0.1
// @name io.ksonnet.pkg.{name}
// @description A component of Kubeflow
// @shortDescription A component
// @param name string Name
{declared}
local all = {{ [key]: std.toString(params[key]) for key in std.objectFields(params) }};
{{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {{ name: params.name, namespace: env.namespace }}, data: all }}
"""
