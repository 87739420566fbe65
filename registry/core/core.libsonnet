// All objects of kubeflow-core, from the parameters of a component and its environment ({ namespace, server }).
// Each prototype takes one of the parts, and declares the parameters that this part needs.
local gateway = import 'gateway.libsonnet';
local jupyterhub = import 'jupyterhub.libsonnet';
local namespace = import 'namespace.libsonnet';
local parameters = import 'parameters.libsonnet';
local trainingOperator = import 'training_operator.libsonnet';
local usage = import 'usage.libsonnet';

{
  parts(params, env):: {
    local checked = parameters.check(params, env),

    namespace: namespace.objects(checked),
    jupyterhub: jupyterhub.objects(checked),
    gateway: gateway.objects(checked),
    trainingOperator: trainingOperator.objects(checked),
    usageReporting: usage.objects(checked),

    all: self.namespace + self.jupyterhub + self.gateway + self.trainingOperator + self.usageReporting,
  },
}
