# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A hundred random applications: the audit log shows that each object came after all that it needs, and that nothing was refused."""

from __future__ import annotations

import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor

from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import (
    RBAC,
    definition,
    deployment,
    made,
    name_of,
    path_of,
    pod,
    refused,
)

SEED = 20261123
SIDE_BY_SIDE = 3


class Graph:
    """Random objects in two namespaces; ``needs`` has the pairs of an object and one that it needs."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.space, self._chance = f"random-{number}", chance
        self.items: list[dict] = []
        self.needs: list[tuple[dict, dict]] = []
        self._spaces = [self._add(made("v1", "Namespace", name)) for name in (self.space, f"{self.space}-more")[: chance.randint(1, 2)]]
        limits = [self._limited(space) for space in self._spaces if chance.random() < 0.3]
        accounts = self._some(4, "v1", "ServiceAccount")
        maps = self._some(5, "v1", "ConfigMap", data={"a": "b"})
        secrets = self._some(4, "v1", "Secret", stringData={"a": "b"})
        claims = self._some(2, "v1", "PersistentVolumeClaim", spec=self._claim())
        priority = chance.random() < 0.3 and self._add(made("scheduling.k8s.io/v1", "PriorityClass", f"{self.space}-high", value=1000))
        bindings = [self._binding(account) for account in accounts if chance.random() < 0.6]
        for _number in range(chance.randint(0, 4)):
            self._workload(accounts, maps, secrets, claims, priority or None, bindings, limits)
        for index in range(chance.choice((0, 0, 1, 2))):
            self._custom(index, maps)
        chance.shuffle(self.items)

    def _add(self, item: dict, *needed: dict) -> dict:
        self.items.append(item)
        space = item["metadata"].get("namespace")
        self.needs += [(item, other) for other in needed]
        self.needs += [(item, other) for other in self._spaces if other["metadata"]["name"] == space] if space else []
        return item

    def _place(self) -> str:
        return str(self._chance.choice(self._spaces)["metadata"]["name"])

    def _some(self, most: int, version: str, kind: str, **content: object) -> list[dict]:
        count = self._chance.randint(0, most)
        return [self._add(made(version, kind, f"{kind.lower()}-{index}", self._place(), **content)) for index in range(count)]

    def _claim(self) -> dict:
        return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none-such"}

    def _limited(self, space: dict) -> dict:
        name = space["metadata"]["name"]
        return self._add(made("v1", "ResourceQuota", "limited", name, spec={"hard": {"pods": "50", "configmaps": "500"}}))

    def _binding(self, account: dict) -> tuple[dict, dict]:
        """A role and who has it, in the cluster or in a namespace; the account and the last of the two."""
        metadata, subject = account["metadata"], {"kind": "ServiceAccount", **account["metadata"]}
        name, rules = f"{metadata['namespace']}-{metadata['name']}", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
        prefix, space = self._chance.choice((("Cluster", None), ("", metadata["namespace"])))
        role = self._add(made(f"{RBAC}/v1", f"{prefix}Role", name, space, rules=rules))
        reference = {"apiGroup": RBAC, "kind": f"{prefix}Role", "name": name}
        binding = made(f"{RBAC}/v1", f"{prefix}RoleBinding", name, space, roleRef=reference, subjects=[subject])
        return account, self._add(binding, role, account)

    def _workload(self, accounts, maps, secrets, claims, priority, bindings, limits) -> None:
        """A pod, or what makes pods, with a choice of what is in its namespace."""
        space, chance = self._place(), self._chance

        def mine(items):
            return [item for item in items if item["metadata"]["namespace"] == space and chance.random() < 0.6]

        account, mounted = (mine(accounts) or [None])[0], [*mine(maps), *mine(secrets), *mine(claims)]
        template = pod(account["metadata"]["name"] if account else None)
        template["volumes"] = [{"name": f"volume-{index}", **_source(item)} for index, item in enumerate(mounted)]
        if priority:
            template["priorityClassName"] = priority["metadata"]["name"]
        index = len(self.items)
        kind = chance.choice(("Pod", "Deployment", "StatefulSet", "Job", "CronJob"))
        item = _running(kind, f"work-{index}", space, template)
        bound = [binding for owner, binding in bindings if owner is account]
        quotas = [limit for limit in limits if limit["metadata"]["namespace"] == space]
        self._add(item, *mounted, *bound, *([account] if account else []), *([priority] if priority else []), *quotas)

    def _custom(self, index: int, maps: list[dict]) -> None:
        group, kind = f"{self.space}.example.com", f"Thing{index}"
        crd = self._add(definition(group, f"thing{index}s", kind))
        for number in range(self._chance.randint(1, 3)):
            self._add(made(f"{group}/v1", kind, f"thing-{number}", self._place(), spec={"number": number}), crd)


def _source(item: dict) -> dict:
    name = item["metadata"]["name"]
    return {
        "ConfigMap": {"configMap": {"name": name}},
        "Secret": {"secret": {"secretName": name}},
        "PersistentVolumeClaim": {"persistentVolumeClaim": {"claimName": name}},
    }[item["kind"]]


def _running(kind: str, name: str, space: str, template: dict) -> dict:
    if kind == "Deployment":
        return deployment(name, space, template)
    labels = {"app": name}
    content = {"metadata": {"labels": labels}, "spec": template}
    job = {"template": {**content, "spec": {**template, "restartPolicy": "Never"}}}
    if kind == "StatefulSet":
        return made("apps/v1", kind, name, space, spec={"serviceName": name, "selector": {"matchLabels": labels}, "template": content})
    if kind == "Job":
        return made("batch/v1", kind, name, space, spec=job)
    if kind == "CronJob":
        return made("batch/v1", kind, name, space, spec={"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}})
    return made("v1", kind, name, space, spec=template)


def test_random_applications_come_in_order(cluster, tmp_path):
    come_in_order(cluster(), tmp_path, graphs=5)


def come_in_order(each, tmp_path, graphs):
    """So many applications; ``make soak`` has a hundred."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    graphs = [Graph(number, chance) for number in range(graphs)]
    assert sum(len(graph.needs) for graph in graphs) > 20 * len(graphs)
    applications = [
        Application(tmp_path / graph.space, graph.space, {"kubeconfig": each.kubeconfig, "wait_timeout": 0}).write(*graph.items)
        for graph in graphs
    ]
    before = len(each.requests())
    with ProcessPoolExecutor(SIDE_BY_SIDE, multiprocessing.get_context("spawn")) as pool:
        ends = list(pool.map(Application.deploy, applications))
        requests = each.requests()[before:]
        with each.untouched():
            again = list(pool.map(Application.deploy, applications))
    for graph, done in zip(graphs, ends, strict=True):
        assert done.well().actions == {name_of(item): "created" for item in graph.items}, graph.space
    assert refused(requests) == []

    # When each was first asked to be written, and when it was last written: what needs it is not asked for before that.
    began, ended = {}, {}
    for one in requests:
        if one["verb"] == "patch" and "dryRun" not in one["requestURI"] and one["userAgent"].startswith("kubeflow.bootstrap"):
            path = one["requestURI"].partition("?")[0]
            began.setdefault(path, one["requestReceivedTimestamp"])
            ended[path] = max(ended.get(path, ""), one["stageTimestamp"])
    wrong = [
        f"{name_of(item)} before {name_of(other)}"
        for graph in graphs
        for item, other in graph.needs
        if began[path_of(item)] < ended[path_of(other)]
    ]
    assert wrong == []

    assert [done.outcome["counts"] for done in again] == [{"unchanged": len(graph.items)} for graph in graphs]
    # Hundreds of namespaces are much for the controllers of the tests that follow.
    each.kubectl(
        "delete",
        "namespace",
        "--wait=false",
        *(path["metadata"]["name"] for graph in graphs for path in graph.items if path["kind"] == "Namespace"),
    )
    each.kubectl(
        "delete",
        "crd",
        "--wait=false",
        *(item["metadata"]["name"] for graph in graphs for item in graph.items if item["kind"] == "CustomResourceDefinition"),
    )
