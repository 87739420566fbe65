# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which objects are migrated, to what, and with which description. That a cluster accepts them is tested in tests/integration."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api_migration.conversions import CONVERSIONS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api_migration.migrate import lines, migrate, served_by
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api_migration.table import REMOVED, SUCCESSORS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError

Json = dict[str, t.Any]
NOW = served_by("1.35")
LABELS = {"app": "x"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}]}}


def make(version: str, kind: str, **content: t.Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, **content}


def one(item: Json, served: t.Any = None) -> tuple[Json, tuple[str, ...]]:
    [(_component, new)], changes = migrate([("c", item)], NOW if served is None else served)
    return new, changes[0].changes if changes else ()


def crd(schema: Json | None, **spec: t.Any) -> Json:
    """The schema in v1 of a CustomResourceDefinition with this schema in v1beta1."""
    spec = {"group": "example.com", "version": "v1", "names": {}, "validation": {"openAPIV3Schema": schema} if schema else None, **spec}
    new, _changes = one(make("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", spec=spec))
    assert not {"version", "validation", "preserveUnknownFields"} & new["spec"].keys()
    return new["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


ANY = {"x-kubernetes-preserve-unknown-fields": True}


def test_every_kind_of_the_table_has_a_successor_that_the_newest_kubernetes_serves() -> None:
    for (version, kind), successor in SUCCESSORS.items():
        assert any(kind in NOW.get(new, {}) for new in successor.to), (version, kind)
        assert not successor.conversion or successor.conversion in CONVERSIONS
        assert kind not in NOW.get(version, {})
    assert not REMOVED.keys() & SUCCESSORS.keys()


def test_what_is_served_stays_however_old() -> None:
    item = make("policy/v1beta1", "PodDisruptionBudget", spec={"selector": {}})
    removed = make("policy/v1beta1", "PodSecurityPolicy")
    old = {"policy/v1beta1": {"PodDisruptionBudget": {}, "PodSecurityPolicy": {}}, "policy/v1": {"PodDisruptionBudget": {}}}
    assert migrate([("c", item), ("c", removed)], old) == ([("c", item), ("c", removed)], [])
    assert [change.now for change in migrate([("c", item), ("c", removed)], NOW)[1]] == ["policy/v1", None]


def test_the_best_version_that_is_served_is_taken_and_none_where_there_is_none() -> None:
    item = make("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", spec={})
    group = "flowcontrol.apiserver.k8s.io"
    for versions, expected in ((["v1", "v1beta3"], "v1"), (["v1beta3"], "v1beta3"), ([], "v1beta2")):
        assert one(item, {f"{group}/{version}": {"FlowSchema": {}} for version in versions})[0]["apiVersion"] == f"{group}/{expected}"


def test_other_releases_serve_other_versions() -> None:
    beta3 = "flowcontrol.apiserver.k8s.io/v1beta3"
    assert "FlowSchema" in served_by("1.31")[beta3]
    assert beta3 not in served_by("v1.32.4-gke.1")
    assert not any("alpha" in version for version in served_by("1.30"))


def test_custom_resources_and_unknown_versions_stay() -> None:
    items = [make("kubeflow.org/v1alpha1", "TFJob", spec={"selector": {}}), make("example.com/v1beta1", "Deployment"), {"kind": "Odd"}]
    assert migrate([("c", item) for item in items], NOW) == ([("c", item) for item in items], [])


def test_the_input_is_not_modified() -> None:
    items = [
        make("extensions/v1beta1", "Deployment", spec={"template": TEMPLATE, "rollbackTo": {}}),
        make("networking.k8s.io/v1beta1", "Ingress", spec={"backend": {"serviceName": "a", "servicePort": 1}}),
        make("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", spec={"group": "a.k8s.io", "version": "v1"}),
        make("v1", "Pod", metadata={"name": "x", "labels": {"a": 1}}),
    ]
    before = copy.deepcopy(items)
    assert len(migrate([("c", item) for item in items], NOW)[1]) == 4
    assert items == before


def test_names_are_those_of_the_cluster() -> None:
    served = {"apps/v1": {"Deployment": {"namespaced": True}}, "scheduling.k8s.io/v1": {"PriorityClass": {"namespaced": False}}}
    deployment = make("apps/v1beta2", "Deployment", spec={"template": TEMPLATE})
    elsewhere = {**deployment, "metadata": {"name": "x", "namespace": "mine"}}
    changes = migrate(
        [("c", deployment), ("c", elsewhere), ("c", make("scheduling.k8s.io/v1beta1", "PriorityClass"))], served, namespace="ns"
    )[1]
    assert [change.object for change in changes] == ["Deployment.apps ns/x", "Deployment.apps mine/x", "PriorityClass.scheduling.k8s.io x"]
    assert changes[0].document() == {
        "object": "Deployment.apps ns/x",
        "component": "c",
        "from": "apps/v1beta2",
        "to": "apps/v1",
        "changes": ["spec.selector taken from the labels of the pods"],
    }


def test_one_line_for_each_kind_of_change() -> None:
    bindings = [
        {**make("rbac.authorization.k8s.io/v1beta1", "Role", rules=[]), "metadata": {"name": f"role{number}"}} for number in range(7)
    ]
    served = [("c", item) for item in [*bindings, make("batch/v1beta1", "CronJob"), make("settings.k8s.io/v1alpha1", "PodPreset")]]
    assert list(lines(migrate(served, NOW)[1])) == [
        (
            False,
            "Role role0, role1, role2, role3, role4 and 2 more: rbac.authorization.k8s.io/v1beta1 is now rbac.authorization.k8s.io/v1",
        ),
        (False, "CronJob x: batch/v1beta1 is now batch/v1"),
        (
            True,
            "PodPreset x left out: Kubernetes has no PodPreset since 1.20; "
            "a mutating webhook, such as that of Kubeflow's PodDefault, does its work",
        ),
    ]


@pytest.mark.parametrize(
    ("selector", "wrong"),
    [
        ({"matchLabels": {"app": "y"}}, "app=y"),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]}, "app NotIn x"),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, "tier Exists"),
    ],
)
def test_a_selector_that_misses_its_own_pods_is_refused(selector: Json, wrong: str) -> None:
    with pytest.raises(BootstrapError, match=f"^Deployment.extensions x of component c .* spec.selector asks for {wrong}, which"):
        one(make("extensions/v1beta1", "Deployment", spec={"selector": selector, "template": TEMPLATE}))


def test_a_selector_that_is_there_stays_and_pods_without_labels_are_refused() -> None:
    selector = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "y"]}]}
    new, _changes = one(make("apps/v1beta1", "StatefulSet", spec={"selector": selector, "template": TEMPLATE}))
    assert new["spec"]["selector"] == selector
    with pytest.raises(BootstrapError, match="both missing"):
        one(make("apps/v1beta1", "StatefulSet", spec={"template": {"spec": {}}}))


def test_changed_defaults_of_unset_fields_are_named() -> None:
    spec: Json = {"template": TEMPLATE, "selector": {"matchLabels": LABELS}}
    assert one(make("extensions/v1beta1", "Deployment", spec=spec))[1] == (
        "defaults of apps/v1: maxSurge 25% instead of 1, maxUnavailable 25% instead of 1, "
        "progressDeadlineSeconds 600 instead of none, revisionHistoryLimit 10 instead of all",
    )
    explicit = {**spec, "progressDeadlineSeconds": 60, "revisionHistoryLimit": 3, "strategy": {"type": "Recreate"}}
    assert one(make("extensions/v1beta1", "Deployment", spec=explicit))[1] == ()
    assert one(make("apps/v1beta1", "StatefulSet", spec={**spec, "updateStrategy": {"type": "OnDelete"}}))[1] == ()
    assert one(make("apps/v1beta2", "StatefulSet", spec=spec))[1] == ()


def test_the_class_of_an_ingress_stays_an_annotation() -> None:
    item = make("extensions/v1beta1", "Ingress", spec={"rules": [{"host": "a"}]})
    item["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "nginx"}
    new, changes = one(item)
    assert new["metadata"] == item["metadata"] and new["spec"] == item["spec"] and changes == ()


def test_a_budget_without_a_selector_or_with_one_means_the_same_in_both() -> None:
    for spec in ({"minAvailable": 1}, {"selector": None}, {"selector": {"matchLabels": LABELS}}):
        assert one(make("policy/v1beta1", "PodDisruptionBudget", spec=spec))[0]["spec"] == spec


def test_a_metric_of_an_object_may_aim_at_an_average() -> None:
    source = {"target": {"kind": "Service", "name": "x"}, "metricName": "hits", "targetValue": "0", "averageValue": "3", "selector": {}}
    item = make("autoscaling/v2beta1", "HorizontalPodAutoscaler", spec={"metrics": [{"type": "Object", "object": source}]})
    assert one(item)[0]["spec"]["metrics"][0]["object"] == {
        "describedObject": source["target"],
        "metric": {"name": "hits"},
        "target": {"type": "AverageValue", "averageValue": "3"},
    }


def test_a_signing_request_needs_a_signer() -> None:
    with pytest.raises(BootstrapError, match="signerName"):
        one(make("certificates.k8s.io/v1beta1", "CertificateSigningRequest", spec={"request": "x"}))
    new, _changes = one(make("certificates.k8s.io/v1beta1", "CertificateSigningRequest", spec={"signerName": "example.com/signer"}))
    assert new["spec"]["usages"] == ["digital signature", "key encipherment"]


def test_schemas_keep_what_v1_can_express_and_leave_out_the_rest() -> None:
    assert crd(None) == {"type": "object", **ANY}
    assert crd({"properties": {"spec": {"properties": {"n": {"type": "integer", "default": 3, "minimum": 1}}}}}) == {
        "type": "object",
        **ANY,
        "properties": {"spec": {**ANY, "properties": {"n": {"type": "integer", "minimum": 1}}}},
    }
    assert crd({"additionalProperties": {"type": "string"}}) == {"type": "object", **ANY}
    two = [{"type": "integer"}, {"type": "string"}]
    nodes: Json = {
        "port": {"anyOf": two},
        "typed": {"oneOf": [{"type": "integer"}, {"type": "object"}]},
        "list": {"type": "array"},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "additionalProperties": True},
        "kept": {"type": "string", "nullable": True, "enum": ["a"]},
        "named": {"type": "object", "anyOf": [{"properties": {"a": {"items": {"minimum": 1}}}}]},
    }
    assert crd({"properties": nodes})["properties"] == {
        "port": {"x-kubernetes-int-or-string": True},
        "typed": ANY,
        "list": {"type": "array", "items": ANY},
        "map": nodes["map"],
        "free": {"type": "object", **ANY},
        "kept": nodes["kept"],
        "named": {**nodes["named"], **ANY, "properties": {"a": {**ANY, "items": ANY}}},
    }


def test_a_schema_that_prunes_is_structural_already() -> None:
    exact = {"type": "object", "properties": {"n": {"type": "integer", "default": 3}}}
    assert crd(exact, preserveUnknownFields=False) == exact


def test_what_is_left_out_of_a_schema_is_named() -> None:
    schema = {"properties": {"a": {"default": 1, "oneOf": [{"type": "string"}, {"type": "object"}]}}, "uniqueItems": False}
    item = make(
        "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", spec={"version": "v1", "validation": {"openAPIV3Schema": schema}}
    )
    assert "the schema's a.default, a.oneOf left out, which v1 doesn't take" in one(item)[1]


@pytest.mark.parametrize("wrong", [42, True, -1.5, "a"])
def test_what_is_neither_a_list_nor_a_mapping_is_for_the_api_server_to_refuse(wrong: object) -> None:
    template: Json = {"spec": {"containers": [{"name": "c", "command": wrong}]}}
    item = make("apps/v1", "Deployment", spec={"selector": {"matchLabels": wrong}, "template": template})
    assert one(item, {"apps/v1": {"Deployment": {}}}) == (item, ())


def test_numbers_where_only_strings_are_allowed_become_strings() -> None:
    template: Json = {
        "metadata": {"annotations": {"b": True}},
        "spec": {
            "nodeSelector": {"gpu": True},
            "containers": [{"name": "c", "args": ["--port", 80], "env": [{"name": "N", "value": 1.5}, {"name": "E", "valueFrom": {}}]}],
        },
    }
    item = make("apps/v1", "Deployment", spec={"template": template})
    item["metadata"]["labels"] = {"version": 1, "app": "x"}
    new, changes = one(item, {"apps/v1": {"Deployment": {}}})
    assert changes == ("numbers and booleans where only strings are allowed are now strings",)
    assert new["metadata"]["labels"] == {"version": "1", "app": "x"}
    assert new["spec"]["template"]["metadata"]["annotations"] == {"b": "true"}
    pod = new["spec"]["template"]["spec"]
    assert pod["containers"][0]["env"] == [{"name": "N", "value": "1.5"}, {"name": "E", "valueFrom": {}}]
    assert (pod["containers"][0]["args"], pod["nodeSelector"]) == (["--port", "80"], {"gpu": "true"})
    for kind, field in (("ConfigMap", "data"), ("Secret", "stringData")):
        assert one(make("v1", kind, **{field: {"a": 1, "b": "2"}}))[0][field] == {"a": "1", "b": "2"}
    assert one(make("v1", "Service", spec={"selector": {"v": 1}, "ports": [{"port": 80}]}))[0]["spec"] == {
        "selector": {"v": "1"},
        "ports": [{"port": 80}],
    }
    # What a custom resource may hold, only its definition knows.
    assert one(make("kubeflow.org/v1", "Notebook", spec={"template": {"spec": {"nodeSelector": {"a": 1}}}}))[1] == ()
    # A label that the selector has been taken from is the same in both.
    old = make("extensions/v1beta1", "ReplicaSet", spec={"template": {"metadata": {"labels": {"version": 1}}, "spec": {}}})
    assert one(old)[0]["spec"]["selector"] == {"matchLabels": {"version": "1"}}
