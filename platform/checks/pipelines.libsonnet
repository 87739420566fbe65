// What the stage verify proves of Pipelines, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.

{
  checks(params, env):: [{
    name: 'pipelines-api',
    title: 'The API of Pipelines answers',
    // Past the gateway, where nobody has to be logged in.
    http: { service: 'ml-pipeline', port: 'http', path: '/apis/v2beta1/healthz', status: [200] },
    seconds: 180,
    fix: 'Look at its API server, and whether it reaches its database: kubectl -n kubeflow logs deploy/ml-pipeline.',
  }],
}
