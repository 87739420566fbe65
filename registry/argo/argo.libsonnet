// All objects of argo, from the parameters of a component and its environment ({ namespace, server }).
local common = import 'common.libsonnet';
local definitions = import 'definitions.libsonnet';
local parameters = import 'parameters.libsonnet';
local rights = import 'rights.libsonnet';

{
  local component = 'workflow-controller',
  local configuration = 'workflow-controller-configmap',
  local json(value) = std.manifestJsonEx(value, '  '),
  // The image's user.
  local id = 8737,

  // Containers that Argo adds, and steps that say nothing else themselves, satisfy "restricted" too.
  configMap(params)::
    local own = if params.cloud == 'openshift' then {} else { runAsUser: id };
    local security = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    };
    local keep = params.retainCompleted;
    local data = {
      executor: json({ resources: common.resources('10m', '64Mi', '500m', '512Mi'), securityContext: security + own }),
      mainContainer: json({ resources: common.resources('100m', '128Mi', '1', '1Gi'), securityContext: security }),
      workflowDefaults: json({
        spec: {
          serviceAccountName: params.workflowServiceAccount,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } + own,
        },
      }),
      retentionPolicy: json({ completed: keep, failed: keep, errored: keep }),
    } + (if params.parallelism == 0 then {} else { parallelism: std.toString(params.parallelism) })
    + if std.length(params.artifactRepository) == 0 then {} else { artifactRepository: json(params.artifactRepository) };
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: common.metadata(params, configuration, component),
      data: data,
    },

  container(params):: {
    name: component,
    image: common.image(params, params.controllerImage),
    command: ['workflow-controller'],
    args: ['--configmap', configuration, '--executor-image', common.image(params, params.executorImage)]
          + if params.namespaced then ['--namespaced'] else [],
    env: [{ name: 'LEADER_ELECTION_IDENTITY', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    ports: [
      { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
      { name: 'health', containerPort: 6060, protocol: 'TCP' },
    ],
    startupProbe: common.httpProbe('/healthz', 'health', 5, 24),
    readinessProbe: common.httpProbe('/healthz', 'health', 30, 3),
    livenessProbe: common.httpProbe('/healthz', 'health', 60, 3) { timeoutSeconds: 30 },
    resources: common.resources('100m', '256Mi', '1', '1Gi'),
    securityContext: common.containerSecurity,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  },

  deployment(params):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: common.metadata(params, component, component),
    spec: {
      replicas: params.controllerReplicas,
      selector: { matchLabels: common.selector(params, component) },
      template: {
        metadata: { labels: common.labels(params, component) },
        spec: {
          serviceAccountName: 'argo',
          // It works through the API server.
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          securityContext: common.podSecurity(params, id),
          containers: [$.container(params)],
          volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }],
        } + common.pullSecrets(params) + common.nodes({ 'kubernetes.io/os': 'linux' } + params.nodeSelector),
      },
    },
  },

  disruptionBudget(params):: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: common.metadata(params, component, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: common.selector(params, component) } },
  },

  parts(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    {
      all:
        definitions.objects(checked)
        + [
          common.serviceAccount(checked, 'argo', component),
          common.serviceAccount(checked, checked.workflowServiceAccount, 'workflow'),
        ]
        + rights.objects(checked)
        + [
          $.configMap(checked),
          $.deployment(checked),
          // Nothing calls the controller but who reads its metrics.
          common.allow(checked, component, component, [{ protocol: 'TCP', port: 9090 }], []),
        ]
        + if checked.controllerReplicas > 1 then [$.disruptionBudget(checked)] else [],
    },
}
