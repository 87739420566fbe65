# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rights that a deployment needs.

``plan`` computes those for the objects of an application; these are for all packages of the collection together.
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
"""Rights of any deployment in the namespace, whatever its objects are: API group, resource and verbs. For the record of what was
applied, the pods that explain why something is not ready, and the lease against two deployments at once."""

EXPLAINING = (
    ("", "events", ("list",)),
    ("discovery.k8s.io", "endpointslices", ("list",)),
)
"""As ``ALWAYS``, but optional: a deployment explains better why something is not ready."""
