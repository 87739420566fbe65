# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Field managers that apply or edit objects from a client, as ``metadata.managedFields`` names them.

A client that names no field manager is known by its user agent up to the first slash (Kubernetes documentation, "Server-Side Apply",
section "Field management"; k8s.io/apiserver, pkg/endpoints/handlers/create.go, ``managerOrUserAgent``).
"""

from __future__ import annotations

import re

APPLIERS: dict[str, str] = {
    "kubectl": "kubectl before 1.19; kubectl apply --server-side",
    "kubectl-client-side-apply": "k8s.io/kubectl, pkg/cmd/apply: FieldManagerClientSideApply",
    "kubectl-last-applied": "k8s.io/kubectl, pkg/cmd/apply: the annotation of an object that goes on to be applied server-side",
    "kubectl-create": "k8s.io/kubectl, pkg/cmd/create: --field-manager's default",
    "kubectl-replace": "k8s.io/kubectl, pkg/cmd/replace: --field-manager's default",
    "kubectl-run": "k8s.io/kubectl, pkg/cmd/run: --field-manager's default",
    "kubectl-expose": "k8s.io/kubectl, pkg/cmd/expose: --field-manager's default",
    "before-first-apply": "k8s.io/apimachinery, managedfields/internal/skipnonapplied.go: all fields of an object that had no managers",
    "oc": "openshift/oc: its user agent",
    "helm": "helm.sh/helm, pkg/kube/client.go: ManagedFieldsManager, the name of the program",
    "tiller": "helm.sh/helm v2: its user agent",
    "helm-controller": "fluxcd/helm-controller: its user agent",
    "kustomize-controller": "fluxcd/kustomize-controller: its field manager",
    "argocd-controller": "argoproj/gitops-engine: ArgoCDSSAManager",
    "argocd-application-controller": "argoproj/argo-cd: its user agent",
    "ks": "ksonnet/ksonnet: its user agent",
    "kfctl": "kubeflow/kfctl: its user agent",
    "bootstrapper": "kubeflow/kubeflow, bootstrap/cmd/bootstrap: its user agent",
    "OpenAPI-Generator": "kubernetes-client/python, and with it kubernetes.core: its user agent",
    "Swagger-Codegen": "kubernetes-client/python before 10: its user agent",
    "HashiCorp": "hashicorp/terraform-provider-kubernetes: its user agent",
    "Terraform": "hashicorp/terraform-provider-kubernetes, kubernetes_manifest: field_manager's default",
    "pulumi-kubernetes": "pulumi/pulumi-kubernetes: its user agent",
    "kapp": "carvel-dev/kapp: its user agent",
    "kapp-server-side-apply": "carvel-dev/kapp: --ssa-field-manager's default",
    "fleetagent": "rancher/fleet: its user agent",
    "skaffold": "GoogleContainerTools/skaffold: its user agent",
    "tilt": "tilt-dev/tilt: its user agent",
}
"""Field managers that write whole objects, each with its source. Their fields are those of the object's author."""

EDITORS: dict[str, str] = {
    "kubectl-edit": "k8s.io/kubectl, pkg/cmd/edit: --field-manager's default",
    "kubectl-patch": "k8s.io/kubectl, pkg/cmd/patch: --field-manager's default",
    "kubectl-set": "k8s.io/kubectl, pkg/cmd/set: --field-manager's default",
    "kubectl-label": "k8s.io/kubectl, pkg/cmd/label: --field-manager's default",
    "kubectl-annotate": "k8s.io/kubectl, pkg/cmd/annotate: --field-manager's default",
    "k9s": "derailed/k9s: its user agent",
    "node-fetch": "Lens and other clients in JavaScript: the library's user agent",
    "Mozilla": "consoles in a browser, that of OpenShift too: the browser's user agent",
    "dashboard": "kubernetes/dashboard: its user agent",
}
"""Field managers of manual edits of single fields, each with its source.

Not kubectl-rollout: it mostly writes the time of a restart, whose removal would be a second restart.
"""

CONTROLLER = re.compile(r"controller|operator|injector|autoscaler|scheduler|^kube-|^kubelet$|^manager$")
"""Names of field managers inside the cluster. Their fields are never a user's edit."""
