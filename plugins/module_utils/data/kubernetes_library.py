# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of the small Kubernetes library: types and their fields, constructors, kinds.

The types are those of Kubernetes 1.8 (kubernetes_types.py), which the packages of Kubeflow 0.1 to 0.4 are written for, and what its OpenAPI
leaves out. Names and arguments of the constructors are those of ksonnet's own library.
"""

from __future__ import annotations

from . import kubernetes_types

TYPES = {
    **kubernetes_types.TYPES,
    "CustomResourceDefinition": "spec:CustomResourceDefinitionSpec",
    "CustomResourceDefinitionNames": "categories[] kind listKind plural shortNames[] singular",
    "CustomResourceDefinitionSpec": "group names:CustomResourceDefinitionNames scope subresources:CustomResourceSubresources"
    " validation:CustomResourceValidation version",
    "CustomResourceSubresources": "scale{} status{}",
    "CustomResourceValidation": "openAPIV3Schema{}",
}
"""Fields by type: ``name`` is a value, ``name{}`` a mapping, ``name[]`` a list, ``name[Type]`` a list of that type, ``name:Type`` one."""

_NAME = "mixin.metadata.withName"
_PODS = "mixin.spec.template.metadata.withLabels"
_WORKLOAD = {"name": _NAME, "replicas=1": "mixin.spec.withReplicas", "containers": "mixin.spec.template.spec.withContainers"}
CONSTRUCTORS: dict[str, dict[str, dict[str, str]]] = {
    "ConfigMap": {"new": {"name": _NAME, "data": "withData"}},
    "Container": {"new": {"name": "withName", "image": "withImage"}},
    "ContainerPort": {
        "new": {"containerPort": "withContainerPort"},
        "newNamed": {"name": "withName", "containerPort": "withContainerPort"},
    },
    "Deployment": {"new": {**_WORKLOAD, "podLabels={ app: name }": _PODS}},
    "EnvVar": {
        "new": {"name": "withName", "value": "withValue"},
        "fromSecretRef": {
            "name": "withName",
            "secretRefName": "mixin.valueFrom.secretKeyRef.withName",
            "secretRefKey": "mixin.valueFrom.secretKeyRef.withKey",
        },
        "fromFieldPath": {"name": "withName", "fieldPath": "mixin.valueFrom.fieldRef.withFieldPath"},
    },
    "KeyToPath": {"new": {"key": "withKey", "path": "withPath"}},
    "Namespace": {"new": {"name": _NAME}},
    "Secret": {
        "new": {"name": _NAME, "data": "withData", 'type="Opaque"': "withType"},
        "fromString": {"name": _NAME, "stringData": "withStringData", 'type="Opaque"': "withType"},
    },
    "Service": {"new": {"name": _NAME, "selector": "mixin.spec.withSelector", "ports": "mixin.spec.withPorts"}},
    "ServiceAccount": {"new": {"name": _NAME}},
    "ServicePort": {
        "new": {"port": "withPort", "targetPort": "withTargetPort"},
        "newNamed": {"name": "withName", "port": "withPort", "targetPort": "withTargetPort"},
    },
    "StatefulSet": {"new": {**_WORKLOAD, "volumeClaims": "mixin.spec.withVolumeClaimTemplates", "podLabels={ app: name }": _PODS}},
    "Volume": {
        "fromConfigMap": {"name": "withName", "configMapName": "mixin.configMap.withName", "configMapItems": "mixin.configMap.withItems"},
        "fromEmptyDir": {"name": "withName", "emptyDir={}": "mixin.emptyDir.mixinInstance"},
        "fromPersistentVolumeClaim": {"name": "withName", "emptyDir": "mixin.persistentVolumeClaim.withClaimName"},
        "fromHostPath": {"name": "withName", "hostPath": "mixin.hostPath.withPath"},
        "fromSecret": {"name": "withName", "secretName": "mixin.secret.withSecretName"},
    },
    "VolumeMount": {"new": {"name": "withName", "mountPath": "withMountPath", "readOnly=false": "withReadOnly"}},
}
"""Constructors by type and name: arguments with their defaults, and the setter of each. Other kinds have a ``new()`` without arguments."""

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    **kubernetes_types.GROUPS,
    "apiextensions": {"v1beta1": ("CustomResourceDefinition",)},
    "apps": {**kubernetes_types.GROUPS["apps"], "v1": ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")},
}
"""Kinds by the library's name of an API group, and version."""

API_GROUPS = {**kubernetes_types.API_GROUPS, "apiextensions": "apiextensions.k8s.io"}
"""The API groups whose name is another one."""

POD_KINDS = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet")
"""Kinds with ``mapContainers`` and ``mapContainersWithName``, which change the containers of the pod template."""
