# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``remove.yml`` takes away what was deployed, and nothing else."""

from __future__ import annotations

import json

# Written all the time by others.
RESTLESS = {"Event", "Lease"}


def state(cluster):
    """Every object of the cluster: who it is and what it is to be."""
    found = {}
    for key, item in cluster.everything().items():
        if key[0] in RESTLESS:
            continue
        metadata = {name: value for name, value in item["metadata"].items() if name not in ("managedFields", "resourceVersion")}
        # The volumes of a local cluster stay bound to the claim that they once had: nobody recycles them.
        if key[0] == "PersistentVolume":
            item = {**item, "spec": {**item["spec"], "claimRef": None}}
            metadata.pop("annotations", None)
        found[key] = {**item, "metadata": metadata, "status": None}
    return found


def settled(cluster):
    """``state`` once it stays the same."""
    seen = []

    def still():
        seen.append(state(cluster))
        return len(seen) > 1 and seen[-1] == seen[-2]

    cluster.eventually(still, "the cluster comes to rest")
    return seen[-1]


def test_afterwards_the_cluster_is_as_before(cluster, work):
    each = cluster("kind")
    before = settled(each)
    user = work(each)
    user.bootstrap().well()
    assert len(settled(each)) > len(before)
    run = user.play("remove", kubeflow_remove_data=True).well()
    assert run.changed == 1
    after = settled(each)
    assert after.keys() == before.keys()
    assert after == before
    assert (user.app / "app.yaml").is_file()  # the user's to keep
    with each.untouched():
        assert user.play("remove", kubeflow_remove_data=True).well().changed == 0


def test_data_stays_unless_told_otherwise(cluster, work):
    each = cluster("kind")
    user = work(each, kubeflow_namespace="data")
    user.bootstrap().well()
    files, objects = user.files(), set(each.applied("data"))
    with each.untouched():
        assert user.play("remove", "--check", kubeflow_remove_data=True).well().changed == 1
    assert (user.files(), set(each.applied("data"))) == (files, objects)

    run = user.play("remove").well()
    assert run.changed == 1
    assert set(each.applied("data")) == {("PersistentVolumeClaim", "hub-db"), ("Namespace", "data")}
    assert each.get("pvc", "hub-db", "-n", "data")["status"]["phase"] == "Bound"
    kept = [line for line in run.output.splitlines() if ": kept" in line]
    assert len(kept) == 2
    assert any("PersistentVolumeClaim data/hub-db" in line and "kubeflow_remove_data=true" in line for line in kept)
    assert any("Namespace data" in line and "PersistentVolumeClaim data/hub-db" in line for line in kept)
    with each.untouched():
        assert user.play("remove").well().changed == 0
    # The next deployment finds its data again.
    volume = each.get("pvc", "hub-db", "-n", "data")["spec"]["volumeName"]
    user.bootstrap().well()
    assert each.get("pvc", "hub-db", "-n", "data")["spec"]["volumeName"] == volume


def test_what_others_made_survives(cluster, work):
    each = cluster("kind")
    user = work(each, kubeflow_namespace="shared")
    user.bootstrap().well()
    labels = {"app.kubernetes.io/part-of": "kubeflow", "app.kubernetes.io/instance": "kubeflow-core"}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "standard"}
    theirs = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "mine", "namespace": "shared", "labels": labels},
            "data": {"a": "b"},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "mine", "namespace": "shared", "labels": labels},
            "spec": claim,
        },
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "mine", "labels": labels}, "rules": []},
    ]
    each.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": theirs}))
    keys = [(item["kind"], item["metadata"].get("namespace", ""), "mine") for item in theirs]
    before = {key: state(each)[key] for key in keys}
    run = user.play("remove", kubeflow_remove_data=True).well()
    after = state(each)
    assert {key: after.get(key) for key in keys} == before
    assert set(each.applied("shared")) == {("Namespace", "shared")}
    assert each.get("namespace", "shared")["status"]["phase"] == "Active"
    kept = next(line for line in run.output.splitlines() if "Namespace shared: kept" in line)
    assert "ConfigMap shared/mine" in kept and "PersistentVolumeClaim shared/mine" in kept
    with each.untouched():
        assert user.play("remove", kubeflow_remove_data=True).well().changed == 0


def test_a_namespace_that_was_there_before_is_neither_changed_nor_deleted(cluster, work):
    each = cluster("kind")
    each.kubectl("create", "namespace", "earlier")
    before = each.get("namespace", "earlier")
    user = work(each, kubeflow_namespace="earlier")
    user.bootstrap().well()
    assert each.get("deployment", "hub", "-n", "earlier")["status"]["availableReplicas"] == 1
    assert each.get("namespace", "earlier") == before
    user.play("remove", kubeflow_remove_data=True).well()
    assert each.get("namespace", "earlier") == before
    assert each.applied("earlier") == {}
