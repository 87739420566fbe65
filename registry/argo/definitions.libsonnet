// The CRDs of Argo's kinds (argoproj.io/v1alpha1, release v3.7.16) with the kinds, names and subresources of its "minimal"
// ones, which leave most of the validation to the controller: the full ones have 7 MB.
local common = import 'common.libsonnet';

{
  local component = 'argo-definitions',
  local group = 'argoproj.io',

  local anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  local whole = anything { 'x-kubernetes-map-type': 'atomic' },

  // options: scope, columns, status (whether it is a subresource).
  local definition(params, kind, plural, shortNames, properties, required, options={}) =
    local singular = std.substr(plural, 0, std.length(plural) - 1);
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: common.clusterMetadata(params, plural + '.' + group, component),
      spec: {
        group: group,
        names: { kind: kind, listKind: kind + 'List', plural: plural, singular: singular }
               + if std.length(shortNames) > 0 then { shortNames: shortNames } else {},
        scope: if std.objectHas(options, 'scope') then options.scope else 'Namespaced',
        versions: [{
          name: 'v1alpha1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: required,
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
              } + properties,
            },
          },
        } + (if std.objectHas(options, 'columns') then { additionalPrinterColumns: options.columns } else {})
          + if std.objectHas(options, 'status') then { subresources: { status: {} } } else {}],
      },
    },

  local columns = [
    { name: 'Status', type: 'string', jsonPath: '.status.phase', description: 'Status of the workflow' },
    { name: 'Age', type: 'date', format: 'date-time', jsonPath: '.status.startedAt', description: 'When it was started' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', description: 'Why it is in this state' },
  ],

  local eventBinding = {
    spec: {
      type: 'object',
      required: ['event'],
      properties: {
        event: { type: 'object', required: ['selector'], properties: { selector: { type: 'string' } } },
        submit: anything {
          required: ['workflowTemplateRef'],
          properties: {
            workflowTemplateRef: {
              type: 'object',
              properties: { name: { type: 'string' }, clusterScope: { type: 'boolean' } },
            },
          },
        },
      },
    },
  },

  local artifactGC = {
    spec: {
      type: 'object',
      properties: { artifactsByNode: { type: 'object', additionalProperties: anything } },
    },
    status: {
      type: 'object',
      properties: { artifactResultsByNode: { type: 'object', additionalProperties: anything } },
    },
  },

  local taskResult = {
    message: { type: 'string' },
    phase: { type: 'string' },
    progress: { type: 'string' },
    outputs: anything,
  },

  definitions(params)::
    local most = ['metadata', 'spec'];
    [
      definition(params, 'Workflow', 'workflows', ['wf'], { spec: whole, status: whole }, most, { columns: columns }),
      definition(params, 'WorkflowTemplate', 'workflowtemplates', ['wftmpl'], { spec: whole }, most),
      definition(
        params, 'ClusterWorkflowTemplate', 'clusterworkflowtemplates', ['clusterwftmpl', 'cwft'], { spec: whole }, most,
        { scope: 'Cluster' }
      ),
      definition(params, 'CronWorkflow', 'cronworkflows', ['cwf', 'cronwf'], { spec: whole, status: whole }, most),
      definition(params, 'WorkflowTaskSet', 'workflowtasksets', ['wfts'], { spec: whole, status: whole }, most, { status: true }),
      definition(params, 'WorkflowTaskResult', 'workflowtaskresults', [], taskResult, ['metadata']),
      definition(params, 'WorkflowArtifactGCTask', 'workflowartifactgctasks', ['wfat'], artifactGC, most, { status: true }),
      definition(params, 'WorkflowEventBinding', 'workfloweventbindings', ['wfeb'], eventBinding, most),
    ],

  // Who may view, edit or administer a namespace may do so with its workflows.
  aggregated(params)::
    local kinds = ['workflows', 'workfloweventbindings', 'workflowtemplates', 'cronworkflows', 'clusterworkflowtemplates', 'workflowtaskresults'];
    local reading = ['get', 'list', 'watch'];
    local writing = reading + ['create', 'update', 'patch', 'delete', 'deletecollection'];
    local role(level, resources, verbs) = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: common.clusterMetadata(params, 'argo-aggregate-to-' + level, component) {
        labels+: { ['rbac.authorization.k8s.io/aggregate-to-' + level]: 'true' },
      },
      rules: [common.rule(group, resources + [kind + '/finalizers' for kind in resources], verbs)],
    };
    [role('view', kinds, reading), role('edit', kinds, writing), role('admin', kinds + ['workflowtasksets'], writing)],

  objects(params):: if params.customResources then self.definitions(params) + self.aggregated(params) else [],
}
