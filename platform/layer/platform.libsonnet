// What the packages of the platform do with the objects of a release before they are applied. Each package carries this file.
{
  // The objects as a List, patched.
  list(objects):: { apiVersion: 'v1', kind: 'List', items: $.rolled(objects.items) },

  // Pods read a ConfigMap when they start. With a checksum of what is in it in their template, a change of it makes new pods, which
  // kustomize does with a hash in the name.
  rolled(items)::
    local data = {
      [$.path(item)]: [if field in item then item[field] else {} for field in ['data', 'binaryData']]
      for item in items
      if item.kind == 'ConfigMap'
    };
    [
      local read = if item.kind in $.rolling then [
        name
        for name in std.set([$.path(item { metadata+: { name: name } }) for name in $.configMaps(item.spec.template.spec)])
        if name in data
      ] else [];
      if read == [] then item else item {
        spec+: { template+: { metadata+: { annotations+: {
          'checksum/config': std.md5(std.manifestJsonEx([data[name] for name in read], '')),
        } } } },
      }
      for item in items
    ],

  rolling:: { DaemonSet: true, Deployment: true, StatefulSet: true },

  path(item):: '%s/%s' % [if 'namespace' in item.metadata then item.metadata.namespace else '', item.metadata.name],

  // The names of the ConfigMaps that a pod reads.
  configMaps(pod)::
    local volumes = $.get(pod, 'volumes', []);
    local containers = $.get(pod, 'containers', []) + $.get(pod, 'initContainers', []);
    [each.configMap.name for each in volumes if 'configMap' in each]
    + [
      source.configMap.name
      for each in volumes
      if 'projected' in each
      for source in $.get(each.projected, 'sources', [])
      if 'configMap' in source
    ]
    + [each.configMapRef.name for container in containers for each in $.get(container, 'envFrom', []) if 'configMapRef' in each]
    + [
      each.valueFrom.configMapKeyRef.name
      for container in containers
      for each in $.get(container, 'env', [])
      if 'configMapKeyRef' in $.get(each, 'valueFrom', {})
    ],

  get(object, field, default):: if field in object && object[field] != null then object[field] else default,
}
