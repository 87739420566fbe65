// All objects of kubeflow-core, from the parameters of a component and its environment ({ namespace, server }).
local gateway = import 'gateway.libsonnet';
local jupyterhub = import 'jupyterhub.libsonnet';
local namespace = import 'namespace.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  parts(params, env):: {
    local checked = parameters.check(params, env),

    namespace: namespace.objects(checked),
    jupyterhub: jupyterhub.objects(checked),
    gateway: gateway.objects(checked),

    all: self.namespace + self.jupyterhub + self.gateway,
  },
}
