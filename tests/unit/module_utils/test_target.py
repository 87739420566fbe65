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
