# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user may do, and what is missing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.data.rights import CLUSTER, NAMESPACED
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.access_review import lacking, missing, review
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Request

PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
Attributes = dict[str, str]


def rule(verbs: list[str], groups: list[str], resources: list[str], **more: t.Any) -> dict[str, t.Any]:
    return {"verbs": verbs, "apiGroups": groups, "resources": resources, **more}


@pytest.fixture(autouse=True)
def may(server: t.Any) -> list[t.Callable[[Attributes], bool]]:
    """What the server says to access reviews: the last function of the list decides."""
    answers: list[t.Callable[[Attributes], bool]] = [lambda attributes: False]

    def route(request: Request) -> dict[str, t.Any]:
        return {"status": {"allowed": answers[-1](request.body["spec"]["resourceAttributes"])}}

    server.routes[ACCESS] = route
    return answers


def attributes_of(server: t.Any) -> list[Attributes]:
    return [request.body["spec"]["resourceAttributes"] for request in server.requests if request.path == ACCESS]


def lacks(result: list[dict[str, t.Any]]) -> set[tuple[bool, str, str]]:
    return {(each["namespaced"], group, resource) for each in result for group in each["apiGroups"] for resource in each["resources"]}


def every(table: dict[str, tuple[str, ...]], namespaced: bool) -> set[tuple[bool, str, str]]:
    return {(namespaced, group, resource) for group, resources in table.items() for resource in resources}


def test_the_rules_of_a_namespace(server: t.Any, client: Client) -> None:
    rules = [rule(["get"], [""], ["pods"], resourceNames=[]), rule(["*"], ["apps"], ["*"], resourceNames=["one"])]
    server.routes[PATH] = {"status": {"resourceRules": rules, "nonResourceRules": [{"verbs": ["get"]}], "incomplete": False}}
    result = review(client, "ml")
    assert server.requests[0].body["spec"] == {"namespace": "ml"}
    assert (result["namespace"], result["complete"], result["rules"]) == ("ml", True, [rule(["get"], [""], ["pods"]), rules[1]])


@pytest.mark.parametrize("status", [{"incomplete": True, "resourceRules": []}, {"incomplete": True}])
def test_rules_that_can_not_be_listed_prove_nothing(server: t.Any, client: Client, status: dict[str, t.Any]) -> None:
    server.routes[PATH] = {"status": status}
    result = review(client, "ml")
    assert (result["complete"], result["rules"]) == (False, [])


def test_who_may_do_everything_is_asked_once(server: t.Any, client: Client, may: t.Any) -> None:
    may.append(lambda attributes: True)
    server.routes[PATH] = {"status": {"incomplete": True}}
    assert lacking(client, review(client, "ml")) == []
    assert attributes_of(server) == [{"verb": "*", "group": "*", "resource": "*"}]


def test_rights_in_the_namespace_are_taken_from_the_list_those_of_the_cluster_are_asked_for(server: t.Any, client: Client) -> None:
    server.routes[PATH] = {"status": {"resourceRules": [rule(["*"], ["*"], ["*"])]}}
    assert lacks(lacking(client, review(client, "ml"))) == every(CLUSTER, False)
    assert not any("namespace" in attributes for attributes in attributes_of(server))


def test_what_a_complete_list_does_not_grant_is_missing_without_being_asked_for(server: t.Any, client: Client) -> None:
    server.routes[PATH] = {"status": {"resourceRules": []}}
    assert lacks(lacking(client, review(client, "ml"))) == every(CLUSTER, False) | every(NAMESPACED, True)
    assert not any("namespace" in attributes for attributes in attributes_of(server))


def test_where_the_list_is_incomplete_each_right_is_asked_for(server: t.Any, client: Client, may: t.Any) -> None:
    server.routes[PATH] = {"status": {"incomplete": True}}
    assert lacks(lacking(client, review(client, "ml"))) == every(CLUSTER, False) | every(NAMESPACED, True)
    may.append(lambda attributes: attributes.get("namespace") == "ml" and attributes["resource"] != "secrets")
    assert lacks(lacking(client, review(client, "ml"))) == every(CLUSTER, False) | {(True, "", "secrets")}


NEEDS = [("create", "apps", "deployments"), ("get", "", "pods")]


@pytest.mark.parametrize(
    ("rules", "lacking"),
    [
        ([], NEEDS),
        ([rule(["*"], ["*"], ["*"])], []),
        ([rule(["get", "create"], ["", "apps"], ["pods", "deployments"])], []),
        ([rule(["create"], ["apps"], ["deployments"]), rule(["get"], [""], ["pods"])], []),
        ([rule(["create"], ["extensions"], ["deployments"]), rule(["list"], [""], ["pods"])], NEEDS),
        ([rule(["create"], ["apps"], ["deployments/scale"]), rule(["get"], ["apps"], ["pods"])], NEEDS),
        ([rule(["*"], ["*"], ["*"], resourceNames=["one"])], NEEDS),
        # As `review` returns them: what is empty is left out.
        ([{"verbs": ["get"], "resources": ["pods"]}], NEEDS[:1]),
    ],
)
def test_what_is_missing(rules: list[dict[str, t.Any]], lacking: list[tuple[str, str, str]]) -> None:
    assert missing(rules, NEEDS) == lacking
