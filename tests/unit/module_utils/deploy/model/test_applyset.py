# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was applied, recorded as an ApplySet of KEP-3659."""

from __future__ import annotations

import base64
import hashlib
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

from tests.unit.conftest import Answer, Request

DEPLOYMENT = Key("apps", "Deployment", "ml", "hub")
MEMBERS = {
    DEPLOYMENT: ("want", "owned"),
    Key("", "Namespace", "", "ml"): ("w", ""),
    Key("rbac.authorization.k8s.io", "Role", "far", "a:b"): ("x", "y"),
}


@pytest.fixture
def stored(server: t.Any) -> t.Any:
    """A server that keeps the one ConfigMap."""
    result: dict[str, t.Any] = {}

    def route(request: Request) -> Answer:
        if request.method == "PATCH":
            result.update(request.body)
        if request.method == "DELETE":
            result.clear()
        return Answer(dict(result)) if result or request.method == "DELETE" else Answer({"message": "not found"}, 404)

    server.routes["/api/v1/namespaces/ml/configmaps/kubeflow-applyset"] = route
    return server


def test_the_identifier_is_that_of_the_kep() -> None:
    # applyset-<base64url(sha256(<name>.<namespace>.<kind>.<group>)), without padding>-v1
    hashed = hashlib.sha256(b"kubeflow-applyset.ml.ConfigMap.").digest()
    inventory = Inventory("kubeflow", "ml")
    assert inventory.id == f"applyset-{base64.urlsafe_b64encode(hashed).decode().strip('=')}-v1"
    assert len(inventory.id) <= 63
    assert inventory.id != Inventory("kubeflow", "other").id


def test_what_is_written_can_be_read_again(stored: t.Any, client: Client) -> None:
    inventory = Inventory("kubeflow", "ml").read(client)
    assert not inventory.exists
    inventory.members = dict(MEMBERS)
    inventory.narrow()
    inventory.write(client)
    again = Inventory("kubeflow", "ml").read(client)
    assert again.exists
    assert again.members == MEMBERS
    assert again.group_kinds == {"Deployment.apps", "Namespace", "Role.rbac.authorization.k8s.io"}
    assert again.namespaces == {"ml", "far"}
    again.write(client)
    assert len(stored.writes()) == 1


def test_labels_and_annotations_of_the_parent(stored: t.Any, client: Client) -> None:
    inventory = Inventory("kubeflow", "ml")
    inventory.contain(MEMBERS)
    inventory.write(client)
    metadata = stored.requests[0].body["metadata"]
    assert metadata["labels"]["applyset.kubernetes.io/id"] == inventory.id
    assert metadata["annotations"] == {
        "applyset.kubernetes.io/tooling": "kubeflow.bootstrap/0.2.0",
        "applyset.kubernetes.io/contains-group-kinds": "Deployment.apps,Namespace,Role.rbac.authorization.k8s.io",
        "applyset.kubernetes.io/additional-namespaces": "far",
    }


def test_members_are_labelled_and_recognised() -> None:
    inventory, other = Inventory("kubeflow", "ml"), Inventory("kubeflow", "other")
    item = {"kind": "Service", "metadata": {"name": "a", "labels": {"mine": "x"}}}
    labelled = inventory.labelled(item)
    assert labelled["metadata"]["labels"] == {"mine": "x", "applyset.kubernetes.io/part-of": inventory.id}
    assert item["metadata"]["labels"] == {"mine": "x"}
    assert inventory.owns(labelled["metadata"])
    assert not other.owns(labelled["metadata"])
    assert not inventory.owns({"name": "a"})


def test_it_grows_before_and_shrinks_after() -> None:
    inventory = Inventory("kubeflow", "ml", group_kinds={"Service"}, namespaces={"old"})
    inventory.contain([DEPLOYMENT])
    assert (inventory.group_kinds, inventory.namespaces) == ({"Service", "Deployment.apps"}, {"old", "ml"})
    inventory.members = {DEPLOYMENT: ("a", "b")}
    inventory.narrow()
    assert (inventory.group_kinds, inventory.namespaces) == ({"Deployment.apps"}, {"ml"})


def test_it_can_be_forgotten(stored: t.Any, client: Client) -> None:
    inventory = Inventory("kubeflow", "ml")
    inventory.write(client)
    inventory.delete(client)
    assert not Inventory("kubeflow", "ml").read(client).exists


def test_what_may_not_be_read_is_not_taken_for_nothing(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/namespaces/ml/configmaps/kubeflow-applyset"] = Answer({"message": "forbidden"}, 403)
    with pytest.raises(ApiError, match="forbidden"):
        Inventory("kubeflow", "ml").read(client)


TOOLING, ID = "applyset.kubernetes.io/tooling", "applyset.kubernetes.io/id"


def parent(tooling: str | None, marked: str | None, objects: str = "{}") -> dict[str, t.Any]:
    annotations = {TOOLING: tooling, "applyset.kubernetes.io/contains-group-kinds": "Service"} if tooling else {}
    labels = {ID: marked} if marked else {}
    return {"metadata": {"annotations": annotations, "labels": labels, "resourceVersion": "7"}, "data": {"objects.json": objects}}


OURS = Inventory("kubeflow", "ml").id


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (parent("kubectl/v1.35", OURS), "is the ApplySet of kubectl/v1.35."),
        (parent("kubeflow.bootstrap.other/v1", OURS), "is the ApplySet of kubeflow.bootstrap.other/v1."),
        (parent(None, OURS), "is no ApplySet."),
        (parent("kubeflow.bootstrap/0.2.0", None), "is no ApplySet."),
        (parent("kubeflow.bootstrap/0.2.0", "applyset-x-v1"), f"says that it is the ApplySet applyset-x-v1, not {OURS}."),
    ],
)
def test_another_tools_parent_is_taken_over_only_when_told(server: t.Any, client: Client, result: t.Any, why: str) -> None:
    path = "/api/v1/namespaces/ml/configmaps/kubeflow-applyset"
    server.routes[path] = result
    with pytest.raises(BootstrapError) as refused:
        Inventory("kubeflow", "ml").read(client)
    assert refused.value.message == f"ConfigMap ml/kubeflow-applyset, where the objects of this application are recorded, {why}"
    inventory = Inventory("kubeflow", "ml").read(client, adopt=True)
    assert inventory.taken_over
    inventory.write(client)
    written = server.requests[-1]
    assert (written.method, written.query["force"]) == ("PATCH", "true")
    assert written.body["metadata"]["annotations"][TOOLING].startswith("kubeflow.bootstrap/")


def test_every_version_of_ours_is_ours(server: t.Any, client: Client) -> None:
    server.routes["/api/v1/namespaces/ml/configmaps/kubeflow-applyset"] = parent("kubeflow.bootstrap/v9.9.9", OURS)
    inventory = Inventory("kubeflow", "ml").read(client)
    assert (inventory.exists, inventory.taken_over, inventory.version, inventory.group_kinds) == (True, False, "7", {"Service"})


@pytest.mark.parametrize(
    "objects", ["", "no JSON", "[]", '{"Service": 1}', '{"Service": {"ml": {"a": "x"}}}', '{"Service ml/a": ["x", "y"]}']
)
def test_a_record_that_somebody_broke_is_recreated(server: t.Any, client: Client, objects: str) -> None:
    server.routes["/api/v1/namespaces/ml/configmaps/kubeflow-applyset"] = parent("kubeflow.bootstrap/0.2.0", OURS, objects)
    assert Inventory("kubeflow", "ml").read(client).members == {}
