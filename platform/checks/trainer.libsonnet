// What the stage verify proves of Trainer, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.
local component = import 'trainer.libsonnet';

{
  local name = 'kubeflow-verify-train-job',

  // The manager's own image, which is small and on its node already. Nothing else is in it: asked for its options, it ends well.
  local images(params, env) = [
    item.spec.template.spec.containers[0].image
    for item in component.list(params, env).items
    if item.kind == 'Deployment' && item.metadata.name == 'kubeflow-trainer-controller-manager'
  ],

  local runtime(params, image) = {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainingRuntime',
    metadata: { name: name },
    spec: {
      mlPolicy: { numNodes: 2 },
      template: { spec: { replicatedJobs: [{
        name: 'node',
        template: {
          metadata: { labels: { 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' } },
          spec: { backoffLimit: 0, template: {
            // A sidecar would outlive the job.
            metadata: { labels: { 'sidecar.istio.io/inject': 'false' } },
            spec: {
              automountServiceAccountToken: false,
              [if std.get(params, 'imagePullSecret', null) != null then 'imagePullSecrets']: [{ name: params.imagePullSecret }],
              securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
              containers: [{
                name: 'node',
                image: image,
                command: ['/manager', '--help'],
                resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              }],
            },
          } },
        },
      }] } },
    },
  },

  // None of a release whose manager has another name.
  checks(params, env):: [{
    name: 'train-job',
    title: 'A TrainJob of two nodes is complete',
    objects: [runtime(params, image), {
      apiVersion: 'trainer.kubeflow.org/v1alpha1',
      kind: 'TrainJob',
      metadata: { name: name },
      spec: { runtimeRef: { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: name } },
    }],
    until: { object: 'TrainJob/' + name, condition: 'Complete', failed: 'Failed' },
    seconds: 300,
    fix: 'Look at the controllers of Trainer and JobSet: kubectl -n kubeflow-system get pods.',
  } for image in images(params, env)],
}
