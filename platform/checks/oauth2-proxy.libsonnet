// What the stage verify proves of oauth2-proxy, from the component's parameters and environment: docs/verify.md of kubeflow.bootstrap.

{
  checks(params, env):: [{
    name: 'login-needed',
    title: 'Who is not logged in gets no page',
    namespace: 'istio-system',
    // oauth2-proxy shows its page for signing in with 403. With a certificate, plain HTTP leads to HTTPS.
    http: { service: 'istio-ingressgateway', port: 'http2', path: '/', status: [301, 302, 401, 403] },
    seconds: 120,
    fix: 'Look at oauth2-proxy, and whether the mesh knows it: kubectl -n oauth2-proxy logs deploy/oauth2-proxy.',
  }],
}
