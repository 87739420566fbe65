// What the stage verify proves of a component, from its parameters and its environment ({ namespace, server }): docs/verify.md.
local common = import 'common.libsonnet';
local parameters = import 'parameters.libsonnet';

{
  checks(params, env)::
    local checked = common.allChecked(parameters.check(params, env));
    [{
      name: 'iap',
      title: 'Who comes to %s is sent to log in with Google' % checked.hostname,
      url: { url: 'https://%s/' % checked.hostname, status: [302], location: 'https://accounts.google.com/' },
      seconds: 120,
      fix: 'It takes some minutes after the first deployment. See that IAP is on, and that the host name leads to the address.',
    }],
}
