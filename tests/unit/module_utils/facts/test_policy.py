# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces, pod security, quotas, webhooks: what is read, how much, and what if it may not be."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.policy import admission, policy, security_context_constraints, served
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.queries import Queries
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Answer

Json = dict[str, t.Any]
NAMESPACES = "/api/v1/namespaces"
MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
FORBIDDEN = Answer({"message": "forbidden", "reason": "Forbidden"}, 403)


@pytest.fixture
def queries(client: Client) -> Queries:
    kinds = {"MutatingWebhookConfiguration": {"resource": "mutatingwebhookconfigurations"}}
    return Queries(client, {"v1": {"Namespace": {"resource": "namespaces"}}, "admissionregistration.k8s.io/v1": kinds})


def namespace(name: str, level: str | None = None, **more: t.Any) -> Json:
    labels = {"pod-security.kubernetes.io/enforce": level} if level else None
    return {"metadata": {"name": name, "uid": f"uid-{name}", "labels": labels, **more}}


def test_many_namespaces_are_counted_and_some_listed(server: t.Any, queries: Queries) -> None:
    server.routes[NAMESPACES] = {
        "items": [*(namespace(f"n{index}", "baseline") for index in range(500)), namespace("kube-system"), namespace("ml", "restricted")]
    }
    result = policy(queries, "ml")
    security = result["pod_security"]
    assert (len(security["enforced"]), security["enforced"]["ml"], security["namespace"]) == (101, "restricted", "restricted")
    assert security["counts"] == {"baseline": 500, "none": 1, "restricted": 1}
    assert result["uid"] == "uid-kube-system"
    assert "as=PartialObjectMetadataList" in server.requests[0].headers["accept"]
    assert [request.path for request in server.requests] == [
        NAMESPACES, f"{NAMESPACES}/ml/resourcequotas", f"{NAMESPACES}/ml/limitranges",
        f"{NAMESPACES}/ml/persistentvolumeclaims",
    ]  # fmt: skip


def test_a_namespace_that_is_not_there_costs_no_further_question(server: t.Any, queries: Queries) -> None:
    server.routes[NAMESPACES] = {"items": [namespace("kube-system")]}
    result = policy(queries, "ml")
    assert (result["namespace"]["exists"], result["quotas"], result["limit_ranges"], result["claims"]) == (False, [], [], [])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("own", "exists", "unknown"),
    [
        (namespace("ml", "baseline"), True, ["Namespace"]),
        (Answer({}, 404), False, ["Namespace"]),
        (FORBIDDEN, None, ["Namespace", "Namespace ml"]),
    ],
)
def test_who_may_not_list_namespaces_is_asked_about_one(
    server: t.Any, queries: Queries, own: t.Any, exists: t.Any, unknown: list[str]
) -> None:
    server.routes.update({NAMESPACES: FORBIDDEN, f"{NAMESPACES}/ml": own, f"{NAMESPACES}/kube-system": namespace("kube-system")})
    result = policy(queries, "ml")
    assert (result["namespace"]["exists"], result["uid"]) == (exists, "uid-kube-system")
    assert result["pod_security"]["namespace"] == ("baseline" if exists else None)
    assert [entry["what"] for entry in queries.unknown] == unknown


def test_a_namespace_on_its_way_out(server: t.Any, queries: Queries) -> None:
    server.routes[NAMESPACES] = {"items": [namespace("kube-system"), namespace("ml", deletionTimestamp="2026-06-01T12:00:00Z")]}
    assert policy(queries, "ml")["namespace"] == {"name": "ml", "exists": True, "terminating": True, "labels": {}, "managed_by": None}


def test_quotas_and_limits(server: t.Any, queries: Queries) -> None:
    server.routes[NAMESPACES] = {"items": [namespace("ml"), namespace("kube-system")]}
    scope = {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}}
    server.routes[f"{NAMESPACES}/ml/resourcequotas"] = {
        "items": [
            {"metadata": {"name": "new"}, "spec": {"hard": {"pods": "4"}}},
            {"metadata": {"name": "used"}, "spec": scope, "status": {"hard": {"cpu": "2"}, "used": {"cpu": "500m"}}},
        ]
    }
    server.routes[f"{NAMESPACES}/ml/limitranges"] = FORBIDDEN
    server.routes[f"{NAMESPACES}/ml/persistentvolumeclaims"] = {"items": []}
    result = policy(queries, "ml")
    assert result["quotas"] == [
        {"name": "new", "hard": {"pods": "4"}, "used": {}, "scopes": [], "selectors": []},
        {
            "name": "used", "hard": {"cpu": "2"}, "used": {"cpu": "500m"}, "scopes": ["PriorityClass"],
            "selectors": scope["scopeSelector"]["matchExpressions"],
        },
    ]  # fmt: skip
    assert queries.unknown == [{"what": "LimitRange in ml", "why": "forbidden"}]
    assert result["claims"] == []


SCC = {"apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"], "verbs": ["use"]}


@pytest.mark.parametrize(
    ("rules", "usable"),
    [
        ([], []),
        ([{**SCC, "resourceNames": ["b", "gone"]}], ["b"]),
        ([SCC], ["a", "b"]),
        ([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}], ["a", "b"]),
        ([{**SCC, "verbs": ["get", "list"]}], []),
    ],
)
def test_constraints_that_may_be_used(rules: list[Json], usable: list[str]) -> None:
    assert security_context_constraints(["a", "b"], rules) == {"names": ["a", "b"], "usable": usable}


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ({"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods"]}, True),
        ({"apiGroups": ["*"], "operations": ["*"], "resources": ["*/*"]}, True),
        ({"apiGroups": ["*"], "operations": ["*"], "resources": ["*"]}, True),
        ({"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods/exec"]}, False),
        ({"apiGroups": [""], "operations": ["DELETE"], "resources": ["pods"]}, False),
        ({"apiGroups": ["apps"], "operations": ["CREATE"], "resources": ["*"]}, False),
    ],
)
def test_webhooks_about_pods(server: t.Any, queries: Queries, rule: Json, asked: bool) -> None:
    webhook = {"name": "w", "rules": [rule], "failurePolicy": "Ignore", "clientConfig": {"url": "https://example.com/hook"}}
    server.routes[MUTATING] = {"items": [{"metadata": {"name": "c"}, "webhooks": [webhook]}, {"metadata": {"name": "empty"}}]}
    expected = {
        "configuration": "c", "webhook": "w", "type": "mutating", "failure_policy": "Ignore", "backend": "https://example.com/hook",
        "timeout": 10, "namespace": None, "server": None,
    }  # fmt: skip
    result = served(queries, admission(queries), {"name": "ml", "labels": {}})
    assert result == ([expected] if asked else [])


def test_claims_by_class(server: t.Any, queries: Queries) -> None:
    def claim(name: str, of: str | None) -> Json:
        return {"metadata": {"name": name}, "spec": {"storageClassName": of} if of else {}}

    items = [*(claim(f"claim-{index:02}", "fast") for index in range(40)), claim("hub-db", "fast"), claim("old", None)]
    server.routes[NAMESPACES] = {"items": [namespace("ml"), namespace("kube-system")]}
    server.routes[f"{NAMESPACES}/ml/persistentvolumeclaims"] = {"items": items}
    none, fast = policy(queries, "ml")["claims"]
    assert none == {"storage_class": "", "count": 1, "names": ["old"]}
    assert (fast["count"], fast["names"][:2], len(fast["names"])) == (41, ["hub-db", "claim-00"], 10)
    server.routes[f"{NAMESPACES}/ml/persistentvolumeclaims"] = FORBIDDEN
    assert policy(queries, "ml")["claims"] is None
    assert {"what": "PersistentVolumeClaim in ml", "why": "forbidden"} in queries.unknown


READY = {"conditions": {"ready": True}}


@pytest.mark.parametrize(
    ("service", "endpoints", "state"),
    [
        ({"spec": {}}, [{"endpoints": [READY]}], "ready"),
        ({"spec": {}}, [{"endpoints": [{"conditions": {"ready": False}}]}, {"endpoints": [READY]}], "ready"),
        ({"spec": {}}, [{"endpoints": [{"conditions": {"ready": False}}]}], "not ready"),
        ({"spec": {}}, [{"endpoints": None}], "not ready"),
        ({"spec": {}}, [], "not ready"),
        ({"spec": {"type": "ExternalName"}}, [], None),
        (Answer({}, 404), [], "not found"),
        (FORBIDDEN, [], None),
        ({"spec": {}}, FORBIDDEN, None),
    ],
)
def test_whether_a_webhook_has_a_server(server: t.Any, queries: Queries, service: t.Any, endpoints: t.Any, state: str | None) -> None:
    rules = [{"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods"]}]
    client_config = {"service": {"namespace": "old", "name": "hook"}}
    webhook = {"name": "w", "rules": rules, "clientConfig": client_config, "namespaceSelector": {"matchLabels": {"inject": "yes"}}}
    server.routes |= {
        MUTATING: {"items": [{"metadata": {"name": "c"}, "webhooks": [webhook]}]},
        f"{NAMESPACES}/old/services/hook": service,
        "/apis/discovery.k8s.io/v1/namespaces/old/endpointslices": endpoints if endpoints is FORBIDDEN else {"items": endpoints},
    }
    (result,) = served(queries, admission(queries), {"name": "ml", "labels": {"inject": "yes"}})
    assert (result["server"], result["namespace"], result["backend"]) == (state, "old", "old/hook:443")
    # Nobody asks about pods of a namespace that the webhook does not select.
    before = len(server.requests)
    (result,) = served(queries, admission(queries), {"name": "ml", "labels": {}})
    assert (result["server"], len(server.requests)) == (None, before + 1)
