# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options by which a module names its cluster."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - The kubeconfig file to read, or what such a file holds, as text or as a mapping. Paths in content begin at the current folder.
      - If not set, the files of the environment variable E(KUBECONFIG) are merged as C(kubectl) does, else C(~/.kube/config) is
        read, else the service account of the pod is used that this runs in.
      - If none of this, O(context), O(cluster), O(user) and O(server) is set, the variables of C(kubernetes.core) come first, which
        automation controllers set. E(K8S_AUTH_HOST) with a login of its own, which is E(K8S_AUTH_API_KEY), E(K8S_AUTH_USERNAME) and
        E(K8S_AUTH_PASSWORD), or E(K8S_AUTH_CERT_FILE) and E(K8S_AUTH_KEY_FILE), is the cluster. Else it is that of
        E(K8S_AUTH_KUBECONFIG) and E(K8S_AUTH_CONTEXT), or of the kubeconfig that would be read without these variables.
      - Each of E(K8S_AUTH_HOST), the login, E(K8S_AUTH_SSL_CA_CERT), E(K8S_AUTH_VERIFY_SSL), E(K8S_AUTH_PROXY), E(K8S_AUTH_NO_PROXY),
        E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH), E(K8S_AUTH_IMPERSONATE_USER) and E(K8S_AUTH_IMPERSONATE_GROUPS) lies over what the
        kubeconfig says. A host without a login gets that of no kubeconfig, unless E(K8S_AUTH_KUBECONFIG) or E(K8S_AUTH_CONTEXT) names one.
      - Where one of O(kubeconfig), O(context), O(cluster), O(user) and O(server) is set, none of these variables is used. A warning names
        those that are set and not used.
      - The file is never written to, and its current context stays what it is.
    type: raw
  context:
    description:
      - The context to use.
      - If not set, the current context.
    type: str
  cluster:
    description:
      - The cluster entry of the kubeconfig to use instead of the one that the context names, like the option C(--cluster) of C(kubectl).
    type: str
  user:
    description:
      - The user entry of the kubeconfig to use instead of the one that the context names, like the option C(--user) of C(kubectl).
    type: str
  server:
    description:
      - The URL of an API server that is in no kubeconfig, like the option C(--server) of C(kubectl). Then no kubeconfig is read.
    type: str
    aliases: [host]
  certificate_authority:
    description:
      - A file with the certificate authority of the server, in PEM, instead of that of the kubeconfig. If there is neither, this machine's
        own ones.
    type: path
    aliases: [ca_cert, ssl_ca_cert]
  validate_certs:
    description:
      - Whether the certificate of the server is verified. If not set, it is, unless the kubeconfig says otherwise.
    type: bool
    aliases: [verify_ssl]
  token:
    description:
      - A token to log in with, instead of how the user of the kubeconfig would, such as that of M(kubeflow.bootstrap.openshift_login).
      - It is written nowhere.
    type: str
    aliases: [api_key]
  client_cert:
    description:
      - A file with a client certificate to log in with, in PEM, instead of how the user of the kubeconfig would. Needs O(client_key).
    type: path
  client_key:
    description:
      - The file with the key of O(client_cert), in PEM.
    type: path
  impersonate_user:
    description:
      - The user to act as, like the option C(--as) of C(kubectl).
    type: str
  impersonate_groups:
    description:
      - The groups to act as, like the option C(--as-group) of C(kubectl). Needs O(impersonate_user).
    type: list
    elements: str
  proxy:
    description:
      - The URL of the HTTP proxy to the server, instead of those of the kubeconfig and the environment. It may hold a login.
    type: str
  no_proxy:
    description:
      - Hosts that are reached without a proxy, with commas between them, instead of those of the environment variable E(NO_PROXY).
    type: str
attributes:
  action_group:
    description: Use C(group/kubeflow.bootstrap.target) in C(module_defaults) to set these options for all modules that talk to the cluster.
    support: full
    membership:
      - kubeflow.bootstrap.target
notes:
  - Options by which modules of C(kubernetes.core) authenticate are taken by the same names. Of theirs, O(ignore:username) and
    O(ignore:password) are set in a kubeconfig or by E(K8S_AUTH_USERNAME) and E(K8S_AUTH_PASSWORD); the login of a proxy is a part of
    O(proxy), so there is no O(ignore:proxy_headers); and as no kubeconfig is written to, there is no O(ignore:persist_config).
"""
