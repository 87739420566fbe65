#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module openshift_login."""

from __future__ import annotations

DOCUMENTATION = r"""
module: openshift_login
short_description: Get a token of OpenShift for a user name and a password, or revoke one
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Logs in to OpenShift's OAuth server with a user name and a password and returns a token. No kubeconfig is read or written.
  - With O(state=absent) the token is revoked, so that nobody can use it any more.
  - Certificates are always verified.
  - RV(token) is not to be seen. Use C(no_log) for the task.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: partial
    details: Without a login nothing can be read from the cluster, so it logs in, in check mode too. A token is not revoked.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: Each login makes a token. Revoking one a second time changes nothing.
options:
  state:
    description: Whether to log in, or to end a token.
    type: str
    choices: [present, absent]
    default: present
  host:
    description: The URL of OpenShift's API server.
    type: str
    required: true
  username:
    description: The user's name.
    type: str
  password:
    description: The user's password. Take it from Ansible Vault, the environment or a lookup.
    type: str
  token:
    description: The token to revoke.
    type: str
  ca_cert:
    description: A file with the certificate authority of the API server and the OAuth server, in PEM, if this machine does not trust it.
    type: path
requirements:
  - openshift, to revoke a token
notes:
  - The identity provider of OpenShift must take user names and passwords from programs, as htpasswd and LDAP do. Those that want a
    browser don't.
"""

EXAMPLES = r"""
- name: Work on OpenShift as a user
  block:
    - name: Log in
      kubeflow.bootstrap.openshift_login:
        host: https://api.ocp.example.com:6443
        username: me
        password: "{{ vault_password }}"
      no_log: true
      register: login

    - name: See who that is
      kubernetes.core.k8s_info:
        host: https://api.ocp.example.com:6443
        api_key: "{{ login.token }}"
        api_version: user.openshift.io/v1
        kind: User
        name: "~"
  always:
    - name: Log out
      kubeflow.bootstrap.openshift_login:
        state: absent
        host: https://api.ocp.example.com:6443
        token: "{{ login.token }}"
      no_log: true
      when: login.token is defined
"""

RETURN = r"""
token:
  description: The token.
  returned: O(state=present)
  type: str
expires_in:
  description: Seconds that it is good for. Not set where the server does not say.
  returned: O(state=present)
  type: int
  sample: 86400
scopes:
  description: What it may be used for.
  returned: O(state=present)
  type: list
  elements: str
  sample: ["user:full"]
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.openshift_login import session

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "host": {"type": "str", "required": True},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "token": {"type": "str", "no_log": True},
        "ca_cert": {"type": "path"},
    },
    "required_if": [("state", "present", ("username", "password")), ("state", "absent", ("token",))],
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Log in, or out."""
    host, ca = args["host"], args["ca_cert"]
    if args["state"] == "absent":
        return {"changed": session.revoke(host, args["token"], ca, check=context.check)}
    token = session.login(host, args["username"], args["password"], ca, context.env)
    # The token is revoked with the play, so there is no lasting change.
    return {"changed": False, "token": token.value, "expires_in": token.expires, "scopes": list(token.scopes)}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
