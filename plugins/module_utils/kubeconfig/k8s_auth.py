# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables ``K8S_AUTH_*`` of kubernetes.core, in its order of precedence.

https://docs.ansible.com/ansible/latest/collections/kubernetes/core/k8s_module.html: a host with a login of its own is sufficient.
Else each setting overrides the kubeconfig. Automation controllers set some of these for their credentials.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote, urlsplit

from ..errors import BootstrapError
from ..http import urls
from .credentials import Credentials, authority, encoded, from_user, of_token
from .load import Connection, Kubeconfig, load

_PREFIX = "K8S_AUTH_"
_LOGIN = {"API_KEY": "token", "USERNAME": "username", "PASSWORD": "password", "CERT_FILE": "client-certificate", "KEY_FILE": "client-key"}
"""Each with the field of a kubeconfig's user that it stands in for."""
_SAME = {"CA_CERT": "SSL_CA_CERT", "VALIDATE_CERTS": "VERIFY_SSL", "CLIENT_CERT": "CERT_FILE", "CLIENT_KEY": "KEY_FILE"}
"""kubernetes.core also takes them by the name of its option, which has precedence."""
_NETWORK = ("HOST", "SSL_CA_CERT", "VERIFY_SSL", "PROXY", "NO_PROXY", "PROXY_HEADERS_PROXY_BASIC_AUTH")
_USED = (*_LOGIN, *_NETWORK, "KUBECONFIG", "CONTEXT", "IMPERSONATE_USER", "IMPERSONATE_GROUPS")
_IGNORED = {
    "PROXY_HEADERS_BASIC_AUTH": "a server's login is not a proxy's",
    "PROXY_HEADERS_USER_AGENT": "requests carry the name of this collection",
    "PERSIST_CONFIG": "no kubeconfig is ever written to",
}
_FALSE = ("", "false", "no", "off", "n", "f", "0", "0.0")
"""Values that Ansible takes for false, and the empty one."""
Named = Callable[[str], Kubeconfig]
Settings = Mapping[str, t.Union[str, list[str]]]  # noqa: UP007
"""Groups to impersonate are a list, or text with commas between them."""


def settings(env: Mapping[str, str]) -> dict[str, str]:
    """Those that are set and that say where the cluster is or how to log in, without their prefix."""
    by_name = {name: env[_PREFIX + name] for name in _USED if env.get(_PREFIX + name)}
    return {**by_name, **{name: env[_PREFIX + alias] for alias, name in _SAME.items() if env.get(_PREFIX + alias)}}


def unused(env: Mapping[str, str], because: str) -> str | None:
    """A warning of variables that are set where ``because`` (options) names the cluster."""
    names = [_PREFIX + name for name in settings(env)]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} set and not used: {because} names the cluster." if names else None


def ignored(env: Mapping[str, str]) -> list[str]:
    """Warnings of variables that kubernetes.core takes and that mean nothing here."""
    names = {_PREFIX + name: why for name, why in _IGNORED.items() if env.get(_PREFIX + name, "").strip().lower() not in _FALSE}
    return [f"{name} is set and ignored: {why}." for name, why in names.items()]


def kubeconfig_of(env: Mapping[str, str], named: Named) -> Kubeconfig:
    """The cluster that the variables name. ``named``: makes one of a server's URL."""
    variables = settings(env)
    try:
        return overridden(_base(variables, env, named), variables, env)
    except BootstrapError as error:
        raise BootstrapError(f"{_names(variables)}: {error.message}", fix=error.fix or "Correct the credential of that job.") from error


def overridden(kubeconfig: Kubeconfig, values: Settings, env: Mapping[str, str]) -> Kubeconfig:
    """``kubeconfig`` with a login and a way through the network of its own. ``values``: by variable, without prefix."""
    connection = kubeconfig.connection
    changes = {**_network(values, connection), "credentials": _credentials(values, connection, env)}
    ca_source = "file" if "SSL_CA_CERT" in values else kubeconfig.ca_source
    return replace(kubeconfig, connection=replace(connection, **changes), ca_source=ca_source)


def _names(variables: Mapping[str, str]) -> str:
    return " or ".join(_PREFIX + name for name in variables)


def _base(variables: Mapping[str, str], env: Mapping[str, str], named: Named) -> Kubeconfig:
    """What the other settings override. A host without a login takes none from a kubeconfig that was not named with it."""
    by_file = variables.get("KUBECONFIG"), variables.get("CONTEXT")
    login = variables.keys() & {"API_KEY"} or {"USERNAME", "PASSWORD"} <= variables.keys() or {"CERT_FILE", "KEY_FILE"} <= variables.keys()
    if not variables.get("HOST"):
        kubeconfig = load(*by_file, env)
        return replace(kubeconfig, source="K8S_AUTH_KUBECONFIG") if by_file[0] else kubeconfig
    if login or not any(by_file):
        return replace(named(_url(variables["HOST"])), source="K8S_AUTH_HOST")
    kubeconfig = load(*by_file, env)
    host = named(_url(variables["HOST"])).connection
    return replace(kubeconfig, source="K8S_AUTH_HOST", connection=replace(kubeconfig.connection, server=host.server))


def _url(host: str) -> str:
    """A host alone is what the credential "OpenShift or Kubernetes API Bearer Token" allows."""
    return host if "://" in host else f"https://{host}"


def _network(values: Settings, connection: Connection) -> dict[str, t.Any]:
    changes: dict[str, t.Any] = {}
    if "VERIFY_SSL" in values:
        changes["verify"] = str(values["VERIFY_SSL"]).strip().lower() not in _FALSE
    if "SSL_CA_CERT" in values:
        changes["ca"] = authority(str(values["SSL_CA_CERT"]))
    env = dict(connection.env)
    if "NO_PROXY" in values:
        env["NO_PROXY"] = str(values["NO_PROXY"])
    if "PROXY" in values:
        changes["proxy"] = None  # that of the kubeconfig
        env["HTTPS_PROXY"] = env["HTTP_PROXY"] = _proxy(str(values["PROXY"]), str(values.get("PROXY_HEADERS_PROXY_BASIC_AUTH") or ""))
    return {**changes, "env": env}


def _proxy(proxy: str, login: str) -> str:
    """The proxy with the login ``user:password`` for it."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not login or not urls.is_usable(url) or urlsplit(url).username:
        return url  # refused where it is used
    scheme, _mark, rest = url.partition("://")
    user, _colon, password = encoded("the login of the proxy", login).partition(b":")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def _credentials(values: Settings, connection: Connection, env: Mapping[str, str]) -> Credentials:
    """The login that is set, else that of the kubeconfig; so also the impersonation."""
    user = {field: values[name] for name, field in _LOGIN.items() if name in values}
    acting: dict[str, t.Any] = {}
    if "IMPERSONATE_USER" in values:
        acting["as"] = values["IMPERSONATE_USER"]
    if "IMPERSONATE_GROUPS" in values:
        groups = values["IMPERSONATE_GROUPS"]
        acting["as-groups"] = groups if isinstance(groups, list) else [group.strip() for group in groups.split(",") if group.strip()]
    login = connection.credentials
    if user:
        login = of_token(str(user["token"])) if user.keys() == {"token"} else from_user(user, {}, env)
    if not user and not acting:
        return login
    return login.acting_as(from_user(acting, {}, env) if acting else connection.credentials)
