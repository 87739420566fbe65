// The namespace, at the level "restricted" of the Pod Security Standards, and no way in to its pods but what is opened.
local common = import 'common.libsonnet';

{
  local level = 'restricted',

  namespace(params):: {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: params.namespace,
      labels: common.partOf + {
        'app.kubernetes.io/name': params.namespace,
        'app.kubernetes.io/instance': params.name,
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/audit': level,
        'pod-security.kubernetes.io/warn': level,
      },
    },
  },

  defaultDeny(params):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: 'kubeflow-default-deny',
      namespace: params.namespace,
      labels: common.labels(params, 'network'),
    },
    spec: { podSelector: { matchLabels: common.partOf }, policyTypes: ['Ingress'] },
  },

  // The namespace default belongs to the cluster: it is neither labelled nor, one day, deleted by us.
  objects(params)::
    (if params.namespace == 'default' then [] else [self.namespace(params)]) + [self.defaultDeny(params)],
}
