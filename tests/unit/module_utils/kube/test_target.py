# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster that a module's arguments name."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.kubeflow.bootstrap.plugins.doc_fragments.target import ModuleDocFragment
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect, kubeconfig_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.transport import proxy_of
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context


def test_arguments_come_before_the_environment_of_the_task(write_kubeconfig: t.Any, server: t.Any) -> None:
    named = write_kubeconfig("named", cluster={"server": server.url}, context="mine")
    other = write_kubeconfig("other", context="other")
    context = Context(env={"KUBECONFIG": str(other)})
    nothing = dict.fromkeys(TARGET_ARGUMENTS)
    assert kubeconfig_of(nothing, context).context == "other"
    assert kubeconfig_of({**nothing, "kubeconfig": str(named)}, context).context == "mine"
    with pytest.raises(BootstrapError, match="has no context 'mine'"):
        kubeconfig_of({**nothing, "context": "mine"}, context)
    server.routes["/version"] = {"major": "1"}
    with connect({**nothing, "kubeconfig": str(named)}, context) as client:
        assert client.document("/version") == {"major": "1"}


def test_a_token_stands_in_for_the_user(write_kubeconfig: t.Any, server: t.Any) -> None:
    path = write_kubeconfig("named", cluster={"server": server.url}, user={"token": "of-the-kubeconfig"}, context="mine")
    server.routes["/version"] = {"major": "1"}
    arguments = {**dict.fromkeys(TARGET_ARGUMENTS), "kubeconfig": str(path), "token": "of-a-login"}
    result = kubeconfig_of(arguments, Context(env={}))
    assert "of-a-login" not in repr(result)
    with connect(arguments, Context(env={})) as client:
        client.document("/version")
    assert server.requests[-1].headers["authorization"] == "Bearer of-a-login"
    with pytest.raises(BootstrapError, match="line break"):
        kubeconfig_of({**arguments, "token": "a\nb"}, Context(env={}))


def test_a_cluster_that_is_in_no_kubeconfig(server: t.Any, tmp_path: t.Any) -> None:
    server.routes["/version"] = {"major": "1"}
    arguments = {**dict.fromkeys(TARGET_ARGUMENTS), "server": f"{server.url}/", "token": "of-a-login"}
    context = Context(env={"KUBECONFIG": str(tmp_path / "missing")})
    with connect(arguments, context) as client:
        assert client.document("/version") == {"major": "1"}
    assert server.requests[-1].headers["authorization"] == "Bearer of-a-login"
    assert (kubeconfig_of(arguments, context).context, kubeconfig_of(arguments, context).files) == (None, [])
    for wrong in ({"server": "api.example.com"}, {"certificate_authority": str(tmp_path)}):
        with pytest.raises(BootstrapError, match=r"is not the URL of an API server|can't be read: Is a directory"):
            kubeconfig_of({**arguments, **wrong}, context)


def test_the_cluster_of_a_bearer_token_credential(write_kubeconfig: t.Any, server: t.Any, tmp_path: t.Any) -> None:
    server.routes["/version"] = {"major": "1"}
    env = {"K8S_AUTH_HOST": server.url, "K8S_AUTH_API_KEY": "of-the-credential", "HOME": str(tmp_path), "K8S_AUTH_VERIFY_SSL": "False"}
    nothing = dict.fromkeys(TARGET_ARGUMENTS)
    with connect(nothing, Context(env=env)) as client:
        client.document("/version")
    assert server.requests[-1].headers["authorization"] == "Bearer of-the-credential"
    result = kubeconfig_of(nothing, Context(env=env))
    assert (result.source, result.connection.verify) == ("K8S_AUTH_HOST", False)
    assert kubeconfig_of(nothing, Context(env={**env, "K8S_AUTH_VERIFY_SSL": "True"})).connection.verify
    assert (
        kubeconfig_of(nothing, Context(env={**env, "K8S_AUTH_HOST": "api.example.com:6443"})).connection.server
        == "https://api.example.com:6443"
    )
    # A kubeconfig that somebody names as an option wins, and it is said so; one of the environment does not, as in kubernetes.core.
    named = write_kubeconfig("named", cluster={"server": "https://named"}, context="mine")
    message: list[str] = []
    assert kubeconfig_of({**nothing, "kubeconfig": str(named)}, Context(env=env, warn=message.append)).context == "mine"
    assert message == ["K8S_AUTH_API_KEY, K8S_AUTH_HOST, K8S_AUTH_VERIFY_SSL are set and not used: kubeconfig names the cluster."]
    assert kubeconfig_of(nothing, Context(env={**env, "KUBECONFIG": str(named)})).source == "K8S_AUTH_HOST"
    with pytest.raises(BootstrapError, match="K8S_AUTH_SSL_CA_CERT.* can't be read"):
        kubeconfig_of(nothing, Context(env={**env, "K8S_AUTH_SSL_CA_CERT": str(tmp_path / "missing")}))


# Options of kubernetes.core 6.6, in the order of its documentation (plugins/doc_fragments/k8s_auth_options.py), by the names that it takes.
KUBERNETES_CORE = ("host", "api_key", "kubeconfig", "context", "impersonate_user", "impersonate_groups", "client_cert", "client_key")
KUBERNETES_CORE += ("ca_cert", "ssl_ca_cert", "validate_certs", "verify_ssl", "proxy", "no_proxy")
NO_OPTION = {"username", "password", "proxy_headers", "persist_config"}


def test_options_of_kubernetes_core_are_taken_by_their_names() -> None:
    spec = ArgumentSpecValidator(TARGET_ARGUMENTS)
    values = {name: "yes" for name in KUBERNETES_CORE}
    assert not [name for name in KUBERNETES_CORE if spec.validate({name: values[name]}).error_messages]
    assert all(spec.validate({name: "yes"}).unsupported_parameters for name in NO_OPTION)
    notes = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["notes"][0]
    assert set(re.findall(r"O\(ignore:(\w+)\)", notes)) == NO_OPTION


def test_options_override_what_the_kubeconfig_says(write_kubeconfig: t.Any, tmp_path: t.Any) -> None:
    user = {"token": "of-the-kubeconfig", "as": "them"}
    path = write_kubeconfig("named", cluster={"server": "https://a", "proxy-url": "http://theirs:1"}, user=user, context="mine")
    ca = tmp_path / "ca.pem"
    ca.write_text("an authority")

    def connection(**options: object) -> t.Any:
        args = ArgumentSpecValidator(TARGET_ARGUMENTS).validate({"kubeconfig": str(path), **options}).validated_parameters
        return kubeconfig_of(args, Context(env={})).connection

    assert connection().verify and connection(verify_ssl=True).verify and not connection(validate_certs="no").verify
    assert (connection().ca, connection(ca_cert=str(ca)).ca) == (None, "an authority")
    assert connection(api_key="mine").credentials.headers() == {"Authorization": "Bearer mine", "Impersonate-User": "them"}
    acting = connection(impersonate_user="alice", impersonate_groups=["cn=x,dc=y", "z"]).credentials
    assert acting.impersonates() == {"user": "alice", "groups": ["cn=x,dc=y", "z"]}
    assert acting.headers()["Authorization"] == "Bearer of-the-kubeconfig"
    assert (proxy_of(connection()), proxy_of(connection(proxy="http://ours:2"))) == ("http://theirs:1", "http://ours:2")
    assert proxy_of(connection(proxy="http://ours:2", no_proxy="b,a")) is None
    with pytest.raises(BootstrapError, match="client_cert and client_key belong together, one is missing. Set both"):
        connection(client_cert=str(ca))
    with pytest.raises(BootstrapError, match=f"^client_cert or client_key: .*{tmp_path}/missing"):
        connection(client_cert=str(ca), client_key=str(tmp_path / "missing"))


def test_the_variables_of_kubernetes_core_lie_over_the_kubeconfig(write_kubeconfig: t.Any, tmp_path: t.Any) -> None:
    a = write_kubeconfig("a", cluster={"server": "https://a", "proxy-url": "http://theirs:1"}, user={"token": "of-a"}, context="one")
    b = write_kubeconfig("b", cluster={"server": "https://b"}, user={"token": "of-b", "as": "them"}, context="two")
    ca = tmp_path / "ca.pem"
    ca.write_text("an authority")
    nothing = dict.fromkeys(TARGET_ARGUMENTS)

    def result(**variables: str) -> t.Any:
        env = {f"K8S_AUTH_{name}": value for name, value in variables.items()}
        return kubeconfig_of(nothing, Context(env={"KUBECONFIG": str(a), "HOME": str(tmp_path), **env}))

    assert result(PERSIST_CONFIG="true").connection.server == "https://a"
    assert (result(KUBECONFIG=str(b)).connection.server, result(KUBECONFIG=str(b)).source) == ("https://b", "K8S_AUTH_KUBECONFIG")
    with pytest.raises(BootstrapError, match="K8S_AUTH_CONTEXT: .* has no context 'two'. There are: one"):
        result(CONTEXT="two")
    with pytest.raises(BootstrapError, match="K8S_AUTH_KUBECONFIG or K8S_AUTH_CONTEXT: .* has no context 'one'"):
        result(KUBECONFIG=str(b), CONTEXT="one")
    # A host beside a kubeconfig takes its login; alone it gets none of a kubeconfig that nobody named for it.
    assert result(HOST="other", KUBECONFIG=str(b)).connection.server == "https://other"
    assert result(HOST="other", KUBECONFIG=str(b)).connection.credentials.headers()["Authorization"] == "Bearer of-b"
    assert result(HOST="other").connection.credentials.headers() == {}
    assert result(HOST="other", USERNAME="u", PASSWORD="p", KUBECONFIG=str(b)).connection.credentials.headers() == {
        "Authorization": "Basic dTpw"
    }
    # One setting over the kubeconfig's.
    assert result(API_KEY="mine").connection.credentials.headers() == {"Authorization": "Bearer mine"}
    assert result(KUBECONFIG=str(b), API_KEY="mine").connection.credentials.headers() == {
        "Authorization": "Bearer mine",
        "Impersonate-User": "them",
    }
    acting = result(IMPERSONATE_USER="alice", IMPERSONATE_GROUPS="x, y").connection.credentials
    assert acting.headers() == {"Authorization": "Bearer of-a", "Impersonate-User": "alice"}
    assert acting.impersonates() == {"user": "alice", "groups": ["x", "y"]}
    assert result(VERIFY_SSL="no").connection.verify is False
    assert result(VALIDATE_CERTS="no", VERIFY_SSL="yes").connection.verify is False
    assert (result(SSL_CA_CERT=str(ca)).connection.ca, result(CA_CERT=str(ca)).ca_source) == ("an authority", "file")
    assert proxy_of(result().connection) == "http://theirs:1"
    assert proxy_of(result(PROXY="ours:2").connection) == "http://ours:2"
    assert proxy_of(result(PROXY="http://ours:2", PROXY_HEADERS_PROXY_BASIC_AUTH="u:p@ss").connection) == "http://u:p%40ss@ours:2"
    assert proxy_of(result(PROXY="http://ours:2", NO_PROXY="a").connection) is None
    for wrong in ({"CERT_FILE": str(ca)}, {"IMPERSONATE_GROUPS": "x"}, {"API_KEY": "a\nb"}):
        with pytest.raises(BootstrapError, match=f"K8S_AUTH_{next(iter(wrong))}"):
            result(**wrong)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PERSIST_CONFIG", "true", "K8S_AUTH_PERSIST_CONFIG is set and ignored: no kubeconfig is ever written to."),
        ("PERSIST_CONFIG", "no", None),
        ("PROXY_HEADERS_USER_AGENT", "x", "K8S_AUTH_PROXY_HEADERS_USER_AGENT is set and ignored: "),
        ("HOST", "x", "K8S_AUTH_HOST is set and not used: context names the cluster."),
    ],
)
def test_a_variable_that_is_not_used_is_warned_of(write_kubeconfig: t.Any, name: str, value: str, message: str | None) -> None:
    path = write_kubeconfig("a", cluster={"server": "https://a"}, context="one")
    warnings: list[str] = []
    arguments = {**dict.fromkeys(TARGET_ARGUMENTS), **({"context": "one"} if name == "HOST" else {})}
    kubeconfig_of(arguments, Context(env={"KUBECONFIG": str(path), f"K8S_AUTH_{name}": value}, warn=warnings.append))
    assert [each.startswith(str(message)) for each in warnings] == [True] * (message is not None)


CONTENT_TOKEN = "token-of-somebody-0123456789"


def _content(server: str, **user: t.Any) -> dict[str, t.Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "mine",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user or {"token": CONTENT_TOKEN}}],
        "contexts": [{"name": "mine", "context": {"cluster": "c", "user": "u"}}],
    }


@pytest.mark.parametrize("form", [lambda each: each, yaml.safe_dump, json.dumps, lambda each: json.dumps(each, indent=2)])
def test_a_kubeconfig_can_be_given_itself(server: t.Any, form: t.Callable[[t.Any], t.Any]) -> None:
    server.routes["/version"] = {"major": "1"}
    arguments = {**dict.fromkeys(TARGET_ARGUMENTS), "kubeconfig": form(_content(server.url))}
    result = kubeconfig_of(arguments, Context(env={}))
    assert (result.source, result.context, CONTENT_TOKEN in repr(result)) == ("option", "mine", False)
    with connect(arguments, Context(env={})) as client:
        assert client.document("/version") == {"major": "1"}
    assert server.requests[-1].headers["authorization"] == f"Bearer {CONTENT_TOKEN}"


@pytest.mark.parametrize(
    "wrong",
    [
        _content("https://c", token=["a", CONTENT_TOKEN]),
        {"users": CONTENT_TOKEN},
        [CONTENT_TOKEN],
        f"users:\n- token: {CONTENT_TOKEN}\n  - x: [",
        f"{{token: {CONTENT_TOKEN}",
        f"-----BEGIN PRIVATE KEY-----\n{CONTENT_TOKEN}\n-----END PRIVATE KEY-----",
        _content("https://c", tokenFile=f"{CONTENT_TOKEN}\n"),
        _content("https://c", **{"client-certificate": "/a", "client-key": f"-----BEGIN PRIVATE KEY-----\n{CONTENT_TOKEN}"}),
    ],
)
def test_content_that_is_wrong_is_not_quoted(wrong: t.Any) -> None:
    with pytest.raises(BootstrapError) as caught:
        kubeconfig_of({**dict.fromkeys(TARGET_ARGUMENTS), "kubeconfig": wrong}, Context(env={})).connection.credentials.headers()
    assert CONTENT_TOKEN not in str(caught.value) + str(caught.value.details)
