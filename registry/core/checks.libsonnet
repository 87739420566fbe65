// What the stage verify proves of a component, from its parameters and its environment ({ namespace, server }): docs/verify.md.
local common = import 'common.libsonnet';
local containers = import 'jupyterhub_containers.libsonnet';
local entry = import 'entry.libsonnet';
local gateway = import 'gateway.libsonnet';
local jupyterhub = import 'jupyterhub.libsonnet';
local operator = import 'training_operator.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  local name(check) = 'kubeflow-verify-' + check,
  local label(check) = { 'kubeflow.bootstrap/check': check },
  local has(params, name) = std.objectHas(params, name) && params[name] != null,

  // A pod that runs a line of shell in an image that the application has anyway, as user and group of the notebook servers.
  local pod(params, check, image, script, volumes=[], resources={}) = common.pod(params) + {
    restartPolicy: 'Never',
    securityContext: common.podSecurity(params, 1000) + if common.fixedIds(params) then { runAsGroup: 100, fsGroup: 100 } else {},
    containers: [{
      name: 'check',
      image: common.image(params, image),
      command: ['sh', '-c', script],
      resources: common.resources('10m', '32Mi', '200m', '128Mi') + resources,
      securityContext: common.containerSecurity,
      volumeMounts: [{ name: volume.name, mountPath: '/' + volume.name } for volume in volumes],
    }],
    volumes: volumes,
  },

  local job(params, check, spec, podSpec) = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: name(check), namespace: params.namespace },
    spec: { backoffLimit: 0, template: { metadata: { labels: label(check) }, spec: podSpec } } + spec,
  },

  local claim(params, check, class) = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: name(check), namespace: params.namespace },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      [if class != null then 'storageClassName']: class,
    },
  },

  local mounted(name, claim) = { name: name, persistentVolumeClaim: { claimName: claim } },

  // --- the gateway

  // Asked through the API server: what users see first, whatever stands in front of the gateway.
  access(params):: {
    name: 'access',
    title: 'The gateway leads to the login page',
    http: {
      service: 'kubeflow',
      port: if gateway.ownTls(params) then 'https' else 'http',
      tls: gateway.ownTls(params),
      path: '/hub/login',
      headers: { 'X-Forwarded-Proto': 'https' },
      // A login elsewhere begins with a redirect; IAP lets nobody pass who did not come through it.
      status: [200, 302, 401, 403],
    },
    seconds: 60,
    fix: 'Look at the pods of the gateway and of the hub: kubectl -n %s get pods.' % params.namespace,
  },

  // Asked from where Ansible runs: name, certificate and access, as a user's browser finds them.
  address(params):: {
    name: 'address',
    title: 'The host name leads to the login',
    url: {
      url: (if entry.tlsSecret(params) != null || params.cloud == 'openshift' then 'https' else 'http') + '://' + params.hostname + '/',
      status: [200, 302, 303, 307],
    },
    seconds: 120,
    fix: 'See that the host name leads to the address of the gateway, and that its certificate is one that browsers trust.',
  },

  // --- the hub

  notebook(params):: {
    local volume = params.jupyterNotebookPVCMount != null,

    name: 'notebook',
    title: 'A notebook server starts, runs a cell and keeps a file' + if volume then '' else ' while it runs',
    exec: {
      pods: common.selector('hub'),
      container: 'hub',
      script: importstr 'verify_notebook.py',
      settings: {
        tokenFile: containers.verifyTokenFile,
        user: jupyterhub.verifyUser,
        // As users come, WebSockets too; a hub without our gateway by its own proxy.
        server: if !has(params, 'gatewayImage') then 'http://127.0.0.1:8000' else if gateway.ownTls(params) then 'https://kubeflow' else 'http://kubeflow',
        folder: volume,
        // What of the hub's pod notebook servers may reach, and what is closed to them.
        open: ['hub', 8081],
        closed: if params.jupyterHubServiceType == 'ClusterIP' then ['proxy', 80] else null,
      },
    },
    seconds: 600,
    fix: 'Look at the log of the hub: kubectl -n %s logs deploy/hub -c hub.' % params.namespace,
  },

  storage(params):: {
    name: 'storage',
    title: 'A volume of the storage class keeps what is written to it',
    objects: [
      claim(params, 'storage', params.storageClass),
      // One pod after the other: the first one writes, the second one reads.
      job(params, 'storage', { completions: 2 }, pod(
        params,
        'storage',
        params.jupyterHubImage,
        'if [ -s /volume/kept ]; then echo "read back: $(cat /volume/kept)"; else echo "written by $(hostname)" > /volume/kept; fi',
        [mounted('volume', name('storage'))],
      )),
    ],
    until: { object: 'Job/' + name('storage'), condition: 'Complete', failed: 'Failed' },
    seconds: 300,
    fix: 'Look at the claim: kubectl -n %s describe pvc. The storage class may have no driver that works.' % params.namespace,
  },

  shared(params):: {
    local folder = '/shared/.kubeflow-verify',
    local pods = 2,

    name: 'shared-storage',
    title: 'Two pods, on two nodes where there are two, see what the other one writes to the shared volume',
    objects: [
      job(params, 'shared-storage', { completions: pods, parallelism: pods }, pod(
        params,
        'shared-storage',
        params.jupyterHubImage,
        |||
          mkdir -p %(folder)s && touch %(folder)s/$(hostname) || exit 1
          for second in $(seq 120); do
            if [ $(ls %(folder)s | wc -l) -ge %(pods)d ]; then
              echo "seen: the files of $(ls %(folder)s | wc -l) pods"; sleep 5; rm -f %(folder)s/$(hostname); rmdir %(folder)s 2> /dev/null; exit 0
            fi
            sleep 1
          done
          rm -f %(folder)s/$(hostname); echo "the other pod's file did not come"; exit 1
        ||| % { folder: folder, pods: pods },
        [mounted('shared', jupyterhub.sharedClaim)],
      ) + {
        topologySpreadConstraints: [{
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: label('shared-storage') },
        }],
      }),
    ],
    until: { object: 'Job/' + name('shared-storage'), condition: 'Complete', failed: 'Failed' },
    seconds: 300,
    fix: 'The storage class of the shared volume must serve ReadWriteMany from several nodes: sharedStorageClass.',
  },

  gpu(params):: {
    name: 'gpu',
    title: 'A pod that asks for ' + params.gpuResource + ' sees one',
    objects: [job(params, 'gpu', {}, pod(
      params,
      'gpu',
      params.jupyterHubImage,
      'ls -d /dev/nvidia[0-9]* /dev/kfd /dev/dri /dev/accel* /dev/neuron* 2> /dev/null | tr "\\n" " " | grep . || { echo "no device in /dev"; exit 1; }',
      resources={ limits+: { [params.gpuResource]: 1 } },
    ) + {
      tolerations: [{ key: params.gpuResource, operator: 'Exists' }] + params.gpuTolerations,
      nodeSelector: params.nodeSelector + params.gpuNodeSelector,
    })],
    until: { object: 'Job/' + name('gpu'), condition: 'Complete', failed: 'Failed' },
    seconds: 300,
    fix: 'Look at the device plugin of the GPUs, and whether one is free.',
  },

  // --- the training operator

  local replica(params, check, container, script) = {
    replicas: 1,
    restartPolicy: 'Never',
    template: {
      metadata: { labels: label(check) },
      spec: pod(params, check, operator.waitImage, script) + {
        containers: [super.containers[0] + { name: container }],
        terminationGracePeriodSeconds: 1,
      },
    },
  },

  // A job succeeds with its leader, whatever becomes of the worker. So the leader waits until the worker has a name and keeps it, and
  // the worker stays until it goes with the job.
  local leading(check, script) =
    'found() { getent hosts %s-worker-0 > /dev/null; }; ' % name(check)
    + script
    + ' && for try in $(seq 60); do found && sleep 5 && found && echo "it finds the worker" && exit 0; sleep 3; done;'
    + ' echo "the worker has no name"; exit 1',
  local working(script) = script + ' && sleep 240',

  local trainingJob(params, check, kind, replicas, seconds) = {
    name: check,
    title: 'A ' + kind + ' of two pods succeeds',
    objects: [{
      apiVersion: 'kubeflow.org/v1',
      kind: kind,
      metadata: { name: name(check), namespace: params.namespace },
      spec: { runPolicy: { cleanPodPolicy: 'None', backoffLimit: 0 } } + replicas,
    }],
    until: { object: kind + '/' + name(check), condition: 'Succeeded', failed: 'Failed' },
    seconds: seconds,
    fix: 'Look at the training operator: kubectl -n %s logs deploy/training-operator.' % operator.namespace(params),
  },

  pytorchJob(params)::
    local script = 'test -n "$MASTER_ADDR" && test "$WORLD_SIZE" = 2 && echo "rank $RANK of $WORLD_SIZE, master $MASTER_ADDR"';
    trainingJob(params, 'pytorch-job', 'PyTorchJob', {
      pytorchReplicaSpecs: {
        Master: replica(params, 'pytorch-job', 'pytorch', leading('pytorch-job', script)),
        Worker: replica(params, 'pytorch-job', 'pytorch', working(script)),
      },
    }, 300),

  tfJob(params)::
    local script = 'echo "$TF_CONFIG" | grep -q \'"cluster"\' && echo "TF_CONFIG names the cluster"';
    trainingJob(params, 'tf-job', 'TFJob', {
      tfReplicaSpecs: {
        Chief: replica(params, 'tf-job', 'tensorflow', leading('tf-job', script)),
        Worker: replica(params, 'tf-job', 'tensorflow', working(script)),
      },
    }, 300),

  checks(params, env)::
    local checked = parameters.check(params, env);
    (if has(checked, 'gatewayImage') then [$.access(checked)] + (if checked.hostname != null then [$.address(checked)] else []) else [])
    + (if has(checked, 'jupyterHubImage') then
         [$.storage(checked), $.notebook(checked)]
         + (if checked.sharedStorageClass != null then [$.shared(checked)] else [])
         + (if checked.gpuResource != null then [$.gpu(checked)] else [])
       else [])
    + (if std.objectHas(checked, 'trainingOperator') && checked.trainingOperator then [$.pytorchJob(checked), $.tfJob(checked)] else []),
}
