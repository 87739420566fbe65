# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds data stays, with all that it needs."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.delete.retention import needs, still_used, with_needs
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.object_index import Related
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import CRD, Key

from tests.unit.module_utils.deploy.delete.test_removal import deployment, item, target

CLAIM, CLASS = Key("", "PersistentVolumeClaim", "ml", "disk"), Key("storage.k8s.io", "StorageClass", "", "fast")
DEFINITION = Key(*CRD, "", "flows.x.io")


def objects() -> list[dict[str, t.Any]]:
    server = {"service": {"name": "convert", "namespace": "ml"}}
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": server}}
    return [
        item("v1", "Namespace", "ml", None),
        item("v1", "PersistentVolumeClaim", "disk", spec={"storageClassName": "fast"}),
        item("storage.k8s.io/v1", "StorageClass", "fast", None),
        item("storage.k8s.io/v1", "StorageClass", "slow", None),
        item(CRD[0] + "/v1", CRD[1], "flows.x.io", None, spec={"group": "x.io", "names": {"kind": "Flow"}, "conversion": conversion}),
        item("v1", "Service", "convert", spec={"selector": {"a": "convert"}}),
        deployment("convert", "convert"),
        item("v1", "ServiceAccount", "convert"),
        deployment("other", "other"),
        item("v1", "ServiceAccount", "other"),
    ]


def test_a_claim_keeps_its_class_and_a_definition_what_converts_its_resources() -> None:
    graph = needs(Related(objects()))
    assert with_needs({CLAIM: "data"}, graph) == {CLAIM: "data", CLASS: f"{CLAIM} needs it, and stays"}
    retained = with_needs({DEFINITION: "used"}, graph)
    assert {key.name for key in retained} == {"flows.x.io", "convert"}
    assert {key.kind for key in retained} == {CRD[1], "Service", "Deployment", "ServiceAccount"}


def test_why_a_definition_stays_names_who_uses_it_and_what_will_be_missing() -> None:
    live = item("x.io/v1", "Flow", "mine")
    live["metadata"]["finalizers"] = ["x.io/cleanup"]
    why = still_used([target(live)], " of others", "say so")
    assert why.startswith("it still has a custom resource of others (Flow.x.io ml/mine), which would go with it; say so; ")
    assert why.endswith("for the finalizer x.io/cleanup")
    many = still_used([target(item("x.io/v1", "Flow", f"f{number}")) for number in range(7)], "", "say so")
    assert many.startswith("it still has 7 custom resources (") and "f4 …)" in many and "f5" not in many
