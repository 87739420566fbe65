# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in with the accounts of OpenShift.

The ServiceAccount of the hub is the OAuth client, with its own token as the secret: nothing is registered, and nothing has to be kept
(https://docs.openshift.com/container-platform/4.17/authentication/using-service-accounts-as-oauth-client.html).
"""

from __future__ import annotations

from ...errors import BootstrapError
from ...formats.json_object import Json
from .login import Login, LoginSpec, returned

_API = "oauth.openshift.io/v1"


def login(spec: LoginSpec, reason: str, cluster: Json) -> Login:
    """``cluster``: the facts. Raises ``BootstrapError`` where the cluster has no such login, or no host name is known."""
    apis = cluster.get("apis")
    if apis and _API not in apis:
        raise BootstrapError(
            f"The cluster does not serve {_API}, so nobody can log in with accounts of OpenShift.", fix="Set another kind."
        )
    if not spec.hostname:
        raise BootstrapError("OpenShift sends users back to a host name, and none is known.", fix="Set hostname (kubeflow_auth_hostname).")
    if spec.client_secret:
        raise BootstrapError("The login of OpenShift needs no client secret: the hub's ServiceAccount is the client.", fix="Leave it out.")
    parameters = {"jupyterHubAuthenticator": "openshift", "cloud": "openshift"}
    sentence = f"Users log in with their accounts of OpenShift, which sends them back to {returned(spec.hostname)}."
    return Login(parameters, reason, {"kind": "openshift"}, [sentence])
