// All objects of tf-serving, from the parameters of a component and its environment ({ namespace, server }).
local common = import 'common.libsonnet';
local models = import 'model.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  local component = 'tf-serving',
  local grpcPort = 8500,
  local restPort = 8501,

  container(params, model)::
    // Answers 200 once the model server runs, which it does when a version of the model is loaded.
    local status = '/v1/models/' + params.modelName;
    local gpus = if params.numGpus > 0 then { [params.gpuResource]: params.numGpus } else {};
    local resources = common.resources(params.cpu, params.memory, params.cpuLimit, params.memoryLimit);
    {
      name: 'server',
      image: common.image(params, params.image),
      command: ['/usr/bin/tensorflow_model_server'],
      args: [
        '--port=' + grpcPort,
        '--rest_api_port=' + restPort,
        '--model_name=' + params.modelName,
        '--model_base_path=' + model.path,
      ],
      env: model.env,
      ports: [
        { name: 'grpc', containerPort: grpcPort, protocol: 'TCP' },
        { name: 'rest', containerPort: restPort, protocol: 'TCP' },
      ],
      // Large models take minutes to load.
      startupProbe: common.httpProbe(status, 'rest', 5, 240),
      readinessProbe: common.httpProbe(status, 'rest', 10, 3),
      livenessProbe: common.tcpProbe('grpc', 20, 3),
      resources: { requests: resources.requests + gpus, limits: resources.limits + gpus },
      securityContext: common.containerSecurity,
      volumeMounts: model.mounts,
    },

  account(params):: if params.serviceAccount == null then params.name else params.serviceAccount,

  nodeSelector(params)::
    params.nodeSelector
    + (if params.architecture == null then {} else { 'kubernetes.io/arch': params.architecture })
    + (if params.numGpus > 0 then params.gpuNodeSelector else {}),

  tolerations(params)::
    if params.numGpus == 0 then {} else {
      tolerations: [{ key: params.gpuResource, operator: 'Exists', effect: 'NoSchedule' }] + params.gpuTolerations,
    },

  pod(params)::
    local model = models.of(params);
    {
      serviceAccountName: $.account(params),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: common.podSecurity(params, 1000),
      topologySpreadConstraints: [{
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: common.selector(params, component) },
      }],
      initContainers: model.initContainers,
      containers: [$.container(params, model)],
      volumes: model.volumes,
    } + common.pullSecrets(params) + common.nodes($.nodeSelector(params)) + $.tolerations(params),

  deployment(params):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: common.metadata(params, params.name, component),
    spec: {
      replicas: params.replicas,
      selector: { matchLabels: common.selector(params, component) },
      // Where GPUs are few a new pod may have to wait for the old one to go.
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: if params.numGpus > 0 then 0 else 1, maxUnavailable: if params.numGpus > 0 then 1 else 0 },
      },
      template: { metadata: { labels: common.labels(params, component) }, spec: $.pod(params) },
    },
  },

  service(params)::
    local internal = {
      gke: { 'networking.gke.io/load-balancer-type': 'Internal' },
      eks: {
        'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internal',
        // What the AWS cloud provider reads where the AWS Load Balancer Controller is not installed.
        'service.beta.kubernetes.io/aws-load-balancer-internal': 'true',
      },
      aks: { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' },
    };
    local stayInside = params.serviceType == 'LoadBalancer' && params.cloud != null && std.objectHas(internal, params.cloud);
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: common.metadata(params, params.name, component)
                + if stayInside then { annotations: internal[params.cloud] } else {},
      spec: {
        type: params.serviceType,
        selector: common.selector(params, component),
        ports: [
          { name: 'grpc', port: grpcPort, targetPort: 'grpc', protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' },
          { name: 'rest', port: restPort, targetPort: 'rest', protocol: 'TCP' },
        ],
      },
    },

  // A Service that is open to the outside is open to everybody; any other only to its namespace and those that are named.
  networkPolicy(params)::
    local peers = [{ podSelector: {} }] + [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
      for namespace in params.clientNamespaces
    ];
    common.allow(
      params,
      params.name,
      component,
      [{ protocol: 'TCP', port: grpcPort }, { protocol: 'TCP', port: restPort }],
      if params.serviceType == 'ClusterIP' then peers else []
    ),

  disruptionBudget(params):: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: common.metadata(params, params.name, component),
    spec: { maxUnavailable: 1, selector: { matchLabels: common.selector(params, component) } },
  },

  parts(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    {
      all:
        (if checked.serviceAccount == null then [common.serviceAccount(checked, checked.name, component)] else [])
        + [$.deployment(checked), $.service(checked), $.networkPolicy(checked)]
        + if checked.replicas > 1 then [$.disruptionBudget(checked)] else [],
    },
}
