# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of an installation stays as it is while pods, Services and the state of nodes change, and nodes come and go."""

from __future__ import annotations

import copy
import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.network import Addresses, load_balancer
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.nodes import Nodes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.pods import Requests
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.workloads import Workloads
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import record
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import profiles
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

Json = dict[str, t.Any]
PROFILES = stories.ROOT / "roles" / "local_cluster" / "files" / "profiles"
CORE = "kubeflow-core"
PASSING = ("node.kubernetes.io/not-ready", "node.kubernetes.io/memory-pressure", "ToBeDeletedByClusterAutoscaler")


def nodes(profile: str) -> list[Json]:
    return [each for each in profiles.read(profile, PROFILES).objects() if each["kind"] == "Node"]


# Real nodes are known when they run.
NAMES = [name for name in sorted(path.stem for path in PROFILES.glob("*.yml")) if nodes(name)]


def set_state(node: Json, ready: bool = True, cordoned: bool = False, taint: str | None = None) -> Json:
    node["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
    node["spec"]["unschedulable"] = cordoned
    node["spec"]["taints"] = [*(node["spec"].get("taints") or []), *([{"key": taint, "effect": "NoSchedule"}] if taint else [])]
    return node


def any_pod(chance: random.Random, names: list[str]) -> Json:
    """A pod of anyone: users' servers, jobs, what the cluster runs itself."""
    asked = {"cpu": f"{chance.choice([1, 50, 250, 1000, 4000, 64000])}m", "memory": f"{chance.choice([1, 64, 1024, 16384])}Mi"}
    asked |= chance.choice([{}, {}, {"nvidia.com/gpu": "1"}, {"ephemeral-storage": "40Gi"}])
    return {
        "metadata": {"name": f"p{chance.random()}", "namespace": chance.choice(["kubeflow", "default", "kube-system"])},
        "spec": {
            "nodeName": chance.choice([*names, None]),
            "containers": [{"resources": {"requests": asked if chance.random() < 0.8 else {}}} for _number in range(chance.randint(1, 3))],
        },
        "status": {"phase": chance.choice(["Pending", "Running", "Running", "Running", "Succeeded", "Failed"])},
    }


def summed(those: list[Json], pods: list[Json] | None) -> Json:
    total, asked = Nodes(), Requests()
    for node in those:
        total.add(node)
    for pod in pods or []:
        asked.add(pod)
    return total.summary(None if pods is None else asked)


def calm(profile: str) -> Json:
    """The facts of a profile before anybody runs anything."""
    facts = stories.facts(profile)
    facts["cluster"]["nodes"] = summed([set_state(node) for node in nodes(profile)], [])
    return facts


def on_some_day(facts: Json, profile: str, chance: random.Random) -> Json:
    """The facts of a profile while others use the cluster."""
    cluster = copy.deepcopy(facts["cluster"])
    those = [
        set_state(node, chance.random() < 0.7, chance.random() < 0.3, chance.choice([None, None, *PASSING])) for node in nodes(profile)
    ]
    names = [node["metadata"]["name"] for node in those]
    pods = [any_pod(chance, names) for _number in range(chance.choice([1, 20, 200]))]
    cluster["nodes"] = summed(those, chance.choice([pods, pods, pods, None]))
    asked = Addresses({}, **chance.choice([{}, {"with_address": "a/b"}, {"waiting": "a/b"}]))
    whose = cluster["distribution"]["name"]
    cluster["load_balancer"] = load_balancer(Workloads(), asked, list(cluster["nodes"]["providers"]), whose, True)
    for addon in cluster["addons"]:
        addon["ready"] = chance.random() < 0.5
    return {**facts, "cluster": cluster}


def written(plan: Json, current: dict[str, str]) -> dict[str, str]:
    return application.files(plan["application"], current, stories.sought({CORE: CORE}).contents).files


def without_passing(plan: Json) -> Json:
    return {key: plan[key] for key in ("parameters", "objects", "digest", "application", "namespace")}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("profile", NAMES)
def test_the_plan_stays_whatever_pods_and_nodes_do(profile: str, seed: int) -> None:
    chance = random.Random(f"{profile} {seed}")
    facts = on_some_day(calm(profile), profile, chance)
    first = stories.plan(facts)
    files = written(first, {})
    later = on_some_day(facts, profile, chance)
    again = stories.plan(later, current=files)
    assert without_passing(again) == without_passing(first)
    assert written(again, files) == files


def test_fewer_nodes_are_no_other_cluster() -> None:
    """At night an autoscaler takes away the pool with GPUs, and all ordinary nodes but one."""
    first = stories.plan(calm("gke-gpu"))
    files = written(first, {})
    chosen = first["parameters"][CORE]
    assert (chosen["gpuResource"]["value"], chosen["gatewayReplicas"]["value"]) == ("nvidia.com/gpu", 2)
    assert {"gpuNodeSelector", "trainingOperatorReplicas"} <= {key for key, each in chosen.items() if each["source"] != "default"}
    night = calm("gke-gpu")
    night["cluster"]["nodes"] = summed([set_state(nodes("gke-gpu")[0])], [])
    again = stories.plan(night, current=files)
    assert {key: each["value"] for key, each in again["parameters"][CORE].items()} == {key: each["value"] for key, each in chosen.items()}
    # Only the reason of the storage class names the zones.
    night["cluster"]["nodes"]["zones"] = calm("gke-gpu")["cluster"]["nodes"]["zones"]
    assert written(stories.plan(night, current=files), files) == files


@pytest.mark.parametrize("choice", [{"gatewayReplicas": 3}, {"gpuResource": "amd.com/gpu"}])
def test_what_the_user_no_longer_chooses_is_not_kept(choice: Json) -> None:
    files = written(stories.plan(calm("kind"), parameters=choice), {})
    name = next(iter(choice))
    assert stories.plan(calm("kind"), current=files)["parameters"][CORE][name]["source"] == "default"


def test_another_cluster_is_planned_from_scratch() -> None:
    files = written(stories.plan(calm("gke-gpu")), {})
    other = calm("kind")
    assert other["cluster"]["uid"] != calm("gke-gpu")["cluster"]["uid"]
    chosen = stories.plan(other, current=files)["parameters"][CORE]
    assert {chosen[name]["source"] for name in ("gatewayReplicas", "gpuResource")} == {"default"}


@pytest.mark.parametrize("case", ["addons", "gpus-two", "metallb", "windows-mixed", "zones-wait"])
def test_the_record_has_no_numbers_of_the_day(case: str) -> None:
    facts = stories.facts(case)
    files = written(stories.plan(facts), {})
    values = yaml_documents.load_mapping(files[record.PATH], record.PATH)["record"]["values"][CORE]
    more = stories.facts(case)
    cluster = more["cluster"]["nodes"]
    for key in ("count", "ready", "schedulable", "usable"):
        cluster[key] += 2
    cluster["ordinary"]["count"] += 2
    for key in ("architectures", "operating_systems", "zones", "roles"):
        cluster[key] = {name: number + 2 for name, number in cluster[key].items()}
    for each in cluster["accelerators"]:
        each["free"] = 0
    again = stories.plan(more, current=files)["application"]["record"]["values"][CORE]
    assert again == values
