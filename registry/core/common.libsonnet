// What all objects share: labels, security contexts that satisfy the level "restricted" of the Pod Security
// Standards, and the annotations of a load balancer.
{
  partOf:: { 'app.kubernetes.io/part-of': 'kubeflow' },

  // Selectors of Deployments cannot be changed: nothing that a parameter sets may stand here.
  selector(component):: {
    'app.kubernetes.io/name': 'kubeflow-' + component,
    'app.kubernetes.io/component': component,
  },

  labels(params, component):: $.selector(component) + $.partOf + { 'app.kubernetes.io/instance': params.name },

  metadata(params, name, component):: {
    name: name,
    namespace: params.namespace,
    labels: $.labels(params, component),
  },

  // OpenShift's SCC restricted-v2 gives each namespace a range of ids and refuses all others.
  fixedIds(params):: params.cloud != 'openshift',

  podSecurity(params, id):: {
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  } + if $.fixedIds(params) then { runAsUser: id, runAsGroup: id } else {},

  containerSecurity:: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },

  httpProbe(path, port, periodSeconds, failureThreshold):: {
    httpGet: { path: path, port: port },
    periodSeconds: periodSeconds,
    timeoutSeconds: 5,
    failureThreshold: failureThreshold,
  },

  resources(cpu, memory, cpuLimit, memoryLimit):: {
    requests: { cpu: cpu, memory: memory },
    limits: { cpu: cpuLimit, memory: memoryLimit },
  },

  temporary(sizeLimit):: { name: 'tmp', emptyDir: { sizeLimit: sizeLimit } },
  temporaryMount:: { name: 'tmp', mountPath: '/tmp' },

  service(params, name, component, type, ports):: {
    local internal = {
      gke: { 'networking.gke.io/load-balancer-type': 'Internal' },
      eks: {
        'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internal',
        // What the AWS cloud provider reads where the AWS Load Balancer Controller is not installed.
        'service.beta.kubernetes.io/aws-load-balancer-internal': 'true',
      },
      aks: { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' },
    },
    local stayInside = type == 'LoadBalancer' && params.cloud != null && std.objectHas(internal, params.cloud),

    apiVersion: 'v1',
    kind: 'Service',
    metadata: $.metadata(params, name, component) + if stayInside then { annotations: internal[params.cloud] } else {},
    spec: { type: type, selector: $.selector(component), ports: ports },
  },

  // Opens ports of a component. rules: a list of { port, from }; from: a component, or null for everybody.
  allow(params, component, rules):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: $.metadata(params, component, component),
    spec: {
      podSelector: { matchLabels: $.selector(component) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [{ protocol: 'TCP', port: rule.port }] } + if rule.from == null then {} else {
          from: [{ podSelector: { matchLabels: $.selector(rule.from) } }],
        }
        for rule in rules
      ],
    },
  },
}
