// JupyterHub. The hub and its proxy share one pod: the token with which the hub commands the proxy is made by an init
// container in memory that only they see, and the proxy's API listens on the pod's loopback alone. So no secret is
// needed in the application.
local common = import 'common.libsonnet';
local containers = import 'jupyterhub_containers.libsonnet';
local podPolicy = import 'hub_pod_policy.libsonnet';
local config = importstr 'jupyterhub_config.py';
local iap = importstr 'kubeflow_iap.py';
local idle = importstr 'kubeflow_idle.py';
local static = importstr 'kubeflow_static.py';

{
  local component = 'hub',
  sharedClaim:: 'kubeflow-shared',
  // The temporary user as whom the stage verify does what users do.
  verifyUser:: 'kubeflow-verify',
  // The home folder of Jupyter's own images.
  local home = '/home/jovyan',

  // Users come over HTTPS where it is said so, or where a certificate is declared.
  local scheme(params) =
    local tls = [name for name in ['tlsIssuer', 'tlsSecretName'] if std.objectHas(params, name) && params[name] != null];
    if params.secureCookies || std.length(tls) > 0 then 'https' else 'http',

  local authenticator(params) = if params.jupyterHubAuthenticator == null then 'dummy' else params.jupyterHubAuthenticator,

  // What the way to log in needs, beside its name.
  local login(params) = {
    dummy: {},
    oidc: {
      issuer: params.oidcIssuer,
      clientId: params.oidcClientId,
      clientSecretFile: containers.clientSecretFile,
      userClaim: params.oidcUserClaim,
    },
    iap: { audience: params.iapAudience },
    static: { usersFile: containers.usersFile },
    openshift: { clientId: 'system:serviceaccount:' + params.namespace + ':' + component },
  }[authenticator(params)],

  // What jupyterhub_config.py reads. Values go in as data, never as Python text.
  settings(params):: {
    namespace: params.namespace,
    publicUrl: if params.hostname == null then null else scheme(params) + '://' + params.hostname + '/',
    secureCookies: params.secureCookies,
    authenticator: authenticator(params),
    login: login(params),
    allowedUsers: params.allowedUsers,
    adminUsers: params.adminUsers,
    dataDirectory: containers.dataDirectory,
    proxyTokenFile: containers.tokenFile,
    verifyUser: $.verifyUser,
    labels: common.labels(params, 'notebook'),
    image: common.image(params, params.jupyterNotebookImage),
    imagePullSecret: params.imagePullSecret,
    nodeSelector: params.nodeSelector,
    cpu: params.jupyterNotebookCpu,
    memory: params.jupyterNotebookMemory,
    idleSeconds: params.jupyterNotebookIdleSeconds,
    gpuIdleSeconds: if params.gpuResource == null then 0 else params.jupyterNotebookGpuIdleSeconds,
    namedServers: params.jupyterNotebookNamedServers,
    choices: [
      choice { [if std.objectHas(choice, 'image') then 'image']: common.image(params, choice.image) }
      for choice in params.jupyterNotebookChoices
    ],
    gpuResource: params.gpuResource,
    gpu: if params.gpuResource == null then null else {
      limits: params.gpuLimits,
      tolerations: params.gpuTolerations,
      nodeSelector: params.nodeSelector + params.gpuNodeSelector,
      image: if params.jupyterNotebookGpuImage == null then null else common.image(params, params.jupyterNotebookGpuImage),
    },
    // The user and group of Jupyter's own images. Where the cluster gives the user id, membership of
    // the group still lets it write to the home folder.
    ids: if common.fixedIds(params) then { user: 1000, group: 100, volumeGroup: 100 } else { extraGroup: 100 },
    volume: if params.jupyterNotebookPVCMount == null then null else {
      mountPath: params.jupyterNotebookPVCMount,
      size: params.jupyterNotebookPVCSize,
      accessMode: params.jupyterNotebookAccessMode,
      storageClass: params.storageClass,
    },
    // Below the folder that JupyterLab opens, so that users find it there.
    sharedVolume: if params.sharedStorageClass == null then null else {
      claim: $.sharedClaim,
      mountPath: (if params.jupyterNotebookPVCMount == null then home else params.jupyterNotebookPVCMount) + '/shared',
    },
  },

  configData(params):: {
    'jupyterhub_config.py': config,
    [if params.jupyterHubAuthenticator == 'iap' then 'kubeflow_iap.py']: iap,
    [if params.jupyterHubAuthenticator == 'static' then 'kubeflow_static.py']: static,
    [if $.settings(params).idleSeconds + $.settings(params).gpuIdleSeconds > 0 then 'kubeflow_idle.py']: idle,
    'settings.json': std.manifestJsonEx($.settings(params), '  '),
  },

  // On OpenShift it is also the OAuth client, which may send users back to this address alone.
  serviceAccount(params)::
    common.serviceAccount(params, component) + if params.jupyterHubAuthenticator != 'openshift' then {} else {
      metadata+: {
        annotations: { 'serviceaccounts.openshift.io/oauth-redirecturi.hub': $.settings(params).publicUrl + 'hub/oauth_callback' },
      },
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
        spec: common.pod(params) + {
          serviceAccountName: component,
          // The proxy finds the hub without leaving the pod; notebook servers find it by the Service of this name.
          hostAliases: [{ ip: '127.0.0.1', hostnames: ['hub'] }],
          // Else every mount of the volume would open the files with secrets to the group.
          securityContext: common.podSecurity(params, 1000) + { fsGroupChangePolicy: 'OnRootMismatch' }
                           + if common.fixedIds(params) then { fsGroup: 1000 } else {},
          initContainers: [containers.token(params)],
          containers: [containers.hub(params), containers.proxy(params)],
          volumes: containers.volumes(params),
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

  // Notebooks reach everything but the metadata of clouds, which would hand them the identity of the node or of a service:
  // link-local addresses (all clouds; Pod Identity and tasks at AWS), Azure's wire server, Alibaba's metadata, and the IPv6 addresses
  // of AWS and Google. Names are resolved there, too: port 53 stays open. Some network plugins do not count pods among addresses, so
  // all namespaces are named beside them.
  local metadata4 = ['169.254.0.0/16', '168.63.129.16/32', '100.100.100.200/32'],
  local metadata6 = ['fe80::/10', 'fd00:ec2::/64', 'fd20:ce::254/128'],

  // Users' servers are the hub's affair; when Kubeflow is removed they end while this still guards them.
  notebookPolicies(params)::
    local labels = common.labels(params, 'notebook') + { 'app.kubernetes.io/managed-by': 'kubespawner' };
    local servers = 'Pod?' + std.join(',', [name + '=' + labels[name] for name in std.objectFields(labels)]);
    [
      policy + common.goesAfter(servers)
      for policy in [
        common.allow(params, 'notebook', [{ port: 8888, from: component }]),
        common.egress(params, 'notebook', [{
          to: [
            { namespaceSelector: {} },
            { ipBlock: { cidr: '0.0.0.0/0', except: metadata4 } },
            { ipBlock: { cidr: '::/0', except: metadata6 } },
          ],
        }]),
      ]
    ],

  objects(params):: [
    self.serviceAccount(params),
    self.role(params),
    self.roleBinding(params),
    self.configMap(params),
    common.claim(params, 'hub-db', 'ReadWriteOnce', params.hubPVCSize, params.storageClass),
    self.deployment(params),
    self.hubService(params),
    self.proxyService(params),
    common.allow(params, component, [
      { port: 'http', from: if params.jupyterHubServiceType == 'ClusterIP' then 'gateway' else null },
      { port: 'hub', from: 'notebook' },
    ]),
  ] + podPolicy.objects(params) + self.notebookPolicies(params) + if params.sharedStorageClass == null then [] else [
    common.claim(params, $.sharedClaim, 'ReadWriteMany', params.sharedPVCSize, params.sharedStorageClass),
  ],
}
