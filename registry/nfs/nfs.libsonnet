// All objects of nfs, from the parameters of a component and its environment ({ namespace, server }).
local common = import 'common.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  local component = 'nfs-server',
  local level = 'privileged',

  // The provisioner makes no volume unless its Service has exactly these ports (getServer in its pkg/volume/provision.go).
  local numbers = { nfs: 2049, nlockmgr: 32803, mountd: 20048, rquotad: 875, rpcbind: 111, statd: 662 },
  local protocols = { '': 'TCP', '-udp': 'UDP' },
  local ports = [
    { name: name + suffix, port: numbers[name], protocol: protocols[suffix] }
    for name in std.objectFields(numbers)
    for suffix in std.objectFields(protocols)
  ],

  // As unique in the cluster as the class is.
  provisioner(params):: 'kubeflow.org/' + params.className,

  namespace(params):: {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: params.namespace,
      labels: common.labels(params, component) + {
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/audit': level,
        'pod-security.kubernetes.io/warn': level,
      },
    },
  },

  // In the cluster, and what is in its own namespace only.
  rights(params)::
    local own = params.namespace + '-' + params.name;
    common.rights(params, own, component, params.name, [
      common.rule('', ['persistentvolumes'], ['get', 'list', 'watch', 'create', 'delete']),
      common.rule('', ['persistentvolumeclaims'], ['get', 'list', 'watch', 'update']),
      common.rule('storage.k8s.io', ['storageclasses'], ['get', 'list', 'watch']),
      common.rule('', ['events'], ['list', 'watch', 'create', 'update', 'patch']),
    ], true)
    + common.rights(params, params.name, component, params.name, [
      common.rule('', ['services'], ['get']),
      common.rule('', ['endpoints'], ['get', 'list', 'watch', 'create', 'update', 'patch']),
      common.rule('coordination.k8s.io', ['leases'], ['get', 'list', 'watch', 'create', 'update', 'patch']),
    ], false)
    + if params.cloud == 'openshift' then [$.securityContextConstraints(params)] else [],

  securityContextConstraints(params):: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: common.metadata(params, params.name + '-scc', component),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:openshift:scc:privileged' },
    subjects: [{ kind: 'ServiceAccount', name: params.name, namespace: params.namespace }],
  },

  // No PVC template: this one may grow, and stays when the rest is removed.
  disk(params):: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: common.metadata(params, params.name + '-disk', component),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: params.size } },
    } + if params.storageClass == null then {} else { storageClassName: params.storageClass },
  },

  container(params):: {
    name: 'nfs',
    image: common.image(params, params.image),
    args: ['-provisioner=' + $.provisioner(params)],
    env: [
      { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
      { name: 'SERVICE_NAME', value: params.name },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } } },
    ],
    ports: [{ name: port.name, containerPort: port.port, protocol: port.protocol } for port in ports],
    startupProbe: common.tcpProbe('nfs', 5, 60),
    readinessProbe: common.tcpProbe('nfs', 10, 3),
    livenessProbe: common.tcpProbe('nfs', 20, 6),
    resources: common.resources(params.cpu, params.memory, params.cpuLimit, params.memoryLimit),
    // The server opens files by handle, as root, and lifts its limit of open files. The first is what no level but "privileged" allows.
    securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { add: ['DAC_READ_SEARCH', 'SYS_RESOURCE'] } },
    volumeMounts: [{ name: 'export', mountPath: '/export' }],
  },

  statefulSet(params):: {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: common.metadata(params, params.name, component),
    spec: {
      // Two servers on one disk would destroy it; a StatefulSet never starts the second before the first has gone.
      replicas: 1,
      serviceName: params.name,
      selector: { matchLabels: common.selector(params, component) },
      template: {
        metadata: { labels: common.labels(params, component) },
        spec: {
          serviceAccountName: params.name,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          // More than the 90 seconds that the server waits for its clients.
          terminationGracePeriodSeconds: 100,
          containers: [$.container(params)],
          volumes: [{ name: 'export', persistentVolumeClaim: { claimName: params.name + '-disk' } }],
        } + common.pullSecrets(params) + common.nodes(params.nodeSelector),
      },
    },
  },

  service(params):: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: common.metadata(params, params.name, component),
    spec: {
      type: 'ClusterIP',
      selector: common.selector(params, component),
      ports: [port { targetPort: port.name } for port in ports],
    },
  },

  storageClass(params):: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: common.clusterMetadata(params, params.className, component),
    provisioner: $.provisioner(params),
    reclaimPolicy: params.reclaimPolicy,
    volumeBindingMode: 'Immediate',
    mountOptions: ['vers=4.1'],
  },

  networkPolicy(params)::
    common.allow(
      params,
      params.name,
      component,
      [{ protocol: port.protocol, port: port.port } for port in ports],
      [{ ipBlock: { cidr: cidr } } for cidr in params.clientCIDRs]
    ),

  parts(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    {
      all:
        (if checked.ownNamespace then [$.namespace(checked)] else [])
        + [common.serviceAccount(checked, checked.name, component)]
        + $.rights(checked)
        + [
          $.disk(checked),
          $.statefulSet(checked),
          $.service(checked),
          $.networkPolicy(checked),
          $.storageClass(checked),
        ],
    },
}
