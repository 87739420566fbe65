// All objects of address, from the parameters of a component and its environment ({ namespace, server }).
local common = import 'common.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  local component = 'address',
  local version(params, usual) = if params.apiVersion == null then usual else params.apiVersion,

  // Config Connector takes the labels of the object for those of the address.
  google(params):: {
    apiVersion: version(params, 'compute.cnrm.cloud.google.com/v1beta1'),
    kind: 'ComputeAddress',
    metadata: common.metadata(params, params.addressName, component) {
      labels+: params.labels,
      [if params.project != null then 'annotations']: { 'cnrm.cloud.google.com/project-id': params.project },
    },
    spec: {
      resourceID: params.addressName,
      location: if params.location == null then 'global' else params.location,
      addressType: 'EXTERNAL',
      ipVersion: 'IPV' + params.ipVersion,
      [if params.networkTier != null then 'networkTier']: params.networkTier,
    },
  },

  // Without a name of its own, the address is known by a tag.
  aws(params):: {
    apiVersion: version(params, 'ec2.services.k8s.aws/v1alpha1'),
    kind: 'ElasticIPAddress',
    metadata: common.metadata(params, params.addressName, component),
    spec: {
      local tags = { Name: params.addressName } + params.labels,
      tags: [{ key: key, value: tags[key] } for key in std.objectFields(tags)],
    },
  },

  azure(params):: {
    apiVersion: version(params, 'network.azure.com/v1api20240301'),
    kind: 'PublicIPAddress',
    metadata: common.metadata(params, params.addressName, component),
    spec: {
      azureName: params.addressName,
      location: params.location,
      owner: if std.startsWith(params.owner, '/subscriptions/') then { armId: params.owner } else { name: params.owner },
      sku: { name: 'Standard' },
      publicIPAllocationMethod: 'Static',
      publicIPAddressVersion: 'IPv' + params.ipVersion,
      [if std.length(params.labels) > 0 then 'tags']: params.labels,
    },
  },

  parts(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    { all: [$[checked.provider](checked)] },
}
