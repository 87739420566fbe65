# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types and kinds of Kubernetes 1.8.15, as ksonnet's Kubernetes library has them. Written by tools/kubernetes_library.py."""

from __future__ import annotations

TYPES = {
    "AWSElasticBlockStoreVolumeSource": "fsType partition readOnly volumeID",
    "AdmissionHookClientConfig": "caBundle service:ServiceReference",
    "Affinity": "nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity",
    "AllowedHostPath": "pathPrefix",
    "AzureDiskVolumeSource": "cachingMode diskName diskURI fsType kind readOnly",
    "AzureFilePersistentVolumeSource": "readOnly secretName secretNamespace shareName",
    "AzureFileVolumeSource": "readOnly secretName shareName",
    "Binding": "target:ObjectReference",
    "Capabilities": "add[] drop[]",
    "CephFSPersistentVolumeSource": "monitors[] path readOnly secretFile secretRef:SecretReference user",
    "CephFSVolumeSource": "monitors[] path readOnly secretFile secretRef:LocalObjectReference user",
    "CertificateSigningRequest": "spec:CertificateSigningRequestSpec",
    "CertificateSigningRequestSpec": "extra{} groups[] request uid usages[] username",
    "CinderVolumeSource": "fsType readOnly volumeID",
    "ClientIPConfig": "timeoutSeconds",
    "ClusterRole": "rules[PolicyRule]",
    "ClusterRoleBinding": "roleRef:RoleRef subjects[Subject]",
    "ComponentCondition": "error message status type",
    "ComponentStatus": "conditions[ComponentCondition]",
    "ConfigMap": "data{}",
    "ConfigMapEnvSource": "name optional",
    "ConfigMapKeySelector": "key name optional",
    "ConfigMapProjection": "items[KeyToPath] name optional",
    "ConfigMapVolumeSource": "defaultMode items[KeyToPath] name optional",
    "Container": "args[] command[] env[EnvVar] envFrom[EnvFromSource] image imagePullPolicy lifecycle:Lifecycle "
    "livenessProbe:Probe name ports[ContainerPort] readinessProbe:Probe resources:ResourceRequirements "
    "securityContext:SecurityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty "
    "volumeMounts[VolumeMount] workingDir",
    "ContainerPort": "containerPort hostIP hostPort name protocol",
    "ControllerRevision": "data:RawExtension revision",
    "CronJob": "spec:CronJobSpec",
    "CronJobSpec": "concurrencyPolicy failedJobsHistoryLimit jobTemplate:JobTemplateSpec schedule "
    "startingDeadlineSeconds successfulJobsHistoryLimit suspend",
    "CrossVersionObjectReference": "apiVersion kind name",
    "DaemonSet": "spec:DaemonSetSpec",
    "DaemonSetSpec": "minReadySeconds revisionHistoryLimit selector:LabelSelector template:PodTemplateSpec "
    "templateGeneration updateStrategy:DaemonSetUpdateStrategy",
    "DaemonSetUpdateStrategy": "rollingUpdate:RollingUpdateDaemonSet type",
    "DeleteOptions": "apiVersion gracePeriodSeconds kind orphanDependents preconditions:Preconditions propagationPolicy",
    "Deployment": "spec:DeploymentSpec",
    "DeploymentSpec": "minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit "
    "rollbackTo:RollbackConfig selector:LabelSelector strategy:DeploymentStrategy "
    "template:PodTemplateSpec",
    "DeploymentStrategy": "rollingUpdate:RollingUpdateDeployment type",
    "DownwardAPIProjection": "items[DownwardAPIVolumeFile]",
    "DownwardAPIVolumeFile": "fieldRef:ObjectFieldSelector mode path resourceFieldRef:ResourceFieldSelector",
    "DownwardAPIVolumeSource": "defaultMode items[DownwardAPIVolumeFile]",
    "EmptyDirVolumeSource": "medium sizeLimit",
    "EndpointAddress": "hostname ip nodeName targetRef:ObjectReference",
    "EndpointPort": "name port protocol",
    "EndpointSubset": "addresses[EndpointAddress] notReadyAddresses[EndpointAddress] ports[EndpointPort]",
    "Endpoints": "subsets[EndpointSubset]",
    "EnvFromSource": "configMapRef:ConfigMapEnvSource prefix secretRef:SecretEnvSource",
    "EnvVar": "name value valueFrom:EnvVarSource",
    "EnvVarSource": "configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector "
    "resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector",
    "Event": "count firstTimestamp involvedObject:ObjectReference lastTimestamp message reason source:EventSource type",
    "EventSource": "component host",
    "Eviction": "deleteOptions:DeleteOptions",
    "ExecAction": "command[]",
    "ExternalAdmissionHook": "clientConfig:AdmissionHookClientConfig failurePolicy name rules[RuleWithOperations]",
    "ExternalAdmissionHookConfiguration": "externalAdmissionHooks[ExternalAdmissionHook]",
    "FCVolumeSource": "fsType lun readOnly targetWWNs[] wwids[]",
    "FSGroupStrategyOptions": "ranges[IDRange] rule",
    "FlexVolumeSource": "driver fsType options{} readOnly secretRef:LocalObjectReference",
    "FlockerVolumeSource": "datasetName datasetUUID",
    "GCEPersistentDiskVolumeSource": "fsType partition pdName readOnly",
    "GitRepoVolumeSource": "directory repository revision",
    "GlusterfsVolumeSource": "endpoints path readOnly",
    "HTTPGetAction": "host httpHeaders[HTTPHeader] path port scheme",
    "HTTPHeader": "name value",
    "HTTPIngressPath": "backend:IngressBackend path",
    "HTTPIngressRuleValue": "paths[HTTPIngressPath]",
    "Handler": "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction",
    "HorizontalPodAutoscaler": "spec:HorizontalPodAutoscalerSpec",
    "HorizontalPodAutoscalerSpec": "maxReplicas metrics[MetricSpec] minReplicas scaleTargetRef:CrossVersionObjectReference "
    "targetCPUUtilizationPercentage",
    "HostAlias": "hostnames[] ip",
    "HostPathVolumeSource": "path type",
    "HostPortRange": "max min",
    "IDRange": "max min",
    "IPBlock": "cidr except[]",
    "ISCSIVolumeSource": "chapAuthDiscovery chapAuthSession fsType initiatorName iqn iscsiInterface lun portals[] readOnly "
    "secretRef:LocalObjectReference targetPortal",
    "Ingress": "spec:IngressSpec",
    "IngressBackend": "serviceName servicePort",
    "IngressRule": "host http:HTTPIngressRuleValue",
    "IngressSpec": "backend:IngressBackend rules[IngressRule] tls[IngressTLS]",
    "IngressTLS": "hosts[] secretName",
    "Initializer": "name rules[Rule]",
    "InitializerConfiguration": "initializers[Initializer]",
    "Initializers": "pending[Initializer] result:Status",
    "Job": "spec:JobSpec",
    "JobSpec": "activeDeadlineSeconds backoffLimit completions manualSelector parallelism selector:LabelSelector template:PodTemplateSpec",
    "JobTemplateSpec": "metadata:ObjectMeta spec:JobSpec",
    "KeyToPath": "key mode path",
    "LabelSelector": "matchExpressions[LabelSelectorRequirement] matchLabels{}",
    "LabelSelectorRequirement": "key operator values[]",
    "Lifecycle": "postStart:Handler preStop:Handler",
    "LimitRange": "spec:LimitRangeSpec",
    "LimitRangeItem": "default{} defaultRequest{} max{} maxLimitRequestRatio{} min{} type",
    "LimitRangeSpec": "limits[LimitRangeItem]",
    "ListMeta": "continue resourceVersion selfLink",
    "LocalObjectReference": "name",
    "LocalSubjectAccessReview": "spec:SubjectAccessReviewSpec",
    "LocalVolumeSource": "path",
    "MetricSpec": "object:ObjectMetricSource pods:PodsMetricSource resource:ResourceMetricSource type",
    "NFSVolumeSource": "path readOnly server",
    "Namespace": "spec:NamespaceSpec",
    "NamespaceSpec": "finalizers[]",
    "NetworkPolicy": "spec:NetworkPolicySpec",
    "NetworkPolicyEgressRule": "ports[NetworkPolicyPort] to[NetworkPolicyPeer]",
    "NetworkPolicyIngressRule": "from[NetworkPolicyPeer] ports[NetworkPolicyPort]",
    "NetworkPolicyPeer": "ipBlock:IPBlock namespaceSelector:LabelSelector podSelector:LabelSelector",
    "NetworkPolicyPort": "port protocol",
    "NetworkPolicySpec": "egress[NetworkPolicyEgressRule] ingress[NetworkPolicyIngressRule] podSelector:LabelSelector policyTypes[]",
    "Node": "spec:NodeSpec",
    "NodeAffinity": "preferredDuringSchedulingIgnoredDuringExecution[PreferredSchedulingTerm] "
    "requiredDuringSchedulingIgnoredDuringExecution:NodeSelector",
    "NodeConfigSource": "apiVersion configMapRef:ObjectReference kind",
    "NodeSelector": "nodeSelectorTerms[NodeSelectorTerm]",
    "NodeSelectorRequirement": "key operator values[]",
    "NodeSelectorTerm": "matchExpressions[NodeSelectorRequirement]",
    "NodeSpec": "configSource:NodeConfigSource externalID podCIDR providerID taints[Taint] unschedulable",
    "NonResourceAttributes": "path verb",
    "ObjectFieldSelector": "apiVersion fieldPath",
    "ObjectMeta": "annotations{} clusterName creationTimestamp deletionGracePeriodSeconds deletionTimestamp "
    "finalizers[] generateName generation initializers:Initializers labels{} name namespace "
    "ownerReferences[OwnerReference] resourceVersion selfLink uid",
    "ObjectMetricSource": "metricName target:CrossVersionObjectReference targetValue",
    "ObjectReference": "apiVersion fieldPath kind name namespace resourceVersion uid",
    "OwnerReference": "apiVersion blockOwnerDeletion controller kind name uid",
    "PersistentVolume": "spec:PersistentVolumeSpec",
    "PersistentVolumeClaim": "spec:PersistentVolumeClaimSpec",
    "PersistentVolumeClaimSpec": "accessModes[] resources:ResourceRequirements selector:LabelSelector storageClassName volumeName",
    "PersistentVolumeClaimVolumeSource": "claimName readOnly",
    "PersistentVolumeSpec": "accessModes[] awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource "
    "azureFile:AzureFilePersistentVolumeSource capacity{} cephfs:CephFSPersistentVolumeSource "
    "cinder:CinderVolumeSource claimRef:ObjectReference fc:FCVolumeSource flexVolume:FlexVolumeSource "
    "flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource "
    "glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource iscsi:ISCSIVolumeSource "
    "local:LocalVolumeSource mountOptions[] nfs:NFSVolumeSource persistentVolumeReclaimPolicy "
    "photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource "
    "quobyte:QuobyteVolumeSource rbd:RBDVolumeSource scaleIO:ScaleIOPersistentVolumeSource "
    "storageClassName storageos:StorageOSPersistentVolumeSource "
    "vsphereVolume:VsphereVirtualDiskVolumeSource",
    "PhotonPersistentDiskVolumeSource": "fsType pdID",
    "Pod": "spec:PodSpec",
    "PodAffinity": "preferredDuringSchedulingIgnoredDuringExecution[WeightedPodAffinityTerm] "
    "requiredDuringSchedulingIgnoredDuringExecution[PodAffinityTerm]",
    "PodAffinityTerm": "labelSelector:LabelSelector namespaces[] topologyKey",
    "PodAntiAffinity": "preferredDuringSchedulingIgnoredDuringExecution[WeightedPodAffinityTerm] "
    "requiredDuringSchedulingIgnoredDuringExecution[PodAffinityTerm]",
    "PodDisruptionBudget": "spec:PodDisruptionBudgetSpec",
    "PodDisruptionBudgetSpec": "maxUnavailable minAvailable selector:LabelSelector",
    "PodPreset": "spec:PodPresetSpec",
    "PodPresetSpec": "env[EnvVar] envFrom[EnvFromSource] selector:LabelSelector volumeMounts[VolumeMount] volumes[Volume]",
    "PodSecurityContext": "fsGroup runAsNonRoot runAsUser seLinuxOptions:SELinuxOptions supplementalGroups[]",
    "PodSecurityPolicy": "spec:PodSecurityPolicySpec",
    "PodSecurityPolicySpec": "allowPrivilegeEscalation allowedCapabilities[] allowedHostPaths[AllowedHostPath] "
    "defaultAddCapabilities[] defaultAllowPrivilegeEscalation fsGroup:FSGroupStrategyOptions hostIPC "
    "hostNetwork hostPID hostPorts[HostPortRange] privileged readOnlyRootFilesystem "
    "requiredDropCapabilities[] runAsUser:RunAsUserStrategyOptions seLinux:SELinuxStrategyOptions "
    "supplementalGroups:SupplementalGroupsStrategyOptions volumes[]",
    "PodSpec": "activeDeadlineSeconds affinity:Affinity automountServiceAccountToken containers[Container] dnsPolicy "
    "hostAliases[HostAlias] hostIPC hostNetwork hostPID hostname imagePullSecrets[LocalObjectReference] "
    "initContainers[Container] nodeName nodeSelector{} priority priorityClassName restartPolicy "
    "schedulerName securityContext:PodSecurityContext serviceAccount serviceAccountName subdomain "
    "terminationGracePeriodSeconds tolerations[Toleration] volumes[Volume]",
    "PodTemplate": "template:PodTemplateSpec",
    "PodTemplateSpec": "metadata:ObjectMeta spec:PodSpec",
    "PodsMetricSource": "metricName targetAverageValue",
    "PolicyRule": "apiGroups[] nonResourceURLs[] resourceNames[] resources[] verbs[]",
    "PortworxVolumeSource": "fsType readOnly volumeID",
    "Preconditions": "uid",
    "PreferredSchedulingTerm": "preference:NodeSelectorTerm weight",
    "PriorityClass": "description globalDefault value",
    "Probe": "exec:ExecAction failureThreshold httpGet:HTTPGetAction initialDelaySeconds periodSeconds "
    "successThreshold tcpSocket:TCPSocketAction timeoutSeconds",
    "ProjectedVolumeSource": "defaultMode sources[VolumeProjection]",
    "QuobyteVolumeSource": "group readOnly registry user volume",
    "RBDVolumeSource": "fsType image keyring monitors[] pool readOnly secretRef:LocalObjectReference user",
    "RawExtension": "Raw",
    "ReplicaSet": "spec:ReplicaSetSpec",
    "ReplicaSetSpec": "minReadySeconds replicas selector:LabelSelector template:PodTemplateSpec",
    "ReplicationController": "spec:ReplicationControllerSpec",
    "ReplicationControllerSpec": "minReadySeconds replicas selector{} template:PodTemplateSpec",
    "ResourceAttributes": "group name namespace resource subresource verb version",
    "ResourceFieldSelector": "containerName divisor resource",
    "ResourceMetricSource": "name targetAverageUtilization targetAverageValue",
    "ResourceQuota": "spec:ResourceQuotaSpec",
    "ResourceQuotaSpec": "hard{} scopes[]",
    "ResourceRequirements": "limits{} requests{}",
    "Role": "rules[PolicyRule]",
    "RoleBinding": "roleRef:RoleRef subjects[Subject]",
    "RoleRef": "apiGroup kind name",
    "RollbackConfig": "revision",
    "RollingUpdateDaemonSet": "maxUnavailable",
    "RollingUpdateDeployment": "maxSurge maxUnavailable",
    "RollingUpdateStatefulSetStrategy": "partition",
    "Rule": "apiGroups[] apiVersions[] resources[]",
    "RuleWithOperations": "apiGroups[] apiVersions[] operations[] resources[]",
    "RunAsUserStrategyOptions": "ranges[IDRange] rule",
    "SELinuxOptions": "level role type user",
    "SELinuxStrategyOptions": "rule seLinuxOptions:SELinuxOptions",
    "Scale": "spec:ScaleSpec",
    "ScaleIOPersistentVolumeSource": "fsType gateway protectionDomain readOnly secretRef:SecretReference sslEnabled storageMode "
    "storagePool system volumeName",
    "ScaleIOVolumeSource": "fsType gateway protectionDomain readOnly secretRef:LocalObjectReference sslEnabled storageMode "
    "storagePool system volumeName",
    "ScaleSpec": "replicas",
    "Secret": "data{} stringData{} type",
    "SecretEnvSource": "name optional",
    "SecretKeySelector": "key name optional",
    "SecretProjection": "items[KeyToPath] name optional",
    "SecretReference": "name namespace",
    "SecretVolumeSource": "defaultMode items[KeyToPath] optional secretName",
    "SecurityContext": "allowPrivilegeEscalation capabilities:Capabilities privileged readOnlyRootFilesystem runAsNonRoot "
    "runAsUser seLinuxOptions:SELinuxOptions",
    "SelfSubjectAccessReview": "spec:SelfSubjectAccessReviewSpec",
    "SelfSubjectAccessReviewSpec": "nonResourceAttributes:NonResourceAttributes resourceAttributes:ResourceAttributes",
    "SelfSubjectRulesReview": "spec:SelfSubjectRulesReviewSpec",
    "SelfSubjectRulesReviewSpec": "namespace",
    "Service": "spec:ServiceSpec",
    "ServiceAccount": "automountServiceAccountToken imagePullSecrets[LocalObjectReference] secrets[ObjectReference]",
    "ServicePort": "name nodePort port protocol targetPort",
    "ServiceReference": "name namespace",
    "ServiceSpec": "clusterIP externalIPs[] externalName externalTrafficPolicy healthCheckNodePort loadBalancerIP "
    "loadBalancerSourceRanges[] ports[ServicePort] publishNotReadyAddresses selector{} sessionAffinity "
    "sessionAffinityConfig:SessionAffinityConfig type",
    "SessionAffinityConfig": "clientIP:ClientIPConfig",
    "StatefulSet": "spec:StatefulSetSpec",
    "StatefulSetSpec": "podManagementPolicy replicas revisionHistoryLimit selector:LabelSelector serviceName "
    "template:PodTemplateSpec updateStrategy:StatefulSetUpdateStrategy "
    "volumeClaimTemplates[PersistentVolumeClaim]",
    "StatefulSetUpdateStrategy": "rollingUpdate:RollingUpdateStatefulSetStrategy type",
    "Status": "apiVersion code details:StatusDetails kind message metadata:ListMeta reason status",
    "StatusCause": "field message reason",
    "StatusDetails": "causes[StatusCause] group kind name retryAfterSeconds uid",
    "StorageClass": "allowVolumeExpansion mountOptions[] parameters{} provisioner reclaimPolicy",
    "StorageOSPersistentVolumeSource": "fsType readOnly secretRef:ObjectReference volumeName volumeNamespace",
    "StorageOSVolumeSource": "fsType readOnly secretRef:LocalObjectReference volumeName volumeNamespace",
    "Subject": "apiGroup apiVersion kind name namespace",
    "SubjectAccessReview": "spec:SubjectAccessReviewSpec",
    "SubjectAccessReviewSpec": "extra{} group[] groups[] nonResourceAttributes:NonResourceAttributes "
    "resourceAttributes:ResourceAttributes uid user",
    "SupplementalGroupsStrategyOptions": "ranges[IDRange] rule",
    "TCPSocketAction": "host port",
    "Taint": "effect key timeAdded value",
    "TokenReview": "spec:TokenReviewSpec",
    "TokenReviewSpec": "token",
    "Toleration": "effect key operator tolerationSeconds value",
    "Volume": "awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource "
    "azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource "
    "configMap:ConfigMapVolumeSource downwardAPI:DownwardAPIVolumeSource emptyDir:EmptyDirVolumeSource "
    "fc:FCVolumeSource flexVolume:FlexVolumeSource flocker:FlockerVolumeSource "
    "gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource "
    "glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource iscsi:ISCSIVolumeSource name "
    "nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource "
    "photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource "
    "projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource "
    "scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource storageos:StorageOSVolumeSource "
    "vsphereVolume:VsphereVirtualDiskVolumeSource",
    "VolumeMount": "mountPath mountPropagation name readOnly subPath",
    "VolumeProjection": "configMap:ConfigMapProjection downwardAPI:DownwardAPIProjection secret:SecretProjection",
    "VsphereVirtualDiskVolumeSource": "fsType storagePolicyID storagePolicyName volumePath",
    "WeightedPodAffinityTerm": "podAffinityTerm:PodAffinityTerm weight",
}
"""Fields by type, as in kubernetes_library.py."""

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "admissionregistration": {
        "v1alpha1": (
            "ExternalAdmissionHookConfiguration",
            "InitializerConfiguration",
        ),
    },
    "apps": {
        "v1beta1": (
            "ControllerRevision",
            "Deployment",
            "Scale",
            "StatefulSet",
        ),
        "v1beta2": (
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "Scale",
            "StatefulSet",
        ),
    },
    "authentication": {
        "v1": ("TokenReview",),
        "v1beta1": ("TokenReview",),
    },
    "authorization": {
        "v1": (
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ),
        "v1beta1": (
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ),
    },
    "autoscaling": {
        "v1": (
            "HorizontalPodAutoscaler",
            "Scale",
        ),
        "v2beta1": ("HorizontalPodAutoscaler",),
    },
    "batch": {
        "v1": ("Job",),
        "v1beta1": ("CronJob",),
        "v2alpha1": ("CronJob",),
    },
    "certificates": {
        "v1beta1": ("CertificateSigningRequest",),
    },
    "core": {
        "v1": (
            "Binding",
            "ComponentStatus",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ),
    },
    "extensions": {
        "v1beta1": (
            "DaemonSet",
            "Deployment",
            "Ingress",
            "NetworkPolicy",
            "PodSecurityPolicy",
            "ReplicaSet",
            "Scale",
        ),
    },
    "networking": {
        "v1": ("NetworkPolicy",),
    },
    "policy": {
        "v1beta1": (
            "Eviction",
            "PodDisruptionBudget",
        ),
    },
    "rbac": {
        "v1": (
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ),
        "v1alpha1": (
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ),
        "v1beta1": (
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ),
    },
    "scheduling": {
        "v1alpha1": ("PriorityClass",),
    },
    "settings": {
        "v1alpha1": ("PodPreset",),
    },
    "storage": {
        "v1": ("StorageClass",),
        "v1beta1": ("StorageClass",),
    },
}
"""Kinds by the library's name of an API group, and version."""

API_GROUPS = {
    "admissionregistration": "admissionregistration.k8s.io",
    "authentication": "authentication.k8s.io",
    "authorization": "authorization.k8s.io",
    "certificates": "certificates.k8s.io",
    "core": "",
    "networking": "networking.k8s.io",
    "rbac": "rbac.authorization.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "settings": "settings.k8s.io",
    "storage": "storage.k8s.io",
}
"""The API groups whose name is another one."""
