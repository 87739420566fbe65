// Holds the hub to the pods that it needs. Its service account may create pods, and a pod can take any service account and any Secret
// of its namespace: whoever takes over the hub, which talks to the internet, would have them all. Needs Kubernetes 1.30.
local common = import 'common.libsonnet';

{
  local component = 'hub',

  metadata(params):: { name: 'kubeflow-hub-' + params.namespace, labels: common.labels(params, component) },

  local containers = '(object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : []))',
  local validations = [
    {
      expression: 'object.spec.?automountServiceAccountToken.orValue(true) == false'
                  + ' && object.spec.?serviceAccountName.orValue("default") in ["", "default"]',
      message: 'The hub may start pods only with the service account default, and without its token.',
    },
    {
      expression: 'object.spec.?volumes.orValue([]).all(volume, has(volume.persistentVolumeClaim) || has(volume.emptyDir))',
      message: 'The hub may start pods only with PersistentVolumeClaims and empty volumes.',
    },
    {
      expression: containers + '.all(container, container.?envFrom.orValue([]).size() == 0'
                  + ' && container.?env.orValue([]).all(variable, !has(variable.valueFrom) || has(variable.valueFrom.fieldRef)))',
      message: 'The hub may start pods only with variables that come from no Secret and no ConfigMap.',
    },
  ],

  policy(params):: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: $.metadata(params),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] }],
      },
      matchConditions: [{
        name: 'sent-by-the-hub',
        expression: 'request.userInfo.username == "system:serviceaccount:' + params.namespace + ':' + component + '"',
      }],
      validations: [validation { reason: 'Forbidden' } for validation in validations],
    },
  },

  binding(params):: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: $.metadata(params),
    spec: {
      policyName: $.metadata(params).name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': params.namespace } } },
    },
  },

  objects(params):: if params.hubPodPolicy then [self.policy(params), self.binding(params)] else [],
}
