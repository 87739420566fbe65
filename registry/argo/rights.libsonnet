// What the controller may do (the rules of release v3.7.16), and what a workflow's pods may.
local common = import 'common.libsonnet';

{
  local component = 'workflow-controller',
  local argo = 'argoproj.io',
  local reading = ['get', 'list', 'watch'],
  local changing = reading + ['update', 'patch', 'delete'],
  local withFinalizers(resources) = resources + [resource + '/finalizers' for resource in resources],

  // In its own namespace, whichever it serves: leader election, and secrets that its configuration names.
  own:: [
    common.rule('coordination.k8s.io', ['leases'], ['create', 'get', 'update']),
    common.rule('', ['secrets'], ['get']),
  ],

  served(cluster):: [
    common.rule('', ['pods', 'pods/exec'], changing + ['create']),
    common.rule('', ['configmaps'] + (if cluster then ['namespaces'] else []), reading),
    common.rule('', ['persistentvolumeclaims', 'persistentvolumeclaims/finalizers'], ['create', 'update', 'delete', 'get']),
    common.rule(argo, withFinalizers(['workflows', 'workflowtasksets']) + ['workflowartifactgctasks'], changing + ['create']),
    common.rule(argo, withFinalizers(['workflowtemplates'] + (if cluster then ['clusterworkflowtemplates'] else [])), reading),
    common.rule(argo, ['workflowtaskresults'], ['list', 'watch', 'deletecollection']),
    common.rule(argo, withFinalizers(['cronworkflows']), changing),
    common.rule('', ['serviceaccounts'], ['get', 'list']),
    common.rule('', ['events'], ['create', 'patch']),
    common.rule('policy', ['poddisruptionbudgets'], ['create', 'get', 'delete']),
  ] + if cluster then [
    common.rule('', ['secrets'], ['get']) { resourceNames: ['argo-workflows-agent-ca-certificates'] },
  ] else [],

  // How the executor beside a workflow's container reports.
  reporting:: [common.rule(argo, ['workflowtaskresults'], ['create', 'patch'])],

  objects(params)::
    (
      if params.namespaced then common.rights(params, 'argo', component, 'argo', self.own + self.served(false), false)
      else common.rights(params, 'argo', component, 'argo', self.own, false)
           // One for each controller: two of them in a cluster must not share what removing one deletes.
           + common.rights(params, 'argo-' + params.namespace, component, 'argo', self.served(true), true)
    )
    + common.rights(params, 'argo-executor', 'workflow', params.workflowServiceAccount, self.reporting, false),
}
