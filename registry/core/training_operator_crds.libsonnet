// The CustomResourceDefinitions of the six kinds of jobs, as training_operator_schemas.libsonnet describes them.
local schemas = import 'training_operator_schemas.libsonnet';

{
  local job = { minimum: 0, only: [], needed: [], rules: [], container: null, spec: {}, specRules: [], scale: false },

  jobs:: [
    job {
      kind: 'PyTorchJob',
      singular: 'pytorchjob',
      replicas: 'pytorchReplicaSpecs',
      types: ['Master', 'Worker'],
      only: ['Master'],
      minimum: 1,
      container: 'pytorch',
      scale: true,
      spec: {
        elasticPolicy: schemas.pytorchElasticPolicy,
        nprocPerNode: { type: 'string', pattern: '^(auto|cpu|gpu|xpu|[1-9][0-9]*)$' },
      },
      specRules: [
        schemas.rule(
          "!has(self.elasticPolicy) || 'Worker' in self.pytorchReplicaSpecs",
          'pytorchReplicaSpecs.Worker must be there where there is an elasticPolicy'
        ),
        schemas.rule(
          '!has(self.nprocPerNode) || !has(self.elasticPolicy) || !has(self.elasticPolicy.nProcPerNode)',
          'elasticPolicy.nProcPerNode must not be used with nprocPerNode'
        ),
      ],
    },
    job {
      kind: 'TFJob',
      singular: 'tfjob',
      replicas: 'tfReplicaSpecs',
      types: ['Chief', 'Master', 'Worker', 'PS', 'Evaluator'],
      container: 'tensorflow',
      spec: { enableDynamicWorker: schemas.flag, successPolicy: schemas.oneOf(['', 'AllWorkers']) },
      rules: [schemas.rule("!('Chief' in self && 'Master' in self)", 'there must not be both a Chief and a Master')],
    },
    job {
      kind: 'MPIJob',
      singular: 'mpijob',
      replicas: 'mpiReplicaSpecs',
      types: ['Launcher', 'Worker'],
      only: ['Launcher'],
      needed: ['Launcher'],
      spec: { cleanPodPolicy: schemas.cleanPodPolicy, mainContainer: schemas.text, slotsPerWorker: schemas.whole(1) },
    },
    job {
      kind: 'XGBoostJob',
      singular: 'xgboostjob',
      replicas: 'xgbReplicaSpecs',
      types: ['Master', 'Worker'],
      only: ['Master'],
      needed: ['Master'],
      container: 'xgboost',
    },
    job {
      kind: 'PaddleJob',
      singular: 'paddlejob',
      replicas: 'paddleReplicaSpecs',
      types: ['Master', 'Worker'],
      container: 'paddle',
      scale: true,
      spec: { elasticPolicy: schemas.paddleElasticPolicy },
    },
    job {
      kind: 'JAXJob',
      singular: 'jaxjob',
      replicas: 'jaxReplicaSpecs',
      types: ['Worker'],
      container: 'jax',
      scale: true,
    },
  ],

  plural(job):: job.singular + 's',

  schema(job)::
    local spec = schemas.object({ [job.replicas]: schemas.replicas(job), runPolicy: schemas.runPolicy } + job.spec);
    local checked = if std.length(job.specRules) > 0 then schemas.rules(job.specRules) else {};
    schemas.job(spec + checked, [job.replicas]),

  definition(labels, job):: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: $.plural(job) + '.kubeflow.org', labels: labels },
    spec: {
      group: 'kubeflow.org',
      scope: 'Namespaced',
      names: { kind: job.kind, listKind: job.kind + 'List', singular: job.singular, plural: $.plural(job) },
      versions: [{
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: $.schema(job) },
        subresources: { status: {} } + if !job.scale then {} else {
          scale: {
            specReplicasPath: '.spec.' + job.replicas + '.Worker.replicas',
            statusReplicasPath: '.status.replicaStatuses.Worker.active',
            labelSelectorPath: '.status.replicaStatuses.Worker.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'State', type: 'string', jsonPath: '.status.conditions[-1:].type' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      }],
    },
  },

  plurals:: [$.plural(each) for each in $.jobs],
  objects(labels):: [$.definition(labels, each) for each in $.jobs],
}
