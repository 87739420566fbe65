// What the stage verify proves of KServe, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.

{
  checks(params, env):: [{
    name: 'inference-service',
    title: 'A model is served',
    // The model is a public one, which a cluster without the internet can't fetch.
    optional: true,
    namespace: 'kubeflow-verify-model',
    objects: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow-verify-model' } },
      {
        apiVersion: 'serving.kserve.io/v1beta1',
        kind: 'InferenceService',
        metadata: { name: 'kubeflow-verify-model', annotations: { 'serving.kserve.io/deploymentMode': 'RawDeployment' } },
        spec: {
          predictor: { model: { modelFormat: { name: 'sklearn' }, storageUri: 'gs://kfserving-examples/models/sklearn/1.0/model' } },
        },
      },
    ],
    // Not Ready, which waits for an ingress, too. There is no condition for a failure.
    until: { object: 'InferenceService/kubeflow-verify-model', condition: 'PredictorReady' },
    seconds: 600,
    fix: 'Look at the controller of KServe: kubectl -n kubeflow logs deploy/kserve-controller-manager -c manager.',
  }],
}
