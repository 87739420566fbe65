// The training operator (Kubeflow training operator v1.9): makes the pods of PyTorchJobs, TFJobs, MPIJobs, XGBoostJobs,
// PaddleJobs and JAXJobs. There is one in a cluster. It has a namespace of its own: whoever may create pods beside it could take its
// service account, which may create pods wherever jobs run.
local common = import 'common.libsonnet';
local crds = import 'training_operator_crds.libsonnet';
local namespace = import 'namespace.libsonnet';
local rbac = import 'training_operator_rbac.libsonnet';

{
  local component = 'training-operator',
  local configName = 'training-operator-config',
  local certificateName = 'training-operator-webhook-cert',
  local waitFile = 'pytorch-init-container.yaml',

  // What the operator adds to pods of jobs. kubectl-delivery is built together with the operator v1.9.4.
  waitImage:: 'docker.io/library/alpine:3.22.2',
  local kubectlImage = 'ghcr.io/kubeflow/training-v1/kubectl-delivery:v1-93c5489',

  // A worker of a PyTorchJob waits until its master has a name. The operator's own container for that is refused in
  // a namespace at the level restricted. {{ }} are fields that the operator fills.
  waitForMaster(params):: {
    name: 'init-pytorch',
    image: '{{.InitContainerImage}}',
    imagePullPolicy: 'IfNotPresent',
    command: [
      'sh',
      '-c',
      'for i in $(seq {{.MaxTries}}); do getent hosts {{.MasterAddr}} && exit 0; echo waiting for {{.MasterAddr}}; sleep 2; done; exit 1',
    ],
    resources: common.resources('10m', '16Mi', '100m', '32Mi'),
    securityContext: common.containerSecurity + if common.fixedIds(params) then { runAsUser: 65534 } else {},
  },

  configData(params):: { [waitFile]: std.manifestJsonEx([$.waitForMaster(params)], '  ') },

  configMap(params):: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: common.metadata(params, configName, component),
    data: $.configData(params),
  },

  // Empty: the operator makes the certificate of its webhook server at its first start, and does not start without.
  // Nothing calls that server: what its webhook would ask of a job is in the schemas of the jobs.
  certificate(params):: {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: common.metadata(params, certificateName, component),
    type: 'Opaque',
  },

  container(params):: {
    name: component,
    image: common.image(params, params.trainingOperatorImage),
    command: ['/manager'],
    args: (if params.trainingJobs == 'cluster' then [] else ['--namespace=' + params.jobsNamespace]) + [
      '--leader-elect',
      '--zap-log-level=info',
      '--pytorch-init-container-image=' + common.image(params, $.waitImage),
      '--pytorch-init-container-template-file=/etc/kubeflow/' + waitFile,
      '--mpi-kubectl-delivery-image=' + common.image(params, kubectlImage),
    ],
    env: [{ name: 'MY_POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
    ports: [
      { name: 'metrics', containerPort: 8080, protocol: 'TCP' },
      { name: 'health', containerPort: 8081, protocol: 'TCP' },
    ],
    startupProbe: common.httpProbe('/healthz', 'health', 2, 60),
    // Ready when the certificate is in its folder: up to some minutes after the first start.
    readinessProbe: common.httpProbe('/readyz', 'health', 10, 3),
    livenessProbe: common.httpProbe('/healthz', 'health', 20, 3),
    resources: common.resources('50m', '128Mi', '500m', '512Mi'),
    securityContext: common.containerSecurity,
    volumeMounts: [
      { name: 'config', mountPath: '/etc/kubeflow', readOnly: true },
      { name: 'certificate', mountPath: '/tmp/k8s-webhook-server/serving-certs', readOnly: true },
      common.apiAccessMount,
    ],
  },

  deployment(params):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: common.metadata(params, component, component),
    spec: {
      replicas: params.trainingOperatorReplicas,
      selector: { matchLabels: common.selector(component) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: common.labels(params, component),
          annotations: { 'checksum/config': std.md5(std.manifestJsonEx($.configData(params), '')) },
        },
        spec: common.pod(params) + {
          serviceAccountName: component,
          securityContext: common.podSecurity(params, 65532),
          affinity: common.spread(component),
          containers: [$.container(params)],
          volumes: [
            { name: 'config', configMap: { name: configName } },
            { name: 'certificate', secret: { secretName: certificateName } },
            common.apiAccess,
          ],
        },
      },
    },
  },

  service(params)::
    common.service(params, component, component, 'ClusterIP', [
      { name: 'metrics', port: 8080, targetPort: 'metrics', protocol: 'TCP' },
    ]),

  disruptionBudget(params):: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: common.metadata(params, component, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: common.selector(component) } },
  },

  // The parameters with the operator's namespace instead of that of its jobs.
  local own(params) = params {
    namespace: if params.trainingOperatorNamespace == null then params.namespace + '-training' else params.trainingOperatorNamespace,
    jobsNamespace: params.namespace,
    podSecurityLevel: 'restricted',
  },

  namespace(params):: own(params).namespace,

  objects(params):: if !params.trainingOperator then [] else
    local operator = own(params);
    crds.objects(common.labels(params, component))
    + rbac.objects(operator)
    + (if operator.namespace == params.namespace then [] else [namespace.namespace(operator)])
    + [
      common.serviceAccount(operator, component),
      self.certificate(operator),
      self.configMap(operator),
      self.deployment(operator),
      self.service(operator),
      common.allow(operator, component, [{ port: 'metrics', from: null }]),
    ]
    + if params.trainingOperatorReplicas > 1 then [self.disruptionBudget(operator)] else [],
}
