// What the pods of a training job are made of. The packages tf-job and pytorch-job both carry this file.
local common = import 'common.libsonnet';

{
  // The parameters that both kinds of jobs have, checked, by the same names, with null where one is not set.
  check(prototype, params, env)::
    local check = common.checks(prototype);
    local gpus = check.wholeNumber('num_gpus', params.num_gpus, 0);
    local gpuResource(value) =
      if std.length(std.split(check.text('gpuResource', value), '/')) == 2 then value
      else check.wrong('gpuResource', value, 'the full name of a resource, such as nvidia.com/gpu');
    // Pods and Services are named after the job, and their numbers follow it.
    local jobName(name) =
      if std.length(check.label('name', name)) <= 50 && std.count(std.stringChars('0123456789'), name[0]) == 0 then name
      else check.wrong('name', name, 'a name of at most 50 characters that begins with a letter');
    {
      name: jobName(params.name),
      namespace: check.namespace(params, env),
      image: check.text('image', params.image),
      gpuImage: if common.isUnset(params.image_gpu) then self.image else check.text('image_gpu', params.image_gpu),
      command: check.array('command', params.command),
      // As in Kubeflow v0.1, one text with commas between the arguments.
      args: if common.isUnset(params.args) then [] else std.split(check.text('args', params.args), ','),
      gpus: gpus,
      gpuResource: gpuResource(params.gpuResource),
      gpuTolerations: check.array('gpuTolerations', params.gpuTolerations),
      gpuNodeSelector: check.object('gpuNodeSelector', params.gpuNodeSelector),
      cpu: check.text('cpu', params.cpu),
      memory: check.text('memory', params.memory),
      cloud: check.cloud(params),
      imagePullSecret: check.textOrNull('imagePullSecret', params.imagePullSecret),
      nodeSelector: check.object('nodeSelector', params.nodeSelector),
    },

  // options: { container: name; gpus: whether it has the job's GPUs; volumes: more volumes, each with its mountPath }
  local container(params, options) = {
    local gpus = if options.gpus then { [params.gpuResource]: params.gpus } else {},

    name: options.container,
    image: if options.gpus then params.gpuImage else params.image,
    [if std.length(params.command) > 0 then 'command']: params.command,
    [if std.length(params.args) > 0 then 'args']: params.args,
    env: [
      // The user of the pod may have no home in the image.
      { name: 'HOME', value: '/tmp' },
      { name: 'PYTHONUNBUFFERED', value: '1' },
    ],
    resources: {
      requests: { cpu: params.cpu, memory: params.memory } + gpus,
      limits: { cpu: params.cpu, memory: params.memory } + gpus,
    },
    // Programs that train write beside themselves.
    securityContext: common.containerSecurity + { readOnlyRootFilesystem: false },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }]
                  + [{ name: volume.name, mountPath: volume.mountPath } for volume in options.volumes],
  },

  replica(params, component, number, options):: {
    replicas: number,
    restartPolicy: 'OnFailure',
    template: {
      metadata: { labels: common.labels(params, component) },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: common.podSecurity(params, 1000),
        containers: [container(params, options)],
        volumes: [{ name: 'tmp', emptyDir: {} }]
                 + [{ name: volume.name, emptyDir: volume.emptyDir } for volume in options.volumes],
        [if options.gpus then 'tolerations']:
          [{ key: params.gpuResource, operator: 'Exists' }] + params.gpuTolerations,
      } + common.pullSecrets(params)
      + common.nodes(params.nodeSelector + if options.gpus then params.gpuNodeSelector else {}),
    },
  },

  // replicas: { field of the spec: { type: replica } }
  job(params, component, kind, replicas):: {
    apiVersion: 'kubeflow.org/v1',
    kind: kind,
    metadata: common.metadata(params, params.name, component),
    spec: {
      // Parameter servers never end by themselves.
      runPolicy: { cleanPodPolicy: 'Running', backoffLimit: 3 },
    } + replicas,
  },

  // The pods of the job reach each other, on ports that they choose themselves, and nobody else reaches them.
  networkPolicy(params, component):: {
    local pods = { podSelector: { matchLabels: { 'training.kubeflow.org/job-name': params.name } } },

    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: common.metadata(params, params.name, component),
    spec: pods + { policyTypes: ['Ingress'], ingress: [{ from: [pods] }] },
  },
}
