#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module auth."""

from __future__ import annotations

DOCUMENTATION = r"""
module: auth
short_description: Find out what users need to log in to Kubeflow
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Chooses how users log in, checks what that needs, and returns the parameters of the application for it, with the Secret that it needs.
    The application holds the names of Secrets only.
  - It only reads. The Secrets are made when the application is deployed, with the option C(secrets) of
    M(kubeflow.bootstrap.deploy).
  - A Secret that is in the cluster already is handed on as it is where no new value is given, so that a value is needed in one run only.
  - RV(secrets) holds values that are not to be seen. Use C(no_log) for the task.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
    details: A password that was made is kept as soon as the cluster has its Secret.
options:
  state:
    description: With V(absent), what the application is to have of it is nothing. The Secrets go with the application.
    type: str
    choices: [present, absent]
    default: present
  kind:
    description:
      - V(iap) is Google's Identity-Aware Proxy, V(oidc) an issuer of OpenID Connect, V(openshift) the accounts of OpenShift, and V(static)
        one user with a password, for trials.
      - V(auto) takes the first of O(kinds) that holds.
    type: str
    choices: [auto, iap, oidc, openshift, static]
    default: auto
  kinds:
    description:
      - What V(auto) chooses from. Each has C(kind), C(reason) and C(when), a condition in JMESPath over O(facts) and what was given
        (C(given)).
    type: list
    elements: dict
    default: []
  facts:
    description: The facts C(cluster) and C(cloud), as M(kubeflow.bootstrap.cluster_info) and M(kubeflow.bootstrap.cloud_info) return them.
    type: dict
    default: {}
  namespace:
    description: The namespace of the application.
    type: str
    default: kubeflow
  hostname:
    description: The host name under which users come. OpenShift and issuers send them back to it.
    type: str
  client_id:
    description: The id of the OAuth client, for V(iap) and V(oidc).
    type: str
  client_secret:
    description:
      - Its secret. Take it from Ansible Vault, the environment or a lookup.
      - If not set, that of the Secret which is in the cluster already.
    type: str
  issuer:
    description: For V(oidc), the URL of the issuer. Its discovery document is read and checked.
    type: str
  issuer_ca:
    description: A file with the certificate authority of the issuer, in PEM, if it is not one that this machine trusts.
    type: path
  verify_issuer:
    description: Whether the issuer is asked. V(false) is for one that is reached from the cluster only.
    type: bool
    default: true
  user_claim:
    description: For V(oidc), the claim that is the user's name. If not set, C(email).
    type: str
  audience:
    description:
      - For V(iap), the audience of the signed header, C(/projects/NUMBER/global/backendServices/ID).
      - If not set, that of the backend service which GKE made for the gateway in O(namespace). Before there is one, nobody can log in,
        and another run fills it in.
    type: str
  project:
    description: For V(iap), the project at Google. If not set, that of O(facts).
    type: str
  username:
    description: For V(static), the name of the user.
    type: str
    default: kubeflow
  password:
    description:
      - For V(static), the password, of 8 to 72 bytes.
      - If not set, the one that the Secret has. If there is none, one is made and shown once, on the terminal alone. That needs the
        controller to be the task's host.
    type: str
  secret_name:
    description: The name of the Secret. If not set, C(kubeflow-oauth), C(kubeflow-oidc) or C(kubeflow-users).
    type: str
  allowed_users:
    description: User names that may log in, or C(@example.com) for all with that ending. If empty, all whom the login lets through.
    type: list
    elements: str
    default: []
requirements:
  - jmespath, for O(kind=auto)
  - bcrypt, for O(kind=static)
  - google-auth and requests, for O(kind=iap) without O(audience)
notes:
  - For O(kind=iap) without O(audience) the permissions C(serviceusage.services.get) and C(compute.backendServices.get) are needed, with
    Google's default credentials.
  - To see whether a Secret already exists takes the right to get it.
"""

EXAMPLES = r"""
- name: Users log in at an issuer
  kubeflow.bootstrap.auth:
    kind: oidc
    issuer: https://login.example.com/realms/ml
    client_id: kubeflow
    client_secret: "{{ vault_client_secret }}"
    hostname: kubeflow.example.com
    allowed_users: ["@example.com"]
  no_log: true
  register: login

- name: One user for a trial
  kubeflow.bootstrap.auth:
    kind: static
    username: me
  no_log: true
  register: login
"""

RETURN = r"""
kind:
  description: How users log in.
  returned: O(state=present)
  type: str
  sample: oidc
step:
  description: What the application is to have of it. No value of a Secret is in it.
  returned: success
  type: dict
  contains:
    parameters:
      description: Values for the components that declare such a parameter.
      type: dict
      sample:
        jupyterHubAuthenticator: oidc
        oidcIssuer: https://login.example.com/realms/ml
        oidcClientId: kubeflow
        oidcSecretName: kubeflow-oidc
    components:
      description: Always empty.
      type: dict
    reason:
      description: Why this kind, in a sentence.
      type: str
    record:
      description: What to keep of it with the application.
      type: dict
secrets:
  description: The Secret that it needs. It has C(name), C(namespace), C(type) and C(data), which is in base64 as Kubernetes has it.
  returned: success
  type: list
  elements: dict
said:
  description: What users or an administrator have to do, in sentences.
  returned: success
  type: str
"""

import contextlib
import json
import typing as t
from collections.abc import Callable

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.google_api import GoogleApi
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.auth import iap, oidc, openshift, static
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.auth.login import Login, LoginSpec, choose

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "kind": {"type": "str", "choices": ["auto", "iap", "oidc", "openshift", "static"], "default": "auto"},
        "kinds": {"type": "list", "elements": "dict", "default": []},
        "facts": {"type": "dict", "default": {}},
        "namespace": {"type": "str", "default": "kubeflow"},
        "hostname": {"type": "str"},
        "client_id": {"type": "str"},
        "client_secret": {"type": "str", "no_log": True},
        "issuer": {"type": "str"},
        "issuer_ca": {"type": "path"},
        "verify_issuer": {"type": "bool", "default": True},
        "user_claim": {"type": "str"},
        "audience": {"type": "str"},
        "project": {"type": "str"},
        "username": {"type": "str", "default": "kubeflow"},
        "password": {"type": "str", "no_log": True},
        "secret_name": {"type": "str", "no_log": False},
        "allowed_users": {"type": "list", "elements": "str", "default": []},
    },
    "supports_check_mode": True,
}

_SAME = ("namespace", "hostname", "client_id", "client_secret", "issuer", "issuer_ca", "verify_issuer", "user_claim", "audience")


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Choose and check the login; pass it to the application."""
    if args["state"] == "absent":
        message = "The Secrets of the login go with the application."
        step: dict[str, t.Any] = {"parameters": {}, "components": {}, "reason": message, "record": {}}
        return {"changed": False, "step": step, "secrets": [], "said": message}
    facts = args["facts"]
    spec = LoginSpec(
        **{key: args[key] for key in _SAME},
        project=args["project"] or (facts.get("cloud") or {}).get("account"),
        user=args["username"],
        password=args["password"],
        secret_name=args["secret_name"],
        allowed_users=tuple(args["allowed_users"]),
    )
    options = {key: args[key] for key in ("hostname", "issuer", "client_id", "audience", "project")}
    kind, reason = choose(args["kind"], args["kinds"], facts, options)
    login = _login(kind, reason, spec, args, context)
    if spec.allowed_users:
        login.parameters["allowedUsers"] = list(spec.allowed_users)
    step = {"parameters": login.parameters, "components": {}, "reason": login.reason, "record": login.record}
    result = {"kind": kind, "step": step, "said": " ".join(login.sentences)}
    _apart(result, spec)
    if login.generated and not context.check:
        _show(context, spec, login.generated)
    return {"changed": login.changed, **result, "secrets": login.secrets(spec.namespace)}


def _login(kind: str, reason: str, spec: LoginSpec, args: dict[str, t.Any], context: Context) -> Login:
    with contextlib.ExitStack() as stack:
        clients: list[Client] = []

        def cluster() -> Client:
            if not clients:
                clients.append(stack.enter_context(connect(args, context)))
            return clients[0]

        def google(service: str) -> GoogleApi:
            return GoogleApi(context.env, service, say=context.progress)

        logins: dict[str, Callable[[], Login]] = {
            "iap": lambda: iap.login(spec, reason, cluster, google),
            "oidc": lambda: oidc.login(spec, reason, cluster, context.env),
            "openshift": lambda: openshift.login(spec, reason, args["facts"].get("cluster") or {}),
            "static": lambda: static.login(spec, reason, cluster),
        }
        return logins[kind]()


def _apart(result: dict[str, t.Any], spec: LoginSpec) -> None:
    """Ansible masks each value of a ``no_log`` option wherever it occurs in a result: names would get lost."""
    text = json.dumps(result, ensure_ascii=False)
    for option in ("client_secret", "password"):
        secret = getattr(spec, option)
        if secret and secret in text:
            raise BootstrapError(f"The {option} is a part of a name or an address that can be seen.", fix="Take another one.")


def _show(context: Context, spec: LoginSpec, password: str) -> None:
    if context.show is None:
        raise BootstrapError(
            "A password can be made only where it can be shown, which is on the controller, and not in AWX, which keeps all output.",
            fix="Run this with connection: local, or set password (kubeflow_auth_password).",
        )
    context.show(f"The password of the user {spec.user} is {password}")
    context.show("It is shown this once, and kept nowhere: note it down.")


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
