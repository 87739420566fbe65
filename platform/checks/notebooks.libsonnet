// What the stage verify proves of notebooks, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.
local component = import 'notebooks.libsonnet';

{
  // The image that users get unless they choose another.
  local image(params, env) = [
    std.parseYaml(item.data['spawner_ui_config.yaml']).spawnerFormDefaults.image.value
    for item in component.list(params, env).items
    if item.kind == 'ConfigMap' && item.metadata.name == 'jupyter-web-app-config'
  ][0],

  checks(params, env):: [{
    name: 'notebook-server',
    title: 'A notebook server starts in the namespace of a profile',
    namespace: 'kubeflow-verify-notebook',
    objects: [
      {
        apiVersion: 'kubeflow.org/v1beta1',
        kind: 'Profile',
        metadata: { name: 'kubeflow-verify-notebook' },
        spec: { owner: { kind: 'User', name: 'kubeflow-verify@example.com' } },
      },
      {
        apiVersion: 'kubeflow.org/v1',
        kind: 'Notebook',
        metadata: { name: 'kubeflow-verify-notebook' },
        spec: {
          template: {
            spec: {
              serviceAccountName: 'default-editor',
              containers: [{ name: 'kubeflow-verify-notebook', image: image(params, env) }],
            },
          },
        },
      },
    ],
    // A notebook has the conditions of its pod, and none for a failure.
    until: { object: 'Notebook/kubeflow-verify-notebook', condition: 'Ready' },
    // The image of a notebook server has some GiB.
    seconds: 900,
    fix: 'Look at the controller of notebooks: kubectl -n kubeflow logs deploy/notebook-controller-deployment.',
  }],
}
