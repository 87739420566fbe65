# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole Kubeflow platform, 683 objects with 29 webhook configurations, is deployed by one run, and removed.

Its webhooks are answered (``service_network``), and its controllers are played (``stand_ins``).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration import platform
from ansible_collections.kubeflow.bootstrap.tests.integration.service_network import service_network
from ansible_collections.kubeflow.bootstrap.tests.integration.stand_ins import client_configs, stand_ins, webhook_services
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Run
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

RUN_SECONDS = patience(30)
WRITES = ("create", "update", "patch", "delete", "deletecollection")
# Written all the time by others.
RESTLESS = {"Event", "Lease"}
APPLICATION = """---
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - kubeflow.bootstrap.ks_app:
        path: "{{ kubeflow_app_dir }}"
        declaration:
          name: platform
          environments:
            default:
              server: "{{ server }}"
              namespace: kubeflow
"""


pytestmark = pytest.mark.skipif(not platform.archive(os.environ), reason=platform.WANTED)


@pytest.fixture
def alone(brief_cluster):
    """A cluster of its own."""
    return brief_cluster("plain")


@pytest.fixture
def items(alone):
    return platform.objects(Path(alone.facts["bin"]) / "kubectl")


@pytest.fixture
def running(alone, place, items):
    """That cluster, with the platform's webhooks answered and its controllers played."""
    with (
        service_network(place, alone.name, webhook_services(items)) as network,
        stand_ins(place, alone.name, items, network.authority),
    ):
        yield alone


@pytest.fixture
def user(running, work, items, tmp_path):
    """The platform as an application, a component for each of its parts."""
    person = work(running, kubeflow_app_dir=str(tmp_path / "app"), server=running.facts["server"])
    (tmp_path / "application.yml").write_text(APPLICATION, encoding="utf-8")
    play(person, str(tmp_path / "application.yml"))
    for name, text in platform.component_files(items).items():
        (tmp_path / "app" / "components" / name).write_text(text, encoding="utf-8")
    return person


def play(user, playbook, **variables):
    """``user.play`` with a longer timeout, for so many objects; the run must succeed."""
    done = subprocess.run(**user.command(playbook, **variables), timeout=RUN_SECONDS, check=False)
    return Run(done.returncode, done.stdout).well()


def objects(cluster):
    """The keys of the objects in the cluster."""
    return {key for key in cluster.everything() if key[0] not in RESTLESS}


def settled(cluster):
    """The same, once no object is created or deleted any more."""
    seen = []

    def still():
        seen.append(objects(cluster))
        return len(seen) > 1 and seen[-1] == seen[-2]

    cluster.eventually(still, "the cluster comes to rest")
    return seen[-1]


def refused(requests):
    """The writes that failed, from the audit log.

    Without those to the lease: where the response to a renewal is late, the next one is refused, and finds that the lease is its own.
    """
    return [
        f"{each['responseStatus']['code']} {each['verb']} {each['requestURI']}: {each['responseStatus'].get('message')}"
        for each in requests
        if each["verb"] in WRITES and each["responseStatus"]["code"] >= 400 and "/leases/" not in each["requestURI"]
    ]


def live(cluster_objects, item):
    """The live object; some objects of the platform name a namespace, although their kind is cluster-scoped."""
    kind, metadata = item["kind"], item["metadata"]
    return cluster_objects.get((kind, metadata.get("namespace", ""), metadata["name"])) or cluster_objects.get((kind, "", metadata["name"]))


def complete(workload):
    """Whether all of its pods are ready."""
    status = workload["status"]
    if workload["kind"] == "DaemonSet":
        return status["numberReady"] == status["desiredNumberScheduled"]
    return status.get("readyReplicas", 0) == workload["spec"]["replicas"]


@pytest.mark.soak
def test_the_platform_goes_in_with_one_run_and_out_again(running, user, items):
    before = settled(running)
    start = len(running.requests())
    play(user, "deploy")

    requests = running.requests()[start:]
    assert refused(requests) == []
    written = {each["requestURI"].partition("?")[0] for each in requests if each["verb"] == "patch"}
    assert len(written) >= len(items)
    # All objects of the application exist in the wanted state, and everything runs.
    cluster_objects = running.everything()
    assert [item for item in items if live(cluster_objects, item) is None] == []
    unfilled = [key for key, item in cluster_objects.items() for config in client_configs(item) if not config.get("caBundle")]
    assert unfilled == []
    short = [item["metadata"] for item in platform.workloads(items) if not complete(live(cluster_objects, item))]
    assert short == []
    assert user.report()["outcome"]["counts"] == {"created": len(items)}

    with running.untouched():
        again = play(user, "deploy")
    assert again.changed == 0
    assert user.report()["outcome"]["counts"] == {"unchanged": len(items)}

    # cert-manager leaves the Secrets of its Certificates where they are. They are not the application's: it says so, and leaves them too.
    removed = play(user, "remove", kubeflow_remove_data=True)
    left = settled(running) - before
    assert {key[:2] for key in left if key[0] == "Secret"} == {("Secret", "cert-manager"), ("Secret", "kubeflow")}
    for namespace in ("cert-manager", "kubeflow"):
        assert f"Namespace {namespace}: kept, it still has Secret {namespace}/" in removed.output
        running.kubectl("delete", "secrets", "--field-selector=type=kubernetes.io/tls", "--namespace", namespace)
    play(user, "remove", kubeflow_remove_data=True)
    assert settled(running) == before
