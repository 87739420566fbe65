// What the stage verify proves of Dex, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.

{
  checks(params, env):: [{
    name: 'login',
    title: 'The gateway leads to the login page',
    namespace: 'istio-system',
    http: { service: 'istio-ingressgateway', port: 'http2', path: '/dex/.well-known/openid-configuration', status: [200, 301] },
    seconds: 120,
    fix: 'Look at the gateway and at Dex: kubectl -n istio-system logs deploy/istio-ingressgateway; kubectl -n auth logs deploy/dex.',
  }],
}
