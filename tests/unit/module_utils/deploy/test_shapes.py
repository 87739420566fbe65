# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that have not the shape of any: one message names them all, before anything else reads them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.shapes import check, without_server_fields
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.module_utils.deploy._cluster import FakeCluster
from tests.unit.module_utils.deploy._objects import defined, hook, hooks, make, running

Json = dict[str, t.Any]
CRD = "apiextensions.k8s.io/v1"
NAMES = {"kind": "A", "plural": "as"}


def config(**metadata: t.Any) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", **metadata}}


def crd(**spec: t.Any) -> Json:
    return {"apiVersion": CRD, "kind": "CustomResourceDefinition", "metadata": {"name": "as.b.c"}, "spec": spec or None}


def pods(**pod: t.Any) -> Json:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"}, "spec": {"template": {"spec": pod}}}


WRONG = [
    (config(namespace=42), "ConfigMap c: metadata.namespace: text is expected, not a number"),
    (config(labels=["a"]), "metadata.labels: a mapping is expected, not a list"),
    (config(annotations="a=b"), "metadata.annotations: a mapping is expected, not text"),
    (config(name=7), "ConfigMap 7: metadata.name: text is expected, not a number"),
    (config(name=""), "ConfigMap: metadata.name is missing"),
    (config(name=None, generateName="x-"), "ConfigMap: metadata.name is missing .generateName can't be applied twice"),
    ({"apiVersion": "v1", "kind": "ConfigMap"}, "ConfigMap: metadata.name is missing"),
    (config(ownerReferences={"uid": "x"}), "metadata.ownerReferences: a list is expected, not a mapping"),
    (config(ownerReferences=[{"kind": "A", "name": "a", "uid": "x"}]), r"metadata.ownerReferences\[0\].apiVersion is missing"),
    (config(ownerReferences=[{"apiVersion": "v1", "kind": "A", "name": "..", "uid": "x"}]), r"ownerReferences\[0\].name can't be '..'"),
    (config(finalizers=[None]), r"metadata.finalizers\[0\]: text is expected, not nothing"),
    ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": ["x"]}, "ConfigMap: metadata: a mapping is expected, not a list"),
    ({"apiVersion": 1, "kind": "ConfigMap", "metadata": {"name": "c"}}, "apiVersion: 1 is no API version"),
    ({"apiVersion": "a/b/c", "kind": "ConfigMap", "metadata": {"name": "c"}}, "'a/b/c' is no API version"),
    ({"kind": "ConfigMap", "metadata": {"name": "c"}}, "ConfigMap c: apiVersion is missing"),
    (crd(), "spec.group is missing"),
    (crd(group="b.c", names=NAMES, scope="Cluster"), "spec.versions is missing"),
    (crd(group="b.c", names=NAMES, scope="Cluster", versions=None), "spec.versions is missing"),
    (crd(group="b.c", names=NAMES, scope="Cluster", versions={"name": "v1"}), "spec.versions: a list is expected, not a mapping"),
    (crd(group="b.c", names=["A"], scope="Cluster", versions=[{"name": "v1"}]), "spec.names: a mapping is expected, not a list"),
    (crd(group="b.c", names=NAMES, scope="Cluster", versions=[{"served": True}]), r"spec.versions\[0\].name is missing"),
    (pods(containers={"name": "c", "image": "x"}), "spec.template.spec.containers: a list is expected, not a mapping"),
    (pods(containers=["c"]), r"spec.template.spec.containers\[0\]: a mapping is expected, not text"),
    (pods(containers=[{"name": "c", "env": {"A": "b"}}]), r"containers\[0\].env: a list is expected, not a mapping"),
    (pods(containers=[{"name": "c"}], volumes="v"), "spec.template.spec.volumes: a list is expected, not text"),
    ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"}, "spec": []}, "spec: a mapping is expected, not a list"),
    ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": ["a"]}, "data: a mapping is expected, not a list"),
    ({"apiVersion": "v1", "kind": "List", "items": None}, "List: items: a list of objects is expected, not nothing"),
    (hooks({**hook(["pods"]), "clientConfig": "x"}), r"webhooks\[0\].clientConfig: a mapping is expected, not text"),
    (
        make("HorizontalPodAutoscaler", "h", "autoscaling/v2", spec={"scaleTargetRef": "web"}),
        "spec.scaleTargetRef: a mapping is expected, not text",
    ),
    (
        make("HorizontalPodAutoscaler", "h", "autoscaling/v2", spec={"scaleTargetRef": {"kind": ["a"]}}),
        "spec.scaleTargetRef.kind: text is expected",
    ),
    # What server-side apply takes in no case.
    (pods(containers=[{"name": "c", "env": [{"name": "A"}, {"name": "B"}, {"name": "A"}]}]), r"env\[2\]: name A occurs twice"),
    (
        pods(containers=[{"name": "c", "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]}]),
        "containerPort 80, protocol TCP occurs twice",
    ),
    (pods(containers=[{"name": "c"}, {"name": "c"}]), r"containers\[1\]: name c occurs twice"),
    (make("Service", "s", spec={"ports": [{"port": 1}, {"port": 1}]}), r"spec.ports\[1\]: port 1 occurs twice"),
    # Of which the API server says that there is one, but not where.
    (
        pods(containers=[{"name": "c", "resources": {"limits": {"cpu": 1, "memory": "1GB"}}}]),
        r"containers\[0\].resources.limits.memory: '1GB' is no quantity",
    ),
    (pods(containers=[], volumes=[{"name": "v", "emptyDir": {"sizeLimit": "big"}}]), r"emptyDir.sizeLimit: 'big' is no quantity"),
    (make("ResourceQuota", "q", spec={"hard": {"requests.cpu": "1,5"}}), "spec.hard.requests.cpu: '1,5' is no quantity"),
    # Names that are no segment of a path.
    (config(name="a/b"), "metadata.name: 'a/b' can't be a name"),
    (config(name=".."), r"metadata.name: '\.\.' can't be a name"),
    (config(namespace="a%2Fb"), "metadata.namespace: 'a%2Fb' can't be a name"),
]


@pytest.mark.parametrize(("item", "expected"), WRONG)
def test_a_mistake_is_told_with_component_object_and_field(item: Json, expected: str) -> None:
    with pytest.raises(BootstrapError, match=f"component web, .*{expected}"):
        check([("web", item)])


def test_all_mistakes_are_in_one_message_and_nothing_is_asked(server: t.Any, client: Client) -> None:
    cluster = FakeCluster(server, client)
    with pytest.raises(
        BootstrapError, match=f"The application has {len(WRONG) + 4} mistakes in its objects, so nothing was written"
    ) as error:
        cluster.deploy(*[item for item, _told in WRONG])
    assert len(error.value.details["mistakes"]) == len(WRONG) + 4
    assert not server.writes()


@pytest.mark.parametrize(
    "item",
    [
        config(namespace=None, labels=None, annotations={}, ownerReferences=[]),
        config(name="system:x,y=z", labels={"a": 1}),  # numbers become texts later
        defined(scope="Cluster"),
        running(labels={"a": "b"}),
        running("CronJob", "batch/v1"),
        make("Service", "s", spec={"ports": [{"port": 1}, {"port": 1, "protocol": "UDP"}]}),
        make("Thing", "t", "example.com/v1", spec=["anything"], data="x"),
        make("Thing", "t", "example.com/v1", spec={"limits": {"users": "many"}}),
        make("ConfigMap", "limits", data={"limits": "none"}, annotations={"sizeLimit": "any"}),
        make("LimitRange", "l", spec={"limits": [{"type": "Pod", "max": {"cpu": "1e3", "memory": " 1Gi "}, "min": None}]}),
        make(
            "CustomResourceDefinition",
            "as.b.c",
            "apiextensions.k8s.io/v1beta1",
            None,
            spec={"group": "b.c", "version": "v1", "names": NAMES},
        ),
        pods(containers=[{"name": "c", "env": None, "ports": [{"containerPort": 1}, {"containerPort": 2}]}], volumes=None),
    ],
)
def test_what_is_well_formed_passes(item: Json) -> None:
    check([("web", item)])


@pytest.mark.parametrize("name", ["My_Pod", "a..b", "-a", "x" * 254])
def test_a_name_that_no_dry_run_tells_is_checked_here(server: t.Any, client: Client, name: str) -> None:
    """Of what the application itself defines."""
    cluster, space = FakeCluster(server, client), make("Namespace", "ns", namespace=None)
    item = make("Thing", name, "example.com/v1")
    with pytest.raises(BootstrapError, match="component web, Thing .*: metadata.name: .* can't be a name: at most 253"):
        cluster.deploy(space, defined(scope="Namespaced"), item, namespace="ns", check=True)
    item["metadata"]["name"] = "my-1.thing"
    assert cluster.deploy(space, defined(scope="Namespaced"), item, namespace="ns", check=True).counts() == {"created": 3}


def test_what_the_cluster_sets_is_left_out_of_exported_objects() -> None:
    marks = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1"}
    exported = config(
        uid="u", resourceVersion="5", creationTimestamp="2026-01-01T00:00:00Z", generation=2, managedFields=[], annotations=marks
    )
    plain, null = config(labels={"a": "b"}), config(creationTimestamp=None)
    objects, lines = without_server_fields([("web", exported), ("web", plain), ("web", null)])
    assert [item["metadata"] for _component, item in objects] == [
        {"name": "c", "annotations": {"mine": "1"}},
        plain["metadata"],
        {"name": "c"},
    ]
    assert len(lines) == 1 and "component web, ConfigMap c: metadata.uid, metadata.resourceVersion" in lines[0]
    assert exported["metadata"]["uid"] == "u"


def test_an_exported_object_is_deployed_and_the_word_is_said(server: t.Any, client: Client) -> None:
    cluster = FakeCluster(server, client)
    exported = {**config(uid="old", resourceVersion="5"), "data": {"a": "b"}}
    assert cluster.deploy(make("Namespace", "ml", namespace=None), exported).counts() == {"created": 2}
    assert any("metadata.uid" in line for line in cluster.warned)
    assert cluster.deploy(make("Namespace", "ml", namespace=None), exported).counts() == {"unchanged": 2}
