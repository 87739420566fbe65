// Checks the parameters of iap-ingress; returns them by the same names, with null where one is not set.
local common = import 'common.libsonnet';
local check = common.checks('iap-ingress');

{
  local hostname(value) =
    local text = check.text('hostname', value);
    local parts = std.split(text, '.');
    if std.length(parts) > 1 && std.count(parts, '') == 0 && std.length(std.split(text, '/')) == 1 && std.length(std.split(text, ':')) == 1
    then text
    else check.wrong('hostname', value, 'a host name with a domain, such as kubeflow.example.com'),

  local path(name, value) =
    if std.startsWith(check.text(name, value), '/') then value else check.wrong(name, value, 'a path that begins with /'),

  local selector(name, value) =
    if std.length(check.object(name, value)) > 0 then value else check.wrong(name, value, 'an object with at least one label'),

  // What the certificate is from: managed (by Google), issuer (cert-manager's) or secret (the user's).
  local certificate(params) =
    if !common.isUnset(params.issuer) then 'issuer'
    else if !common.isUnset(params.secretName) then 'secret'
    else 'managed',

  check(params, env):: {
    name: check.label('name', params.name),
    namespace: check.namespace(params, env),
    ipName: check.label('ipName', params.ipName),
    hostname: hostname(params.hostname),
    oauthSecretName: check.textOrNull('oauthSecretName', params.oauthSecretName),
    certificate: certificate(params),
    issuer: check.textOrNull('issuer', params.issuer),
    issuerKind: check.oneOf('issuerKind', params.issuerKind, ['ClusterIssuer', 'Issuer']),
    secretName: if common.isUnset(params.secretName) then params.name + '-tls' else check.text('secretName', params.secretName),
    ownService: common.isUnset(params.serviceName),
    serviceName: if self.ownService then params.name else check.label('serviceName', params.serviceName),
    servicePort: check.wholeNumber('servicePort', params.servicePort, 1),
    podSelector: selector('podSelector', params.podSelector),
    targetPort: check.wholeNumber('targetPort', params.targetPort, 1),
    healthPath: path('healthPath', params.healthPath),
    timeoutSeconds: check.wholeNumber('timeoutSeconds', params.timeoutSeconds, 1),
    ingressClass: check.oneOf('ingressClass', common.orNull(params.ingressClass), [null, 'gce']),
  },
}
