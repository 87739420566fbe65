// The issuer, from the parameters of a component and its environment ({ namespace, server }).
local common = import 'common.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  local component = 'issuer',

  // GKE's controller knows the annotation only, which cert-manager writes for `class`.
  ingress(params)::
    if params.ingressName != null then { name: params.ingressName }
    else if params.ingressClass == null then {}
    else if params.ingressClass == 'gce' then { class: 'gce' }
    else { ingressClassName: params.ingressClass },

  solver(params)::
    if params.solver == 'http01' then { http01: { ingress: $.ingress(params) } }
    else {
      dns01: {
        cloudDNS: { project: params.cloudDNSProject } + if params.cloudDNSSecretName == null then {} else {
          serviceAccountSecretRef: { name: params.cloudDNSSecretName, key: 'key.json' },
        },
      },
    },

  issuer(params):: {
    apiVersion: 'cert-manager.io/v1',
    kind: params.issuerKind,
    metadata: if params.issuerKind == 'Issuer' then common.metadata(params, params.issuerName, component)
    else common.clusterMetadata(params, params.issuerName, component),
    spec: if params.selfSigned then { selfSigned: {} } else {
      acme: {
        server: params.acmeUrl,
        email: params.acmeEmail,
        privateKeySecretRef: { name: params.issuerName + '-secret' },
        solvers: [$.solver(params)],
      },
    },
  },

  parts(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    { all: [$.issuer(checked)] },
}
