// The one entry point: nginx, which hands everything on to JupyterHub's proxy. Users come to its Service, or through an
// Ingress or a Gateway in front of it (entry.libsonnet).
local common = import 'common.libsonnet';
local entry = import 'entry.libsonnet';
local template = importstr 'nginx.conf';
local start = importstr 'gateway_start.sh';

{
  local component = 'gateway',
  local port = 8080,
  local tlsPort = 8443,
  local tlsMount = '/etc/kubeflow-tls',

  // Without anything in front, the gateway itself has the certificate.
  ownTls(params):: entry.tlsSecret(params) != null && !entry.inFront(params),

  // Files that a variable names are read at each handshake, so that a renewed certificate is taken without a restart.
  local certificate = std.join('\n    ', [
    'listen %d ssl;' % tlsPort,
    'ssl_certificate $tls_folder/tls.crt;',
    'ssl_certificate_key $tls_folder/tls.key;',
  ]),

  // Who comes without TLS is sent round.
  local plainServer = std.join('\n', [
    "  map '' $tls_folder {",
    '    default %s;' % tlsMount,
    '  }',
    '',
    '  server {',
    '    listen %d;' % port,
    '',
    '    location = /healthz {',
    '      access_log off;',
    '      default_type text/plain;',
    '      return 200 "ok\\n";',
    '    }',
    '',
    '    location / {',
    '      return 301 https://$host$request_uri;',
    '    }',
    '  }',
    '',
  ]),

  // Where TLS ends in front of the gateway, that says how the user came.
  local redirect = 'if ($http_x_forwarded_proto = http) {\n        return 301 https://$host$request_uri;\n      }\n      ',

  // nginx.conf is a template: what stands in %(...)s is filled in, everything else stays as it is.
  config(params):: template % {
    proxy: 'proxy.' + params.namespace + '.svc.' + params.clusterDomain,
    listen: if $.ownTls(params) then certificate else 'listen %d;' % port,
    tls: if $.ownTls(params) then plainServer else '',
    redirect: if entry.inFront(params) && entry.tlsSecret(params) != null then redirect else '',
  },

  configData(params):: { 'nginx.conf': $.config(params), 'start.sh': start },

  configMap(params):: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: common.metadata(params, 'gateway-config', component),
    data: $.configData(params),
  },

  local tlsPorts(params, port) = if $.ownTls(params) then [port] else [],

  container(params):: {
    name: 'nginx',
    image: common.image(params, params.gatewayImage),
    command: ['sh', '/etc/kubeflow/start.sh'],
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }]
           + tlsPorts(params, { name: 'https', containerPort: tlsPort, protocol: 'TCP' }),
    startupProbe: common.httpProbe('/healthz', 'http', 2, 30),
    readinessProbe: common.httpProbe('/healthz', 'http', 10, 3),
    livenessProbe: common.httpProbe('/healthz', 'http', 20, 3),
    resources: common.resources('20m', '32Mi', '500m', '128Mi'),
    securityContext: common.containerSecurity,
    volumeMounts: [{ name: 'config', mountPath: '/etc/kubeflow', readOnly: true }, common.temporaryMount]
                  + tlsPorts(params, { name: 'tls', mountPath: tlsMount, readOnly: true }),
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
          annotations: { 'checksum/config': std.md5(std.manifestJsonEx($.configData(params), '')) },
        },
        spec: common.pod(params) + {
          serviceAccountName: component,
          securityContext: common.podSecurity(params, 101),
          affinity: common.spread(component),
          containers: [$.container(params)],
          volumes: [{ name: 'config', configMap: { name: 'gateway-config' } }, common.temporary('256Mi')]
                   + tlsPorts(params, { name: 'tls', secret: { secretName: entry.tlsSecret(params) } }),
        },
      },
    },
  },

  service(params)::
    common.service(
      params,
      'kubeflow',
      component,
      params.gatewayServiceType,
      [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }]
      + tlsPorts(params, { name: 'https', port: 443, targetPort: 'https', protocol: 'TCP' })
    ) + entry.servicePatch(params),

  disruptionBudget(params):: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: common.metadata(params, component, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: common.selector(component) } },
  },

  // It reaches the hub's proxy and nothing else.
  networkPolicies(params):: [
    common.allow(params, component, [{ port: port, from: null }] + tlsPorts(params, { port: tlsPort, from: null })),
    common.egress(params, component, [{
      ports: [{ protocol: 'TCP', port: 'http' }],
      to: [{ podSelector: { matchLabels: common.selector('hub') } }],
    }]),
  ],

  objects(params):: [
    common.serviceAccount(params, component),
    self.configMap(params),
    self.deployment(params),
    self.service(params),
  ] + self.networkPolicies(params) + entry.objects(params) + if params.gatewayReplicas > 1 then [self.disruptionBudget(params)] else [],
}
