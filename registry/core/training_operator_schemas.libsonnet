// What the fields of a job may hold: OpenAPI schemas for the CustomResourceDefinitions of the training operator.
// The names and values are those of the API kubeflow.org/v1 at v1.9.4 of the operator, and so are the rules: they are
// what its code and its webhook ask of a job. Here the API server itself asks it, so no request waits for the operator.
{
  local keepRest = { 'x-kubernetes-preserve-unknown-fields': true },

  text:: { type: 'string' },
  flag:: { type: 'boolean' },
  oneOf(values):: { type: 'string', enum: values },
  object(properties, required=[]):: {
    type: 'object',
    properties: properties,
    [if std.length(required) > 0 then 'required']: required,
  },
  whole(minimum, format='int32'):: { type: 'integer', format: format, minimum: minimum },
  rule(rule, message):: { rule: rule, message: message },
  rules(list):: { 'x-kubernetes-validations': list },
  anything:: { type: 'object' } + keepRest,

  quantity:: {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern: '^[+-]?([0-9]+|[0-9]+[.][0-9]*|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$',
    'x-kubernetes-int-or-string': true,
  },

  // Containers are what the operator looks into; the rest of a pod is checked where the pod is made.
  container:: $.object({
    name: { type: 'string', minLength: 1, maxLength: 63 },
    image: { type: 'string', minLength: 1 },
  }, ['name', 'image']) + keepRest,

  containers(minItems):: {
    type: 'array',
    items: $.container,
    minItems: minItems,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  },

  podTemplate:: $.object({
    metadata: $.anything,
    spec: $.object({ containers: $.containers(1), initContainers: $.containers(0) }, ['containers']) + keepRest,
  }, ['spec']),

  replica(minimum):: $.object({
    replicas: $.whole(minimum) { default: 1 },
    restartPolicy: $.oneOf(['Always', 'OnFailure', 'Never', 'ExitCode']),
    template: $.podTemplate,
  }, ['template']),

  // job: { types: names of replicas; only: those of which there is one at most; needed: those that must be there;
  // minimum: least number of replicas; container: name of the container that trains, or null }
  replicas(job)::
    local allowed = std.join(', ', ["'" + type + "'" for type in job.types]);
    {
      type: 'object',
      minProperties: 1,
      // One more than there are types: that is refused by the rule, which says more.
      maxProperties: std.length(job.types) + 1,
      additionalProperties: $.replica(job.minimum),
    } + $.rules(
      [$.rule('self.all(r, r in [%s])' % allowed, 'the replicas must be of the types ' + std.join(', ', job.types))]
      + [$.rule("'%s' in self" % type, 'there must be a replica of the type ' + type) for type in job.needed]
      + [$.rule("!('%s' in self) || self['%s'].replicas == 1" % [type, type], type + '.replicas must be 1') for type in job.only]
      + (if job.container == null then [] else [$.rule(
           "self.all(r, self[r].template.spec.containers.exists(c, c.name == '%s'))" % job.container,
           'each replica must have a container named ' + job.container
         )])
      + job.rules
    ),

  schedulingPolicy:: $.object({
    minAvailable: $.whole(1),
    minResources: { type: 'object', additionalProperties: $.quantity },
    priorityClass: $.text,
    queue: $.text + $.rules([$.rule('self == oldSelf', 'queue cannot be changed')]),
    scheduleTimeoutSeconds: $.whole(0),
  }),

  cleanPodPolicy:: $.oneOf(['All', 'Running', 'None']),

  runPolicy:: $.object({
    activeDeadlineSeconds: $.whole(1, 'int64'),
    backoffLimit: $.whole(0),
    cleanPodPolicy: $.cleanPodPolicy,
    managedBy: $.oneOf(['kubeflow.org/training-operator', 'kueue.x-k8s.io/multikueue']),
    schedulingPolicy: $.schedulingPolicy,
    suspend: $.flag { default: false },
    ttlSecondsAfterFinished: $.whole(0),
  }) + $.rules([$.rule(
    'has(self.managedBy) == has(oldSelf.managedBy) && (!has(self.managedBy) || self.managedBy == oldSelf.managedBy)',
    'managedBy cannot be changed'
  )]),

  // What the elastic policies of PyTorch and Paddle share.
  local elasticPolicy(more) = $.object({
    minReplicas: $.whole(1),
    maxReplicas: $.whole(1),
    maxRestarts: $.whole(0),
    metrics: { type: 'array', items: $.anything },
  } + more) + $.rules([$.rule(
    '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
    'minReplicas must not be more than maxReplicas'
  )]),

  paddleElasticPolicy:: elasticPolicy({}),

  pytorchElasticPolicy:: elasticPolicy({
    nProcPerNode: $.whole(1),
    rdzvBackend: $.oneOf(['c10d', 'etcd', 'etcd-v2']),
    rdzvConf: { type: 'array', items: $.object({ key: $.text, value: $.text }) },
    rdzvHost: $.text,
    rdzvId: $.text,
    rdzvPort: $.whole(1) { maximum: 65535 },
    standalone: $.flag,
  }),

  // A whole job. Services are named after it, so its name must be that of one.
  job(spec, required):: $.object({
    apiVersion: $.text,
    kind: $.text,
    metadata: $.object({ name: { type: 'string', maxLength: 63, pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$' } }),
    spec: spec + { required: required },
    status: $.anything,
  }, ['spec']),
}
