# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user may do, and what is missing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.permissions import missing, review

PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def rule(verbs: list[str], groups: list[str], resources: list[str], **more: t.Any) -> dict[str, t.Any]:
    return {"verbs": verbs, "apiGroups": groups, "resources": resources, **more}


def test_the_rules_of_a_namespace(server: t.Any, client: Client) -> None:
    rules = [rule(["get"], [""], ["pods"], resourceNames=[]), rule(["*"], ["apps"], ["*"], resourceNames=["one"])]
    server.routes[PATH] = {"status": {"resourceRules": rules, "nonResourceRules": [{"verbs": ["get"]}], "incomplete": False}}
    found = review(client, "ml")
    assert server.requests[0].body["spec"] == {"namespace": "ml"}
    assert found == {"namespace": "ml", "complete": True, "rules": [rule(["get"], [""], ["pods"]), rules[1]]}


@pytest.mark.parametrize("status", [{"incomplete": True, "resourceRules": []}, {"incomplete": True}])
def test_rules_that_can_not_be_listed_prove_nothing(server: t.Any, client: Client, status: dict[str, t.Any]) -> None:
    server.routes[PATH] = {"status": status}
    assert review(client, "ml") == {"namespace": "ml", "complete": False, "rules": []}


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
