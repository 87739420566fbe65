// How users come to the gateway's Service: an Ingress, or a Gateway of the Gateway API, their certificate and address.
// Clouds differ; what each needs is said here and nowhere else.
local common = import 'common.libsonnet';

{
  local component = 'gateway',
  local name = 'kubeflow',
  local has(value) = value != null,

  // GKE's own Ingress and Gateway have objects of their own for health checks and time-outs.
  local isGceIngress(params) = std.count(['gce', 'gce-internal'], params.ingressClass) > 0,
  local isGkeGateway(params) = params.cloud == 'gke' && has(params.gatewayClass) && std.split(params.gatewayClass, '-')[0] == 'gke',
  // The core knows; the gateway alone does not.
  local isIap(params) = std.objectHas(params, 'jupyterHubAuthenticator') && params.jupyterHubAuthenticator == 'iap',
  local oneHour = 3600,

  local inFront(params) = has(params.ingressClass) || has(params.gatewayClass),
  inFront:: inFront,

  // The Secret with the certificate; null: none.
  tlsSecret(params)::
    if has(params.tlsSecretName) then params.tlsSecretName else if has(params.tlsIssuer) then 'kubeflow-tls' else null,

  certificate(params):: {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: common.metadata(params, name, component),
    spec: {
      secretName: $.tlsSecret(params),
      dnsNames: [params.hostname],
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: params.tlsIssuer },
    },
  },

  // Notebooks are uploaded whole, and their connections stay open: what controllers take as settings for that.
  local ingressAnnotations(params) =
    if isGceIngress(params) then {
      // This controller does not read spec.ingressClassName.
      'kubernetes.io/ingress.class': params.ingressClass,
      [if has(params.ipName) then 'kubernetes.io/ingress.' + (if params.ingressClass == 'gce' then 'global' else 'regional') + '-static-ip-name']:
        params.ipName,
    }
    else if params.cloud == 'openshift' then { 'haproxy.router.openshift.io/timeout': '1h' }
    else if params.ingressClass == 'alb' then {
      'alb.ingress.kubernetes.io/scheme': 'internal',
      'alb.ingress.kubernetes.io/target-type': 'ip',
      'alb.ingress.kubernetes.io/healthcheck-path': '/healthz',
      'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds=' + oneHour,
    }
    else {
      'nginx.ingress.kubernetes.io/proxy-body-size': '0',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': std.toString(oneHour),
      'nginx.ingress.kubernetes.io/proxy-send-timeout': std.toString(oneHour),
    },

  ingress(params):: {
    local secret = $.tlsSecret(params),

    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: common.metadata(params, name, component) + { annotations: ingressAnnotations(params) },
    spec: {
      [if !isGceIngress(params) then 'ingressClassName']: params.ingressClass,
      // On OpenShift an empty item means the router's own certificate.
      [if has(secret) || params.cloud == 'openshift' then 'tls']: [
        if !has(secret) then {} else { secretName: secret, [if has(params.hostname) then 'hosts']: [params.hostname] },
      ],
      rules: [{
        [if has(params.hostname) then 'host']: params.hostname,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: name, port: { name: 'http' } } } }] },
      }],
    },
  },

  gateway(params):: {
    local secret = $.tlsSecret(params),
    local listener = {
      [if has(params.hostname) then 'hostname']: params.hostname,
      allowedRoutes: { namespaces: { from: 'Same' } },
    },

    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: common.metadata(params, name, component),
    spec: {
      gatewayClassName: params.gatewayClass,
      [if has(params.ipName) then 'addresses']: [
        { type: if isGkeGateway(params) then 'NamedAddress' else 'IPAddress', value: params.ipName },
      ],
      listeners: [listener { name: 'http', port: 80, protocol: 'HTTP' }] + if !has(secret) then [] else [listener {
        name: 'https',
        port: 443,
        protocol: 'HTTPS',
        tls: { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: secret }] },
      }],
    },
  },

  route(params):: {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: common.metadata(params, name, component),
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: name }],
      [if has(params.hostname) then 'hostnames']: [params.hostname],
      rules: [{
        matches: [{ path: { type: 'PathPrefix', value: '/' } }],
        backendRefs: [{ group: '', kind: 'Service', name: name, port: 80, weight: 1 }],
      }],
    },
  },

  // Of GKE: / answers with a redirect, which its health check takes for a failure; and 30 seconds are too short.
  // Where IAP is how users log in, it is switched on, with the OAuth client of a Secret, or else the one that Google manages.
  backendConfig(params):: {
    apiVersion: 'cloud.google.com/v1',
    kind: 'BackendConfig',
    metadata: common.metadata(params, name, component),
    spec: {
      timeoutSec: oneHour,
      healthCheck: { type: 'HTTP', requestPath: '/healthz' },
      [if isIap(params) then 'iap']: { enabled: true } + if std.objectHas(params, 'oauthSecretName') && has(params.oauthSecretName) then {
        oauthclientCredentials: { secretName: params.oauthSecretName },
      } else {},
    },
  },

  local policy(params, kind, default) = {
    apiVersion: 'networking.gke.io/v1',
    kind: kind,
    metadata: common.metadata(params, name, component),
    spec: { default: default, targetRef: { group: '', kind: 'Service', name: name } },
  },

  // The same, for GKE's Gateway.
  policies(params):: [
    policy(params, 'HealthCheckPolicy', { config: { type: 'HTTP', httpHealthCheck: { requestPath: '/healthz' } } }),
    policy(params, 'GCPBackendPolicy', { timeoutSec: oneHour, [if isIap(params) then 'iap']: { enabled: true } }),
  ],

  // What the gateway's Service has beside its type and ports.
  servicePatch(params)::
    local balanced = params.gatewayServiceType == 'LoadBalancer';
    local address = balanced && has(params.ipName) && !inFront(params);
    local annotations =
      (if !address then {}
       else if params.cloud == 'gke' then { 'networking.gke.io/load-balancer-ip-addresses': params.ipName }
       else if params.cloud == 'aks' then { 'service.beta.kubernetes.io/azure-load-balancer-ipv4': params.ipName }
       else if params.cloud == 'eks' then { 'service.beta.kubernetes.io/aws-load-balancer-private-ipv4-addresses': params.ipName }
       else {})
      // For ExternalDNS, where there is one: an Ingress or HTTPRoute says the name itself.
      + (if balanced && has(params.hostname) && !inFront(params) then { 'external-dns.alpha.kubernetes.io/hostname': params.hostname } else {})
      + (if isGceIngress(params) then {
           'cloud.google.com/neg': '{"ingress": true}',
           'cloud.google.com/backend-config': '{"default": "' + name + '"}',
         } else {});
    { [if std.length(annotations) > 0 then 'metadata']+: { annotations+: annotations } }
    + if address && std.count(['gke', 'aks', 'eks'], params.cloud) == 0 then { spec+: { loadBalancerIP: params.ipName } } else {},

  objects(params)::
    (if has(params.tlsIssuer) then [self.certificate(params)] else [])
    + (if has(params.ingressClass) then [self.ingress(params)] else [])
    + (if isGceIngress(params) then [self.backendConfig(params)] else [])
    + (if has(params.gatewayClass) then [self.gateway(params), self.route(params)] else [])
    + (if isGkeGateway(params) then self.policies(params) else []),
}
