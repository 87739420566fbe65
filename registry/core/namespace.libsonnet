// The namespace, at a level of the Pod Security Standards, what it may use, and no ingress to its pods but what is allowed.
local common = import 'common.libsonnet';

{
  local component = 'namespace',

  namespace(params):: {
    local level = params.podSecurityLevel,

    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: params.namespace,
      labels: common.partOf + {
        'app.kubernetes.io/name': params.namespace,
        'app.kubernetes.io/instance': params.name,
      } + if level == null then {} else {
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/audit': level,
        'pod-security.kubernetes.io/warn': level,
      },
    },
  },

  quota(params):: {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: common.metadata(params, 'kubeflow', component),
    spec: { hard: params.quota },
  },

  limits(params):: {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: common.metadata(params, 'kubeflow', component),
    spec: { limits: [params.limits { type: 'Container' }] },
  },

  // Ingress only: what pods may reach is said beside each of them, as notebooks must reach data anywhere.
  defaultDeny(params):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: common.metadata(params, 'kubeflow-default-deny', 'network'),
    spec: { podSelector: { matchLabels: common.partOf }, policyTypes: ['Ingress'] },
  },

  // The namespace default belongs to the cluster: it is neither labelled nor, one day, deleted by us.
  objects(params)::
    (if params.namespace == 'default' then [] else [self.namespace(params)])
    + (if std.length(params.quota) > 0 then [self.quota(params)] else [])
    + (if std.length(params.limits) > 0 then [self.limits(params)] else [])
    + [self.defaultDeny(params)],
}
