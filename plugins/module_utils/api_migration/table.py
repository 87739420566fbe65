# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""API versions that Kubernetes no longer serves, up to 1.35, and their replacements.

Sources: Kubernetes documentation 1.35, "Deprecated API Migration Guide"; k8s.io/api v0.35.0, the methods APILifecycleRemoved and
APILifecycleReplacement of each kind; the release notes of 1.8 to 1.25 for what neither of them has any more.
"""

from __future__ import annotations

import typing as t


class ApiSuccessor(t.NamedTuple):
    """``since``: the first release without the old version (alpha versions, which are off by default, may have been removed before).

    ``to``: the versions that replace it, best first.

    ``conversion``: the function of ``api_migration/conversions.py`` that converts the object; empty if only the version differs.
    """

    since: str
    to: tuple[str, ...]
    conversion: str = ""


_ADMISSION, _RBAC, _FLOW = "admissionregistration.k8s.io", "rbac.authorization.k8s.io", "flowcontrol.apiserver.k8s.io"
_POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_ROWS: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...], str], ...] = (
    # old version, kinds, first release without it, new versions, conversion
    (f"{_ADMISSION}/v1alpha1", _POLICIES, "1.32", (f"{_ADMISSION}/v1",), ""),
    (f"{_ADMISSION}/v1beta1", _POLICIES, "1.34", (f"{_ADMISSION}/v1",), ""),
    (f"{_ADMISSION}/v1beta1", _WEBHOOKS, "1.22", (f"{_ADMISSION}/v1",), "webhooks"),
    ("apiextensions.k8s.io/v1beta1", ("CustomResourceDefinition",), "1.22", ("apiextensions.k8s.io/v1",), "custom_resource_definition"),
    ("apiregistration.k8s.io/v1beta1", ("APIService",), "1.22", ("apiregistration.k8s.io/v1",), ""),
    ("apps/v1beta1", ("Deployment", "StatefulSet"), "1.16", ("apps/v1",), "workload"),
    ("apps/v1beta1", ("ControllerRevision",), "1.16", ("apps/v1",), ""),
    ("apps/v1beta2", ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), "1.16", ("apps/v1",), "workload"),
    ("apps/v1beta2", ("ControllerRevision",), "1.16", ("apps/v1",), ""),
    ("authentication.k8s.io/v1alpha1", ("SelfSubjectReview",), "1.32", ("authentication.k8s.io/v1",), ""),
    ("authentication.k8s.io/v1beta1", ("SelfSubjectReview",), "1.33", ("authentication.k8s.io/v1",), ""),
    ("authentication.k8s.io/v1beta1", ("TokenReview",), "1.22", ("authentication.k8s.io/v1",), ""),
    (
        "authorization.k8s.io/v1beta1",
        ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"),
        "1.22",
        ("authorization.k8s.io/v1",),
        "access_review",
    ),
    ("autoscaling/v2beta1", ("HorizontalPodAutoscaler",), "1.25", ("autoscaling/v2",), "autoscaler"),
    ("autoscaling/v2beta2", ("HorizontalPodAutoscaler",), "1.26", ("autoscaling/v2",), ""),
    ("batch/v1beta1", ("CronJob",), "1.25", ("batch/v1",), ""),
    ("batch/v2alpha1", ("CronJob",), "1.21", ("batch/v1",), ""),
    ("certificates.k8s.io/v1beta1", ("CertificateSigningRequest",), "1.22", ("certificates.k8s.io/v1",), "signing_request"),
    ("coordination.k8s.io/v1beta1", ("Lease",), "1.22", ("coordination.k8s.io/v1",), ""),
    ("discovery.k8s.io/v1beta1", ("EndpointSlice",), "1.25", ("discovery.k8s.io/v1",), "endpoint_slice"),
    ("events.k8s.io/v1beta1", ("Event",), "1.25", ("events.k8s.io/v1",), ""),
    ("extensions/v1beta1", ("DaemonSet", "Deployment", "ReplicaSet"), "1.16", ("apps/v1",), "workload"),
    ("extensions/v1beta1", ("Ingress",), "1.22", ("networking.k8s.io/v1",), "ingress"),
    ("extensions/v1beta1", ("NetworkPolicy",), "1.16", ("networking.k8s.io/v1",), ""),
    (f"{_FLOW}/v1beta1", ("FlowSchema",), "1.26", (f"{_FLOW}/v1", f"{_FLOW}/v1beta3"), ""),
    (f"{_FLOW}/v1beta2", ("FlowSchema",), "1.29", (f"{_FLOW}/v1", f"{_FLOW}/v1beta3"), ""),
    (f"{_FLOW}/v1beta3", ("FlowSchema",), "1.32", (f"{_FLOW}/v1",), ""),
    (f"{_FLOW}/v1beta1", ("PriorityLevelConfiguration",), "1.26", (f"{_FLOW}/v1", f"{_FLOW}/v1beta3"), "priority_level"),
    (f"{_FLOW}/v1beta2", ("PriorityLevelConfiguration",), "1.29", (f"{_FLOW}/v1", f"{_FLOW}/v1beta3"), "priority_level"),
    (f"{_FLOW}/v1beta3", ("PriorityLevelConfiguration",), "1.32", (f"{_FLOW}/v1",), "priority_level"),
    ("networking.k8s.io/v1beta1", ("Ingress",), "1.22", ("networking.k8s.io/v1",), "ingress"),
    ("networking.k8s.io/v1beta1", ("IngressClass",), "1.22", ("networking.k8s.io/v1",), ""),
    ("node.k8s.io/v1alpha1", ("RuntimeClass",), "1.35", ("node.k8s.io/v1",), "runtime_class"),
    ("node.k8s.io/v1beta1", ("RuntimeClass",), "1.25", ("node.k8s.io/v1",), ""),
    ("policy/v1beta1", ("PodDisruptionBudget",), "1.25", ("policy/v1",), "disruption_budget"),
    (f"{_RBAC}/v1alpha1", ("ClusterRole", "Role"), "1.23", (f"{_RBAC}/v1",), ""),
    (f"{_RBAC}/v1alpha1", ("ClusterRoleBinding", "RoleBinding"), "1.23", (f"{_RBAC}/v1",), "binding"),
    (f"{_RBAC}/v1beta1", ("ClusterRole", "Role"), "1.22", (f"{_RBAC}/v1",), ""),
    (f"{_RBAC}/v1beta1", ("ClusterRoleBinding", "RoleBinding"), "1.22", (f"{_RBAC}/v1",), "binding"),
    ("scheduling.k8s.io/v1alpha1", ("PriorityClass",), "1.23", ("scheduling.k8s.io/v1",), ""),
    ("scheduling.k8s.io/v1beta1", ("PriorityClass",), "1.22", ("scheduling.k8s.io/v1",), ""),
    ("storage.k8s.io/v1alpha1", ("CSIStorageCapacity", "VolumeAttachment"), "1.24", ("storage.k8s.io/v1",), ""),
    ("storage.k8s.io/v1alpha1", ("VolumeAttributesClass",), "1.35", ("storage.k8s.io/v1", "storage.k8s.io/v1beta1"), ""),
    ("storage.k8s.io/v1beta1", ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"), "1.22", ("storage.k8s.io/v1",), ""),
    ("storage.k8s.io/v1beta1", ("CSIStorageCapacity",), "1.27", ("storage.k8s.io/v1",), ""),
)

SUCCESSORS: dict[tuple[str, str], ApiSuccessor] = {
    (old, kind): ApiSuccessor(since, new, conversion) for old, kinds, since, new, conversion in _ROWS for kind in kinds
}
"""By API version and kind."""

_SECURITY = "the labels pod-security.kubernetes.io/* of a namespace (Pod Security Admission) do its work"
_HOOKS = "webhook configurations do its work"
REMOVED: dict[tuple[str, str], tuple[str, str]] = {
    ("extensions/v1beta1", "PodSecurityPolicy"): ("1.16", _SECURITY),
    ("policy/v1beta1", "PodSecurityPolicy"): ("1.25", _SECURITY),
    ("extensions/v1beta1", "ThirdPartyResource"): ("1.8", "a CustomResourceDefinition does its work"),
    (f"{_ADMISSION}/v1alpha1", "InitializerConfiguration"): ("1.14", _HOOKS),
    (f"{_ADMISSION}/v1alpha1", "ExternalAdmissionHookConfiguration"): ("1.9", _HOOKS),
    ("settings.k8s.io/v1alpha1", "PodPreset"): ("1.20", "a mutating webhook, such as that of Kubeflow's PodDefault, does its work"),
    ("auditregistration.k8s.io/v1alpha1", "AuditSink"): ("1.19", "the API server's own option --audit-webhook-config-file does its work"),
}
"""Kinds that were removed without a successor: the first release without them, and the alternative."""

CHANGED_DEFAULTS: dict[tuple[str, str], tuple[tuple[str, str, str], ...]] = {
    ("extensions/v1beta1", "Deployment"): (
        ("strategy.rollingUpdate.maxSurge", "1", "25%"),
        ("strategy.rollingUpdate.maxUnavailable", "1", "25%"),
        ("progressDeadlineSeconds", "none", "600"),
        ("revisionHistoryLimit", "all", "10"),
    ),
    ("apps/v1beta1", "Deployment"): (("revisionHistoryLimit", "2", "10"),),
    ("extensions/v1beta1", "DaemonSet"): (("updateStrategy.type", "OnDelete", "RollingUpdate"),),
    ("apps/v1beta1", "StatefulSet"): (("updateStrategy.type", "OnDelete", "RollingUpdate"),),
}
"""Fields of ``spec`` whose default differs from that of apps/v1: path, the old default, the new one.

Source: Kubernetes 1.35, pkg/apis/extensions/v1beta1/defaults.go and pkg/apis/apps/{v1,v1beta1,v1beta2}/defaults.go.
"""
