# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people hand over that can't work, or looks as if it could not: told at once and in one message, or done."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.quantity import is_quantity
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster, Factory
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, deployment, made, pod

Json = dict[str, t.Any]
Make = t.Callable[..., Application]
CONFIG: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
CRD: Json = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "as.b.c"}}
NAMES: Json = {"group": "b.c", "names": {"kind": "A", "plural": "as"}}
CONTAINERS: Json = {"template": {"spec": {"containers": {"name": "c", "image": "x"}}}}


def patches(each: Cluster, place: str) -> list[Json]:
    return [one for one in each.requests() if one["verb"] == "patch" and one["requestURI"].partition("?")[0].endswith(place)]


@pytest.mark.parametrize("megabytes", [1.6, 2.4])
def test_what_is_too_large_for_etcd_is_sent_once(cluster: Factory, application: Make, megabytes: float) -> None:
    each, space = cluster(), f"large-{int(10 * megabytes)}"
    crd = definition(f"{space}.example.com", "books", "Book")
    book = made(f"{space}.example.com/v1", "Book", space, space, spec={"text": "x" * int(megabytes * 10**6)})
    message = application(space, crd, book).deploy().message
    assert f"Book.{space}.example.com {space}/{space}: it is {megabytes * 10**6 / 2**20:.2f} MiB as JSON, and etcd takes" in message, (
        message
    )
    assert len(patches(each, f"/books/{space}")) == 1


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({**CONFIG, "metadata": {"name": "c", "namespace": 42}}, "metadata.namespace"),
        ({**CONFIG, "metadata": {"name": "c", "labels": ["a"]}}, "metadata.labels"),
        ({**CONFIG, "metadata": ["x"]}, "metadata"),
        ({**CONFIG, "apiVersion": 1}, "apiVersion"),
        ({"kind": "ConfigMap", "metadata": {"name": "c"}}, "apiVersion"),
        ({"apiVersion": "v1", "kind": "List", "items": None}, "items"),
        ({**CRD, "spec": None}, "spec"),
        ({**CRD, "spec": NAMES}, "spec.versions"),
        ({**CRD, "spec": {**NAMES, "versions": None}}, "spec.versions"),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"}, "spec": CONTAINERS}, "spec.template.spec.containers"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_an_object_of_another_shape_is_named_with_its_component_and_path(
    cluster: Factory, application: Make, item: Json, words: str, check: bool
) -> None:
    app = application("shapes", item)
    with cluster().untouched():
        message = app.deploy(check=check).message
    assert "main" in message and words in message and item["kind"] in message, message


def test_what_is_no_quantity_is_what_the_api_server_takes_for_none(cluster: Factory) -> None:
    texts = [
        "1GB",
        "5 Gi",
        " 1Gi ",
        "",
        "1,5",
        "1i",
        "1e3",
        "1E",
        "1.2.3",
        "1.",
        ".5",
        "+2",
        "-1",
        "500m",
        "0",
        "one",
        "1Ki",
        "1ki",
        "1e",
        "1mi",
    ]
    with cluster().client() as client:
        for text in texts:
            quota = made("v1", "ResourceQuota", "q", "default", spec={"hard": {"requests.memory": text}})
            try:
                client.apply("/api/v1/namespaces/default/resourcequotas/q", quota, "test", dry_run=True)
                message = ""
            except ApiError as error:
                message = error.status_message
            assert is_quantity(text) is ("quantities must match" not in message and "unable to parse quantity" not in message), (
                text,
                message,
            )


@pytest.mark.parametrize("name", ["ks_app", "my_kubeflow", "KsApp", "mnist app"])
def test_an_application_is_called_as_no_object_may_be(cluster: Factory, application: Make, name: str) -> None:
    space = "called-" + "".join(letter for letter in name.lower() if letter.isalpha())
    app = application(space, made("v1", "ConfigMap", "c", space))
    path = app.folder / "app.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "name": name}), encoding="utf-8")
    assert app.deploy().well().outcome["counts"] == {"created": 1}
    with cluster().untouched():
        assert app.deploy().well().outcome["counts"] == {"unchanged": 1}
    assert app.deploy(state="absent").well().outcome["counts"] == {"removed": 1}


def test_a_paused_deployment_is_not_awaited(cluster: Factory, application: Make) -> None:
    web = deployment("web", "paused", pod())
    web["spec"]["paused"] = True
    done = application("paused", web).deploy(wait_timeout=600).well()
    assert "paused" in json.dumps(done.outcome) + done.text


def test_what_the_server_sets_is_taken_out_of_an_exported_object(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "exported"
    app = application(space)
    each.kubectl("create", "deployment", "web", "-n", space, "--image=example.com/x")
    exported = each.get("deployment", "web", "-n", space, "--show-managed-fields")
    each.kubectl("delete", "deployment/web", "-n", space)
    done = app.write(exported).deploy().well()
    assert done.outcome["counts"] == {"created": 1}
    for field in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"):
        assert field in done.text, done.text
    with each.untouched():
        assert app.deploy().well().outcome["counts"] == {"unchanged": 1}


def test_names_of_roles_with_what_selectors_are_made_of(cluster: Factory, application: Make) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    roles = [made("rbac.authorization.k8s.io/v1", "ClusterRole", name, rules=rules) for name in ("group=admin", "a,b", "a\\b", "a b")]
    app = application("role-names", *roles)
    assert app.deploy().well().outcome["counts"] == {"created": len(roles)}
    with cluster().untouched():
        assert app.deploy().well().outcome["counts"] == {"unchanged": len(roles)}
    assert app.deploy(state="absent").well().outcome["counts"] == {"removed": len(roles)}


def test_a_webhook_for_pods_without_a_server_is_told_before_anything_is_written(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "dead-webhook"
    service = {"name": "gone", "namespace": space, "path": "/"}
    hook = {
        "name": "pods.example.com",
        "clientConfig": {"service": service},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space}},
    }
    config = made("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "left-behind", webhooks=[hook])
    app = application(space, deployment("web", space, pod()))
    each.kubectl("create", "-f", "-", stdin=json.dumps(config))
    try:
        with each.untouched():
            message = app.deploy(wait_timeout=600).message
        assert "left-behind" in message and "gone" in message, message
    finally:
        each.kubectl("delete", "mutatingwebhookconfiguration/left-behind")


def test_an_owner_that_is_not_there_is_told_before_anything_is_written(cluster: Factory, application: Make) -> None:
    owned = made("v1", "ConfigMap", "c", "owned")
    owned["metadata"]["ownerReferences"] = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "00000000-0000-0000-0000-000000000000"}
    ]
    app = application("owned", owned)
    with cluster().untouched():
        assert "Deployment" in app.deploy().message
