# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who signs tokens, who gets the keys, and what the cluster's domain is."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.identity import (
    assumed_domain,
    cluster_domain,
    service_account_issuer,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.queries import Queries
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.credentials import from_user

from tests.unit.conftest import ENV, Answer, Request

DOCUMENT, KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
MAPS = "/api/v1/namespaces/kube-system/configmaps"
FORBIDDEN = Answer({"message": "forbidden"}, 403)


@pytest.fixture
def queries(client: Client) -> t.Iterator[Queries]:
    connection = dataclasses.replace(client.connection, credentials=from_user({"token": "secret"}, {}, ENV))
    with Client(connection, client.policy) as logged_in:
        yield Queries(logged_in, {})


def keys_for(*users: str | None) -> t.Callable[[Request], Answer]:
    """As the API server answers: to those who may, who ask for its type of content."""

    def answer(request: Request) -> Answer:
        who = request.headers.get("authorization")
        if who not in users:
            return FORBIDDEN if who else Answer({"message": "Unauthorized"}, 401)
        return Answer({"keys": []}) if request.headers["accept"] == "application/jwk-set+json" else Answer({}, 406)

    return answer


@pytest.mark.parametrize(
    ("users", "keys", "unknown"),
    [
        ((None, "Bearer secret"), "everybody", []),
        (("Bearer secret",), "users", []),
        ((), "nobody", [KEYS]),
    ],
)
def test_who_gets_the_keys(server: t.Any, queries: Queries, users: tuple[str | None, ...], keys: str, unknown: list[str]) -> None:
    server.routes.update({DOCUMENT: {"issuer": "https://i", "jwks_uri": f"https://10.0.0.1:6443{KEYS}"}, KEYS: keys_for(*users)})
    assert service_account_issuer(queries)["keys_for"] == keys
    assert [entry["what"] for entry in queries.unknown] == unknown


@pytest.mark.parametrize(
    ("issuer", "public"),
    [
        ("https://oidc.eks.eu-west-1.amazonaws.com/id/0123", True),
        ("https://container.googleapis.com/v1/projects/p/locations/l/clusters/c", True),
        ("https://kubernetes.default.svc.cluster.local", False),
        ("https://kubernetes.default.svc", False),
        ("https://10.0.0.1:6443", False),
        ("https://api-server", False),
        ("https://api.corp.internal", False),
        ("kubernetes/serviceaccount", False),
    ],
)
def test_keys_that_are_elsewhere_are_not_asked_for(server: t.Any, queries: Queries, issuer: str, public: bool) -> None:
    server.routes[DOCUMENT] = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
    assert service_account_issuer(queries) == {"issuer": issuer, "jwks_uri": f"{issuer}/keys", "public": public, "keys_for": None}
    assert [request.path for request in server.requests] == [DOCUMENT]


@pytest.mark.parametrize(("answer", "unknown"), [(Answer({}, 404), []), (FORBIDDEN, [{"what": DOCUMENT, "why": "forbidden"}])])
def test_no_document(server: t.Any, queries: Queries, answer: Answer, unknown: t.Any) -> None:
    server.routes[DOCUMENT] = answer
    assert set(service_account_issuer(queries).values()) == {None}
    assert queries.unknown == unknown


def test_the_domain_of_coredns(server: t.Any, queries: Queries) -> None:
    corefile = "# kubernetes of.comment\n.:53 {\n    kubernetes corp.example. in-addr.arpa {\n    }\n}\n"
    server.routes[f"{MAPS}/coredns"] = {"data": {"Corefile": corefile}}
    assert cluster_domain(queries) == {"name": "corp.example", "source": "ConfigMap kube-system/coredns"}


def test_the_domain_of_the_kubelets(server: t.Any, queries: Queries) -> None:
    server.routes[f"{MAPS}/kubelet-config"] = {"data": {"kubelet": "cgroupDriver: systemd\nclusterDomain: corp.example\n"}}
    assert cluster_domain(queries) == {"name": "corp.example", "source": "ConfigMap kube-system/kubelet-config"}


def test_the_domain_that_is_left() -> None:
    result = {"name": None, "source": None}
    assert assumed_domain({"name": "a", "source": "b"}, None) == {"name": "a", "source": "b"}
    assert assumed_domain(result, "https://kubernetes.default.svc.corp.example")["name"] == "corp.example"
    assert assumed_domain(result, "https://oidc.example.com") == {"name": "cluster.local", "source": "default"}
    assert assumed_domain(result, None) == {"name": "cluster.local", "source": "default"}
