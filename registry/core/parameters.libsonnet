// Checks the parameters, so that a wrong value is one clear message instead of objects that do not work.
// As in Kubeflow v0.1, the text null stands for "not set".
// A prototype declares those that it needs; what it does not declare is not checked and not set.
{
  local isUnset(value) = value == null || value == 'null' || value == '',

  local wrong(component, name, value, wanted) =
    error component + ': parameter ' + name + ' is ' + std.toString(value) + '; it must be ' + wanted,

  local all(condition, list) = std.length(std.filter(condition, list)) == std.length(list),
  local characters(text) = std.makeArray(std.length(text), function(i) text[i]),
  local contains(list, value) = std.count(list, value) > 0,
  local begins(text, with) = std.length(text) >= std.length(with) && std.substr(text, 0, std.length(with)) == with,
  local numeral = characters('0123456789'),
  local isText(value) = std.type(value) == 'string',
  local isWhole(value) = std.type(value) == 'number' && value >= 1 && std.floor(value) == value,
  local isWholeOrNone(value) = isWhole(value) || value == 0,
  local isQuantity(value) =
    local number = [c for c in characters(value) if contains(numeral + ['.'], c)];
    local unit = std.substr(value, std.length(number), std.length(value) - std.length(number));
    std.length(number) > 0 && contains(numeral, number[0]) && std.count(number, '.') < 2
    && contains(['', 'm', 'k', 'M', 'G', 'T', 'P', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'], unit) && value == std.join('', number) + unit,
  local isHost(value) =
    contains(characters(value), '.') && all(function(c) contains(numeral + characters('abcdefghijklmnopqrstuvwxyz.-'), c), characters(value)),
  local texts(value) = all(function(field) isText(value[field]), std.objectFields(value)),

  // A kind of value: { unset: may it be null, ok(value), wanted }; make(value) is what the objects are made of.
  local kind(ok, wanted, unset=false) = { unset: unset, ok:: ok, wanted: wanted, make(value):: value },
  local optional(ok, wanted) = kind(ok, wanted, true),
  local text = kind(function(value) isText(value) && !isUnset(value), 'a text that is not empty'),
  local optionalText = optional(isText, 'a text'),
  local oneOf(allowed) = kind(function(value) contains(allowed, value), 'one of ' + std.join(', ', allowed)),
  local optionalOneOf(allowed) = optional(function(value) contains(allowed, value), 'one of null, ' + std.join(', ', allowed)),
  local yesOrNo = oneOf(['true', 'false']) { make(value):: value == 'true' },
  local wholeNumber = kind(isWhole, 'a whole number from 1 on'),
  local seconds = kind(isWholeOrNone, 'a whole number of seconds, or 0'),
  local quantity = kind(function(value) isText(value) && isQuantity(value), 'a quantity such as 500m or 10Gi'),
  local url = optional(function(value) isText(value) && begins(value, 'https://') && std.length(value) > 8, 'a URL that begins with https://'),
  local list(ok, wanted) = kind(function(value) std.type(value) == 'array' && all(ok, value), wanted),
  local object(ok, wanted) = kind(function(value) std.type(value) == 'object' && ok(value), wanted),
  local labels = object(texts, 'an object of labels, whose values are texts'),
  local serviceType = oneOf(['ClusterIP', 'NodePort', 'LoadBalancer']),

  local kinds = {
    name: text,
    namespace: text,
    cloud: optionalOneOf(['gke', 'eks', 'aks', 'openshift']),
    imageRegistry: optionalText,
    imagePullSecret: optionalText,
    nodeSelector: labels,
    podSecurityLevel: optionalOneOf(['restricted', 'baseline', 'privileged']),
    quota: object(
      function(value) all(function(field) isText(value[field]) || std.type(value[field]) == 'number', std.objectFields(value)),
      'an object of resources and quantities'
    ),
    limits: object(
      function(value) all(
        function(field) contains(['default', 'defaultRequest', 'max', 'min', 'maxLimitRequestRatio'], field)
                        && std.type(value[field]) == 'object',
        std.objectFields(value)
      ),
      'an object with default, defaultRequest, max, min or maxLimitRequestRatio, each an object of resources and quantities'
    ),

    gatewayServiceType: serviceType,
    gatewayReplicas: wholeNumber,
    gatewayImage: text,
    ingressClass: optionalText,
    gatewayClass: optionalText,
    hostname: optional(function(value) isText(value) && isHost(value), 'a host name in small letters, such as kubeflow.example.com'),
    tlsIssuer: optionalText,
    tlsSecretName: optionalText,
    ipName: optionalText,
    clusterDomain: text,

    jupyterHubImage: text,
    jupyterHubProxyImage: text,
    jupyterHubServiceType: serviceType,
    jupyterHubAuthenticator: optionalOneOf(['dummy', 'oidc', 'iap', 'openshift', 'static']),
    hubPodPolicy: yesOrNo,
    secureCookies: yesOrNo,
    allowedUsers: list(function(each) isText(each) && !isUnset(each), 'a list of texts'),
    adminUsers: list(function(each) isText(each) && !isUnset(each) && !begins(each, '@'), 'a list of user names'),
    oidcIssuer: url,
    oidcClientId: optionalText,
    oidcSecretName: optionalText,
    oidcUserClaim: text,
    iapAudience: optional(function(value) isText(value) && begins(value, '/projects/'), 'an audience such as /projects/NUMBER/global/backendServices/ID'),
    oauthSecretName: optionalText,
    staticSecretName: optionalText,
    jupyterNotebookImage: text,
    jupyterNotebookGpuImage: optionalText,
    jupyterNotebookCpu: quantity,
    jupyterNotebookMemory: quantity,
    jupyterNotebookIdleSeconds: seconds,
    jupyterNotebookGpuIdleSeconds: seconds,
    jupyterNotebookNamedServers: kind(isWholeOrNone, 'a whole number, or 0'),
    jupyterNotebookChoices: list(
      function(each) std.type(each) == 'object' && std.objectHas(each, 'name') && isText(each.name) && !isUnset(each.name) && all(
        function(field) contains(['name', 'description', 'image', 'cpu', 'memory'], field) && isText(each[field])
                        && (!contains(['cpu', 'memory'], field) || isQuantity(each[field])),
        std.objectFields(each)
      ),
      'a list of objects with name, and with description, image, cpu or memory, all of them texts'
    ),
    jupyterNotebookPVCMount: optional(
      function(value) isText(value) && begins(value, '/') && value != '/', 'an absolute path below /'
    ),
    jupyterNotebookPVCSize: quantity,
    jupyterNotebookAccessMode: oneOf(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']),
    hubPVCSize: quantity,
    storageClass: optionalText,
    sharedStorageClass: optionalText,
    sharedPVCSize: quantity,
    gpuResource: optional(
      function(value) isText(value) && std.length(std.split(value, '/')) == 2, 'the full name of a resource, such as nvidia.com/gpu'
    ),
    gpuLimits: kind(
      function(value) std.type(value) == 'array' && std.length(value) > 0 && all(isWhole, value)
                      && std.length(std.set(value)) == std.length(value),
      'a list of different whole numbers from 1 on'
    ),
    gpuTolerations: list(function(each) std.type(each) == 'object', 'a list of tolerations'),
    gpuNodeSelector: labels,

    trainingOperator: yesOrNo,
    trainingOperatorNamespace: optionalText,
    trainingJobs: oneOf(['namespace', 'cluster']),
    trainingOperatorImage: text,
    trainingOperatorReplicas: wholeNumber,

    reportUsage: yesOrNo,
    usageId: optionalText,
    usageUrl: url,
    usageImage: text,
  },

  // What does not go together: by parameter, [whether it is so, what it must be].
  local conflicts(p) = {
    local has(name) = std.objectHas(p, name) && p[name] != null,
    local login(method) = has('jupyterHubAuthenticator') && p.jupyterHubAuthenticator == method,
    local needed(method, name) = login(method) && !has(name),
    local forLogin(method) = 'set where jupyterHubAuthenticator is ' + method,
    local gceIngress = has('ingressClass') && contains(['gce', 'gce-internal'], p.ingressClass),

    cloud: [[login('openshift') && p.cloud != 'openshift', 'openshift where jupyterHubAuthenticator is openshift']],
    gatewayClass: [[has('gatewayClass') && has('ingressClass'), 'null where ingressClass is set: one of them stands in front']],
    hostname: [
      [needed('openshift', 'hostname'), forLogin('openshift')],
      [has('tlsIssuer') && !has('hostname'), 'set where tlsIssuer is: the certificate is for it'],
      [has('ingressClass') && p.cloud == 'openshift' && !has('hostname'), 'set where ingressClass is, on OpenShift'],
    ],
    ipName: [[
      has('ipName') && p.gatewayServiceType != 'LoadBalancer' && !has('gatewayClass') && !gceIngress,
      'null, or gatewayServiceType LoadBalancer, gatewayClass set, or ingressClass gce or gce-internal',
    ]],
    oidcIssuer: [[needed('oidc', 'oidcIssuer'), forLogin('oidc')]],
    oidcClientId: [[needed('oidc', 'oidcClientId'), forLogin('oidc')]],
    oidcSecretName: [[needed('oidc', 'oidcSecretName'), forLogin('oidc')]],
    iapAudience: [[needed('iap', 'iapAudience'), forLogin('iap')]],
    staticSecretName: [[needed('static', 'staticSecretName'), forLogin('static')]],
    allowedUsers: [[
      login('oidc') && has('oidcIssuer') && p.oidcIssuer == 'https://accounts.google.com' && std.length(p.allowedUsers) == 0,
      'a list that is not empty where oidcIssuer is https://accounts.google.com, which lets in everybody in the world',
    ]],
    usageId: [[has('reportUsage') && p.reportUsage && !has('usageId'), 'set where reportUsage is true']],
  },

  // Returns the parameters by the same names, with null where one is not set, and true or false where it is yes or no.
  // Evaluating any of them checks all of them.
  check(params, env):: {
    local given = params { namespace: if isUnset(params.namespace) then env.namespace else params.namespace },
    local component = std.toString(params.name),

    local value(name) =
      local it = kinds[name];
      if it.unset && isUnset(given[name]) then null
      else if it.ok(given[name]) then it.make(given[name])
      else wrong(component, name, given[name], it.wanted),

    local values = { [name]: value(name) for name in std.objectFields(given) if std.objectHas(kinds, name) },
    local against = conflicts(values),
    local problems = [
      wrong(component, name, given[name], conflict[1])
      for name in std.objectFields(against)
      if std.objectHas(values, name)
      for conflict in against[name]
      if conflict[0]
    ],
    checked: if std.length(std.toString([values, problems])) > 0 then values,
  }.checked,
}
