// Checks the parameters of address; returns them by the same names, with null where one is not set.
local common = import 'common.libsonnet';
local check = common.checks('address');

{
  // Only where the cloud has such a thing; null otherwise.
  local only(params, name, clouds) =
    local value = check.textOrNull(name, params[name]);
    if value == null || std.count(clouds, params.addressProvider) == 1 then value
    else check.wrong(name, value, 'null where addressProvider is ' + params.addressProvider),

  local needed(params, name, cloud) =
    if params.addressProvider == cloud then check.text(name, params[name]) else only(params, name, [cloud]),

  local tier(params) =
    local value = check.oneOf('addressNetworkTier', only(params, 'addressNetworkTier', ['google']), [null, 'PREMIUM', 'STANDARD']);
    local global = common.isUnset(params.addressLocation) || params.addressLocation == 'global';
    if value == 'STANDARD' && global then check.wrong('addressNetworkTier', value, 'PREMIUM where addressLocation is global') else value,

  local location(params) =
    if params.addressProvider == 'azure' then check.text('addressLocation', params.addressLocation)
    else only(params, 'addressLocation', ['google']),

  local ipVersion(params) =
    local value = params.addressIpVersion;
    if std.count([4, 6], value) == 0 then check.wrong('addressIpVersion', value, '4 or 6')
    else if params.addressProvider == 'aws' && value != 4 then check.wrong('addressIpVersion', value, '4 where addressProvider is aws')
    else value,

  check(params, env):: {
    name: check.label('name', params.name),
    namespace: check.namespace(params, env),
    provider: check.oneOf('addressProvider', params.addressProvider, ['google', 'aws', 'azure']),
    addressName: check.label('addressName', params.addressName),
    apiVersion: check.textOrNull('addressApiVersion', params.addressApiVersion),
    location: location(params),
    ipVersion: ipVersion(params),
    networkTier: tier(params),
    project: only(params, 'addressProject', ['google']),
    owner: needed(params, 'addressOwner', 'azure'),
    labels: check.object('addressLabels', params.addressLabels),
  },
}
