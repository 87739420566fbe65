// Usage reporting, off unless asked for. Without a URL, the ConfigMap says what would be sent, and nothing is sent.
local common = import 'common.libsonnet';
local script = importstr 'usage_report.py';

{
  local component = 'usage',
  local clusterName(params) = 'kubeflow-usage-' + params.namespace,

  configMap(params):: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: common.metadata(params, 'kubeflow-usage', component),
    data: {
      'usage-id': params.usageId,
      [if params.usageUrl != null then 'usage-url']: params.usageUrl,
      [if params.usageUrl != null then 'usage_report.py']: script,
    },
  },

  clusterMetadata(params):: {
    name: clusterName(params),
    labels: common.labels(params, component),
  },

  clusterRole(params):: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: $.clusterMetadata(params),
    rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }],
  },

  clusterRoleBinding(params):: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: $.clusterMetadata(params),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterName(params) },
    subjects: [{ kind: 'ServiceAccount', name: component, namespace: params.namespace }],
  },

  container(params):: {
    name: 'report',
    image: common.image(params, params.usageImage),
    command: ['python3', '/etc/kubeflow/usage_report.py'],
    resources: common.resources('10m', '64Mi', '500m', '128Mi'),
    securityContext: common.containerSecurity,
    volumeMounts: [{ name: 'config', mountPath: '/etc/kubeflow', readOnly: true }, common.apiAccessMount],
  },

  cronJob(params):: {
    // Each installation at a time of its own, told from its id, so that not all come at once.
    local time = std.foldl(function(sum, i) sum * 31 % 1440 + std.codepoint(params.usageId[i]), std.range(0, std.length(params.usageId) - 1), 0) % 1440,

    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: common.metadata(params, 'kubeflow-usage', component),
    spec: {
      schedule: (time % 60) + ' ' + std.floor(time / 60) + ' * * *',
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        spec: {
          backoffLimit: 1,
          activeDeadlineSeconds: 300,
          template: {
            metadata: { labels: common.labels(params, component) },
            spec: common.pod(params) + {
              restartPolicy: 'Never',
              serviceAccountName: component,
              securityContext: common.podSecurity(params, 1000),
              containers: [$.container(params)],
              volumes: [{ name: 'config', configMap: { name: 'kubeflow-usage' } }, common.apiAccess],
            },
          },
        },
      },
    },
  },

  objects(params)::
    if !params.reportUsage then [] else [self.configMap(params)] + if params.usageUrl == null then [] else [
      common.serviceAccount(params, component),
      self.clusterRole(params),
      self.clusterRoleBinding(params),
      self.cronJob(params),
    ],
}
