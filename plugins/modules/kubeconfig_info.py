#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module kubeconfig_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig_info
short_description: Read which cluster a kubeconfig leads to, and as whom
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Reads kubeconfig files as C(kubectl) does and returns what they say.
  - Old ways to log in are put right in memory. The auth-provider C(gcp) gives way to C(gke-gcloud-auth-plugin), C(azure) to
    C(kubelogin), and the path of a command that does not exist to the command of that name on E(PATH). A warning says so.
  - Of a command that logs in, looks whether it exists and runs, without logging in.
  - Asks no server, and never returns a credential.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
requirements:
  - PyYAML
  - cryptography, to tell when a client certificate expires
"""

EXAMPLES = r"""
- name: See which cluster kubectl would speak with
  kubeflow.bootstrap.kubeconfig_info:
  register: found

- name: Use another context
  kubeflow.bootstrap.kubeconfig_info:
    kubeconfig: ~/.kube/production
    context: admin@production

- name: See how another user would log in to the cluster of the current context
  kubeflow.bootstrap.kubeconfig_info:
    user: auditor
"""

RETURN = r"""
kubeconfig:
  description: What the files say.
  returned: success
  type: dict
  contains:
    source:
      description: Where it comes from, V(option), V(KUBECONFIG), V(~/.kube/config), V(K8S_AUTH_HOST),
        V(K8S_AUTH_KUBECONFIG) or V(in-cluster).
      type: str
      sample: KUBECONFIG
    files:
      description: The files that were read, in order of precedence.
      type: list
      elements: str
    context:
      description: The context that was chosen. Not set in a pod, nor if O(cluster) stands in for it.
      type: str
      sample: gke_my-project_us-central1-a_kubeflow
    cluster:
      description: The name of its cluster entry.
      type: str
    user:
      description: The name of its user entry.
      type: str
    namespace:
      description: The namespace of the context.
      type: str
    server:
      description: URL of the API server.
      type: str
      sample: https://10.0.0.1:6443
    tls:
      description: How the server is trusted.
      type: dict
      contains:
        verify:
          description: Whether its certificate is verified.
          type: bool
        ca:
          description: Where the certificate authority comes from, V(data), V(file) or V(system).
          type: str
        server_name:
          description: The name expected in the certificate, if not the host's.
          type: str
    proxy:
      description: URL of the proxy to the server, without its login. Not set if there is none.
      type: str
      sample: http://proxy.example.com:3128
    proxy_source:
      description: Who names the proxy, V(kubeconfig) or V(environment) for E(HTTPS_PROXY) and E(NO_PROXY).
      type: str
    auth:
      description: How the user logs in.
      type: dict
      contains:
        method:
          description: One of V(none), V(token), V(token-file), V(client-certificate), V(basic) and V(exec).
          type: str
        provider:
          description:
            - The auth-provider of an old kubeconfig that the method stands in for, V(gcp), V(azure) or V(oidc).
            - Not set if there is none.
          type: str
        expires:
          description:
            - When the client certificate or the token expires, as ISO 8601 in UTC.
            - Not set for what does not say, and for V(exec), whose token is got again each time.
          type: str
          sample: "2026-11-22T20:00:00Z"
        impersonates:
          description: As whom requests are made, if as somebody else than who logs in.
          type: dict
          contains:
            user:
              description: Name of the user.
              type: str
            groups:
              description: Names of the groups.
              type: list
              elements: str
        helper:
          description: The command that gets the credentials, for V(exec).
          type: str
          sample: gke-gcloud-auth-plugin
        helper_found:
          description: Whether that command is installed.
          type: bool
        helper_runs:
          description: Whether it runs, without a login. Not set for a command of which no harmless use is known.
          type: bool
        helper_version:
          description: What it says of its version.
          type: str
        helper_install:
          description: What to install if it does not exist or does not run.
          type: str
          sample: "Install it: gcloud components install gke-gcloud-auth-plugin"
    contexts:
      description: All contexts, by name.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the context.
          type: str
        cluster:
          description: Its cluster entry.
          type: str
        user:
          description: Its user entry.
          type: str
        namespace:
          description: Its namespace.
          type: str
        server:
          description: URL of its API server.
          type: str
    warnings:
      description:
        - What is doubtful, such as a certificate that is not verified, a login that has expired or will within 7 days,
          or a command that is missing. These are also warnings of the task.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.kubeconfig import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, kubeconfig_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {"argument_spec": TARGET_ARGUMENTS, "supports_check_mode": True}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Read; changes nothing."""
    kubeconfig = describe(kubeconfig_of(args, context))
    for warning in kubeconfig["warnings"]:
        context.warn(warning)
    return {"changed": False, "kubeconfig": kubeconfig}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
