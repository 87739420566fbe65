# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which kinds are served."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.discovery import served


def resource(kind: str | None, plural: str, scope: str = "Namespaced", **more: t.Any) -> dict[str, t.Any]:
    return {"resource": plural, "responseKind": {"kind": kind} if kind else None, "scope": scope, "verbs": ["get", "list"], **more}


def test_two_requests_tell_all_kinds(server: t.Any, client: Client) -> None:
    scale = {"subresource": "scale", "responseKind": {"group": "autoscaling", "kind": "Scale"}, "verbs": ["get"]}
    core = [resource("Pod", "pods"), resource("Namespace", "namespaces", "Cluster"), resource(None, "odd")]
    server.routes["/api"] = {"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": core}]}]}
    server.routes["/apis"] = {
        "items": [
            {
                "metadata": {"name": "apps"},
                "versions": [{"version": "v1", "resources": [resource("Deployment", "deployments", subresources=[scale])]}],
            },
            {
                "metadata": {"name": "example.com"},
                "versions": [{"version": "v2", "resources": [resource("Thing", "things")]}, {"version": "v1", "resources": None}],
            },
            {
                "metadata": {"name": "metrics.k8s.io"},
                "versions": [{"version": "v1beta1", "freshness": "Stale", "resources": [resource("NodeMetrics", "nodes")]}],
            },
        ]
    }
    place = {"namespaced": True, "verbs": ["get", "list"]}
    assert served(client) == {
        "v1": {"Pod": {"resource": "pods", **place}, "Namespace": {"resource": "namespaces", **place, "namespaced": False}},
        "apps/v1": {"Deployment": {"resource": "deployments", **place}},
        "example.com/v2": {"Thing": {"resource": "things", **place}},
        "example.com/v1": {},
    }
    assert sorted(request.path for request in server.requests) == ["/api", "/apis"]
    assert "as=APIGroupDiscoveryList" in server.requests[0].headers["accept"]


def test_a_server_that_knows_only_the_old_way_serves_nothing_we_know_of(server: t.Any, client: Client) -> None:
    server.routes.update({"/api": {"kind": "APIVersions", "versions": ["v1"]}, "/apis": {"kind": "APIGroupList", "groups": []}})
    assert served(client) == {}
