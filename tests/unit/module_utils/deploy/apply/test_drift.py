# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be done about each object, with as few questions as possible."""

from __future__ import annotations

import json
import tracemalloc
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.drift import Comparison, contained
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import PART_OF, Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.member import Member
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, Key, Resources, digest, key_of, owned_fields

from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]
SERVED: Json = {
    "v1": {
        kind: {"resource": f"{kind.lower()}s", "namespaced": kind not in ("Namespace",), "verbs": ["list"]}
        for kind in ("ConfigMap", "Namespace", "Secret", "Service", "ServiceAccount", "Endpoints")
    },
    "apiextensions.k8s.io/v1": {
        "CustomResourceDefinition": {"resource": "customresourcedefinitions", "namespaced": False, "verbs": ["list"]}
    },
}
RESOURCES = Resources(SERVED)
OURS = {"manager": MANAGER, "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}, "time": "2026-01-01T00:00:01Z"}
THEIRS = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:b": {}}}, "time": "2026-01-01T00:00:02Z"}


def config(name: str, space: str = "ml", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": space}, "data": data or {"a": "1"}}


class Cluster:
    """Objects that can be listed by label and name, in every namespace or one, and read. ``asked``: each question in short."""

    def __init__(self, server: t.Any) -> None:
        self.objects: dict[str, Json] = {}
        self.forbidden: set[str] = set()
        self.asked: list[str] = []
        self._server = server

    def add(self, item: Json, inventory: Inventory | None, *managed: Json, **metadata: t.Any) -> Json:
        """Put an object there; as a member with ``inventory``."""
        item = inventory.labelled(item) if inventory else item
        live = {**item, "metadata": {**item["metadata"], "resourceVersion": "5", "managedFields": list(managed), **metadata}}
        self.objects[str(key_of(item))] = live
        kind = SERVED[item["apiVersion"]][item["kind"]]["resource"]
        root = "/api/v1" if item["apiVersion"] == "v1" else f"/apis/{item['apiVersion']}"
        space = item["metadata"].get("namespace")
        for path in (f"{root}/{kind}", f"{root}/namespaces/{space}/{kind}" if space else f"{root}/{kind}"):
            self._server.routes[path] = lambda request, item=item: self._listed(request, item["kind"])
        name = item["metadata"]["name"]
        self._server.routes[f"{root}/namespaces/{space}/{kind}/{name}" if space else f"{root}/{kind}/{name}"] = lambda request: (
            {**live, **request.body, "metadata": live["metadata"]} if request.method == "PATCH" else live
        )
        return item

    def _listed(self, request: Request, kind: str) -> Answer:
        if request.path in self.forbidden:
            return Answer({"reason": "Forbidden"}, 403)
        spaces = request.path.split("/namespaces/")
        space = spaces[1].split("/")[0] if len(spaces) > 1 else None
        items = [each for each in self.objects.values() if each["kind"] == kind and space in (None, each["metadata"].get("namespace"))]
        name, value = (request.query.get("labelSelector") or "=").split("=")
        items = [each for each in items if not name or (each["metadata"].get("labels") or {}).get(name) == value]
        _field, desired = (request.query.get("fieldSelector") or "=").split("=")
        return Answer({"items": [{"metadata": each["metadata"]} for each in items if desired in ("", each["metadata"]["name"])]})


@pytest.fixture
def cluster(server: t.Any) -> Cluster:
    return Cluster(server)


@pytest.fixture
def inventory() -> Inventory:
    return Inventory("kubeflow", "ml", exists=True, namespaces={"ml"})


def record(inventory: Inventory, item: Json, *managed: Json) -> None:
    key = key_of(item)
    inventory.members[key] = (digest(inventory.labelled(item)), owned_fields({"metadata": {"managedFields": list(managed)}}))
    inventory.contain([key])


def compare(client: Client, inventory: Inventory, *items: Json, adopt: bool = False) -> list[Member]:
    return Comparison(client, inventory, RESOURCES).members([("web", item) for item in items], adopt)


def test_known_members_cost_one_list_a_kind(server: t.Any, cluster: Cluster, client: Client, inventory: Inventory) -> None:
    items = [config(f"c{number}", f"space{number % 3}") for number in range(9)]
    for item in items:
        cluster.add(item, inventory, OURS, THEIRS)
        record(inventory, item, OURS)
    members = compare(client, inventory, *items)
    assert [(member.key, member.component, member.action, member.why, member.version) for member in members] == [
        (key_of(item), "web", "leave", None, "5") for item in items
    ]
    assert Comparison(client, inventory, RESOURCES).stale([member.key for member in members]) == []
    assert [(request.path, request.query["labelSelector"]) for request in server.requests] == [
        ("/api/v1/configmaps", f"{PART_OF}={inventory.id}")
    ]
    assert "as=PartialObjectMetadataList" in server.requests[0].headers["accept"]


def test_a_new_object_costs_one_question_more(server: t.Any, cluster: Cluster, client: Client, inventory: Inventory) -> None:
    old, new = config("old"), config("new")
    cluster.add(old, inventory, OURS)
    record(inventory, old, OURS)
    assert [member.action for member in compare(client, inventory, old, new)] == ["leave", "create"]
    assert [request.path for request in server.requests] == ["/api/v1/configmaps", "/api/v1/namespaces/ml/configmaps/new"]


def test_many_new_objects_cost_one_list_a_namespace(server: t.Any, cluster: Cluster, client: Client, inventory: Inventory) -> None:
    cluster.add(config("c1"), None)
    cluster.add(config("c1", "far"), None)
    items = [config(f"n{number}", space) for number in range(9) for space in ("ml", "far")]
    assert {member.action for member in compare(client, inventory, *items)} == {"create"}
    assert sorted(request.path for request in server.requests) == ["/api/v1/namespaces/far/configmaps", "/api/v1/namespaces/ml/configmaps"]


def test_who_may_not_list_all_namespaces_lists_each(server: t.Any, cluster: Cluster, client: Client, inventory: Inventory) -> None:
    items = [config("a"), config("a", "far")]
    for item in items:
        cluster.add(item, inventory, OURS)
        record(inventory, item, OURS)
    cluster.forbidden.add("/api/v1/configmaps")
    assert [member.action for member in compare(client, inventory, *items)] == ["leave", "leave"]
    assert [request.path for request in server.requests[1:]] == ["/api/v1/namespaces/far/configmaps", "/api/v1/namespaces/ml/configmaps"]


def test_a_kind_that_is_yet_to_be_defined_is_not_asked_for(server: t.Any, client: Client, inventory: Inventory) -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": True}],
        },
    }
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}
    members = Comparison(client, inventory, Resources(SERVED, [crd])).members([("web", crd), ("web", thing)])
    assert [member.action for member in members] == ["create", "create"]
    assert not [request for request in server.requests if "/things" in request.path.partition("/apis/example.com")[2]]


@pytest.mark.parametrize(
    ("managed", "action", "why"),
    [
        ([OURS], "leave", None),
        ([{**OURS, "fieldsV1": {}}, {**THEIRS, "fieldsV1": {"f:data": {"f:a": {}}}}], "change", "others changed it: kubectl-edit"),
        ([{**OURS, "fieldsV1": {}}, THEIRS], "change", "others changed it (last written by kubectl-edit)"),
        ([], "change", "others changed it"),
    ],
)
def test_drift(cluster: Cluster, client: Client, inventory: Inventory, managed: list[Json], action: str, why: str | None) -> None:
    cluster.add(config("a"), inventory, *managed)
    record(inventory, config("a"), OURS)
    (member,) = compare(client, inventory, config("a"))
    assert (member.action, member.why) == (action, why)


def test_another_wish_is_a_change(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    cluster.add(config("a"), inventory, OURS)
    record(inventory, config("a"), OURS)
    (member,) = compare(client, inventory, config("a", a="2"))
    assert (member.action, member.why) == ("change", None)


def test_a_label_that_was_removed_is_put_back(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    cluster.add(config("a"), None, OURS)
    record(inventory, config("a"), OURS)
    (member,) = compare(client, inventory, config("a"))
    assert (member.action, member.why) == ("change", "others removed its label applyset.kubernetes.io/part-of")


def test_the_default_account_belongs_to_nobody(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "ml"}}
    cluster.add(account, None)
    assert [member.action for member in compare(client, inventory, account)] == ["change"]


def test_others_are_named_all_at_once(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    items = [config(f"c{number}") for number in range(7)]
    for item in items[:6]:
        cluster.add(config(item["metadata"]["name"], a="other"), None, annotations={"meta.helm.sh/release-name": "minio"})
    cluster.add(config("c6", a="other"), Inventory("other", "ml"))
    with pytest.raises(BootstrapError) as refused:
        compare(client, inventory, *items)
    assert refused.value.message.startswith(
        "7 objects already exist and are not managed by this application: ConfigMap ml/c0 (Helm release minio)"
    )
    assert f"ConfigMap ml/c6 (ApplySet {Inventory('other', 'ml').id})" in refused.value.message
    assert len(refused.value.details["owners"]) == 7
    assert {member.action for member in compare(client, inventory, *items, adopt=True)} == {"take-over"}


def test_what_holds_all_that_is_wanted_is_left_to_its_owner(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    cluster.add(config("a", a="1", b="2"), None, annotations={"meta.helm.sh/release-name": "minio"})
    (member,) = compare(client, inventory, config("a", a="1"))
    assert (member.action, member.why) == ("foreign", "managed by Helm release minio, and already as this application wants it")


def test_a_namespace_of_others_is_used(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml"}}
    cluster.add(space, None, {"manager": "kubectl-create", "operation": "Update"})
    desired = {**space, "metadata": {"name": "ml", "labels": {"a": "b"}}}
    (member,) = compare(client, inventory, desired)
    assert (member.action, member.why) == ("foreign", "managed by kubectl")


@pytest.mark.parametrize(
    ("desired", "live", "holds"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": None, "b": {}, "c": []}, {}, True),
        ({"a": [{"x": 1}]}, {"a": [{"x": 1, "y": 2}]}, True),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": {"b": 1}}, {"a": "b"}, False),
        ({"a": 0}, {}, False),
    ],
)
def test_containment(desired: Json, live: Json, holds: bool) -> None:
    assert contained(desired, live) is holds


def test_what_is_not_wanted_any_more(cluster: Cluster, client: Client, inventory: Inventory) -> None:
    kept, dropped, forgotten, given_up = config("kept"), config("gone"), config("forgotten"), config("given-up")
    for item in (kept, dropped, forgotten):
        cluster.add(item, inventory, OURS)
    cluster.add(given_up, Inventory("other", "ml"), OURS)
    for item in (kept, dropped, given_up):
        record(inventory, item, OURS)
    # Kubernetes gives the endpoints of a Service its labels.
    cluster.add({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web", "namespace": "ml"}}, inventory)
    inventory.group_kinds |= {"Endpoints", "Gone.example.com"}
    stale = Comparison(client, inventory, RESOURCES).stale([key_of(kept)])
    assert [str(key) for key, _resource in stale] == ["ConfigMap ml/forgotten", "ConfigMap ml/gone"]
    assert stale[0][1].path("ml", "gone") == "/api/v1/namespaces/ml/configmaps/gone"
    assert Comparison(client, Inventory("kubeflow", "ml"), RESOURCES).stale([]) == []


def test_what_managers_own_of_many_definitions_is_not_held_at_once() -> None:
    """74 definitions with 12 MB of ``fieldsV1``, in an API server that gives them page by page."""
    fields = {f"f:field{number}": {"f:type": {}, "f:description": {}} for number in range(3000)}
    entry = {"manager": "kubectl", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields}
    inventory = Inventory("kubeflow", "ml", exists=True)
    kind = ("apiextensions.k8s.io", "CustomResourceDefinition")
    labels = {PART_OF: inventory.id}
    pages = []
    names = [f"d{number}" for number in range(74)]

    class Pages:
        def map(self, work: t.Any, items: t.Any) -> list[t.Any]:
            return [work(item) for item in items]

        def items(self, path: str, accept: str, limit: int = 500, **_selector: str) -> t.Iterator[Json]:
            for start in range(0, len(names), limit):
                page = [
                    {"metadata": {"name": name, "labels": labels, "resourceVersion": "1", "managedFields": [entry]}}
                    for name in names[start:][:limit]
                ]
                text = json.dumps({"items": page})
                pages.append(len(text))
                del page
                yield from json.loads(text)["items"]

    desired = [{"apiVersion": "apiextensions.k8s.io/v1", "kind": kind[1], "metadata": {"name": name}} for name in names]
    for name in names:
        inventory.members[Key(*kind, "", name)] = ("a", "b")
    client: t.Any = Pages()
    tracemalloc.start()
    members = Comparison(client, inventory, RESOURCES).members([("web", item) for item in desired])
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(members) == 74
    assert sum(pages) > 10_000_000
    assert kept < 1_000_000
    assert peak < 60_000_000


@pytest.mark.parametrize("number", [1, 5])
def test_who_may_get_but_not_list_can_deploy(server: t.Any, cluster: Cluster, client: Client, inventory: Inventory, number: int) -> None:
    items = [config(f"c{each}") for each in range(number)]
    cluster.add(items[0], None, OURS)
    cluster.forbidden = {"/api/v1/configmaps", "/api/v1/namespaces/ml/configmaps"}
    assert [member.action for member in compare(client, inventory, *items)] == ["foreign"] + ["create"] * (number - 1)


def test_names_of_roles_need_no_selector(server: t.Any, client: Client, inventory: Inventory) -> None:
    role = "rbac.authorization.k8s.io/v1"
    served = {role: {"ClusterRole": {"resource": "clusterroles", "namespaced": False, "verbs": ["list"]}}}
    names = ["group=admin", "a,b", "system:x", "a?b#c", "ü +"]
    items = [{"apiVersion": role, "kind": "ClusterRole", "metadata": {"name": name}} for name in names]
    for item in items:
        server.routes[f"/apis/{role}/clusterroles/{item['metadata']['name']}"] = {**item, "metadata": {**item["metadata"], "uid": "u"}}
        (member,) = Comparison(client, inventory, Resources(served)).members([("web", item)], adopt=True)
        assert member.live and member.live["metadata"]["name"] == item["metadata"]["name"]
