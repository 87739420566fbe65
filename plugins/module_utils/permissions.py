# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user may do, and what is missing. Private to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from .api import Client

Json = dict[str, t.Any]


def review(client: Client, namespace: str) -> Json:
    """The rules that hold for the user in a namespace: ``{namespace, complete, rules}``.

    One SelfSubjectRulesReview. ``complete`` is false where the cluster also asks an authorizer that can't list its rules
    (a webhook, as on GKE); then a missing rule proves nothing.
    """
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    status = client.post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body).get("status") or {}
    keys = ("apiGroups", "resources", "verbs", "resourceNames")
    rules = [{key: rule[key] for key in keys if rule.get(key)} for rule in status.get("resourceRules") or []]
    return {"namespace": namespace, "complete": not status.get("incomplete", False), "rules": rules}


def missing(rules: Iterable[Json], needs: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Those of ``needs`` (verb, API group, resource) that no rule grants. Rules for single names grant nothing in general."""
    general = [rule for rule in rules if not rule.get("resourceNames")]
    return [need for need in needs if not any(_grants(rule, *need) for rule in general)]


def _grants(rule: Json, verb: str, group: str, resource: str) -> bool:
    wanted = (("verbs", verb), ("apiGroups", group), ("resources", resource))
    return all({"*", value} & set(rule.get(key) or [""]) for key, value in wanted)
