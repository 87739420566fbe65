// Checks the parameters of argo; returns them by the same names, with null where one is not set.
local common = import 'common.libsonnet';
local check = common.checks('argo');

{
  check(params, env):: {
    name: check.label('name', params.name),
    namespace: check.namespace(params, env),
    namespaced: check.flag('namespaced', params.namespaced),
    customResources: check.flag('customResources', params.customResources),
    controllerReplicas: check.wholeNumber('controllerReplicas', params.controllerReplicas, 1),
    workflowServiceAccount: check.label('workflowServiceAccount', params.workflowServiceAccount),
    artifactRepository: check.object('artifactRepository', params.artifactRepository),
    parallelism: check.wholeNumber('parallelism', params.parallelism, 0),
    retainCompleted: check.wholeNumber('retainCompleted', params.retainCompleted, 1),
    controllerImage: check.text('controllerImage', params.controllerImage),
    executorImage: check.text('executorImage', params.executorImage),
    cloud: check.cloud(params),
    imageRegistry: check.textOrNull('imageRegistry', params.imageRegistry),
    imagePullSecret: check.textOrNull('imagePullSecret', params.imagePullSecret),
    nodeSelector: check.object('nodeSelector', params.nodeSelector),
  },
}
