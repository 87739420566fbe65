# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that log in to clusters for kubectl: how to test that one runs, and how to install it.

``attempt``: arguments that only print something about the command: no login, no network. ``install``: the message for the user.

Sources: the documentation of each tool; the install hints that ``gcloud container clusters get-credentials``, ``aws eks
update-kubeconfig``, ``az aks get-credentials`` and ``doctl kubernetes cluster kubeconfig save`` refer to.
"""

from __future__ import annotations

import typing as t


class Helper(t.TypedDict):
    """One command."""

    attempt: list[str]
    install: str


HELPERS: dict[str, Helper] = {
    "gke-gcloud-auth-plugin": {
        "attempt": ["--version"],
        "install": "Install it: gcloud components install gke-gcloud-auth-plugin",
    },
    "gcloud": {"attempt": ["--version"], "install": "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"},
    "aws": {"attempt": ["--version"], "install": "Install the AWS CLI, version 2."},
    "aws-iam-authenticator": {
        "attempt": ["version"],
        "install": "Install aws-iam-authenticator, or recreate the kubeconfig: aws eks update-kubeconfig",
    },
    # Two programs have this name; both have this argument.
    "kubelogin": {"attempt": ["--help"], "install": "Install it: az aks install-cli"},
    "az": {"attempt": ["--version"], "install": "Install the Azure CLI: https://learn.microsoft.com/cli/azure/install-azure-cli"},
    "kubectl": {"attempt": ["version", "--client"], "install": "Install kubectl, and the plugin that the kubeconfig names."},
    "kubectl-oidc_login": {"attempt": ["--help"], "install": "Install it: kubectl krew install oidc-login"},
    "oc": {"attempt": ["version", "--client"], "install": "Install the OpenShift client, or log in again: oc login"},
    "doctl": {"attempt": ["version"], "install": "Install doctl: https://docs.digitalocean.com/reference/doctl/how-to/install/"},
    "ibmcloud": {"attempt": ["--version"], "install": "Install the IBM Cloud CLI: https://cloud.ibm.com/docs/cli"},
    "oci": {"attempt": ["--version"], "install": "Install the Oracle Cloud CLI: pip install oci-cli"},
    "tsh": {"attempt": ["version", "--client"], "install": "Install Teleport's client tsh, then: tsh kube login"},
    "rancher": {"attempt": ["--version"], "install": "Install the Rancher CLI, or download the kubeconfig again."},
    "pinniped": {"attempt": ["version"], "install": "Install the Pinniped CLI: https://pinniped.dev/docs/howto/install-cli/"},
    "yc": {"attempt": ["--version"], "install": "Install the Yandex Cloud CLI: https://yandex.cloud/docs/cli/quickstart"},
}
"""By the name of the command, without its folder."""

GKE_PLUGIN: dict[str, t.Any] = {
    "apiVersion": "client.authentication.k8s.io/v1beta1",
    "command": "gke-gcloud-auth-plugin",
    "provideClusterInfo": True,
}
"""In place of the auth-provider gcp, which Kubernetes removed in 1.26
(https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl#install_plugin)."""

KUBELOGIN: dict[str, t.Any] = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "kubelogin"}
"""In place of the auth-provider azure, removed in the same release (https://azure.github.io/kubelogin/)."""
