// Checks the parameters of cert-manager-issuer; returns them by the same names, with null where one is not set.
local common = import 'common.libsonnet';
local check = common.checks('cert-manager-issuer');

{
  local email(params) =
    local value = check.text('acmeEmail', params.acmeEmail);
    local parts = std.split(value, '@');
    if std.length(parts) == 2 && std.count(parts, '') == 0 then value
    else check.wrong('acmeEmail', value, 'a mail address, such as admin@example.com'),

  local url(params) =
    local value = check.text('acmeUrl', params.acmeUrl);
    if std.startsWith(value, 'https://acme-v01.') then
      check.wrong('acmeUrl', value, 'the URL of an ACME v2 server, such as https://acme-v02.api.letsencrypt.org/directory')
    else if std.startsWith(value, 'https://') then value
    else check.wrong('acmeUrl', value, 'a URL that begins with https://'),

  local only(params, solver, name) =
    local value = check.textOrNull(name, params[name]);
    if value == null || params.solver == solver then value
    else check.wrong(name, value, 'null unless solver is ' + solver),

  local ingressName(params) =
    local value = only(params, 'http01', 'ingressName');
    if value == null || common.isUnset(params.ingressClass) then value
    else check.wrong('ingressName', value, 'null where ingressClass is set'),

  local project(params) =
    local value = only(params, 'dns01', 'cloudDNSProject');
    if params.solver == 'dns01' then check.text('cloudDNSProject', value) else value,

  check(params, env)::
    local selfSigned = check.flag('selfSigned', params.selfSigned);
    {
      name: check.label('name', params.name),
      namespace: check.namespace(params, env),
      issuerName: check.label('issuerName', params.issuerName),
      issuerKind: check.oneOf('issuerKind', params.issuerKind, ['ClusterIssuer', 'Issuer']),
      selfSigned: selfSigned,
    } + if selfSigned then {} else {
      acmeEmail: email(params),
      acmeUrl: url(params),
      solver: check.oneOf('solver', params.solver, ['http01', 'dns01']),
      ingressClass: only(params, 'http01', 'ingressClass'),
      ingressName: ingressName(params),
      cloudDNSProject: project(params),
      cloudDNSSecretName: only(params, 'dns01', 'cloudDNSSecretName'),
    },
}
