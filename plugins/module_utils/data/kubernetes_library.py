# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the small Kubernetes library knows: types and their fields, constructors, kinds. Private to the collection.

The fields are those of Kubernetes 1.7 to 1.9, the names and arguments of the constructors those of ksonnet's own library, which the
packages are written for. Chosen is what objects of Kubeflow's registries v0.1 to v0.4 and of ks's built-in prototypes are made of.
"""

from __future__ import annotations

TYPES = {
    "ObjectMeta": "annotations{} clusterName finalizers[] generateName labels{} name namespace ownerReferences[OwnerReference]",
    "OwnerReference": "apiVersion blockOwnerDeletion controller kind name uid",
    "LabelSelector": "matchExpressions[LabelSelectorRequirement] matchLabels{}",
    "LabelSelectorRequirement": "key operator values[]",
    "LocalObjectReference": "name",
    "ObjectReference": "apiVersion fieldPath kind name namespace resourceVersion uid",
    "ResourceRequirements": "limits{} requests{}",
    # Pods
    "PodTemplateSpec": "metadata:ObjectMeta spec:PodSpec",
    "PodSpec": "activeDeadlineSeconds affinity:Affinity automountServiceAccountToken containers[Container] dnsPolicy"
    " hostAliases[HostAlias] hostIPC hostNetwork hostPID hostname imagePullSecrets[LocalObjectReference] initContainers[Container]"
    " nodeName nodeSelector{} priority priorityClassName restartPolicy schedulerName securityContext:PodSecurityContext serviceAccount"
    " serviceAccountName subdomain terminationGracePeriodSeconds tolerations[Toleration] volumes[Volume]",
    "Affinity": "nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity",
    "NodeAffinity": "preferredDuringSchedulingIgnoredDuringExecution[]",
    "PodAffinity": "preferredDuringSchedulingIgnoredDuringExecution[] requiredDuringSchedulingIgnoredDuringExecution[]",
    "HostAlias": "hostnames[] ip",
    "PodSecurityContext": "fsGroup runAsGroup runAsNonRoot runAsUser seLinuxOptions:SELinuxOptions supplementalGroups[]",
    "SELinuxOptions": "level role type user",
    "Toleration": "effect key operator tolerationSeconds value",
    "Container": "args[] command[] env[EnvVar] envFrom[EnvFromSource] image imagePullPolicy lifecycle:Lifecycle livenessProbe:Probe name"
    " ports[ContainerPort] readinessProbe:Probe resources:ResourceRequirements securityContext:SecurityContext stdin stdinOnce"
    " terminationMessagePath terminationMessagePolicy tty volumeMounts[VolumeMount] workingDir",
    "ContainerPort": "containerPort hostIP hostPort name protocol",
    "EnvVar": "name value valueFrom:EnvVarSource",
    "EnvVarSource": "configMapKeyRef:KeySelector fieldRef:FieldSelector resourceFieldRef:ResourceFieldSelector secretKeyRef:KeySelector",
    "KeySelector": "key name optional",
    "FieldSelector": "apiVersion fieldPath",
    "ResourceFieldSelector": "containerName divisor resource",
    "EnvFromSource": "configMapRef:OptionalReference prefix secretRef:OptionalReference",
    "OptionalReference": "name optional",
    "Lifecycle": "postStart:Handler preStop:Handler",
    "Handler": "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction",
    "ExecAction": "command[]",
    "HTTPGetAction": "host httpHeaders[HTTPHeader] path port scheme",
    "HTTPHeader": "name value",
    "TCPSocketAction": "host port",
    "Probe": "exec:ExecAction failureThreshold httpGet:HTTPGetAction initialDelaySeconds periodSeconds successThreshold"
    " tcpSocket:TCPSocketAction timeoutSeconds",
    "SecurityContext": "allowPrivilegeEscalation capabilities:Capabilities privileged readOnlyRootFilesystem runAsGroup"
    " runAsNonRoot runAsUser seLinuxOptions:SELinuxOptions",
    "Capabilities": "add[] drop[]",
    "VolumeMount": "mountPath mountPropagation name readOnly subPath",
    "Volume": "awsElasticBlockStore:BlockStore azureDisk:AzureDisk azureFile:AzureFile configMap:ConfigMapVolume"
    " downwardAPI:DownwardAPIVolume emptyDir:EmptyDir gcePersistentDisk:PersistentDisk gitRepo:GitRepo hostPath:HostPath name"
    " nfs:NFS persistentVolumeClaim:ClaimVolume projected:ProjectedVolume secret:SecretVolume",
    "BlockStore": "fsType partition readOnly volumeID",
    "AzureDisk": "cachingMode diskName diskURI fsType kind readOnly",
    "AzureFile": "readOnly secretName secretNamespace shareName",
    "ConfigMapVolume": "defaultMode items[KeyToPath] name optional",
    "DownwardAPIVolume": "defaultMode items[DownwardAPIFile]",
    "DownwardAPIFile": "fieldRef:FieldSelector mode path resourceFieldRef:ResourceFieldSelector",
    "EmptyDir": "medium sizeLimit",
    "PersistentDisk": "fsType partition pdName readOnly",
    "GitRepo": "directory repository revision",
    "HostPath": "path type",
    "NFS": "path readOnly server",
    "ClaimVolume": "claimName readOnly",
    "ProjectedVolume": "defaultMode sources[]",
    "SecretVolume": "defaultMode items[KeyToPath] optional secretName",
    "KeyToPath": "key mode path",
    # Workloads
    "DeploymentSpec": "minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit rollbackTo:RollbackConfig"
    " selector:LabelSelector strategy:DeploymentStrategy template:PodTemplateSpec",
    "RollbackConfig": "revision",
    "DeploymentStrategy": "rollingUpdate:RollingUpdate type",
    "RollingUpdate": "maxSurge maxUnavailable",
    "StatefulSetSpec": "podManagementPolicy replicas revisionHistoryLimit selector:LabelSelector serviceName template:PodTemplateSpec"
    " updateStrategy:StatefulSetStrategy volumeClaimTemplates[PersistentVolumeClaim]",
    "StatefulSetStrategy": "rollingUpdate:Partition type",
    "Partition": "partition",
    "DaemonSetSpec": "minReadySeconds revisionHistoryLimit selector:LabelSelector template:PodTemplateSpec templateGeneration"
    " updateStrategy:DeploymentStrategy",
    "ReplicaSetSpec": "minReadySeconds replicas selector:LabelSelector template:PodTemplateSpec",
    "JobSpec": "activeDeadlineSeconds backoffLimit completions manualSelector parallelism selector:LabelSelector template:PodTemplateSpec",
    "CronJobSpec": "concurrencyPolicy failedJobsHistoryLimit jobTemplate:JobTemplateSpec schedule startingDeadlineSeconds"
    " successfulJobsHistoryLimit suspend",
    "JobTemplateSpec": "metadata:ObjectMeta spec:JobSpec",
    # Services, storage, rights
    "ServiceSpec": "clusterIP externalIPs[] externalName externalTrafficPolicy healthCheckNodePort loadBalancerIP"
    " loadBalancerSourceRanges[] ports[ServicePort] publishNotReadyAddresses selector{} sessionAffinity type",
    "ServicePort": "name nodePort port protocol targetPort",
    "IngressSpec": "backend:IngressBackend rules[IngressRule] tls[IngressTLS]",
    "IngressBackend": "serviceName servicePort",
    "IngressRule": "host http:IngressPaths",
    "IngressPaths": "paths[IngressPath]",
    "IngressPath": "backend:IngressBackend path",
    "IngressTLS": "hosts[] secretName",
    "NetworkPolicySpec": "egress[] ingress[] podSelector:LabelSelector policyTypes[]",
    "ClaimSpec": "accessModes[] resources:ResourceRequirements selector:LabelSelector storageClassName volumeName",
    "PersistentVolumeSpec": "accessModes[] awsElasticBlockStore:BlockStore capacity{} claimRef:ObjectReference"
    " gcePersistentDisk:PersistentDisk hostPath:HostPath mountOptions[] nfs:NFS persistentVolumeReclaimPolicy storageClassName",
    "NamespaceSpec": "finalizers[]",
    "PolicyRule": "apiGroups[] nonResourceURLs[] resourceNames[] resources[] verbs[]",
    "RoleRef": "apiGroup kind name",
    "Subject": "apiGroup kind name namespace",
    "CustomResourceDefinitionSpec": "group names:CustomResourceNames scope validation:CustomResourceValidation version",
    "CustomResourceNames": "kind listKind plural shortNames[] singular",
    "CustomResourceValidation": "openAPIV3Schema{}",
    # Kinds; each has metadata too
    "ConfigMap": "data{}",
    "CronJob": "spec:CronJobSpec",
    "CustomResourceDefinition": "spec:CustomResourceDefinitionSpec",
    "DaemonSet": "spec:DaemonSetSpec",
    "Deployment": "spec:DeploymentSpec",
    "Endpoints": "subsets[]",
    "Ingress": "spec:IngressSpec",
    "Job": "spec:JobSpec",
    "Namespace": "spec:NamespaceSpec",
    "NetworkPolicy": "spec:NetworkPolicySpec",
    "PersistentVolume": "spec:PersistentVolumeSpec",
    "PersistentVolumeClaim": "spec:ClaimSpec",
    "Pod": "spec:PodSpec",
    "ReplicaSet": "spec:ReplicaSetSpec",
    "Role": "rules[PolicyRule]",
    "RoleBinding": "roleRef:RoleRef subjects[Subject]",
    "Secret": "data{} stringData{} type",
    "Service": "spec:ServiceSpec",
    "ServiceAccount": "automountServiceAccountToken imagePullSecrets[LocalObjectReference] secrets[ObjectReference]",
    "StatefulSet": "spec:StatefulSetSpec",
    "StorageClass": "parameters{} provisioner reclaimPolicy",
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
"""Constructors by type and name: arguments, with their defaults, and what each sets. Other kinds have a ``new()`` without arguments."""

_RBAC = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "apiextensions": {"v1beta1": ("CustomResourceDefinition",)},
    "apps": {
        "v1": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
        "v1beta1": ("Deployment", "StatefulSet"),
        "v1beta2": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    },
    "batch": {"v1": ("Job",), "v1beta1": ("CronJob",), "v2alpha1": ("CronJob",)},
    "core": {
        "v1": (
            "ConfigMap", "Endpoints", "Namespace", "PersistentVolume", "PersistentVolumeClaim", "Pod", "Secret", "Service",
            "ServiceAccount",
        )
    },
    "extensions": {"v1beta1": ("DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet")},
    "networking": {"v1": ("NetworkPolicy",)},
    "rbac": {"v1": _RBAC, "v1alpha1": _RBAC, "v1beta1": _RBAC},
    "storage": {"v1": ("StorageClass",), "v1beta1": ("StorageClass",)},
}  # fmt: skip
"""Kinds by the library's name of an API group, and version."""

API_GROUPS = {
    "apiextensions": "apiextensions.k8s.io",
    "core": "",
    "networking": "networking.k8s.io",
    "rbac": "rbac.authorization.k8s.io",
    "storage": "storage.k8s.io",
}
"""The API groups whose name is another one."""

SAME_TYPE = {"ClusterRole": "Role", "ClusterRoleBinding": "RoleBinding"}
"""Kinds with the fields of another."""

POD_KINDS = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet")
"""Kinds with ``mapContainers`` and ``mapContainersWithName``, which change the containers of the pod template."""
