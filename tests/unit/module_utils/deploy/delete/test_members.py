# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What belongs to an application, and what goes with that."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.delete.members import (
    GOES_AFTER,
    NOT_APPLIED,
    Members,
    descended,
    going_before,
    made_for,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key, Resources

from tests.unit.conftest import Answer, Request
from tests.unit.module_utils.deploy.delete.test_removal import item, target

VERBS = ["get", "list", "delete"]
APIS: t.Any = {
    "v1": {
        "ConfigMap": {"resource": "configmaps", "namespaced": True, "verbs": VERBS},
        "Secret": {"resource": "secrets", "namespaced": True, "verbs": VERBS},
        "PersistentVolumeClaim": {"resource": "persistentvolumeclaims", "namespaced": True, "verbs": VERBS},
        "Endpoints": {"resource": "endpoints", "namespaced": True, "verbs": VERBS},
    }
}


def inventory(*keys: Key, **more: t.Any) -> Inventory:
    result = Inventory("app", "ml", exists=True, namespaces={"ml"}, **more)
    result.members = {key: ("w", "o") for key in keys}
    result.contain(keys)
    return result


def ours(record: Inventory, name: str, kind: str = "ConfigMap", **metadata: t.Any) -> dict[str, t.Any]:
    live = record.labelled(item("v1", kind, name))
    live["metadata"] |= metadata
    return live


def listing(kind: str, *items: t.Any) -> t.Any:
    return {"kind": f"{kind}List", "metadata": {}, "items": list(items)}


def names(live_members: t.Any) -> set[str]:
    return {each.key.name for each in live_members.targets}


def test_labels_that_controllers_copied_make_no_members(server: t.Any, client: Client) -> None:
    known = inventory(Key("", "ConfigMap", "ml", "a"), Key("", "ConfigMap", "ml", "lost"))
    owner = [{"uid": "u", "kind": "X", "name": "x"}]
    copy = ours(known, "copy", ownerReferences=owner)
    applied = ours(known, "applied", ownerReferences=owner, managedFields=[{"manager": "kubeflow.bootstrap"}])
    server.routes["/api/v1/configmaps"] = listing("ConfigMap", ours(known, "a"), copy, applied)
    server.routes["/api/v1/namespaces/ml/configmaps/lost"] = item("v1", "ConfigMap", "lost")
    live_members = Members(client, known, APIS, whole=False)
    assert names(live_members) == {"a", "applied"}
    assert live_members.unlabelled == [Key("", "ConfigMap", "ml", "lost")]
    assert all("managedFields" not in each.live["metadata"] for each in live_members.targets)


def test_what_may_not_be_listed_is_asked_for_by_namespace_then_by_name(server: t.Any, client: Client) -> None:
    known = inventory(Key("", "Secret", "ml", "a"), Key("", "Secret", "ml", "b"), Key("", "ConfigMap", "ml", "c"))
    for path in ("/api/v1/secrets", "/api/v1/namespaces/ml/secrets", "/api/v1/namespaces/ml/secrets/b", "/api/v1/configmaps"):
        server.routes[path] = Answer({"message": "you may not"}, 403)
    server.routes["/api/v1/namespaces/ml/secrets/a"] = ours(known, "a", "Secret")
    server.routes["/api/v1/namespaces/ml/configmaps"] = listing("ConfigMap", ours(known, "c"))
    server.routes["/api/v1/namespaces/ml/secrets/b"] = [Answer({"message": "you may not"}, 403), Answer({"message": "gone"}, 404)]
    live_members = Members(client, known, APIS, whole=False)
    assert names(live_members) == {"a", "c"}
    assert live_members.unseen == {"Secret ml/b": "you may not"}


def test_without_a_record_all_kinds_are_looked_through(server: t.Any, client: Client) -> None:
    known = Inventory("app", "ml")
    server.routes["/api/v1/configmaps"] = listing("ConfigMap", ours(known, "a"))
    server.routes["/api/v1/secrets"] = Answer({"message": "you may not"}, 403)
    server.routes["/api/v1/endpoints"] = listing("Endpoints", ours(known, "a", "Endpoints"))
    server.routes["/api/v1/persistentvolumeclaims"] = listing("PersistentVolumeClaim")
    live_members = Members(client, known, APIS, whole=False)
    assert [str(each.key) for each in live_members.targets] == ["ConfigMap ml/a"]


def test_what_was_made_for_members_is_found_again_after_them(server: t.Any, client: Client) -> None:
    spec = {"selector": {"matchLabels": {"a": "b"}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
    store = target(item("apps/v1", "StatefulSet", "store", spec=spec))
    claims = [item("v1", "PersistentVolumeClaim", name) for name in ("data-store-0", "data-store-12", "data-store-x", "other-store-0")]

    def route(request: Request) -> t.Any:
        assert request.query["labelSelector"] == "a=b"
        return listing("PersistentVolumeClaim", *claims)

    server.routes["/api/v1/namespaces/ml/persistentvolumeclaims"] = route
    assert [each.key.name for each in made_for(client, [store], APIS, {})] == ["data-store-0", "data-store-12"]
    known = inventory(Key("", "PersistentVolumeClaim", "ml", "data-store-0"))
    known.members = dict.fromkeys(known.members, NOT_APPLIED)
    server.routes["/api/v1/persistentvolumeclaims"] = listing("PersistentVolumeClaim")
    server.routes["/api/v1/namespaces/ml/persistentvolumeclaims/data-store-0"] = claims[0]
    live_members = Members(client, known, APIS, whole=False)
    assert [(each.key.name, each.label) for each in live_members.targets] == [("data-store-0", False)]


def test_what_programs_started_ends_before_what_guards_it(server: t.Any, client: Client) -> None:
    apis = {
        "v1": {kind: {"resource": f"{kind.lower()}s", "namespaced": True, "verbs": VERBS} for kind in ("Pod", "Secret")},
        "coordination.k8s.io/v1": {"Lease": {"resource": "leases", "namespaced": True, "verbs": VERBS}},
    }
    owned = item("v1", "Pod", "of-a-workload")
    owned["metadata"]["ownerReferences"] = [{"uid": "w", "kind": "ReplicaSet", "name": "w"}]
    server.routes["/api/v1/namespaces/ml/pods"] = listing("Pod", item("v1", "Pod", "jupyter-anna"), owned)
    server.routes["/apis/coordination.k8s.io/v1/namespaces/ml/leases/leader"] = item("coordination.k8s.io/v1", "Lease", "leader")
    server.routes["/apis/coordination.k8s.io/v1/namespaces/ml/leases/gone"] = Answer({"message": "gone"}, 404)

    def dependents(text: str) -> list[str]:
        guard = item("networking.k8s.io/v1", "NetworkPolicy", "notebook")
        guard["metadata"]["annotations"] = {GOES_AFTER: text}
        retained: t.Any = {}
        before = list(going_before(client, target(guard), Resources(apis)))
        assert made_for(client, [target(guard), target(guard)], apis, retained) == before and not retained
        assert not any(each.label for each in before)
        return [str(each.key) for each in before]

    assert dependents("Pod?a=b,c=d Lease/leader Lease/gone") == ["Pod ml/jupyter-anna", "Lease.coordination.k8s.io ml/leader"]
    assert server.requests[0].query["labelSelector"] == "a=b,c=d"
    # Nothing but that: not all pods, and not what holds somebody's data.
    count = len(server.requests)
    assert [dependents(text) for text in ("", "Pod?", "Pod", "Secret/a", "Secret?a=b", "Namespace/ml")] == [[]] * 6
    assert len(server.requests) == count


def test_what_is_owned_goes_with_its_owners() -> None:
    def owned(uid: str, *owners: str, **annotations: str) -> dict[str, t.Any]:
        return {"uid": uid, "ownerReferences": [{"uid": each} for each in owners], "annotations": annotations}

    items = [owned("c", "b"), owned("b", "a"), owned("both", "a", "x"), owned("free")]
    items.append(owned("token", **{"kubernetes.io/service-account.uid": "a"}))
    assert descended(items, {"a"}) == {"b", "c", "token"}
