// The one entry point: nginx, which hands everything on to JupyterHub's proxy.
local common = import 'common.libsonnet';
local config = importstr 'nginx.conf';

{
  local component = 'gateway',
  local port = 8080,

  serviceAccount(params):: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: common.metadata(params, component, component),
    automountServiceAccountToken: false,
  },

  configMap(params):: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: common.metadata(params, 'gateway-config', component),
    data: { 'nginx.conf': config },
  },

  container(params):: {
    name: 'nginx',
    image: params.gatewayImage,
    command: ['nginx', '-e', 'stderr', '-c', '/etc/kubeflow/nginx.conf', '-g', 'daemon off;'],
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    startupProbe: common.httpProbe('/healthz', 'http', 2, 30),
    readinessProbe: common.httpProbe('/healthz', 'http', 10, 3),
    livenessProbe: common.httpProbe('/healthz', 'http', 20, 3),
    resources: common.resources('20m', '32Mi', '500m', '128Mi'),
    securityContext: common.containerSecurity,
    volumeMounts: [{ name: 'config', mountPath: '/etc/kubeflow', readOnly: true }, common.temporaryMount],
  },

  deployment(params):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: common.metadata(params, component, component),
    spec: {
      replicas: params.gatewayReplicas,
      selector: { matchLabels: common.selector(component) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: common.labels(params, component),
          annotations: { 'checksum/config': std.md5(config) },
        },
        spec: {
          serviceAccountName: component,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: common.podSecurity(params, 101),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: key,
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: common.selector(component) },
            }
            for key in ['kubernetes.io/hostname', 'topology.kubernetes.io/zone']
          ],
          containers: [$.container(params)],
          volumes: [{ name: 'config', configMap: { name: 'gateway-config' } }, common.temporary('256Mi')],
        },
      },
    },
  },

  service(params)::
    common.service(params, 'kubeflow', component, params.gatewayServiceType, [
      { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
    ]),

  disruptionBudget(params):: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: common.metadata(params, component, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: common.selector(component) } },
  },

  objects(params):: [
    self.serviceAccount(params),
    self.configMap(params),
    self.deployment(params),
    self.service(params),
    common.allow(params, component, [{ port: port, from: null }]),
  ] + if params.gatewayReplicas > 1 then [self.disruptionBudget(params)] else [],
}
