# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server whose answers are valid but for a field or two, of another type than it has: no stage ends with an error of Python's."""

from __future__ import annotations

import copy
import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy import applier, destroyer
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube import retry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

from tests.unit.conftest import Answer, Request
from tests.unit.module_utils.deploy._cluster import FakeCluster
from tests.unit.module_utils.deploy._objects import defined, hook, hooks, make, running, server, service

Json = dict[str, t.Any]
ODD: tuple[t.Any, ...] = (None, [], {}, "", "x", 7, -1.5, True, [None], ["x"], [[]], [{}], {"x": None}, {"x": [7]}, {"name": 7})
# What makes an answer one of an API server at all: tests of responses.
_KEPT = {"kind", "apiVersion", "name", "namespace", "items"}


def places(data: t.Any) -> list[tuple[t.Any, t.Any]]:
    """Each field or item of plain data, as what holds it and where it is in that."""
    paths = []
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        paths += [] if key in _KEPT else [(data, key)]
        paths += places(data[key])
    return paths


def odd(answer: Answer, chance: random.Random) -> Answer:
    """The answer, with a field or two of another type."""
    body = copy.deepcopy(answer.body)
    for _number in range(chance.randint(1, 3)):
        inner = places(body)
        if inner:
            holder, key = chance.choice(inner)
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return Answer(body, answer.code)


class OddCluster(FakeCluster):
    """``chance``: when an answer is odd, and how; ``None`` while all are right."""

    chance: random.Random | None = None

    def _answer(self, request: Request, first: t.Any = None) -> Answer:
        answer = super()._answer(request, first)
        # Which cluster it is, and what it is called, is looked at elsewhere.
        if self.chance and answer.code < 400 and not request.path.endswith("/kube-system") and self.chance.random() < 0.15:
            return odd(answer, self.chance)
        return answer


def others(cluster: FakeCluster) -> None:
    """What is in the cluster already: all kinds that are looked at."""
    spec = {"versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]}
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "hook", "namespace": "sys"}}}}
    status = {"conditions": [{"type": "Established", "status": "True"}], "storedVersions": ["v1"]}
    api = {"group": "far.io", "version": "v1", "service": {"name": "hook", "namespace": "sys"}, "groupPriorityMinimum": 1}
    ready = [{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "wait"}]
    slices = {"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}], "ports": [{"port": 443}]}
    waiting = [{"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}, "restartCount": 3}]
    for item in (
        *(
            make("Namespace", name, namespace=None, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
            for name in ("ml", "sys")
        ),
        {**defined(scope="Namespaced", conversion=conversion, **spec), "status": status},
        make("Thing", "theirs", "example.com/v1", "ml", spec={"a": 1}),
        make("APIService", "v1.far.io", "apiregistration.k8s.io/v1", None, spec=api, status={"conditions": ready}),
        hooks(hook(["configmaps", "deployments"])),
        service(),
        {**server(), "status": {"replicas": 1, "readyReplicas": 1, "conditions": ready}},
        make("EndpointSlice", "hook-1", "discovery.k8s.io/v1", "sys", labels={"kubernetes.io/service-name": "hook"}, **slices),
        {**running("Pod", "v1", "web-1", "ml", labels={"app": "web"}), "status": {"phase": "Pending", "containerStatuses": waiting}},
        make("PersistentVolumeClaim", "users", namespace="ml", spec={"storageClassName": "fast"}, status={"phase": "Pending"}),
    ):
        cluster.put(item)


def application(version: int) -> list[Json]:
    """What is deployed, and with another ``version`` a bit else."""
    retained = [
        make("ServiceAccount", "web", namespace="ml"),
        make("ConfigMap", "settings", namespace="ml", data={"a": str(version)}),
        {**service("web", "ml"), "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
        running(name="web", namespace="ml", labels={"app": "web"}, more={"replicas": version, "selector": {"matchLabels": {"app": "web"}}}),
        make("Role", "web", "rbac.authorization.k8s.io/v1", "ml", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
        defined("flows", "Flow", "x.io", scope="Namespaced"),
    ]
    stale = [make("ConfigMap", "old", namespace="ml"), make("PersistentVolumeClaim", "data", namespace="ml", spec={})]
    return retained + (stale if version == 1 else [])


def meet(cluster: OddCluster, seed: int) -> list[str]:
    """Deploy, deploy again with less, and remove; returns how each ended."""
    others(cluster)
    options = {"timeout": 0.3, "force": True}
    ends = []
    for stage in (
        lambda: cluster.deploy(*application(1), **options),
        lambda: cluster.deploy(*application(2), **options),
        lambda: cluster.remove(data=True, timeout=0.3),
    ):
        cluster.chance = random.Random(f"{seed} {len(ends)}")
        try:
            stage()
            ends.append("")
        except BootstrapError as error:
            ends.append(str(error))
    return ends


@pytest.fixture
def cluster(server: t.Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> OddCluster:
    for module in (applier, destroyer):
        if hasattr(module, "RETRY_SECONDS"):
            monkeypatch.setattr(module, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(retry, "_BRIEFLY", 0.1)
    return OddCluster(server, client)


@pytest.mark.parametrize("seed", range(12))
def test_an_odd_answer_is_no_error_of_python(cluster: OddCluster, seed: int) -> None:
    with no_hang(20):
        ends = meet(cluster, seed)
    assert len(ends) == 3 and not [end for end in ends if "Traceback" in end]
