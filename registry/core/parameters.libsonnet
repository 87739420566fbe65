// Checks the parameters, so that a wrong value is one clear message instead of objects that do not work.
// As in Kubeflow v0.1, the text null stands for "not set".
{
  local isUnset(value) = value == null || value == 'null' || value == '',
  local orNull(value) = if isUnset(value) then null else value,

  local wrong(name, value, wanted) =
    error 'kubeflow-core: parameter ' + name + ' is ' + std.toString(value) + '; it must be ' + wanted,

  local oneOf(name, value, allowed) =
    if std.count(allowed, value) == 1 then value
    else wrong(name, value, 'one of ' + std.join(', ', [if a == null then 'null' else a for a in allowed])),

  local serviceType(name, value) = oneOf(name, value, ['ClusterIP', 'NodePort', 'LoadBalancer']),

  local text(name, value) =
    if std.type(value) == 'string' && !isUnset(value) then value else wrong(name, value, 'a text that is not empty'),

  local positiveInteger(name, value) =
    if std.type(value) == 'number' && value >= 1 && std.floor(value) == value then value
    else wrong(name, value, 'a whole number from 1 on'),

  local absolutePath(name, value) =
    if isUnset(value) then null
    else if std.type(value) == 'string' && std.substr(value, 0, 1) == '/' && value != '/' then value
    else wrong(name, value, 'an absolute path below /'),

  local resourceName(name, value) =
    if isUnset(value) then null
    else if std.type(value) == 'string' && std.length(std.split(value, '/')) == 2 then value
    else wrong(name, value, 'the full name of a resource, such as nvidia.com/gpu'),

  // Returns the parameters by the same names, with null where one is not set.
  check(params, env):: {
    name: text('name', params.name),
    namespace: text('namespace', if isUnset(params.namespace) then env.namespace else params.namespace),
    cloud: oneOf('cloud', orNull(params.cloud), [null, 'gke', 'eks', 'aks', 'openshift']),
    gatewayServiceType: serviceType('gatewayServiceType', params.gatewayServiceType),
    gatewayReplicas: positiveInteger('gatewayReplicas', params.gatewayReplicas),
    gatewayImage: text('gatewayImage', params.gatewayImage),
    jupyterHubImage: text('jupyterHubImage', params.jupyterHubImage),
    jupyterHubProxyImage: text('jupyterHubProxyImage', params.jupyterHubProxyImage),
    jupyterHubServiceType: serviceType('jupyterHubServiceType', params.jupyterHubServiceType),
    jupyterHubAuthenticator: oneOf('jupyterHubAuthenticator', orNull(params.jupyterHubAuthenticator), [null, 'dummy']),
    jupyterNotebookImage: text('jupyterNotebookImage', params.jupyterNotebookImage),
    jupyterNotebookPVCMount: absolutePath('jupyterNotebookPVCMount', params.jupyterNotebookPVCMount),
    jupyterNotebookPVCSize: text('jupyterNotebookPVCSize', params.jupyterNotebookPVCSize),
    hubPVCSize: text('hubPVCSize', params.hubPVCSize),
    storageClass: orNull(params.storageClass),
    gpuResource: resourceName('gpuResource', params.gpuResource),
  },
}
