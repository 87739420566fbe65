// What the stage verify proves of Katib, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.

{
  checks(params, env):: [{
    name: 'experiment',
    title: 'Katib takes an experiment',
    objects: [
      {
        apiVersion: 'kubeflow.org/v1beta1',
        kind: 'Experiment',
        metadata: { name: 'kubeflow-verify-experiment' },
        spec: {
          objective: { type: 'maximize', goal: 1, objectiveMetricName: 'score' },
          algorithm: { algorithmName: 'random' },
          parallelTrialCount: 1,
          maxTrialCount: 1,
          maxFailedTrialCount: 0,
          parameters: [{ name: 'x', parameterType: 'int', feasibleSpace: { min: '1', max: '2' } }],
          trialTemplate: {
            primaryContainerName: 'main',
            trialParameters: [{ name: 'x', description: 'A number', reference: 'x' }],
            trialSpec: {
              apiVersion: 'batch/v1',
              kind: 'Job',
              spec: {
                template: {
                  spec: {
                    restartPolicy: 'Never',
                    containers: [{ name: 'main', image: 'registry.k8s.io/pause', args: ['${trialParameters.x}'] }],
                  },
                },
              },
            },
          },
        },
      },
    ],
    // Of its conditions Created, Running, Restarting, Succeeded and Failed the first is the controller's; Running takes the image of an
    // algorithm, which has not been pulled before the first experiment.
    until: { object: 'Experiment/kubeflow-verify-experiment', condition: 'Created', failed: 'Failed' },
    seconds: 120,
    fix: 'Look at the controller of Katib: kubectl -n kubeflow logs deploy/katib-controller.',
  }],
}
