# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between here and the API server something answers one LIST in its place. Nothing that somebody else made is lost by that."""

from __future__ import annotations

import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.gateway import ALTERED, gateway
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, made
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

SHORT = 6
"""Seconds: an answer that is none is asked for again until they are over."""


@pytest.fixture
def before(cluster, tmp_path):
    """``before("name", data=True)``: an application that is deployed, what its users made since, and a gateway before the cluster."""
    each = cluster()
    with gateway(each, tmp_path) as front:

        def make(space, data=False):
            group = f"{space}.example.com"
            own = [
                made("v1", "Namespace", space),
                made("v1", "ConfigMap", "settings", space),
                definition(group, "trainjobs", "TrainJob"),
            ]
            app = Application.on(each, tmp_path / space, space, wait_timeout=int(patience(1))).write(*own)
            app.deploy().well()
            theirs = [made(f"{group}/v1", "TrainJob", "of-alice", "default", spec={"steps": 7})]
            if data:
                claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
                theirs = [made("v1", "PersistentVolumeClaim", "of-alice", space, spec=claim), made("v1", "Secret", "of-alice", space)]
            for item in theirs:
                each.eventually(lambda item=item: not each.try_kubectl("apply", "-f", "-", stdin=json.dumps(item)).returncode, "it is made")
            app.arguments["kubeconfig"] = front.kubeconfig
            return app, own, Theirs(each, [(item["kind"], item["metadata"]["name"], item["metadata"]["namespace"]) for item in theirs])

        yield each, front, make


class Theirs:
    """What others made, with the UIDs that it has."""

    def __init__(self, cluster, keys):
        self._cluster, self._keys = cluster, keys
        self._uids = self._now()

    def _now(self):
        return [self._cluster.get(kind, name, "-n", space)["metadata"].get("uid") for kind, name, space in self._keys]

    def unharmed(self):
        assert self._now() == self._uids
        for kind, name, space in self._keys:
            assert "deletionTimestamp" not in self._cluster.get(kind, name, "-n", space)["metadata"]


@pytest.mark.parametrize(
    "altered", ["sign-in page", "cut off", *[pytest.param(each, marks=pytest.mark.soak) for each in ("redirect", "empty")]]
)
def test_a_definition_that_somebody_uses_is_not_removed(before, altered):
    each, front, make = before
    app, _own, theirs = make(f"altered-{altered.replace(' ', '-')}")
    group = f"{app.namespace}.example.com"
    front.alter[f"GET /apis/{group}/v1/trainjobs"] = ALTERED[altered]
    removed = app.deploy(state="absent", wait_timeout=SHORT)
    assert front.altered
    assert "does not answer as a Kubernetes API server" in (removed.error or "") + removed.text + json.dumps(removed.outcome)
    theirs.unharmed()
    assert each.get("crd", f"trainjobs.{group}")["metadata"].get("deletionTimestamp") is None
    front.alter.clear()
    app.deploy(state="absent").well()
    theirs.unharmed()


def test_a_namespace_with_the_data_of_users_is_not_removed(before):
    each, front, make = before
    app, _own, theirs = make("altered-data", data=True)
    for resource in ("persistentvolumeclaims", "secrets"):
        front.alter[f"GET /api/v1/namespaces/{app.namespace}/{resource}"] = ALTERED["sign-in page"]
    app.deploy(state="absent", remove_data=True, wait_timeout=SHORT)
    assert front.altered
    theirs.unharmed()
    assert each.get("namespace", app.namespace)["status"]["phase"] == "Active"
    front.alter.clear()
    assert app.deploy(state="absent", remove_data=True).well().actions["Namespace altered-data"] == "kept"
    theirs.unharmed()


def test_a_definition_that_somebody_uses_is_not_pruned(before):
    each, front, make = before
    app, own, theirs = make("altered-prune")
    group = f"{app.namespace}.example.com"
    app.write(*own[:2]).deploy().well()
    theirs.unharmed()
    front.alter[f"GET /apis/{group}/v1/trainjobs"] = ALTERED["sign-in page"]
    app.deploy(wait_timeout=SHORT)
    assert front.altered
    theirs.unharmed()
    assert each.get("crd", f"trainjobs.{group}")["metadata"].get("deletionTimestamp") is None
