// What the stage verify proves of profiles, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.

{
  checks(params, env):: [{
    name: 'profile',
    title: 'A profile gets a namespace',
    namespace: 'kubeflow-verify-profile',
    objects: [
      {
        apiVersion: 'kubeflow.org/v1beta1',
        kind: 'Profile',
        metadata: { name: 'kubeflow-verify-profile' },
        spec: { owner: { kind: 'User', name: 'kubeflow-verify@example.com' } },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubeflow-verify-profile' } },
    ],
    seconds: 120,
    fix: 'Look at the controller of profiles: kubectl -n kubeflow logs deploy/profiles-deployment -c manager.',
  }],
}
