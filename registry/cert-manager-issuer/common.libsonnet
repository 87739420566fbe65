// What the objects of a package share: labels, security contexts that satisfy the level "restricted" of the Pod Security
// Standards, and checks of parameters, so that a wrong value is one clear message instead of objects that do not work.
// Each package carries this file, so that it can be vendored alone; all copies are the same.
{
  // As in Kubeflow v0.1, the text null stands for "not set".
  isUnset(value):: value == null || value == 'null' || value == '',
  orNull(value):: if $.isUnset(value) then null else value,
  orEmpty(value):: if $.isUnset(value) then [] else value,

  // Checks that return the value, or stop with a message that names the prototype and the parameter.
  checks(prototype):: {
    local check = self,

    wrong(name, value, wanted)::
      error prototype + ': parameter ' + name + ' is ' + std.toString(value) + '; it must be ' + wanted,

    text(name, value)::
      if std.type(value) == 'string' && !($.isUnset(value)) then value
      else check.wrong(name, value, 'a text that is not empty'),

    textOrNull(name, value):: if $.isUnset(value) then null else check.text(name, value),

    oneOf(name, value, allowed)::
      if std.count(allowed, value) == 1 then value
      else check.wrong(name, value, 'one of ' + std.join(', ', [if a == null then 'null' else a for a in allowed])),

    // A boolean in the types that ks has: the texts true and false.
    flag(name, value):: check.oneOf(name, std.toString(value), ['true', 'false']) == 'true',

    wholeNumber(name, value, least)::
      if std.type(value) == 'number' && value >= least && std.floor(value) == value then value
      else check.wrong(name, value, 'a whole number from ' + least + ' on'),

    object(name, value):: if std.type(value) == 'object' then value else check.wrong(name, value, 'an object'),
    array(name, value):: if std.type(value) == 'array' then value else check.wrong(name, value, 'a list'),

    cloud(params):: check.oneOf('cloud', $.orNull(params.cloud), [null, 'gke', 'eks', 'aks', 'openshift']),
    serviceType(name, value):: check.oneOf(name, value, ['ClusterIP', 'NodePort', 'LoadBalancer']),

    // The name of an object that becomes part of host names (RFC 1123: small letters, digits, dashes; 63 at most).
    label(name, value)::
      local characters = if std.type(value) == 'string' then std.stringChars(value) else [];
      local allowed = std.stringChars('abcdefghijklmnopqrstuvwxyz0123456789-');
      local wrongOnes = std.filter(function(character) std.count(allowed, character) == 0, characters);
      local length = std.length(characters);
      if length > 0 && length <= 63 && std.length(wrongOnes) == 0 && characters[0] != '-' && characters[length - 1] != '-'
      then value else check.wrong(name, value, 'a name of small letters, digits and dashes'),

    namespace(params, env)::
      check.label('namespace', if $.isUnset(params.namespace) then env.namespace else params.namespace),
  },

  // The parameters, with each of them checked, used or not.
  allChecked(params):: if std.length(std.toString(params)) > 0 then params else null,

  // The image, from a mirror where there is one: that replaces the registry's host, which the first part is if it has a dot or a port.
  image(params, image)::
    local parts = std.split(image, '/');
    local first = std.stringChars(parts[0]);
    local hasHost = std.length(parts) > 1 && (std.count(first, '.') > 0 || std.count(first, ':') > 0 || parts[0] == 'localhost');
    local path = if hasHost then [parts[i] for i in std.range(1, std.length(parts) - 1)] else parts;
    if params.imageRegistry == null then image else params.imageRegistry + '/' + std.join('/', path),

  pullSecrets(params)::
    if params.imagePullSecret == null then {} else { imagePullSecrets: [{ name: params.imagePullSecret }] },

  nodes(selector):: if std.length(selector) == 0 then {} else { nodeSelector: selector },

  // Selectors of Deployments cannot be changed, so nothing but the name of the component may stand here.
  selector(params, component):: {
    'app.kubernetes.io/name': component,
    'app.kubernetes.io/instance': params.name,
  },

  labels(params, component):: $.selector(params, component) + {
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'kubeflow',
  },

  metadata(params, name, component):: {
    name: name,
    namespace: params.namespace,
    labels: $.labels(params, component),
  },

  clusterMetadata(params, name, component):: { name: name, labels: $.labels(params, component) },

  // OpenShift's SCC restricted-v2 gives each namespace a range of ids and refuses all others.
  podSecurity(params, id):: {
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  } + if params.cloud != 'openshift' then { runAsUser: id, runAsGroup: id } else {},

  containerSecurity:: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },

  resources(cpu, memory, cpuLimit, memoryLimit):: {
    requests: { cpu: cpu, memory: memory },
    limits: { cpu: cpuLimit, memory: memoryLimit },
  },

  httpProbe(path, port, periodSeconds, failureThreshold):: {
    httpGet: { path: path, port: port },
    periodSeconds: periodSeconds,
    timeoutSeconds: 5,
    failureThreshold: failureThreshold,
  },

  tcpProbe(port, periodSeconds, failureThreshold):: {
    tcpSocket: { port: port },
    periodSeconds: periodSeconds,
    timeoutSeconds: 5,
    failureThreshold: failureThreshold,
  },

  serviceAccount(params, name, component):: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: $.metadata(params, name, component),
    automountServiceAccountToken: false,
  },

  // Opens ports of the pods of a component. ports: [{ port, protocol }]; from: a list of peers, or [] for everybody.
  allow(params, name, component, ports, from):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: $.metadata(params, name, component),
    spec: {
      podSelector: { matchLabels: $.selector(params, component) },
      policyTypes: ['Ingress'],
      ingress: [{ ports: ports } + if std.length(from) == 0 then {} else { from: from }],
    },
  },

  rule(group, resources, verbs):: { apiGroups: [group], resources: resources, verbs: verbs },

  // A Role and its binding, or with cluster=true a ClusterRole and its binding, for one service account.
  rights(params, name, component, account, rules, cluster)::
    local prefix = if cluster then 'Cluster' else '';
    local metadata = if cluster then $.clusterMetadata(params, name, component) else $.metadata(params, name, component);
    [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: prefix + 'Role', metadata: metadata, rules: rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: prefix + 'RoleBinding',
        metadata: metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: prefix + 'Role', name: name },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: params.namespace }],
      },
    ],
}
