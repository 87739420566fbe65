# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options by which a module names its cluster. Private to the collection."""

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
      - Where an option names the cluster, none of these variables is used. A warning names those that are set and not used.
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
  certificate_authority:
    description:
      - A file with the certificate authority of O(server), in PEM. If not set, this machine's own ones.
    type: path
  token:
    description:
      - A token to log in with, instead of how the user of the kubeconfig would, such as that of M(kubeflow.bootstrap.openshift_login).
      - It is written nowhere.
    type: str
"""
