#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module certificate."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Choose, check or make the certificate of an application's host name
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Says where the certificate of a host name is to come from, and what an application needs for that. It writes neither to the cluster
    nor to a disk. RV(secret) is to be applied with the application.
  - A certificate of your own is checked first. The key must belong to it, it must be valid today and cover the host name. Its chain is put
    in order.
  - A certificate that signs itself is made once. If the Secret is in the cluster already, the certificate in it is kept until it is about
    to expire or is for another host name. One that others put there is used as it is.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.target
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - Whether the certificate should exist. With V(absent) nothing is to be done, for the Secret and the issuer are objects of the
        application, and go with it.
    type: str
    choices: [present, absent]
    default: present
  kind:
    description:
      - Where it comes from.
      - V(cert-manager) asks an issuer of cert-manager in the cluster. If none is ready, the application gets one of its own, with ACME if
        O(email) is set and the name can be on the internet, otherwise one whose certificates sign themselves.
      - V(google-managed) lets Google make it, for a component C(iap-ingress) on GKE.
      - V(files) takes yours, O(crt) and O(key) or O(crt_file) and O(key_file).
      - V(self-signed) makes one here.
      - V(none) leaves it to others.
      - With V(auto) the O(rules) choose.
    type: str
    choices: [auto, cert-manager, google-managed, files, self-signed, none]
    default: auto
  application:
    description: Name of the application that the certificate is for.
    type: str
    required: true
  cluster_uid:
    description: UID of the cluster, as in C(cluster.uid) of the facts.
    type: str
    required: true
  namespace:
    description: Namespace of the application.
    type: str
    default: kubeflow
  facts:
    description: What is known of C(cloud) and C(cluster), as the role kubeflow collects it.
    type: dict
    default: {}
  hostname:
    description: The host name. Needed unless the kind is V(none).
    type: str
  dns:
    description: What the module M(kubeflow.bootstrap.dns_name) returned as C(step.record), for the solver of ACME.
    type: dict
    default: {}
  components:
    description: The application's components, by name, each with C(prototype).
    type: dict
    default: {}
  parameters:
    description: The user's parameters, by component. If they name an issuer or a Secret for the certificate, that is left alone.
    type: dict
    default: {}
  rules:
    description: Files of rules that choose C(kind), C(issuer), C(issuerType) and C(solver), written as those of the plan.
    type: list
    elements: path
    required: true
  crt:
    description: Your certificate as PEM, with those of who signed it.
    type: str
  key:
    description: The key of O(crt) as PEM, for instance from Ansible Vault.
    type: str
  crt_file:
    description: A file with your certificate as PEM.
    type: path
  key_file:
    description: A file with its key as PEM.
    type: path
  secret_name:
    description: Name of the Secret for a certificate of the kind V(files) or V(self-signed).
    type: str
    default: kubeflow-certificate
  issuer:
    description: A ClusterIssuer of cert-manager to ask.
    type: str
  email:
    description: Mail address for the account at the ACME server.
    type: str
  acme_url:
    description: Directory of the ACME server. If not set, that of Let's Encrypt.
    type: str
  solver:
    description:
      - How the ACME server is shown whose the name is. If not set, V(dns01) where C(provider) in O(dns) is C(clouddns), else V(http01).
    type: str
    choices: [http01, dns01]
  days:
    description: How long a certificate that is made here is valid.
    type: int
    default: 365
  renew_before:
    description: How many days before it expires a new one is made.
    type: int
    default: 30
requirements:
  - cryptography (for V(files) and V(self-signed))
  - PyYAML and jmespath
notes:
  - RV(secret) holds the key. Set C(no_log) on the task, as the role P(kubeflow.bootstrap.certificates#role) does.
  - It needs the right to read the Secret (kind V(self-signed)) and to list issuers (kinds V(auto) and V(cert-manager)).
"""

EXAMPLES = r"""
- name: Make a certificate for a trial
  kubeflow.bootstrap.certificate:
    kind: self-signed
    application: kubeflow
    cluster_uid: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    hostname: 203-0-113-10.sslip.io
    rules: [kinds.yml]
  register: made
  no_log: true

- name: Check a certificate of your own, whose key is in a vault
  kubeflow.bootstrap.certificate:
    kind: files
    application: kubeflow
    cluster_uid: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1
    hostname: kubeflow.example.com
    crt: "{{ lookup('ansible.builtin.file', 'kubeflow.crt') }}"
    key: "{{ vaulted_key }}"
    rules: [kinds.yml]
  register: checked
  no_log: true
"""

RETURN = r"""
kind:
  description: Where it comes from, as in O(kind), but never V(auto).
  returned: success
  type: str
  sample: cert-manager
secret:
  description: The Secret to apply with the application, where there is to be one. Its values are in base64, as Kubernetes has them.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: kubeflow-certificate
    namespace:
      description: Its namespace.
      type: str
      sample: kubeflow
    type:
      description: Its type.
      type: str
      sample: kubernetes.io/tls
    data:
      description: C(tls.crt) and C(tls.key).
      type: dict
step:
  description: What the application is to have of it. There is no secret in it.
  returned: success
  type: dict
  contains:
    parameters:
      description: Values for the components that declare such a parameter.
      type: dict
      sample:
        tlsIssuer: letsencrypt-prod
    components:
      description: The component with an issuer, if the application gets one.
      type: dict
    reason:
      description: Why, in a sentence.
      type: str
    record:
      description: What to keep of it with the application.
      type: dict
said:
  description: What was chosen or done, in a sentence.
  returned: success
  type: str
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import

# isort: split
from ansible_collections.kubeflow.bootstrap.plugins.module_utils import files
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.packages import components
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.redact import path_text
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.certificates.step import KINDS, CertificateSpec, present

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "kind": {"type": "str", "choices": ["auto", *KINDS], "default": "auto"},
        "application": {"type": "str", "required": True},
        "cluster_uid": {"type": "str", "required": True},
        "namespace": {"type": "str", "default": "kubeflow"},
        "facts": {"type": "dict", "default": {}},
        "hostname": {"type": "str"},
        "dns": {"type": "dict", "default": {}},
        "components": {"type": "dict", "default": {}},
        "parameters": {"type": "dict", "default": {}},
        "rules": {"type": "list", "elements": "path", "required": True},
        "crt": {"type": "str"},
        "key": {"type": "str", "no_log": True},
        "crt_file": {"type": "path"},
        "key_file": {"type": "path", "no_log": False},
        "secret_name": {"type": "str", "default": "kubeflow-certificate", "no_log": False},
        "issuer": {"type": "str"},
        "email": {"type": "str"},
        "acme_url": {"type": "str"},
        "solver": {"type": "str", "choices": ["http01", "dns01"]},
        "days": {"type": "int", "default": 365},
        "renew_before": {"type": "int", "default": 30},
    },
    "mutually_exclusive": [("crt", "crt_file"), ("key", "key_file")],
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Choose, check or generate; changes nothing outside of the result."""
    if args["state"] == "absent":
        message = "The certificate's Secret and issuer go with the application."
        step: dict[str, t.Any] = {"parameters": {}, "components": {}, "reason": message, "record": {}}
        return {"changed": False, "kind": "none", "secret": None, "step": step, "said": message}
    same = ("application", "namespace", "kind", "facts", "parameters", "secret_name", "issuer", "email", "acme_url", "solver", "dns")
    spec = CertificateSpec(
        **{name: args[name] for name in same},
        cluster=args["cluster_uid"],
        hostname=(args["hostname"] or "").lower().rstrip("."),
        components=components(args["components"]) if args["components"] else {},
        crt=args["crt"] or _read(args["crt_file"]),
        key=args["key"] or _read(args["key_file"]),
        called=(path_text(args["crt_file"] or "The certificate"), path_text(args["key_file"] or "The key")),
        days=args["days"],
        renew_before=args["renew_before"],
    )
    result = present(spec, load(args["rules"]), lambda: connect(args, context), context)
    if not context.diff:
        result.pop("diff")
    return result


def _read(path: str | None) -> str | None:
    if not path:
        return None
    try:
        return files.read_text(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BootstrapError(f"{path_text(path)} can't be read: {why}.", fix="Name a file with PEM in it.") from None


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
