# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A start that takes too long says what it waits for."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster

from tests.unit.conftest import Answer

CHECKS = b"""[+]ping ok
[-]etcd failed: reason withheld
[+]poststarthook/start-apiextensions-informers ok
[-]poststarthook/rbac/bootstrap-roles failed: reason withheld
[+]shutdown ok
readyz check failed
"""


def test_of_the_api_server_s_checks_those_that_fail_are_named(server, client: Client):
    server.routes["/readyz"] = [Answer(CHECKS, 500, [("Content-Type", "text/plain; charset=utf-8")]), Answer(b"ok")]
    assert cluster._not_ready(client) == "kube-apiserver is not ready: etcd, poststarthook/rbac/bootstrap-roles"
    assert cluster._not_ready(client) is None
