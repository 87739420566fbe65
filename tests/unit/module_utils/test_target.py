# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster that a module's arguments name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.target import TARGET_ARGUMENTS, connect, find


def test_arguments_come_before_the_environment_of_the_task(write_kubeconfig: t.Any, server: t.Any) -> None:
    named = write_kubeconfig("named", cluster={"server": server.url}, context="mine")
    other = write_kubeconfig("other", context="other")
    context = Context(env={"KUBECONFIG": str(other)})
    nothing = dict.fromkeys(TARGET_ARGUMENTS)
    assert find(nothing, context).context == "other"
    assert find({**nothing, "kubeconfig": str(named)}, context).context == "mine"
    with pytest.raises(BootstrapError, match="has no context 'mine'"):
        find({**nothing, "context": "mine"}, context)
    server.routes["/version"] = {"major": "1"}
    with connect({**nothing, "kubeconfig": str(named)}, context) as client:
        assert client.get("/version") == {"major": "1"}


def test_a_token_stands_in_for_the_user(write_kubeconfig: t.Any, server: t.Any) -> None:
    path = write_kubeconfig("named", cluster={"server": server.url}, user={"token": "of-the-kubeconfig"}, context="mine")
    server.routes["/version"] = {"major": "1"}
    arguments = {**dict.fromkeys(TARGET_ARGUMENTS), "kubeconfig": str(path), "token": "of-a-login"}
    found = find(arguments, Context(env={}))
    assert "of-a-login" not in repr(found)
    with connect(arguments, Context(env={})) as client:
        client.get("/version")
    assert server.requests[-1].headers["authorization"] == "Bearer of-a-login"
    with pytest.raises(BootstrapError, match="line break"):
        find({**arguments, "token": "a\nb"}, Context(env={}))


def test_a_cluster_that_is_in_no_kubeconfig(server: t.Any, tmp_path: t.Any) -> None:
    server.routes["/version"] = {"major": "1"}
    arguments = {**dict.fromkeys(TARGET_ARGUMENTS), "server": f"{server.url}/", "token": "of-a-login"}
    context = Context(env={"KUBECONFIG": str(tmp_path / "missing")})
    with connect(arguments, context) as client:
        assert client.get("/version") == {"major": "1"}
    assert server.requests[-1].headers["authorization"] == "Bearer of-a-login"
    assert (find(arguments, context).context, find(arguments, context).files) == (None, [])
    for wrong in ({"server": "api.example.com"}, {"certificate_authority": str(tmp_path)}):
        with pytest.raises(BootstrapError, match=r"is not the URL of an API server|can't be read: Is a directory"):
            find({**arguments, **wrong}, context)


def test_the_cluster_of_a_bearer_token_credential(write_kubeconfig: t.Any, server: t.Any, tmp_path: t.Any) -> None:
    server.routes["/version"] = {"major": "1"}
    env = {"K8S_AUTH_HOST": server.url, "K8S_AUTH_API_KEY": "of-the-credential", "HOME": str(tmp_path), "K8S_AUTH_VERIFY_SSL": "False"}
    nothing = dict.fromkeys(TARGET_ARGUMENTS)
    with connect(nothing, Context(env=env)) as client:
        client.get("/version")
    assert server.requests[-1].headers["authorization"] == "Bearer of-the-credential"
    found = find(nothing, Context(env=env))
    assert (found.source, found.connection.verify) == ("K8S_AUTH_HOST", False)
    assert find(nothing, Context(env={**env, "K8S_AUTH_VERIFY_SSL": "True"})).connection.verify
    assert find(nothing, Context(env={**env, "K8S_AUTH_HOST": "api.example.com:6443"})).connection.server == "https://api.example.com:6443"
    # A kubeconfig that somebody names wins.
    named = write_kubeconfig("named", cluster={"server": "https://named"}, context="mine")
    assert find({**nothing, "kubeconfig": str(named)}, Context(env=env)).context == "mine"
    assert find(nothing, Context(env={**env, "KUBECONFIG": str(named)})).context == "mine"
    with pytest.raises(BootstrapError, match="K8S_AUTH_SSL_CA_CERT: .* can't be read"):
        find(nothing, Context(env={**env, "K8S_AUTH_SSL_CA_CERT": str(tmp_path / "missing")}))
