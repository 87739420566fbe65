# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned, beside the quotas and limit ranges of its namespace, and the webhooks that are asked about its pods."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.storage import within
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

Json = dict[str, t.Any]
LIMITS = {"limit-range-too-tight", "quota-too-small", "quota-used-up"}


def facts(of: str = "plain", **cluster: t.Any) -> Json:
    document = stories.facts(of)
    document["cluster"] |= cluster
    document["cluster"]["namespace"] |= {"exists": True, "labels": {}}
    return document


def quota(scopes: list[str] | None = None, used: Json | None = None, selectors: list[Json] | None = None, **hard: str) -> Json:
    return {"name": "team", "hard": hard, "used": used or {}, "scopes": scopes or [], "selectors": selectors or []}


def reasons(of: Json, **choices: t.Any) -> dict[str, str]:
    return {item["id"]: item["reason"] for item in stories.plan(of, **choices)["blockers"] if item["id"] in LIMITS}


CLASS = "standard.storageclass.storage.k8s.io"
PRIORITY = {"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}


@pytest.mark.parametrize(
    ("limit", "name", "reason"),
    [
        (quota(**{f"{CLASS}/requests.storage": "3Gi"}), "quota-too-small", f"{CLASS}/requests.storage: 3Gi, needed are"),
        (quota(**{f"{CLASS}/persistentvolumeclaims": "1"}), "quota-too-small", f"{CLASS}/persistentvolumeclaims: 1, needed are"),
        (quota(**{"gone.storageclass.storage.k8s.io/requests.storage": "0"}), None, ""),
        (quota(**{"count/deployments.apps": "1"}), "quota-too-small", "count/deployments.apps: 1, needed are 2"),
        (quota(**{"count/deployments.apps": "9", "count/replicasets.apps": "1"}), "quota-too-small", "count/replicasets.apps: 1"),
        (quota(secrets="0", services="1", configmaps="1"), "quota-too-small", "services: 1, needed are"),
        (quota(**{"services.loadbalancers": "0"}), None, ""),
        (quota(pods="0"), "quota-too-small", "pods: 0, needed are"),
        (quota(pods="40"), None, ""),
        (quota(pods="40", used={"pods": "39"}), "quota-used-up", "pods: 40, of which 39 are used"),
        (quota(["NotTerminating"], pods="0"), "quota-too-small", "pods: 0"),
        (quota(["NotTerminating", "NotBestEffort"], **{"limits.cpu": "1"}), "quota-too-small", "limits.cpu: 1, needed are"),
        (quota(["Terminating"], pods="0"), None, ""),
        (quota(["BestEffort"], pods="0"), None, ""),
        (quota(["NotTerminating", "BestEffort"], pods="0"), None, ""),
        (quota(["PriorityClass"], selectors=[PRIORITY], pods="0"), None, ""),
        (quota(["PriorityClass"], selectors=[{**PRIORITY, "operator": "DoesNotExist"}], pods="0"), "quota-too-small", "pods: 0"),
        (quota(["NotTerminating"], cpu="100m"), "quota-too-small", "cpu: 100m, needed are"),
    ],
)
def test_quotas(limit: Json, name: str | None, reason: str) -> None:
    findings = reasons(facts(quotas=[limit]))
    assert set(findings) == ({name} if name else set())
    assert reason in findings.get(name or "", "")


def test_a_quota_that_our_own_objects_use_is_not_used_up() -> None:
    of = facts(quotas=[quota(pods="40", used={"pods": "39"})])
    of["cluster"]["namespace"]["labels"] = {"app.kubernetes.io/part-of": "kubeflow"}
    assert reasons(of) == {}


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"type": "PersistentVolumeClaim", "min": {"storage": "20Gi"}}, "the PersistentVolumeClaim hub-db: 1Gi of storage, at least 20Gi"),
        (
            {"type": "PersistentVolumeClaim", "max": {"storage": "5Gi"}},
            "the PersistentVolumeClaim of a notebook server: 10Gi of storage, at most 5Gi",
        ),
        ({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "1Ti"}}, None),
        ({"type": "Pod", "max": {"cpu": "200m", "memory": "256Mi"}}, "of cpu, at most 200m"),
        ({"type": "Pod", "max": {"cpu": "8", "memory": "32Gi"}}, None),
        ({"type": "Pod", "min": {"cpu": "1"}}, "of cpu, at least 1"),
        ({"type": "Pod", "maxLimitRequestRatio": {"cpu": "2"}}, "its limit of cpu is"),
        ({"type": "Container", "maxLimitRequestRatio": {"cpu": "2", "memory": "2"}}, "times its request, at most 2"),
        ({"type": "Container", "maxLimitRequestRatio": {"cpu": "100"}}, None),
        ({"type": "Container", "max": {"memory": "64Mi"}}, "of memory, at most 64Mi"),
        ({"type": "Container", "min": {"memory": "1Gi"}}, "of memory, at least 1Gi"),
        ({"type": "Container", "max": {"ephemeral-storage": "1Gi"}}, "no limit of ephemeral-storage"),
        (
            {"type": "Container", "max": {"ephemeral-storage": "1Gi"}, "default": {"ephemeral-storage": "500Mi"}},
            None,
        ),
        ({"type": "openshift.io/Image", "max": {"storage": "1Gi"}}, None),
    ],
)
def test_limit_ranges(limit: Json, reason: str | None) -> None:
    findings = reasons(facts(limit_ranges=[{"name": "bounds", "limits": [limit]}]))
    assert set(findings) == ({"limit-range-too-tight"} if reason else set())
    assert (reason or "") in findings.get("limit-range-too-tight", "")


# --- a quota that forbids a class


def storage_of(*classes: str, **hard: str) -> Json:
    entries = [
        {
            "name": name, "provisioner": "p", "provisions": True, "driver": "p", "driver_installed": None, "read_write_many": False,
            "smallest": None, "binding_mode": "WaitForFirstConsumer", "default": name == classes[0], "zones": [],
        }
        for name in classes
    ]  # fmt: skip
    storage = {"classes": entries, "default": classes[0], "usable": list(classes), "defaults": [classes[0]]}
    return within(storage, [{"name": "team", "hard": hard}])


FORBID = {"standard.storageclass.storage.k8s.io/requests.storage": "0"}


@pytest.mark.parametrize("hard", [FORBID, {"standard.storageclass.storage.k8s.io/persistentvolumeclaims": "0"}])
def test_another_class_is_chosen_where_a_quota_forbids_the_default_one(hard: Json) -> None:
    plan = stories.plan(facts(storage=storage_of("standard", "fast", **hard), quotas=[quota(**hard)]))
    chosen = plan["parameters"]["kubeflow-core"]["storageClass"]
    assert (chosen["value"], chosen["rule"]) == ("fast", "storage-class-that-the-quota-allows")
    assert "The quota team of the namespace allows no volumes of the default class standard." in chosen["reason"]
    assert plan["blockers"] == []


def test_no_class_is_left() -> None:
    for classes, hard in ((("standard",), FORBID), (("standard", "fast"), {"persistentvolumeclaims": "0"})):
        document = stories.plan(facts(storage=storage_of(*classes, **hard), quotas=[quota(**hard)]))
        assert "storage-forbidden-by-a-quota" in {item["id"] for item in document["blockers"]}
        assert "no-storage-class" not in {item["id"] for item in document["blockers"]}


def test_a_class_whose_smallest_volume_is_more_than_the_quota() -> None:
    storage = storage_of("standard", "fast")
    storage["classes"][0]["smallest"] = "50Gi"
    allowed = within(storage, [{"name": "team", "hard": {"standard.storageclass.storage.k8s.io/requests.storage": "20Gi"}}])
    assert allowed["usable"] == ["fast"]


# --- webhooks without a server


def webhook(server: str | None, policy: str = "Fail") -> Json:
    return {
        "configuration": "admission-webhook-mutating-webhook-configuration",
        "webhook": "admission-webhook-deployment.kubeflow.org",
        "type": "mutating",
        "failure_policy": policy,
        "backend": "kubeflow/admission-webhook-service:443",
        "namespace": "kubeflow",
        "timeout": 10,
        "server": server,
    }


@pytest.mark.parametrize(
    ("hook", "where", "name"),
    [
        (webhook("not found"), "blockers", "webhook-without-a-server"),
        (webhook("not ready"), "warnings", "webhook-whose-server-is-not-ready"),
        (webhook("ready"), "", ""),
        (webhook(None), "", ""),
        (webhook("not found", "Ignore"), "", ""),
    ],
)
def test_a_webhook_whose_server_is_gone(hook: Json, where: str, name: str) -> None:
    plan = stories.plan(facts(admission=[webhook("ready", "Ignore"), hook]))
    findings = {item["id"]: item for key in ("blockers", "warnings") for item in plan[key] if item["id"].startswith("webhook-")}
    assert set(findings) == ({name} if name else set())
    if name:
        assert name in {item["id"] for item in plan[where]}
        assert hook["configuration"] in findings[name]["reason"] and hook["backend"] in findings[name]["reason"]


# --- what stays


def written(plan: Json) -> dict[str, str]:
    return application.files(plan["application"], {}, stories.sought({"kubeflow-core": "kubeflow-core"}).contents).files


def test_what_stays_is_what_the_claims_in_the_cluster_have() -> None:
    files = written(stories.plan(facts()))

    def chosen(**changes: t.Any) -> str:
        of = facts("gke-gpu")
        of["cluster"] |= {"uid": stories.facts("plain")["cluster"]["uid"], **changes}
        return str(stories.plan(of, current=files)["parameters"]["kubeflow-core"]["storageClass"]["value"])

    claim = {"storage_class": "premium-rwo", "count": 1, "names": ["hub-db"]}
    assert chosen(claims=[claim]) == "premium-rwo"
    assert chosen(claims=[claim], uid="another cluster") == "premium-rwo"
    assert chosen(claims=[]) == "standard-rwo"
    assert chosen(claims=[{**claim, "names": ["claim-of-a-user"]}]) == "standard-rwo"
    # Where claims may not be read, the application tells: its own cluster, or another one.
    assert chosen(claims=None) == "standard"
    assert chosen(claims=None, uid="another cluster") == "standard-rwo"
