// What the stage verify proves of a component, from its parameters and its environment ({ namespace, server }): docs/verify.md.
local common = import 'common.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  checks(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    [{
      name: 'model',
      title: 'A version of the model ' + checked.modelName + ' is served',
      http: { service: checked.name, port: 'rest', path: '/v1/models/' + checked.modelName, status: [200], text: 'AVAILABLE' },
      seconds: 120,
      fix: 'Look at the log of the server: kubectl -n %s logs deploy/%s.' % [checked.namespace, checked.name],
    }],
}
