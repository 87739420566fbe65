# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages of Kubeflow 0.1 to 0.4 name API versions that are gone: a cluster of today takes them, and they mean what they meant."""

from __future__ import annotations

import random

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api_migration.migrate import migrate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.applier import Options, present
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.destroyer import absent
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.discovery import served

RBAC = "rbac.authorization.k8s.io"
CRDS = "apiextensions.k8s.io/v1beta1"
NONE = "example.com/none"


def made(version, kind, name, **content):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}


def pods(labels, *containers, **pod):
    container = {"name": "main", "image": NONE, "env": [{"name": "PORT", "value": 8080}, {"name": "DEBUG", "value": False}]}
    return {"metadata": {"labels": labels}, "spec": {"containers": list(containers) or [container], **pod}}


def definition(plural, kind, group="kubeflow.org", **spec):
    names = {"plural": plural, "singular": kind.lower(), "kind": kind}
    return made(CRDS, "CustomResourceDefinition", f"{plural}.{group}", spec={"group": group, "names": names, **spec})


def ambassador():
    labels = {"service": "ambassador"}
    service = made("v1", "Service", "ambassador", spec={"ports": [{"name": "http", "port": 80, "targetPort": 80}], "selector": labels})
    service["metadata"]["annotations"] = {"getambassador.io/config": "---\napiVersion: ambassador/v0\n", "scrape": True, "port": 9102}
    rule = {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list", "watch"]}
    subject = {"kind": "ServiceAccount", "name": "ambassador", "namespace": "old"}
    role = {"apiGroup": RBAC, "kind": "Role", "name": "ambassador"}
    hit = {"apiVersion": "v1", "kind": "Service", "name": "ambassador"}
    return [
        service,
        made(f"{RBAC}/v1beta1", "Role", "ambassador", rules=[rule]),
        made("v1", "ServiceAccount", "ambassador"),
        made(f"{RBAC}/v1beta1", "RoleBinding", "ambassador", roleRef=role, subjects=[subject]),
        made(
            "extensions/v1beta1",
            "Deployment",
            "ambassador",
            spec={"replicas": 3, "rollbackTo": {"revision": 1}, "template": pods(labels, serviceAccountName="ambassador")},
        ),
        made(
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            "ambassador",
            spec={
                "scaleTargetRef": {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "name": "ambassador"},
                "minReplicas": 3,
                "maxReplicas": 5,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}},
                    {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "200Mi"}},
                    {"type": "Pods", "pods": {"metricName": "requests", "targetAverageValue": "100"}},
                    {"type": "Object", "object": {"target": hit, "metricName": "hits", "targetValue": "2k"}},
                    {"type": "External", "external": {"metricName": "queue", "targetAverageValue": "30"}},
                ],
            },
        ),
        made("policy/v1beta1", "PodDisruptionBudget", "ambassador", spec={"minAvailable": 1, "selector": {"matchLabels": labels}}),
        made("policy/v1beta1", "PodDisruptionBudget", "nobody", spec={"minAvailable": 1, "selector": {}}),
    ]


def jupyterhub():
    labels = {"app": "tf-hub"}
    backend = {"serviceName": "tf-hub-0", "servicePort": "hub"}
    prefix = {"path": "/", "pathType": "Prefix", "backend": backend}
    return [
        made("apps/v1beta1", "StatefulSet", "tf-hub", spec={"replicas": 1, "serviceName": "", "template": pods(labels)}),
        made("apps/v1beta2", "DaemonSet", "pull", spec={"selector": {"matchLabels": labels}, "template": pods(labels)}),
        made("extensions/v1beta1", "DaemonSet", "pull-too", spec={"templateGeneration": 3, "template": pods(labels)}),
        made("extensions/v1beta1", "ReplicaSet", "single", spec={"template": pods(labels)}),
        made(
            "extensions/v1beta1",
            "Ingress",
            "hub",
            spec={
                "backend": {"serviceName": "tf-hub-lb", "servicePort": 80},
                "rules": [{"host": "hub.example.com", "http": {"paths": [{"backend": backend}, {"path": "/user", "backend": backend}]}}],
            },
        ),
        made("networking.k8s.io/v1beta1", "Ingress", "user", spec={"rules": [{"http": {"paths": [prefix]}}]}),
        made("extensions/v1beta1", "NetworkPolicy", "hub", spec={"podSelector": {"matchLabels": labels}, "ingress": [{}]}),
        made(
            "batch/v1beta1",
            "CronJob",
            "culler",
            spec={"schedule": "@hourly", "jobTemplate": {"spec": {"template": pods(labels, restartPolicy="Never")}}},
        ),
        made(
            "extensions/v1beta1",
            "PodSecurityPolicy",
            "hub",
            spec={"privileged": False, **{f"{rule}": {"rule": "RunAsAny"} for rule in ("seLinux", "runAsUser", "fsGroup")}},
        ),
    ]


def operators():
    """With definitions as the operators of the time had them: without a schema, and with ones that were never structural."""
    replicas = {"properties": {"replicas": {"type": "integer", "minimum": 1}}}
    tf = {"properties": {"spec": {"properties": {"tfReplicaSpecs": {"properties": {"Worker": replicas, "PS": replicas}}}}}}
    port = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    study = {
        "required": ["spec"],
        "properties": {
            "apiVersion": {},
            "kind": {"description": "what it is"},
            "metadata": {"properties": {"labels": {"type": "object"}}},
            "spec": {
                "oneOf": [{"required": ["a"]}, {"properties": {"b": {"minimum": 2}}, "required": ["b"]}],
                "properties": {"port": port, "list": {"type": "array"}, "either": {"anyOf": [{"type": "object"}, {"type": "array"}]}},
                "additionalProperties": True,
            },
        },
    }
    columns = [{"name": "State", "type": "string", "JSONPath": ".status.state"}]
    conversion = {"strategy": "Webhook", "webhookClientConfig": {"url": "https://convert.example.com/"}}
    versions = [{"name": "v1beta1", "served": True, "storage": True}, {"name": "v1alpha1", "served": True, "storage": False}]
    exact = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer", "default": 3}}}}}
    hook = {
        "name": "pods.kubeflow.org",
        "clientConfig": {"service": {"name": "absent", "namespace": "old", "path": "/"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["podtemplates"]}],
    }
    group = {"kind": "Group", "name": "admins", "apiVersion": f"{RBAC}/v1alpha1"}
    return [
        definition("tfjobs", "TFJob", version="v1alpha1", validation={"openAPIV3Schema": tf}, subresources={"status": {}}),
        made("kubeflow.org/v1alpha1", "TFJob", "job", spec={"tfReplicaSpecs": {"Worker": {"replicas": 2, "tfPort": 2222}}, "any": [1]}),
        definition("anythings", "Anything", version="v1", scope="Cluster", additionalPrinterColumns=columns),
        definition("studies", "Study", versions=versions, version="v1beta1", validation={"openAPIV3Schema": study}),
        made("kubeflow.org/v1beta1", "Study", "study", spec={"a": "x", "port": "http", "either": [1], "more": {"deep": 1}}),
        definition("exacts", "Exact", version="v1", preserveUnknownFields=False, validation={"openAPIV3Schema": exact}),
        made("kubeflow.org/v1", "Exact", "exact", spec={}),
        definition("converteds", "Converted", versions=versions, conversion=conversion, preserveUnknownFields=False),
        {**definition("applications", "Application", "app.k8s.io", version="v1beta1"), "status": {"conditions": None}},
        made("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", "old-pods", webhooks=[hook]),
        made(
            "admissionregistration.k8s.io/v1beta1",
            "ValidatingWebhookConfiguration",
            "old-pods",
            webhooks=[{**hook, "failurePolicy": "Fail", "sideEffects": "Some", "timeoutSeconds": 5}],
        ),
        made(f"{RBAC}/v1beta1", "ClusterRole", "old-operator", rules=[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]),
        made(
            f"{RBAC}/v1alpha1",
            "ClusterRoleBinding",
            "old-operator",
            roleRef={"kind": "ClusterRole", "name": "old-operator"},
            subjects=[group, {"kind": "User", "name": "*"}],
        ),
        made("scheduling.k8s.io/v1beta1", "PriorityClass", "old-high", value=1000),
        made("storage.k8s.io/v1beta1", "StorageClass", "old-disks", provisioner="example.com/disk"),
        made("node.k8s.io/v1alpha1", "RuntimeClass", "old-sandbox", spec={"runtimeHandler": "gvisor"}),
        made(
            "apiregistration.k8s.io/v1beta1",
            "APIService",
            "v1.local.kubeflow.org",
            spec={"group": "local.kubeflow.org", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15},
        ),
        made("coordination.k8s.io/v1beta1", "Lease", "leader", spec={"holderIdentity": "me"}),
        made(
            "discovery.k8s.io/v1beta1",
            "EndpointSlice",
            "ends",
            addressType="IPv4",
            endpoints=[{"addresses": ["10.9.8.7"], "topology": {"kubernetes.io/hostname": "node-1", "topology.kubernetes.io/zone": "a"}}],
        ),
        made(
            "flowcontrol.apiserver.k8s.io/v1beta1",
            "PriorityLevelConfiguration",
            "old-level",
            spec={"type": "Limited", "limited": {"assuredConcurrencyShares": 7, "limitResponse": {"type": "Reject"}}},
        ),
    ]


@pytest.fixture(scope="module")
def old(cluster):
    """The cluster with the old packages deployed into the namespace ``old``, what came out, and the warnings."""
    each = cluster(name="old-versions")  # one of its own, where nobody else comes and goes
    rendered = [("old-namespace", made("v1", "Namespace", "old"))]
    rendered += [(maker.__name__, item) for maker in (ambassador, jupyterhub, operators) for item in maker()]
    before = set(each.everything())
    warned: list[str] = []
    with each.client() as client:
        foreseen = present(client, "old", "old", rendered, Options(check=True, diff=True, timeout=0))
        outcome = present(client, "old", "old", rendered, Options(timeout=0, warn=warned.append))
    return each, rendered, before, foreseen, outcome, warned


def live(old, kind, name):
    return old[0].get(kind, name, "--namespace=old")


def test_all_is_taken_but_what_has_no_successor(old):
    _each, rendered, _before, _foreseen, outcome, warned = old
    counts = outcome.document()["counts"]
    assert counts == {"created": len(rendered) - 1, "left out": 1}
    assert warned == [
        "PodSecurityPolicy hub left out: Kubernetes has no PodSecurityPolicy since 1.16; "
        "the labels pod-security.kubernetes.io/* of a namespace (Pod Security Admission) do its work"
    ]
    by_object = {each["object"]: each for each in outcome.document()["brought_up"]}
    ambassador = by_object["Deployment.apps old/ambassador"]
    assert (ambassador["component"], ambassador["from"], ambassador["to"]) == ("ambassador", "extensions/v1beta1", "apps/v1")
    assert "spec.selector taken from the labels of the pods" in ambassador["changes"]
    # Custom resources are served by definitions of the same application: theirs are no old versions.
    assert not [name for name in by_object if name.startswith(("TFJob", "Study", "Exact"))]


def test_check_and_diff_show_the_new_versions(old):
    foreseen = old[3]
    shown = {each["after_header"]: each["after"] for each in foreseen.differences}
    assert foreseen.document()["counts"] == old[4].document()["counts"]
    assert "apiVersion: apps/v1\n" in shown["Deployment.apps old/ambassador"]
    assert "matchLabels:\n      service: ambassador" in shown["Deployment.apps old/ambassador"]


def test_workloads_select_their_pods_and_roll_out_by_the_rules_of_today(old):
    hub, pull = live(old, "statefulset", "tf-hub")["spec"], live(old, "daemonset", "pull-too")["spec"]
    assert hub["selector"] == pull["selector"] == {"matchLabels": {"app": "tf-hub"}}
    assert hub["updateStrategy"]["type"] == pull["updateStrategy"]["type"] == "RollingUpdate"
    ambassador = live(old, "deployment", "ambassador")["spec"]
    assert ambassador["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    assert ambassador["template"]["spec"]["containers"][0]["env"] == [
        {"name": "PORT", "value": "8080"},
        {"name": "DEBUG", "value": "false"},
    ]
    annotations = live(old, "service", "ambassador")["metadata"]["annotations"]
    assert (annotations["scrape"], annotations["port"]) == ("true", "9102")


def test_budgets_autoscalers_and_ingresses_mean_the_same(old):
    budgets = old[0].get("poddisruptionbudgets", "--namespace=old")["items"]
    selectors = {each["metadata"]["name"]: each["spec"]["selector"] for each in budgets}
    assert selectors["ambassador"] == {"matchLabels": {"service": "ambassador"}}
    assert selectors["nobody"]["matchExpressions"][0]["operator"] == "Exists"  # a label that no pod has
    scaler = live(old, "hpa", "ambassador")["spec"]
    assert scaler["scaleTargetRef"]["apiVersion"] == "apps/v1"
    metrics = {metric["type"] + (metric.get("resource") or {}).get("name", ""): metric for metric in scaler["metrics"]}
    assert metrics["Resourcecpu"]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 80}
    assert metrics["Resourcememory"]["resource"]["target"] == {"type": "AverageValue", "averageValue": "200Mi"}
    assert metrics["Pods"]["pods"] == {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "100"}}
    assert metrics["Object"]["object"]["target"] == {"type": "Value", "value": "2k"}
    assert metrics["External"]["external"]["metric"] == {"name": "queue"}
    hub = live(old, "ingress", "hub")["spec"]
    assert hub["defaultBackend"] == {"service": {"name": "tf-hub-lb", "port": {"number": 80}}}
    paths = hub["rules"][0]["http"]["paths"]
    assert {path["pathType"] for path in paths} == {"ImplementationSpecific"}
    assert paths[1]["backend"] == {"service": {"name": "tf-hub-0", "port": {"name": "hub"}}}
    assert live(old, "ingress", "user")["spec"]["rules"][0]["http"]["paths"][0]["pathType"] == "Prefix"


def test_webhooks_and_bindings_mean_the_same(old):
    mutating = live(old, "mutatingwebhookconfiguration", "old-pods")["webhooks"][0]
    fields = ("failurePolicy", "matchPolicy", "timeoutSeconds", "sideEffects", "admissionReviewVersions")
    assert [mutating[field] for field in fields] == ["Ignore", "Exact", 30, "None", ["v1beta1"]]
    validating = live(old, "validatingwebhookconfiguration", "old-pods")["webhooks"][0]
    assert [validating[field] for field in fields[:4]] == ["Fail", "Exact", 5, "NoneOnDryRun"]
    subjects = live(old, "clusterrolebinding", "old-operator")["subjects"]
    assert subjects == [{"kind": "Group", "name": name, "apiGroup": RBAC} for name in ("admins", "system:authenticated")]
    assert live(old, "runtimeclass", "old-sandbox")["handler"] == "gvisor"
    assert live(old, "endpointslice", "ends")["endpoints"][0]["nodeName"] == "node-1"
    assert live(old, "prioritylevelconfiguration", "old-level")["spec"]["limited"]["nominalConcurrencyShares"] == 7


def test_custom_resources_keep_every_field_and_are_checked_as_before(old):
    each = old[0]
    job = {"tfReplicaSpecs": {"Worker": {"replicas": 2, "tfPort": 2222}}, "any": [1]}
    assert live(old, "tfjobs.kubeflow.org", "job")["spec"] == job
    assert live(old, "studies.kubeflow.org", "study")["spec"] == {"a": "x", "port": "http", "either": [1], "more": {"deep": 1}}
    assert live(old, "exacts.kubeflow.org", "exact")["spec"] == {"size": 3}
    refused = each.try_kubectl(
        "patch",
        "tfjobs.kubeflow.org",
        "job",
        "-n",
        "old",
        "--type=merge",
        "--patch",
        '{"spec": {"tfReplicaSpecs": {"Worker": {"replicas": 0}}}}',
    )
    assert "should be greater than or equal to 1" in refused.stderr
    refused = each.try_kubectl("patch", "studies.kubeflow.org", "study", "-n", "old", "--type=merge", "--patch", '{"spec": {"b": 2}}')
    assert "must validate one and only one schema" in refused.stderr
    versions = live(old, "crd", "studies.kubeflow.org")["spec"]["versions"]
    assert [version["name"] for version in versions] == ["v1beta1", "v1alpha1"]
    columns = live(old, "crd", "anythings.kubeflow.org")["spec"]["versions"][0]["additionalPrinterColumns"]
    assert columns == [{"name": "State", "type": "string", "jsonPath": ".status.state"}]
    converted = live(old, "crd", "converteds.kubeflow.org")["spec"]["conversion"]["webhook"]
    assert converted["conversionReviewVersions"] == ["v1beta1"]
    approved = {each["type"]: each["status"] for each in live(old, "crd", "applications.app.k8s.io")["status"]["conditions"]}
    assert approved["Established"] == "True"


def some_schema(chance, depth=0):
    """A schema as people wrote them: types, items and properties missing, checks anywhere."""
    schema = {}
    if chance.random() < 0.5:
        schema["type"] = chance.choice(["object", "array", "string", "integer", "boolean"])
    kind = schema.get("type")
    if chance.random() < 0.3:
        schema["description"] = "words"
    if kind in (None, "integer") and chance.random() < 0.3:
        schema["minimum"] = 1
    if kind == "string" and chance.random() < 0.3:
        schema.update(chance.choice([{"pattern": "^a"}, {"enum": ["a", "b"]}, {"nullable": True}, {"format": "date-time"}]))
    if depth < 4 and kind in (None, "object"):
        if chance.random() < 0.6:
            schema["properties"] = {
                name: some_schema(chance, depth + 1) for name in chance.sample(["a", "b", "kind", "metadata", "spec"], 2)
            }
            schema["required"] = ["a"] * (chance.random() < 0.3)
        elif chance.random() < 0.4:
            schema["additionalProperties"] = chance.choice([True, some_schema(chance, depth + 1)])
    if (
        depth < 4
        and kind in (None, "array")
        and "properties" not in schema
        and "additionalProperties" not in schema
        and chance.random() < 0.7
    ):
        schema["items"] = some_schema(chance, depth + 1)
    for name in ("allOf", "anyOf", "oneOf"):
        if depth < 4 and chance.random() < 0.15:
            schema[name] = [some_schema(chance, depth + 2) for _unused in range(2)]
    if depth < 4 and chance.random() < 0.1:
        schema["not"] = chance.choice(
            [{"required": ["b"]}, {"properties": {"b": {"properties": {"c": {"maximum": 3}}}}}, some_schema(chance, depth + 2)]
        )
    return {name: value for name, value in schema.items() if value != []}


def test_any_schema_becomes_one_that_the_server_takes(cluster):
    """Of all shapes, and no two alike."""
    each, chance = cluster(), random.Random(7)
    with each.client() as client:
        apis = served(client)
        for _unused in range(30):
            item = definition("shapes", "Shape", "shapes.example.com", version="v1", validation={"openAPIV3Schema": some_schema(chance)})
            [(_component, migrated)], _changes = migrate([("c", item)], apis)
            path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/shapes.shapes.example.com"
            client.apply(path, migrated, "tests", dry_run=True)


def test_a_second_run_changes_nothing(old):
    each, rendered, *_rest = old
    with each.client() as client, each.untouched():
        again = present(client, "old", "old", rendered, Options(timeout=0))
    assert not again.changed
    assert again.document()["counts"] == {"unchanged": len(rendered) - 1, "left out": 1}


def test_what_has_to_be_decided_by_the_author_is_refused_before_anything_is_written(old):
    each = old[0]
    broken = made(
        "extensions/v1beta1", "Deployment", "broken", spec={"selector": {"matchLabels": {"a": "1"}}, "template": pods({"a": "2"})}
    )
    with each.client() as client, each.untouched(), pytest.raises(BootstrapError) as caught:
        present(client, "broken", "broken", [("mine", made("v1", "ConfigMap", "fine")), ("mine", broken)], Options(timeout=0))
    assert str(caught.value) == (
        "Deployment.extensions broken of component mine can't be migrated from extensions/v1beta1 to apps/v1: "
        "spec.selector asks for a=1, which the labels of spec.template don't have. Make them agree."
    )


def test_an_old_component_of_the_user_goes_the_same_way(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="aged")
    user.bootstrap().well()
    user.add_component("aged", made("extensions/v1beta1", "Deployment", "aged", spec={"replicas": 0, "template": pods({"app": "aged"})}))
    before = user.application()
    look = user.play("deploy", "--check", "--diff").well()
    assert "+apiVersion: apps/v1" in look.output
    run = user.play("deploy").well()
    assert "Deployment aged/aged: extensions/v1beta1 is now apps/v1" in run.output
    assert user.application() == before
    assert user.report()["outcome"]["brought_up"][0]["to"] == "apps/v1"
    assert user.play("deploy").well().changed == 0


def test_removal_takes_all_of_it_away_again(old):
    each, _rendered, before, *_rest = old
    with each.client() as client:
        assert absent(client, "old", "old", Options(timeout=60), remove_data=True).changed
    assert {key for key in set(each.everything()) - before if key[0] not in ("Event", "Lease")} == set()
