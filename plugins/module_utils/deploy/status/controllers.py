# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controllers of a kind that run in the cluster, by roles and bindings."""

from __future__ import annotations

from functools import cached_property

from ...formats.json_object import Json
from ...kube.client import Client
from ...kube.resources import Key
from ..graph.object_index import RBAC, pod_template

Account = tuple[str, str]
"""Namespace and name of a ServiceAccount."""

_ROOT = f"/apis/{RBAC}/v1"
_WORKLOADS = (("Deployment", "readyReplicas"), ("StatefulSet", "readyReplicas"), ("DaemonSet", "numberReady"))


class Controllers:
    """Reads roles, bindings and workloads of the cluster, each once, on demand. Raises ``ApiError``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def of(self, group: str, plural: str, namespace: str) -> dict[Key, bool]:
        """The workloads that may change objects of a kind in a namespace (all, if that is empty), and whether they have ready pods."""
        accounts = self.accounts(group, plural, namespace)
        workloads = {}
        for item, kind, ready in self._running:
            key = Key("apps", kind, item["metadata"]["namespace"], item["metadata"]["name"])
            if account_of(key, {"apiVersion": "apps/v1", "kind": kind, **item}) in accounts:
                workloads[key] = bool((item.get("status") or {}).get(ready))
        return workloads

    def accounts(self, group: str, plural: str, namespace: str) -> set[Account]:
        """The accounts that may change objects of a kind."""
        accounts: set[Account] = set()
        for role, grants in self._roles.items():
            if any(_may_change(rule, group, plural) for rule in grants):
                accounts |= {account for space, account in self._bound.get(role, ()) if space in ("", namespace)}
        return accounts

    @cached_property
    def _running(self) -> list[tuple[Json, str, str]]:
        return [(item, kind, ready) for kind, ready in _WORKLOADS for item in self._client.items(f"/apis/apps/v1/{kind.lower()}s")]

    @cached_property
    def _roles(self) -> dict[tuple[str, str], list[Json]]:
        """Rules by namespace (empty for a ClusterRole) and name of the role."""
        return {
            (item["metadata"].get("namespace") or "", item["metadata"]["name"]): item.get("rules") or []
            for plural in ("clusterroles", "roles")
            for item in self._client.items(f"{_ROOT}/{plural}")
        }

    @cached_property
    def _bound(self) -> dict[tuple[str, str], set[tuple[str, Account]]]:
        """By role: the namespace of a binding (empty for all), and the account."""
        bindings: dict[tuple[str, str], set[tuple[str, Account]]] = {}
        for plural in ("clusterrolebindings", "rolebindings"):
            for item in self._client.items(f"{_ROOT}/{plural}"):
                space, role = item["metadata"].get("namespace") or "", item["roleRef"]
                name = ("" if role["kind"] == "ClusterRole" else space, role["name"])
                for subject in item.get("subjects") or []:
                    if subject.get("kind") == "ServiceAccount":
                        bindings.setdefault(name, set()).add((space, (subject.get("namespace") or space, subject["name"])))
        return bindings


def account_of(key: Key, item: Json) -> Account:
    """The account that the pods of a workload run as."""
    pod = (pod_template(item) or {}).get("spec") or {}
    return key.namespace, str(pod.get("serviceAccountName") or "default")


def _may_change(rule: Json, group: str, plural: str) -> bool:
    """Whether a rule names this group; an account that may change everything is no controller in particular."""
    resources = set(rule.get("resources") or [])
    if group not in (rule.get("apiGroups") or []) or not resources & {"*", plural, f"{plural}/finalizers"}:
        return False
    return bool({"*", "update", "patch"} & set(rule.get("verbs") or []))
