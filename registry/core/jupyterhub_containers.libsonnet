// The containers of the hub's pod and what they mount.
local common = import 'common.libsonnet';

{
  local runDirectory = '/run/kubeflow',
  local tokenMount = { name: 'proxy-token', mountPath: runDirectory },

  local loginMount = '/etc/kubeflow-login',

  // What the way to log in has in a Secret of the user's: its name and its key.
  local loginSecret(params) =
    if params.jupyterHubAuthenticator == 'oidc' then { name: params.oidcSecretName, key: 'client-secret' }
    else if params.jupyterHubAuthenticator == 'static' then { name: params.staticSecretName, key: 'htpasswd' }
    else null,

  tokenFile:: runDirectory + '/proxy-token',
  clientSecretFile:: loginMount + '/client-secret',
  usersFile:: loginMount + '/htpasswd',
  dataDirectory:: '/srv/jupyterhub',
  verifyTokenFile:: $.dataDirectory + '/verify-token',

  token(params):: {
    name: 'proxy-token',
    image: common.image(params, params.jupyterHubImage),
    command: ['python3', '-c', importstr 'proxy_token.py', $.tokenFile],
    resources: common.resources('10m', '32Mi', '500m', '128Mi'),
    securityContext: common.containerSecurity,
    volumeMounts: [tokenMount],
  },

  hub(params):: {
    name: 'hub',
    image: common.image(params, params.jupyterHubImage),
    args: ['jupyterhub', '--config', '/etc/kubeflow/jupyterhub_config.py', '--upgrade-db'],
    env: [
      { name: 'HOME', value: '/tmp' },
      { name: 'PYTHONUNBUFFERED', value: '1' },
      // Who asks for the login page may come from another address than who sends it: through another node, or another gateway.
      { name: 'JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS', value: '10.0.0.0/8;172.16.0.0/12;192.168.0.0/16;100.64.0.0/10;fc00::/7' },
    ],
    ports: [{ name: 'hub', containerPort: 8081, protocol: 'TCP' }],
    startupProbe: common.httpProbe('/hub/health', 'hub', 2, 150),
    readinessProbe: common.httpProbe('/hub/health', 'hub', 10, 3),
    livenessProbe: common.httpProbe('/hub/health', 'hub', 20, 6),
    resources: common.resources('100m', '256Mi', '1', '1Gi'),
    securityContext: common.containerSecurity,
    volumeMounts: [
      { name: 'config', mountPath: '/etc/kubeflow', readOnly: true },
      { name: 'data', mountPath: $.dataDirectory },
      common.apiAccessMount,
      tokenMount { readOnly: true },
      common.temporaryMount,
    ] + if loginSecret(params) != null then [{ name: 'login', mountPath: loginMount, readOnly: true }] else [],
  },

  proxy(params):: {
    name: 'proxy',
    image: common.image(params, params.jupyterHubProxyImage),
    // The token is read from the file here, because the proxy takes it from its environment only.
    command: [
      'sh',
      '-c',
      'CONFIGPROXY_AUTH_TOKEN="$(cat ' + $.tokenFile + ')" || exit 1; export CONFIGPROXY_AUTH_TOKEN; exec configurable-http-proxy "$@"',
      'configurable-http-proxy',
    ],
    args: [
      '--ip=',
      '--port=8000',
      '--api-ip=127.0.0.1',
      '--api-port=8001',
      '--default-target=http://hub:8081',
      '--error-target=http://hub:8081/hub/error',
    ],
    ports: [{ name: 'http', containerPort: 8000, protocol: 'TCP' }],
    startupProbe: common.httpProbe('/_chp_healthz', 'http', 2, 60),
    readinessProbe: common.httpProbe('/_chp_healthz', 'http', 10, 3),
    livenessProbe: common.httpProbe('/_chp_healthz', 'http', 20, 3),
    resources: common.resources('50m', '64Mi', '500m', '256Mi'),
    securityContext: common.containerSecurity,
    volumeMounts: [tokenMount { readOnly: true }, common.temporaryMount],
  },

  volumes(params):: [
    { name: 'config', configMap: { name: 'hub-config' } },
    { name: 'data', persistentVolumeClaim: { claimName: 'hub-db' } },
    { name: 'proxy-token', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    // The proxy has no business with the API server.
    common.apiAccess,
    common.temporary('256Mi'),
  ] + if loginSecret(params) == null then [] else [{
    name: 'login',
    local of = loginSecret(params),
    secret: { secretName: of.name, items: [{ key: of.key, path: of.key }] },
  }],
}
