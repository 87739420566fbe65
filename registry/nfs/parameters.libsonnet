// Checks the parameters of nfs; returns them by the same names, with null where one is not set.
local common = import 'common.libsonnet';
local check = common.checks('nfs');

{
  check(params, env):: {
    name: check.label('name', params.name),
    namespace: check.namespace(params, env),
    ownNamespace: self.namespace != env.namespace && self.namespace != 'default',
    storageClass: check.textOrNull('storageClass', params.storageClass),
    size: check.text('size', params.size),
    className: if params.className == params.storageClass
    then check.wrong('className', params.className, 'another name than that of the disk\'s class, storageClass')
    else check.label('className', params.className),
    reclaimPolicy: check.oneOf('reclaimPolicy', params.reclaimPolicy, ['Delete', 'Retain']),
    clientCIDRs: check.array('clientCIDRs', params.clientCIDRs),
    cpu: check.text('cpu', params.cpu),
    cpuLimit: check.text('cpuLimit', params.cpuLimit),
    memory: check.text('memory', params.memory),
    memoryLimit: check.text('memoryLimit', params.memoryLimit),
    image: check.text('image', params.image),
    cloud: check.cloud(params),
    imageRegistry: check.textOrNull('imageRegistry', params.imageRegistry),
    imagePullSecret: check.textOrNull('imagePullSecret', params.imagePullSecret),
    nodeSelector: check.object('nodeSelector', params.nodeSelector),
  },
}
