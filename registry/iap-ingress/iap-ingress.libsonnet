// All objects of iap-ingress, from the parameters of a component and its environment ({ namespace, server }).
local common = import 'common.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  local component = 'iap-ingress',

  // How the load balancer treats the Service: whom it lets in, and how it asks the pods whether they are well.
  backendConfig(params):: {
    apiVersion: 'cloud.google.com/v1',
    kind: 'BackendConfig',
    metadata: common.metadata(params, params.name, component),
    spec: {
      iap: { enabled: true } + if params.oauthSecretName == null then {} else {
        oauthclientCredentials: { secretName: params.oauthSecretName },
      },
      timeoutSec: params.timeoutSeconds,
      connectionDraining: { drainingTimeoutSec: 60 },
      healthCheck: {
        type: 'HTTP',
        requestPath: params.healthPath,
        port: params.targetPort,
        checkIntervalSec: 15,
        timeoutSec: 5,
      },
    },
  },

  service(params):: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: common.metadata(params, params.name, component) {
      annotations: {
        'cloud.google.com/backend-config': std.toString({ default: params.name }),
        // The load balancer reaches the pods themselves, so no port of the nodes is opened.
        'cloud.google.com/neg': std.toString({ ingress: true }),
      },
    },
    spec: {
      type: 'ClusterIP',
      selector: params.podSelector,
      ports: [{ name: 'http', port: params.servicePort, targetPort: params.targetPort, protocol: 'TCP' }],
    },
  },

  managedCertificate(params):: {
    apiVersion: 'networking.gke.io/v1',
    kind: 'ManagedCertificate',
    metadata: common.metadata(params, params.name, component),
    spec: { domains: [params.hostname] },
  },

  issuedCertificate(params):: {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: common.metadata(params, params.name, component),
    spec: {
      secretName: params.secretName,
      dnsNames: [params.hostname],
      issuerRef: { group: 'cert-manager.io', kind: params.issuerKind, name: params.issuer },
    },
  },

  ingress(params):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: common.metadata(params, params.name, component) {
      annotations: {
        'kubernetes.io/ingress.global-static-ip-name': params.ipName,
        // HTTP stays open only for the questions of an ACME server, which has no certificate to see yet.
        'kubernetes.io/ingress.allow-http': if params.certificate == 'issuer' then 'true' else 'false',
      } + (if params.certificate == 'managed' then { 'networking.gke.io/managed-certificates': params.name } else {})
      // GKE knows no spec.ingressClassName.
      + if params.ingressClass == null then {} else { 'kubernetes.io/ingress.class': params.ingressClass },
    },
    spec: {
      rules: [{
        host: params.hostname,
        http: {
          paths: [{
            path: '/',
            pathType: 'Prefix',
            backend: { service: { name: params.serviceName, port: { number: params.servicePort } } },
          }],
        },
      }],
    } + if params.certificate == 'managed' then {} else { tls: [{ hosts: [params.hostname], secretName: params.secretName }] },
  },

  certificates(params)::
    if params.certificate == 'managed' then [self.managedCertificate(params)]
    else if params.certificate == 'issuer' then [self.issuedCertificate(params)]
    else [],

  parts(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    {
      all: [$.backendConfig(checked)]
           + (if checked.ownService then [$.service(checked)] else [])
           + $.certificates(checked)
           + [$.ingress(checked)],
    },
}
