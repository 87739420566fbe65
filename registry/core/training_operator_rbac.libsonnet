// What the training operator may do: what its code does without gang scheduling, and no more. What it does with jobs it may do where
// they run: in one namespace, or in all.
local common = import 'common.libsonnet';
local crds = import 'training_operator_crds.libsonnet';

{
  local name = 'training-operator',
  // By which its pods elect a leader.
  local lease = '1ca428e5.training-operator.kubeflow.org',
  local read = ['get', 'list', 'watch'],
  local write = ['create', 'update', 'patch', 'delete'],
  local rule(group, resources, verbs, names=[]) = {
    apiGroups: [group],
    resources: resources,
    verbs: verbs,
    [if std.length(names) > 0 then 'resourceNames']: names,
  },

  local role(kind, metadata, rules) = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: kind,
    metadata: metadata,
    rules: rules,
  },

  local binding(kind, metadata, params) = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: kind + 'Binding',
    metadata: metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: kind, name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: name, namespace: params.namespace }],
  },

  // Of the whole cluster, whose name no parameter changes: there is one operator in a cluster.
  clusterMetadata(params, name):: { name: name, labels: common.labels(params, 'training-operator') },

  local jobs = crds.plurals,
  local jobRules = [
    rule('kubeflow.org', jobs, read + ['update', 'patch', 'delete']),
    rule('kubeflow.org', [job + '/status' for job in jobs], ['get', 'update', 'patch']),
    // To own the pods of a job where the cluster protects owners from it, as OpenShift does.
    rule('kubeflow.org', [job + '/finalizers' for job in jobs], ['update']),
    rule('', ['pods'], read + write),
    rule('', ['services'], read + ['create', 'patch', 'delete']),
    rule('', ['events'], ['create', 'patch']),
    rule('autoscaling', ['horizontalpodautoscalers'], read + write),
    // For the launcher of an MPIJob, which starts processes in its workers. The operator gives it pods/exec,
    // and can give only what it has.
    rule('', ['pods/exec'], ['create']),
    rule('', ['configmaps'], read + ['create', 'update']),
    rule('', ['serviceaccounts'], read + ['create']),
    rule('rbac.authorization.k8s.io', ['roles', 'rolebindings'], read + ['create', 'update']),
    // Watched where they exist.
    rule('scheduling.volcano.sh', ['podgroups'], read),
    rule('scheduling.x-k8s.io', ['podgroups'], read),
  ],

  // Looked for; there is none here.
  local clusterRules = [rule('admissionregistration.k8s.io', ['validatingwebhookconfigurations'], read)],

  local ownRules = [
    // Watched through a cache of its namespace, which does not tell them apart by name.
    rule('', ['secrets'], ['list', 'watch']),
    rule('', ['secrets'], ['get', 'update'], ['training-operator-webhook-cert']),
    rule('coordination.k8s.io', ['leases'], ['create']),
    rule('coordination.k8s.io', ['leases'], ['get', 'update'], [lease]),
  ],

  // For users: whoever may edit or view a namespace may do so with its jobs.
  local forUsers(params, suffix, verbs, aggregatedTo) =
    role('ClusterRole', $.clusterMetadata(params, 'kubeflow-training-' + suffix) + {
      labels+: { ['rbac.authorization.k8s.io/aggregate-to-' + each]: 'true' for each in aggregatedTo },
    }, [
      rule('kubeflow.org', jobs, verbs),
      rule('kubeflow.org', [job + '/status' for job in jobs], ['get']),
    ]),

  // In the namespace of the jobs; where that is the operator's own, beside the role for itself.
  local jobsMetadata(params) = common.metadata(params { namespace: params.jobsNamespace }, name + '-jobs', name),
  local everywhere(params) = params.trainingJobs == 'cluster',

  objects(params):: [
    role('ClusterRole', $.clusterMetadata(params, name), clusterRules + if everywhere(params) then jobRules else []),
    binding('ClusterRole', $.clusterMetadata(params, name), params),
  ] + (if everywhere(params) then [] else [
         role('Role', jobsMetadata(params), jobRules),
         binding('Role', jobsMetadata(params), params),
       ]) + [
    role('Role', common.metadata(params, name, name) + common.goesAfter('Lease/' + lease).metadata, ownRules),
    binding('Role', common.metadata(params, name, name), params),
    forUsers(params, 'edit', read + write, ['admin', 'edit']),
    forUsers(params, 'view', read, ['view']),
  ],
}
