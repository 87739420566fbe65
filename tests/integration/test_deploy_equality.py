# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The very object that an admin applied with kubectl is left alone, however it is written."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.equality import contained
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster, Factory
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import RBAC, definition, deployment, made, name_of, pod

Json = dict[str, t.Any]
SPACE = "of-an-admin"
RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
PATH = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
REFERENCE = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}


def null(item: Json) -> Json:
    """As controller-gen and other programs write it."""
    item["metadata"]["creationTimestamp"] = None
    return item


def running(name: str, container: Json | None = None, spec: Json | None = None, template: Json | None = None, **more: t.Any) -> Json:
    """A Deployment with these fields in its container, its pods' spec, their template and its own spec."""
    content = pod()
    content["containers"][0] |= container or {}
    item = deployment(name, SPACE, {**content, **(spec or {})})
    item["spec"]["template"] |= template or {}
    item["spec"] |= more
    return item


def probe(**fields: int) -> Json:
    return {"readinessProbe": {"httpGet": {"path": "/", "port": 80}, **fields}}


def claim(name: str, **spec: t.Any) -> Json:
    return made("v1", "PersistentVolumeClaim", name, SPACE, spec={"accessModes": ["ReadWriteOnce"], **spec})


def service(name: str, **spec: t.Any) -> Json:
    return made("v1", "Service", name, SPACE, spec={"selector": {"app": name}, "ports": [{"port": 80}], **spec})


def binding(label: str, **subject: str) -> Json:
    return made(f"{RBAC}/v1", "RoleBinding", label, SPACE, roleRef=REFERENCE, subjects=[subject])


def hook() -> Json:
    client = {"service": {"name": "none", "namespace": SPACE, "path": None}, "caBundle": "Cg==\n"}
    rule = {"apiGroups": ["admin.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["none"], "scope": None}
    content = {"name": "none.admin.example.com", "clientConfig": client, "rules": [rule], "sideEffects": "None"}
    return made(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "of-an-admin",
        webhooks=[{**content, "admissionReviewVersions": ["v1"]}],
    )


def generated() -> Json:
    """As controller-gen writes it, with a status that is none; that a description is empty only the API server sees through."""
    schema = {"type": "object", "properties": {"cpu": {"type": "string", "description": ""}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    item = definition("admin.example.com", "builds", "Build", versions=[version])
    return null({**item, "status": {"acceptedNames": {"kind": "", "plural": ""}, "conditions": [], "storedVersions": []}})


def forms() -> list[Json]:
    """Each way to write an object that comes back otherwise."""
    return [
        # Null, as marshalled Go types have it.
        null(made("v1", "ConfigMap", "null-time", SPACE, data={"a": "1"})),
        null(made(f"{RBAC}/v1", "ClusterRole", "of-an-admin", rules=RULES)),
        null(made(f"{RBAC}/v1", "Role", "null-time", SPACE, rules=[{**RULES[0], "resourceNames": None}])),
        null(hook()),
        null({**definition("admin.example.com", "forms", "Form", preserveUnknownFields=False), "status": {"conditions": None}}),
        definition("admin.example.com", "names", "Name", names={"plural": "names", "kind": "Name", "listKind": "", "singular": ""}),
        running("null-template", template={"metadata": {"labels": {"app": "null-template"}, "creationTimestamp": None}}, strategy={}),
        running("null-fields", {"command": None, "args": None, "env": None, "resources": None}, {"volumes": None, "nodeSelector": None}),
        made("networking.k8s.io/v1", "Ingress", "host", SPACE, spec={"rules": [{"host": "", "http": {"paths": [PATH]}}]}),
        # Quantities.
        running("cpu-millis", {"resources": {"requests": {"cpu": "1000m"}}}),
        running("cpu-number", {"resources": {"limits": {"cpu": 1}}}),
        running("cpu-half", {"resources": {"requests": {"cpu": 0.5}}}),
        running("cpu-text", {"resources": {"requests": {"cpu": "0.5"}}}),
        running("memory", {"resources": {"requests": {"memory": "1024Mi"}, "limits": {"memory": "1.5Gi"}}}),
        running("memory-bytes", {"resources": {"requests": {"memory": 1073741824}}}),
        running("memory-exponent", {"resources": {"requests": {"memory": "1e9"}}}),
        running("empty-dir", spec={"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "2048Mi"}}]}),
        running("divisor", {"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1000m"}}}]}),
        claim("storage", resources={"requests": {"storage": "1024Mi"}}),
        claim("class", resources={"requests": {"storage": "1Gi"}}, storageClassName=""),
        made("v1", "ResourceQuota", "number", SPACE, spec={"hard": {"pods": 100, "requests.cpu": "10000m"}}),
        made("v1", "ResourceQuota", "text", SPACE, spec={"hard": {"pods": "1k", "requests.memory": "1024Gi"}}),
        made("v1", "LimitRange", "cpu", SPACE, spec={"limits": [{"type": "Container", "max": {"cpu": "64000m", "memory": "1024Gi"}}]}),
        # What the server does not keep.
        running("stdin", {"stdin": False, "tty": False}),
        running("probe", probe(initialDelaySeconds=0)),
        running("probe-zero", probe(timeoutSeconds=0, periodSeconds=0, failureThreshold=0, successThreshold=0)),
        running("env", {"env": [{"name": "A", "value": ""}]}),
        running("host", spec={"hostNetwork": False, "hostPID": False, "hostIPC": False, "schedulerName": "", "priorityClassName": ""}),
        running("paused", paused=False, minReadySeconds=0),
        running(
            "mount", {"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": False, "subPath": ""}]}, {"volumes": [{"name": "v"}]}
        ),
        service("not-ready", publishNotReadyAddresses=False),
        service("address", clusterIP="", externalName="", loadBalancerIP="", sessionAffinity=""),
        service("ports", ports=[{"port": 80, "nodePort": 0, "protocol": "", "targetPort": None}]),
        made("scheduling.k8s.io/v1", "PriorityClass", "of-an-admin", value=1, globalDefault=False, description=""),
        binding("account", kind="ServiceAccount", name="default", namespace=SPACE, apiGroup=""),
        binding("user", kind="User", name="somebody", apiGroup=""),
        # Base64 may be wrapped.
        made("v1", "Secret", "wrapped", SPACE, data={"a": "YWFhYWFhYWFhYWFh\nYWFhYWFhYWFhYWFh\n", "empty": ""}),
        made("v1", "Secret", "texts", SPACE, stringData={"a": "text"}, data={"b": "dGV4dA==\n"}),
        made("v1", "Secret", "typed", SPACE, type="", data={"a": "MQ=="}),
        # Empty maps.
        made("v1", "ConfigMap", "empty", SPACE, data={}, binaryData=None),
        made("v1", "ServiceAccount", "empty", SPACE, imagePullSecrets=None, secrets=[]),
        made("networking.k8s.io/v1", "NetworkPolicy", "everything", SPACE, spec={"podSelector": {}, "ingress": [{}], "egress": None}),
        made("policy/v1", "PodDisruptionBudget", "one", SPACE, spec={"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}),
    ]


def others() -> dict[str, tuple[Json, t.Callable[[Json], None]]]:
    """Objects, and a change to each that makes a difference though it looks as if it made none."""

    def web(change: t.Callable[[Json], object]) -> t.Callable[[Json], None]:
        return lambda item: (change(item["spec"]["template"]["spec"]), None)[1]

    def first(name: str, value: object) -> t.Callable[[Json], None]:
        return web(lambda spec: spec["containers"][0].update({name: value}))

    return {
        "false is not the default": (running("token"), web(lambda spec: spec.update(automountServiceAccountToken=False))),
        "true is kept": (running("yes", {"stdin": True}), first("stdin", False)),
        "texts are no quantities": (
            running("text", {"env": [{"name": "A", "value": "1"}]}),
            first("env", [{"name": "A", "value": "1000m"}]),
        ),
        "one entry more": (running("args", {"args": ["a", "b"]}), first("args", ["a"])),
        "another amount": (
            running("amount", {"resources": {"requests": {"cpu": "1"}}}),
            first("resources", {"requests": {"cpu": "1001m"}}),
        ),
        "keys are no fields": (
            made("v1", "ConfigMap", "keys", SPACE, data={"limits": "1"}),
            lambda item: item["data"].update(limits="1000m", description=""),
        ),
        "other bytes": (made("v1", "Secret", "bytes", SPACE, data={"a": "MQ=="}), lambda item: item["data"].update(a="Mg==\n")),
        "no class is not the default class": (
            claim("default-class", resources={"requests": {"storage": "1Gi"}}),
            lambda item: item["spec"].update(storageClassName=""),
        ),
    }


def kubectl_apply(each: Cluster, items: list[Json]) -> None:
    each.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


@pytest.fixture
def admin(cluster: Factory) -> t.Iterator[Cluster]:
    """A cluster where an admin applied all of them."""
    each = cluster()
    each.try_kubectl("create", "namespace", SPACE)
    kubectl_apply(each, [*forms(), generated(), *(item for item, _change in others().values())])
    yield each
    each.kubectl("delete", "clusterrole,priorityclass,validatingwebhookconfiguration", "of-an-admin")
    each.kubectl("delete", "--wait=false", "crd", *(f"{plural}.admin.example.com" for plural in ("forms", "names", "builds")))


def test_the_very_objects_of_an_admin_are_left_alone(admin: Cluster, tmp_path: t.Any) -> None:
    app = Application.on(admin, tmp_path, SPACE, wait_timeout=0).write(*forms(), generated())
    for check in (True, False):
        deployed = app.deploy(check=check).well()
        assert {name: action for name, action in deployed.actions.items() if action != "left alone"} == {}
    # Who may only read them comes to the same end: without a dry run.
    different = []
    for item in forms():
        item.pop("stringData", None)  # becomes data before
        item.pop("status", None)  # is the cluster's
        live = admin.get(f"{item['kind']}.{item['apiVersion'].rpartition('/')[0]}".rstrip("."), item["metadata"]["name"], "-n", SPACE)
        if not contained(item, live):
            different.append(name_of(item))
    assert not different


def test_what_makes_a_difference_is_seen(admin: Cluster, tmp_path: t.Any) -> None:
    items = []
    for what, (item, change) in others().items():
        changed = copy.deepcopy(item)
        change(changed)
        live = admin.get(item["kind"], item["metadata"]["name"], "-n", SPACE)
        assert contained(item, live) and not contained(changed, live), what
        items.append(changed)
    refused = Application.on(admin, tmp_path, SPACE, wait_timeout=0).write(*items).deploy()
    assert sorted(refused.result["objects"]) == sorted(map(name_of, items)), refused.message
