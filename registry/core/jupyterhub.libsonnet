// JupyterHub. The hub and its proxy share one pod: the token with which the hub commands the proxy is made by an init
// container in memory that only they see, and the proxy's API listens on the pod's loopback alone. So no secret is
// needed in the application.
local common = import 'common.libsonnet';
local containers = import 'jupyterhub_containers.libsonnet';
local config = importstr 'jupyterhub_config.py';

{
  local component = 'hub',

  // What jupyterhub_config.py reads. Values go in as data, never as Python text.
  settings(params):: {
    namespace: params.namespace,
    authenticator: if params.jupyterHubAuthenticator == null then 'dummy' else params.jupyterHubAuthenticator,
    dataDirectory: containers.dataDirectory,
    proxyTokenFile: containers.tokenFile,
    labels: common.labels(params, 'notebook'),
    image: params.jupyterNotebookImage,
    gpuResource: params.gpuResource,
    // The user and group of Jupyter's own images. Where the cluster gives the user id, membership of
    // the group still lets it write to the home folder.
    ids: if common.fixedIds(params) then { user: 1000, group: 100, volumeGroup: 100 } else { extraGroup: 100 },
    volume: if params.jupyterNotebookPVCMount == null then null else {
      mountPath: params.jupyterNotebookPVCMount,
      size: params.jupyterNotebookPVCSize,
      storageClass: params.storageClass,
    },
  },

  configData(params):: {
    'jupyterhub_config.py': config,
    'settings.json': std.manifestJsonEx($.settings(params), '  '),
  },

  serviceAccount(params):: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: common.metadata(params, component, component),
    automountServiceAccountToken: false,
  },

  // What KubeSpawner does with these settings, and no more.
  role(params):: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: common.metadata(params, component, component),
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
      { apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch'] },
    ] + if params.jupyterNotebookPVCMount == null then [] else [
      { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'create', 'delete'] },
    ],
  },

  roleBinding(params):: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: common.metadata(params, component, component),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: component },
    subjects: [{ kind: 'ServiceAccount', name: component, namespace: params.namespace }],
  },

  configMap(params):: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: common.metadata(params, 'hub-config', component),
    data: $.configData(params),
  },

  claim(params):: {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: common.metadata(params, 'hub-db', component),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: params.hubPVCSize } },
      [if params.storageClass != null then 'storageClassName']: params.storageClass,
    },
  },

  deployment(params):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: common.metadata(params, component, component),
    spec: {
      replicas: 1,
      // One database file on one volume: the old pod must be gone before the new one starts.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: common.selector(component) },
      template: {
        metadata: {
          labels: common.labels(params, component),
          annotations: {
            'checksum/config': std.md5(std.manifestJsonEx($.configData(params), '')),
            'kubectl.kubernetes.io/default-container': 'hub',
          },
        },
        spec: {
          serviceAccountName: component,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // The proxy finds the hub without leaving the pod; notebook servers find it by the Service of this name.
          hostAliases: [{ ip: '127.0.0.1', hostnames: ['hub'] }],
          // Else every mount of the volume would open the files with secrets to the group.
          securityContext: common.podSecurity(params, 1000) + { fsGroupChangePolicy: 'OnRootMismatch' }
                           + if common.fixedIds(params) then { fsGroup: 1000 } else {},
          initContainers: [containers.token(params)],
          containers: [containers.hub(params), containers.proxy(params)],
          volumes: containers.volumes,
        },
      },
    },
  },

  hubService(params)::
    common.service(params, 'hub', component, 'ClusterIP', [
      { name: 'hub', port: 8081, targetPort: 'hub', protocol: 'TCP' },
    ]),

  proxyService(params)::
    common.service(params, 'proxy', component, params.jupyterHubServiceType, [
      { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
    ]),

  objects(params):: [
    self.serviceAccount(params),
    self.role(params),
    self.roleBinding(params),
    self.configMap(params),
    self.claim(params),
    self.deployment(params),
    self.hubService(params),
    self.proxyService(params),
    common.allow(params, component, [
      { port: 'http', from: if params.jupyterHubServiceType == 'ClusterIP' then 'gateway' else null },
      { port: 'hub', from: 'notebook' },
    ]),
    common.allow(params, 'notebook', [{ port: 8888, from: component }]),
  ],
}
