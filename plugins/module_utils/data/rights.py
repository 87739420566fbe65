# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deployment asks the API server for.

``plan`` asks for exactly what the objects of the application need; this is what the packages of the collection need together.
"""

from __future__ import annotations

VERBS = ("create", "delete", "get", "list", "patch")
"""Server-side apply is ``patch``, and ``create`` for what does not exist; ``delete`` is for pruning and removal."""

NAMESPACED = {
    "": ("configmaps", "persistentvolumeclaims", "secrets", "serviceaccounts", "services"),
    "apps": ("deployments", "statefulsets"),
    "batch": ("jobs",),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
    "rbac.authorization.k8s.io": ("rolebindings", "roles"),
}
"""Resources in the namespace, by API group."""

CLUSTER = {
    "": ("namespaces",),
    "admissionregistration.k8s.io": ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterroles"),
}
"""Resources of the cluster, by API group."""

ALWAYS = (
    ("", "configmaps", ("create", "get", "list", "patch")),
    ("", "pods", ("list",)),
    ("coordination.k8s.io", "leases", ("create", "delete", "get", "update")),
)
"""What any deployment asks for in the namespace, whatever its objects are: API group, resource and verbs. The record of what was
applied, the pods that say why something is not ready, and the lease that keeps two deployments apart."""

EXPLAINING = (
    ("", "events", ("list",)),
    ("discovery.k8s.io", "endpointslices", ("list",)),
)
"""As ``ALWAYS``; without these, a deployment can tell less of why something is not ready."""
