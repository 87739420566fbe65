# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user may do, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable

from ..data.rights import CLUSTER, NAMESPACED, VERBS
from ..formats.json_object import Json
from .client import Client

Need = tuple[str, str, str]
"""Verb, API group, resource."""
_REVIEWS = "/apis/authorization.k8s.io/v1"
_API = "authorization.k8s.io/v1"


def review(client: Client, namespace: str) -> Json:
    """The rules for the user in a namespace: ``{namespace, complete, rules}``.

    One SelfSubjectRulesReview. ``complete`` is false where the cluster also asks an authorizer that can't list its rules
    (a webhook, as on GKE); then a missing rule proves nothing.
    """
    body = {"apiVersion": _API, "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    status = client.post(f"{_REVIEWS}/selfsubjectrulesreviews", body).get("status") or {}
    keys = ("apiGroups", "resources", "verbs", "resourceNames")
    rules = [{key: rule[key] for key in keys if rule.get(key)} for rule in status.get("resourceRules") or []]
    return {"namespace": namespace, "complete": not status.get("incomplete", False), "rules": rules}


def missing(rules: Iterable[Json], needs: Iterable[Need]) -> list[Need]:
    """Those of ``needs`` (verb, API group, resource) that no rule grants. Rules for single names grant nothing in general."""
    general = [rule for rule in rules if not rule.get("resourceNames")]
    return [need for need in needs if not any(_grants(rule, *need) for rule in general)]


def _grants(rule: Json, verb: str, group: str, resource: str) -> bool:
    fields = (("verbs", verb), ("apiGroups", group), ("resources", resource))
    return all({"*", value} & set(rule.get(key) or [""]) for key, value in fields)


def lacking(client: Client, rights: Json) -> list[Json]:
    """What a deployment needs and the user may not do, as rules for a Role (``namespaced``) or a ClusterRole.

    ``rights`` is the result of ``review``. Unless the user may do everything anyway, each right that the rules do not prove takes a
    SelfSubjectAccessReview, side by side: all where the rules are incomplete, and always those for the whole cluster, because
    the review does not say which of its rules hold in the namespace only.
    """
    if allowed(client, None, ("*", "*", "*")):
        return []
    namespace, complete, rules = rights["namespace"], rights["complete"], rights["rules"]
    inside, outside = _needs(NAMESPACED), _needs(CLUSTER)
    refused = [(True, need) for need in missing(rules, inside)] if complete else []
    unproved = [(False, need) for need in outside] + ([] if complete else [(True, need) for need in inside])
    answers = client.map(lambda question: allowed(client, namespace if question[0] else None, question[1]), unproved)
    refused += [question for question, granted in zip(unproved, answers, strict=True) if not granted]
    verbs: dict[tuple[bool, str, str], list[str]] = {}
    for namespaced, (verb, group, resource) in sorted(refused):
        verbs.setdefault((namespaced, group, resource), []).append(verb)
    merged: dict[tuple[bool, str, tuple[str, ...]], list[str]] = {}
    for (namespaced, group, resource), names in verbs.items():
        merged.setdefault((namespaced, group, tuple(names)), []).append(resource)
    return [
        {"namespaced": namespaced, "apiGroups": [group], "resources": resources, "verbs": list(names)}
        for (namespaced, group, names), resources in merged.items()
    ]


def _needs(table: dict[str, tuple[str, ...]]) -> list[Need]:
    return [(verb, group, resource) for group, resources in table.items() for resource in resources for verb in VERBS]


def allowed(client: Client, namespace: str | None, need: Need) -> bool:
    """Whether the user has a right, by one SelfSubjectAccessReview; ``namespace`` is ``None`` for the whole cluster."""
    verb, group, resource = need
    attributes = {"verb": verb, "group": group, "resource": resource, **({"namespace": namespace} if namespace else {})}
    body = {"apiVersion": _API, "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    return bool((client.post(f"{_REVIEWS}/selfsubjectaccessreviews", body).get("status") or {}).get("allowed"))
