# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two clusters behind one address, which leads to the other one from some moment on, by connection or by request."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.identity import SYSTEM, OtherCluster, names_uid
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.workers import CONNECTIONS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection

from tests.unit.conftest import ENV, Answer, Request
from tests.unit.module_utils.deploy._cluster import FakeCluster, status
from tests.unit.module_utils.deploy._objects import make

Json = dict[str, t.Any]
SPACE = "/api/v1/namespaces/ml"
MOMENTS = 10


def objects(text: str) -> list[Json]:
    """Some that need each other, so that there are several waves."""
    items = [make("Namespace", "ml", namespace=None)]
    items += [make("ConfigMap", f"c{number}", namespace="ml") | {"data": {"text": text}} for number in range(7)]
    items += [make("ServiceAccount", f"s{number}", namespace="ml") | {"annotation": text} for number in range(2)]
    return items


MANY = [make("Namespace", "ml", namespace=None), *(make("ConfigMap", f"c{number}", namespace="ml") for number in range(60))]
"""More creates than there are connections, several times."""


class Front:
    """Leads to the first cluster, and from request number ``at`` on to the second: ``by`` request, or by connection."""

    def __init__(self, server: t.Any, client: Client) -> None:
        self.clusters = []
        for number in (1, 2):
            cluster = FakeCluster(server, client)
            cluster._version = number * 1000
            for name in ("kube-system", "default"):
                cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "uid": f"{name}-{number}"}})
            self.clusters.append(cluster)
        self.at, self.by, self.count, self.marks = 0, "request", 0, False
        self.led: dict[int, int] = {}
        self.writes: tuple[list[str], list[str]] = ([], [])
        server.routes = self

    def blind(self) -> list[str]:
        """The writes that the second cluster got and could not refuse by their UID."""
        return [write for write in self.writes[1] if not write.endswith("by UID")]

    def lead(self, by: str, at: int) -> None:
        self.by, self.at, self.count = by, at, 0
        self.led.clear()
        for each in self.writes:
            each.clear()

    def get(self, path: str, _default: object) -> t.Any:
        return self._answer

    def _answer(self, request: Request) -> Answer:
        self.count += 1
        switched = bool(self.at) and self.count >= self.at
        number = int(switched) if self.by == "request" else self.led.setdefault(request.connection, int(switched))
        if request.method != "GET" and "reviews" not in request.path and "dryRun" not in request.query:
            self.writes[number].append(f"{request.method} {request.path}{' by UID' if names_uid(request.body) else ''}")
        cluster = self.clusters[number]
        route = cluster.get(request.path, None)
        answer: Answer = route(request) if callable(route) else route
        if self.marks:
            answer = replace(answer, headers=[*answer.headers, ("X-Kubernetes-PF-FlowSchema-UID", f"flow-{number}")])
        # Who balances connections ends those that lead to where nobody is to be led any more.
        answer.silent_close = switched and self.by == "connection" and number == 0
        return answer


Work = t.Callable[[FakeCluster], object]
WORK: dict[str, tuple[bool, Work]] = {
    "create": (False, lambda cluster: cluster.deploy(*objects("a"))),
    "change": (True, lambda cluster: cluster.deploy(*objects("b"))),
    "prune": (True, lambda cluster: cluster.deploy(*objects("a")[:-4])),
    "remove": (True, lambda cluster: cluster.remove()),
}
"""Whether it is deployed before, and what is done then."""


def run(server: t.Any, front: Front, work: Work, uid: str | None = "kube-system-1") -> None:
    """What ``deploy`` does once it has seen that it is the right cluster."""
    with Client(Connection(server=server.url, name="trial", env=ENV), RequestPolicy(timeout=10)) as client:
        client.identity.bind(uid, SPACE)
        front.clusters[0].client = client
        work(front.clusters[0])


def snapshot(cluster: FakeCluster) -> Json:
    return {key: item["metadata"]["resourceVersion"] for key, item in cluster.objects.items() if key[1] != "Lease"}


def content(cluster: FakeCluster) -> Json:
    """What the application brings."""
    return {key: item.get("data") for key, item in cluster.objects.items() if key[2] == "ml" and not key[3].startswith("app")}


def begin(server: t.Any, client: Client, deployed: bool, twin: bool, marks: bool = False) -> Front:
    front = Front(server, client)
    front.marks = marks
    for cluster, is_expected in zip(front.clusters, (deployed, twin), strict=True):
        if is_expected:
            server.routes = cluster
            cluster.deploy(*objects("a"))
    server.routes = front
    return front


@pytest.mark.parametrize("by", ["connection", pytest.param("request", marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    ("name", "twin", "marks"),
    [*((name, True, True) for name in WORK), ("create", False, True), ("create", False, False), ("remove", False, True)],
)
def test_nothing_is_written_to_the_cluster_that_answers_from_some_moment_on(
    server: t.Any, client: Client, name: str, by: str, twin: bool, marks: bool
) -> None:
    """``twin``: the other one has the same application, so that all that is asked for is there. ``marks``: each answer says whose it is."""
    deployed, work = WORK[name]
    front = begin(server, client, deployed, twin, marks)
    front.lead(by, 0)
    run(server, front, work)
    total, done = front.count, content(front.clusters[0])
    assert total > MOMENTS and front.writes[0]
    messages = []
    for moment in range(MOMENTS):
        front = begin(server, client, deployed, twin, marks)
        before = snapshot(front.clusters[1])
        front.lead(by, 2 + moment * (total - 4) // (MOMENTS - 1))
        try:
            run(server, front, work)
        except OtherCluster as error:
            messages.append(moment)
            assert "kube-system was kube-system-1, and is kube-system-2 now" in str(error)
        blind = front.blind()
        if by == "connection":
            assert not front.writes[1], (moment, front.writes[1])
        else:
            # Between the proof and the create that follows it on each connection nobody can look.
            assert len(blind) <= CONNECTIONS, (moment, blind)
            assert all(write.startswith("POST") if name != "create" else write.startswith(("PATCH", "POST")) for write in blind)
        if not blind:
            assert snapshot(front.clusters[1]) == before
        # A run that ends well has done all its work in the first cluster.
        assert moment in messages or blind or content(front.clusters[0]) == done
    assert messages


@pytest.mark.parametrize(
    ("name", "witness"), [("change", "UID of ml was uid-"), ("remove", "UID of ml was uid-"), ("create", "UID of app-deploy was uid-")]
)
def test_who_may_not_get_kube_system_goes_by_the_namespace_or_the_lease(server: t.Any, client: Client, name: str, witness: str) -> None:
    """The namespace of a first deployment is only made by it: until then there is the Lease alone."""
    deployed, work = WORK[name]

    def forbid(at: int) -> Front:
        front = begin(server, client, deployed, twin=True)
        for cluster in front.clusters:
            cluster.broken["/api/v1/namespaces/kube-system"] = status(403, "no", "Forbidden")
        front.lead("connection", at)
        return front

    front = forbid(0)
    run(server, front, work, uid=None)
    total, messages = front.count, list[str]()
    for moment in range(MOMENTS):
        first = 2 if deployed else total // 2
        front = forbid(first + moment * (total - first - 4) // (MOMENTS - 1))
        before = snapshot(front.clusters[1])
        try:
            run(server, front, work, uid=None)
        except OtherCluster as error:
            messages.append(str(error))
        except ApiError as error:
            # Once it has deleted its namespace, a removal has nothing more to go by; what is left to delete names its UID.
            assert name == "remove" and "Precondition failed: uid" in str(error)
        assert not front.blind(), moment
        assert snapshot(front.clusters[1]) == before, moment
    assert messages and all(witness in each for each in messages), messages


@pytest.mark.parametrize("marks", [True, False])
def test_it_is_asked_before_each_create_only_where_the_last_answer_does_not_tell(server: t.Any, client: Client, marks: bool) -> None:
    front = begin(server, client, False, False, marks)
    server.requests.clear()
    run(server, front, lambda cluster: cluster.deploy(*MANY))
    creates = sum(write.startswith(("POST", "PATCH")) for write in front.writes[0])
    proofs = sum(request.path == SYSTEM for request in server.requests)
    assert creates > CONNECTIONS and (proofs < creates if marks else proofs >= creates)


def test_what_an_answer_of_the_other_cluster_names_proves_nothing(server: t.Any, client: Client) -> None:
    front = begin(server, client, False, True, marks=True)
    front.lead("request", 0)
    with pytest.raises(OtherCluster):
        front.lead("request", 40 + len(MANY))  # each is tried before it is written
        run(server, front, lambda cluster: cluster.deploy(*MANY))
    assert len(front.writes[0]) > 1 and len(front.blind()) <= CONNECTIONS


def test_a_connection_that_only_asks_is_told_by_its_answer(server: t.Any, client: Client) -> None:
    front = begin(server, client, True, False, marks=True)
    front.lead("request", 0)
    with Client(Connection(server=server.url, name="trial", env=ENV), RequestPolicy(timeout=10)) as asking:
        asking.identity.bind("kube-system-1")
        asking.get(SYSTEM)
        server.requests.clear()
        paths = [f"{SPACE}/configmaps/c{number}" for number in range(4)]
        # So that none of them takes a connection that another one has just left.
        pool = asking.connections
        kept = [pool._kept(pool._deadline(asking.policy))]
        for path in paths:
            assert asking.get(path)["metadata"]["name"] in path
            kept.append(pool._kept(pool._deadline(asking.policy)))
        assert [request.path for request in server.requests] == paths
        front.lead("request", 1)
        with pytest.raises(OtherCluster):
            asking.get(paths[0])
        for channel in kept:
            if channel:
                channel.close()
