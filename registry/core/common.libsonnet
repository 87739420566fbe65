// What all objects share: labels, images, security contexts that satisfy the level "restricted" of the Pod Security
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

  // An image from the mirror, if there is one. The host is what stands before the first slash and looks like one;
  // an image without is of Docker Hub, whose own images are below library/.
  image(params, image)::
    local parts = std.split(image, '/');
    local hasHost = std.length(parts) > 1
                    && (parts[0] == 'localhost' || std.length(std.split(parts[0], '.')) > 1 || std.length(std.split(parts[0], ':')) > 1);
    local path = if hasHost then [parts[i] for i in std.range(1, std.length(parts) - 1)] else if std.length(parts) == 1 then ['library'] + parts else parts;
    local mirror = [part for part in std.split(params.imageRegistry, '/') if part != ''];
    if params.imageRegistry == null then image else std.join('/', mirror + path),

  // What all pod templates share.
  pod(params):: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    [if params.imagePullSecret != null then 'imagePullSecrets']: [{ name: params.imagePullSecret }],
    [if std.length(params.nodeSelector) > 0 then 'nodeSelector']: params.nodeSelector,
  },

  // Pods of a component on different nodes and, where there are any, in different zones, if possible. Of soft
  // topologySpreadConstraints the scheduler counts none on a node without the labels of all of them.
  spread(component):: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: key[1], podAffinityTerm: { topologyKey: key[0], labelSelector: { matchLabels: $.selector(component) } } }
        for key in [['kubernetes.io/hostname', 100], ['topology.kubernetes.io/zone', 50]]
      ],
    },
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

  // As Kubernetes would mount it, but into the containers alone that have business with the API server.
  apiAccess:: {
    name: 'kubernetes-api',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  },
  apiAccessMount:: { name: 'kubernetes-api', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },

  serviceAccount(params, component):: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: $.metadata(params, component, component),
    automountServiceAccountToken: false,
  },

  claim(params, name, accessMode, size, class):: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: $.metadata(params, name, 'hub'),
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: size } },
      [if class != null then 'storageClassName']: class,
    },
  },

  // A load balancer stays in the private network.
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

  // What its programs start without an owner, and playbook remove is to end before this object goes.
  goesAfter(started):: { metadata+: { annotations+: { 'kubeflow.bootstrap/goes-after': started } } },

  // Closes what a component's pods may reach but for names (DNS; 5353 is OpenShift's) and the given rules. A policy of its
  // own: between pods that one policy selects, kube-router (k3s has it too) takes the rules of either direction for both.
  egress(params, component, rules):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: $.metadata(params, component + '-egress', component),
    spec: {
      podSelector: { matchLabels: $.selector(component) },
      policyTypes: ['Egress'],
      egress: [
        { ports: [{ protocol: protocol, port: port } for protocol in ['UDP', 'TCP'] for port in [53, 5353]] },
      ] + rules,
    },
  },
}
